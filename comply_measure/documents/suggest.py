"""The nearest known key for a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from comply_measure.errors import ComplyError


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Known key most like `word`, compared without case; None if nothing is close.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        The valid keys.

    Returns
    -------
    str or None
    """
    folded: dict[str, str] = {}
    for key in known:
        folded.setdefault(key.casefold(), key)
    found = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def unknown_message(kind: str, word: object, known: Iterable[str]) -> str:
    """One sentence on an unknown key: what was written, the nearest key, the known ones."""
    keys = list(known)
    close = nearest(str(word), keys)
    hint = f"; did you mean '{close}'?" if close else ""
    listed = ", ".join(keys) if keys else "none"
    return f"unknown {kind} {word!r}{hint} (known: {listed})"


def require_known(kind: str, word: object, known: Iterable[str]) -> None:
    """Raise ComplyError with the nearest valid key unless `word` is among `known`."""
    keys = list(known)
    if not isinstance(word, str) or word not in keys:
        raise ComplyError(unknown_message(kind, word, keys))
