"""Truth of latent gaps and distances between roles, and of levels against norms."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.calibration.known import beside
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics.actions import ActionOptions, actions
from comply_measure.evidence.topics.invariance import InvarianceOptions, invariance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.topics.actions import ActionsEvidence
    from comply_measure.evidence.topics.invariance import InvarianceEvidence
    from comply_measure.evidence.verdicts import Answer, Verdict
    from comply_measure.responses import Responses

_EITHER: tuple[Answer, ...] = ("supported", "not supported")
_NOTHING = 1e-6
#: Norm of every attribute, in points, against which levels are held.
NORM = 4.4
#: Of the means of the large study.
_Z = 1.96

GAP_SAYS = (
    "The latent gap that the population's moments of items imply, with the planted items and the attributes that a "
    "role sees otherwise left out. Right is “supported” where there is one of at least the small effect (in standard "
    "deviations of the roles' views), “not supported” where there is none, both where it is smaller."
)
DISPUTED_SAYS = (
    "The root mean square latent gap between roles that the population's moments of items imply, planted items left "
    "out, against the default threshold of the step. Right is the side on which it lies. Verdicts without a latent "
    "model are “cannot say”."
)
LOW_SAYS = (
    f"The mean of the role means in one study of 10,000 units against a norm of {NORM} points for every attribute. "
    "Right is the side on which its interval lies, both where the interval covers the norm. Calibrated with such a "
    "file of norms; without one the rule always says “cannot say”."
)


def compute(responses: Responses, seed: int) -> Decided:
    """Invariance of roles, and the distances that rest on it."""
    found = invariance(responses, InvarianceOptions())
    called = actions(responses, ActionOptions(replications=100), seed=seed, invariance=found)
    return Decided(partial(_both, found, called))


def _both(
    found: InvarianceEvidence, called: ActionsEvidence, conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    return (*found.verdicts(conventions), *called.verdicts(conventions))


def gap_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the gap of two roles on a dimension."""
    table = known.latent.gaps
    row = table[(table["factor"] == subject[0]) & (table["pair"] == subject[1])]
    if row.empty:
        return ()
    d = abs(float(row["d"].iloc[0]))
    if d < _NOTHING:
        return ("not supported",)
    return ("supported",) if d >= known.conventions["small_effect"] else _EITHER


def disputed_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the distance of the roles on an attribute."""
    table = known.latent.distances
    row = table[table["factor"] == subject[0]]
    if row.empty:
        return ()
    return (
        ("supported",) if float(row["distance"].iloc[0]) >= ActionOptions().disputed else ("not supported",)
    )


def compute_levels(responses: Responses, seed: int) -> ActionsEvidence:
    """Levels against one norm for all attributes."""
    chosen = chosen_focal(responses, None)
    with TemporaryDirectory() as folder:
        with (Path(folder) / "norms.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("name", "norm"), *((name, NORM) for name in chosen.items)])
        options = ActionOptions(norms="norms.csv", replications=300)
        return actions(responses, options, seed=seed, folder=Path(folder))


def low_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the level of an attribute."""
    mean, error = known.level(subject[0])
    return beside(-(mean + _Z * error), -(mean - _Z * error), -NORM)
