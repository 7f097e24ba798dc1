"""Step ``rivals``: what the dimensions could be, fitted and compared; cut-offs simulated for the fitted model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.options import Replications
from comply_measure.evidence.topics.cfa import indicator_data, rows_used
from comply_measure.measurement.frames import POOLED
from comply_measure.measurement.reliability.triad_score import unit_answers
from comply_measure.models.cutoffs import DynamicCutoffs, dynamic_cutoffs
from comply_measure.models.rivals import (
    EdwardsTests,
    RivalComparison,
    compare_rivals,
    edwards_tests,
    general_factor_indices,
)
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.report.chapters.rival_facts import RivalFacts
from comply_measure.report.chapters.rivals import rivals_headline, rivals_section
from comply_measure.report.labels import Labels

Key = Literal[
    "independence", "one_factor", "second_order", "bifactor", "bifactor_s1", "correlated", "composite"
]
_ALL: tuple[Key, ...] = (
    "independence",
    "one_factor",
    "second_order",
    "bifactor",
    "bifactor_s1",
    "correlated",
    "composite",
)
_IN_ROLES = ("one_factor", "second_order", "bifactor", "correlated")
#: Structures with cut-offs of their own, the best known claim first.
_FOCUS = ("second_order", "correlated", "one_factor")


class RivalOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    structures : tuple of str
        Structures to fit.
    reference : str, optional
        Reference dimension of the bifactor S−1 model; the first by default.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``.
    role_centred : bool
        Take each role's means off first.
    by_role : bool
        Also fit the main structures in each role.
    items : bool
        Also compare the structures at the level of items.
    replications : int
        Samples per level of misspecification for the cut-offs; 0: conventional cut-offs only.
    criteria : tuple of str
        Numeric unit variables that tell a superordinate from an aggregate construct; by default the scale's
        overall items.
    """

    scale: Annotated[str | None, Names("scale")] = None
    structures: Annotated[tuple[Key, ...], Field(min_length=1)] = _ALL
    reference: Annotated[str | None, Names("dimension")] = None
    cluster: Cluster = "unit"
    role_centred: bool = True
    by_role: bool = True
    items: bool = False
    replications: Replications = 500
    criteria: Annotated[tuple[str, ...], Names("numeric unit variable")] = ()

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """A reference dimension is of one structure only."""
        if self.reference is not None and "bifactor_s1" not in self.structures:
            yield (
                ("reference",),
                self.reference,
                "structures leave out bifactor_s1, the one with a reference",
                None,
            )


def run(context: Context, options: RivalOptions) -> StepOutput:
    """Fit and compare."""
    chosen = chosen_focal(context.responses, options.scale)
    data = indicator_data(chosen, centred=options.role_centred)
    data = data[rows_used(data, "ml")]
    comparison = _compare(data, chosen.factors, chosen, options, options.structures)
    if not comparison.fits:
        raise ComplyError(f"no structure could be fitted: {next(iter(comparison.failures.values()))}")
    cutoffs, why_no_cutoffs = _cutoffs(comparison, options, context)
    general, why_no_general = attempt(lambda: _general(comparison, chosen))
    edwards, why_no_edwards = attempt(lambda: _edwards(chosen, data, options))
    facts = RivalFacts(
        title=chosen.title,
        factors=chosen.factors,
        top=chosen.top,
        indicator_kind=chosen.indicator_kind,
        comparison=comparison,
        by_role=_by_role(chosen, options),
        items=_items(chosen, options),
        cutoffs=cutoffs,
        general=general,
        edwards=edwards,
        criteria=_criteria_words(chosen, options),
        obstacles={"cutoffs": why_no_cutoffs, "general": why_no_general, "edwards": why_no_edwards},
        n_units=int(data["unit"].nunique()),
        n_informants=comparison.n_informants,
        estimator=options.words("informants"),
        role_estimator=options.words("informants", cluster="none"),
        reference=options.reference or next(iter(chosen.factors)),
    )
    labels = Labels.of(context.responses.scales, context.language)
    values, reasons = _values(comparison)
    return StepOutput(
        rivals_section(facts, labels, context.cutoffs),
        values=values,
        reasons=reasons,
        headline=rivals_headline(facts),
    )


def _compare(
    data: pd.DataFrame,
    factors: Mapping[str, Sequence[str]] | Mapping[str, Mapping[str, Sequence[str]]],
    chosen: Focal,
    options: RivalOptions,
    keys: Sequence[str] | None,
    *,
    pairs: bool = True,
    cluster: Cluster | None = None,
) -> RivalComparison:
    by = options.cluster if cluster is None else cluster
    return compare_rivals(
        data,
        factors,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if by == "none" else by,
        name=chosen.top,
        reference=options.reference,
        keys=keys,
        pairs=pairs,
    )


def _cutoffs(
    comparison: RivalComparison, options: RivalOptions, context: Context
) -> tuple[DynamicCutoffs | None, str]:
    fit = next((comparison.fits[key] for key in _FOCUS if key in comparison.fits), None)
    if not options.replications:
        return None, "not asked for"
    if fit is None or not fit.converged:
        return None, "no second-order, correlated or one-factor model was reached"
    seed = int(context.seeds().generate_state(1)[0])
    return attempt(lambda: dynamic_cutoffs(fit, n_replications=options.replications, seed=seed))


