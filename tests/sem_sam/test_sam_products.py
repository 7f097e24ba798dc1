"""Products of factors in two steps: lavaan 0.7-2, closed forms, bootstrap, refusals."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sam_data import MODELS, PRODUCT, products

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.errors import ModelError

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_sam" / "lavaan_0_7_products.json"
CASES = json.loads(REFERENCE.read_text())


@cache
def fitted(model: str, mapping: str = "ml", **options: Any) -> sem.SamFit:
    return sem.sam(MODELS[model], products(), mapping=mapping, **options)


def row(fit: sem.Fit, lhs: str, op: str, rhs: str) -> pd.Series[Any]:
    table = fit.estimates
    same = (table["lhs"] == lhs) & (table["rhs"] == rhs) | (table["lhs"] == rhs) & (table["rhs"] == lhs)
    return table[same & (table["op"] == op)].iloc[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_estimates_are_those_of_lavaan_07(case: dict[str, Any]) -> None:
    """Paths to 1e-6; moments of predictors, where lavaan lets the column covary with some of them only, to .004."""
    fit = fitted(case["model"], case["mapping"])
    for theirs in case["parameters"]:
        if theirs["op"] == "~1" and theirs["lhs"] in "XZMY":
            continue  # zero there; ours belong to the point where factors are zero
        mine = row(fit, theirs["lhs"], theirs["op"], theirs["rhs"])
        loose = case["model"] == "several" and theirs["op"] == "~~"
        assert mine["est"] == pytest.approx(theirs["est"], abs=4e-3 if loose else 1e-6)
        if theirs["op"] == "~":  # lavaan takes scores and first step for independent
            assert mine["se"] == pytest.approx(theirs["se"], rel=0.06)
    if case["model"] == "product":
        assert fit.measures["chisq"] == pytest.approx(case["measures"]["chisq"], rel=1e-5)
        assert fit.measures["df"] == case["measures"]["df"] == 2
        assert fit.scaled_test is not None
        factor = case["measures"]["chisq.scaling.factor"]
        assert fit.scaled_test.scaling_factor == pytest.approx(factor, rel=0.01)


def test_moments_are_those_of_scores_less_their_error() -> None:
    """One product of two factors in the formulas of Wall and Amemiya, written out."""
    fit = fitted("product")
    (found,) = fit.structural.model.sample.groups
    base = fit.moments[0]
    data = products()[list(fit.model.sample.groups[0].names)].to_numpy()
    theta, nu = np.zeros((12, 12)), np.zeros(12)
    names = list(fit.model.sample.groups[0].names)
    for _, each in fit.estimates.iterrows():
        if each["op"] == "~~" and each["lhs"] == each["rhs"] and each["lhs"] in names:
            theta[names.index(each["lhs"]), names.index(each["lhs"])] = each["est"]
        if each["op"] == "~1" and each["lhs"] in names:
            nu[names.index(each["lhs"])] = each["est"]
    f = (data - nu) @ base.mapping.T
    B = base.mapping @ theta @ base.mapping.T
    x, z = f[:, 0], f[:, 1]
    vx, vz, cxz = (x * x).mean() - B[0, 0], (z * z).mean() - B[1, 1], (x * z).mean()
    product = found.names.index("X:Z")
    assert found.mean is not None
    assert found.mean[product] == pytest.approx(cxz, abs=1e-10)
    error = vx * B[1, 1] + vz * B[0, 0] + B[0, 0] * B[1, 1]  # the errors of different factors are independent
    assert found.cov[product, product] == pytest.approx((x * z).var() - error, abs=1e-10)
    assert found.cov[0, product] == pytest.approx((x * x * z).mean() - B[0, 0] * z.mean(), abs=1e-10)


def test_the_outcome_has_the_intercept_that_keeps_the_means() -> None:
    fit = fitted("product")
    expected = -row(fit, "Y", "~", "X:Z")["est"] * row(fit, "X", "~~", "Z")["est"]
    assert row(fit, "Y", "~1", "")["est"] == pytest.approx(expected, abs=1e-8)
    for part in fit.residuals().groups.values():
        assert part.mean is not None
        np.testing.assert_allclose(part.mean, 0.0, atol=1e-8)


def test_clusters_of_one_case_give_the_robust_errors() -> None:
    data = products().assign(own=lambda frame: np.arange(len(frame)))
    plain = fitted("several")
    single = sem.sam(MODELS["several"], data, cluster="own")
    factor = np.sqrt(len(data) / (len(data) - 1))
    kept = (plain.estimates["se"] > 0).to_numpy()
    ratio = single.estimates["se"][kept] / plain.estimates["se"][kept]
    np.testing.assert_allclose(ratio, factor, rtol=1e-6)
    firms = sem.sam(MODELS["several"], data, cluster="firm")
    assert row(firms, "Y", "~", "X:Z")["se"] != pytest.approx(row(plain, "Y", "~", "X:Z")["se"], rel=1e-3)


def test_few_clusters_of_the_second_step_are_named() -> None:
    """Eighteen parameters of moments, which have no clusters of their own; blocks of nine have enough."""
    few = sem.sam(MODELS["product"], products().assign(c=np.arange(len(products())) % 18), cluster="c")
    told = [each.message for each in few.problems if "few_clusters" in each.code]
    assert told == ["18 clusters for 18 parameters of the structural part"]
    enough = sem.sam(MODELS["product"], products().assign(c=np.arange(len(products())) % 19), cluster="c")
    assert not enough.problems


def test_groups_are_fits_of_their_cases() -> None:
    data = products()
    fit = sem.sam(MODELS["product"], data, group="half")
    for number, value in ((1, 2.0), (2, 1.0)):
        alone = sem.sam(MODELS["product"], data[data["half"] == value])
        mine = fit.estimates.query(f"group == {number} and op == '~'")
        theirs = alone.estimates.query("op == '~'")
        np.testing.assert_allclose(mine["est"], theirs["est"], atol=1e-6)
        np.testing.assert_allclose(mine["se"], theirs["se"], rtol=1e-5)


def test_observed_moderators_are_centred() -> None:
    """The coefficient of the product does not depend on the zero of the column; the others are those at its mean."""
    data = products()
    shifted = data.assign(w=data["w"] + 10.0)
    text = PRODUCT + "M ~ X\nY ~ M + w + M:w"
    one, other = sem.sam(text, data), sem.sam(text, shifted)
    for rhs in ("M", "w", "M:w"):
        for column in ("est", "se"):
            assert row(other, "Y", "~", rhs)[column] == pytest.approx(
                row(one, "Y", "~", rhs)[column], abs=1e-7
            )
    assert any("deviations from their mean: w" in problem.message for problem in other.problems)
    slopes = sem.simple_slopes(other, "Y ~ M:w", at=[float(shifted["w"].mean())]).tidy()
    assert slopes["est"].iloc[0] == pytest.approx(row(other, "Y", "~", "M")["est"], abs=1e-9)


def test_a_column_that_stands_in_a_product_alone() -> None:
    """Its covariances are estimated; the coefficient is that of a regression without it."""
    fit = sem.sam(PRODUCT + "Y ~ X + X:w", products())
    assert row(fit, "X", "~~", "w")["est"] == pytest.approx(
        products().eval("x1").cov(products()["w"]), abs=0.1
    )
    assert any("without 'Y ~ w'" in problem.message for problem in fit.problems)


def test_the_test_of_the_product_is_a_wald_test() -> None:
    fit = fitted("product")
    test = sem.product_test(fit)
    own = row(fit, "Y", "~", "X:Z")
    assert test.method == "Wald" and test.df == 1
    assert test.statistic == pytest.approx((own["est"] / own["se"]) ** 2, rel=1e-8)
    assert row(test.without, "Y", "~", "X:Z")["est"] == 0.0
    assert 0.0 < float(test.r2["change"].iloc[0]) < 0.5


def test_mediation_with_a_moderated_step() -> None:
    fit = fitted("several")
    index = sem.indirect_effects(fit, "X", "Y", draws=1000).of("index").query("moderator == 'w'").iloc[0]
    expected = row(fit, "M", "~", "X")["est"] * row(fit, "Y", "~", "M:w")["est"]
    assert index["est"] == pytest.approx(expected, abs=1e-10)


def test_standardised_products_and_scores() -> None:
    fit = fitted("product")
    table = fit.standardized().query("op == '~' and rhs == 'X:Z'").iloc[0]
    total = row(fit, "Y", "~", "X:Z")["est"] * np.sqrt(row(fit, "X", "~~", "X")["est"])
    total *= np.sqrt(row(fit, "Z", "~~", "Z")["est"])
    places = fit.structural.model.sample.groups[0]
    spread = np.sqrt(places.cov[3, 3])
    assert table["est_std"] == pytest.approx(total / spread, rel=0.02)
    assert list(fit.predict().columns) == ["X", "Z", "M", "Y"]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("Y ~ X + Z + X:Z", {"method": "global"}, "no likelihood of products"),
        ("Y ~ X + Z + X:Z", {"missing": "ml"}, "complete cases"),
        ("Y ~ X + X:x1", {}, "is an indicator of 'X'"),
        ("Y ~ X + X:m1", {}, "joins an indicator with the structural part"),
        ("Y ~ X + X:Y", {}, "follows from it"),
        ("Y ~ X + X:nothing", {}, "not a column"),
    ],
)
def test_refusals(text: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises((InputError, ModelError), match=said):
        sem.sam(PRODUCT + text, products(), **options)


def test_scores_that_are_nearly_all_error_are_corrected_in_part() -> None:
    """Forty cases, factors correlated .9: the full correction leaves no covariance matrix, Fuller's share does."""
    rng = np.random.default_rng(7)
    f = rng.multivariate_normal(np.zeros(2), [[1.0, 0.9], [0.9, 1.0]], 40)
    f = np.column_stack([f, f[:, 0] * 0.5 + rng.standard_normal(40)])
    data = pd.DataFrame(
        {
            f"{name}{i}": f[:, place] * 0.9 + rng.standard_normal(40)
            for place, name in enumerate("xzy")
            for i in (1, 2, 3)
        }
    )
    fit = sem.sam("X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nY ~ X + Z + X:Z", data)
    (group,) = fit.structural.model.sample.groups
    assert np.linalg.eigvalsh(group.cov).min() > 0.0
    assert fit.second is not None and fit.second.products[0].correction < 1.0
    assert {"factor_covariance", "product_covariance"} <= {problem.code for problem in fit.problems}
