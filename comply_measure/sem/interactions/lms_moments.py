"""Means and covariances that a model with products implies (Kenny & Judd, 1984, in general).

Given the moderating variables all others are normal with moments that are polynomials in them, so that a few
Gauss-Hermite nodes add up to the exact total moments: ``E[Cov(· | m)] + Cov(E[· | m])``.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Implied
from comply_measure.sem.interactions.lms_equations import Equations
from comply_measure.sem.interactions.lms_quadrature import grid
from comply_measure.sem.interactions.lms_reduction import Matrices

NODES = 12  # most; exact for polynomials of degree 23: chains of up to ten products


class TotalImplied(Implied):
    """Moments of one group with the products in them; ``sigma``, ``mu``, ``V``, ``eta`` and ``FV`` are total ones."""

    def __init__(self, equations: Equations, theta: Array) -> None:
        super().__init__(equations.layout, theta)
        self.equations = equations
        p = equations.layout.p
        self.whole, means = total_moments(equations, theta)
        self.sigma, self.FV, self.V = self.whole[:p, :p], self.whole[:p, p:], self.whole[p:, p:]
        self.mu, self.eta = means[:p], means[p:]

    def total_variances(self) -> Array:
        """Variances of observed variables and sources (p + k,)."""
        return np.asarray(self.whole.diagonal())

    def reticular_variances(self, sigma: Array | None = None) -> tuple[Array, Array]:
        """Total variances and their derivatives in θ (central differences)."""
        slopes = np.zeros((self.layout.p + self.layout.k, self.layout.q))
        sizes = 1e-6 * np.maximum(np.abs(self.theta), 0.1 * self._units())
        for place in range(self.layout.q):
            step = np.zeros(self.layout.q)
            step[place] = sizes[place]
            ahead, behind = (
                TotalImplied(self.equations, self.theta + sign * step).total_variances() for sign in (1, -1)
            )
            slopes[:, place] = (ahead - behind) / (2.0 * step[place])
        return self.total_variances(), slopes

    def _units(self) -> Array:
        """Units of the parameters (q,) by the standard deviations of the variables."""
        layout, p = self.layout, self.layout.p
        sd = np.sqrt(np.maximum(self.total_variances(), 0.0))
        sd[sd == 0.0] = 1.0
        rows, sources = sd[:p], sd[p:]
        slopes = sources[:, None] / sources
        effects, moderating = self.equations.effects, self.equations.moderating.tolist()
        units = np.ones(layout.q)
        for fill, matrix in (
            (layout.paths, slopes),
            (layout.loadings, rows[:, None] / sources),
            (layout.residuals, rows[:, None] * rows),
            (layout.source_cov, sources[:, None] * sources),
            (layout.cross, rows[:, None] * sources),
            (layout.observed_mean, rows),
            (layout.source_mean, sources),
            *((effect, slopes / sources[at]) for effect, at in zip(effects, moderating, strict=True)),
        ):
            units[fill.parameters] = matrix.reshape(-1)[fill.cells]
        return units


def total_moments(equations: Equations, theta: Array) -> tuple[Array, Array]:
    """Covariances and means of observed variables and sources.

    Parameters
    ----------
    equations : Equations
    theta : array (q,)
        The group's parameters.

    Returns
    -------
    arrays (p + k, p + k), (p + k,)
    """
    at, layout = Matrices(equations, theta), equations.layout
    p, size = layout.p, layout.k
    l, n = equations.linear, equations.nonlinear
    moderating = np.searchsorted(l, equations.moderating)
    joint = at.joint  # of (ε, ζ_l, ζ_n)
    picks = np.zeros((len(moderating), len(joint)))
    picks[:, p : p + len(l)] = at.E[moderating]
    own = picks @ joint @ picks.T
    values, vectors = np.linalg.eigh(own)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    inverse = np.linalg.pinv(root)
    along = joint @ picks.T @ inverse.T  # Cov with the standard normal coordinates of m
    rest = joint - along @ along.T
    entering = at.mean_l * at.latent_l
    linear = np.zeros((len(l), len(joint)))
    linear[:, p : p + len(l)] = at.E
    points, log_weights = grid(min(NODES, len(n) + 2), len(moderating))
    weights = np.exp(log_weights)
    mean, second = np.zeros(p + size), np.zeros((p + size, p + size))
    for point, weight in zip(points, weights, strict=True):
        m = entering[moderating] + root @ point
        A_x, A_n = at.A_nl.copy(), np.eye(len(n)) - at.A_nn
        shift = at.m_n + at.A_nl @ at.mean_l
        for f, value in enumerate(m):
            A_x -= value * at.A_f[f]
            A_n += value * at.B_f[f]
            shift -= value * at.A_f[f] @ entering
        out = np.zeros((size, len(joint)))
        out[l] = linear
        inner = A_x @ linear
        inner[:, p + len(l) :] += np.eye(len(n))
        out[n] = np.linalg.solve(A_n, inner)
        constant = np.zeros(size)
        constant[l], constant[n] = at.mean_l, np.linalg.solve(A_n, shift)
        whole = np.vstack([at.T @ out, out])
        whole[:p, :p] += np.eye(p)
        centre = np.concatenate([at.m_R + at.T @ constant, constant]) + whole @ along @ point
        mean += weight * centre
        second += weight * (np.outer(centre, centre) + whole @ rest @ whole.T)
    return second - np.outer(mean, mean), mean