def _general(comparison: RivalComparison, chosen: Focal) -> pd.DataFrame:
    """Indices of the general factor, by the bifactor and by the second-order model."""
    parts, reasons = [], []
    for key in ("bifactor", "second_order"):
        fit = comparison.fits.get(key)
        if fit is None:
            reasons.append(comparison.failures.get(key, f"{key} was not asked for"))
            continue
        single = comparison.fits.get("one_factor")
        found, why = attempt(
            partial(general_factor_indices, fit, chosen.factors, name=chosen.top, one_factor=single)
        )
        if found is None:
            reasons.append(why)
        else:
            parts.append(found.tidy())
    if not parts:
        raise ComplyError("; ".join(dict.fromkeys(reasons)))
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table


def _edwards(chosen: Focal, data: pd.DataFrame, options: RivalOptions) -> EdwardsTests:
    """Superordinate against aggregate, by overall items of the informants or by variables of the units."""
    if options.criteria:
        return _edwards_of_units(chosen, options)
    overall = [item.id for item in chosen.responses.items(chosen.scale.key, kind="overall")]
    if not overall:
        raise ComplyError("the scale has no overall items, and the study names no criteria")
    table = data.join(chosen.responses.scored()[overall])
    if options.role_centred:
        table[overall] = table[overall] - table.groupby("role")[overall].transform("mean")
    cluster = None if options.cluster == "none" else options.cluster
    return edwards_tests(
        table,
        chosen.factors,
        {"overall": overall},
        name=chosen.top,
        estimator=options.estimator,
        missing=options.missing,
        cluster=cluster,
    )


def _edwards_of_units(chosen: Focal, options: RivalOptions) -> EdwardsTests:
    names = list(chosen.indicator_names)
    scores = chosen.indicators()
    means = unit_answers(
        scores[names].to_numpy(dtype=float), scores["unit"].to_numpy(), scores["role"].to_numpy()
    )
    units = chosen.responses.units
    absent = [name for name in options.criteria if name not in units.columns]
    if absent:
        raise ComplyError(
            f"there is no unit variable '{absent[0]}'; known: {', '.join(units.columns) or 'none'}"
        )
    table = pd.DataFrame(means.values, columns=names, index=pd.Index(means.units, name="unit"))
    table = table.join(units[list(options.criteria)])
    table["firm"] = scores["firm"].to_numpy()[means.first_row]
    flat = [name for name in options.criteria if not pd.api.types.is_numeric_dtype(table[name])]
    if flat:
        raise ComplyError(f"the unit variable '{flat[0]}' is not numeric")
    # Standardised, so that variances of like size meet in one matrix.
    table[list(options.criteria)] = table[list(options.criteria)].apply(lambda x: (x - x.mean()) / x.std())
    firms = bool(table["firm"].notna().all()) and options.estimator.upper() != "ML"
    return edwards_tests(
        table.reset_index(drop=True),
        chosen.factors,
        {name: [name] for name in options.criteria},
        name=chosen.top,
        estimator=options.estimator,
        missing=options.missing,
        cluster="firm" if firms else None,
    )


def _criteria_words(chosen: Focal, options: RivalOptions) -> str:
    if options.criteria:
        return f"unit variables {', '.join(options.criteria)} and unit means of the {chosen.indicator_kind}"
    return "a factor of the scale's overall items, by the same informants"


def _by_role(chosen: Focal, options: RivalOptions) -> pd.DataFrame:
    """Fit of the main structures in each role; empty if there is one role or it was not asked for."""
    if not options.by_role or len(chosen.roles) < 2:
        return pd.DataFrame()
    data = indicator_data(chosen, centred=False)
    keys = [key for key in _IN_ROLES if key in options.structures]
    parts = []
    for role in chosen.roles:
        mine = data[(data["role"] == role) & rows_used(data, "ml")]
        # A role has one informant per unit: nothing is clustered in units.
        found = _compare(mine, chosen.factors, chosen, options, keys, pairs=False, cluster="none")
        parts.append(found.tidy().assign(group=role))
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table


def _items(chosen: Focal, options: RivalOptions) -> pd.DataFrame:
    """The structures at the level of items; empty if not asked for or the scale has no attributes."""
    if not options.items or not chosen.by_scores:
        return pd.DataFrame()
    tree = {
        dimension: {attribute: chosen.items[attribute] for attribute in attributes}
        for dimension, attributes in chosen.factors.items()
    }
    names = [name for parts in tree.values() for items in parts.values() for name in items]
    data = chosen.answers()
    if options.role_centred:
        data[names] = data[names] - data.groupby("role")[names].transform("mean")
    table: pd.DataFrame = _compare(data, tree, chosen, options, None, pairs=False).tidy()
    return table.assign(group=POOLED)


def _values(comparison: RivalComparison) -> tuple[dict[str, float | str], dict[str, str]]:
    table = comparison.tidy()
    values: dict[str, float | str] = {}
    reasons = {}
    for _, row in table.iterrows():
        for name in ("bic", "cfi", "rmsea"):
            key = f"{row['structure']}_{name}"
            values[key] = float(row[name])
            if values[key] != values[key]:
                reasons[key] = str(row["note"]) or "not defined for this estimator"
    best, why = attempt(comparison.best)
    values["best_by_bic"] = best or f"none: {why}"
    return values, reasons


STEP = Step("rivals", "Rival structures", run, RivalOptions)
