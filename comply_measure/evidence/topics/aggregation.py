"""Topic ``aggregation``: unit scores of all scales, read by the structural model and by ``actions``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.evidence.base import Evidence
from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.focal import Focal, chosen_focal, focal
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.aggregation import INCREMENTAL, KNOWN_GROUPS
from comply_measure.evidence.several import weight_table
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict, by_test, lies_within
from comply_measure.measurement.frames import joined
from comply_measure.responses import Responses, each_informant, one_per_role
from comply_measure.statistics.multiplicity import rejects
from comply_measure.statistics.words import unknown_message
from comply_measure.triads import TriadData, UnitScores, aggregate, incremental_validity, known_groups
from comply_measure.triads.aggregation.composition import EVIDENCE


class AggregationOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    centring : {"role", "none"}
        Take each role's mean off before averaging and put their mean back, so that a unit which lacks a
        generous role is not scored low for it.
    min_roles : int
        Roles a unit needs for a score; a scale that fewer roles answer needs all of those.
    composition : {"referent_shift", "direct_consensus", "additive"}
        What a unit's score means (Chan, 1998); the first two need agreement within units.
    criteria : tuple of str
        Numeric unit-level variables that the score of the focal scale, the mean of its dimensions, is related to;
        none by default, since only you know which are criteria.
    controls : tuple of str
        Unit-level variables taken into account first: what the score must add to.
    known_groups : mapping of str to tuple
        Unit-level variable -> its values in the order in which the focal score should rise, the lowest first; none by
        default, since only you know what to expect.
    """

    centring: Literal["role", "none"] = "role"
    min_roles: Annotated[int, Field(ge=1)] = 2
    composition: Literal["referent_shift", "direct_consensus", "additive"] = "referent_shift"
    criteria: Annotated[tuple[str, ...], Names("numeric unit variable")] = ()
    controls: Annotated[tuple[str, ...], Names("unit variable")] = ()
    known_groups: Mapping[str, tuple[str | int | float, ...]] = Field(default_factory=dict)

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """No score can need more roles than answer any scale; groups are values of unit variables."""
        for name, order in self.known_groups.items():
            yield from _group_faults(name, order, words)
        if "min_roles" in self.model_fields_set:
            most = max(len(focal(words.responses, scale).roles) for scale in words.scales)
            if self.min_roles > most:
                yield ("min_roles",), self.min_roles, "more roles than answered any scale", f"1 to {most}"


@dataclass(frozen=True, eq=False)
class AggregationEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    n_units, n_informants : int
        All units and informants.
    scores : DataFrame
        ``unit``, ``firm``, then a column per construct and dimension; ``note``: scores a unit lacks, and why.
    description : DataFrame
        ``scale``, ``construct``, ``level``, ``n_units``, ``n_short`` (units with too few roles), ``mean``,
        ``sd``, ``minimum``, ``maximum``.
    correlations : DataFrame
        ``first``, ``second``, ``r``, ``n_units`` of the focal dimensions.
    rules : tuple of str
        How informants were combined, per scale.
    criteria : DataFrame
        ``incremental_validity`` of the focal score; empty without criteria.
    controls : tuple of str
        What it was held beside.
    groups : DataFrame
        ``known_groups`` of the focal score; empty where none are named.
    weights : DataFrame
        Scores of the focal dimensions by what informants weigh; empty where no role has several informants.
    """

    n_units: int
    n_informants: int
    scores: pd.DataFrame
    description: pd.DataFrame
    correlations: pd.DataFrame
    rules: tuple[str, ...]
    criteria: pd.DataFrame
    controls: tuple[str, ...]
    groups: pd.DataFrame
    weights: pd.DataFrame

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether the unit's score tells each criterion beyond the controls, and known groups apart."""
        margin = conventions["small_effect"]
        known = self.criteria[self.criteria["p"].notna()] if len(self.criteria) else self.criteria
        found = []
        for row in known.to_dict("records"):
            excluded = lies_within(row["lower"], row["upper"], margin)
            answer = by_test(row["p_holm"], conventions["test_level"], excluded=excluded)
            numbers: dict[str, Number] = {
                "beta": float(row["beta"]),
                "ci": (float(row["lower"]), float(row["upper"])),
                "delta": float(row["delta_r_squared"]),
                "p": float(row["p_holm"]),
            }
            found.append(
                INCREMENTAL.verdict(answer, str(row["criterion"]), numbers=numbers, n_family=len(known))
            )
        return (*found, *known_group_verdicts(self.groups, conventions))

    def tidy(self) -> pd.DataFrame:
        """Scores of every unit."""
        return self.scores


