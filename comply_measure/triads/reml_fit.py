"""Maximising the restricted likelihood: projected Newton steps, EM steps where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from comply_measure.triads.grouping import Bools, Floats
from comply_measure.triads.reml import Evaluation, covariance, evaluate
from comply_measure.triads.reml_design import CellData, CellDesign
from comply_measure.triads.reml_units import UnitPrecision

MAX_ITERATIONS = 200
#: Gain in log-likelihood that a Newton step promises below which the maximum counts as reached.
GAIN_TOLERANCE = 1e-11
HALVINGS = 10
#: Smallest residual variance, as a share of the variance of the data.
RESIDUAL_FLOOR = 1e-10


@dataclass(frozen=True, slots=True)
class RemlFit:
    """Fitted variance components; every array has a leading batch axis B.

    Attributes
    ----------
    names : tuple of str
        Components: shared, unit, residual.
    theta : ndarray, shape (B, K)
        Variances, at least 0.
    standard_errors : ndarray, shape (B, K)
        From the average information; NaN for components at zero.
    loglik : ndarray, shape (B,)
        Restricted log-likelihood.
    converged : ndarray of bool, shape (B,)
        Whether no further step improves the likelihood.
    cells, cells_variance : ndarray, shapes (B, C), (B, C, C)
        Fitted cell effects and their prediction error covariance.
    weighted : ndarray, shape (B, G, C)
        V⁻¹(y - ĉ): the ingredients of every predicted unit effect; no units unless asked for.
    design : CellDesign
        The model.
    iterations : int
        Steps taken.
    """

    names: tuple[str, ...]
    theta: Floats
    standard_errors: Floats
    loglik: Floats
    converged: Bools
    cells: Floats
    cells_variance: Floats
    weighted: Floats
    design: CellDesign
    iterations: int

    def components(self, member: int = 0) -> dict[str, float]:
        """Variances of one member of the batch by name."""
        return dict(zip(self.names, self.theta[member].tolist(), strict=True))

    def at_boundary(self) -> Bools:
        """Whether a component other than the residual is estimated as zero, shape (B,)."""
        return np.asarray((self.theta[:, :-1] <= 0).any(axis=1))

    def unit_effect(self, name: str) -> Floats:
        """Predicted (BLUP) unit effect with one level per unit, shape (B, G)."""
        level = self.design.unit[name]
        if len(np.unique(level)) != 1:
            raise ValueError(f"effect {name!r} has several levels within a unit")
        place = self.names.index(name)
        return np.asarray(self.theta[:, place, None] * self.weighted.sum(axis=2))


def fit_reml(
    y: Floats,
    design: CellDesign,
    start: Mapping[str, float] | None = None,
    *,
    residuals: bool = False,
) -> RemlFit:
    """Fit variance components by restricted maximum likelihood (Patterson & Thompson 1971).

    Parameters
    ----------
    y : ndarray, shape (G, C) or (B, G, C)
        Observations with NaN where missing; one pattern of missing cells for the whole batch. Every cell
        must be observed in some unit and the data must vary.
    design : CellDesign
        Effects.
    start : mapping of str to float, optional
        Starting variances; equal shares of the total by default.
    residuals : bool
        Whether to keep the weighted residuals, from which unit effects are predicted.

    Returns
    -------
    RemlFit
        Components are kept at or above zero: a component at zero is a boundary solution.
    """
    batch = y if y.ndim == 3 else y[None]
    scale = np.sqrt(np.nanvar(batch, axis=(1, 2)))
    centre = np.nanmean(batch, axis=(1, 2))
    data = CellData.from_array((batch - centre[:, None, None]) / scale[:, None, None])
    indicators = design.indicators()
    theta = _start(design, start, scale)
    theta, converged, iterations = _maximise(theta, data, design, indicators)
    final = evaluate(theta, data, design, indicators)
    weighted = np.empty((len(theta), 0, design.n_cells))
    if residuals:
        n_shared = len(design.shared)
        units = UnitPrecision(covariance(theta[:, n_shared:], indicators[n_shared:], design.n_cells), data)
        weighted = units.residuals(final.cells)
    variance = scale**2
    df = data.n_observations - design.fixed.shape[1]
    cells = final.cells * scale[:, None] + centre[:, None]
    return RemlFit(
        names=design.names,
        theta=theta * variance[:, None],
        standard_errors=_standard_errors(theta, final) * variance[:, None],
        loglik=final.loglik - df * np.log(scale),
        converged=converged,
        cells=cells,
        cells_variance=final.cells_variance * variance[:, None, None],
        weighted=weighted / scale[:, None, None],
        design=design,
        iterations=iterations,
    )


def _start(design: CellDesign, start: Mapping[str, float] | None, scale: Floats) -> Floats:
    K = len(design.names)
    if start is None:
        return np.full((len(scale), K), 1.0 / K)
    given = np.array([start[name] for name in design.names])
    return np.maximum(given / scale[:, None] ** 2, 1e-4)


def _maximise(
    theta: Floats, data: CellData, design: CellDesign, indicators: list[Floats]
) -> tuple[Floats, Bools, int]:
    """Step every member of the batch until no feasible Newton step promises a gain."""
    theta = theta.copy()
    converged = np.zeros(len(theta), dtype=bool)
    active = np.arange(len(theta))
    now = evaluate(theta, data, design, indicators)
    for iterations in range(MAX_ITERATIONS):
        direction, gain = _newton(theta[active], now)
        done = gain < GAIN_TOLERANCE
        converged[active[done]] = True
        rest = np.flatnonzero(~done)
        if not len(rest):
            return theta, converged, iterations
        active, part = active[rest], data.take(active[rest])
        new, now, moved = _step(theta[active], direction[rest], now.take(rest), part, design, indicators)
        theta[active] = new
        # no step of any kind improves: the maximum to the precision of the arithmetic
        converged[active[~moved]] = True
        active, now = active[moved], now.take(np.flatnonzero(moved))
        if not len(active):
            return theta, converged, iterations + 1
    return theta, converged, MAX_ITERATIONS


def _newton(theta: Floats, e: Evaluation) -> tuple[Floats, Floats]:
    """Direction over the components that may move (the rest stays at zero), and the gain it promises."""
    free = (theta > 0) | (e.gradient > 0)
    free[:, -1] &= (theta[:, -1] > RESIDUAL_FLOOR) | (e.gradient[:, -1] > 0)
    slope = np.where(free, e.gradient, 0.0)
    direction = (_free_inverse(e.information, free) @ slope[..., None])[..., 0]
    gain = 0.5 * (direction * e.gradient).sum(axis=1)
    return direction, gain


def _step(
    theta: Floats,
    direction: Floats,
    now: Evaluation,
    data: CellData,
    design: CellDesign,
    indicators: list[Floats],
) -> tuple[Floats, Evaluation, Bools]:
    """One improving step per member: Newton, halved as needed, at last an EM step; who moved."""
    best, result = theta.copy(), now
    pending = np.arange(len(theta))
    em = 2.0 * theta**2 * now.gradient / _levels(design, data)
    for halving in range(HALVINGS + 1):
        move = 0.5**halving * direction if halving < HALVINGS else em
        trial = _clip(theta[pending] + move[pending])
        tried = evaluate(trial, data.take(pending), design, indicators)
        better = tried.loglik > now.loglik[pending]
        members = np.flatnonzero(better)
        best[pending[members]] = trial[members]
        result = result.replaced(pending[members], tried.take(members))
        pending = pending[~better]
        if not len(pending):
            break
    moved = np.ones(len(theta), dtype=bool)
    moved[pending] = False
    return best, result, moved


def _levels(design: CellDesign, data: CellData) -> Floats:
    """Number of levels of every component in the whole data."""
    shared = [len(np.unique(level)) for level in design.shared.values()]
    unit = [data.n_units * len(np.unique(level)) for level in design.unit.values()]
    return np.array([*shared, *unit, data.n_observations], dtype=np.float64)


def _clip(theta: Floats) -> Floats:
    """Feasible variances: at least 0, the residual above its floor."""
    clipped = np.maximum(theta, 0.0)
    clipped[:, -1] = np.maximum(theta[:, -1], RESIDUAL_FLOOR)
    return clipped


def _free_inverse(information: Floats, free: Bools) -> Floats:
    """Inverse of the information of the free components, zero elsewhere; ridged where singular."""
    both = free[:, :, None] & free[:, None, :]
    block = np.where(both, information, 0.0)
    largest = np.maximum(block.max(axis=(1, 2)), 1e-300)[:, None]
    held = np.where(free, 0.0, largest)[:, :, None] * np.eye(free.shape[1])
    values, vectors = np.linalg.eigh(block + held)
    values = np.maximum(values, 1e-10 * largest)
    return np.where(both, (vectors / values[:, None, :]) @ np.swapaxes(vectors, 1, 2), 0.0)


def _standard_errors(theta: Floats, e: Evaluation) -> Floats:
    free = theta > 0
    inverse = _free_inverse(e.information, free)
    return np.where(free, np.sqrt(np.maximum(np.einsum("bkk->bk", inverse), 0.0)), np.nan)
