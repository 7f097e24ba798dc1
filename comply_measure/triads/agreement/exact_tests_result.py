"""What exact tests of agreement return: p values per unit, and how many units noise would let pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.multiplicity import rejects
from comply_measure.triads.agreement.nulls import NullDistribution


@dataclass(frozen=True, slots=True)
class ScaleTests:
    """Tests of one scale; every array has shape (G,).

    Attributes
    ----------
    n_items : int
        Items of the scale.
    n_informants, n_items_used : ndarray of int
        Informants with an answer; items answered by two or more.
    value : ndarray
        rwg(j) (truncated at 0), AD_M or AD_Md.
    critical : ndarray
        Value from which the unit agrees significantly, given its own counts; NaN when no value would do.
    p, p_fdr : ndarray
        Probability of so much agreement from noise, and after Benjamini and Hochberg over the units.
    level : ndarray
        Probability that noise with the unit's counts rejects.
    noise_passing : ndarray
        Probability that noise with the unit's counts reaches the conventional cut-off of rwg(j).
    note : ndarray of str
        Why there is no test.
    """

    n_items: int
    n_informants: Ints
    n_items_used: Ints
    value: Floats
    critical: Floats
    p: Floats
    p_fdr: Floats
    level: Floats
    noise_passing: Floats
    note: NDArray[Any]


@dataclass(frozen=True, slots=True)
class AgreementTests(Result):
    """Exact tests of agreement per unit and scale."""

    units: NDArray[Any]
    index: str
    null: NullDistribution
    alpha: float
    cutoff: float
    method: str
    scales: Mapping[str, ScaleTests]

    def tidy(self) -> pd.DataFrame:
        """One row per unit and scale.

        Columns: unit, scale, index, value, critical, p, p_fdr, significant, significant_fdr, n_informants,
        n_items_used, note. The two flags are missing where there is no test.
        """
        return pd.concat([self._rows(scale, t) for scale, t in self.scales.items()], ignore_index=True)

    def _rows(self, scale: str, t: ScaleTests) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "unit": self.units,
                "scale": scale,
                "index": self.index,
                "value": t.value,
                "critical": t.critical,
                "p": t.p,
                "p_fdr": t.p_fdr,
                "significant": _flags(t.p, self.alpha),
                "significant_fdr": _flags(t.p_fdr, self.alpha),
                "n_informants": t.n_informants,
                "n_items_used": t.n_items_used,
                "note": t.note,
            }
        )

    def summary(self) -> pd.DataFrame:
        """One row per scale.

        Columns: scale, index, null, method, alpha, n_units, n_tested, n_testable (units where some value
        would be significant), share_significant, expected_by_noise (mean level), p_share (probability of so
        many significant units from noise alone), share_significant_fdr, cutoff, share_at_cutoff,
        noise_at_cutoff (how often pure noise reaches the cut-off of rwg(j)), statement, note (why nothing could be
        tested). The cut-off and its shares are empty for AD.
        """
        return pd.DataFrame([self._summary_row(scale, t) for scale, t in self.scales.items()])

    def _summary_row(self, scale: str, t: ScaleTests) -> dict[str, object]:
        tested = ~np.isnan(t.p)
        n = int(tested.sum())
        hits = int((t.p[tested] <= self.alpha + 1e-12).sum())
        is_rwg = self.index == "rwg_j"
        noise = float(t.noise_passing[tested].mean()) if n and is_rwg else np.nan
        reached = float((t.value[tested] >= self.cutoff - 1e-12).mean()) if n and is_rwg else np.nan
        return {
            "scale": scale,
            "index": self.index,
            "null": self.null.name,
            "method": self.method,
            "alpha": self.alpha,
            "n_units": len(self.units),
            "n_tested": n,
            "n_testable": int((~np.isnan(t.critical[tested])).sum()),
            "share_significant": hits / n if n else np.nan,
            "expected_by_noise": float(t.level[tested].mean()) if n else np.nan,
            "p_share": _share_p_value(hits, t.level[tested]),
            "share_significant_fdr": float((t.p_fdr[tested] <= self.alpha).mean()) if n else np.nan,
            "cutoff": self.cutoff if is_rwg else np.nan,
            "share_at_cutoff": reached,
            "noise_at_cutoff": noise,
            "statement": _statement(self.cutoff, noise, t.n_informants[tested]) if n and is_rwg else "",
            "note": _summary_note(t, n),
        }


def _summary_note(t: ScaleTests, n_tested: int) -> str:
    if n_tested:
        return ""
    reasons = sorted({str(note) for note in t.note if note})
    return f"no unit was tested: {', '.join(reasons)}" if reasons else "no unit was tested"


def _flags(p: Floats, alpha: float) -> pd.array[Any]:  # type: ignore[valid-type]
    flags = pd.array(rejects(p, alpha), dtype="boolean")
    flags[np.isnan(p)] = pd.NA
    return flags


def _share_p_value(hits: int, levels: Floats) -> float:
    """P(at least `hits` rejections) for independent units that reject with their own levels (exact)."""
    if not len(levels):
        return float("nan")
    total = np.ones(1)
    for level, count in zip(*np.unique(levels, return_counts=True), strict=True):
        total = np.convolve(total, scipy.stats.binom.pmf(np.arange(count + 1), count, level))
    return float(min(1.0, total[hits:].sum()))


def _statement(cutoff: float, noise: float, n_informants: Ints) -> str:
    few, many = n_informants.min(), n_informants.max()
    k = f"{few}" if few == many else f"{few} to {many}"
    return (
        f"With {k} informants per unit, informants who answer at random reach rwg(j) = {cutoff:.2f} "
        f"in {100 * noise:.1f} % of units; the cut-off alone is no evidence of agreement."
    )
