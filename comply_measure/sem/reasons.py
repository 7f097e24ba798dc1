"""Why numbers of a fit's tables are missing: in words, in ``attrs["undefined"]`` of each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import is_positive_definite

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.moment_tables import MomentTables
    from comply_measure.sem.result import Fit

KEY = "undefined"
OF_FIXED = "fixed parameters have no z and p"
NOT_ASKED = "no standard errors were asked for (se='none')"
AT_BOUND = "parameters held at a bound have no standard error"
NO_VARIANCE = "no standardised value where a variance is not above zero"
NO_TEST = "no tests: none was asked for (test='none')"
NO_FREEDOM = "0 degrees of freedom: no p values, no tests of RMSEA, no critical N"
NO_MOMENT = "moments without variance, or that no case has, have no residual of this kind"
ERRORS_ONLY = "standard errors were given without their covariances"
ELSE = "see fit.problems"


def with_reasons(fit: Fit, table: pd.DataFrame) -> pd.DataFrame:
    """A table of parameters with the reasons of its missing numbers, those of missing errors also by themselves.

    Parameters
    ----------
    fit : Fit
    table : DataFrame
        With a column ``se``, and ``est`` or ``est_std``.
    """
    reasons: list[str] = []
    if (table["se"] == 0.0).any():
        reasons.append(OF_FIXED)
    if "est_std" in table.columns and table["est_std"].isna().any():
        reasons.append(NO_VARIANCE)
    if table["se"].isna().any():
        without = _without_errors(fit) or [ELSE]
        reasons += without
        table.attrs["no errors"] = "; ".join(without)
    table.attrs[KEY] = "; ".join(dict.fromkeys(reasons))
    return table


def _without_errors(fit: Fit) -> list[str]:
    if fit.model.options.se == "none":
        return [NOT_ASKED]
    reasons = [p.message for p in fit.problems if p.serious or p.code == "no_standard_errors"]
    return reasons + ([AT_BOUND] if fit.optimum.at_bound and not fit.optimum.endless else [])


def of_errors(fit: Fit) -> str:
    """Why entries of the covariance matrix of the estimates are missing."""
    known = fit.given_errors is not None and fit.vcov_array is not None
    return ERRORS_ONLY if known else "; ".join(dict.fromkeys(_without_errors(fit))) or ELSE


def of_residuals(fit: Fit, tables: MomentTables) -> MomentTables:
    """Residuals with the reason of those that are missing, in ``attrs["undefined"]`` of each table."""
    lost = [p.message for p in fit.problems if p.serious]
    reason = "; ".join(dict.fromkeys(lost)) or NO_MOMENT
    for table in tables.values():
        if bool(np.asarray(table.isna()).any()):
            table.attrs[KEY] = reason
    return tables


def of_measures(fit: Fit, measures: pd.Series[float]) -> str:
    """Why fit measures are missing; empty where none is."""
    missing = measures.index[measures.isna()].tolist()
    if not missing:
        return ""
    if not fit.converged:
        return "the optimiser did not converge"
    if fit.no_fit:
        return fit.no_fit
    if fit.model.df == 0:
        return NO_FREEDOM
    if fit.model.options.test == "none":
        return NO_TEST
    names = ", ".join(map(str, missing))
    if not all(is_positive_definite(at.sigma) for at in fit.optimum.point.implied):
        return f"the implied covariance matrix is not positive definite: {names}"
    return f"not defined for {fit.model.family.name}: {names}"
