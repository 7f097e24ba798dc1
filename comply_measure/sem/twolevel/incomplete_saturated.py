"""Unrestricted moments of both levels from clustered data with missing values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.twolevel.cholesky import FactorPoint
from comply_measure.sem.twolevel.incomplete import IncompleteClusters, incomplete_slopes
from comply_measure.sem.twolevel.incomplete_information import incomplete_observed_information
from comply_measure.sem.twolevel.information import TwoLevelDerivatives
from comply_measure.sem.twolevel.likelihood import TwoLevelMoments, slopes
from comply_measure.sem.twolevel.saturated import MAX_STEPS, SaturatedTwoLevel, top

EM_STEPS = 20
SINGULAR = 1e-9  # smallest eigenvalue of the within correlations that counts as determined by the data
LEAST_SHARE = 0.05  # of a variance that a start leaves to the between level


class IncompleteFactorPoint(FactorPoint):
    """The Hessian in the factors from that in the moments, along the change of every entry."""

    def curvature(self) -> Array:
        """Negative Hessian: ``∂Σ/∂L_ab = e_a l_bᵀ + l_b e_aᵀ``, and ``−2 G_ac`` for two entries of one column."""
        q = len(self.gradient)
        sample = self.sample
        assert isinstance(sample, IncompleteClusters)
        within, between = self.factors
        alone = np.setdiff1d(np.arange(len(sample.within)), sample.both)
        pieces = (_directions(within, alone), _directions(between, np.arange(len(between))))
        full = incomplete_observed_information(sample, self.at, TwoLevelDerivatives(*pieces))
        places = self._places()
        out = np.empty((q, q))
        out[np.ix_(places, places)] = full
        start = 0
        for factor, slope in zip(self.factors, (self.at.within, self.at.between), strict=True):
            row, column = np.tril_indices(len(factor))
            own = slice(start, start + len(row))
            out[own, own] -= 2.0 * slope[np.ix_(row, row)] * (column[:, None] == column)
            start += len(row)
        return out

    def _places(self) -> Index:
        """Coordinates (both factors, then μ) of the columns: within means and entries, between means and entries."""
        sample = self.sample
        n_w, n_b = (len(factor) * (len(factor) + 1) // 2 for factor in self.factors)
        alone, first_mean = np.setdiff1d(sample.within, sample.between), n_w + n_b
        parts = (first_mean + alone, np.arange(n_w), first_mean + sample.between, n_w + np.arange(n_b))
        return np.concatenate(parts).astype(np.int64)


def _directions(factor: Array, with_mean: Index) -> MomentDerivatives:
    p = len(factor)
    row, column = np.tril_indices(p)
    count = len(with_mean) + len(row)
    left, right, mean = (np.zeros((p, count)) for _ in range(3))
    mean[with_mean, np.arange(len(with_mean))] = 1.0
    at = len(with_mean) + np.arange(len(row))
    left[row, at] = 1.0
    right[:, at] = factor[:, column]
    return MomentDerivatives(left, right, mean)


def incomplete_saturated_moments(sample: IncompleteClusters, max_steps: int = MAX_STEPS) -> SaturatedTwoLevel:
    """Unrestricted Σ_W, Σ_B and μ at the maximum of the likelihood of what was observed.

    As for complete data, with twenty EM steps (``Σ + 2 Σ G Σ / n``, means by generalised least squares) from variances
    alone.

    Raises
    ------
    NotPositiveDefiniteError
        If the likelihood has no maximum inside: too few cases, or linearly dependent variables.
    """
    scale, start = _start(sample)
    scaled = sample.scaled(scale)
    for _ in range(EM_STEPS):
        start = _em_step(scaled, start)
    found, steps = top(scaled, start, max_steps, IncompleteFactorPoint)
    moments = found.moments
    spread = np.sqrt(moments.within.diagonal())
    if not np.linalg.eigvalsh(moments.within / np.outer(spread, spread))[0] > SINGULAR:
        raise NotPositiveDefiniteError
    w, b = scale[sample.within], scale[sample.between]
    moments = TwoLevelMoments(
        moments.within * np.outer(w, w), moments.between * np.outer(b, b), moments.mean * scale
    )
    return SaturatedTwoLevel(moments, slopes(sample, moments).loglik, steps, found.converged, found.gradient)


def _start(sample: IncompleteClusters) -> tuple[Array, TwoLevelMoments]:
    """Total standard deviations, and a start in units of them: available variances of both levels, no covariances."""
    J, w = sample.n_clusters, sample.within
    seen = ~np.isnan(sample.values)
    filled = np.where(seen, sample.values, 0.0)
    sums, count = np.zeros((J, len(w))), np.zeros((J, len(w)))
    np.add.at(sums, sample.cluster, filled)
    np.add.at(count, sample.cluster, seen)
    means = sums / np.where(count > 0, count, 1.0)
    rest = np.where(seen, sample.values - means[sample.cluster], 0.0)
    inner = (rest**2).sum(axis=0) / np.maximum(seen.sum(axis=0) - (count > 0).sum(axis=0), 1)
    grand = sums.sum(axis=0) / count.sum(axis=0)
    outer = np.where(count > 0, (means - grand) ** 2, 0.0).sum(axis=0) / (count > 0).sum(axis=0)
    variance, mean = np.ones(sample.p), np.zeros(sample.p)
    variance[w], mean[w] = inner + outer, grand
    if len(sample.alone):
        variance[sample.alone] = np.nanvar(sample.cluster_values, axis=0)
        mean[sample.alone] = np.nanmean(sample.cluster_values, axis=0)
    if not (variance > 0.0).all() or not (inner > 0.0).all():
        raise NotPositiveDefiniteError
    scale = np.sqrt(variance)
    between = np.ones(sample.p)
    harmonic = (count > 0).sum(axis=0) / np.where(count > 0, 1.0 / np.maximum(count, 1.0), 0.0).sum(axis=0)
    between[w] = np.maximum(outer - inner / harmonic, LEAST_SHARE * variance[w]) / variance[w]
    start = TwoLevelMoments(np.diag(inner / variance[w]), np.diag(between[sample.between]), mean / scale)
    return scale, start


def _em_step(sample: IncompleteClusters, point: TwoLevelMoments) -> TwoLevelMoments:
    """Means at their maximum, then an EM step for the covariance matrices."""
    first = incomplete_slopes(sample, point)
    point = replace(point, mean=point.mean + np.linalg.solve(first.M.sum(axis=0), first.mean))
    at = incomplete_slopes(sample, point)
    return TwoLevelMoments(
        _moved(point.within, at.within, sample.n),
        _moved(point.between, at.between, sample.n_clusters),
        point.mean,
    )


def _moved(matrix: Array, slope: Array, n: int) -> Array:
    new = matrix + 2.0 / n * matrix @ slope @ matrix
    return np.asarray((new + new.T) / 2.0)
