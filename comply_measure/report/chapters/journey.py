"""Chapter: alignment over the stages of the customer journey."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from comply_measure.evidence.journey_invariance import CELLS
from comply_measure.evidence.topics.journey import JourneyEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.charts import heat_map, profile_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, interval, listing, number, percent, plural
from comply_measure.report.labels import Labels, wrapped
from comply_measure.report.parts import Block, Chapter, Details, Figure, Prose, Section
from comply_measure.report.tables import Columns, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import rejects

if TYPE_CHECKING:
    import pandas as pd

_CAUTION = (
    "Statements differ from stage to stage, so that differences between stages hold differences between statements; "
    "those between roles at one stage, and how these change, do not."
)
_TEST: Columns = (of("estimate", "estimate"), "ci", "se", "df", "p_holm", "remark")
_SHAPES = {
    "linear": "Linear trend, from the first stage to the last",
    "quadratic": "Curvature: middle of the journey less its ends",
}
_TESTS = {
    "stages": "All stages alike (mean of the roles)",
    "parallel": "Profiles of the roles parallel",
    "roles": "Roles alike (mean of the stages)",
}
_MOST_ROLES = 12


def journey_section(facts: JourneyEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts)),
        _profile_figure(facts, labels),
        _profile_table(facts, labels),
        Prose(f"{_tests_text(facts)} {_CAUTION}"),
        _tests_table(facts),
        _shape_table(facts),
        _differences_table(facts, labels, "journey_differences", "levels", facts.differences),
        *_gap_blocks(facts, labels),
        *_dimension_blocks(facts, labels),
        *_agreement_blocks(facts, labels),
        Details("Variance of stage scores", (_components_table(facts),)),
    ]
    if len(facts.invariance):
        blocks.append(
            Details("Equal measurement over stages and of roles at each stage", (_ladders(facts, labels),))
        )
    blocks += _call_blocks(facts, labels)
    return Section("journey", "Customer journey", tuple(blocks))


def _opening(facts: JourneyEvidence) -> str:
    absent = int(facts.involvement["n_absent"].sum())
    left = (
        f" {plural(absent, 'rating')} of a stage by an informant {'is' if absent == 1 else 'are'} missing altogether "
        "(a function can be not involved in a stage); the other stages of these informants count."
        if absent
        else ""
    )
    return (
        f"{count(len(facts.stages))} stages were rated on {count(len(facts.dimensions))} dimensions. A role's view of "
        f"a stage is the mean of the dimensions there.{left} Means are those of a mixed model (units random); errors "
        f"allow for {'units of one firm' if facts.clustered else 'answers of one unit'} being alike in any way (CR2)."
    )


def _staged(data: pd.DataFrame, labels: Labels, **more: str) -> pd.DataFrame:
    """Labels of stages (and of other keys: column -> kind) beside their keys."""
    makers = {"stage": labels.stage, "role": labels.role, "pair": labels.pair, "construct": labels.construct}
    named = {f"{column}_label": (makers[kind], column) for column, kind in more.items()}
    return labelled(data, 0, **named)


def _profile_figure(facts: JourneyEvidence, labels: Labels) -> Figure:
    series = {}
    for role in facts.roles[:_MOST_ROLES]:
        mine = facts.profile[facts.profile["role"] == role]
        series[role] = (
            labels.role(role), mine["mean"].to_numpy(), mine["lower"].to_numpy(), mine["upper"].to_numpy()
        )  # fmt: skip
    return profile_plot(
        "journey_profile",
        f"{facts.title}: level of every stage by role, with 95% intervals",
        [wrapped(labels.stage(stage), 12) for stage in facts.stages],
        series,
        axis_label="Mean",
        limits=facts.limits,
        language=labels.language,
        alt="Mean of each role at each stage of the journey; values are in the table below.",
    )


def _profile_table(facts: JourneyEvidence, labels: Labels) -> TableSpec:
    data = _staged(facts.profile, labels, stage="stage")
    data["role_label"] = ["Mean of the roles" if not role else labels.role(role) for role in data["role"]]
    columns: Columns = (of("stage", "stage_label"), "n_informants", "mean", "ci", "se", "df", "remark")
    return table_of(
        facts, "journey_levels", f"{facts.title}: level of every stage", data, columns, group="role_label",
        estimator=_errors(facts),
    )  # fmt: skip


def _errors(facts: JourneyEvidence) -> str:
    return f"REML weights, CR2 errors by {'firm' if facts.clustered else 'unit'}"


def _tests_text(facts: JourneyEvidence) -> str:
    found = facts.differences[rejects(facts.differences["p_holm"], facts.alpha)]
    return (
        f"{count(len(found))} of {plural(len(facts.differences), 'pair')} of stages "
        f"{'differs' if len(found) == 1 else 'differ'} after Holm's correction."
    )


def _tests_table(facts: JourneyEvidence) -> TableSpec:
    data = facts.tests.assign(label=[_TESTS[name] for name in facts.tests["test"]])
    columns: Columns = (of("test", "label"), "f", "df1", "df2", "p", "remark")
    return table_of(
        facts, "journey_tests", f"{facts.title}: joint tests", data, columns,
        "Hotelling's T² with degrees of freedom of the cluster-robust covariance (Pustejovsky & Tipton, 2018).",
        estimator=_errors(facts),
    )  # fmt: skip


def _shape_table(facts: JourneyEvidence) -> TableSpec:
    data = facts.shape.copy()
    data["label"] = [_SHAPES.get(name, "Last stage of the loop less its first") for name in data["contrast"]]
    return table_of(
        facts, "journey_shape", f"{facts.title}: trend and loop", data, (of("test", "label"), *_TEST),
        "Mean of the roles, in scale points; polynomials of the order of the stages.", estimator=_errors(facts),
    )  # fmt: skip


def _differences_table(
    facts: JourneyEvidence, labels: Labels, key: str, what: str, data: pd.DataFrame
) -> TableSpec:
    shown = _staged(data, labels, first="stage", second="stage")
    columns: Columns = (
        of("stage", "second_label"),
        of("partner", "first_label", heading="Less stage"),
        *_TEST,
    )
    return table_of(
        facts, key, f"{facts.title}: which stages differ, {what}", shown, columns,
        "Holm's correction over all pairs of stages.", estimator=_errors(facts),
    )  # fmt: skip


def _stage_map(
    facts: JourneyEvidence,
    labels: Labels,
    data: pd.DataFrame,
    rows: tuple[str, Callable[[str], str]],
    key: str,
    title: str,
    *,
    bar_label: str,
    alt: str,
    note: str,
) -> Figure:
    """Estimates by stage as a heat map; what differs from zero after Holm's correction is marked."""
    name, label = rows
    wide = data.pivot_table(index=name, columns="stage", values="estimate", sort=False, dropna=False)
    marks = data.assign(mark=rejects(data["p_holm"], facts.alpha)).pivot_table(
        index=name, columns="stage", values="mark", sort=False, aggfunc="any"
    )
    return heat_map(
        f"journey_{key}_figure",
        f"{facts.title}: {title}",
        wide.reindex(columns=list(facts.stages)).to_numpy(dtype=float),
        [wrapped(label(str(row))) for row in wide.index],
        [wrapped(labels.stage(stage), 12) for stage in facts.stages],
        bar_label=bar_label,
        language=labels.language,
        alt=alt,
        marks=marks.reindex(columns=list(facts.stages)).to_numpy(dtype=bool),
        notes=(note,),
    )


