r"""Citations in a text: ``Hu and Bentler (1999)``, ``Hu & Bentler, 1999``.

One compiled expression finds those of all works of the catalogue, in plain text and in escaped HTML. It reads more
spellings than the package writes (all authors of a work of three, "&" for "and"), because titles, labels and
conventions of a study may cite as they like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from comply_measure.report.parts import (
    Block,
    Bullets,
    Conclusions,
    Details,
    Elsewhere,
    Figure,
    Reference,
    Report,
)
from comply_measure.report.references.catalogue import catalogue
from comply_measure.report.references.work import Work
from comply_measure.report.tables import TableSpec

_AND = r",? (?:&(?:amp;)?|and|und) "
_YEAR = r"((?:1[6-9]|20)\d\d)(?![\w-])"
_TAIL = rf"(?:(?:['’]|&#39;)s)?(?: \({_YEAR}\)?|,? {_YEAR})"
#: Most texts hold no year, and are not searched for more.
_ANY_YEAR = re.compile(_YEAR)


@dataclass(frozen=True, slots=True)
class Citation:
    """A work as a text cites it: the words, and where they start and end."""

    work: Work
    text: str
    start: int
    end: int


def citations(text: str) -> Iterator[Citation]:
    """Citations of a text, in order."""
    if _ANY_YEAR.search(text):
        expression, known = _known()
        for match in expression.finditer(text):
            work = known.get((_plain(match[1]), match[2] or match[3]))
            if work is not None:
                yield Citation(work, match[0], match.start(), match.end())


def linked(markup: str, listed: frozenset[str]) -> str:
    """Escaped text in which citations of listed works lead to their entries, ``#ref-hu1999``."""
    if not listed:
        return markup
    parts, done = [], 0
    for found in citations(markup):
        if found.work.key in listed:
            link = f'<a class="cite" href="#ref-{found.work.key}">{found.text}</a>'
            parts += [markup[done : found.start], link]
            done = found.end
    return "".join([*parts, markup[done:]]) if parts else markup


def cited(report: Report) -> tuple[Work, ...]:
    """The works that a report cites anywhere in its texts, in the order of a reference list.

    Parameters
    ----------
    report : Report
        Its overview, sections and facts are read: prose, notes, titles, printed cells, conclusions with their rules.

    Returns
    -------
    tuple of Work
    """
    return works_of(texts_of(report))


def works_of(texts: Iterable[str]) -> tuple[Work, ...]:
    """The works that texts cite, in the order of a reference list."""
    found = {citation.work.key: citation.work for text in texts for citation in citations(text)}
    return tuple(sorted(found.values(), key=lambda work: work.place))


def texts_of(report: Report) -> Iterator[str]:
    """Every text that a report prints, its list of references aside."""
    yield from (report.title, report.subtitle, *report.summary)
    if report.first_page is not None:
        yield from report.first_page.measured
        yield from (
            text for row in report.first_page.rows for text in (row.question, row.number, row.convention)
        )
        yield from (risk.text for risk in report.first_page.risks)
    for section in report.sections:
        yield section.title
        for block in section.walk():
            yield from block_texts(block)
    for fact in report.facts:
        yield from fact


def block_texts(block: Block) -> Iterator[str]:
    """Texts of a block; those of blocks inside it come by themselves."""
    if isinstance(block, TableSpec):
        printed = block.printed
        yield from (block.title, printed.note, *block.warnings)
        yield from (cell.text for cell in printed.heads)
        yield from (row.group for row in printed.rows if row.group is not None)
        yield from (cell.text for row in printed.rows for cell in row.cells if not cell.numeric)
    elif isinstance(block, Conclusions):
        yield from (text for item in block.items for text in (item.sentence, item.rule))
    elif isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Details | Elsewhere):
        yield block.summary
    elif isinstance(block, Figure | Reference):
        yield from (block.title, *block.notes)
    else:
        yield block.text


def _plain(names: str) -> str:
    """Names by which a work is looked up: without commas, and joined by ``and``."""
    return re.sub(_AND, " and ", names).replace(",", "")


@cache
def _known() -> tuple[re.Pattern[str], dict[tuple[str, str], Work]]:
    """The expression, and works by names and year."""
    known: dict[tuple[str, str], Work] = {}
    tails: dict[str, set[str]] = {}
    for work in catalogue().values():
        first, *others = work.families
        spellings = [tuple(others)] if len(others) < 2 else [tuple(others), ("et al.",)]
        for rest in spellings:
            known[_joined(first, rest), str(work.year)] = work
            tails.setdefault(first, set()).add(_tail(rest))
    names = sorted(tails, key=lambda name: (name[0], -len(name), name))
    by_letter = []
    for letter, group in groupby(names, key=lambda name: name[0]):
        # The longest first, so that two authors are not taken for the first alone.
        parts = (
            f"{re.escape(name[1:])}(?:{'|'.join(sorted(tails[name], key=lambda t: (-len(t), t)))})"
            for name in group
        )
        by_letter.append(f"{letter}(?:{'|'.join(parts)})")
    return re.compile(rf"(?<![\w-])({'|'.join(by_letter)}){_TAIL}"), known


def _joined(first: str, rest: tuple[str, ...]) -> str:
    if rest == ("et al.",):
        return f"{first} et al."
    return " and ".join([" ".join([first, *rest[:-1]]), *rest[-1:]])


def _tail(rest: tuple[str, ...]) -> str:
    """What follows the first author's name."""
    if rest == ("et al.",):
        return r" et al\."
    before = "".join(f", {re.escape(name)}" for name in rest[:-1])
    return f"{before}{_AND}{re.escape(rest[-1])}" if rest else ""
