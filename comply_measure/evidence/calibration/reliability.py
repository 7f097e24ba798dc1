"""Truth of the reliability of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from comply_measure.evidence.calibration.known import beside
from comply_measure.evidence.careless_answers import flagged_answers, named_informants
from comply_measure.evidence.focal import chosen_focal, focal
from comply_measure.evidence.topics.reliability import (
    ReliabilityEvidence,
    ReliabilityOptions,
    scale_reliability,
)

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

#: Resampled intervals are those of α over pooled informants, and no verdict is about those.
_CHEAP = ReliabilityOptions(replications=0, detail="none")
_Z = 1.96
_FEWEST = 1000  # informants of the large study

SCORE_SAYS = (
    "The squared correlation of the score with what the informant perceives, within the role, in one study of 10,000 "
    "units of attentive informants (what the score of a careless one should measure is not defined). Right is the side "
    "of the convention on which its 95 % interval lies, both where the interval covers the convention. Calibrated "
    "without the bootstrap of α and without further coefficients; studies hold careless informants where the "
    "population does."
)


def compute(responses: Responses, seed: int) -> ReliabilityEvidence:
    """Reliability with what decides, careless informants known as step ``quality`` knows them."""
    flagged = named_informants(flagged_answers(chosen_focal(responses, None)).informants)
    scales = (focal(responses, scale) for scale in responses.scales)
    return ReliabilityEvidence(
        tuple(scale_reliability(chosen, _CHEAP, seed, flagged) for chosen in scales), len(flagged)
    )


def score_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the reliability of one score in one role."""
    found = true_reliability(known.attentive, *subject)
    return beside(*found, known.conventions["omega"]) if found else ()


def true_reliability(known: Known, construct: str, role: str) -> tuple[float, float] | None:
    """Interval of the squared correlation of score and perception in the large study, by Fisher's z."""
    scores, perceived = known.large_scores, known.large.truth.informants.set_index("informant")
    if construct not in scores or construct not in perceived:
        return None
    own = scores.loc[scores["role"] == role, ["informant", construct]].dropna()
    if len(own) < _FEWEST:
        return None
    truth = perceived.loc[own["informant"], construct].to_numpy(dtype=np.float64)
    z = np.arctanh(np.corrcoef(own[construct].to_numpy(dtype=np.float64), truth)[0, 1])
    lower, upper = np.tanh(z + np.array([-_Z, _Z]) / np.sqrt(len(own) - 3)) ** 2
    return float(lower), float(upper)
