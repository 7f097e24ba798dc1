"""Chapter: how far a triad's score can be trusted, how it depends on the way of aggregating, and who stands apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comply_measure.evidence.topics.triads import TriadEvidence
from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.chapters.several import gaps_of, nested_of, numbers_of
from comply_measure.report.chapters.triads_units import score_table, waba_table
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Figure, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import rejects

if TYPE_CHECKING:
    import pandas as pd

_ICC: Columns = (
    "dimension", "n_units", "icc1", of("ci_bounded", "icc1"), "icc2", of("ci_bounded", "icc2"), "variance_between",
    "variance_within", "remark",
)  # fmt: skip
_COMPONENTS: Columns = ("component", "variance", "se", "ci3", "share", "remark")
_LAMBDA: Columns = (
    "n_informants", "n_units", of("unit_reliability", "reliability"), of("variance_between", "variance_unit"),
    "variance_error", "remark",
)  # fmt: skip
_COEFFICIENTS: Columns = (
    "fixed", "n_roles", "n_attributes", "g", of("ci_bounded", "g"), "phi", of("ci_bounded", "phi"), "sem_relative",
    "sem_absolute", "remark",
)  # fmt: skip
_RESAMPLING: Columns = (
    "dimension", "variance_in_units", "variance_random", "p", of("p_max_t", "p_adjusted"), "z_published", "n_units",
    "remark",
)  # fmt: skip
_SENSITIVITY: Columns = (
    "scheme", "n_units", "n_informants", "mean", "sd", of("r_unweighted", "r_equal"),
    of("rank_r_unweighted", "rank_r_equal"), "largest_change",
)  # fmt: skip
_CRITERION: Columns = ("r_criterion", "r_criterion_change")
_PSEUDO: Columns = (
    "dimension", of("roles", "pair_label"), "real", "pseudo", "p", of("p_max_t", "p_adjusted"), "n_units", "remark",
)  # fmt: skip
_MISSING: Columns = ("dimension", "n_units", "n_missing", "odds_ratio", "p", "p_holm", "remark")
_ODD: Columns = (
    of("role", "role_label"), "n_odd", "n_decided", "share", "chance", "n_reliable", of("chisq", "chi2"), "df",
    "p_holm", "remark",
)  # fmt: skip
_PROFILES: Columns = (
    of("roles", "pair_label"), "n_units", of("d_profile", "d_mean"), "level_share", "scatter_share", "shape_share",
    of("r", "correlation"), of("r_distinctive", "correlation_distinctive"), "icc_double_entry", "ccc",
    "remark",
)  # fmt: skip


class _Tables:
    """Makes the chapter's tables: each states its units, informants and estimator."""

    def __init__(self, facts: TriadEvidence, labels: Labels) -> None:
        self.facts, self.labels = facts, labels

    def __call__(
        self,
        key: str,
        title: str,
        data: pd.DataFrame,
        columns: Columns,
        estimator: str,
        *notes: str,
        group: str | None = None,
    ) -> TableSpec:
        facts, data = self.facts, _labelled(data, self.labels)
        title = f"{facts.title}: {title}"
        return table_of(
            facts, f"triads_{key}", title, data, columns, *notes, estimator=estimator, group=group
        )


def triads_section(facts: TriadEvidence, labels: Labels) -> Section:
    """The chapter."""
    table = _Tables(facts, labels)
    blocks = [
        *_reliability_blocks(facts, table),
        *_several_blocks(facts, labels),
        *(_generalizability_blocks(facts, table) if len(facts.components) else ()),
        *_resampling_blocks(facts, labels, table),
        *_aggregation_blocks(facts, labels, table),
        *_similarity_blocks(facts, table),
    ]
    return Section("triads", "The triad as a measure", tuple(blocks))


def _reliability_blocks(facts: TriadEvidence, table: _Tables) -> list[Block]:
    icc = table("icc_reml", "ICCs by restricted maximum likelihood", facts.icc, _ICC,
                "REML, incomplete triads included")  # fmt: skip
    reliability = table(
        "unit_reliability", "reliability of a unit's score", facts.unit_reliability, _LAMBDA, "REML, roles fixed",
        "λ = τ²/(τ² + σ²/n): what the mean of a unit's n informants is worth.", group="label",
    )  # fmt: skip
    return [
        Prose(_icc_text(facts)),
        icc,
        Prose(_lambda_text(facts)),
        Details("Reliability of each unit's score by the number of its informants", (reliability,)),
    ]


