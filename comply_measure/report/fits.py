"""Fitted models in words, tables and edges of a diagram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, chi_square, interval, is_undefined, listing
from comply_measure.report.parts import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem import Fit

_INDICES = ("cfi", "tli", "rmsea", "srmr")
_NAMES = {"cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}
# A robust index is reported where the estimator has one (Savalei, 2018), else a scaled one, else the plain one.
_VARIANTS = (".robust", ".scaled", "")

_PAST = {"did not converge": "did not converge", "not identified": "is not identified"}

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


@dataclass(frozen=True, eq=False)
class NamedFit:
    """A fitted model with its name in print.

    Parameters
    ----------
    key, label : str
        Name in files, name in print.
    fit : Fit
        The result of ``sem.fit``.
    """

    key: str
    label: str
    fit: Fit

    @property
    def obstacle(self) -> str:
        """Why there is nothing to report from the fit; empty if there is."""
        codes = {finding.code for finding in self.fit.problems}
        if not self.fit.converged:
            return "did not converge"
        return "not identified" if codes & {"not_identified", "negative_df"} else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Serious findings of the fit, with the model's name."""
        return tuple(f"{self.label}: {finding}." for finding in self.fit.problems if finding.serious)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else the fit has to say."""
        return tuple(f"{self.label}: {finding}." for finding in self.fit.problems if not finding.serious)


def measure(fit: Fit, name: str) -> float:
    """A fit measure in its robust, else scaled, else plain form; NaN where the fit has none."""
    for variant in _VARIANTS:
        value = fit.measures.get(f"{name}{variant}")
        if value is not None and math.isfinite(value):
            return float(value)
    return math.nan


def fit_row(named: NamedFit) -> dict[str, object]:
    """One row of a table of fit; see :data:`FIT_COLUMNS`."""
    fit = named.fit
    note = named.obstacle or ("" if fit.admissible else "solution not admissible")
    suffix = ".scaled" if "chisq.scaled" in fit.measures else ""
    found = {name: fit.measures.get(f"{name}{suffix}", math.nan) for name in ("chisq", "df", "pvalue")}
    found |= {name: measure(fit, name) for name in (*_INDICES, "aic", "bic")}
    found |= {"rmsea_lower": measure(fit, "rmsea.ci.lower"), "rmsea_upper": measure(fit, "rmsea.ci.upper")}
    if named.obstacle:
        found = dict.fromkeys(found, math.nan) | {"df": found["df"]}
    return {
        "key": named.key,
        "model": named.label,
        "n": fit.n,
        **found,
        "converged": fit.converged,
        "admissible": fit.admissible,
        "note": note,
    }


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
    met = [name for name in _INDICES if cutoffs[name].met(float(str(row[name]))) is True]
    missed = [name for name in _INDICES if cutoffs[name].met(float(str(row[name]))) is False]
    conventions = "; ".join(cutoffs[name].describe() for name in _INDICES)
    inside = listing([_NAMES[name] for name in met]) or "none"
    outside = listing([_NAMES[name] for name in missed]) or "none"
    return (
        f"{named.label}, against the conventions {conventions} — within: {inside}; outside: {outside}. "
        "They were studied under other models and samples than this one and are no test."
    )


def standardized(fit: Fit) -> pd.DataFrame:
    """Completely standardised solution: lhs, op, rhs, est_std, se, pvalue, ci_lower, ci_upper."""
    table = fit.standardized("all")
    return table[["lhs", "op", "rhs", "est_std", "se", "pvalue", "ci_lower", "ci_upper"]].reset_index(
        drop=True
    )


def value_of(table: pd.DataFrame, lhs: str, op: str, rhs: str, column: str = "est_std") -> float:
    """One value of a table of parameters; NaN if the parameter is not in the model."""
    found = table[(table["lhs"] == lhs) & (table["op"] == op) & (table["rhs"] == rhs)][column]
    return float(found.iloc[0]) if len(found) else math.nan


def uncertain(table: pd.DataFrame, lhs: str, op: str, rhs: str) -> bool:
    """Whether the interval of a parameter includes zero or is undefined."""
    lower = value_of(table, lhs, op, rhs, "ci_lower")
    upper = value_of(table, lhs, op, rhs, "ci_upper")
    return is_undefined(lower) or is_undefined(upper) or lower <= 0 <= upper


def range_sentence(values: Iterable[float]) -> str:
    """``from .58 to .79``."""
    present = [value for value in values if math.isfinite(value)]
    return f"from {bounded(min(present))} to {bounded(max(present))}" if present else "undefined"


def _ci(row: Mapping[str, object]) -> str:
    return interval(row["rmsea_lower"], row["rmsea_upper"], 3, leading_zero=False)
