"""Every option of the front door is honoured, refused or its override stated: alone and in all pairs."""

from __future__ import annotations

import inspect
import itertools
import math
import os
import random
import re
import warnings
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.sem.families.registry import FAMILIES
from comply_measure.sem.resolver import resolve

MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nx1 ~ z"
ITEMS = [f"x{i}" for i in range(1, 7)]

# Values that change something for MODEL on the data below, taken alone.
VALUES: dict[str, tuple[Any, ...]] = {
    "estimator": (
        "MLM",
        "MLMV",
        "MLR",
        "MLF",
        "GLS",
        "ULS",
        "ULSM",
        "WLS",
        "DWLS",
        "WLSMV",
        "MLMVS",
        "ULSMV",
        "WLSM",
        "WLSMVS",
    ),
    "missing": ("ml", "robust.two.stage", "pairwise", "ml.x", "two.stage", "available.cases"),
    "group": ("g",),
    "group_equal": ("loadings",),
    "group_partial": ("f=~x2",),
    "ordered": (("x1", "x2", "x3", "x4", "x5", "x6"),),
    "cluster": ("firm",),
    "sampling_weights": ("w",),
    "sampling_weights_normalization": ("total", "none"),
    "std_lv": (True,),
    "effect_coding": (True,),
    "orthogonal": (True,),
    "meanstructure": (True, False),
    "fixed_x": (True, False),
    "parameterization": ("theta",),
    "information": ("observed", "first.order"),
    "se": (
        "standard",
        "robust.sem",
        "robust.huber.white",
        "first.order",
        "none",
        "robust.cluster",
        "robust.sem.nt",
    ),
    "test": (
        "standard",
        "satorra.bentler",
        "yuan.bentler",
        "scaled.shifted",
        "none",
        "yuan.bentler.mplus",
        "mean.var.adjusted",
        "browne.residual.nt",
        "browne.residual.adf",
    ),
    "bootstrap": (2,),
    "seed": (3,),
    "engine": ("semopy", "COMPLY"),
    "model_type": ("growth",),
    "n_jobs": (2,),
    "interactions": ("lms", "qml"),
    "product_indicators": ("unconstrained",),
    "match": (True,),
    "nodes": (8,),
}

# Options of the search: another way to the same optimum, or to one that no bound binds. Beside them every option does
# what it does alone; beside an option they change nothing, unless it is refused or stated.
SEARCH: dict[str, Any] = {
    "start": "simple",
    "bounds": "pos.var",
    "optimizer_options": (("tolerance", 1e-13), ("iterations", 5000)),
}


# Two options that come to the same by theory: the first adds nothing beside the second, and need not say so.
EQUAL = {
    (("estimator", "MLR"), ("cluster", "firm")): "clusters give ML the errors and the test of MLR",
    (("estimator", "MLM"), ("missing", "robust.two.stage")): "two-stage errors and test are those of MLM",
    (("estimator", "MLM"), ("missing", "two.stage")): "two-stage errors and test are those of MLM",
    (
        ("se", "robust.sem.nt"),
        ("estimator", "GLS"),
    ): "the sandwich of the normal-theory weights is their inverse",
    (("information", "observed"), ("se", "none")): "no errors; residuals and comparisons take it",
    (
        ("information", "observed"),
        ("bootstrap", 2),
    ): "errors from replications; residuals and comparisons take it",
    (("se", "standard"), ("information", "first.order")): "standard errors from that information",
    (("information", "first.order"), ("se", "first.order")): "the same errors by another word",
    (("information", "first.order"), ("estimator", "MLF")): "the same errors by another word",
    (("se", "robust.sem"), ("estimator", "WLS")): "the sandwich of the optimal weights is their inverse",
    (("se", "robust.huber.white"), ("cluster", "firm")): "its form with clusters is their default",
    (("estimator", "WLSMV"), ("ordered", tuple(ITEMS))): "the default of ordered variables",
    (
        ("estimator", "MLR"),
        ("sampling_weights", "w"),
    ): "the defaults of maximum likelihood with sampling weights",
} | {
    (("estimator", "MLF"), (name, value)): "MLF is ML with these errors, which the user names himself"
    for name, value in (
        ("information", "first.order"),
        ("se", "standard"),
        ("se", "robust.huber.white"),
        ("se", "first.order"),
        ("se", "none"),
    )
}


