"""Rival structures against lavaan 0.6.14 and semTools (tests/reference/battery/rivals.R) and by construction."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import load_scale
from comply_measure.measurement.fits import difference_test
from comply_measure.models import correlated_factors, factors_of, one_factor, second_order
from comply_measure.models.rivals import (
    bifactor,
    bifactor_indices,
    bifactor_s1,
    compare_rivals,
    composite_model,
    composite_weights,
    edwards_tests,
    general_factor_indices,
    relation,
    rival_structures,
    schmid_leiman,
    tree_of,
    vuong_test,
    weighted_chisquare_tail,
)
from comply_measure.responses import load_dataset

REFERENCE = Path(__file__).parent.parent / "reference" / "battery"
R = json.loads((REFERENCE / "rivals.json").read_text(encoding="utf-8"))
FACTORS = {key: [f"x{3 * i + j}" for j in (1, 2, 3)] for i, key in enumerate("COMP")}
ITEMS = [f"x{j}" for j in range(1, 13)]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "battery.csv")


@pytest.fixture(scope="module")
def comparison(data: pd.DataFrame):
    return compare_rivals(data, FACTORS, estimator="ML", missing="listwise")


@pytest.mark.parametrize("key", sorted(R["ml"]))
def test_fit_of_each_structure(key: str, comparison) -> None:
    row = comparison.tidy().set_index("structure").loc[key]
    expected = R["ml"][key]
    assert row["df"] == expected["df"]
    for ours, theirs, tolerance in (
        ("chisq", "chisq", 2e-4),
        ("logl", "logl", 1e-4),
        ("cfi", "cfi", 1e-6),
        ("tli", "tli", 1e-6),
        ("rmsea", "rmsea", 1e-5),
    ):
        assert row[ours] == pytest.approx(expected[theirs], abs=tolerance)
    # lavaan was given means: 12 more parameters, which AIC and BIC count
    assert row["aic"] == pytest.approx(expected["aic"] - 24, abs=2e-4)


@pytest.mark.parametrize("key", ["second_order", "bifactor", "correlated"])
def test_robust_fit_with_clusters(key: str, data: pd.DataFrame) -> None:
    table = compare_rivals(
        data, FACTORS, estimator="MLR", missing="listwise", cluster="firm", keys=[key], pairs=False
    ).tidy()
    row, expected = table.iloc[0], R["mlr_cluster"][key]
    assert row["chisq"] == pytest.approx(expected["chisq.scaled"], abs=2e-3)
    assert row["scaling_factor"] == pytest.approx(expected["chisq.scaling.factor"], abs=1e-4)
    assert row["rmsea"] == pytest.approx(expected["rmsea.robust"], abs=1e-4)
    assert row["n_clusters"] == 60
    assert row["bic"] == pytest.approx(expected["bic"], abs=1e-3)


def test_difference_tests(data: pd.DataFrame) -> None:
    texts = [second_order(FACTORS), correlated_factors(FACTORS)]
    for name, options in (
        ("ml", {"estimator": "ML"}),
        ("mlr_cluster", {"estimator": "MLR", "cluster": "firm"}),
    ):
        held, free = (sem.fit(t, data, **options) for t in texts)
        test, expected = difference_test(held, free), R["difference"][name]
        assert test.df == expected["df"]
        assert test.chisq == pytest.approx(expected["chisq"], abs=2e-3)
        assert test.pvalue == pytest.approx(expected["p"], abs=5e-4)


@pytest.mark.parametrize(
    ("first", "second", "case"),
    [("correlated", "bifactor", "bifactor_correlated"), ("one_factor", "second_order", "one_second")],
)
def test_vuong(first: str, second: str, case: str, data: pd.DataFrame) -> None:
    texts = rival_structures(FACTORS)
    one, two = (sem.fit(texts[k].text, data, estimator="MLR", meanstructure=True) for k in (first, second))
    found, expected = vuong_test(one, two), R["vuong"][case]
    assert found.omega2 == pytest.approx(expected["omega2"], abs=1e-6)
    assert found.log_likelihood_ratio == pytest.approx(expected["lr"], abs=1e-4)
    assert found.z == pytest.approx(expected["z"], abs=1e-3)
    # the weights rest on inverse information, which lavaan knows to about 1e-5
    assert found.p_distinguishable == pytest.approx(max(expected["p"], 0.0), abs=1e-4)
    swapped = vuong_test(two, one)
    assert swapped.z == pytest.approx(-found.z)
    assert swapped.p_first_better == pytest.approx(found.p_second_better)
    assert swapped.bic_difference == pytest.approx(-found.bic_difference)


def test_vuong_refuses_other_cases(data: pd.DataFrame) -> None:
    one = sem.fit(correlated_factors(FACTORS), data)
    other = sem.fit(correlated_factors(FACTORS), data.iloc[1:])
    with pytest.raises(ComplyError, match="same cases"):
        vuong_test(one, other)
    moments = sem.from_moments(correlated_factors(FACTORS), data[ITEMS].cov(), nobs=420)
    with pytest.raises(ComplyError, match="raw data"):
        vuong_test(moments, moments)
    same = vuong_test(one, one)
    assert "equivalent" in same.note
    assert np.isnan(same.z)


def test_nesting(comparison) -> None:
    pairs = comparison.pairs().set_index(["first", "second"])["relation"]
    assert pairs["one_factor", "second_order"] == "nested"
    assert pairs["second_order", "correlated"] == "nested"
    assert pairs["second_order", "bifactor"] == "nested"
    assert pairs["correlated", "bifactor"] == "not nested"
    # composites need less of the data than reflective dimensions: any rank-one pattern between blocks
    assert pairs["correlated", "composite"] == "nested"


def test_three_dimensions_make_second_order_equivalent(data: pd.DataFrame) -> None:
    three = {key: FACTORS[key] for key in "COM"}
    higher, free = (sem.fit(t, data) for t in (second_order(three), correlated_factors(three)))
    assert relation(higher, free) == "equivalent"


def test_target_coefficient_is_a_ratio_of_chisquares(comparison) -> None:
    expected = R["ml"]["correlated"]["chisq"] / R["ml"]["second_order"]["chisq"]
    assert comparison.target_coefficient("second_order") == pytest.approx(expected, abs=1e-5)
    assert np.isnan(comparison.target_coefficient("correlated"))


def test_generating_structure_wins(comparison) -> None:
    assert comparison.best() == "second_order"
    table = comparison.tidy()
    assert table["bic_weight"].sum() == pytest.approx(1.0)
    with pytest.raises(ComplyError, match="unknown"):
        comparison.best("chisq")


def test_a_structure_without_a_possible_solution_is_never_the_best(
    comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its criterion may be the smallest of all; undefined criteria are passed over, ties go to the first."""
    table = pd.DataFrame(
        {
            "structure": ["impossible", "unfinished", "neither", "undefined", "good", "same"],
            "converged": [True, False, False, True, True, True],
            "admissible": [False, True, False, True, True, True],
            "bic": [1.0, 2.0, 0.5, np.nan, 7.0, 7.0],
            "aic": [1.0, 2.0, 0.5, 6.0, 7.0, 5.0],
            "sabic": [1.0, 2.0, 0.5, np.nan, np.nan, np.nan],
        }
    )
    monkeypatch.setattr(type(comparison), "tidy", lambda self: table)
    assert (comparison.best(), comparison.best("aic")) == ("good", "same")
    with pytest.raises(ComplyError, match="no structure has a value of SABIC at a possible solution"):
        comparison.best("sabic")