def _gap_blocks(facts: JourneyEvidence, labels: Labels) -> list[Block]:
    data = _staged(facts.gaps, labels, stage="stage", pair="pair")
    found = data[rejects(data["p_holm"], facts.alpha)]
    text = (
        f"{count(len(found))} of {plural(len(data), 'gap')} between roles at single stages "
        f"{'differs' if len(found) == 1 else 'differ'} from zero after Holm's correction."
    )
    if len(found):
        top = found.iloc[int(found["estimate"].abs().to_numpy().argmax())]
        text += (
            f" The largest: {top['pair_label']} at '{top['stage_label']}', {number(top['estimate'])} points, 95% CI "
            f"{interval(top['lower'], top['upper'])}."
        )
    figure = _stage_map(
        facts,
        labels,
        data,
        ("pair", labels.pair),
        "gaps",
        "role gaps by stage",
        bar_label="First less second role",
        alt="Heat map of role gaps by stage; values are in the table below.",
        note="Bold with an asterisk: differs from zero after Holm's correction.",
    )
    columns: Columns = (of("stage", "stage_label"), *_TEST)
    table = table_of(
        facts, "journey_gaps", f"{facts.title}: role gaps by stage", data, columns, group="pair_label",
        estimator=_errors(facts),
    )  # fmt: skip
    return [Prose(text), figure, Details("Role gaps by stage", (table,))]


