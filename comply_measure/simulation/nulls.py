"""Nulls of a population: the same study without the effect that a conclusion is about, and with a large one.

Each is a change of the population's parameters and nothing else, so that what holds in it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar, overload

from pydantic import BaseModel

from comply_measure.simulation.journey import JourneyPopulation
from comply_measure.simulation.pairs import PairPopulation, PairsSpec
from comply_measure.simulation.population import Population
from comply_measure.simulation.schema import ItemGroupSpec, OutcomeVariable, PopulationSpec
from comply_measure.statistics.words import require_known

Part = TypeVar("Part", bound=BaseModel)

#: The population itself.
STATED = "stated"
_SHARED = 0.95  # consensus where roles see nearly the same
_SAME = 0.999  # loading of a dimension on alignment that is nothing but alignment
_REPEATED = 0.99  # loading of items that repeat each other
_WEAK = 0.6  # factor of loadings where items measure little


@dataclass(frozen=True, slots=True)
class Null:
    """A changed population.

    Parameters
    ----------
    key : str
        Its name.
    says : str
        What is changed, in words.
    change : callable
        Parameters -> changed parameters.
    """

    key: str
    says: str
    change: Callable[[PopulationSpec], PopulationSpec]


def _without_method(spec: PopulationSpec) -> PopulationSpec:
    return _with(spec, items=_with(spec.items, method_loading=0.0, reverse_loading=0.0))


def _without_gaps(spec: PopulationSpec) -> PopulationSpec:
    return _perceptions(spec, lambda part: {"role_bias": {}})


def _invariant(spec: PopulationSpec) -> PopulationSpec:
    return _with(spec, noninvariant_items=())


def _without_agreement(spec: PopulationSpec) -> PopulationSpec:
    alone = dict.fromkeys(spec.roles, 0.0)
    changed = _perceptions(
        spec, lambda part: {"consensus_share": dict.fromkeys(part.consensus_share, 0.0) | alone}
    )
    sample, items = _with(spec.sample, second_informants=None), _with(spec.items, specific_share=0.0)
    return _with(changed, sample=sample, items=items)


def _without_dispute(spec: PopulationSpec) -> PopulationSpec:
    def agreeing(part: Any) -> dict[str, Any]:
        asked = {role: share for role, share in part.consensus_share.items() if share > 0}
        return {"role_bias": {}, "consensus_share": {**part.consensus_share, **dict.fromkeys(asked, _SHARED)}}

    return _perceptions(spec, agreeing)


def _without_paths(spec: PopulationSpec) -> PopulationSpec:
    constructs = {key: _with(part, paths={}, moderations=()) for key, part in spec.constructs.items()}
    return _with(spec, constructs=constructs)


def _without_outcomes(spec: PopulationSpec) -> PopulationSpec:
    variables = {
        name: _with(part, coefficients={}) if isinstance(part, OutcomeVariable) else part
        for name, part in spec.unit_variables.items()
    }
    return _with(spec, unit_variables=variables)


def _completely_at_random(spec: PopulationSpec) -> PopulationSpec:
    missing = spec.missing
    absent = _with(missing.informants, share=_one_share(missing.informants.share), predictor=None, slope=0.0)
    doubt = _with(missing.cannot_judge, share=_one_share(missing.cannot_judge.share), competence_slope=0.0)
    return _with(spec, missing=_with(missing, informants=absent, cannot_judge=doubt))


def _attentive(spec: PopulationSpec) -> PopulationSpec:
    return _with(spec, careless=_with(spec.careless, share=0.0))


def _weak_items(spec: PopulationSpec) -> PopulationSpec:
    def weak(group: ItemGroupSpec) -> ItemGroupSpec:
        return _with(group, loadings={item: _WEAK * loading for item, loading in group.loadings.items()})

    groups = {key: weak(group) for key, group in spec.items.constructs.items()}
    planted = tuple(
        _with(entry, loading=None if entry.loading is None else _WEAK * entry.loading)
        for entry in spec.noninvariant_items
    )
    return _with(spec, items=_with(spec.items, constructs=groups), noninvariant_items=planted)


def _repeated_items(spec: PopulationSpec) -> PopulationSpec:
    def same(group: ItemGroupSpec) -> ItemGroupSpec:
        return _with(group, loadings=dict.fromkeys(group.loadings, _REPEATED))

    groups = {key: same(group) for key, group in spec.items.constructs.items()}
    planted = tuple(_with(entry, loading=None) for entry in spec.noninvariant_items)
    items = _with(spec.items, constructs=groups, method_loading=0.0, reverse_loading=0.0)
    return _with(spec, items=items, noninvariant_items=planted)


def _one_dimension(spec: PopulationSpec) -> PopulationSpec:
    alike = {key: _with(part, loading=_SAME) for key, part in spec.dimensions.items()}
    return _with(spec, dimensions=alike)


def _alike_informants(spec: PopulationSpec) -> PopulationSpec:
    informants = spec.informants
    traits = {name: _with(getattr(informants, name), role_bias={}) for name in ("competence", "involvement")}
    return _with(spec, informants=_with(informants, **traits))


def _alike_units(spec: PopulationSpec) -> PopulationSpec:
    return _with(spec, alignment=_with(spec.alignment, predictors={}))


def _with(part: Part, **changes: Any) -> Part:
    return part.model_copy(update=changes)


def _one_share(shares: Mapping[str, float]) -> dict[str, float]:
    """The mean of the roles' shares for each of them."""
    return dict.fromkeys(shares, sum(shares.values()) / len(shares))


