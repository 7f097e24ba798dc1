"""Convergent validity: loadings, average variance extracted, Fornell and Larcker's comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import fit_notes, require_one_block
from comply_measure.measurement.frames import check_scales, item_values, joined, runs_against, varying_items
from comply_measure.measurement.moments import pairwise_correlations
from comply_measure.measurement.reliability.composite import composite_reliability
from comply_measure.results import Result
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.sem.inference.standardized import standardise
from comply_measure.sem.language.quoting import quoted
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.reasons import undefined_because

# Absolute correlation above which two items carry the same information.
PERFECT = 1.0 - 1e-8
CORRELATIONS_UNDEFINED = "correlations of factors are undefined"
_LOADING = ("construct", "item", "loading", "se", "lower", "upper")
_CORRELATION = ("construct", "other", "correlation", "se", "lower", "upper")


@dataclass(frozen=True, slots=True)
class ConvergentValidity(Result):
    """Standardised loadings and what follows from them.

    Attributes
    ----------
    constructs : tuple of str
    loadings : DataFrame
        construct, item, loading, se, lower, upper.
    correlations : DataFrame
        construct, other, correlation, se, lower, upper of the factors.
    ave : mapping of str to float
        NaN for a construct with one item, or with a negative residual variance.
    ave_se : mapping of str to float
        Standard errors of AVE by the delta method; NaN without those of the loadings.
    n_informants : int
    note : str
    """

    constructs: tuple[str, ...]
    loadings: pd.DataFrame
    correlations: pd.DataFrame
    ave: Mapping[str, float]
    ave_se: Mapping[str, float]
    n_informants: int
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per construct.

        Columns: construct, n_items, composite_reliability, ave, ave_se, sqrt_ave, loading_min, loading_max,
        weakest_item, largest_correlation, with_construct, fornell_larcker (√AVE above all its correlations),
        n_informants, note.
        """
        return pd.DataFrame([self._row(key) for key in self.constructs])

    def fornell_larcker(self) -> pd.DataFrame:
        """One row per pair: construct, other, squared_correlation, ave, ave_other, satisfied.

        A pair satisfies Fornell & Larcker (1981) when both AVE exceed the squared correlation; None where a
        value is undefined, with the reason in ``attrs["undefined"]``.
        """
        rows = []
        for _, row in self.correlations.iterrows():
            a, b = str(row["construct"]), str(row["other"])
            shared, one, two = float(row["correlation"]) ** 2, self.ave[a], self.ave[b]
            known = all(math.isfinite(v) for v in (shared, one, two))
            rows.append((a, b, shared, one, two, min(one, two) > shared if known else None))
        names = ["construct", "other", "squared_correlation", "ave", "ave_other", "satisfied"]
        table = pd.DataFrame(rows, columns=names).assign(n_informants=self.n_informants)
        sizes = self.loadings.groupby("construct")["loading"]
        reasons = [_why_no_ave(key, self.ave[key], sizes.get_group(key)) for key in self.constructs]
        return undefined_because(table, joined(self.note, *reasons) or CORRELATIONS_UNDEFINED)

    def _row(self, key: str) -> dict[str, object]:
        mine = self.loadings[self.loadings["construct"] == key]
        size = mine["loading"].abs()
        among = self.correlations[
            (self.correlations["construct"] == key) | (self.correlations["other"] == key)
        ]
        strongest = among["correlation"].abs()
        ave = self.ave[key]
        largest, partner, above = math.nan, "", None
        if len(among) and strongest.notna().any():
            row = among.iloc[int(np.nanargmax(strongest.to_numpy()))]
            largest = float(strongest.max())
            partner = str(row["other"] if row["construct"] == key else row["construct"])
            above = math.sqrt(ave) > largest if math.isfinite(ave) else None
        known = bool(size.notna().any())
        return {
            "construct": key,
            "n_items": len(mine),
            "composite_reliability": composite_reliability(mine["loading"])
            if math.isfinite(ave)
            else math.nan,
            "ave": ave,
            "ave_se": self.ave_se[key] if math.isfinite(ave) else math.nan,
            "sqrt_ave": math.sqrt(ave) if ave >= 0 else math.nan,
            "loading_min": float(size.min()) if known else math.nan,
            "loading_max": float(size.max()) if known else math.nan,
            "weakest_item": str(mine["item"].iloc[int(np.nanargmin(size.to_numpy()))]) if known else "",
            "largest_correlation": largest,
            "with_construct": partner,
            "fornell_larcker": above,
            "n_informants": self.n_informants,
            "note": joined(
                self.note,
                _why_no_ave(key, ave, size),
                _turned(mine),
                _alone(key, len(self.constructs), largest),
            ),
        }


def _why_no_ave(key: str, ave: float, size: pd.Series[float]) -> str:
    if math.isfinite(ave):
        return ""
    return f"{key}: one item, no AVE" if len(size) < 2 else f"{key}: a standardised loading above 1, no AVE"


def _turned(mine: pd.DataFrame) -> str:
    """Items whose loadings have another sign than most of their construct."""
    loading = mine["loading"]
    sign = np.sign(np.sign(loading).sum()) or np.sign(loading.sum()) or 1.0
    return runs_against([str(item) for item in mine.loc[sign * loading < 0, "item"]])


def _alone(key: str, n_constructs: int, largest: float) -> str:
    if math.isfinite(largest):
        return ""
    return (
        f"{key}: the only construct, no correlations"
        if n_constructs == 1
        else f"{key}: correlations undefined"
    )


