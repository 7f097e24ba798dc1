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

NAN = float("nan")
FEWEST = 6  # patterns with this many informants or fewer are left out, as in the authors' program
SMOOTH = 4  # order of Neyman's test
SMALL = 30  # below it Neyman's statistic is compared with simulated values
SIMULATED = 5000
DONORS = 5


@dataclass(frozen=True, slots=True)
class PatternHomogeneity:
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
    exchanging informants between patterns. Read the first; if
    it rejects, the second says whether covariances differ. Patterns of six informants or fewer are left out.

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
    x, note = _prepared(answered, chosen, group, rng)
    if note:
        return PatternHomogeneity(NAN, 0, NAN, NAN, NAN, *counts, n_permutations, seed, dropped, note)
    A = _distances(x, group)[1]
    p_values = [_neyman(A[group == g], rng) for g in range(counts[0])]
    hawkins = float(-2.0 * np.log(p_values).sum())
    statistic, pvalue = _k_sample(x, group, n_permutations, rng)
    from scipy.special import chdtrc

    df = 2 * counts[0]
    note = f"{counts[2]} informants of rare patterns are left out" if counts[2] else ""
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


def _prepared(
    values: Floats, chosen: np.ndarray, group: np.ndarray, rng: np.random.Generator
) -> tuple[Floats, str]:
    """Imputed answers of large patterns, or why the tests do not exist."""
    from comply_measure.sem.missing.saturated import saturated_moments

    p, n_groups = values.shape[1], int(group.max(initial=-1)) + 1
    if p < 2:
        return values, "fewer than 2 items vary"
    if n_groups < 2:
        return values, f"{n_groups} pattern with more than {FEWEST} informants: two are needed"
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 2 * p or len(group) - n_groups <= p:
        return values, "too few complete informants to take residuals from"
    moments = saturated_moments(values)
    if moments.singular or not moments.converged:
        return (
            values,
            "maximum-likelihood moments do not exist: too few informants, or items that determine each other",
        )
    return _imputed(values[chosen], complete, moments.mean, moments.covariance, rng), ""


def _imputed(values: Floats, complete: Floats, mean: Floats, cov: Floats, rng: np.random.Generator) -> Floats:
    """Missing answers taken together from one of the five complete informants with the nearest predictions."""
    out = values.copy()
    patterns, member = np.unique(np.isnan(values), axis=0, return_inverse=True)
    for k, gone in enumerate(patterns):
        if not gone.any():
            continue
        rows = np.flatnonzero(member.reshape(-1) == k)
        slope = np.linalg.solve(cov[np.ix_(~gone, ~gone)], cov[np.ix_(~gone, gone)])
        own = (values[rows][:, ~gone] - mean[~gone]) @ slope
        theirs = (complete[:, ~gone] - mean[~gone]) @ slope
        spread = np.sqrt(np.diag(cov)[gone])
        apart = (((own[:, None] - theirs[None]) / spread) ** 2).sum(axis=2)
        # equal predictions in random order: the first informants of the table are not preferred
        order = rng.permutation(len(complete))
        nearest = order[np.argsort(apart[:, order], axis=1, kind="stable")[:, :DONORS]]
        donors = nearest[np.arange(len(rows)), rng.integers(nearest.shape[1], size=len(rows))]
        out[np.ix_(rows, np.flatnonzero(gone))] = complete[donors][:, gone]
    return out


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
    x: Floats, group: np.ndarray, n_permutations: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Anderson-Darling statistic of the distances between patterns, and its p by exchanging informants.

    Distances are computed anew after every exchange: means of patterns move the distances of coarse or skewed answers
    as blocks, which an exchange of the distances alone takes for a difference.
    """
    found = _anderson_darling(_distances(x, group)[0], group)
    exchanged = (rng.permutation(group) for _ in range(n_permutations))
    drawn = np.array([_anderson_darling(_distances(x, other)[0], other) for other in exchanged])
    return found, float((1 + np.sum(drawn >= found - 1e-12)) / (1 + n_permutations))


def _anderson_darling(F: Floats, group: np.ndarray) -> float:
    """k-sample statistic of Scholz & Stephens (1987), equal values in the order of the table."""
    n, size = len(F), np.bincount(group)
    j = np.arange(1, n)
    labels = group[np.argsort(F, kind="stable")]
    below = np.cumsum(labels[:, None] == np.arange(len(size)), axis=0)[:-1]
    return float(
        ((n * below - j[:, None] * size) ** 2 / (j * (n - j))[:, None]).sum(axis=0) @ (1.0 / size) / n
    )
