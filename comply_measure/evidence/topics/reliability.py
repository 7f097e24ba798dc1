"""Topic ``reliability``: α, ω and their relatives of constructs and dimensions, by role, pooled and for unit means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd

from comply_measure import sem
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.focal import Focal, by_group, focal
from comply_measure.evidence.keying import Turned, doubt_of, turned_items, with_doubt
from comply_measure.evidence.options import Replications, TopicOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.measurement.frames import joined, with_reasons
from comply_measure.measurement.reliability.from_fit import fit_reliability
from comply_measure.measurement.reliability.table import TRIAD, reliability_table
from comply_measure.measurement.reliability.triad_score import unit_answers
from comply_measure.models import second_order
from comply_measure.models.congeneric import congeneric_reliability
from comply_measure.responses import Responses
from comply_measure.tables.roles import POOLED, by_role, role_centred

_OMEGA = {
    "scale": "construct",
    "lower": "omega_lower",
    "upper": "omega_upper",
    "average_variance_extracted": "ave",
}
_KEYS = ["construct", "group"]
_BOUNDS = (
    "mean_correlation",
    "lambda2",
    "lambda6",
    "glb",
    "split_half_mean",
    "split_half_spearman_brown",
    "lambda4_max",
)
_ORDERED = ("alpha_ordinal", "omega_latent", "omega_categorical", "omega_categorical_observed")
_LEVELS = (
    "alpha_within",
    "omega_within",
    "alpha_between",
    "omega_between",
    "alpha_single",
    "omega_single",
    "alpha_mean",
    "omega_mean",
)
_DETAIL = (*_BOUNDS, *_ORDERED, *_LEVELS)


class ReliabilityOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    replications : int
        Of the bootstrap; whole units are drawn where informants are pooled. 0: no bootstrap.
    detail : {"main", "all", "none"}
        For what bounds, split halves, coefficients of ordered answers and of two levels are computed: the
        dimensions (constructs, in a scale without dimensions), the constructs below them too, or nothing.
    """

    replications: Replications = 300
    detail: Literal["main", "all", "none"] = "main"


