"""Groups with missing values: their saturated moments stand where complete groups have sample moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index, total_weight
from comply_measure.sem.data import Cases
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.missing.baseline import baseline_moments
from comply_measure.sem.missing.completion import Completion, complete
from comply_measure.sem.missing.coverage import coverage_problems
from comply_measure.sem.missing.likelihood import log_likelihood
from comply_measure.sem.missing.patterns import IncompleteSample, group_cases
from comply_measure.sem.missing.saturated import SaturatedMoments, saturated_moments
from comply_measure.sem.missing.saturated_inference import Kind, SaturatedInference, saturated_inference
from comply_measure.sem.sample import LOG_2PI, GroupSample, Sample, moments
from comply_measure.sem.shared import Part, shared_sample

MAX_MOMENTS = 6000  # their information is a square matrix of that size: 288 MB, and three of them at work


@dataclass(frozen=True)
class IncompleteGroup(GroupSample):
    """A group with missing values; ``cov`` and ``mean`` are the saturated (EM) moments.

    Attributes
    ----------
    incomplete : IncompleteSample
        The cases, grouped by pattern.
    saturated : SaturatedMoments
        How ``cov`` and ``mean`` were found.
    faults : tuple of Problem
        Pairs of variables never seen together.
    inferences : dict
        What :meth:`inference` has computed since :meth:`forget`.
    """

    incomplete: IncompleteSample | None = field(default=None, repr=False)
    saturated: SaturatedMoments | None = field(default=None, repr=False)
    faults: tuple[Problem, ...] = ()
    inferences: dict[tuple[tuple[str, ...], Kind], SaturatedInference] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def cases(self) -> IncompleteSample:
        """The cases one by one, for casewise quantities."""
        return group_cases(self.values, condense=False, sampling=self.weights)

    @property
    def values(self) -> Array:
        """Data (n, p), NaN where missing."""
        return np.zeros((0, self.p)) if self.data is None else self.data

    @property
    def independent_moments(self) -> tuple[Array, Array]:
        """Each variable's mean and variance in the cases that have it."""
        found = baseline_moments(self.values, sampling=self.weights)
        return found.mu, found.sigma.diagonal()

    @cached_property
    def completed(self) -> Completion:
        """What the saturated moments say of the missing values of each case."""
        return complete(self.cases, self.cov, np.zeros(self.p) if self.mean is None else self.mean)

    @cached_property
    def patterns(self) -> IncompleteSample:
        """The cases, condensed by pattern."""
        return self.incomplete or group_cases(self.values, sampling=self.weights)

    @property
    def is_determined(self) -> bool:
        """Not where the search for the saturated moments ran into a singular covariance matrix."""
        return self.saturated is None or not self.saturated.singular

    @property
    def are_moments_known(self) -> bool:
        """Not where the search for the saturated moments has failed."""
        return not np.isnan(self.saturated_loglik)

    @property
    def has_gaps(self) -> bool:
        """Whether a case lacks a value."""
        return bool(np.isnan(self.values).any())

    @property
    def n_moments(self) -> int:
        """Means and covariances, p(p+3)/2."""
        return self.p * (self.p + 3) // 2

    def forget(self) -> None:
        """Let go of the information about the saturated moments, a square matrix of their number."""
        self.inferences.clear()

    @property
    def has_inference(self) -> bool:
        """Whether :meth:`inference` is possible: the data determine the moments, which are not too many."""
        return not np.isnan(self.saturated_loglik) and self.n_moments <= MAX_MOMENTS

    def inference(self, exogenous: tuple[str, ...], kind: Kind = "observed") -> SaturatedInference:
        """Information about the saturated moments and casewise scores; computed once for fits in a row.

        Parameters
        ----------
        exogenous : tuple of str
            Fixed exogenous variables.
        kind : {"observed", "expected"}

        Raises
        ------
        ModelError
            If the data do not identify every moment.
        """
        key = (exogenous, kind)
        if key not in self.inferences:
            self.inferences[key] = self._inference(exogenous, kind)
        return self.inferences[key]

    def _inference(self, exogenous: tuple[str, ...], kind: Kind) -> SaturatedInference:
        places = np.array([self.names.index(name) for name in exogenous], dtype=np.intp)
        mean = np.zeros(self.p) if self.mean is None else self.mean
        clusters = None if self.cluster is None else np.asarray(self.cluster, dtype=np.intp)
        place = f" in group '{self.name}'" if self.name else ""
        if not self.has_inference:
            raise ModelError(f"the saturated moments{place} allow no inference: no scaled test of fit")
        try:
            return saturated_inference(self.cases, self.cov, mean, kind, clusters, places)
        except np.linalg.LinAlgError:
            raise ModelError(
                f"the information about the saturated moments{place} is singular: no scaled test of fit"
            ) from None

    @property
    def saturated_loglik(self) -> float:
        """Log-likelihood of the saturated moments; NaN where the data do not determine them."""
        if self.saturated is None or self.faults or not self.saturated.converged or self.saturated.singular:
            return float("nan")
        return self.saturated.loglik

    def exogenous_loglik(self, names: tuple[str, ...]) -> float:
        """Log-likelihood of fixed exogenous variables by themselves, at their own moments."""
        if not names:
            return 0.0
        places = [self.names.index(name) for name in names]
        means = np.zeros(self.p) if self.mean is None else self.mean
        block = self.cov[np.ix_(places, places)]
        return log_likelihood(
            group_cases(self.values[:, places], sampling=self.weights), block, means[places]
        )

    def independence_loglik(self, names: tuple[str, ...]) -> float:
        """Log-likelihood of the independence model, in which exogenous variables covary freely.

        Nothing connects them to the rest, so that their moments are those of their own values.
        """
        places = np.array([self.names.index(name) for name in names], dtype=np.intp)
        cov, mean = self.cov.copy(), None if self.mean is None else self.mean.copy()
        own = self.values[:, places]
        if mean is not None and np.isnan(own).any():
            seen = ~np.isnan(own).all(axis=1)
            weights = None if self.weights is None else self.weights[seen]
            alone = saturated_moments(own[seen], sampling=weights)
            cov[np.ix_(places, places)], mean[places] = alone.covariance, alone.mean
        return baseline_moments(self.values, places, cov, mean, self.weights).loglik


