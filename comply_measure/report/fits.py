"""Fitted models in words, tables and edges of a diagram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from comply_measure.evidence.fits import INDICES, NamedFit, fit_row
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, chi_square, interval, listing
from comply_measure.report.parts import Column, Table

_NAMES = {"cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}

_PAST = {
    "did not converge": "did not converge",
    "no finite optimum": "has no finite optimum",
    "not identified": "is not identified",
}

FIT_COLUMNS: tuple[Column, ...] = (
    Column("Model", "model"),
    Column("n", "n", "count"),
    Column("χ²", "chisq", "number"),
    Column("df", "df", "count"),
    Column("p", "pvalue", "p"),
    Column("CFI", "cfi", "bounded3"),
    Column("TLI", "tli", "bounded3"),
    Column("RMSEA", "rmsea", "bounded3"),
    Column("90% CI", ("rmsea_lower", "rmsea_upper"), "bounded_interval3"),
    Column("SRMR", "srmr", "bounded3"),
    Column("AIC", "aic", "number1"),
    Column("BIC", "bic", "number1"),
)


def fit_table(
    key: str, title: str, fits: Sequence[NamedFit], *, n_units: int, n_informants: int | None, estimator: str
) -> Table:
    """Fit of several models, with a warning for each that did not converge or is not admissible."""
    import pandas as pd

    data = pd.DataFrame([fit_row(named) for named in fits])
    columns = FIT_COLUMNS
    if (data["note"] != "").any():
        columns = (*FIT_COLUMNS, Column("Remark", "note"))
    return Table(
        key,
        title,
        data,
        columns,
        notes=tuple(dict.fromkeys([*_variants(fits), *(text for named in fits for text in named.remarks)])),
        n_units=n_units,
        n_informants=n_informants,
        estimator=estimator,
        warnings=tuple(text for named in fits for text in named.warnings),
    )


def _variants(fits: Sequence[NamedFit]) -> list[str]:
    """Which versions of the test and the indices the table holds."""
    measures = {name for named in fits if not named.obstacle for name in named.fit.measures}
    notes = ["χ² is the scaled test."] if "chisq.scaled" in measures else []
    if "cfi.robust" in measures:
        notes.append(
            "CFI, TLI and RMSEA are the robust versions (Brosseau-Liard & Savalei, 2014; Savalei, 2018)."
        )
    return notes


def fit_sentence(named: NamedFit) -> str:
    """``Second-order: χ²(164) = 215.45, p = .004, CFI = .988, …``; or that there is nothing to report."""
    row = fit_row(named)
    if named.obstacle:
        return f"{named.label}: the model {_PAST[named.obstacle]}, so there is no fit to report."
    rmsea = f"{bounded(row['rmsea'], 3)}, 90% CI {_ci(row)}"
    text = (
        f"{named.label}: {chi_square(row['chisq'], row['df'], row['pvalue'])}, CFI = {bounded(row['cfi'], 3)}, "
        f"TLI = {bounded(row['tli'], 3)}, RMSEA = {rmsea}, SRMR = {bounded(row['srmr'], 3)}."
    )
    return text if named.fit.admissible else f"{text} The solution is not admissible (see the table)."


def convention_sentence(named: NamedFit, cutoffs: Cutoffs) -> str:
    """Which indices lie within the conventions in force, and which do not."""
    row = fit_row(named)
    met = [name for name in INDICES if cutoffs[name].met(float(str(row[name]))) is True]
    missed = [name for name in INDICES if cutoffs[name].met(float(str(row[name]))) is False]
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


def _ci(row: Mapping[str, object]) -> str:
    return interval(row["rmsea_lower"], row["rmsea_upper"], 3, leading_zero=False)
