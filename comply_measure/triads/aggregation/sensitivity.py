"""How much the aggregation scheme matters: every scheme beside equal weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, without_variance
from comply_measure.statistics.reasons import undefined_because
from comply_measure.triads.aggregation.latent_scores import blup_scores, common_fate_scores
from comply_measure.triads.aggregation.scores import UnitScores, aggregate
from comply_measure.triads.data.triad_data import TriadData


def aggregation_sensitivity(
    data: TriadData,
    *,
    competence: Floats | None = None,
    criterion: Floats | None = None,
    min_roles: int = 2,
) -> pd.DataFrame:
    """Unit scores under every scheme, compared with the unweighted mean.

    Schemes: mean; role-centred mean; complete units only; median; competence weights with β = 1 and 2 (when
    competence is given); response-data weights with α = 1 and 2; precision weights; BLUP; common-fate factor.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    competence : ndarray, shape (G, R), optional
        Competence of the informants.
    criterion : ndarray, shape (G,), optional
        A variable of the units, to see how a relation of the scores changes.
    min_roles : int
        Roles a unit needs, for the schemes that require some.

    Returns
    -------
    DataFrame
        One row per variable and scheme: column, scheme, n_units, n_informants, mean, sd, r_equal and
        rank_r_equal (with the unweighted mean, over units that have both), largest_change (largest absolute
        difference from it, in its standard deviations), r_criterion, r_criterion_change (both empty without a
        criterion), note.

    Raises
    ------
    InputError
        A criterion of another length.
    """
    return compared_schemes(
        data,
        (blup_scores(data), common_fate_scores(data)),
        competence=competence,
        criterion=criterion,
        min_roles=min_roles,
    )


def compared_schemes(
    data: TriadData,
    latent: tuple[UnitScores, UnitScores],
    *,
    competence: Floats | None,
    criterion: Floats | None,
    min_roles: int,
) -> pd.DataFrame:
    """:func:`aggregation_sensitivity` where the scores from models are at hand: BLUP and common fate."""
    if criterion is not None and np.shape(criterion) != (data.n_units,):
        fault = Problem(
            "criterion", value=np.shape(criterion), allowed=f"one value for each of {data.n_units} units"
        )
        raise InputError("The schemes cannot be compared.", [fault])
    outside = None if criterion is None else np.asarray(criterion, dtype=np.float64)
    schemes = list(_schemes(data, latent, competence, min_roles))
    base = schemes[0][1]
    rows = [
        {"column": column, "scheme": name, **_compare(scores, base, j, outside)}
        for j, column in enumerate(data.columns)
        for name, scores in schemes
    ]
    return undefined_because(pd.DataFrame(rows), "no criterion was given" if criterion is None else "")


def _schemes(
    data: TriadData, latent: tuple[UnitScores, UnitScores], competence: Floats | None, min_roles: int
) -> Iterator[tuple[str, UnitScores]]:
    yield "mean", aggregate(data, min_roles=min_roles)
    yield "role-centred mean", aggregate(data, centring="role", min_roles=min_roles)
    yield "complete units only", aggregate(data, min_roles=len(data.roles))
    yield "median", aggregate(data, scheme="median", centring="role", min_roles=min_roles)
    for exponent in (1.0, 2.0):
        if competence is not None:
            yield (
                f"competence, β = {exponent:g}",
                aggregate(
                    data, scheme="competence", centring="role", min_roles=min_roles,
                    competence=competence, exponent=exponent,
                ),
            )  # fmt: skip
        yield (
            f"response data, α = {exponent:g}",
            aggregate(data, scheme="response", centring="role", min_roles=min_roles, exponent=exponent),
        )
    yield "precision", aggregate(data, scheme="precision", centring="role", min_roles=min_roles)
    yield from zip(("BLUP", "common fate"), latent, strict=True)


def _compare(scores: UnitScores, base: UnitScores, j: int, criterion: Floats | None) -> dict[str, object]:
    x, reference = scores.values[:, j], base.values[:, j]
    known = ~np.isnan(x)
    both = known & ~np.isnan(reference)
    sd = reference[both].std(ddof=1) if both.sum() > 1 else np.nan
    difference = np.abs(x - reference)[both]
    r = r_base = np.nan
    if criterion is not None:
        r, r_base = _correlation(x, criterion), _correlation(reference, criterion)
    return {
        "n_units": int(known.sum()),
        "n_informants": int(scores.n_informants[known, j].sum()),
        "mean": x[known].mean() if known.any() else np.nan,
        "sd": x[known].std(ddof=1) if known.sum() > 1 else np.nan,
        "r_equal": _correlation(x, reference),
        "rank_r_equal": _correlation(_ranks(x, both), _ranks(reference, both)),
        "largest_change": difference.max() / sd if both.any() and sd > 0 else np.nan,
        "r_criterion": r,
        "r_criterion_change": r - r_base,
        "note": "; ".join(
            filter(None, (scores.notes[j] if scores.notes else "", _obstacle(x, reference, criterion)))
        ),
    }


def _obstacle(x: Floats, reference: Floats, criterion: Floats | None) -> str:
    """Why a comparison with the unweighted mean, or with the criterion, is undefined."""
    known = ~np.isnan(x)
    both = known & ~np.isnan(reference)
    if not known.any():
        return "no unit has a score"
    if both.sum() < 3:
        few = "one unit: no standard deviation" if known.sum() == 1 else ""
        return "; ".join(filter(None, (few, "fewer than 3 units with both scores: no correlation")))
    if np.isnan(_correlation(x, reference)):
        return "scores do not vary: no correlation"
    if criterion is not None and (np.isnan(_correlation(x, criterion) + _correlation(reference, criterion))):
        return "the criterion does not vary, or fewer than 3 units have it"
    return ""


def _ranks(x: Floats, rows: np.ndarray) -> Floats:
    """Ranks of the scores in some rows; scores that differ by rounding only are tied."""
    ranks = np.full(len(x), np.nan)
    values, order = np.unique(x[rows], return_inverse=True)
    apart = np.diff(values) > 1e-9 * (values[-1] - values[0]) if len(values) else np.zeros(0, dtype=bool)
    ranks[rows] = scipy.stats.rankdata(np.concatenate([[0], np.cumsum(apart)])[order])
    return ranks


def _correlation(x: Floats, y: Floats) -> float:
    both = ~(np.isnan(x) | np.isnan(y))
    if both.sum() < 3:
        return float("nan")
    if without_variance(x[both]) or without_variance(y[both]):
        return float("nan")
    a, b = x[both] - x[both].mean(), y[both] - y[both].mean()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
