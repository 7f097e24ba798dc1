"""Groups of a reliability table: informants pooled, by role, and units' mean answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.measurement.frames import (
    check_scales,
    cluster_codes,
    groups,
    item_values,
    listed,
    varying_items,
)
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.triad_score import unit_answers
from comply_measure.measurement.saturated import Treatment, covariance_of

TRIAD = "triad"


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of one group with the clusters and units they come from; what every coefficient asks is counted once."""

    label: str
    items: tuple[str, ...]
    values: Floats
    clusters: NDArray[np.intp] | None
    units: NDArray[np.intp] | None
    _covariances: dict[Treatment, tuple[Floats, str]] = field(default_factory=dict, init=False, repr=False)

    def covariance(self, missing: Treatment) -> tuple[Floats, str]:
        """Covariance matrix under a treatment of missing answers and why it is undefined, computed once."""
        if missing not in self._covariances:
            self._covariances[missing] = covariance_of(self.values, missing)
        return self._covariances[missing]

    @cached_property
    def faults(self) -> str:
        """Items that do not vary, named."""
        return listed(varying_items(self.values, self.items)[1])

    @cached_property
    def clustered(self) -> bool:
        """Whether informants share clusters."""
        return self.clusters is not None and len(np.unique(self.clusters)) < len(self.clusters)

    @cached_property
    def n_units(self) -> int:
        """Units; −1 where they are not known."""
        return -1 if self.units is None else len(np.unique(self.units))

    @cached_property
    def n_complete(self) -> int:
        """Informants who answered everything."""
        return int((~np.isnan(self.values)).all(axis=1).sum())


@dataclass(frozen=True, slots=True)
class Grouping:
    """Who stands in which group, unit and cluster: the same for every scale of a table.

    Attributes
    ----------
    groups : tuple of (str, ndarray)
        Pooled informants and every role, as row masks.
    units, clusters, outer : ndarray or None
        Codes of units, of clusters (the units, where no others are named), and of named clusters.
    unit_keys, roles : ndarray or None
        For unit means; no `unit_keys` where there are none.
    """

    groups: tuple[tuple[str, NDArray[Any]], ...]
    units: NDArray[np.intp] | None
    clusters: NDArray[np.intp] | None
    outer: NDArray[np.intp] | None
    unit_keys: NDArray[Any] | None
    roles: NDArray[Any] | None

    @classmethod
    def of(
        cls,
        data: pd.DataFrame,
        by: str | None,
        unit: str | None,
        cluster: str | None,
        pooled: bool,
        triad: bool,
    ) -> Grouping:
        """Read the columns of a table once."""
        units = None if unit is None else cluster_codes(data, unit)
        outer = None if cluster is None else cluster_codes(data, cluster)
        return cls(
            tuple(groups(data, by, pooled)),
            units,
            units if outer is None else outer,
            outer,
            data[unit].to_numpy() if triad and unit is not None else None,
            None if by is None else data[by].to_numpy(),
        )


@dataclass(frozen=True, eq=False)
class GroupedAnswers:
    """Answers of several scales by group, taken out of a table once, for all that is computed of them.

    Attributes
    ----------
    entries : tuple of (str, Answers)
        Scale and answers, scale by scale.
    """

    entries: tuple[tuple[str, Answers], ...]

    @classmethod
    def of(
        cls,
        data: pd.DataFrame,
        scales: Mapping[str, Sequence[str]],
        *,
        by: str | None = "role",
        unit: str | None = "unit",
        cluster: str | None = None,
        pooled: bool = True,
        triad: bool = True,
    ) -> GroupedAnswers:
        """Take the groups out of a table; arguments as of :func:`.table.reliability_table`.

        Raises
        ------
        InputError
            Unusable scales, absent columns.
        """
        check_scales(data, scales, [by, unit, cluster])
        grouping = Grouping.of(data, by, unit, cluster, pooled, triad)
        return cls(
            tuple(
                (scale, group)
                for scale, items in scales.items()
                for group in answer_groups(data, items, grouping)
            )
        )


def answer_groups(data: pd.DataFrame, items: Sequence[str], grouping: Grouping) -> Iterator[Answers]:
    """Pooled informants, every role, and unit means, of one scale's items; informants with any answer."""
    values = item_values(data, items)
    answered = ~np.isnan(values).all(axis=1)

    def part(rows: NDArray[np.bool_], codes: NDArray[np.intp] | None) -> NDArray[np.intp] | None:
        return None if codes is None else codes[rows]

    for label, rows in grouping.groups:
        kept = rows & answered
        yield Answers(
            label, tuple(items), values[kept], part(kept, grouping.clusters), part(kept, grouping.units)
        )
    if grouping.unit_keys is not None and grouping.units is not None:
        means = unit_answers(values, grouping.unit_keys, grouping.roles)
        some = ~np.isnan(means.values).all(axis=1)
        first = means.first_row[some]
        outer = None if grouping.outer is None else grouping.outer[first]
        yield Answers(TRIAD, tuple(items), means.values[some], outer, grouping.units[first])
