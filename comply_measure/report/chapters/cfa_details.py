"""Cross-validation, unstandardised estimates, residuals, modification indices and covariance matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.report.parts import Block, Details, Notice
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.evidence.fits import NamedFit
    from comply_measure.evidence.topics.cfa import CfaEvidence
    from comply_measure.report.labels import Labels

_ROWS = 12


def detail_blocks(results: CfaEvidence, labels: Labels) -> list[Block]:
    """Folded; nothing without a fitted model."""
    named, details = results.central, results.details
    if named is None:
        return []
    tables = [_estimates(results, named, labels)]
    if details is not None:
        if len(details.residuals):
            tables.append(_residuals(results, named, details.residuals, labels))
        if len(details.indices):
            tables.append(_indices(results, named, details.indices, labels))
        if len(details.covariance):
            tables.append(_covariance(results, details.covariance, labels))
    return [Details("Unstandardised estimates, residuals, covariance matrix", tuple(tables))]


def cross_blocks(results: CfaEvidence) -> list[Block]:
    """How well the structures tell the answers of other firms or units; or why that was not asked."""
    table = results.cross
    if table.empty:
        hidden = results.cross_obstacle in ("", "not asked for")
        return [] if hidden else [Notice(f"No cross-validation: {results.cross_obstacle}.", "info")]
    words = {named.key: named.label for named in results.fits} | {"saturated": "No structure"}
    data = table.assign(label=[words.get(key, key) for key in table["model"]])
    by, folds = str(table["cluster"].iloc[0]), int(table["folds"].iloc[0])
    return [
        table_of(
            results,
            "cfa_cross_validation",
            f"{results.title}: how the structures tell the answers of other {by}s",
            data,
            (
                of("model", "label"),
                of("deviance", "deviance"),
                of("deviance", "in_sample", heading="in sample"),
                of("difference", "difference"),
                "ci3",
                of("p", "p"),
                "remark",
            ),
            f"Cross-validation in {folds} parts of whole {by}s. Deviance: −2 log-likelihood per informant whose "
            f"{by} the "
            "fit has not seen; with two parts of complete answers Cudeck and Browne's (1983) index plus a constant. "
            f"Difference: deviance of one factor less that of the structure, errors over {by}s.",
            estimator="ML, full information",
        )
    ]


def _title(results: CfaEvidence, what: str, named: NamedFit) -> str:
    return f"{results.title}: {what}, model '{named.label}'"


def _words(labels: Labels, lhs: str, op: str, rhs: str) -> str:
    left, right = labels.construct(lhs), labels.construct(rhs) if rhs else ""
    return {"~1": f"{left} (intercept)", "~~": f"{left} ~~ {right}"}.get(op, f"{left} {op} {right}")


def _estimates(results: CfaEvidence, named: NamedFit, labels: Labels) -> TableSpec:
    table = named.fit.estimates.reset_index(drop=True)
    names = zip(table["lhs"], table["op"], table["rhs"], strict=True)
    data = table.assign(label=[_words(labels, *map(str, name)) for name in names])
    fixed = data["se"] == 0
    unknown = data["se"].isna()
    data["note"] = [
        "fixed" if a else "no standard error" if b else "" for a, b in zip(fixed, unknown, strict=True)
    ]
    data["se"] = data["se"].mask(fixed)
    columns: Columns = (of("parameter", "label"), of("estimate", "est"), "se", of("p", "pvalue"), "remark")
    return table_of(
        results,
        "cfa_estimates",
        _title(results, "unstandardised estimates", named),
        data,
        columns,
        rows_shown=_ROWS,
        warnings=named.warnings,
    )


def _residuals(results: CfaEvidence, named: NamedFit, table: pd.DataFrame, labels: Labels) -> TableSpec:
    pairs = zip(table["first"], table["second"], strict=True)
    data = table.assign(label=[f"{labels.construct(a)}, {labels.construct(b)}" for a, b in pairs])
    columns: Columns = (of("variables", "label"), of("residual_r", "residual"))
    return table_of(
        results, "cfa_residuals", _title(results, "largest residual correlations", named), data, columns
    )


def _indices(results: CfaEvidence, named: NamedFit, table: pd.DataFrame, labels: Labels) -> TableSpec:
    names = zip(table["lhs"], table["op"], table["rhs"], strict=True)
    data = table.assign(label=[_words(labels, *map(str, name)) for name in names])
    columns: Columns = (
        of("parameter", "label"),
        of("modification_index", "mi"),
        of("expected_change", "epc"),
    )
    note = "Searching by these indices turns a test into an exploration (MacCallum et al., 1992)."
    return table_of(
        results,
        "cfa_modification",
        _title(results, "largest modification indices", named),
        data,
        columns,
        note,
    )


def _covariance(results: CfaEvidence, table: pd.DataFrame, labels: Labels) -> TableSpec:
    names = [str(name) for name in table.columns if name != "variable"]
    data = table.assign(label=[labels.construct(name) for name in table["variable"]])
    columns: Columns = (
        of("variable", "label"),
        *(of("covariance", name, heading=labels.construct(name)) for name in names),
    )
    return table_of(
        results,
        "cfa_covariance",
        f"{results.title}: covariance matrix of the {results.indicator_kind}",
        data,
        columns,
        "What the models were fitted to; divisor n.",
        rows_shown=_ROWS,
    )
