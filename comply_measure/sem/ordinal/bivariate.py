"""Density and distribution function of the standard bivariate normal, vectorised.

With correlation ``ρ = sin θ`` Plackett's identity ``∂Φ₂/∂ρ = φ₂`` gives::

    Φ₂(h, k, ρ) = Φ(h) Φ(k) + 1/(2π) ∫₀^{arcsin ρ} exp{−(h² + k² − 2hk sin t) / (2 cos² t)} dt

smooth enough for Gauss-Legendre nodes unless ``|ρ|`` nears one, where Owen's T function takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, owens_t

from comply_measure.sem.arrays import Array

# Stands for an infinite threshold: there the density is exactly 0, the distribution exactly 0 or 1.
FAR = 40.0
# Upper end of |rho| and number of nodes that keep the integral at rounding error (Genz 2004, table of rules).
RULES = ((0.3, 6), (0.75, 12), (0.925, 20))
# Length of the way (radians) and nodes for a short move between correlations below the last rule's.
SHORT_RULES = ((1e-3, 2), (0.03, 4), (0.1, 6), (0.2, 8))
# Doubles of work space per chunk: small enough to stay in the processor's cache.
CHUNK = 1 << 17


@lru_cache(maxsize=8)
def unit_rule(n_nodes: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on the unit interval."""
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    return (nodes + 1.0) / 2.0, weights / 2.0


def normal_pdf2(h: ArrayLike, k: ArrayLike, rho: ArrayLike) -> Array:
    """Density of the standard bivariate normal.

    Parameters
    ----------
    h, k : array_like
        Coordinates; broadcast against each other and ``rho``.
    rho : array_like
        Correlation, strictly between -1 and 1.

    Returns
    -------
    ndarray
        Density, broadcast shape.
    """
    h, k, rho = (np.asarray(value, dtype=float) for value in (h, k, rho))
    rest = (1.0 - rho) * (1.0 + rho)
    exponent = -0.5 * (h * h - 2.0 * rho * h * k + k * k) / rest
    return np.asarray(np.exp(exponent) / (2.0 * np.pi * np.sqrt(rest)))


