"""What a user can choose, checked once at the boundary; estimators as a table."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.search import Search

Information = Literal["expected", "observed"]
StandardErrors = Literal[
    "standard",
    "robust.sem",
    "robust.huber.white",
    "robust.cluster",
    "first.order",
    "bootstrap",
    "none",
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


ESTIMATORS: dict[str, Estimator] = {
    entry.name: entry
    for entry in (
        Estimator("ML", "ml"),
        Estimator("MLM", "ml", se="robust.sem", test="satorra.bentler"),
        Estimator("MLMV", "ml", se="robust.sem", test="scaled.shifted"),
        Estimator("MLMVS", "ml", se="robust.sem", test="mean.var.adjusted"),
        Estimator("MLR", "ml", "observed", se="robust.huber.white", test="yuan.bentler.mplus"),
        Estimator("MLF", "ml", "observed", se="first.order"),
        Estimator("GLS", "gls"),
        Estimator("ULS", "uls"),
        Estimator("ULSM", "uls", se="robust.sem", test="satorra.bentler"),
        Estimator("ULSMV", "uls", se="robust.sem", test="scaled.shifted"),
        Estimator("ULSMVS", "uls", se="robust.sem", test="mean.var.adjusted"),
        Estimator("WLS", "wls"),
        Estimator("DWLS", "dwls"),
        Estimator("WLSM", "dwls", se="robust.sem", test="satorra.bentler"),
        Estimator("WLSMV", "dwls", se="robust.sem", test="scaled.shifted"),
        Estimator("WLSMVS", "dwls", se="robust.sem", test="mean.var.adjusted"),
    )
}

SE_WORDS = {
    "standard": "standard",
    "none": "none",
    "robust.sem": "robust.sem",
    "robust.huber.white": "robust.huber.white",
    "robust.mlr": "robust.huber.white",
    "robust.mlm": "robust.sem",
    "robust.cluster": "robust.cluster",
    "first.order": "first.order",
    "bootstrap": "bootstrap",
    "boot": "bootstrap",
}

TEST_WORDS = {
    "standard": "standard",
    "none": "none",
    "satorra.bentler": "satorra.bentler",
    "sb": "satorra.bentler",
    "yuan.bentler": "yuan.bentler",
    "yb": "yuan.bentler",
    "yuan.bentler.mplus": "yuan.bentler.mplus",
    "mlr": "yuan.bentler.mplus",
    "mean.var.adjusted": "mean.var.adjusted",
    "satterthwaite": "mean.var.adjusted",
    "scaled.shifted": "scaled.shifted",
    "bollen.stine": "bollen.stine",
    "bootstrap": "bollen.stine",
}

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
TWO_STAGE = ("two.stage", "robust.two.stage")
PAIRWISE = ("pairwise", "available.cases")
NOT_CHISQUARE = ("uls", "dwls")  # their weights are not those that make the statistic a χ²
SANDWICH = ("robust.huber.white", "robust.cluster")
SCALED_TESTS = (
    "satorra.bentler",
    "yuan.bentler",
    "yuan.bentler.mplus",
    "mean.var.adjusted",
    "scaled.shifted",
)


@dataclass(frozen=True, slots=True)
class Options:
    """Resolved options of a fit; field names are those of :func:`comply_measure.sem.fit`."""

    estimator: Estimator
    information: Information = "expected"
    se: StandardErrors = "standard"
    test: TestName = "standard"
    missing: str = "listwise"
    level: float = 0.95
    search: Search = field(default_factory=Search)


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
    clustered: bool = False,
) -> Options:
    """Options from the user's words.

    Raises
    ------
    InputError
        For a word that is not known.
    """
    entry = ESTIMATORS[choose("estimator", estimator, list(ESTIMATORS))]
    treatment = MISSING[choose("missing", missing, list(MISSING))]
    errors = _errors(entry, se, clustered, treatment in FULL_INFORMATION)
    statistic = TEST_WORDS[choose("test", test, list(TEST_WORDS))] if test else entry.test
    if clustered and test is None and entry.discrepancy == "ml" and statistic == "standard":
        statistic = "yuan.bentler.mplus"
    if errors == "first.order" or errors in SANDWICH or treatment in FULL_INFORMATION:
        usual = "observed"
    else:
        usual = entry.information
    kinds = ("expected", "observed", "first.order")
    kind = choose("information", information, kinds) if information else usual
    if kind == "first.order":
        _check_first_order(errors, statistic)
        errors, kind = "first.order" if errors == "standard" else errors, "observed"
    if treatment in TWO_STAGE:
        errors, statistic, kind = _two_stage_words(treatment, se, test, clustered)
    _check_missing(entry, treatment, errors, statistic)
    return Options(
        estimator=entry,
        information=kind,  # type: ignore[arg-type]
        se=errors,  # type: ignore[arg-type]
        test=statistic,  # type: ignore[arg-type]
        missing=treatment,
    )


def _check_first_order(errors: str, statistic: str) -> None:
    """Refuse first-order information where a robust statistic needs a second, different one, as lavaan does."""
    problems = []
    if errors in ("robust.sem", *SANDWICH):
        allowed = "standard, first.order, bootstrap, none"
        problems.append(
            Problem("not with information='first.order'", column="se", value=errors, allowed=allowed)
        )
    if statistic in SCALED_TESTS:
        allowed = "standard, bollen.stine, none"
        problems.append(
            Problem("not with information='first.order'", column="test", value=statistic, allowed=allowed)
        )
    if problems:
        raise InputError("Robust statistics need information='expected' or information='observed'.", problems)


def _two_stage_words(missing: str, se: str | None, test: str | None, clustered: bool) -> tuple[str, str, str]:
    """Standard errors, test and information of two-stage estimation: its own sandwich and Satorra-Bentler."""
    if clustered and missing == "two.stage":
        problem = Problem("not with clusters", column="missing", value=missing, allowed="robust.two.stage")
        raise InputError("The option missing is not valid.", [problem])
    for name, word, allowed in (
        ("se", se, (None, "none", "robust", "robust.sem", missing)),
        ("test", test, (None, "none", "satorra.bentler", "sb")),
    ):
        if (word.lower() if word else None) not in allowed:
            words = ", ".join(filter(None, allowed))
            problem = Problem(f"not with missing='{missing}'", column=name, value=word, allowed=words)
            raise InputError(f"The option {name} is not valid.", [problem])
    none = (se or "").lower() == "none", (test or "").lower() == "none"
    return "none" if none[0] else "robust.sem", "none" if none[1] else "satorra.bentler", "expected"


def _check_missing(entry: Estimator, missing: str, se: str, test: str) -> None:
    """Refuse combinations with missing values that have no theory, rather than drop cases in silence."""
    if missing not in (*FULL_INFORMATION, *TWO_STAGE):
        return
    problems = []
    if entry.discrepancy != "ml":
        allowed = "ML, MLR, MLF" if missing in FULL_INFORMATION else "ML, MLM, MLR"
        problems.append(
            Problem(f"not with missing='{missing}'", column="estimator", value=entry.name, allowed=allowed)
        )
    elif missing in FULL_INFORMATION:
        if se == "robust.sem":
            allowed = "standard, robust.huber.white, robust.cluster, first.order, bootstrap, none"
            problems.append(Problem(f"not with missing='{missing}'", column="se", value=se, allowed=allowed))
        if test in ("satorra.bentler", "yuan.bentler", "mean.var.adjusted", "scaled.shifted"):
            allowed = "standard, yuan.bentler.mplus, none"
            problems.append(
                Problem(f"not with missing='{missing}'", column="test", value=test, allowed=allowed)
            )
    if problems:
        raise InputError(
            "The estimator needs complete data; MLR is its counterpart with missing values.", problems
        )


def _errors(entry: Estimator, se: str | None, clustered: bool, full_information: bool) -> str:
    """Standard errors: the user's word, else the estimator's, cluster-robust where there are clusters."""
    if se is None:
        chosen: str = entry.se
    elif se.lower() == "robust":
        chosen = entry.se if entry.se != "standard" else "robust.sem"
        if full_information and entry.se == "standard":
            chosen = "robust.huber.white"
    else:
        chosen = SE_WORDS[choose("se", se, list(SE_WORDS))]
    if clustered and entry.discrepancy == "ml" and chosen in ("standard", "robust.huber.white"):
        return "robust.cluster"
    return chosen
