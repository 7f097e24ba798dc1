"""Names of tables and figures: safe as file names, in HTML, LaTeX and Word, and never two alike.

Data name outcomes, roles, dimensions and unit variables, in any script and of any length. Whatever becomes part of
a key goes through :func:`key_of`; :class:`~comply_measure.report.parts.Table` and
:class:`~comply_measure.report.parts.Figure` refuse any other key.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from comply_measure.errors import ComplyError

_LONGEST = 100
_READABLE = 60
_DIGITS = 12
_SAFE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{_LONGEST - 1}}}")
_DIGESTED = re.compile(rf".*-[0-9a-f]{{{_DIGITS}}}")
# Names of devices on Windows, with any ending.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])")


def key_of(before: str, *names: str, after: str = "", digest: bool = False) -> str:
    """A key from the names it is made of; different names, different keys.

    Parameters
    ----------
    before, after : str
        The program's own words around the names: they say what kind of table or figure it is.
    *names : str
        Names from the data or the study; for one kind always equally many.
    digest : bool
        Never leave the digest out: for a name that reads like one of the program's own keys.

    Returns
    -------
    str
        All joined by ``_`` where that is safe and can be taken apart again in one way only (no name but the last has
        ``_``), else a readable rest of them and a digest of all.

    Examples
    --------
    >>> key_of("congruence_surface", "it", "sales", "customer_satisfaction")
    'congruence_surface_it_sales_customer_satisfaction'
    >>> key_of("surface", "größe"), key_of("surface", "gräße")
    ('surface_gr_e-3d06c05c39b6', 'surface_gr_e-69889ffa7540')
    """
    joined = "_".join((before, *names, *([after] if after else [])))
    safe = _SAFE.fullmatch(joined) and not _DIGESTED.fullmatch(joined) and not _DEVICES.fullmatch(joined)
    if safe and not digest and all(names) and not any("_" in name for name in names[:-1]):
        return joined
    return _digested(joined, json.dumps([before, *names, after]))


def require_key(key: str) -> None:
    """Refuse a key that is no file name everywhere.

    Raises
    ------
    ComplyError
        If it has other characters than ASCII letters, digits, ``_`` and ``-``, is empty, too long, or a device.
    """
    if not _SAFE.fullmatch(key) or _DEVICES.fullmatch(key):
        raise ComplyError(
            f"{key[:_LONGEST]!r} cannot be the key of a table or figure; allowed: up to {_LONGEST} of A-Z, a-z, 0-9, "
            "_ and - (report.names.key_of makes one from any text)"
        )


def file_names(keys: Iterable[str]) -> dict[str, str]:
    """Key -> name of its files, distinct also where the file system does not tell capitals from small letters."""
    every = tuple(dict.fromkeys(keys))
    alike = Counter(key.casefold() for key in every)
    return {key: key if alike[key.casefold()] == 1 else _digested(key, json.dumps(key)) for key in every}


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning and a digest of all of it where it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    digest = _digest(text)
    return f"{text[: longest - len(digest) - 2]}… {digest}"


def _digested(text: str, whole: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9_]+", "_", text)[:_READABLE].strip("_") or "name"
    return f"{readable}-{_digest(whole)}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
