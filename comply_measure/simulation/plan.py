"""A population's parameters as arrays: latent targets of the informants, and items by role."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.instrument import Item
from comply_measure.simulation.population import Population
from comply_measure.simulation.schema import NonInvariantItem, by_role
from comply_measure.simulation.unit_model import ALIGNMENT

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """What informants perceive, all with variance 1 within a role.

    R informants (one per role, then second ones of a role), D dimensions, A attributes, C constructs.

    Parameters
    ----------
    names : tuple of str
        Alignment, dimensions, attributes, constructs, competence, involvement: the order of the target axis.
    alignment_share, alignment_bias : (R,) arrays
        Share of an informant's view of alignment that is the unit's true state; mean shift.
    dimension_loading : (D,) array
        Loading on alignment.
    dimension_share, dimension_bias : (R, D) arrays
        The same for the dimension's own part.
    attribute_parent : (A,) array
        Position of the dimension among the dimensions.
    attribute_loading : (A,) array
    attribute_share, attribute_bias : (R, A) arrays
    construct_share, construct_bias : (R, C) arrays
    trait_bias : (R, 2) array
        Means of competence and involvement.
    trait_correlation : float
    first : (R,) array
        Position of the first informant of the same role.
    alike : float
        Correlation of the own perspectives of two informants of one role.
    """

    names: tuple[str, ...]
    dimensions: tuple[str, ...]
    attributes: tuple[str, ...]
    constructs: tuple[str, ...]
    alignment_share: Floats
    alignment_bias: Floats
    dimension_loading: Floats
    dimension_share: Floats
    dimension_bias: Floats
    attribute_parent: Integers
    attribute_loading: Floats
    attribute_share: Floats
    attribute_bias: Floats
    construct_share: Floats
    construct_bias: Floats
    trait_bias: Floats
    trait_correlation: float
    first: Integers
    alike: float

    def own(self, shape: tuple[int, ...], normal: np.random.Generator) -> Floats:
        """Own perspectives (n_units, R, …), standard normal; second informants of a role are like its first one."""
        found = normal.standard_normal(shape)
        for place, first in enumerate(self.first):
            if first != place:
                found[:, place] = (
                    self.alike * found[:, first] + np.sqrt(1.0 - self.alike**2) * found[:, place]
                )
        return found


@dataclass(frozen=True, slots=True)
class ItemPlan:
    r"""Items as arrays; R roles, I items, K thresholds; in the keyed direction (after recoding).

    The latent answer of role r to item i is
    :math:`y = \lambda_{ri}T + \kappa_i M + \omega_i W + u_{ri}(\sqrt{\rho}S_i + \sqrt{1-\rho}\,h\,e)`, with
    variance 1.

    Parameters
    ----------
    ids : tuple of str
    target : (I,) array
        Position of the item's target.
    keying : (I,) array of +1, -1
    asked : (R, I) array of bool
        Whether the role answers the item.
    loading, unique_sd : (R, I) arrays
        :math:`\lambda` and :math:`u`.
    method : (I,) array
        :math:`\kappa` times the keying: the method factor moves raw answers, not keyed ones.
    wording : (I,) array
        :math:`\omega`: loading of reverse-keyed items on the wording factor, 0 of all others.
    specific_share : float
        :math:`\rho`: what all informants of a unit share in the item's own part.
    noise_slope : float
        Slope of :math:`h = \exp(-b k - b^2)` on competence.
    thresholds : (R, I, K) array
    minimum, maximum : (I,) arrays
        Limits of the answer.
    judged : (I,) array of bool
        Whether "cannot judge" is offered.
    cannot_judge : (I,) array
        Its code (0 where it is not offered).
    applies : (I,) array of bool
        False where "does not apply" is offered: such an item does not apply in some units.
    does_not_apply : (I,) array
        Its code (0 where it is not offered).
    instructed : (I,) array
        Answer that an attention item asks for (0 for all others).
    """

    ids: tuple[str, ...]
    target: Integers
    keying: Integers
    asked: Bools
    loading: Floats
    unique_sd: Floats
    method: Floats
    wording: Floats
    specific_share: float
    noise_slope: float
    thresholds: Floats
    minimum: Integers
    maximum: Integers
    judged: Bools
    cannot_judge: Integers
    applies: Bools
    does_not_apply: Integers
    instructed: Integers


def target_names(population: Population) -> tuple[str, ...]:
    """Names on the target axis."""
    informants = population.spec.informants
    return (
        ALIGNMENT,
        *population.dimension_keys,
        *population.attribute_parents,
        *population.spec.constructs,
        informants.competence.measured_by or "competence",
        informants.involvement.measured_by or "involvement",
    )


def plan_targets(population: Population) -> TargetPlan:
    """Collect the parameters of everything informants perceive."""
    spec, roles = population.spec, [seat.role for seat in population.seats]
    seconds = spec.sample.second_informants
    dimensions, parents = population.dimension_keys, population.attribute_parents
    constructs = tuple(spec.constructs)

    def table(parts: list[dict[str, float]]) -> Floats:
        return np.array([[by_role(values, role) for values in parts] for role in roles]).reshape(
            len(roles), -1
        )

    traits = (spec.informants.competence, spec.informants.involvement)
    return TargetPlan(
        names=target_names(population),
        dimensions=dimensions,
        attributes=tuple(parents),
        constructs=constructs,
        alignment_share=table([spec.alignment.consensus_share])[:, 0],
        alignment_bias=table([spec.alignment.role_bias])[:, 0],
        dimension_loading=np.array([spec.dimensions[key].loading for key in dimensions]),
        dimension_share=table([spec.dimensions[key].consensus_share for key in dimensions]),
        dimension_bias=table([spec.dimensions[key].role_bias for key in dimensions]),
        attribute_parent=np.array([dimensions.index(parent) for parent in parents.values()], dtype=np.int64),
        attribute_loading=np.array([spec.attributes[key].loading for key in parents]),
        attribute_share=table([spec.attributes[key].consensus_share for key in parents]),
        attribute_bias=table([spec.attributes[key].role_bias for key in parents]),
        construct_share=table([spec.constructs[key].consensus_share for key in constructs]),
        construct_bias=table([spec.constructs[key].role_bias for key in constructs]),
        trait_bias=table([trait.role_bias for trait in traits]),
        trait_correlation=spec.informants.correlation,
        first=np.array([seat.first for seat in population.seats], dtype=np.int64),
        alike=0.0 if seconds is None else seconds.alike,
    )


def plan_items(population: Population) -> ItemPlan:
    """Collect the parameters of every item by role, planted non-invariance included."""
    spec, items = population.spec, population.items
    roles = [seat.role for seat in population.seats]
    names = target_names(population)
    planted = {(entry.item, entry.role): entry for entry in spec.noninvariant_items}
    responses = {item.id: scale.response for scale in population.scales for item in scale.items}
    keying = np.array([item.keying for item in items], dtype=np.int64)
    loading = np.array(
        [[_loading(population, item, planted.get((item.id, role))) for item in items] for role in roles]
    )
    offered = [
        {name: code for name, code in responses[item.id].options.items() if name in item.offers}
        for item in items
    ]
    wording = np.where(keying < 0, spec.items.reverse_loading, 0.0)
    return ItemPlan(
        ids=tuple(item.id for item in items),
        # Attention items measure nothing: their loading is 0, whatever stands at their place of the target axis.
        target=np.array(
            [0 if item.kind == "attention" else names.index(item.construct) for item in items], dtype=np.int64
        ),
        keying=keying,
        asked=np.array([[role in item.roles for item in items] for role in roles]),
        loading=loading,
        unique_sd=np.sqrt(1.0 - loading**2 - spec.items.method_loading**2 - wording**2),
        method=np.float64(spec.items.method_loading) * keying,
        wording=wording,
        specific_share=spec.items.specific_share,
        noise_slope=spec.informants.noise_slope,
        thresholds=np.array(
            [[_cuts(population, item, planted.get((item.id, role))) for item in items] for role in roles]
        ),
        minimum=np.array([responses[item.id].minimum for item in items], dtype=np.int64),
        maximum=np.array([responses[item.id].maximum for item in items], dtype=np.int64),
        judged=np.array(
            [
                "cannot_judge" in codes and item.kind != "informant"
                for codes, item in zip(offered, items, strict=True)
            ]
        ),
        cannot_judge=np.array([codes.get("cannot_judge", 0) for codes in offered], dtype=np.int64),
        applies=np.array(["does_not_apply" not in codes for codes in offered]),
        does_not_apply=np.array([codes.get("does_not_apply", 0) for codes in offered], dtype=np.int64),
        instructed=np.array([item.instructed or 0 for item in items], dtype=np.int64),
    )


def _loading(population: Population, item: Item, planted: NonInvariantItem | None) -> float:
    if item.kind == "attention":
        return 0.0
    if planted is not None and planted.loading is not None:
        return planted.loading
    return population.spec.items.constructs[item.construct].loadings[item.id]


def _cuts(population: Population, item: Item, planted: NonInvariantItem | None) -> list[float]:
    items = population.spec.items
    if item.kind == "attention":
        return list(next(iter(items.thresholds.values())))
    group = items.constructs[item.construct]
    shift = (0.0 if planted is None else planted.threshold_shift) + group.shifts.get(item.id, 0.0)
    return [cut + shift for cut in items.thresholds[group.thresholds]]


def share_weights(share: Floats) -> tuple[Floats, Floats]:
    """Square roots of a share and of what is left: weights of the common and the own part."""
    return np.sqrt(share), np.sqrt(1.0 - share)
