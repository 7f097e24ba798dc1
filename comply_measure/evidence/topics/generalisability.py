"""Topic ``generalisability``: whether levels, role gaps and paths hold for all kinds of units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field

from comply_measure.documents.validation import Speaking
from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Fault, Firms, Names, Vocabulary
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.generalisability import HOLDS
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.aggregation import AggregationEvidence, aggregation
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.responses import Responses, one_per_role
from comply_measure.statistics.multiplicity import holm, rejects
from comply_measure.statistics.words import require_known, unknown_message
from comply_measure.triads.aggregation.generality import Generality, generality

if TYPE_CHECKING:
    from comply_measure.instrument import Scale

FAMILIES = ("level", "gap", "path")


class StatedPath(Speaking):
    """A path whose strength is compared.

    Parameters
    ----------
    from, to : str
        Predictor and outcome: scores, items, views or numeric variables of the units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    predictor: Annotated[str, Field(alias="from", min_length=1)]
    outcome: Annotated[str, Field(alias="to", min_length=1)]


class GeneralisabilityOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    variables : tuple of str
        Variables of the units, such as type of customer, contract volume, region, industry; the step runs only where
        they are named. Numbers of more than six values are taken as numbers, others as groups.
    logs : tuple of str
        Those of which the logarithm is taken, such as amounts of money.
    paths : tuple of StatedPath
        Paths that are compared, besides levels and gaps.
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    cluster : bool, optional
        Standard errors that allow for firms; by default wherever firms are known.
    """

    variables: Annotated[tuple[str, ...], Names("unit variable")] = ()
    logs: Annotated[tuple[str, ...], Names("numeric unit variable")] = ()
    paths: tuple[StatedPath, ...] = ()
    scale: Annotated[str | None, Names("scale")] = None
    cluster: Annotated[bool | None, Firms()] = None

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """Paths name what units have; logarithms are of variables named, and of positive numbers."""
        for place, name in enumerate(self.logs):
            if name not in self.variables:
                yield ("logs", place), name, "is not among the variables", ", ".join(self.variables)
            elif name in words.responses.units and not (words.responses.units[name].dropna() > 0).all():
                yield ("logs", place), name, "has values that have no logarithm", "above 0"
        if not self.paths:
            return
        known = UnitVariables(words.responses).names
        for place, path in enumerate(self.paths):
            for key, name in (("from", path.predictor), ("to", path.outcome)):
                if name not in known:
                    yield ("paths", place, key), None, unknown_message("variable", name, known), None
            if path.predictor == path.outcome:
                yield ("paths", place), path.outcome, "cannot lead to itself", None


@dataclass(frozen=True, eq=False)
class GeneralisabilityEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
    clustered : bool
        Whether standard errors allow for firms.
    tests : DataFrame
        A row per comparison: ``family`` (``level``, ``gap``, ``path``), ``what`` (empty, a pair of roles, ``predictor →
        outcome``), ``variable``, ``kind`` (``groups``, ``number``), ``f, df1, df2, p, p_holm`` (within the family),
        ``largest, largest_upper`` (of :class:`~comply_measure.triads.aggregation.generality.Generality`), ``n_units,
        n_clusters, n_left_out, note``.
    estimates : DataFrame
        ``family, what, variable, group, n_units, estimate, se, df, lower, upper``.
    logs : tuple of str
        Variables of which the logarithm was taken.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    clustered: bool
    tests: pd.DataFrame
    estimates: pd.DataFrame
    logs: tuple[str, ...]
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """All comparisons with their tests."""
        return self.tests

    def values(self) -> Mapping[str, Value]:
        """Comparisons and those that differ at 5 % after Holm's correction, by family."""
        found: dict[str, Value] = {}
        for family in FAMILIES:
            own = self.tests[self.tests["family"] == family]
            found[f"n_{family}"] = len(own)
            found[f"n_{family}_differ"] = int((own["p_holm"] <= 0.05).sum())
        return found

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether each level, gap and path is the same in all kinds of units."""
        return generality_verdicts(self.tests, conventions)


def generality_verdicts(tests: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """A verdict per comparison; columns as in :class:`GeneralisabilityEvidence`."""
    sizes = tests.groupby("family")["p"].count()
    found = []
    for row in tests.to_dict("records"):
        means = row["kind"] == "groups" and row["family"] != "path"
        limit = conventions["small_d" if means else "small_effect"]
        p, upper = float(row["p_holm"]), float(row["largest_upper"])
        numbers: dict[str, Number] = {
            "largest": float(row["largest"]),
            "upper": upper,
            "p": p,
            "least": limit,
        }
        answer: Answer = "supported" if upper < limit else "cannot say"
        if rejects(p, conventions["test_level"]):
            answer = "not supported"
        case = "" if math.isfinite(p) else "unknown"
        found.append(
            HOLDS.verdict(
                answer if not case else "cannot say", str(row["what"]), str(row["variable"]), numbers=numbers,
                case=case, n_family=int(sizes[row["family"]]),
            )
        )  # fmt: skip
    return tuple(found)


def generalisability(
    responses: Responses,
    options: GeneralisabilityOptions,
    *,
    scores: AggregationEvidence | None = None,
) -> GeneralisabilityEvidence:
    """Compare levels, role gaps and paths over kinds of units.

    The level of a unit is the mean of its roles' views (role means taken off, two roles at least), a view the mean of
    the dimensions; a gap is one role's view less another's; paths are slopes of unit scores, as they are.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : GeneralisabilityOptions
        With the variables.
    scores : AggregationEvidence, optional
        Unit scores; made with the defaults of :func:`aggregation` where not given.

    Returns
    -------
    GeneralisabilityEvidence
        Holm's correction within levels, gaps and paths.

    Raises
    ------
    ComplyError
        If no variable is named, or one that the units do not have.
    """
    if not options.variables:
        raise ComplyError("no variables of the units are named (option variables)")
    for name in options.variables:
        require_known("variable of the units", name, responses.units.columns)
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    views = _views(chosen)
    clustered = responses.n_firms > 1 if options.cluster is None else options.cluster
    firms = responses.data.drop_duplicates("unit").set_index("unit")["firm"] if clustered else None
    variables = {name: _variable(responses, name, name in options.logs) for name in options.variables}
    found: list[tuple[str, str, str, Generality]] = []
    level = _levels(views)
    for name, variable in variables.items():
        found.append(("level", "", name, generality(level, variable, firms)))
        for first, second in combinations(views.columns, 2):
            gap = views[first] - views[second]
            found.append(("gap", f"{first} - {second}", name, generality(gap, variable, firms)))
    if options.paths:
        units = UnitVariables(responses, (scores or aggregation(responses)).scores)
        for path in options.paths:
            x, y = units.score(path.predictor), units.score(path.outcome)
            for name, variable in variables.items():
                what = f"{path.predictor} → {path.outcome}"
                found.append(("path", what, name, generality(y, variable, firms, predictor=x)))
    return GeneralisabilityEvidence(
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        clustered=clustered,
        tests=_tests(found),
        estimates=_estimates(found),
        logs=options.logs,
        turned=turned_items(chosen),
    )


def _views(chosen: Focal) -> pd.DataFrame:
    """Units × roles: the mean of the dimensions, where half of them at least have a score."""
    rows = chosen.scores("dimension")
    names = list(chosen.wholes)
    known = rows[names].notna().sum(axis=1) >= len(names) / 2
    value = rows[names].mean(axis=1).where(known)
    wide = rows.assign(value=value).pivot_table(index="unit", columns="role", values="value", dropna=False)
    return wide[[role for role in chosen.roles if role in wide.columns]]


def _levels(views: pd.DataFrame) -> pd.Series[Any]:
    means = views.mean()
    centred = (views - means).mean(axis=1) + means.mean()
    return centred.where(views.notna().sum(axis=1) >= 2)


def _variable(responses: Responses, name: str, log: bool) -> pd.Series[Any]:
    values: pd.Series[Any] = responses.units[name]
    return pd.Series(np.log(values.to_numpy(dtype=float)), index=values.index) if log else values


def _tests(found: list[tuple[str, str, str, Generality]]) -> pd.DataFrame:
    rows = [
        {
            "family": family, "what": what, "variable": variable, "kind": each.kind, "f": each.f, "df1": each.df1,
            "df2": each.df2, "p": each.p, "largest": each.largest,
            "largest_upper": each.largest_upper, "n_units": each.n_units, "n_clusters": each.n_clusters,
            "n_left_out": each.n_left_out, "note": each.note,
        }
        for family, what, variable, each in found
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    codes = pd.factorize(table["family"])[0]
    table.insert(list(table.columns).index("p") + 1, "p_holm", holm(table["p"].to_numpy(dtype=float), codes))
    order = table["family"].map({name: place for place, name in enumerate(FAMILIES)})
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def _estimates(found: list[tuple[str, str, str, Generality]]) -> pd.DataFrame:
    parts = [
        each.estimates.assign(family=family, what=what, variable=variable)
        for family, what, variable, each in found
        if len(each.estimates)
    ]
    columns = ["family", "what", "variable", "group", "n_units", "estimate", "se", "df", "lower", "upper"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def asked(options: GeneralisabilityOptions, scales: tuple[Scale, ...]) -> str:
    """Variables must be named."""
    return "" if options.variables else "no variables of the units are named (option variables)"


def _compute(request: Request, options: GeneralisabilityOptions) -> GeneralisabilityEvidence:
    given = request.optional("aggregation", AggregationEvidence)
    return generalisability(request.responses, options, scores=given)


TOPIC = Topic(
    "generalisability",
    "Generalisability",
    _compute,
    GeneralisabilityOptions,
    uses=("aggregation",),
    asked=asked,
    informants="role",
)
