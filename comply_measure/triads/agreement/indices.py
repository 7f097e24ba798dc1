"""Within-unit agreement: rwg, rwg(j), r*wg, r'wg, AD, a_wg and SD per unit and scale.

Every index is computed item by item over the informants who answered the item, then averaged over the
items that at least two informants of the unit answered (``missing="itemwise"``). With
``missing="listwise"`` an informant with any missing item of the scale is left out of that scale, which is
what the R package multilevel does up to version 2.7. The counts used stand beside every value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Bools, Floats, Ints
from comply_measure.statistics.grouping import block_spread
from comply_measure.tables.long_table import long_table, scale_items
from comply_measure.triads.agreement.indices_result import AgreementResult, Cells, Reason
from comply_measure.triads.agreement.items import ItemAgreement, item_agreement, rwg_j_value
from comply_measure.triads.agreement.nulls import NullDistribution, NullSpec, null_distributions

Index = Literal[
    "rwg_j", "rwg_j_untruncated", "rwg_star_j", "rwg_prime_j", "rwg_prime_j_exact",
    "ad_mean", "ad_median", "awg_j", "sd_wg", "sd_score", "cv_score", "range_score",
]  # fmt: skip
Missing = Literal["itemwise", "listwise"]
INDICES: tuple[Index, ...] = get_args(Index)
NULL_DEPENDENT: frozenset[str] = frozenset({"rwg_j", "rwg_j_untruncated", "rwg_star_j"})
SCORE_INDICES: frozenset[str] = frozenset({"sd_score", "cv_score", "range_score"})
#: Why an index can be undefined where the answers suffice.
SPECIAL_REASON = {
    "awg_j": Reason.AWG_RANGE,
    "rwg_j_untruncated": Reason.ZERO_DENOMINATOR,
    "cv_score": Reason.ZERO_MEAN,
}


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
    plan = _Plan(tuple(indices), resolved, float(minimum), float(maximum), missing, float(min_items))
    empty = {key: _empty_cells(len(columns), grouping.n_units, plan) for key, columns in scales.items()}
    for members, rows in grouping.blocks(len(items)):
        _fill(empty, members, table.values[rows], places, plan)
    return AgreementResult(
        units=grouping.labels,
        scales={key: tuple(columns) for key, columns in scales.items()},
        nulls=resolved,
        minimum=plan.minimum,
        maximum=plan.maximum,
        missing=missing,
        min_items=plan.min_items,
        cells=empty,
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to compute."""

    indices: tuple[Index, ...]
    nulls: tuple[NullDistribution, ...]
    minimum: float
    maximum: float
    missing: Missing
    min_items: float

    def names(self) -> list[tuple[str, str]]:
        """Index and null of every value, the null empty where none is needed."""
        return [
            (index, null)
            for index in self.indices
            for null in ([n.name for n in self.nulls] if index in NULL_DEPENDENT else [""])
        ]


def _empty_cells(n_items: int, n_units: int, plan: _Plan) -> Cells:
    names = plan.names()
    return Cells(
        n_items=n_items,
        n_informants=np.zeros(n_units, dtype=np.int64),
        n_items_used=np.zeros(n_units, dtype=np.int64),
        mean_variance=np.full(n_units, np.nan),
        awg_items=np.zeros(n_units, dtype=np.int64),
        values={name: np.full(n_units, np.nan) for name in names},
        reasons={name: np.zeros(n_units, dtype=np.int8) for name in names},
    )


def _fill(
    cells: dict[str, Cells], members: Ints, block: Floats, places: Mapping[str, Ints], plan: _Plan
) -> None:
    """Compute one block of units, shape (size, B, all items), and write it into the cells."""
    shared = None
    if plan.missing == "itemwise":
        shared = item_agreement(block, plan.indices, plan.minimum, plan.maximum)
    for key, columns in places.items():
        answers = block[:, :, columns]
        if shared is not None:
            items = shared.select(columns)
        else:
            answers = np.where(np.isnan(answers).any(axis=2, keepdims=True), np.nan, answers)
            items = item_agreement(answers, plan.indices, plan.minimum, plan.maximum)
        _fill_scale(cells[key], members, answers, items, plan)


def _fill_scale(cells: Cells, members: Ints, answers: Floats, items: ItemAgreement, plan: _Plan) -> None:
    n_used = (items.spread.n >= 2).sum(axis=1)
    n_informants = (~np.isnan(answers)).any(axis=2).sum(axis=0)
    required = max(1, int(np.ceil(plan.min_items * answers.shape[2] - 1e-9)))
    reason = np.where(n_used < required, Reason.FEW_ITEMS, Reason.OK)
    reason = np.where(n_informants < 2, Reason.FEW_INFORMANTS, reason)
    defined = reason == Reason.OK
    mean_variance = _item_mean(items.spread.variance, defined)
    cells.n_informants[members], cells.n_items_used[members] = n_informants, n_used
    cells.mean_variance[members] = mean_variance
    if "awg_j" in items.parts:
        cells.awg_items[members] = np.isfinite(items.parts["awg_j"]).sum(axis=1)
    values: dict[tuple[str, str], Floats] = {}
    for index in plan.indices:
        if index in NULL_DEPENDENT:
            for null in plan.nulls:
                values[index, null.name] = _null_index(index, mean_variance, n_used, null.variance)
        elif index in SCORE_INDICES:
            values[index, ""] = np.where(defined, _score_dispersion(index, answers), np.nan)
        else:
            values[index, ""] = _item_index(index, mean_variance, items, defined, plan)
    for name, value in values.items():
        special = SPECIAL_REASON.get(name[0], Reason.FEW_ITEMS)
        cells.values[name][members] = value
        cells.reasons[name][members] = np.where(defined & np.isnan(value), special, reason)


def _item_mean(statistic: Floats, defined: Bools) -> Floats:
    """Mean over the items where the statistic exists, for the units where the scale's value is defined."""
    exists = ~np.isnan(statistic)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(exists, statistic, 0.0).sum(axis=1) / exists.sum(axis=1)
    return np.where(defined, mean, np.nan)


def _null_index(index: str, mean_variance: Floats, n_used: Ints, variance: float) -> Floats:
    if index == "rwg_star_j":
        return 1.0 - mean_variance / variance
    return rwg_j_value(mean_variance, n_used, variance, truncate=index == "rwg_j")


def _item_index(
    index: str, mean_variance: Floats, items: ItemAgreement, defined: Bools, plan: _Plan
) -> Floats:
    """An index that averages item statistics and needs no null."""
    if index == "rwg_prime_j":
        return 1.0 - mean_variance / ((plan.maximum - plan.minimum) ** 2 / 4.0)
    mean = _item_mean(items.parts[index], defined)
    return 1.0 - mean if index == "rwg_prime_j_exact" else mean


def _score_dispersion(index: str, answers: Floats) -> Floats:
    """Standard deviation, coefficient of variation or range of the informants' scale means, shape (B,)."""
    present = ~np.isnan(answers)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = np.where(present, answers, 0.0).sum(axis=2) / present.sum(axis=2)
    scores = np.where(present.any(axis=2), scores, np.nan)
    if index == "range_score":
        return np.asarray(np.fmax.reduce(scores, axis=0) - np.fmin.reduce(scores, axis=0))
    moments = block_spread(scores[:, :, None])
    sd, mean = np.sqrt(moments.variance[:, 0]), moments.mean[:, 0]
    if index == "sd_score":
        return sd
    return np.where(mean == 0, np.nan, sd / np.where(mean == 0, 1.0, mean))