def known_group_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> Iterator[Verdict]:
    """Whether groups differ in the expected order (:func:`comply_measure.triads.known_groups`)."""
    level = conventions["test_level"]
    ends = table[(table["kind"] == "extremes") & table["p"].notna()] if len(table) else table
    for row in ends.to_dict("records"):
        steps = table[(table["grouping"] == row["grouping"]) & (table["kind"] == "step")]
        turned = bool(((steps["difference"] < 0) & rejects(steps["p"] * len(steps), level)).any())
        answer: Answer = "cannot say"
        if rejects(row["p_holm"], level) and row["difference"] > 0:
            answer = "cannot say" if turned else "supported"
        elif rejects(row["p_holm"], level) or row["d_upper"] < conventions["small_d"]:
            answer = "not supported"
        numbers: dict[str, Number] = {name: row[name] for name in ("difference", "d")}
        numbers |= {"lower": row["lower_group"], "higher": row["higher_group"], "p": row["p_holm"]}
        numbers |= {"ci": (row["lower"], row["upper"]), "d_ci": (row["d_lower"], row["d_upper"])}
        yield KNOWN_GROUPS.verdict(answer, str(row["grouping"]), numbers=numbers, n_family=len(ends))


def _group_faults(name: str, order: tuple[str | int | float, ...], words: Vocabulary) -> Iterator[Fault]:
    """What is wrong with one expected order."""
    units, place = words.responses.units, ("known_groups", name)
    if name not in units.columns:
        known = tuple(map(str, units.columns))
        yield place, None, unknown_message("unit variable", name, known), None
        return
    present = set(units[name].dropna())
    allowed = ", ".join(sorted(map(str, present)))
    if len(order) < 2:
        yield place, list(order), "an order needs two groups", allowed
    for value in order:
        if value not in present or order.count(value) > 1:
            yield place, value, "no unit is in this group, or it is named twice", allowed


def aggregation(responses: Responses, options: AggregationOptions | None = None) -> AggregationEvidence:
    """One score per unit and construct from its informants.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : AggregationOptions, optional
        Defaults where not given.

    Returns
    -------
    AggregationEvidence
    """
    options = options or AggregationOptions()
    people = chosen_focal(each_informant(responses), None)
    responses = one_per_role(responses)
    units = pd.DataFrame({"unit": responses.units.index})
    firms = responses.data.drop_duplicates("unit").set_index("unit")["firm"]
    table = units.assign(firm=firms.reindex(units["unit"]).to_numpy())
    description, rules, short = [], [], []
    for scale in responses.scales:
        chosen = focal(responses, scale)
        needed = min(options.min_roles, len(chosen.roles))
        rules.append(_rule(chosen, options, needed))
        frames: list[pd.DataFrame] = []
        for level, scores in unit_scores(chosen, options, needed).items():
            frame = scores.frame().reindex(units["unit"])
            frames.append(frame.reset_index(drop=True))
            description += _describe(chosen.title, level, scores)
        table = pd.concat([table, *frames], axis=1)
        short.append(_lacking(scale.key, pd.concat(frames, axis=1), needed))
    dimensions = list(chosen_focal(responses, None).factors)
    return AggregationEvidence(
        n_units=responses.n_units,
        n_informants=responses.n_informants,
        scores=table.assign(note=[joined(*notes) for notes in zip(*short, strict=True)]),
        description=pd.DataFrame(description),
        correlations=_correlations(table, dimensions),
        rules=(*dict.fromkeys(rules), _composition(options)),
        criteria=_criteria(responses, table, dimensions, options),
        controls=options.controls,
        groups=_groups(responses, table, dimensions, options),
        weights=weight_table(people, dimensions, options.centring),
    )


def _compute(request: Request, options: AggregationOptions) -> AggregationEvidence:
    return aggregation(request.responses, options)


TOPIC = Topic("aggregation", "Unit scores", _compute, AggregationOptions, informants="role")


