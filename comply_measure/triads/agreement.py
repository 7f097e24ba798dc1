"""Within-unit agreement: rwg, rwg(j), r*wg, r'wg, AD, a_wg and SD per unit and scale.

Every index is computed item by item over the informants who answered the item, then averaged over the
items that at least two informants of the unit answered (``missing="itemwise"``). With
``missing="listwise"`` an informant with any missing item of the scale is left out of that scale, which is
what the R package multilevel does up to version 2.7. The counts used stand beside every value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.triads.agreement_result import AgreementResult, Cells, Reason
from comply_measure.triads.frames import long_table, scale_items
from comply_measure.triads.grouping import Floats, Grouping, Ints, Spread, mean_deviation, medians, spread
from comply_measure.triads.nulls import NullDistribution, NullSpec, null_distributions

Index = Literal[
    "rwg_j", "rwg_j_untruncated", "rwg_star_j", "rwg_prime_j", "rwg_prime_j_exact",
    "ad_mean", "ad_median", "awg_j", "sd_wg", "sd_score", "cv_score", "range_score",
]  # fmt: skip
Missing = Literal["itemwise", "listwise"]
INDICES: tuple[Index, ...] = get_args(Index)
NULL_DEPENDENT: frozenset[str] = frozenset({"rwg_j", "rwg_j_untruncated", "rwg_star_j"})


def rwg_j_value(
    mean_variance: Floats, n_items: Ints | int, null_variance: float, *, truncate: bool = True
) -> Floats:
    r"""rwg(j) from mean item variances.

    ``rwg(j) = J q / (J q + 1 - q)`` with ``q = 1 - s̄²/σ²_E`` (James, Demaree & Wolf 1984). With J = 1 this is
    rwg. Truncated: s̄² above σ²_E counts as σ²_E, so the value is 0. Untruncated, the value is negative or
    above 1 there, and undefined (NaN) where ``J q + 1 - q = 0``.

    Parameters
    ----------
    mean_variance : ndarray
        s̄², mean over items of the variances with divisor n - 1; NaN stays NaN.
    n_items : int or ndarray
        J, items averaged.
    null_variance : float
        σ²_E > 0.
    truncate : bool
        Whether to truncate.
    """
    q = 1.0 - np.asarray(mean_variance, dtype=np.float64) / null_variance
    if truncate:
        q = np.maximum(q, 0.0)
    denominator = n_items * q + 1.0 - q
    undefined = np.abs(denominator) < 1e-12
    return np.where(undefined, np.nan, n_items * q / np.where(undefined, 1.0, denominator))


def maximum_variance(n: Ints, minimum: float, maximum: float) -> Floats:
    """Largest variance (divisor n - 1) of n answers between the scale's ends.

    ``(H-L)²/4 · n/(n-1)`` for even n and ``(H-L)²/4 · (n+1)/n`` for odd n: half of the informants at either
    end. NaN below two answers.
    """
    span = (maximum - minimum) ** 2 / 4.0
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(n % 2 == 0, n / (n - 1.0), (n + 1.0) / n)
    return np.where(n >= 2, span * factor, np.nan)


def awg_value(items: Spread, minimum: float, maximum: float) -> Floats:
    """a_wg per unit and item (Brown & Hauenstein 2005).

    ``a_wg = 1 - 2 s² / { [(H+L) M - M² - H L] · n/(n-1) }``; 1 when all informants stand at one end of the
    scale. NaN where ``L(n-1) + H ≤ n M ≤ H(n-1) + L`` does not hold: there the maximum variance the formula
    assumes cannot be reached, and the authors leave the index undefined.

    Parameters
    ----------
    items : Spread
        Counts, means and variances, shape (G, J).
    minimum, maximum : float
        L and H.
    """
    n, mean = items.n, items.mean
    total = n * mean
    defined = (total >= minimum * (n - 1) + maximum - 1e-9) & (total <= maximum * (n - 1) + minimum + 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = ((maximum + minimum) * mean - mean**2 - maximum * minimum) * n / (n - 1.0)
        value = 1.0 - 2.0 * items.variance / largest
    value = np.where(defined, value, np.nan)
    at_end = np.isclose(mean, minimum, rtol=0, atol=1e-12) | np.isclose(mean, maximum, rtol=0, atol=1e-12)
    return np.where(n >= 2, np.where(at_end, 1.0, value), np.nan)


def agreement_indices(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum: float,
    maximum: float,
    nulls: NullSpec | Sequence[NullSpec] = "uniform",
    indices: Sequence[Index] = INDICES,
    missing: Missing = "itemwise",
    min_items: float = 0.5,
    unit: str = "unit",
) -> AgreementResult:
    """Agreement of the informants of each unit, for each scale.

    Parameters
    ----------
    data : DataFrame
        One row per informant with the unit's key and the items, reverse-keyed items already recoded.
    scales : mapping of str to sequence of str
        Items of each scale (an attribute or a dimension); a single-item scale gives rwg, r*wg and so on.
    minimum, maximum : float
        Ends of the answer scale.
    nulls : name, variance, probabilities, or several of them
        Null distributions, see :func:`comply_measure.triads.null_distribution`.
    indices : sequence of str
        Which indices to compute:
        ``rwg_j`` and ``rwg_j_untruncated`` (James, Demaree & Wolf 1984);
        ``rwg_star_j`` = 1 - s̄²/σ²_E (Lindell, Brandt & Whitney 1999);
        ``rwg_prime_j`` = 1 - s̄²/[(H-L)²/4] (Lindell & Brandt 1997) and ``rwg_prime_j_exact``, the same
        against the largest variance n informants can reach, so that its minimum is 0;
        ``ad_mean`` and ``ad_median`` = mean over items of mean absolute deviations (Burke, Finkelstein &
        Dusig 1999); ``awg_j`` = mean of the defined item values (Brown & Hauenstein 2005);
        ``sd_wg`` = mean over items of standard deviations; ``sd_score``, ``cv_score``, ``range_score`` =
        standard deviation (n - 1), coefficient of variation and range of the informants' own scale means.
    missing : {"itemwise", "listwise"}
        Item-wise: each item over those who answered it. Listwise: only informants who answered every item.
    min_items : float
        Share of a scale's items that two informants must have answered for a value; otherwise NaN.
    unit : str
        Name of the column with the unit's key.

    Returns
    -------
    AgreementResult

    Raises
    ------
    InputError
        Unusable table, scales, answer range, null or option.
    """
    _check_options(indices, missing, min_items)
    resolved = null_distributions(nulls, minimum, maximum)
    items, places = scale_items(scales)
    table = long_table(data, items, unit=unit, minimum=minimum, maximum=maximum)
    grouping = table.grouping()
    cells: dict[str, Cells] = {}
    for key, positions in places.items():
        values = table.values[:, positions]
        if missing == "listwise":
            values = np.where(np.isnan(values).any(axis=1, keepdims=True), np.nan, values)
        cells[key] = _scale_cells(values, grouping, resolved, indices, minimum, maximum, min_items)
    return AgreementResult(
        units=grouping.labels,
        scales={key: tuple(columns) for key, columns in scales.items()},
        nulls=resolved,
        minimum=float(minimum),
        maximum=float(maximum),
        missing=missing,
        min_items=float(min_items),
        cells=cells,
    )


def rwg(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    minimum: float,
    maximum: float,
    null: NullSpec | Sequence[NullSpec] = "uniform",
    unit: str = "unit",
) -> AgreementResult:
    """Agreement on single variables (items or scores): rwg = 1 - s²/σ²_E, truncated at 0.

    James, Demaree & Wolf (1984). Each column is a scale of one item; see :func:`agreement_indices`.
    """
    scales = {column: (column,) for column in columns}
    return agreement_indices(
        data, scales, minimum=minimum, maximum=maximum, nulls=null, indices=("rwg_j",), unit=unit
    )


def rwg_j(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum: float,
    maximum: float,
    null: NullSpec | Sequence[NullSpec] = "uniform",
    missing: Missing = "itemwise",
    unit: str = "unit",
) -> AgreementResult:
    """rwg(j) of multi-item scales, truncated at 0; see :func:`agreement_indices`."""
    return agreement_indices(
        data,
        scales,
        minimum=minimum,
        maximum=maximum,
        nulls=null,
        indices=("rwg_j",),
        missing=missing,
        unit=unit,
    )


def _check_options(indices: Sequence[str], missing: str, min_items: float) -> None:
    problems = [
        Problem("unknown index", value=name, allowed=", ".join(INDICES))
        for name in indices
        if name not in INDICES
    ]
    if missing not in get_args(Missing):
        problems.append(Problem("missing", value=missing, allowed=", ".join(get_args(Missing))))
    if not 0 < min_items <= 1:
        problems.append(Problem("min_items", value=min_items, allowed="above 0, at most 1"))
    if problems:
        raise InputError("Agreement cannot be computed with these options.", problems)


def _scale_cells(
    values: Floats,
    grouping: Grouping,
    nulls: tuple[NullDistribution, ...],
    indices: Sequence[Index],
    minimum: float,
    maximum: float,
    min_items: float,
) -> Cells:
    """All indices of one scale for every unit."""
    items = spread(values, grouping)
    usable = items.n >= 2
    n_used = usable.sum(axis=1)
    n_informants = grouping.counts(np.asarray((~np.isnan(values)).any(axis=1)))
    required = max(1, int(np.ceil(min_items * values.shape[1] - 1e-9)))
    reason = np.where(n_used < required, Reason.FEW_ITEMS, Reason.OK)
    reason = np.where(n_informants < 2, Reason.FEW_INFORMANTS, reason)
    defined = reason == Reason.OK
    mean_variance = _item_mean(items.variance, defined)
    found: dict[tuple[str, str], Floats] = {}
    reasons: dict[tuple[str, str], Ints] = {}
    for index in indices:
        if index in NULL_DEPENDENT:
            for null in nulls:
                found[index, null.name] = _null_index(index, mean_variance, n_used, null.variance)
        else:
            found[index, ""] = _plain_index(index, values, items, grouping, defined, minimum, maximum)
    for cell, value in found.items():
        special = {
            "awg_j": Reason.AWG_RANGE,
            "rwg_j_untruncated": Reason.ZERO_DENOMINATOR,
            "cv_score": Reason.ZERO_MEAN,
        }
        reasons[cell] = np.where(defined & np.isnan(value), special.get(cell[0], Reason.FEW_ITEMS), reason)
    awg_items = np.isfinite(awg_value(items, minimum, maximum)).sum(axis=1) if "awg_j" in indices else None
    return Cells(values.shape[1], n_informants, n_used, mean_variance, awg_items, found, reasons)


def _item_mean(statistic: Floats, defined: np.ndarray) -> Floats:
    """Mean over the items where the statistic exists, for the units where the scale's value is defined."""
    exists = np.isfinite(statistic)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(exists, statistic, 0.0).sum(axis=1) / exists.sum(axis=1)
    return np.where(defined, mean, np.nan)


