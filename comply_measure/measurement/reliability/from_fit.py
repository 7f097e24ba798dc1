"""Reliability of the sums behind the factors of any fitted model: congeneric, crossed, hierarchical, ordered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import runs_against
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.alpha import alpha_from_covariance
from comply_measure.measurement.reliability.categorical import categorical_omega
from comply_measure.measurement.reliability.fit_matrices import FactorMatrices, Indices, fit_matrices
from comply_measure.measurement.reliability.one_factor import maximal_reliability
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.statistics.reasons import with_reasons

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class FactorReliability:
    """Reliability of the sum of one factor's items.

    Attributes
    ----------
    group : str
    data_level : str
        ``within`` or ``between`` clusters, for a two-level fit; else empty. Levels are never mixed.
    factor : str
    level : str
        ``items`` for a factor measured by items, ``factors`` for one measured by factors, ``total`` for the sum of
        all items under all factors.
    omega_implied, omega_observed : float
        Variance the factor gives the sum, over the implied and over the observed variance of the sum. For
        ordered items these are of the latent responses.
    omega_factors : float
        For a factor of factors: the share of what the factors give the sum that it explains (ω_L2).
    omega_partial : float
        For a factor of factors: what it explains, relative to that plus item residuals.
    omega_categorical_implied, omega_categorical_observed : float
        Of the sum of ordered answers; NaN for continuous items.
    alpha : float
        Of the sample covariances (polychoric for ordered items).
    maximal : float
        Coefficient H of standardised loadings; only where each item has one factor.
    n_items, n : int
        n: cases; of the between level, clusters.
    note : str
        Why values are undefined or doubtful.
    """

    group: str
    data_level: str
    factor: str
    level: str
    omega_implied: float
    omega_observed: float
    omega_factors: float
    omega_partial: float
    omega_categorical_implied: float
    omega_categorical_observed: float
    alpha: float
    maximal: float
    n_items: int
    n: int
    note: str


WHY = {
    "omega_factors": "for factors of factors",
    "omega_partial": "for factors of factors",
    "omega_categorical_implied": "for ordered items",
    "omega_categorical_observed": "for ordered items",
    "maximal": "for items of one factor each, with loadings below 1",
}


@dataclass(frozen=True, slots=True)
class FitReliability(Result):
    """Reliabilities of all factors of a fit.

    Attributes
    ----------
    rows : tuple of FactorReliability
    estimator : str
    """

    rows: tuple[FactorReliability, ...]
    estimator: str

    def tidy(self) -> pd.DataFrame:
        """One row per group, level and factor; columns are the attributes of :class:`FactorReliability`.

        ``reason`` says why other cells are empty where nothing is wrong.
        """
        names = FactorReliability.__dataclass_fields__
        table = pd.DataFrame([{name: getattr(row, name) for name in names} for row in self.rows])
        return with_reasons(table.assign(estimator=self.estimator), WHY)


def fit_reliability(fit: Fit) -> FitReliability:
    """Reliability of the sum scores a fitted factor model stands for (McDonald 1999; Raykov 1997).

    For factor f with items I: ``ω = (Σ_I λ_f)² φ_ff / σ²``, where σ² is the implied or the observed variance of the
    sum of I; other factors and residual covariances of the items count in σ² only. For a factor of factors the
    numerator is the variance that reaches the sum through its factors, ``1'Λ b φ b'Λ'1`` with its loadings b
    (ω_L1 of Raykov & Zinbarg 2011; ω_higher-order). Ordered items: see
    :func:`~comply_measure.measurement.reliability.categorical.categorical_omega`.

    A two-level fit has rows for each level: ω within is the reliability of the deviations from the clusters' means,
    ω between that of the clusters' latent means (Geldhof, Preacher & Zyphur 2014); see
    :func:`~comply_measure.measurement.reliability.multilevel.multilevel_reliability` for one informant and for observed
    means.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    FitReliability
        NaN with a note when the model did not converge, a variance is negative, or a sum holds ordered and
        continuous items. Items whose loadings run against those of their factor are named.
    """
    rows: list[FactorReliability] = []
    for matrices in fit_matrices(fit):
        note = _note(fit, matrices)
        rows += [_factor(matrices, f, note) for f in range(len(matrices.factors))]
        if len(matrices.factors) > 1:
            rows.append(_total(matrices, note))
    return FitReliability(tuple(rows), fit.model.options.estimator.name)


def _note(fit: Fit, matrices: FactorMatrices) -> str:
    """Why nothing is defined."""
    if fit.unreached:
        return f"the model {fit.unreached}"
    notes = []
    for what, names, values in (
        ("residual variance", matrices.items, np.diag(matrices.residuals)),
        ("variance of a factor", matrices.factors, np.diag(matrices.factor_covariance)),
    ):
        negative = [name for name, value in zip(names, values, strict=True) if value < 0]
        notes += [f"negative {what}: {', '.join(negative)}"] if negative else []
        unknown = [name for name, value in zip(names, values, strict=True) if np.isnan(value)]
        notes += [f"{what} unknown, predictors without variances: {', '.join(unknown)}"] if unknown else []
    return "; ".join(notes)


def _against(m: FactorMatrices, items: Indices, weight: Floats) -> str:
    """Items whose weights have another sign than the sum of all."""
    sign = 1.0 if weight.sum() >= 0 else -1.0
    return runs_against([m.items[int(j)] for j, w in zip(items, weight, strict=True) if sign * w < 0])


def _factor(m: FactorMatrices, f: int, note: str) -> FactorReliability:
    items = m.measured_by(f)
    if items.size == 1 and m.residuals[items[0], items[0]] == 0:
        note = note or "one item, taken as free of error: reliability is not estimated"
    if items.size:
        weight = m.loadings[items, f]
        common = np.outer(weight, weight) * m.factor_covariance[f, f]
        simple = bool((np.count_nonzero(m.loadings[items], axis=1) == 1).all())
        doubt = _against(m, items, weight)
        return _row(m, m.factors[f], "items", items, common, note, simple=simple, doubt=doubt)
    below = _descendants(m.paths, f)
    items = np.flatnonzero(np.any(m.loadings[:, below], axis=1))
    if not items.size:
        return _empty(m, m.factors[f], "factors", note or "no items")
    # loadings of items on f through all factors in between
    total_effect = np.linalg.inv(np.eye(len(m.paths)) - m.paths)
    weight = m.loadings[items] @ total_effect[:, f]
    common = np.outer(weight, weight) * m.factor_covariance[f, f]
    return _row(m, m.factors[f], "factors", items, common, note, doubt=_against(m, items, weight))


def _total(m: FactorMatrices, note: str) -> FactorReliability:
    items = np.arange(len(m.items))
    common = m.loadings @ m.factor_covariance @ m.loadings.T
    return _row(m, "total", "total", items, common, note)


def _row(
    m: FactorMatrices,
    factor: str,
    level: str,
    items: Indices,
    common: Floats,
    note: str,
    simple: bool = False,
    doubt: str = "",
) -> FactorReliability:
    kinds = set() if m.thresholds is None else {bool(len(m.thresholds[int(j)])) for j in items}
    if len(kinds) > 1:
        note = (
            note or "ordered and continuous items: a sum of answers and latent responses has no reliability"
        )
    if note:
        return _empty(m, factor, level, note)
    places = np.ix_(items, items)
    implied, observed, residuals = m.implied[places], m.observed[places], m.residuals[places]
    all_factors = (m.loadings @ m.factor_covariance @ m.loadings.T)[places]
    true = float(common.sum())
    ordered = _categorical(m, items, common, observed, implied)
    standardized = np.sqrt(np.maximum(np.diag(common), 0.0) / np.diag(implied))
    higher = level == "factors"
    maximal = float(maximal_reliability(standardized)) if simple else NAN
    alpha = alpha_from_covariance(observed)
    notes = [doubt] if doubt else []
    if not implied.sum() > 0 or not observed.sum() > 0:
        notes.append("variance of the sum is zero or negative")
    if len(items) < 2:
        notes.append("one item: no α")
    if simple and np.isnan(maximal):
        notes.append("a standardised loading of 1 or more: no H")
    if m.thresholds is not None and kinds == {True} and np.isnan(ordered).any():
        notes.append("a common variance or correlation above 1: no categorical ω")
    return FactorReliability(
        m.group,
        m.level,
        factor,
        level,
        _ratio(true, float(implied.sum())),
        _ratio(true, float(observed.sum())),
        _ratio(true, float(all_factors.sum())) if higher else NAN,
        _ratio(true, true + float(residuals.sum())) if higher else NAN,
        *ordered,
        alpha,
        maximal,
        len(items),
        m.n,
        "; ".join(notes),
    )


def _categorical(
    m: FactorMatrices, items: Indices, common: Floats, observed: Floats, implied: Floats
) -> tuple[float, float]:
    """Categorical ω with the implied and with the observed (polychoric) denominator."""
    if m.thresholds is None or not all(len(m.thresholds[int(j)]) for j in items):
        return NAN, NAN
    tau = [m.thresholds[int(j)] for j in items]
    return categorical_omega(common, tau, implied), categorical_omega(common, tau, observed)


def _empty(m: FactorMatrices, factor: str, level: str, note: str) -> FactorReliability:
    return FactorReliability(
        m.group, m.level, factor, level, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, m.n, note
    )


def _descendants(paths: Floats, f: int) -> list[int]:
    """Factors that factor f reaches through loadings or paths, itself left out."""
    reached: list[int] = []
    frontier = [f]
    while frontier:
        at = frontier.pop()
        new = [int(k) for k in np.flatnonzero(paths[:, at]) if k not in reached and k != f]
        reached += new
        frontier += new
    return reached


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else NAN