def measurement_model(scales: Mapping[str, Sequence[str]]) -> str:
    """Correlated factors with variance 1; the residual variance of a single indicator is 0."""
    lines = [f"{quoted(key)} =~ NA*{' + '.join(map(quoted, items))}" for key, items in scales.items()]
    return "\n".join([*lines, *(f"{key} ~~ 1*{key}" for key in map(quoted, scales))])


def fit_measurement(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
) -> Fit:
    """Fit correlated factors with variance 1, each item on its construct alone; a single item is free of error.

    Parameters
    ----------
    data : DataFrame
        One row per informant; items recoded to one direction.
    scales : mapping
        Construct → items.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        Absent columns; items without answers, without variance, or perfectly correlated ones, each named.
    ComplyError
        When the engine cannot fit the model.
    """
    check_measurement(data, scales, cluster)
    return fit_model(
        measurement_model(scales), data, estimator=estimator, missing=missing, cluster=cluster, std_lv=True
    )


def check_measurement(data: pd.DataFrame, scales: Mapping[str, Sequence[str]], cluster: str | None) -> None:
    """Raise one InputError that names every item no factor model can hold."""
    check_scales(data, scales, [cluster])
    items = list(dict.fromkeys(item for members in scales.values() for item in members))
    values = item_values(data, items)
    kept, faults = varying_items(values, items)
    problems = [Problem(reason, column=item) for item, reason in faults]
    r = np.abs(pairwise_correlations(values[:, kept]))
    with np.errstate(invalid="ignore"):
        first, second = np.nonzero(np.triu(r > PERFECT, 1))
    problems += [
        Problem(f"perfectly correlated with {items[kept[j]]}", column=items[kept[i]])
        for i, j in zip(first, second, strict=True)
    ]
    if problems:
        raise InputError("The measurement model cannot be fitted.", problems)


def convergent_validity(
    fit: Fit, scales: Mapping[str, Sequence[str]], *, confidence: float = 0.95
) -> ConvergentValidity:
    """Standardised loadings, AVE and factor correlations of a fitted measurement model.

    ``AVE = Σ λ² / J`` of the standardised loadings (Fornell & Larcker 1981). Intervals by the delta method, robust
    or cluster-robust as the fit's standard errors are.

    Parameters
    ----------
    fit : Fit
        Factor model of one group in which each item loads on its construct alone; higher-order factors may
        stand above.
    scales : mapping
        Construct → items.
    confidence : float
        Of the intervals.

    Raises
    ------
    ComplyError
        When the model did not converge, has several groups or levels, or does not measure these constructs.
    """
    require_one_block(fit, "convergent validity")
    if fit.unreached:
        raise ComplyError(
            f"the measurement model {fit.unreached} ({fit.n} informants, {fit.npar} parameters)"
        )
    check_confidence(confidence, "Convergent validity cannot be computed.")
    half, table = float(ndtri(0.5 + confidence / 2.0)), fit.standardized()
    keyed = {
        (str(l), str(o), str(r)): (float(e), float(s), float(e - half * s), float(e + half * s))
        for l, o, r, e, s in zip(*(table[c] for c in ("lhs", "op", "rhs", "est_std", "se")), strict=True)
    }
    rows = []
    for key, items in scales.items():
        for item in items:
            if (key, "=~", item) not in keyed:
                raise ComplyError(f"the model does not measure {key} by {item}")
            rows.append((key, item, *keyed[key, "=~", item]))
    loadings = pd.DataFrame(rows, columns=list(_LOADING))
    ave = {}
    for key, items in scales.items():
        square = loadings.loc[loadings["construct"] == key, "loading"].to_numpy() ** 2
        ave[key] = float(square.mean()) if len(items) > 1 and (square <= 1.0).all() else math.nan
    correlations = pd.DataFrame(_correlations(fit, list(scales), keyed), columns=list(_CORRELATION))
    errors = _ave_errors(fit, scales)
    return ConvergentValidity(tuple(scales), loadings, correlations, ave, errors, fit.n, fit_notes(fit))


def _ave_errors(fit: Fit, scales: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """``SE² = g'VG`` with ``g = (2/J) Σ λ ∂λ/∂θ`` of the standardised loadings and the covariance of the estimates."""
    found, vcov, table = standardise(fit.model, fit.optimum.point, "all"), fit.vcov_array, fit.model.table
    if vcov is None or np.isnan(vcov).any():
        return dict.fromkeys(scales, math.nan)
    place = {name: row for row, name in enumerate(zip(table.lhs, table.op, table.rhs, strict=True))}
    errors = {}
    for key, items in scales.items():
        rows = [place[key, "=~", item] for item in items]
        slope = 2.0 / len(rows) * found.values[rows] @ found.jacobian[rows]
        variance = float(slope @ vcov @ slope)
        errors[key] = math.sqrt(variance) if variance > 0 and len(items) > 1 else math.nan
    return errors


def _correlations(
    fit: Fit, names: list[str], keyed: dict[tuple[str, str, str], tuple[float, float, float, float]]
) -> list[tuple[object, ...]]:
    """Factor correlations; those implied by a higher-order factor come without errors."""
    at, layout = fit.optimum.point.implied[0], fit.model.layouts[0]
    spread = np.sqrt(np.diag(at.V))
    rows: list[tuple[object, ...]] = []
    for a, b in combinations(names, 2):
        found = keyed.get((a, "~~", b)) or keyed.get((b, "~~", a))
        if found is None or layout.has_paths:
            i, j = layout.sources.index(a), layout.sources.index(b)
            implied = float(at.V[i, j] / (spread[i] * spread[j]))
            found = (implied, math.nan, math.nan, math.nan)
        rows.append((a, b, *found))
    return rows
