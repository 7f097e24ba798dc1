"""Accelerated EM for two-level saturated moments: what Newton's method is measured against."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.twolevel.likelihood import TwoLevelMoments, slopes
from comply_measure.sem.twolevel.sample import TwoLevelSample
from comply_measure.sem.twolevel.saturated import _em_step, _means, _scale, _scaled, _start

TOLERANCE, FLAT, MAX_STEPS = 1e-9, 1e-10, 20_000


def em_moments(given: TwoLevelSample) -> tuple[float, int]:
    """Log-likelihood (of variables in units of their total SD) where EM stops, and its steps.

    Steps are extrapolated by the scheme S3 of Varadhan & Roland (2008); it ends when no entry moves by 1e-9 standard
    deviations in a step, or two steps gain less than 1e-10 in log-likelihood.
    """
    sample = _scaled(given, _scale(given))
    point = _start(sample)
    steps, loglik = 0, -np.inf
    while steps < MAX_STEPS:
        first = _em_step(sample, point)
        second = _em_step(sample, first)
        steps += 2
        before, between = (slopes(sample, at).loglik for at in (point, first))
        moved, curve = _difference(first, point), _difference(second, first)
        curve = (curve[0] - moved[0], curve[1] - moved[1])
        if max(float(np.abs(m).max()) for m in moved) < TOLERANCE or 0.0 <= between - loglik < FLAT:
            return slopes(sample, second).loglik, steps
        loglik = between
        point = _extrapolated(sample, point, moved, curve, before) or second
    return slopes(sample, point).loglik, steps


def _difference(after: TwoLevelMoments, before: TwoLevelMoments) -> tuple[Array, Array]:
    return after.within - before.within, after.between - before.between


def _extrapolated(
    sample: TwoLevelSample,
    start: TwoLevelMoments,
    moved: tuple[Array, Array],
    curve: tuple[Array, Array],
    floor: float,
) -> TwoLevelMoments | None:
    """The extrapolated point with a positive definite Σ_B, or None if it is no better than the start."""
    size, bend = (np.sqrt(sum(float(np.sum(part**2)) for part in parts)) for parts in (moved, curve))
    length = size / max(bend, np.finfo(float).tiny)
    if length <= 1.0:
        return None
    within, between = (
        s + 2.0 * length * m + length**2 * c
        for s, m, c in zip((start.within, start.between), moved, curve, strict=True)
    )
    try:
        np.linalg.cholesky(between)
        guess = TwoLevelMoments(within, between, start.mean)
        guess = TwoLevelMoments(within, between, _means(sample, guess))
        better = slopes(sample, guess).loglik >= floor
    except (NotPositiveDefiniteError, np.linalg.LinAlgError):
        return None
    return guess if better else None
