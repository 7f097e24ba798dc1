"""Names of any kind: columns, factors and roles with blanks, signs and letters of any script."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import measurement as m, sem, triads as tr
from comply_measure.models import (
    congeneric_reliability,
    informants as inf,
    invariance as iv,
    method_variance as mv,
    rivals as rv,
)
from comply_measure.responses.shape import widened
from comply_measure.tables.wide_names import split_wide_name, wide_name

PLAIN = {f: [f"{f.lower()}{j}" for j in (1, 2, 3)] for f in "ABC"}
ITEMS = [item for items in PLAIN.values() for item in items]
ROLES = ("marketing", "sales", "it")
ODD = {
    "A": "Ease & use", "B": "2nd-factor", "C": "整合 (日本)",
    "a1": "item 1", "a2": "a-b", "a3": "[x]", "b1": "1st", "b2": "R&D", "b3": "$100 `b`", "c1": "ё.ж", "c2": "NA",
    "c3": "7", "marketing": "s@west", "sales": "Sales dept.", "it": "I.T.",
}  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    shared = np.repeat(rng.normal(size=(120, 3)) + rng.normal(size=(120, 1)), 3, axis=0)
    latent = np.repeat(0.7 * shared + 0.5 * rng.normal(size=shared.shape), 3, axis=1)
    data = pd.DataFrame(latent + 0.6 * rng.normal(size=latent.shape), columns=ITEMS)
    data["unit"] = np.repeat(np.arange(120), 3)
    data["role"] = list(ROLES) * 120
    return data


@pytest.fixture(scope="module")
def odd(plain: pd.DataFrame) -> pd.DataFrame:
    """The same answers under odd names; one column has a whole number for its name."""
    data = plain.rename(columns={k: (7 if v == "7" else v) for k, v in ODD.items()})
    return data.assign(role=data["role"].map(ODD))


def renamed(names: list[str]) -> list[str]:
    return [ODD[name] for name in names]


SCALES = {ODD[f]: renamed(items) for f, items in PLAIN.items()}
TWO = {key: PLAIN[key] for key in "AB"}
ODD_TWO = {ODD[key]: renamed(PLAIN[key]) for key in "AB"}


def same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    """Equal numbers; texts as they come back under the other names."""
    assert list(first.columns) == list(second.columns)
    numbers = first.select_dtypes("number").columns
    np.testing.assert_allclose(
        first[numbers].to_numpy(dtype=float), second[numbers].to_numpy(dtype=float), rtol=1e-6, atol=1e-8
    )


def test_measurement_and_validity(plain: pd.DataFrame, odd: pd.DataFrame) -> None:
    fit = m.fit_measurement(odd, SCALES)
    assert set(fit.estimates["rhs"]) >= {"item 1", "$100 `b`", "7", "Ease & use"}
    same(m.fit_measurement(plain, PLAIN).estimates, fit.estimates)
    same(m.fit_reliability(m.fit_measurement(plain, PLAIN)).tidy(), m.fit_reliability(fit).tidy())
    same(m.discriminant_validity(plain, PLAIN).tidy(), m.discriminant_validity(odd, SCALES).tidy())
    matrix = m.validity_matrix(odd, SCALES, n_replications=100, seed=1).frame()
    assert list(matrix.columns)[-3:] == list(SCALES)
    found = m.convergent_validity(fit, SCALES).fornell_larcker()
    same(m.convergent_validity(m.fit_measurement(plain, PLAIN), PLAIN).fornell_larcker(), found)


def test_reliability_and_exploration(plain: pd.DataFrame, odd: pd.DataFrame) -> None:
    same(congeneric_reliability(plain, TWO).tidy(), congeneric_reliability(odd, ODD_TWO).tidy())
    same(m.reliability_table(plain, TWO).tidy(), m.reliability_table(odd, ODD_TWO).tidy())
    items = renamed(ITEMS)
    found = m.explore_and_confirm(odd, items, seed=1, n_factors=2)
    assert found.confirmation is not None
    assert {i for names in found.assignment.values() for i in names} <= set(items)
    same(m.exploratory_sem(plain, ITEMS, 2).tidy(), m.exploratory_sem(odd, items, 2).tidy())


def test_rivals_and_criteria(plain: pd.DataFrame, odd: pd.DataFrame) -> None:
    first = rv.compare_rivals(plain, PLAIN, pairs=False)
    second = rv.compare_rivals(odd, SCALES, pairs=False, name="the whole")
    same(first.tidy(), second.tidy())
    assert "composite" in second.fits
    weights = rv.composite_weights(second.fits["composite"].estimates, SCALES)
    assert set(weights["indicator"]) == set(renamed(ITEMS))
    criteria = {"one": ["c1"], "two": ["c2", "c3"]}
    own = {"1 one": [ODD["c1"]], "two-more": [ODD["c2"], ODD["c3"]]}
    data, other = (
        plain.assign(d1=plain["a1"] + 1, d2=plain["b1"]),
        odd.assign(d1=odd["item 1"] + 1, d2=odd["1st"]),
    )
    three = {"A": ["a1", "a2"], "B": ["b1", "b2"], "D": ["a3", "b3"]}
    odd_three = {f"{key} &": renamed(items) for key, items in three.items()}
    same(
        rv.edwards_tests(data, three, criteria).tidy(),
        rv.edwards_tests(other, odd_three, own, name="a & b").tidy(),
    )


def test_invariance(plain: pd.DataFrame, odd: pd.DataFrame) -> None:
    levels = ["configural", "metric", "scalar"]
    free = frozenset({("intercept", "a2"), ("loading", "b2")})
    group = iv.group_design(plain, TWO, "role").fit("scalar", free)
    odd_group = iv.group_design(odd, ODD_TWO, "role").fit("scalar", frozenset((k, ODD[i]) for k, i in free))
    np.testing.assert_allclose(group.estimates["est"], odd_group.estimates["est"], rtol=1e-5, atol=1e-7)
    first = iv.invariance_ladder(iv.role_design(plain, TWO, ROLES), levels=levels)
    second = iv.invariance_ladder(iv.role_design(odd, ODD_TWO, renamed(list(ROLES))), levels=levels)
    same(first.tidy(), second.tidy())
    found = iv.partial_invariance(iv.group_design(odd, ODD_TWO, "role"), levels=["metric"]).tidy()
    same(iv.partial_invariance(iv.group_design(plain, TWO, "role"), levels=["metric"]).tidy(), found)
    ordered = {c: np.clip(np.round(plain[c]), -1, 2) for c in PLAIN["A"]}
    one = pd.DataFrame(ordered).assign(role=plain["role"])
    two = one.rename(columns=ODD).assign(role=one["role"].map(ODD))
    same(
        iv.invariance_ladder(iv.ordinal_group_design(one, {"A": PLAIN["A"]}, "role"), levels=levels).tidy(),
        iv.invariance_ladder(
            iv.ordinal_group_design(two, {ODD["A"]: renamed(PLAIN["A"])}, "role"), levels=levels
        ).tidy(),
    )


def test_method_variance(plain: pd.DataFrame, odd: pd.DataFrame) -> None:
    marker = renamed(PLAIN["C"])
    first = mv.marker_analysis(plain, TWO, PLAIN["C"], reversed_items=["a1"])
    second = mv.marker_analysis(odd, ODD_TWO, marker, reversed_items=["item 1"], name="mark er")
    same(first.difference_table(), second.difference_table())
    same(first.reliability_table(), second.reliability_table())
    same(mv.latent_method_factor(plain, TWO).tidy(), mv.latent_method_factor(odd, ODD_TWO, name="m-m").tidy())


def test_informants(plain: pd.DataFrame, odd: pd.DataFrame) -> None:
    roles = renamed(list(ROLES))
    one = inf.wide_frame(plain.assign(A=plain["a1"]), [*PLAIN["A"], *PLAIN["B"], *PLAIN["C"]], ROLES)
    two = inf.wide_frame(odd, renamed(ITEMS), roles)
    np.testing.assert_array_equal(one.to_numpy(), two.to_numpy())
    outcome = one["a1.sales"] + np.random.default_rng(3).normal(size=len(one))
    one["z"], two["the end"] = outcome, outcome
    x, y = PLAIN["A"], renamed(PLAIN["A"])

    def both(build: str, first: tuple, second: tuple) -> None:
        fits = [
            sem.fit(getattr(inf, build)(*args), frame, missing="ml", meanstructure=True)
            for args, frame in ((first, one), (second, two))
        ]
        assert fits[0].converged == fits[1].converged
        np.testing.assert_allclose(fits[0].estimates["est"], fits[1].estimates["est"], rtol=1e-4, atol=1e-6)

    both("latent_congruence_model", ("A", x, ROLES, ("z",)), (ODD["A"], y, roles, ("the end",)))
    both("trifactor_model", (x, ROLES), (y, roles))
    both("ct_cm1_model", (TWO, ROLES, "sales"), (ODD_TWO, roles, ODD["sales"]))
    both("common_fate_model", (x, ROLES, ("z",)), (y, roles, ("the end",)))
    both("ct_cu_model", (x, ROLES), (y, roles))
    both("ct_cm_model", (x, ROLES), (y, roles))
    both(
        "pair_states_model",
        ({x[0]: ROLES[:2], x[1]: ROLES[1:]}, ROLES, x[2]),
        ({y[0]: roles[:2], y[1]: roles[1:]}, roles, y[2]),
    )
    text = inf.latent_congruence_model(ODD["A"], y, roles, ("the end",))
    fit = sem.fit(text, two, missing="ml", meanstructure=True)
    assert inf.effects_table(fit)["outcome"].unique().tolist() == ["the end"]
    assert np.isfinite(inf.joint_tests(fit, inf.contrast_names(ODD["A"], roles)[1:], ["the end"])["p"]).all()
    assert np.isfinite(inf.latent_gaps(fit, ODD["A"], roles)["gap"]).all()
    assert set(inf.mtmm_table(two, y, roles).tidy()["role_1"]) == set(roles)
    found = inf.latent_polynomial(two, ODD["A"], y, roles[:2], "the end", 0.0, replications=50)
    plainly = inf.latent_polynomial(one, "A", x, ROLES[:2], "z", 0.0, replications=50)
    np.testing.assert_allclose(
        found.coefficients["estimate"], plainly.coefficients["estimate"], rtol=1e-5, atol=1e-7
    )


PAIRS = [
    ("x", "s@west"),
    ("x@s", "west"),
    ("x\\", "@west"),
    ("x", "\\"),
    ("a.b", "c"),
    ("a", "b.c"),
    ("", "r"),
    ("é", "."),
]


@pytest.mark.parametrize("separator", ["@", ".", "__"])
def test_wide_names_are_read_again(separator: str) -> None:
    names = [wide_name(*pair, separator) for pair in PAIRS]
    assert [split_wide_name(name, separator) for name in names] == PAIRS
    assert len(set(names)) == len(PAIRS)
    assert wide_name("a1", "sales", separator) == f"a1{separator}sales"
    assert split_wide_name("a1", separator) is None


def test_roles_and_informants_survive_long_and_wide() -> None:
    roles = ["s@west", "s.west", "it\\"]
    data = pd.DataFrame(
        {"unit": np.repeat(list("uvw"), 3), "role": roles * 3, "x": np.arange(9.0), "y@s": 1.0}
    )
    data.loc[4, ["x", "y@s"]] = np.nan  # there, and silent
    data = data.drop(index=8).reset_index(drop=True)
    wide = inf.wide_frame(data, ["x", "y@s"], roles)
    pd.testing.assert_frame_equal(inf.long_frame(wide, ["x", "y@s"], roles), data)
    triads = tr.TriadData.from_long(data, columns=["x", "y@s"], roles=roles)
    again = tr.TriadData.from_wide(triads.to_wide(), roles=roles)
    assert (again.roles, again.columns) == (triads.roles, triads.columns)
    np.testing.assert_array_equal(again.values, triads.values)
    np.testing.assert_array_equal(again.present, triads.present)
    assert triads.present[1, 1]
    spread = widened(data["unit"].tolist(), data["role"].tolist(), data[["x"]], roles)
    assert [split_wide_name(name, "@") for name in spread.columns] == [("x", role) for role in roles]
