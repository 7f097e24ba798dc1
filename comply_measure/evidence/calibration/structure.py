"""Truth of paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.structure import structure
from comply_measure.models import selling_center_hypotheses

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.topics.structure import StructureEvidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

PATH_SAYS = (
    "The path of the population file, standardised, between the true states of the unit. Right is “supported” where it "
    "has the expected sign and is at least the small effect, “not supported” where there is none or it has the other "
    "sign; where it has the expected sign and is smaller, both are right."
)


def compute(responses: Responses, seed: int) -> StructureEvidence:
    """The structural model with the defaults of the step."""
    return structure(responses)


def path_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on a path, by the population file."""
    predictor, outcome = subject
    constructs = known.population.spec.constructs
    expected = {(path.predictor, path.outcome): path.sign for path in selling_center_hypotheses()}
    if outcome not in constructs or (predictor, outcome) not in expected:
        return ()
    path = constructs[outcome].paths.get(predictor, 0.0) * expected[predictor, outcome]
    if path >= known.conventions["small_effect"]:
        return ("supported",)
    return ("supported", "not supported") if path > 0 else ("not supported",)
