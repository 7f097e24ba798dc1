"""Structural-after-measurement against lavaan's sam(), closed forms and simulated truth."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sam_data import MODELS, few, incomplete, twelve
from semopy.examples import political_democracy

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.after_measurement.moments import _solved
from comply_measure.sem.after_measurement.parts import _covariances, _is_free_pair
from comply_measure.sem.language.parser import parse_model

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_sam"
DEMOCRACY = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
"""
LINKED = DEMOCRACY + "y1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8"
TEXTS = MODELS | {"democracy": DEMOCRACY, "linked": LINKED}
OPTIONS: dict[str, dict[str, Any]] = {
    "robust": {"estimator": "MLR"},
    "incomplete": {"missing": "ml"},
    "incomplete_global": {"missing": "ml"},
    "groups": {"group": "school"},
    "groups_equal": {"group": "school", "group_equal": ["loadings", "intercepts"]},
}
NEW = json.loads((REFERENCE / "lavaan_0_7.json").read_text())
OLD = json.loads((REFERENCE / "lavaan_0_6.json").read_text())


@cache
def data(name: str) -> pd.DataFrame:
    if name == "democracy":
        return political_democracy.get_data()
    return {"twelve": twelve, "few": few, "incomplete": incomplete}[name]()


@cache
def fitted(case: str, model: str, name: str, method: str, mapping: str) -> sem.SamFit:
    return sem.sam(TEXTS[model], data(name), method=method, mapping=mapping, **OPTIONS.get(case, {}))


def answer(case: dict[str, Any]) -> sem.SamFit:
    return fitted(case["case"], case["model"], case["data"], case["method"], case["mapping"])


