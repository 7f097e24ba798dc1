"""Table of tests of nested models, with the columns and conventions of lavaan's ``lavTestLRT``."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arguments import check_arguments
from comply_measure.sem.comparison.difference import MEAN_ONLY, Difference, difference_test
from comply_measure.sem.comparison.nesting import reproduces
from comply_measure.sem.comparison.same_data import check_comparable
from comply_measure.sem.errors import InputError, SemWarning
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.fit_measures.information_criteria import aic, bic
from comply_measure.sem.fit_measures.rmsea import rmsea
from comply_measure.sem.options import SCALED_TESTS, choose

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.result import Fit

METHODS = ("default", "standard", "satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")


def compare(
    *fits: Fit,
    method: str = "default",
    a_method: str = "delta",
    scaled_shifted: bool = True,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Compare nested models.

    Parameters
    ----------
    *fits : Fit
        Two or more fits of the same data; they are ordered by degrees of freedom.
    method : str
        ``default``: the plain difference for standard tests, ``satorra.bentler.2001`` for mean-adjusted
        ones, ``satorra.2000`` for those adjusted in mean and variance. ``standard`` takes the plain
        difference in any case.
    a_method : str
        ``delta`` or ``exact``: how ``satorra.2000`` finds the restrictions.
    scaled_shifted : bool
        Whether ``satorra.2000`` gives the scaled and shifted statistic.
    names : sequence of str, optional
        Names of the models; numbers in the given order otherwise.

    Returns
    -------
    DataFrame
        A row per model, least restricted first: Df, AIC, BIC, Chisq (always the standard statistic), Chisq
        diff, RMSEA (of the difference; not with missing values), Df diff, Pr(>Chisq). ``attrs`` hold the
        method, scaling factors, shifts, notes and, as ``undefined``, why numbers are missing.

    Raises
    ------
    InputError
        When the fits are not comparable, naming every reason.
    """
    import pandas as pd

    labels = _labels(fits, names)
    check_arguments("The models cannot be compared.", scaled_shifted=(scaled_shifted, "flag"))
    check_comparable(fits, labels)
    order = sorted(range(len(fits)), key=lambda i: fits[i].model.df)
    ordered, labels = [fits[i] for i in order], [labels[i] for i in order]
    chosen = _method(method, ordered)
    a_method = choose("a_method", a_method, ("delta", "exact"))
    steps = [
        difference_test(large, small, chosen, a_method, scaled_shifted) for large, small in pairwise(ordered)
    ]
    notes = _notes(ordered, labels, steps)
    for note in notes:
        warnings.warn(note, SemWarning, stacklevel=3)
    table = pd.DataFrame(_columns(ordered, steps, chosen, scaled_shifted), index=labels)
    table.attrs = {
        "method": chosen,
        "scale": [math.nan, *(step.scale for step in steps)],
        "shift": [math.nan, *(step.shift for step in steps)],
        "notes": tuple(notes),
        "undefined": "; ".join(dict.fromkeys(["the first model is compared with no other", *notes])),
    }
    return table


def _labels(fits: Sequence[Fit], names: Sequence[str] | None) -> list[str]:
    from comply_measure.sem.result import Fit

    check_arguments("The models cannot be compared.", names=(names, "texts"))
    problems = [
        Problem("not a fit", column=f"model {i}", value=type(fit).__name__, allowed="results of sem.fit")
        for i, fit in enumerate(fits, start=1)
        if not isinstance(fit, Fit)
    ]
    if len(fits) < 2:
        problems.append(Problem("too few fits", value=len(fits), allowed="two or more"))
    if names is not None and len(names) != len(fits):
        given = Problem("not one name per fit", column="names", value=len(names), allowed=str(len(fits)))
        problems.append(given)
    if problems:
        raise InputError("The models cannot be compared.", problems)
    return (
        [str(name) for name in names] if names is not None else [f"model {i + 1}" for i in range(len(fits))]
    )


