"""Items of a scale beside each other: inter-item correlations, item-total correlations, α without each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.dimensionality.extraction import squared_multiple_correlations
from comply_measure.measurement.frames import (
    check_scales,
    groups,
    item_values,
    joined,
    listed,
    varying_items,
)
from comply_measure.measurement.keying import AGAINST, against
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.coefficients import (
    alpha_stack,
    correlations_of,
    mean_correlation,
)
from comply_measure.measurement.reliability.split_half import guttman_lambda6
from comply_measure.measurement.saturated import Treatment, covariance_of
from comply_measure.results import Result
from comply_measure.statistics.reasons import with_reasons


@dataclass(frozen=True, slots=True)
class ItemTotals:
    """Each item against its scale.

    Attributes
    ----------
    item_total_r : ndarray, shape (p,)
        With the sum of all items, the item included (psych's raw.r).
    item_rest_r : ndarray, shape (p,)
        With the sum of the other items: the corrected item-total correlation (psych's r.drop).
    item_total_standardized_r : ndarray, shape (p,)
        With the sum of all standardised items (std.r).
    item_total_overlap_r : ndarray, shape (p,)
        With the standardised sum, the item's own variance replaced by its squared multiple correlation (r.cor,
        Cureton 1966).
    squared_multiple_r : ndarray, shape (p,)
        R² on the other items.
    mean_r, minimum_r, maximum_r : ndarray, shape (p,)
        Of the item's correlations with the others.
    alpha_if_dropped, alpha_standardized_if_dropped, lambda6_if_dropped, mean_r_if_dropped : ndarray, shape (p,)
        Of the other items.
    correlation : ndarray, shape (p, p)
    """

    item_total_r: Floats
    item_rest_r: Floats
    item_total_standardized_r: Floats
    item_total_overlap_r: Floats
    squared_multiple_r: Floats
    mean_r: Floats
    minimum_r: Floats
    maximum_r: Floats
    alpha_if_dropped: Floats
    alpha_standardized_if_dropped: Floats
    lambda6_if_dropped: Floats
    mean_r_if_dropped: Floats
    correlation: Floats


def item_totals(covariance: Floats) -> ItemTotals:
    """Item-total statistics from a covariance matrix; formulas as in psych::alpha.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)

    Returns
    -------
    ItemTotals
        NaN where an item does not vary, or too few items are left.
    """
    p = len(covariance)
    correlation = correlations_of(covariance)
    variance, total = np.diag(covariance), float(covariance.sum())
    with_sum = covariance.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = with_sum / np.sqrt(variance * total)
        rest = total - 2.0 * with_sum + variance
        corrected = (with_sum - variance) / np.sqrt(variance * rest)
        standardized_total = np.sqrt(correlation.sum())
        standardized = correlation.sum(axis=1) / standardized_total
        smc = _smc(correlation)
        # in the variance of the sum, too, R² stands for each item's own variance
        overlap = (correlation.sum(axis=1) - 1.0 + smc) / np.sqrt(correlation.sum() - p + smc.sum())
    off = np.where(np.eye(p, dtype=bool), np.nan, correlation)
    subsets = _without_each(covariance)
    return ItemTotals(
        raw,
        corrected,
        standardized,
        overlap,
        smc,
        *_spread(off),
        alpha_stack(subsets),
        alpha_stack(correlations_of(subsets)),
        guttman_lambda6(correlations_of(subsets)) if p > 2 else np.full(p, np.nan),
        mean_correlation(subsets),
        correlation,
    )


@dataclass(frozen=True, slots=True)
class InterItemTable(Result):
    """Item-total statistics per scale and group.

    Attributes
    ----------
    table, pairs : DataFrame
        Columns as in :func:`inter_item_table`; correlations of pairs of items.
    missing : str
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    missing: str

    def tidy(self) -> pd.DataFrame:
        """One row per scale, group and item."""
        return self.table.copy()

    def correlations(self) -> pd.DataFrame:
        """One row per scale, group and pair of items: item, other, correlation, n_informants."""
        return self.pairs.copy()


