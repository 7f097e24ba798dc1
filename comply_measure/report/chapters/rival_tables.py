"""Tables of the chapter on rival structures: their sample and remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.rivals import RivalEvidence
from comply_measure.report.parts import Column, Table

if TYPE_CHECKING:
    import pandas as pd


def rival_table(
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    facts: RivalEvidence,
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
