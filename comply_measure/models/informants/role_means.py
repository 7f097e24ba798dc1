"""Latent mean differences between roles from the latent congruence model (scalar invariance)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.measurement.fits import require_one_block
from comply_measure.models.informants.congruence import contrast_names, role_contrasts
from comply_measure.statistics.checks import is_share

if TYPE_CHECKING:
    from comply_measure.sem import Fit

_VALUES = ("gap", "se", "z", "p", "ci_lower", "ci_upper", "d")


def latent_gaps(fit: Fit, factor: str, roles: Sequence[str], level: float = 0.95) -> pd.DataFrame:
    """All pairwise differences of latent role means, free of measurement error.

    Role means are ``C⁻¹μ`` of the means μ of level and contrasts (C: :func:`role_contrasts`); a gap is
    ``(e_r − e_s)'C⁻¹μ`` with variance from the same linear combination. Loadings and intercepts are equal over
    roles in the model, so the gaps presuppose scalar invariance. ``d`` is the gap over the root mean latent
    variance of the two roles.

    Parameters
    ----------
    fit : Fit
        Of :func:`latent_congruence_model` without predictors.
    factor : str
    roles : sequence of str
        In the order of the model.
    level : float

    Returns
    -------
    DataFrame
        ``factor, pair, gap, se, z, p, ci_lower, ci_upper, d, n_units, note``; pairs as ``first - second``, in points
        of the answer scale. NaN with the reason in ``note`` where the model did not converge.

    Raises
    ------
    ComplyError
        For fits of several groups or levels, or of another model.
    """
    from scipy import stats

    require_one_block(fit, "a table of latent gaps")
    names, back = contrast_names(factor, roles), np.linalg.inv(role_contrasts(len(roles)))
    known = set(fit.estimates.loc[fit.estimates["op"] == "~1", "lhs"])
    if absent := [name for name in names if name not in known]:
        raise ComplyError(
            f"the fit is no latent congruence model of {factor}: no means of {', '.join(absent)}"
        )
    absent = [name for name in names if f"{name}~1" not in fit.vcov.index and fit.has_optimum]
    if absent:
        raise ComplyError(
            f"the fit has no means of {', '.join(absent)}: it is of another factor or other roles"
        )
    if not is_share(level):
        raise ComplyError(f"level is {level}; it must lie between 0 and 1")
    trusted = fit.has_optimum
    note = fit.unreached or ("" if fit.admissible else "solution not admissible")
    if trusted:
        table = fit.estimates
        means = table[table["op"] == "~1"].set_index("lhs")["est"].loc[names].to_numpy(dtype=float)
        labels = [f"{name}~1" for name in names]
        V = fit.vcov.loc[labels, labels].to_numpy(dtype=float)
        spread = _role_variances(table, names, back)
    rows: list[dict[str, object]] = []
    for a, b in combinations(range(len(roles)), 2):
        values = dict.fromkeys(_VALUES, np.nan)
        if trusted:
            weights = back[a] - back[b]
            gap, se = float(weights @ means), float(np.sqrt(weights @ V @ weights))
            half = float(stats.norm.ppf(0.5 + level / 2)) * se
            pooled = (spread[a] + spread[b]) / 2
            d = gap / np.sqrt(pooled) if pooled > 0 else np.nan
            p = float(2 * stats.norm.sf(abs(gap / se)))
            values = dict(zip(_VALUES, (gap, se, gap / se, p, gap - half, gap + half, d), strict=True))
        pair = f"{roles[a]} - {roles[b]}"
        rows.append({"factor": factor, "pair": pair, **values, "n_units": fit.n, "note": note})
    return pd.DataFrame(rows)


def _role_variances(table: pd.DataFrame, names: Sequence[str], back: np.ndarray) -> np.ndarray:
    """Latent variances of the roles: diagonal of ``C⁻¹ΦC⁻ᵀ``."""
    covariance = {
        (a, b): v
        for a, b, v in zip(
            *(table.loc[table["op"] == "~~", column] for column in ("lhs", "rhs", "est")), strict=True
        )
    }
    phi = np.array([[covariance.get((a, b), covariance.get((b, a), np.nan)) for b in names] for a in names])
    return np.asarray(np.diag(back @ phi @ back.T))
