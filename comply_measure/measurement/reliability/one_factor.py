"""One common factor of many covariance matrices at once, and what it says about a sum score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.extraction import LOWER, extract
from comply_measure.measurement.moments import Floats

MIN_ITEMS = 3


@dataclass(frozen=True, slots=True)
class OneFactor:
    """One-factor maximum-likelihood solutions, in the metric of the items.

    Attributes
    ----------
    loadings, residual_variances : ndarray, shape (B, p)
    standardized : ndarray, shape (B, p)
        Loadings of standardised items.
    observed : ndarray, shape (B,)
        Variance of the sum, ``1'C1``.
    defined : ndarray of bool, shape (B,)
        The solution exists and was found.
    heywood : ndarray of bool, shape (B,)
        A residual variance is at its lower bound, 0.5 % of the item's variance.
    """

    loadings: Floats
    residual_variances: Floats
    standardized: Floats
    observed: Floats
    defined: NDArray[np.bool_]
    heywood: NDArray[np.bool_]

    def omega(self, observed: bool) -> Floats:
        """``(Σλ)² / σ²_X`` with the implied (or the observed) variance of the sum; shape (B,)."""
        true = self.loadings.sum(axis=1) ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            total = self.observed if observed else true + self.residual_variances.sum(axis=1)
            return np.asarray(np.where(self.defined, true / total, np.nan))

    def maximal(self) -> Floats:
        """Maximal reliability H; see :func:`maximal_reliability`."""
        with np.errstate(invalid="ignore"):
            return np.where(self.defined & ~self.heywood, maximal_reliability(self.standardized), np.nan)


def one_factor(covariances: Floats) -> OneFactor:
    """Fit one factor by maximum likelihood to each covariance matrix.

    Maximum likelihood does not depend on the scale of the items, so correlations are factored and loadings
    scaled back.

    Parameters
    ----------
    covariances : ndarray, shape (B, p, p)

    Returns
    -------
    OneFactor
        Undefined for fewer than three items (the model is not identified) and for matrices that are not
        positive definite.
    """
    n, p = covariances.shape[:2]
    if covariances.shape[2] != p:
        fault = Problem("covariances", value=covariances.shape, allowed="square matrices, shape (n, p, p)")
        raise InputError("One factor cannot be fitted.", [fault])
    loadings, psi = np.full((n, p), np.nan), np.full((n, p), np.nan)
    variance = np.diagonal(covariances, axis1=1, axis2=2)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(covariances).all(axis=(1, 2)) & (variance > 0).all(axis=1)
    defined = np.zeros(n, dtype=bool)
    if p >= MIN_ITEMS and usable.any():
        scale = np.sqrt(variance[usable])
        correlation = covariances[usable] / (scale[:, :, None] * scale[:, None, :])
        correlation[:, np.arange(p), np.arange(p)] = 1.0
        found = extract(correlation, 1, "ml", tolerance=1e-8)
        loadings[usable], psi[usable] = found.loadings[:, :, 0], found.uniquenesses
        defined[usable] = found.converged
    with np.errstate(invalid="ignore"):
        scale = np.sqrt(variance)
        heywood = np.asarray((psi <= LOWER * (1 + 1e-9)).any(axis=1))
        return OneFactor(
            loadings * scale,
            psi * variance,
            loadings,
            covariances.sum(axis=(1, 2)),
            defined,
            heywood,
        )


def maximal_reliability(standardized: Floats) -> Floats:
    """Maximal reliability of a weighted sum, coefficient H (Hancock & Mueller 2001; Li 1997).

    ``H = 1 / (1 + 1/Σ[λ²/(1 − λ²)])``: the reliability of the composite with optimal weights λ/(1 − λ²).

    Parameters
    ----------
    standardized : ndarray, shape (..., p)
        Standardised loadings.

    Returns
    -------
    ndarray, shape (...)
        NaN when a loading is 1 or more in absolute value.
    """
    squares = np.asarray(standardized, dtype=np.float64) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        information = (squares / (1.0 - squares)).sum(axis=-1)
        value = information / (1.0 + information)
    return np.asarray(np.where((squares < 1).all(axis=-1), value, np.nan))
