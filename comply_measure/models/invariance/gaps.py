"""Latent gaps between roles from a partially invariant model: means, and distances within units, in scale points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from comply_measure.errors import ComplyError
from comply_measure.models.informants.wide import role_factor
from comply_measure.models.invariance.designs import Released
from comply_measure.models.invariance.role_designs import RoleDesign
from comply_measure.sem import Fit
from comply_measure.statistics.checks import check_confidence

Floats = NDArray[np.float64]
_GAP = ("gap", "se", "z", "p", "ci_lower", "ci_upper", "d")
_DISTANCE = ("distance", "se", "ci_lower", "ci_upper")


def partial_gaps(
    design: RoleDesign, fit: Fit, released: Released = frozenset(), *, level: float = 0.95
) -> pd.DataFrame:
    """Differences of latent role means, free of measurement error and of what is not measured alike.

    ``gap = (κ_a − κ_b)·λ̄`` with λ̄ the mean of the loadings that are equal over roles: in points of the answer scale,
    what the view of the two roles moves the mean of the indicators. Indicators with a freed intercept do not speak
    for the gap (Byrne, Shavelson & Muthén 1989). Standard errors by the delta method from the covariance of the
    estimates; ``d`` is the gap over the root mean latent variance of the two roles.

    Parameters
    ----------
    design : RoleDesign
        From :func:`role_design`.
    fit : Fit
        Its scalar level with the exceptions.
    released : frozenset of (kind, item)
        The exceptions.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        ``factor, pair, gap, se, z, p, ci_lower, ci_upper, d, n_units, note``; pairs as ``first - second``. NaN with the
        reason in ``note`` where the model did not converge.

    Raises
    ------
    ComplyError
        If the fit is not one of the design.
    """
    check_confidence(level)
    rows: list[dict[str, object]] = []
    note = _note(fit)
    for factor in design.factors:
        parts = _parts(design, fit, factor, released)
        for a, b in combinations(range(len(design.roles)), 2):
            values = dict.fromkeys(_GAP, math.nan)
            if fit.has_optimum:
                values = _gap(parts, a, b, level)
            pair = f"{design.roles[a]} - {design.roles[b]}"
            rows.append({"factor": factor, "pair": pair, **values, "n_units": fit.n, "note": note})
    return pd.DataFrame(rows)


def role_distances(
    design: RoleDesign, fit: Fit, released: Released = frozenset(), *, level: float = 0.95
) -> pd.DataFrame:
    """How far the roles' views of one unit lie apart: root mean square latent gap over all pairs, in scale points.

    ``D² = λ̄² · mean over pairs of [(κ_a − κ_b)² + φ_aa + φ_bb − 2φ_ab]``: the expected squared gap of two roles'
    views of one unit, mean gap included, without measurement error and without what shifted items add. The interval is
    that of log D by the delta method; loadings and residual variances, hence reliability, are estimated in the same
    model, so that their uncertainty is in it. A habit of one informant that moves all answers alike stays in.

    Parameters
    ----------
    design, fit, released, level
        As for :func:`partial_gaps`.

    Returns
    -------
    DataFrame
        ``factor, distance, se, ci_lower, ci_upper, n_units, note``.

    Raises
    ------
    ComplyError
        If the fit is not one of the design.
    """
    check_confidence(level)
    rows: list[dict[str, object]] = []
    note = _note(fit)
    for factor in design.factors:
        parts = _parts(design, fit, factor, released)
        values, own = dict.fromkeys(_DISTANCE, math.nan), note
        if fit.has_optimum:
            values = _distance(parts, level)
            if values["distance"] != values["distance"]:
                own = "the latent views do not differ: the estimated distance is not positive"
        rows.append({"factor": factor, **values, "n_units": fit.n, "note": own})
    return pd.DataFrame(rows)


def _note(fit: Fit) -> str:
    if fit.unreached:
        return fit.unreached
    return "" if fit.admissible else "solution not admissible"


@dataclass(frozen=True)
class _Parts:
    """Estimates of one factor and their places in θ (−1 where fixed)."""

    means: Floats
    mean_at: NDArray[np.intp]
    phi: Floats
    phi_at: NDArray[np.intp]
    loadings: Floats
    loading_at: NDArray[np.intp]
    vcov: Floats | None

    def variance(self, gradient: Mapping[int, float]) -> float:
        """Of a function of θ with this gradient; NaN without standard errors."""
        if self.vcov is None:
            return math.nan
        places = [at for at in gradient if at >= 0]
        g = np.array([gradient[at] for at in places])
        return float(g @ self.vcov[np.ix_(places, places)] @ g)


def _parts(design: RoleDesign, fit: Fit, factor: str, released: Released) -> _Parts:
    table, live = fit.estimates, fit.model.table
    value = dict(
        zip(
            zip(table["lhs"], table["op"], table["rhs"], strict=True), table["est"].astype(float), strict=True
        )
    )
    place = dict(zip(zip(live.lhs, live.op, live.rhs, strict=True), (live.free - 1).tolist(), strict=True))
    names = [role_factor(factor, role) for role in design.roles]
    held = [item for item in design.factors[factor] if ("loading", item) not in released]
    first = [design.key("loading", item, 0)[:3] for item in held]
    wanted = [*((name, "~1", "") for name in names), *first]
    if absent := [key for key in wanted if key not in value]:
        raise ComplyError(f"the fit is not one of this design: it has no {' '.join(absent[0])}")

    def both(source: Mapping[tuple[str, str, str], float], a: str, b: str) -> float:
        return source.get((a, "~~", b), source.get((b, "~~", a), math.nan))

    phi_at = [[int(both(place, a, b)) for b in names] for a in names]
    return _Parts(
        np.array([value[name, "~1", ""] for name in names]),
        np.array([place[name, "~1", ""] for name in names], dtype=np.intp),
        np.array([[both(value, a, b) for b in names] for a in names]),
        np.array(phi_at, dtype=np.intp),
        np.array([value[key] for key in first]),
        np.array([place[key] for key in first], dtype=np.intp),
        fit.vcov_array if fit.has_optimum else None,
    )


def _add(gradient: dict[int, float], places: Sequence[int] | NDArray[np.intp], value: float) -> None:
    for at in places:
        gradient[int(at)] = gradient.get(int(at), 0.0) + value


def _gap(parts: _Parts, a: int, b: int, level: float) -> dict[str, float]:
    difference = float(parts.means[a] - parts.means[b])
    scale = float(parts.loadings.mean())
    gradient: dict[int, float] = {}
    _add(gradient, [parts.mean_at[a]], scale)
    _add(gradient, [parts.mean_at[b]], -scale)
    _add(gradient, parts.loading_at, difference / len(parts.loadings))
    gap, se = difference * scale, math.sqrt(max(parts.variance(gradient), 0.0))
    se = se if se > 0 else math.nan
    half = float(special.ndtri(0.5 + level / 2)) * se
    spread = (parts.phi[a, a] + parts.phi[b, b]) / 2
    p = 2 * float(special.ndtr(-abs(gap / se)))
    d = difference / math.sqrt(spread) if spread > 0 else math.nan
    return dict(zip(_GAP, (gap, se, gap / se, p, gap - half, gap + half, d), strict=True))


def _distance(parts: _Parts, level: float) -> dict[str, float]:
    scale = float(parts.loadings.mean())
    pairs = list(combinations(range(len(parts.means)), 2))
    square, gradient = 0.0, dict[int, float]()
    for a, b in pairs:
        shift = float(parts.means[a] - parts.means[b])
        square += shift**2 + float(parts.phi[a, a] + parts.phi[b, b] - 2 * parts.phi[a, b])
        weight = scale**2 / len(pairs)
        _add(gradient, [parts.mean_at[a]], 2 * shift * weight)
        _add(gradient, [parts.mean_at[b]], -2 * shift * weight)
        _add(gradient, [parts.phi_at[a, a], parts.phi_at[b, b]], weight)
        _add(gradient, [parts.phi_at[a, b]], -2 * weight)
    square /= len(pairs)
    _add(gradient, parts.loading_at, 2 * scale * square / len(parts.loadings))
    mean_square = square * scale**2
    if not mean_square > 0:
        return dict.fromkeys(_DISTANCE, math.nan)
    distance = math.sqrt(mean_square)
    se = math.sqrt(max(parts.variance(gradient), 0.0)) / (2 * distance)
    factor = math.exp(float(special.ndtri(0.5 + level / 2)) * se / distance)
    return dict(zip(_DISTANCE, (distance, se, distance / factor, distance * factor), strict=True))