class TwoStageGroup(IncompleteGroup):
    """A group whose saturated moments are taken for those of complete cases (two-stage estimation)."""

    @property
    def saturated_loglik(self) -> float:
        """Complete-data log-likelihood at the saturated moments; NaN where the data do not determine them."""
        if np.isnan(super().saturated_loglik):
            return float("nan")
        return -0.5 * self.n * (self.p * (LOG_2PI + 1.0) + self.inverse_logdet[1])

    def exogenous_loglik(self, names: tuple[str, ...]) -> float:
        """The same for fixed exogenous variables by themselves."""
        return GroupSample.exogenous_loglik(self, names)

    def independence_loglik(self, names: tuple[str, ...]) -> float:
        """The same under the independence model."""
        return GroupSample.independence_loglik(self, names)


def incomplete_sample(
    cases: Cases, exogenous: tuple[tuple[str, ...], ...], two_stage: bool = False
) -> Sample:
    """All available values of every group.

    Cases without any value are left out, and so are those that lack a fixed exogenous variable.

    Parameters
    ----------
    cases : Cases
        The user's data.
    exogenous : tuple of tuple of str
        Per group, fixed exogenous variables that must be complete.
    two_stage : bool
        Take the saturated moments for those of complete cases.

    Returns
    -------
    Sample

    Raises
    ------
    InputError
        If a variable has fewer than two values in a group, or only equal ones, naming all of them.
    """
    kept, problems, constant = [], [], []
    for number, fixed in enumerate(exogenous):
        values, names = cases.values[number], cases.names[number]
        keep = ~np.isnan(values).all(axis=1)
        if fixed:
            keep &= ~np.isnan(values[:, [names.index(name) for name in fixed]]).any(axis=1)
        kept.append(np.flatnonzero(keep))
        problems += _unseen(values[keep], names, cases.groups[number])
        constant += _constant(values[keep], names, cases.groups[number])
    if problems:
        raise InputError("Variables without data.", problems)
    if constant:
        raise InputError("Variables without variance.", constant)
    kind = TwoStageGroup if two_stage else IncompleteGroup
    weights = cases.weighting.of([own[rows] for own, rows in zip(cases.rows, kept, strict=True)])
    parts = [
        Part(values[rows], None if codes is None else codes[rows], own[rows], weight)
        for values, codes, own, rows, weight in zip(
            cases.values, cases.clusters, cases.rows, kept, weights, strict=True
        )
    ]
    named = tuple(zip(cases.groups, cases.names, parts, strict=True))
    return shared_sample(kind, cases, parts, lambda: tuple(_group(kind, *one) for one in named))


