"""Groups of a reliability table: informants pooled, by role, and units' mean answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.measurement.frames import cluster_codes, groups, item_values, listed, varying_items
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.triad_score import unit_answers

TRIAD = "triad"


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one group with the clusters and units they come from."""

    label: str
    items: tuple[str, ...]
    values: Floats
    clusters: NDArray[np.intp] | None
    units: NDArray[np.intp] | None

    @property
    def faults(self) -> str:
        """Items that do not vary, named."""
        return listed(varying_items(self.values, self.items)[1])

    @property
    def clustered(self) -> bool:
        """Whether informants share clusters."""
        return self.clusters is not None and len(np.unique(self.clusters)) < len(self.clusters)


def answer_groups(
    data: pd.DataFrame,
    items: Sequence[str],
    by: str | None,
    unit: str | None,
    cluster: str | None,
    pooled: bool,
    triad: bool,
) -> Iterator[Answers]:
    """Pooled informants, every role, and unit means, of one scale's items; informants with any answer."""
    values = item_values(data, items)
    units = None if unit is None else cluster_codes(data, unit)
    clusters = units if cluster is None else cluster_codes(data, cluster)
    answered = ~np.isnan(values).all(axis=1)

    def part(rows: NDArray[np.bool_], codes: NDArray[np.intp] | None) -> NDArray[np.intp] | None:
        return None if codes is None else codes[rows]

    for label, rows in groups(data, by, pooled):
        kept = rows & answered
        yield Answers(label, tuple(items), values[kept], part(kept, clusters), part(kept, units))
    if triad and unit is not None and units is not None:
        role = None if by is None else data[by].to_numpy()
        means = unit_answers(values, data[unit].to_numpy(), role)
        some = ~np.isnan(means.values).all(axis=1)
        first = means.first_row[some]
        outer = None if cluster is None else cluster_codes(data, cluster)[first]
        yield Answers(TRIAD, tuple(items), means.values[some], outer, units[first])
