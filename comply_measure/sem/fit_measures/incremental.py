"""Incremental fit measures: the model against a baseline of uncorrelated variables.

Sources: Bentler (1990) CFI; Tucker & Lewis (1973) TLI = NNFI; Bentler & Bonett (1980) NFI;
Bollen (1986) RFI, (1989) IFI; James, Mulaik & Brett (1982) PNFI; McDonald & Marsh (1990) RNI.
Robust variants replace χ² − df by χ² − c·df (Brosseau-Liard & Savalei, 2014): pass the scaling factors as
``c`` and ``c0``. Edge cases are lavaan's.
"""

from __future__ import annotations

import math

NEAR_ZERO = 1.5e-8


def cfi(chisq: float, df: float, chisq0: float, df0: float, c: float = 1.0, c0: float = 1.0) -> float:
    """1 − max(χ² − c·df, 0) / max(χ² − c·df, χ₀² − c₀·df₀, 0); 1 when both are zero."""
    if _undefined(chisq, df, chisq0, df0, c, c0):
        return math.nan
    if df == 0:
        c = c0 = 1.0
    model = max(chisq - c * df, 0.0)
    worst = max(chisq - c * df, chisq0 - c0 * df0, 0.0)
    if model < NEAR_ZERO and worst < NEAR_ZERO:
        return 1.0
    return 1.0 - model / worst


def tli(chisq: float, df: float, chisq0: float, df0: float, c: float = 1.0, c0: float = 1.0) -> float:
    """1 − (χ² − c·df)·df₀ / ((χ₀² − c₀·df₀)·df); 1 when df is zero. Not clipped to [0, 1]."""
    if _undefined(chisq, df, chisq0, df0, c, c0):
        return math.nan
    model = (chisq - c * df) * df0
    worst = (chisq0 - c0 * df0) * df
    if df > 0 and abs(worst) > 0.0:
        return 1.0 - model / worst
    return 1.0


def nfi(chisq: float, df: float, chisq0: float, df0: float) -> float:
    """(χ₀² − χ²) / χ₀²; 1 when df is zero; undefined when df exceeds df₀ or χ₀² is zero."""
    if _undefined(chisq, df, chisq0, df0) or df > df0 or chisq0 < NEAR_ZERO:
        return math.nan
    return (chisq0 - chisq) / chisq0 if df > 0 else 1.0


def pnfi(chisq: float, df: float, chisq0: float, df0: float) -> float:
    """(df / df₀)·NFI."""
    if _undefined(chisq, df, chisq0, df0) or df0 <= 0 or chisq0 <= 0.0:
        return math.nan
    return (df / df0) * (chisq0 - chisq) / chisq0


def rfi(chisq: float, df: float, chisq0: float, df0: float) -> float:
    """(χ₀²/df₀ − χ²/df) / (χ₀²/df₀); 1 when df is zero or the ratio's parts are negative."""
    if _undefined(chisq, df, chisq0, df0) or df > df0:
        return math.nan
    if df <= 0 or df0 <= 0:
        return 1.0
    gain = chisq0 / df0 - chisq / df
    worst = chisq0 / df0
    if gain < 0.0 or worst < 0.0:
        return 1.0
    return gain / worst if worst > 0.0 else math.nan


def ifi(chisq: float, df: float, chisq0: float, df0: float) -> float:
    """(χ₀² − χ²) / (χ₀² − df)."""
    if _undefined(chisq, df, chisq0, df0):
        return math.nan
    worst = chisq0 - df
    if worst < 0.0:
        return 1.0
    return (chisq0 - chisq) / worst if worst > NEAR_ZERO else math.nan


def rni(chisq: float, df: float, chisq0: float, df0: float, c: float = 1.0, c0: float = 1.0) -> float:
    """1 − (χ² − c·df) / (χ₀² − c₀·df₀): the CFI without clipping."""
    if _undefined(chisq, df, chisq0, df0, c, c0):
        return math.nan
    if df == 0:
        c = c0 = 1.0
    worst = chisq0 - c0 * df0
    return 1.0 - (chisq - c * df) / worst if abs(worst) > NEAR_ZERO else math.nan


def _undefined(*values: float) -> bool:
    return not all(math.isfinite(value) for value in values)
