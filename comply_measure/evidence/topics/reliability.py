"""Topic ``reliability``: α, ω and their relatives of constructs and dimensions, by role, pooled and for unit means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import pandas as pd

from comply_measure import sem
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.focal import Focal, focal
from comply_measure.evidence.keying import Turned, doubt_of, turned_items, with_doubt
from comply_measure.evidence.options import Replications, TopicOptions
from comply_measure.evidence.rules.reliability import SCORE
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.quality import INFORMANT, QualityEvidence, flagged_informants
from comply_measure.evidence.verdicts import Number, Verdict, by_interval
from comply_measure.measurement.frames import joined
from comply_measure.measurement.reliability.from_fit import fit_reliability
from comply_measure.measurement.reliability.table import TRIAD, grouped_reliability
from comply_measure.measurement.reliability.table_groups import GroupedAnswers
from comply_measure.models import second_order
from comply_measure.models.congeneric import AnswerSet, congeneric_of_sets
from comply_measure.responses import Responses
from comply_measure.sem.tables import normal_quantile
from comply_measure.statistics.reasons import with_reasons
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
    attentive : DataFrame
        ``construct``, ``group``, ``omega``, ``omega_lower``, ``omega_upper`` of the scores in use by role, without the
        informants flagged as careless; empty where nobody is.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    formed : tuple of str
        Constructs with items that, by their mode of measurement, add up to them and need not go together (Rossiter
        2002): for these the coefficients are a reflective reading beside the index, no evidence.
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
    attentive: pd.DataFrame
    turned: Mapping[str, tuple[str, ...]]
    formed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReliabilityEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    scales : tuple of ScaleReliability
        In the order of the study.
    n_flagged : int
        Informants whom step ``quality`` flags as careless; −1 where it did not run.
    """

    scales: tuple[ScaleReliability, ...]
    n_flagged: int

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

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether the scores in use are reliable enough, by role.

        Scores of constructs below dimensions are left out, and so are indices: how well the items of an index go
        together says nothing for or against it.
        """
        found = []
        for scale in self.scales:
            table = scale.scores if len(scale.scores) else scale.constructs
            table = table[~table["construct"].isin(() if len(scale.scores) else scale.formed)]
            rows = table[~table["group"].isin((POOLED, TRIAD))]
            n = max(1, int(rows["omega_lower"].notna().sum()))
            wider = normal_quantile(1 - 0.05 / n) / normal_quantile(0.95)
            without = {(r["construct"], r["group"]): r for r in scale.attentive.to_dict("records")}
            for row in rows.to_dict("records"):
                omega, ends = _simultaneous(row, wider)
                numbers: dict[str, Number] = {"omega_value": omega, "ci": ends}
                answer, case = by_interval(*ends, conventions["omega"]), ""
                key = (row["construct"], row["group"])
                if key in without:
                    other, other_ends = _simultaneous(without[key], wider)
                    numbers |= {
                        "n_flagged": self.n_flagged,
                        "omega_attentive": other,
                        "ci_attentive": other_ends,
                    }
                    second = by_interval(*other_ends, conventions["omega"])
                    answer, case = (answer if answer == second else "cannot say"), "flagged"
                found.append(SCORE.verdict(answer, *key, numbers=numbers, case=case, n_family=n))
        return tuple(found)

    def problems(self) -> tuple[str, ...]:
        """Items that run against their construct."""
        return tuple(
            f"{scale.title}: {doubt_of(scale.turned, scale.turned)}" for scale in self.scales if scale.turned
        )


def _simultaneous(row: Mapping[Any, Any], wider: float) -> tuple[float, tuple[float, float]]:
    """ω and its interval, wider by a factor."""
    omega, half = float(row["omega"]), wider * float(row["omega_upper"] - row["omega_lower"]) / 2
    return omega, (omega - half, omega + half)


def reliability(
    responses: Responses,
    options: ReliabilityOptions | None = None,
    *,
    seed: int = 0,
    quality: QualityEvidence | None = None,
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
    quality : QualityEvidence, optional
        Who answered carelessly; verdicts then hold with and without these informants, or cannot be given.

    Returns
    -------
    ReliabilityEvidence
    """
    options = options or ReliabilityOptions()
    flagged = flagged_informants(quality)
    drawn = topic_seeds("reliability", seed).generate_state(len(responses.scales))
    return ReliabilityEvidence(
        tuple(
            scale_reliability(focal(responses, scale), options, int(number), flagged or frozenset())
            for scale, number in zip(responses.scales, drawn, strict=True)
        ),
        n_flagged=-1 if flagged is None else len(flagged),
    )


