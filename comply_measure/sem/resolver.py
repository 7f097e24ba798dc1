"""Which estimator, standard errors, test and information a fit uses: one table of kinds of estimation.

Every word the user gives is honoured, refused with what is allowed instead, or its override stands in
``Options.notes`` (and so in ``fit.problems``). A new kind of estimation is one entry of :data:`KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.options import (
    ESTIMATORS,
    FULL_INFORMATION,
    MISSING,
    PAIRWISE,
    RESIDUAL_TESTS,
    SANDWICH,
    SCALED_TESTS,
    SE_WORDS,
    TEST_WORDS,
    TWO_STAGE,
    Estimator,
    Options,
    known_word,
    unknown_word,
)

INFORMATION = ("expected", "observed", "first.order")
SECOND_ORDER = ("mean.var.adjusted", "scaled.shifted")
INDEPENDENT = ("standard", "robust.sem.nt")  # errors that take cases for independent
LEAST_SQUARES = ("gls", "uls", "wls", "dwls")
ORDERED_DEFAULT = "WLSMV"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of estimation and the words that go with it.

    Attributes
    ----------
    place : str
        How a message names it, after "not with".
    discrepancies, missing, se, test, information : tuple of str
        What it can honour.
    robust : str
        What ``se="robust"`` means for an estimator that has no robust errors of its own.
    usual_information : str or None
        Its information unless asked; None leaves the choice to the estimator and its errors.
    own : tuple of str or None
        Standard errors and test that come with it whatever the estimator's are.
    """

    place: str
    discrepancies: tuple[str, ...]
    missing: tuple[str, ...]
    se: tuple[str, ...]
    test: tuple[str, ...]
    information: tuple[str, ...]
    robust: str = "robust.sem"
    usual_information: str | None = None
    own: tuple[str, str] | None = None


KINDS: Mapping[str, Kind] = {
    "likelihood": Kind(
        "maximum likelihood",
        ("ml",),
        ("listwise",),
        ("standard", "robust.sem", *SANDWICH, "first.order", "bootstrap", "none"),
        ("standard", *SCALED_TESTS, "bollen.stine", "none"),
        INFORMATION,
    ),
    "least squares": Kind(
        "least squares",
        LEAST_SQUARES,
        ("listwise",),
        ("standard", "robust.sem", "robust.sem.nt", "bootstrap", "none"),
        ("standard", "satorra.bentler", *SECOND_ORDER, *RESIDUAL_TESTS, "bollen.stine", "none"),
        ("expected", "observed"),
    ),
    "full information": Kind(
        "missing='ml'",
        ("ml",),
        FULL_INFORMATION,
        ("standard", *SANDWICH, "first.order", "bootstrap", "none"),
        ("standard", "yuan.bentler.mplus", "none"),
        INFORMATION,
        robust="robust.huber.white",
        usual_information="observed",
    ),
    "two-stage": Kind(
        "missing='two.stage'",
        ("ml",),
        TWO_STAGE,
        ("robust.sem", "bootstrap", "none"),
        ("satorra.bentler", "none"),
        ("expected",),
        usual_information="expected",
        own=("robust.sem", "satorra.bentler"),
    ),
    "ordinal": Kind(
        "ordered variables",
        ("uls", "wls", "dwls"),
        ("listwise", *PAIRWISE),
        ("standard", "robust.sem", "bootstrap", "none"),
        ("standard", "satorra.bentler", *SECOND_ORDER, "none"),
        ("expected", "observed"),
    ),
    "two-level": Kind(
        "'level:' blocks",
        ("ml",),
        ("listwise",),
        ("standard", "robust.huber.white", "first.order", "none"),
        ("standard", "yuan.bentler.mplus", "none"),
        INFORMATION,
        robust="robust.huber.white",
        usual_information="observed",
    ),
    "moments": Kind(
        "moments alone",
        ("ml", "gls", "uls"),
        ("listwise",),
        ("standard", "robust.sem.nt", "none"),
        ("standard", "browne.residual.nt", "none"),
        ("expected", "observed"),
    ),
}


def kind_of(entry: Estimator, missing: str, ordered: bool, levels: bool, moments: bool) -> Kind:
    """The kind of estimation that an estimator and the data make."""
    if levels:
        return KINDS["two-level"]
    if ordered:
        return KINDS["ordinal"]
    if moments:
        return KINDS["moments"]
    if missing in FULL_INFORMATION:
        return replace(KINDS["full information"], place=f"missing='{missing}'")
    if missing in TWO_STAGE:
        return replace(KINDS["two-stage"], place=f"missing='{missing}'")
    return KINDS["likelihood" if entry.discrepancy == "ml" else "least squares"]


