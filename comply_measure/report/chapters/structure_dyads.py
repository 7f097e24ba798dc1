"""Actor-partner models in print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from comply_measure.evidence.dyads import Dyad
from comply_measure.evidence.topics.structure import StructureEvidence
from comply_measure.report.format import count, listing
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Heading, Notice, Prose
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

Label = Callable[[str], str]
_TESTS = {
    "distinguishability": "Roles alike in everything (distinguishability)",
    "effects": "Equal actor and equal partner effects",
    "actor": "Equal actor effects",
    "partner": "Equal partner effects",
    "means": "Equal means of predictors",
    "variances": "Equal variances of predictors",
    "covariances": "Equal covariances of predictors",
    "intercepts": "Equal intercepts of the outcome",
    "residual_variances": "Equal residual variances of the outcome",
    "loadings": "Equal loadings",
    "item_intercepts": "Equal intercepts of items",
}


def dyad_blocks(results: StructureEvidence, label: Label, labels: Labels) -> list[Block]:
    """Effects, tests and views of every actor-partner model."""
    if not results.dyads:
        return []
    done = [each for each in results.dyads if len(each.effects)]
    blocks: list[Block] = [Heading("Two roles: actor and partner effects"), Prose(_text(done))]
    blocks += [
        Notice(f"{_title(each, label, labels)}: {listing(list(each.notes))}.", "warning")
        for each in results.dyads
        if each.notes
    ]
    if not done:
        return blocks
    effects: Columns = (
        of("parameter", "label"), of("b", "est"), "se", of("p", "pvalue"), of("beta", "est_std"), of("ci_beta", "std"),
    )  # fmt: skip
    ratios: Columns = (of("parameter", "label"), of("b", "est", heading="k"), of("ci", "ci"), "remark")
    tests: Columns = (of("test", "label"), of("chisq", "statistic"), "df", of("p", "pvalue"), "remark")
    views: Columns = (
        of("variable", "label"), "difference", "se", of("p", "pvalue"), of("r", "correlation"), of("ci_bounded", "ci"),
    )  # fmt: skip
    parts = (
        ("structure_dyads", "Actor and partner effects", _effects, effects,
         "Actor: one's own predictor; partner: the other role's. β by each role's own standard deviations."),
        ("structure_dyad_ratios", "Partner over actor effects", _ratios, ratios,
         "k = p/a with its Monte Carlo interval: 1 is a couple, −1 a contrast, 0 an actor-only pattern (Kenny & "
         "Ledermann, 2010)."),
        ("structure_dyad_tests", "Are the two roles alike?", _tests, tests,
         "χ² differences to the model in which everything differs (Kenny et al., 2006), uncorrected. Means "
         "and intercepts of factors are compared as if intercepts of items were equal."),
        ("structure_dyad_views", "The same variable as both roles see it", _views, views,
         "Difference: mean of the first role less that of the second. r: correlation of the two over units."),
    )  # fmt: skip
    for key, title, rows, columns, note in parts:
        blocks.append(_printed(results, key, title, _rows(done, rows, label, labels), columns, note))
    return blocks


def _text(done: Sequence[Dyad]) -> str:
    counts = [f"{count(each.n_units)} units, {count(each.n_pairs)} of them with both roles" for each in done]
    known = f": {listing(counts)}" if counts else ""
    return (
        "Each role's outcome is explained by what the role itself and what the other role reports; residuals of both "
        f"roles covary. Units with one role stay in{known}. The effects are associations in cross-sectional data, no "
        "causes."
    )


def _title(each: Dyad, label: Label, labels: Labels) -> str:
    way = f"{listing([label(name) for name in each.predictors])} → {label(each.outcome)}"
    pair = " and ".join(labels.role(role) for role in each.roles)
    return f"{each.label}: " * bool(each.label) + f"{way} ({pair})"


def _rows(
    done: Sequence[Dyad],
    rows: Callable[[Dyad, Label, Labels], Iterator[dict[str, Any]]],
    label: Label,
    labels: Labels,
) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [{"dyad": _title(each, label, labels)} | row for each in done for row in rows(each, label, labels)]
    )


def _effects(each: Dyad, label: Label, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.effects.to_dict("records"):
        outcome = labels.role(str(row["outcome_role"]))
        rating = f", {row['rating']}-rated" if row["rating"] else ""
        many = f" of {label(str(row['predictor']))}" if len(each.predictors) > 1 else ""
        name = f"{str(row['effect']).capitalize()} effect{many} ({labels.role(str(row['predictor_role']))})"
        numbers = {key: row[key] for key in ("est", "se", "pvalue", "est_std", "std_lower", "std_upper")}
        yield {"label": f"{outcome}{rating}: {name}"} | numbers


def _ratios(each: Dyad, label: Label, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.ratios.to_dict("records"):
        many = f": {label(str(row['predictor']))}" if len(each.predictors) > 1 else ""
        numbers = {"est": row["k"], "ci_lower": row["lower"], "ci_upper": row["upper"], "note": row["note"]}
        yield {"label": f"{labels.role(str(row['outcome_role']))}{many}"} | numbers


def _tests(each: Dyad, label: Label, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.tests.to_dict("records"):
        numbers = {key: row[key] for key in ("statistic", "df", "pvalue", "note")}
        yield {"label": _TESTS[str(row["test"])]} | numbers


def _views(each: Dyad, label: Label, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.views.to_dict("records"):
        numbers = {key: row[key] for key in ("difference", "se", "pvalue", "correlation")}
        yield (
            {"label": label(str(row["variable"]))}
            | numbers
            | {"ci_lower": row["lower"], "ci_upper": row["upper"]}
        )


def _printed(
    results: StructureEvidence, key: str, title: str, data: pd.DataFrame, columns: Columns, note: str
) -> TableSpec:
    n_units = max(each.n_units for each in results.dyads)
    return table_of(
        Counts(n_units), key, title, data, columns, note, estimator=results.estimator, group="dyad"
    )