def _compute(request: Request, options: ReliabilityOptions) -> ReliabilityEvidence:
    given = request.optional("quality", QualityEvidence)
    return reliability(request.responses, options, seed=request.seed, quality=given)


TOPIC = Topic("reliability", "Reliability", _compute, ReliabilityOptions, uses=("quality",))


def scale_reliability(
    chosen: Focal, options: ReliabilityOptions, seed: int, flagged: frozenset[tuple[str, ...]] = frozenset()
) -> ScaleReliability:
    """Reliability of one scale, over the informants whose role answers it; verdicts also without the flagged ones."""
    items = chosen.answers()
    turned = turned_items(chosen)
    low = _Sets.of(chosen, items, chosen.items)
    constructs = merged(low, options, seed, below=chosen.by_scores)
    formed = chosen.formed
    constructs["note"] = [
        joined(note, _FORMED if key in formed else "")
        for key, note in zip(constructs["construct"], constructs["note"], strict=True)
    ]
    nothing = constructs.iloc[:0]
    dimensions = scores = detail_of_dimensions = detail = nothing
    if chosen.by_scores:
        whole = _Sets.of(chosen, items, chosen.wholes)
        dimensions = merged(whole, options, seed)
        scores = merged(_Sets.of(chosen, chosen.indicators(), chosen.factors), options, seed)
        members = [chosen.factors[key] for key in scores["construct"]]
        scores["note"] = with_doubt(scores["note"], members, turned)
        if options.detail != "none":
            detail_of_dimensions = _detail(whole, seed)
    if options.detail == "all" or (options.detail == "main" and not chosen.by_scores):
        detail = _detail(low, seed)
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
        attentive=_attentive(chosen, flagged),
        turned=turned,
        formed=formed,
    )


_FORMED = "formed by its items: a reflective reading, no evidence for the index"


def _attentive(chosen: Focal, flagged: frozenset[tuple[str, ...]]) -> pd.DataFrame:
    """ω of the scores in use by role, without flagged informants; empty where none of them answered the scale."""
    names = chosen.responses.data.loc[chosen.rows.to_numpy(), list(INFORMANT)].astype(str)
    keep = [name not in flagged for name in names.itertuples(index=False, name=None)]
    if all(keep):
        return pd.DataFrame()
    data, scales = (
        (chosen.indicators(), chosen.factors) if chosen.by_scores else (chosen.answers(), chosen.items)
    )
    found = _Sets.of(chosen, data[keep], scales).omega().rename(columns=_OMEGA)
    found = found[~found["group"].isin((POOLED, TRIAD))]
    return found[[*_KEYS, "omega", "omega_lower", "omega_upper"]].reset_index(drop=True)


_WHY = dict.fromkeys(
    ("alpha_lower", "alpha_upper"), "informants of one unit depend on each other, and no units were resampled"
)


