"""The ladder of measurement invariance: fits, changes of fit, difference tests, verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.measurement.fits import (
    NO_INDICES,
    DifferenceTest,
    FitColumn,
    FitIndex,
    difference_test,
    fit_indices,
    fit_notes,
)
from comply_measure.models.invariance.designs import NONE, Design, Released
from comply_measure.models.invariance.rules import RULES, Conditions, Rule, Verdict, verdicts
from comply_measure.results import Result
from comply_measure.sem import Fit

_NAN = math.nan
_SHOWN: tuple[FitColumn, ...] = (
    "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_lower", "rmsea_upper", "srmr",
    "version", "aic", "bic",
)  # fmt: skip
_CHANGES: tuple[FitIndex, ...] = ("cfi", "rmsea", "srmr", "aic", "bic")
SMALL_GROUP = 100


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One level.

    Attributes
    ----------
    level : str
    fit : Fit or None
        None when the level could not be fitted.
    against : str
        Level it is compared with.
    difference : DifferenceTest or None
    changes : mapping of str to float
        Changes of ``cfi``, ``rmsea``, ``srmr``, ``aic``, ``bic``; positive means larger.
    verdicts : mapping of str to (str, str)
        Rule → verdict and reason.
    note : str
    """

    level: str
    fit: Fit | None
    against: str
    difference: DifferenceTest | None
    changes: Mapping[str, float]
    verdicts: Mapping[str, tuple[Verdict, str]]
    note: str


@dataclass(frozen=True, slots=True)
class InvarianceLadder(Result):
    """Levels of invariance across groups or roles.

    Attributes
    ----------
    steps : tuple of LadderStep
    design : Design
    conditions : Conditions
    counts : mapping of str to int
        Cases of each group or role.
    released : frozenset of (kind, item)
        Exceptions that hold on every level.
    note : str
        Small-group warnings.
    """

    steps: tuple[LadderStep, ...]
    design: Design
    conditions: Conditions
    counts: Mapping[str, int]
    released: Released
    note: str

    def step(self, level: str) -> LadderStep:
        """One level by name."""
        return next(step for step in self.steps if step.level == level)

    def tidy(self) -> pd.DataFrame:
        """One row per level.

        Columns: level, chisq, df, pvalue, cfi, tli, rmsea, rmsea_lower, rmsea_upper, srmr, version, aic, bic,
        against, chisq_difference, df_difference, pvalue_difference, method, delta_cfi, delta_rmsea,
        delta_srmr, delta_bic, n_units (rows fitted), n_smallest, released, note.
        """
        return pd.DataFrame([self._row(step) for step in self.steps])

    def rule_table(self) -> pd.DataFrame:
        """One row per level and rule: level, rule, verdict, reason."""
        rows = [
            {"level": step.level, "rule": rule, "verdict": verdict, "reason": reason}
            for step in self.steps
            for rule, (verdict, reason) in step.verdicts.items()
        ]
        return pd.DataFrame(rows, columns=["level", "rule", "verdict", "reason"])

    def _row(self, step: LadderStep) -> dict[str, object]:
        shown = NO_INDICES if step.fit is None else fit_indices(step.fit)
        test = step.difference
        changes = {f"delta_{name}": step.changes.get(name, _NAN) for name in ("cfi", "rmsea", "srmr", "bic")}
        return {
            "level": step.level,
            **{name: shown[name] for name in _SHOWN},
            "against": step.against,
            "chisq_difference": _NAN if test is None else test.chisq,
            "df_difference": _NAN if test is None else test.df,
            "pvalue_difference": _NAN if test is None else test.pvalue,
            "method": "" if test is None else test.method,
            **changes,
            "n_units": 0 if step.fit is None else step.fit.n,
            "n_smallest": self.conditions.n_smallest,
            "released": ", ".join(f"{kind} {item}" for kind, item in sorted(self.released)),
            "note": "; ".join(part for part in (step.note, self.note) if part),
        }


def invariance_ladder(
    design: Design,
    *,
    levels: Sequence[str] | None = None,
    released: Released = NONE,
    rules: Sequence[Rule] = RULES,
    fits: Mapping[str, Fit] | None = None,
) -> InvarianceLadder:
    """Fit the levels of measurement invariance and compare each with the one before.

    Configural, equal loadings (metric), + intercepts (scalar), + residual variances (strict), + latent means. Every
    level is compared with the last one that could be fitted: χ² difference (scaled where the tests are), changes
    of CFI, RMSEA and SRMR, and verdicts of published rules, withheld outside the conditions they were studied in.

    Parameters
    ----------
    design : Design
        From :func:`role_design` or :func:`group_design`.
    levels : sequence of str, optional
        In ascending order; all of the design if not given.
    released : frozenset of (kind, item)
        Parameters free across groups on every level (partial invariance).
    rules : sequence of Rule
        Cut-offs to apply.
    fits : mapping of str to Fit, optional
        Levels that are fitted already with the same exceptions.

    Returns
    -------
    InvarianceLadder
        A level that cannot be fitted has a note; the others go on.
    """
    conditions, counts = design.conditions, design.counts
    known = dict(fits or {})
    steps: list[LadderStep] = []
    for level in design.levels if levels is None else levels:
        try:
            fit: Fit | None = known.get(level) or design.fit(level, applicable(design, released, level))
            problem = ""
        except ComplyError as error:
            fit, problem = None, " ".join(str(error).split())
        before = next((s for s in reversed(steps) if s.fit is not None and s.fit.has_optimum), None)
        steps.append(_step(level, fit, problem, before, conditions, rules))
    small = [f"{name}: {n}" for name, n in counts.items() if n < SMALL_GROUP]
    note = (
        f"fewer than {SMALL_GROUP} cases ({', '.join(small)}): little power to see violations"
        if small
        else ""
    )
    return InvarianceLadder(tuple(steps), design, conditions, counts, released, note)


_HELD_FROM = {"loading": "metric", "intercept": "scalar", "residual": "strict"}


def applicable(design: Design, released: Released, level: str) -> Released:
    """Exceptions that concern parameters a level holds equal."""
    at = design.levels.index(level)
    return frozenset((k, i) for k, i in released if design.levels.index(_HELD_FROM[k]) <= at)


def _step(
    level: str,
    fit: Fit | None,
    problem: str,
    before: LadderStep | None,
    conditions: Conditions,
    rules: Sequence[Rule],
) -> LadderStep:
    note = problem if fit is None else fit_notes(fit)
    if fit is None or before is None or before.fit is None:
        return LadderStep(level, fit, "" if before is None else before.level, None, {}, {}, note)
    new, old = fit_indices(fit), fit_indices(before.fit)
    changes: dict[str, float] = {name: new[name] - old[name] for name in _CHANGES}
    test = difference_test(fit, before.fit)
    found = verdicts(level, changes, conditions, rules)
    note = "; ".join(part for part in (note, test.note) if part)
    return LadderStep(level, fit, before.level, test, changes, found, note)
