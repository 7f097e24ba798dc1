"""Ratings of items against construct definitions (Hinkin & Tracey 1999; Colquitt et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result


@dataclass(frozen=True)
class DefinitionalRatings(Result):
    """Definitional correspondence and distinctiveness.

    Attributes
    ----------
    items : DataFrame
        ``item``, ``construct``, ``n_judges``, ``htc``, ``htd``, ``note``.
    scales : DataFrame
        Means of both indices over a construct's items: ``construct``, ``n_items``, ``htc``, ``htd``,
        ``note``.
    anchors : int
        Number of points of the rating scale.
    """

    items: pd.DataFrame
    scales: pd.DataFrame
    anchors: int

    def tidy(self) -> pd.DataFrame:
        """Return one row per item."""
        return self.items.copy()


def definitional_ratings(
    ratings: pd.DataFrame, intended: Mapping[str, str], anchors: int
) -> DefinitionalRatings:
    """Correspondence ``htc`` and distinctiveness ``htd`` of items.

    ``htc`` = mean rating of the item against its own definition / number of anchors.
    ``htd`` = mean over judges and other definitions of (own − other rating) / (anchors − 1).
    Source: Colquitt, Sabey, Rodell & Hill (2019, Journal of Applied Psychology).

    Parameters
    ----------
    ratings : DataFrame
        Long: columns ``judge``, ``item``, ``construct``, ``rating`` (1…anchors). One row per judge, item and
        definition; missing ratings are left out. A judge counts for ``htd`` only where both own and other
        definition were rated.
    intended : mapping
        Item → its own construct.
    anchors : int
        Number of points of the rating scale.

    Raises
    ------
    InputError
        For missing columns, ratings outside the scale, double ratings or items without an own construct.
    """
    _check(ratings, intended, anchors)
    wide = ratings.set_index(["item", "judge", "construct"])["rating"].astype(float).unstack()  # noqa: PD010
    rows = []
    for item in dict.fromkeys(ratings["item"].astype(str)):
        block = wide.loc[item].to_numpy()
        construct = intended[item]
        own = block[:, wide.columns.get_loc(construct)] if construct in wide.columns else np.empty(0)
        n_own = int((~np.isnan(own)).sum())
        if not n_own:
            rows.append((item, construct, 0, np.nan, np.nan, "never rated against its own definition"))
            continue
        gaps = own[:, None] - block[:, wide.columns != construct]
        gaps = gaps[~np.isnan(gaps)]
        htd = float(gaps.mean() / (anchors - 1)) if gaps.size else np.nan
        note = "" if gaps.size else "no rating against another definition"
        rows.append((item, construct, n_own, float(np.nanmean(own) / anchors), htd, note))
    items = pd.DataFrame(rows, columns=["item", "construct", "n_judges", "htc", "htd", "note"])
    scales = (
        items.groupby("construct", sort=False)
        .agg(n_items=("item", "size"), htc=("htc", "mean"), htd=("htd", "mean"))
        .reset_index()
    )
    scales["note"] = [
        "" if all(known) else "no item has the index"
        for known in scales[["htc", "htd"]].notna().to_numpy().tolist()
    ]
    return DefinitionalRatings(items, scales, anchors)


def _check(ratings: pd.DataFrame, intended: Mapping[str, str], anchors: int) -> None:
    twice = ratings.columns[ratings.columns.duplicated()]
    if len(twice):
        raise InputError(
            "The ratings cannot be used.", [Problem("two columns have one name", column=c) for c in twice]
        )
    missing = [c for c in ("judge", "item", "construct", "rating") if c not in ratings.columns]
    if missing:
        raise InputError(
            "The definitional ratings lack columns.",
            [Problem("column is missing", column=c) for c in missing],
        )
    if anchors < 2:
        raise InputError(f"A rating scale needs at least two anchors; {anchors} given.")
    problems = [
        Problem("no own construct is given for this item", column=str(item))
        for item in dict.fromkeys(ratings["item"].astype(str))
        if item not in intended
    ]
    value = pd.to_numeric(ratings["rating"], errors="coerce")
    bad = ratings["rating"].notna() & ~(value.between(1, anchors) & (value == value.round()))
    problems += [
        Problem(
            "not a rating", row=str(i), column="rating", value=ratings["rating"][i], allowed=f"1 to {anchors}"
        )
        for i in ratings.index[bad]
    ]
    double = ratings.duplicated(["judge", "item", "construct"])
    problems += [
        Problem("rated twice by the same judge", row=str(i), column="item", value=str(ratings["item"][i]))
        for i in ratings.index[double]
    ]
    if problems:
        raise InputError("The definitional ratings cannot be used.", problems)
