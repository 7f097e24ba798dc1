"""χ² of maximum likelihood corrected for small samples: Bartlett, Swain, Yuan, and Yuan, Tian & Yanagihara.

With p variables, k factors, d degrees of freedom, q free parameters, n = N − 1 and T = n F (Wishart likelihood), T c is
compared with χ² on d degrees of freedom:

========== =====================================================================================================
bartlett   ``c = 1 − (2p + 4k + 5) / (6n)``; Bartlett (1950) for unrestricted factor models, Fouladi (2000) for SEM
swain      ``c = 1 − [p(2p² + 3p − 1) − t(2t² + 3t − 1)] / (12 d n)``, ``t = (√(1 + 4p(p + 1) − 8d) − 1) / 2``;
           Swain (1975), Herzog & Boomsma (2009)
yuan2005   ``c = 1 − (2p + 2k + 7) / (6n)``; Yuan (2005)
yuan2015   ``c = [N − (2.381 + .361p + .006q)] / n``; Yuan, Tian & Yanagihara (2015), fitted to simulated means of T
========== =====================================================================================================

References: Bartlett (1950), British Journal of Statistical Psychology 3, 77-85; Swain (1975), thesis, University of
Adelaide; Fouladi (2000), Structural Equation Modeling 7, 356-410; Yuan (2005), Multivariate Behavioral Research 40,
115-148; Herzog & Boomsma (2009), Structural Equation Modeling 16, 1-27; Yuan, Tian & Yanagihara (2015), Psychometrika
80, 379-405.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from comply_measure.sem.fit_measures.chisquare import upper_tail

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.result import Fit

COLUMNS = ("correction", "statistic", "df", "pvalue", "factor", "note")


def bartlett(n: float, p: int, k: int) -> float:
    """Bartlett's factor for k factors."""
    return 1.0 - (2.0 * p + 4.0 * k + 5.0) / (6.0 * n)


def swain(n: float, p: int, df: float) -> float:
    """Swain's factor."""
    t = (math.sqrt(1.0 + 4.0 * p * (p + 1.0) - 8.0 * df) - 1.0) / 2.0
    lost = p * (2.0 * p * p + 3.0 * p - 1.0) - t * (2.0 * t * t + 3.0 * t - 1.0)
    return 1.0 - lost / (12.0 * df * n)


def yuan2005(n: float, p: int, k: int) -> float:
    """Yuan's factor of 2005."""
    return 1.0 - (2.0 * p + 2.0 * k + 7.0) / (6.0 * n)


def yuan2015(n: float, p: int, q: int) -> float:
    """The empirical factor of Yuan, Tian & Yanagihara."""
    return (n + 1.0 - (2.381 + 0.361 * p + 0.006 * q)) / n


def small_sample_tests(fit: Fit) -> pd.DataFrame:
    """All corrections of a fit's χ²: correction, statistic, df, pvalue, factor, note.

    NaN with the reason in ``note`` where a correction is not defined: other discrepancies than normal-theory maximum
    likelihood on complete data of one group, fixed exogenous variables, tests for non-normal data, no degrees of
    freedom, structured means, and factors that are not positive.
    """
    import pandas as pd

    reason = _undefined(fit)
    rows = []
    for name, factor in _factors(fit):
        c = math.nan if reason else factor()
        note = reason or ("" if c > 0.0 else "the factor is not positive: too few cases for the variables")
        if note:
            c = math.nan
        elif name in ("bartlett", "yuan2005") and "~" in fit.model.table.op:
            note = "derived for factor models without regressions"
        statistic = c * (fit.model.sample.n - 1.0) / fit.model.sample.n * fit.test.statistic
        p = upper_tail(statistic, fit.test.df) if math.isfinite(statistic) else math.nan
        rows.append((name, statistic, float(fit.model.df), p, c, note))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _factors(fit: Fit) -> Iterator[tuple[str, Callable[[], float]]]:
    """Names and factors; these are computed only where they are defined."""
    model = fit.model
    n, p = model.sample.n - 1.0, model.sample.groups[0].p
    k = len(model.table.variables[0].latent)
    q = model.n_parameters - (p if model.table.meanstructure else 0)
    yield "bartlett", lambda: bartlett(n, p, k)
    yield "swain", lambda: swain(n, p, float(model.df))
    yield "yuan2005", lambda: yuan2005(n, p, k)
    yield "yuan2015", lambda: yuan2015(n, p, q)


def _undefined(fit: Fit) -> str:
    """Why no correction is defined; empty where they are."""
    model = fit.model
    reasons = (
        ("no convergence", not fit.converged),
        ("needs complete cases", not model.options.complete_cases),
        ("needs maximum likelihood", not (model.family.solves_normal_theory and model.family.has_loglik)),
        ("not for two levels", not model.family.one_level),
        ("for one group", model.sample.n_groups > 1),
        ("not with sampling weights", model.sample.is_weighted),
        (
            "not with fixed exogenous variables: fixed_x=False makes them variables of the model",
            any(model.exogenous),
        ),
        ("for normal data: the test is scaled or replaced", model.options.test != "standard"),
        (
            fit.test.note or "no degrees of freedom",
            not (fit.test.df > 0 and math.isfinite(fit.test.statistic)),
        ),
        ("means are structured", model.table.meanstructure and not _means_are_free(fit)),
    )
    return next((reason for reason, holds in reasons if holds), "")


def _means_are_free(fit: Fit) -> bool:
    """Whether every mean has a parameter of its own, so that the model is one of covariances."""
    table = fit.model.table
    free = [
        lhs
        for lhs, op, number in zip(table.lhs, table.op, table.free.tolist(), strict=True)
        if op == "~1" and number
    ]
    return set(free) == set(table.variables[0].observed)
