"""Whether fits can be compared: the same cases, variables, estimator and treatment of missing values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import InputError
from comply_measure.sem.sample import GroupSample

if TYPE_CHECKING:
    from comply_measure.sem.result import Fit

HEADLINE = "The models cannot be compared."


def check_comparable(fits: Sequence[Fit], names: Sequence[str]) -> None:
    """Refuse fits that do not rest on the same data or do not share a scale of misfit.

    Parameters
    ----------
    fits : sequence of Fit
        At least two.
    names : sequence of str
        One per fit.

    Raises
    ------
    InputError
        Listing every reason.
    """
    first = fits[0]
    problems = [
        Problem("did not converge", column=name)
        for fit, name in zip(fits, names, strict=True)
        if not fit.converged
    ]
    for fit, name in zip(fits[1:], names[1:], strict=True):
        problems += [Problem(reason, column=name) for reason in _differences(first, fit)]
    problems += _mixed_tests(fits, names)
    if problems:
        raise InputError(HEADLINE, problems)


def _mixed_tests(fits: Sequence[Fit], names: Sequence[str]) -> list[Problem]:
    open_fits = [(fit, name) for fit, name in zip(fits, names, strict=True) if fit.model.df > 0]
    kinds = {fit.model.options.test for fit, _ in open_fits}
    if len(kinds) <= 1:
        return []
    found = ", ".join(f"{name}: {fit.model.options.test}" for fit, name in open_fits)
    return [Problem("the models have different tests", value=found, allowed="one test for all")]


def _differences(first: Fit, other: Fit) -> list[str]:
    """Reasons why the second fit is not comparable with the first."""
    mine, theirs = first.model, other.model
    reasons = []
    if not mine.family.same_scale(theirs.family):
        reasons.append("fitted with another estimator")
    if first.steps != other.steps:
        reasons.append("estimated in other steps")
    if mine.options.missing != theirs.options.missing:
        reasons.append("treats missing values in another way")
    if mine.table.meanstructure != theirs.table.meanstructure:
        reasons.append("one model has means, the other has none")
    if mine.table.options.parameterization != theirs.table.options.parameterization:
        reasons.append("uses another parameterisation of ordered variables")
    return reasons + data_differences(mine.sample.groups, theirs.sample.groups)


def data_differences(first: Sequence[GroupSample], other: Sequence[GroupSample]) -> list[str]:
    """Reasons why two samples are not the same cases and variables."""
    if [group.name for group in first] != [group.name for group in other]:
        return ["fitted to other groups"]
    reasons: dict[str, None] = {}
    for mine, theirs in zip(first, other, strict=True):
        if set(mine.names) != set(theirs.names):
            extra = sorted(set(mine.names) ^ set(theirs.names))
            reasons[f"uses other observed variables ({', '.join(extra)} not in both)"] = None
        elif mine.n_cases != theirs.n_cases:
            reasons[f"uses {theirs.n_cases} cases, not {mine.n_cases}"] = None
        elif not _same_values(mine, theirs):
            reasons["fitted to other data"] = None
        elif not _same_weights(mine, theirs):
            reasons["uses other sampling weights"] = None
    return list(reasons)


def _same_values(first: GroupSample, other: GroupSample) -> bool:
    places = [other.names.index(name) for name in first.names]
    if first.data is not None and other.data is not None and first.data.shape == other.data.shape:
        return bool(np.array_equal(first.data, other.data[:, places], equal_nan=True))
    return _close(first.cov, other.cov[np.ix_(places, places)]) and _close_means(first, other, places)


def _same_weights(first: GroupSample, other: GroupSample) -> bool:
    if first.weights is None or other.weights is None:
        return first.weights is None and other.weights is None
    return bool(np.allclose(first.weights, other.weights, rtol=1e-10, atol=0.0))


def _close_means(first: GroupSample, other: GroupSample, places: list[int]) -> bool:
    if first.mean is None or other.mean is None:
        return first.mean is None and other.mean is None
    return _close(first.mean, other.mean[places])


def _close(first: Array, other: Array) -> bool:
    return bool(np.allclose(first, other, rtol=1e-10, atol=1e-12 * float(np.abs(first).max(initial=0.0))))
