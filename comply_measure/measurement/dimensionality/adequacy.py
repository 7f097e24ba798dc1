"""Whether items share enough to be factored: Kaiser–Meyer–Olkin and Bartlett's test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.correlations import ItemCorrelation
from comply_measure.measurement.dimensionality.factor_analyzer_engine import factor_analyzer_part
from comply_measure.measurement.frames import joined
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import correlation_range, is_count, require
from comply_measure.results import Result
from comply_measure.statistics.correlation import to_correlations
from comply_measure.statistics.reasons import with_reasons

Engine = Literal["own", "factor_analyzer"]
SINGULAR = 1e-10  # smallest eigenvalue of a correlation matrix that has an inverse


@dataclass(frozen=True, slots=True)
class SamplingAdequacy(Result):
    """KMO and Bartlett's test of one correlation matrix.

    Attributes
    ----------
    items : tuple of str
    kmo : float
        Overall measure of sampling adequacy.
    kmo_items : ndarray, shape (p,)
    chisq, pvalue, log_determinant : float
        Bartlett's test.
    df, n : int
    kind, missing, note : str
    """

    items: tuple[str, ...]
    kmo: float
    kmo_items: Floats
    chisq: float
    df: int
    pvalue: float
    log_determinant: float
    n: int
    kind: str
    missing: str
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row for the set and one per item: item, kmo, chisq, df, pvalue, n, kind, missing, note, reason."""
        rows = [
            {"item": "all", "kmo": self.kmo, "chisq": self.chisq, "df": self.df, "pvalue": self.pvalue},
            *({"item": item, "kmo": k} for item, k in zip(self.items, self.kmo_items, strict=True)),
        ]
        table = pd.DataFrame(rows, columns=["item", "kmo", "chisq", "df", "pvalue"])
        table = table.assign(n=self.n, kind=self.kind, missing=self.missing, note=self.note)
        return with_reasons(
            table, dict.fromkeys(("chisq", "df", "pvalue"), "Bartlett's test is of all items")
        )


class Kmo(tuple[float, Floats]):
    """Measure of sampling adequacy: a pair ``(overall, by_item)`` with the reason for what is undefined.

    Attributes
    ----------
    overall : float
    by_item : ndarray, shape (p,)
    note : str
        Why numbers are NaN; empty when there is none.
    """

    note: str

    def __new__(cls, overall: float, by_item: Floats, note: str = "") -> Self:
        """A pair, unpacked as one."""
        made = super().__new__(cls, (overall, by_item))
        made.note = note
        return made

    def __getnewargs__(self) -> tuple[float, Floats, str]:
        """For copies."""
        return (*self, self.note)

    @property
    def overall(self) -> float:
        """Of all items."""
        return self[0]

    @property
    def by_item(self) -> Floats:
        """Per item."""
        return self[1]

    def __repr__(self) -> str:
        """With the reason."""
        return f"Kmo(overall={self.overall!r}, by_item={self.by_item!r}, note={self.note!r})"


class Sphericity(tuple[float, int, float]):
    """Bartlett's test: a triple ``(chisq, df, pvalue)`` with the reason for what is undefined.

    Attributes
    ----------
    chisq : float
    df : int
    pvalue : float
    note : str
        Why numbers are NaN; empty when there is none.
    """

    note: str

    def __new__(cls, chisq: float, df: int, pvalue: float, note: str = "") -> Self:
        """A triple, unpacked as one."""
        made = super().__new__(cls, (chisq, df, pvalue))
        made.note = note
        return made

    def __getnewargs__(self) -> tuple[float, int, float, str]:
        """For copies."""
        return (*self, self.note)

    @property
    def chisq(self) -> float:
        """The statistic."""
        return self[0]

    @property
    def df(self) -> int:
        """Degrees of freedom: pairs of items."""
        return self[1]

    @property
    def pvalue(self) -> float:
        """Of the χ² distribution."""
        return self[2]

    def __repr__(self) -> str:
        """With the reason."""
        return f"Sphericity(chisq={self.chisq!r}, df={self.df!r}, pvalue={self.pvalue!r}, note={self.note!r})"


def kmo(correlation: Floats) -> Kmo:
    """Measure of sampling adequacy (Kaiser 1970; Kaiser & Rice 1974), overall and by item.

    ``Σ_{j≠i} r²_ij / (Σ r²_ij + Σ q²_ij)`` with the partial correlations ``q_ij = −(R⁻¹)_ij / √((R⁻¹)_ii
    (R⁻¹)_jj)`` of two items given all others (not the anti-image of a pseudo-inverse: NaN when R is singular).

    Parameters
    ----------
    correlation : ndarray, shape (p, p)

    Returns
    -------
    Kmo
        A pair ``(overall, by_item)``; its ``note`` says why a number is NaN: too few items, undefined correlations, a
        singular matrix, or an item that has no correlations at all.

    Raises
    ------
    InputError
        For a matrix that is not one of correlations.
    """
    require("Sampling adequacy cannot be computed.", correlation_range("correlation", correlation))
    p = len(correlation)
    nothing = np.full(p, np.nan)
    if note := _undefined(correlation):
        return Kmo(float("nan"), nothing, note)
    inverse: Floats = np.linalg.inv(correlation).astype(np.float64)
    partial = to_correlations(inverse)
    off = 1.0 - np.eye(p)
    r2, q2 = (correlation**2 * off).sum(axis=1), (partial**2 * off).sum(axis=1)
    with np.errstate(invalid="ignore"):
        overall, by_item = float(np.divide(r2.sum(), r2.sum() + q2.sum())), np.asarray(r2 / (r2 + q2))
    note = _without(f"item {k + 1}" for k in np.flatnonzero(np.isnan(by_item)).tolist())
    return Kmo(overall, by_item, note)