def _perceptions(spec: PopulationSpec, change: Callable[[Any], dict[str, Any]]) -> PopulationSpec:
    """The population with what informants see of alignment, dimensions, attributes and constructs changed."""
    parts = {
        section: {key: _with(part, **change(part)) for key, part in getattr(spec, section).items()}
        for section in ("dimensions", "attributes", "constructs")
    }
    return _with(spec, alignment=_with(spec.alignment, **change(spec.alignment)), **parts)


def flat_journey(population: JourneyPopulation) -> JourneyPopulation:
    """The same journeys without any difference of level: stages alike, no shifts of dimensions or roles."""
    spec = population.spec
    mean = sum(stage.level for stage in spec.stages.values()) / len(spec.stages)
    flat = {key: _with(stage, level=mean, role_bias={}) for key, stage in spec.stages.items()}
    return population.with_spec(_with(spec, stages=flat, dimension_shifts=()))


def _alike_pairs(spec: PairsSpec) -> PairsSpec:
    mean = sum(pair.level for pair in spec.pairs.values()) / len(spec.pairs)
    alike = {key: _with(pair, level=mean, rater_bias={}, shifts={}) for key, pair in spec.pairs.items()}
    return _with(spec, pairs=alike)


def _no_minimum(spec: PairsSpec) -> PairsSpec:
    triad = spec.triad
    return _with(spec, triad=_with(triad, mean=triad.mean + triad.minimum, minimum=0.0))


#: By key; each can be asked of any population.
NULLS: Mapping[str, Null] = MappingProxyType(
    {
        null.key: null
        for null in (
            Null(
                "no_method",
                "no answer depends on who answers: the factors of method and of reverse wording have loading 0",
                _without_method,
            ),
            Null(
                "no_gaps", "no role sees anything higher or lower: all biases of roles are 0", _without_gaps
            ),
            Null("invariant", "no item works differently in a role: no planted items", _invariant),
            Null(
                "no_agreement",
                "informants of a unit share nothing: consensus and the shared part of items are 0, one of each role",
                _without_agreement,
            ),
            Null(
                "no_dispute",
                "informants of a unit see nearly the same: consensus .95 wherever there is any, no biases of roles",
                _without_dispute,
            ),
            Null("no_paths", "no path or moderation leads to a construct", _without_paths),
            Null("no_outcomes", "outcomes depend on nothing", _without_outcomes),
            Null(
                "missing_at_random",
                "informants and answers are missing completely at random, in all roles alike",
                _completely_at_random,
            ),
            Null("attentive", "nobody answers carelessly", _attentive),
            Null(
                "weak_items",
                "all items measure little: their loadings are .6 of the stated ones",
                _weak_items,
            ),
            Null(
                "repeated_items",
                "items of an attribute repeat each other: loadings are .99 and no answer depends on who answers",
                _repeated_items,
            ),
            Null(
                "one_dimension",
                "the dimensions are one: all have a loading of .999 on alignment",
                _one_dimension,
            ),
            Null(
                "alike_informants",
                "no role has more competent or involved informants than another",
                _alike_informants,
            ),
            Null("alike_units", "alignment depends on no variable of the units", _alike_units),
        )
    }
)


#: Of populations of journeys: key -> what is changed, in words.
JOURNEY_NULLS: Mapping[str, str] = MappingProxyType(
    {"flat_journey": "no stage, dimension or role of the journey is higher or lower than another"}
)

#: Of populations of pairs: key -> what is changed, in words.
PAIR_NULLS: Mapping[str, str] = MappingProxyType(
    {
        "alike_pairs": "no pair of roles is closer than another, for no rater and on no dimension",
        "no_minimum": "the triad depends on the mean of its pairs alone, with the weight of both",
    }
)
_PAIR_CHANGES: Mapping[str, Callable[[PairsSpec], PairsSpec]] = MappingProxyType(
    {"alike_pairs": _alike_pairs, "no_minimum": _no_minimum}
)


@overload
def null_population(population: Population, key: str) -> Population: ...
@overload
def null_population(population: JourneyPopulation, key: str) -> JourneyPopulation: ...
@overload
def null_population(population: PairPopulation, key: str) -> PairPopulation: ...
def null_population(
    population: Population | JourneyPopulation | PairPopulation, key: str
) -> Population | JourneyPopulation | PairPopulation:
    """A population without an effect.

    Parameters
    ----------
    population : Population, JourneyPopulation or PairPopulation
        From :func:`load_population`, :func:`load_journey_population` or :func:`load_pair_population`.
    key : str
        A key of ``NULLS`` (of journeys: ``JOURNEY_NULLS``, of pairs: ``PAIR_NULLS``), or ``stated`` for the population
        itself.

    Returns
    -------
    Population, JourneyPopulation or PairPopulation

    Raises
    ------
    ComplyError
        For an unknown key.
    InputError
        If the changed parameters do not go together.
    """
    known: Mapping[str, object] = NULLS
    if isinstance(population, JourneyPopulation):
        known = JOURNEY_NULLS
    elif isinstance(population, PairPopulation):
        known = PAIR_NULLS
    require_known("null", key, (STATED, *known))
    if key == STATED:
        return population
    if isinstance(population, JourneyPopulation):
        return flat_journey(population)
    if isinstance(population, PairPopulation):
        return population.with_spec(_PAIR_CHANGES[key](population.spec))
    return population.with_spec(
        NULLS[key].change(population.spec), f"{population.source} has no null '{key}'"
    )
