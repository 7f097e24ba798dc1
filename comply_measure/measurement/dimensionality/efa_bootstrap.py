"""Errors of rotated loadings by resampling informants or clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.measurement.dimensionality.correlations import correlate_values
from comply_measure.measurement.dimensionality.efa_result import FactorSolution, LoadingErrors
from comply_measure.measurement.dimensionality.extraction import Method, extract
from comply_measure.measurement.dimensionality.rotation import RotationOptions
from comply_measure.measurement.dimensionality.rotation_stack import (
    RotatedStack,
    align,
    procrustes,
    rotate_stack,
    start_of,
)
from comply_measure.measurement.linear_algebra import least_squares
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.resampling import check_bootstrap, cluster_sums
from comply_measure.statistics.bootstrap import percentile_interval, two_tails
from comply_measure.statistics.correlation import to_correlations


def bootstrap_errors(
    solution: FactorSolution,
    options: RotationOptions,
    clusters: NDArray[np.intp] | None,
    *,
    n_replications: int,
    seed: int | None,
    confidence: float = 0.95,
) -> LoadingErrors:
    """Standard errors and percentile intervals of rotated loadings and factor correlations.

    Informants or whole clusters are resampled; each resample is factored anew, its unrotated loadings turned
    towards the study's (orthogonal Procrustes), rotated by the same criterion from the study's solution, and
    its columns matched by congruence (Ichikawa & Konishi 1995). Incomplete answers enter pairwise.

    Parameters
    ----------
    solution : FactorSolution
    options : RotationOptions
        Those of the solution.
    clusters : ndarray of int, shape (n,), optional
        Cluster of each row of ``solution.correlation.values``.
    n_replications : int
    seed : int
    confidence : float

    Returns
    -------
    LoadingErrors
        NaN when fewer than nine in ten resamples have a solution, or there are fewer than 2 clusters.

    Raises
    ------
    InputError
        No seed, too few replications.
    """
    check_bootstrap(n_replications, seed, "percentile", confidence)
    rng = np.random.default_rng(seed)
    found = solution.correlation
    n_clusters = len(found.values) if clusters is None else len(np.unique(clusters))
    matrices = _resampled(found.values, clusters, found.kind, n_replications, rng)
    usable = np.isfinite(matrices).all(axis=(1, 2))
    rotated = _rotated(matrices[usable], solution, options)
    draws = rotated.loadings[rotated.converged], rotated.factor_correlation[rotated.converged]
    n_used = int(rotated.converged.sum())
    enough = n_used >= 0.9 * n_replications and n_clusters > 1
    loadings, correlations = (_spread(draw, enough, confidence) for draw in draws)
    return LoadingErrors(
        *loadings, *correlations, "bootstrap", n_used, n_replications, n_clusters, confidence
    )


def _spread(draws: Floats, enough: bool, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Standard deviation and percentile interval over the first axis."""
    if not enough:
        nothing = np.full(draws.shape[1:], np.nan)
        return nothing, nothing, nothing
    return draws.std(axis=0, ddof=1), *percentile_interval(draws, two_tails(confidence))


def _rotated(matrices: Floats, solution: FactorSolution, options: RotationOptions) -> RotatedStack:
    m = len(solution.factors)
    if not len(matrices):
        p = len(solution.items)
        return RotatedStack(np.empty((0, p, m)), np.empty((0, m, m)), np.zeros(0, dtype=bool))
    method: Method = "minres" if solution.method == "paf" else solution.method  # type: ignore[assignment]
    extracted = extract(matrices, m, method, tolerance=1e-7)
    good = extracted.converged
    turned = procrustes(extracted.loadings[good], solution.unrotated)
    transformation = least_squares(solution.unrotated, solution.loadings)
    start = start_of(solution.unrotated, options, transformation)
    if options.name == "none":
        stack = RotatedStack(extracted.loadings[good], np.tile(np.eye(m), (good.sum(), 1, 1)), good[good])
        return align(stack, solution.loadings, options)
    return align(rotate_stack(turned, options, start), solution.loadings, options)


def _resampled(
    values: Floats, clusters: NDArray[Any] | None, kind: str, n_replications: int, rng: np.random.Generator
) -> Floats:
    """Correlation matrices of resamples, shape (B, p, p)."""
    sums = cluster_sums(values, clusters, "pairwise") if kind == "pearson" else None
    n = len(values) if clusters is None else len(np.unique(clusters))
    weights = rng.multinomial(n, np.full(n, 1.0 / n), size=n_replications)
    if sums is not None:
        covariance = sums.covariances(weights.astype(np.float64))
        matrices, diagonal = to_correlations(covariance), np.arange(values.shape[1])
        matrices[:, diagonal, diagonal] = np.where(covariance[:, diagonal, diagonal] > 0, 1.0, np.nan)
        return np.asarray(matrices)
    code = np.arange(n) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    names = tuple(f"x{j}" for j in range(values.shape[1]))
    out = np.full((n_replications, len(names), len(names)), np.nan)
    for b, weight in enumerate(weights):
        again = correlate_values(np.repeat(values, weight[code], axis=0), names, "polychoric")
        if not again.dropped:
            out[b] = again.matrix
    return out
