"""Truth of what is concluded over the customer journey."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from comply_measure import framework
from comply_measure.evidence.calibration.known import Truths
from comply_measure.evidence.topics.journey import JourneyOptions, journey
from comply_measure.responses import ColumnMapping, responses_from_frame
from comply_measure.simulation.journey import JourneyPopulation, simulate_journey

if TYPE_CHECKING:
    from comply_measure.evidence.topics.journey import JourneyEvidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses
    from comply_measure.statistics.arrays import Floats

_NOTHING = 1e-9
_MARGIN = JourneyOptions().margin
_MEANS = (
    "Expected answers of the population file, in closed form; informants who are not involved are missing at "
    "random. "
)
DIFFERS_SAYS = (
    f"{_MEANS}“Supported” is right where means of stages (or roles, or gaps of roles over the stages) differ at all, "
    "“not supported” where they do not. Calibrated without invariance and bootstrap, as all rules of the step."
)
LOOP_SAYS = (
    f"{_MEANS}Right is “supported” where both ends of the loop are equal, “not supported” where they differ by the "
    "margin of the step or more, both between."
)
WEAK_SAYS = (
    f"{_MEANS}Right is “supported” where the dimension lies below its mean over the stages by the margin of the step "
    "or more, “not supported” where it does not lie below, both between."
)
DISPUTED_SAYS = (
    f"{_MEANS}Right is “supported” where two roles differ by the margin of the step or more, “not supported” where "
    "none do, both between."
)


@dataclass(frozen=True)
class KnownJourney(Truths):
    """A population of journeys.

    Parameters
    ----------
    population : JourneyPopulation
    conventions : mapping of str to float
        Cut-offs in force, by key.
    """

    population: JourneyPopulation
    conventions: Mapping[str, float]

    def drawing(self, n_units: int) -> Callable[[int], Responses]:
        """Answers of a study of so many units in expectation, by seed."""
        return partial(_drawn, self.population.with_units(n_units))

    @cached_property
    def means(self) -> Floats:
        """Expected answers (roles, stages, dimensions)."""
        return self.population.implied_means()

    def cell(self, stage: str, dimension: str) -> tuple[int, int] | None:
        """Places of a stage and a dimension."""
        stages, dimensions = list(self.population.spec.stages), self.population.dimensions
        known = stage in stages and dimension in dimensions
        return (stages.index(stage), dimensions.index(dimension)) if known else None


def _drawn(population: JourneyPopulation, seed: int) -> Responses:
    study = simulate_journey(population, seed)
    asked = set(study.responses.columns)
    left = tuple(item.id for item in population.scale.items_for("journey") if item.id not in asked)
    return responses_from_frame(
        study.responses,
        population.scale,
        ColumnMapping(not_asked=left),
        form="journey",
        units=study.units,
        informants="first",
    )


def compute(responses: Responses, seed: int) -> JourneyEvidence:
    """The step without invariance and bootstrap."""
    return journey(responses, JourneyOptions(invariance=False, bootstrap=0), seed=seed)


def differs_truth(known: KnownJourney, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on a joint test."""
    means = known.means.mean(axis=2)
    over_roles, over_stages = means.mean(axis=0), means.mean(axis=1)
    apart = means - over_roles - over_stages[:, None] + means.mean()
    spread = {"stages": np.ptp(over_roles), "roles": np.ptp(over_stages), "parallel": np.ptp(apart)}[
        subject[0]
    ]
    return ("supported",) if spread > _NOTHING else ("not supported",)


def loop_truth(known: KnownJourney, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the loop."""
    stages = list(known.population.spec.stages)
    inner = [stages.index(stage.key) for stage in framework.journey_stages() if stage.in_loop]
    means = known.means.mean(axis=(0, 2))
    size = abs(float(means[inner[-1]] - means[inner[0]]))
    if size < _NOTHING:
        return ("supported",)
    return ("not supported",) if size >= _MARGIN else ("supported", "not supported")


def weak_truth(known: KnownJourney, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the level of a cell."""
    place = known.cell(*subject)
    if place is None:
        return ()
    own = known.means.mean(axis=0)[:, place[1]]
    return _by_margin(float(own.mean() - own[place[0]]))


def disputed_truth(known: KnownJourney, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the gaps of a cell."""
    place = known.cell(*subject)
    return () if place is None else _by_margin(float(np.ptp(known.means[:, place[0], place[1]])))


def _by_margin(size: float) -> tuple[Answer, ...]:
    if size >= _MARGIN:
        return ("supported",)
    return ("supported", "not supported") if size > _NOTHING else ("not supported",)
