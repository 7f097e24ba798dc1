"""A report as the paragraphs of a paper: method (participants, measures, analysis), then results by chapter.

The sentences are those of the report, so that a paper says what its numbers say; every paragraph names the tables and
figures that hold its numbers. The order follows the reporting standards for quantitative research (JARS-Quant;
Appelbaum et al., 2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from comply_measure.evidence.verdicts import Words
from comply_measure.report.parts import (
    Block,
    Bullets,
    Conclusions,
    Elsewhere,
    Figure,
    Heading,
    Notice,
    Prose,
    Reference,
    Report,
    Section,
)
from comply_measure.report.references.citations import works_of
from comply_measure.report.references.styles import apa, doi_address
from comply_measure.report.references.work import Work
from comply_measure.report.tables import TableSpec
from comply_measure.report.verdicts import joined

#: Chapters that a paper tells in its method: on the people, and on what they were asked.
_PARTICIPANTS, _MEASURES = ("sample", "quality"), ("content", "items")
_METHOD, _RESULTS = Words("Method", "Methode"), Words("Results", "Ergebnisse")
_PEOPLE = Words("Participants and quality of the answers", "Teilnehmende und Güte der Antworten")
_ASKED = Words("Measures", "Messinstrumente")
_REFERENCES = Words("References", "Literatur")
_ANALYSIS = Words("Analysis", "Auswertung")
_QUOTED = Words("“{}”", "„{}“")
_MORE = Words("{n} more", "{n} weitere")
#: Tables that a method is told to have made; the references name all.
MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph and where its numbers stand.

    Parameters
    ----------
    text : str
        Plain text.
    tables, figures : tuple of str
        Keys of tables and figures of the main part.
    appendix : tuple of str
        Keys of tables of the appendix.
    """

    text: str
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    appendix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading of level 1 to 3 and the paragraphs below it."""

    level: int
    title: str
    paragraphs: tuple[Paragraph, ...] = ()


@dataclass(slots=True)
class _Open:
    """A passage that is being written: the blocks of tables after a paragraph belong to it."""

    title: str
    level: int
    paragraphs: list[Paragraph] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.paragraphs.append(Paragraph(text))

    def refer(
        self, *, tables: Sequence[str] = (), figures: Sequence[str] = (), appendix: Sequence[str] = ()
    ) -> None:
        if not self.paragraphs:
            self.add("")
        last = self.paragraphs[-1]
        self.paragraphs[-1] = Paragraph(
            last.text, (*last.tables, *tables), (*last.figures, *figures), (*last.appendix, *appendix)
        )

    def close(self) -> Passage:
        return Passage(self.level, self.title, tuple(self.paragraphs))


def manuscript(report: Report, analysis: Sequence[str]) -> tuple[Passage, ...]:
    """The passages of a paper.

    Parameters
    ----------
    report : Report
        Chapters of the main part become passages; the appendix is referred to.
    analysis : sequence of str
        Paragraphs on conventions, many tests and software, after those on estimators.

    Returns
    -------
    tuple of Passage
        Chapters without text are left out; last the works that the text cites.
    """
    language = report.language
    main = report.sections[: report.n_main]
    by_key = {section.key: section for section in main}
    people = [by_key[key] for key in _PARTICIPANTS if key in by_key]
    asked = [by_key[key] for key in _MEASURES if key in by_key]
    measured = report.first_page.measured[:1] if report.first_page else ()
    rest = [section for section in main if section.key not in (*_PARTICIPANTS, *_MEASURES)]
    found = [Passage(1, _METHOD.of(language))]
    found += _merged(_PEOPLE.of(language), people, ())
    found += _merged(_ASKED.of(language), asked, measured)
    estimated = tuple(_estimators(report, rest))
    found.append(Passage(2, _ANALYSIS.of(language), (*estimated, *(Paragraph(text) for text in analysis))))
    results = [passage for section in rest for passage in _passages(section)]
    whole = (*found, Passage(1, _RESULTS.of(language)), *results)
    cited = works_of(paragraph.text for passage in whole for paragraph in passage.paragraphs)
    listed = tuple(Paragraph(_entry(work)) for work in cited)
    return (*whole, Passage(1, _REFERENCES.of(language), listed)) if listed else whole


def _entry(work: Work) -> str:
    """A work in the style of the APA, without its italics."""
    text = "".join(part for part, _ in apa(work))
    address = doi_address(work)
    return f"{text} {address}" if address else text


def _merged(title: str, sections: Sequence[Section], opening: Sequence[str]) -> list[Passage]:
    """The chapters of one part of the method under one heading."""
    inner = [passage for section in sections for passage in _passages(section)]
    paragraphs = tuple(Paragraph(text) for text in opening)
    paragraphs += tuple(paragraph for passage in inner for paragraph in passage.paragraphs)
    return [Passage(2, title, paragraphs)] if paragraphs else []


def _passages(section: Section) -> list[Passage]:
    """A chapter as a passage, and one more for each of its headings."""
    current = _Open(section.title, 2)
    every = [current]
    concluded = [block for block in section.blocks if isinstance(block, Conclusions) and block.items]
    for block in section.blocks:
        if isinstance(block, Conclusions):
            continue
        if isinstance(block, Heading):
            current = _Open(block.text, 3)
            every.append(current)
        else:
            _write(block, current)
    for block in concluded:  # what is concluded follows what it is concluded from
        every[0].add(" ".join(item.sentence for item in block.items))
    closed = [passage.close() for passage in every]
    # The heading of a chapter stays where only its parts have text.
    return [p for p in closed if p.paragraphs or (p.level == 2 and any(q.paragraphs for q in closed))]


def _write(block: Block, to: _Open) -> None:
    if isinstance(block, Prose | Notice):
        to.add(block.text)
    elif isinstance(block, Bullets):
        to.add(" ".join(block.items))
    elif isinstance(block, TableSpec):
        to.refer(tables=(block.key,))
    elif isinstance(block, Reference):
        to.refer(tables=(block.table,))
    elif isinstance(block, Figure):
        to.refer(figures=(block.key,))
    elif isinstance(block, Elsewhere):
        to.refer(appendix=block.tables)


def _estimators(report: Report, chapters: Sequence[Section]) -> Iterator[Paragraph]:
    """By chapter, how its tables were estimated: every method with the titles of the first that rest on it."""
    backing = {section.key: section for section in report.sections}
    for chapter in chapters:
        behind = backing.get(f"{chapter.key}_details")
        main, back = chapter.tables(), behind.tables() if behind else ()
        by_method: dict[str, list[str]] = {}
        for table in (*main, *back):
            if table.estimator:
                by_method.setdefault(table.estimator.rstrip("."), []).append(table.title)
        methods = [f"{method} ({_titles(titles, report.language)})" for method, titles in by_method.items()]
        if methods:
            tables, appendix = ([table.key for table in part if table.estimator] for part in (main, back))
            yield Paragraph(f"{chapter.title}: {'; '.join(methods)}.", tuple(tables), (), tuple(appendix))


def _titles(titles: Sequence[str], language: str) -> str:
    """Titles in quotation marks, of many the first."""
    different = list(dict.fromkeys(titles))
    words = [_QUOTED.of(language).format(title) for title in different[:MOST_TITLES]]
    if len(different) > MOST_TITLES:
        words.append(_MORE.of(language).format(n=len(different) - MOST_TITLES))
    return joined(words, language)