def _undefined(correlation: Floats) -> str:
    """Why there is no inverse and no determinant; empty where there are."""
    if len(correlation) < 2:
        return "fewer than 2 items"
    if not np.isfinite(correlation).all():
        return "correlations are undefined"
    return "the correlation matrix is singular" if np.linalg.eigvalsh(correlation)[0] <= SINGULAR else ""


def bartlett_sphericity(correlation: Floats, n: int) -> Sphericity:
    """Bartlett's (1951) test that all correlations are zero: χ², df, p.

    ``χ² = −(n − 1 − (2p + 5)/6) log|R|`` on p(p − 1)/2 degrees of freedom. The log-determinant is taken from
    the eigenvalues, so it does not underflow for many items; a singular matrix gives NaN, not infinity.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n : int
        Informants.

    Returns
    -------
    Sphericity
        A triple ``(chisq, df, pvalue)``; χ² and p are NaN for too few items or informants, undefined correlations and
        a singular matrix, as its ``note`` says.

    Raises
    ------
    InputError
        For a matrix that is not one of correlations, or a negative number of informants.
    """
    from scipy import stats

    require(
        "Bartlett's test cannot be made.",
        correlation_range("correlation", correlation),
        ("n", n, "a number of informants", is_count(n, 0)),
    )
    p = len(correlation)
    df = p * (p - 1) // 2
    factor = n - 1 - (2 * p + 5) / 6
    few = f"{n} informants are too few for a test of {p} items" if factor <= 0 else ""
    if note := _undefined(correlation) or few:
        return Sphericity(float("nan"), df, float("nan"), note)
    chisq = max(0.0, -factor * float(np.log(np.linalg.eigvalsh(correlation)).sum()))
    return Sphericity(chisq, df, float(stats.chi2.sf(chisq, df)))


def sampling_adequacy(correlation: ItemCorrelation, engine: Engine = "own") -> SamplingAdequacy:
    """KMO and Bartlett's test.

    Parameters
    ----------
    correlation : ItemCorrelation
    engine : {"own", "factor_analyzer"}
        ``factor_analyzer`` confirms the values; it knows complete Pearson correlations only.

    Returns
    -------
    SamplingAdequacy
        NaN with a note for fewer than two items, an undefined or a singular matrix.

    Raises
    ------
    InputError
        Unknown engine; factor_analyzer with missing answers or polychoric correlations, or not installed.
    """
    if engine not in get_args(Engine):
        problem = Problem("engine", value=engine, allowed=", ".join(get_args(Engine)))
        raise InputError("Sampling adequacy cannot be computed.", [problem])
    found = kmo(correlation.matrix)
    test = bartlett_sphericity(correlation.matrix, correlation.n)
    note = _note(correlation, found, test)
    (overall, by_item), (chisq, df, pvalue) = found, test
    if engine == "factor_analyzer" and np.isfinite(overall):
        overall, by_item, chisq, pvalue = _confirmed(correlation)
    usable = correlation.defined and correlation.positive_definite
    logdet = float(np.linalg.slogdet(correlation.matrix)[1]) if usable else float("nan")
    return SamplingAdequacy(
        correlation.items,
        overall,
        by_item,
        chisq,
        df,
        pvalue,
        logdet,
        correlation.n,
        correlation.kind,
        correlation.missing,
        note,
    )


def _note(correlation: ItemCorrelation, found: Kmo, test: Sphericity) -> str:
    if len(correlation.items) < 2:
        return joined("fewer than 2 items vary", correlation.remarks)
    if correlation.note:
        return correlation.remarks
    reason = _undefined(correlation.matrix)
    alone = [] if reason else np.flatnonzero(np.isnan(found.by_item)).tolist()
    return joined(reason or test.note, _without(correlation.items[k] for k in alone), correlation.remarks)


def _without(alone: Iterable[object]) -> str:
    """That items have no correlation, so that their measure is 0/0; empty for none."""
    names = [str(item) for item in alone]
    return f"no correlation with another item: {', '.join(names)}" if names else ""


def _confirmed(correlation: ItemCorrelation) -> tuple[float, Floats, float, float]:
    if correlation.kind != "pearson" or np.isnan(correlation.values).any():
        problem = Problem("engine", value="factor_analyzer", allowed="complete answers, Pearson correlations")
        raise InputError("factor_analyzer cannot confirm this matrix.", [problem])
    library = factor_analyzer_part("factor_analyzer")
    by_item, overall = library.calculate_kmo(correlation.values)
    chisq, pvalue = library.calculate_bartlett_sphericity(correlation.values)
    return float(overall), np.asarray(by_item), float(chisq), float(pvalue)