def _dimension_blocks(facts: JourneyEvidence, labels: Labels) -> list[Block]:
    data = _staged(facts.levels, labels, stage="stage", dimension="construct")
    figure = _stage_map(
        facts,
        labels,
        data,
        ("dimension", labels.construct),
        "dimensions",
        "dimensions over the stages",
        bar_label="Deviation from mean",
        alt="Heat map of the deviation of every dimension at every stage from its mean; values are in the table below.",
        note="Mean of the roles. Bold with an asterisk: differs from zero after Holm's correction.",
    )
    levels = table_of(
        facts, "journey_dimensions", f"{facts.title}: dimensions over the stages", data,
        (of("stage", "stage_label"), "mean", *_TEST), "Estimate: deviation from the dimension's mean over the stages.",
        group="dimension_label", estimator=_errors(facts),
    )  # fmt: skip
    gaps = _staged(facts.dimension_gaps, labels, stage="stage", dimension="construct", pair="pair")
    gap_table = table_of(
        facts, "journey_dimension_gaps", f"{facts.title}: role gaps by stage and dimension", gaps,
        (of("dimension", "dimension_label"), of("stage", "stage_label"), *_TEST), group="pair_label",
        estimator=_errors(facts), rows_shown=400,
    )  # fmt: skip
    return [figure, Details("Stages by dimension", (levels, gap_table))]


def _agreement_blocks(facts: JourneyEvidence, labels: Labels) -> list[Block]:
    data = _staged(facts.agreement, labels, stage="stage")
    ranked = data.dropna(subset=["ad"]).sort_values("ad", kind="stable")
    text = ""
    if len(ranked) > 1:
        best, worst = ranked.iloc[0], ranked.iloc[-1]
        found = int(rejects(facts.agreement_differences["p_holm"], facts.alpha).sum())
        text = (
            f"The roles' mean deviation is smallest at '{best['stage_label']}' ({number(best['ad'])} points; rwg(j) "
            f"{bounded(best['rwg'])}, {percent(best['share_agree'])} of units at {bounded(facts.cutoff)} or above) and "
            f"largest at '{worst['stage_label']}' ({number(worst['ad'])}; {bounded(worst['rwg'])}, "
            f"{percent(worst['share_agree'])}); {count(found)} of "
            f"{plural(len(facts.agreement_differences), 'pair')} of stages {'differs' if found == 1 else 'differ'} in "
            "it after Holm's correction."
        )
    columns: Columns = (
        of("stage", "stage_label"), "n_units", of("rwg_j", "rwg"), of("share_at_cutoff", "share_agree"),
        of("icc", "icc", heading="ICC(A,1)"),
        of("ci_bounded", "icc_lower", "icc_upper"), of("ad_mean", "ad", heading="AD"),
        of("ci", "ad_lower", "ad_upper"), "remark",
    )  # fmt: skip
    table = table_of(
        facts, "journey_agreement", f"{facts.title}: agreement by stage", data, columns,
        "rwg(j) over the dimensions, uniform null. ICC(A,1): of the roles' stage scores. AD: mean deviation of the "
        "roles' stage scores from their mean, with its interval.",
    )  # fmt: skip
    pairs = _differences_table(
        facts,
        labels,
        "journey_agreement_differences",
        "mean deviation of the roles",
        facts.agreement_differences,
    )
    return [*([Prose(text)] if text else []), table, Details("Stages that differ in agreement", (pairs,))]