FULL = bool(os.environ.get("COMPLY_FULL"))
NEAREST = ["correlated", "second_order_attributes", "third_order", "attributes_in_dimensions"]


@pytest.mark.parametrize("role", [None, "marketing", "sales", "it"])
def test_generating_structure_wins_on_the_shipped_study(role: str | None) -> None:
    """Scores: second order; items: third order through attributes, by BIC, pooled and by role."""
    scale, responses = load_scale("comply"), load_dataset("msi_triads")
    scores = responses.scores("attribute", scale_key="comply")
    items = pd.concat([responses.data[["firm", "role"]], responses.scored()], axis=1)
    for factors, frame, winner, keys in (
        (factors_of(scale), scores, "second_order", None),
        (tree_of(scale), items, "third_order", None if FULL else NEAREST),
    ):
        if role is not None and winner == "third_order" and not FULL:
            continue
        rows = frame if role is None else frame[frame["role"] == role].reset_index(drop=True)
        found = compare_rivals(rows, factors, cluster="firm", keys=keys, pairs=False)
        assert found.best() == winner
        assert not found.failures
        table = found.tidy().set_index("structure")
        assert table["converged"].all()
        assert table.loc[winner, "bic_weight"] > 0.99


def test_weighted_chisquare() -> None:
    for k in (1, 2, 3, 10, 60):
        for x in (0.5 * k, k, 3.0 * k):
            assert weighted_chisquare_tail(2 * x, np.full(k, 2.0)) == pytest.approx(chi2.sf(x, k), abs=1e-9)
    # Imhof (1961), table 1, Q1 and Q2
    assert weighted_chisquare_tail(0.1, np.array([0.6, 0.3, 0.1])) == pytest.approx(0.9458, abs=5e-5)
    assert weighted_chisquare_tail(2.0, np.array([0.6, 0.3, 0.1])) == pytest.approx(0.1240, abs=5e-5)
    two = np.repeat([0.6, 0.3, 0.1], 2)
    assert weighted_chisquare_tail(2.0, two) == pytest.approx(0.3998, abs=5e-5)
    assert weighted_chisquare_tail(6.0, two) == pytest.approx(0.0161, abs=5e-5)
    # signs: P(χ²₁ − χ²₁ > 0) = ½
    assert weighted_chisquare_tail(0.0, np.array([1.0, -1.0])) == pytest.approx(0.5, abs=1e-8)
    assert np.isnan(weighted_chisquare_tail(1.0, np.zeros(3)))
    with pytest.raises(ComplyError, match="finite"):
        weighted_chisquare_tail(np.nan, np.ones(2))


