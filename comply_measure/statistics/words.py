"""The nearest known word for a mistyped one: one rule for every word a user may write."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from unicodedata import category, name, normalize

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
    """The nearest known key as a question after `lead`; empty if nothing is close.

    A key that only looks like the word (other normal form, invisible characters, another blank) is told by the
    characters in which they differ.
    """
    keys, word = list(known), str(word)
    alike = next((key for key in keys if key != word and _seen(key) == _seen(word)), None)
    if alike is not None:
        return f"{lead}did you mean '{alike}', which looks alike but {_difference(word, alike)}?"
    close = nearest(word, keys, likeness)
    return f"{lead}did you mean '{close}'?" if close else ""


def character_name(character: str) -> str:
    """A character by its number and name, for those that cannot be seen: ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(character):04X} {name(character, '')}".strip()


def _seen(word: str) -> str:
    """What a reader sees: composed letters, one kind of blank and hyphen, nothing invisible."""
    kept = (c for c in normalize("NFKC", word) if category(c) not in ("Cf", "Cc"))
    return " ".join("".join("-" if category(c) == "Pd" or c == "\u2212" else c for c in kept).split())


def _difference(word: str, other: str) -> str:
    """How a word that looks like another one differs from it."""
    gained = [character_name(c) for c in dict.fromkeys(other) if c not in word]
    lost = [character_name(c) for c in dict.fromkeys(word) if c not in other]
    parts = [f"has {', '.join(gained)}"] * bool(gained) + [f"lacks {', '.join(lost)}"] * bool(lost)
    return " and ".join(parts) or "has blanks elsewhere"


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
