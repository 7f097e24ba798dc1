"""Which items break invariance: a sequential search by score tests behind a test of each level."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import DifferenceTest, chisq_tail, difference_test
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
from comply_measure.models.invariance.score_tests import Adjust, adjust_pvalues, score_statistics
from comply_measure.models.invariance.search_result import PartialInvariance, ScoreRow, departure
from comply_measure.sem import Fit
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.multiplicity import holm, rejects

#: Significant items of a step whose release is tried.
RIVALS = 4


def partial_invariance(
    design: Design,
    *,
    levels: Sequence[str] = ("metric", "scalar"),
    alpha: float = 0.05,
    adjust: Adjust = "bonferroni",
    gate: bool = True,
    least_held: int = 1,
    intercepts_follow: bool = True,
    rules: Sequence[Rule] = RULES,
    ladder_levels: Sequence[str] | None = None,
    ladder: InvarianceLadder | None = None,
) -> PartialInvariance:
    """Search for the items that break invariance, level by level, where a level is rejected.

    On each level the model with everything equal is fitted and tested against the last model of the level below
    (χ² difference). Only if that test rejects at ``alpha`` the level is searched: the score test of every item's
    parameter (equal in all groups against free in all) is computed; of those with adjusted p of at most ``alpha`` (the
    four largest) the one whose release raises the likelihood most is released, until none is left (sequential forward
    search; Yoon & Kim 2014). p values are
    adjusted over the items still held on the step. With robust standard errors the score test is the robust one
    (Boos 1992), by clusters if there are any. Loadings released on the metric level stay free, and so do the
    intercepts of these items: equal intercepts say nothing where lines are not parallel. The last model of each
    level is compared with the full one by a difference test.

    Parameters
    ----------
    design : Design
    levels : sequence of str
        Out of metric, scalar, strict, ascending.
    alpha : float
        Of the test of a level and of the search.
    adjust : {"bonferroni", "fdr", "none"}
        Over the items of one step; ``fdr`` is Benjamini & Hochberg's.
    gate : bool
        Whether a level must be rejected to be searched; without it a parameter can be freed on a level that
        holds.
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
    found = partial_invariance_family(
        {"": design},
        levels=levels,
        alpha=alpha,
        adjust=adjust,
        gate=gate,
        least_held=least_held,
        intercepts_follow=intercepts_follow,
        rules=rules,
        ladder_levels=ladder_levels,
        ladders={} if ladder is None else {"": ladder},
    )[""]
    if isinstance(found, ComplyError):
        raise found
    return found


def partial_invariance_family(
    designs: Mapping[str, Design],
    *,
    levels: Sequence[str] = ("metric", "scalar"),
    alpha: float = 0.05,
    adjust: Adjust = "bonferroni",
    gate: bool = True,
    least_held: int = 1,
    intercepts_follow: bool = True,
    rules: Sequence[Rule] = RULES,
    ladder_levels: Sequence[str] | None = None,
    ladders: Mapping[str, InvarianceLadder] = MappingProxyType({}),
) -> dict[str, PartialInvariance | ComplyError]:
    """:func:`partial_invariance` of several dimensions as one family.

    The tests of one level are corrected over the m dimensions by Holm's method; of the R dimensions whose level is
    rejected each is searched at ``alpha·R/m``, so that the error of the search, averaged over the dimensions
    searched, stays below ``alpha`` (Benjamini & Bogomolov 2014).

    Parameters
    ----------
    designs : mapping of str to Design
        By dimension.
    ladders : mapping of str to InvarianceLadder, optional
        Ladders without exceptions that are at hand.

    Returns
    -------
    dict
        In the place of a dimension that could not be searched the reason.
    """
    searches = {
        key: _Search(design, adjust, least_held, intercepts_follow, _at_hand(design, ladders.get(key)))
        for key, design in designs.items()
    }
    for level in levels:
        active = [search for search in searches.values() if search.error is None]
        for search in active:
            search.attempt(search.open, level, gate)
        active = [search for search in active if search.error is None]
        p = holm(np.array([search.gate_p(level) for search in active]))
        if gate:
            rejected = [search for search, own in zip(active, p.tolist(), strict=True) if rejects(own, alpha)]
        else:
            rejected = active
        own_alpha = alpha * len(rejected) / len(active) if gate and active else alpha
        for search, corrected in zip(active, p.tolist(), strict=True):
            search.gates_holm[level] = corrected if gate else math.nan
            if search in rejected:
                search.attempt(search.run, level, own_alpha)
    return {
        key: search.error or search.result(levels, alpha, adjust, rules, ladder_levels)
        for key, search in searches.items()
    }


