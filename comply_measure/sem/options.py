"""What a user can choose, checked once at the boundary; estimators as a table."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError

Information = Literal["expected", "observed", "first.order"]
StandardErrors = Literal[
    "standard", "robust.sem", "robust.huber.white", "robust.cluster", "bootstrap", "none"
]
TestName = Literal[
    "standard",
    "satorra.bentler",
    "yuan.bentler",
    "yuan.bentler.mplus",
    "mean.var.adjusted",
    "scaled.shifted",
    "bollen.stine",
    "none",
]


@dataclass(frozen=True, slots=True)
class Estimator:
    """An entry of the table of estimators.

    Attributes
    ----------
    name : str
        lavaan's name.
    discrepancy : str
        Function that is minimised: ``ml``, ``gls``, ``uls``, ``wls`` or ``dwls``.
    information : str
        Information matrix for standard errors.
    se, test : str
        Standard errors and test statistic that go with it.
    """

    name: str
    discrepancy: str
    information: Information = "expected"
    se: StandardErrors = "standard"
    test: TestName = "standard"


ESTIMATORS: dict[str, Estimator] = {entry.name: entry for entry in (Estimator("ML", "ml"),)}

MISSING = {
    "listwise": "listwise",
    "ml": "ml",
    "fiml": "ml",
    "direct": "ml",
    "ml.x": "ml.x",
    "fiml.x": "ml.x",
    "direct.x": "ml.x",
    "pairwise": "pairwise",
    "available.cases": "available.cases",
    "two.stage": "two.stage",
    "twostage": "two.stage",
    "robust.two.stage": "robust.two.stage",
}

FULL_INFORMATION = ("ml", "ml.x")


@dataclass(frozen=True, slots=True)
class Options:
    """Resolved options of a fit; field names are those of :func:`comply_measure.sem.fit`."""

    estimator: Estimator
    information: Information = "expected"
    se: StandardErrors = "standard"
    test: TestName = "standard"
    missing: str = "listwise"
    level: float = 0.95


def choose(name: str, value: str, allowed: Sequence[str]) -> str:
    """One of the allowed words, in any case.

    Raises
    ------
    InputError
        With the nearest allowed word.
    """
    by_lower = {word.lower(): word for word in allowed}
    found = by_lower.get(str(value).lower())
    if found is not None:
        return found
    near = difflib.get_close_matches(str(value).lower(), list(by_lower), 1)
    hint = f"did you mean '{by_lower[near[0]]}'?" if near else "unknown word"
    problem = Problem(hint, column=name, value=value, allowed=", ".join(allowed))
    raise InputError(f"The option {name} is not valid.", [problem])


def resolve(
    estimator: str,
    missing: str = "listwise",
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
) -> Options:
    """Options from the user's words.

    Raises
    ------
    InputError
        For a word that is not known.
    """
    entry = ESTIMATORS[choose("estimator", estimator, list(ESTIMATORS))]
    treatment = MISSING[choose("missing", missing, list(MISSING))]
    usual = "observed" if treatment in FULL_INFORMATION else entry.information
    kind = choose("information", information, ("expected", "observed")) if information else usual
    errors = choose("se", se, ("standard", "none")) if se else entry.se
    statistic = choose("test", test, ("standard", "none")) if test else entry.test
    return Options(
        estimator=entry,
        information=kind,  # type: ignore[arg-type]
        se=errors,  # type: ignore[arg-type]
        test=statistic,  # type: ignore[arg-type]
        missing=treatment,
    )
