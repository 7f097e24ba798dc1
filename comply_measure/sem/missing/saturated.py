"""Means and covariances of incomplete data: the saturated model, by accelerated EM."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from comply_measure.sem.arrays import summed
from comply_measure.sem.missing.completion import Completion, complete
from comply_measure.sem.missing.likelihood import LOG_2PI, completed_log_likelihood, log_likelihood
from comply_measure.sem.missing.patterns import FloatArray, IncompleteSample, group_cases

TOLERANCE = 1e-10
MAX_STEPS = 10_000
SINGULAR = 1e-9


@dataclass(frozen=True, slots=True)
class SaturatedMoments:
    """Maximum-likelihood means and covariances without any structure.

    Attributes
    ----------
    covariance : (p, p) float array
        Divisor N, not N − 1.
    mean : (p,) float array
    loglik : float
    n_steps : int
        EM steps taken.
    converged : bool
        False if the steps ran out, or if the covariance matrix ran into singularity.
    singular : bool
        The smallest eigenvalue of the correlation matrix fell below 1e-9: there are too few cases, or
        linearly dependent variables, and the likelihood has no interior maximum.
    """

    covariance: FloatArray
    mean: FloatArray
    loglik: float
    n_steps: int
    converged: bool
    singular: bool


class _Memory:
    """The latest results by a digest of the data they belong to; `cells` numbers at most, 8 MB."""

    cells = 1_000_000

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, SaturatedMoments] = OrderedDict()
        self._kept = 0

    @staticmethod
    def key(data: FloatArray, sampling: FloatArray | None, tolerance: float, max_steps: int) -> bytes:
        values = np.ascontiguousarray(data, dtype=np.float64)
        facts = (values.shape, tolerance, max_steps, sampling is None)
        digest = blake2b(repr(facts).encode(), digest_size=32)
        digest.update(values.tobytes())
        if sampling is not None:
            digest.update(np.ascontiguousarray(sampling, dtype=np.float64).tobytes())
        return digest.digest()

    def get(self, key: bytes) -> SaturatedMoments | None:
        return self._found.get(key)

    def put(self, key: bytes, moments: SaturatedMoments) -> SaturatedMoments:
        self._found[key] = moments
        self._kept += moments.covariance.size
        while self._kept > self.cells:
            _, oldest = self._found.popitem(last=False)
            self._kept -= oldest.covariance.size
        return moments


_REMEMBERED = _Memory()


@dataclass(frozen=True, slots=True)
class _Point:
    sigma: FloatArray
    mu: FloatArray

    def __sub__(self, other: _Point) -> _Point:
        return _Point(self.sigma - other.sigma, self.mu - other.mu)

    def plus(self, times: float, step: _Point) -> _Point:
        return _Point(self.sigma + times * step.sigma, self.mu + times * step.mu)

    def norm(self) -> float:
        return float(np.sqrt(np.sum(self.sigma**2) + np.sum(self.mu**2)))

    def largest(self) -> float:
        return max(float(np.abs(self.sigma).max()), float(np.abs(self.mu).max()))


def saturated_moments(
    data: FloatArray,
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    sampling: FloatArray | None = None,
) -> SaturatedMoments:
    """Maximum-likelihood means and covariance matrix of incomplete normal data.

    EM (Dempster, Laird & Rubin, 1977) with the squared extrapolation of Varadhan & Roland (2008, scheme
    S3), on variables standardised by their available cases. It ends when no standardised mean, variance
    or covariance moves by ``tolerance`` in a plain EM step.

    Parameters
    ----------
    data : (n, p) float array
        NaN marks a missing value; cases without any value are passed over.
    tolerance : float
        In units of standard deviations.
    max_steps : int
        EM steps at most.
    sampling : (n,) float array, optional
        Sampling weights of the cases.

    Returns
    -------
    SaturatedMoments

    Raises
    ------
    ValueError
        If a variable has no value at all.

    Notes
    -----
    Several models of the same data share their saturated moments: the latest are remembered by the data's content.
    """
    if np.isnan(data).all(axis=0).any():
        raise ValueError("a variable has no value at all")
    key = _REMEMBERED.key(data, sampling, tolerance, max_steps)
    found = _REMEMBERED.get(key)
    if found is None:
        found = _REMEMBERED.put(key, _moments(data, tolerance, max_steps, sampling))
    return replace(found, covariance=found.covariance.copy(), mean=found.mean.copy())


def _moments(
    data: FloatArray, tolerance: float, max_steps: int, sampling: FloatArray | None
) -> SaturatedMoments:
    centre = np.nanmean(data, axis=0)
    spread = np.nanstd(data, axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    sample = group_cases((data - centre) / spread, sampling=sampling)
    point, steps, singular, converged = _climb(sample, tolerance, max_steps)
    sigma = point.sigma * np.outer(spread, spread)
    mu = centre + spread * point.mu
    loglik = np.nan if singular else log_likelihood(sample, point.sigma, point.mu)
    seen = summed(~np.isnan(data), sampling)
    return SaturatedMoments(
        covariance=sigma,
        mean=mu,
        loglik=float(loglik - seen @ np.log(spread)),
        n_steps=steps,
        converged=converged,
        singular=singular,
    )


def _climb(sample: IncompleteSample, tolerance: float, max_steps: int) -> tuple[_Point, int, bool, bool]:
    """EM steps with extrapolation: the point reached, steps, singular, converged."""
    p = sample.n_variables
    point = _Point(np.eye(p), np.zeros(p))
    known: Completion | None = None
    steps = 0
    while steps < max_steps:
        first, before = _em_step(sample, point, known)
        steps += 1
        moved = first - point
        if moved.largest() < tolerance:
            return first, steps, _is_singular(first.sigma), True
        if _is_singular(first.sigma):
            return first, steps, True, False
        second, _ = _em_step(sample, first)
        steps += 1
        curve = (second - first) - moved
        length = moved.norm() / max(curve.norm(), np.finfo(float).tiny)
        point, known = _extrapolated(sample, point, moved, curve, length, before) or (second, None)
    return point, steps, _is_singular(point.sigma), False


def _extrapolated(
    sample: IncompleteSample, start: _Point, moved: _Point, curve: _Point, length: float, floor: float
) -> tuple[_Point, Completion] | None:
    """The extrapolated point and what it says of the gaps; None if it is outside the cone or less likely."""
    if length <= 1.0:
        return None
    guess = start.plus(2.0 * length, moved).plus(length**2, curve)
    try:
        done = complete(sample, guess.sigma, guess.mu)
    except np.linalg.LinAlgError:
        return None
    return (guess, done) if completed_log_likelihood(sample, done) >= floor else None


def _em_step(
    sample: IncompleteSample, point: _Point, known: Completion | None = None
) -> tuple[_Point, float]:
    """One EM step, and the log-likelihood at the point it starts from, whose completion may be known."""
    done = complete(sample, point.sigma, point.mu) if known is None else known
    products = done.residual.T @ done.residual
    distance = float(np.sum(done.precision * products))
    loglik = -0.5 * (sample.n_values * LOG_2PI + done.log_determinant + distance)
    shift = (sample.weight @ done.residual) / sample.n_cases
    sigma = (products + done.uncertainty) / sample.n_cases - np.outer(shift, shift)
    return _Point((sigma + sigma.T) / 2.0, point.mu + shift), loglik


def _is_singular(sigma: FloatArray) -> bool:
    return bool(np.linalg.eigvalsh(sigma)[0] < SINGULAR)
