"""Topic ``reliability``: α, ω and their relatives of constructs and dimensions, by role, pooled and for unit means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd

from comply_measure import sem
from comply_measure.evidence.answer_sets import KEYS, OMEGA, AnswerSets, detail, merged
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.careless_answers import INFORMANT
from comply_measure.evidence.focal import Focal, focal
from comply_measure.evidence.keying import Turned, doubt_of, turned_items, with_doubt
from comply_measure.evidence.options import Replications, TopicOptions
from comply_measure.evidence.rules.reliability import SCORE
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.quality import QualityEvidence, flagged_informants
from comply_measure.evidence.verdicts import Number, Verdict, by_interval
from comply_measure.measurement.frames import joined
from comply_measure.measurement.reliability.from_fit import fit_reliability
from comply_measure.measurement.reliability.table import TRIAD
from comply_measure.models import second_order
from comply_measure.responses import Responses
from comply_measure.sem.tables import normal_quantile
from comply_measure.tables.roles import POOLED, by_role, role_centred


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
    low = AnswerSets.of(chosen, items, chosen.items)
    constructs = merged(low, options.replications, seed, below=chosen.by_scores)
    formed = chosen.formed
    constructs["note"] = [
        joined(note, _FORMED if key in formed else "")
        for key, note in zip(constructs["construct"], constructs["note"], strict=True)
    ]
    nothing = constructs.iloc[:0]
    dimensions = scores = of_dimensions = of_constructs = nothing
    if chosen.by_scores:
        whole = AnswerSets.of(chosen, items, chosen.wholes)
        dimensions = merged(whole, options.replications, seed)
        scores = merged(
            AnswerSets.of(chosen, chosen.indicators(), chosen.factors), options.replications, seed
        )
        members = [chosen.factors[key] for key in scores["construct"]]
        scores["note"] = with_doubt(scores["note"], members, turned)
        if options.detail != "none":
            of_dimensions = detail(whole, seed)
    if options.detail == "all" or (options.detail == "main" and not chosen.by_scores):
        of_constructs = detail(low, seed)
    general = chosen.by_scores and len(chosen.factors) >= 3
    return ScaleReliability(
        key=chosen.scale.key,
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        dimensions=dimensions,
        constructs=constructs,
        dimension_detail=of_dimensions,
        construct_detail=of_constructs,
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
    found = AnswerSets.of(chosen, data[keep], scales).omega().rename(columns=OMEGA)
    found = found[~found["group"].isin((POOLED, TRIAD))]
    return found[[*KEYS, "omega", "omega_lower", "omega_upper"]].reset_index(drop=True)


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
