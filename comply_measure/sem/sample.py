"""Sample moments of the groups: what the discrepancies compare the model with."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from comply_measure.sem.arrays import (
    Array,
    Index,
    NotPositiveDefiniteError,
    inverse_and_logdet,
    total_weight,
    weighed,
)
from comply_measure.sem.errors import ModelError
from comply_measure.statistics.correlation import to_correlations

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")
LOG_2PI = math.log(2.0 * math.pi)
COLLINEAR = 1e-11  # share of a variance that the other variables must leave unexplained


@dataclass(frozen=True)
class GroupSample:
    """Moments of one group.

    Attributes
    ----------
    name : str
        The group's value in the data; empty for a single group.
    names : tuple of str
        Observed variables, in the order of the matrices.
    n : float
        Number of cases used; with sampling weights their sum.
    cov : array (p, p)
        Covariance matrix with divisor n (maximum likelihood under normality), n − 1 for least squares.
    mean : array (p,) or None
        Means; None when only covariances are known.
    data : array (n, p) or None
        The cases themselves, for casewise statistics.
    cluster : int array (n,) or None
        Cluster of each case, coded from 0.
    rows : int array (n,) or None
        Positions of the cases in the user's data.
    weights : array (n,) or None
        Sampling weights of the cases, as normalised.
    """

    name: str
    names: tuple[str, ...]
    n: float
    cov: Array
    mean: Array | None = None
    data: Array | None = field(default=None, repr=False)
    cluster: Index | None = field(default=None, repr=False)
    rows: Index | None = field(default=None, repr=False)
    weights: Array | None = field(default=None, repr=False)

    @property
    def n_cases(self) -> int:
        """Number of cases used, whatever their weights."""
        known = self.weights if self.data is None else self.data
        return int(self.n) if known is None else len(known)

    @property
    def independent_moments(self) -> tuple[Array, Array]:
        """Means (zero where unknown) and variances that fit best if no variable goes with another."""
        return np.zeros(len(self.names)) if self.mean is None else self.mean, self.cov.diagonal()

    @property
    def modelled_variances(self) -> dict[str, float]:
        """Sample variances of what the model explains, by variable."""
        return dict(zip(self.names, self.cov.diagonal().tolist(), strict=True))

    @property
    def p(self) -> int:
        """Number of observed variables."""
        return len(self.names)

    @property
    def is_determined(self) -> bool:
        """Whether the cases determine every mean and covariance: else the likelihood of most models has no maximum."""
        return True

    @property
    def are_moments_known(self) -> bool:
        """Whether the discrepancy is measured from the sample's moments, so that none is below zero."""
        return True

    @property
    def has_gaps(self) -> bool:
        """Whether a case lacks a value."""
        return False

    def forget(self) -> None:
        """Let go of what is large and can be computed again; moments are not."""

    @cached_property
    def inverse_logdet(self) -> tuple[Array, float]:
        """S⁻¹ and log|S|.

        Raises
        ------
        ModelError
            Naming what makes the covariance matrix singular.
        """
        try:
            inverse, logdet = inverse_and_logdet(self.cov)
        except NotPositiveDefiniteError:
            raise ModelError(singular_reason(self)) from None
        unexplained = 1.0 / (inverse.diagonal() * self.cov.diagonal())  # 1 − R² of each on all others
        if unexplained.min(initial=1.0) < COLLINEAR:
            raise ModelError(singular_reason(self))
        return inverse, logdet

    @property
    def saturated_loglik(self) -> float:
        """Log-likelihood at the sample's own moments: ``−½ n (p (log 2π + 1) + log|S|)``."""
        return -0.5 * self.n * (self.p * (LOG_2PI + 1.0) + self.inverse_logdet[1])

    def exogenous_loglik(self, names: tuple[str, ...]) -> float:
        """Log-likelihood of fixed exogenous variables by themselves, at their own moments."""
        if not names:
            return 0.0
        places = [self.names.index(name) for name in names]
        logdet = float(np.linalg.slogdet(self.cov[np.ix_(places, places)])[1])
        return -0.5 * self.n * (len(places) * (LOG_2PI + 1.0) + logdet)

    def independence_loglik(self, names: tuple[str, ...]) -> float:
        """Log-likelihood of the independence model; fixed exogenous variables keep their covariances."""
        free = ~np.isin(self.names, names)
        logdet = float(np.log(self.cov.diagonal()[free]).sum())
        own = -0.5 * self.n * (int(free.sum()) * (LOG_2PI + 1.0) + logdet)
        return own + self.exogenous_loglik(names)


