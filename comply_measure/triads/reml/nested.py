r"""REML of nested random effects, any number of levels, any sizes.

``y = Xβ + Σ_k Z_k u_k + e`` with groups of level k inside those of level k − 1, ``u_k ~ N(0, v_k)``, ``e ~ N(0, v_e)``.
With ``λ_k = v_k/v_e`` the products ``[X y]'V⁻¹[X y]`` come from the rows up. A group has cross-products A, sums s and
weight w of its rows (``[X y]'[X y]``, ``[X y]'1``, their number); its random effect takes ``λ/(1 + λw) s s'`` off A and
divides s and w by ``1 + λw``, which enters the determinant, too (Sherman & Morrison 1950); then groups of one parent
are added, where A is only ever summed: its sum over all groups is what is kept. Cost is linear in the number of groups.
Every step is analytic in λ, so that derivatives are complex steps, exact to rounding (Squire & Trapp 1998), all of them
in one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Floats, Ints

Numbers = NDArray[Any]
_STEP = 1e-30
#: Ratios of variances below this share of the residual are zero: the optimum is on the boundary.
_ZERO = 1e-9
#: Ends of intervals: steps that a search takes at most, and the last one's length.
_STEPS, _SHORT = 60, 1e-8
#: Share of the way to the edge at which the search for an end begins at least; there the rise is above rounding.
_BEGIN = 0.1


@dataclass(frozen=True, slots=True)
class NestedData:
    """Sufficient statistics of rows in nested groups.

    Attributes
    ----------
    products : ndarray, shape (q, q)
        Cross-products of ``[X y]``.
    sums : ndarray, shape (q, G)
        Sums of ``[X y]`` within the groups of the lowest level.
    sizes : ndarray, shape (G,)
        Rows.
    firsts : tuple of ndarray of int
        From the lowest level up, the first group of each group one level above; groups are in the order of those.
    n_rows, n_fixed : int
    """

    products: Floats
    sums: Floats
    sizes: Floats
    firsts: tuple[Ints, ...]
    n_rows: int
    n_fixed: int

    @classmethod
    def of(cls, y: Floats, X: Floats, levels: list[Ints]) -> NestedData:
        """Gather rows; `levels` holds group codes from the highest level to the lowest, nested in the order given."""
        inner = np.zeros(len(y), dtype=np.int64)
        nested = []
        for codes in levels:
            inner = np.unique(np.stack([inner, codes]), axis=1, return_inverse=True)[1].ravel()
            nested.append(inner)
        table = np.column_stack([X, y])
        size = int(inner.max()) + 1
        order = np.argsort(inner, kind="stable")
        starts = np.searchsorted(inner[order], np.arange(size))
        rows = table[order]
        first = order[starts]
        firsts = []
        for above in reversed(nested[:-1]):
            firsts.append(np.flatnonzero(np.diff(above[first], prepend=-1)))
            first = np.unique(above, return_index=True)[1]
        sums = np.ascontiguousarray(np.add.reduceat(rows, starts, axis=0).T)
        return cls(
            table.T @ table, sums, np.bincount(inner).astype(np.float64), tuple(firsts), len(y), X.shape[1]
        )

    @property
    def n_levels(self) -> int:
        """Levels of random effects."""
        return len(self.firsts) + 1

    def swept(self, ratios: Numbers) -> tuple[Numbers, Numbers]:
        """``[X y]'V⁻¹[X y]`` (..., q, q) and ``log|V|`` (...) with the residual variance 1 and ratios λ (..., K).

        The highest level comes first in λ.
        """
        A: Numbers = self.products
        s: Numbers = self.sums
        w: Numbers = self.sizes
        logdet: Numbers = np.zeros(1)[0]
        for level in range(self.n_levels):
            ratio = ratios[..., self.n_levels - 1 - level, None]
            inflation = 1.0 + ratio * w
            shrunk = s / inflation[..., None, :]
            A = A - (ratio[..., None] * shrunk) @ np.swapaxes(s, -1, -2)
            logdet = logdet + np.log(inflation).sum(axis=-1)
            if level < len(self.firsts):
                s = np.add.reduceat(shrunk, self.firsts[level], axis=-1)
                w = np.add.reduceat(w / inflation, self.firsts[level], axis=-1)
        return A, logdet

    def deviance(self, ratios: Numbers) -> Any:
        """−2 restricted log-likelihood at ratios λ (..., K), the residual variance profiled out."""
        rss, logdet = self._solved(ratios)
        df = self.n_rows - self.n_fixed
        return logdet + df * (1.0 + np.log(2.0 * np.pi * rss / df))

    def full_deviance(self, variances: Numbers) -> Any:
        """−2 restricted log-likelihood at variances (..., K + 1), that of the residual last."""
        residual = variances[..., -1]
        rss, logdet = self._solved(variances[..., :-1] / residual[..., None])
        df = self.n_rows - self.n_fixed
        return logdet + df * np.log(2.0 * np.pi * residual) + rss / residual

    def residual_variance(self, ratios: Floats) -> float:
        """v_e at ratios λ."""
        return float(self._solved(ratios)[0]) / (self.n_rows - self.n_fixed)

    def fixed(self, ratios: Floats) -> tuple[Floats, Floats]:
        """Generalised least squares β and ``(X'V⁻¹X)⁻¹`` for residual variance 1."""
        A, _ = self.swept(ratios)
        inverse = np.linalg.inv(A[:-1, :-1])
        return inverse @ A[:-1, -1], inverse

    def _solved(self, ratios: Numbers) -> tuple[Any, Any]:
        A, logdet = self.swept(ratios)
        XX, Xy = A[..., :-1, :-1], A[..., :-1, -1]
        rss = A[..., -1, -1] - (Xy * np.linalg.solve(XX, Xy[..., None])[..., 0]).sum(axis=-1)
        return rss, logdet + np.log(np.linalg.det(XX))


@dataclass(frozen=True, slots=True)
class NestedFit:
    """REML estimates.

    Attributes
    ----------
    data : NestedData
    variances : ndarray, shape (K + 1,)
        By level from the highest, the residual last.
    deviance : float
        −2 restricted log-likelihood.
    converged : bool
    """

    data: NestedData
    variances: Floats
    deviance: float
    converged: bool

    @property
    def ratios(self) -> Floats:
        """λ."""
        return np.asarray(self.variances[:-1] / self.variances[-1])

    @property
    def boundary(self) -> bool:
        """Whether a variance is zero."""
        return bool((self.variances[:-1] == 0).any())

    def covariance(self) -> Floats:
        """Covariance of the variances: inverse observed information of those that are not zero; NaN for the others."""
        free = np.flatnonzero(self.variances > 0)
        hessian = np.empty((len(free), len(free)))
        for place, k in enumerate(free):
            step = 1e-4 * self.variances[k]
            ends = []
            for sign in (1.0, -1.0):
                moved = self.variances.copy()
                moved[k] += sign * step
                ends.append(value_and_gradient(self.data.full_deviance, moved)[1][free])
            hessian[place] = (ends[0] - ends[1]) / (2.0 * step)
        result = np.full((len(self.variances),) * 2, np.nan)
        result[np.ix_(free, free)] = np.linalg.inv(0.25 * (hessian + hessian.T))
        return result


def value_and_gradient(function: Callable[[Numbers], Numbers], x: Floats) -> tuple[float, Floats]:
    """An analytic function and its gradient by complex steps; the function takes rows of arguments (..., len(x))."""
    found = function(x + 1j * _STEP * np.eye(len(x)))
    return float(found[0].real), np.asarray(found.imag / _STEP)


def no_fit(y: Floats, X: Floats, levels: list[Ints]) -> str:
    """Why REML of rows in nested groups has no solution; empty where it has one.

    Arguments as of :func:`fit_nested`; the columns of `X` tell groups apart that have a mean of their own.
    """
    within = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    nothing = 1e-20 * max(1.0, float(y @ y))
    if float(within @ within) <= nothing:
        return (
            "all answers equal"
            if np.ptp(y) ** 2 <= nothing
            else "answers differ between the fixed groups only"
        )
    own_mean = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    inner = np.zeros(len(y), dtype=np.int64)
    for codes in levels:
        inner = np.unique(np.stack([inner, codes]), axis=1, return_inverse=True)[1].ravel()
        if len(np.unique(np.stack([own_mean, inner]), axis=1).T) == own_mean.max() + 1:
            return "every group with a mean of its own lies within one group of a level: it has no variance beside them"
    table = np.column_stack([X, y])
    means = np.column_stack([np.bincount(inner, weights=column) for column in table.T])
    own = table - (means / np.bincount(inner)[:, None])[inner]
    left = own[:, -1] - own[:, :-1] @ np.linalg.lstsq(own[:, :-1], own[:, -1], rcond=None)[0]
    if float(left @ left) <= nothing:
        return "no variance within the lowest level: the likelihood has no maximum"
    return ""


def fit_nested(y: Floats, X: Floats, levels: list[Ints]) -> NestedFit:
    """REML of one variable (Patterson & Thompson 1971).

    Parameters
    ----------
    y : ndarray, shape (n,)
        Without missing values.
    X : ndarray, shape (n, p)
        Fixed effects of full column rank, a column of ones for the mean.
    levels : list of ndarray of int, shape (n,)
        Group codes from the highest level to the lowest; a level counts within those above it.

    Returns
    -------
    NestedFit
        Searched in ``√λ ≥ 0``, where the likelihood is smooth at zero, from three starts.
    """
    from scipy.optimize import minimize

    data = NestedData.of(y, X, levels)

    def objective(root: Floats) -> tuple[float, Floats]:
        return value_and_gradient(lambda r: data.deviance(r**2), root)

    ends = [
        minimize(
            objective,
            np.full(data.n_levels, start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1e4)] * data.n_levels,
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
        )
        for start in (0.3, 1.0, 0.05)
    ]
    best = min(ends, key=lambda end: float(end.fun))
    ratios = best.x**2
    ratios = np.where(ratios < _ZERO, 0.0, ratios)
    residual = data.residual_variance(ratios)
    gradient = objective(np.sqrt(ratios))[1]
    small = bool((np.abs(gradient) < 1e-3 * max(1.0, abs(float(best.fun)) * 1e-3)).all())
    variances = np.append(ratios, 1.0) * residual
    return NestedFit(data, variances, float(data.deviance(ratios)), small)


