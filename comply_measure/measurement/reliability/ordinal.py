"""Reliability of ordered answers: ordinal α, ω of latent responses, and categorical ω of the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.dimensionality.extraction import extract
from comply_measure.measurement.frames import joined, listed, varying_items
from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.alpha import alpha_from_covariance
from comply_measure.measurement.reliability.categorical import categorical_omegas
from comply_measure.sem.ordinal import polychoric_matrix
from comply_measure.sem.ordinal.sample import ordinal_groups

Estimator = Literal["wlsmv", "uls"]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class OrdinalReliability:
    """Reliability of one set of ordered items.

    Attributes
    ----------
    alpha : float
        Ordinal α: α of the polychoric correlations (Zumbo, Gadermann & Zeisser 2007). It describes latent
        responses, not the sum of answers (Chalmers 2018).
    omega_latent_implied, omega_latent_observed : float
        ω of the sum of latent responses, with the implied and the polychoric variance.
    omega_categorical_implied, omega_categorical_observed : float
        Green & Yang's ω of the sum of answers; the latter with polychoric correlations in the denominator, as
        semTools does.
    loadings : ndarray, shape (p,)
        Standardised, of latent responses.
    thresholds : tuple of arrays
    correlation : ndarray, shape (p, p)
        Polychoric.
    n_items, n : int
        n: informants with any answer.
    estimator, note : str
    """

    alpha: float
    omega_latent_implied: float
    omega_latent_observed: float
    omega_categorical_implied: float
    omega_categorical_observed: float
    loadings: Floats
    thresholds: tuple[Floats, ...]
    correlation: Floats
    n_items: int
    n: int
    estimator: str
    note: str


def ordinal_reliability(
    values: Floats, *, estimator: Estimator = "wlsmv", items: Sequence[str] | None = None
) -> OrdinalReliability:
    """Ordinal α and categorical ω of one set of items (one factor).

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Ordered answers, recoded to one direction; NaN = missing (used pairwise).
    estimator : {"wlsmv", "uls"}
        Of the one-factor model of the polychoric correlations: diagonally weighted (the SEM engine), or
        unweighted least squares (minres), which needs no covariance matrix of the correlations.
    items : sequence of str, optional
        Names for the note.

    Returns
    -------
    OrdinalReliability
        NaN with a note when correlations do not exist, the factor is not identified (fewer than 3 items), or an
        item is a Heywood case.

    Raises
    ------
    InputError
        Unknown estimator.
    """
    if estimator not in get_args(Estimator):
        problem = Problem("estimator", value=estimator, allowed=", ".join(get_args(Estimator)))
        raise InputError("Ordinal reliability cannot be computed.", [problem])
    values = values[~np.isnan(values).all(axis=1)]
    n, p = values.shape
    names = [f"x{j + 1}" for j in range(p)]
    labels = tuple(items) if items is not None else tuple(f"item {j + 1}" for j in range(p))
    faults = varying_items(values, labels)[1]
    if faults:
        return _undefined(p, n, estimator, listed(faults))
    if p < 2:
        return _undefined(p, n, estimator, "one item")
    table = pd.DataFrame(values, columns=names)
    fit = _fitted(table) if estimator == "wlsmv" and p >= 3 else None
    try:
        # a fit has estimated the correlations already
        moments = (
            ordinal_groups(fit.model.sample.groups)[0].moments
            if isinstance(fit, sem.Fit)
            else polychoric_matrix(table)
        )
    except InputError as error:
        return _undefined(p, n, estimator, "; ".join(str(problem) for problem in error.problems))
    correlation = np.asarray(moments.covariance)
    thresholds = tuple(
        np.asarray(moments.thresholds[moments.threshold_index == j], dtype=np.float64) for j in range(p)
    )
    alpha = alpha_from_covariance(correlation)
    doubt = reversal_note(correlation, labels)
    loadings, note = _unweighted(correlation) if fit is None else _weighted(fit, p)
    if note:
        return OrdinalReliability(
            alpha, NAN, NAN, NAN, NAN, loadings, thresholds, correlation, p, n, estimator, joined(note, doubt)
        )
    common = np.outer(loadings, loadings)
    true = float(common.sum())
    implied = true + float((1.0 - loadings**2).sum())
    return OrdinalReliability(
        alpha,
        true / implied,
        true / float(correlation.sum()) if correlation.sum() > 0 else NAN,
        *categorical_omegas(common, thresholds, correlation),
        loadings,
        thresholds,
        correlation,
        p,
        n,
        estimator,
        joined(doubt, _why(correlation)),
    )


def _why(correlation: Floats) -> str:
    """Why an observed version is undefined."""
    if not correlation.sum() > 0:
        return "variance of the sum is zero or negative"
    return "a polychoric correlation above 1" if np.abs(correlation).max() > 1.0 + 1e-12 else ""


def _unweighted(correlation: Floats) -> tuple[Floats, str]:
    """Standardised loadings on one factor by unweighted least squares, and why there are none."""
    nothing = np.full(len(correlation), NAN)
    if len(correlation) < 3:
        return nothing, "fewer than 3 items: ω is not identified"
    found = extract(correlation, 1, "minres")
    if not bool(found.converged):
        return nothing, "the one-factor model did not converge"
    if found.heywood.any():
        return found.loadings[:, 0], "Heywood case: an item without unique variance"
    return found.loadings[:, 0], ""


def _fitted(table: pd.DataFrame) -> sem.Fit | str:
    """The one-factor model by weighted least squares, or why it cannot be fitted."""
    names = list(table.columns)
    try:
        return sem.fit(
            "f =~ " + " + ".join(names),
            table,
            estimator="WLSMV",
            ordered=names,
            missing="pairwise" if table.isna().to_numpy().any() else "listwise",
            std_lv=True,
        )
    except ComplyError as error:
        return str(error)


def _weighted(fit: sem.Fit | str, p: int) -> tuple[Floats, str]:
    """Standardised loadings of a fit, and why there are none."""
    if isinstance(fit, str):
        return np.full(p, NAN), fit
    if not fit.has_optimum:
        return np.full(p, NAN), "the one-factor model did not converge"
    # Without the table of estimates, whose standard errors nobody asked for.
    loadings = np.array(
        [
            value
            for op, value in zip(fit.model.table.op, fit.model.values(fit.theta), strict=True)
            if op == "=~"
        ]
    )
    if np.abs(loadings).max() >= 1.0:
        return loadings, "Heywood case: an item without unique variance"
    return loadings, ""


def _undefined(p: int, n: int, estimator: str, note: str) -> OrdinalReliability:
    return OrdinalReliability(
        NAN, NAN, NAN, NAN, NAN, np.full(p, NAN), (), np.full((p, p), NAN), p, n, estimator, note
    )
