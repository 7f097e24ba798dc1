"""A fit in the terms of broom (Robinson, Hayes & Couch, R package broom): tidy, glance, augment.

Column names are broom's: ``std.error``, ``p.value``, ``conf.low``. Numbers are those of ``fit.estimates``,
``fit.fit_measures`` and ``fit.predict()``, under other names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.result import Fit

#: Column of the estimates -> broom's name.
COLUMNS = {
    "est": "estimate",
    "se": "std.error",
    "z": "statistic",
    "pvalue": "p.value",
    "ci_lower": "conf.low",
    "ci_upper": "conf.high",
}
#: Fit measure -> broom's name, where ``broom::glance`` has one of its own.
MEASURES = {"pvalue": "p.value", "aic": "AIC", "bic": "BIC", "logl": "logLik", "rmsea.ci.lower": "rmsea.conf.low",
            "rmsea.ci.upper": "rmsea.conf.high"}  # fmt: skip


def tidy_estimates(estimates: pd.DataFrame, standardised: pd.DataFrame | None) -> pd.DataFrame:
    """Parameters under broom's names.

    Parameters
    ----------
    estimates : DataFrame
        Rows of ``fit.estimates``: lhs, op, rhs, label, est, se, z, pvalue, ci_lower, ci_upper and places (group,
        level, step).
    standardised : DataFrame or None
        The completely standardised solution; its ``est_std`` of the same parameter becomes ``std.all``.

    Returns
    -------
    DataFrame
        term (``f =~ x1``), op, places where there are several, label, estimate, std.error, statistic, p.value,
        conf.low, conf.high, std.all. ``attrs["undefined"]`` says why numbers are missing.
    """
    import pandas as pd

    parts = (estimates[name].astype(str) for name in ("lhs", "op", "rhs"))
    terms = [_term(*cells) for cells in zip(*parts, strict=True)]
    found: dict[str, Any] = {"term": terms, "op": estimates["op"].to_numpy()}
    for place in ("group", "level", "step"):
        if place in estimates and len(set(estimates[place]) - {0}) > 1:
            found[place] = estimates[place].to_numpy()
    found["label"] = estimates["label"].to_numpy()
    found |= {new: estimates[old].to_numpy() for old, new in COLUMNS.items()}
    if standardised is not None:
        found["std.all"] = _standardised(estimates, standardised)
    table = pd.DataFrame(found)
    if "undefined" in estimates.attrs:
        table.attrs["undefined"] = estimates.attrs["undefined"]
    return table


def _term(lhs: str, op: str, rhs: str) -> str:
    return f"{lhs} ~ 1" if op == "~1" else f"{lhs} {op} {rhs}"


def _standardised(estimates: pd.DataFrame, solution: pd.DataFrame) -> np.ndarray:
    """Standardised values in the order of the estimates; NaN for what the solution lacks."""
    keys = [name for name in ("lhs", "op", "rhs", "group", "level") if name in estimates and name in solution]
    known = dict(zip(map(tuple, solution[keys].to_numpy().tolist()), solution["est_std"], strict=True))
    return np.array(
        [known.get(tuple(key), np.nan) for key in estimates[keys].to_numpy().tolist()], dtype=float
    )


def glance_at(fit: Fit) -> pd.DataFrame:
    """One row: estimator, converged, admissible, nobs, norig, nexcluded, ngroups, missing_method, all fit measures.

    Broom's names where it has some (AIC, BIC, rmsea.conf.high), lavaan's otherwise; ``attrs["undefined"]`` says why
    measures are missing.
    """
    import pandas as pd

    sample, options = fit.model.sample, fit.model.options
    row: dict[str, Any] = {
        "estimator": options.estimator.name,
        "converged": fit.converged,
        "admissible": fit.admissible,
        "nobs": sample.n_cases,
        "norig": sample.n_given,
        "nexcluded": sample.n_given - sample.n_cases,
        "ngroups": sample.n_groups,
        "missing_method": options.missing,
    }
    measures: Mapping[str, float] = fit.measures
    row |= {MEASURES.get(name, name): float(value) for name, value in measures.items()}
    table = pd.DataFrame([row])
    undefined = fit.fit_measures.attrs.get("undefined")
    if undefined:
        table.attrs["undefined"] = undefined
    return table


def augmented(data: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The data, row by row, with the scores beside them; each score's column has a dot before its factor's name.

    Raises
    ------
    InputError
        If the data have other rows than the scores, or columns of these names.
    """
    import pandas as pd

    if len(data) != len(scores) or not data.index.equals(scores.index):
        fault = Problem(
            "other rows than those the model was fitted to",
            value=len(data),
            allowed=f"the {len(scores)} rows that were given to fit",
        )
        raise InputError("The data cannot be put beside the factor scores.", [fault])
    beside = scores.set_axis([f".{name}" for name in scores.columns], axis=1)
    taken = [str(name) for name in beside.columns if name in data.columns]
    if taken:
        problems = [Problem("the data have a column of this name", column=name) for name in taken]
        raise InputError("The data cannot be put beside the factor scores.", problems)
    found = pd.concat([data, beside], axis=1)
    found.attrs = {**data.attrs, **scores.attrs}
    return found
