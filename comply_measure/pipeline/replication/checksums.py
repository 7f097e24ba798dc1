"""Digests of all files of a folder, in the format of ``sha256sum``."""

from __future__ import annotations

from pathlib import Path

from comply_measure.errors import InputError, Problem
from comply_measure.pipeline.fingerprint import digest_of_file

FILE = "SHA256SUMS"


def digests(folder: Path) -> dict[str, str]:
    """File -> SHA-256 of everything in a folder but the list itself; hidden files count, too."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: digest_of_file(path) for name, path in names.items() if name != FILE}


def sums_text(found: dict[str, str]) -> str:
    """The list, a line per file."""
    return "".join(f"{digest}  {name}\n" for name, digest in found.items())


def read_sums(folder: Path) -> dict[str, str]:
    """The list of a package.

    Raises
    ------
    InputError
        If the folder has none: it is no package.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except OSError:
        fault = Problem(f"there is no file {FILE}", str(folder), allowed="a folder that run --package wrote")
        raise InputError("nothing can be verified", [fault]) from None
    pairs = [line.split("  ", 1) for line in text.splitlines() if "  " in line]
    return {name: digest for digest, name in pairs}
