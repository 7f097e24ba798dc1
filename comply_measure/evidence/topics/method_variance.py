"""Topic ``method_variance``: variance that answers of one informant share for being answers of one informant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, Estimation, cluster_in_role
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.reverse_wording import ReverseWording, reverse_wording, wording_verdicts
from comply_measure.evidence.rules.method_variance import MARKER
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.quality import QualityEvidence, flagged_informants
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.models.method_variance import (
    LatentMethodFactor,
    MarkerAnalysis,
    SingleFactorShare,
    latent_method_factor,
    marker_analysis,
    single_factor_share,
)
from comply_measure.models.method_variance.marker_power import CORRELATIONS, POWER, SHARES, EqualEffect
from comply_measure.responses import Responses
from comply_measure.statistics.cluster_robust import FEW_CLUSTERS
from comply_measure.statistics.multiplicity import rejects
from comply_measure.tables.roles import role_centred

_MARKER = "marker"
_WEAK = 0.3  # correlation of a marker with the method for which the power is stated


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
    wording : bool
        Also a factor of reverse wording behind all items (:func:`.reverse_wording.reverse_wording`): two fits, and one
        without informants flagged as careless.
    worth : float
        Share of method variance that the study cares for; the power of the marker's test is stated for it, and a factor
        of reverse wording is held against it.
    marker_correlation : float, optional
        How closely the marker goes with the method, where that is known from elsewhere; without it a test that finds
        nothing excludes nothing.
    """

    scale: Annotated[str | None, Names("scale")] = None
    marker: Annotated[str | None, Names("marker scale")] = None
    cluster: Cluster = "unit"
    role_centred: bool = True
    by_role: bool = False
    wording: bool = True
    worth: Annotated[float, Field(gt=0, lt=1)] = 0.05
    marker_correlation: Annotated[float | None, Field(gt=0, le=1)] = None


@dataclass(frozen=True, eq=False)
class MethodVarianceEvidence(Evidence):
    """What the topic found; what is None has its reason in `obstacles` (marker, latent, single, wording).

    Constructs that their items form have no part in the models of marker and method (`indices`) and are read
    reflectively by the factor of reverse wording (`formed`). Items without variance are `left_out` of the
    single-factor share. `power` is :func:`.marker_power.power_table`, with the shares asked for, of `effect`; empty
    without a marker. `worth` and `marker_correlation` are the options' (NaN: unknown).

    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    indicator_kind: str
    marker: MarkerAnalysis | None
    latent: LatentMethodFactor | None
    single: SingleFactorShare | None
    wording: ReverseWording | None
    left_out: tuple[str, ...]
    indices: tuple[str, ...]
    formed: tuple[str, ...]
    by_role: pd.DataFrame
    power: pd.DataFrame
    effect: EqualEffect | None
    worth: float
    marker_correlation: float
    obstacles: Mapping[str, str]
    n_units: int
    n_informants: int
    estimator: str
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Fit of the marker models; of the latent method factor where there is no marker; else no rows."""
        found = self.marker or self.latent
        return pd.DataFrame() if found is None else found.tidy()

    def values(self) -> Mapping[str, Value]:
        """Shares of variance that the marker's method effects, and a factor of reverse wording, carry."""
        marker: dict[str, Value] = (
            {} if self.marker is None else {"marker_method_variance": self.marker.method_variance}
        )
        if self.wording is None:
            return marker
        return marker | {"reverse_wording_share": float(self.wording.effects["share"].iloc[0])}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """What the marker says, and what its test could have said; what reverse-keyed items share."""
        return (
            *marker_verdicts(self.marker, self.effect, self.worth, self.marker_correlation, conventions),
            *wording_verdicts(self.wording, self.worth, conventions),
        )

    def reasons(self) -> Mapping[str, str]:
        """Why that share is undefined."""
        if self.marker is None or self.marker.method_variance == self.marker.method_variance:
            return {}
        return {"marker_method_variance": "; ".join(self.marker.failures.values()) or "no method model"}


def marker_verdicts(
    marker: MarkerAnalysis | None,
    effect: EqualEffect | None,
    worth: float,
    known: float,
    conventions: Mapping[str, float],
) -> tuple[Verdict, ...]:
    """What the marker says, and what its test could have said; none without a marker.

    Parameters
    ----------
    marker : MarkerAnalysis or None
    effect : EqualEffect or None
        Its equal effect.
    worth : float
        Share of method variance that the study cares for.
    known : float
        Correlation of the marker with the method; NaN where it is not known.
    conventions : mapping of str to float
    """
    if marker is None:
        return ()
    if marker.detected is None or effect is None:
        return (MARKER.verdict("cannot say", case="untested"),)
    test, level = marker.differences["baseline", "method_c"], conventions["test_level"]
    numbers: dict[str, Number] = {
        "share": marker.method_variance,
        "p": test.pvalue,
        "worth": worth,
        "power_pure": effect.power(1.0, worth, level),
        "weak": _WEAK,
        "power_weak": effect.power(_WEAK, worth, level),
    }
    rejected, few = rejects(test.pvalue, level), 0 < marker.n_clusters < FEW_CLUSTERS
    if rejected and few:
        return (MARKER.verdict("cannot say", case="few", numbers=numbers | {"clusters": marker.n_clusters}),)
    answer: Answer = "supported" if rejected else "cannot say"
    if known == known:
        power = effect.power(known, worth, level)
        numbers |= {"correlation": known, "power": power}
        if answer == "cannot say" and power >= POWER:
            answer = "not supported"
    return (MARKER.verdict(answer, numbers=numbers),)


