"""Who could be recognised in a file of answers, and variables made coarse enough that nobody is.

A firm that is known to have taken part has one informant per role: whoever knows the firm knows the informant. So the
combination of variables that outsiders can know is counted; a cell with few informants is a risk (k-anonymity:
Sweeney, 2002, *International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems* 10, 557-570).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.results import Result
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses

OTHER = "other"
_KEYS = ("firm", "role")


@dataclass(frozen=True, eq=False)
class SmallCells(Result):
    """Combinations of known variables that few informants share.

    Parameters
    ----------
    cells : DataFrame
        One row per combination that occurs: the variables, ``n_informants``, ``small``.
    variables : tuple of str
        What an outsider is taken to know.
    minimum : int
        Fewer informants than these make a cell small.
    """

    cells: pd.DataFrame
    variables: tuple[str, ...]
    minimum: int

    @property
    def smallest(self) -> int:
        """Informants in the smallest cell: the k of k-anonymity."""
        return int(self.cells["n_informants"].min())

    @property
    def n_at_risk(self) -> int:
        """Informants in small cells."""
        return int(self.cells.loc[self.cells["small"], "n_informants"].sum())

    def tidy(self) -> pd.DataFrame:
        """The cells, smallest first."""
        return self.cells


def small_cells(responses: Responses, variables: Sequence[str] = _KEYS, minimum: int = 5) -> SmallCells:
    """Count informants by what an outsider can know of them.

    Parameters
    ----------
    responses : Responses
        The answers; informants that were put together count one by one.
    variables : sequence of str
        ``firm``, ``unit``, ``role`` and variables of units; firm and role by default, which re-identifies wherever a
        firm is known to take part.
    minimum : int
        Least number of informants of a cell that is no risk.

    Raises
    ------
    ComplyError
        If a variable is unknown, none is named, or the minimum is below 2.
    """
    known = ["firm", "unit", "role", *map(str, responses.units.columns)]
    for name in variables:
        require_known("variable", name, known)
    if not variables or minimum < 2:
        raise ComplyError("small cells need at least one variable and a minimum of at least 2")
    people = (responses.everyone or responses).data
    frame = pd.DataFrame(
        {
            name: people[name]
            if name in ("firm", "unit", "role")
            else people["unit"].map(responses.units[name])
            for name in variables
        }
    )
    counts = frame.groupby(list(frame.columns), dropna=False, observed=True, sort=True).size()
    cells = counts.rename("n_informants").reset_index()
    cells["small"] = cells["n_informants"] < minimum
    ordered = cells.sort_values("n_informants", kind="stable").reset_index(drop=True)
    return SmallCells(ordered, tuple(map(str, variables)), minimum)


def safer_cells(
    responses: Responses, variables: Sequence[str] = _KEYS, minimum: int = 5, classes: int = 3
) -> pd.DataFrame:
    """What telling less would do: informants at risk when a variable is left out, or those of units are coarsened.

    Parameters
    ----------
    responses, variables, minimum
        As in :func:`small_cells`.
    classes : int
        Classes of :func:`coarsened`. Ids of firms and units have no classes: they stay what they are, or are left out.

    Returns
    -------
    DataFrame
        ``change``, ``variables``, ``n_cells``, ``smallest``, ``n_at_risk``: first nothing changed, then the changes,
        those that leave fewest informants at risk first.
    """

    def row(change: str, told: Responses, names: Sequence[str]) -> dict[str, Any]:
        found = small_cells(told, names, minimum)
        return {
            "change": change,
            "variables": ", ".join(names),
            "n_cells": len(found.cells),
            "smallest": found.smallest,
            "n_at_risk": found.n_at_risk,
        }

    names = list(dict.fromkeys(map(str, variables)))
    rows = [row("none", responses, names)]
    if set(names) - {"firm", "unit", "role"}:
        coarse = coarsened(responses, classes, minimum)
        rows.append(row(f"variables of units in {classes} classes", coarse, names))
    if len(names) > 1:
        rows += [
            row(f"without {name}", responses, [other for other in names if other != name]) for name in names
        ]
    first, *others = rows
    return pd.DataFrame([first, *sorted(others, key=lambda found: found["n_at_risk"])])


def coarsened(responses: Responses, classes: int = 3, minimum: int = 5) -> Responses:
    """The answers without ids of firms, and with variables of units in few classes.

    Parameters
    ----------
    responses : Responses
        The answers.
    classes : int
        Classes of equal size for each numeric variable of units with more different values than that: each value
        becomes the mean of its class.
    minimum : int
        Categories of fewer units become ``other``.

    Returns
    -------
    Responses
        Firms are pseudonyms (``F1``, ``F2``, in the order of the data), which analyses by firm still need; answers and
        roles are untouched.
    """
    if classes < 2 or minimum < 2:
        raise ComplyError("coarsening needs at least 2 classes and a minimum of at least 2")
    units = responses.units.copy()
    for name in units.columns:
        if pd.api.types.is_float_dtype(units[name]):
            units[name] = _classed(units[name], classes)
        else:
            units[name] = _merged(units[name], minimum)
    firms = [name for name in dict.fromkeys(responses.data["firm"]) if isinstance(name, str)]
    names = {name: f"F{number}" for number, name in enumerate(firms, 1)}

    def renamed(table: Responses) -> Responses:
        data = table.data.assign(firm=table.data["firm"].map(names).astype(table.data["firm"].dtype))
        return replace(table, data=data, units=units.loc[table.units.index])

    everyone = None if responses.everyone is None else renamed(responses.everyone)
    note = f"variables of units in {classes} classes, categories of fewer than {minimum} units merged"
    return replace(renamed(responses), everyone=everyone, notes=(*responses.notes, note))


def _classed(values: pd.Series[Any], classes: int) -> pd.Series[Any]:
    """Each value as the mean of its class; few different values stay."""
    if len(set(values.dropna())) <= classes:
        return values
    ranks = values.rank(method="average", pct=True)
    code = np.ceil(ranks * classes)
    return values.groupby(code).transform("mean")


def _merged(values: pd.Series[Any], minimum: int) -> pd.Series[Any]:
    """Categories of fewer units than the minimum as one; with the next rarest ones until that, too, has enough."""
    counts = values.value_counts().sort_values(kind="stable")
    n_rare = int((counts < minimum).sum())
    while n_rare and n_rare < len(counts) and counts.iloc[:n_rare].sum() < minimum:
        n_rare += 1
    return values.where(~values.isin(counts.index[:n_rare]), OTHER)
