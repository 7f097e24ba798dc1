"""Matrices of a fitted factor model, read from its table of estimates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.measurement.linear_algebra import inverse
from comply_measure.measurement.moments import Floats
from comply_measure.sem import Fit

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class FactorMatrices:
    """One group of a factor model.

    Attributes
    ----------
    group : str
        Label; empty with one group.
    items, factors : tuple of str
        Observed indicators (p), and latent variables (k), higher-order ones included.
    loadings : ndarray, shape (p, k)
        Λ; zero for factors measured by factors.
    paths : ndarray, shape (k, k)
        B: row on column, loadings of factors on factors included.
    factor_covariance : ndarray, shape (k, k)
        Covariances of the factors, ``(I−B)⁻¹ Ψ (I−B)⁻ᵀ``.
    residuals : ndarray, shape (p, p)
        Θ.
    observed : ndarray, shape (p, p)
        Sample covariances (polychoric correlations for ordered items).
    thresholds : tuple of arrays, or None
        Per item, of its latent response with unit variance; None for continuous items.
    n : int
    """

    group: str
    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    paths: Floats
    factor_covariance: Floats
    residuals: Floats
    observed: Floats
    thresholds: tuple[Floats, ...] | None
    n: int

    @property
    def implied(self) -> Floats:
        """``ΛΦΛ' + Θ``, shape (p, p)."""
        return self.loadings @ self.factor_covariance @ self.loadings.T + self.residuals

    def measured_by(self, factor: int) -> Indices:
        """Items with a non-zero loading, as indices."""
        return np.flatnonzero(self.loadings[:, factor])


def fit_matrices(fit: Fit) -> tuple[FactorMatrices, ...]:
    """Matrices of every group of a fit.

    Latent responses of ordered items are scaled to unit variance, with their loadings and thresholds.

    Parameters
    ----------
    fit : Fit
        A converged factor model.

    Returns
    -------
    tuple of FactorMatrices
    """
    table = fit.estimates
    return tuple(
        _group(table[table["group"] == g + 1], sample.name, sample.names, np.asarray(sample.cov), sample.n)
        for g, sample in enumerate(fit.model.sample.groups)
    )


def _group(table: pd.DataFrame, label: str, names: tuple[str, ...], sample: Floats, n: int) -> FactorMatrices:
    rows = [
        (str(lhs), str(op), str(rhs), float(est))
        for lhs, op, rhs, est in zip(table["lhs"], table["op"], table["rhs"], table["est"], strict=True)
    ]
    factors = tuple(dict.fromkeys(lhs for lhs, op, _, _ in rows if op == "=~"))
    measured = {rhs for _, op, rhs, _ in rows if op == "=~"}
    items = tuple(name for name in names if name in measured)
    item, factor = ({name: i for i, name in enumerate(group)} for group in (items, factors))
    p, k = len(items), len(factors)
    loadings, paths, psi, theta = np.zeros((p, k)), np.zeros((k, k)), np.zeros((k, k)), np.zeros((p, p))
    tau: dict[str, list[float]] = {}
    for lhs, op, rhs, est in rows:
        if op == "=~" and rhs in item:
            loadings[item[rhs], factor[lhs]] = est
        elif op == "=~":
            paths[factor[rhs], factor[lhs]] = est
        elif op == "~" and lhs in factor and rhs in factor:
            paths[factor[lhs], factor[rhs]] = est
        elif op == "~~" and lhs in factor and rhs in factor:
            psi[factor[lhs], factor[rhs]] = psi[factor[rhs], factor[lhs]] = est
        elif op == "~~" and lhs in item and rhs in item:
            theta[item[lhs], item[rhs]] = theta[item[rhs], item[lhs]] = est
        elif op == "|":
            tau.setdefault(lhs, []).append(est)
    turn = inverse(np.eye(k) - paths)
    phi = turn @ psi @ turn.T
    place = [names.index(name) for name in items]
    observed = sample[np.ix_(place, place)]
    thresholds = None
    if items and all(name in tau for name in items):
        scale = np.sqrt(np.diag(loadings @ phi @ loadings.T + theta))
        loadings, theta = loadings / scale[:, None], theta / np.outer(scale, scale)
        thresholds = tuple(np.sort(tau[name]) / s for name, s in zip(items, scale, strict=True))
        diagonal = np.sqrt(np.diag(observed))
        observed = observed / np.outer(diagonal, diagonal)
    return FactorMatrices(label, items, factors, loadings, paths, phi, theta, observed, thresholds, n)