def share_interval(fit: NestedFit, levels: list[int], confidence: float) -> tuple[float, float]:
    """Profile-likelihood interval of the share that some levels have of the whole variance.

    The share ρ is held, the split of ρ among these levels and of 1 − ρ among the others is searched; ends are where the
    profile lies ``χ²₁`` above the minimum (Wilks 1938), 0 or 1 where it does not rise so far.
    """
    from scipy.stats import chi2

    top = float(chi2.ppf(confidence, 1))
    best = float(fit.variances[levels].sum() / fit.variances.sum())
    low, high = (_end(_Profile(fit, levels), best, edge, top) for edge in (1e-9, 1.0 - 1e-6))
    return low, high


def _end(profile: _Profile, best: float, edge: float, top: float) -> float:
    """The share between the estimate and an edge where the profile has risen to the top; the edge where it has not.

    Newton's method in the root of the rise, which is nearly a straight line in ρ, within a bracket. The slope of the
    profile is the deviance's own in ρ, as the rest is at its best (Venzon & Moolgavkar 1988).
    """
    if abs(best - edge) < 1e-8:
        return float(round(edge))
    rise, _ = profile(edge)
    if rise < top:
        return float(round(edge))
    inner, outer = best, edge
    rho = best + (edge - best) * max(_BEGIN, np.sqrt(top / rise))
    for _ in range(_STEPS):
        rise, slope = profile(rho)
        inner, outer = (rho, outer) if rise < top else (inner, rho)
        root = np.sqrt(max(rise, 0.0))
        new = rho + (np.sqrt(top) - root) * 2.0 * root / slope if slope else inner
        if not min(inner, outer) < new < max(inner, outer):
            new = 0.5 * (inner + outer)
        if abs(new - rho) < _SHORT:
            return float(new)
        rho = new
    return float(rho)