def _components_table(facts: JourneyEvidence) -> TableSpec:
    return table_of(
        facts, "journey_components", f"{facts.title}: variance of stage scores",
        facts.components, ("component", "variance", "ci", "share", "remark"),
        "Stages, roles and units random; a stage's differences between units are unit:stage.", estimator="REML",
    )  # fmt: skip


def _ladders(facts: JourneyEvidence, labels: Labels) -> TableSpec:
    data = facts.invariance.copy()
    data["label"] = [_comparison(str(name), labels) for name in data["comparison"]]
    columns: Columns = (
        of("rung", "level"), "chisq", "df", of("p", "pvalue"), "cfi", "rmsea", "srmr", "delta_cfi", "delta_rmsea",
        "remark",
    )  # fmt: skip
    return table_of(
        facts, "journey_invariance", f"{facts.title}: equal measurement over stages and roles", data, columns,
        "One factor per stage (or role), residuals of the same dimension correlated.", group="label", estimator="MLR",
    )  # fmt: skip


def _comparison(name: str, labels: Labels) -> str:
    if name.startswith("stages in "):
        return f"Stages, {labels.role(name.removeprefix('stages in '))}"
    if name.startswith("roles at "):
        return f"Roles at '{labels.stage(name.removeprefix('roles at '))}'"
    return "Stages as each role sees them" if name == CELLS else "Stages, all informants"


def _call_blocks(facts: JourneyEvidence, labels: Labels) -> list[Block]:
    data = _staged(facts.calls, labels, stage="stage", dimension="construct", pair="pair")
    called = data[data["call"] != "neither"]
    text = (
        f"A dimension is called weak at a stage where it lies {number(facts.margin)} points or more below its own mean "
        f"over the stages, disputed where the means of two roles differ by {number(facts.margin)} points or more, each "
        f"if it differs from zero after Holm's correction. {count(len(called))} of {plural(len(data), 'cell')} of "
        f"stage and dimension {'is' if len(called) == 1 else 'are'} called"
    )
    if not len(called):
        return [Prose(f"{text}.")]
    parts = [
        f"{labels.stage(str(stage))}: "
        + listing([f"{row['dimension_label']} ({row['call']})" for row in own.to_dict("records")])
        for stage, own in called.groupby("stage", sort=False)
    ]
    table = table_of(
        facts, "journey_calls", f"{facts.title}: calls to action by stage", called.reset_index(drop=True),
        (
            of("dimension", "dimension_label"), of("called", "call"), of("mean", "level"),
            of("estimate", "deviation", heading="Deviation"), of("p_holm", "deviation_p"),
            of("roles", "pair_label"), of("gap", "gap"), of("p_holm", "gap_p"),
        ),
        "The gap shown is the largest of those that differ from zero, else the largest.",
        group="stage_label", estimator=_errors(facts),
    )  # fmt: skip
    blocks: list[Block] = [Prose(f"{text}. {'; '.join(parts)}."), table]
    if len(facts.interventions):
        inner = _staged(facts.interventions, labels, stage="stage")
        blocks.append(
            Details(
                "Interventions for the called dimensions",
                (
                    table_of(
                        facts, "journey_interventions", "Interventions by stage", inner,
                        (of("intervention", "text"), of("dimension", "called_dimensions"), of("origin", "source")),
                        group="stage_label", estimator=_errors(facts),
                    ),
                ),
            )
        )  # fmt: skip
    return blocks


def chapter(evidence: JourneyEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """The customer journey, in print."""
    return Chapter(journey_section(evidence, labels), ())
