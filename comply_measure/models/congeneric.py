"""Reliability of sum scores from one-factor (congeneric) models: ω_total, AVE, by group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.measurement import average_variance_extracted, composite_reliability
from comply_measure.measurement.frames import check_scales, groups, item_values, joined, runs_against
from comply_measure.measurement.moments import Floats
from comply_measure.models.congeneric_stack import OneFactorFit, one_factor_fits
from comply_measure.results import Result
from comply_measure.sem.language.quoting import quoted
from comply_measure.sem.tables import definitions, normal_quantile

if TYPE_CHECKING:
    from comply_measure.sem import Fit

_FACTOR = "f"
_NAN = math.nan
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class CongenericReliability:
    """One scale in one group.

    Attributes
    ----------
    scale, group : str
        Which.
    omega, lower, upper : float
        ω_total and its interval (delta method on the model's parameters).
    average_variance_extracted : float
        From standardised loadings.
    loading_min, loading_max : float
        Range of the standardised loadings.
    n_indicators, n_informants : int
        Indicators, and informants with at least one of them.
    note : str
        Why a value is undefined, or what to know about the fit.
    """

    scale: str
    group: str
    omega: float
    lower: float
    upper: float
    average_variance_extracted: float
    loading_min: float
    loading_max: float
    n_indicators: int
    n_informants: int
    note: str


@dataclass(frozen=True, slots=True)
class CongenericTable(Result):
    """Reliability of several scales and groups."""

    rows: tuple[CongenericReliability, ...]
    missing: str

    def tidy(self) -> pd.DataFrame:
        """One row per scale and group; columns are the attributes of :class:`CongenericReliability`."""
        names = CongenericReliability.__dataclass_fields__
        return pd.DataFrame([{name: getattr(row, name) for name in names} for row in self.rows])


def congeneric_reliability(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    by: str | None = "role",
    pooled: bool = True,
    missing: str = "ml",
) -> CongenericTable:
    """ω_total and AVE of every scale from a one-factor model, by group and pooled.

    ``ω = (Σλ)² / [(Σλ)² + Σθ]`` (McDonald 1999; for one factor and uncorrelated residuals the same as Jöreskog's
    composite reliability) and ``AVE = mean λ²`` of the standardised loadings (Fornell & Larcker 1981). A model
    of three indicators is just-identified; one of two is not identified, and ω is NaN.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items already recoded.
    scales : mapping of str to sequence of str
        Indicators of each scale (items, or scores of attributes).
    by : str, optional
        Column of the groups.
    pooled : bool
        Whether to add all informants together.
    missing : {"ml", "listwise"}
        Full information, or complete cases.

    Returns
    -------
    CongenericTable
        NaN with a note where the model is not identified, does not converge, or a residual variance is
        negative.
    """
    check_scales(data, scales, [by])
    members = list(groups(data, by, pooled))
    sets = []
    for scale, indicators in scales.items():
        answers = item_values(data, indicators)
        known = ~np.isnan(answers).all(axis=1)
        sets += [AnswerSet(scale, group, tuple(indicators), answers[rows & known]) for group, rows in members]
    return congeneric_of_sets(sets, missing)


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """Answers of one scale in one group.

    Attributes
    ----------
    scale, group : str
    indicators : tuple of str
    answers : ndarray, shape (n, p)
        Informants with any answer; NaN where missing.
    """

    scale: str
    group: str
    indicators: tuple[str, ...]
    answers: Floats


def congeneric_of_sets(sets: Sequence[AnswerSet], missing: str = "ml") -> CongenericTable:
    """:func:`congeneric_reliability` of answers that are at hand, those of all groups fitted together."""
    return CongenericTable(tuple(_rows([_task(given) for given in sets], missing)), missing)


def congeneric_model(indicators: Sequence[str]) -> str:
    """One factor with variance 1, and ω as a defined parameter."""
    names = [quoted(name) for name in indicators]
    loadings = " + ".join(f"l{i}" for i in range(len(indicators)))
    errors = " + ".join(f"e{i}" for i in range(len(indicators)))
    terms = " + ".join(f"NA*{name} + l{i}*{name}" for i, name in enumerate(names))
    lines = [f"{_FACTOR} =~ {terms}", f"{_FACTOR} ~~ 1*{_FACTOR}"]
    lines += [f"{name} ~~ e{i}*{name}" for i, name in enumerate(names)]
    lines.append(f"omega := ({loadings})^2 / (({loadings})^2 + {errors})")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Task:
    """Answers, and why there is no model of them."""

    given: AnswerSet
    note: str


def _task(given: AnswerSet) -> _Task:
    return _Task(given, _obstacle(given.indicators, given.answers))


def _rows(tasks: Sequence[_Task], missing: str) -> Iterator[CongenericReliability]:
    """Fits of a kind as stacks; by the engine, one at a time, what a stack leaves open."""
    together: list[OneFactorFit | None] = [None] * len(tasks)
    if missing in ("ml", "listwise"):
        chosen = [place for place, task in enumerate(tasks) if not task.note]
        tables = [tasks[place].given.answers for place in chosen]
        if missing == "listwise":
            tables = [table[~np.isnan(table).any(axis=1)] for table in tables]
        for place, fit in zip(chosen, one_factor_fits(tables, missing == "listwise"), strict=True):
            together[place] = fit
    for task, solution in zip(tasks, together, strict=True):
        yield _row(task, missing) if solution is None else _from_stack(task, solution)


def _row(task: _Task, missing: str) -> CongenericReliability:
    if task.note:
        return _undefined(task, task.note)
    from comply_measure import sem

    names = list(task.given.indicators)
    try:
        fit = sem.fit(
            congeneric_model(names), pd.DataFrame(task.given.answers, columns=names), missing=missing
        )
    except ComplyError as error:
        return _undefined(task, " ".join(str(error).split()))
    if fit.unreached:
        return _undefined(task, f"the one-factor model {fit.unreached}")
    return _from_fit(task, fit)


def _obstacle(indicators: Sequence[str], answers: Floats) -> str:
    n, p = answers.shape
    if p < 3:
        return "fewer than 3 indicators: a one-factor model is not identified"
    if n <= p:
        return f"{n} informants are too few"
    known = ~np.isnan(answers)
    varies = np.where(known, answers, -np.inf).max(axis=0) > np.where(known, answers, np.inf).min(axis=0)
    flat = [str(name) for name, enough in zip(indicators, varies, strict=True) if not enough]
    return f"no variance: {', '.join(flat)}" if flat else ""


def _from_fit(task: _Task, fit: Fit) -> CongenericReliability:
    table = fit.model.table
    keys = zip(table.lhs, table.op, table.rhs, strict=True)
    estimates = dict(zip(keys, fit.model.values(fit.theta).tolist(), strict=True))
    indicators = task.given.indicators
    loading = [estimates[_FACTOR, "=~", name] for name in indicators]
    residual = [estimates[name, "~~", name] for name in indicators]
    return _solution(task, loading, residual, (_NAN, _NAN) if min(residual) < 0 else _interval(fit))


def _from_stack(task: _Task, fit: OneFactorFit) -> CongenericReliability:
    loading, residual = fit.loading.tolist(), fit.residual.tolist()
    omega, half = composite_reliability(loading, residual), normal_quantile(_LEVEL) * fit.omega_error
    return _solution(task, loading, residual, (omega - half, omega + half))


def _solution(
    task: _Task, loading: list[float], residual: list[float], limits: tuple[float, float]
) -> CongenericReliability:
    indicators = task.given.indicators
    if sum(loading) < 0:  # the sign of a factor is arbitrary
        loading = [-value for value in loading]
    deviation = [math.sqrt(max(a * a + b, 0.0)) for a, b in zip(loading, residual, strict=True)]
    standardised = [a / sd if sd > 0 else _NAN for a, sd in zip(loading, deviation, strict=True)]
    return CongenericReliability(
        task.given.scale,
        task.given.group,
        omega=composite_reliability(loading, residual),
        lower=limits[0],
        upper=limits[1],
        average_variance_extracted=_NAN if min(residual) < 0 else average_variance_extracted(standardised),
        loading_min=min(standardised),
        loading_max=max(standardised),
        n_indicators=len(indicators),
        n_informants=len(task.given.answers),
        note=joined(
            _negative(indicators, residual),
            runs_against([name for name, value in zip(indicators, loading, strict=True) if value < 0]),
        ),
    )


def _interval(fit: Fit) -> tuple[float, float]:
    """Limits of the defined parameter, as in ``fit.estimates``, whose table costs more than the fit."""
    _, _, value, error = definitions(fit.model, fit.theta, fit.vcov_array, fit.optimum.at_bound)
    half = normal_quantile(fit.model.options.level) * float(error[0])
    return float(value[0]) - half, float(value[0]) + half


def _negative(indicators: Sequence[str], residual: Sequence[float]) -> str:
    names = [str(name) for name, value in zip(indicators, residual, strict=True) if value < 0]
    if not names:
        return ""
    return f"negative residual variance of {', '.join(names)} (Heywood case): ω and AVE undefined"


def _undefined(task: _Task, note: str) -> CongenericReliability:
    nothing = (_NAN,) * 6
    n, p = task.given.answers.shape
    return CongenericReliability(task.given.scale, task.given.group, *nothing, p, n, note)