@dataclass(frozen=True, eq=False)
class ScaleReliability:
    """Results for one scale.

    Parameters
    ----------
    key, title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale's roles.
    dimensions, constructs, scores : DataFrame
        ``construct``, ``group``, ``n_informants``, ``n_items``, ``alpha``, ``alpha_lower``, ``alpha_upper``,
        ``omega``, ``omega_lower``, ``omega_upper``, ``maximal_reliability``, ``ave``, ``sem``, ``loading_min``,
        ``loading_max``, ``note``; a row rests on the same indicators throughout: items of a dimension, items of a
        construct, or the scores of a dimension's attributes. No rows in `dimensions` and `scores` for a scale
        without them.
    dimension_detail, construct_detail : DataFrame
        ``construct``, ``group``, ``coefficient``, ``estimate``, counts, ``note``; no rows without detail.
    general : DataFrame
        From a second-order fit: ``factor``, ``level``, ``group``, ``omega_implied``, ``omega_observed``,
        ``omega_factors``, ``n``, ``note``; empty without one.
    replications : int
        Of the bootstrap.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    key: str
    title: str
    n_units: int
    n_informants: int
    dimensions: pd.DataFrame
    constructs: pd.DataFrame
    dimension_detail: pd.DataFrame
    construct_detail: pd.DataFrame
    general: pd.DataFrame
    replications: int
    scores: pd.DataFrame
    turned: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class ReliabilityEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    scales : tuple of ScaleReliability
        In the order of the study.
    """

    scales: tuple[ScaleReliability, ...]

    def tidy(self) -> pd.DataFrame:
        """A row per scale, dimension or construct, and group; ``kind`` says which."""
        parts = [
            table.assign(scale=scale.key, kind=kind)
            for scale in self.scales
            for kind, table in (
                ("dimension", scale.dimensions),
                ("construct", scale.constructs),
                ("scores", scale.scores),
            )
            if len(table)
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def problems(self) -> tuple[str, ...]:
        """Items that run against their construct."""
        return tuple(
            f"{scale.title}: {doubt_of(scale.turned, scale.turned)}" for scale in self.scales if scale.turned
        )


def reliability(
    responses: Responses, options: ReliabilityOptions | None = None, *, seed: int = 0
) -> ReliabilityEvidence:
    """Reliability of every scale, its dimensions and constructs, by role, pooled and for unit means.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : ReliabilityOptions, optional
        Defaults where not given.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    ReliabilityEvidence
    """
    options = options or ReliabilityOptions()
    drawn = topic_seeds("reliability", seed).generate_state(len(responses.scales))
    return ReliabilityEvidence(
        tuple(
            scale_reliability(focal(responses, scale), options, int(number))
            for scale, number in zip(responses.scales, drawn, strict=True)
        )
    )


def _compute(request: Request, options: ReliabilityOptions) -> ReliabilityEvidence:
    return reliability(request.responses, options, seed=request.seed)


TOPIC = Topic("reliability", "Reliability", _compute, ReliabilityOptions)


def scale_reliability(chosen: Focal, options: ReliabilityOptions, seed: int) -> ScaleReliability:
    """Reliability of one scale, over the informants whose role answers it."""
    items = chosen.answers()
    low, whole = chosen.items, chosen.wholes
    turned = turned_items(chosen)
    constructs = merged(chosen, items, low, options, seed)
    nothing = constructs.iloc[:0]
    dimensions = scores = detail_of_dimensions = detail = nothing
    if chosen.by_scores:
        dimensions = merged(chosen, items, whole, options, seed)
        scores = merged(chosen, chosen.indicators(), chosen.factors, options, seed)
        members = [chosen.factors[key] for key in scores["construct"]]
        scores["note"] = with_doubt(scores["note"], members, turned)
        if options.detail != "none":
            detail_of_dimensions = _detail(chosen, items, whole, seed)
    if options.detail == "all" or (options.detail == "main" and not chosen.by_scores):
        detail = _detail(chosen, items, low, seed)
    general = chosen.by_scores and len(chosen.factors) >= 3
    return ScaleReliability(
        key=chosen.scale.key,
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        dimensions=dimensions,
        constructs=constructs,
        dimension_detail=detail_of_dimensions,
        construct_detail=detail,
        general=_general(chosen, turned) if general else pd.DataFrame(),
        replications=options.replications,
        scores=scores,
        turned=turned,
    )


_WHY = dict.fromkeys(
    ("alpha_lower", "alpha_upper"), "informants of one unit depend on each other, and no units were resampled"
)


def merged(
    chosen: Focal,
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    options: ReliabilityOptions,
    seed: int,
) -> pd.DataFrame:
    """α, ω, H and AVE over the same items (or scores), a row per construct and group.

    Parameters
    ----------
    chosen : Focal
        The scale.
    data : DataFrame
        A row per informant: unit, firm, role and the items or scores.
    scales : mapping of str to sequence of str
        Construct -> its items or scores.
    options : ReliabilityOptions
    seed : int
        Of the bootstrap.
    """
    alpha = _alpha(chosen, data, scales, options, seed)
    weighted = _coefficients(chosen, data, scales, ("maximal_reliability",), interval="none")
    weighted = weighted[[*_KEYS, "estimate", "note"]]
    weighted = weighted.rename(columns={"estimate": "maximal_reliability", "note": "h_note"})
    omega = pd.concat(
        [
            by_group(chosen, data, scales, _omega),
            _omega(_unit_means(chosen, data, scales), scales).assign(group=TRIAD),
        ],
        ignore_index=True,
    ).rename(columns=_OMEGA)
    right = omega.drop(columns=["n_indicators", "n_informants"])
    table = alpha.merge(right, on=_KEYS, how="left").merge(weighted, on=_KEYS, how="left")
    notes = zip(table["alpha_note"].fillna(""), table["note"].fillna(""), strict=True)
    table["note"] = [one if other in one else joined(one, other) for one, other in notes]
    silent = table["maximal_reliability"].isna() & table["note"].eq("")
    table["note"] = table["note"].where(~silent, "H: " + table["h_note"].fillna(""))
    return with_reasons(table.drop(columns=["alpha_note", "h_note"]), _WHY)


def _alpha(
    chosen: Focal,
    items: pd.DataFrame,
    measured: Mapping[str, Sequence[str]],
    options: ReliabilityOptions,
    seed: int,
) -> pd.DataFrame:
    """α with Feldt's interval, or with resampled units where informants of one unit are pooled."""
    plain = _coefficients(chosen, items, measured, ("alpha",), interval="feldt", missing="pairwise")
    table = plain[[*_KEYS, "n_items", "n_units", "n_informants", "estimate", "lower", "upper", "interval"]]
    table = table.rename(columns={"estimate": "alpha", "lower": "alpha_lower", "upper": "alpha_upper"})
    table["sem"] = plain["standard_error_of_measurement"]
    table["alpha_note"] = plain["note"].where(plain["estimate"].isna(), plain["doubt"])
    if not options.replications:
        return table
    found = _resampled(chosen, items, measured, options, seed)
    table = table.merge(found, on=_KEYS, how="left")
    pooled = table["alpha_lower"].isna() & table["boot_lower"].notna()
    for bound in ("lower", "upper"):
        table[f"alpha_{bound}"] = table[f"alpha_{bound}"].where(~pooled, table[f"boot_{bound}"])
    table["interval"] = table["interval"].where(~pooled, "cluster percentile")
    return table


def _resampled(
    chosen: Focal,
    items: pd.DataFrame,
    measured: Mapping[str, Sequence[str]],
    options: ReliabilityOptions,
    seed: int,
) -> pd.DataFrame:
    """Bootstrap interval of α; constructs below dimensions for all informants only, where Feldt's has no place."""
    drawn = {
        "interval": "percentile",
        "missing": "pairwise",
        "n_replications": options.replications,
        "seed": seed,
    }
    if chosen.by_scores and measured is chosen.items:
        kept = {key: tuple(names) for key, names in measured.items()}
        table = reliability_table(items, kept, coefficients=("alpha",), by=None, triad=False, **drawn).tidy()  # type: ignore[arg-type]
        table = table.rename(columns={"scale": "construct"})
    else:
        table = _coefficients(chosen, items, measured, ("alpha",), **drawn)
    return table[[*_KEYS, "lower", "upper"]].rename(columns={"lower": "boot_lower", "upper": "boot_upper"})


def _coefficients(
    chosen: Focal,
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    names: Sequence[str],
    **options: Any,
) -> pd.DataFrame:
    """Rows of :func:`reliability_table` by construct and group; unit means where all roles have the same items."""
    kept = {key: tuple(items) for key, items in scales.items()}
    if all(chosen.asked(kept, role) == kept for role in chosen.roles):
        several = len(chosen.roles) > 1
        found = reliability_table(
            data, kept, coefficients=names, by="role", triad=several, pooled=True, **options
        ).tidy()
        order = {name: place for place, name in enumerate((POOLED, *chosen.roles, TRIAD))}
        places = {name: place for place, name in enumerate(kept)}
        found = found.assign(_group=found["group"].map(order), _scale=found["scale"].map(places))
        found = found.sort_values(["_scale", "_group"], kind="stable", ignore_index=True)
        return found.drop(columns=["_group", "_scale"]).rename(columns={"scale": "construct"})

    def compute(mine: pd.DataFrame, asked: dict[str, tuple[str, ...]]) -> pd.DataFrame:
        return reliability_table(mine, asked, coefficients=names, by=None, triad=False, **options).tidy()

    return by_group(chosen, data, kept, compute).rename(columns={"scale": "construct"})


def _detail(
    chosen: Focal, items: pd.DataFrame, scales: Mapping[str, Sequence[str]], seed: int
) -> pd.DataFrame:
    """One row per construct, group and further coefficient."""
    found = _coefficients(chosen, items, scales, _DETAIL, interval="none", seed=seed)
    return found.drop(columns=["lower", "upper", "se", "interval", "seed", "confidence", "n_replications"])


def _unit_means(
    chosen: Focal, indicators: pd.DataFrame, factors: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """A row per unit: mean of each indicator over at least two informants, role means set equal."""
    names = list(dict.fromkeys(name for members in factors.values() for name in members))
    means = unit_answers(
        indicators[names].to_numpy(dtype=float), indicators["unit"].to_numpy(), indicators["role"].to_numpy()
    )
    return pd.DataFrame(means.values, columns=names)


def _omega(mine: pd.DataFrame, asked: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    return congeneric_reliability(mine, asked, by=None).tidy()


def _general(chosen: Focal, turned: Turned) -> pd.DataFrame:
    """Reliability of the score of everything and of each dimension by a second-order fit, pooled and by role."""
    names = list(chosen.indicator_names)
    text = second_order(chosen.factors, chosen.top)
    data = chosen.indicators()
    parts = []
    for group, mine in by_role(data, chosen.roles):
        centred = role_centred(mine, names)[names]
        fit, why = attempt(partial(sem.fit, text, centred.dropna(how="all"), estimator="ML", missing="ml"))
        if fit is not None and fit.has_optimum and not fit.admissible:
            fit, why = None, "the second-order solution is not admissible"
        if fit is None:
            parts.append(
                pd.DataFrame([{"factor": chosen.top, "level": "factors", "n": len(mine), "note": why}])
            )
        else:
            parts.append(fit_reliability(fit).tidy())
        parts[-1] = parts[-1].assign(group=group)
    table = pd.concat(parts, ignore_index=True)
    table = table[table["level"] != "total"].reset_index(drop=True)
    members = [chosen.factors.get(key, names) for key in table["factor"]]
    return table.assign(note=with_doubt(table["note"], members, turned))
