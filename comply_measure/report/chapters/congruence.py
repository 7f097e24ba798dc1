"""Chapter: does agreement of two roles go with better outcomes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.evidence.surfaces import CongruenceCase
from comply_measure.evidence.topics.congruence import CongruenceEvidence, Remark
from comply_measure.report.chapters.columns import sentences
from comply_measure.report.chapters.congruence_latent import (
    CHECKS,
    SURFACE_ROW,
    Printed,
    holds,
    latent_blocks,
    level_blocks,
    outcome_label,
    printed,
    surface_row,
    verdict,
)
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, listing, number, p_phrase, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Chapter, Details, Heading, Notice, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.surfaces import surface_plot
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of
from comply_measure.statistics.cluster_robust import few_clusters_note

if TYPE_CHECKING:
    import pandas as pd

_SURFACE: Columns = (
    of("parameter", "name"), "estimate", "se", "p", of("ci3", "ci"), of("ci_boot", "boot"), "n_boot", "remark",
)  # fmt: skip
_MODELS: Columns = (
    of("model", "description"), "n_parameters", "aicc", "delta_aicc", "weight", "r_squared", "remark",
)  # fmt: skip
_CONSTRAINTS: Columns = ("constraint", "hypothesis", of("f", "F"), "df1", "df2", "p", "p_holm", "remark")
_COEFFICIENTS: Columns = (of("term", "name"), "estimate", "se", "t", "df", "p", of("ci3", "ci"), "remark")


#: Akaike weight from which one model stands alone.
_DECIDED = 0.90


def congruence_section(facts: CongruenceEvidence, labels: Labels) -> Section:
    """The chapter."""
    outcomes = _outcomes(facts, labels)
    cases = [printed(case.names, case, outcomes, labels) for case in facts.cases]
    blocks: list[Block] = [Prose(_opening(facts, labels))]
    # What is said of a surface that was estimated stands beside it.
    told = {case.names for case in facts.latent if case.result.problems}
    blocks += [
        Notice(_remark(remark, outcomes, labels), "warning")
        for remark in facts.remarks
        if not (remark.latent and remark.names in told)
    ]
    if rated := [outcomes[outcome.key] for outcome in facts.outcomes if outcome.latent]:
        blocks.append(Notice(_same_source(rated)))
    if cases:
        blocks.append(_overview(facts, cases))
    for case in cases:
        blocks += [_figure(case, facts, labels), _details(case, facts)]
    if facts.latent:
        latent = [printed(case.names, case, outcomes, labels) for case in facts.latent]
        blocks.append(Heading("Between latent views"))
        blocks += latent_blocks(latent, facts.title, facts.limits, facts.latent_estimator, labels)
    if facts.level is not None:
        shown = {outcome.name: outcomes[outcome.key] for outcome in facts.outcomes}
        blocks.append(Heading("Level and contrasts as predictors"))
        blocks += level_blocks(facts.level, facts.title, shown, labels)
    return Section("congruence", "Congruence and outcomes", tuple(blocks))


def _outcomes(facts: CongruenceEvidence, labels: Labels) -> dict[str, str]:
    """Outcome -> name in print."""
    return {outcome.key: outcome_label(outcome, labels) for outcome in facts.outcomes}


def _remark(remark: Remark, outcomes: Mapping[str, str], labels: Labels) -> str:
    first, second, outcome = remark.names
    views = ", latent" if remark.latent else ""
    return f"{labels.role(first)} – {labels.role(second)}, {outcomes[outcome]}{views}: {remark.text}."


def _opening(facts: CongruenceEvidence, labels: Labels) -> str:
    if not facts.cases and not facts.remarks:
        return (
            "No outcome is named. Add unit-level variables to the step's option 'outcomes' to relate the "
            "congruence of two roles to them."
        )
    errors = (
        "Standard errors and bootstrap allow for units of one firm being alike. " if facts.clustered else ""
    )
    return (
        f"An outcome of the unit is regressed on two roles' views of {labels.construct(facts.predictor)} and their "
        f"squares and product (Edwards & Parry, 1993), both centred at the scale's midpoint. {errors}Congruence would "
        "show as a ridge along equal views from which the outcome falls on both sides. All conditions must be "
        "read together; a difference score would impose them untested."
    )


def _same_source(names: list[str]) -> str:
    return (
        f"{listing(names)}: rated by informants of the same units. A role that rates both sides inflates the "
        "relation of its own view with the outcome; outcomes from another source do not have this."
    )


def _overview(facts: CongruenceEvidence, cases: Sequence[Printed[CongruenceCase]]) -> TableSpec:
    import pandas as pd

    rows = [
        surface_row(case, case.found.fit.n, case.found.surface)
        | {
            "r_squared": case.found.fit.r_squared,
            "shape": case.found.surface.shape,
            "near": case.found.surface.near_congruence,
            "best": case.found.models.models["description"].iloc[0],
            "broad": verdict(case.found.checklist.broad),
            "strict": verdict(case.found.checklist.strict),
        }
        for case in cases
    ]
    return TableSpec(
        "congruence_overview",
        f"{facts.title}: response surfaces",
        pd.DataFrame(rows),
        ("roles", "n_units", *SURFACE_ROW, "r_squared", "near", "best", "broad", "strict"),
        notes=(
            "a1, a2: slope and curvature along equal views; a3, a4: along opposite views. Near: views within half "
            "a standard deviation of each other. Best: model with the smallest AICc. Broad and strict effect: Humberg "
            "et al. (2019). p: Holm's correction over the surfaces, parameter by parameter. Units by row; two "
            "informants per unit.",
        ),
        estimator=_estimator(facts),
        group="outcome",
    )


def _estimator(facts: CongruenceEvidence) -> str:
    if not facts.clustered:
        return "Least squares, HC3"
    few = few_clusters_note(min((case.surface.n_clusters for case in facts.cases), default=0))
    return "Least squares, CR2 by firm" + (f" ({few})" if few else "")


def _figure(case: Printed[CongruenceCase], facts: CongruenceEvidence, labels: Labels) -> Block:
    return surface_plot(
        key_of("congruence_surface", *case.names),
        case.where,
        case.found.fit.coefficients,
        case.found.fit.x,
        case.found.fit.y,
        axis_labels=(case.first, case.second, case.outcome),
        centre=case.found.fit.centre,
        limits=facts.limits,
        language=labels.language,
        alt=(
            f"Contour plot and surface of {case.outcome} over the views of {case.first} and {case.second}; "
            "the parameters are in the table below."
        ),
        notes=(
            "Drawn only within the outline of the data (on the floor again). Line: equal views; "
            "dashed: opposite views; points: units.",
        ),
    )


def _details(case: Printed[CongruenceCase], facts: CongruenceEvidence) -> Details:
    where = case.where
    sample = Counts(case.found.fit.n, 2 * case.found.fit.n)

    def table(key: str, title: str, data: pd.DataFrame, columns: Columns, *notes: str) -> TableSpec:
        name = key_of(f"congruence_{key}", *case.names)
        return table_of(sample, name, f"{title}: {where}", data, columns, *notes, estimator=_estimator(facts))

    over = f"{percent(case.found.surface.over)} of the units lie on the side of {case.first}, "
    under = f"{percent(case.found.surface.under)} on the side of {case.second}."
    dropped = (
        f" {plural(case.found.fit.n_dropped, 'unit')} without all three values left out."
        if case.found.fit.n_dropped
        else ""
    )
    best = case.found.models.models.iloc[0]
    a4 = case.found.surface.parameters.set_index("name").loc["a4"]
    preferred = (
        f"The smallest AICc has: {best['description']} (weight {bounded(best['weight'])}"
        f"{'' if best['weight'] >= _DECIDED else '; the data do not decide between the models'}). "
        if best["weight"] > 0
        else "Models have no weights here (see the table). "
    )
    text = f"Along opposite views the curvature is a4 = {number(a4['estimate'])}, {p_phrase(a4['p'])}. {preferred}"
    # that the likelihood ignores clustering stands below the table
    models = case.found.models.models.assign(
        note=[
            note if np.isnan(weight) else ""
            for note, weight in case.found.models.models[["note", "weight"]].to_numpy()
        ]
    )
    checks = case.found.checklist.conditions.copy()
    checks["holds"] = holds(checks["holds"])
    return Details(
        f"Surface, models and conditions: {where}",
        (
            Prose(text + over + under + dropped),
            table("coefficients", "Polynomial regression", case.found.fit.table, _COEFFICIENTS),
            table("parameters", "Surface", case.found.surface.parameters, _SURFACE,
                  "X0, Y0: stationary point; p10, p11: first principal axis; p20, p21: second."),
            table("conditions", "Conditions of a congruence effect", checks, CHECKS,
                  *sentences(case.found.checklist.caution)),
            table("models", "Nested models", models, _MODELS,
                  "K counts intercept and residual variance; the likelihood takes units as independent."),
            table("constraints", "Constraints that difference scores impose", case.found.models.constraints,
                  _CONSTRAINTS, "p (Holm): over all constraints of all surfaces."),
        ),
    )  # fmt: skip


def chapter(evidence: CongruenceEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Congruence, in print."""
    outcomes = _outcomes(evidence, labels)
    problems = (*(_remark(remark, outcomes, labels) for remark in evidence.remarks), *evidence.level_problems)
    return Chapter(
        with_reversals(congruence_section(evidence, labels), evidence.turned, labels), problems=problems
    )
