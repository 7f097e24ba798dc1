"""Data frames of a fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.model import Model
from comply_measure.sem.table.namespace import Namespace

if TYPE_CHECKING:
    import pandas as pd


def normal_quantile(level: float) -> float:
    """Quantile that leaves (1 − level)/2 in each tail."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2.0))


def two_sided(z: Array) -> Array:
    """Two-sided p values of standard normal statistics."""
    from scipy.special import ndtr

    return np.asarray(2.0 * ndtr(-np.abs(z)))


def wald_columns(est: Array, se: Array, level: float) -> dict[str, Array]:
    """Columns est, se, z, pvalue, ci_lower, ci_upper; rows with se = 0 (fixed) have no z and p.

    Parameters
    ----------
    est, se : arrays (rows,)
        NaN in ``se``: no standard error could be computed; nothing is then derived from it.
    level : float
        Confidence level.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0.0, est / se, np.nan)
    half = normal_quantile(level) * se
    return {
        "est": est,
        "se": se,
        "z": z,
        "pvalue": two_sided(z),
        "ci_lower": est - half,
        "ci_upper": est + half,
    }


def definitions(
    model: Model, theta: Array, vcov: Array | None, at_bound: Sequence[int] = ()
) -> tuple[list[str], list[str], Array, Array]:
    """Defined parameters with delta-method standard errors: names, expressions, values, errors.

    ``Var(g(θ̂)) = ∇gᵀ V ∇g`` with exact gradients; NaN where nothing but parameters at a bound moves g.
    """
    relations = [relation for relation in model.table.relations if relation.op == ":="]
    if not relations:
        return [], [], np.zeros(0), np.zeros(0)
    values = Namespace(model.table, model.fixed_values).at(theta)
    est = np.array([values[relation.lhs].value for relation in relations])
    if vcov is None:
        se = np.full(len(est), math.nan)
    else:
        J = np.array([values[relation.lhs].gradient for relation in relations])
        se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, vcov, J), 0.0))
        free = np.delete(J, list(at_bound), axis=1)
        se[np.any(J != 0.0, axis=1) & ~np.any(free != 0.0, axis=1)] = math.nan
    return [r.lhs for r in relations], [r.rhs for r in relations], est, se


def estimates_frame(
    model: Model, theta: Array, vcov: Array | None, level: float, at_bound: Sequence[int] = ()
) -> pd.DataFrame:
    """Rows of the parameter table, then defined parameters, with estimates and Wald statistics.

    Fixed rows have se = 0; se is NaN when it could not be computed, and for parameters at a bound
    (``at_bound``, places of θ), whose rows are in ``attrs["at bound"]``.
    """
    import pandas as pd

    table = model.table
    est = model.values(theta)
    se = np.zeros(len(table))
    is_free = table.free > 0
    if vcov is None:
        se[is_free] = math.nan
    else:
        se[is_free] = np.sqrt(np.maximum(vcov.diagonal(), 0.0))[table.free[is_free] - 1]
    lhs: Sequence[str] = table.lhs
    op: Sequence[str] = table.op
    rhs: Sequence[str] = table.rhs
    label: Sequence[str] = table.label
    group, free = table.group, table.free
    held = np.isin(table.free - 1, at_bound)
    se[held] = math.nan
    names, texts, defined, errors = definitions(model, theta, vcov, at_bound)
    if names:
        lhs, op, rhs = (*lhs, *names), (*op, *[":="] * len(names)), (*rhs, *texts)
        label = (*label, *names)
        zeros = np.zeros(len(names), dtype=np.int64)
        group, free = np.concatenate([group, zeros]), np.concatenate([free, zeros])
        est, se = np.concatenate([est, defined]), np.concatenate([se, errors])
    columns: dict[str, object] = {
        "lhs": np.array(lhs, dtype=object),
        "op": np.array(op, dtype=object),
        "rhs": np.array(rhs, dtype=object),
        "group": group,
        "label": np.array(label, dtype=object),
        "free": free,
    }
    columns.update(wald_columns(est, se, level))
    frame = pd.DataFrame(columns)
    if held.any():
        frame.attrs["at bound"] = tuple(np.flatnonzero(held).tolist())
    return frame
