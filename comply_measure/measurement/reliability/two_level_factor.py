"""One factor within and one between units, fitted together by the SEM engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.one_factor import MIN_ITEMS, OneFactor

# A residual variance between units below this share of the item's variance between units is at zero.
AT_ZERO = 1e-6


def two_level_factor(values: Floats, unit: NDArray[Any]) -> tuple[OneFactor, str]:
    """One factor per level by maximum likelihood (Muthén 1994; the model of Geldhof et al. 2014).

    Residual variances between units are bounded at zero: there sampling error often makes them negative, and a
    unit's mean of many informants may well have no item-specific part.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing; informants are taken complete.
    unit : ndarray, shape (n,)

    Returns
    -------
    solution : OneFactor
        Row 0 within, row 1 between; undefined where the model has no solution.
    note : str
        Why it is undefined, or which items have no variance of their own between units.
    """
    complete = ~np.isnan(values).any(axis=1)
    names = [f"v{j + 1}" for j in range(values.shape[1])]
    if len(names) < MIN_ITEMS:
        return _undefined(len(names)), "fewer than 3 items: ω is not identified"
    indicators = " + ".join(names)
    bounds = "\n".join(f"{name} ~~ lower(0)*{name}" for name in names)
    data = pd.DataFrame(values[complete], columns=names)
    data["unit"] = np.unique(unit[complete], return_inverse=True)[1]
    model = f"level: 1\nw =~ {indicators}\nlevel: 2\nb =~ {indicators}\n{bounds}"
    try:
        fit = sem.fit(model, data, cluster="unit", std_lv=True, se="none")
    except ComplyError as error:
        return _undefined(len(names)), str(error)
    if fit.unreached:
        return _undefined(len(names)), f"the two-level factor model {fit.unreached}"
    table = fit.estimates
    loadings = np.stack([_read(table, level, "=~", names) for level in (1, 2)])
    residuals = np.stack([_read(table, level, "~~", names) for level in (1, 2)])
    variance = loadings**2 + residuals
    defined = np.asarray((residuals >= -AT_ZERO * variance).all(axis=1))
    own = residuals[1] <= AT_ZERO * variance[1]
    note = ""
    if not defined.all():
        note = "negative residual variance within units"
    elif own.any():
        count, whose = int(own.sum()), "their" if own.sum() > 1 else "its"
        note = f"{count} item{'s' * (count > 1)} without variance of {whose} own between units"
    with np.errstate(invalid="ignore", divide="ignore"):
        standardized = loadings / np.sqrt(variance)
    observed = loadings.sum(axis=1) ** 2 + residuals.sum(axis=1)
    return OneFactor(loadings, np.maximum(residuals, 0.0), standardized, observed, defined, ~defined), note


def _read(table: pd.DataFrame, level: int, op: str, names: list[str]) -> Floats:
    rows = table[(table["level"] == level) & (table["op"] == op)]
    rows = rows if op == "=~" else rows[rows["lhs"] == rows["rhs"]]
    return rows.set_index("rhs")["est"].reindex(names).to_numpy(dtype=np.float64)


def _undefined(p: int) -> OneFactor:
    nothing = np.full((2, p), np.nan)
    false = np.zeros(2, dtype=bool)
    return OneFactor(nothing, nothing, nothing, np.full(2, np.nan), false, false)
