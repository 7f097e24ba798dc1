"""Groups with ordered variables: where complete continuous groups have covariances, these have correlations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index, weighed
from comply_measure.sem.errors import InputError, ModelError, Problem
from comply_measure.sem.ordinal.coding import MixedData, code_groups
from comply_measure.sem.ordinal.conditional_moments import conditional_moments
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.moments import GammaForm, OrdinalMoments, ordinal_moments
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.weighting import UNWEIGHTED, Weighting

if TYPE_CHECKING:
    import pandas as pd


# how much of the asymptotic covariance the weights of a discrepancy need
GAMMA: dict[str, GammaForm] = {"uls": False, "dwls": "diagonal", "wls": True}


@dataclass(frozen=True)
class OrdinalGroup(GroupSample):
    """A group with ordered variables; ``cov`` holds polychoric, polyserial and product-moment covariances.

    With fixed covariates ``cov`` is the joint matrix of (latent) responses and covariates, and ``mean`` holds the
    covariates' means and the continuous variables' intercepts; what the model is compared with is in ``moments``.

    Attributes
    ----------
    moments : OrdinalMoments
        Thresholds, correlations and their asymptotic covariance; given the covariates, if there are any.
    coded : MixedData
        The cases without covariates, for casewise quantities.
    covariates : array (n, c)
        Values of the fixed covariates.
    categories : mapping of str to tuple
        Categories of every ordered variable, lowest first.
    """

    moments: OrdinalMoments = field(kw_only=True)
    coded: MixedData = field(kw_only=True, repr=False)
    covariates: Array = field(kw_only=True, repr=False)
    categories: Mapping[str, tuple[Any, ...]] = field(kw_only=True, repr=False)

    @property
    def modelled_variances(self) -> dict[str, float]:
        """Variances of the (latent) responses; given the covariates, if there are any."""
        return dict(zip(self.moments.names, self.moments.covariance.diagonal().tolist(), strict=True))

    @property
    def statistics(self) -> Array:
        """All sample statistics in lavaan's order (D,)."""
        return self.moments.vector

    @property
    def gamma(self) -> AsymptoticCovariance:
        """Cases times the covariance of the statistics, cases being independent: what weights are made of.

        Raises
        ------
        ModelError
            If it was not computed.
        """
        if self.moments.gamma is None:
            raise ModelError("the asymptotic covariance of the statistics was not computed")
        return self.moments.gamma

    @property
    def spread(self) -> AsymptoticCovariance:
        """Cases times the covariance of the statistics, for inference: of independent clusters where there are any."""
        return self.gamma if self.moments.clustered is None else self.moments.clustered

    @property
    def saturated_loglik(self) -> float:
        """NaN: least squares has no likelihood."""
        return float("nan")


def ordinal_groups(groups: Sequence[GroupSample]) -> tuple[OrdinalGroup, ...]:
    """Groups of a model with ordered variables by their own type; its family builds no others."""
    return cast("tuple[OrdinalGroup, ...]", tuple(groups))


def ordinal_sample(
    frame: pd.DataFrame,
    names: Sequence[str],
    ordered: Collection[str],
    groups: tuple[tuple[str, ...], tuple[Index, ...]],
    missing: str,
    covariates: Sequence[str] = (),
    gamma: GammaForm = True,
    clusters: Index | None = None,
    weighting: Weighting = UNWEIGHTED,
) -> tuple[Sample, dict[str, int]]:
    """Moments of every group.

    Parameters
    ----------
    frame : DataFrame
        The user's data.
    names : sequence of str
        Observed variables in model order.
    ordered : collection of str
        Which of them are ordered.
    groups : pair of tuples
        Names of the groups and rows of each.
    missing : str
        ``listwise`` leaves out cases with any missing value; ``pairwise`` (or ``available.cases``) those without
        any value of the other variables. Cases that lack a covariate are always left out.
    covariates : sequence of str
        Fixed covariates among the names.
    gamma : bool or "diagonal"
        Whether the asymptotic covariance is needed, or only its diagonal.
    clusters : int array, optional
        Cluster of every row of the data, for inference.
    weighting : Weighting
        Sampling weights of every row, if any.

    Returns
    -------
    sample : Sample
    thresholds : dict of str to int
        Number of thresholds of every ordered variable.

    Raises
    ------
    InputError
        See :mod:`comply_measure.sem.ordinal.coding` and
        :func:`~comply_measure.sem.ordinal.moments.ordinal_moments`.
    """
    own = [name for name in names if name not in covariates]
    gaps = frame[own].isna().to_numpy()
    drop = np.asarray(gaps.any(axis=1) if missing == "listwise" else gaps.all(axis=1))
    if covariates:
        drop |= frame[list(covariates)].isna().to_numpy().any(axis=1)
    kept = [np.asarray(rows)[~drop[rows]] for rows in groups[1]]
    _require_cases(groups[0], kept)
    coded, categories = code_groups([frame[own].iloc[rows] for rows in kept], own, ordered, groups[0])
    weights, parts = weighting.of(kept), []
    for name, data, rows, own_weights in zip(groups[0], coded, kept, weights, strict=True):
        data = replace(data, weights=own_weights, cluster=None if clusters is None else clusters[rows])
        x = frame[list(covariates)].iloc[rows].to_numpy(dtype=float)
        parts.append(_group(name, tuple(names), data, x, rows, gamma, categories))
    sample = Sample(tuple(parts), sum(len(rows) for rows in groups[1]), frame.index)
    return sample, {name: len(found) - 1 for name, found in categories.items()}


