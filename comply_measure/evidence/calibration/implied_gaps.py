"""Latent gaps and distances that a population implies, from the closed moments of its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.models.informants import role_invariance_model
from comply_measure.models.invariance.designs import Kind
from comply_measure.models.invariance.gaps import partial_gaps, role_distances
from comply_measure.models.invariance.role_designs import RoleDesign
from comply_measure.simulation import item_moments
from comply_measure.simulation.truth import noninvariant_items
from comply_measure.tables.wide import wide_column

if TYPE_CHECKING:
    from comply_measure.evidence.focal import Focal
    from comply_measure.simulation import Moments, Population

_NOBS = 1000  # the estimates of an exact fit do not depend on it


@dataclass(frozen=True, eq=False)
class ImpliedLatent:
    """What partially invariant models of the population's moments give.

    Parameters
    ----------
    gaps : DataFrame
        ``partial_gaps`` of the dimensions.
    distances : DataFrame
        ``role_distances`` of the attributes.
    """

    gaps: pd.DataFrame
    distances: pd.DataFrame


def implied_latent(population: Population, chosen: Focal) -> ImpliedLatent:
    """Latent gaps of dimensions and distances of attributes.

    The models of step ``invariance`` with exactly those exceptions that are planted, fitted to the moments that the
    population implies for attentive informants.

    Parameters
    ----------
    population : Population
        As analyses see it.
    chosen : Focal
        Its scale in a study.
    """
    moments, planted = item_moments(population), noninvariant_items(population)
    odd = set(planted["item"])
    weak = set(planted.loc[planted["loading"] != planted["loading_others"], "item"])
    attributes = population.spec.attributes
    apart = {key for key, part in attributes.items() if any(part.role_bias.values())}
    roles, gaps, distances = chosen.roles, [], []
    for key, names in chosen.factors.items():
        factors = {name: chosen.items[name] for name in names}
        items = [item for own in factors.values() for item in own]
        free: set[tuple[Kind, str]] = {("intercept", i) for i in items if i in odd}
        free |= {("loading", i) for i in items if i in weak}
        weights = {item: {item: 1.0} for item in items}
        distances.append(role_distances(*_fit(factors, free, weights, moments, roles), frozenset(free)))
        held = {name: [item for item in own if item not in odd] for name, own in factors.items()}
        scores = {name: dict.fromkeys(own, 1 / len(own)) for name, own in held.items()}
        shifted: set[tuple[Kind, str]] = {("intercept", name) for name in names if name in apart}
        gaps.append(partial_gaps(*_fit({key: names}, shifted, scores, moments, roles), frozenset(shifted)))
    return ImpliedLatent(pd.concat(gaps, ignore_index=True), pd.concat(distances, ignore_index=True))


def _fit(
    factors: Mapping[str, Sequence[str]],
    released: set[tuple[Kind, str]],
    weights: Mapping[str, Mapping[str, float]],
    moments: Moments,
    roles: Sequence[str],
) -> tuple[RoleDesign, sem.Fit]:
    """The scalar model with exceptions, fitted to weighted sums of the items."""
    place = {pair: at for at, pair in enumerate(zip(moments.names, moments.roles, strict=True))}
    indicators = [name for own in factors.values() for name in own]
    pairs = [(role, name) for role in roles for name in indicators]
    matrix = np.zeros((len(pairs), len(moments.names)))
    for row, (role, name) in enumerate(pairs):
        for item, weight in weights[name].items():
            matrix[row, place[item, role]] = weight
    names = [wide_column(name, role) for role, name in pairs]
    kept = {key: tuple(own) for key, own in factors.items()}
    text = role_invariance_model(kept, tuple(roles), "scalar", frozenset(released)).text
    covariance = pd.DataFrame(matrix @ moments.covariance @ matrix.T, names, names)
    mean = pd.Series(matrix @ moments.mean, names)
    fit = sem.from_moments(text, covariance, nobs=_NOBS, mean=mean, meanstructure=True)
    return RoleDesign(pd.DataFrame(), kept, tuple(roles)), fit
