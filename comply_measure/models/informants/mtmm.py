"""The multitrait-multi-informant matrix (Campbell & Fiske 1959)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.tables.numbers import column_problem
from comply_measure.tables.wide import wide_column

KINDS = {
    (True, False): "monotrait-heteroinformant",
    (False, True): "heterotrait-monoinformant",
    (False, False): "heterotrait-heteroinformant",
}

FEW, FLAT = "fewer than 3 units with both", "a score does not vary among the units with both"


@dataclass(frozen=True)
class MultitraitMatrix(Result):
    """Correlations of all dimensions as all roles rate them.

    Attributes
    ----------
    matrix : DataFrame
        Square, rows and columns ``dimension.role`` ordered by role; the diagonal holds reliabilities if given,
        else NaN.
    pairs : DataFrame
        ``dimension_1, role_1, dimension_2, role_2, kind, correlation, n, note`` (pairwise complete units).
    summary : DataFrame
        ``kind, n_correlations, mean, minimum, maximum, note``.
    criteria : DataFrame
        Campbell and Fiske's comparisons: for each validity coefficient, how many of the heterotrait
        correlations in its row and column (hetero- and mono-informant) it exceeds; the note says where there is none.
    n_units : int
    """

    matrix: pd.DataFrame
    pairs: pd.DataFrame
    summary: pd.DataFrame
    criteria: pd.DataFrame
    n_units: int

    def tidy(self) -> pd.DataFrame:
        """Return one row per correlation."""
        return self.pairs.copy()


def mtmm_table(
    wide: pd.DataFrame,
    dimensions: Sequence[str],
    roles: Sequence[str],
    reliability: Mapping[tuple[str, str], float] | None = None,
) -> MultitraitMatrix:
    """Multitrait-multi-informant correlations of dimension scores.

    Parameters
    ----------
    wide : DataFrame
        One row per unit with columns ``dimension.role``.
    dimensions, roles : sequence of str
    reliability : mapping, optional
        (dimension, role) → reliability, for the diagonal.

    Returns
    -------
    MultitraitMatrix
        A correlation with a constant column or fewer than three units is NaN.
    """
    cells = [(d, r) for r in roles for d in dimensions]
    names = [wide_column(d, r) for d, r in cells]
    faults = [column_problem(wide, name) for name in dict.fromkeys(names)]
    faults += [Problem("is named twice", column=n) for n in dict.fromkeys(names) if names.count(n) > 1]
    problems = [fault for fault in faults if fault is not None]
    if problems:
        raise InputError("The matrix of dimensions and roles cannot be made.", problems)
    scores = wide[names].astype(float)
    matrix = scores.corr(min_periods=3)
    correlation = matrix.to_numpy()
    present = scores.notna().to_numpy(dtype=float)
    counts = (present.T @ present).astype(int)
    rows = []
    for i, (d1, r1) in enumerate(cells):
        for j in range(i + 1, len(cells)):
            d2, r2 = cells[j]
            kind, r, n = KINDS[(d1 == d2, r1 == r2)], correlation[i, j], counts[i, j]
            note = "" if not np.isnan(r) else (FEW if n < 3 else FLAT)
            rows.append((d1, r1, d2, r2, kind, r, n, note))
    columns = ["dimension_1", "role_1", "dimension_2", "role_2", "kind", "correlation", "n", "note"]
    pairs = pd.DataFrame(rows, columns=columns)
    grouped = pairs.groupby("kind", sort=False)["correlation"]
    summary = grouped.agg(n_correlations="count", mean="mean", minimum="min", maximum="max").reset_index()
    summary["note"] = np.where(summary["n_correlations"] == 0, "no correlation is defined", "")
    values = matrix.to_numpy(copy=True)
    np.fill_diagonal(values, [(reliability or {}).get(cell, np.nan) for cell in cells])
    shown = pd.DataFrame(values, index=names, columns=names)
    return MultitraitMatrix(shown, pairs, summary, _criteria(pairs), int(scores.notna().any(axis=1).sum()))


def _criteria(pairs: pd.DataFrame) -> pd.DataFrame:
    rows = []
    hetero = pairs[pairs["kind"] != "monotrait-heteroinformant"]
    for one in pairs[pairs["kind"] == "monotrait-heteroinformant"].itertuples():
        ends = {(one.dimension_1, one.role_1), (one.dimension_2, one.role_2)}
        first = list(zip(hetero["dimension_1"], hetero["role_1"], strict=True))
        second = list(zip(hetero["dimension_2"], hetero["role_2"], strict=True))
        touches = np.array([a in ends or b in ends for a, b in zip(first, second, strict=True)], dtype=bool)
        same_block = hetero["kind"].to_numpy() == "heterotrait-monoinformant"
        roles = {one.role_1, one.role_2}
        between = np.array([{a[1], b[1]} == roles for a, b in zip(first, second, strict=True)], dtype=bool)
        values = hetero["correlation"].to_numpy()
        for kind, chosen in (
            ("heterotrait-heteroinformant", touches & ~same_block & between),
            ("heterotrait-monoinformant", touches & same_block),
        ):
            compared = values[chosen & ~np.isnan(values)]
            rows.append(
                (one.dimension_1, one.role_1, one.role_2, kind, one.correlation, len(compared),
                 int((one.correlation > compared).sum()), one.note)
            )  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=["dimension", "role_1", "role_2", "against", "validity", "n_compared", "n_exceeded", "note"],
    )
