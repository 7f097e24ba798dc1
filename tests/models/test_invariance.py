"""Invariance against lavaan and semTools (tests/reference/battery/invariance.R), by construction, as shipped."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import load_scale
from comply_measure.measurement.fits import difference_test
from comply_measure.models import correlated_factors
from comply_measure.models.invariance import (
    Conditions,
    Rule,
    adjust_pvalues,
    collapse_categories,
    d_macs,
    group_design,
    invariance_effects,
    invariance_ladder,
    ordinal_group_design,
    partial_invariance,
    role_design,
    score_statistics,
)
from comply_measure.models.invariance.designs import positions
from comply_measure.models.invariance.rules import CHEN_LARGE, CHEUNG_RENSVOLD
from comply_measure.models.rivals import tree_of
from comply_measure.responses import load_dataset
from comply_measure.simulation import truth_reference

REFERENCE = Path(__file__).parent.parent / "reference" / "battery"
R = json.loads((REFERENCE / "invariance.json").read_text(encoding="utf-8"))
FACTORS = {key: [f"x{3 * i + j}" for j in (1, 2, 3)] for i, key in enumerate("COMP")}
ITEMS = [f"x{j}" for j in range(1, 13)]
CUTS = [-np.inf, 2.8, 3.6, 4.4, 5.2, np.inf]
ROLES = ["marketing", "sales", "it"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "battery.csv")


@pytest.fixture(scope="module")
def ladder(data: pd.DataFrame):
    return invariance_ladder(group_design(data, FACTORS, "group", missing="listwise"))


def test_group_ladder_equals_lavaan(ladder) -> None:
    table = ladder.tidy().set_index("level")
    for level, expected in R["ml"].items():
        row = table.loc[level]
        assert row["df"] == expected["df"]
        for name in ("chisq", "aic", "bic"):
            assert row[name] == pytest.approx(expected[name], abs=2e-4)
        for name in ("cfi", "rmsea", "srmr"):
            assert row[name] == pytest.approx(expected[name], abs=2e-5)
    for level in ("metric", "scalar"):
        expected = R["differences"][level]
        assert table.loc[level, "chisq_difference"] == pytest.approx(expected["chisq"], abs=2e-4)
        assert table.loc[level, "pvalue_difference"] == pytest.approx(expected["p"], rel=1e-3)


def test_robust_ladder_equals_lavaan(data: pd.DataFrame) -> None:
    design = group_design(data, FACTORS, "group", missing="listwise", estimator="MLR", cluster="firm")
    table = invariance_ladder(design, levels=["configural", "metric", "scalar"]).tidy().set_index("level")
    for level in table.index:
        expected = R["mlr"][level]
        assert table.loc[level, "chisq"] == pytest.approx(expected["chisq.scaled"], abs=2e-3)
        assert table.loc[level, "cfi"] == pytest.approx(expected["cfi.robust"], abs=1e-4)
        assert table.loc[level, "rmsea"] == pytest.approx(expected["rmsea.robust"], abs=1e-4)
    for level in ("metric", "scalar"):
        expected = R["differences"][f"mlr_{level}"]
        assert table.loc[level, "chisq_difference"] == pytest.approx(expected["chisq"], abs=5e-3)


def test_score_statistics_equal_lavaan(data: pd.DataFrame) -> None:
    design = group_design(data, FACTORS, "group", missing="listwise")
    for level, kind, released, case, name in (
        ("metric", "loading", frozenset(), "score_metric", "{f}=~{i}"),
        (
            "scalar",
            "intercept",
            frozenset({("loading", "x5"), ("intercept", "x5")}),
            "score_scalar_full",
            "{i}~1",
        ),
    ):
        fit = design.fit(level, released)
        expected = {row["parameter"]: row["X2"] for row in R[case]}
        checked = 0
        for factor, items in FACTORS.items():
            for item in items:
                key = name.format(f=factor, i=item)
                if key not in expected or (kind, item) in released:
                    continue
                value = score_statistics(fit, [positions(design, fit, kind, item)[1:]])[0]
                assert value == pytest.approx(expected[key], abs=2e-3)
                checked += 1
        assert checked >= 11


def test_robust_score_statistic_counts_clusters_not_rows(data: pd.DataFrame) -> None:
    """Every case twice, clustered by case: the same statistic as once, but for C/(C − 1) against 1."""
    design = group_design(data, FACTORS, "group", missing="listwise", estimator="MLR")
    twice = pd.concat([data.assign(case=range(len(data)))] * 2, ignore_index=True)
    doubled = group_design(twice, FACTORS, "group", missing="listwise", estimator="MLR", cluster="case")
    values = []
    for one in (design, doubled):
        fit = one.fit("scalar")
        values.append(score_statistics(fit, [positions(one, fit, "intercept", i)[1:] for i in ("x2", "x7")]))
    factor = 210 / 209
    np.testing.assert_allclose(np.array(values[1]) * factor, values[0], rtol=1e-4)


def test_score_statistic_of_a_direction_without_information_is_undefined(data: pd.DataFrame) -> None:
    design = group_design(data, FACTORS, "group", missing="listwise")
    fit = design.fit("configural")
    assert np.isnan(score_statistics(fit, [positions(design, fit, "loading", "x2")[1:]])[0])


def test_partial_models_equal_lavaan(data: pd.DataFrame) -> None:
    design = group_design(data, FACTORS, "group", missing="listwise")
    metric = design.fit("metric", frozenset({("loading", "x5")}))
    scalar = design.fit("scalar", frozenset({("loading", "x5"), ("intercept", "x5"), ("intercept", "x2")}))
    for fit, level in ((metric, "metric"), (scalar, "scalar")):
        expected = R["partial"][level]
        assert fit.measures["df"] == expected["df"]
        assert fit.measures["chisq"] == pytest.approx(expected["chisq"], abs=2e-4)
    table = scalar.estimates.set_index(["lhs", "op", "rhs", "group"])
    for row in R["partial_estimates"]:
        ours = table.loc[row["lhs"], row["op"], row["rhs"], row["group"]]
        assert ours["est"] == pytest.approx(row["est"], abs=2e-4)
        assert ours["se"] == pytest.approx(row["se"], abs=2e-4)


def test_search_finds_the_planted_intercept(data: pd.DataFrame) -> None:
    """x2 answers .6 higher in B; x5's weaker loading there is too small to be seen with 210 cases."""
    found = partial_invariance(group_design(data, FACTORS, "group", missing="listwise"))
    assert found.items == {"x2"}
    departure = found.departures[0]
    assert (departure.kind, departure.odd) == ("intercept", "B")
    assert departure.estimates["B"] - departure.estimates["A"] == pytest.approx(0.6, abs=0.25)
    assert found.confirmation["scalar"].pvalue < 1e-6
    assert found.ladder.step("scalar").difference.pvalue > 0.05
    steps = found.steps()
    assert steps["released"].sum() == 1
    first = steps[(steps["level"] == "scalar") & (steps["step"] == 1)]
    assert first.loc[first["chisq"].idxmax(), "item"] == "x2"
    assert set(found.tidy()["group"]) == {"A", "B"}


