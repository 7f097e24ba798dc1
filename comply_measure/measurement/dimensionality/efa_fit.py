"""Fit of an exploratory factor model."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from comply_measure.measurement.dimensionality.adequacy import bartlett_sphericity
from comply_measure.measurement.dimensionality.extraction import degrees_of_freedom
from comply_measure.measurement.moments import Floats
from comply_measure.sem.fit_measures import incremental, rmsea
from comply_measure.sem.fit_measures.chisquare import upper_tail


@dataclass(frozen=True, slots=True)
class FactorFit:
    """Fit of m common factors; NaN where undefined.

    Attributes
    ----------
    n, df : int
    objective : float
        ML discrepancy ``log|Σ| + tr(RΣ⁻¹) − log|R| − p`` at the solution, whatever the method.
    chisq, pvalue : float
        n · objective, as in a structural equation model; exact theory for ``ml`` only.
    chisq_bartlett, pvalue_bartlett : float
        With Bartlett's (1951) factor ``n − 1 − (2p + 5)/6 − 2m/3``, as R's factanal and psych::fa report.
    rmsea, rmsea_lower, rmsea_upper : float
        With a 90 % interval, from ``chisq``.
    cfi, tli, bic : float
        From ``chisq``; BIC is ``chisq − df log n``.
    srmr, rmsr, rmsr_corrected : float
        Root mean square of residual correlations over p(p + 1)/2, over p(p − 1)/2, and over df.
    """

    n: int
    df: int
    objective: float
    chisq: float
    pvalue: float
    chisq_bartlett: float
    pvalue_bartlett: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    cfi: float
    tli: float
    bic: float
    srmr: float
    rmsr: float
    rmsr_corrected: float

    def as_dict(self) -> dict[str, float]:
        """All values by name."""
        return asdict(self)


def factor_fit(correlation: Floats, loadings: Floats, uniquenesses: Floats, n: int) -> FactorFit:
    """Fit measures of ``Σ = ΛΛ' + Ψ``.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    loadings : ndarray, shape (p, m)
        Unrotated.
    uniquenesses : ndarray, shape (p,)
    n : int
        Informants.

    Returns
    -------
    FactorFit
    """
    p, m = loadings.shape
    df = degrees_of_freedom(p, m)
    residual = (correlation - loadings @ loadings.T)[np.tril_indices(p, -1)]
    squares = float((residual**2).sum())
    objective = ml_discrepancy(correlation, loadings, uniquenesses)
    chisq = n * objective
    bartlett = (n - 1 - (2 * p + 5) / 6 - 2 * m / 3) * objective
    factor0 = n - 1 - (2 * p + 5) / 6
    sphericity, df0, _ = bartlett_sphericity(correlation, n)
    chisq0 = sphericity / factor0 * n if factor0 > 0 else float("nan")
    lower, upper = rmsea.interval(chisq, df, n)
    return FactorFit(
        n,
        df,
        objective,
        chisq,
        upper_tail(chisq, df),
        bartlett,
        upper_tail(bartlett, df),
        rmsea.rmsea(chisq, df, n),
        lower,
        upper,
        incremental.cfi(chisq, df, chisq0, df0),
        incremental.tli(chisq, df, chisq0, df0),
        chisq - df * float(np.log(n)),
        float(np.sqrt(2.0 * squares / (p * (p + 1)))),
        float(np.sqrt(2.0 * squares / (p * (p - 1)))),
        float(np.sqrt(squares / df)) if df > 0 else float("nan"),
    )


def ml_discrepancy(correlation: Floats, loadings: Floats, uniquenesses: Floats) -> float:
    """``log|Σ| + tr(RΣ⁻¹) − log|R| − p``; NaN unless both matrices are positive definite."""
    sigma = loadings @ loadings.T + np.diag(uniquenesses)
    if np.linalg.eigvalsh(sigma)[0] <= 0 or np.linalg.eigvalsh(correlation)[0] <= 1e-10:
        return float("nan")
    ratio = np.linalg.solve(sigma, correlation)
    return max(0.0, float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(sigma)))
