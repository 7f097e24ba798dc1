"""Agreement of informants within roles beside agreement between roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.grouping import Grouping
from comply_measure.tables.long_table import HEADLINE, long_table, scale_items
from comply_measure.tables.numbers import number_problems
from comply_measure.triads.agreement.indices import agreement_indices
from comply_measure.triads.agreement.nulls import NullSpec
from comply_measure.triads.reml.nested import NestedFit, fit_nested, no_fit, share_interval
from comply_measure.triads.reml.oneway import fit_oneway
from comply_measure.triads.several.views import ALL_ROLES, grown, role_places, role_views

WITHIN, BETWEEN = "within roles", "between roles"
_VALUES = ("icc1", "icc1_lower", "icc1_upper", "icc_k", "rwg_j", "ad_mean")


def role_agreement(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum: float,
    maximum: float,
    null: NullSpec = "uniform",
    scores: pd.DataFrame | None = None,
    unit: str = "unit",
    role: str = "role",
    roles: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Do informants of one role agree, do the roles of a unit, and does one exceed the other?

    *Within roles*: of the informants of a role in a unit, rwg(j) and AD_M as mean over units with two of them, ICC(1)
    of the score by one-way REML (:func:`icc_oneway_reml`) with ICC(k) at the mean number of informants; all roles
    together with the means of roles fixed. *Between roles*: rwg(j) and AD_M of the views of roles (item means over the
    role's informants) in units with two roles; ICC(1) is the correlation of two informants of different roles of one
    unit, ``σ²_unit/(σ²_unit + σ²_role + σ²)``, ICC(k) the reliability of the mean of the roles' views for what roles
    share, ``σ²_unit/(σ²_unit + (σ²_role + σ²/k̃)/m)`` with m roles and k̃ informants of each (harmonic means). Where both
    are alike, roles add nothing to informants; where within exceeds between, roles see their unit differently.

    Parameters
    ----------
    data : DataFrame
        One row per informant, any number of them in a unit and role; reverse-keyed items recoded.
    scales : mapping of str to sequence of str
        Items of each scale.
    minimum, maximum : float
        Ends of the answer scale.
    null : null distribution
        Of rwg(j).
    scores : DataFrame, optional
        Scores of the scales, a row per row of `data`; by default means of the items answered.
    unit, role : str
        Key columns.
    roles : sequence of str, optional
        Roles and their order.
    confidence : float
        Level of the intervals (profile likelihood).

    Returns
    -------
    DataFrame
        For every scale a row per role and one for all roles (``kind`` within roles), and one between roles: scale,
        kind, role, n_units (places with two informants, or units with two roles), n_informants, k (mean number of
        informants, or of roles), icc1, icc1_lower, icc1_upper, icc_k, rwg_j, ad_mean, note.

    Raises
    ------
    InputError
        Unusable table or option.

    References
    ----------
    James, L. R., Demaree, R. G., & Wolf, G. (1984). Journal of Applied Psychology, 69. Bliese, P. D. (2000).
    Within-group agreement, non-independence, and reliability. Burke, M. J., Finkelstein, L. M., & Dusig, M. S. (1999).
    Organizational Research Methods, 2.
    """
    check_confidence(confidence)
    items, places = scale_items(scales)
    table = long_table(data, items, unit=unit, role=role, minimum=minimum, maximum=maximum, several=True)
    _check_scores(scores, places, len(table.values))
    names, place = role_places(table, roles)
    if np.isnan(table.values[place >= 0]).all():
        raise InputError(HEADLINE, [Problem("nobody of the roles answered an item", allowed="answers")])
    units = pd.factorize(np.asarray(table.unit))[0].astype(np.int64)
    answers = pd.DataFrame(table.values, columns=items)
    shared: dict[str, Any] = {
        "minimum": minimum,
        "maximum": maximum,
        "nulls": [null],
        "indices": ("rwg_j", "ad_mean"),
    }
    own = answers.assign(**{"@place": units * len(names) + place})
    within = agreement_indices(own[place >= 0], scales, unit="@place", **shared)
    views = role_views(data, items, unit=unit, role=role, roles=names)
    flat = pd.DataFrame(views.means.reshape(-1, len(items)), columns=items)
    flat["@unit"] = np.repeat(np.arange(len(views.units)), len(names))
    between = agreement_indices(flat[(views.counts > 0).any(axis=2).ravel()], scales, unit="@unit", **shared)
    rows = []
    for scale, columns in places.items():
        y = _scores(table.values[:, columns], scores, scale)
        known = (place >= 0) & ~np.isnan(y)
        of = y[known], units[known], place[known]
        indices = {i: within.values(i)[scale] for i in ("rwg_j", "ad_mean")}
        of_role = np.asarray(within.units) % len(names)
        for r, name in enumerate(names):
            mine = {i: float(v[of_role == r].mean()) for i, v in indices.items()}
            rows.append(_row(scale, WITHIN, name, _one_role(*of, r, confidence), mine))
        all_fit, nested = _all_roles(*of, confidence)
        rows.append(_row(scale, WITHIN, ALL_ROLES, all_fit, {i: float(v.mean()) for i, v in indices.items()}))
        of_views = {i: float(between.values(i)[scale].mean()) for i in ("rwg_j", "ad_mean")}
        rows.append(
            _row(scale, BETWEEN, ALL_ROLES, _between(*of, nested, all_fit["note"], confidence), of_views)
        )
    return pd.DataFrame(rows)


