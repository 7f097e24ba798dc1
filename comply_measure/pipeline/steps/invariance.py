"""Step ``invariance``: do roles, and groups of units, answer by the same measuring rod."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.options import TopicOptions
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
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.report.chapters.invariance import invariance_headline, invariance_section
from comply_measure.report.chapters.invariance_facts import Comparison, InvarianceFacts
from comply_measure.report.labels import Labels


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


def run(context: Context, options: InvarianceOptions) -> StepOutput:
    """Compare roles in the wide format, and independent groups."""
    chosen = chosen_focal(context.responses, options.scale)
    firms = context.responses.n_firms > 1 if options.cluster is None else options.cluster
    clustered = firms and options.estimator.upper() != "ML"
    roles = _roles(chosen, options, clustered=clustered) if len(chosen.roles) > 1 else ()
    groups = tuple(_groups(chosen, name, options) for name in options.groups)
    if not roles and not groups:
        raise ComplyError("one role answered the scale, and the study names no groups: nothing to compare")
    facts = InvarianceFacts(
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
    labels = Labels.of(context.responses.scales, context.language)
    values = {
        "n_compared": len(roles),
        "n_released": sum(len(c.search.items) for c in roles if c.search is not None),
    }
    return StepOutput(
        invariance_section(facts, labels), values=values, headline=invariance_headline(facts, labels)
    )


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
        return Comparison(key, None, why, None, "", None, None, "")
    ladder, why = attempt(partial(invariance_ladder, design))
    if ladder is None:
        return Comparison(key, None, why, None, "", None, None, "")
    if all(step.fit is None for step in ladder.steps):
        return Comparison(key, None, ladder.steps[0].note, None, "", None, None, "")
    first = ladder.steps[0].fit
    if first is not None and {p.code for p in first.problems} & {"not_identified", "negative_df"}:
        few = "too few indicators: the model is not identified"
        return Comparison(key, None, few, None, "", None, None, "")
    found: PartialInvariance | None = None
    why_not = "not asked for"
    if search:
        found, why_not = attempt(
            partial(
                partial_invariance,
                design,
                alpha=options.alpha,
                ladder_levels=("configural", "metric", "scalar"),
            )
        )
    effects, why_no_effects = _effects(found, ladder)
    items, gaps = (None, None) if effects is None else effects
    return Comparison(key, ladder, "", found, why_not, items, gaps, why_no_effects)


def _effects(
    found: PartialInvariance | None, ladder: InvarianceLadder
) -> tuple[tuple[pd.DataFrame, pd.DataFrame] | None, str]:
    """Effect sizes and bias of gaps at the (partially) scalar level."""
    source = ladder if found is None else found.ladder
    step = next((step for step in source.steps if step.level == "scalar"), None)
    if step is None or step.fit is None or not step.fit.converged:
        return None, "the scalar model was not reached"
    fit = step.fit
    effects, why = attempt(lambda: invariance_effects(source.design, fit))
    return (None, why) if effects is None else ((effects.tidy(), effects.gap_table()), "")


def _groups(chosen: Focal, name: str, options: InvarianceOptions) -> Comparison:
    """The ladder over groups of units, all dimensions at once."""
    units = chosen.responses.units
    if name not in units.columns:
        known = ", ".join(map(str, units.columns)) or "none"
        return Comparison(
            name, None, f"there is no unit variable '{name}'; known: {known}", None, "", None, None, ""
        )
    names = list(chosen.indicator_names)
    data = chosen.indicators().join(units[[name]], on="unit")
    data[names] = data[names] - data.groupby("role")[names].transform("mean")
    data = data[data[names].notna().any(axis=1)]
    cluster = None if options.estimator.upper() == "ML" else "unit"
    compute = partial(group_design, data, chosen.factors, name, cluster=cluster, estimator=options.estimator)
    return _comparison(name, compute, options, search=False)


STEP = Step("invariance", "Measurement invariance", run, InvarianceOptions)
