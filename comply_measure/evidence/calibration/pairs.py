"""Truth of what is concluded on pairs of roles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.evidence.calibration.known import Truths
from comply_measure.evidence.topics.pairs import OVERALL, PairsEvidence, pairs
from comply_measure.responses import ColumnMapping, responses_from_frame
from comply_measure.simulation.pairs import PairPopulation, simulate_pairs

if TYPE_CHECKING:
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

#: Units of the study that tells how much differences vary, and its seed.
_UNITS, _SEED = 1_000, 20_260_101
_NOTHING = 1e-9

DIFFER_SAYS = (
    "The difference of the members' expected answers about two pairs, in closed form. Right is “supported” where it is "
    "at least the small difference (in standard deviations of the difference, from one study of 1,000 units), “not "
    "supported” where there is none, both where it is smaller."
)
MINIMUM_SAYS = (
    "The weight of the minimum in the triad's state, in closed form. Right is “supported” where its standardised "
    "coefficient beside the mean of the pairs' states is at least the small effect, “not supported” where it has no "
    "weight, both where it is smaller."
)


@dataclass(frozen=True)
class KnownPairs(Truths):
    """A population of pairs.

    Parameters
    ----------
    population : PairPopulation
    conventions : mapping of str to float
        Cut-offs in force, by key.
    """

    population: PairPopulation
    conventions: Mapping[str, float]

    def drawing(self, n_units: int) -> Callable[[int], Responses]:
        """Answers of a study of so many units in expectation, by seed."""
        return partial(_drawn, self.population.with_units(n_units))

    @cached_property
    def large(self) -> PairsEvidence:
        """The step in a large study."""
        return pairs(_drawn(self.population.with_units(_UNITS), _SEED))

    @cached_property
    def means(self) -> Mapping[str, float]:
        """Label of a pair -> expected score by its members."""
        inside, expected = self.population.inside(), self.population.implied_means().mean(axis=2)
        labels = {pair.key: pair.label.get("en", pair.key) for pair in self.population.scale.pairs}
        return {
            labels[key]: float(expected[inside[:, k], k].mean())
            for k, key in enumerate(self.population.spec.pairs)
        }


def _drawn(population: PairPopulation, seed: int) -> Responses:
    study = simulate_pairs(population, seed)
    scale, asked = population.scale, set(study.responses.columns)
    forms = ("short", "dyad")
    meant = dict.fromkeys(item.id for form in forms for item in scale.items_for(form, scale.collection_set))
    return responses_from_frame(
        study.responses,
        scale,
        ColumnMapping(not_asked=tuple(name for name in meant if name not in asked)),
        form="+".join(forms),
        units=study.units,
        informants="first",
    )


def compute(responses: Responses, seed: int) -> PairsEvidence:
    """The step with its defaults."""
    return pairs(responses)


def differ_truth(known: KnownPairs, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on two pairs."""
    first, second = (known.means[label] for label in subject)
    size = abs(first - second)
    if size < _NOTHING:
        return ("not supported",)
    gaps, labels = known.large.gaps, known.large.labels
    for row in gaps[gaps["dimension"] == OVERALL].to_dict("records"):
        if (labels[str(row["first"])], labels[str(row["second"])]) == subject:
            large = size >= known.conventions["small_d"] * float(row["sd"])
            return ("supported",) if large else ("supported", "not supported")
    return ()


def minimum_truth(known: KnownPairs, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the weakest pair."""
    weight = known.population.spec.triad.minimum
    covariance = known.population.state_covariance().to_numpy(dtype=np.float64)
    beta = weight * math.sqrt(covariance[4, 4] / covariance[-1, -1])
    if weight <= 0:
        return ("not supported",)
    small = beta < known.conventions["small_effect"]
    return ("supported", "not supported") if small else ("supported",)
