"""Chapter: pairs of roles, by who says so, and the triad's relation to its pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.pair_states import TRIAD
from comply_measure.evidence.topics.pairs import OVERALL, PairsEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.chapters.pairs_latent import latent_blocks
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, number, p_phrase, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Notice, Prose, Section
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

_DIFFERENCE: Columns = ("n_units", of("difference", "mean"), "ci", "se", "p_holm", "remark")
_SPECIAL = {
    "inside": "Members",
    "outside": "From outside",
    "mean": "Mean of the pairs",
    "minimum": "Weakest pair",
    TRIAD: "Triad",
}
_RATERS = {"same": "All raters, unit scores", "others": "Triad by one rater, pairs by the others"}


def pairs_section(facts: PairsEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts)),
        _levels(facts, labels),
        Prose(_agreement_text(facts)),
        _agreement(facts),
        Details("Differences between the raters of a pair", (_raters(facts, labels),)),
    ]
    overall = facts.gaps[facts.gaps["dimension"] == OVERALL]
    if len(overall):
        by_dimension = facts.gaps[facts.gaps["dimension"] != OVERALL]
        blocks += [
            _gaps(facts, labels, overall, "pairs_gaps", "differences between pairs", group=False),
            Details(
                "Differences between pairs by dimension",
                (
                    _gaps(
                        facts,
                        labels,
                        by_dimension,
                        "pairs_gaps_dimensions",
                        "differences by dimension",
                        group=True,
                    ),
                ),
            ),
        ]
    if facts.relation is None or facts.minimum is None:
        blocks.append(Notice(f"The triad beside its pairs: {facts.obstacle}.", "info"))
    else:
        blocks += [
            Prose(_relation_text(facts.relation)),
            _relation(facts, facts.relation),
            Prose(_minimum_text(facts.minimum)),
            _minimum(facts, facts.minimum),
        ]
    blocks += latent_blocks(facts, labels, lambda key: _name(facts, key))
    return Section("pairs", "Pairs of roles", tuple(blocks))


def pairs_headline(facts: PairsEvidence) -> tuple[str, ...]:
    """One sentence: level of the pairs."""
    return (_opening(facts).partition(". ")[0] + ".",)


def _name(facts: PairsEvidence, key: str) -> str:
    text = facts.labels.get(key) or _SPECIAL.get(key, key)
    return text[:1].upper() + text[1:]


def _opening(facts: PairsEvidence) -> str:
    inside = facts.levels[facts.levels["inside"]].groupby("pair", sort=False)["mean"].mean().dropna()
    sizes = [f"{facts.labels[str(pair)]} {number(value)}" for pair, value in inside.items()]
    return (
        f"As their members see them, pairs of roles have a mean of {listing(sizes)}. "
        f"Ratings of {plural(len(facts.labels), 'pair')} on {plural(len(facts.dimensions), 'dimension')} by "
        f"{count(facts.n_informants)} informants; the score of a rater is the mean of the dimensions, that of a pair "
        "the mean of its two members, their means set equal. Who is no member looks at the pair from outside. "
        f"Errors {'allow' if facts.clustered else 'do not allow'} for units of one firm being alike."
    )


def _estimator(facts: PairsEvidence) -> str:
    return "Means, CR2 errors by firm" if facts.clustered else "Means"


def _levels(facts: PairsEvidence, labels: Labels) -> TableSpec:
    data = labelled(
        facts.levels, 0, pair_label=(lambda key: _name(facts, key), "pair"), rater=(labels.role, "role")
    )
    data["rater"] = [
        name if inside else f"{name}, from outside"
        for name, inside in zip(data["rater"], data["inside"], strict=True)
    ]
    return table_of(
        facts, "pairs_levels", f"{facts.title}: level of every pair by rater", data,
        (of("role", "rater"), "n_units", "mean", "ci", "se", "remark"), group="pair_label", estimator=_estimator(facts),
    )  # fmt: skip


def _agreement_text(facts: PairsEvidence) -> str:
    known = facts.agreement.dropna(subset=["r_inside"])
    if not len(known):
        return "Whether raters of a pair agree cannot be told: no pair has enough units with both members."
    inside = [
        f"{bounded(row['r_inside'])} for {facts.labels[row['pair']]}" for row in known.to_dict("records")
    ]
    text = f"The two members of a pair correlate {listing(inside)} over units."
    outside = known.dropna(subset=["r_outside"])
    if len(outside):
        text += (
            f" A member and an informant who looks at the pair from outside correlate from "
            f"{bounded(outside['r_outside'].min())} to {bounded(outside['r_outside'].max())}."
        )
    return text


def _agreement(facts: PairsEvidence) -> TableSpec:
    data = labelled(facts.agreement, 0, label=(lambda key: _name(facts, key), "pair"))
    columns: Columns = (
        of("pair", "label"), "n_units", of("r", "r_inside", heading="r, members"), of("ci_bounded", "r_inside"),
        of("r", "r_outside", heading="r, from outside"), of("ci_bounded", "r_outside"), "difference",
        of("ci_bounded", "difference"), "remark",
    )  # fmt: skip
    return table_of(
        facts, "pairs_agreement", f"{facts.title}: agreement about a pair", data, columns,
        "Correlations over units of two informants' scores; from outside: of a member and one who is none. Intervals "
        "leave out one firm (or unit) at a time (Efron & Stein, 1981).",
        estimator="Correlations, jackknife",
    )  # fmt: skip


def _ends(facts: PairsEvidence, labels: Labels, data: pd.DataFrame) -> pd.DataFrame:
    def label(key: str) -> str:
        return labels.role(key) if key in facts.roles else _name(facts, key)

    return labelled(data, 0, first_label=(label, "first"), second_label=(label, "second"))


def _raters(facts: PairsEvidence, labels: Labels) -> TableSpec:
    data = _ends(facts, labels, facts.raters)
    data["pair_label"] = [_name(facts, key) for key in data["pair"]]
    return table_of(
        facts, "pairs_raters", f"{facts.title}: differences between the raters of a pair", data,
        (of("pair", "first_label", heading="First"), of("partner", "second_label", heading="Second"), *_DIFFERENCE),
        "First less second, in scale points; Holm's correction over the table.",
        group="pair_label", estimator=_estimator(facts),
    )  # fmt: skip


def _gaps(
    facts: PairsEvidence, labels: Labels, rows: pd.DataFrame, key: str, title: str, *, group: bool
) -> TableSpec:
    data = _ends(facts, labels, rows.reset_index(drop=True))
    data["dimension_label"] = [labels.construct(name) for name in data["dimension"]]
    return table_of(
        facts, key, f"{facts.title}: {title}", data,
        (of("pair", "first_label", heading="First"), of("partner", "second_label", heading="Second"), *_DIFFERENCE),
        "First less second, as members see the pairs, in scale points; Holm's correction over the table.",
        group="dimension_label" if group else None, estimator=_estimator(facts),
    )  # fmt: skip


def _relation_text(table: pd.DataFrame) -> str:
    known = table.dropna(subset=["r"]).set_index("of")
    if "mean" not in known.index:
        return "How the triad's score goes with its pairs cannot be told: too few units have all of them."
    text = (
        f"Over units the score of the triad correlates {bounded(known.loc['mean', 'r'])} with the mean of the pairs "
        f"and {bounded(known.loc['minimum', 'r'])} with the weakest pair"
    )
    corrected = float(table.loc[table["of"] == "mean", "corrected"].iloc[0])
    if corrected == corrected:
        text += (
            f"; without error of measurement, from different raters alone, {bounded(corrected)} with the mean"
        )
    return text + "."


def _relation(facts: PairsEvidence, table: pd.DataFrame) -> TableSpec:
    data = labelled(table, 0, label=(lambda key: _name(facts, key), "of"))
    columns: Columns = (
        of("variable", "label"), "n_units", "r", of("ci_bounded", "r"),
        of("r", "corrected", heading="Corrected r"), of("ci_bounded", "corrected"), "r_squared", "remark",
    )  # fmt: skip
    return table_of(
        facts, "pairs_relation", f"{facts.title}: the triad's score beside its pairs", data, columns,
        "r, R²: unit scores of all raters, in which what a rater gives all answers counts twice. Corrected r: "
        "covariances of different raters alone, divided by those of two raters of the triad and of the pairs "
        "(Campbell & Fiske, 1959; Spearman, 1904); it can exceed 1 by chance. Intervals leave out one firm (or unit) "
        "at a time.",
        estimator="Correlations, jackknife",
    )  # fmt: skip


def _minimum_text(table: pd.DataFrame) -> str:
    row = table[(table["raters"] == "others") & (table["term"] == "minimum")].iloc[0]
    if row["estimate"] != row["estimate"]:
        return f"Whether the weakest pair tells more than the mean cannot be told: {row['note']}."
    return (
        f"With the triad rated by one role and its pairs by the others, the mean of the pairs has an R² of "
        f"{bounded(row['r_squared_mean'])}, the mean and the weakest pair together {bounded(row['r_squared'])}; the "
        f"coefficient of the weakest pair beside the mean is {number(row['estimate'])} ({p_phrase(row['p'])})."
    )


def _minimum(facts: PairsEvidence, table: pd.DataFrame) -> TableSpec:
    data = labelled(table, 0, label=(lambda key: _name(facts, key), "term"))
    data["raters_label"] = [_RATERS[key] for key in data["raters"]]
    columns: Columns = (
        of("predictor", "label"), "n_units", of("b", "estimate"), "ci", "se", "df", "p", "beta",
        of("r_squared", "r_squared_mean", heading="R², mean alone"), "r_squared", "remark",
    )  # fmt: skip
    return table_of(
        facts, "pairs_minimum", f"{facts.title}: the weakest pair beside the mean of the pairs", data, columns,
        "Outcome: the score of the triad, roles with means of their own. The minimum of scores with error is partly "
        "that of the error, so that its coefficient is too small rather than too large.",
        group="raters_label", estimator="Least squares, CR2 errors",
    )  # fmt: skip


def chapter(evidence: PairsEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Pairs of roles, in print."""
    return Chapter(pairs_section(evidence, labels), pairs_headline(evidence))
