"""Intervals of variance components that all units share (roles, attributes): few levels, so no percentile bootstrap.

The mean square of a facet with ν degrees of freedom estimates ``c(θ + ε)``, ε what all other effects add to its level
means, and ``ν(θ̂ + ε̂)/(θ + ε)`` is χ² with ν degrees of freedom. The generalised pivotal quantity
``max(0, ν(θ̂ + ε̂)/χ²_ν − ε*)`` (Weerahandi 1993; Burdick, Borror & Montgomery 2005) has draws whose percentiles cover
with three levels too, where a parametric bootstrap of θ̂ covers in about three quarters of the studies.
"""

from __future__ import annotations

import numpy as np

from comply_measure.statistics.arrays import Floats
from comply_measure.triads.reml.fit import RemlFit


def pivotal_draws(fit: RemlFit, draws: Floats, missing: np.ndarray, rng: np.random.Generator) -> Floats:
    """Bootstrap draws with the shared components replaced by draws of their pivotal quantities.

    Parameters
    ----------
    fit : RemlFit
        Of one data set.
    draws : ndarray, shape (B, K)
        Bootstrap components; those of unit effects and the residual are kept.
    missing : ndarray of bool, shape (G, C)
        Missing cells.
    rng : numpy.random.Generator
    """
    design, theta = fit.design, fit.theta[0]
    indicators = design.indicators()
    n_units = 1.0 / np.mean(1.0 / np.maximum((~missing).sum(axis=0), 1))
    out = draws.copy()
    bases = _bases(design.fixed, indicators[: len(design.shared)])
    for place in range(len(bases) - 1, -1, -1):
        basis = bases[place]
        df = basis.shape[1]
        weights = np.array([((basis.T @ columns) ** 2).sum() / df for columns in indicators])
        weights[len(bases) :] /= n_units
        weights[:place] = 0.0  # earlier effects are projected out
        own, weights[place] = weights[place], 0.0
        estimated, drawn = theta @ weights / own, out @ weights / own
        chi2 = rng.chisquare(df, size=len(out))
        out[:, place] = np.maximum(df * (theta[place] + estimated) / chi2 - drawn, 0.0)
    return out


def _bases(fixed: Floats, indicators: list[Floats]) -> list[Floats]:
    """Orthonormal bases of what each shared effect adds to the fixed part and the effects before it."""
    before, bases = fixed, []
    for columns in indicators:
        q = np.linalg.svd(before, full_matrices=False)
        span = q[0][:, q[1] > 1e-9 * q[1][0]]
        rest = columns - span @ (span.T @ columns)
        u, s, _ = np.linalg.svd(rest, full_matrices=False)
        bases.append(u[:, s > 1e-9 * max(1.0, float(s[0]))])
        before = np.hstack([before, columns])
    return bases
