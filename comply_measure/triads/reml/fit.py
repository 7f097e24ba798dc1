"""Maximising the restricted likelihood: projected Newton steps, gradient steps where they fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.statistics.arrays import Bools, Floats
from comply_measure.triads.reml.design import CellData, CellDesign, chunks
from comply_measure.triads.reml.likelihood import Evaluation, covariance, evaluate
from comply_measure.triads.reml.start import moment_start
from comply_measure.triads.reml.units import UnitPrecision

MAX_ITERATIONS = 200
#: Gain in log-likelihood that a Newton step promises below which the maximum counts as reached.
GAIN_TOLERANCE = 1e-11
#: Gain still promised where no step improves, below which that is put down to rounding.
STALLED_GAIN = 1e-5
HALVINGS = 8
#: Smallest residual and largest variance, as shares of the variance of the data.
RESIDUAL_FLOOR, CEILING = 1e-10, 100.0
#: Residual, as a share of the variance of the data, that counts as none.
VANISHED = 1e-9
#: Most that one step may shrink the residual: beyond it covariances would become singular.
SHRINK = 0.02


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
    degenerate : ndarray of bool, shape (B,)
        Whether the residual vanished: the effects reproduce the data and the likelihood has no maximum.
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
    degenerate: Bools
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


def fit_reml(
    y: Floats,
    design: CellDesign,
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
    residuals : bool
        Whether to keep the weighted residuals, from which unit effects are predicted.

    Returns
    -------
    RemlFit
        Components are kept at or above zero: a component at zero is a boundary solution.
    """
    batch = y if y.ndim == 3 else y[None]
    runs = chunks(len(batch), batch[0].size)
    missing = np.isnan(batch[0])
    scaled, centre, scale = _standardised(batch, missing, runs)
    del y, batch  # a batch of draws is large: what nobody else holds is freed
    data = CellData.of(scaled, missing)
    del scaled
    start = np.concatenate([moment_start(data.between(rows), design) for rows in runs])
    indicators = design.indicators()
    theta, converged, iterations, final = _best(start, data, design, indicators)
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
        degenerate=theta[:, -1] <= VANISHED,
        cells=cells,
        cells_variance=final.cells_variance * variance[:, None, None],
        weighted=weighted / scale[:, None, None],
        design=design,
        iterations=iterations,
    )


def _standardised(batch: Floats, missing: Bools, runs: Sequence[slice]) -> tuple[Floats, Floats, Floats]:
    """Observations of mean 0 and variance 1, 0 where missing; the means and standard deviations taken off."""
    scaled = np.empty(batch.shape)
    centre, scale = np.empty(len(batch)), np.empty(len(batch))
    known = ~missing
    number = int(known.sum())
    for rows in runs:
        part = np.where(missing, 0.0, batch[rows])
        centre[rows] = part.sum(axis=(1, 2)) / number
        np.subtract(part, centre[rows, None, None], out=part, where=known)
        scale[rows] = np.sqrt(np.einsum("bgc,bgc->b", part, part) / number)
        np.divide(part, scale[rows, None, None], out=scaled[rows])
    return scaled, centre, scale


def _best(
    start: Floats, data: CellData, design: CellDesign, indicators: list[Floats]
) -> tuple[Floats, Bools, int, Evaluation]:
    """Maximise from moment estimates; for a single data set, look again when that ends at the boundary.

    With components at zero the likelihood can have a second maximum, in which the unit interactions hold
    what the residual holds in the first. The better end is kept.
    """
    moment = _clip(start, np.zeros_like(start))
    ends = [_maximise(moment, data, design, indicators)]
    if len(start) == 1 and (ends[0][0][:, :-1] <= 0).any():
        traded = moment.copy()
        traded[:, len(design.shared) : -1] += 0.5 * moment[:, -1:]
        traded[:, -1] *= 0.1
        equal = np.full_like(moment, 1.0 / moment.shape[1])
        ends += [_maximise(theta, data, design, indicators) for theta in (traded, equal)]
    return max(ends, key=lambda end: float(end[3].loglik[0]))


