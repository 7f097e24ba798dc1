"""The latent model of pairs: its text, lavaan's numbers on the shipped pairs, planted values, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.pair_states import pair_states
from comply_measure.models.informants import pair_states_model
from comply_measure.responses import load_dataset
from comply_measure.triads.gaps.pair_ratings import PairData

PAIRS = {"ms": ("m", "s"), "mi": ("m", "i"), "si": ("s", "i")}
ROLES = ("m", "s", "i")
KEYS = ("ms", "mi", "si")
INSIDE = np.array([[True, True, False], [True, False, True], [False, True, True]])


def test_the_text_of_three_pairs_and_the_triad() -> None:
    lines = pair_states_model(PAIRS, ROLES, "all").splitlines()
    assert lines[:4] == [
        "ms.state =~ 1*ms.m + 1*ms.s + ms.i",
        "mi.state =~ 1*mi.m + 1*mi.i + mi.s",
        "si.state =~ 1*si.s + 1*si.i + si.m",
        "all.state =~ 1*all.m + 1*all.s + 1*all.i",
    ]
    # six pairs of what one rater judges, for each of three raters; none between raters
    assert len(lines[4:]) == len(set(lines[4:])) == 18
    assert all(line.split(" ~~ ")[0][-1] == line.split(" ~~ ")[1][-1] for line in lines[4:])
    members = pair_states_model(PAIRS, ROLES, raters=PAIRS)
    assert members.splitlines() == [
        "ms.state =~ 1*ms.m + 1*ms.s",
        "mi.state =~ 1*mi.m + 1*mi.i",
        "si.state =~ 1*si.s + 1*si.i",
        "ms.m ~~ mi.m",
        "ms.s ~~ si.s",
        "mi.i ~~ si.i",
    ]


@pytest.fixture(scope="module")
def found() -> evidence.PairsEvidence:
    return evidence.pairs(load_dataset("pair_triads"))


def test_the_shipped_pairs_as_lavaan_has_them(found: evidence.PairsEvidence) -> None:
    """lavaan 0.6-14, ``sem(estimator = "MLR", missing = "ml", cluster = "firm")`` on the same table; five digits."""
    (named,) = found.latent.fits
    measures = named.fit.measures
    assert (measures["df"], measures["chisq.scaled"]) == (35, pytest.approx(29.501, abs=1e-3))
    assert (measures["logl"], measures["srmr"]) == (
        pytest.approx(-2934.567, abs=1e-3),
        pytest.approx(0.029, abs=5e-4),
    )
    states = found.latent.states.set_index(["first", "second"])
    expected = {
        ("ms", "mi"): (0.26217, 0.13484, 0.38950),
        ("ms", "si"): (0.27138, 0.13094, 0.41183),
        ("ms", "triad"): (0.61294, 0.52129, 0.70459),
        ("mi", "si"): (0.39175, 0.26378, 0.51972),
        ("mi", "triad"): (0.64938, 0.56611, 0.73266),
        ("si", "triad"): (0.67622, 0.59150, 0.76095),
    }
    assert list(states.index) == list(expected)
    np.testing.assert_allclose(states[["r", "r_lower", "r_upper"]], list(expected.values()), atol=2e-5)
    raters = found.latent.raters.set_index(["pair", "role"])
    told = {
        ("ms", "marketing"): (0.83076, 0.77085, 0.89068),
        ("ms", "it"): (0.67434, 0.59169, 0.75699),
        ("mi", "sales"): (0.67524, 0.60341, 0.74708),
        ("si", "it"): (0.79033, 0.73526, 0.84540),
        ("triad", "sales"): (0.93046, 0.90761, 0.95332),
    }
    columns = ["loading", "loading_lower", "loading_upper"]
    np.testing.assert_allclose(raters.loc[list(told), columns], list(told.values()), atol=2e-5)
    assert (~raters["inside"]).sum() == 3 and not raters.loc[("mi", "sales"), "inside"]
    assert (found.latent.estimator, found.latent.obstacle) == ("MLR, full information, clustered by firm", "")
    assert (states["note"] == "").all() and found.problems() == ()


def test_what_is_planted_lies_in_the_intervals(found: evidence.PairsEvidence) -> None:
    """Pairs have .30 in common and .634 with the triad; members' scores .45 of an answer's variance, of six answers."""
    for row in found.latent.states.to_dict("records"):
        planted = 0.63391 if row["second"] == "triad" else 0.30
        assert row["r_lower"] < planted < row["r_upper"]
    shares = {True: 0.45, False: 0.20}
    for row in found.latent.raters.query("pair != 'triad'").to_dict("records"):
        state = shares[row["inside"]]
        planted = np.sqrt(state / (state + 0.06 + 0.08 + (1 - state - 0.14) / 6))  # latent answers
        assert row["loading_lower"] < planted < row["loading_upper"]


def test_states_are_apart_from_what_a_rater_gives_all_answers() -> None:
    """Pairs that have nothing in common, and raters who have .5 of the variance: scores correlate, states do not."""
    rng = np.random.default_rng(5)
    n = 4000
    states, severity = rng.normal(size=(n, 3)), rng.normal(size=(n, 1, 3))
    ratings = states[:, :, None] + severity + 0.5 * rng.normal(size=(n, 3, 3))
    data = PairData(("ms", "mi", "si"), ROLES, INSIDE, ratings, None, np.arange(n))
    assert np.corrcoef(data.scores.T)[0, 1] > 0.1
    found = pair_states(data, clustered=False)
    assert list(zip(found.states["first"], found.states["second"], strict=True)) == [
        ("ms", "mi"),
        ("ms", "si"),
        ("mi", "si"),
    ]
    assert (found.states["r"].abs() < 0.05).all()
    expected = np.sqrt(1 / 2.25)
    np.testing.assert_allclose(found.raters["loading"], expected, atol=0.03)
    assert found.estimator == "MLR, full information"


def test_raters_that_are_not_there_and_why_there_is_no_model() -> None:
    rng = np.random.default_rng(6)
    states = rng.normal(size=(300, 1)) + rng.normal(size=(300, 3))
    ratings = states[:, :, None] + 0.7 * rng.normal(size=(300, 3, 3))
    keys = ("triad", "mi", "si")
    members = np.where(INSIDE[None], ratings, np.nan)
    triad = states.mean(axis=1)[:, None] + rng.normal(size=(300, 3))
    found = pair_states(PairData(keys, ROLES, INSIDE, members, triad, np.arange(300)), clustered=False)
    assert found.raters["pair"].tolist() == ["triad"] * 2 + ["mi"] * 2 + ["si"] * 2  # the name is a pair's
    silent = np.where(np.array([True, False, True]), triad, np.nan)
    without = pair_states(PairData(KEYS, ROLES, INSIDE, ratings, silent, np.arange(300)), clustered=False)
    assert "triad" not in set(without.states["second"]) and len(without.raters) == 9
    absent = ratings.copy()
    absent[:, 0, 0] = np.nan
    for data, why in (
        (PairData(KEYS, ROLES, INSIDE, absent, triad, np.arange(300)), "a member of a pair did not rate"),
        (PairData(("ms",), ROLES, INSIDE[:1], ratings[:, :1], triad, np.arange(300)), "two pairs"),
        (PairData(KEYS, ROLES, INSIDE, ratings[:6], triad[:6], np.arange(6)), ""),
    ):
        none = pair_states(data, clustered=False)
        assert why in none.obstacle
        assert none.obstacle or (none.states["note"] != "").all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"roles": ("m", "s")}, "at least 3 different roles"),
        ({"roles": ("m", "s", "s")}, "at least 3 different roles"),
        ({"pairs": {"ms": ("m", "s")}}, "at least 2 pairs"),
        ({"pairs": {**PAIRS, "si": ("s", "x")}}, "pair 'si' is not two of the roles m, s, i"),
        ({"pairs": {**PAIRS, "si": ("s", "s")}}, "pair 'si' is not two of the roles"),
        ({"pairs": {**PAIRS, "si": ("s", "i", "m")}}, "pair 'si' is not two of the roles"),
        ({"triad": "ms"}, "the triad and a pair have the same name 'ms'"),
        ({"raters": {**PAIRS, "si": ("s",)}}, "its members s and i among them; given: s"),
        (
            {"raters": {"ms": ("m", "s")}},
            "pair 'mi' is rated by roles, its members m and i among them; given: none",
        ),
        ({"raters": {**PAIRS, "si": ("s", "i", "x")}}, "pair 'si' is rated by roles"),
    ],
)
def test_impossible_designs_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ComplyError, match=message):
        pair_states_model(**({"pairs": PAIRS, "roles": ROLES} | arguments))


def test_odd_names_are_quoted() -> None:
    pairs = {"a b": ("the 1st", "s"), "mi": ("the 1st", "i")}
    text = pair_states_model(pairs, ("the 1st", "s", "i"), "der Rest")
    rng = np.random.default_rng(7)
    common = rng.normal(size=(200, 1))
    names = [f"{name}.{role}" for name in (*pairs, "der Rest") for role in ("the 1st", "s", "i")]
    table = pd.DataFrame(common + rng.normal(size=(200, 9)), columns=names)
    fit = sem.fit(text, table)
    assert set(fit.estimates.query("op == '=~'")["lhs"]) == {"a b.state", "mi.state", "der Rest.state"}
