"""Fitted models with their names in print, and their rows in tables of fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

from comply_measure.errors import ComplyError
from comply_measure.evidence.rules.models import FIT
from comply_measure.evidence.verdicts import Number, Verdict, by_interval

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem import Fit, FitRecord

Index = Literal["cfi", "tli", "rmsea", "srmr"]
Measure = Literal["chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr"]
INDICES: tuple[Index, ...] = ("cfi", "tli", "rmsea", "srmr")
MEASURES: tuple[Measure, ...] = ("chisq", "df", "pvalue", *INDICES)
# A robust index is reported where the estimator has one (Savalei, 2018), else a scaled one, else the plain one.
_VARIANTS = (".robust", ".scaled", "")


@dataclass(frozen=True, eq=False)
class NamedFit:
    """A fitted model with its name in print.

    Parameters
    ----------
    key, label : str
        Name in files, name in print.
    fit : Fit or FitRecord
        The result of ``sem.fit``, or what is stored of it.
    """

    key: str
    label: str
    fit: Fit | FitRecord

    @property
    def live(self) -> Fit:
        """The fit with its model and data.

        Raises
        ------
        ComplyError
            If only its record is left.
        """
        from comply_measure.sem.result import Fit

        if not isinstance(self.fit, Fit):
            raise ComplyError(f"only the record of model '{self.label}' is left")
        return self.fit

    @property
    def obstacle(self) -> str:
        """Why there is nothing to report from the fit; empty if there is."""
        codes = {finding.code for finding in self.fit.problems}
        if self.fit.unreached:
            return self.fit.unreached
        return "not identified" if codes & {"not_identified", "negative_df"} else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Serious findings of the fit, with the model's name."""
        return tuple(f"{self.label}: {finding}." for finding in self.fit.problems if finding.serious)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else the fit has to say."""
        return tuple(f"{self.label}: {finding}." for finding in self.fit.problems if not finding.serious)


def measure(fit: Fit | FitRecord, name: str) -> float:
    """A fit measure in its robust, else scaled, else plain form; NaN where the fit has none."""
    for variant in _VARIANTS:
        value = fit.measures.get(f"{name}{variant}")
        if value is not None and math.isfinite(value):
            return float(value)
    return math.nan


class FitRow(TypedDict):
    """One row of a table of fit; lavaan's names, with what stands in the way of reporting them."""

    key: str
    model: str
    n: int
    chisq: float
    df: float
    pvalue: float
    cfi: float
    tli: float
    rmsea: float
    srmr: float
    aic: float
    bic: float
    rmsea_lower: float
    rmsea_upper: float
    converged: bool
    admissible: bool
    note: str


def fit_row(named: NamedFit) -> FitRow:
    """The row of a fit; numbers are NaN where something stands in the way, but for the degrees of freedom."""
    fit = named.fit
    suffix = ".scaled" if "chisq.scaled" in fit.measures else ""

    def test(name: str) -> float:
        return fit.measures.get(f"{name}{suffix}", math.nan)

    def index(name: str) -> float:
        return math.nan if named.obstacle else measure(fit, name)

    return FitRow(
        key=named.key,
        model=named.label,
        n=fit.n,
        chisq=math.nan if named.obstacle else test("chisq"),
        df=test("df"),
        pvalue=math.nan if named.obstacle else test("pvalue"),
        cfi=index("cfi"),
        tli=index("tli"),
        rmsea=index("rmsea"),
        srmr=index("srmr"),
        aic=index("aic"),
        bic=index("bic"),
        rmsea_lower=index("rmsea.ci.lower"),
        rmsea_upper=index("rmsea.ci.upper"),
        converged=fit.converged,
        admissible=fit.admissible,
        note=named.obstacle or ("" if fit.admissible else "solution not admissible"),
    )


def fit_verdicts(fits: Sequence[NamedFit], conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether each model fits by the conventions; a model without results cannot be judged and is left out."""
    found = []
    for named in fits:
        if named.obstacle:
            continue
        row = fit_row(named)
        answer = by_interval(row["rmsea_lower"], row["rmsea_upper"], conventions["rmsea"], above=False)
        cfi, srmr = row["cfi"] >= conventions["cfi"], row["srmr"] <= conventions["srmr"]
        saturated = row["df"] == 0  # reproduces any data, so that its perfect indices say nothing
        if saturated or row["cfi"] != row["cfi"] or row["srmr"] != row["srmr"]:
            answer = "cannot say"
        elif not cfi and not srmr:
            answer = "not supported"
        elif answer == "supported" and not (cfi and srmr):
            answer = "cannot say"
        numbers: dict[str, Number] = {
            "rmsea_value": row["rmsea"],
            "ci": (row["rmsea_lower"], row["rmsea_upper"]),
            "cfi_value": row["cfi"],
            "srmr_value": row["srmr"],
        }
        case = "saturated" if saturated else ""
        found.append(FIT.verdict(answer, named.label, numbers=numbers, case=case))
    return tuple(found)


def standardized(fit: Fit | FitRecord) -> pd.DataFrame:
    """Completely standardised solution: lhs, op, rhs, est_std, se, pvalue, ci_lower, ci_upper."""
    table = fit.standardized("all")
    return table[["lhs", "op", "rhs", "est_std", "se", "pvalue", "ci_lower", "ci_upper"]].reset_index(
        drop=True
    )


def value_of(table: pd.DataFrame, lhs: str, op: str, rhs: str, column: str = "est_std") -> float:
    """One value of a table of parameters; NaN if the parameter is not in the model."""
    wanted = (lhs, op, rhs)
    names = zip(*(table[part].tolist() for part in ("lhs", "op", "rhs")), strict=True)
    place = next((place for place, name in enumerate(names) if name == wanted), None)
    return math.nan if place is None else float(table[column].to_numpy()[place])


def uncertain(table: pd.DataFrame, lhs: str, op: str, rhs: str) -> bool:
    """Whether the interval of a parameter includes zero or is undefined."""
    lower = value_of(table, lhs, op, rhs, "ci_lower")
    upper = value_of(table, lhs, op, rhs, "ci_upper")
    return not (math.isfinite(lower) and math.isfinite(upper)) or lower <= 0 <= upper


def fit_values(named: NamedFit) -> tuple[dict[str, float | bool], dict[str, str]]:
    """Convergence, admissibility and indices of fit by name; and why an index is undefined."""
    row = fit_row(named)
    values: dict[str, float | bool] = {}
    reasons: dict[str, str] = {}
    for name in MEASURES:
        value = row[name]
        values[name] = value
        if value != value:
            reasons[name] = row["note"] or "not defined for this model"
    return values | {"converged": named.fit.converged, "admissible": named.fit.admissible}, reasons
