"""Does a unit agree more than informants who answer at random? Exact tests per unit, with error control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.grouping import Grouping
from comply_measure.statistics.multiplicity import benjamini_hochberg
from comply_measure.tables.long_table import HEADLINE, long_table, scale_items
from comply_measure.triads.agreement.exact import Statistic
from comply_measure.triads.agreement.exact_tests_result import AgreementTests, ScaleTests
from comply_measure.triads.agreement.items import item_agreement, rwg_j_value
from comply_measure.triads.agreement.null_family import NullFamily, noise_at
from comply_measure.triads.agreement.nulls import NullSpec, null_distribution
from comply_measure.triads.agreement.simulated import correlation_matrix, simulated_answers

Index = Literal["rwg_j", "ad_mean", "ad_median"]
STATISTIC: Mapping[str, Statistic] = {"rwg_j": "variance", "ad_mean": "ad_mean", "ad_median": "ad_median"}
FEW = "too few items answered by 2 informants"
LARGE = "too many informants for an exact test"
NEVER = "no value would be significant: none is so rare"


def agreement_tests(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum: float,
    maximum: float,
    null: NullSpec = "uniform",
    index: Index = "rwg_j",
    alpha: float = 0.05,
    cutoff: float = 0.70,
    item_correlation: ArrayLike | Mapping[str, ArrayLike] | None = None,
    replications: int = 20_000,
    seed: int | np.random.Generator | None = None,
    min_items: float = 0.5,
    unit: str = "unit",
) -> AgreementTests:
    """Test every unit against informants who answer at random.

    The null: the informants of a unit answer independently of each other, each item with the null's
    probabilities. The p value is the probability of a mean item variance (or AD) as small as observed, with
    the unit's own counts of informants per item. Without item correlations it is exact (enumeration and
    convolution); with them, answers are simulated by cutting a multivariate normal.

    Parameters
    ----------
    data : DataFrame
        One row per informant; whole-number answers.
    scales : mapping of str to sequence of str
        Items of each scale.
    minimum, maximum : float
        Ends of the answer scale.
    null : str or sequence of float
        A null with probabilities.
    index : {"rwg_j", "ad_mean", "ad_median"}
        Statistic. rwg(j) and r*wg(j) order units alike (given J), so the first tests both.
    alpha : float
        Level of the tests and of the false discovery rate, per scale.
    cutoff : float
        Convention whose meaning is checked: how often noise reaches it.
    item_correlation : float or matrix, or mapping of scale to either, optional
        Correlations of the items within an informant, as correlations of the normal variables that are cut.
    replications : int
        Simulated units per scale.
    seed : int or Generator
        Required with item correlations.
    min_items : float
        Share of items two informants must have answered.
    unit : str
        Column with the unit's key.

    Raises
    ------
    InputError
        Unusable table, options, null without probabilities, or answers that are not whole numbers.
    """
    resolved = null_distribution(null, minimum, maximum)
    _check_options(index, alpha, min_items, replications, item_correlation is not None and seed is None)
    items, places = scale_items(scales)
    table = long_table(data, items, unit=unit, minimum=minimum, maximum=maximum)
    _check_whole(table.values, items)
    grouping = table.grouping()
    rng = np.random.default_rng(seed) if item_correlation is not None else None
    results = {}
    observations = _observe(table.values, grouping, places, STATISTIC[index], min_items)
    for key, observed in observations.items():
        answers = None
        given = item_correlation.get(key) if isinstance(item_correlation, Mapping) else item_correlation
        if rng is not None and given is not None and observed.n.max(initial=0) >= 2:
            matrix = correlation_matrix(given, observed.n.shape[1])
            answers = simulated_answers(int(observed.n.max()), matrix, resolved, replications, rng)
        family = NullFamily(resolved, STATISTIC[index], answers)
        results[key] = _test_scale(observed, family, alpha, cutoff)
    method = "exact" if item_correlation is None else f"simulated, {replications:,} units per scale"
    return AgreementTests(grouping.labels, index, resolved, alpha, cutoff, method, results)


@dataclass(frozen=True, slots=True)
class _Observed:
    """Statistic of one scale per unit with its counts: shapes (G,), (G, J), (G,)."""

    statistic: Floats
    n: NDArray[np.int32]
    n_informants: Ints


def _observe(
    values: Floats, grouping: Grouping, places: Mapping[str, Ints], statistic: Statistic, min_items: float
) -> dict[str, _Observed]:
    """Mean over the usable items of s², AD_M or AD_Md per scale, NaN where too few items are usable."""
    G = grouping.n_units
    found = {
        key: _Observed(
            np.full(G, np.nan), np.zeros((G, len(columns)), dtype=np.int32), np.zeros(G, dtype=np.int64)
        )
        for key, columns in places.items()
    }
    for members, rows in grouping.blocks(values.shape[1]):
        block = values[rows]
        items = item_agreement(block, {statistic}, -np.inf, np.inf)
        part = items.spread.variance if statistic == "variance" else items.parts[statistic]
        answered = ~np.isnan(block)
        for key, columns in places.items():
            n = items.spread.n[:, columns]
            used = n >= 2
            required = max(1, int(np.ceil(min_items * len(columns) - 1e-9)))
            with np.errstate(invalid="ignore", divide="ignore"):
                average = np.where(used, part[:, columns], 0.0).sum(axis=1) / used.sum(axis=1)
            found[key].statistic[members] = np.where(used.sum(axis=1) >= required, average, np.nan)
            found[key].n[members] = n
            found[key].n_informants[members] = answered[:, :, columns].any(axis=2).sum(axis=0)
    return found


def _test_scale(observed: _Observed, family: NullFamily, alpha: float, cutoff: float) -> ScaleTests:
    """Values of p, pattern of counts by pattern of counts."""
    statistic, n = observed.statistic, observed.n
    p, critical, level, passing = (np.full(len(statistic), np.nan) for _ in range(4))
    note = np.where(np.isnan(statistic), FEW, "").astype(object)
    testable = np.flatnonzero(~np.isnan(statistic))
    for pattern, places in family.patterns(n[testable]):
        units = testable[places]
        distribution = family.distribution(pattern)
        if distribution is None:
            note[units] = LARGE
            continue
        p[units] = distribution.cdf(statistic[units])
        critical[units], level[units] = distribution.critical(alpha), distribution.level(alpha)
        passing[units] = noise_at(distribution, family.null, cutoff)
        note[units] = "" if np.isfinite(critical[units[0]]) else NEVER
    n_used = (n >= 2).sum(axis=1)
    if family.statistic == "variance":
        statistic = rwg_j_value(statistic, n_used, family.null.variance)
        critical = rwg_j_value(critical, n_used, family.null.variance)
    return ScaleTests(
        n_items=n.shape[1],
        n_informants=observed.n_informants,
        n_items_used=n_used,
        value=statistic,
        critical=critical,
        p=p,
        p_fdr=benjamini_hochberg(p),
        level=level,
        noise_passing=passing,
        note=note,
    )


def _check_options(index: str, alpha: float, min_items: float, replications: int, unseeded: bool) -> None:
    problems = []
    if index not in get_args(Index):
        problems.append(Problem("index", value=index, allowed=", ".join(get_args(Index))))
    problems += share_faults("alpha", alpha)
    if not 0 < min_items <= 1:
        problems.append(Problem("min_items", value=min_items, allowed="above 0, at most 1"))
    if replications < 100:
        problems.append(Problem("replications", value=replications, allowed="at least 100"))
    if unseeded:
        problems.append(Problem("seed is needed to simulate correlated items", allowed="a whole number"))
    if problems:
        raise InputError("Agreement cannot be tested with these options.", problems)


def _check_whole(values: Floats, items: Sequence[str]) -> None:
    broken = (values != np.round(values)) & ~np.isnan(values)
    if broken.any():
        raise InputError(
            HEADLINE,
            [
                Problem("answers are not whole numbers", column=items[j], allowed="answers, not scores")
                for j in np.flatnonzero(broken.any(axis=0)).tolist()
            ],
        )