def test_search_separates_loadings_from_intercepts() -> None:
    """Large groups with one weak loading and one shifted intercept: both are found, each for what it is."""
    rng = np.random.default_rng(4)
    frames = []
    for group, loading, shift in (("A", 0.8, 0.0), ("B", 0.4, 0.5)):
        eta = rng.standard_normal((1500, 1)) + (0.3 if group == "B" else 0.0)
        weights = np.array([[0.8, 0.7, loading, 0.7, 0.75, 0.8]])
        x = eta * weights + 0.6 * rng.standard_normal((1500, 6)) + np.array([0, shift, 0, 0, 0, 0])
        frames.append(pd.DataFrame(x, columns=list("abcdef")).assign(g=group))
    both = pd.concat(frames, ignore_index=True)
    found = partial_invariance(group_design(both, {"eta": list("abcdef")}, "g", missing="listwise"))
    assert {(d.kind, d.item) for d in found.departures if not d.follows_loading} == {
        ("loading", "c"),
        ("intercept", "b"),
    }
    assert ("intercept", "c") in found.released
    effects = invariance_effects(found.ladder.design, found.ladder.step("scalar").fit)
    items = effects.tidy().set_index("item")
    assert items.loc["b", "intercept_difference"] == pytest.approx(0.5, abs=0.1)
    assert items.loc["c", "loading_difference"] == pytest.approx(-0.4, abs=0.1)
    np.testing.assert_allclose(items.loc[["a", "d", "e", "f"], "d_macs"], 0.0, atol=1e-12)
    gap = effects.gap_table().iloc[0]
    assert gap["latent_gap"] == pytest.approx(0.3, abs=0.1)
    assert gap["bias"] == pytest.approx(items["bias"].mean())
    means = both.groupby("g")[list("abcdef")].mean().mean(axis=1)
    assert gap["observed_gap"] == pytest.approx(means["B"] - means["A"], abs=0.02)
    assert gap["gap_without_bias"] == pytest.approx(gap["observed_gap"] - gap["bias"])


