"""What the reliability table holds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from comply_measure.results import Result
from comply_measure.statistics.reasons import with_reasons


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One coefficient of one scale in one group.

    Attributes
    ----------
    scale, group, coefficient, label : str
        ``group``: a role, ``pooled``, or ``triad`` (unit means over informants).
    estimate, lower, upper, se : float
        NaN where undefined or not asked for.
    interval : str
        ``feldt``, ``percentile``, ``bca``, with ``cluster`` in front when clusters were resampled; empty without.
    standard_error_of_measurement : float
        Of the mean of the items, ``SD √(1 − reliability)``; NaN where the coefficient is not one of that mean.
    n_items, n_units, n_informants, n_complete, n_clusters : int
        ``n_units`` is -1 without a unit column; ``n_clusters`` counts what was resampled, 0 without a bootstrap.
    n_replications : int
        Resamples in which the coefficient was defined.
    missing : str
    note : str
        Why values are undefined, and the doubt.
    doubt : str
        What speaks against an estimate that is defined: items that do not vary, or run against the others.
    """

    scale: str
    group: str
    coefficient: str
    label: str
    estimate: float
    lower: float
    upper: float
    se: float
    interval: str
    standard_error_of_measurement: float
    n_items: int
    n_units: int
    n_informants: int
    n_complete: int
    n_clusters: int
    n_replications: int
    missing: str
    note: str
    doubt: str = ""


WHY = {
    "lower": "no interval was asked for, or there is none",
    "upper": "no interval was asked for, or there is none",
    "se": "of resamples only",
    "standard_error_of_measurement": "not a reliability of the mean of the items, or undefined with the estimate",
}


@dataclass(frozen=True, slots=True)
class ReliabilityTable(Result):
    """Reliability of several scales, by role, pooled and for the unit's mean score.

    Attributes
    ----------
    rows : tuple of ReliabilityRow
    confidence : float
    seed : int or None
    """

    rows: tuple[ReliabilityRow, ...]
    confidence: float
    seed: int | None

    def tidy(self) -> pd.DataFrame:
        """One row per scale, group and coefficient; columns are the attributes of :class:`ReliabilityRow`.

        ``reason`` says why other cells are empty where nothing is wrong.
        """
        names = ReliabilityRow.__dataclass_fields__
        table = pd.DataFrame(
            [{name: getattr(row, name) for name in names} for row in self.rows], columns=list(names)
        )
        table = table.assign(confidence=self.confidence, seed=self.seed)
        return with_reasons(table, WHY)

    def wide(self) -> pd.DataFrame:
        """Estimates, one row per scale and group, one column per coefficient; ``note``: why cells are empty."""
        table = self.tidy()
        order = list(dict.fromkeys(table["coefficient"]))
        place = ["scale", "group"]
        wide = table.pivot_table(
            index=place, columns="coefficient", values="estimate", sort=False, dropna=False
        )[order]
        empty = table[table["estimate"].isna()]
        said = (
            (empty["coefficient"] + ": " + empty["note"])
            .groupby([empty[name] for name in place])
            .agg("; ".join)
        )
        return wide.assign(note=said.reindex(wide.index, fill_value="")).reset_index()