def test_composites_have_free_blocks_and_rank_one_links(data: pd.DataFrame) -> None:
    fit = sem.fit(composite_model(FACTORS), data)
    assert fit.converged
    # 78 moments less 4 full blocks (24), 6 correlations and 4 · 2 free weights
    assert fit.model.df == 78 - 24 - 6 - 8
    sigma, sample = fit.implied()["cov"], data[ITEMS].cov(ddof=0)
    for key, items in FACTORS.items():
        np.testing.assert_allclose(sigma.loc[items, items], sample.loc[items, items], atol=1e-5)
        others = [i for i in ITEMS if i not in items]
        singular = np.linalg.svd(sigma.loc[items, others])[1]
        # one composite stands between a block and everything else
        assert singular[1] < 1e-8 * singular[0], key
    weights = composite_weights(fit.estimates, FACTORS).set_index(["composite", "indicator"])
    w = weights.loc["C", "weight"].to_numpy()
    assert w @ sigma.loc[FACTORS["C"], FACTORS["C"]] @ w == pytest.approx(1.0, abs=1e-8)
    np.testing.assert_allclose(
        sigma.loc[FACTORS["C"], FACTORS["C"]] @ w, weights.loc["C", "loading"], atol=1e-8
    )


def test_two_composites_of_a_canonical_pair(data: pd.DataFrame) -> None:
    """With two blocks the composite model reproduces the first canonical correlation when the rest is nil."""
    two = {"C": FACTORS["C"], "O": FACTORS["O"]}
    fit = sem.fit(composite_model(two), data)
    S = data[[*two["C"], *two["O"]]].cov().to_numpy()
    a, b, c = S[:3, :3], S[3:, 3:], S[:3, 3:]
    canonical = np.sqrt(np.linalg.eigvals(np.linalg.solve(a, c) @ np.linalg.solve(b, c.T)).real)
    found = abs(fit.estimates.query("lhs == 'C' and op == '~~' and rhs == 'O'")["est"].iloc[0])
    assert found == pytest.approx(canonical.max(), abs=1e-6)
    # −2 log Λ of the remaining canonical correlations (Bartlett's partition without the multiplier)
    rest = np.sort(canonical)[:-1]
    assert fit.measures["chisq"] == pytest.approx(-len(data) * np.log1p(-(rest**2)).sum(), abs=1e-5)


