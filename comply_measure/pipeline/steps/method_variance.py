"""Step ``method_variance``: variance that answers of one informant share for being answers of one informant."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.models.method_variance import (
    LatentMethodFactor,
    MarkerAnalysis,
    latent_method_factor,
    marker_analysis,
    single_factor_share,
)
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.report.chapters.method_variance import (
    MethodFacts,
    method_variance_headline,
    method_variance_section,
)
from comply_measure.report.labels import Labels
from comply_measure.responses import Responses

_MARKER = "marker"


class MethodVarianceOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    marker : str, optional
        Key of the scale whose items are the marker; by default ``marker``, where it was asked.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``.
    role_centred : bool
        Take each role's means off first.
    by_role : bool
        Also the marker models in each role.
    """

    scale: Annotated[str | None, Names("scale")] = None
    marker: Annotated[str | None, Names("marker scale")] = None
    cluster: Cluster = "unit"
    role_centred: bool = True
    by_role: bool = False


def run(context: Context, options: MethodVarianceOptions) -> StepOutput:
    """Marker models, latent method factor, single-factor share."""
    responses = context.responses
    chosen = chosen_focal(responses, options.scale)
    marker, why_no_marker = attempt(lambda: _marker_items(responses, chosen, options))
    data = _data(chosen, marker or (), centred=options.role_centred)
    analysis: MarkerAnalysis | None = None
    if marker is not None:
        analysis, why_no_marker = attempt(lambda: _marker(data, chosen, marker, options, options.cluster))
    latent, why_no_latent = attempt(lambda: _latent(data, chosen, options))
    answers = chosen.answers()
    items = [name for members in chosen.items.values() for name in members]
    varying = [name for name in items if answers[name].max() > answers[name].min()]
    share, why_no_share = attempt(lambda: single_factor_share(answers, varying))
    facts = MethodFacts(
        title=chosen.title,
        indicator_kind=chosen.indicator_kind,
        marker=analysis,
        latent=latent,
        single=share,
        left_out=tuple(name for name in items if name not in varying),
        by_role=_by_role(chosen, marker, options),
        obstacles={"marker": why_no_marker, "latent": why_no_latent, "single": why_no_share},
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        estimator=options.words("informants"),
    )
    labels = Labels.of(responses.scales, context.language)
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    if analysis is not None:
        values["marker_method_variance"] = analysis.method_variance
        if analysis.method_variance != analysis.method_variance:
            reasons["marker_method_variance"] = "; ".join(analysis.failures.values()) or "no method model"
    return StepOutput(
        method_variance_section(facts, labels),
        values=values,
        reasons=reasons,
        headline=method_variance_headline(facts, labels),
    )


def _marker_items(responses: Responses, chosen: Focal, options: MethodVarianceOptions) -> tuple[str, ...]:
    key = options.marker or _MARKER
    known = [scale.key for scale in responses.scales]
    if key not in known:
        if options.marker is None:
            raise ComplyError("no marker scale was asked (name its scale in the option 'marker')")
        raise ComplyError(f"there is no scale '{key}'; known: {', '.join(known)}")
    if key == chosen.scale.key:
        raise ComplyError("a scale cannot be its own marker")
    answered = responses.data
    items = [item.id for item in responses.items(key) if answered[item.id].notna().any()]
    if len(items) < 2:
        raise ComplyError(f"the marker has {len(items)} items with answers; its factor needs 2")
    return tuple(items)


def _data(chosen: Focal, marker: tuple[str, ...], *, centred: bool) -> pd.DataFrame:
    data = chosen.indicators().join(chosen.responses.scored()[list(marker)])
    names = [*chosen.indicator_names, *marker]
    if centred:
        data[names] = data[names] - data.groupby("role")[names].transform("mean")
    return data[data[names].notna().any(axis=1)]


def _marker(
    data: pd.DataFrame,
    chosen: Focal,
    marker: tuple[str, ...],
    options: MethodVarianceOptions,
    cluster: Cluster,
) -> MarkerAnalysis:
    return marker_analysis(
        data,
        chosen.factors,
        marker,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if cluster == "none" else cluster,
        name="marker_factor",
    )


def _latent(data: pd.DataFrame, chosen: Focal, options: MethodVarianceOptions) -> LatentMethodFactor:
    present = data[list(chosen.indicator_names)].notna().any(axis=1)
    return latent_method_factor(
        data[present],
        chosen.factors,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if options.cluster == "none" else options.cluster,
        name="method_factor",
    )


def _by_role(chosen: Focal, marker: tuple[str, ...] | None, options: MethodVarianceOptions) -> pd.DataFrame:
    """A row per role: test of equal method effects against none, variance they carry; empty if not asked for."""
    if not options.by_role or marker is None or len(chosen.roles) < 2:
        return pd.DataFrame()
    data = _data(chosen, marker, centred=False)
    rows = []
    for role in chosen.roles:
        mine = data[data["role"] == role]
        row: dict[str, object] = {"group": role, "n_informants": len(mine), "note": ""}
        try:
            found = _marker(mine, chosen, marker, options, "none")
        except ComplyError as error:
            rows.append(row | {"note": " ".join(str(error).split())})
            continue
        test = found.differences["baseline", "method_c"]
        rows.append(
            row
            | {"chisq": test.chisq, "df": test.df, "pvalue": test.pvalue}
            | {"method_variance": found.method_variance, "note": test.note}
        )
    return pd.DataFrame(rows)


STEP = Step("method_variance", "Common method variance", run, MethodVarianceOptions)
