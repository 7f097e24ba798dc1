"""Truth of what is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.missing_answers import MissingAnswers
from comply_measure.evidence.missing_predictors import missing_predictors
from comply_measure.evidence.topics.quality import QualityEvidence
from comply_measure.simulation.schema import by_role

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses
    from comply_measure.simulation.schema import PopulationSpec

_DEPENDS: tuple[Answer, ...] = ("supported",)
_NOT: tuple[Answer, ...] = ("not supported",)
_EITHER: tuple[Answer, ...] = ("supported", "not supported")

DEPENDS_SAYS = (
    "The equations of the population file. Right is “supported” for what stands in them (the unit variable behind "
    "absent informants, competence behind “cannot judge”, roles with other shares), “not supported” for everything "
    "else; both for involvement beside “cannot judge” where it correlates with a competence on which that depends, "
    "because measured competence does not hold all of it. Calibrated without the chapter's tables and Little's test."
)


def compute(responses: Responses, seed: int) -> QualityEvidence:
    """Regressions of what is missing; no tables, no test of Little, no indices of careless answers."""
    chosen, nothing = chosen_focal(responses, None), pd.DataFrame()
    return QualityEvidence(
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        careless=None,
        careless_obstacle="not asked for",
        missing=MissingAnswers(
            by_item=nothing,
            by_role=nothing,
            by_firm=nothing,
            patterns=nothing,
            predictors=missing_predictors(chosen),
            little=nothing,
            share=math.nan,
            n_missing=0,
            n_due=0,
        ),
        turned={},
    )


def depends_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one predictor of what is missing."""
    kind, predictor = subject
    spec = known.population.spec
    missing, roles = spec.missing, spec.roles
    if kind == "absent":
        share, drivers = (
            missing.informants.share,
            {missing.informants.predictor} if missing.informants.slope else set(),
        )
    elif kind == "cannot_judge":
        share, drivers = missing.cannot_judge.share, _competence(spec)
    else:
        return _NOT
    if predictor == "role":
        return _DEPENDS if len({by_role(share, role) for role in roles}) > 1 else _NOT
    traits = spec.informants
    if drivers and kind == "cannot_judge" and predictor == (traits.involvement.measured_by or "involvement"):
        return _EITHER if traits.correlation else _NOT
    return _DEPENDS if predictor in drivers else _NOT


def _competence(spec: PopulationSpec) -> set[str | None]:
    """What measures the competence on which "cannot judge" depends."""
    depends = bool(spec.missing.cannot_judge.competence_slope)
    return {spec.informants.competence.measured_by or "competence"} if depends else set()
