"""What the population implies for scores: moments, loadings, reliability, ICCs and role gaps, in closed form.

All values hold for attentive informants and complete triads; items are keyed, attribute scores are means of
items, dimension scores are means of attribute scores.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from comply_measure.simulation.plan import Floats, plan_items, target_names
from comply_measure.simulation.population import Population
from comply_measure.simulation.rating_moments import Moments, item_moments, item_target_covariance
from comply_measure.simulation.unit_model import ALIGNMENT
from comply_measure.statistics.mean_squares import icc_values
from comply_measure.statistics.words import require_known

ScoreLevel = Literal["item", "attribute", "dimension"]
LEVELS: tuple[ScoreLevel, ...] = ("item", "attribute", "dimension")

Weights = dict[str, dict[str, float]]


def score_items(population: Population, level: str) -> Weights:
    """Weights of the items in each score: attribute = mean of items, dimension = mean of attributes.

    A dimension whose items have no attributes is the mean of its items.
    """
    require_known("level", level, LEVELS)
    tree = population.tree
    hierarchy = {*population.dimension_keys, *population.attribute_parents}
    groups: dict[str, list[str]] = {}
    for item in population.items:
        if item.kind == "content" and item.construct in hierarchy:
            groups.setdefault(item.construct, []).append(item.id)
    if level == "item":
        return {item: {item: 1.0} for items in groups.values() for item in items}
    if level == "attribute":
        attributes = [key for key in groups if tree.construct(key).level == "attribute"]
        return {key: {item: 1.0 / len(groups[key]) for item in groups[key]} for key in attributes}
    below: dict[str, list[str]] = {}
    for key in groups:
        below.setdefault(tree.dimension_of(key), []).append(key)
    return {
        dimension: {item: 1.0 / len(keys) / len(groups[key]) for key in keys for item in groups[key]}
        for dimension, keys in below.items()
    }


def score_moments(population: Population, level: str, items: Moments | None = None) -> Moments:
    """Implied means and covariances of scores, all roles side by side (wide format).

    Parameters
    ----------
    population : Population
    level : {"item", "attribute", "dimension"}
    items : Moments, optional
        From :func:`item_moments`, if already at hand.

    Returns
    -------
    Moments
        Role by role, scores in the order of the scale.
    """
    items = item_moments(population) if items is None else items
    where = {pair: position for position, pair in enumerate(zip(items.names, items.roles, strict=True))}
    pairs = [(name, role) for role in population.roles for name in score_items(population, level)]
    weights = np.zeros((len(pairs), len(where)))
    scores = score_items(population, level)
    for row, (name, role) in enumerate(pairs):
        for item, weight in scores[name].items():
            weights[row, where[item, role]] = weight
    return items.combine(tuple(name for name, _ in pairs), tuple(role for _, role in pairs), weights)


def implied_loadings(population: Population, items: Moments | None = None) -> pd.DataFrame:
    """Standardised loadings of the hierarchy, of latent answers and of observed ratings and scores.

    Parameters
    ----------
    population : Population
    items : Moments, optional
        From :func:`item_moments`, if already at hand.

    Returns
    -------
    pandas.DataFrame
        ``role``, ``level`` (``item``: on its attribute; ``attribute``: on its dimension; ``dimension``: on
        alignment), ``lhs`` (latent variable), ``rhs`` (indicator), ``latent``: the stated loading,
        ``observed``: correlation of the rating or score with the perceived latent variable it loads on.
    """
    items = item_moments(population) if items is None else items
    names = target_names(population)
    rows = []
    for position, role in enumerate(population.roles):
        shared = item_target_covariance(population, position)
        for level in LEVELS:
            own = score_moments(population, level, items).of_role(role)
            deviation = np.sqrt(np.diag(own.covariance))
            for score, (name, weights) in enumerate(score_items(population, level).items()):
                above, stated = _stated_loading(population, level, name, position)
                covariance = _weighted(population, weights, shared[:, names.index(above)])
                rows.append((role, level, above, name, stated, covariance / deviation[score]))
    return pd.DataFrame(rows, columns=["role", "level", "lhs", "rhs", "latent", "observed"])


def _weighted(population: Population, weights: dict[str, float], values: Floats) -> float:
    ids = [item.id for item in population.items]
    return float(sum(weight * values[ids.index(item)] for item, weight in weights.items()))


def _stated_loading(population: Population, level: str, name: str, role: int) -> tuple[str, float]:
    """The latent variable an indicator loads on, and the loading in the file."""
    spec = population.spec
    if level == "dimension":
        return ALIGNMENT, spec.dimensions[name].loading
    if level == "attribute":
        return population.tree.dimension_of(name), spec.attributes[name].loading
    plan = plan_items(population)
    item = plan.ids.index(name)
    return population.items[item].construct, float(plan.loading[role, item])


def implied_reliability(population: Population, items: Moments | None = None) -> pd.DataFrame:
    r"""Reliability of attribute and dimension scores, role by role.

    Returns
    -------
    pandas.DataFrame
        ``role``, ``level``, ``construct``, ``n_items``; ``alpha``: Cronbach's
        :math:`\alpha = \frac{J}{J-1}(1 - \sum_j\sigma_j^2/\sigma_X^2)` of the items at population moments
        (NaN for one item); ``reliability``: squared correlation of the score with the perceived latent
        variable of its own level.
    """
    items = item_moments(population) if items is None else items
    names = target_names(population)
    rows = []
    for position, role in enumerate(population.roles):
        shared, own_items = item_target_covariance(population, position), items.of_role(role)
        for level in LEVELS[1:]:
            own = score_moments(population, level, items).of_role(role)
            for score, (name, weights) in enumerate(score_items(population, level).items()):
                covariance = _weighted(population, weights, shared[:, names.index(name)])
                squared = covariance**2 / float(own.covariance[score, score])
                where = [own_items.names.index(item) for item in weights]
                alpha = _alpha(own_items.covariance[np.ix_(where, where)])
                rows.append((role, level, name, len(weights), alpha, squared))
    return pd.DataFrame(rows, columns=["role", "level", "construct", "n_items", "alpha", "reliability"])


def _alpha(covariance: Floats) -> float:
    size = len(covariance)
    if size < 2:
        return float("nan")
    return float(size / (size - 1.0) * (1.0 - np.trace(covariance) / covariance.sum()))


def implied_icc(population: Population, items: Moments | None = None) -> pd.DataFrame:
    r"""Intraclass correlations over roles, from expected mean squares of complete triads.

    With k roles, covariances S and means m of a score over roles: :math:`MSR = 1'S1/k`,
    :math:`MSE = (\mathrm{tr} S - MSR)/(k-1)`, :math:`V = \sum(m-\bar m)^2/(k-1)`, one-way
    :math:`MSW = MSE + V`. ICC(1) = (MSR-MSW)/(MSR+(k-1)MSW), ICC(2) = (MSR-MSW)/MSR; ICC(C,·) with MSE
    instead of MSW; ICC(A,1) = (MSR-MSE)/(MSR+(k-1)MSE+kV), ICC(A,k) = (MSR-MSE)/(MSR+V) (McGraw & Wong,
    1996, many units). Units count as independent; firm effects change expected mean squares by the order of
    1/units.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``construct``, ``icc1``, ``icc2``, ``icc_c1``, ``icc_ck``, ``icc_a1``, ``icc_ak``.
    """
    rows = []
    items = item_moments(population) if items is None else items
    for level in LEVELS[1:]:
        moments = score_moments(population, level, items)
        for name in score_items(population, level):
            where = [i for i, entry in enumerate(moments.names) if entry == name]
            values = _icc(moments.mean[where], moments.covariance[np.ix_(where, where)])
            rows.append((level, name, *values))
    columns = ["level", "construct", "icc1", "icc2", "icc_c1", "icc_ck", "icc_a1", "icc_ak"]
    return pd.DataFrame(rows, columns=columns)


def implied_tables(population: Population) -> dict[str, pd.DataFrame]:
    """All tables of this module by name, from one pass over the items."""
    items = item_moments(population)
    return {
        "implied_loadings": implied_loadings(population, items),
        "implied_reliability": implied_reliability(population, items),
        "implied_icc": implied_icc(population, items),
        "implied_gaps": implied_gaps(population, items),
    }


def _icc(mean: Floats, covariance: Floats) -> tuple[float, ...]:
    k = len(mean)
    between = float(covariance.sum()) / k
    error = (float(np.trace(covariance)) - between) / (k - 1.0)
    roles = float(np.var(mean, ddof=1))
    within = error + roles
    _, one, _, mean_of_k = icc_values(between, within, 0.0, k)
    single, consistent, averaged, consistent_k = icc_values(between, error, roles, k)
    return (
        one,
        mean_of_k,
        consistent,
        consistent_k,
        single,
        averaged,
    )


def implied_gaps(population: Population, items: Moments | None = None) -> pd.DataFrame:
    """Role means and signed gaps (first minus second role) of scores, in scale points.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``construct``, ``role``, ``other``, ``mean``, ``mean_other``, ``gap``, ``sd_difference``
        (SD over units of the difference) and ``d_z`` = gap / sd_difference.
    """
    rows = []
    items = item_moments(population) if items is None else items
    for level in LEVELS[1:]:
        moments = score_moments(population, level, items)
        where = {pair: i for i, pair in enumerate(zip(moments.names, moments.roles, strict=True))}
        for name in score_items(population, level):
            for role, other in combinations(population.roles, 2):
                a, b = where[name, role], where[name, other]
                gap = moments.mean[a] - moments.mean[b]
                cov = moments.covariance
                sd = float(np.sqrt(cov[a, a] + cov[b, b] - 2.0 * cov[a, b]))
                rows.append((level, name, role, other, moments.mean[a], moments.mean[b], gap, sd, gap / sd))
    columns = ["level", "construct", "role", "other", "mean", "mean_other", "gap", "sd_difference", "d_z"]
    return pd.DataFrame(rows, columns=columns)
