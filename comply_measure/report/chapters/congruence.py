"""Chapter: does agreement of two roles go with better outcomes?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.report.chapters.columns import sentences, without_empty_remarks
from comply_measure.report.chapters.congruence_latent import (
    LatentCase,
    LevelFacts,
    latent_blocks,
    level_blocks,
    verdict,
)
from comply_measure.report.format import bounded, listing, number, p_phrase, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Column, Details, Heading, Notice, Prose, Section, Table
from comply_measure.report.surfaces import surface_plot

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.triads.congruence.checklist import CongruenceChecklist
    from comply_measure.triads.congruence.model_set import ModelSet
    from comply_measure.triads.congruence.polynomial import PolynomialRegression
    from comply_measure.triads.congruence.surface import ResponseSurface

_SURFACE = (
    Column("Parameter", "name"),
    Column("Estimate", "estimate", "number3"),
    Column("SE", "se", "number3"),
    Column("p", "p", "p"),
    Column("95% CI", ("ci_lower", "ci_upper"), "interval"),
    Column("Bootstrap 95% CI", ("boot_lower", "boot_upper"), "interval"),
    Column("Replications", "n_boot", "count"),
    Column("Remark", "note"),
)
_MODELS = (
    Column("Model", "description"),
    Column("K", "n_parameters", "count"),
    Column("AICc", "aicc", "number"),
    Column("Δ", "delta_aicc", "number"),
    Column("Weight", "weight", "bounded"),
    Column("R²", "r_squared", "bounded3"),
    Column("Remark", "note"),
)
_CONSTRAINTS = (
    Column("Difference score", "constraint"),
    Column("Hypothesis", "hypothesis"),
    Column("F", "F", "number"),
    Column("df 1", "df1", "count"),
    Column("df 2", "df2", "count"),
    Column("p", "p", "p"),
    Column("Remark", "note"),
)
_CHECKS = (
    Column("Condition", "condition"),
    Column("Evidence", "evidence"),
    Column("Holds", "holds"),
    Column("Needed for", "needed_for"),
)


@dataclass(frozen=True, eq=False)
class CongruenceCase:
    """One pair of roles and one outcome.

    Parameters
    ----------
    names : tuple of str
        The two roles and the outcome, as in the data: what tells its tables from those of other cases.
    first, second, outcome : str
        Names in print.
    """

    names: tuple[str, str, str]
    first: str
    second: str
    outcome: str
    fit: PolynomialRegression
    surface: ResponseSurface
    models: ModelSet
    checklist: CongruenceChecklist


@dataclass(frozen=True, eq=False)
class CongruenceFacts:
    """What the chapter is made from.

    Parameters
    ----------
    title, predictor : str
        The scale; what both roles rated.
    limits : tuple of float
        Ends of the answer scale.
    cases : tuple of CongruenceCase
    skipped : tuple of str
        Pairs and outcomes that could not be analysed, with the reason.
    clustered : bool
    latent : tuple of LatentCase
        Surfaces between latent views.
    rated : tuple of str
        Outcomes that informants of the same units rated.
    level : LevelFacts or None
        Latent congruence model of all roles with the outcomes.
    """

    title: str
    predictor: str
    limits: tuple[float, float]
    cases: tuple[CongruenceCase, ...]
    skipped: tuple[str, ...]
    clustered: bool
    latent: tuple[LatentCase, ...] = ()
    rated: tuple[str, ...] = ()
    level: LevelFacts | None = None


def congruence_section(facts: CongruenceFacts, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts))]
    blocks += [Notice(text, "warning") for text in facts.skipped]
    if facts.rated:
        blocks.append(Notice(_same_source(facts.rated)))
    if facts.cases:
        blocks.append(_overview(facts))
    for case in facts.cases:
        blocks += [_figure(case, facts), _details(case, facts)]
    robust = "MLR, full information" + (", clustered by firm" if facts.clustered else "")
    if facts.latent:
        blocks.append(Heading("Between latent views"))
        blocks += latent_blocks(facts.latent, facts.title, facts.limits, robust)
    if facts.level is not None:
        blocks.append(Heading("Level and contrasts as predictors"))
        blocks += level_blocks(facts.level, facts.title)
    return Section("congruence", "Congruence and outcomes", tuple(blocks))


def congruence_headline(facts: CongruenceFacts) -> tuple[str, ...]:
    """One sentence on the checklist."""
    if not facts.cases:
        return ()
    broad = [c for c in facts.cases if c.checklist.broad]
    return (
        f"Congruence: {len(broad)} of {plural(len(facts.cases), 'response surface')} "
        f"{'meets' if len(broad) == 1 else 'meet'} all conditions of a broad congruence effect.",
    )


def _opening(facts: CongruenceFacts) -> str:
    if not facts.cases and not facts.skipped:
        return (
            "No outcome is named. Add unit-level variables to the step's option 'outcomes' to relate the "
            "congruence of two roles to them."
        )
    errors = (
        "Standard errors and bootstrap allow for units of one firm being alike. " if facts.clustered else ""
    )
    return (
        f"An outcome of the unit is regressed on two roles' views of {facts.predictor} and their squares "
        f"and product (Edwards & Parry, 1993), both centred at the scale's midpoint. {errors}Congruence would "
        "show as a ridge along equal views from which the outcome falls on both sides. All conditions must be "
        "read together; a difference score would impose them untested."
    )


def _same_source(names: tuple[str, ...]) -> str:
    return (
        f"{listing(list(names))}: rated by informants of the same units. A role that rates both sides inflates the "
        "relation of its own view with the outcome; outcomes from another source do not have this."
    )


def _overview(facts: CongruenceFacts) -> Table:
    import pandas as pd

    rows = []
    for case in facts.cases:
        parameters = case.surface.parameters.set_index("name")
        rows.append(
            {
                "roles": f"{case.first} – {case.second}",
                "outcome": case.outcome,
                "n_units": case.fit.n,
                **{
                    f"{n}_{w}": parameters.loc[n, w]
                    for n in ("a1", "a2", "a3", "a4")
                    for w in ("estimate", "p")
                },
                "r_squared": case.fit.r_squared,
                "shape": case.surface.shape,
                "near": case.surface.near_congruence,
                "best": case.models.models["description"].iloc[0],
                "broad": verdict(case.checklist.broad),
                "strict": verdict(case.checklist.strict),
            }
        )
    columns = [Column("Roles", "roles"), Column("Units", "n_units", "count")]
    for name in ("a1", "a2", "a3", "a4"):
        columns += [Column(name, f"{name}_estimate", "number"), Column("p", f"{name}_p", "p")]
    columns += [
        Column("R²", "r_squared", "bounded"),
        Column("Near", "near", "percent"),
        Column("Best", "best"),
        Column("Broad", "broad"),
        Column("Strict", "strict"),
    ]
    return Table(
        "congruence_overview",
        f"{facts.title}: response surfaces",
        pd.DataFrame(rows),
        tuple(columns),
        notes=(
            "a1, a2: slope and curvature along equal views; a3, a4: along opposite views. Near: views within half "
            "a standard deviation of each other. Best: model with the smallest AICc. Broad and strict effect: Humberg, "
            "Nestler, & Back (2019). Units by row; two informants per unit.",
        ),
        estimator=_estimator(facts),
        group="outcome",
    )


def _estimator(facts: CongruenceFacts) -> str:
    return "Least squares, " + ("CR2 by firm" if facts.clustered else "HC3")


def _figure(case: CongruenceCase, facts: CongruenceFacts) -> Block:
    return surface_plot(
        key_of("congruence_surface", *case.names),
        f"{case.outcome} by {case.first} and {case.second}",
        case.fit.coefficients[:6],
        case.fit.x,
        case.fit.y,
        axis_labels=(case.first, case.second, case.outcome),
        centre=case.fit.centre,
        limits=facts.limits,
        alt=(
            f"Contour plot and surface of {case.outcome} over the views of {case.first} and {case.second}; "
            "the parameters are in the table below."
        ),
        notes=(
            "Drawn only within the outline of the data (on the floor again). Line: equal views; "
            "dashed: opposite views; points: units.",
        ),
    )


def _details(case: CongruenceCase, facts: CongruenceFacts) -> Details:
    where = f"{case.outcome} by {case.first} and {case.second}"
    units, informants = case.fit.n, 2 * case.fit.n

    def table(key: str, title: str, data: pd.DataFrame, columns: tuple[Column, ...], *notes: str) -> Table:
        return Table(
            key_of(f"congruence_{key}", *case.names), f"{title}: {where}", data, without_empty_remarks(columns, data),
            notes=notes, n_units=units, n_informants=informants, estimator=_estimator(facts),
        )  # fmt: skip

    over = f"{percent(case.surface.over)} of the units lie on the side of {case.first}, "
    under = f"{percent(case.surface.under)} on the side of {case.second}."
    dropped = (
        f" {plural(case.fit.n_dropped, 'unit')} without all three values left out."
        if case.fit.n_dropped
        else ""
    )
    best = case.models.models.iloc[0]
    a4 = case.surface.parameters.set_index("name").loc["a4"]
    preferred = (
        f"By AICc the data prefer: {best['description']} (weight {bounded(best['weight'])}). "
        if best["weight"] > 0
        else "Models have no weights here (see the table). "
    )
    text = f"Along opposite views the curvature is a4 = {number(a4['estimate'])}, {p_phrase(a4['p'])}. {preferred}"
    # that the likelihood ignores clustering stands below the table
    models = case.models.models.assign(
        note=[
            note if np.isnan(weight) else ""
            for note, weight in case.models.models[["note", "weight"]].to_numpy()
        ]
    )
    checks = case.checklist.conditions.copy()
    checks["holds"] = [("cannot say" if h is None else "yes" if h else "no") for h in checks["holds"]]
    return Details(
        f"Surface, models and conditions: {where}",
        (
            Prose(text + over + under + dropped),
            table("coefficients", "Polynomial regression", case.fit.tidy(), _COEFFICIENTS),
            table("parameters", "Surface", case.surface.parameters, _SURFACE,
                  "X0, Y0: stationary point; p10, p11: first principal axis; p20, p21: second."),
            table("conditions", "Conditions of a congruence effect", checks, _CHECKS,
                  *sentences(case.checklist.caution)),
            table("models", "Nested models", models, _MODELS,
                  "K counts intercept and residual variance; the likelihood takes units as independent."),
            table("constraints", "Constraints that difference scores impose", case.models.constraints, _CONSTRAINTS),
        ),
    )  # fmt: skip


_COEFFICIENTS = (
    Column("Term", "name"),
    Column("Estimate", "estimate", "number3"),
    Column("SE", "se", "number3"),
    Column("t", "t", "number"),
    Column("df", "df", "count"),
    Column("p", "p", "p"),
    Column("95% CI", ("ci_lower", "ci_upper"), "interval"),
    Column("Remark", "note"),
)