@cache
def _data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n, firms = 400, 50
    z, firm = rng.normal(size=n), np.arange(n) % firms
    shared = 0.5 * rng.normal(size=firms)[firm] + 0.5 * rng.gamma(2.0, 0.5, n)
    x = shared[:, None] + rng.gamma(2.0, 0.5, (n, 6)) + 0.6 * np.repeat(rng.normal(size=(n, 2)), 3, axis=1)
    x[:, 0] += 0.3 * z
    frame = pd.DataFrame(np.clip(np.round(x), 0, 4), columns=ITEMS).assign(
        z=z, firm=firm, w=0.5 + np.arange(n) % 3
    )
    frame["g"] = np.where(firm < 25, "a", "b")
    frame.loc[:11, "x3"] = np.nan
    return frame


class Outcome(NamedTuple):
    """What becomes of a set of options: refused with its text, or fitted with notes, all numbers and resolved words."""

    state: str
    text: str
    numbers: tuple[float, ...] = ()
    resolved: Mapping[str, Any] = MappingProxyType({})


def _outcome(options: tuple[tuple[str, Any], ...], model: str = MODEL) -> Outcome:
    """What becomes of the options, in whatever order they are named."""
    return _fitted(tuple(sorted(options, key=lambda option: option[0])), model)


@cache
def _fitted(options: tuple[tuple[str, Any], ...], model: str) -> Outcome:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given = dict(options)
            if "optimizer_options" in given:
                given["optimizer_options"] = dict(given["optimizer_options"])
            fit = sem.fit(model, _data(), **given)
            numbers = [*fit.estimates["est"], *fit.estimates["se"], *fit.measures.values(), float(fit.npar)]
    except ComplyError as error:
        return Outcome("refused", str(error))
    notes = " | ".join(str(problem) for problem in fit.problems if problem.code == "note")
    rounded = tuple(round(v, 9) if math.isfinite(v) else math.inf for v in map(float, numbers))
    used, table = fit.model.options, fit.model.table.options
    resolved = {name: getattr(used, name) for name in ("missing", "information", "se", "test")}
    resolved |= {"meanstructure": table.meanstructure, "fixed_x": table.fixed_x, "engine": "comply"}
    return Outcome("fitted", notes, rounded, resolved)


def _says_the_default(name: str, value: Any, alone: Outcome) -> bool:
    """Whether the fit without the option resolves to just this value."""
    return name in alone.resolved and alone.resolved[name] == (
        value.lower() if isinstance(value, str) else value
    )


TRIPLES = 200 if os.environ.get("COMPLY_FULL") == "1" else 60
SINGLE = [(name, value) for name, values in VALUES.items() for value in values]


def _silent(name: str, value: Any, others: tuple[tuple[str, Any], ...], model: str = MODEL) -> bool:
    """Whether an option beside others changes no number, is not refused, not stated, and not their default."""
    together, alone = _outcome((*others, (name, value)), model), _outcome(others, model)
    if together.state == "refused":
        return not any(re.search(rf"\b{word}\b", together.text) for word in (name, *dict(others)))
    stated = re.search(
        rf"\b{name}\b", "|".join(set(together.text.split(" | ")) - set(alone.text.split(" | ")))
    )
    if alone.state == "refused" or stated or together.numbers != alone.numbers:
        return False
    if len(others) == 1 and ((name, value), others[0]) in EQUAL:
        return False
    return not _says_the_default(name, value, alone)


@pytest.mark.parametrize(("name", "value"), SINGLE)
def test_an_option_alone_is_honoured_refused_or_stated(name: str, value: Any) -> None:
    assert not _silent(name, value, ())


