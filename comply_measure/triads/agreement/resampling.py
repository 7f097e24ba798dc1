"""Random group resampling: are informants of one unit more alike than informants put together at random?

Pseudo-units are made by permuting informants. For distinguishable roles they must be permuted *within*
role, so that every pseudo-unit has the roles of the unit it replaces: free permutation mixes differences
between roles into the comparison and hides agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Bools, Floats, Ints
from comply_measure.statistics.grouping import spread
from comply_measure.statistics.multiplicity import max_t
from comply_measure.tables.long_table import LongTable, long_table

Scheme = Literal["within_role", "free"]
#: Values permuted at once, which bounds memory.
BATCH_VALUES = 2_000_000


@dataclass(frozen=True, slots=True)
class GroupResampling(Result):
    """Random group resampling of several variables.

    Attributes
    ----------
    table : DataFrame
        One row per variable; columns as in :func:`random_group_resampling`.
    means : ndarray, shape (replications, J)
        Mean within-unit variance of every replication; NaN where no unit has two informants.
    scheme : str
        How informants were permuted.
    """

    table: pd.DataFrame
    means: Floats
    scheme: str

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()


def random_group_resampling(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    scheme: Scheme = "within_role",
    replications: int = 1000,
    seed: int | np.random.Generator,
    unit: str = "unit",
    role: str = "role",
    firm: str | None = None,
) -> GroupResampling:
    """Compare within-unit variances with those of pseudo-units (Bliese & Halverson 1996).

    Informants keep their answers and change units; sizes, and within role also the roles present, stay as
    they are. Columns of the table: column, scheme, variance (mean over units with two informants of s²_g),
    variance_random (mean over pseudo-units), sd_random (standard deviation of the variances of single
    pseudo-units), z_published, n_units, n_informants, replications, matched_within (``firm`` or ``all units``), p,
    p_adjusted, note.

    p_adjusted corrects over the variables by Westfall and Young's maximum statistic.
    ``p = (1 + #{mean s² of a replication ≤ observed})/(1 + replications)`` is the test. ``z_published`` is
    the R package's ``(mean s² - mean s²_random)/(sd_random/√G)``; its null standard deviation is not 1
    because all replications share one total variance, so it is not referred to the normal distribution.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    columns : sequence of str
        Scores.
    scheme : {"within_role", "free"}
        Which informants may change places.
    replications : int
        Permutations.
    seed : int or Generator
        Source of randomness.
    unit, role : str
        Key columns; `role` is read within role only.
    firm : str, optional
        Column of the firm: informants change places within their firm only, so that units of one firm being alike
        does not count as agreement of units. Informants without a firm, and a firm with one unit, keep their place.

    Raises
    ------
    InputError
        Unusable table or option.
    """
    _check_options(scheme, replications)
    by_role = role if scheme == "within_role" else None
    table = long_table(data, columns, unit=unit, role=by_role, firm=firm, several=True)
    grouping = table.grouping()
    values = table.values[grouping.order]
    strata, within = strata_of(table, grouping.order, grouping.codes)
    starts = grouping.starts
    rng = np.random.default_rng(seed)
    observed = spread(table.values, grouping).variance
    means, sums, squares, counts = _permute(values, strata, starts, replications, rng)
    rows = [
        _row(column, scheme, observed[:, j], means[:, j], sums[j], squares[j], counts[j])
        for j, column in enumerate(table.columns)
    ]
    frame = pd.DataFrame(rows)
    frame.insert(8, "p_adjusted", max_t(frame["variance"].to_numpy(), means))
    frame.insert(7, "n_informants", (~np.isnan(table.values)).sum(axis=0))
    frame.insert(8, "replications", replications)
    frame.insert(9, "matched_within", within)
    return GroupResampling(frame, means, scheme)


def strata_of(table: LongTable, rows: Ints, unit: Ints) -> tuple[Ints, str]:
    """Within what informants change places: a code per row by role and firm, and its name, ``firm`` or ``all units``.

    Parameters
    ----------
    table : LongTable
        With role and firm where they matter.
    rows : ndarray of int
        Order of the rows.
    unit : ndarray of int
        Unit of every row of the table.
    """
    strata = np.zeros(len(rows), dtype=np.int64)
    if table.role is not None:
        strata = pd.factorize(table.role[rows])[0].astype(np.int64)
    firms = _firm_codes(table.firm[rows], unit[rows]) if table.firm is not None else None
    if firms is None:
        return strata, "all units"
    both = np.unique(np.stack([firms, strata]), axis=1, return_inverse=True)[1]
    return both.ravel().astype(np.int64), "firm"


def _check_options(scheme: str, replications: int) -> None:
    problems = []
    if scheme not in get_args(Scheme):
        problems.append(Problem("scheme", value=scheme, allowed=", ".join(get_args(Scheme))))
    if replications < 19:
        problems.append(Problem("replications", value=replications, allowed="at least 19"))
    if problems:
        raise InputError("Random group resampling cannot be run with these options.", problems)


def _firm_codes(firm: NDArray[Any], unit: Ints) -> Ints | None:
    """Firm of every row, rows without one by unit; None where no firm has two units."""
    codes = pd.factorize(firm, use_na_sentinel=True)[0].astype(np.int64)
    codes = np.where(codes < 0, codes.max(initial=0) + 1 + unit, codes)
    pairs = np.unique(np.stack([codes, unit]), axis=1)
    return codes if len(np.unique(pairs[0])) < pairs.shape[1] else None


def permutations(strata: Ints, replications: int, rng: np.random.Generator) -> Ints:
    """Random row orders that keep every row in its stratum; shape (replications, n)."""
    places = np.argsort(strata, kind="stable")
    keys = strata[places] + rng.random((replications, len(strata)))
    order = np.argsort(keys, axis=1)  # within a stratum the fractions decide
    result = np.empty_like(order)
    result[:, places] = places[order]
    return result


def _permute(
    values: Floats, strata: Ints, starts: Ints, replications: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Ints]:
    """Mean variance per replication, and sum, sum of squares and number of all pseudo-unit variances."""
    n, J = values.shape
    present = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        centre = np.where(present, values, 0.0).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    centred = np.where(present, values - centre, 0.0)
    means = np.full((replications, J), np.nan)
    sums, squares, counts = np.zeros(J), np.zeros(J), np.zeros(J, dtype=np.int64)
    step = max(1, BATCH_VALUES // n)
    for first in range(0, replications, step):
        order = permutations(strata, min(step, replications - first), rng)
        for j in range(J):
            variance = _unit_variances(centred[:, j], present[:, j], order, starts)
            usable = ~np.isnan(variance)
            filled = np.where(usable, variance, 0.0)
            with np.errstate(invalid="ignore", divide="ignore"):
                means[first : first + len(order), j] = filled.sum(axis=1) / usable.sum(axis=1)
            sums[j] += filled.sum()
            squares[j] += (filled**2).sum()
            counts[j] += usable.sum()
    return means, sums, squares, counts


def _unit_variances(x: Floats, present: Bools, order: Ints, starts: Ints) -> Floats:
    """Variances within consecutive segments of permuted rows; shape (replications, G)."""
    moved = x[order]
    n = np.add.reduceat(present[order].astype(np.float64), starts, axis=1)
    total = np.add.reduceat(moved, starts, axis=1)
    square = np.add.reduceat(moved * moved, starts, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (square - total * total / n) / (n - 1.0)
    return np.where(n >= 2, np.maximum(variance, 0.0), np.nan)


def _row(
    column: str, scheme: str, variance: Floats, means: Floats, total: float, square: float, count: int
) -> dict[str, object]:
    known = variance[~np.isnan(variance)]
    G = known.size
    observed = float(known.mean()) if G else np.nan
    random = total / count if count else np.nan
    sd = np.sqrt(max(square - count * random**2, 0.0) / (count - 1)) if count > 1 else np.nan
    tolerance = 1e-9 * max(1e-300, random) if count else 0.0
    hits = int((means <= observed + tolerance).sum())
    note = "" if G else "no unit with 2 informants"
    if G and not (sd > 1e-12 * random and np.ptp(means) > tolerance):
        note = "pseudo-units do not vary: no test"
    return {
        "column": column,
        "scheme": scheme,
        "variance": observed,
        "variance_random": random,
        "sd_random": sd,
        "z_published": (observed - random) / (sd / np.sqrt(G)) if not note else np.nan,
        "n_units": G,
        "p": (1 + hits) / (1 + len(means)) if not note else np.nan,
        "note": note,
    }
