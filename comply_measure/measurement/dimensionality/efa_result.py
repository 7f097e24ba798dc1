"""What an exploratory factor analysis returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.dimensionality.correlations import ItemCorrelation
from comply_measure.measurement.dimensionality.efa_fit import FactorFit
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.resampling import why_no_interval
from comply_measure.results import Result
from comply_measure.statistics.reasons import with_reasons

_ERRORS = ("se", "lower", "upper")


@dataclass(frozen=True, slots=True)
class LoadingErrors:
    """Sampling errors of rotated loadings and factor correlations.

    Attributes
    ----------
    loading_se, loading_lower, loading_upper : ndarray, shape (p, m)
    correlation_se, correlation_lower, correlation_upper : ndarray, shape (m, m)
    source : str
        ``bootstrap`` or ``delta``.
    n_used, n_replications : int
        Resamples in which extraction and rotation converged, and all; 0 for ``delta``.
    n_clusters : int
        Clusters resampled, or behind robust errors.
    confidence : float
    """

    loading_se: Floats
    loading_lower: Floats
    loading_upper: Floats
    correlation_se: Floats
    correlation_lower: Floats
    correlation_upper: Floats
    source: str
    n_used: int
    n_replications: int
    n_clusters: int
    confidence: float


@dataclass(frozen=True, slots=True)
class FactorSolution(Result):
    """Rotated common factors.

    Attributes
    ----------
    items, factors : tuple of str
    loadings : ndarray, shape (p, m)
        Pattern matrix Λ.
    factor_correlation : ndarray, shape (m, m)
        Φ.
    uniquenesses : ndarray, shape (p,)
        ψ.
    unrotated : ndarray, shape (p, m)
    eigenvalues : ndarray, shape (p,)
        Of the correlation matrix.
    fit : FactorFit
    errors : LoadingErrors, optional
    correlation : ItemCorrelation
    method, rotation, engine : str
    n_starts, n_same : int
        Starts of the rotation, and how many found the best criterion.
    converged : bool
    heywood : tuple of str
        Items whose unique variance is at its lower bound.
    note : str
        Why values are undefined, or what to know about them.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    factor_correlation: Floats
    uniquenesses: Floats
    unrotated: Floats
    eigenvalues: Floats
    fit: FactorFit
    errors: LoadingErrors | None
    correlation: ItemCorrelation
    method: str
    rotation: str
    engine: str
    n_starts: int
    n_same: int
    converged: bool
    heywood: tuple[str, ...]
    note: str

    @property
    def structure(self) -> Floats:
        """Correlations of items with factors, ``ΛΦ``, shape (p, m)."""
        return self.loadings @ self.factor_correlation

    @property
    def communalities(self) -> Floats:
        """``diag(ΛΦΛ')``, shape (p,)."""
        return np.asarray((self.structure * self.loadings).sum(axis=1))

    @property
    def complexity(self) -> Floats:
        """Hofmann's (1978) ``(Σλ²)² / Σλ⁴``: 1 for an item on one factor, shape (p,)."""
        squares = self.loadings**2
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(squares.sum(axis=1) ** 2 / (squares**2).sum(axis=1))

    def tidy(self) -> pd.DataFrame:
        """One row per item and factor.

        Columns: item, factor, loading, se, lower, upper, structure, communality, uniqueness, complexity, n,
        method, rotation, kind, missing, note, reason.
        """
        p, m = self.loadings.shape
        empty = np.full((p, m), np.nan)
        errors = self.errors
        table = pd.DataFrame(
            {
                "item": np.repeat(np.asarray(self.items, dtype=object), m),
                "factor": np.tile(np.asarray(self.factors, dtype=object), p),
                "loading": self.loadings.ravel(),
                "se": (empty if errors is None else errors.loading_se).ravel(),
                "lower": (empty if errors is None else errors.loading_lower).ravel(),
                "upper": (empty if errors is None else errors.loading_upper).ravel(),
                "structure": self.structure.ravel(),
                "communality": np.repeat(self.communalities, m),
                "uniqueness": np.repeat(self.uniquenesses, m),
                "complexity": np.repeat(self.complexity, m),
            }
        )
        table = table.assign(
            n=self.fit.n,
            method=self.method,
            rotation=self.rotation,
            kind=self.correlation.kind,
            missing=self.correlation.missing,
            note=self.note,
        )
        return with_reasons(table, dict.fromkeys(_ERRORS, self._why_no_errors))

    @property
    def _why_no_errors(self) -> str:
        if self.errors is None:
            return "no bootstrap was asked for"
        return why_no_interval(self.errors.n_clusters)

    def factor_correlations(self) -> pd.DataFrame:
        """One row per pair of factors: factor, other, correlation, se, lower, upper, n, note, reason."""
        first, second = np.triu_indices(len(self.factors), 1)
        names = np.asarray(self.factors, dtype=object)
        table = pd.DataFrame(
            {
                "factor": names[first],
                "other": names[second],
                "correlation": self.factor_correlation[first, second],
            }
        )
        for column in _ERRORS:
            found = None if self.errors is None else getattr(self.errors, f"correlation_{column}")
            table[column] = np.nan if found is None else found[first, second]
        table = table.assign(n=self.fit.n, note=self.note)
        return with_reasons(table, dict.fromkeys(_ERRORS, self._why_no_errors))

    def variance(self) -> pd.DataFrame:
        """Variance by factor.

        Columns: factor, sum_of_squares (``diag(ΦΛ'Λ)``), share of all items, cumulative_share, note.
        """
        explained = np.diag(self.factor_correlation @ self.loadings.T @ self.loadings)
        share = explained / max(len(self.items), 1)
        return pd.DataFrame(
            {
                "factor": self.factors,
                "sum_of_squares": explained,
                "share": share,
                "cumulative_share": np.cumsum(share),
                "note": self.note,
            }
        )

    def fit_table(self) -> pd.DataFrame:
        """One row of fit measures, with n_factors, method and note."""
        row = {"n_factors": len(self.factors), "method": self.method, **self.fit.as_dict(), "note": self.note}
        return pd.DataFrame([row])
