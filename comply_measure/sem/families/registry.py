"""The families and estimators there are; others join them from outside the package.

sem.register_estimator(sem.Estimator("MYML", "myml"), Likelihood("myml"))
sem.fit(model, data, estimator="MYML")
"""

from __future__ import annotations

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.families.base import Family
from comply_measure.sem.families.incomplete import FullInformation, TwoStage
from comply_measure.sem.families.least_squares import LEAST_SQUARES
from comply_measure.sem.families.likelihood import LIKELIHOOD
from comply_measure.sem.families.moderated import Moderated, QuasiModerated
from comply_measure.sem.families.ordinal import ORDINAL
from comply_measure.sem.families.two_level import TwoLevel
from comply_measure.sem.options import ESTIMATORS, Estimator, known_word

FAMILIES: list[Family] = [
    LIKELIHOOD,
    *LEAST_SQUARES,
    FullInformation("ml"),
    TwoStage("ml"),
    *ORDINAL,
    TwoLevel("ml"),
    Moderated("ml"),
    QuasiModerated("ml"),
]
TREATMENTS = {
    "ml": "full information",
    "ml.x": "full information",
    "two.stage": "two-stage",
    "robust.two.stage": "two-stage",
}


def situation_of(missing: str, ordered: bool, levels: bool, moments: bool, direct: str = "") -> str:
    """Which data are there: what families distinguish themselves by (see :attr:`.Family.situations`)."""
    for name, given in (
        ("levels", levels),
        ("ordered", ordered),
        ("moments", moments),
        (direct, bool(direct)),
    ):
        if given:
            return name
    return TREATMENTS.get(missing, "complete")


def candidates(situation: str) -> list[Family]:
    """Families for such data."""
    return [family for family in FAMILIES if family.serves(situation)]


def family_of(situation: str, minimises: str) -> Family | None:
    """The family for such data that minimises a discrepancy; None where there is none."""
    return next((family for family in candidates(situation) if family.minimises == minimises), None)


def register_estimator(estimator: Estimator, *families: Family) -> None:
    """Make an estimator known to :func:`comply_measure.sem.fit`.

    Parameters
    ----------
    estimator : Estimator
        Its name, the word of its discrepancy, and the standard errors and test that go with it.
    *families : Family
        New families that minimise this discrepancy, each for data of its own (complete cases, ordered variables …).
        None for another name, or other errors, of a discrepancy that is known.

    Raises
    ------
    InputError
        When the name is taken, a family is one that is known already or has another discrepancy, or none has it.
    """
    problems = []
    if known_word(estimator.name, tuple(ESTIMATORS)) is not None:
        problems.append(Problem("is taken", column="name", value=estimator.name))
    for family in families:
        if family.minimises != estimator.discrepancy:
            message = f"minimises '{family.minimises}', not '{estimator.discrepancy}'"
            problems.append(Problem(message, column="families", value=type(family).__name__))
        elif any(family_of(situation, family.minimises) is not None for situation in family.situations):
            message = f"there is one for '{family.minimises}' and such data"
            problems.append(Problem(message, column="families", value=type(family).__name__))
    known = (*FAMILIES, *families)
    if not any(family.minimises == estimator.discrepancy and family.serves("complete") for family in known):
        problems.append(
            Problem(
                "no family for complete data minimises it", column="discrepancy", value=estimator.discrepancy
            )
        )
    if problems:
        raise InputError("The estimator cannot be registered.", problems)
    FAMILIES.extend(families)
    ESTIMATORS[estimator.name] = estimator


def forget_estimator(name: str) -> None:
    """Take back what :func:`register_estimator` did; families go with the last estimator that has their discrepancy."""
    word = ESTIMATORS.pop(name).discrepancy
    if all(entry.discrepancy != word for entry in ESTIMATORS.values()):
        FAMILIES[:] = [family for family in FAMILIES if family.minimises != word]