def _null_index(index: str, mean_variance: Floats, n_used: Ints, variance: float) -> Floats:
    if index == "rwg_star_j":
        return 1.0 - mean_variance / variance
    return rwg_j_value(mean_variance, n_used, variance, truncate=index == "rwg_j")


def _plain_index(
    index: str,
    values: Floats,
    items: Spread,
    grouping: Grouping,
    defined: np.ndarray,
    minimum: float,
    maximum: float,
) -> Floats:
    """One index that needs no null."""
    if index == "ad_mean":
        return _item_mean(mean_deviation(values, items.mean, grouping), defined)
    if index == "ad_median":
        return _item_mean(mean_deviation(values, medians(values, grouping), grouping), defined)
    if index == "awg_j":
        return _item_mean(awg_value(items, minimum, maximum), defined)
    if index == "sd_wg":
        return _item_mean(np.sqrt(items.variance), defined)
    if index == "rwg_prime_j":
        return 1.0 - _item_mean(items.variance, defined) / ((maximum - minimum) ** 2 / 4.0)
    if index == "rwg_prime_j_exact":
        return 1.0 - _item_mean(items.variance / maximum_variance(items.n, minimum, maximum), defined)
    return _score_dispersion(index, values, grouping, defined)


def _score_dispersion(index: str, values: Floats, grouping: Grouping, defined: np.ndarray) -> Floats:
    """Standard deviation, coefficient of variation or range of the informants' scale means."""
    present = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = np.where(present, values, 0.0).sum(axis=1) / present.sum(axis=1)
    scores = np.where(present.any(axis=1), scores, np.nan)[:, None]
    if index == "range_score":
        ordered = scores[grouping.order, 0]
        high = np.fmax.reduceat(ordered, grouping.starts)
        return np.where(defined, high - np.fmin.reduceat(ordered, grouping.starts), np.nan)
    moments = spread(scores, grouping)
    sd = np.sqrt(moments.variance[:, 0])
    if index == "cv_score":
        mean = moments.mean[:, 0]
        sd = np.where(mean == 0, np.nan, sd / np.where(mean == 0, 1.0, mean))
    return np.where(defined, sd, np.nan)
