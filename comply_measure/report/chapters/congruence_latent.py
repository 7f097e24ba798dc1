"""Latent part of the congruence chapter: surfaces free of measurement error, level and contrasts as predictors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd

from comply_measure.evidence.outcomes import OutcomeName
from comply_measure.evidence.surfaces import LatentCase, LevelModel
from comply_measure.models.informants import contrast_names
from comply_measure.report.chapters.columns import sentences
from comply_measure.report.fits import fit_table
from comply_measure.report.format import count, number, p_phrase, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Details, Prose
from comply_measure.report.surfaces import surface_plot
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    from comply_measure.triads.congruence.surface import ResponseSurface

Case = TypeVar("Case")

_AXES = ("a1", "a2", "a3", "a4")
#: Columns of an overview: the four surface parameters, each with its p.
SURFACE_ROW: Columns = tuple(
    column
    for name in _AXES
    for column in (of("surface", f"{name}_estimate", heading=name), of("p", f"{name}_p"))
)
CHECKS: Columns = ("condition", "evidence", "holds", "needed_for")
_PARAMETERS: Columns = (
    of("parameter", "name"), "estimate", "se", "p", of("ci3", "ci"), of("ci_boot", "boot"), "remark",
)  # fmt: skip
_EFFECTS: Columns = (
    of("predictor", "predictor_label"), of("b", "estimate"), "se", "z", "p", of("ci3", "ci"),
    of("beta", "standardized"), "r_squared", "remark",
)  # fmt: skip
_TESTS: Columns = (of("outcome", "outcome_label"), "chisq", "df", "p", "remark")


@dataclass(frozen=True, eq=False)
class Printed(Generic[Case]):
    """A surface with its names in print.

    Parameters
    ----------
    names : tuple of str
        The two roles and the outcome, as in the data: what tells its tables from those of other cases.
    first, second, outcome : str
        The same in print.
    found : CongruenceCase or LatentCase
        What was found.
    """

    names: tuple[str, str, str]
    first: str
    second: str
    outcome: str
    found: Case

    @property
    def where(self) -> str:
        """What the case is about, in words."""
        return f"{self.outcome} by {self.first} and {self.second}"


_LEVEL = 0.05


def printed(
    names: tuple[str, str, str], found: Case, outcomes: Mapping[str, str], labels: Labels
) -> Printed[Case]:
    """A surface under the labels of roles and outcomes."""
    first, second, outcome = names
    return Printed(names, labels.role(first), labels.role(second), outcomes[outcome], found)


def holds(values: Iterable[object]) -> list[str]:
    """Verdicts on conditions in words; undefined ones cannot be said."""
    return ["cannot say" if value is None or value is pd.NA else "yes" if value else "no" for value in values]


def level_blocks(facts: LevelModel, title: str, outcomes: Mapping[str, str], labels: Labels) -> list[Block]:
    """Text and tables of level and contrasts as predictors; `outcomes`: name in model text -> name in print."""
    latent = contrast_names(facts.factor, facts.roles)
    words = dict(zip(latent, level_labels(latent, facts.factor, facts.roles, labels), strict=True))
    effects_data, tests_data = facts.effects.copy(), facts.tests.copy()
    effects_data["outcome_label"] = [outcomes[name] for name in effects_data["outcome"]]
    effects_data["predictor_label"] = [words[name] for name in effects_data["predictor"]]
    tests_data["outcome_label"] = [outcomes[name] for name in tests_data["outcome"]]
    effects = table_of(
        facts,
        "congruence_level_effects",
        f"{title}: effects of level and role contrasts on outcomes",
        effects_data,
        _EFFECTS,
        "Per point of the answer scale. Level: mean of the roles' latent views. Contrasts: first role minus "
        "second, third minus the mean of the first two.",
        group="outcome_label",
        warnings=facts.fit.warnings,
    )
    tests = table_of(
        facts,
        "congruence_level_tests",
        f"{title}: joint test of the role contrasts",
        tests_data,
        _TESTS,
        "Wald test that no contrast between roles predicts the outcome beyond their level.",
    )
    fit = fit_table(
        facts, "congruence_level_fit", f"{title}: fit of the latent congruence model", [facts.fit]
    )
    return [
        Prose(_level_text(effects_data, tests_data)),
        effects,
        Details("Joint tests and fit", (tests, fit)),
    ]


def _level_text(effects: pd.DataFrame, tests: pd.DataFrame) -> str:
    parts = []
    for row in tests.to_dict("records"):
        level = effects[
            (effects["outcome"] == row["outcome"]) & effects["predictor"].str.endswith(".level")
        ].iloc[0]
        parts.append(
            f"{row['outcome_label']}: level b = {number(level['estimate'])}, {p_phrase(level['p'])}; "
            f"contrasts together χ²({count(row['df'])}) = {number(row['chisq'])}, {p_phrase(row['p'])}"
        )
    return (
        "The latent congruence model (Cheung, 2009; its form for all roles) predicts outcomes from the roles' common "
        f"level and from the contrasts between them, free of measurement error. {'. '.join(parts)}. Contrasts have "
        "linear effects here: who sees more matters, not how far apart the roles are; the surfaces ask for that."
    )


def latent_blocks(
    cases: Sequence[Printed[LatentCase]],
    title: str,
    limits: tuple[float, float],
    estimator: str,
    labels: Labels,
) -> list[Block]:
    """Overview and details of the latent surfaces."""
    if not cases:
        return []
    blocks: list[Block] = [Prose(_latent_text(cases)), _overview(cases, title, estimator)]
    return blocks + [_details(case, limits, estimator, labels) for case in cases]


def _latent_text(cases: Sequence[Printed[LatentCase]]) -> str:
    broad = sum(bool(case.found.result.checklist.broad) for case in cases)
    return (
        "Measurement error in the two views shrinks squares and products most. The latent polynomial estimates the "
        "same surface between latent views (product indicators with double mean centring: Marsh et al., 2004; "
        "Lin et al., 2010), with loadings and intercepts equal over the roles. "
        f"{count(broad)} of {plural(len(cases), 'latent surface')} "
        f"{'meets' if broad == 1 else 'meet'} all conditions of a broad congruence effect. Latent surfaces are less "
        "certain: compare the intervals, not only the verdicts."
    )


def surface_row(case: Printed[Any], n_units: int, surface: ResponseSurface) -> dict[str, object]:
    """Where a surface is from and its four parameters, as a row of an overview."""
    parameters = surface.parameters.set_index("name")
    p = "p_holm" if "p_holm" in parameters else "p"
    found = {f"{name}_{what}": parameters.loc[name, what] for name in _AXES for what in ("estimate", p)}
    found = {key.removesuffix("_holm"): value for key, value in found.items()}
    return {"roles": f"{case.first} – {case.second}", "outcome": case.outcome, "n_units": n_units, **found}


def _overview(cases: Sequence[Printed[LatentCase]], title: str, estimator: str) -> TableSpec:
    results = [case.found.result for case in cases]
    rows = [
        surface_row(case, result.n_units, result.surface)
        | {
            "shape": result.surface.shape,
            "verdict": verdict(result.checklist.broad),
            "note": "; ".join(result.problems),
        }
        for case, result in zip(cases, results, strict=True)
    ]
    return TableSpec(
        "congruence_latent_overview",
        f"{title}: latent response surfaces",
        pd.DataFrame(rows),
        ("roles", "n_units", *SURFACE_ROW, "shape", of("broad", "verdict"), "remark"),
        notes=(
            "Units by row: all with any value of the pair's indicators or the outcome; two informants at "
            "most per unit. Coefficients per point of the answer scale, effect-coded. p: Holm's correction over the "
            "surfaces, parameter by parameter.",
        ),
        estimator=estimator,
        group="outcome",
    )


def verdict(value: bool | None) -> str:
    """A checklist's verdict in words."""
    return "cannot say" if value is None else ("all conditions met" if value else "not all met")


