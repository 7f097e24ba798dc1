"""Paths by who rates their ends, in print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from comply_measure.evidence.role_paths import RolePath
from comply_measure.evidence.topics.structure import StructureEvidence
from comply_measure.report.format import listing
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Heading, Notice, Prose
from comply_measure.report.tables import Columns, Counts, of, table_of

if TYPE_CHECKING:
    import pandas as pd

Label = Callable[[str], str]
_PATHS: Columns = (
    of("predictor", "predictor_label"), of("parameter", "raters"), "n_units", of("b", "est"), "se", of("p", "pvalue"),
    of("ci", "ci"), of("beta", "est_std"), "remark",
)  # fmt: skip
_TESTS: Columns = (
    of("predictor", "predictor_label"), of("f", "statistic"), "df1", "df2", of("p", "pvalue"), "p_holm", "remark",
)  # fmt: skip
_DIFFERENCES: Columns = (
    of("predictor", "predictor_label"), of("parameter", "label"), "difference", "se", "df", of("p", "pvalue"), "p_holm",
    of("ci", "ci"), "remark",
)  # fmt: skip
_TEXT = (
    "Each equation has the predictors as one role rates them, and the outcome as the same or another role does. "
    "Scores of one rater are less reliable than unit scores, which weakens these paths; two ratings of one role share "
    "what this role sees in both, which strengthens theirs. A role that answers less reliably has weaker paths. They "
    "are associations in cross-sectional data, no causes."
)
_PATHS_NOTE = "b by least squares over the units with these ratings. β: b·SD(X)/SD(Y)."
_TESTS_NOTES = (
    "Paths of the roles that rate both ends, or the end that is rated. F on df₁ and df₂ degrees of freedom "
    "(Pustejovsky & Tipton, 2018).",
    "p (Holm): corrected over these tests.",
)
_DIFFERENCES_NOTES = (
    "Differences of b, t with Satterthwaite's degrees of freedom. One role less another: where each rates both ends, "
    "or the end that is rated. One rater less two: mean path with one role at both ends less that with different "
    "roles, over the roles that rate both ends. Outcome by its owner less by others: means over the same raters of "
    "the predictors.",
    "p (Holm): corrected over the differences of one kind.",
)


def role_blocks(results: StructureEvidence, label: Label, labels: Labels) -> list[Block]:
    """Paths and tests of every comparison."""
    if not results.by_role:
        return []
    done = [each for each in results.by_role if len(each.paths)]
    blocks: list[Block] = [Heading("Paths by role"), Prose(_TEXT)]
    blocks += [
        Notice(f"{_title(each, label)}: {listing(list(each.notes))}.", "warning")
        for each in results.by_role
        if each.notes
    ]
    if not done:
        return blocks
    counts = Counts(max(each.n_units for each in done))
    estimator = f"Least squares, CR2 errors by {'firm' if results.n_firms > 0 else 'unit'}"
    parts = (
        ("structure_role_paths", "Paths by who rates their ends", _path_rows, _PATHS, (_PATHS_NOTE,)),
        ("structure_role_tests", "Is the path the same whichever role rates it?", _test_rows, _TESTS, _TESTS_NOTES),
        ("structure_role_differences", "Differences of paths by role", _difference_rows, _DIFFERENCES,
         _DIFFERENCES_NOTES),
    )  # fmt: skip
    for key, title, rows, columns, notes in parts:
        data = _rows(done, rows, label, labels)
        blocks.append(
            table_of(counts, key, title, data, columns, *notes, estimator=estimator, group="comparison")
        )
    return blocks


def _title(each: RolePath, label: Label) -> str:
    way = f"{listing([label(name) for name in each.predictors])} → {label(each.outcome)}"
    return f"{each.label}: " * bool(each.label) + way


def _rows(
    done: Sequence[RolePath],
    rows: Callable[[RolePath, Labels], Iterator[dict[str, Any]]],
    label: Label,
    labels: Labels,
) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [
            {"comparison": _title(each, label), "predictor_label": label(str(row["predictor"]))} | row
            for each in done
            for row in rows(each, labels)
        ]
    )


def _path_rows(each: RolePath, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.paths.to_dict("records"):
        first, second = (
            labels.role(str(role)) if role else "" for role in (row["predictor_role"], row["outcome_role"])
        )
        if row["same"]:
            who = f"{first} rates both ends"
        elif first and second:
            who = f"{first} rates the predictors, {second} the outcome"
        else:
            who = f"{first} rates the predictors" if first else f"{second} rates the outcome"
        rating = f"; {row['rating']}-rated outcome" if row["rating"] else ""
        names = ("predictor", "n_units", "est", "se", "pvalue", "est_std", "note")
        ends = {"ci_lower": row["lower"], "ci_upper": row["upper"]}
        yield {str(name): row[name] for name in names} | ends | {"raters": who + rating}


def _test_rows(each: RolePath, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.tests.to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def _difference_rows(each: RolePath, labels: Labels) -> Iterator[dict[str, Any]]:
    for row in each.differences.to_dict("records"):
        first, second = (labels.role(str(role)) if role else "" for role in (row["first"], row["second"]))
        told = {
            "role": f"{first} less {second}",
            "source": "One rater less two",
            "owner": f"Outcome by {first} less by others",
        }[str(row["kind"])]
        names = ("predictor", "difference", "se", "df", "pvalue", "p_holm", "note")
        ends = {"ci_lower": row["lower"], "ci_upper": row["upper"]}
        yield {str(name): row[name] for name in names} | ends | {"label": told}
