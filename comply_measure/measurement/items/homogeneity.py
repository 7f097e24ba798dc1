"""Homogeneity of covariances between missing-data patterns, without normality (Jamshidian & Jalal 2010)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.polynomial import legendre

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_scales, item_values, listed, varying_items
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result
from comply_measure.statistics.words import counted

NAN = float("nan")
FEWEST = 6  # patterns with this many informants or fewer are left out, as in the authors' program
SMOOTH = 4  # order of Neyman's test
SMALL = 30  # below it Neyman's statistic is compared with simulated values
SIMULATED = 5000
DONORS = 5


@dataclass(frozen=True, slots=True)
class PatternHomogeneity(Result):
    """Tests of equal covariances between patterns of missing answers.

    Attributes
    ----------
    hawkins, hawkins_df, hawkins_pvalue : float
        Fisher's combination of Neyman's smooth tests, χ² with two degrees of freedom per pattern: normality and equal
        covariances together.
    anderson_darling, pvalue : float
        k-sample statistic of the distances and its permutation p: equal covariances alone.
    n_patterns, n_informants : int
        Patterns and informants in the tests.
    n_left_out : int
        Informants of patterns that are too rare.
    n_items, n_permutations, seed : int
    dropped : tuple of (str, str)
        Items left out, with the reason.
    note : str
        Why values are undefined, and what the tests do not cover.
    """

    hawkins: float
    hawkins_df: int
    hawkins_pvalue: float
    anderson_darling: float
    pvalue: float
    n_patterns: int
    n_informants: int
    n_left_out: int
    n_items: int
    n_permutations: int
    seed: int
    dropped: tuple[tuple[str, str], ...]
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row with all attributes."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        return pd.DataFrame([row | {"dropped": listed(self.dropped)}])


def pattern_homogeneity(
    data: pd.DataFrame, items: Sequence[str], *, seed: int, n_permutations: int = 999
) -> PatternHomogeneity:
    """Test of equal covariances between patterns of missing answers that needs no normality.

    Missing answers are imputed once without a distribution: those of one of the five complete informants whose
    predictions (maximum-likelihood moments) are nearest, so that coarse or skewed answers stay as they are. With S the
    pooled covariance within g patterns, ``V_ij = (x_ij − x̄_i)' S⁻¹ (x_ij − x̄_i)`` and
    ``F_ij = (n − g − p) n_i V_ij / {p [(n_i − 1)(n − g) − n_i V_ij]}``, the tails ``A_ij`` of ``F(p, n − g − p)`` are
    uniform under normality and equal covariances (Hawkins 1981). Neyman's smooth test of order 4 in every pattern,
    combined by Fisher's method, tests both; the k-sample Anderson-Darling test of F_ij between patterns tests equal
    covariances alone, because unequal ones spread the distances unequally whatever the distribution; its p comes from
    exchanging informants between patterns, with the imputation done again. Read the first; if it rejects, the second
    says whether covariances differ. Patterns of six informants or fewer are left out.

    Under missing completely at random covariances are equal; differences in means alone are not tested here (that is
    :func:`little_mcar`).

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    items : sequence of str
    seed : int
        Of imputation and permutations.
    n_permutations : int

    Returns
    -------
    PatternHomogeneity
        NaN with a note where fewer than two patterns are large enough, no informant is complete, or items determine
        each other.

    Raises
    ------
    InputError
        Absent or non-numeric items, or fewer than 99 permutations.

    References
    ----------
    Jamshidian & Jalal (2010), Psychometrika 75, 649-674; Hawkins (1981), Technometrics 23, 105-110; Scholz & Stephens
    (1987), JASA 82, 918-924.
    """
    check_scales(data, {"items": items})
    if n_permutations < 99:
        fault = Problem("n_permutations", value=n_permutations, allowed="at least 99")
        raise InputError("Homogeneity cannot be tested.", [fault])
    values = item_values(data, items)
    kept, dropped = varying_items(values, items)
    values = values[:, kept]
    rng = np.random.default_rng(seed)
    answered = values[~np.isnan(values).all(axis=1)]
    chosen, group = _large_patterns(answered)
    counts = (int(group.max(initial=-1)) + 1, int(chosen.sum()), int((~chosen).sum()), len(kept))
    imputation, note = _imputation(answered, group)
    if imputation is None:
        return PatternHomogeneity(NAN, 0, NAN, NAN, NAN, *counts, n_permutations, seed, dropped, note)
    x = imputation.of(answered[chosen], rng)
    A = _distances(x, group)[1]
    p_values = [_neyman(A[group == g], rng) for g in range(counts[0])]
    hawkins = float(-2.0 * np.log(p_values).sum())
    masks = np.stack([np.isnan(answered[chosen][group == g][0]) for g in range(counts[0])])
    statistic, pvalue = _k_sample(x, group, imputation, masks, n_permutations, rng)
    from scipy.special import chdtrc

    df = 2 * counts[0]
    note = (
        f"{counted(int(counts[2]), 'informant of a rare pattern is', 'informants of rare patterns are')} left out"
        if counts[2]
        else ""
    )
    return PatternHomogeneity(
        hawkins,
        df,
        float(chdtrc(df, hawkins)),
        statistic,
        pvalue,
        *counts,
        n_permutations,
        seed,
        dropped,
        note,
    )


def _large_patterns(values: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Which informants share their pattern with more than six, and the patterns of those."""
    member = np.unique(np.isnan(values), axis=0, return_inverse=True)[1].reshape(-1)
    large = np.bincount(member, minlength=1)[member] > FEWEST
    return large, np.unique(member[large], return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class _Imputation:
    """Predictions from maximum-likelihood moments; answers from informants without gaps, else from `complete`."""

    mean: Floats
    covariance: Floats
    complete: Floats

    def of(self, values: Floats, rng: np.random.Generator) -> Floats:
        """Missing answers taken together from one of the five complete informants with the nearest predictions."""
        out = values.copy()
        gone_of = np.isnan(values)
        donors = values[~gone_of.any(axis=1)]
        donors = donors if len(donors) >= DONORS else self.complete
        # equal predictions in random order: the first informants of the table are not preferred
        donors = donors[rng.permutation(len(donors))]
        patterns, member = np.unique(gone_of, axis=0, return_inverse=True)
        for k, gone in enumerate(patterns):
            if gone.any():
                rows = np.flatnonzero(member.reshape(-1) == k)
                out[np.ix_(rows, np.flatnonzero(gone))] = self._taken(values[rows], donors, gone, rng)
        return out

    def _taken(self, rows: Floats, donors: Floats, gone: np.ndarray, rng: np.random.Generator) -> Floats:
        """What the donors answered, of the items that these informants left out."""
        slope = np.linalg.solve(self.covariance[np.ix_(~gone, ~gone)], self.covariance[np.ix_(~gone, gone)])
        slope /= np.sqrt(np.diag(self.covariance)[gone])
        own, theirs = ((x[:, ~gone] - self.mean[~gone]) @ slope for x in (rows, donors))
        apart = ((own[:, None] - theirs[None]) ** 2).sum(axis=2)
        n = min(DONORS, len(donors))
        nearest = np.argpartition(apart, n - 1, axis=1)[:, :n]
        taken = nearest[np.arange(len(rows)), rng.integers(n, size=len(rows))]
        return np.asarray(donors[taken][:, gone])


def _imputation(values: Floats, group: np.ndarray) -> tuple[_Imputation | None, str]:
    """How missing answers are filled in, or why the tests do not exist."""
    from comply_measure.sem.missing.saturated import saturated_moments

    p, n_groups = values.shape[1], int(group.max(initial=-1)) + 1
    if p < 2:
        return None, "fewer than 2 items vary"
    if n_groups < 2:
        return None, f"{n_groups} pattern with more than {FEWEST} informants: two are needed"
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 2 * p or len(group) - n_groups <= p:
        return None, "too few complete informants to take residuals from"
    moments = saturated_moments(values)
    if moments.singular or not moments.converged:
        return (
            None,
            "maximum-likelihood moments do not exist: too few informants, or items that determine each other",
        )
    return _Imputation(moments.mean, moments.covariance, complete), ""


def _distances(x: Floats, group: np.ndarray) -> tuple[Floats, Floats]:
    """Hawkins' F of every informant and its upper tail."""
    from scipy.special import fdtrc

    n, p = x.shape
    size = np.bincount(group)
    means = np.stack([np.bincount(group, x[:, j]) for j in range(p)], axis=1) / size[:, None]
    deviation = x - means[group]
    g, own = len(size), size[group]
    S = deviation.T @ deviation / (n - g)
    V = (deviation * np.linalg.solve(S, deviation.T).T).sum(axis=1)
    F = (n - g - p) * own * V / (p * np.maximum((own - 1) * (n - g) - own * V, 1e-300))
    return F, fdtrc(p, n - g - p, F)


def _smooth(A: Floats) -> Floats:
    """Neyman's statistic of order 4 along the last axis: ``Σ_k (Σ_j φ_k(A_j))² / n``."""
    basis = legendre.legvander(2.0 * A - 1.0, SMOOTH)[..., 1:] * np.sqrt(2.0 * np.arange(1, SMOOTH + 1) + 1.0)
    return np.asarray((basis.sum(axis=-2) ** 2).sum(axis=-1) / A.shape[-1])


def _neyman(A: Floats, rng: np.random.Generator) -> float:
    from scipy.special import chdtrc

    found = float(_smooth(A))
    if len(A) >= SMALL:
        return max(float(chdtrc(SMOOTH, found)), 1e-300)
    null = _smooth(rng.uniform(size=(SIMULATED, len(A))))
    return float((1 + (null >= found).sum()) / (1 + SIMULATED))


def _k_sample(
    x: Floats,
    group: np.ndarray,
    imputation: _Imputation,
    masks: np.ndarray,
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Anderson-Darling statistic of the distances between patterns, and its p by exchanging informants.

    After every exchange the answers that the new pattern lacks are taken out and imputed again, and distances are
    computed anew: imputed answers vary less around their predictions, and means of patterns move the distances of
    coarse or skewed answers as blocks; an exchange of the distances alone takes both for a difference.
    """
    found = _anderson_darling(_distances(x, group)[0], group)
    drawn = np.empty(n_permutations)
    for b in range(n_permutations):
        other = rng.permutation(group)
        filled = imputation.of(np.where(masks[other], np.nan, x), rng)
        drawn[b] = _anderson_darling(_distances(filled, other)[0], other)
    return found, float((1 + np.sum(drawn >= found - 1e-12)) / (1 + n_permutations))


def _anderson_darling(F: Floats, group: np.ndarray) -> float:
    """k-sample statistic of Scholz & Stephens (1987), also with equal values."""
    n, size = len(F), np.bincount(group)
    order = np.argsort(F, kind="stable")
    labels, ordered = group[order], F[order]
    # equal values share the place of their last
    last = np.searchsorted(ordered, ordered[:-1], side="right")
    below = np.cumsum(labels[:, None] == np.arange(len(size)), axis=0)[last - 1]
    below, j = below[last < n], last[last < n]
    return float(
        ((n * below - j[:, None] * size) ** 2 / (j * (n - j))[:, None]).sum(axis=0) @ (1.0 / size) / n
    )
