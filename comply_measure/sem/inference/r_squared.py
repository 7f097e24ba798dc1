"""Explained variance of every endogenous variable.

``R² = 1 − s/var(x)``: s is the residual variance, var(x) the model-implied one, as in lavaan's ``inspect(fit, "r2")``;
1 − R² is the completely standardised residual variance, which gives the standard error.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NEGATIVE = "negative residual variance"
UNDEFINED = "no variance to explain"
NO_ERROR = "no standard error"


def r_squared(solution: pd.DataFrame) -> pd.DataFrame:
    """R² from a completely standardised solution.

    Parameters
    ----------
    solution : DataFrame
        ``Fit.standardized("all")``.

    Returns
    -------
    DataFrame
        A row per indicator and outcome, per group and, with two levels, per level: lhs (the variable), group, [level],
        r2, se, note. r2 is NaN, with its reason, where the residual variance is negative; where the solution has no
        standard errors the note is its reason.
    """
    rows = solution[solution["op"] != ":="]
    blocks = ["group", "level"] if "level" in rows else ["group"]
    explained = rows["op"].isin(["=~", "~"])
    target = np.where(rows["op"] == "=~", rows["rhs"], rows["lhs"])
    endogenous = set(zip(target[explained], *(rows.loc[explained, b] for b in blocks), strict=True))
    own = rows[(rows["op"] == "~~") & (rows["lhs"] == rows["rhs"])]
    known = [key in endogenous for key in zip(own["lhs"], *(own[b] for b in blocks), strict=True)]
    own = own[known].reset_index(drop=True)
    left = own["est_std"].to_numpy(dtype=float)
    negative = left < 0.0
    table = own[["lhs", *blocks]].copy()
    table["r2"] = np.where(negative, math.nan, 1.0 - left)
    table["se"] = np.where(negative, math.nan, own["se"].to_numpy(dtype=float))
    note = np.where(negative, NEGATIVE, np.where(np.isnan(left), UNDEFINED, ""))
    without = np.isnan(table["se"].to_numpy()) & (note == "")
    table["note"] = np.where(without, solution.attrs.get("no errors", NO_ERROR), note)
    return table
