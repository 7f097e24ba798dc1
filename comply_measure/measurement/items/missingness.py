"""How much is missing, by item, role, firm and unit, and whether it looks random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import check_scales, item_values, joined, listed, varying_items
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result

NAN = float("nan")
SKEWED = 1.0  # skewness of an item beyond which the size of the test is not kept
FEW = 5  # informants per pattern below which it is not


@dataclass(frozen=True, slots=True)
class MissingTable(Result):
    """Shares of missing answers.

    Attributes
    ----------
    by_item : DataFrame
        item, n_informants, n_missing, share.
    by_group : DataFrame
        variable, group, n_informants, n_answers_due, n_missing, share, share_complete.
    by_item_and_group : DataFrame
        variable, group, item, n_informants, n_missing, share.
    patterns : DataFrame
        pattern (items missing), n_missing_items, n_informants, share; most frequent first.
    """

    by_item: pd.DataFrame
    by_group: pd.DataFrame
    by_item_and_group: pd.DataFrame
    patterns: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Missing answers by item, pooled and by group: variable, group, item, n_informants, n_missing, share."""
        pooled = self.by_item.assign(variable="all", group="pooled")
        columns = ["variable", "group", "item", "n_informants", "n_missing", "share"]
        parts = [pooled[columns]]
        if len(self.by_item_and_group):
            parts.append(self.by_item_and_group[columns])
        return pd.concat(parts, ignore_index=True)


def missing_table(
    data: pd.DataFrame, items: Sequence[str], *, by: Sequence[str] = ("role", "firm")
) -> MissingTable:
    """Missing answers by item, by group, and their patterns.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    items : sequence of str
    by : sequence of str
        Columns of groups; rows without a group are left out of that breakdown.

    Returns
    -------
    MissingTable

    Raises
    ------
    InputError
        Absent or non-numeric items, absent columns.
    """
    check_scales(data, {"items": items}, list(by))
    gone = np.isnan(item_values(data, items))
    names = np.asarray(items, dtype=object)
    by_item = pd.DataFrame(
        {"item": names, "n_informants": len(gone), "n_missing": gone.sum(axis=0), "share": gone.mean(axis=0)}
    )
    group_rows, item_rows = [], []
    for variable in by:
        labels = data[variable].to_numpy()
        for label in pd.unique(data[variable].dropna()):
            part = gone[labels == label]
            group_rows.append(
                {
                    "variable": variable,
                    "group": str(label),
                    "n_informants": len(part),
                    "n_answers_due": part.size,
                    "n_missing": int(part.sum()),
                    "share": float(part.mean()),
                    "share_complete": float((~part.any(axis=1)).mean()),
                }
            )
            item_rows.append(
                pd.DataFrame(
                    {
                        "variable": variable,
                        "group": str(label),
                        "item": names,
                        "n_informants": len(part),
                        "n_missing": part.sum(axis=0),
                        "share": part.mean(axis=0),
                    }
                )
            )
    by_group_columns = [
        "variable",
        "group",
        "n_informants",
        "n_answers_due",
        "n_missing",
        "share",
        "share_complete",
    ]
    return MissingTable(
        by_item,
        pd.DataFrame(group_rows, columns=by_group_columns),
        pd.concat(item_rows, ignore_index=True) if item_rows else pd.DataFrame(),
        _patterns(gone, names),
    )


def _patterns(gone: np.ndarray, names: np.ndarray) -> pd.DataFrame:
    found, count = np.unique(gone, axis=0, return_counts=True)
    order = np.argsort(-count, kind="stable")
    return pd.DataFrame(
        {
            "pattern": [", ".join(names[row]) or "complete" for row in found[order]],
            "n_missing_items": found[order].sum(axis=1),
            "n_informants": count[order],
            "share": count[order] / max(len(gone), 1),
        }
    )


@dataclass(frozen=True, slots=True)
class MissingCompletelyAtRandom(Result):
    """Little's test.

    Attributes
    ----------
    statistic, pvalue : float
        d² and the upper tail of χ²; NaN where undefined.
    df : int
    n_patterns, n_informants : int
        Patterns with any answer, and informants in them.
    n_items : int
        Items used (those that vary).
    dropped : tuple of (str, str)
        Items left out, with the reason.
    null : str
    note : str
    """

    statistic: float
    df: int
    pvalue: float
    n_patterns: int
    n_informants: int
    n_items: int
    dropped: tuple[tuple[str, str], ...]
    null: str
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row: statistic, df, pvalue, n_patterns, n_informants, n_items, dropped, null, note."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        row["dropped"] = listed(self.dropped)
        return pd.DataFrame([row])


