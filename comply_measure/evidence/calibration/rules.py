"""How each rule is calibrated: the computation that decides, the populations that differ in it, and what is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from comply_measure.errors import ComplyError
from comply_measure.evidence.calibration import (
    agreement as agreeing,
    quality as missing,
    reliability as reliable,
    structure as structural,
)
from comply_measure.simulation.nulls import STATED
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    from comply_measure.evidence.base import Evidence
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A rule and its truth.

    Parameters
    ----------
    rule : str
        Key of the rule.
    compute : callable
        ``compute(responses, seed)``: the evidence with its verdicts; the same function for rules of one topic, so that
        it runs once.
    truth : callable
        ``truth(known, subject)``: the answers that are right, beside "cannot say", which never is wrong; none where the
        population does not decide.
    populations : tuple of str
        The population itself and those nulls of it that the rule must tell apart.
    says : str
        What counts as right, in words.
    """

    rule: str
    compute: Callable[[Responses, int], Evidence]
    truth: Callable[[Known, tuple[str, ...]], tuple[Answer, ...]]
    populations: tuple[str, ...]
    says: str


#: By key of the rule.
CALIBRATED: Mapping[str, Calibrated] = MappingProxyType(
    {
        entry.rule: entry
        for entry in (
            Calibrated(
                "structure.path",
                structural.compute,
                structural.path_truth,
                (STATED, "no_paths"),
                structural.PATH_SAYS,
            ),
            Calibrated(
                "agreement.more_than_rematched",
                agreeing.compute,
                agreeing.rematched_truth,
                (STATED, "no_agreement"),
                agreeing.REMATCHED_SAYS,
            ),
            Calibrated(
                "agreement.unit_mean_reliable",
                agreeing.compute_means,
                agreeing.unit_mean_truth,
                (STATED, "no_agreement", "no_dispute"),
                agreeing.UNIT_MEAN_SAYS,
            ),
            Calibrated(
                "reliability.score",
                reliable.compute,
                reliable.score_truth,
                (STATED, "weak_items"),
                reliable.SCORE_SAYS,
            ),
            Calibrated(
                "quality.missing_depends",
                missing.compute,
                missing.depends_truth,
                (STATED, "missing_at_random"),
                missing.DEPENDS_SAYS,
            ),
        )
    }
)


def calibrated(keys: tuple[str, ...]) -> tuple[Calibrated, ...]:
    """Entries of rules; all without keys.

    Raises
    ------
    ComplyError
        For a rule that has none.
    """
    if len(set(keys)) < len(keys):
        raise ComplyError(f"a rule is named twice: {', '.join(keys)}")
    for key in keys:
        require_known("rule with a truth", key, CALIBRATED)
    return tuple(CALIBRATED[key] for key in keys or CALIBRATED)
