"""Truth of agreement within units and of the reliability of their means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.calibration.known import beside
from comply_measure.evidence.topics.agreement import AgreementOptions, agreement

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.topics.agreement import AgreementEvidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

#: Resampled intervals of two-way coefficients decide nothing; the second null only adds rows.
_CHEAP = AgreementOptions(bootstrap=0, nulls=("uniform",))
_NO_TESTS = AgreementOptions(bootstrap=0, nulls=("uniform",), items="independent", rematchings=0)

REMATCHED_SAYS = (
    "Where informants of a unit share nothing, right is “not supported”. Elsewhere the difference between agreeing and "
    "re-matched units in one study of 2,000 units decides: “supported” where its 95 % interval lies at or above the "
    "margin, both answers elsewhere. Calibrated without the bootstrap of two-way coefficients."
)
UNIT_MEAN_SAYS = (
    "ICC(2) in one study of 10,000 units, careless and absent informants among them. Right is the side of the "
    "convention on which its 95 % interval lies, both where the interval covers the convention."
)


def compute(responses: Responses, seed: int) -> AgreementEvidence:
    """Agreement with what decides on re-matched units."""
    return agreement(responses, _CHEAP, seed=seed)


def compute_means(responses: Responses, seed: int) -> AgreementEvidence:
    """Agreement with what decides on unit means."""
    return agreement(responses, _NO_TESTS, seed=seed)


def rematched_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on agreement beyond re-matched units."""
    if known.nothing_shared:
        return ("not supported",)
    for row in known.rematched.to_dict("records"):
        if row["scale"] == subject[0]:
            large = row["lower"] >= known.conventions["share_margin"]
            return ("supported",) if large else ("supported", "not supported")
    return ()


def unit_mean_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the reliability of unit means."""
    for row in known.unit_means.to_dict("records"):
        if row["column"] == subject[0]:
            return beside(row["icc2_lower"], row["icc2_upper"], known.conventions["icc2"])
    return ()