def little_mcar(data: pd.DataFrame, items: Sequence[str]) -> MissingCompletelyAtRandom:
    """Little's (1988) test that answers are missing completely at random.

    ``d² = Σ_j n_j (ȳ_j − μ̂_j)' Σ̃_j⁻¹ (ȳ_j − μ̂_j)`` over patterns j with n_j informants, with the maximum-likelihood
    mean and the covariance matrix ``Σ̃ = Σ̂ n/(n − 1)`` of the incomplete data, on ``Σ_j p_j − p`` degrees of freedom
    (p_j: items answered in pattern j). It detects differences between patterns in means only, has little power when
    patterns are many and small, and says nothing for or against missing at random.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    items : sequence of str

    Returns
    -------
    MissingCompletelyAtRandom
        NaN with a note when nothing is missing or the moments do not exist. Items without variance are left out.

    Raises
    ------
    InputError
        Absent or non-numeric items.
    """
    check_scales(data, {"items": items})
    values = item_values(data, items)
    kept, dropped = varying_items(values, items)
    return mcar_test(values[:, kept], dropped)


def mcar_test(values: Floats, dropped: tuple[tuple[str, str], ...] = ()) -> MissingCompletelyAtRandom:
    """As :func:`little_mcar`, from an informant × item array whose columns vary."""
    from scipy import stats

    from comply_measure.sem.missing.saturated import saturated_moments

    null = "answers are missing completely at random"
    p = values.shape[1]
    seen = ~np.isnan(values)
    values, seen = values[seen.any(axis=1)], seen[seen.any(axis=1)]
    n = len(values)
    note = _obstacle(seen)
    if note:
        return MissingCompletelyAtRandom(NAN, 0, NAN, min(n, 1), n, p, dropped, null, note)
    moments = saturated_moments(values)
    patterns, member = np.unique(seen, axis=0, return_inverse=True)
    df = int(patterns.sum()) - p
    if moments.singular or not moments.converged:
        note = (
            "maximum-likelihood moments do not exist: too few informants, or items that determine each other"
        )
        return MissingCompletelyAtRandom(NAN, df, NAN, len(patterns), n, p, dropped, null, note)
    sigma = moments.covariance * n / (n - 1)
    count = np.bincount(member.reshape(-1))
    sums = np.zeros((len(patterns), p))
    np.add.at(sums, member.reshape(-1), np.where(seen, values, 0.0))
    gap = np.where(patterns, sums / count[:, None] - moments.mean, 0.0)
    # a unit row and column for what a pattern lacks leaves the quadratic form as it is
    both = patterns[:, :, None] & patterns[:, None, :]
    blocks = np.where(both, sigma, np.eye(p))
    statistic = float((count[:, None] * gap * np.linalg.solve(blocks, gap[:, :, None])[:, :, 0]).sum())
    pvalue = float(stats.chi2.sf(statistic, df))
    note = _doubt(values, n / len(patterns))
    return MissingCompletelyAtRandom(statistic, df, pvalue, len(patterns), n, p, dropped, null, note)


def _doubt(values: Floats, informants_per_pattern: float) -> str:
    """When χ² is no good reference: skewed items reject too often, many small patterns too seldom."""
    centred = values - np.nanmean(values, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        skewness = np.nanmean(centred**3, axis=0) / np.nanmean(centred**2, axis=0) ** 1.5
    notes = []
    if np.nanmax(np.abs(skewness)) > SKEWED:
        notes.append("an item is skewed by more than 1: the test rejects too often")
    if informants_per_pattern < FEW:
        notes.append(f"fewer than {FEW} informants per pattern: the p value is only a rough guide")
    return joined(*notes)


def _obstacle(seen: np.ndarray) -> str:
    if seen.shape[1] < 2:
        return "fewer than 2 items vary"
    if not len(seen) or seen.all():
        return "nothing is missing" if len(seen) else "no answers"
    flags = seen.astype(np.int64)
    if (flags.T @ flags).min() < 2:
        return "two items share fewer than 2 informants"
    return ""