def test_every_pair_of_options_is_honoured_refused_or_stated() -> None:
    """Beside any second option, a first one changes a number, says the default, is refused or named in a note."""
    pairs = [(a, b) for a, b in itertools.permutations(SINGLE, 2) if a[0] != b[0]]
    silent = [(*one, *other) for one, other in pairs if _silent(*one, (other,))]
    assert not silent, silent


def _adds_nothing(option: tuple[str, Any], others: tuple[tuple[str, Any], ...]) -> bool:
    """Whether an option comes to one of two others, or is an estimator's name whose errors and test both are named."""
    named = (
        option[0] == "estimator"
        and option[1].startswith("ML")
        and {name for name, _ in others} == {"se", "test"}
    )
    return named or any((option, other) in EQUAL for other in others)


def test_a_sample_of_triples_of_options_is_honoured_refused_or_stated() -> None:
    """Beside any two others; the sample is drawn by seed."""
    drawn, silent, fitted = random.Random(1), [], 0
    for _ in range(TRIPLES):
        names = drawn.sample(sorted(VALUES), 3)
        triple = [(name, drawn.choice(VALUES[name])) for name in names]
        for place, option in enumerate(triple):
            others = (*triple[:place], *triple[place + 1 :])
            if _silent(*option, others) and not _adds_nothing(option, others):
                silent.append((option, others))
            fitted += _outcome((*others, option)).state == "fitted"
    assert not silent, silent
    assert fitted > TRIPLES  # a third of the fits at least is not refused


PRODUCT = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nz ~ f + g + f:g"
OF_PRODUCTS: tuple[tuple[str, Any], ...] = (
    ("interactions", "lms"),
    ("interactions", "qml"),
    ("product_indicators", "residual_centred"),
    ("product_indicators", "unconstrained"),
    ("match", True),
    ("nodes", 8),
)
BESIDE_PRODUCTS: tuple[tuple[str, Any], ...] = (
    ("estimator", "MLR"),
    ("estimator", "ULS"),
    ("missing", "ml"),
    ("group", "g"),
    ("ordered", tuple(ITEMS)),
    ("cluster", "firm"),
    ("sampling_weights", "w"),
    ("std_lv", True),
    ("meanstructure", False),
    ("se", "none"),
    ("engine", "semopy"),
    ("information", "observed"),
    ("effect_coding", True),
    ("orthogonal", True),
    ("group_equal", "loadings"),
    ("parameterization", "theta"),
    ("model_type", "growth"),
    ("seed", 3),
    ("n_jobs", 2),
    ("sampling_weights_normalization", "total"),
)


def test_every_option_is_in_the_list() -> None:
    assert set(inspect.signature(sem.fit).parameters) - {"model", "data"} == {*VALUES, *SEARCH}


@pytest.mark.parametrize("option", OF_PRODUCTS)
def test_pairs_with_options_of_products_are_honoured_refused_or_stated(option: tuple[str, Any]) -> None:
    assert not _silent(*option, (), PRODUCT)
    others = [other for other in (*BESIDE_PRODUCTS, *OF_PRODUCTS) if other[0] != option[0]]
    silent = [
        (one, other)
        for pair in others
        for one, other in ((option, pair), (pair, option))
        if _silent(*one, (other,), PRODUCT)
    ]
    assert not silent, silent


def test_the_way_of_the_search_changes_no_result_beside_any_option() -> None:
    wrong = []
    for search, one in itertools.product(SEARCH.items(), [None, *SINGLE]):
        others = () if one is None else (one,)
        if one == ("bootstrap", 2):
            others = (one, ("seed", 3))  # the same resamples
        together, alone = _outcome((*others, search)), _outcome(others)
        if "refused" in (together.state, alone.state):
            named = alone.state == "refused" or re.search(rf"\b{search[0]}\b", together.text)
            wrong += [] if named else [(*others, search, together.text)]
        elif not np.allclose(together.numbers, alone.numbers, rtol=1e-4, atol=1e-4):
            wrong.append((*others, search, "another result"))
    assert not wrong, wrong


