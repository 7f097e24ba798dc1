"""Truth of paths and moderations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.moderated_mediation import moderated_mediations
from comply_measure.evidence.moderation import moderations
from comply_measure.evidence.structural_options import StructureOptions
from comply_measure.evidence.structural_verdicts import moderated_mediation_verdicts, moderation_verdicts
from comply_measure.evidence.topics.aggregation import aggregation
from comply_measure.evidence.topics.structure import CORRECTED, structure
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models import (
    FOCAL,
    Hypothesis,
    selling_center_hypotheses,
    selling_center_moderations,
)

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
INDIRECT_SAYS = (
    "The product of the two paths of the population file, standardised, from alignment through one construct to the "
    "outcome; all routes that consist of two expected paths. Right is decided as for paths, with the product of two "
    "small effects in the place of the small effect."
)
MODERATED_MEDIATION_SAYS = (
    "The path from alignment to the predictor of an expected moderation times the standardised moderation of the "
    "population file; one for every such moderation. Right is decided as for indirect effects. Calibrated without the "
    "rest of the topic."
)


def compute(responses: Responses, seed: int) -> StructureEvidence:
    """The structural model with the defaults of the step, without other measurements and indirect effects."""
    return structure(responses, StructureOptions(compare=False, indirect=False))


def compute_moderations(responses: Responses, seed: int) -> Decided:
    """The equations with products."""
    options = StructureOptions()
    variables = UnitVariables(responses, aggregation(responses).scores)
    expected = (*selling_center_hypotheses(), *selling_center_moderations())
    firms = variables.frame(())["firm"] if responses.n_firms > 1 and options.cluster == "firm" else None
    found = moderations(expected, variables, corrected=options.measurement in CORRECTED, clusters=firms)
    return Decided(lambda conventions: moderation_verdicts(found, {}, conventions) if found else ())


def compute_indirect(responses: Responses, seed: int) -> StructureEvidence:
    """The structural model with every route of two expected paths stated."""
    paths = [
        {"from": each.predictor, "to": each.outcome, "sign": each.sign}
        for each in selling_center_hypotheses()
    ]
    routes = [
        {"from": FOCAL, "through": mediator, "to": outcome, "sign": sign}
        for (mediator, outcome), sign in _routes().items()
    ]
    options = StructureOptions(hypotheses=[*paths, *routes], compare=False)
    return structure(responses, options, seed=seed)


def compute_moderated_mediations(responses: Responses, seed: int) -> Decided:
    """The indices of the expected moderations behind alignment."""
    options = StructureOptions()
    variables = UnitVariables(responses, aggregation(responses).scores)
    expected = (*selling_center_hypotheses(), *selling_center_moderations())
    firms = variables.frame(())["firm"] if responses.n_firms > 1 and options.cluster == "firm" else None
    stated = [
        Hypothesis(each.outcome, FOCAL, each.sign, each.moderator, "", (each.predictor,))
        for each in selling_center_moderations()
        if each.predictor in _first()
    ]  # fmt: skip
    found = moderated_mediations(
        [*expected, *stated], variables, corrected=options.measurement in CORRECTED, clusters=firms, seed=seed
    )
    assert found is not None
    return Decided(lambda conventions: moderated_mediation_verdicts(found, {}, conventions))


def _first() -> set[str]:
    """Constructs that alignment is expected to lead to, all of them to more."""
    return {each.outcome for each in selling_center_hypotheses() if each.predictor == FOCAL}


def _routes() -> dict[tuple[str, str], int]:
    """Mediator and outcome of every route from alignment over two expected paths, with its sign."""
    first = _first()
    return {
        (each.predictor, each.outcome): each.sign
        for each in selling_center_hypotheses()
        if each.predictor in first
    }


def path_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on a path, by the population file."""
    predictor, outcome = subject
    constructs = known.population.spec.constructs
    expected = {(path.predictor, path.outcome): path.sign for path in selling_center_hypotheses()}
    if outcome not in constructs or (predictor, outcome) not in expected:
        return ()
    path = constructs[outcome].paths.get(predictor, 0.0) * expected[predictor, outcome]
    return _by_size(path, known.conventions["small_effect"])


def indirect_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on an indirect effect, by the population file."""
    predictor, mediator, outcome = subject
    constructs, signs = known.population.spec.constructs, _routes()
    if predictor != FOCAL or (mediator, outcome) not in signs:
        return ()
    size = constructs[mediator].paths.get(FOCAL, 0.0) * constructs[outcome].paths.get(mediator, 0.0)
    return _by_size(size * signs[mediator, outcome], known.conventions["small_effect"] ** 2)


def moderated_mediation_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on an index of moderated mediation, by the population file."""
    moderator, (predictor, mediator, outcome) = subject[0], subject[1].split(" → ")
    constructs, first = known.population.spec.constructs, _first()
    expected = {(e.moderator, e.predictor, e.outcome): e.sign for e in selling_center_moderations()}
    key = (moderator, mediator, outcome)
    if predictor != FOCAL or key not in expected or mediator not in first:
        return ()
    planted = {(each.moderator, each.predictor): each.coefficient for each in constructs[outcome].moderations}
    size = constructs[mediator].paths.get(FOCAL, 0.0) * planted.get((moderator, mediator), 0.0)
    return _by_size(size * expected[key], known.conventions["small_effect"] ** 2)


def moderation_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on a moderation, by the population file."""
    moderator, predictor, outcome = subject
    constructs = known.population.spec.constructs
    expected = {(e.moderator, e.predictor, e.outcome): e.sign for e in selling_center_moderations()}
    if outcome not in constructs or subject not in expected:
        return ()
    planted = {(each.moderator, each.predictor): each.coefficient for each in constructs[outcome].moderations}
    size = planted.get((moderator, predictor), 0.0) * expected[moderator, predictor, outcome]
    return _by_size(size, known.conventions["small_effect"])


def _by_size(size: float, small: float) -> tuple[Answer, ...]:
    """Right answers on an effect in the expected direction: both where it is there but smaller than worth having."""
    if size >= small:
        return ("supported",)
    return ("supported", "not supported") if size > 0 else ("not supported",)
