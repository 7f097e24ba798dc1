"""Agreement, ICCs, REML, gaps and WABA against multilevel, psych, lme4 and stats.

Closed forms agree to 1e-10 or better. REML: lmer stops about 1e-5 (relative) from its optimum, so components
are compared to 1e-4 of the total variance, and our restricted likelihood must not be lower than lmer's.
"""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure import triads
from comply_measure.statistics.multiplicity import benjamini_hochberg, holm
from comply_measure.triads.gaps.contrasts import whitened

ITEMS = [f"a{a}_{i}" for a in range(1, 5) for i in (1, 2)]
ATTRIBUTES = [f"a{a}" for a in range(1, 5)]
EXACT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.mark.parametrize(
    ("index", "key", "null"),
    [
        ("rwg_j", "rwg_j", "uniform"),
        ("rwg_j", "rwg_j_slight", "slight_skew"),
        ("rwg_star_j", "rwg_star_j", "uniform"),
        ("ad_mean", "ad_mean", None),
        ("ad_median", "ad_median", None),
        ("awg_j", "awg_j", None),
    ],
)
def test_agreement_indices_equal_multilevel(informants, r, index, key, null) -> None:
    result = triads.agreement_indices(
        informants, {"s": ITEMS}, minimum=1, maximum=5, nulls=["uniform", "slight_skew"], missing="listwise"
    )
    expected = r["agreement"][key]
    got = result.values(index, null)["s"].loc[expected["unit"]]
    np.testing.assert_allclose(got, np.array(expected["value"], dtype=float), **EXACT)


def test_single_item_rwg_equals_multilevel(informants, r) -> None:
    expected = r["agreement"]["rwg"]
    got = triads.rwg(informants, ["a1_1"], minimum=1, maximum=5).values("rwg_j")["a1_1"]
    np.testing.assert_allclose(got.loc[expected["unit"]], np.array(expected["value"], dtype=float), **EXACT)


def test_oneway_icc_equals_multilevel(informants, r) -> None:
    table = triads.icc_oneway(informants, [*ATTRIBUTES, "all"], size="mean").tidy().set_index("column")
    for column, expected in r["icc_oneway"].items():
        for name, value in expected.items():
            np.testing.assert_allclose(table.loc[column, name], value, rtol=1e-9)


def test_oneway_reml_equals_lmer(informants, r) -> None:
    table = triads.icc_oneway_reml(informants, [*ATTRIBUTES, "all"]).tidy().set_index("column")
    for column, (between, within, _) in r["reml_oneway"].items():
        assert table.loc[column, "icc1"] == pytest.approx(between / (between + within), abs=1e-4)
        assert table.loc[column, "icc1_lower"] < table.loc[column, "icc1"] < table.loc[column, "icc1_upper"]


@pytest.mark.parametrize("engine", ["own", "pingouin"])
def test_twoway_icc_equals_psych(triad_data, r, engine) -> None:
    table = triads.icc_twoway(triad_data.select(columns=["all"]), method="anova", engine=engine).tidy()
    expected = {row["type"]: row for row in r["icc_complete"]}
    for form, kind in zip(table["form"], ["ICC2", "ICC3", "ICC2k", "ICC3k"], strict=True):
        row = table.set_index("form").loc[form]
        got = [row["icc"], row["lower"], row["upper"], row["f"], row["p"]]
        keys = ["ICC", "lower bound", "upper bound", "F", "p"]
        np.testing.assert_allclose(got, [expected[kind][key] for key in keys], rtol=1e-8)
    assert (table["note"] == "11 incomplete units left out").all()


def test_twoway_reml_equals_psych_on_incomplete_triads(triad_data, r) -> None:
    table = triads.icc_twoway(triad_data.select(columns=["all"])).tidy()
    order = ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"]
    expected = dict(zip(order, r["icc_incomplete"], strict=True))
    np.testing.assert_allclose(
        table["icc"], [expected[k] for k in ("ICC2", "ICC3", "ICC2k", "ICC3k")], atol=1e-4
    )
    assert (table["estimator"] == "REML").all()
    assert table["n_informants"].iloc[0] == 169


