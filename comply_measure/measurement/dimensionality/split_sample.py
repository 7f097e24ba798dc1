"""Explore on one half of the units, confirm on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.dimensionality.correlations import Kind, Treatment, correlate
from comply_measure.measurement.dimensionality.efa import factor_solution
from comply_measure.measurement.dimensionality.efa_result import FactorSolution
from comply_measure.measurement.dimensionality.extraction import Method
from comply_measure.measurement.dimensionality.parallel import ParallelAnalysis, parallel_analysis
from comply_measure.measurement.dimensionality.rotation import RotationName, RotationOptions, rotate
from comply_measure.measurement.frames import check_scales
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result
from comply_measure.sem.language.quoting import quoted


@dataclass(frozen=True, slots=True)
class Split(Result):
    """Units dealt out to two halves.

    Attributes
    ----------
    explored, confirmed : tuple
        Keys of the units (or firms) of either half, in order of appearance.
    column : str
        What was dealt out.
    seed : int
    """

    explored: tuple[Any, ...]
    confirmed: tuple[Any, ...]
    column: str
    seed: int

    def tidy(self) -> pd.DataFrame:
        """One row per unit: key, half, column, seed."""
        keys = [*self.explored, *self.confirmed]
        half = ["explored"] * len(self.explored) + ["confirmed"] * len(self.confirmed)
        return pd.DataFrame({"key": keys, "half": half, "column": self.column, "seed": self.seed})


@dataclass(frozen=True, slots=True)
class SplitSample(Result):
    """Exploration of one half and confirmation in the other.

    Attributes
    ----------
    split : Split
    parallel : ParallelAnalysis or None
        Of the explored half, when it chose the number of factors.
    exploration : FactorSolution
    assignment : mapping of str to tuple of str
        Factor → items of the model confirmed.
    unassigned : tuple of (str, str)
        Items left out of it, with the reason.
    congruence : ndarray, shape (m,)
        Tucker's φ between the loadings of both halves, the second rotated towards the first.
    model : str
        Text of the confirmatory model.
    confirmation : Fit or None
    n_explored, n_confirmed : int
        Informants in either half.
    note : str
    """

    split: Split
    parallel: ParallelAnalysis | None
    exploration: FactorSolution
    assignment: Mapping[str, tuple[str, ...]]
    unassigned: tuple[tuple[str, str], ...]
    congruence: Floats
    model: str
    confirmation: sem.Fit | None
    n_explored: int
    n_confirmed: int
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per item: item, factor, loading, second_loading, reason, n_explored, n_confirmed, seed,
        note.
        """
        place = {item: factor for factor, items in self.assignment.items() for item in items}
        reasons = dict(self.unassigned)
        size = -np.sort(-np.abs(self.exploration.loadings), axis=1)
        second = size[:, 1] if size.shape[1] > 1 else np.zeros(len(size))
        return pd.DataFrame(
            {
                "item": self.exploration.items,
                "factor": [place.get(item, "") for item in self.exploration.items],
                "loading": size[:, 0],
                "second_loading": second,
                "reason": [reasons.get(item, "") for item in self.exploration.items],
                "n_explored": self.n_explored,
                "n_confirmed": self.n_confirmed,
                "seed": self.split.seed,
                "note": self.note,
            }
        )


def split_units(data: pd.DataFrame, column: str = "unit", *, seed: int, share: float = 0.5) -> Split:
    """Deal out whole units (or firms) at random.

    All informants of a unit go to the same half: the halves would otherwise not be independent.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    column : str
        Key of the unit, or of the firm when units of one firm are alike.
    seed : int
    share : float
        Of the units, to explore.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        The column is absent or has gaps, the share is not between 0 and 1, or there are fewer than 4 units.
    """
    problems = []
    if column not in data.columns:
        problems.append(Problem("column is absent", column=column))
    elif (data.columns == column).sum() > 1:
        problems.append(Problem("two columns have one name", column=column))
    elif data[column].isna().any():
        rows = int(data[column].isna().sum())
        problems.append(Problem("rows without a unit", column=column, value=rows, allowed="none"))
    elif data[column].nunique() < 4:
        problems.append(Problem("units", column=column, value=data[column].nunique(), allowed="at least 4"))
    if not 0 < share < 1:
        problems.append(Problem("share", value=share, allowed="between 0 and 1"))
    if problems:
        raise InputError("The units cannot be split.", problems)
    keys = pd.unique(data[column])
    size = min(max(round(share * len(keys)), 1), len(keys) - 1)
    first = np.zeros(len(keys), dtype=bool)
    first[np.random.default_rng(seed).permutation(len(keys))[:size]] = True
    return Split(tuple(keys[first]), tuple(keys[~first]), column, seed)