def _several_blocks(facts: TriadEvidence, labels: Labels) -> list[Block]:
    """What several informants of a role say; nothing where none has."""
    if not len(facts.by_number):
        return []
    tables = [numbers_of(facts, facts.title, facts.by_number, labels)]
    if len(facts.nested):
        tables.append(nested_of(facts, facts.title, facts.nested))
    if len(facts.view_gaps):
        tables.append(gaps_of(facts, facts.title, facts.view_gaps, labels))
    return [
        Details(
            "Several informants of a role: reliability of views, and gaps beside their error", tuple(tables)
        )
    ]


def _generalizability_blocks(facts: TriadEvidence, table: _Tables) -> list[Block]:
    tables = (
        table("components", "variance components", facts.components, _COMPONENTS,
              "REML, all effects random", "Zeros are boundary solutions."),
        table("coefficients", "G and Φ", facts.coefficients, _COEFFICIENTS, "From the components",
              "A fixed facet counts as part of what is measured: the mean of just these levels."),
    )  # fmt: skip
    return [Prose(_g_text(facts)), _curve(facts, table.labels), Details("Generalizability study", tables)]


def _resampling_blocks(facts: TriadEvidence, labels: Labels, table: _Tables) -> list[Block]:
    tables = [
        table("resampling", "random group resampling within roles", facts.resampling, _RESAMPLING,
              f"{count(facts.replications)} permutations within roles{_firms(facts.resampling)}",
              "The published z is not standard normal for triads of distinct roles; use p.")
    ]  # fmt: skip
    if len(facts.waba):
        tables.append(waba_table(facts, labels))
    title = "Within-unit variance against random groups; relations within and between units"
    return [Prose(_resampling_text(facts)), Details(title, tuple(tables))]


def _aggregation_blocks(facts: TriadEvidence, labels: Labels, table: _Tables) -> list[Block]:
    criterion = (
        (f"r crit.: correlation with {facts.criterion.replace('_', ' ')}.",) if facts.criterion else ()
    )
    tables = (
        table("sensitivity", "aggregation schemes", facts.sensitivity, _schemes(facts),
              "Units with two informants or more",
              "r, rank r and change (largest, in SD): against the unweighted mean. Sensitivity analysis: "
              "weights did not improve recovery in simulations.", *criterion, group="label"),
        score_table(facts, labels),
    )  # fmt: skip
    title = "How scores depend on the way of aggregating, and the scores of every unit"
    return [Prose(_sensitivity_text(facts)), Details(title, tables)]


def _similarity_blocks(facts: TriadEvidence, table: _Tables) -> list[Block]:
    tables = (
        table("profiles", "similarity of profiles over dimensions", facts.profiles, _PROFILES,
              "Means over units", "Level, scatter and shape are shares of D²."),
        table("pseudo", "real against re-matched pairs", _pseudo(facts.pseudo), _PSEUDO,
              f"{count(facts.replications)} re-matchings{_firms(facts.pseudo)}", group="statistic_label"),
        table("odd", "role that stands apart", facts.odd, _ODD, "Role-centred scores of complete units",
              "By chance: if true views spread alike and only the roles' errors differ (ω of each role's score); χ² "
              "tests the shares against it. Reliably: beyond measurement error, allowing for the choice of the "
              "farthest role.",
              group="label"),
    )  # fmt: skip
    absence = table("missing_roles", "absence of a role given the others' scores", facts.missing, _MISSING,
                    "Logistic regression, likelihood ratio", group="role_label")  # fmt: skip
    return [
        Details("Similarity of the roles' profiles, and who stands apart", tables),
        Details("Are informants absent at random?", (absence,)),
    ]


_STATISTICS = {
    "absolute_gap": "Mean absolute gap",
    "squared_gap": "Mean squared gap",
    "profile_d_mean": "Profile distance D′",
    "profile_correlation": "Profile correlation",
    "profile_correlation_distinctive": "Profile correlation, distinctive",
}