@dataclass(eq=False)
class _Search:
    """The state of one dimension's search."""

    design: Design
    adjust: Adjust
    least_held: int
    intercepts_follow: bool
    known: dict[str, Fit]
    released: Released = NONE
    follows: set[str] = field(default_factory=set)
    rows: list[ScoreRow] = field(default_factory=list)
    fits: dict[str, Fit] = field(default_factory=dict)
    gates: dict[str, DifferenceTest] = field(default_factory=dict)
    gates_holm: dict[str, float] = field(default_factory=dict)
    confirmation: dict[str, DifferenceTest] = field(default_factory=dict)
    error: ComplyError | None = None

    def attempt(self, step: Callable[..., None], *arguments: object) -> None:
        """Run a step of the search; what it cannot do ends it with the reason."""
        try:
            step(*arguments)
        except ComplyError as problem:
            self.error = problem

    def open(self, level: str, gate: bool) -> None:
        """Fit the level with what is free so far, and test it against the level below."""
        if self.design.conditions.ordinal:
            raise ComplyError(
                "the search rests on score tests of maximum likelihood: treat the items as continuous"
            )
        if KIND_OF[level] == "intercept" and self.intercepts_follow:
            self.follows = {item for kind, item in self.released if kind == "loading"}
            self.released |= frozenset(("intercept", item) for item in self.follows)
        self.fits[level] = self._fitted(level)
        if gate:
            below = self.design.levels[self.design.levels.index(level) - 1]
            if below not in self.fits:
                self.fits[below] = self._fitted(below)
            self.gates[level] = difference_test(self.fits[level], self.fits[below])

    def gate_p(self, level: str) -> float:
        """P value of the level's test; NaN without one."""
        return self.gates[level].pvalue if level in self.gates else math.nan

    def run(self, level: str, alpha: float) -> None:
        """Free parameters of a level, the largest score first, until none is significant."""
        kind = KIND_OF[level]
        full = fit = self.fits[level]
        step = 0
        while True:
            step += 1
            table = self._score_table(fit, level, step, kind)
            fits = self._rivals([row for row in table if rejects(row.pvalue_adjusted, alpha)], level, kind)
            best = max(fits, key=lambda item: -fits[item].optimum.point.value, default=None)
            self.rows += [_mark(row, row.item == best) for row in table]
            if best is None:
                break
            self.released |= {(kind, best)}
            fit = self.fits[level] = fits[best]
        if fit is not full:
            self.confirmation[level] = difference_test(full, fit)

    def result(
        self,
        levels: Sequence[str],
        alpha: float,
        adjust: str,
        rules: Sequence[Rule],
        ladder_levels: Sequence[str] | None,
    ) -> PartialInvariance | ComplyError:
        """What was found, with the ladder under the exceptions."""
        last = self.fits[levels[-1]]
        untouched = {
            level: fit
            for level, fit in self.known.items()
            if not applicable(self.design, self.released, level)
        }
        ladder = invariance_ladder(
            self.design,
            levels=ladder_levels,
            released=self.released,
            rules=rules,
            fits=untouched | self.fits,
        )
        departures = tuple(
            departure(self.design, last, kind, item, kind == "intercept" and item in self.follows)
            for kind, item in sorted(self.released)
        )
        return PartialInvariance(
            self.released,
            tuple(self.rows),
            departures,
            self.confirmation,
            ladder,
            alpha,
            adjust,
            last.n,
            self.gates,
            self.gates_holm,
        )

    def _rivals(self, rows: Sequence[ScoreRow], level: str, kind: Kind) -> dict[str, Fit]:
        """Fits with one more parameter free, for the significant items with the largest scores.

        Far from the null a score says that something is wrong near an item, not which of its factor's items it is; the
        likelihood does.
        """
        largest = sorted(rows, key=lambda row: -row.chisq)[:RIVALS]
        found: dict[str, Fit] = {}
        for row in largest:
            try:
                found[row.item] = self._fitted(level, self.released | {(kind, row.item)})
            except ComplyError:  # a rival that cannot be fitted is none
                continue
        return found

    def _fitted(self, level: str, released: Released | None = None) -> Fit:
        own = applicable(self.design, self.released if released is None else released, level)
        fit = self.known.get(level) if not own else None
        fit = fit or self.design.fit(level, own)
        if fit.unreached:
            raise ComplyError(f"the {level} model {fit.unreached}: no search on this level")
        return fit

    def _score_table(self, fit: Fit, level: str, step: int, kind: Kind) -> list[ScoreRow]:
        """Score tests of all items whose parameter may still be released."""
        design = self.design
        held = [item for item in items_of(design.factors) if (kind, item) not in self.released]
        enough = {
            factor: sum(item in held for item in items) > self.least_held
            for factor, items in design.factors.items()
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
        adjusted = adjust_pvalues(pvalues, self.adjust)
        return [
            ScoreRow(level, step, kind, item, value, df, p, q, released=False)
            for item, value, p, q in zip(open_items, statistics, pvalues, adjusted, strict=True)
        ]


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


def _mark(row: ScoreRow, released: bool) -> ScoreRow:
    if not released:
        return row
    return ScoreRow(
        row.level, row.step, row.kind, row.item, row.chisq, row.df, row.pvalue, row.pvalue_adjusted, True
    )