def _criteria(
    responses: Responses, table: pd.DataFrame, dimensions: list[str], options: AggregationOptions
) -> pd.DataFrame:
    """The focal score, the mean of its dimensions, beside the controls."""
    if not options.criteria:
        return pd.DataFrame()
    data = _with_score(responses, table, dimensions)
    cluster = "firm" if responses.n_firms > 1 else None
    found: pd.DataFrame = incremental_validity(
        data, options.criteria, "unit.score", options.controls, cluster=cluster
    )
    return found


def _with_score(responses: Responses, table: pd.DataFrame, dimensions: list[str]) -> pd.DataFrame:
    """Unit, firm, the focal score as ``unit.score``, and the variables of the units."""
    units = responses.units.reindex(table["unit"]).reset_index(drop=True)
    score = table[dimensions].mean(axis=1, skipna=False).rename("unit.score")
    return pd.concat([table[["unit", "firm"]], score, units], axis=1)


def _groups(
    responses: Responses, table: pd.DataFrame, dimensions: list[str], options: AggregationOptions
) -> pd.DataFrame:
    """The focal score by groups whose order is expected."""
    if not options.known_groups:
        return pd.DataFrame()
    cluster = "firm" if responses.n_firms > 1 else None
    found: pd.DataFrame = known_groups(
        _with_score(responses, table, dimensions), options.known_groups, "unit.score", cluster=cluster
    )
    return found


def unit_scores(chosen: Focal, options: AggregationOptions, needed: int) -> dict[str, UnitScores]:
    """Unit scores of a scale: dimensions and attributes, or its constructs."""
    levels: dict[str, tuple[pd.DataFrame, list[str]]] = {}
    if chosen.by_scores:
        levels["dimension"] = (chosen.scores("dimension"), list(chosen.wholes))
        levels["attribute"] = (chosen.scores("attribute"), list(chosen.indicator_names))
    else:
        levels["construct"] = (chosen.scores("dimension"), list(chosen.wholes))
    return {
        level: aggregate(
            TriadData.from_long(scores, names, roles=chosen.roles),
            centring=options.centring,
            min_roles=needed,
            composition=options.composition,
        )
        for level, (scores, names) in levels.items()
    }


def _lacking(scale: str, scores: pd.DataFrame, needed: int) -> list[str]:
    """For every unit, the scores of a scale that it lacks."""
    empty = scores.isna().to_numpy()
    everything = f"all scores of {scale}" if len(scores.columns) > 1 else str(scores.columns[0])
    roles = f"fewer than {needed} role{'s' if needed > 1 else ''} answered"
    return [
        ""
        if not gaps.any()
        else f"{everything if gaps.all() else ', '.join(map(str, scores.columns[gaps]))}: {roles}"
        for gaps in empty
    ]


def _rule(chosen: Focal, options: AggregationOptions, needed: int) -> str:
    centred = " after role means were taken off" if options.centring == "role" else ""
    return (
        f"{chosen.title}: a unit's score is the mean of its informants{centred}; "
        f"{needed} of {len(chosen.roles)} roles are required."
    )


def _composition(options: AggregationOptions) -> str:
    name = options.composition
    return f"The composition model is {name.replace('_', ' ')} (Chan, 1998): {EVIDENCE[name]}."


def _describe(title: str, level: str, scores: UnitScores) -> list[dict[str, object]]:
    frame = scores.frame()
    rows = []
    for name in frame.columns:
        values = frame[name].dropna()
        some = len(values) > 1
        rows.append(
            {
                "scale": title,
                "construct": name,
                "level": level,
                "n_units": len(values),
                "n_short": int(frame[name].isna().sum()),
                "mean": float(values.mean()) if some else math.nan,
                "sd": float(values.std()) if some else math.nan,
                "minimum": float(values.min()) if some else math.nan,
                "maximum": float(values.max()) if some else math.nan,
                "note": "" if some else "fewer than 2 units",
            }
        )
    return rows


def _correlations(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    rows = []
    for first, second in combinations(names, 2):
        both = table[[first, second]].dropna()
        varies = len(both) > 2 and bool((both.std() > 0).all())
        rows.append(
            {
                "first": first,
                "second": second,
                "r": float(both[first].corr(both[second])) if varies else math.nan,
                "n_units": len(both),
                "note": "" if varies else "too few units, or no variance",
            }
        )
    return pd.DataFrame(rows)
