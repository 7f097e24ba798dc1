r"""A work in a reference list: in APA style as runs of text, and in BibTeX.

APA: the examples of chapter 10 of the Publication Manual (7th edition). BibTeX is plain ASCII: signs that LaTeX reads
as commands are escaped, accents written as commands, and capitals that a style may not lower are kept in braces; a DOI
stands as it is, since BibLaTeX and the packages that set it (``doi``, ``url``) read it verbatim.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from types import MappingProxyType

from comply_measure.report.references.work import Person, Work
from comply_measure.statistics.latex import escape

#: From more authors than this on, the list prints so many less one, an ellipsis and the last.
MOST_AUTHORS = 20
_DASH = "\N{EN DASH}"
_TYPES = MappingProxyType({"article": "article", "book": "book", "chapter": "incollection"})
_ORDINALS = MappingProxyType({1: "st", 2: "nd", 3: "rd"})
_ACCENTS = MappingProxyType(
    {"\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0308": r"\"", "\u030c": r"\v"}
)
_NO_ENTRIES = "% Nothing is cited.\n"


def doi_address(work: Work) -> str:
    """Address of the work's DOI; empty without one."""
    return f"https://doi.org/{work.doi}" if work.doi else ""


def apa(work: Work) -> tuple[tuple[str, bool], ...]:
    """The entry of a reference list, the DOI aside: texts, each with whether it is set in italics."""
    return tuple((text, slanted) for text, slanted in _runs(work) if text)


def _runs(work: Work) -> Iterator[tuple[str, bool]]:
    yield _stopped(f"{_listed(work.authors)} ({work.year})") + " ", False
    if work.type == "book":
        yield work.title, True
        yield f" ({_ordinal(work.edition)} ed.)" if work.edition else "", False
        yield f"{_closing(work.title) if not work.edition else '.'} {work.publisher}.", False
        return
    yield _stopped(work.title) + " ", False
    pages = work.pages.replace("-", _DASH)
    if work.type == "article":
        yield f"{work.journal}, {work.volume}", True
        yield f"({work.issue})" if work.issue else "", False
        yield f", {pages}.", False
        return
    editors = [f"{person.initials} {person.family}" for person in work.editors]
    label = "Ed." if len(editors) == 1 else "Eds."
    yield f"In {_and(editors, comma=len(editors) > 2)} ({label}), ", False
    yield work.booktitle, True
    yield f" (pp. {pages}). {work.publisher}.", False


def _stopped(text: str) -> str:
    return text + _closing(text)


def _closing(text: str) -> str:
    return "" if text[-1] in ".?!" else "."


def _listed(people: tuple[Person, ...]) -> str:
    names = [f"{person.family}, {person.initials}" for person in people]
    if len(names) > MOST_AUTHORS:
        return f"{', '.join(names[: MOST_AUTHORS - 1])}, . . . {names[-1]}"
    return _and(names, comma=True)


def _and(names: list[str], *, comma: bool) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])}{',' if comma else ''} & {names[-1]}"


def _ordinal(number: int) -> str:
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else _ORDINALS.get(number % 10, 'th')}"


def render_bibtex(works: Iterable[Work]) -> str:
    """Works as the text of a BibTeX file, in the order of a reference list.

    Parameters
    ----------
    works : iterable of Work
        Such as :func:`cited` gives them.

    Returns
    -------
    str
        Plain ASCII wherever the names and titles allow it; the same works give the same text.

    Examples
    --------
    >>> print(render_bibtex([catalogue()["fisher1925"]]), end="")
    @book{fisher1925,
      author = {Fisher, R. A.},
      year = {1925},
      title = {Statistical methods for research workers},
      publisher = {Oliver and Boyd},
    }
    """
    entries = [_entry(work) for work in sorted(works, key=lambda work: work.place)]
    return "\n".join(entries) or _NO_ENTRIES


def _entry(work: Work) -> str:
    fields = {
        "author": _names(work.authors),
        "year": str(work.year),
        "title": _title(work.title),
        "journal": _tex(work.journal),
        "booktitle": _title(work.booktitle),
        "editor": _names(work.editors),
        "edition": _ordinal(work.edition) if work.edition else "",
        "volume": str(work.volume or ""),
        "number": str(work.issue or ""),
        "pages": work.pages.replace("-", "--"),
        "publisher": _tex(work.publisher),
        "doi": work.doi,
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@{_TYPES[work.type]}{{{work.key},\n{''.join(lines)}}}\n"


def _names(people: tuple[Person, ...]) -> str:
    return " and ".join(_tex(f"{person.family}, {person.initials}") for person in people)


def _title(text: str) -> str:
    """A title with its capitals in braces, but for the first letter, which every style keeps."""
    words = [(word, word if place else word[1:]) for place, word in enumerate(text.split(" "))]
    return " ".join(
        f"{{{_tex(word)}}}" if any(sign.isupper() for sign in rest) else _tex(word) for word, rest in words
    )


def _tex(text: str) -> str:
    """Text that LaTeX prints as it is, letters with accents as commands."""
    return "".join(_letter(sign) for sign in escape(unicodedata.normalize("NFC", text)))


def _letter(sign: str) -> str:
    parts = unicodedata.normalize("NFD", sign)
    return f"{{{_ACCENTS[parts[1]]}{{{parts[0]}}}}}" if len(parts) == 2 and parts[1] in _ACCENTS else sign