def test_fixed_roles_equal_lmer(triad_data, r) -> None:
    expected = r["fixed_roles"]
    data = triad_data.select(columns=["all"])
    means, V = np.array(expected["mean"]), np.array(expected["vcov"])
    table = triads.role_contrasts(data).set_index("pair")
    for (a, b), pair in zip(data.pairs, data.pair_names, strict=True):
        assert table.loc[pair, "estimate"] == pytest.approx(means[a] - means[b], abs=1e-5)
    # lmer's errors are those of the working model; ours are robust
    X = whitened(data.values[:, :, 0], *expected["variances"])[0]
    np.testing.assert_allclose(np.linalg.inv(X.T @ X), V, atol=1e-4 * V.max())
    scores = triads.blup_scores(data)
    predicted = np.array([expected["blup"][unit] for unit in scores.units])
    np.testing.assert_allclose(scores.values[:, 0] - means.mean(), predicted, atol=1e-4)
    reliability = triads.unit_reliability(data)
    tau, sigma = expected["variances"]
    lam = tau / (tau + sigma / reliability["n_informants"])
    np.testing.assert_allclose(reliability["reliability"], lam, atol=1e-4)


def test_g_study_equals_lmer(triad_data, r) -> None:
    study = triads.g_study(triad_data, columns=ATTRIBUTES)
    expected = {k.replace("Residual", "residual"): v for k, v in r["g_study"]["variances"].items()}
    got = study.tidy().set_index("component")["variance"]
    assert set(got.index) == set(expected)
    np.testing.assert_allclose(got, [expected[k] for k in got.index], atol=1e-4 * sum(expected.values()))
    assert study.loglik >= r["g_study"]["loglik"] - 1e-6


def test_g_study_with_items_equals_lmer(triad_data, r) -> None:
    study = triads.g_study(triad_data, items={a: [f"{a}_1", f"{a}_2"] for a in ATTRIBUTES})
    expected = {k.replace("Residual", "residual"): v for k, v in r["g_study_items"]["variances"].items()}
    got = study.tidy().set_index("component")
    assert set(got.index) == set(expected)
    # eleven components from 60 units: a flat likelihood, lmer stops a little before the top
    total = sum(expected.values())
    np.testing.assert_allclose(got["variance"], [expected[k] for k in got.index], atol=1e-3 * total)
    assert study.loglik >= r["g_study_items"]["loglik"] - 1e-6
    assert got.loc["unit:item", "note"] == "zero (boundary)"


def test_waba_equals_multilevel(informants, r) -> None:
    row = triads.waba(informants, [("a1", "a2")]).tidy().iloc[0]
    names = {
        "RawCorr": "r", "EtaBx": "eta_between_x", "EtaBy": "eta_between_y", "CorrB": "r_between",
        "EtaWx": "eta_within_x", "EtaWy": "eta_within_y", "CorrW": "r_within",
    }  # fmt: skip
    for theirs, ours in names.items():
        assert row[ours] == pytest.approx(r["waba"][0][theirs], rel=1e-10)
    assert row["component_between"] + row["component_within"] == pytest.approx(row["r"], rel=1e-12)


def test_paired_tests_equal_r(triad_data, r) -> None:
    table = triads.gap_tests(triad_data.select(columns=["all"])).tidy().set_index("pair")
    for pair, expected in r["paired"].items():
        for name, value in expected.items():
            np.testing.assert_allclose(table.loc[pair, name], value, rtol=1e-9)
    np.testing.assert_allclose(table.loc[list(r["paired"]), "p_holm"], r["holm"], rtol=1e-9)


def test_adjusted_p_values_equal_r(r) -> None:
    p = np.array([0.001, 0.2, 0.03, 0.04, 0.01])
    np.testing.assert_allclose(benjamini_hochberg(p), r["bh"], rtol=1e-12)
    with_gap = holm(np.array([0.01, np.nan, 0.02]))
    np.testing.assert_allclose(with_gap, [0.02, np.nan, 0.02])


def test_missing_role_regressions_equal_glm(triad_data, r) -> None:
    table = triads.missing_role_test(triad_data.select(columns=["all"])).set_index("role")
    for role, expected in r["missing_role"].items():
        assert table.loc[role, "n_units"] == expected["n"]
        assert table.loc[role, "n_missing"] == expected["missing"]
        got = [table.loc[role, name] for name in ("b", "se", "chi2")]
        np.testing.assert_allclose(got, [expected[k] for k in ("b", "se", "chi2")], rtol=1e-6)
