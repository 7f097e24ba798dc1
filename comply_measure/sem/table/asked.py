"""Starting values and bounds the user asks for, put into the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from comply_measure.sem.sample import GroupSample
from comply_measure.sem.search import Search
from comply_measure.sem.table.bounds import with_bounds
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.starts import with_starts


def as_asked(
    table: ParameterTable,
    samples: Sequence[GroupSample],
    search: Search,
    two_level_name: Callable[[ParameterTable, int], str] | None = None,
) -> ParameterTable:
    """A table with the starting values and bounds of a search.

    Parameters
    ----------
    table : ParameterTable
        The model.
    samples : sequence of GroupSample
        One per group (block).
    search : Search
        What the user asks for.
    two_level_name : callable, optional
        Name of a row of a two-level model.
    """
    two_level = two_level_name is not None
    name_of = None if two_level_name is None else lambda row: two_level_name(table, row)
    return with_bounds(with_starts(table, search.start, name_of), samples, search.bounds, two_level)