def _pseudo(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(statistic_label=[_STATISTICS.get(name, name) for name in data["statistic"]])


def triads_headline(facts: TriadEvidence) -> tuple[str, ...]:
    """One sentence: generalizability over roles."""
    if not len(facts.coefficients):
        return ()
    rows = facts.coefficients.set_index("fixed")
    return (
        f"The triad's alignment score generalises over roles with G = {bounded(rows.loc['none', 'g'])} "
        f"(roles as a sample) or {bounded(rows.loc['role', 'g'])} (just these roles).",
    )


def _labelled(data: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    out = data.copy()
    if "column" in out:
        out.insert(0, "label", [labels.construct(str(c)) if c else "all" for c in out["column"].fillna("")])
    if "pair" in out:
        out.insert(0, "pair_label", [labels.pair(str(p)) for p in out["pair"]])
    if "role" in out:
        out.insert(0, "role_label", [labels.role(str(r)) for r in out["role"]])
    return out


def _icc_text(facts: TriadEvidence) -> str:
    known = facts.icc["icc2"].dropna()
    span = f"{bounded(known.min())} to {bounded(known.max())}" if len(known) else "undefined"
    return (
        f"With all informants of incomplete triads used, ICC(2), the reliability of the mean of a unit's informants, "
        f"ranges from {span}. Differences between roles count as error here; the two-way coefficients of the "
        "agreement chapter set them apart."
    )


def _lambda_text(facts: TriadEvidence) -> str:
    known = facts.unit_reliability.dropna(subset=["reliability"])
    if not len(known):
        return "The reliability of single units is undefined (see the table)."
    mean = known.groupby("n_informants")["reliability"].mean().sort_index(ascending=False)
    units = known.groupby("n_informants")["n_units"].max()
    parts = [
        f"{bounded(value)} with {plural(n, 'informant')} ({plural(int(units.loc[n]), 'unit')})"
        for n, value in zip(mean.index.tolist(), mean.tolist(), strict=True)
    ]
    return (
        "Incomplete triads are worth less. Averaged over dimensions and with general differences between roles taken "
        f"off, the reliability λ of a unit's score is {listing(parts)}."
    )


def _g_text(facts: TriadEvidence) -> str:
    rows = facts.coefficients.set_index("fixed")
    share = facts.components.set_index("component")["share"]
    return (
        "The generalizability study splits the variance of attribute scores: "
        f"{percent(share.get('unit'))} belongs to units, {percent(share.get('unit:role'))} to views of single roles on "
        f"their unit. Over the roles and attributes of the study G = {bounded(rows.loc['none', 'g'])} and "
        f"Φ = {bounded(rows.loc['none', 'phi'])} if both are seen as samples; G = {bounded(rows.loc['role', 'g'])} for "
        "the mean of just these roles."
    )


def _curve(facts: TriadEvidence, labels: Labels) -> Figure:
    def paint(drawing: Any) -> None:
        axes = drawing.add_subplot()
        styles = (
            ("none", "accent", "o-", "Roles and attributes random"),
            ("attribute", "marketing", "s--", "Attributes fixed"),
        )
        for fixed, colour, style, label in styles:
            rows = facts.curve[facts.curve["fixed"] == fixed]
            if len(rows):
                axes.plot(rows["n_roles"], rows["g"], style, color=COLOURS[colour], ms=4, lw=1.2, label=label)
        axes.set(xlabel="Informants per unit", ylabel="G", ylim=(0, 1))
        axes.grid(axis="y", linewidth=0.6)
        drawing.legend(loc="outside upper center", ncols=2)

    return draw(
        "triads_d_study",
        f"{facts.title}: generalizability by number of informants",
        paint,
        size=(5.6, 3.1),
        language=labels.language,
        alt="Curve of the G coefficient against the number of informants per unit.",
        notes=("Projection from the variance components, with the study's attributes.",),
        min_width=420,
    )  # fmt: skip


def _firms(table: pd.DataFrame) -> str:
    return " and within firms" if (table["matched_within"] == "firm").any() else ""


def _resampling_text(facts: TriadEvidence) -> str:
    below = int(rejects(facts.resampling["p_adjusted"], 0.05).sum())
    return (
        f"Informants of one unit are more alike than informants of different units put together at random within "
        f"roles{_firms(facts.resampling)} "
        f"on {count(below)} of {plural(len(facts.resampling), 'dimension')} (p ≤ .05, corrected over dimensions)."
    )


def _schemes(facts: TriadEvidence) -> Columns:
    return (*_SENSITIVITY, *(_CRITERION if facts.criterion else ()), "remark")


def _sensitivity_text(facts: TriadEvidence) -> str:
    known = facts.sensitivity.dropna(subset=["rank_r_equal"])
    if not len(known):
        return "Aggregation schemes cannot be compared (see the table)."
    least = known.iloc[int(known["rank_r_equal"].to_numpy().argmin())]
    return (
        "Unit scores under other schemes keep the order of the unweighted means with rank correlations of "
        f"{bounded(known['rank_r_equal'].min(), 3)} or more (least: {least['scheme']})."
    )


def chapter(evidence: TriadEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """The triad as a measure, in print."""
    return Chapter(
        with_reversals(triads_section(evidence, labels), evidence.turned, labels), triads_headline(evidence)
    )
