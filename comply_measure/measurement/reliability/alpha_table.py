"""Reliability of every scale, by role and pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import check_scales, groups, item_values, joined, listed, varying_items
from comply_measure.measurement.moments import Missing
from comply_measure.measurement.reliability.alpha import Alpha, Engine, IntervalN, cronbach_alpha
from comply_measure.results import Result
from comply_measure.tables.roles import POOLED

CLUSTERED = "informants of one unit are not independent: interval too narrow"


@dataclass(frozen=True, slots=True)
class AlphaTable(Result):
    """Cronbach's α per scale and group.

    Attributes
    ----------
    alphas : mapping of (scale, group) to Alpha
        Results.
    n_units : mapping of (scale, group) to int
        Units with an answering informant; -1 when no unit column was given.
    clustered : frozenset of (scale, group)
        Groups with several informants of one unit.
    faults : mapping of (scale, group) to str
        Items that do not vary, named; standardised α is then undefined.
    """

    alphas: Mapping[tuple[str, str], Alpha]
    n_units: Mapping[tuple[str, str], int]
    clustered: frozenset[tuple[str, str]]
    faults: Mapping[tuple[str, str], str]

    def tidy(self) -> pd.DataFrame:
        """One row per scale and group.

        Columns: scale, group, alpha, lower, upper, alpha_standardized, mean_r, n_items, n_units,
        n_informants, n_complete, n_interval, missing, confidence, note.
        """
        rows = [
            {
                "scale": scale,
                "group": group,
                "alpha": a.alpha,
                "lower": a.lower,
                "upper": a.upper,
                "alpha_standardized": a.standardized,
                "mean_r": a.mean_r,
                "n_items": a.n_items,
                "n_units": self.n_units[scale, group],
                "n_informants": a.n_any,
                "n_complete": a.n_complete,
                "n_interval": a.n_interval,
                "missing": a.missing,
                "confidence": a.confidence,
                "note": joined(
                    self.faults[scale, group] if self.faults[scale, group] not in a.note else "",
                    a.note,
                    CLUSTERED if (scale, group) in self.clustered and np.isfinite(a.alpha) else "",
                ),
            }
            for (scale, group), a in self.alphas.items()
        ]
        return pd.DataFrame(rows)


def alpha_table(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    by: str | None = "role",
    unit: str | None = "unit",
    pooled: bool = True,
    missing: Missing = "pairwise",
    interval_n: IntervalN = "pairs",
    confidence: float = 0.95,
    engine: Engine = "own",
) -> AlphaTable:
    """Cronbach's α with Feldt's interval for every scale, by role and pooled.

    Pooled informants of one unit share the unit, so their interval is too narrow; the table says so.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items already recoded.
    scales : mapping of str to sequence of str
        Items of each scale.
    by : str, optional
        Column of the groups.
    unit : str, optional
        Column with the unit's key, for the counts.
    pooled : bool
        Whether to add all informants together.
    missing, interval_n, confidence, engine
        As in :func:`comply_measure.measurement.cronbach_alpha`.

    Raises
    ------
    InputError
        Unusable scales or options.
    """
    check_scales(data, scales, [by, unit])
    alphas: dict[tuple[str, str], Alpha] = {}
    n_units: dict[tuple[str, str], int] = {}
    faults: dict[tuple[str, str], str] = {}
    clustered = set()
    keys = None if unit is None else data[unit].to_numpy()
    members = tuple(groups(data, by, pooled))
    for scale, items in scales.items():
        values = item_values(data, items)
        answered = ~np.isnan(values).all(axis=1)
        for group, rows in members:
            key = (scale, group)
            alphas[key] = cronbach_alpha(
                values[rows],
                missing=missing,
                interval_n=interval_n,
                confidence=confidence,
                engine=engine,
                items=items,
            )
            faults[key] = listed(varying_items(values[rows], items)[1])
            units = keys[rows & answered] if keys is not None else None
            n_units[key] = -1 if units is None else len(pd.unique(units))
            if units is not None and n_units[key] < len(units):
                clustered.add(key)
    return AlphaTable(alphas, n_units, frozenset(clustered), faults)


__all__ = ["POOLED", "AlphaTable", "alpha_table"]
