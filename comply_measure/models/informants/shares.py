"""How much of a rating's variance each factor explains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.measurement.frames import check_estimates


def variance_shares(estimates: pd.DataFrame) -> pd.DataFrame:
    """Variance shares of every indicator from the estimates of a fitted model with factors uncorrelated per indicator.

    Share of factor k in indicator i: ``λ_ik²·φ_kk / (Σ_k λ_ik²·φ_kk + θ_ii)``. For the trifactor model these are
    the common, perspective and specific shares; for CT-C(M−1) the trait's share is the consistency times the
    reliability. ``reliability`` is the sum over all factors.

    Parameters
    ----------
    estimates : DataFrame
        ``fit.estimates`` with columns ``lhs, op, rhs, est`` (one group).

    Returns
    -------
    DataFrame
        ``indicator, factor, share, reliability, residual_share, note``; one row per loading. A negative variance is
        noted: what is computed from it is no share.

    Raises
    ------
    ComplyError
        If two factors of one indicator are correlated: their shares would overlap.
    """
    check_estimates(estimates)
    loadings = estimates[estimates["op"] == "=~"]
    variances = estimates[(estimates["op"] == "~~") & (estimates["lhs"] == estimates["rhs"])]
    variance = dict(zip(variances["lhs"], variances["est"], strict=True))
    crossed = estimates[(estimates["op"] == "~~") & (estimates["lhs"] != estimates["rhs"])]
    covariance = {
        frozenset((a, b)): v for a, b, v in zip(crossed["lhs"], crossed["rhs"], crossed["est"], strict=True)
    }
    rows = []
    for indicator, block in loadings.groupby("rhs", sort=False):
        factors = block["lhs"].tolist()
        for k, one in enumerate(factors):
            for two in factors[k + 1 :]:
                if covariance.get(frozenset((one, two)), 0.0) != 0.0:
                    raise ComplyError(
                        f"{one} and {two} are correlated: the variance of {indicator} has no unique shares"
                    )
        parts = block["est"].to_numpy() ** 2 * np.array([variance.get(f, np.nan) for f in factors])
        total = parts.sum() + variance.get(indicator, np.nan)
        reliability = parts.sum() / total
        note = negative_note({name: variance.get(name, np.nan) for name in (*factors, str(indicator))})
        rows += [
            (indicator, f, p / total, reliability, 1 - reliability, note)
            for f, p in zip(factors, parts, strict=True)
        ]
    return pd.DataFrame(
        rows, columns=["indicator", "factor", "share", "reliability", "residual_share", "note"]
    )


def negative_note(variances: Mapping[str, float]) -> str:
    """Which variances are negative, so that shares of them are none; empty where none is.

    Parameters
    ----------
    variances : mapping
        Name of a factor or, for its residual, of an indicator -> estimated variance.
    """
    negative = [f"{name} ({value:.3g})" for name, value in variances.items() if value < 0]
    if not negative:
        return ""
    return f"negative variance of {', '.join(negative)}: the parts are no shares"
