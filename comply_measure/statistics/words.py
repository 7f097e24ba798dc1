"""The nearest known word for a mistyped one: one rule for every word a user may write."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from comply_measure.errors import ComplyError


def counted(n: int, one: str, several: str) -> str:
    """A count with its words: ``1 line was``, ``3 lines were``."""
    return f"{n} {one if n == 1 else several}"


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Known key most like `word`, compared without case; None if nothing is close.

    Likeness is Ratcliff and Obershelp's: twice the letters in common blocks over all letters.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        The valid keys.
    likeness : float
        What a key must reach, between 0 and 1.

    Returns
    -------
    str or None
    """
    folded: dict[str, str] = {}
    for key in known:
        folded.setdefault(key.casefold(), key)
    found = get_close_matches(word.casefold(), folded, n=1, cutoff=likeness)
    return folded[found[0]] if found else None


def did_you_mean(word: object, known: Iterable[str], lead: str = "; ", likeness: float = 0.6) -> str:
    """The nearest known key as a question after `lead`; empty if nothing is close."""
    close = nearest(str(word), known, likeness)
    return f"{lead}did you mean '{close}'?" if close else ""


def unknown_message(kind: str, word: object, known: Iterable[str]) -> str:
    """One sentence on an unknown key: what was written, the nearest key, the known ones."""
    keys = list(known)
    listed = ", ".join(keys) if keys else "none"
    return f"unknown {kind} {word!r}{did_you_mean(word, keys)} (known: {listed})"


def require_known(kind: str, word: object, known: Iterable[str]) -> None:
    """Raise ComplyError with the nearest valid key unless `word` is among `known`."""
    keys = list(known)
    if not isinstance(word, str) or word not in keys:
        raise ComplyError(unknown_message(kind, word, keys))