def inter_item_table(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    by: str | None = "role",
    pooled: bool = True,
    missing: Treatment = "ml",
) -> InterItemTable:
    """Item-total and inter-item correlations, and coefficients without each item, by role and pooled.

    Columns: scale, group, item, the attributes of :class:`ItemTotals`, n_items, n_informants, missing, note.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items recoded.
    scales : mapping of str to sequence of str
    by : str, optional
    pooled : bool
    missing : {"ml", "pairwise", "listwise"}

    Returns
    -------
    InterItemTable
        NaN with a note for items without variance or answers.

    Raises
    ------
    InputError
        Absent, repeated or non-numeric items.
    """
    check_scales(data, scales, [by])
    blocks, pairs = [], []
    for scale, items in scales.items():
        values = item_values(data, items)
        names = np.asarray(items, dtype=object)
        for group, rows in groups(data, by, pooled):
            covariance, reason = covariance_of(values[rows], missing)
            totals = item_totals(covariance)
            block = pd.DataFrame(
                {
                    name: getattr(totals, name)
                    for name in ItemTotals.__dataclass_fields__
                    if name != "correlation"
                }
            )
            block.insert(0, "scale", scale)
            block.insert(1, "group", group)
            block.insert(2, "item", names)
            answered = ~np.isnan(values[rows])
            block["n_items"], block["n_informants"] = len(items), answered.sum(axis=0)
            block["missing"] = missing
            block["note"] = _notes(values[rows], items, covariance, reason, block)
            blocks.append(block)
            pairs.append(_pairs(scale, group, names, totals.correlation, answered))
    return InterItemTable(pd.concat(blocks, ignore_index=True), pd.concat(pairs, ignore_index=True), missing)


def _smc(correlation: Floats) -> Floats:
    if len(correlation) < 2 or not np.isfinite(correlation).all():
        return np.full(len(correlation), np.nan)
    return squared_multiple_correlations(correlation)


def _spread(off: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, minimum and maximum per row over the defined correlations."""
    known = np.isfinite(off)
    count = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, np.where(known, off, 0.0).sum(axis=1) / count, np.nan)
    low = np.where(count > 0, np.where(known, off, np.inf).min(axis=1, initial=np.inf), np.nan)
    high = np.where(count > 0, np.where(known, off, -np.inf).max(axis=1, initial=-np.inf), np.nan)
    return mean, low, high


def _without_each(covariance: Floats) -> Floats:
    """Covariance matrices without item 1, 2, …: shape (p, p − 1, p − 1)."""
    p = len(covariance)
    kept = np.array([[j for j in range(p) if j != i] for i in range(p)], dtype=np.intp).reshape(p, p - 1)
    return covariance[kept[:, :, None], kept[:, None, :]]


def _notes(
    values: Floats, items: Sequence[str], covariance: Floats, reason: str, block: pd.DataFrame
) -> list[str]:
    """Of each item: its own fault, else why one of its statistics is undefined."""
    faults = varying_items(values, items)[1]
    own = dict(faults)
    singular = len(items) > 2 and np.isnan(block["squared_multiple_r"]).any()
    why = joined(listed(faults), reason)
    if len(items) < 3:
        why = joined(
            why, "one item" if len(items) == 1 else "two items: nothing to compare without one of them"
        )
    elif not why and singular:
        why = "an item is determined by the others: R² and λ₆ are undefined"
    elif not why:
        why = "items that run against each other: a sum without variance has no correlation"
    gaps = block.isna().any(axis=1)
    turned = set(against(covariance))
    return [
        joined(own.get(item, why if gap else ""), AGAINST if j in turned else "")
        for j, (item, gap) in enumerate(zip(items, gaps, strict=True))
    ]


def _pairs(
    scale: str, group: str, names: np.ndarray, correlation: Floats, answered: np.ndarray
) -> pd.DataFrame:
    first, second = np.triu_indices(len(names), 1)
    flags = answered.astype(np.int64)
    table = pd.DataFrame(
        {
            "scale": scale,
            "group": group,
            "item": names[first],
            "other": names[second],
            "correlation": correlation[first, second],
            "n_informants": (flags.T @ flags)[first, second],
        }
    )
    return with_reasons(
        table, {"correlation": "an item does not vary, or fewer than 2 informants answered both"}
    )