def _group(
    name: str,
    names: tuple[str, ...],
    data: MixedData,
    x: Array,
    rows: NDArray[np.int64],
    gamma: GammaForm,
    categories: Mapping[str, tuple[Any, ...]],
) -> OrdinalGroup:
    if not x.shape[1]:
        moments = ordinal_moments(data, gamma=gamma)
        cov, mean = moments.covariance, moments.mean
    else:
        moments = conditional_moments(data, x, gamma=bool(gamma))
        cov, mean = _with_covariates(moments, names, x, data.weights)
    return OrdinalGroup(
        name=name,
        names=names,
        n=data.total,
        cov=cov,
        mean=mean,
        cluster=data.cluster,
        rows=rows,
        weights=data.weights,
        moments=moments,
        coded=data,
        covariates=x,
        categories=categories,
    )


def resampled_group(group: OrdinalGroup, rows: NDArray[np.int64], discrepancy: str) -> OrdinalGroup:
    """Some cases of a group, each as often as its place is listed.

    Parameters
    ----------
    group : OrdinalGroup
    rows : int array
        Places of cases.
    discrepancy : str
        What is minimised, ``uls``, ``dwls`` or ``wls``: how much of the asymptotic covariance it needs.

    Raises
    ------
    ModelError
        If a category has no case left.
    """
    data = group.coded.take(rows)
    ordered = np.asarray(group.coded.names)[group.coded.ordered]
    empty = [
        str(name)
        for name, codes, count in zip(ordered, data.codes.T, data.n_categories, strict=True)
        if len(np.setdiff1d(np.arange(count), codes))
    ]
    if empty:
        raise ModelError(f"a category of {', '.join(empty)} is empty")
    places = rows if group.rows is None else np.asarray(group.rows)[rows]
    return _group(
        group.name, group.names, data, group.covariates[rows], places, GAMMA[discrepancy], group.categories
    )


def _with_covariates(
    moments: OrdinalMoments, names: tuple[str, ...], x: Array, weights: Array | None
) -> tuple[Array, Array]:
    """Joint covariance matrix of responses and covariates, and means; order of ``names``.

    The covariates' own covariances have divisor n − 1, as lavaan reports them with least squares; weighted ones n.
    """
    if weights is None:
        of_x, mean_x = np.atleast_2d(np.cov(x, rowvar=False)), x.mean(axis=0)
    else:
        mean_x = weights @ x / weights.sum()
        of_x = (x - mean_x).T @ weighed(x - mean_x, weights) / weights.sum()
    cross = moments.slopes @ of_x
    joint = np.block([[moments.covariance + cross @ moments.slopes.T, cross], [cross.T, of_x]])
    own = [i for i, name in enumerate(names) if name in moments.names]
    other = [i for i, name in enumerate(names) if name not in moments.names]
    order = np.argsort([*own, *other])
    mean = np.concatenate((moments.mean, mean_x))
    return joint[np.ix_(order, order)], mean[order]


def _require_cases(labels: Sequence[str], kept: Sequence[NDArray[np.int64]]) -> None:
    problems = [
        Problem("too few cases", column=label or None, value=len(rows), allowed="at least two")
        for label, rows in zip(labels, kept, strict=True)
        if len(rows) < 2
    ]
    if problems:
        raise InputError("Too few cases with values.", problems)
