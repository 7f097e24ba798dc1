"""Refits of one replication at a time: for every estimator, missing values, ordered variables, any constraint."""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.data import Cases
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.missing.patterns import group_cases
from comply_measure.sem.missing.sample import IncompleteGroup, TwoStageGroup, incomplete_sample
from comply_measure.sem.model import Model, specify
from comply_measure.sem.ordinal.sample import OrdinalGroup, resampled_group
from comply_measure.sem.sample import GroupSample, Sample, moments

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
        sample = resample(model, rows)
        return refit_sample(model, theta, sample)
    except FAILURES as failure:
        return np.full(len(theta), np.nan), np.nan, _first_line(failure)


def refit_sample(model: Model, theta: Array, sample: Sample) -> tuple[Array, float, str]:
    """Refit a model to another sample; see :func:`refit_rows`."""
    other = specify(model.table, sample, model.options)
    optimum = estimate(other, theta)
    if not optimum.converged:
        return np.full(len(theta), np.nan), np.nan, "no convergence"
    return optimum.point.theta, other.statistic(optimum.point), ""


def _first_line(failure: Exception) -> str:
    if isinstance(failure, NotPositiveDefiniteError | np.linalg.LinAlgError | FloatingPointError):
        return "a matrix is singular"
    return str(failure).split("\n")[0].rstrip(".")


def resample(model: Model, rows: list[Index]) -> Sample:
    """The sample that consists of some cases of a model's sample.

    Raises
    ------
    ModelError, InputError
        When the cases do not allow the model's statistics, such as an empty category.
    """
    groups = model.sample.groups
    if any(isinstance(group, TwoStageGroup) for group in groups) or model.options.missing == "ml.x":
        return _saturated_again(model, rows)
    parts = tuple(_group(model, number, own) for number, own in enumerate(rows))
    return Sample(parts, sum(part.n for part in parts))


def _group(model: Model, number: int, rows: Index) -> GroupSample:
    group = model.sample.groups[number]
    if isinstance(group, OrdinalGroup):
        return resampled_group(group, rows, model.options.estimator.discrepancy)
    if group.data is None:
        raise ModelError("the model was fitted to moments: there are no cases to resample")
    if isinstance(group, IncompleteGroup):
        return _incomplete(group, rows, model.exogenous[number])
    unbiased = model.options.estimator.discrepancy != "ml"
    return moments(group.data[rows], group.names, group.name, unbiased=unbiased)


def _incomplete(group: IncompleteGroup, rows: Index, fixed: tuple[str, ...]) -> IncompleteGroup:
    """Cases with missing values. Their saturated moments are not needed, except those of complete covariates."""
    data = group.values[rows]
    cov = group.cov.copy()
    mean = np.zeros(group.p) if group.mean is None else group.mean.copy()
    if fixed:
        places = [group.names.index(name) for name in fixed]
        own = moments(data[:, places], fixed)
        cov[np.ix_(places, places)] = own.cov
        mean[places] = own.mean
    return IncompleteGroup(group.name, group.names, len(data), cov, mean, data, incomplete=group_cases(data))


def _saturated_again(model: Model, rows: list[Index]) -> Sample:
    """Cases with missing values whose saturated moments are needed."""
    groups = model.sample.groups
    values = tuple(
        np.zeros((0, group.p)) if group.data is None else group.data[own]
        for group, own in zip(groups, rows, strict=True)
    )
    cases = Cases(
        groups=tuple(group.name for group in groups),
        values=values,
        names=tuple(group.names for group in groups),
        clusters=tuple(None for _ in groups),
        rows=tuple(np.arange(len(own)) for own in rows),
        n_given=sum(len(own) for own in rows),
    )
    fixed = model.options.missing != "ml.x"
    exogenous = tuple(names if fixed else () for names in model.exogenous)
    return incomplete_sample(cases, exogenous, model.options.missing != "ml.x")


def moment_sample(model: Model, n: Array, means: list[Array], covs: list[Array]) -> Sample:
    """A sample of given moments, one group each."""
    parts = []
    for group, size, mean, cov in zip(model.sample.groups, n, means, covs, strict=True):
        parts.append(GroupSample(group.name, group.names, round(size), cov, mean))
    return Sample(tuple(parts), sum(part.n for part in parts))
