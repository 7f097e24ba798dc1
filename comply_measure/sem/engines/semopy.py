"""semopy as a second optimiser: only its estimates and standard errors are used.

Everything else (χ², log-likelihood, fit measures) is computed by this engine at semopy's estimates:
semopy 2.3.11 reports wrong information criteria and log-likelihood and treats missing values pairwise
without saying so. The model is handed over row by row, so that no default of semopy decides anything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.language.quoting import quoted
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum

if TYPE_CHECKING:
    import pandas as pd

_SUPPORTED = ("=~", "~", "~~")


def estimate_with_semopy(model: Model) -> tuple[Optimum, Array]:
    """Optimum and standard errors by semopy.

    Parameters
    ----------
    model : Model
        One group, covariance structure, ML, equal labels but no other constraints.

    Returns
    -------
    optimum : Optimum
        semopy's estimates as a point of this engine's objective.
    errors : array (q,)
        semopy's standard errors; NaN where it gives none.

    Raises
    ------
    ModelError
        For models semopy cannot be trusted with.
    """
    _check(model)
    import pandas as pd
    import semopy

    table = model.table
    sample = model.sample.groups[0]
    aliases = _aliases(model)
    second = semopy.Model(model_text(model))
    frame = pd.DataFrame(sample.data, columns=[aliases.get(name, name) for name in sample.names])
    solution = second.fit(frame, obj=model.family.other_engine)
    est, errors = _read(second.inspect(), model)
    space = model.space
    point = model.objective.at(space.contract(est))
    iterations = int(getattr(solution, "n_it", 0) or 0)
    converged = bool(solution.success) and math.isfinite(point.value)
    message = "converged" if converged else str(solution.message)
    decrement = _decrement(point.gradient, point.information) if converged else math.inf
    shape_ok = len(errors) == table.n_free
    return Optimum(point, converged and shape_ok, iterations, message, decrement), errors


def _check(model: Model) -> None:
    table = model.table
    reasons = []
    plain = model.options.estimator.is_plain and model.options.information == "expected"
    if not model.family.other_engine or not plain:
        reasons.append("only ML with expected information")
    if table.n_groups > 1 or table.meanstructure:
        reasons.append("one group without means")
    if any(op not in _SUPPORTED for op in table.op):
        reasons.append("only =~, ~ and ~~")
    if any(r.op != ":=" for r in table.relations) or model.space.bounded:
        reasons.append("no constraints beyond equal labels")
    if model.sample.groups[0].data is None:
        reasons.append("raw data")
    if reasons:
        raise ModelError(f"engine='semopy' takes: {'; '.join(reasons)}")


def _aliases(model: Model) -> dict[str, str]:
    """Plain names for variables whose own names semopy's language cannot hold; empty when all are plain."""
    variables = model.table.variables[0]
    names = (*variables.observed, *variables.latent)
    if all(quoted(name) == name for name in names):
        return {}
    return {name: f"v{i}" for i, name in enumerate(names, start=1)}


def model_text(model: Model) -> str:
    """Every row of the parameter table in semopy's language."""
    table = model.table
    aliases = _aliases(model)
    labels = {place: f"shared{i}" for i, group in enumerate(table.equal) for place in group}
    lines = []
    for row in range(len(table)):
        if table.exo[row]:
            continue
        place = int(table.free[row]) - 1
        before = labels.get(place, "") if place >= 0 else repr(float(table.value[row]))
        star = f"{before}*" if before else ""
        left, right = (aliases.get(name, name) for name in (table.lhs[row], table.rhs[row]))
        lines.append(f"{left} {table.op[row]} {star}{right}")
    return "\n".join(lines)


def _read(inspected: pd.DataFrame, model: Model) -> tuple[Array, Array]:
    """Estimates and standard errors in the order of θ."""
    table = model.table
    aliases = _aliases(model)
    values: dict[tuple[str, str, str], tuple[float, float]] = {}
    columns = [inspected[name] for name in ("lval", "op", "rval", "Estimate", "Std. Err")]
    for left, op, right, est, se in zip(*columns, strict=True):
        pair = (float(est), math.nan if se == "-" else float(se))
        values[left, op, right] = pair
        if op == "~~":
            values[right, op, left] = pair
    est, errors = np.full(table.n_free, math.nan), np.full(table.n_free, math.nan)
    for row in np.flatnonzero(table.free):
        op = table.op[row]
        left, right = (aliases.get(name, name) for name in (table.lhs[row], table.rhs[row]))
        key = (right, "~", left) if op == "=~" else (left, op, right)
        if key not in values:
            raise ModelError(f"semopy returned no estimate for {left} {op} {right}")
        est[table.free[row] - 1], errors[table.free[row] - 1] = values[key]
    return est, errors


def _decrement(gradient: Array, information: Array) -> float:
    return 0.25 * float(gradient @ np.linalg.lstsq(information, gradient, rcond=None)[0])
