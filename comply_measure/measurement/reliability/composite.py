"""Reliability and convergent validity from the loadings of a factor model: CR, ω_total, AVE.

Pure functions of loadings and residual (co)variances, whichever engine estimated them. Signs: items are
assumed scored in one direction; a negative loading lowers CR and ω, as it lowers the reliability of the sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from comply_measure.errors import InputError, Problem

Floats = NDArray[np.float64]


def composite_reliability(
    loadings: ArrayLike,
    residual_variances: ArrayLike | None = None,
    *,
    factor_variance: float = 1.0,
    residual_covariances: float = 0.0,
) -> float:
    """Composite reliability ρ_c of a congeneric scale (Jöreskog 1971; Raykov 1997).

    ``ρ_c = (Σλ)² φ / [(Σλ)² φ + Σθ + 2 Σ_{i<j} θ_ij]``: the share of the variance of the unweighted sum that
    the factor explains, against the variance the model implies. Equals α when loadings are equal and
    residuals uncorrelated.

    Parameters
    ----------
    loadings : array_like, shape (p,)
        λ, standardised or not.
    residual_variances : array_like, shape (p,), optional
        θ. When left out, loadings are standardised and ``θ = 1 - λ²``.
    factor_variance : float
        φ.
    residual_covariances : float
        Σ_{i<j} θ_ij, the sum over free residual covariances.

    Returns
    -------
    float
        NaN when the implied variance of the sum is not positive, or a residual variance or that of the sum is
        negative (a Heywood case has no reliability).

    Raises
    ------
    InputError
        Lengths differ, no loadings, values that are not finite, or ``|λ| > 1`` without residual variances.
    """
    lam, theta = _checked(loadings, residual_variances, factor_variance)
    if not np.isfinite(residual_covariances):
        raise _error("residual covariances", residual_covariances, "a finite number")
    true = lam.sum() ** 2 * factor_variance
    error = theta.sum() + 2.0 * residual_covariances
    total = true + error
    if theta.min() < 0 or error < 0 or total <= 0:
        return float("nan")
    return float(true / total)


def omega_total(
    loadings: ArrayLike,
    residual_variances: ArrayLike,
    *,
    factor_covariance: ArrayLike | None = None,
    total_variance: float | None = None,
) -> float:
    """ω_total of a sum score under a factor model with one or more factors (McDonald 1999).

    ``ω_t = 1'Λ Φ Λ'1 / σ²_X``. The denominator is the implied variance ``1'ΛΦΛ'1 + Σθ``, or the observed
    variance of the sum when it is given; the two differ when the model does not reproduce the covariances
    (semTools divides by the observed variance unless told otherwise).

    Parameters
    ----------
    loadings : array_like, shape (p,) or (p, m)
        Λ.
    residual_variances : array_like, shape (p,)
        θ.
    factor_covariance : array_like, shape (m, m), optional
        Φ; the identity by default.
    total_variance : float, optional
        Observed variance of the sum.

    Returns
    -------
    float
        NaN for a negative residual variance or a non-positive denominator.

    Raises
    ------
    InputError
        Shapes that do not fit, values that are not finite, a negative total variance, a factor covariance matrix that
        is not symmetric or has a negative variance.
    """
    Lambda = np.asarray(loadings, dtype=np.float64)
    Lambda = Lambda[:, None] if Lambda.ndim == 1 else Lambda
    m = Lambda.shape[1] if Lambda.ndim == 2 else 0
    Phi = np.eye(m) if factor_covariance is None else np.asarray(factor_covariance, dtype=np.float64)
    theta = np.asarray(residual_variances, dtype=np.float64)
    if Lambda.ndim != 2 or Phi.shape != (m, m) or theta.shape != (len(Lambda),) or not len(theta):
        shapes = (Lambda.shape, theta.shape, Phi.shape)
        raise _error(
            "shapes of loadings, residual variances, factor covariance", shapes, "(p, m), (p,), (m, m)"
        )
    if not (np.isfinite(Lambda).all() and np.isfinite(theta).all() and np.isfinite(Phi).all()):
        raise _error("values", "not finite", "finite numbers")
    if total_variance is not None and not 0 <= total_variance < np.inf:
        raise _error("total variance", total_variance, "a finite number, not negative")
    if not np.allclose(Phi, Phi.T) or (np.diag(Phi) < 0).any():
        raise _error("factor covariance", Phi.tolist(), "a symmetric matrix without negative variances")
    weights = Lambda.sum(axis=0)
    true = float(weights @ Phi @ weights)
    total = true + theta.sum() if total_variance is None else total_variance
    if theta.min() < 0 or not total > 0:
        return float("nan")
    return float(true / total)


def average_variance_extracted(
    loadings: ArrayLike,
    residual_variances: ArrayLike | None = None,
    *,
    factor_variance: float = 1.0,
) -> float:
    """Average variance extracted (Fornell & Larcker 1981).

    ``AVE = Σλ²φ / (Σλ²φ + Σθ)``; for standardised loadings the mean of λ².

    Parameters
    ----------
    loadings, residual_variances, factor_variance
        As in :func:`composite_reliability`.

    Returns
    -------
    float
        NaN for a negative residual variance or when all variances are zero.

    Raises
    ------
    InputError
        As in :func:`composite_reliability`.
    """
    lam, theta = _checked(loadings, residual_variances, factor_variance)
    explained = (lam**2).sum() * factor_variance
    if theta.min() < 0 or explained + theta.sum() <= 0:
        return float("nan")
    return float(explained / (explained + theta.sum()))


def _checked(
    loadings: ArrayLike, residual_variances: ArrayLike | None, factor_variance: float
) -> tuple[Floats, Floats]:
    lam = np.asarray(loadings, dtype=np.float64)
    if lam.ndim != 1 or not lam.size or not np.isfinite(lam).all():
        raise _error("loadings", lam.tolist(), "at least one finite number, in one dimension")
    if not (np.isfinite(factor_variance) and factor_variance >= 0):
        raise _error("factor variance", factor_variance, "a finite number, at least 0")
    if residual_variances is None:
        if np.abs(lam).max() > 1 or factor_variance != 1:
            raise _error("loadings", lam.tolist(), "standardised loadings, or residual variances beside them")
        return lam, 1.0 - lam**2
    theta = np.asarray(residual_variances, dtype=np.float64)
    if theta.shape != lam.shape or not np.isfinite(theta).all():
        raise _error("residual variances", theta.tolist(), f"{lam.size} finite numbers")
    return lam, theta


def _error(message: str, value: object, allowed: str) -> InputError:
    return InputError("Reliability cannot be computed.", [Problem(message, value=value, allowed=allowed)])