def resolve(
    estimator: str,
    missing: str = "listwise",
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
    clustered: bool = False,
    *,
    ordered: bool = False,
    levels: bool = False,
    moments: bool = False,
) -> Options:
    """Options from the user's words.

    Parameters
    ----------
    estimator, missing, information, se, test
        As for :func:`comply_measure.sem.fit`.
    clustered, ordered, levels, moments : bool
        Whether there are clusters (of a model of one level), ordered variables, two levels, or no cases at all.

    Raises
    ------
    InputError
        For words that are not known or cannot be honoured together; all of them at once.
    """
    words = _known(estimator, missing, information, se, test)
    entry, treatment = ESTIMATORS[words["estimator"]], MISSING[words["missing"]]
    notes: list[str] = []
    if ordered and entry.name == "ML":
        entry = ESTIMATORS[ORDERED_DEFAULT]
        notes.append(
            f"ordered variables: estimator {entry.name} (polychoric correlations, diagonally weighted)"
        )
    kind = kind_of(entry, treatment, ordered, levels, moments)
    _check_family(kind, entry, treatment, clustered)
    asked_se = words.get("se")
    asked_test = TEST_WORDS[words["test"]] if "test" in words else None
    errors = _errors(entry, kind, asked_se, clustered)
    statistic = asked_test or _usual_test(entry, kind, clustered)
    usual = _usual_information(entry, kind, errors)
    chosen = words.get("information", usual)
    problems = _conflicts(kind, entry, errors, statistic, chosen, clustered, asked_se, asked_test)
    if problems:
        raise InputError("These options do not go together.", problems)
    first_order = chosen == "first.order"
    if first_order:
        errors, chosen = "first.order" if errors == "standard" else errors, "observed"
    notes += _overrides(kind, entry, errors, statistic, clustered, first_order)
    return Options(
        estimator=entry,
        information=chosen,  # type: ignore[arg-type]
        se=errors,  # type: ignore[arg-type]
        test=statistic,  # type: ignore[arg-type]
        missing=treatment,
        notes=tuple(notes),
    )


def _known(
    estimator: str, missing: str, information: str | None, se: str | None, test: str | None
) -> dict[str, str]:
    """The words as the tables spell them; those left open are not in it."""
    given: tuple[tuple[str, str | None, Sequence[str]], ...] = (
        ("estimator", estimator, tuple(ESTIMATORS)),
        ("missing", missing, tuple(MISSING)),
        ("information", information, INFORMATION),
        ("se", se, (*SE_WORDS, "robust", *TWO_STAGE)),
        ("test", test, tuple(TEST_WORDS)),
    )
    found, problems = {}, []
    for name, value, allowed in given:
        if value is None and name in ("information", "se", "test"):
            continue
        word = known_word(value, allowed)
        if word is None:
            problems.append(unknown_word(name, value, allowed))
        else:
            found[name] = word
    if problems:
        names = ", ".join(str(problem.column) for problem in problems)
        raise InputError(f"Not valid: {names}.", problems)
    return found


def _check_family(kind: Kind, entry: Estimator, treatment: str, clustered: bool) -> None:
    """Refuse an estimator or a treatment of missing values that the kind does not have."""
    problems = []
    place = f"not with {kind.place}"
    if not _suits(kind, entry, clustered):
        allowed = [name for name, known in ESTIMATORS.items() if _suits(kind, known, clustered)]
        where = f"{place} and clusters" if clustered and _suits(kind, entry, False) else place
        problems.append(Problem(where, column="estimator", value=entry.name, allowed=", ".join(allowed)))
    if treatment not in kind.missing:
        allowed = (
            ["ml", *kind.missing]
            if treatment in PAIRWISE and "ml" in kind.discrepancies
            else list(kind.missing)
        )
        message = "only with ordered variables" if treatment in PAIRWISE else place
        problems.append(Problem(message, column="missing", value=treatment, allowed=", ".join(allowed)))
    if clustered and kind is KINDS["ordinal"]:
        problems.append(
            Problem(place, column="cluster", allowed="no clusters, or numbers instead of ordered variables")
        )
    if clustered and treatment == "two.stage":
        problems.append(
            Problem("not with clusters", column="missing", value=treatment, allowed="robust.two.stage")
        )
    if problems:
        raise InputError("These options do not go together.", problems)


def _suits(kind: Kind, entry: Estimator, clustered: bool) -> bool:
    """Whether an estimator, with its own errors and test, belongs to a kind."""
    if entry.discrepancy not in kind.discrepancies or (clustered and entry.test in SECOND_ORDER):
        return False
    if kind.own is not None:
        return entry.name in ("ML", "MLM", "MLR")
    errors, statistic = _words_of(entry, kind)
    return errors in kind.se and statistic in kind.test


def _words_of(entry: Estimator, kind: Kind) -> tuple[str, str]:
    """Standard errors and test of an estimator; ordered variables have a Γ of their own, not a normal one."""
    if kind is KINDS["ordinal"] and entry.test in RESIDUAL_TESTS:
        return "robust.sem", "standard"
    return entry.se, entry.test


