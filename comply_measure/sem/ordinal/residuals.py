"""Implied moments and residuals of models with ordered variables, as tables.

Residual kinds are those of :mod:`comply_measure.sem.inference.residuals`. Thresholds and slopes are in the units
of the responses under every kind without standard errors. With Γ/n the covariance of the statistics, V the
weights (groups weighted by their share) and P the inverse information, residuals have covariance
``(I − Δ P Δᵀ V) Γ/n (I − Δ P Δᵀ V)ᵀ``. With several groups this is the block of a group, with Γ_g/n_g and all
groups' errors in the estimates, as in lavaan from 0.7-1.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.inference.tests import inverse_information
from comply_measure.sem.model import Model
from comply_measure.sem.moment_tables import MomentTables
from comply_measure.sem.objective import Point
from comply_measure.sem.ordinal.discrepancy import OrdinalEvaluation
from comply_measure.sem.ordinal.layout import OrdinalImplied
from comply_measure.sem.ordinal.measures import evaluations_of

ROUNDING = 1e-9


def implied_tables(implied: OrdinalImplied) -> MomentTables:
    """Implied moments of one group: ``cov``, ``mean``, ``th`` and, with covariates, ``slopes``.

    All in the units of the scaled responses. Thresholds contain the means of ordered variables, which are 0, as in
    lavaan 0.7 (0.6 printed them once more, before scaling).
    """
    layout = implied.layout
    th, mean = implied.threshold_vector[layout.is_threshold], np.zeros(layout.p)
    mean[layout.continuous] = implied.response_mu[layout.continuous]
    return _tables(implied, implied.kept_sigma, mean, th, implied.slopes)


def residual_tables(model: Model, point: Point, kind: str, jacobian: Array | None) -> list[MomentTables]:
    """Residuals of every group in one of the kinds, in the form of :func:`implied_tables`.

    Parameters
    ----------
    model : Model
    point : Point
        The estimates.
    kind : str
        ``raw``, ``cor``, ``cor.bollen``, ``cor.bentler``, ``normalized`` or ``standardized``.
    jacobian : array or None
        Binding constraints that are not linear.
    """
    parts = []
    for number, evaluation in enumerate(evaluations_of(point)):
        residual = evaluation.residual
        if kind in ("normalized", "standardized"):
            errors = _errors(model, point, number, kind, jacobian)
            with np.errstate(divide="ignore", invalid="ignore"):
                residual = np.where(errors > ROUNDING, residual / errors, 0.0)
        parts.append(_residual_tables(evaluation, residual, kind))
    return parts


def _residual_tables(evaluation: OrdinalEvaluation, residual: Array, kind: str) -> MomentTables:
    implied, layout = evaluation.implied, evaluation.implied.layout
    T, c, p = len(layout.item), len(layout.covariates), len(layout.kept)
    first, slopes = residual[:T], residual[T : T + c * p].reshape(p, c, order="F")
    variances = residual[T + c * p : T + c * p + len(layout.continuous)]
    place = {int(i): k for k, i in enumerate(layout.kept)}
    cov = np.zeros((p, p))
    on = [place[int(i)] for i in layout.continuous]
    cov[on, on] = variances
    row, column = np.tril_indices(p, -1)
    order = np.lexsort((row, column))
    cov[row[order], column[order]] = cov[column[order], row[order]] = residual[T + c * p + len(on) :]
    mean = np.zeros(layout.p)
    mean[layout.item[~layout.is_threshold]] = -first[~layout.is_threshold]
    s = np.sqrt(evaluation.sample.moments.covariance.diagonal())
    if kind in ("cor", "cor.bollen"):
        t = np.sqrt(implied.kept_sigma.diagonal())
        S = evaluation.sample.moments.covariance
        cov = S / np.outer(s, s) - implied.kept_sigma / np.outer(t, t)
    elif kind == "cor.bentler":
        cov = cov / np.outer(s, s)
    if kind.startswith("cor"):
        mean[layout.kept] = mean[layout.kept] / s
    return _tables(implied, cov, mean, first[layout.is_threshold], slopes)


def _tables(
    implied: OrdinalImplied, cov: Array, mean: Array, thresholds: Array, slopes: Array
) -> MomentTables:
    """Moments as data frames and series with names."""
    import pandas as pd

    layout = implied.layout
    names = [layout.observed[i] for i in layout.kept]
    covariates = [layout.sources[j] for j in layout.covariates]
    return MomentTables(
        pd.DataFrame(cov, index=names, columns=names),
        pd.Series(mean[layout.kept], index=names),
        pd.Series(thresholds, index=threshold_names(implied)),
        pd.DataFrame(slopes, index=names, columns=covariates) if covariates else None,
    )


def threshold_names(implied: OrdinalImplied) -> list[str]:
    """``u1|t1``, ``u1|t2``, … for every threshold."""
    layout = implied.layout
    names, step, last = [], 0, -1
    for i in layout.item[layout.is_threshold].tolist():
        step = step + 1 if i == last else 1
        names.append(f"{layout.observed[i]}|t{step}")
        last = i
    return names


def _errors(model: Model, point: Point, number: int, kind: str, jacobian: Array | None) -> Array:
    """Standard errors of one group's statistics (normalized) or of their residuals (standardized)."""
    evaluations = evaluations_of(point)
    own = evaluations[number]
    n = own.sample.n
    if kind == "normalized":
        return np.sqrt(own.sample.spread.diagonal() / n)
    P = inverse_information(model, point, "expected", jacobian)
    weights = model.sample.weights
    mine = own.implied.layout
    total = np.zeros(len(own.residual))
    for other, evaluation in enumerate(evaluations):
        layout = evaluation.implied.layout
        link = P[mine.first : mine.first + mine.q, layout.first : layout.first + layout.q]
        if other != number and not link.any():
            continue
        root = evaluation.sample.spread.any_root()
        W = evaluation.weights
        side = evaluation.implied.jacobian.left(root @ W if W.ndim == 2 else root * W)
        moved = weights[other] * (side @ link.T) @ own.implied.jacobian.dense().T
        rows = root - moved if other == number else -moved
        total += (rows**2).sum(axis=0) / evaluation.sample.n
    return np.sqrt(total)
