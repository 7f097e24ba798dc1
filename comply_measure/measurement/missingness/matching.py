"""Chained equations with predictive mean matching, for many items at once.

Each incomplete item is regressed on all other columns over the informants who answered it; parameters are drawn
from their posterior, and every missing answer is taken from one of the k informants whose prediction is nearest
(Rubin 1986; Little 1988; van Buuren 2018, section 3.4, type 1 matching). Imputed answers are answers that were
given, so they stay on the scale. The cross products of all columns are kept and updated column by column, which
turns each regression into one small Cholesky factorisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dtrtrs

from comply_measure.measurement.moments import Floats

RIDGE = 1e-5


@dataclass(frozen=True, slots=True)
class Chain:
    """One imputed data set.

    Attributes
    ----------
    values : ndarray, shape (n, p)
        Completed columns; what could not be imputed stays NaN.
    trace : ndarray, shape (n_iterations, p)
        Mean of the imputed values of each column after each pass; NaN where nothing was imputed.
    """

    values: Floats
    trace: Floats


def draw_regression(
    cross: Floats, moment: Floats, square: float, n: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Least-squares coefficients and one draw from their posterior under the uninformative prior.

    ``β̂ = (A + R)⁻¹ b`` with ``R = RIDGE · diag(A)``, ``σ*² = RSS/χ²(n − q)``, ``β* = β̂ + σ* L⁻ᵀ z`` with
    ``A + R = L Lᵀ`` (Rubin 1987, p. 167; the ridge as in van Buuren 2018, algorithm 3.1).

    Parameters
    ----------
    cross : ndarray, shape (q, q)
        X'X.
    moment : ndarray, shape (q,)
        X'y.
    square : float
        y'y.
    n : int
        Cases.
    rng : Generator

    Returns
    -------
    estimate, draw : ndarray, shape (q,)
    """
    held = cross.copy()
    diagonal = np.einsum("ii->i", held)
    diagonal += RIDGE * diagonal + 1e-12
    upper = np.linalg.cholesky(held).T
    half = dtrtrs(upper, moment, trans=1)[0]
    estimate = dtrtrs(upper, half)[0]
    rss = max(float(square - 2 * estimate @ moment + estimate @ cross @ estimate), 0.0)
    sigma = np.sqrt(rss / rng.chisquare(max(n - len(moment), 1)))
    noise = dtrtrs(upper, rng.standard_normal(len(moment)))[0]
    return estimate, estimate + sigma * noise


def match(observed: Floats, missing: Floats, donors: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """For each missing prediction one of the `donors` observed ones nearest to it, drawn at random.

    Parameters
    ----------
    observed : ndarray, shape (n,)
        Predictions of cases that answered.
    missing : ndarray, shape (m,)
    donors : int
        k; all cases if there are fewer.

    Returns
    -------
    ndarray of int, shape (m,)
        Positions in `observed`.
    """
    n, k = len(observed), min(donors, len(observed))
    order = np.argsort(observed, kind="stable")
    ranked = observed[order]
    place = np.searchsorted(ranked, missing)
    # the k nearest of a sorted list lie within k places on either side
    window = np.clip(place - k, 0, n - min(2 * k, n))[:, None] + np.arange(min(2 * k, n))
    distance = np.abs(ranked[window] - missing[:, None])
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
    chosen = nearest[np.arange(len(missing)), rng.integers(k, size=len(missing))]
    return np.asarray(order[window[np.arange(len(missing)), chosen]])


def impute_chain(
    values: Floats, fixed: Floats, n_iterations: int, donors: int, rng: np.random.Generator
) -> Chain:
    """One imputed data set.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing. Columns nobody answered stay NaN; a column with one value is filled with it.
    fixed : ndarray, shape (n, a)
        Complete further predictors (indicators of roles, unit variables).
    n_iterations : int
        Passes over all incomplete columns.
    donors : int
        Candidates per missing answer.
    rng : Generator
    """
    missing = np.isnan(values)
    p = values.shape[1]
    answered = (~missing).sum(axis=0)
    filled = values.copy()
    trace = np.full((n_iterations, p), np.nan)
    for j in np.flatnonzero(missing.any(axis=0) & (answered > 0)):
        filled[missing[:, j], j] = rng.choice(values[~missing[:, j], j], int(missing[:, j].sum()))
    usable = np.flatnonzero([a > 0 and np.ptp(filled[:, j]) > 0 for j, a in enumerate(answered)])
    work = _Workspace(filled[:, usable], fixed)
    targets = [
        _Target.of(t, values[:, j], work.X.shape[1]) for t, j in enumerate(usable) if missing[:, j].any()
    ]
    targets.sort(key=lambda target: (len(target.holes), target.place))  # columns with few gaps first
    for step in range(n_iterations):
        for target in targets:
            new = target.answers[work.donors(target, donors, rng)]
            work.replace(target, new)
            j = usable[target.place]
            filled[target.holes, j] = new
            trace[step, j] = new.mean()
    return Chain(filled, trace)


@dataclass(frozen=True, slots=True)
class _Target:
    """An incomplete column: its place, the other predictors, rows without and with an answer, the answers."""

    place: int
    others: NDArray[np.intp]
    holes: NDArray[np.intp]
    seen: NDArray[np.intp]
    answers: Floats

    @staticmethod
    def of(place: int, column: Floats, n_predictors: int) -> _Target:
        holes = np.isnan(column)
        others = np.delete(np.arange(n_predictors), place)
        return _Target(place, others, np.flatnonzero(holes), np.flatnonzero(~holes), column[~holes])


class _Workspace:
    """Standardised columns with an intercept, and their cross products, kept up to date."""

    def __init__(self, columns: Floats, fixed: Floats) -> None:
        scale = columns.std(axis=0)
        self.centre, self.scale = columns.mean(axis=0), np.where(scale > 0, scale, 1.0)
        ones = np.ones((len(columns), 1))
        spread = fixed.std(axis=0) if fixed.shape[1] else np.ones(0)
        useful = fixed[:, spread > 0]
        useful = (useful - useful.mean(axis=0)) / spread[spread > 0]
        self.X = np.hstack([(columns - self.centre) / self.scale, useful, ones])
        self.G = self.X.T @ self.X

    def donors(self, target: _Target, donors: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """Positions, among the cases that answered, of the donors of every hole."""
        lost = self.X[target.holes]
        cross = self.G - lost.T @ lost
        own = cross[target.place]
        among = cross[target.others[:, None], target.others]
        square = float(own[target.place])
        pair = draw_regression(among, own[target.others], square, len(target.seen), rng)
        weights = np.zeros((2, self.X.shape[1]))
        weights[:, target.others] = pair
        predicted = self.X @ weights.T
        return match(predicted[target.seen, 0], predicted[target.holes, 1], donors, rng)

    def replace(self, target: _Target, new: Floats) -> None:
        """Put imputed values into a column."""
        place = target.place
        self.X[target.holes, place] = (new - self.centre[place]) / self.scale[place]
        products = self.X.T @ self.X[:, place]
        self.G[place] = products
        self.G[:, place] = products
