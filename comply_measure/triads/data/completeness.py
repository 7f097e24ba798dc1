"""Which roles are missing, and whether their absence goes with what the other roles say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy

from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads.data.triad_data import TriadData

MAX_ITERATIONS = 50
#: Coefficient per standard deviation beyond which a logistic fit counts as separated.
SEPARATED = 15.0


def completeness_patterns(data: TriadData) -> pd.DataFrame:
    """Patterns of roles present, most frequent first.

    One row per pattern: roles (names joined by ``+``), n_roles, one flag per role, n_units, n_informants,
    share (of units).
    """
    patterns, counts = np.unique(data.present, axis=0, return_counts=True)
    order = np.lexsort((-patterns.sum(axis=1), -counts))
    rows: list[dict[str, Any]] = []
    for place in order:
        present = patterns[place]
        names = [role for role, flag in zip(data.roles, present, strict=True) if flag]
        rows.append(
            {
                "roles": " + ".join(names) or "none",
                "n_roles": len(names),
                **dict(zip(data.roles, present.tolist(), strict=True)),
                "n_units": int(counts[place]),
                "n_informants": int(counts[place]) * len(names),
                "share": counts[place] / data.n_units,
            }
        )
    return pd.DataFrame(rows)


def missing_role_test(data: TriadData) -> pd.DataFrame:
    """Is a role's absence related to the scores of the roles that are there?

    For each role and variable a logistic regression of the role being absent (no score on the variable) on
    the mean of the other roles' scores, each taken as deviation from its role's mean. The test is the
    likelihood ratio on one degree of freedom; p_holm corrects over the whole table. A relation speaks
    against analysing complete units only; it cannot prove that values are missing at random.

    Returns
    -------
    DataFrame
        One row per role and variable: role, column, n_units, n_missing, b (log odds per scale point), se,
        odds_ratio, chi2, p, p_holm, note. NaN with a note when the role is never or always absent, the other
        roles do not vary, or the outcome is separated.
    """
    present = ~np.isnan(data.values)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(present, data.values, 0.0).sum(axis=0) / present.sum(axis=0)
    centred = np.where(present, data.values - means, 0.0)
    rows = []
    for i, role in enumerate(data.roles):
        others = np.delete(np.arange(len(data.roles)), i)
        n = present[:, others].sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            predictor = centred[:, others].sum(axis=1) / n
        for j, column in enumerate(data.columns):
            used = n[:, j] > 0
            result = _logistic(predictor[used, j], ~present[used, i, j])
            rows.append({"role": role, "column": column, **result})
    table = pd.DataFrame(rows)
    if rows:
        table.insert(list(table.columns).index("p") + 1, "p_holm", holm(table["p"].to_numpy()))
    return table


def _logistic(x: Floats, absent: np.ndarray) -> dict[str, Any]:
    """Logistic regression of absence on one predictor, by Newton's method."""
    n, missing = len(x), int(absent.sum())
    result: dict[str, Any] = {"n_units": n, "n_missing": missing}
    nothing = dict.fromkeys(("b", "se", "odds_ratio", "chi2", "p"), float("nan"))
    if missing in (0, n):
        return (
            result
            | nothing
            | {"note": "the role is never absent" if missing == 0 else "no unit has the role"}
        )
    sd = float(x.std())
    if sd <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return result | nothing | {"note": "the other roles do not vary"}
    X = np.stack([np.ones(n), x / sd], axis=1)
    y = absent.astype(np.float64)
    beta = np.array([np.log(missing / (n - missing)), 0.0])
    for _ in range(MAX_ITERATIONS):
        p = 1.0 / (1.0 + np.exp(-np.clip(X @ beta, -700, 700)))
        information = (X * (p * (1 - p))[:, None]).T @ X
        if np.abs(beta[1]) > SEPARATED or np.linalg.cond(information) > 1e12:
            return result | nothing | {"note": "absence is separated by the score: no estimate"}
        step = np.linalg.solve(information, X.T @ (y - p))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    null = missing * np.log(missing / n) + (n - missing) * np.log(1 - missing / n)
    eta = X @ beta
    loglik = float((y * eta - np.logaddexp(0.0, eta)).sum())
    chi2 = max(0.0, 2.0 * (loglik - null))
    b = float(beta[1] / sd)
    return result | {
        "b": b,
        "se": float(np.sqrt(np.linalg.inv(information)[1, 1]) / sd),
        "odds_ratio": float(np.exp(b)),
        "chi2": chi2,
        "p": float(scipy.stats.chi2.sf(chi2, 1)),
        "note": "",
    }
