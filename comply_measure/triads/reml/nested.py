r"""REML of nested random effects, any number of levels, any sizes.

``y = Xβ + Σ_k Z_k u_k + e`` with groups of level k inside those of level k − 1, ``u_k ~ N(0, v_k)``, ``e ~ N(0, v_e)``.
With ``λ_k = v_k/v_e`` the products ``[X y]'V⁻¹[X y]`` come from the rows up. A group has cross-products A, sums s and
weight w of its rows (``[X y]'[X y]``, ``[X y]'1``, their number); its random effect takes ``λ/(1 + λw) s s'`` off A and
divides s and w by ``1 + λw``, which enters the determinant, too (Sherman & Morrison 1950); then groups of one parent
are added. Cost is linear in the number of groups. Every step is analytic in λ, so that derivatives are complex steps,
exact to rounding (Squire & Trapp 1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Floats, Ints

Numbers = NDArray[Any]
_STEP = 1e-30
#: Ratios of variances below this share of the residual are zero: the optimum is on the boundary.
_ZERO = 1e-9


@dataclass(frozen=True, slots=True)
class NestedData:
    """Sufficient statistics of rows in nested groups.

    Attributes
    ----------
    products : ndarray, shape (G, q, q)
        Cross-products of ``[X y]`` within the groups of the lowest level.
    sums : ndarray, shape (G, q)
        Sums of them.
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
        products = np.add.reduceat(rows[:, :, None] * rows[:, None, :], starts, axis=0)
        first = order[starts]
        firsts = []
        for above in reversed(nested[:-1]):
            firsts.append(np.flatnonzero(np.diff(above[first], prepend=-1)))
            first = np.unique(above, return_index=True)[1]
        sums = np.add.reduceat(rows, starts, axis=0)
        return cls(products, sums, np.bincount(inner).astype(np.float64), tuple(firsts), len(y), X.shape[1])

    @property
    def n_levels(self) -> int:
        """Levels of random effects."""
        return len(self.firsts) + 1

    def swept(self, ratios: Numbers) -> tuple[Numbers, Any]:
        """``[X y]'V⁻¹[X y]`` and ``log|V|`` with the residual variance 1 and ratios λ, the highest level first."""
        A, s, w = self.products, self.sums, self.sizes
        logdet: Any = 0.0
        for level in range(self.n_levels):
            ratio = ratios[self.n_levels - 1 - level]
            inflation = 1.0 + ratio * w
            A = A - (ratio / inflation)[:, None, None] * (s[:, :, None] * s[:, None, :])
            s, w = s / inflation[:, None], w / inflation
            logdet = logdet + np.log(inflation).sum()
            if level < len(self.firsts):
                A, s, w = (np.add.reduceat(part, self.firsts[level], axis=0) for part in (A, s, w))
        return A.sum(axis=0), logdet

    def deviance(self, ratios: Numbers) -> Any:
        """−2 restricted log-likelihood at ratios λ, the residual variance profiled out."""
        rss, logdet = self._solved(ratios)
        df = self.n_rows - self.n_fixed
        return logdet + df * (1.0 + np.log(2.0 * np.pi * rss / df))

    def full_deviance(self, variances: Numbers) -> Any:
        """−2 restricted log-likelihood at variances, that of the residual last."""
        residual = variances[-1]
        rss, logdet = self._solved(variances[:-1] / residual)
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
        XX, Xy = A[:-1, :-1], A[:-1, -1]
        rss = A[-1, -1] - Xy @ np.linalg.solve(XX, Xy)
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
                ends.append(complex_gradient(self.data.full_deviance, moved)[free])
            hessian[place] = (ends[0] - ends[1]) / (2.0 * step)
        result = np.full((len(self.variances),) * 2, np.nan)
        result[np.ix_(free, free)] = np.linalg.inv(0.25 * (hessian + hessian.T))
        return result


def complex_gradient(function: Any, x: Floats) -> Floats:
    """Gradient of an analytic function by complex steps."""
    found = np.empty(len(x))
    for k in range(len(x)):
        moved = x.astype(complex)
        moved[k] += 1j * _STEP
        found[k] = function(moved).imag / _STEP
    return found


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
        value = float(data.deviance(root**2))
        return value, complex_gradient(lambda r: data.deviance(r**2), root)

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
    from scipy.optimize import brentq
    from scipy.stats import chi2

    search = _Profile(fit, levels)
    top = float(chi2.ppf(confidence, 1))
    total = float(fit.variances.sum())
    best = float(fit.variances[levels].sum()) / total
    ends = []
    for side in (0.0, 1.0 - 1e-6):
        edge = side + (1e-9 if side == 0.0 else 0.0)
        if abs(best - edge) < 1e-8 or search(edge) < top:
            ends.append(float(round(side)))
            continue
        ends.append(float(brentq(lambda rho: search(rho) - top, edge, best, xtol=1e-6)))
    return float(ends[0]), float(ends[1])


class _Profile:
    """Rise of the deviance where a share is held."""

    def __init__(self, fit: NestedFit, levels: list[int]) -> None:
        self.fit, self.inside = fit, np.array(levels)
        self.outside = np.setdiff1d(np.arange(len(fit.variances)), levels)

    @cached_property
    def start(self) -> Floats:
        """Sticks of the estimates."""
        shares = self.fit.variances / self.fit.variances.sum()
        return np.concatenate([_sticks(shares[self.inside]), _sticks(shares[self.outside])])

    def __call__(self, rho: float) -> float:
        """Rise at a share, the rest at its best."""
        from scipy.optimize import minimize

        n_inside = len(self.inside) - 1

        def deviance(sticks: Numbers) -> Any:
            shares: Numbers = np.empty(len(self.fit.variances), dtype=sticks.dtype)
            shares[self.inside] = rho * _pieces(sticks[:n_inside])
            shares[self.outside] = (1.0 - rho) * _pieces(sticks[n_inside:])
            return self.fit.data.deviance(shares[:-1] / shares[-1])

        if not len(self.start):
            return float(deviance(self.start)) - self.fit.deviance
        found = minimize(
            lambda x: (float(deviance(x)), complex_gradient(deviance, x)),
            self.start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0 - 1e-7)] * len(self.start),
        )
        return float(found.fun) - self.fit.deviance


def _sticks(shares: Floats) -> Floats:
    """Breaks of a stick into these shares: each of what the earlier ones leave."""
    left = np.cumsum(shares[::-1])[::-1]
    ratio = np.divide(shares[:-1], left[:-1], out=np.full(len(shares) - 1, 0.5), where=left[:-1] > 0)
    return np.asarray(np.clip(ratio, 0.01, 0.99))


def _pieces(sticks: Numbers) -> Numbers:
    """Shares of a stick broken so, the last one the rest."""
    rest = np.concatenate([np.ones(1), np.cumprod(1.0 - sticks)])
    return np.asarray(np.concatenate([sticks, np.ones(1)]) * rest)
