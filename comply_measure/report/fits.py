"""Fitted models in words, tables and edges of a diagram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from comply_measure.evidence.fits import INDICES, FitRow, NamedFit, fit_row
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, chi_square, interval, listing
from comply_measure.report.remarks import told_together
from comply_measure.report.tables import Columns, Counted, TableSpec, of, table_of

_NAMES = {"cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}

_PAST = {
    "did not converge": "did not converge",
    "reached no finite optimum": "reached no finite optimum",
    "not identified": "is not identified",
}

FIT: Columns = (
    "model", "n", "chisq", "df", of("p", "pvalue"), "cfi", "tli", "rmsea", "rmsea_ci", "srmr", "aic", "bic", "remark",
)  # fmt: skip


def fit_table(
    result: Counted,
    key: str,
    title: str,
    fits: Sequence[NamedFit],
    *,
    estimator: str | None = None,
    twin: str = "",
) -> TableSpec:
    """Fit of several models of a result, with a warning for each that did not converge or is not admissible."""
    import pandas as pd

    return table_of(
        result,
        key,
        title,
        pd.DataFrame([fit_row(named) for named in fits]),
        FIT,
        *dict.fromkeys([*_variants(fits), *(text for named in fits for text in named.remarks)]),
        estimator=estimator,
        warnings=told_together(text for named in fits for text in named.warnings),
        twin=twin,
    )


def _variants(fits: Sequence[NamedFit]) -> list[str]:
    measures = {name for named in fits if not named.obstacle for name in named.fit.measures}
    return versions(scaled="chisq.scaled" in measures, robust="cfi.robust" in measures)


def versions(*, scaled: bool, robust: bool) -> list[str]:
    """Which versions of the test and the indices a table holds, in sentences."""
    notes = ["χ² is the scaled test."] if scaled else []
    if robust:
        notes.append(
            "CFI, TLI and RMSEA are the robust versions (Brosseau-Liard & Savalei, 2014; Savalei, 2018; of incomplete "
            "answers under full information: Zhang & Savalei, 2023)."
        )
    return notes


def fit_sentence(named: NamedFit) -> str:
    """``Second order: χ²(164, N = 667) = 215.45, p = .004, CFI = .988, …``; or that there is nothing to report."""
    row = fit_row(named)
    if named.obstacle:
        return f"{named.label}: the model {_PAST[named.obstacle]}, so there is no fit to report."
    test = chi_square(row["chisq"], row["df"], row["pvalue"], row["n"])
    rmsea = f"{bounded(row['rmsea'], 3)}, 90% CI {_ci(row)}"
    text = (
        f"{named.label}: {test}, CFI = {bounded(row['cfi'], 3)}, "
        f"TLI = {bounded(row['tli'], 3)}, RMSEA = {rmsea}, SRMR = {bounded(row['srmr'], 3)}."
    )
    return text if named.fit.admissible else f"{text} The solution is not admissible (see the table)."


def convention_sentence(named: NamedFit, cutoffs: Cutoffs) -> str:
    """Which indices lie within the conventions in force, and which do not."""
    row = fit_row(named)
    if row["df"] == 0:
        return f"{named.label} has no degrees of freedom: it reproduces any data, and indices of fit say nothing."
    met = [name for name in INDICES if cutoffs[name].met(row[name]) is True]
    missed = [name for name in INDICES if cutoffs[name].met(row[name]) is False]
    conventions = "; ".join(cutoffs[name].describe() for name in INDICES)
    inside = listing([_NAMES[name] for name in met]) or "none"
    outside = listing([_NAMES[name] for name in missed]) or "none"
    return (
        f"{named.label}, against the conventions {conventions} — within: {inside}; outside: {outside}. "
        "They were studied under other models and samples than this one and are no test."
    )


def range_sentence(values: Iterable[float]) -> str:
    """``from .58 to .79``."""
    present = [value for value in values if math.isfinite(value)]
    return f"from {bounded(min(present))} to {bounded(max(present))}" if present else "undefined"


def _ci(row: FitRow) -> str:
    return interval(row["rmsea_lower"], row["rmsea_upper"], 3, leading_zero=False)
