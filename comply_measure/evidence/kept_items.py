"""The central results with all items and without some of them, side by side."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.factor_data import measured_data, measurement_text, rows_used
from comply_measure.evidence.factor_validity import factor_correlations
from comply_measure.evidence.fits import NamedFit, fit_row
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.evidence.topics.cfa import CfaOptions
from comply_measure.evidence.topics.invariance import InvarianceOptions, gaps_by_scores
from comply_measure.triads import icc_oneway

if TYPE_CHECKING:
    from comply_measure.responses import Responses

_FIT: tuple[Literal["chisq", "df", "cfi", "rmsea", "srmr"], ...] = ("chisq", "df", "cfi", "rmsea", "srmr")
Values = dict[tuple[str, str, str], float]


def without_items(responses: Responses, items: Collection[str]) -> Responses:
    """The same answers without the columns of some items; constructs are what is left of them."""
    gone = [name for name in responses.item_ids if name in items]
    everyone = responses.everyone
    return replace(
        responses,
        data=responses.data.drop(columns=gone),
        missing_reason=responses.missing_reason.drop(columns=gone),
        everyone=None if everyone is None else without_items(everyone, items),
        notes=(*responses.notes, f"without {len(gone)} items"),
    )


def compare_items(responses: Responses, scale: str | None, dropped: Collection[str]) -> pd.DataFrame:
    """Reliability, fit, factor correlations, latent gaps and agreement with all items and without those dropped.

    Both sides are computed in the same way: ω of the scores by role, the model of correlated dimensions of step
    ``cfa``, latent gaps of step ``invariance`` by scores (its scalar level, without its search), one-way ICCs.

    Parameters
    ----------
    responses : Responses
    scale : str or None
        Key of the scale; by default the first that has dimensions.
    dropped : collection of str
        Ids of items.

    Returns
    -------
    DataFrame
        ``kind`` (``omega``, ``fit``, ``correlation``, ``gap``, ``icc``), ``of``, ``beside`` (role, index, other
        dimension, pair of roles, form), ``all``, ``without``, ``difference``, ``note``.
    """
    fewer = without_items(responses, dropped)
    before, after = _results(responses, scale), _results(fewer, scale)
    rows = []
    for key in dict.fromkeys([*before, *after]):
        one, two = before.get(key, math.nan), after.get(key, math.nan)
        note = "" if one == one and two == two else "not estimated, or no item is left"
        rows.append((*key, one, two, two - one, note))
    names = ["kind", "of", "beside", "all", "without", "difference", "note"]
    return pd.DataFrame(rows, columns=names)


def _results(responses: Responses, scale: str | None) -> Values:
    chosen = chosen_focal(responses, scale)
    return {**_omega(chosen), **_model(responses, chosen), **_gaps(responses, scale), **_agreement(chosen)}


def _omega(chosen: Focal) -> Values:
    scales: Mapping[str, tuple[str, ...]] = {name: chosen.wholes[name] for name in chosen.factors}
    found, _ = attempt(lambda: role_reliabilities(chosen, scales))
    return {
        ("omega", key, role): value for role, values in (found or {}).items() for key, value in values.items()
    }


def _model(responses: Responses, chosen: Focal) -> Values:
    options = CfaOptions().at_highest(responses)
    data = measured_data(chosen, centred=options.role_centred)
    text = measurement_text(chosen, correlate=True)
    fit, _ = attempt(lambda: options.fit(text, data[rows_used(data, "ml")]))
    if fit is None:
        return {}
    row = fit_row(NamedFit("correlated", "Correlated dimensions", fit))
    found: Values = {("fit", "", name): float(row[name]) for name in _FIT}
    if fit.has_optimum:
        pairs = factor_correlations(fit.standardized("all"), chosen.factors)
        found |= {
            ("correlation", str(a), str(b)): float(r)
            for a, b, r in zip(pairs["lhs"], pairs["rhs"], pairs["est_std"], strict=True)
        }
    return found


def _gaps(responses: Responses, scale: str | None) -> Values:
    found, _ = attempt(lambda: gaps_by_scores(responses, InvarianceOptions(scale=scale)))
    return {
        ("gap", str(a), str(b)): float(v)
        for table in found or ()
        for a, b, v in zip(table["factor"], table["pair"], table["gap"], strict=True)
    }


def _agreement(chosen: Focal) -> Values:
    scores = chosen.scores("dimension") if chosen.by_scores else chosen.scores(chosen.level)
    found, _ = attempt(lambda: icc_oneway(scores, list(chosen.factors)).tidy())
    if found is None:
        return {}
    return {
        ("icc", str(row["column"]), name): float(row[name])
        for row in found.to_dict("records")
        for name in ("icc1", "icc2")
    }
