"""What the chapter on rival structures is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure.report.parts import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.cutoffs import DynamicCutoffs
    from comply_measure.models.rivals import EdwardsTests, RivalComparison


@dataclass(frozen=True, eq=False)
class RivalFacts:
    """What the chapter is made from.

    Parameters
    ----------
    title, top, indicator_kind : str
        The scale, the construct above the dimensions, what the indicators are.
    factors : mapping
        Dimension -> indicators.
    comparison : RivalComparison
        All structures over all informants.
    by_role, items : DataFrame
        As ``comparison.tidy()``, in each role (``group``) and at the level of items; may be empty.
    cutoffs : DynamicCutoffs or None
        For the second-order (else correlated, else one-factor) model.
    general : DataFrame or None
        Indices of the general factor.
    edwards : EdwardsTests or None
        Superordinate against aggregate.
    criteria : str
        What the criteria of `edwards` are.
    obstacles : mapping of str to str
        Why ``cutoffs``, ``general``, ``edwards`` are None.
    n_units, n_informants : int
        Sample.
    estimator, role_estimator, reference : str
        Estimators in words, over all informants and in each role; reference dimension of the S−1 model.
    """

    title: str
    factors: Mapping[str, Sequence[str]]
    top: str
    indicator_kind: str
    comparison: RivalComparison
    by_role: pd.DataFrame
    items: pd.DataFrame
    cutoffs: DynamicCutoffs | None
    general: pd.DataFrame | None
    edwards: EdwardsTests | None
    criteria: str
    obstacles: Mapping[str, str]
    n_units: int
    n_informants: int
    estimator: str
    role_estimator: str
    reference: str


def rival_table(
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    facts: RivalFacts,
    *,
    notes: tuple[str, ...] = (),
    group: str | None = None,
    estimator: str | None = None,
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
        estimator=estimator or facts.estimator,
        group=group,
    )


def with_remark(columns: tuple[Column, ...], data: pd.DataFrame) -> tuple[Column, ...]:
    """The columns, with one for remarks where there are any."""
    return (*columns, Column("Remark", "note")) if (data["note"].fillna("") != "").any() else columns