def incomplete_groups(groups: Sequence[GroupSample]) -> tuple[IncompleteGroup, ...]:
    """Groups of a model of incomplete data by their own type; its family builds no others."""
    return cast("tuple[IncompleteGroup, ...]", tuple(groups))


def resampled_group(group: IncompleteGroup, rows: Index, fixed: tuple[str, ...]) -> IncompleteGroup:
    """Some cases. Their saturated moments are not needed, except those of complete covariates."""
    data = group.values[rows]
    cov = group.cov.copy()
    mean = np.zeros(group.p) if group.mean is None else group.mean.copy()
    if fixed:
        places = [group.names.index(name) for name in fixed]
        own = moments(data[:, places], fixed)
        cov[np.ix_(places, places)] = own.cov
        mean[places] = own.mean
    return IncompleteGroup(group.name, group.names, len(data), cov, mean, data, incomplete=group_cases(data))


def resampled_sample(
    sample: Sample, rows: Sequence[Index], exogenous: tuple[tuple[str, ...], ...], two_stage: bool
) -> Sample:
    """Some cases of every group, with their saturated moments; see :func:`incomplete_sample`."""
    groups = incomplete_groups(sample.groups)
    cases = Cases(
        groups=tuple(group.name for group in groups),
        values=tuple(group.values[own] for group, own in zip(groups, rows, strict=True)),
        names=tuple(group.names for group in groups),
        clusters=tuple(None for _ in groups),
        rows=tuple(np.arange(len(own)) for own in rows),
        n_given=sum(len(own) for own in rows),
    )
    return incomplete_sample(cases, exogenous, two_stage)


def _unseen(values: Array, names: tuple[str, ...], group: str) -> list[Problem]:
    place = f" in group '{group}'" if group else ""
    counts = np.count_nonzero(~np.isnan(values), axis=0)
    return [
        Problem(
            f"too few values{place}", column=name, value=int(count), allowed="at least two cases with a value"
        )
        for name, count in zip(names, counts, strict=True)
        if count < 2
    ]


def _constant(values: Array, names: tuple[str, ...], group: str) -> list[Problem]:
    place = f" in group '{group}'" if group else ""
    low = np.where(np.isnan(values), np.inf, values).min(axis=0, initial=np.inf)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=0, initial=-np.inf)
    return [
        Problem(f"no variance{place}", column=name, value=float(one), allowed="leave constant variables out")
        for name, one, other in zip(names, low, high, strict=True)
        if one == other
    ]


def _group(kind: type[IncompleteGroup], name: str, names: tuple[str, ...], part: Part) -> IncompleteGroup:
    values, weights = part.data, part.weights
    found = saturated_moments(values, sampling=weights)
    return kind(
        name=name,
        names=names,
        n=len(values) if weights is None else total_weight(weights),
        cov=found.covariance,
        mean=found.mean,
        data=values,
        cluster=part.cluster,
        rows=part.rows,
        weights=weights,
        incomplete=group_cases(values, sampling=weights),
        saturated=found,
        faults=coverage_problems(values, names, f" in group '{name}'" if name else ""),
    )