def test_every_option_does_beside_the_way_of_the_search_what_it_does_alone() -> None:
    silent = [
        (*one, search)
        for search, one in itertools.product(SEARCH.items(), SINGLE)
        if _silent(*one, (search,)) and not _silent(*one, ())
    ]
    assert not silent, silent


@pytest.mark.parametrize(
    ("options", "column", "allowed"),
    [
        ({"estimator": "GLS", "cluster": "firm", "se": "standard"}, "se", "robust.sem"),
        ({"cluster": "firm", "se": "standard"}, "se", "robust.cluster"),
        ({"cluster": "firm", "estimator": "ULSMV"}, "estimator", "ULSM"),
        ({"cluster": "firm", "test": "scaled.shifted"}, "test", "satorra.bentler"),
        ({"se": "robust.cluster"}, "se", "robust.huber.white"),
        ({"estimator": "ULS", "se": "first.order"}, "se", "robust.sem"),
        ({"estimator": "MLR", "test": "yuan.bentler"}, "information", "expected"),
        ({"missing": "ml", "estimator": "MLMV"}, "estimator", "MLR"),
        ({"missing": "two.stage", "cluster": "firm"}, "missing", "robust.two.stage"),
        ({"ordered": ITEMS, "se": "robust.huber.white"}, "se", "robust.sem"),
        ({"ordered": ITEMS, "fixed_x": False}, "fixed_x", "x ~~ x"),
        ({"parameterization": "gamma"}, "parameterization", "delta, theta"),
        ({"engine": "lavaan"}, "engine", "comply, semopy"),
        ({"group": "g", "group_equal": "all"}, "group_equal", "loadings"),
        ({"group": "g", "group_equal": "thresholds"}, "group_equal", "intercepts"),
        (
            {"group": "g", "group_equal": "intercepts", "meanstructure": False},
            "group_equal",
            "meanstructure=True",
        ),
        ({"estimator": "MLX"}, "estimator", "ML"),
        ({"model_type": "growth", "meanstructure": False}, "meanstructure", "True"),
    ],
)
def test_refusals_name_the_option_and_what_is_allowed(
    options: dict[str, Any], column: str, allowed: str
) -> None:
    with pytest.raises(InputError) as caught:
        sem.fit(MODEL, _data(), **options)
    problem = next(p for p in caught.value.problems if p.column == column)
    assert allowed in str(problem.allowed)
    asked = options.get(column)
    assert not isinstance(asked, str) or asked not in str(problem.allowed).split(", ")


@pytest.mark.parametrize(
    ("options", "note"),
    [
        (
            {"meanstructure": False, "missing": "ml"},
            "meanstructure=False has no effect: means are needed for missing='ml'",
        ),
        (
            {"meanstructure": False, "cluster": "firm"},
            "meanstructure=False has no effect: means are needed for cluster=",
        ),
        ({"parameterization": "theta"}, "parameterization='theta' has no effect: no variable is ordered"),
        ({"estimator": "WLSMV"}, "estimator='WLSMV' without ordered variables"),
        (
            {"estimator": "DWLS", "se": "standard"},
            "estimator='DWLS': standard errors take the weights for the true",
        ),
        (
            {"estimator": "DWLS"},
            "test='browne.residual.nt': χ² and indices of fit rest on Browne's residual test",
        ),
        (
            {"estimator": "ULS", "se": "standard"},
            "estimator='ULS': standard errors take the weights for the true",
        ),
        (
            {"estimator": "ULS"},
            "test='browne.residual.nt': χ² and indices of fit rest on Browne's residual test",
        ),
        ({"group_equal": "loadings"}, "group_equal has no effect with one group"),
        ({"group": "g", "group_partial": "f=~x2"}, "group_partial has no effect without equalities"),
        ({"seed": 1}, "seed has no effect: no bootstrap"),
        ({"n_jobs": 2}, "n_jobs has no effect: no bootstrap"),
        (
            {"cluster": "firm", "test": "standard"},
            "test='standard': the χ² statistic takes no account of the clusters",
        ),
        ({"missing": "two.stage", "estimator": "MLR"}, "estimator='MLR' with missing='two.stage'"),
    ],
)
def test_overrides_stand_in_the_problems_of_the_fit(options: dict[str, Any], note: str) -> None:
    fit = sem.fit(MODEL, _data(), **options)
    assert any(str(problem).startswith(note) for problem in fit.problems)
    assert note in fit.summary()


