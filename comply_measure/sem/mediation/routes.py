"""Routes through the structural equations of one group: which variable leads to which, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.errors import ModelError
from comply_measure.sem.language.records import columns_of
from comply_measure.sem.table.parameter_table import ParameterTable

MOST = 1000  # routes between all pairs of variables that are still told


@dataclass(frozen=True)
class Graph:
    """Structural paths of one group.

    Attributes
    ----------
    number : int
        The group, from 1.
    rows : mapping of str to tuple of int
        Rows of the equation of each outcome, in the order of the table.
    leads : mapping of str to tuple of str
        What each variable leads to by one step; a part of a product leads to the product's outcome.
    """

    number: int
    rows: Mapping[str, tuple[int, ...]]
    leads: Mapping[str, tuple[str, ...]]

    def routes(self, first: str, last: str) -> Iterator[tuple[str, ...]]:
        """All routes of two steps and more, short ones first, then in the order of the table."""
        found = sorted(self._from((first,), last), key=len)
        yield from (route for route in found if len(route) > 2)

    def _from(self, route: tuple[str, ...], last: str) -> Iterator[tuple[str, ...]]:
        for name in self.leads.get(route[-1], ()):
            if name == last:
                yield (*route, name)
            else:
                yield from self._from((*route, name), last)

    @property
    def sources(self) -> tuple[str, ...]:
        """Variables with an effect on something."""
        return tuple(self.leads)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Variables that something has an effect on."""
        return tuple(self.rows)


def graph_of(table: ParameterTable, values: np.ndarray, number: int) -> Graph:
    """The structural paths of one group; those fixed at zero are none.

    Parameters
    ----------
    table : ParameterTable
    values : array (rows,)
        Estimates.
    number : int
        Group, from 1.

    Raises
    ------
    ModelError
        When paths lead back to where they came from: effects would then be sums without end.
    """
    rows: dict[str, list[int]] = {}
    leads: dict[str, dict[str, None]] = {}
    for row in np.flatnonzero(table.group == number).tolist():
        if table.op[row] == "~" and (table.free[row] > 0 or values[row] != 0.0):
            rows.setdefault(table.lhs[row], []).append(row)
            for name in columns_of(table.rhs[row]):
                leads.setdefault(name, {})[table.lhs[row]] = None
    found = Graph(
        number,
        {name: tuple(mine) for name, mine in rows.items()},
        {name: tuple(mine) for name, mine in leads.items()},
    )
    circle = _circle(found)
    if circle:
        raise ModelError(
            f"the paths form a loop ({' → '.join(circle)}): indirect effects are told of models without loops"
        )
    return found


def _circle(graph: Graph) -> tuple[str, ...]:
    """Variables of a loop, the first one again at its end; empty without one."""
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if name in way:
            return (*way[way.index(name) :], name)
        if name in done:
            return ()
        for following in graph.leads.get(name, ()):
            found = visit(following, (*way, name))
            if found:
                return found
        done.add(name)
        return ()

    for name in graph.leads:
        found = visit(name, ())
        if found:
            return found
    return ()