def _maximise(
    theta: Floats, data: CellData, design: CellDesign, indicators: list[Floats]
) -> tuple[Floats, Bools, int, Evaluation]:
    """Step every member of the batch until no feasible Newton step promises a gain; the likelihood where they end."""
    theta = theta.copy()
    converged = np.zeros(len(theta), dtype=bool)
    active = np.arange(len(theta))
    now = final = evaluate(theta, data, design, indicators)
    for iterations in range(MAX_ITERATIONS):
        direction, gain = _newton(theta[active], now)
        done = gain < GAIN_TOLERANCE
        converged[active[done]] = True
        rest = np.flatnonzero(~done)
        if not len(rest):
            return theta, converged, iterations, final
        active, part = active[rest], data.take(active[rest])
        new, now, moved = _step(theta[active], direction[rest], now.take(rest), part, design, indicators)
        theta[active] = new
        final = final.replaced(active, now)
        # no step of any kind improves: the maximum, if what is still promised is round-off
        converged[active[~moved]] = gain[rest][~moved] < STALLED_GAIN
        active, now = active[moved], now.take(np.flatnonzero(moved))
        if not len(active):
            return theta, converged, iterations + 1, final
    return theta, converged, MAX_ITERATIONS, final


def _newton(theta: Floats, e: Evaluation) -> tuple[Floats, Floats]:
    """Direction over the components that may move, and the gain it promises.

    A component at zero stays there when its gradient points out of the feasible region, or when the Newton
    step of the others would push it out.
    """
    free = (theta > 0) | (e.gradient > 0)
    free[:, -1] &= (theta[:, -1] > RESIDUAL_FLOOR) | (e.gradient[:, -1] > 0)
    for _ in range(theta.shape[1]):
        slope = np.where(free, e.gradient, 0.0)
        direction = (_free_inverse(e.information, free) @ slope[..., None])[..., 0]
        blocked = free & (theta <= 0) & (direction < 0)
        if not blocked.any():
            break
        free &= ~blocked
    gain = 0.5 * (direction * slope).sum(axis=1)
    # what a move of one component alone would gain, so that a blocked one is not forgotten
    single = np.where((theta > 0) | (e.gradient > 0), e.gradient, 0.0) ** 2 / _diagonal(e)
    return direction, np.maximum(gain, 0.5 * single.max(axis=1))


def _diagonal(e: Evaluation) -> Floats:
    diagonal = np.einsum("bkk->bk", e.information)
    return np.asarray(np.maximum(diagonal, 1e-12 * np.maximum(diagonal.max(axis=1, keepdims=True), 1.0)))


def _step(
    theta: Floats,
    direction: Floats,
    now: Evaluation,
    data: CellData,
    design: CellDesign,
    indicators: list[Floats],
) -> tuple[Floats, Evaluation, Bools]:
    """One improving step per member; who moved.

    Newton's direction, halved as needed; then the gradient scaled by the diagonal of the information, which
    gains for a short enough step wherever the maximum is not reached.
    """
    best, result = theta.copy(), now
    pending = np.arange(len(theta))
    gradient = now.gradient / _diagonal(now)
    moves = [0.5**k * direction for k in range(HALVINGS)] + [0.25**k * gradient for k in range(2 * HALVINGS)]
    for move in moves:
        trial = _clip(theta[pending] + move[pending], theta[pending])
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


def _clip(theta: Floats, before: Floats) -> Floats:
    """Feasible variances: from 0 to the ceiling, the residual above its floor and not shrunk too far."""
    clipped = np.clip(theta, 0.0, CEILING)
    least = np.maximum(RESIDUAL_FLOOR, SHRINK * before[:, -1])
    clipped[:, -1] = np.clip(theta[:, -1], least, CEILING)
    return clipped


def _free_inverse(information: Floats, free: Bools) -> Floats:
    """Inverse of the information of the free components, zero elsewhere; ridged where singular.

    Components differ by many orders of magnitude, so the matrix is brought to unit diagonal first.
    """
    both = free[:, :, None] & free[:, None, :]
    diagonal = np.einsum("bkk->bk", information)
    scale = 1.0 / np.sqrt(np.where(free & (diagonal > 0), diagonal, 1.0))
    pair = scale[:, :, None] * scale[:, None, :]
    held = np.where(free, 0.0, 1.0)[:, :, None] * np.eye(free.shape[1])
    values, vectors = np.linalg.eigh(np.where(both, information * pair, 0.0) + held)
    values = np.maximum(values, 1e-9)
    return np.where(both, (vectors / values[:, None, :]) @ np.swapaxes(vectors, 1, 2) * pair, 0.0)


def _standard_errors(theta: Floats, e: Evaluation) -> Floats:
    free = theta > 0
    inverse = _free_inverse(e.information, free)
    return np.where(free, np.sqrt(np.maximum(np.einsum("bkk->bk", inverse), 0.0)), np.nan)
