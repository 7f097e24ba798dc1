"""Which items break invariance: a sequential search by score tests, confirmed by difference tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import DifferenceTest, chisq_tail, difference_test, is_two_level
from comply_measure.models.invariance.designs import (
    KIND_OF,
    NONE,
    Design,
    Kind,
    Released,
    items_of,
    positions,
)
from comply_measure.models.invariance.ladder import InvarianceLadder, applicable, invariance_ladder
from comply_measure.models.invariance.rules import RULES, Rule
from comply_measure.sem import Fit
from comply_measure.sem.inference.parts import first_order_information
from comply_measure.sem.options import SANDWICH
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.multiplicity import benjamini_hochberg, bonferroni

Floats = NDArray[np.float64]
Adjust = Literal["bonferroni", "fdr", "none"]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """Score test of releasing one item's parameter on one step.

    Attributes
    ----------
    level : str
    step : int
        From 1, within the level.
    kind, item : str
    chisq, df, pvalue, pvalue_adjusted : float
    released : bool
        Whether the search released it on this step.
    """

    level: str
    step: int
    kind: Kind
    item: str
    chisq: float
    df: float
    pvalue: float
    pvalue_adjusted: float
    released: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """A released parameter in the final model.

    Attributes
    ----------
    kind, item : str
    estimates : mapping of str to float
        Group or role → estimate.
    odd : str
        The group or role farthest from the mean of the others, in standard errors.
    z : float
        That distance in standard errors; NaN without standard errors.
    follows_loading : bool
        An intercept that was released only because its item's loading was.
    """

    kind: Kind
    item: str
    estimates: dict[str, float]
    odd: str
    z: float
    follows_loading: bool


@dataclass(frozen=True, slots=True)
class PartialInvariance:
    """Result of the search.

    Attributes
    ----------
    released : frozenset of (kind, item)
    rows : tuple of ScoreRow
        Every score test of every step.
    departures : tuple of Departure
    confirmation : mapping of str to DifferenceTest
        Level → difference test of the full against the partial model.
    ladder : InvarianceLadder
        The ladder with the exceptions.
    alpha : float
    adjust : str
    n_units : int
    """

    released: Released
    rows: tuple[ScoreRow, ...]
    departures: tuple[Departure, ...]
    confirmation: dict[str, DifferenceTest]
    ladder: InvarianceLadder
    alpha: float
    adjust: str
    n_units: int

    @property
    def items(self) -> frozenset[str]:
        """Items with a released parameter, other than intercepts that follow a loading."""
        return frozenset(d.item for d in self.departures if not d.follows_loading)

    def tidy(self) -> pd.DataFrame:
        """One row per released parameter and group or role.

        Columns: kind, item, group, estimate, odd, z, follows_loading, n_units.
        """
        rows = [
            {
                "kind": d.kind,
                "item": d.item,
                "group": name,
                "estimate": value,
                "odd": d.odd,
                "z": d.z,
                "follows_loading": d.follows_loading,
                "n_units": self.n_units,
            }
            for d in self.departures
            for name, value in d.estimates.items()
        ]
        columns = ["kind", "item", "group", "estimate", "odd", "z", "follows_loading", "n_units"]
        return pd.DataFrame(rows, columns=columns)

    def steps(self) -> pd.DataFrame:
        """One row per score test; columns are the attributes of :class:`ScoreRow`."""
        names = list(ScoreRow.__dataclass_fields__)
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names)


def partial_invariance(
    design: Design,
    *,
    levels: Sequence[str] = ("metric", "scalar"),
    alpha: float = 0.05,
    adjust: Adjust = "bonferroni",
    least_held: int = 1,
    intercepts_follow: bool = True,
    rules: Sequence[Rule] = RULES,
    ladder_levels: Sequence[str] | None = None,
    ladder: InvarianceLadder | None = None,
) -> PartialInvariance:
    """Search for the items that break invariance, level by level.

    On each level the model with everything equal is fitted. The score test of every item's parameter (equal in
    all groups against free in all) is computed; the largest with adjusted p below ``alpha`` is released, the model
    fitted again, until none is left (sequential forward search; Yoon & Kim 2014). p values are adjusted over
    the items still held on the step. With robust standard errors the score test is the robust one (Boos 1992), by
    clusters if there are any. Loadings released on the metric level stay free, and so do the intercepts of
    these items: equal intercepts say nothing where lines are not parallel. The last model of each level is
    compared with the full one by a difference test.

    Parameters
    ----------
    design : Design
    levels : sequence of str
        Out of metric, scalar, strict, ascending.
    alpha : float
    adjust : {"bonferroni", "fdr", "none"}
        Over the items of one step; ``fdr`` is Benjamini & Hochberg's.
    least_held : int
        Parameters of a factor that stay equal in any case.
    intercepts_follow : bool
        See above.
    rules : sequence of Rule
        For the ladder.
    ladder_levels : sequence of str, optional
        Levels of the ladder with the exceptions; all of the design if not given.
    ladder : InvarianceLadder, optional
        The design's ladder without exceptions, where it is at hand: its levels are not fitted again.

    Returns
    -------
    PartialInvariance

    Raises
    ------
    InputError
        For unusable options.
    ComplyError
        When a level cannot be fitted.
    """
    _check(levels, alpha, adjust, least_held)
    if design.conditions.ordinal:
        raise ComplyError(
            "the search rests on score tests of maximum likelihood: treat the items as continuous"
        )
    known = _at_hand(design, ladder)
    released: Released = NONE
    follows: set[str] = set()
    rows: list[ScoreRow] = []
    fits: dict[str, Fit] = {}
    confirmation: dict[str, DifferenceTest] = {}
    for level in levels:
        kind = KIND_OF[level]
        if kind == "intercept" and intercepts_follow:
            follows = {item for k, item in released if k == "loading"}
            released |= frozenset(("intercept", item) for item in follows)
        full = fit = _fitted(design, level, released, known)
        step = 0
        while True:
            step += 1
            table = _score_table(design, fit, level, step, kind, released, least_held, adjust)
            best = max(table, key=lambda row: row.chisq, default=None)
            chosen = best is not None and best.pvalue_adjusted < alpha
            rows += [_mark(row, chosen and row is best) for row in table]
            if best is None or not chosen:
                break
            released |= {(kind, best.item)}
            fit = _fitted(design, level, released, known)
        fits[level] = fit
        if fit is not full:
            confirmation[level] = difference_test(full, fit)
    untouched = {level: fit for level, fit in known.items() if not applicable(design, released, level)}
    found = invariance_ladder(
        design, levels=ladder_levels, released=released, rules=rules, fits=untouched | fits
    )
    departures = tuple(
        _departure(design, fits[levels[-1]], kind, item, kind == "intercept" and item in follows)
        for kind, item in sorted(released)
    )
    n = fits[levels[-1]].n
    return PartialInvariance(released, tuple(rows), departures, confirmation, found, alpha, adjust, n)


def _check(levels: Sequence[str], alpha: float, adjust: str, least_held: int) -> None:
    problems = []
    order = [name for name in KIND_OF if name in levels]
    if not levels or list(levels) != order:
        allowed = "metric, scalar, strict in this order"
        problems.append(Problem("levels", value=", ".join(levels), allowed=allowed))
    problems += share_faults("alpha", alpha)
    if adjust not in ("bonferroni", "fdr", "none"):
        problems.append(Problem("adjust", value=adjust, allowed="bonferroni, fdr, none"))
    if least_held < 1:
        problems.append(Problem("least_held", value=least_held, allowed="at least 1"))
    if problems:
        raise InputError("The search cannot be run.", problems)


def _at_hand(design: Design, ladder: InvarianceLadder | None) -> dict[str, Fit]:
    """Levels that are fitted already, without exceptions."""
    if ladder is None:
        return {}
    if ladder.design is not design or ladder.released:
        problem = Problem("another ladder", column="ladder", allowed="the design's own, without exceptions")
        raise InputError("The search cannot be run.", [problem])
    return {step.level: step.fit for step in ladder.steps if step.fit is not None}


def _fitted(design: Design, level: str, released: Released, known: Mapping[str, Fit]) -> Fit:
    fit = known[level] if level in known and not released else design.fit(level, released)
    if fit.unreached:
        raise ComplyError(f"the {level} model {fit.unreached}: no search on this level")
    return fit


def _score_table(
    design: Design,
    fit: Fit,
    level: str,
    step: int,
    kind: Kind,
    released: Released,
    least_held: int,
    adjust: Adjust,
) -> list[ScoreRow]:
    """Score tests of all items whose parameter may still be released."""
    held = [item for item in items_of(design.factors) if (kind, item) not in released]
    enough = {
        factor: sum(item in held for item in items) > least_held for factor, items in design.factors.items()
    }
    open_items = [
        i for factor, items in design.factors.items() for i in items if i in held and enough[factor]
    ]
    if not open_items:
        return []
    directions = [positions(design, fit, kind, item)[1:] for item in open_items]
    statistics = score_statistics(fit, directions)
    df = float(len(design.names) - 1)
    pvalues = [chisq_tail(value, df) for value in statistics]
    adjusted = adjust_pvalues(pvalues, adjust)
    return [
        ScoreRow(level, step, kind, item, value, df, p, q, released=False)
        for item, value, p, q in zip(open_items, statistics, pvalues, adjusted, strict=True)
    ]


def _mark(row: ScoreRow, released: bool) -> ScoreRow:
    if not released:
        return row
    return ScoreRow(
        row.level, row.step, row.kind, row.item, row.chisq, row.df, row.pvalue, row.pvalue_adjusted, True
    )


def score_statistics(fit: Fit, directions: Sequence[Sequence[int]]) -> list[float]:
    """Score statistics of letting parameters of a fitted model move by themselves.

    With s the derivative of the mean log-likelihood, I the expected information per case, K the directions the
    model leaves free and E the new ones: ``t = Eᵀs``, ``C = [1, −EᵀIK (KᵀIK)⁻¹]`` applied to (E, K); then
    ``X² = n tᵀ (C I Cᵀ)⁻¹ t``; robust: with the mean outer product of (cluster) scores in the place of I.

    Parameters
    ----------
    fit : Fit
        Likelihood fit; robust statistics when its standard errors are sandwich ones.
    directions : sequence of sequences of int
        Per test, places in θ that are released from what ties them.

    Returns
    -------
    list of float
        NaN where the directions carry no information of their own.
    """
    if is_two_level(fit) or not fit.model.family.has_loglik:
        raise ComplyError("score statistics are for likelihood fits of one level")
    point, n, q = fit.optimum.point, fit.n, len(fit.theta)
    K = np.eye(q) if fit.model.space.K is None else fit.model.space.K
    score, information = -0.5 * point.theta_gradient, point.theta_information
    robust = fit.model.options.se in SANDWICH
    meat = first_order_information(fit.model, point) if robust else information
    inner = np.linalg.pinv(K.T @ information @ K, hermitian=True)
    values = []
    for places in directions:
        E = np.zeros((q, len(places)))
        E[list(places), np.arange(len(places))] = 1.0
        C = E.T - (E.T @ information @ K) @ inner @ K.T
        spread = C @ meat @ C.T
        t = E.T @ score
        scale = np.diag(E.T @ meat @ E)
        if min(places) < 0 or not (np.diag(spread) > 1e-9 * scale).all():
            values.append(math.nan)
            continue
        values.append(float(n * t @ np.linalg.solve(spread, t)))
    return values


def adjust_pvalues(pvalues: Sequence[float], adjust: Adjust) -> list[float]:
    """P values adjusted over one step: Bonferroni, or Benjamini & Hochberg (1995); NaN stays NaN."""
    p = np.asarray(pvalues, dtype=np.float64)
    if adjust == "none":
        return [float(v) for v in p]
    return [float(v) for v in (bonferroni(p) if adjust == "bonferroni" else benjamini_hochberg(p))]


def _departure(design: Design, fit: Fit, kind: Kind, item: str, follows: bool) -> Departure:
    """Estimates by group and the one that departs most from the mean of the others."""
    where = positions(design, fit, kind, item)
    theta, vcov = fit.theta, fit.vcov_array
    values = theta[where]
    G = len(where)
    contrasts = np.full((G, G), -1.0 / (G - 1))
    np.fill_diagonal(contrasts, 1.0)
    distance = contrasts @ values
    z = np.full(G, math.nan)
    if vcov is not None:
        variance = np.einsum("ij,jk,ik->i", contrasts, vcov[np.ix_(where, where)], contrasts)
        z = distance / np.sqrt(np.where(variance > 0, variance, math.nan))
    # two groups are equally far from each other: the one that is not the reference is named
    size = np.abs(z if np.isfinite(z).all() else distance)
    odd = 1 if G == 2 else int(np.argmax(size))
    estimates = {name: float(v) for name, v in zip(design.names, values, strict=True)}
    return Departure(kind, item, estimates, design.names[odd], float(z[odd]), follows)