def test_d_macs_is_the_integral_it_names() -> None:
    loading, intercept, mean, variance, sd = (0.9, 0.5), (3.0, 3.4), 0.7, 1.3, 1.1
    density = norm(mean, np.sqrt(variance)).pdf

    def gap(eta: float) -> float:
        return intercept[1] - intercept[0] + (loading[1] - loading[0]) * eta

    square = quad(lambda e: gap(e) ** 2 * density(e), -15, 15)[0]
    plain = quad(lambda e: gap(e) * density(e), -15, 15)[0]
    d, signed = d_macs(loading, intercept, mean, variance, sd)
    assert d == pytest.approx(np.sqrt(square) / sd, abs=1e-9)
    assert signed == pytest.approx(plain / sd, abs=1e-9)
    assert d_macs((0.9, 0.9), (3.0, 3.0), mean, variance, sd) == (0.0, 0.0)
    assert np.isnan(d_macs(loading, intercept, mean, variance, 0.0)[0])


@pytest.fixture(scope="module")
def shipped():
    responses = load_dataset("msi_triads")
    ids = responses.data[["unit", "firm", "role"]]
    return pd.concat([ids, responses.scored()], axis=1), tree_of(load_scale("comply"))


@pytest.fixture(scope="module")
def searches(shipped):
    rows, tree = shipped
    designs = {key: role_design(rows, factors, ROLES) for key, factors in tree.items()}
    levels = ("configural", "metric", "scalar")
    return {
        key: partial_invariance(design, ladder_levels=levels, gate=False) for key, design in designs.items()
    }


def test_search_across_roles_finds_the_planted_items(searches) -> None:
    """Ungated: 3 of the 4 planted items, each with its role, none of the other 76; one weak loading is not."""
    planted = truth_reference("msi_triads").noninvariant_items.set_index("item")
    found = {d.item: d for s in searches.values() for d in s.departures if not d.follows_loading}
    assert set(planted.index) - set(found) == {"L_prox_5"}
    assert {item: found[item].odd for item in found} == planted["role"].drop("L_prox_5").to_dict()
    # what changed: thresholds alone move intercepts, weak items lose loading
    assert found["Y_tool_4"].kind == "intercept"
    assert found["P_acc_4"].kind == "intercept"
    assert found["C_dig_4"].kind == "loading"
    assert not searches["O"].released


def test_bias_of_role_gaps_has_the_planted_sign(searches) -> None:
    """P_acc_4 is answered lower by sales at the same view, Y_tool_4 higher by IT."""
    for key, item, factor, pair, sign in (
        ("P", "P_acc_4", "accessibility", ("marketing", "sales"), -1),
        ("Y", "Y_tool_4", "tool_orientation", ("marketing", "it"), 1),
    ):
        search = searches[key]
        effects = invariance_effects(search.ladder.design, search.ladder.step("scalar").fit)
        items, gaps = effects.tidy(), effects.gap_table()
        row = items[(items["item"] == item) & (items["reference"] == pair[0]) & (items["focal"] == pair[1])]
        assert sign * row["d_macs_signed"].iloc[0] > 0.3
        gap = gaps[(gaps["factor"] == factor) & (gaps["reference"] == pair[0]) & (gaps["focal"] == pair[1])]
        assert sign * gap["bias"].iloc[0] > 0.1


