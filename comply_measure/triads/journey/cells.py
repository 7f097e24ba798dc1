"""Means of cells (role × stage) that the same units have, and tests of any contrasts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.cluster_robust import ClusterRobust, cluster_robust, few_clusters_note
from comply_measure.triads.gaps.contrasts import whitened
from comply_measure.triads.reliability.twoway import reml_obstacle, role_design
from comply_measure.triads.reml.fit import fit_reml


@dataclass(frozen=True)
class CellMeans:
    """Means of K cells with their cluster-robust covariance.

    ``x_gk = μ_k + u_g + e_gk`` with REML variances is the working model that weights incomplete units (generalised
    least squares). Errors are CR2 by cluster, t tests have Satterthwaite's degrees of freedom, tests of several
    contrasts are Hotelling's T² with matched degrees of freedom (:mod:`comply_measure.statistics.cluster_robust`), so
    that cells may vary and covary in any way. With complete units, each a cluster, a contrast's test is the paired t
    test and a joint test of all differences Hotelling's. Missing cells are taken to be missing at random.

    Attributes
    ----------
    means : ndarray, shape (K,)
        NaN where nobody has the cell.
    counts : ndarray, shape (K,)
        Units with the cell.
    n_units, n_clusters : int
        Units with any cell, and their clusters.
    obstacle : str
        Why there are no tests; empty if there are.
    """

    means: Floats
    counts: NDArray[np.int64]
    n_units: int
    n_clusters: int
    obstacle: str
    _seen: NDArray[np.intp]
    _robust: ClusterRobust | None

    @classmethod
    def of(cls, x: Floats, clusters: NDArray[np.int64]) -> CellMeans:
        """Fit the means of the columns of `x` (units × cells, NaN where missing); `clusters` codes the units."""
        counts = (~np.isnan(x)).sum(axis=0)
        answered = ~np.isnan(x).all(axis=1)
        rows, codes = x[answered], np.unique(clusters[answered], return_inverse=True)[1]
        n_clusters = int(codes.max()) + 1 if len(codes) else 0
        seen = np.flatnonzero(counts > 0)
        means = np.full(x.shape[1], np.nan)
        if len(rows):
            means[seen] = np.nanmean(rows[:, seen], axis=0)
        obstacle = reml_obstacle(rows) or ("" if n_clusters > 1 else "fewer than two clusters")
        robust = None
        if not obstacle:
            fit = fit_reml(rows[:, seen], role_design(len(seen), random_roles=False))
            parts = fit.components()
            X, y, unit = whitened(rows[:, seen], parts["unit"], parts["residual"])
            means[seen] = np.linalg.lstsq(X, y, rcond=None)[0]
            robust = cluster_robust(X, y - X @ means[seen], codes[unit])
        return cls(means, counts, len(rows), n_clusters, obstacle, seen, robust)

    def contrasts(self, weights: Floats, confidence: float = 0.95) -> pd.DataFrame:
        """Each row of weights (m, K) as a contrast: estimate, se, t, df, p, lower, upper, note.

        NaN where a cell with a weight is empty, or the contrast has no variance.
        """
        usable = self._usable(weights)
        estimate = np.where(
            usable, np.where(weights != 0, weights * np.nan_to_num(self.means), 0.0).sum(axis=1), np.nan
        )
        se, df = np.full((2, len(weights)), np.nan)
        if self._robust is not None and usable.any():
            L = weights[np.ix_(usable, self._seen)]
            variance = np.einsum("mk,kl,ml->m", L, self._robust.covariance, L)
            scale = np.nanmax(np.abs(self.means), initial=1.0)
            se[usable] = np.where(variance > (1e-12 * scale) ** 2, np.sqrt(np.maximum(variance, 0.0)), np.nan)
            df[usable] = self._robust.degrees_of_freedom(L)
        t = estimate / se
        half = scipy.stats.t.ppf((1 + confidence) / 2, df) * se
        reason = self.obstacle or "no variance"
        notes = np.where(
            usable, np.where(np.isnan(se), reason, few_clusters_note(self.n_clusters)), "nobody has the cell"
        )
        return pd.DataFrame(
            {
                "estimate": estimate, "se": se, "t": t, "df": np.where(np.isnan(t), np.nan, df),
                "p": 2 * scipy.stats.t.sf(np.abs(t), df), "lower": estimate - half, "upper": estimate + half,
                "note": notes,
            }
        )  # fmt: skip

    def joint(self, weights: Floats) -> tuple[float, int, float, float, str]:
        """F, its two degrees of freedom, p, and why there is none, of all rows of weights being zero at once."""
        usable = self._usable(weights)
        if not usable.all():
            return np.nan, len(weights), np.nan, np.nan, "a cell is empty"
        if self._robust is None:
            return np.nan, len(weights), np.nan, np.nan, self.obstacle
        F, df, p = self._robust.wald(weights[:, self._seen], weights[:, self._seen] @ self.means[self._seen])
        return F, len(weights), df, p, "" if np.isfinite(F) else "too few clusters for so many contrasts"

    def _usable(self, weights: Floats) -> NDArray[np.bool_]:
        empty = np.isnan(self.means)
        return np.asarray(~(weights[:, empty] != 0).any(axis=1))


def cell_weights(n_cells: int, plus: Sequence[int], minus: Sequence[int] = ()) -> Floats:
    """Weights of the mean of some cells less the mean of others."""
    weights = np.zeros(n_cells)
    weights[list(plus)] += 1.0 / len(plus)
    if minus:
        weights[list(minus)] -= 1.0 / len(minus)
    return weights
