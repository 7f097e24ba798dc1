"""Truth of informants: what they say of themselves, and what their answers share for being theirs."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.careless_answers import flagged_answers, named_informants
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.reverse_wording import reverse_wording, wording_verdicts
from comply_measure.evidence.topics.method_variance import (
    MethodVarianceOptions,
    marker_data,
    marker_items,
    marker_models,
    marker_verdicts,
)
from comply_measure.evidence.topics.sample import informant_tests, roles_verdicts
from comply_measure.simulation.schema import by_role

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

ROLES_SAYS = (
    "The difference of the roles' means in the population file, over the standard deviation √2 of a difference of two "
    "informants. Right is “supported” where it is at least the small difference, “not supported” where there is none, "
    "both where it is smaller. Calibrated without the rest of the chapter."
)
MARKER_SAYS = (
    "The method loading of the population file: “supported” is right where there is one, “not supported” where there "
    "is none. The latter is never said here: the study would have to state how closely the marker goes with the "
    "method. Calibrated without the latent method factor and the single factor."
)
WORDING_SAYS = (
    "The loading of reverse-keyed items on a factor of their own in the population file: “supported” is right where "
    "there is one, “not supported” where there is none. Calibrated without the marker and the latent method factor; "
    "studies hold careless informants, who answer reverse-keyed items like the others."
)


def compute_roles(responses: Responses, seed: int) -> Decided:
    """Tests of the roles' means."""
    return Decided(partial(roles_verdicts, informant_tests(responses)))


def roles_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on two roles' means of one trait."""
    traits = known.population.spec.informants
    for trait in (traits.competence, traits.involvement):
        if trait.measured_by == subject[0]:
            first, second = subject[1].split(" - ")
            gap = by_role(trait.role_bias, first) - by_role(trait.role_bias, second)
            if not gap:
                return ("not supported",)
            large = abs(gap) / math.sqrt(2) >= known.conventions["small_d"]
            return ("supported",) if large else ("supported", "not supported")
    return ()


def compute_marker(responses: Responses, seed: int) -> Decided:
    """The marker's models."""
    options, chosen = MethodVarianceOptions().at_highest(responses), chosen_focal(responses, None)
    items = marker_items(responses, chosen, options)
    data = marker_data(chosen, items, centred=options.role_centred)
    found = marker_models(data, chosen, items, options, options.cluster)
    return Decided(partial(marker_verdicts, found, found.effect, options.worth, math.nan))


def marker_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the marker."""
    return ("supported",) if known.population.spec.items.method_loading else ("not supported",)


def compute_wording(responses: Responses, seed: int) -> Decided:
    """The factor of reverse wording, careless informants known as step ``quality`` knows them."""
    options, chosen = MethodVarianceOptions().at_highest(responses), chosen_focal(responses, None)
    flagged = named_informants(flagged_answers(chosen).informants)
    found = reverse_wording(chosen, options, options.cluster, flagged=flagged, detail=False)
    return Decided(partial(wording_verdicts, found, options.worth))


def wording_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on reverse wording."""
    return ("supported",) if known.population.spec.items.reverse_loading else ("not supported",)