def _errors(entry: Estimator, kind: Kind, word: str | None, clustered: bool) -> str:
    """Standard errors: the user's word, else those of the kind or the estimator, allowing for clusters."""
    usual = _words_of(entry, kind)[0]
    if word is None:
        chosen: str = kind.own[0] if kind.own else usual
        if clustered and chosen in INDEPENDENT:
            chosen = "robust.cluster" if "robust.cluster" in kind.se else "robust.sem"
    elif word == "robust":
        chosen = kind.own[0] if kind.own else (usual if usual not in INDEPENDENT else kind.robust)
    elif word in TWO_STAGE:
        chosen = "robust.sem" if kind.own and word in kind.place else word
    else:
        chosen = SE_WORDS[word]
    return "robust.cluster" if clustered and chosen == "robust.huber.white" else chosen


def _usual_test(entry: Estimator, kind: Kind, clustered: bool) -> str:
    """Test of the kind or the estimator; one that allows for clusters where there are any."""
    if kind.own is not None:
        return kind.own[1]
    usual = _words_of(entry, kind)[1]
    if clustered and usual in ("standard", *RESIDUAL_TESTS):
        return "yuan.bentler.mplus" if "yuan.bentler.mplus" in kind.test else "satorra.bentler"
    return usual


def _usual_information(entry: Estimator, kind: Kind, errors: str) -> str:
    if kind.usual_information is not None:
        return kind.usual_information
    return "observed" if errors in (*SANDWICH, "first.order") else entry.information


def _conflicts(
    kind: Kind,
    entry: Estimator,
    errors: str,
    statistic: str,
    information: str,
    clustered: bool,
    asked_se: str | None,
    asked_test: str | None,
) -> list[Problem]:
    """Words that the kind, the clusters or each other exclude."""
    problems: list[Problem] = []

    def refuse(where: str, name: str, value: str, allowed: Sequence[str]) -> None:
        problems.append(Problem(f"not with {where}", column=name, value=value, allowed=", ".join(allowed)))

    for name, value, allowed in (
        ("se", errors, kind.se),
        ("test", statistic, kind.test),
        ("information", information, kind.information),
    ):
        if value not in allowed:
            refuse(kind.place, name, value, allowed)
    if asked_se is not None and clustered and errors in INDEPENDENT:
        allowed_se = [word for word in kind.se if word not in (*INDEPENDENT, "robust.huber.white")]
        refuse("clusters", "se", errors, allowed_se)
    if errors == "robust.cluster" and not clustered and not problems:
        problems.append(Problem("needs cluster=", column="se", value=errors, allowed="robust.huber.white"))
    if asked_test in SECOND_ORDER and clustered:
        refuse("clusters", "test", statistic, [word for word in kind.test if word not in SECOND_ORDER])
    if information == "first.order" and not problems:
        # a robust statistic needs a second, different information (as lavaan)
        where = "information='first.order'"
        if errors in ("robust.sem", *SANDWICH):
            refuse(where, "se", errors, ("standard", "first.order", "bootstrap", "none"))
        if statistic in SCALED_TESTS:
            refuse(where, "test", statistic, ("standard", "bollen.stine", "none"))
    if statistic == "yuan.bentler" and information == "observed":
        refuse("test='yuan.bentler'", "information", information, ("expected",))
    return problems


def _overrides(
    kind: Kind, entry: Estimator, errors: str, statistic: str, clustered: bool, first_order: bool
) -> list[str]:
    """What a reader must know about words that were not taken as they usually are."""
    notes = []
    if kind.own is not None and entry.name == "MLR":
        notes.append(
            f"estimator='MLR' with {kind.place}: standard errors and test are those of the two stages"
        )
    if entry.discrepancy == "dwls" and kind is KINDS["least squares"]:
        notes.append(
            f"estimator='{entry.name}' without ordered variables: weights from the fourth moments of continuous data"
        )
    if kind is KINDS["least squares"] and entry.discrepancy in ("uls", "dwls") and errors == "standard":
        robust = "ULSMV" if entry.discrepancy == "uls" else "WLSMV"
        notes.append(
            f"estimator='{entry.name}': standard errors take the weights for the true ones and are usually too small; "
            f"se='robust.sem' or estimator='{robust}' corrects them"
        )
    if first_order and errors != "first.order":
        notes.append(f"information='first.order' has no effect with se='{errors}'")
    if statistic in RESIDUAL_TESTS:
        kind_of_test = "normal theory"
        if statistic.endswith("adf"):
            kind_of_test = (
                "distribution free; it rejects true models too often unless there are many cases per moment"
            )
        notes.append(
            f"test='{statistic}': χ² and indices of fit rest on Browne's residual test ({kind_of_test})"
        )
    if clustered and statistic in ("standard", *RESIDUAL_TESTS):
        notes.append(f"test='{statistic}': the χ² statistic takes no account of the clusters")
    return notes