@dataclass(frozen=True)
class Sample:
    """All groups.

    Attributes
    ----------
    groups : tuple of GroupSample
        In order of first appearance in the data.
    n_given : int
        Cases in the user's data (before incomplete ones were left out); equals ``n`` for moments.
    index : Index or None
        Row labels of the user's data, all rows; None for moments and resampled cases.
    """

    groups: tuple[GroupSample, ...]
    n_given: int
    index: pd.Index[Any] | None = field(default=None, repr=False, compare=False)
    _known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """What depends on the sample and the key alone, computed once for all models of the sample."""
        if key not in self._known:
            self._known[key] = compute()
        found: Result = self._known[key]
        return found

    @property
    def n(self) -> float:
        """Number of cases used; with sampling weights their sum."""
        return sum(group.n for group in self.groups)

    @property
    def n_cases(self) -> int:
        """Number of cases used, whatever their weights."""
        return sum(group.n_cases for group in self.groups)

    @property
    def is_weighted(self) -> bool:
        """Whether there are sampling weights."""
        return any(group.weights is not None for group in self.groups)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.groups)

    @property
    def weights(self) -> tuple[float, ...]:
        """Share of each group in the cases."""
        total = self.n
        return tuple(group.n / total for group in self.groups)


def moments(
    data: Array,
    names: Sequence[str],
    group: str = "",
    cluster: Index | None = None,
    rows: Index | None = None,
    unbiased: bool = False,
    weights: Array | None = None,
) -> GroupSample:
    """Moments of complete cases.

    Parameters
    ----------
    data : array (n, p)
        Complete cases.
    names : sequence of str
        Column names.
    group : str
        Name of the group.
    cluster, rows : arrays (n,), optional
        Cluster and position of each case.
    unbiased : bool
        Divide by n − 1 instead of n.
    weights : array (n,), optional
        Sampling weights: ``m = Σ w y / W`` and ``S = Σ w (y − m)(y − m)ᵀ / W``, with their sum W in the place of n.
    """
    if weights is None:
        n: float = len(data)
        mean = data.mean(axis=0)
    else:
        n = total_weight(weights)
        mean = weights @ data / weights.sum()
    centred = data - mean
    cov = weighed(centred, weights).T @ centred / (n - 1 if unbiased else n)
    return GroupSample(group, tuple(names), n, cov, mean, data, cluster, rows, weights)


def singular_reason(sample: GroupSample) -> str:
    """Why a sample covariance matrix is singular, in a sentence a user can act on."""
    place = f" in group '{sample.name}'" if sample.name else ""
    variance = sample.cov.diagonal()
    constant = [name for name, v in zip(sample.names, variance, strict=True) if not v > 0.0]
    if constant:
        return f"no variance{place}: {', '.join(constant)}; leave constant variables out"
    if sample.data is not None and sample.n_cases <= sample.p:
        return (
            f"{sample.n_cases} complete cases{place} for {sample.p} variables: the covariance matrix is singular; "
            "more cases or fewer variables are needed"
        )
    values, vectors = np.linalg.eigh(to_correlations(sample.cov))
    if values[0] < -1e-8:
        return f"the covariance matrix{place} is not positive definite (smallest eigenvalue {values[0]:.3g})"
    involved = [n for n, w in zip(sample.names, vectors[:, 0], strict=True) if abs(w) > 0.05]
    names = ", ".join(involved)
    return f"linearly dependent variables{place}: {names}; leave one out, or check for sums and copies"