def _details(
    case: Printed[LatentCase], limits: tuple[float, float], estimator: str, labels: Labels
) -> Details:
    result = case.found.result
    how = (
        "draws from the coefficients' normal sampling distribution"
        if result.interval == "montecarlo"
        else "bootstrap"
    )
    checks = result.checklist.conditions.copy()
    checks["holds"] = holds(checks["holds"])
    b = result.coefficients.set_index("name")["estimate"]
    figure = surface_plot(
        key_of("congruence_latent_surface", *case.names),
        f"{case.where}, latent",
        b.to_numpy(dtype=float),
        result.x,
        result.y,
        axis_labels=(case.first, case.second, case.outcome),
        centre=result.centre,
        limits=limits,
        language=labels.language,
        alt=f"Contour plot and surface of {case.where} between latent views; the parameters are in the table.",
        notes=(
            "Drawn within the outline of the observed role scores (on the floor again). Line: equal views; "
            "dashed: opposite views; points: units.",
        ),
    )
    parameters = table_of(
        result,
        key_of("congruence_latent_parameters", *case.names),
        f"Latent surface: {case.where}",
        result.surface.parameters,
        _PARAMETERS,
        f"Second interval: {how}. Stationary point and axes have no delta-method errors.",
        estimator=estimator,
        warnings=tuple(f"{case.where}: {text}." for text in result.problems),
    )
    conditions = table_of(
        result,
        key_of("congruence_latent_conditions", *case.names),
        f"Conditions of a congruence effect, latent: {case.where}",
        checks,
        CHECKS,
        *sentences(result.checklist.caution),
        estimator=estimator,
    )
    a4 = result.surface.parameters.set_index("name").loc["a4"]
    text = (
        f"Latent a4 = {number(a4['estimate'])}, {p_phrase(a4['p'])}; shape of the estimates: "
        f"{result.surface.shape}{'' if a4['p'] <= _LEVEL else ', its curvature not told from none'}. "
        + _region(case)
    )
    return Details(f"Latent surface: {case.where}", (Prose(text), figure, parameters, conditions))


def _region(case: Printed[LatentCase]) -> str:
    near = percent(case.found.result.surface.near_congruence)
    return f"In {near} of the units the observed views lie within half a standard deviation of each other."


def contrast_words(roles: Sequence[str], labels: Labels) -> list[str]:
    """Level and contrasts of the roles in words, in the order of the latent congruence model."""
    words = [labels.role(role) for role in roles]
    shown = ["Level", f"{words[0]} – {words[1]}"]
    return shown + [f"{words[i]} – mean of {' and '.join(words[:i])}" for i in range(2, len(roles))]


def level_labels(names: Sequence[str], factor: str, roles: Sequence[str], labels: Labels) -> list[str]:
    """Names in print of level and contrasts, in the order of ``contrast_names``."""
    own = [name for name in names if name.startswith(f"{factor}.")]
    found = dict(zip(own, contrast_words(roles, labels), strict=True))
    return [found[name] for name in names]


def outcome_label(outcome: OutcomeName, labels: Labels) -> str:
    """Name of an outcome or predictor in print."""
    return labels.variable(outcome.key)
