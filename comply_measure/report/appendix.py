"""What a reader needs first, and what backs it: folded parts and long tables go to an appendix.

The chapter keeps its prose, its conclusions, its figures and its short tables; a line with links stands where a part
went. Nothing is left out, and no number is printed twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from comply_measure.report.parts import DETAILS, Block, Details, Elsewhere, Figure, Section
from comply_measure.report.tables import TableSpec

#: A table with more rows than this is looked up, not read.
MOST_ROWS = 10
#: Figures that a chapter keeps.
MOST_FIGURES = 1


def with_appendix(sections: Iterable[Section]) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """The main part and the appendix, which has a section for every chapter that sends something there.

    Parameters
    ----------
    sections : iterable of Section
        Chapters in the order of the report.

    Returns
    -------
    main, appendix : tuple of Section
        The key of a section of the appendix is that of its chapter with ``_details``; the titles are the same.
    """
    main, appendix = [], []
    for section in sections:
        kept: list[Block] = []
        moved: list[Block] = []
        for block in section.blocks:
            figures = sum(isinstance(part, Figure) for part in kept)
            if _is_detail(block, figures):
                moved.append(block)
                kept.append(_elsewhere(block))
            else:
                kept.append(block)
        main.append(Section(section.key, section.title, tuple(kept)))
        if moved:
            appendix.append(Section(section.key + DETAILS, section.title, tuple(moved)))
    return tuple(main), tuple(appendix)


def _is_detail(block: Block, n_figures: int) -> TypeGuard[Details | TableSpec | Figure]:
    if isinstance(block, Figure):
        return n_figures >= MOST_FIGURES
    return isinstance(block, Details) or (isinstance(block, TableSpec) and len(block.data) > MOST_ROWS)


def _elsewhere(block: Details | TableSpec | Figure) -> Elsewhere:
    if isinstance(block, Details):
        inside = tuple(Section("", "", block.blocks).walk())
        tables = tuple(part.key for part in inside if isinstance(part, TableSpec))
        figures = tuple(part.key for part in inside if isinstance(part, Figure))
        return Elsewhere(block.summary, tables, figures)
    if isinstance(block, TableSpec):
        return Elsewhere(block.title, (block.key,), ())
    return Elsewhere(block.title, (), (block.key,))
