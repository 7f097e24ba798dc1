"""Discriminant validity by intervals of factor correlations and by model comparison (Rönkkö & Cho 2022)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import SATORRA_2000, difference_test
from comply_measure.measurement.validity.convergent import (
    check_measurement,
    convergent_validity,
    measurement_model,
)
from comply_measure.results import Result
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.sem.language.quoting import quoted
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.multiplicity import rejects
from comply_measure.statistics.reasons import with_reasons

_NAN = math.nan
CUTOFFS = (0.8, 0.9, 1.0)
# its scaling factor rests on the larger model alone; that of the 2001 difference is erratic for one restriction
_METHOD = SATORRA_2000
# cut-offs that the correlation's interval reaches -> class of problem
CLASSES = ("none", "marginal", "moderate", "severe")


@dataclass(frozen=True, slots=True)
class PairTest:
    """One pair of constructs.

    Attributes
    ----------
    construct, other : str
    correlation, se, lower, upper : float
        Factor correlation, its standard error and interval.
    problem : str
        ``none``, ``marginal``, ``moderate`` or ``severe``, by the end of the interval that is farther from 0
        (CI_CFA(sys)); empty without an interval.
    chisq_merge, df_merge, pvalue_merge : float
        Difference test of one factor in the place of two; NaN where none was asked for, or with a note.
    chisq_cutoff, pvalue_cutoff : mapping of float to float
        Difference tests of a correlation fixed at each cut-off; NaN where the estimate is not below it.
    problem_chisq : str
        The class by χ²(sys): the smallest cut-off whose fixed correlation fits worse bounds it.
    note : str
    """

    construct: str
    other: str
    correlation: float
    se: float
    lower: float
    upper: float
    problem: str
    chisq_merge: float
    df_merge: float
    pvalue_merge: float
    chisq_cutoff: Mapping[float, float]
    pvalue_cutoff: Mapping[float, float]
    problem_chisq: str
    note: str


@dataclass(frozen=True, slots=True)
class DiscriminantValidity(Result):
    """All pairs of constructs.

    Attributes
    ----------
    pairs : tuple of PairTest
    cutoffs : tuple of float
    alpha : float
    n_informants : int
    estimator, missing : str
    """

    pairs: tuple[PairTest, ...]
    cutoffs: tuple[float, ...]
    alpha: float
    n_informants: int
    estimator: str
    missing: str

    def tidy(self) -> pd.DataFrame:
        """One row per pair.

        Columns: construct, other, correlation, se, lower, upper, problem, chisq_merge, df_merge, pvalue_merge,
        chisq_<cutoff>, pvalue_<cutoff> for every cut-off, problem_chisq, n_informants, estimator, missing, note,
        reason.
        """
        rows = []
        for pair in self.pairs:
            row: dict[str, object] = {
                name: getattr(pair, name)
                for name in (
                    "construct",
                    "other",
                    "correlation",
                    "se",
                    "lower",
                    "upper",
                    "problem",
                    "chisq_merge",
                    "df_merge",
                    "pvalue_merge",
                )
            }
            for cutoff in self.cutoffs:
                row[f"chisq_{cutoff:g}"] = pair.chisq_cutoff.get(cutoff, _NAN)
                row[f"pvalue_{cutoff:g}"] = pair.pvalue_cutoff.get(cutoff, _NAN)
            row |= {
                "problem_chisq": pair.problem_chisq,
                "n_informants": self.n_informants,
                "estimator": self.estimator,
                "missing": self.missing,
                "note": pair.note,
            }
            rows.append(row)
        merged = dict.fromkeys(("chisq_merge", "df_merge", "pvalue_merge"), "no merged model was asked for")
        return with_reasons(pd.DataFrame(rows), merged)


def discriminant_validity(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    cutoffs: Sequence[float] = CUTOFFS,
    alpha: float = 0.05,
    merge: bool = True,
    fixed: bool = True,
) -> DiscriminantValidity:
    """CI_CFA(sys), χ²(sys) and χ²(merge) of every pair of constructs (Rönkkö & Cho 2022).

    CI_CFA(sys): with u the upper limit of the factor correlation's interval (its absolute value), no problem below
    the first cut-off, marginal up to the second, moderate up to the third, severe beyond (defaults .8, .9, 1).
    χ²(sys): the correlation is fixed at each cut-off; a significant χ² difference, with an estimate below it, says
    that the correlation is smaller. χ²(merge): the two factors become one, which also equates their correlations
    with all others (semTools' ``discriminantValidity``).

    Parameters
    ----------
    data : DataFrame
        One row per informant; items recoded to one direction.
    scales : mapping
        Construct → items, at least two constructs.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`. Difference tests are scaled (Satorra 2000) when the estimator's are.
    cutoffs : sequence of float
        Ascending, three. Empty: no classes.
    alpha : float
        Level of the interval (1 − alpha) and of the tests.
    merge : bool
        Whether to fit the merged models.
    fixed : bool
        Whether to fit the correlations fixed at the cut-offs (χ²(sys)); without, the interval alone decides.

    Returns
    -------
    DiscriminantValidity
        A pair whose comparison cannot be fitted has a note; the others go on.

    Raises
    ------
    InputError
        For unusable scales or options.
    ComplyError
        When the model with all constructs cannot be fitted.
    """
    check_measurement(data, scales, cluster)
    _check(scales, cutoffs, alpha)

    def fitted(text: str) -> Fit:
        return fit_model(text, data, estimator=estimator, missing=missing, cluster=cluster, std_lv=True)

    text = measurement_model(scales)
    base = fitted(text)
    factors = convergent_validity(base, scales, confidence=1.0 - alpha)
    interval = {(r["construct"], r["other"]): r for _, r in factors.correlations.iterrows()}
    pairs = []
    for a, b in combinations(scales, 2):
        row = interval[a, b]
        r, se = float(row["correlation"]), float(row["se"])
        limits = (float(row["lower"]), float(row["upper"]))
        at_cutoffs: dict[float, _Test] = {}
        merged: _Test | None = None
        notes: list[str] = []
        for cutoff in cutoffs:
            if fixed and abs(r) < cutoff:
                value = math.copysign(cutoff, r)
                at_cutoffs[cutoff] = _compare(
                    fitted, f"{text}\n{quoted(a)} ~~ {value}*{quoted(b)}", base, notes
                )
        if merge:
            joined = {k: v for k, v in scales.items() if k not in (a, b)}
            joined = {f"{a}_{b}": [*scales[a], *scales[b]], **joined}
            merged = _compare(fitted, measurement_model(joined), base, notes)
        pairs.append(_pair(a, b, (r, se), limits, cutoffs, alpha, at_cutoffs, merged, notes))
    return DiscriminantValidity(tuple(pairs), tuple(cutoffs), alpha, base.n, estimator, missing)


def _check(scales: Mapping[str, Sequence[str]], cutoffs: Sequence[float], alpha: float) -> None:
    problems = []
    if len(scales) < 2:
        problems.append(Problem("at least two constructs are needed", value=len(scales)))
    ascending = list(cutoffs) == sorted(cutoffs) and all(0 < c <= 1 for c in cutoffs)
    if len(cutoffs) not in (0, 3) or not ascending:
        problems.append(
            Problem("cutoffs", value=list(cutoffs), allowed="three ascending values in (0, 1], or none")
        )
    problems += share_faults("alpha", alpha)
    if problems:
        raise InputError("Discriminant validity cannot be tested.", problems)


_Test = tuple[float, float, float]


def _compare(fitted: Callable[[str], Fit], text: str, base: Fit, notes: list[str]) -> _Test:
    try:
        test = difference_test(fitted(text), base, method=_METHOD)
    except ComplyError as error:
        notes.append(" ".join(str(error).split()))
        return _NAN, _NAN, _NAN
    if test.note:
        notes.append(test.note)
    return test.chisq, test.df, test.pvalue


def _pair(
    a: str,
    b: str,
    estimate: tuple[float, float],
    limits: tuple[float, float],
    cutoffs: Sequence[float],
    alpha: float,
    at_cutoffs: Mapping[float, _Test],
    merged: _Test | None,
    notes: Sequence[str],
) -> PairTest:
    far = max(abs(limits[0]), abs(limits[1])) if all(map(math.isfinite, limits)) else _NAN
    chisq_merge, df_merge, p_merge = merged if merged is not None else (_NAN, _NAN, _NAN)
    pvalues = {cutoff: at_cutoffs[cutoff][2] if cutoff in at_cutoffs else _NAN for cutoff in cutoffs}
    return PairTest(
        a,
        b,
        *estimate,
        *limits,
        _class(far, cutoffs),
        chisq_merge,
        df_merge,
        p_merge,
        {cutoff: at_cutoffs[cutoff][0] if cutoff in at_cutoffs else _NAN for cutoff in cutoffs},
        pvalues,
        _class_by_tests(pvalues, cutoffs, alpha),
        "; ".join(dict.fromkeys(notes)),
    )


def _class(upper: float, cutoffs: Sequence[float]) -> str:
    if not math.isfinite(upper) or not cutoffs:
        return ""
    return CLASSES[sum(upper >= cutoff for cutoff in cutoffs)]


def _class_by_tests(pvalues: Mapping[float, float], cutoffs: Sequence[float], alpha: float) -> str:
    """Class by the smallest cut-off that the data put the correlation below."""
    tested = [cutoff for cutoff in cutoffs if math.isfinite(pvalues[cutoff])]
    if not tested:
        return ""
    for place, cutoff in enumerate(cutoffs):
        if rejects(pvalues[cutoff], alpha):
            return CLASSES[place]
    return CLASSES[-1]