def both(fit: sem.SamFit, case: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates of lavaan and ours in the same order."""
    theirs = pd.DataFrame(case["parameters"])
    if "group" not in theirs:
        theirs["group"] = 1
    theirs.loc[theirs["op"] == ":=", "group"] = 0
    mine = fit.estimates
    turned = mine[mine["op"] == "~~"].rename(columns={"lhs": "rhs", "rhs": "lhs"})
    known = pd.concat([mine, turned[turned["lhs"] != turned["rhs"]]]).set_index(["lhs", "op", "rhs", "group"])
    keys = pd.MultiIndex.from_frame(theirs[["lhs", "op", "rhs", "group"]])
    return theirs, known.loc[keys].reset_index()


@pytest.mark.parametrize("case", NEW, ids=lambda case: case["case"])
def test_estimates_errors_and_test_are_those_of_lavaan_07(case: dict[str, Any]) -> None:
    fit = answer(case)
    theirs, mine = both(fit, case)
    np.testing.assert_allclose(mine["est"], theirs["est"].astype(float), atol=1e-5)
    if case["case"] not in ("observed", "heywood"):  # see the tests of these
        np.testing.assert_allclose(mine["se"], theirs["se"].astype(float), atol=1e-5)
    measures = case["measures"]
    for name in ("chisq", "df", "srmr"):
        assert fit.measures[name] == pytest.approx(measures[name], rel=1e-5, abs=1e-6)
    if case["case"] in ("robust", "heywood", "groups_equal", "observed") or "incomplete" in case["case"]:
        return  # other information, bounds, constraints of the first step; needs complete cases
    assert fit.measures["baseline.chisq.scaling.factor"] == pytest.approx(
        measures["baseline.chisq.scaling.factor"], rel=1e-6
    )
    if measures["df"]:
        assert fit.measures["chisq.scaling.factor"] == pytest.approx(
            measures["chisq.scaling.factor"], rel=1e-6
        )


@pytest.mark.parametrize(
    "case",
    [case for case in OLD if case["case"] not in ("linked", "labels", "observed")],
    ids=lambda c: c["case"],
)
def test_estimates_and_errors_are_those_of_lavaan_06(case: dict[str, Any]) -> None:
    fit = answer(case)
    theirs, mine = both(fit, case)
    np.testing.assert_allclose(mine["est"], theirs["est"].astype(float), atol=1e-5)
    np.testing.assert_allclose(mine["se"], theirs["se"].astype(float), atol=1e-5)
    if case["method"] == "local":
        for name in ("cfi", "rmsea", "srmr"):
            assert fit.measures[name] == pytest.approx(case["measures"][name], rel=1e-5, abs=1e-6)


def test_observed_predictors_covary_with_exogenous_factors() -> None:
    """Written out or not is the same model; lavaan leaves them uncorrelated in its information."""
    plain, stated = (sem.sam(MODELS[name], twelve()) for name in ("observed", "stated"))
    keys = ["lhs", "op", "rhs"]
    one, other = (fit.estimates.query("op == '~'").set_index(keys).sort_index() for fit in (plain, stated))
    np.testing.assert_allclose(one[["est", "se"]], other[["est", "se"]], atol=1e-8)


def test_reliability_is_that_of_the_mapped_score() -> None:
    fit = sem.sam(DEMOCRACY, data("democracy"))
    np.testing.assert_allclose(fit.reliability["reliability"], [0.9657673, 0.8868049, 0.8998252], atol=1e-7)
    one = fit.blocks["ind60"].estimates.set_index(["lhs", "op", "rhs"])["est"]
    information = sum(
        one["ind60", "=~", item] ** 2 / one[item, "~~", item] for item in ("x1", "x2", "x3")
    )  # a Bartlett score has error variance 1 / Σ λ²/θ
    variance = one["ind60", "~~", "ind60"]
    assert fit.reliability["reliability"][0] == pytest.approx(
        variance / (variance + 1 / information), rel=1e-6
    )


def test_a_saturated_single_block_is_the_model_at_once() -> None:
    """One block that measures everything, a saturated structure: two steps find the optimum of all data, errors too."""
    text = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3 + y4\ng ~ f"
    once = sem.fit(text, data("democracy")).estimates
    for method in ("local", "global"):
        fit = sem.sam(text, data("democracy"), method=method, measurement_blocks=[["f", "g"]])
        assert list(fit.blocks) == ["f, g"]
        np.testing.assert_allclose(
            fit.estimates["est"], once["est"], atol=2e-2 if method == "local" else 1e-5
        )
        if method == "global":
            np.testing.assert_allclose(fit.estimates["se"], once["se"], atol=1e-5)


def test_the_step_of_a_parameter_does_not_depend_on_its_place_in_the_text() -> None:
    """Paths first or last: loadings and residuals belong to step 1, paths and (co)variances of factors to step 2."""
    loadings, paths = "\n".join(DEMOCRACY.split("\n")[1:4]), "\n".join(DEMOCRACY.split("\n")[4:6])
    for text in (f"{paths}\n{loadings}", f"{loadings}\n{paths}"):
        table = sem.sam(text, data("democracy")).estimates
        factors = {"ind60", "dem60", "dem65"}
        structural = (table["op"] == "~") | ((table["op"] == "~~") & table["lhs"].isin(factors))
        assert structural.sum() == 6
        assert table["step"].tolist() == np.where(structural, 2, 1).tolist()
    assert sem.sam(f"{paths}\n{loadings}", data("democracy")).estimates["op"].iloc[0] == "~"


def test_standardised_loadings_of_a_block_have_its_own_errors() -> None:
    """An exogenous factor with a saturated block: nothing but its block tells about it."""
    fit = sem.sam(DEMOCRACY, data("democracy"))
    block = fit.blocks["ind60"].standardized().query("op == '=~'")["se"]
    np.testing.assert_allclose(
        fit.standardized().query("lhs == 'ind60' and op == '=~'")["se"], block, rtol=1e-5
    )


def test_clusters_of_one_case_are_robust_errors() -> None:
    frame = twelve().assign(unit=np.arange(240))
    plain = sem.sam(MODELS["short"], frame, estimator="MLR", meanstructure=True)
    single = sem.sam(MODELS["short"], frame, estimator="MLR", cluster="unit")
    factor = np.sqrt(240 / 239)
    np.testing.assert_allclose(single.estimates["se"], factor * plain.estimates["se"], rtol=1e-7)
    frame = pd.concat([frame, frame], ignore_index=True)
    doubled = sem.sam(MODELS["short"], frame, estimator="MLR", cluster="unit")
    np.testing.assert_allclose(doubled.estimates["se"], single.estimates["se"], rtol=1e-6)


def test_heywood_blocks_and_corrected_moments_are_named() -> None:
    fit = sem.sam(MODELS["short"], few())
    assert "f3_3~~f3_3" in next(p.message for p in fit.problems if p.code == "block_binding_constraint")
    assert fit.estimates.set_index(["lhs", "rhs"]).loc[("f3_3", "f3_3"), "est"] == 0.0
    same = sem.sam(MODELS["same"], few())
    assert [p.code for p in same.problems] == ["factor_covariance"]
    found = same.moments[0]
    assert found.root == pytest.approx(0.791, abs=1e-3)
    assert found.correction == pytest.approx(found.root - 1 / 29)
    assert np.linalg.eigvalsh(found.cov)[0] > 0


def test_blocks_that_share_residuals_or_labels_are_merged() -> None:
    fit = sem.sam(LINKED, data("democracy"))
    assert list(fit.blocks) == ["ind60", "dem60, dem65"]
    tied = DEMOCRACY.replace("y1 + y2", "y1 + a*y2").replace("y5 + y6", "y5 + a*y6")
    asked = sem.sam(tied, data("democracy"), measurement_blocks=[["ind60", "dem60"]])
    assert list(asked.blocks) == ["ind60, dem60, dem65"]
    assert any("measured in one block" in str(problem) for problem in asked.problems)
    loadings = asked.estimates.query("label == 'a'")["est"]
    assert loadings.iloc[0] == loadings.iloc[1]


def test_two_indicators_have_loadings_of_one() -> None:
    fit = sem.sam(MODELS["short"].replace("f1_1 + f1_2 + f1_3", "f1_1 + f1_2"), twelve())
    stated = sem.sam(MODELS["pair"], twelve())
    np.testing.assert_allclose(fit.estimates["est"], stated.estimates["est"], atol=1e-10)
    assert any("two indicators" in str(problem) for problem in fit.problems)


def test_structure_summary_and_measures() -> None:
    fit = sem.sam(MODELS["twelve"], twelve())
    assert (fit.estimates.query("step == 2")["op"].isin(["~", "~~"])).all()
    assert len(fit.estimates.query("step == 2")) == 36
    assert fit.test.df == 42 and np.isnan(fit.test.pvalue) and "first step" in fit.test.note
    assert fit.scaled_test is not None and fit.scaled_test.pvalue == pytest.approx(0.53668, abs=5e-5)
    assert "Two steps (local, ml)" in fit.summary() and repr(fit) == fit.summary()
    assert fit.predict().shape == (240, 12)
    with pytest.raises(sem.ModelError, match="modification indices"):
        fit.modification_indices()
    assert len(fit.structural.modification_indices())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("f5 ~ f1_1", "without '=~'"),
        ("g =~ f1 + f2 + f3\n" + MODELS["short"], "factors measured by factors"),
        (MODELS["short"] + "\nf1_1 ~ f2", "joins an indicator"),
        (MODELS["short"] + "\nf2_1 ~~ age", "joins an indicator"),
        (MODELS["short"] + "\nf1 ~~ 1*f1", "fix a loading"),
        (
            MODELS["short"].replace("f1_1 + f1_2", "f1_1 + a*f1_2").replace("~ f1 + f2", "~ a*f1 + f2"),
            "two steps",
        ),
        (MODELS["short"] + "\nf1_1 ~~ f1_2", "not identified by itself"),
    ],
)
def test_what_two_steps_cannot_estimate_is_refused(text: str, words: str) -> None:
    with pytest.raises(sem.ModelError, match=words):
        sem.sam(text, twelve())


def test_loadings_that_do_not_tell_factors_apart_have_no_mapping() -> None:
    """A factor without loadings, two with the same ones, and nearly the same ones, are refused by name."""
    apart = np.array([[1.0, 0.0], [0.8, 0.0], [0.0, 1.0], [0.0, 0.9]])
    assert _solved(apart, apart) @ apart == pytest.approx(np.eye(2), abs=1e-12)
    assert _solved(apart * [1.0, 1e-9], apart * [1.0, 1e-9]) @ apart == pytest.approx(np.diag([1.0, 1e9]))
    for second in (np.zeros(4), apart[:, 0], apart[:, 0] + 1e-8 * apart[:, 1]):
        loadings = np.column_stack([apart[:, 0], second])
        with pytest.raises(sem.ModelError, match="the loadings do not tell the factors apart"):
            _solved(loadings, loadings)


def test_bad_options_are_refused() -> None:
    for wrong in (
        {"method": "both"},
        {"mapping": "wls"},
        {"estimator": "ULS"},
        {"missing": "two.stage"},
        {"se": "bootstrap"},
        {"measurement_blocks": [["f1", "f9"]]},
        {"measurement_blocks": "f1"},
        {"measurement_blocks": [["f1"], ["f1", "f2"]]},
    ):
        with pytest.raises(InputError):
            sem.sam(MODELS["short"], twelve(), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("f =~ a + b\ny ~ f", True),
        ("f =~ a + b + c\ny ~ f", False),
        ("f =~ a + 0.5*b\ny ~ f", False),
        ("f =~ a + l*b\ny ~ f", False),
        ("f =~ a + b\ng =~ b + c\ny ~ f", False),
        ("f =~ a + b\na ~~ y\ny ~ f", False),
        ("f =~ a + b\na ~~ a\ny ~ f", True),
    ],
)
def test_a_free_pair_has_two_indicators_of_its_own_and_nothing_else(text: str, pair: bool) -> None:
    assert _is_free_pair(parse_model(text).terms, "f") is pair


def test_covariances_are_added_for_observed_predictors_that_nothing_predicts() -> None:
    def added(text: str) -> set[frozenset[str]]:
        return {frozenset((term.lhs, term.rhs)) for term in _covariances(parse_model(text).terms, "")}

    def pairs(*words: str) -> set[frozenset[str]]:
        return {frozenset(word.split()) for word in words}

    text = "f =~ a + b + c\ny ~ f + x + z"
    assert added(text) == pairs("f x", "x", "f z", "x z", "z")
    assert added(f"{text}\nx ~~ z\nf ~~ x") == pairs("x", "f z", "z")
    assert added(f"{text}\nx ~ z") == pairs("f z", "z")