def test_verdicts_are_withheld_for_roles(searches) -> None:
    table = searches["O"].ladder.rule_table()
    assert (table["verdict"] == "withheld").all()
    assert table.loc[table["level"] == "metric", "reason"].str.contains("independent groups").all()
    tidy = searches["O"].ladder.tidy()
    assert tidy["n_units"].eq(240).all()
    assert tidy["delta_cfi"].iloc[1:].notna().all()


def test_verdicts_within_the_conditions_studied(ladder) -> None:
    table = ladder.rule_table().set_index(["rule", "level"])
    assert table.loc[(CHEUNG_RENSVOLD.name, "metric"), "verdict"] == "supported"
    assert table.loc[(CHEUNG_RENSVOLD.name, "scalar"), "verdict"] == "not supported"
    assert table.loc[(CHEN_LARGE.name, "strict"), "verdict"] == "supported"
    assert table.loc[(CHEN_LARGE.name, "means"), "verdict"] == "withheld"
    conditions = Conditions(2, False, 500, 1000, False, 3)
    assert (
        CHEUNG_RENSVOLD.verdict("metric", {"cfi": -0.02, "rmsea": 0, "srmr": 0}, conditions)[0] == "withheld"
    )
    own = Rule("own", "this study", cfi={"metric": 0.05}, dependent=True, groups=3)
    roles = Conditions(3, True, 100, 240, False, 3)
    assert own.verdict("metric", {"cfi": -0.02, "rmsea": 0, "srmr": 0}, roles)[0] == "supported"
    assert own.verdict("metric", {"cfi": -0.06, "rmsea": 0, "srmr": 0}, roles)[0] == "not supported"
    assert own.verdict("metric", {"cfi": np.nan, "rmsea": 0, "srmr": 0}, roles)[0] == "withheld"
    # Chen asks for a second index beside CFI
    chen = Conditions(2, False, 250, 500, False, 1)
    assert CHEN_LARGE.verdict("metric", {"cfi": -0.02, "rmsea": 0.001, "srmr": 0.001}, chen)[0] == "supported"
    assert (
        CHEN_LARGE.verdict("metric", {"cfi": -0.02, "rmsea": 0.02, "srmr": 0.001}, chen)[0] == "not supported"
    )


@pytest.fixture(scope="module")
def ordered(data: pd.DataFrame) -> pd.DataFrame:
    out = data.copy()
    for item in ITEMS:
        out[item] = pd.cut(data[item], CUTS, labels=False) + 1.0
    return out


def test_ordinal_ladder_equals_semtools(ordered: pd.DataFrame) -> None:
    found = invariance_ladder(ordinal_group_design(ordered, FACTORS, "group"))
    table = found.tidy().set_index("level")
    for level, expected in R["ordinal"].items():
        assert table.loc[level, "df"] == expected["df"]
        assert table.loc[level, "chisq"] == pytest.approx(expected["chisq.scaled"], abs=1e-3)
        assert table.loc[level, "srmr"] == pytest.approx(expected["srmr"], abs=1e-5)
    for level, expected in R["ordinal_differences"].items():
        assert table.loc[level, "chisq_difference"] == pytest.approx(expected["chisq"], abs=1e-3)
        assert table.loc[level, "df_difference"] == expected["df"]
    rules = found.rule_table()
    assert rules.loc[rules["level"] == "metric", "reason"].str.contains("categorical").all()
    with pytest.raises(ComplyError, match="score tests"):
        partial_invariance(found.design)


def test_a_search_fits_no_level_twice(shipped, searches, monkeypatch) -> None:
    rows, tree = shipped
    design = role_design(rows, tree["Y"], ROLES)
    ladder = invariance_ladder(design)
    fitted, fit = [], type(design).fit
    monkeypatch.setattr(type(design), "fit", lambda self, *asked: fitted.append(asked) or fit(self, *asked))
    found = partial_invariance(design, ladder_levels=("configural", "metric", "scalar"), ladder=ladder)
    pd.testing.assert_frame_equal(found.tidy(), searches["Y"].tidy(), check_exact=True)
    pd.testing.assert_frame_equal(found.ladder.tidy(), searches["Y"].ladder.tidy(), check_exact=True)
    # what is fitted are the rivals of one step, each once; nothing that the ladder has
    assert ("scalar", found.released) in fitted
    assert len(set(fitted)) == len(fitted) == 3
    assert all(level == "scalar" and released for level, released in fitted)
    with pytest.raises(InputError, match="another ladder"):
        partial_invariance(role_design(rows, tree["Y"], ROLES), ladder=ladder)


