"""Information criteria: Akaike (1974), Schwarz (1978), sample-size adjusted BIC (Sclove, 1987)."""

from __future__ import annotations

import math


def aic(logl: float, npar: float) -> float:
    """−2 log L + 2 k."""
    return -2.0 * logl + 2.0 * npar


def bic(logl: float, npar: float, n: float) -> float:
    """−2 log L + k log n."""
    return -2.0 * logl + npar * math.log(n)


def bic2(logl: float, npar: float, n: float) -> float:
    """−2 log L + k log((n + 2) / 24)."""
    return -2.0 * logl + npar * math.log((n + 2.0) / 24.0)
