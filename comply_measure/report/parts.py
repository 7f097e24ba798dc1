"""A report is a value: frozen parts that renderers read and nobody changes.

A :class:`Report` holds sections, a section holds blocks, a block is prose, a table, a figure, a list, a
notice or a foldable group of blocks. Tables (:mod:`comply_measure.report.tables`) keep their data at full precision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from comply_measure.errors import ComplyError
from comply_measure.report.names import require_key
from comply_measure.report.references.work import Work
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator

#: What the key of a section of the appendix adds to that of its chapter.
DETAILS = "_details"


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure, already rendered.

    Parameters
    ----------
    key, title : str
        Unique name, safe as a file name (that of the exports), and caption.
    svg, png : bytes
        The same drawing as vector and as bitmap.
    alt : str
        What a reader who cannot see the figure needs to know.
    notes : tuple of str
        Sentences printed under the figure.
    min_width : int
        Width in CSS pixels below which the figure scrolls instead of shrinking.
    """

    key: str
    title: str
    svg: bytes
    png: bytes
    alt: str
    notes: tuple[str, ...] = ()
    min_width: int = 0

    def __post_init__(self) -> None:
        require_key(self.key)

    def _repr_svg_(self) -> str:
        """The figure in a notebook."""
        return self.svg.decode("utf-8")

    def save(self, path: str | Path) -> Path:
        """Write the figure as ``.svg`` or ``.png``; a file that is there is replaced.

        Raises
        ------
        ComplyError
            For another ending.
        """
        target = Path(path)
        content = {".svg": self.svg, ".png": self.png}.get(target.suffix.casefold())
        if content is None:
            raise ComplyError(f"a figure is written as .svg or .png, not as '{target.name}'")
        target.write_bytes(content)
        return target


@dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A set-off remark; ``warning`` for what limits the results, ``error`` for what failed."""

    text: str
    kind: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True)
class Bullets:
    """An unordered list of plain texts."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the table is that would stand here, too.

    Parameters
    ----------
    title : str
        What the table shows.
    table : str
        Key of the printed table.
    notes : tuple of str
        Sentences that the printed table does not have.
    """

    title: str
    table: str
    notes: tuple[str, ...] = ()

    def sentence(self, numbers: Mapping[str, int], language: str = "en") -> str:
        """``Fit of the structures: see Table 12.``, with the notes, if any."""
        place = translator(language)(f"see Table {numbers[self.table]}.")
        return " ".join((f"{self.title}: {place}", *self.notes))


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that start folded, under a one-line summary."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A sentence that concludes, and what it rests on.

    Parameters
    ----------
    answer, sentence : str
        Supported or not, or that the data cannot say; the sentence.
    rule : str
        When it is supported, when the data cannot say, source.
    calibration : str
        Page and entry that say how often the rule is right.
    """

    answer: str
    sentence: str
    rule: str
    calibration: str


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What a chapter concludes."""

    items: tuple[Conclusion, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A line where a part stood that the appendix holds.

    Parameters
    ----------
    summary : str
        What it shows.
    tables, figures : tuple of str
        Keys of what it holds, in order; a part without either holds prose.
    """

    summary: str
    tables: tuple[str, ...]
    figures: tuple[str, ...]


Block: TypeAlias = (
    Conclusions | Prose | Heading | Notice | Bullets | TableSpec | Figure | Reference | Details | Elsewhere
)


@dataclass(frozen=True, slots=True)
class Section:
    """A titled run of blocks."""

    key: str
    title: str
    blocks: tuple[Block, ...] = ()

    def walk(self) -> Iterator[Block]:
        """All blocks, folded ones included, in order."""
        return _walk(self.blocks)

    def tables(self) -> tuple[TableSpec, ...]:
        """All tables, folded ones included, in order."""
        return tuple(block for block in _walk(self.blocks) if isinstance(block, TableSpec))

    def figures(self) -> tuple[Figure, ...]:
        """All figures, folded ones included, in order."""
        return tuple(block for block in _walk(self.blocks) if isinstance(block, Figure))


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a topic's evidence becomes in print.

    Parameters
    ----------
    section : Section
        Prose, tables and figures.
    headline : tuple of str
        Sentences for the overview.
    problems : tuple of str, optional
        The evidence's problems under the labels of the report; as the evidence has them if not given.
    """

    section: Section
    headline: tuple[str, ...] = ()
    problems: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question of the first page.

    Parameters
    ----------
    question : str
        What is asked.
    counts : tuple of int
        How many verdicts have each answer of :attr:`.FirstPage.answers`.
    number : str
        What the rule decided by, printed; empty where it is no single number.
    convention : str
        What the number is held against, with its source.
    rule : str
        Key of the rule.
    section : str
        The chapter that holds the evidence.
    """

    question: str
    counts: tuple[int, ...]
    number: str
    convention: str
    rule: str
    section: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What limits the results of a chapter."""

    text: str
    section: str


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What a reader takes home.

    Parameters
    ----------
    measured : tuple of str
        What was measured on whom.
    heads : tuple of str
        Heads of the columns beside the answers: question, number, convention, chapter.
    answers : tuple of (str, str)
        The answers as rules call them, and in words.
    rows : tuple of QuestionRow
        A row per question.
    risks : tuple of Remark
        What limits the answers.
    """

    measured: tuple[str, ...]
    heads: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    rows: tuple[QuestionRow, ...]
    risks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole document.

    Parameters
    ----------
    title, subtitle : str
        Head of the document.
    summary : tuple of str
        Sentences of the overview, generated from the results.
    sections : tuple of Section
        In reading order, those of the appendix last.
    facts : tuple of (str, str)
        Name and value pairs of the colophon: versions, seed, input files.
    language : str
        Language tag of the document.
    files : mapping of str to tuple of (str, str)
        TableSpec or figure -> name and relative place of its files, for links.
    first_page : FirstPage, optional
        Before everything else.
    n_main : int, optional
        How many sections are the main part; all if not given.
    references : tuple of Work
        The works it cites, in the order of a reference list; citations of these become links.
    """

    title: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    summary: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = field(default=())
    language: str = "en"
    files: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    first_page: FirstPage | None = None
    n_main: int | None = None
    references: tuple[Work, ...] = ()

    @property
    def numbers(self) -> Mapping[str, str]:
        """Section -> its number: ``3`` in the main part, ``A3`` for what backs it; others follow."""
        n_main = len(self.sections) if self.n_main is None else self.n_main
        found = {section.key: str(place) for place, section in enumerate(self.sections[:n_main], start=1)}
        free = n_main
        for section in self.sections[n_main:]:
            chapter = found.get(section.key.removesuffix(DETAILS))
            free += chapter is None
            found[section.key] = f"A{chapter or free}"
        return found


def _walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _walk(block.blocks)
