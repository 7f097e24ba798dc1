"""What the chapter on measurement invariance is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure.report.parts import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.invariance import InvarianceLadder, PartialInvariance

LEVELS = {
    "configural": "Configural",
    "metric": "+ loadings",
    "scalar": "+ intercepts",
    "strict": "+ residuals",
    "means": "+ means",
}


@dataclass(frozen=True, eq=False)
class Comparison:
    """One ladder.

    Parameters
    ----------
    key : str
        Dimension whose roles are compared, or variable whose groups are.
    ladder : InvarianceLadder or None
        None with a reason in `obstacle`.
    obstacle : str
    search : PartialInvariance or None
        None with a reason in `search_obstacle`.
    search_obstacle : str
    effects, gaps : DataFrame or None
        dMACS by indicator and pair; bias of score gaps; None with a reason in `effects_obstacle`.
    effects_obstacle : str
    """

    key: str
    ladder: InvarianceLadder | None
    obstacle: str
    search: PartialInvariance | None
    search_obstacle: str
    effects: pd.DataFrame | None
    gaps: pd.DataFrame | None
    effects_obstacle: str


@dataclass(frozen=True, eq=False)
class InvarianceFacts:
    """What the chapter is made from.

    Parameters
    ----------
    title, indicator_kind : str
        The scale; what is compared.
    roles, groups : tuple of Comparison
        One per dimension, one per variable.
    n_units, n_informants : int
    estimator, group_estimator : str
        In words.
    alpha : float
        Level of the search.
    searched : bool
        Whether there was one.
    """

    title: str
    indicator_kind: str
    roles: tuple[Comparison, ...]
    groups: tuple[Comparison, ...]
    n_units: int
    n_informants: int
    estimator: str
    group_estimator: str
    alpha: float
    searched: bool


def invariance_table(
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    facts: InvarianceFacts,
    estimator: str,
    *,
    notes: tuple[str, ...] = (),
    group: str | None = None,
) -> Table:
    """A table of the chapter, with its sample."""
    return Table(
        key,
        title,
        data,
        columns,
        notes=notes,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=estimator,
        group=group,
    )


def words(name: str) -> str:
    """A variable in words."""
    return name.replace("_", " ")
