"""What an agreement analysis returns: every value with its counts and, where undefined, the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.reasons import undefined_because
from comply_measure.triads.agreement.nulls import NullDistribution

#: Of rows in which nothing is wrong.
OF_SOME = (
    "only the rwg family has a null variance; only it, a_wg and AD have a cut-off and a share that agrees"
)


class Reason(IntEnum):
    """Why a value is undefined."""

    OK = 0
    FEW_INFORMANTS = 1
    FEW_ITEMS = 2
    AWG_RANGE = 3
    ZERO_DENOMINATOR = 4
    ZERO_MEAN = 5


#: The same in words, in the order of the codes.
REASONS = (
    "",
    "fewer than 2 informants",
    "too few items answered by 2 informants",
    "unit mean outside the range where a_wg is defined",
    "untruncated rwg(j) has a zero denominator",
    "mean of the scores is zero",
)
#: Conventional cut-off of the rwg family: a convention, not evidence of agreement (see docs/triads.md).
RWG_CUTOFF = 0.70
HIGH_IS_AGREEMENT = frozenset(
    {"rwg_j", "rwg_j_untruncated", "rwg_star_j", "rwg_prime_j", "rwg_prime_j_exact", "awg_j"}
)
AD = frozenset({"ad_mean", "ad_median"})


@dataclass(frozen=True, slots=True)
class Cells:
    """One scale: counts, mean item variance, and each index with its reason codes, all of shape (G,).

    Attributes
    ----------
    n_items : int
        Items of the scale.
    n_informants, n_items_used : ndarray of int
        Informants with an answer; items answered by at least two of them.
    mean_variance : ndarray
        s̄²_g over the items used.
    awg_items : ndarray of int
        Items for which a_wg is defined; 0 unless a_wg was asked for.
    values, reasons : mapping of (index, null name) to ndarray
        Values, and places in `REASONS`; the null name is empty for indices without a null.
    """

    n_items: int
    n_informants: Ints
    n_items_used: Ints
    mean_variance: Floats
    awg_items: Ints
    values: Mapping[tuple[str, str], Floats]
    reasons: Mapping[tuple[str, str], NDArray[np.int8]]


@dataclass(frozen=True, slots=True)
class AgreementResult(Result):
    """Agreement per unit and scale.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    scales : mapping of str to tuple of str
        Items of each scale.
    nulls : tuple of NullDistribution
        Nulls used.
    minimum, maximum : float
        Answer scale.
    missing : str
        Rule for missing answers.
    min_items : float
        Share of items required.
    cells : mapping of str to Cells
        Values per scale.
    """

    units: NDArray[Any]
    scales: Mapping[str, tuple[str, ...]]
    nulls: tuple[NullDistribution, ...]
    minimum: float
    maximum: float
    missing: str
    min_items: float
    cells: Mapping[str, Cells]

    @property
    def practical_ad(self) -> float:
        """Cut-off A/6 of AD, A = number of categories (Burke & Dunlap 2002)."""
        return (self.maximum - self.minimum + 1) / 6.0

    def values(self, index: str, null: str | None = None) -> pd.DataFrame:
        """One index as a unit × scale table; `null` defaults to the first null used."""
        name = self._cell(index, null)
        frame = {scale: cells.values[name] for scale, cells in self.cells.items()}
        return pd.DataFrame(frame, index=pd.Index(self.units, name="unit"))

    def tidy(self) -> pd.DataFrame:
        """One row per unit, scale, index and null.

        Columns: unit, scale, index, null, value, n_informants, n_items, n_items_used, note.
        """
        blocks = []
        texts = np.array(REASONS, dtype=object)
        for scale, cells in self.cells.items():
            for (index, null), value in cells.values.items():
                used = cells.awg_items if index == "awg_j" else cells.n_items_used
                blocks.append(
                    pd.DataFrame(
                        {
                            "unit": self.units,
                            "scale": scale,
                            "index": index,
                            "null": null,
                            "value": value,
                            "n_informants": cells.n_informants,
                            "n_items": cells.n_items,
                            "n_items_used": used,
                            "note": texts[cells.reasons[index, null]],
                        }
                    )
                )
        return pd.concat(blocks, ignore_index=True)

    def summary(self, cutoffs: Mapping[str, float] = MappingProxyType({})) -> pd.DataFrame:
        """One row per scale, index and null over all units.

        Columns: scale, index, null, null_variance, n_units, n_defined, n_informants (mean per defined unit),
        mean, sd, minimum, q25, median, q75, maximum, cutoff, share_agreeing (among the defined), note (why
        and how often undefined). ``attrs["undefined"]`` says which indices have no null variance or cut-off.

        Parameters
        ----------
        cutoffs : mapping of str to float
            Cut-off per index; .70 for the rwg family and a_wg and A/6 for AD where nothing is given. They are
            conventions.
        """
        variance = {null.name: null.variance for null in self.nulls}
        rows = [
            self._summary_row(scale, index, null, variance.get(null, np.nan), cutoffs)
            for scale, cells in self.cells.items()
            for index, null in cells.values
        ]
        return undefined_because(pd.DataFrame(rows), OF_SOME)

    def _cell(self, index: str, null: str | None) -> tuple[str, str]:
        names = list(next(iter(self.cells.values())).values)
        wanted = [name for name in names if name[0] == index and null in (None, name[1])]
        if not wanted:
            raise KeyError(f"no index {index!r} with null {null!r}; computed: {names}")
        return wanted[0]

    def _summary_row(
        self, scale: str, index: str, null: str, variance: float, cutoffs: Mapping[str, float]
    ) -> dict[str, object]:
        cells = self.cells[scale]
        value = cells.values[index, null]
        known = value[~np.isnan(value)]
        cutoff, share = self._share(index, known, cutoffs)
        some = known.size > 0
        quartiles = np.quantile(known, [0.25, 0.5, 0.75]) if some else np.full(3, np.nan)
        return {
            "scale": scale,
            "index": index,
            "null": null,
            "null_variance": variance,
            "n_units": value.size,
            "n_defined": known.size,
            "n_informants": cells.n_informants[~np.isnan(value)].mean() if some else np.nan,
            "mean": known.mean() if some else np.nan,
            "sd": known.std(ddof=1) if known.size > 1 else np.nan,
            "minimum": known.min() if some else np.nan,
            "q25": quartiles[0],
            "median": quartiles[1],
            "q75": quartiles[2],
            "maximum": known.max() if some else np.nan,
            "cutoff": cutoff,
            "share_agreeing": share,
            "note": _reason_counts(cells.reasons[index, null], known.size),
        }

    def _share(self, index: str, known: Floats, cutoffs: Mapping[str, float]) -> tuple[float, float]:
        if index in HIGH_IS_AGREEMENT:
            cutoff = cutoffs.get(index, RWG_CUTOFF)
            # not truncated, rwg(j) exceeds 1 where informants disagree beyond its singular point
            agreeing = (known >= cutoff - 1e-12) & (known <= 1 + 1e-12)
        elif index in AD:
            cutoff = cutoffs.get(index, self.practical_ad)
            agreeing = known <= cutoff + 1e-12
        else:
            return np.nan, np.nan
        return cutoff, float(agreeing.mean()) if known.size else np.nan


def _reason_counts(reasons: NDArray[np.int8], n_defined: int) -> str:
    counts = np.bincount(reasons, minlength=len(REASONS))
    parts = [f"{REASONS[code]}: {counts[code]} units" for code in range(1, len(REASONS)) if counts[code]]
    if n_defined == 1:
        parts.append("one unit: no standard deviation")
    return "; ".join(parts)
