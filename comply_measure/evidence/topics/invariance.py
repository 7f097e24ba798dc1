"""Topic ``invariance``: do roles, and groups of units, answer by the same measuring rod."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.focal import Focal, chosen_focal, require_one_each, require_roles
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.models.invariance import (
    InvarianceLadder,
    PartialInvariance,
    group_design,
    invariance_effects,
    invariance_ladder,
    partial_invariance,
    role_design,
)
from comply_measure.models.invariance.designs import Design
from comply_measure.models.invariance.search import Departure
from comply_measure.responses import Responses
from comply_measure.tables.roles import role_centred


class InvarianceOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    level : {"scores", "items"}
        Whether roles are compared by attribute scores or by items, dimension by dimension. Items take about
        four times as long.
    groups : tuple of str
        Unit variables whose values are independent groups of units, such as industry or language.
    estimator : {"ML", "MLR"}
        MLR gives robust errors and tests, by firm where firms are known.
    cluster : bool, optional
        Allow for firms; by default wherever firms are known.
    search : bool
        Search for the parameters that differ between roles.
    alpha : float
        Level of the search, after Bonferroni's correction.
    """

    scale: Annotated[str | None, Names("scale")] = None
    level: Literal["scores", "items"] = "scores"
    groups: Annotated[tuple[str, ...], Names("unit variable")] = ()
    estimator: Literal["ML", "MLR"] = "MLR"
    cluster: Annotated[bool | None, Firms()] = None
    search: bool = True
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05


@dataclass(frozen=True, eq=False)
class Ladder:
    """Levels of invariance as tables.

    Parameters
    ----------
    levels : DataFrame
        ``InvarianceLadder.tidy``.
    rules : DataFrame
        ``InvarianceLadder.rule_table``.
    counts : mapping of str to int
        Cases of each group or role.
    note : str
        What holds for the whole ladder: small groups.
    """

    levels: pd.DataFrame
    rules: pd.DataFrame
    counts: Mapping[str, int]
    note: str

    def p(self, level: str) -> float:
        """P value of a level's difference test; NaN where there is none."""
        found = self.levels.loc[self.levels["level"] == level, "pvalue_difference"]
        return float(found.iloc[0]) if len(found) else float("nan")


@dataclass(frozen=True, eq=False)
class Search:
    """What the search for unequal parameters found.

    Parameters
    ----------
    items : tuple of str
        Items with a freed parameter other than an intercept that follows its loading, sorted.
    departures : tuple of Departure
        The freed parameters.
    steps : DataFrame
        ``PartialInvariance.steps``: every score test.
    """

    items: tuple[str, ...]
    departures: tuple[Departure, ...]
    steps: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Comparison:
    """One ladder.

    Parameters
    ----------
    key : str
        Dimension whose roles are compared, or variable whose groups are.
    ladder : Ladder or None
        None with a reason in `obstacle`.
    obstacle : str
    search : Search or None
        None with a reason in `search_obstacle`.
    search_obstacle : str
    effects, gaps : DataFrame or None
        dMACS by indicator and pair; bias of score gaps; None with a reason in `effects_obstacle`.
    effects_obstacle : str
    """

    key: str
    ladder: Ladder | None = None
    obstacle: str = ""
    search: Search | None = None
    search_obstacle: str = ""
    effects: pd.DataFrame | None = None
    gaps: pd.DataFrame | None = None
    effects_obstacle: str = ""