@dataclass(frozen=True, eq=False)
class _Sets:
    """Answers to some scales by group: pooled, by role, and unit means where all roles have the same items.

    They are taken out of the data once, for all tables that are computed from them.

    Attributes
    ----------
    parts : tuple of (str or None, GroupedAnswers)
        Answers of one group by name, or of several that name themselves.
    scales, groups : mapping of str to int
        Places in tables.
    """

    parts: tuple[tuple[str | None, GroupedAnswers], ...]
    scales: Mapping[str, int]
    groups: Mapping[str, int]

    @classmethod
    def of(cls, chosen: Focal, data: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> _Sets:
        """Take them out of a table with a row per informant: unit, firm, role and the items or scores."""
        kept = {key: tuple(items) for key, items in scales.items()}
        parts: list[tuple[str | None, GroupedAnswers]] = []
        if all(chosen.asked(kept, role) == kept for role in chosen.roles):
            parts.append((None, GroupedAnswers.of(data, kept, triad=len(chosen.roles) > 1)))
        else:
            for group, mine in by_role(data, chosen.roles):
                asked = chosen.asked(kept, None if group == POOLED else group)
                if len(mine) and asked:
                    parts.append((group, GroupedAnswers.of(mine, asked, by=None, triad=False)))
        groups = (POOLED, *chosen.roles, TRIAD)
        return cls(
            tuple(parts),
            {name: place for place, name in enumerate(kept)},
            {name: place for place, name in enumerate(groups)},
        )

    def of_all(self) -> _Sets:
        """Those of all informants."""
        parts = [
            (label, GroupedAnswers(tuple(entry for entry in part.entries if entry[1].label == POOLED)))
            for label, part in self.parts
            if label in (None, POOLED)
        ]
        return replace(self, parts=tuple(parts))

    def table(self, names: Sequence[str], **options: Any) -> pd.DataFrame:
        """Rows of :func:`.grouped_reliability` by construct and group."""
        return self._in_order(
            grouped_reliability(part, coefficients=names, **options).tidy() for _, part in self.parts
        )

    def omega(self) -> pd.DataFrame:
        """Rows of :func:`.congeneric_of_sets`, all groups fitted together."""
        sets = [
            AnswerSet(scale, group or mine.label, mine.items, mine.values)
            for group, part in self.parts
            for scale, mine in part.entries
        ]
        return congeneric_of_sets(sets).tidy().rename(columns={"scale": "construct"})

    def _in_order(self, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
        named = [
            table if group is None else table.assign(group=group)
            for (group, _), table in zip(self.parts, tables, strict=True)
        ]
        table = pd.concat(named, ignore_index=True) if len(named) > 1 else named[0]
        table = table.assign(_group=table["group"].map(self.groups), _scale=table["scale"].map(self.scales))
        table = table.sort_values(["_scale", "_group"], kind="stable", ignore_index=True)
        return table.drop(columns=["_group", "_scale"]).rename(columns={"scale": "construct"})


def merged(sets: _Sets, options: ReliabilityOptions, seed: int, *, below: bool = False) -> pd.DataFrame:
    """α, ω, H and AVE over the same items (or scores), a row per construct and group.

    Parameters
    ----------
    sets : _Sets
        Answers by construct and group.
    options : ReliabilityOptions
    seed : int
        Of the bootstrap.
    below : bool
        Whether the constructs stand below dimensions; then only pooled informants are resampled.
    """
    alpha = _alpha(sets, options, seed, below)
    weighted = sets.table(("maximal_reliability",), interval="none")
    weighted = weighted[[*_KEYS, "estimate", "note"]]
    weighted = weighted.rename(columns={"estimate": "maximal_reliability", "note": "h_note"})
    right = sets.omega().rename(columns=_OMEGA).drop(columns=["n_indicators", "n_informants"])
    table = alpha.merge(right, on=_KEYS, how="left").merge(weighted, on=_KEYS, how="left")
    notes = zip(table["alpha_note"].fillna(""), table["note"].fillna(""), strict=True)
    table["note"] = [one if other in one else joined(one, other) for one, other in notes]
    silent = table["maximal_reliability"].isna() & table["note"].eq("")
    table["note"] = table["note"].where(~silent, "H: " + table["h_note"].fillna(""))
    return with_reasons(table.drop(columns=["alpha_note", "h_note"]), _WHY)


def _alpha(sets: _Sets, options: ReliabilityOptions, seed: int, below: bool) -> pd.DataFrame:
    """α with Feldt's interval, or with resampled units where informants of one unit are pooled."""
    drawn: dict[str, Any] = {"n_replications": options.replications, "seed": seed, "missing": "pairwise"}
    whole = bool(options.replications) and not below
    plain = sets.table(("alpha",), interval="auto" if whole else "feldt", **drawn)
    table = plain[[*_KEYS, "n_items", "n_units", "n_informants", "estimate", "lower", "upper", "interval"]]
    table = table.rename(columns={"estimate": "alpha", "lower": "alpha_lower", "upper": "alpha_upper"})
    table["sem"] = plain["standard_error_of_measurement"]
    table["alpha_note"] = plain["note"].where(plain["estimate"].isna(), plain["doubt"])
    if options.replications and below:
        table = _resampled(table, sets.of_all().table(("alpha",), interval="percentile", **drawn))
    table["interval"] = table["interval"].where(table["alpha_lower"].notna(), "")
    return table


def _resampled(table: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The table with intervals of resamples where Feldt's has no place."""
    limits = drawn[[*_KEYS, "lower", "upper"]].rename(columns={"lower": "boot_lower", "upper": "boot_upper"})
    table = table.merge(limits, on=_KEYS, how="left")
    pooled = table["alpha_lower"].isna() & table["boot_lower"].notna()
    for bound in ("lower", "upper"):
        table[f"alpha_{bound}"] = table[f"alpha_{bound}"].where(~pooled, table[f"boot_{bound}"])
    table["interval"] = table["interval"].where(~pooled, "cluster percentile")
    return table.drop(columns=["boot_lower", "boot_upper"])


def _detail(sets: _Sets, seed: int) -> pd.DataFrame:
    """One row per construct, group and further coefficient."""
    found = sets.table(_DETAIL, interval="none", seed=seed)
    return found.drop(columns=["lower", "upper", "se", "interval", "seed", "confidence", "n_replications"])


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
