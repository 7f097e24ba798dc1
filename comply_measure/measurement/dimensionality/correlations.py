"""Correlation matrices of items for factor analysis: Pearson or polychoric, under named treatments of gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_scales, item_values, joined, listed, varying_items
from comply_measure.measurement.moments import Floats, item_covariance, pairwise_correlations
from comply_measure.results import Result
from comply_measure.statistics.correlation import to_correlations

Kind = Literal["pearson", "polychoric"]
Treatment = Literal["ml", "pairwise", "listwise"]


@dataclass(frozen=True, slots=True)
class ItemCorrelation(Result):
    """Correlations of the items that vary.

    Attributes
    ----------
    items : tuple of str
        Items kept, in the order given.
    matrix : ndarray, shape (p, p)
        NaN where undefined.
    values : ndarray, shape (n, p)
        Answers it rests on, informants without any answer left out.
    n_informants, n_complete : int
        Informants with any answer, and with all.
    n : int
        n for tests: complete informants (``listwise``), the smallest number two items share (``pairwise``,
        polychoric), all with any answer (``ml``).
    kind, missing : str
    smallest_eigenvalue : float
    dropped : tuple of (str, str)
        Items left out, with the reason.
    note : str
        Why the matrix cannot be used, or what to know about it.
    """

    items: tuple[str, ...]
    matrix: Floats
    values: Floats
    n_informants: int
    n_complete: int
    n: int
    kind: str
    missing: str
    smallest_eigenvalue: float
    dropped: tuple[tuple[str, str], ...]
    note: str

    @property
    def defined(self) -> bool:
        """Whether every correlation is known."""
        return bool(len(self.matrix) and np.isfinite(self.matrix).all())

    @property
    def positive_definite(self) -> bool:
        """Whether the matrix can be inverted."""
        return self.smallest_eigenvalue > 1e-10

    @property
    def remarks(self) -> str:
        """The note, and the items left out."""
        left_out = f"left out: {listed(self.dropped)}" if self.dropped else ""
        return joined(self.note, left_out)

    def tidy(self) -> pd.DataFrame:
        """One row per pair: item, other, correlation, kind, missing, n, note."""
        first, second = np.triu_indices(len(self.items), 1)
        names = np.asarray(self.items, dtype=object)
        return pd.DataFrame(
            {
                "item": names[first],
                "other": names[second],
                "correlation": self.matrix[first, second],
                "kind": self.kind,
                "missing": self.missing,
                "n": self.n,
                "note": self.remarks,
            }
        )


def correlate(
    data: pd.DataFrame, items: Sequence[str], *, kind: Kind = "pearson", missing: Treatment = "ml"
) -> ItemCorrelation:
    """Correlation matrix of items.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items recoded.
    items : sequence of str
    kind : {"pearson", "polychoric"}
        Polychoric correlations (two-step maximum likelihood) are pairwise unless ``listwise`` is asked for.
    missing : {"ml", "pairwise", "listwise"}
        ``ml``: saturated maximum-likelihood moments (EM), unbiased when answers are missing at random.

    Returns
    -------
    ItemCorrelation
        Items without variation are left out and named; a matrix that cannot be estimated is NaN, with a note.

    Raises
    ------
    InputError
        Absent or non-numeric items, unknown options.
    """
    check_scales(data, {"items": items})
    options = (("kind", kind, Kind), ("missing", missing, Treatment))
    problems = [
        Problem(name, value=value, allowed=", ".join(get_args(allowed)))
        for name, value, allowed in options
        if value not in get_args(allowed)
    ]
    if problems:
        raise InputError("Correlations cannot be computed.", problems)
    return correlate_values(item_values(data, items), tuple(items), kind, missing)


def correlate_values(
    values: Floats, items: tuple[str, ...], kind: Kind = "pearson", missing: Treatment = "ml"
) -> ItemCorrelation:
    """As :func:`correlate`, from an informant × item array."""
    kept, dropped = varying_items(values, items)
    names = tuple(items[j] for j in kept)
    values = values[:, kept]
    values = values[~np.isnan(values).all(axis=1)] if len(kept) else values[:0]
    present = ~np.isnan(values)
    n_complete = int(present.all(axis=1).sum()) if len(kept) else 0
    if missing == "listwise":
        values = values[present.all(axis=1)]
    matrix, note = _estimate(values, names, kind, missing)
    flags = (~np.isnan(values)).astype(np.float64)
    shared = int((flags.T @ flags).min()) if len(kept) else 0
    n = len(values) if missing == "ml" and kind == "pearson" else shared
    usable = len(matrix) > 0 and bool(np.isfinite(matrix).all())
    smallest = float(np.linalg.eigvalsh(matrix)[0]) if usable else float("nan")
    if usable and smallest <= 1e-10:
        note = f"the matrix is not positive definite: {_why_singular(matrix, names, len(values))}"
    return ItemCorrelation(
        names, matrix, values, len(present), n_complete, n, kind, missing, smallest, dropped, note
    )


def _why_singular(matrix: Floats, names: tuple[str, ...], n: int) -> str:
    first, second = np.nonzero(np.triu(np.abs(matrix) > 1.0 - 1e-8, 1))
    if len(first):
        pairs = [f"{names[i]} and {names[j]}" for i, j in zip(first, second, strict=True)]
        return f"perfectly correlated: {', '.join(pairs[:5])}"
    if n <= len(names):
        return f"{n} informants for {len(names)} items"
    return "too few informants, or items that determine each other"


def _estimate(values: Floats, names: tuple[str, ...], kind: str, missing: str) -> tuple[Floats, str]:
    p = len(names)
    nothing = np.full((p, p), np.nan)
    if p == 0:
        return nothing, "no item varies"
    if len(values) < 3:
        return nothing, f"{len(values)} informants: too few"
    if kind == "polychoric":
        return _polychoric(values, names)
    if missing == "ml" and np.isnan(values).any():
        return _full_information(values)
    matrix = pairwise_correlations(values)
    shared = item_covariance(values).n_pairs
    if (shared < 2).any():
        return matrix, "two items share fewer than 2 informants"
    if not np.isfinite(matrix).all():
        return matrix, "an item is constant among the informants used"
    return matrix, ""


def to_correlation(covariance: Floats) -> tuple[Floats, str]:
    """Correlations of a covariance matrix, and why some are undefined."""
    variance = np.diag(covariance)
    matrix = to_correlations(covariance, root="product")
    matrix = np.where(np.eye(len(matrix), dtype=bool) & (variance > 0), 1.0, matrix)
    if np.isnan(covariance).any():
        return matrix, "two items share fewer than 2 informants"
    if not (variance > 0).all():
        return np.where(np.isfinite(matrix), matrix, np.nan), "an item is constant among the informants used"
    return matrix, ""


def _full_information(values: Floats) -> tuple[Floats, str]:
    from comply_measure.sem.missing.saturated import saturated_moments

    seen = (~np.isnan(values)).astype(np.float64)
    p = values.shape[1]
    if (seen.T @ seen).min() < 2:
        return np.full((p, p), np.nan), "two items share fewer than 2 informants"
    moments = saturated_moments(values)
    if moments.singular or not moments.converged:
        return np.full((p, p), np.nan), "maximum-likelihood moments do not exist: too few informants per item"
    return to_correlation(moments.covariance)


def _polychoric(values: Floats, names: tuple[str, ...]) -> tuple[Floats, str]:
    from comply_measure.sem.ordinal import polychoric_matrix

    try:
        moments = polychoric_matrix(pd.DataFrame(values, columns=list(names)))
    except InputError as error:
        nothing = np.full((len(names), len(names)), np.nan)
        return nothing, "; ".join(str(problem) for problem in error.problems)
    note = ""
    if moments.at_bound:
        pairs = ", ".join(f"{a}–{b}" for a, b in moments.at_bound[:5])
        note = f"polychoric correlation at its bound: {pairs}"
    return np.asarray(moments.covariance), note
