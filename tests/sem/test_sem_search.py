"""Starting values, bounds and the optimiser's options of a fit; numbers from lavaan 0.7-2."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.optimise import minimise
from comply_measure.sem.search import OPTIMIZER_OPTIONS
from comply_measure.sem.start import random_values
from comply_measure.sem.trust import minimise_in_region

TWO = "v =~ x1 + x2 + x3\ns =~ x7 + x8 + x9"
HIGHER = "v =~ x1+x2+x3\nt =~ x4+x5+x6\ns =~ x7+x8+x9\ng =~ v + t\ns ~ g\nx1 ~~ x4"

STANDARD = {
    "v=~x2": (-3.189415075, 3.189415075),
    "t=~x6": (-2.976164306, 2.976164306),
    "s=~x9": (-2.928976442, 2.928976442),
    "x1~~x4": (-1.222705519, 1.222705519),
    "x1~~x1": (0.0, 1.228645525),
    "x2~~x2": (0.0, 1.388692785),
    "v~~v": (0.005, 1.358369846),
    "g~~g": (0.0, 1.659785764),
}
WIDE = {
    "v=~x2": (-3.827298090, 3.827298090),
    "x1~~x4": (-1.462872633, 1.462872633),
    "x1~~x1": (-0.061126643, 1.467039433),
    "x2~~x2": (-0.069089193, 1.658140639),
    "v~~v": (0.005, 1.764380799),
    "g~~g": (0.0, 2.157721493),
}
WIDE_STANDARDISED = {
    "s=~x7": (-1.305266574, 1.305266574),
    "x7~~x7": (-0.059156973, 1.419767357),
    "s~~t": (-1.0, 1.0),
}
# cases of the school data in blocks of 25: χ² with pos.var and standard, and how many bounds bind
BOUNDED = {
    1: (8.7899303, 8.9078495, 2, 5),
    2: (10.8833984, 10.8833984, 1, 1),
    3: (7.4227824, 7.5858817, 1, 4),
    4: (10.4190515, 10.5285034, 0, 2),
    7: (22.4534616, 22.4534616, 2, 2),
    8: (15.5394083, 15.5394083, 0, 0),
}


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


def ranges(fit: sem.Fit) -> dict[str, tuple[float, float]]:
    table = fit.model.table
    rows = np.flatnonzero(table.free).tolist()
    return {table.default_name(r): (float(table.lower[r]), float(table.upper[r])) for r in rows}


@pytest.mark.parametrize(
    ("model", "options", "expected"),
    [
        (HIGHER, {"bounds": "standard"}, STANDARD),
        (HIGHER, {"bounds": "wide"}, WIDE),
        (
            "s =~ x7 + x8 + x9\nt =~ x4 + x5 + x6",
            {"bounds": "wide", "std_lv": True},
            WIDE_STANDARDISED,
        ),
        (TWO, {"bounds": "pos.var"}, {"x1~~x1": (0.0, math.inf), "v~~v": (0.0, math.inf)}),
        (TWO, {"bounds": "pos.ov.var"}, {"x1~~x1": (0.0, math.inf), "v~~v": (-math.inf, math.inf)}),
        (TWO, {"bounds": "pos.lv.var"}, {"x1~~x1": (-math.inf, math.inf), "v~~v": (0.0, math.inf)}),
        (
            "v =~ x1 + lower(0.5)*x2 + x3\nx1 ~~ lower(0.1)*x1",
            {"bounds": "standard"},
            {"v=~x2": (0.5, 3.189415075), "x1~~x1": (0.1, 1.228645525), "v~~v": (0.135836985, 1.358369846)},
        ),
        (
            HIGHER,
            {"bounds": "wide.zerovar"},
            WIDE | {"x1~~x1": (0.0, 1.467039433), "x2~~x2": (0.0, 1.658140639)},
        ),
        ("v =~ 0.5*x1 + x2 + x3", {"bounds": "standard"}, {"v~~v": (0.0, 1.381783873)}),
    ],
)
def test_automatic_bounds_are_those_of_lavaan(
    hs: pd.DataFrame, model: str, options: dict[str, Any], expected: dict[str, tuple[float, float]]
) -> None:
    found = ranges(sem.fit(model, hs, se="none", **options))
    for name, (lower, upper) in expected.items():
        assert found[name] == pytest.approx((lower, upper), abs=1e-8), name


def test_bounds_of_groups_and_ordered_variables(hs: pd.DataFrame) -> None:
    found = ranges(sem.fit("v =~ x1 + x2 + x3", hs, group="school", bounds="standard", se="none"))
    own = [float(part.x1.var(ddof=0)) for _, part in hs.groupby("school", sort=False)]
    assert found["x1~~x1"][1] == pytest.approx(0.9 * 1.005 * own[0], rel=1e-10)
    assert found["x1~~x1.g2"][1] == pytest.approx(0.9 * 1.005 * own[1], rel=1e-10)
    cut = hs[["x1", "x2", "x3"]].apply(lambda x: pd.cut(x, 4, labels=False))
    ordered = sem.fit("v =~ x1 + x2 + x3", cut, ordered=True, bounds="standard")
    found = ranges(ordered)
    assert found["v=~x2"][1] == pytest.approx(math.sqrt(10.0))
    assert found["v~~v"] == pytest.approx((0.1, 1.0))
    found = ranges(
        sem.fit(
            "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6\nt ~ v",
            hs[["x1", "x2", "x3", "x4", "x5", "x6"]].apply(lambda x: pd.cut(x, 4, labels=False)),
            ordered=True,
            bounds="standard",
            parameterization="theta",
        )
    )
    assert [found[name] for name in ("v=~x2", "t=~x6", "v~~v", "t~~t")] == [
        pytest.approx(pair) for pair in ((-10.0, 10.0), (-10.0, 10.0), (0.1, 10.0), (0.005, 10.0))
    ]
    given_age = cut.assign(age=hs.ageyr)
    found = ranges(
        sem.fit("v =~ x1 + x2 + x3\nv ~ age", given_age, ordered=["x1", "x2", "x3"], bounds="wide")
    )
    assert found["v=~x3"] == pytest.approx((-3.794733192, 3.794733192))
    assert found["v~~v"] == pytest.approx((0.005, 1.2985))


def test_random_starts_of_ordered_variables_may_have_no_scale(hs: pd.DataFrame) -> None:
    """A negative factor variance alone leaves an ordered variable no scale under theta: the start stays possible."""
    data = hs[["x1", "x2", "x3", "x4", "x5", "x6"]].copy()
    names = ["x1", "x2", "x3", "x5"]
    data[names] = data[names].apply(lambda x: pd.cut(x, 4, labels=False))
    model = sem.fit(
        "v =~ x1 + x2 + x3 + x4\nt =~ x4 + x5 + x6",
        data,
        ordered=names,
        parameterization="theta",
        optimizer_options={"iterations": 1},
        se="none",
    ).model
    variances = [i for i, name in enumerate(model.table.free_names()) if name in ("v~~v", "t~~t")]
    drawn = np.array(
        [
            random_values(np.random.default_rng(seed), model.table, model.layouts, model.sample.groups)
            for seed in range(12)
        ]
    )
    assert np.isfinite(drawn).all() and (drawn[:, variances] < 0.0).any()


def test_a_structural_model_within_bounds_is_that_of_lavaan() -> None:
    """30 cases; numbers of lavaan 0.7-2 with ``bounds="pos.ov.var"``."""
    model = "ind60=~x1+x2+x3\ndem60=~y1+y2+y3+y4\ndem65=~y5+y6+y7+y8\ndem60~ind60\ndem65~ind60+dem60"
    fit = sem.fit(model, political_democracy.get_data().iloc[:30], bounds="pos.ov.var")
    assert fit.fit_measures["chisq"] == pytest.approx(73.7110315, abs=1e-6)
    paths = fit.estimates[fit.estimates["op"] == "~"]
    assert paths["est"].to_numpy() == pytest.approx([2.013771760, 0.835482749, 0.804162493], abs=2e-5)
    assert paths["se"].to_numpy() == pytest.approx([0.687821679, 0.394425891, 0.159706727], rel=1e-4)


@pytest.mark.parametrize("block", BOUNDED)
def test_bounded_estimates_are_those_of_lavaan(hs: pd.DataFrame, block: int) -> None:
    data = hs.iloc[25 * (block - 1) : 25 * block]
    positive, standard, n_positive, n_standard = BOUNDED[block]
    for word, statistic, binding in (("pos.var", positive, n_positive), ("standard", standard, n_standard)):
        fit = sem.fit(TWO, data, bounds=word, se="none")
        assert fit.converged
        assert fit.measures.get("chisq", fit.model.statistic(fit.optimum.point)) == pytest.approx(
            statistic, abs=1e-5
        )
        assert len(fit.optimum.binding) == binding


def test_starting_values_are_used(hs: pd.DataFrame) -> None:
    plain = sem.fit(TWO, hs)
    again = sem.fit(TWO, hs, start=plain)
    assert again.optimum.iterations == 1
    assert plain.optimum.iterations > 2
    by_name = dict(zip(plain.model.table.free_names(), plain.theta, strict=True))
    named = sem.fit(TWO, hs, start=by_name)
    assert named.optimum.iterations == 1
    flipped = sem.fit("v =~ x1 + x2 + x3\ns =~ x7 + x8 + x9\nv ~~ s", hs, start={"s ~~ v": 0.2})
    assert flipped.model.table.start[np.flatnonzero(np.isfinite(flipped.model.table.start))] == [0.2]
    simple = sem.fit(TWO, hs, start="simple")
    assert simple.measures["chisq"] == pytest.approx(plain.measures["chisq"], abs=1e-7)
    given = simple.model.table.start[simple.model.table.free > 0]
    assert sorted(given.tolist()) == [0.0] + [1.0] * 12


def test_an_earlier_fit_may_have_other_parameters(hs: pd.DataFrame) -> None:
    smaller = sem.fit("v =~ x1 + x2 + x3", hs, group="school")
    larger = sem.fit(TWO, hs, group="school", start=smaller)
    at = {larger.model.row_name(row): larger.model.table.start[row] for row in range(len(larger.model.table))}
    assert at["v=~x2.g2"] == pytest.approx(smaller.theta[smaller.model.table.free_names().index("v=~x2.g2")])
    assert math.isnan(at["s=~x8"])
    with pytest.raises(InputError, match="no parameter in common"):
        sem.fit("s =~ x7 + x8 + x9", hs, start=sem.fit("v =~ x1 + x2 + x3", hs))


def test_equal_parameters_share_a_starting_value(hs: pd.DataFrame) -> None:
    plain = sem.fit(TWO, hs, group="school", group_equal="loadings", optimizer_options={"iterations": 1})
    fit = sem.fit(
        TWO,
        hs,
        group="school",
        group_equal="loadings",
        start={"v=~x2": 5.0},
        optimizer_options={"iterations": 1},
    )
    from comply_measure.sem.start import starting_values

    theta = starting_values(fit.model.table, fit.model.layouts, fit.model.sample.groups)
    names = [fit.model.row_name(row) for row in np.flatnonzero(fit.model.table.free)]
    assert [theta[names.index("v=~x2")], theta[names.index("v=~x2.g2")]] == [5.0, 5.0]
    assert not plain.converged
    assert plain.optimum.iterations == 1


def test_random_starts_repeat_by_seed_and_do_not_lose(hs: pd.DataFrame) -> None:
    options = {"starts": 3, "seed": 7}
    first, second = (sem.fit(TWO, hs, optimizer_options=options) for _ in range(2))
    assert first.theta.tolist() == second.theta.tolist()
    assert first.measures["chisq"] == pytest.approx(sem.fit(TWO, hs).measures["chisq"], abs=1e-8)


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("iterations", (1, 10**6), (0, -1, 1.0, True)),
        ("tolerance", (1e-300, 1e-4), (0.0, -1e-9, 1.0001e-4, True)),
        ("starts", (0, 10_000), (-1, 10_001, 1.0, False)),
        ("seed", (0, 10**12), (-1, 0.0, True)),
    ],
)
def test_bounds_of_the_options_of_the_search(
    name: str, allowed: tuple[object, ...], refused: tuple[object, ...]
) -> None:
    """The ends of what is allowed are allowed, what lies just beyond them is not."""
    fits = OPTIMIZER_OPTIONS[name][0]
    assert all(fits(value) for value in allowed)
    assert not any(fits(value) for value in refused)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"start": "simpel"}, ["'start'", "did you mean 'simple'"]),
        ({"start": 3}, ["'start'", "earlier fit"]),
        ({"start": {"v=~x9": 1.0, "q": 2.0}}, ["start['v=~x9']", "start['q']", "no free parameter"]),
        ({"start": {"v=~x2": math.nan}}, ["not a finite number"]),
        ({"start": {"v=~x2": True}}, ["not a finite number"]),
        ({"start": {"v=~x2": -1e300}}, ["not a finite number up to 1e+50"]),
        ({"optimizer_options": {"starts": 10**9}}, ["['starts']", "a whole number from 0 to 10000"]),
        ({"bounds": "positive"}, ["'bounds'", "pos.ov.var"]),
        ({"bounds": True}, ["'bounds'"]),
        ({"optimizer_options": 3}, ["optimizer_options", "iterations, tolerance, starts, seed"]),
        (
            {"optimizer_options": {"iteration": 3, "tolerance": 2.0, "starts": True}, "bounds": "x"},
            ["did you mean 'iterations'", "['tolerance']", "['starts']", "'bounds'"],
        ),
        ({"bounds": "pos.var", "engine": "semopy"}, ["'bounds'", "engine='semopy'"]),
    ],
)
def test_what_cannot_be_used_is_named(hs: pd.DataFrame, options: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(InputError) as error:
        sem.fit(TWO, hs, **options)
    for part in parts:
        assert part in str(error.value)


def test_a_value_in_the_text_and_by_name_is_an_error(hs: pd.DataFrame) -> None:
    model = "v =~ x1 + start(0.7)*x2 + x3"
    with pytest.raises(InputError, match="in the model text already"):
        sem.fit(model, hs, start={"v=~x2": 1.0})
    assert sem.fit(model, hs, start="simple").model.table.start[1] == 0.7


def test_moments_take_the_same_options(hs: pd.DataFrame) -> None:
    names = ["x1", "x2", "x3", "x7", "x8", "x9"]
    part = hs.iloc[:25][names]
    options: dict[str, Any] = {"bounds": "pos.var", "start": "simple"}
    fit = sem.from_moments(TWO, part.cov(), 25, **options)
    assert fit.measures["chisq"] == pytest.approx(8.7899303, abs=1e-5)
    with pytest.raises(InputError, match="'bounds'"):
        sem.from_moments(TWO, part.cov(), 25, bounds="no")


def test_two_level_models_name_parameters_by_level() -> None:
    rng = np.random.default_rng(3)
    between, within = rng.standard_normal((60, 1)), rng.standard_normal((600, 1))
    y = np.repeat(0.6 * between + 0.3 * rng.standard_normal((60, 3)), 10, axis=0)
    y += 0.7 * within + 0.6 * rng.standard_normal((600, 3))
    data = pd.DataFrame(y, columns=["y1", "y2", "y3"]).assign(c=np.repeat(np.arange(60), 10))
    model = "level: 1\nf =~ y1 + y2 + y3\nlevel: 2\ng =~ y1 + y2 + y3"
    plain = sem.fit(model, data, cluster="c")
    again = sem.fit(model, data, cluster="c", start={"g=~y2.l2": 0.9}, bounds="pos.var")
    assert again.model.table.start[np.isfinite(again.model.table.start)] == [0.9]
    assert again.measures["chisq"] == pytest.approx(plain.measures["chisq"], abs=1e-6)
    assert sem.fit(model, data, cluster="c", start=plain).optimum.iterations <= 2
    with pytest.raises(InputError, match="two-level"):
        sem.fit(model, data, cluster="c", bounds="standard")


@pytest.mark.parametrize("search", [minimise, minimise_in_region])
def test_a_start_without_a_likelihood_takes_no_step(search: Any) -> None:
    nowhere = SimpleNamespace(value=math.inf)
    found = search(SimpleNamespace(at=lambda phi: nowhere), np.ones(2), 100)
    assert (found.point, found.converged, found.iterations, found.decrement) == (nowhere, False, 0, math.inf)
    assert "at the start is not positive definite" in found.message


def test_a_model_without_free_parameters_takes_no_step(hs: pd.DataFrame) -> None:
    fit = sem.fit("x1 ~~ 1*x1\nx2 ~~ 1*x2\nx1 ~~ 0*x2", hs)
    assert (fit.converged, fit.optimum.iterations, fit.optimum.decrement) == (True, 0, 0.0)
    S = np.cov(hs[["x1", "x2"]].to_numpy().T, bias=True)
    assert fit.fit_measures["chisq"] == pytest.approx(len(hs) * (np.trace(S) - np.linalg.slogdet(S)[1] - 2))
