"""What a file really is, seen from its first and last bytes."""

from __future__ import annotations

from pathlib import Path

_ENDS: dict[str, str] = {
    ".csv": "text",
    ".tsv": "text",
    ".txt": "text",
    ".tab": "text",
    ".dat": "text",
    ".xlsx": "Excel workbook (.xlsx)",
    ".parquet": "Parquet file",
    ".sav": "SPSS file",
    ".zsav": "SPSS file",
    ".dta": "Stata file",
    ".json": "JSON",
    ".jsonl": "JSON",
    ".ndjson": "JSON",
}
ENDINGS = tuple(_ENDS)

_TEXT_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "Parquet file"),
    (b"$FL2", "SPSS file"),
    (b"$FL3", "SPSS file"),
    (b"<stata_dta>", "Stata file"),
    (b"\xd0\xcf\x11\xe0", "old or encrypted Office file (.xls)"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip archive"),
    (b"{\\rtf", "RTF document"),
)
_STATA_RELEASES = range(102, 116)


def expected_kind(path: Path) -> str | None:
    """Kind of file that the ending promises; None if the ending is not one that can be read."""
    return _ENDS.get(path.suffix.lower())


def actual_kind(path: Path) -> str:
    """Kind of file that the content shows.

    Parameters
    ----------
    path : Path
        An existing file.

    Returns
    -------
    str
        One of the kinds that endings promise, the name of another format, ``"text"`` or ``"binary data"``.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    for mark, kind in _FIRST_BYTES:
        if head.startswith(mark):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    # Old Stata files begin with release, byte order (1 or 2), file type 1 and a zero.
    if len(head) > 3 and head[0] in _STATA_RELEASES and head[1] in (1, 2) and head[2:4] == b"\x01\x00":
        return "Stata file"
    if head.startswith(_TEXT_MARKS):
        return "text"
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "HTML page"
    return "binary data" if b"\x00" in head else "text"


def has_single_zeros(path: Path) -> bool:
    """Whether the beginning of a file is text but for a few zero bytes."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    return head.count(0) * 50 < len(head) and not any(byte in head for byte in b"\x01\x02\x03\x04\x05\x06")


def _zip_kind(path: Path) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "damaged ZIP archive or workbook"
    if "xl/workbook.xml" in names:
        return "Excel workbook (.xlsx)"
    if "xl/workbook.bin" in names:
        return "binary Excel workbook (.xlsb)"
    if "mimetype" in names:
        return "OpenDocument file"
    return "ZIP archive"
