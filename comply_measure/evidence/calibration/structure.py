"""Truth of paths and moderations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.moderation import moderations
from comply_measure.evidence.structural_options import StructureOptions
from comply_measure.evidence.topics.aggregation import aggregation
from comply_measure.evidence.topics.structure import CORRECTED, moderation_verdicts, structure
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models import selling_center_hypotheses, selling_center_moderations

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
MODERATION_SAYS = (
    "The standardised moderation of the population file, between the true states of the unit; right is decided as for "
    "paths. Calibrated without the rest of the topic."
)


def compute(responses: Responses, seed: int) -> StructureEvidence:
    """The structural model with the defaults of the step."""
    return structure(responses)


def compute_moderations(responses: Responses, seed: int) -> Decided:
    """The equations with products."""
    options = StructureOptions()
    variables = UnitVariables(responses, aggregation(responses).scores)
    expected = (*selling_center_hypotheses(), *selling_center_moderations())
    firms = variables.frame(())["firm"] if responses.n_firms > 1 and options.cluster == "firm" else None
    found = moderations(expected, variables, corrected=options.measurement in CORRECTED, clusters=firms)
    return Decided(lambda conventions: moderation_verdicts(found, {}, conventions) if found else ())


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


def moderation_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on a moderation, by the population file."""
    moderator, predictor, outcome = subject
    constructs = known.population.spec.constructs
    expected = {(e.moderator, e.predictor, e.outcome): e.sign for e in selling_center_moderations()}
    if outcome not in constructs or subject not in expected:
        return ()
    planted = {(each.moderator, each.predictor): each.coefficient for each in constructs[outcome].moderations}
    size = planted.get((moderator, predictor), 0.0) * expected[moderator, predictor, outcome]
    if size >= known.conventions["small_effect"]:
        return ("supported",)
    return ("supported", "not supported") if size > 0 else ("not supported",)