def test_bifactor_solution_and_indices(data: pd.DataFrame, comparison) -> None:
    expected = {(r["lhs"], r["rhs"]): r["est.std"] for r in R["bifactor"]}
    general = np.array([expected["alignment", i] for i in ITEMS])
    specific = np.array([[expected.get((k, i), 0.0) for k in FACTORS] for i in ITEMS])
    alone = np.array([R["one_factor_std"][i] for i in ITEMS])
    theirs = bifactor_indices(general, specific, ["alignment", *FACTORS], ITEMS, one_factor=alone)
    ours = general_factor_indices(
        comparison.fits["bifactor"], FACTORS, one_factor=comparison.fits["one_factor"]
    )
    for name in ("omega", "omega_hierarchical", "explained_common_variance", "factor_determinacy"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=2e-3)
    assert ours.percent_uncontaminated == pytest.approx(1 - 4 * 6 / (12 * 11))
    assert ours.relative_bias == pytest.approx(theirs.relative_bias, abs=2e-3)
    table = ours.tidy()
    assert table["n_informants"].eq(420).all()
    assert table["puc"].notna().sum() == 1


def test_schmid_leiman_reproduces_the_second_order_model(comparison) -> None:
    fit = comparison.fits["second_order"]
    std = fit.standardized().query("op == '=~'").set_index(["lhs", "rhs"])["est_std"]
    for row in R["second_order"]:
        assert std[row["lhs"], row["rhs"]] == pytest.approx(row["est.std"], abs=2e-4)
    first = np.array([[std.get((k, i), 0.0) for k in FACTORS] for i in ITEMS])
    general, specific = schmid_leiman(first, np.array([std["alignment", k] for k in FACTORS]))
    loadings = np.column_stack([general, specific])
    sigma = fit.implied()["cov"].loc[ITEMS, ITEMS]
    scale = np.sqrt(np.diag(sigma))
    implied = loadings @ loadings.T
    np.fill_diagonal(implied, 1.0)
    np.testing.assert_allclose(implied, sigma / np.outer(scale, scale), atol=1e-8)


def test_indices_by_hand() -> None:
    """Four indicators, λ_g = .6, two specific factors with λ_s = .4."""
    general, specific = np.full(4, 0.6), np.kron(np.eye(2), np.full((2, 1), 0.4))
    found = bifactor_indices(general, specific, ["g", "a", "b"], list("wxyz"))
    error = 4 * (1 - 0.36 - 0.16)
    assert found.omega_hierarchical[0] == pytest.approx(2.4**2 / (2.4**2 + 2 * 0.8**2 + error))
    assert found.omega[1] == pytest.approx((1.2**2 + 0.8**2) / (1.2**2 + 0.8**2 + error / 2))
    assert found.explained_common_variance[0] == pytest.approx(4 * 0.36 / (4 * 0.52))
    assert found.percent_uncontaminated == pytest.approx(4 / 6)
    assert found.item_ecv["w"] == pytest.approx(0.36 / 0.52)
    assert found.construct_replicability[0] == pytest.approx(1 / (1 + 1 / (4 * 0.36 / 0.64)))
    with pytest.raises(ComplyError, match="negative residual"):
        bifactor_indices(np.full(4, 0.95), specific, ["g", "a", "b"], list("wxyz"))