def method_variance(
    responses: Responses,
    options: MethodVarianceOptions | None = None,
    *,
    quality: QualityEvidence | None = None,
) -> MethodVarianceEvidence:
    """Marker models, latent method factor, factor of reverse wording and single-factor share.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : MethodVarianceOptions, optional
        Defaults where not given.
    quality : QualityEvidence, optional
        Who answered carelessly; the factor of reverse wording is then estimated with and without these informants.

    Returns
    -------
    MethodVarianceEvidence
        What could not be computed is None, its reason in ``obstacles``.
    """
    options = (options or MethodVarianceOptions()).at_highest(responses)
    chosen = chosen_focal(responses, options.scale)
    marker, why_no_marker = attempt(lambda: marker_items(responses, chosen, options))
    data = marker_data(chosen, marker or (), centred=options.role_centred)
    analysis: MarkerAnalysis | None = None
    if marker is not None:
        analysis, why_no_marker = attempt(
            lambda: marker_models(data, chosen, marker, options, options.cluster)
        )
    latent, why_no_latent = attempt(lambda: _latent(data, chosen, options))
    wording, why_no_wording = _wording(chosen, options, flagged_informants(quality))
    answers = chosen.answers()
    items = [name for members in chosen.items.values() for name in members]
    varying = [name for name in items if answers[name].max() > answers[name].min()]
    share, why_no_share = attempt(lambda: single_factor_share(answers, varying))
    return MethodVarianceEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        indicator_kind=chosen.indicator_kind,
        marker=analysis,
        latent=latent,
        single=share,
        wording=wording,
        left_out=tuple(name for name in items if name not in varying),
        indices=chosen.indices,
        formed=chosen.formed,
        by_role=_by_role(chosen, marker, options),
        power=_power(analysis, options),
        effect=None if analysis is None else analysis.effect,
        worth=options.worth,
        marker_correlation=math.nan if options.marker_correlation is None else options.marker_correlation,
        obstacles={
            "marker": why_no_marker,
            "latent": why_no_latent,
            "single": why_no_share,
            "wording": why_no_wording,
        },
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        estimator=options.words("informants", responses),
    )


def _compute(request: Request, options: MethodVarianceOptions) -> MethodVarianceEvidence:
    given = request.optional("quality", QualityEvidence)
    return method_variance(request.responses, options, quality=given)


TOPIC = Topic("method_variance", "Common method variance", _compute, MethodVarianceOptions, uses=("quality",))


def _wording(
    chosen: Focal, options: MethodVarianceOptions, flagged: frozenset[tuple[str, ...]] | None
) -> tuple[ReverseWording | None, str]:
    """The factor of reverse wording, or why there is none."""
    if not options.wording:
        return None, "not asked for"
    return attempt(
        lambda: reverse_wording(
            chosen, options, options.cluster, centred=options.role_centred, flagged=flagged
        )
    )


def _power(analysis: MarkerAnalysis | None, options: MethodVarianceOptions) -> pd.DataFrame:
    """Power of the marker's test, also for the share and the correlation that the study names."""
    if analysis is None:
        return pd.DataFrame(columns=["correlation", "detectable", "upper"])
    own = () if options.marker_correlation is None else (options.marker_correlation,)
    correlations = tuple(sorted({*CORRELATIONS, *own}, reverse=True))
    shares = tuple(sorted({*SHARES, options.worth}))
    return analysis.power(correlations, shares)


def marker_items(responses: Responses, chosen: Focal, options: MethodVarianceOptions) -> tuple[str, ...]:
    """Items of the marker with answers.

    Raises
    ------
    ComplyError
        If there is no marker, or it has too few.
    """
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


def marker_data(chosen: Focal, marker: tuple[str, ...], *, centred: bool) -> pd.DataFrame:
    """Unit, firm, role, reflective indicators and the marker's items; each role's means taken off if asked."""
    names = [*chosen.reflective_names, *marker]
    known = chosen.indicators()[["unit", "firm", "role", *chosen.reflective_names]]
    data = known.join(chosen.responses.scored()[list(marker)])
    if centred:
        data = role_centred(data, names)
    return data[data[names].notna().any(axis=1)]


def marker_models(
    data: pd.DataFrame,
    chosen: Focal,
    marker: tuple[str, ...],
    options: MethodVarianceOptions,
    cluster: Cluster,
) -> MarkerAnalysis:
    """Baseline, and models with effects of the marker."""
    return marker_analysis(
        data,
        _reflective(chosen),
        marker,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if cluster == "none" else cluster,
        name="marker_factor",
    )


def _reflective(chosen: Focal) -> dict[str, tuple[str, ...]]:
    """Factors that show in their indicators: an index has no loadings that a method could add to.

    Raises
    ------
    ComplyError
        If there are none.
    """
    if not chosen.reflective:
        raise ComplyError("every construct is formed by its items, and an index has no loadings")
    return chosen.reflective


def _latent(data: pd.DataFrame, chosen: Focal, options: MethodVarianceOptions) -> LatentMethodFactor:
    factors = _reflective(chosen)
    present = data[list(chosen.reflective_names)].notna().any(axis=1)
    return latent_method_factor(
        data[present],
        factors,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if options.cluster == "none" else options.cluster,
        name="method_factor",
    )


def _by_role(chosen: Focal, marker: tuple[str, ...] | None, options: MethodVarianceOptions) -> pd.DataFrame:
    """A row per role: test of equal method effects against none, variance they carry; empty if not asked for."""
    if not options.by_role or marker is None or len(chosen.roles) < 2:
        return pd.DataFrame()
    data = marker_data(chosen, marker, centred=False)
    rows = []
    for role in chosen.roles:
        mine = data[data["role"] == role]
        row: dict[str, object] = {"group": role, "n_informants": len(mine), "note": ""}
        try:
            found = marker_models(mine, chosen, marker, options, cluster_in_role(chosen, options.cluster))
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