def _method(method: str, fits: Sequence[Fit]) -> str:
    """The method meant; punctuation and case do not matter."""
    squeezed = {re.sub(r"[-_.]", "", word): word for word in METHODS}
    word = squeezed.get(re.sub(r"[-_.\s]", "", str(method).lower()), method)
    chosen = choose("method", word, METHODS)
    tests = {fit.model.options.test for fit in fits if fit.model.df > 0}
    scaled = bool(tests) and tests <= set(SCALED_TESTS)
    if not scaled and all(map(_needs_quadratic_form, fits)) and chosen in ("default", "satorra.2000"):
        return "satorra.2000"
    if chosen == "default":
        if not scaled:
            return "standard"
        return "satorra.bentler.2001" if tests <= set(MEAN_ONLY) else "satorra.2000"
    if chosen == "standard" or scaled:
        if chosen.startswith("satorra.bentler") and not tests <= set(MEAN_ONLY):
            problem = Problem(
                "needs mean-adjusted tests", column="method", value=chosen, allowed="satorra.2000"
            )
            raise InputError("The option method does not suit these models.", [problem])
        return chosen
    message = f"method='{chosen}' needs robust tests, which these models lack; the plain difference is given"
    warnings.warn(message, SemWarning, stacklevel=4)
    return "standard"


def _needs_quadratic_form(fit: Fit) -> bool:
    """Whether the statistic is no χ², so that its differences need Γ, and the cases are there to give it."""
    return not fit.model.family.is_chisquare and all(
        group.rows is not None for group in fit.model.sample.groups
    )


def _notes(fits: Sequence[Fit], labels: Sequence[str], steps: Sequence[Difference]) -> list[str]:
    notes = []
    pairs = pairwise(fits)
    for place, ((large, small), step) in enumerate(zip(pairs, steps, strict=True)):
        pair = f"{labels[place + 1]} against {labels[place]}"
        if step.note:
            notes.append(f"{pair}: {step.note}")
        if small.model.df == large.model.df:
            continue
        if small.test.statistic - large.test.statistic < -6e-6:
            notes.append(
                f"{pair}: the more restricted model fits better; the models are not nested, or the larger one "
                "did not reach its optimum"
            )
        elif reproduces(large, small) is False:
            notes.append(f"{pair}: the models are not nested, so that the difference is no χ² statistic")
    return notes


def _columns(
    fits: Sequence[Fit], steps: Sequence[Difference], method: str, scaled_shifted: bool
) -> dict[str, object]:
    nan = math.nan
    likelihoods = [fit.log_likelihoods.model if fit.log_likelihoods else nan for fit in fits]
    sizes = [(logl, float(fit.npar), float(fit.n)) for logl, fit in zip(likelihoods, fits, strict=True)]
    chisq = np.array([fit.test.statistic for fit in fits])
    columns: dict[str, object] = {
        "Df": [fit.model.df for fit in fits],
        "AIC": [aic(logl, npar) for logl, npar, _ in sizes],
        "BIC": [bic(logl, npar, n) for logl, npar, n in sizes],
        "Chisq": chisq,
        "Chisq diff": [nan, *(step.statistic for step in steps)],
    }
    if fits[0].model.options.complete_cases:
        n, groups = float(fits[0].n), len(fits[0].model.sample.groups)
        by_scale = method.startswith("satorra") and not (method == "satorra.2000" and scaled_shifted)
        scales = [step.scale if by_scale else 1.0 for step in steps]
        gains = zip(np.diff(chisq), np.diff([fit.model.df for fit in fits]), scales, strict=True)
        columns["RMSEA"] = [nan, *(rmsea(float(gain), float(df), n, groups, c) for gain, df, c in gains)]
    columns["Df diff"] = [nan, *(step.df for step in steps)]
    columns["Pr(>Chisq)"] = [nan, *(upper_tail(step.statistic, step.df) for step in steps)]
    return columns
