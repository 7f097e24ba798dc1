"""What the marker models show: tests, reliability decomposition, sensitivity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from comply_measure.measurement.fits import NO_INDICES, DifferenceTest, FitColumn, fit_indices, fit_notes
from comply_measure.models.method_variance.marker_power import (
    CORRELATIONS,
    SHARES,
    EqualEffect,
    equal_effect,
    power_table,
)
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.statistics.multiplicity import rejects

FIXED_VALUES = (
    "values that a model holds fixed were estimated from the same data, so its χ² and p are approximate"
)


@dataclass(frozen=True, slots=True)
class ReliabilityParts:
    """Reliability of the sum of a factor's indicators, taken apart.

    Attributes
    ----------
    factor : str
    total_baseline : float
        Without method loadings: (Σλ)² / [(Σλ)² + Σθ].
    substantive, method : float
        (Σλ_s)² and (Σλ_m)² over (Σλ_s)² + (Σλ_m)² + Σθ; standardised estimates.
    total : float
        Their sum.
    method_share : float
        ``method / total``.
    """

    factor: str
    total_baseline: float
    substantive: float
    method: float
    total: float
    method_share: float


@dataclass(frozen=True)
class MarkerAnalysis(Result):
    """The marker-variable models of one scale.

    Attributes
    ----------
    fits : mapping of str to Fit
        ``cfa``, ``baseline``, ``method_c``, ``method_u``, ``method_r`` and one ``method_s_…`` per level, in this
        order; those that could be fitted.
    failures : mapping of str to str
        Reasons for the others.
    differences : mapping of (str, str) to DifferenceTest
        (restricted, general) → test.
    retained : str
        ``method_u`` or ``method_c``; empty when neither could be fitted.
    reliability : tuple of ReliabilityParts
        Phase II, from the retained model; the marker last.
    loadings : DataFrame
        Per indicator: item, factor, baseline, substantive, method (standardised), method_est, method_se,
        method_pvalue (in units of the answers).
    correlations : DataFrame
        Per pair of factors: factor_1, factor_2 and a column per model (Phase III).
    factors : tuple of str
    alpha : float
    n_informants, n_clusters : int
        Cases used; clusters (−1 without).
    notes : tuple of str
    """

    fits: Mapping[str, Fit]
    failures: Mapping[str, str]
    differences: Mapping[tuple[str, str], DifferenceTest]
    retained: str
    reliability: tuple[ReliabilityParts, ...]
    loadings: pd.DataFrame
    correlations: pd.DataFrame
    factors: tuple[str, ...]
    alpha: float
    n_informants: int
    n_clusters: int
    notes: tuple[str, ...]

    @property
    def method_variance(self) -> float:
        """Mean squared standardised method loading of the retained model: share of the answers' variance."""
        values = self.loadings["method"].astype(float)
        return float((values**2).mean()) if values.notna().any() else math.nan

    @property
    def detected(self) -> bool | None:
        """Whether equal method effects fit better than none (p at most ``alpha``); None without the test."""
        p = self.differences["baseline", "method_c"].pvalue
        return None if math.isnan(p) else rejects(p, self.alpha)

    @property
    def effect(self) -> EqualEffect | None:
        """The equal effect of the marker; None without that model or its errors."""
        fit = self.fits.get("method_c")
        return None if fit is None else equal_effect(fit, self.factors, self.loadings["item"].tolist())

    def power(
        self, correlations: Sequence[float] = CORRELATIONS, shares: Sequence[float] = SHARES
    ) -> pd.DataFrame:
        """Power of the test of equal effects (:func:`.marker_power.power_table`); empty without that model's errors."""
        effect = self.effect
        if effect is None:
            return pd.DataFrame(columns=["correlation", "detectable", "upper"])
        table = power_table(effect, alpha=self.alpha, correlations=correlations, shares=shares)
        return table.assign(n_informants=self.n_informants)

    def tidy(self) -> pd.DataFrame:
        """One row per model: model, chisq, df, pvalue, cfi, rmsea, srmr, version, converged, counts, note."""
        return pd.DataFrame([self._row(name) for name in (*self.fits, *self.failures)])

    def difference_table(self) -> pd.DataFrame:
        """One row per test: restricted, general, question, chisq, df, pvalue, method, n_informants, note."""
        rows = [
            {
                "restricted": pair[0],
                "general": pair[1],
                "question": _QUESTIONS.get(pair, _BIAS),
                **asdict(test),
                "n_informants": self.n_informants,
            }
            for pair, test in self.differences.items()
        ]
        return pd.DataFrame(rows)

    def reliability_table(self) -> pd.DataFrame:
        """One row per factor; columns are the attributes of :class:`ReliabilityParts`."""
        names = list(ReliabilityParts.__dataclass_fields__)
        table = pd.DataFrame([asdict(part) for part in self.reliability], columns=names)
        return table.assign(n_informants=self.n_informants)

    def sensitivity_table(self) -> pd.DataFrame:
        """Correlations of the factors in every model, and the largest change against the baseline."""
        table = self.correlations.copy()
        others = [c for c in table.columns if c.startswith("method_") and c != "method_r"]
        if "baseline" in table and others:
            table["largest_change"] = table[others].sub(table["baseline"], axis=0).abs().max(axis=1)
        return table.assign(n_informants=self.n_informants)

    def _row(self, name: str) -> dict[str, object]:
        fit = self.fits.get(name)
        indices = NO_INDICES if fit is None else fit_indices(fit)
        return {
            "model": name,
            **{key: indices[key] for key in _SHOWN},
            "converged": fit is not None,
            "n_informants": self.n_informants,
            "n_clusters": self.n_clusters,
            "note": self.failures.get(name, "") if fit is None else fit_notes(fit),
        }


_SHOWN: tuple[FitColumn, ...] = (
    "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "version",
)  # fmt: skip
_BIAS = "does method variance bias the correlations of the factors?"
_QUESTIONS = {
    ("baseline", "method_c"): "is there method variance, the same in every indicator?",
    ("method_c", "method_u"): "does method variance differ between indicators?",
    ("baseline", "method_u"): "is there method variance of any pattern?",
}
