"""Bytes of a text file as text: stated or marked encodings, the first wrong byte named."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from typing import Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.east_asian import east_asian_encoding

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python's codecs that turn bytes to text and are no encodings of files.
_NO_ENCODINGS: Final = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
#: Escapes that change the character set (ISO 2022), and controls of ISO 8859 where Windows has quotation marks.
_ESCAPE: Final = re.compile("\x1b[$(]")
_FOREIGN: Final = re.compile("\x1b[$(]|[\x80-\x84\x86-\x9f]")
_END_OF_DOS: Final = "\x1a"
_ALLOWED: Final = "such as utf-8, cp1252 or utf-16"


def known_encoding(stated: str, faults: Faults) -> str | None:
    """Python's name of a text encoding; None, with a problem, if it is none (``rot13`` and ``base64`` are not)."""
    try:
        name = codecs.lookup(stated).name
        with suppress(UnicodeError):
            # A codec from bytes to bytes, or from text to text, fails here.
            bytes(4).decode(stated)
    except (LookupError, ValueError):
        faults.add("unknown text encoding", value=stated, allowed=_ALLOWED)
        return None
    if name.replace("_", "-") in _NO_ENCODINGS:
        faults.add("not an encoding of text files", value=stated, allowed=_ALLOWED)
        return None
    return name


def decoded(raw: bytes, stated: str | None, faults: Faults) -> str | None:
    """Text of a file, or None and a problem that names the first wrong byte.

    Parameters
    ----------
    raw : bytes
        The file.
    stated : str or None
        Encoding that the user states; without it the byte-order mark decides, and otherwise it is UTF-8.
    faults : Faults
        Receives encodings that are none, contradictions and wrong bytes.
    """
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    if stated is not None:
        known = known_encoding(stated, faults)
        if known is None:
            return None
        if marked and not marked.startswith(known):
            faults.add("the byte-order mark contradicts the stated encoding", value=stated, allowed=marked)
            return None
    encoding = marked or stated or "utf-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        _add_wrong_byte(raw, encoding, error, faults, stated or marked)
        return None
    if "\x00" in text:
        place = text.index("\x00")
        faults.add(
            f"not text: zero byte at position {place}",
            row=text.count("\n", 0, place) + 1,
            allowed=f"text; read as {encoding}; UTF-16 needs a byte-order mark or a stated encoding",
        )
        return None
    of_iso = encoding.lower().replace("_", "-").startswith(("iso", "latin", "l1", "8859"))
    if (sign := (_FOREIGN if of_iso else _ESCAPE).search(text)) is not None:
        _add_foreign(text, sign.start(), encoding, faults)
        return None
    return text.rstrip(_END_OF_DOS)


def _add_foreign(text: str, place: int, encoding: str, faults: Faults) -> None:
    """A control character that only text read in another encoding has."""
    around = "".join(c if c.isprintable() else "\ufffd" for c in text[max(place - 12, 0) : place + 12])
    if text[place] == "\x1b":
        hint = "if it is Japanese or Korean text, state its encoding, such as iso2022_jp"
    else:
        hint = f"{encoding} has no letter there; Windows has: state encoding: cp1252"
    faults.add(
        f"control character U+{ord(text[place]):04X} at position {place}",
        row=text.count("\n", 0, place) + 1,
        value=around,
        allowed=f"text; read as {encoding}; {hint}",
    )


def _add_wrong_byte(
    raw: bytes, encoding: str, error: UnicodeDecodeError, faults: Faults, known: str | None
) -> None:
    # Of a marked text a codec may see only what follows the mark.
    position = len(raw) - len(error.object) + error.start
    start = raw.rfind(b"\n", 0, position) + 1
    line = raw.count(b"\n", 0, position) + 1
    tried = encoding if known else f"{encoding} (there is no byte-order mark of UTF-8, UTF-16 or UTF-32)"
    allowed = f"text in the encoding; tried: {tried}"
    plausible, word = east_asian_encoding(raw)
    if plausible and plausible != encoding:
        allowed += f"; if '{word}…' is right, state encoding: {plausible}"
    elif encoding != "cp1252":
        around = raw[max(start, position - 12) : position + 12].split(b"\n")[0]
        sample = around.decode("cp1252", errors="replace").strip()
        allowed += f"; if '…{sample}…' is right, state encoding: cp1252"
    faults.add(
        f"wrong encoding: byte 0x{raw[position]:02X} at position {position} is not {encoding}",
        row=line,
        allowed=allowed,
    )
