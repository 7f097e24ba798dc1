"""Rows of several forms in one file: those that ask no items, and occasions on which the same informants answered."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from comply_measure.responses.cells import name_in
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.responses.sketch.tools import Tool, names_of


def rows_of_other_forms(
    table: RawTable, items: Collection[str], tool: Tool | None
) -> tuple[str, tuple[str, ...]]:
    """Column that names the form of a row, and its cells in whose rows no item is answered; ``""`` for a blank one.

    REDCap writes a row for what is asked once of a record, with a blank ``redcap_repeat_instrument``, and one for every
    instance of a repeated form.

    Parameters
    ----------
    table : RawTable
        The file.
    items : collection of str
        Columns that are taken for items.
    tool : Tool or None
        The tool that wrote the file.

    Returns
    -------
    tuple
        ``("", ())`` where no row is of another form, or every row is.
    """
    answered = np.zeros(len(table), dtype=bool)
    for name in items:
        answered |= table.columns[name].codes >= 0
    for column in _of(table, tool.forms if tool else ()):
        with_items = {*column.codes[answered].tolist()}
        without = [code for code in np.unique(column.codes).tolist() if code not in with_items]
        if without and with_items:
            return column.name, tuple(name_in(column.distinct[code]) if code >= 0 else "" for code in without)
    return "", ()


def occasions(table: RawTable, tool: Tool | None) -> tuple[str, tuple[str, ...]]:
    """Column that says on which occasion a row was answered, and its cells; none where there is only one."""
    for column in _of(table, tool.occasions if tool else ()):
        if len(column.distinct) > 1:
            return column.name, tuple(map(name_in, column.distinct))
    return "", ()


def emptied(before: RawTable, after: RawTable) -> frozenset[str]:
    """Columns that have cells only in rows that were left out."""
    return frozenset(
        name
        for name, column in after.columns.items()
        if not _filled(column.codes) and _filled(before.columns[name].codes)
    )


def _filled(codes: NDArray[np.intp]) -> bool:
    return bool((codes >= 0).any())


def _of(table: RawTable, names: Collection[str]) -> Iterator[Column]:
    return (column for column in table.columns.values() if names_of(column) & {*names})
