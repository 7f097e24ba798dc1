"""What a user can choose, checked once at the boundary; estimators as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.search import Search
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    from comply_measure.sem.families.base import Family

Information = Literal["expected", "observed"]
StandardErrors = Literal[
    "standard",
    "robust.sem",
    "robust.sem.nt",
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
    "browne.residual.nt",
    "browne.residual.adf",
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
        Function that is minimised: ``ml``, ``gls``, ``uls``, ``wls``, ``dwls`` or that of a registered family.
    information : str
        Information matrix for standard errors.
    se, test : str
        Standard errors and test statistic that go with it.
    ordered : str
        Estimator that is meant when there are ordered variables, of which this one knows nothing; empty for none.
    """

    name: str
    discrepancy: str
    information: Information = "expected"
    se: StandardErrors = "standard"
    test: TestName = "standard"
    ordered: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing about it is robust."""
        return self.information == "expected" and self.se == "standard" and self.test == "standard"


ESTIMATORS: dict[str, Estimator] = {
    entry.name: entry
    for entry in (
        Estimator("ML", "ml", ordered="WLSMV"),
        Estimator("MLM", "ml", se="robust.sem", test="satorra.bentler"),
        Estimator("MLMV", "ml", se="robust.sem", test="scaled.shifted"),
        Estimator("MLMVS", "ml", se="robust.sem", test="mean.var.adjusted"),
        Estimator("MLR", "ml", "observed", se="robust.huber.white", test="yuan.bentler.mplus"),
        Estimator("MLF", "ml", "observed", se="first.order"),
        Estimator("GLS", "gls"),
        Estimator("ULS", "uls", se="robust.sem.nt", test="browne.residual.nt"),
        Estimator("ULSM", "uls", se="robust.sem", test="satorra.bentler"),
        Estimator("ULSMV", "uls", se="robust.sem", test="scaled.shifted"),
        Estimator("ULSMVS", "uls", se="robust.sem", test="mean.var.adjusted"),
        Estimator("WLS", "wls"),
        Estimator("DWLS", "dwls", se="robust.sem", test="browne.residual.nt"),
        Estimator("WLSM", "dwls", se="robust.sem", test="satorra.bentler"),
        Estimator("WLSMV", "dwls", se="robust.sem", test="scaled.shifted"),
        Estimator("WLSMVS", "dwls", se="robust.sem", test="mean.var.adjusted"),
    )
}

SE_WORDS = {
    "standard": "standard",
    "none": "none",
    "robust.sem": "robust.sem",
    "robust.sem.nt": "robust.sem.nt",
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
    "browne.residual.nt": "browne.residual.nt",
    "browne.residual.adf": "browne.residual.adf",
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

PAIRWISE = ("pairwise", "available.cases")
RESIDUAL_TESTS = ("browne.residual.nt", "browne.residual.adf")
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
    """Resolved options of a fit; field names are those of :func:`comply_measure.sem.fit`.

    ``family`` is the kind of estimation that estimator and data make; ``notes`` say, for a reader of the fit, what was
    decided or overridden for the user.
    """

    estimator: Estimator
    family: Family
    information: Information = "expected"
    se: StandardErrors = "standard"
    test: TestName = "standard"
    missing: str = "listwise"
    level: float = 0.95
    search: Search = field(default_factory=Search)
    notes: tuple[str, ...] = ()

    @property
    def complete_cases(self) -> bool:
        """Whether cases with a missing value are left out."""
        return self.missing == "listwise"


def choose(name: str, value: object, allowed: Sequence[str]) -> str:
    """One of the allowed words, in any case.

    Raises
    ------
    InputError
        With the nearest allowed word.
    """
    found = known_word(value, allowed)
    if found is not None:
        return found
    raise InputError(f"The option {name} is not valid.", [unknown_word(name, value, allowed)])


def known_word(value: object, allowed: Sequence[str]) -> str | None:
    """The allowed word that a value is, in any case; None when it is none of them."""
    return {word.lower(): word for word in allowed}.get(value.lower()) if isinstance(value, str) else None


def unknown_word(name: str, value: object, allowed: Sequence[str]) -> Problem:
    """A fault for a word that is not known, with the nearest one that is."""
    hint = did_you_mean(value, allowed, lead="") or "unknown word"
    return Problem(hint, column=name, value=value, allowed=", ".join(allowed))
