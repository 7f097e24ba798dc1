"""Which family, standard errors, test and information a fit uses.

Every word the user gives is honoured, refused with what is allowed instead, or its override stands in
``Options.notes`` (and so in ``fit.problems``). What goes with which words is said by the families themselves
(:mod:`comply_measure.sem.families`).
"""

from __future__ import annotations

from collections.abc import Sequence

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.families.base import Family
from comply_measure.sem.families.registry import candidates, family_of, situation_of
from comply_measure.sem.families.words import INDEPENDENT, INFORMATION, SECOND_ORDER, Words
from comply_measure.sem.options import (
    ESTIMATORS,
    MISSING,
    PAIRWISE,
    RESIDUAL_TESTS,
    SANDWICH,
    SCALED_TESTS,
    SE_WORDS,
    TEST_WORDS,
    Estimator,
    Options,
    known_word,
    unknown_word,
)

TWO_STAGE_WORDS = ("two.stage", "robust.two.stage")  # words of ``missing`` that name standard errors too


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
    direct: str = "",
    weighted: bool = False,
    predicted_products: Sequence[str] = (),
) -> Options:
    """Options from the user's words.

    Parameters
    ----------
    estimator, missing, information, se, test
        As for :func:`comply_measure.sem.fit`.
    clustered, ordered, levels, moments : bool
        Whether there are clusters (of a model of one level), ordered variables, two levels, or no cases at all.
    direct : str
        ``lms`` or ``qml`` where products of factors are estimated by a likelihood of their own.
    weighted : bool
        Whether cases have sampling weights.
    predicted_products : sequence of str
        Products of columns one of which is predicted.

    Raises
    ------
    InputError
        For words that are not known or cannot be honoured together; all of them at once.
    """
    words = _known(estimator, missing, information, se, test)
    entry, treatment = ESTIMATORS[words["estimator"]], MISSING[words["missing"]]
    notes: list[str] = []
    if ordered and entry.ordered:
        entry = ESTIMATORS[entry.ordered]
        notes.append(
            f"ordered variables: estimator {entry.name} (polychoric correlations, diagonally weighted)"
        )
    situation = situation_of(treatment, ordered, levels, moments, direct)
    family = _family(situation, entry, treatment, clustered, weighted)
    kind = family.words(situation, treatment)
    asked_se = words.get("se")
    asked_test = TEST_WORDS[words["test"]] if "test" in words else None
    errors = _errors(entry, kind, asked_se, clustered, weighted)
    statistic = asked_test or _usual_test(entry, kind, clustered, weighted)
    usual = _usual_information(entry, kind, errors)
    if predicted_products and errors == "standard" and "observed" in kind.information:
        usual = "observed"
    chosen = words.get("information", usual)
    problems = _conflicts(kind, errors, statistic, chosen, clustered, asked_se, asked_test)
    problems += _resampled_weights(errors, statistic) if weighted else []
    if problems:
        raise InputError("These options do not go together.", problems)
    first_order = chosen == "first.order"
    if first_order:
        errors, chosen = "first.order" if errors == "standard" else errors, "observed"
    notes += _own_way(kind, entry)
    notes += family.notes(entry.name, errors, situation)
    notes += _overrides(errors, statistic, clustered, first_order)
    notes += _of_predicted_products(predicted_products, errors, chosen, "information" in words)
    notes += _naive_weights(kind, errors, statistic) if weighted else []
    return Options(
        estimator=entry,
        family=family,
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
        ("se", se, (*SE_WORDS, "robust", *TWO_STAGE_WORDS)),
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


def _family(situation: str, entry: Estimator, treatment: str, clustered: bool, weighted: bool) -> Family:
    """The family of an estimator with such data.

    Raises
    ------
    InputError
        For an estimator, a treatment of missing values, clusters or weights that do not go with the data.
    """
    found = family_of(situation, entry.discrepancy)
    nearest = found or candidates(situation)[0]
    words = nearest.words(situation, treatment)
    problems = []
    place = f"not with {words.place}"
    if found is None or not _suits(situation, words, entry, clustered):
        allowed = [name for name, known in ESTIMATORS.items() if _suits(situation, words, known, clustered)]
        only_clusters = clustered and _suits(situation, words, entry, False)
        where = f"{place} and clusters" if only_clusters else place
        problems.append(Problem(where, column="estimator", value=entry.name, allowed=", ".join(allowed)))
    if treatment not in words.missing:
        wider = treatment in PAIRWISE and family_of("full information", nearest.minimises) is not None
        allowed = ["ml", *words.missing] if wider else list(words.missing)
        message = "only with ordered variables" if treatment in PAIRWISE else place
        problems.append(Problem(message, column="missing", value=treatment, allowed=", ".join(allowed)))
    if weighted and not words.weights:
        problems.append(Problem(place, column="sampling_weights", allowed="no sampling weights"))
    if clustered and treatment in words.no_clusters:
        others = ", ".join(word for word in words.missing if word not in words.no_clusters)
        problems.append(Problem("not with clusters", column="missing", value=treatment, allowed=others))
    if problems or found is None:
        raise InputError("These options do not go together.", problems)
    return found


def _suits(situation: str, words: Words, entry: Estimator, clustered: bool) -> bool:
    """Whether an estimator, with its own errors and test, goes with such data and words."""
    if family_of(situation, entry.discrepancy) is None:
        return False
    if clustered and entry.test in SECOND_ORDER and not words.clustered_second_order:
        return False
    if words.estimators:
        return entry.name in words.estimators
    errors, statistic = _words_of(entry, words)
    return errors in words.se and statistic in words.test


def _words_of(entry: Estimator, kind: Words) -> tuple[str, str]:
    """Standard errors and test of an estimator; where Γ is no normal one its residual test is the standard one."""
    if kind.own_gamma and entry.test in RESIDUAL_TESTS:
        return "robust.sem", "standard"
    return entry.se, entry.test


def _errors(entry: Estimator, kind: Words, word: str | None, clustered: bool, weighted: bool) -> str:
    """Standard errors: the user's word, else those of the kind or the estimator, allowing for clusters and weights."""
    usual = _words_of(entry, kind)[0]
    if word is None:
        chosen: str = kind.own[0] if kind.own else usual
        if clustered and chosen in INDEPENDENT:
            chosen = "robust.cluster" if "robust.cluster" in kind.se else "robust.sem"
        elif weighted and chosen in INDEPENDENT and not kind.weighs_by_gamma:
            chosen = "robust.huber.white" if "robust.huber.white" in kind.se else "robust.sem"
    elif word == "robust":
        chosen = kind.own[0] if kind.own else (usual if usual not in INDEPENDENT else kind.robust)
    elif word in TWO_STAGE_WORDS:
        chosen = "robust.sem" if kind.own and word in kind.place else word
    else:
        chosen = SE_WORDS[word]
    return "robust.cluster" if clustered and chosen == "robust.huber.white" else chosen


def _usual_test(entry: Estimator, kind: Words, clustered: bool, weighted: bool) -> str:
    """Test of the kind or the estimator; one that allows for clusters and sampling weights where there are any."""
    if kind.own is not None:
        return kind.own[1]
    usual = _words_of(entry, kind)[1]
    if clustered and usual in ("standard", *RESIDUAL_TESTS):
        return "yuan.bentler.mplus" if "yuan.bentler.mplus" in kind.test else "satorra.bentler"
    if weighted and entry.se in INDEPENDENT and not kind.weighs_by_gamma:
        for word in ("yuan.bentler.mplus", "browne.residual.adf"):
            if word in kind.test:
                return word
    return usual


def _usual_information(entry: Estimator, kind: Words, errors: str) -> str:
    if kind.usual_information is not None:
        return kind.usual_information
    return "observed" if errors in (*SANDWICH, "first.order") else entry.information


def _conflicts(
    kind: Words,
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
    if asked_test in SECOND_ORDER and clustered and not kind.clustered_second_order:
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


def _of_predicted_products(products: Sequence[str], errors: str, information: str, asked: bool) -> list[str]:
    """What a reader must know about products of a predicted column, which have no equation of their own.

    The likelihood is a product over equations, so that estimates and the observed information are those of each
    regression by itself; the expected one takes implied moments, in which the product is uncorrelated with the other
    predictors.
    """
    if not products:
        return []
    names = ", ".join(f"'{name}'" for name in products)
    says = f"{names}: a column that multiplies a predicted variable is taken to be uncorrelated with other predictors"
    if information == "expected" and errors not in ("bootstrap", "none"):
        return [f"{says}; χ² is not to be relied on, nor are standard errors from the expected information"]
    source = "" if asked or errors != "standard" else "; standard errors come from the observed information"
    return [f"{says}; χ² is not to be relied on{source}"]


def _resampled_weights(errors: str, statistic: str) -> list[Problem]:
    """Words that draw cases as if they had been drawn with equal chances."""
    asked = {"se": (errors, "bootstrap"), "test": (statistic, "bollen.stine")}
    message = "not with sampling_weights"
    return [
        Problem(message, column=name, value=value, allowed="robust errors and scaled tests")
        for name, (value, word) in asked.items()
        if value == word
    ]


def _naive_weights(kind: Words, errors: str, statistic: str) -> list[str]:
    """What a reader must know about errors and a test that take sampling weights for numbers of cases."""
    if kind.weighs_by_gamma:
        return []
    notes = []
    if errors in INDEPENDENT:
        notes.append(f"se='{errors}': standard errors take the sampling weights for numbers of cases")
    if statistic in ("standard", "browne.residual.nt") and not kind.own_gamma:
        notes.append(f"test='{statistic}': the χ² statistic takes the sampling weights for numbers of cases")
    return notes


def _own_way(kind: Words, entry: Estimator) -> list[str]:
    """What a reader must know where a family has its own errors and test in the place of the estimator's."""
    if kind.own is None or entry.test in ("standard", kind.own[1]):
        return []
    return [
        f"estimator='{entry.name}' with {kind.place}: standard errors and test are those of the two stages"
    ]


def _overrides(errors: str, statistic: str, clustered: bool, first_order: bool) -> list[str]:
    """What a reader must know about words that were not taken as they usually are."""
    notes = []
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