def test_ordinal_problems_are_named(ordered: pd.DataFrame) -> None:
    gone = ordered.copy()
    gone.loc[(gone["group"] == "B") & (gone["x4"] == 5), "x4"] = 4
    with pytest.raises(InputError, match="category is missing") as error:
        ordinal_group_design(gone, FACTORS, "group")
    problem = error.value.problems[0]
    assert (problem.column, problem.value) == ("x4", 5.0)
    repaired = collapse_categories(gone, ["x4"], "group")
    assert sorted(repaired["x4"].unique()) == [1, 2, 3, 4]
    pd.testing.assert_series_equal(repaired["x1"], gone["x1"])
    assert ordinal_group_design(repaired, FACTORS, "group").categories["x4"] == 4
    few = ordered.copy()
    few["x1"] = (few["x1"] > 3).astype(float)
    steps = invariance_ladder(ordinal_group_design(few, FACTORS, "group"), levels=["configural"]).tidy()
    assert "4 or more categories" in steps["note"].iloc[0]


def test_bad_cases_leave_a_line_and_the_rest_goes_on(data: pd.DataFrame) -> None:
    flat = data.copy()
    flat.loc[flat["group"] == "B", "x7"] = 4.0
    table = invariance_ladder(group_design(flat, FACTORS, "group", missing="listwise")).tidy()
    assert table["note"].str.contains("x7").all()
    assert table["chisq"].isna().all()
    few = pd.concat([data[data["group"] == "A"], data[data["group"] == "B"].head(20)])
    small = invariance_ladder(
        group_design(few, FACTORS, "group", missing="listwise"), levels=["configural", "metric"]
    )
    assert "fewer than 100 cases (B: 20)" in small.tidy()["note"].iloc[0]
    with pytest.raises(InputError, match="cannot be compared"):
        group_design(data[data["group"] == "A"], FACTORS, "group")
    with pytest.raises(InputError, match="cannot be compared"):
        group_design(data, {**FACTORS, "Z": ["zz"]}, "group")
    with pytest.raises(InputError) as error:
        partial_invariance(
            group_design(data, FACTORS, "group"), levels=("scalar", "metric"), alpha=2, least_held=0
        )
    assert len(error.value.problems) == 3
    with pytest.raises(ComplyError, match="unknown"):
        group_design(data, FACTORS, "group").fit("thresholds")


def test_role_without_informants_is_refused(shipped) -> None:
    rows, tree = shipped
    with pytest.raises(InputError, match="cannot be made"):
        role_design(rows, tree["O"], ["marketing", "finance"])


def test_adjusted_p_values() -> None:
    p = [0.01, 0.04, np.nan, 0.03]
    assert adjust_pvalues(p, "bonferroni")[0] == pytest.approx(0.03)
    np.testing.assert_allclose(adjust_pvalues(p, "fdr"), [0.03, 0.04, np.nan, 0.04])
    assert adjust_pvalues(p, "none")[1] == 0.04
    assert adjust_pvalues([0.5, 0.9], "bonferroni") == [1.0, 1.0]


def test_difference_tests_refuse_other_data(data: pd.DataFrame) -> None:
    one = sem.fit(correlated_factors(FACTORS), data)
    other = sem.fit(f"{correlated_factors(FACTORS)}\nC ~~ 0*O", data.iloc[5:])
    with pytest.raises(ComplyError, match="cases"):
        difference_test(other, one)
    same = difference_test(one, one)
    assert np.isnan(same.chisq)
    assert "same degrees" in same.note


def test_changes_of_indices_are_printed_with_their_sign_and_whole() -> None:
    from comply_measure.models.invariance import rules

    printed = [rules._change(value) for value in (0.0084, -0.0036, 1.25, -10.5, -0.0001, math.nan)]
    assert printed == ["+.008", "−.004", "+1.250", "−10.500", "+.000", "undefined"]