def test_plain_fits_carry_no_note() -> None:
    for options in ({}, {"estimator": "MLR"}, {"missing": "ml"}, {"cluster": "firm"}, {"estimator": "ULSMV"}):
        data = _data().drop(columns="g")  # the name of a factor
        notes = [p for p in sem.fit(MODEL, data, **options).problems if p.code == "note"]  # type: ignore[arg-type]
        assert not notes


def test_words_for_ordered_variables_are_the_users() -> None:
    """lavaan 0.6-14 honours se="standard" and test="standard" beside WLSMV; only what is left open is filled."""
    given = sem.fit(MODEL, _data(), ordered=ITEMS, se="standard", test="standard")
    usual = sem.fit(MODEL, _data(), ordered=ITEMS)
    assert (given.model.options.se, given.model.options.test) == ("standard", "standard")
    assert (usual.model.options.se, usual.model.options.test) == ("robust.sem", "scaled.shifted")
    free = usual.estimates["free"] > 0
    assert not np.allclose(given.estimates.se[free], usual.estimates.se[free], rtol=1e-3)


def test_all_wrong_words_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        sem.fit(MODEL, _data(), estimator="MX", missing="never", se="bad", test="none so")
    assert [problem.column for problem in caught.value.problems] == ["estimator", "missing", "se", "test"]


def test_every_kind_of_estimation_accepts_its_own_words() -> None:
    """Families are consistent: every word that one lists resolves to itself, and to this family."""
    facts: dict[str, dict[str, Any]] = {
        "complete": {},
        "full information": {"missing": "ml"},
        "two-stage": {"missing": "two.stage"},
        "ordered": {"ordered": True},
        "levels": {"levels": True},
        "moments": {"moments": True},
        "lms": {"direct": "lms"},
        "qml": {"direct": "qml"},
    }
    usual = {"ml": "ML", "gls": "GLS", "uls": "ULS", "wls": "WLS", "dwls": "DWLS"}
    pairs = [(family, place) for family in FAMILIES for place in family.situations if family.serves(place)]
    assert len(pairs) == 16
    for family, place in pairs:
        given = {"estimator": usual[family.minimises], **facts[place]}
        words = family.words(place, given.get("missing", "listwise"))
        for word in words.se:
            clustered = word == "robust.cluster"
            test = "none" if word == "first.order" else None
            found = resolve(**given, se=word, test=test, clustered=clustered)
            assert (found.se, found.family) == (word, family)
        for word in words.test:
            assert resolve(**given, test=word).test == word


@pytest.mark.parametrize(
    ("model", "option", "what"),
    [
        ("x1 ~ x2 + x3", "std_lv", "no factor"),
        ("x1 ~ x2 + x3", "effect_coding", "no factor"),
        ("x1 ~ x2 + x3", "orthogonal", "no factor"),
        ("f =~ x1 + x2 + x3", "orthogonal", "one factor"),
    ],
)
def test_options_of_factors_say_that_there_is_nothing_for_them(model: str, option: str, what: str) -> None:
    fit = sem.fit(model, _data(), **{option: True})
    assert f"{option} has no effect: the model has {what}" in [problem.message for problem in fit.problems]


def test_ordered_variables_on_two_levels_are_refused_with_a_way_out() -> None:
    data = _data().assign(x1=lambda d: (d["x1"] > d["x1"].median()).astype(int))
    with pytest.raises(InputError, match="ordered, in a model with 'level:' blocks") as caught:
        sem.fit(
            "level: 1\nf =~ x1 + x2 + x3\nlevel: 2\nf =~ x1 + x2 + x3", data, cluster="firm", ordered=["x1"]
        )
    assert "WLSMV" not in str(caught.value) and "cluster=" in str(caught.value)