@dataclass(frozen=True, eq=False)
class InvarianceEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title, indicator_kind : str
        The scale; what is compared.
    roles, groups : tuple of Comparison
        One per dimension, one per variable.
    n_units, n_informants : int
    estimator, group_estimator : str
        In words.
    alpha : float
        Level of the search.
    searched : bool
        Whether there was one.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    indicator_kind: str
    roles: tuple[Comparison, ...]
    groups: tuple[Comparison, ...]
    n_units: int
    n_informants: int
    estimator: str
    group_estimator: str
    alpha: float
    searched: bool
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Fit, difference test and changes of fit of every level; ``across`` says between whom, ``key`` of what."""
        parts = [
            c.ladder.levels.assign(across=across, key=c.key)
            for across, compared in (("roles", self.roles), ("groups", self.groups))
            for c in compared
            if c.ladder is not None
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def values(self) -> Mapping[str, Value]:
        """Dimensions compared across roles, and items with freed parameters."""
        return {
            "n_compared": len(self.roles),
            "n_released": sum(len(c.search.items) for c in self.roles if c.search is not None),
        }


def invariance(responses: Responses, options: InvarianceOptions | None = None) -> InvarianceEvidence:
    """Compare roles in the wide format, and independent groups of units.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : InvarianceOptions, optional
        Defaults where not given.

    Returns
    -------
    InvarianceEvidence
        What could not be compared has its reason in ``obstacle``.

    Raises
    ------
    ComplyError
        If there is nothing to compare.
    """
    options = options or InvarianceOptions()
    chosen = chosen_focal(responses, options.scale)
    firms = responses.n_firms > 1 if options.cluster is None else options.cluster
    clustered = firms and options.estimator.upper() != "ML"
    roles = _roles(chosen, options, clustered=clustered) if chosen.shares_units and not chosen.several else ()
    groups = tuple(_groups(chosen, name, options) for name in options.groups)
    if not roles and not groups:
        require_roles(chosen)
        require_one_each(chosen)
        raise NotApplicableError("there is nothing to compare")
    return InvarianceEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        indicator_kind="items" if options.level == "items" else chosen.indicator_kind,
        roles=roles,
        groups=groups,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        estimator=_words(options, clustered=clustered),
        group_estimator=f"{options.estimator}, full information"
        + ("" if options.estimator.upper() == "ML" else ", clusters: units"),
        alpha=options.alpha,
        searched=options.search,
    )


def _compute(request: Request, options: InvarianceOptions) -> InvarianceEvidence:
    return invariance(request.responses, options)


TOPIC = Topic("invariance", "Measurement invariance", _compute, InvarianceOptions)


def _words(options: InvarianceOptions, *, clustered: bool) -> str:
    text = f"{options.estimator}, full information, a row per unit"
    return f"{text}, clusters: firms" if clustered else text


def _roles(chosen: Focal, options: InvarianceOptions, *, clustered: bool) -> tuple[Comparison, ...]:
    """One comparison of the roles per dimension."""
    by_items = options.level == "items"
    data = chosen.answers() if by_items else chosen.indicators()
    found = []
    for key, indicators in chosen.factors.items():
        factors = {key: indicators}
        if by_items and chosen.by_scores:
            factors = {name: chosen.items[name] for name in indicators}
        compute = partial(
            role_design,
            data,
            factors,
            chosen.roles,
            cluster="firm" if clustered else None,
            estimator=options.estimator,
        )
        found.append(_comparison(key, compute, options, search=options.search))
    return tuple(found)


def _comparison(
    key: str, compute: Callable[[], Design], options: InvarianceOptions, *, search: bool
) -> Comparison:
    design, why = attempt(compute)
    if design is None:
        return Comparison(key, obstacle=why)
    ladder, why = attempt(partial(invariance_ladder, design))
    if ladder is None:
        return Comparison(key, obstacle=why)
    if all(step.fit is None for step in ladder.steps):
        return Comparison(key, obstacle=ladder.steps[0].note)
    first = ladder.steps[0].fit
    if first is not None and {p.code for p in first.problems} & {"not_identified", "negative_df"}:
        return Comparison(key, obstacle="too few indicators: the model is not identified")
    found: PartialInvariance | None = None
    why_not = "not asked for"
    if search:
        found, why_not = attempt(
            partial(
                partial_invariance,
                design,
                alpha=options.alpha,
                ladder_levels=("configural", "metric", "scalar"),
                ladder=ladder,
            )
        )
    effects, why_no_effects = _effects(found, ladder)
    items, gaps = (None, None) if effects is None else effects
    return Comparison(
        key=key,
        ladder=Ladder(ladder.tidy(), ladder.rule_table(), ladder.counts, ladder.note),
        search=None if found is None else Search(tuple(sorted(found.items)), found.departures, found.steps()),
        search_obstacle=why_not,
        effects=items,
        gaps=gaps,
        effects_obstacle=why_no_effects,
    )


def _effects(
    found: PartialInvariance | None, ladder: InvarianceLadder
) -> tuple[tuple[pd.DataFrame, pd.DataFrame] | None, str]:
    """Effect sizes and bias of gaps at the (partially) scalar level."""
    source = ladder if found is None else found.ladder
    step = next((step for step in source.steps if step.level == "scalar"), None)
    if step is None or step.fit is None or not step.fit.has_optimum:
        return None, "the scalar model was not reached"
    fit = step.fit
    effects, why = attempt(lambda: invariance_effects(source.design, fit))
    return (None, why) if effects is None else ((effects.tidy(), effects.gap_table()), "")


def _groups(chosen: Focal, name: str, options: InvarianceOptions) -> Comparison:
    """The ladder over groups of units, all dimensions at once."""
    units = chosen.responses.units
    if name not in units.columns:
        known = ", ".join(map(str, units.columns)) or "none"
        return Comparison(name, obstacle=f"there is no unit variable '{name}'; known: {known}")
    names = list(chosen.indicator_names)
    data = chosen.indicators().join(units[[name]], on="unit")
    data = role_centred(data, names)
    data = data[data[names].notna().any(axis=1)]
    cluster = None if options.estimator.upper() == "ML" else "unit"
    compute = partial(group_design, data, chosen.factors, name, cluster=cluster, estimator=options.estimator)
    return _comparison(name, compute, options, search=False)
