"""Item analysis: distribution of each item and its place in its scale, pooled and by role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import check_scales, groups, item_values, joined
from comply_measure.measurement.keying import AGAINST, against
from comply_measure.measurement.moments import Floats, Missing, item_covariance
from comply_measure.measurement.reliability.alpha import alpha_from_covariance
from comply_measure.results import Result
from comply_measure.statistics.reasons import undefined_because


@dataclass(frozen=True, slots=True)
class ItemAnalysis(Result):
    """One row per scale, group and item.

    Attributes
    ----------
    table : DataFrame
        Columns as in :func:`item_analysis`.
    missing : str
    """

    table: pd.DataFrame
    missing: str

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()


def item_analysis(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    by: str | None = "role",
    pooled: bool = True,
    missing: Missing = "pairwise",
) -> ItemAnalysis:
    """Descriptives of every item, by role and pooled.

    Columns: scale, item, group, n_informants (answers), n_missing, mean, sd (n - 1), skewness and kurtosis
    (the bias-corrected G1 and G2 of Joanes & Gill 1998; excess, 0 for a normal), minimum, maximum, floor and
    ceiling (share of answers at the ends of the scale), item_rest_r (correlation with the sum of the scale's
    other items), alpha_if_deleted, note. The last two come from the scale's covariance matrix.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items already recoded.
    scales : mapping of str to sequence of str
        Items of each scale.
    minimum, maximum : float, optional
        Ends of the answer scale; floor and ceiling are NaN without them.
    by : str, optional
        Column of the groups.
    pooled : bool
        Whether to include all informants together, as the group ``pooled``.
    missing : {"pairwise", "listwise"}
        For the covariances.

    Raises
    ------
    InputError
        Absent, repeated or non-numeric items.
    """
    check_scales(data, scales, [by])
    ends = (np.nan if minimum is None else minimum, np.nan if maximum is None else maximum)
    blocks = []
    for scale, items in scales.items():
        values = item_values(data, items)
        for group, rows in groups(data, by, pooled):
            covariance = item_covariance(values[rows], missing).covariance
            found = _describe(values[rows], *ends)
            found["item_rest_r"], found["alpha_if_deleted"] = _place_in_scale(covariance)
            notes = _notes(found, items, covariance)
            names = {"scale": scale, "item": list(items), "group": group}
            blocks.append(pd.DataFrame({**names, **found, "note": notes}))
    table = undefined_because(
        pd.concat(blocks, ignore_index=True),
        "no floor or ceiling: the ends of the answers were not given" if None in (minimum, maximum) else "",
    )
    return ItemAnalysis(table, missing)


def _describe(values: Floats, minimum: float, maximum: float) -> dict[str, Floats]:
    present = ~np.isnan(values)
    n = present.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=0) / n
        deviation = np.where(present, values - mean, 0.0)
        square = deviation * deviation  # powers of floats cost ten times as much as products
        m2, m3, m4 = (part.sum(axis=0) / n for part in (square, square * deviation, square * square))
        flat = m2 <= 1e-24 * np.maximum(mean**2, 1.0)
        g1, g2 = m3 / m2**1.5, m4 / m2**2 - 3.0
        skewness = np.where(flat | (n < 3), np.nan, g1 * np.sqrt(n * (n - 1.0)) / (n - 2.0))
        kurtosis = ((n + 1.0) * g2 + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))
        kurtosis = np.where(flat | (n < 4), np.nan, kurtosis)
        sd = np.where(n > 1, np.where(flat, 0.0, np.sqrt(m2 * n / (n - 1.0))), np.nan)
        floor = np.where(np.isnan(minimum) | (n == 0), np.nan, (values == minimum).sum(axis=0) / n)
        ceiling = np.where(np.isnan(maximum) | (n == 0), np.nan, (values == maximum).sum(axis=0) / n)
    return {
        "n_informants": n,
        "n_missing": len(values) - n,
        "mean": mean,
        "sd": sd,
        "skewness": skewness,
        "kurtosis": kurtosis,
        "minimum": np.where(n > 0, np.where(present, values, np.inf).min(axis=0, initial=np.inf), np.nan),
        "maximum": np.where(n > 0, np.where(present, values, -np.inf).max(axis=0, initial=-np.inf), np.nan),
        "floor": floor,
        "ceiling": ceiling,
    }


def _place_in_scale(covariance: Floats) -> tuple[Floats, Floats]:
    """Item-rest correlation and α without the item, for each item, from the covariance matrix."""
    p = len(covariance)
    rest_r, deleted = np.full(p, np.nan), np.full(p, np.nan)
    if np.isnan(covariance).any() or p < 2:
        return rest_r, deleted
    for i in range(p):
        others = np.delete(np.arange(p), i)
        rest = covariance[np.ix_(others, others)]
        product = covariance[i, i] * rest.sum()
        if product > 0:
            rest_r[i] = covariance[i, others].sum() / np.sqrt(product)
        deleted[i] = alpha_from_covariance(rest)
    return rest_r, deleted


def _notes(found: dict[str, Floats], items: Sequence[str], covariance: Floats) -> list[str]:
    """Of each item, and of what its place in the scale cannot be told from."""
    silent, flat = found["n_informants"] == 0, found["sd"] == 0
    own = np.select([silent, flat], ["no answers", "all answers equal"], "")
    undefined = np.isnan(found["item_rest_r"]) | np.isnan(found["alpha_if_deleted"])
    if len(items) < 3:
        why = "one item: no rest" if len(items) == 1 else "two items: no α without one of them"
    elif silent.any():
        why = f"no answers to {', '.join(np.asarray(items, dtype=object)[silent])}"
    else:
        why = "two items share fewer than 2 informants, or the rest does not vary"
    few = found["n_informants"] < 4
    turned = set(against(covariance))
    return [
        joined(
            str(note) or (why if gap else ""),
            "fewer than 4 answers: no skewness or kurtosis" if short and not note else "",
            AGAINST if j in turned else "",
        )
        for j, (note, gap, short) in enumerate(zip(own, undefined, few, strict=True))
    ]