class _Profile:
    """Rise of the deviance where a share is held, and its slope; each search begins where the last one ended."""

    def __init__(self, fit: NestedFit, levels: list[int]) -> None:
        self.fit, self.inside = fit, np.array(levels)
        self.outside = np.setdiff1d(np.arange(len(fit.variances)), levels)
        shares = fit.variances / fit.variances.sum()
        self.sticks = np.concatenate([_sticks(shares[self.inside]), _sticks(shares[self.outside])])

    def __call__(self, rho: float) -> tuple[float, float]:
        """Rise and slope at a share, the rest at its best."""
        from scipy.optimize import minimize

        def at(sticks: Floats) -> tuple[float, Floats]:
            return value_and_gradient(self._deviance, np.append(rho, sticks))

        def of_sticks(sticks: Floats) -> tuple[float, Floats]:
            value, gradient = at(sticks)
            return value, gradient[1:]

        if len(self.sticks):
            self.sticks = minimize(
                of_sticks,
                np.clip(self.sticks, 0.01, 0.99),
                jac=True,
                method="L-BFGS-B",
                bounds=[(0.0, 1.0 - 1e-7)] * len(self.sticks),
                options={"ftol": 1e-14, "gtol": 1e-7},
            ).x
        value, gradient = at(self.sticks)
        return value - self.fit.deviance, float(gradient[0])

    def _deviance(self, x: Numbers) -> Numbers:
        """Deviance at rows of a share and sticks (..., 1 + n)."""
        rho, n_inside = x[..., :1], len(self.inside)
        shares: Numbers = np.empty((*x.shape[:-1], len(self.fit.variances)), dtype=x.dtype)
        shares[..., self.inside] = rho * _pieces(x[..., 1:n_inside])
        shares[..., self.outside] = (1.0 - rho) * _pieces(x[..., n_inside:])
        return np.asarray(self.fit.data.deviance(shares[..., :-1] / shares[..., -1:]))


def _sticks(shares: Floats) -> Floats:
    """Breaks of a stick into these shares: each of what the earlier ones leave."""
    left = np.cumsum(shares[::-1])[::-1]
    return np.asarray(
        np.divide(shares[:-1], left[:-1], out=np.full(len(shares) - 1, 0.5), where=left[:-1] > 0)
    )


def _pieces(sticks: Numbers) -> Numbers:
    """Shares of a stick broken so, along the last axis, the last one the rest."""
    one = np.ones((*sticks.shape[:-1], 1))
    rest = np.concatenate([one, np.cumprod(1.0 - sticks, axis=-1)], axis=-1)
    return np.asarray(np.concatenate([sticks, one], axis=-1) * rest)
