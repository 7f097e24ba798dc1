"""Conditional indirect effects and the index of moderated mediation, from equations of unit scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.moderation import Solved, product_place, solved_equation
from comply_measure.statistics.arrays import group_sums
from comply_measure.statistics.bootstrap import percentile_interval, two_tails

if TYPE_CHECKING:
    from comply_measure.evidence.unit_variables import UnitVariables
    from comply_measure.models import Hypothesis

DRAWS = 20_000
#: Values of the moderator, in standard deviations from its mean.
PLACES = (("mean − 1 SD", -1.0), ("mean", 0.0), ("mean + 1 SD", 1.0))
COLUMNS = (
    "outcome", "predictor", "through", "moderator", "step", "sign", "label", "kind", "at", "est", "lower", "upper",
    "pvalue", "est_std", "std_lower", "std_upper", "n_units", "note",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Chain:
    """The equations of one hypothesis, over the same units, with the covariance matrix of all their coefficients."""

    each: Hypothesis
    solved: tuple[Solved, ...]
    covariance: np.ndarray[Any, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Predictor, mediators, outcome."""
        return (self.each.predictor, *self.each.through, self.each.outcome)

    def draws(self, n: int, rng: np.random.Generator) -> list[np.ndarray[Any, Any]]:
        """Coefficients of every equation, the estimates first, then draws from their joint normal distribution."""
        estimate = np.concatenate([solved.result.coefficients for solved in self.solved])
        drawn = rng.multivariate_normal(estimate, self.covariance, size=n, method="eigh")
        stacked = np.vstack([estimate, drawn])
        ends = np.cumsum([len(solved.result.coefficients) for solved in self.solved])[:-1]
        return np.split(stacked, ends, axis=1)

    def slopes(
        self, drawn: Sequence[np.ndarray[Any, Any]]
    ) -> tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
        """Slope of each step at the mean of the moderator, and the product of the moderated step."""
        steps, product = [], np.zeros(len(drawn[0]))
        for place, (solved, beta) in enumerate(zip(self.solved, drawn, strict=True)):
            own = solved.data.names.index(self.names[place])
            steps.append(beta[:, solved.result.terms.index((own,))])
            if place == self.each.moderated_step:
                other = solved.data.names.index(self.each.moderator)
                product = beta[:, product_place(solved.result.terms, own, other)]
        return steps, product

    def sd(self, name: str) -> float:
        """Standard deviation of a variable without its error."""
        for solved in self.solved:
            if name in solved.data.names:
                return math.sqrt(float(solved.result.variances[solved.data.names.index(name)]))
        last = self.solved[-1].data
        spread = last.y.var() - last.outcome_error
        return math.sqrt(spread) if spread > 0 else math.nan


def moderated_mediations(
    hypotheses: Sequence[Hypothesis],
    variables: UnitVariables,
    *,
    corrected: bool,
    clusters: pd.Series[Any] | None,
    seed: int,
) -> pd.DataFrame | None:
    """Every expected indirect effect with a moderated step.

    The effect is ``Π_j b_j`` over its steps, with ``b_m + b_XW (w − w̄)`` at the moderated one; the index is its change
    with one unit of the moderator, ``b_XW Π_{j≠m} b_j`` (Hayes 2015). Every step has the equation that it has in
    :func:`~comply_measure.evidence.moderation.moderations`; all equations rest on the units that have all scores, so
    that the coefficients' joint covariance matrix is that of their influences, summed by cluster. Intervals and p by
    Monte Carlo draws from the joint normal distribution. Means and standard deviations are taken as given.

    Returns
    -------
    DataFrame or None
        ``outcome, predictor, through, moderator, step, sign, label, kind`` (``index``, ``effect``)``, at, est, lower,
        upper, pvalue, est_std, std_lower, std_upper, n_units, note``; None where none is stated.
    """
    wanted = [each for each in hypotheses if each.moderator and each.through]
    if not wanted:
        return None
    equations = [part for each in hypotheses for part in each.parts]
    rows: list[dict[str, Any]] = []
    for place, each in enumerate(wanted):
        chain, why = attempt(lambda e=each: _chain(e, equations, variables, corrected, clusters))  # type: ignore[misc]
        about: dict[str, Any] = {
            "outcome": each.outcome, "predictor": each.predictor, "through": " → ".join(each.through),
            "moderator": each.moderator, "step": each.moderated_step + 1, "sign": each.sign, "label": each.label,
        }  # fmt: skip
        if chain is None:
            rows.append(about | {"kind": "index", "at": "", "n_units": 0, "note": why})
        else:
            rows += [about | row for row in _rows(chain, np.random.default_rng([seed, place]))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _chain(
    each: Hypothesis,
    equations: Sequence[Hypothesis],
    variables: UnitVariables,
    corrected: bool,
    clusters: pd.Series[Any] | None,
) -> _Chain:
    outcomes = (*each.through, each.outcome)
    own = [[part for part in equations if part.outcome == name] for name in outcomes]
    names = {
        name
        for parts in own
        for part in parts
        for name in (part.predictor, part.moderator, part.outcome)
        if name
    }
    table = pd.DataFrame({name: variables.score(name) for name in sorted(names)}).dropna()
    solved = tuple(
        solved_equation(parts, outcome, variables, corrected, clusters, units=table.index)
        for parts, outcome in zip(own, outcomes, strict=True)
    )
    influences = np.hstack([part.result.influences for part in solved])
    if not all(math.isfinite(part.result.factor) for part in solved):
        raise NotApplicableError("one cluster: no standard errors")
    codes = solved[0].data.codes
    sums = group_sums(influences, codes, int(codes.max()) + 1)
    joint = sums.T @ sums
    # each equation's own small-sample factor: its block is its covariance matrix
    scale = np.concatenate(
        [np.full(len(part.result.coefficients), math.sqrt(part.result.factor)) for part in solved]
    )
    return _Chain(each, solved, joint * np.outer(scale, scale) / len(table) ** 2)


def _rows(chain: _Chain, rng: np.random.Generator) -> list[dict[str, Any]]:
    """The index, then the effect at three values of the moderator."""
    steps, product = chain.slopes(chain.draws(DRAWS, rng))
    others = np.prod([slope for k, slope in enumerate(steps) if k != chain.each.moderated_step], axis=0)
    spread = chain.sd(chain.each.moderator)
    unit = chain.sd(chain.each.predictor) / chain.sd(chain.each.outcome)
    cases = [("index", "", others * product, unit * spread)]
    moderated = steps[chain.each.moderated_step]
    cases += [("effect", word, others * (moderated + product * k * spread), unit) for word, k in PLACES]
    n = chain.solved[0].result.n
    return [
        {"kind": kind, "at": at, "n_units": n, "note": ""} | _numbers(values, scale)
        for kind, at, values, scale in cases
    ]


def _numbers(values: np.ndarray[Any, Any], scale: float) -> dict[str, float]:
    """Estimate (the first value), 95 % interval and two-sided p of the draws."""
    low, high = percentile_interval(values[1:], two_tails(0.95))
    beyond = min(int((values[1:] <= 0).sum()), int((values[1:] >= 0).sum()))
    return {
        "est": float(values[0]), "lower": float(low), "upper": float(high),
        "pvalue": min(2 * (beyond + 1) / len(values), 1.0),
        "est_std": float(values[0]) * scale, "std_lower": float(low) * scale, "std_upper": float(high) * scale,
    }  # fmt: skip