def plackett_integral(half_squares: Array, product: Array, start: Array, stop: Array, n_nodes: int) -> Array:
    """Change of the distribution function when the correlation moves from ``sin(start)`` to ``sin(stop)``.

    Parameters
    ----------
    half_squares, product : ndarray, shape (n_rows, n_points)
        ``-(h²+k²)/2`` and ``hk``.
    start, stop : ndarray, shape (n_rows,)
        ``arcsin ρ`` before and after, one per row.
    n_nodes : int
        Gauss-Legendre nodes.

    Returns
    -------
    ndarray, shape (n_rows, n_points)
        ``Φ₂(h,k,sin  stop)-Φ₂(h,k,sin  start)``.
    """
    nodes, weights = unit_rule(n_nodes)
    n_rows, n_points = product.shape
    out = np.empty((n_rows, n_points))
    width = stop - start
    step = max(1, CHUNK // (n_nodes * n_points))
    for first in range(0, n_rows, step):
        rows = slice(first, first + step)
        sine = np.sin(start[rows, None] + width[rows, None] * nodes)
        inverse = 1.0 / ((1.0 - sine) * (1.0 + sine))
        work = inverse[:, :, None] * half_squares[rows, None, :]
        work += (sine * inverse)[:, :, None] * product[rows, None, :]
        np.exp(work, out=work)
        out[rows] = np.matmul(weights, work)
    out *= (width / (2.0 * np.pi))[:, None]
    return out


def owen_cdf2(h: Array, k: Array, rho: Array) -> Array:
    """Distribution function of the bivariate normal by Owen's (1956) T function.

    Exact for every ``|rho| <= 1``; slower than the integral, so used near the ends and as a check.
    Arguments have one shape.
    """
    h, k = h + 0.0, k + 0.0  # a negative zero would turn the sign of an infinite slope
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    sign = np.where(rho < 0, -1.0, 1.0)
    rest = sign - rho
    with np.errstate(divide="ignore", invalid="ignore"):
        # k - rho h, written so that nothing cancels when k is close to h and rho to one.
        slope_h = ((k - sign * h) + rest * h) / (h * root)
        slope_k = ((h - sign * k) + rest * k) / (k * root)
        value = 0.5 * (ndtr(h) + ndtr(k)) - owens_t(h, slope_h) - owens_t(k, slope_k)
    product = h * k
    opposite = (product < 0) | ((product == 0) & (h + k < 0))
    value = value - 0.5 * opposite
    value = np.where((h == 0) & (k == 0), 0.25 + np.arcsin(rho) / (2.0 * np.pi), value)
    value = np.where(rho >= 1.0, ndtr(np.minimum(h, k)), value)
    value = np.where(rho <= -1.0, np.maximum(ndtr(h) - ndtr(-k), 0.0), value)
    return np.asarray(np.clip(value, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class ThresholdGrid:
    """Threshold grids of many pairs, ready for repeated evaluation at changing correlations.

    Parameters
    ----------
    h : ndarray, shape (n_pairs, n_h)
        Thresholds of the first variable of each pair, finite (:data:`FAR` stands for infinity).
    k : ndarray, shape (n_pairs, n_k)
        Thresholds of the second variable.
    half_squares, product : ndarray, shape (n_pairs, n_h * n_k)
        ``-(h²+k²)/2`` and ``hk`` on the grid.
    """

    h: Array
    k: Array
    half_squares: Array
    product: Array

    @classmethod
    def of(cls, h: Array, k: Array) -> ThresholdGrid:
        """Grid of the given thresholds."""
        half_squares = -0.5 * ((h * h)[:, :, None] + (k * k)[:, None, :])
        product = h[:, :, None] * k[:, None, :]
        shape = (len(h), h.shape[1] * k.shape[1])
        return cls(h, k, half_squares.reshape(shape), product.reshape(shape))

    def take(self, rows: NDArray[np.intp]) -> ThresholdGrid:
        """The grid of some of the pairs."""
        return ThresholdGrid(self.h[rows], self.k[rows], self.half_squares[rows], self.product[rows])

    def cdf(self, rho: Array) -> Array:
        """``Φ₂(h_a, k_b, ρ)``, shape (n_pairs, n_h * n_k); absolute error about 1e-15."""
        out = (ndtr(self.h)[:, :, None] * ndtr(self.k)[:, None, :]).reshape(self.product.shape)
        size, lower = np.abs(rho), 0.0
        for upper, n_nodes in RULES:
            rows = np.flatnonzero((size > lower) & (size <= upper))
            if rows.size:
                some, angle = self.take(rows), np.arcsin(rho[rows])
                zero = np.zeros_like(angle)
                out[rows] += plackett_integral(some.half_squares, some.product, zero, angle, n_nodes)
            lower = upper
        rows = np.flatnonzero(size > lower)
        if rows.size:
            out[rows] = self.take(rows).cdf_by_owen(rho[rows])
        return np.asarray(out)

    def cdf_by_owen(self, rho: Array) -> Array:
        """The same by Owen's T function, for correlations near one."""
        shape = (len(rho), self.h.shape[1], self.k.shape[1])
        h, k = np.broadcast_to(self.h[:, :, None], shape), np.broadcast_to(self.k[:, None, :], shape)
        wide = np.broadcast_to(rho[:, None, None], shape)
        return np.asarray(owen_cdf2(h, k, wide).reshape(len(rho), -1))

    def cdf_moved(self, cdf: Array, old: Array, new: Array) -> Array:
        """:meth:`cdf` at ``new`` from its value ``cdf`` at ``old``: cheaper, because the way is short."""
        angle_old, angle_new = np.arcsin(old), np.arcsin(new)
        way = np.abs(angle_new - angle_old)
        plain = np.maximum(np.abs(old), np.abs(new)) <= RULES[-1][0]
        out = np.empty_like(cdf)
        lower = -1.0
        for upper, n_nodes in SHORT_RULES:
            rows = np.flatnonzero(plain & (way > lower) & (way <= upper))
            if rows.size:
                out[rows] = cdf[rows] + plackett_integral(
                    self.half_squares[rows], self.product[rows], angle_old[rows], angle_new[rows], n_nodes
                )
            lower = upper
        rows = np.flatnonzero(~plain | (way > lower))
        if rows.size:
            out[rows] = self.take(rows).cdf(new[rows])
        return out

    def pdf(self, rho: Array) -> Array:
        """``φ₂(h_a, k_b, ρ)``, shape (n_pairs, n_h * n_k); ``|rho| < 1``."""
        rest = ((1.0 - rho) * (1.0 + rho))[:, None]
        return np.asarray(
            np.exp((self.half_squares + rho[:, None] * self.product) / rest) / (2.0 * np.pi * np.sqrt(rest))
        )


def normal_cdf2(h: ArrayLike, k: ArrayLike, rho: ArrayLike) -> Array:
    """Distribution function ``P(X ≤ h, Y ≤ k)`` of the standard bivariate normal.

    Parameters
    ----------
    h, k : array_like
        Upper limits, infinities allowed; broadcast against each other and ``rho``.
    rho : array_like
        Correlation in [-1, 1]; NaN gives NaN.

    Returns
    -------
    ndarray
        Probability, broadcast shape; absolute error about 1e-15.

    References
    ----------
    Plackett (1954), Biometrika 41, 351-360; Drezner & Wesolowsky (1990), J. Stat. Comput. Simul. 35, 101-107;
    Genz (2004), Statistics and Computing 14, 251-260; Owen (1956), Ann. Math. Statist. 27, 1075-1090.
    """
    h, k, rho = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (h, k, rho)))
    shape = h.shape
    flat_h, flat_k = (np.clip(value.reshape(-1, 1), -FAR, FAR) for value in (h, k))
    flat_rho = rho.reshape(-1)
    known = (
        np.isfinite(flat_rho) & (np.abs(flat_rho) <= 1.0) & ~np.isnan(flat_h[:, 0]) & ~np.isnan(flat_k[:, 0])
    )
    out = np.full(flat_rho.shape, np.nan)
    out[known] = ThresholdGrid.of(flat_h[known], flat_k[known]).cdf(flat_rho[known])[:, 0]
    return out.reshape(shape)