def _check_scores(scores: pd.DataFrame | None, scales: Mapping[str, object], n: int) -> None:
    if scores is None:
        return
    problems = number_problems(scores, [scale for scale in scales if scale in scores])
    problems += [Problem("no scores of this scale", column=scale) for scale in scales if scale not in scores]
    if len(scores) != n:
        problems.append(Problem("rows of the scores", value=len(scores), allowed=f"{n}, as the answers have"))
    if problems:
        raise InputError(HEADLINE, problems)


def _scores(values: Floats, scores: pd.DataFrame | None, scale: str) -> Floats:
    if scores is not None:
        return scores[scale].to_numpy(dtype=np.float64)
    n = (~np.isnan(values)).sum(axis=1)
    return np.where(n > 0, np.nansum(values, axis=1) / np.maximum(n, 1), np.nan)


def _row(
    scale: str, kind: str, role: str, found: dict[str, object], indices: dict[str, float]
) -> dict[str, object]:
    values = {name: float("nan") for name in _VALUES} | indices | found
    return {
        "scale": scale,
        "kind": kind,
        "role": role,
        **{k: values[k] for k in ("n_units", "n_informants", "k", *_VALUES, "note")},
    }


def _one_role(y: Floats, units: Ints, place: Ints, r: int, confidence: float) -> dict[str, object]:
    mine = place == r
    sizes = np.bincount(np.unique(units[mine], return_inverse=True)[1].ravel())
    counts = {
        "n_units": int((sizes > 1).sum()),
        "n_informants": int(mine.sum()),
        "k": float(sizes.mean()) if len(sizes) else float("nan"),
    }
    if not (sizes > 1).any():
        return {**counts, "note": "no unit has two informants of this role"}
    fit = fit_oneway(y[mine], Grouping.from_labels(units[mine]), confidence)
    ends = {"icc1": fit.icc1, "icc1_lower": fit.lower, "icc1_upper": fit.upper}
    return {**counts, **ends, "icc_k": grown(fit.icc1, float(sizes.mean())), "note": fit.note}


def _all_roles(
    y: Floats, units: Ints, place: Ints, confidence: float
) -> tuple[dict[str, object], NestedFit | None]:
    """All roles with their means fixed: of one-way places, and the fit by unit, role and informant."""
    spots = np.unique(np.stack([units, place]), axis=1, return_inverse=True)[1].ravel()
    sizes = np.bincount(spots)
    counts = {
        "n_units": int((sizes > 1).sum()),
        "n_informants": len(y),
        "k": float(sizes.mean()) if len(sizes) else float("nan"),
    }
    if not (sizes > 1).any():
        return {**counts, "note": "no role has two informants in a unit"}, None
    if len(np.unique(units)) < 2:
        return {**counts, "note": "fewer than 2 units"}, None
    X = np.equal.outer(place, np.unique(place)).astype(np.float64)
    one_each = len(sizes) == len(np.unique(units))
    keys = [units] if one_each else [units, place]
    if obstacle := no_fit(y, X, keys):
        return {**counts, "note": obstacle}, None
    fit = fit_nested(y, X, keys)
    levels = list(range(len(fit.variances) - 1))
    icc = float(fit.variances[levels].sum() / fit.variances.sum())
    low, high = share_interval(fit, levels, confidence)
    ends = {"icc1": icc, "icc1_lower": low, "icc1_upper": high, "icc_k": grown(icc, float(sizes.mean()))}
    return {
        **counts,
        **ends,
        "note": "" if fit.converged else "REML did not converge",
    }, None if one_each else fit


def _between(
    y: Floats, units: Ints, place: Ints, fit: NestedFit | None, why: object, confidence: float
) -> dict[str, object]:
    spots = np.unique(np.stack([units, place]), axis=1)
    roles = np.bincount(spots[0]) if spots.size else np.zeros(0, dtype=np.int64)
    roles = roles[roles > 0]
    counts = {
        "n_units": int((roles > 1).sum()),
        "n_informants": len(y),
        "k": float(roles.mean()) if len(roles) else float("nan"),
    }
    if not (roles > 1).any():
        return {**counts, "note": "no unit has two roles"}
    if fit is None:
        return {**counts, "note": why}
    sizes = np.bincount(np.unique(np.stack([units, place]), axis=1, return_inverse=True)[1].ravel())
    unit, view, error = (float(v) for v in fit.variances)
    k, m = len(sizes) / float((1.0 / sizes).sum()), len(roles) / float((1.0 / roles).sum())
    low, high = share_interval(fit, [0], confidence)
    total = unit + view + error
    return {
        **counts,
        "icc1": unit / total,
        "icc1_lower": low,
        "icc1_upper": high,
        "icc_k": unit / (unit + (view + error / k) / m),
        "note": "no variance between units (boundary)" if unit == 0 else "",
    }
