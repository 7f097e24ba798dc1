"""Refits of one replication at a time: for every estimator, missing values, ordered variables, any constraint."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.model import Model, specify
from comply_measure.sem.sample import GroupSample, Sample

FAILURES = (InputError, ModelError, NotPositiveDefiniteError, np.linalg.LinAlgError, FloatingPointError)


def refit_rows(model: Model, theta: Array, rows: list[Index]) -> tuple[Array, float, str]:
    """Refit a model to some of its cases, each as often as its place is listed.

    Parameters
    ----------
    model : Model
        The fitted model.
    theta : array (q,)
        Where to start.
    rows : list of int arrays
        Places of cases, per group.

    Returns
    -------
    theta : array (q,)
        NaN when the refit failed.
    statistic : float
        χ².
    reason : str
        Why it failed; empty otherwise.
    """
    try:
        sample = model.family.resample(model, rows)
        return refit_sample(model, theta, sample)
    except FAILURES as failure:
        return np.full(len(theta), np.nan), np.nan, first_line(failure)


def refit_sample(model: Model, theta: Array, sample: Sample) -> tuple[Array, float, str]:
    """Refit a model to another sample; see :func:`refit_rows`."""
    other = specify(model.table, sample, model.options)
    optimum = estimate(other, theta)
    if not optimum.converged:
        return np.full(len(theta), np.nan), np.nan, "no convergence"
    return optimum.point.theta, other.statistic(optimum.point), ""


def first_line(failure: Exception) -> str:
    """Why a refit failed."""
    if isinstance(failure, NotPositiveDefiniteError | np.linalg.LinAlgError | FloatingPointError):
        return "a matrix is singular"
    return str(failure).split("\n")[0].rstrip(".")


def moment_sample(model: Model, n: Array, means: list[Array], covs: list[Array]) -> Sample:
    """A sample of given moments, one group each."""
    parts = []
    for group, size, mean, cov in zip(model.sample.groups, n, means, covs, strict=True):
        parts.append(GroupSample(group.name, group.names, round(size), cov, mean))
    return Sample(tuple(parts), sum(part.n_cases for part in parts))