def test_edwards_against_lavaan(data: pd.DataFrame) -> None:
    found = edwards_tests(data, FACTORS, {"y1": ["y1"], "y2": ["y2"]}, estimator="ML", missing="listwise")
    table = found.tidy().set_index("model")
    shares = found.r_squared.set_index(["model", "criterion"])["r_squared"]
    for model, expected in R["edwards"].items():
        assert table.loc[model, "df"] == expected["fit"]["df"]
        assert table.loc[model, "chisq"] == pytest.approx(expected["fit"]["chisq"], abs=1e-3)
        for criterion, value in expected["r2"].items():
            assert shares[model, criterion] == pytest.approx(value, abs=2e-4)
    # the data have a construct behind the dimensions: its claim stands, that of equal weights is no worse here
    assert table.loc["superordinate", "pvalue_difference"] > 0.05
    assert table.loc["superordinate", "df_difference"] == 8
    assert table.loc["aggregate_free", "df_difference"] == 3
    for each in (found.effects, found.r_squared, found.tidy()):
        assert each.index.tolist() == list(range(len(each)))


def test_edwards_with_one_criterion_says_what_it_cannot_test(data: pd.DataFrame) -> None:
    found = edwards_tests(data, FACTORS, {"outcome": ["y1", "y2"]}, estimator="ML", missing="listwise")
    note = found.tidy().set_index("model").loc["aggregate_free", "note"]
    assert "one criterion" in note
    with pytest.raises(InputError, match="cannot be made"):
        edwards_tests(data, FACTORS, {"outcome": ["nowhere"]})
    with pytest.raises(ComplyError, match="criterion"):
        edwards_tests(data, FACTORS, {})


def test_structures_that_cannot_be_written_keep_their_reason(data: pd.DataFrame) -> None:
    two = {key: FACTORS[key] for key in "CO"}
    found = compare_rivals(data, two, estimator="ML", missing="listwise")
    table = found.tidy().set_index("structure")
    assert "at least 3" in table.loc["second_order", "note"]
    assert not table.loc["second_order", "converged"]
    assert table.loc["correlated", "converged"]
    assert np.isnan(table.loc["second_order", "chisq"])


def test_bad_data_give_a_line_each_and_the_rest_goes_on(data: pd.DataFrame) -> None:
    flat = data.assign(x1=3.0)
    found = compare_rivals(flat, FACTORS, estimator="ML", missing="listwise").tidy()
    assert not found["converged"].any()
    assert found["note"].str.contains("x1").all()
    few = compare_rivals(data.head(9), FACTORS, estimator="ML", missing="listwise").tidy()
    assert few["note"].str.contains("9 complete cases").all()
    with pytest.raises(InputError, match="cannot be fitted") as error:
        compare_rivals(data, {**FACTORS, "Z": ["z1"]}, cluster="nowhere", keys=["nothing"])
    assert len(error.value.problems) == 3


def test_small_dimensions(data: pd.DataFrame) -> None:
    """One indicator: no specific factor; two: equal specific loadings; S−1 needs two."""
    mixed = {"C": ["x1", "x2", "x3"], "O": ["x4", "x5"], "M": ["x7"]}
    text = bifactor(mixed)
    assert "M =~" not in text
    fit = sem.fit(text, data)
    loadings = fit.estimates.query("lhs == 'O' and op == '=~'")["est"].to_numpy()
    assert loadings[0] == pytest.approx(loadings[1])
    with pytest.raises(ComplyError, match="two indicators"):
        bifactor_s1(mixed)
    with pytest.raises(ComplyError, match="unknown"):
        bifactor_s1(FACTORS, "Q")


def test_order_of_dimensions_does_not_matter(data: pd.DataFrame) -> None:
    turned = dict(reversed(FACTORS.items()))
    for build in (bifactor, composite_model, lambda f: one_factor("g", [i for v in f.values() for i in v])):
        a, b = (sem.fit(build(f), data) for f in (FACTORS, turned))
        assert a.measures["chisq"] == pytest.approx(b.measures["chisq"], abs=1e-6)
