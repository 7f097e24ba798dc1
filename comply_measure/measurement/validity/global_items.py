"""Scores of dimensions against their global items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import (
    check_scales,
    cluster_codes,
    item_values,
    listed,
    varying_items,
)
from comply_measure.measurement.moments import Floats, Missing, item_covariance, pairwise_correlations
from comply_measure.measurement.resampling import bootstrap
from comply_measure.results import Result
from comply_measure.statistics.reasons import with_reasons

NO_INTERVALS = "no bootstrap was asked for, of fewer than 2 clusters, or both vary in too few resamples"


@dataclass(frozen=True, slots=True)
class GlobalItems(Result):
    """Correlations of scores with global items.

    Attributes
    ----------
    scores, items : tuple of str
    own : mapping of str to str
        Score → its own global item.
    correlation, lower, upper : ndarray, shape (scores, items)
        NaN where undefined; the rows of :meth:`tidy` say why.
    n : ndarray of int, shape (scores, items)
        Informants with both.
    faults : mapping of str to str
        Scores and items that do not vary, with the reason.
    """

    scores: tuple[str, ...]
    items: tuple[str, ...]
    own: Mapping[str, str]
    correlation: Floats
    lower: Floats
    upper: Floats
    n: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    faults: Mapping[str, str]

    def tidy(self) -> pd.DataFrame:
        """One row per score and item: score, item, own, correlation, lower, upper, n_informants, note, reason."""
        rows = [
            {
                "score": score,
                "item": item,
                "own": self.own.get(score) == item,
                "correlation": float(self.correlation[i, j]),
                "lower": float(self.lower[i, j]),
                "upper": float(self.upper[i, j]),
                "n_informants": int(self.n[i, j]),
                "note": self._note(i, j),
            }
            for i, score in enumerate(self.scores)
            for j, item in enumerate(self.items)
        ]
        return with_reasons(pd.DataFrame(rows), dict.fromkeys(("lower", "upper"), NO_INTERVALS))

    def _note(self, i: int, j: int) -> str:
        pair = (self.scores[i], self.items[j])
        named = listed([(name, self.faults[name]) for name in pair if name in self.faults])
        if named or np.isfinite(self.correlation[i, j]):
            return named
        return "fewer than 2 informants answered both, or they do not vary"

    def convergence(self) -> pd.DataFrame:
        """One row per score: score, own_item, own_correlation, largest_other, other_item, highest, note.

        ``highest`` says whether the own global item correlates most with the score.
        """
        rows = []
        for i, score in enumerate(self.scores):
            if score not in self.own:
                continue
            j = self.items.index(self.own[score])
            others = np.delete(self.correlation[i], j)
            names = [name for k, name in enumerate(self.items) if k != j]
            known = bool(np.isfinite(others).any())
            best = int(np.nanargmax(others)) if known else -1
            mine = float(self.correlation[i, j])
            largest = float(others[best]) if known else float("nan")
            rows.append(
                {
                    "score": score,
                    "own_item": self.own[score],
                    "own_correlation": mine,
                    "largest_other": largest,
                    "other_item": names[best] if known else "",
                    "highest": bool(mine > largest) if known and np.isfinite(mine) else None,
                    "n_informants": int(self.n[i, j]),
                    "note": self._note(i, j) or ("" if known else "no correlation with another global item"),
                }
            )
        return pd.DataFrame(rows)


def global_item_correlations(
    data: pd.DataFrame,
    own: Mapping[str, str],
    *,
    others: Sequence[str] = (),
    cluster: str | None = None,
    n_replications: int = 2000,
    seed: int | np.random.Generator | None = None,
    confidence: float = 0.95,
    missing: Missing = "pairwise",
) -> GlobalItems:
    """Correlations of dimension scores with their own and all other global items.

    Pearson correlations over informants with both answers; bootstrap intervals by informants or clusters when a
    seed is given. A global item measures the whole dimension in one question: its own dimension's score should
    correlate with it most.

    Parameters
    ----------
    data : DataFrame
        One row per informant with scores and global items.
    own : mapping of str to str
        Score column → global item column.
    others : sequence of str
        Further items (overall alignment).
    cluster, n_replications, seed, confidence, missing
        As in :func:`comply_measure.measurement.validity.htmt`.

    Raises
    ------
    InputError
        For absent or non-numeric columns.
    """
    items = list(dict.fromkeys([*own.values(), *others]))
    check_scales(data, {"scores": list(own), "global items": items}, [cluster])
    values = item_values(data, [*own, *items])
    faults = dict(varying_items(values, [*own, *items])[1])
    k, m = len(own), len(items)
    point = pairwise_correlations(values, missing)[:k, k:]
    lower, upper = np.full((k, m), np.nan), np.full((k, m), np.nan)
    if seed is not None:
        draws = bootstrap(
            values,
            lambda stack: stack[:, :k, k:].reshape(len(stack), -1),
            n_replications=n_replications,
            seed=seed,
            cluster=None if cluster is None else cluster_codes(data, cluster),
            missing=missing,
            confidence=confidence,
            moments="correlation",
        )
        lower, upper = draws.lower.reshape(k, m), draws.upper.reshape(k, m)
    n = item_covariance(values, missing).n_pairs[:k, k:]
    return GlobalItems(tuple(own), tuple(items), dict(own), point, lower, upper, n, faults)
