"""A table that two chapters have is printed once; the other place refers to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from comply_measure.report.format import UNDEFINED
from comply_measure.report.parts import Block, Details, Notice, Reference, Section
from comply_measure.report.tables import TableSpec


def printed_once(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Sections in which no table stands whose rows its twin prints, too.

    A table names the twin of another chapter that may hold the same (:attr:`.TableSpec.twin`). It is left out if the
    twin rests on the same sample and estimator and prints, for every row, the same numbers in columns of the same
    quantities; a chapter that was estimated otherwise keeps its table. Warnings and notes that the twin lacks stay.

    Parameters
    ----------
    sections : iterable of Section
        Of one report.

    Returns
    -------
    tuple of Section
    """
    every = tuple(sections)
    tables = {table.key: table for section in every for table in section.tables()}
    return tuple(Section(s.key, s.title, _without_repeats(s.blocks, tables)) for s in every)


def _without_repeats(blocks: tuple[Block, ...], tables: Mapping[str, TableSpec]) -> tuple[Block, ...]:
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Details):
            found.append(Details(block.summary, _without_repeats(block.blocks, tables)))
        elif isinstance(block, TableSpec) and block.twin in tables and repeats(block, tables[block.twin]):
            twin = tables[block.twin]
            found += [Notice(text, "warning") for text in block.warnings if text not in twin.warnings]
            found.append(
                Reference(block.title, twin.key, tuple(n for n in block.notes if n not in twin.notes))
            )
        else:
            found.append(block)
    return tuple(found)


def repeats(table: TableSpec, twin: TableSpec) -> bool:
    """Whether `twin` prints all numbers and remarks of `table`, of the same sample and estimator."""
    shared = [column.name for column in table.shown if column.format != "text"]
    if table.basis != twin.basis or not set(shared) <= {column.name for column in twin.shown}:
        return False
    kept = _numbers(twin, shared)
    remarks = " ".join(_remarks(twin))
    return all(row in kept for row in _numbers(table, shared)) and all(
        text in remarks for text in _remarks(table)
    )


def _numbers(table: TableSpec, names: list[str]) -> list[tuple[str, ...]]:
    """Printed cells of the named quantities, row by row."""
    places = [next(i for i, column in enumerate(table.shown) if column.name == name) for name in names]
    return [tuple(row.cells[place].text for place in places) for row in table.printed.rows]


def _remarks(table: TableSpec) -> list[str]:
    found = [i for i, column in enumerate(table.shown) if column.name == "remark"]
    texts = [row.cells[i].text for row in table.printed.rows for i in found]
    return [text for text in texts if text not in ("", UNDEFINED)]
