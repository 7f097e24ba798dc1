r"""Means and covariances of the answers, implied by the population in closed form.

Given competence k the latent answers of an informant are normal with item-specific variances
(noise factor :math:`h = \exp(-bk - b^2)`), so every moment is a Hermite series averaged over k by
Gauss-Hermite quadrature. Answers are keyed (after recoding); informants are attentive and complete.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.simulation.hermite import ORDER, rating_coefficients, rating_means
from comply_measure.simulation.latent_moments import target_covariance, target_means
from comply_measure.simulation.plan import Bools, Floats, ItemPlan, TargetPlan, plan_items, plan_targets
from comply_measure.simulation.population import Population

NODES = 31


@dataclass(frozen=True, slots=True)
class Moments:
    """Means (p,) and covariances (p, p) of variables that are labelled by name and role.

    Parameters
    ----------
    names, roles : tuple of str
        Name and role of each variable, role by role.
    mean : (p,) array
    covariance : (p, p) array
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    mean: Floats
    covariance: Floats

    @property
    def labels(self) -> tuple[str, ...]:
        """``name@role``."""
        return tuple(f"{name}@{role}" for name, role in zip(self.names, self.roles, strict=True))

    def of_role(self, role: str) -> Moments:
        """Moments of one role's variables."""
        where = [position for position, entry in enumerate(self.roles) if entry == role]
        return Moments(
            tuple(self.names[i] for i in where),
            tuple(self.roles[i] for i in where),
            self.mean[where],
            self.covariance[np.ix_(where, where)],
        )

    def combine(self, names: tuple[str, ...], roles: tuple[str, ...], weights: Floats) -> Moments:
        """Moments of linear combinations; `weights` is (new, p)."""
        return Moments(names, roles, weights @ self.mean, weights @ self.covariance @ weights.T)


@dataclass(frozen=True, slots=True)
class _Conditional:
    """One role's items given competence at each node: coefficients (nodes, order, I), means (nodes, I)."""

    mean: Floats
    mean_square: Floats
    scaled: Floats
    slope: Floats
    sd: Floats


def item_moments(population: Population) -> Moments:
    """Implied means and covariances of all keyed items of all roles.

    Items of constructs with moderated effects are left out: their latent variables are not normal, so the
    series does not hold for them.

    Parameters
    ----------
    population : Population

    Returns
    -------
    Moments
        Variables role by role, items that the role answers in the order of the scales.
    """
    targets, items = plan_targets(population), plan_items(population)
    usable = normal_items(population, targets, items)
    nodes, weights = _quadrature()
    roles = range(len(population.roles))
    given = [_condition(targets, items, role, nodes) for role in roles]
    chosen = [np.flatnonzero(items.asked[role] & usable) for role in roles]
    blocks = [
        [
            _block(population, targets, items, given, (role, other), weights)[
                np.ix_(chosen[role], chosen[other])
            ]
            for other in roles
        ]
        for role in roles
    ]
    means = [items.minimum[chosen[role]] + (weights @ given[role].mean)[chosen[role]] for role in roles]
    return Moments(
        names=tuple(items.ids[i] for role in roles for i in chosen[role]),
        roles=tuple(population.roles[role] for role in roles for _ in chosen[role]),
        mean=np.concatenate(means),
        covariance=np.block(blocks),
    )


def normal_items(population: Population, targets: TargetPlan, items: ItemPlan) -> Bools:
    """Which items measure normal variables, (I,) of bool."""
    bent = {node.name for node in population.unit_model.nodes if not node.gaussian}
    normal: Bools = np.array([targets.names[target] not in bent for target in items.target])
    measuring: Bools = items.instructed == 0
    return normal & measuring


def _quadrature() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()


def _condition(targets: TargetPlan, items: ItemPlan, role: int, nodes: Floats) -> _Conditional:
    """Conditional moments of one role's items at each node of competence."""
    loading, unique = items.loading[role], items.unique_sd[role]
    competence, involvement = len(targets.names) - 2, len(targets.names) - 1
    slope = loading * (
        (items.target == competence) + targets.trait_correlation * (items.target == involvement)
    )
    factor = np.exp(-items.noise_slope * nodes - items.noise_slope**2)[:, None]
    own = unique**2 * (1.0 - items.specific_share)
    sd = np.sqrt(1.0 - slope**2 - own * (1.0 - factor**2))
    centre = loading * target_means(targets)[role, items.target] + slope * nodes[:, None]
    standard = (items.thresholds[role][None] - centre[..., None]) / sd[..., None]
    mean, mean_square = rating_means(standard)
    coefficients = np.moveaxis(rating_coefficients(standard), 0, 1)
    powers = np.arange(1, ORDER + 1)[None, :, None]
    return _Conditional(mean, mean_square, coefficients / sd[:, None, :] ** powers, slope, sd)


def item_target_covariance(population: Population, role: int) -> Floats:
    r"""Covariances (I, targets) of one role's ratings with what its informants perceive.

    By Stein's lemma :math:`\mathrm{Cov}(X, T) = E_k[a_1/\mathrm{sd}]\,\mathrm{Cov}(y, T)`; it holds for
    alignment, dimensions, attributes and constructs, which are independent of competence (their columns of
    the traits are NaN).
    """
    targets, items = plan_targets(population), plan_items(population)
    nodes, weights = _quadrature()
    slope = weights @ _condition(targets, items, role, nodes).scaled[:, 0, :]
    within = target_covariance(targets, population.unit_model, role, role)
    result: Floats = (slope * items.loading[role])[:, None] * within[items.target]
    result[:, -2:] = np.nan
    return result


def latent_item_covariance(
    population: Population, targets: TargetPlan, items: ItemPlan, role: int, other: int
) -> Floats:
    """Covariances (I, I) of the latent answers of two roles; the diagonal is 1 within a role."""
    between = target_covariance(targets, population.unit_model, role, other)
    result: Floats = (
        np.outer(items.loading[role], items.loading[other]) * between[np.ix_(items.target, items.target)]
    )
    if role == other:
        result = result + np.outer(items.method, items.method) + np.outer(items.wording, items.wording)
        np.fill_diagonal(result, 1.0)
        return result
    same = items.specific_share * items.unique_sd[role] * items.unique_sd[other]
    return result + np.diag(same)


def _block(
    population: Population,
    targets: TargetPlan,
    items: ItemPlan,
    given: list[_Conditional],
    pair: tuple[int, int],
    weights: Floats,
) -> Floats:
    """Covariances (I, I) of the answers of two roles."""
    role, other = pair
    latent = latent_item_covariance(population, targets, items, role, other)
    if role != other:
        # Competence of two informants is independent: their averages factor.
        left = np.einsum("k,kni->ni", weights, given[role].scaled)
        right = np.einsum("k,kni->ni", weights, given[other].scaled)
        return _series(left, right, latent)
    part = given[role]
    latent = latent - np.outer(part.slope, part.slope)
    total = np.zeros_like(latent)
    for weight, scaled in zip(weights, part.scaled, strict=True):
        total += weight * _series(scaled, scaled, latent)
    mean = weights @ part.mean
    total += np.einsum("k,ki,kj->ij", weights, part.mean, part.mean) - np.outer(mean, mean)
    np.fill_diagonal(total, weights @ part.mean_square - mean**2)
    return total


def _series(left: Floats, right: Floats, latent: Floats) -> Floats:
    """Σ_n left_n right_n latent^n for every pair of items; Horner's rule from the highest order down."""
    total = np.zeros_like(latent)
    for a, b in zip(left[::-1], right[::-1], strict=True):
        total = (total + np.outer(a, b)) * latent
    return total