def explore_and_confirm(
    data: pd.DataFrame,
    items: Sequence[str],
    *,
    seed: int,
    n_factors: int | None = None,
    by: str = "unit",
    share: float = 0.5,
    method: Method = "ml",
    rotation: RotationOptions | RotationName = "oblimin",
    kind: Kind = "pearson",
    missing: Treatment = "ml",
    cutoff: float = 0.40,
    gap: float = 0.10,
    estimator: str = "ML",
    cluster: str | None = None,
) -> SplitSample:
    """Explore the items in one half of the units and confirm the structure found in the other.

    An item belongs to the factor of its largest loading when that is at least ``cutoff`` and exceeds the next
    by ``gap``; factors with fewer than two items are left out. The other half then fits the simple structure
    (factors correlated), and shows by Tucker's congruence whether an exploration of its own finds the same.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items recoded.
    items : sequence of str
    seed : int
        Of the split and of parallel analysis.
    n_factors : int, optional
        By default from parallel analysis of the explored half (common factors, 95th percentile).
    by, share
        As ``column`` and ``share`` of :func:`split_units`.
    method, rotation, kind, missing
        As in :func:`~comply_measure.measurement.dimensionality.efa.explore`.
    cutoff, gap : float
        A convention, not a test.
    estimator, cluster
        Of the confirmation, as for :func:`comply_measure.sem.fit`.

    Returns
    -------
    SplitSample
        What could not be done is None or NaN, and noted.

    Raises
    ------
    InputError
        Unusable items or options.
    """
    check_scales(data, {"items": items}, [by, cluster])
    split = split_units(data, by, seed=seed, share=share)
    chosen = data[by].isin(split.explored)
    first, second = data[chosen], data[~chosen]
    found = correlate(first, items, kind=kind, missing=missing)
    parallel = None
    if n_factors is None:
        parallel = parallel_analysis(found, seed=seed, variants=("factors_minres",))
        n_factors = max(parallel.n_factors("factors_minres"), 1)
    exploration = factor_solution(found, n_factors, method=method, rotation=rotation)
    assignment, unassigned = assign_items(exploration, cutoff, gap)
    other = correlate(second, found.items, kind=kind, missing=missing)
    congruence = _congruence(exploration, factor_solution(other, n_factors, method=method, rotation="none"))
    model = "\n".join(
        f"{quoted(factor)} =~ {' + '.join(map(quoted, names))}" for factor, names in assignment.items()
    )
    confirmation, note = _confirm(model, second, estimator, missing, cluster)
    return SplitSample(
        split,
        parallel,
        exploration,
        assignment,
        unassigned,
        congruence,
        model,
        confirmation,
        len(first),
        len(second),
        "; ".join(part for part in (exploration.note, note) if part),
    )


def assign_items(
    solution: FactorSolution, cutoff: float, gap: float
) -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    """Items of each factor by their largest loading, and items left out with the reason."""
    of: dict[str, list[str]] = {factor: [] for factor in solution.factors}
    left: list[tuple[str, str]] = list(solution.correlation.dropped)
    for item, loadings in zip(solution.items, np.abs(solution.loadings), strict=True):
        order = np.argsort(-loadings)
        largest = loadings[order[0]]
        second = loadings[order[1]] if len(order) > 1 else 0.0
        if not np.isfinite(largest):
            left.append((item, "no solution"))
        elif largest < cutoff:
            left.append((item, f"largest loading below {cutoff:g}"))
        elif largest - second < gap:
            left.append((item, f"next loading within {gap:g}"))
        else:
            of[solution.factors[order[0]]].append(item)
    for factor, items in of.items():
        if len(items) == 1:
            left.append((items[0], f"alone on {factor}"))
    return {factor: tuple(items) for factor, items in of.items() if len(items) > 1}, tuple(left)


def _congruence(first: FactorSolution, second: FactorSolution) -> Floats:
    """Tucker's φ per factor after the second solution is rotated towards the first."""
    nothing = np.full(len(first.factors), np.nan)
    if first.items != second.items or not np.isfinite(second.loadings).all():
        return nothing
    if not np.isfinite(first.loadings).all():
        return nothing
    turned = second.loadings
    if len(first.factors) > 1:
        turned = rotate(second.loadings, RotationOptions("target", target=first.loadings)).loadings
    size = np.sqrt((turned**2).sum(axis=0) * (first.loadings**2).sum(axis=0))
    return np.asarray((turned * first.loadings).sum(axis=0) / size)


def _confirm(
    model: str, data: pd.DataFrame, estimator: str, missing: str, cluster: str | None
) -> tuple[sem.Fit | None, str]:
    if not model:
        return None, "no factor has two items: nothing to confirm"
    treatment = "ml" if missing == "ml" else "listwise"
    try:
        fit = sem.fit(model, data, estimator=estimator, missing=treatment, cluster=cluster, std_lv=True)
    except ComplyError as error:
        return None, str(error)
    return fit, f"the confirmatory model {fit.unreached}" if fit.unreached else ""
