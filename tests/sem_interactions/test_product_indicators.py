"""Product indicators against lavaan on products formed by hand (tests/reference/sem_interactions/fit.R)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError

MEASURED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\n"
MODEL = MEASURED + "Y ~ X + Z + X:Z"
ITEMS = [f"{name}{i}" for name in "xzy" for i in (1, 2, 3)]
HAND_MADE = {"X:Z": "XZ", "X:X": "XX", "X:w": "XW", "xx:zz": "p"}


def with_missing(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(**{name: data[f"m_{name}"] for name in ITEMS})


def with_means(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(**{2 * n: data[[f"{n}{i}" for i in (1, 2, 3)]].mean(axis=1) for n in "xz"})


CASES: dict[str, tuple[str, bool, dict[str, Any]]] = {
    "double": (MODEL, False, {}),
    "matched": (MODEL, False, {"match": True}),
    "mlr": (MODEL, False, {"estimator": "MLR"}),
    "cluster": (MODEL, False, {"cluster": "firm"}),
    "groups": (MODEL, False, {"group": "g"}),
    "fiml": (MODEL, True, {"missing": "ml"}),
    "listwise": (MODEL, True, {}),
    "residual": (MODEL, False, {"product_indicators": "residual_centred"}),
    "unconstrained": (MODEL, False, {"product_indicators": "unconstrained"}),
    "quadratic": (MEASURED + "Y ~ X + Z + X:X", False, {}),
    "moderator": (MEASURED + "Y ~ X + w + X:w", False, {}),
    "std_lv": (MODEL, False, {"std_lv": True}),
    "constrained": (MODEL, False, {"product_indicators": "constrained", "match": True}),
    "single": (
        "X =~ xx\nZ =~ zz\nY =~ y1 + y2 + y3\nxx ~~ 0.15*xx\nzz ~~ 0.2*zz\nY ~ X + Z + X:Z",
        False,
        {},
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_estimates_errors_and_fit_are_lavaans(
    case: str, products: pd.DataFrame, lavaan: dict[str, Any]
) -> None:
    """Estimates to 2e-5 (lavaan's own stopping rule), standard errors to 1e-4, χ² to 1e-3, df exactly."""
    text, missing, options = CASES[case]
    fitted = sem.fit(text, with_missing(products) if missing else with_means(products), **options)
    assert fitted.converged
    wanted = lavaan[case]
    mine = {
        (HAND_MADE.get(r.lhs, r.lhs), r.op, HAND_MADE.get(r.rhs, r.rhs), max(r.group, 1)): (r.est, r.se)
        for r in fitted.estimates.itertuples()
    }
    for row in wanted["rows"]:
        key = (row["lhs"], row["op"], row["rhs"], row["group"])
        est, se = mine[key] if key in mine else mine[key[2], key[1], key[0], key[3]]
        assert est == pytest.approx(row["est"], abs=2e-5), key
        assert se == pytest.approx(row["se"], abs=1e-4), key
    assert fitted.measures["chisq"] == pytest.approx(wanted["measures"]["chisq"], abs=1e-3)
    assert fitted.measures["df"] == wanted["measures"]["df"]


def test_the_mean_of_an_uncentred_product_is_the_covariance(
    products: pd.DataFrame, lavaan: dict[str, Any]
) -> None:
    fitted = sem.fit(MODEL, products, product_indicators="unconstrained")
    rows = fitted.estimates.set_index(["lhs", "op", "rhs"])
    mean, covariance = rows.loc[("X:Z", "~1", "")], rows.loc[("X", "~~", "Z")]
    assert mean["est"] == pytest.approx(covariance["est"], abs=1e-10)
    assert mean["est"] == pytest.approx(lavaan["unconstrained"]["mean"][0]["est"], abs=2e-5)
    assert mean["se"] == pytest.approx(lavaan["unconstrained"]["mean"][0]["se"], abs=1e-4)


def test_the_scale_of_the_product_is_that_of_its_factors(products: pd.DataFrame) -> None:
    """b₃ under any scaling of X, Z and Y is b₃ under markers in the new units; χ² stays."""
    marker = sem.fit(MODEL, products)
    rows = marker.estimates.set_index(["lhs", "op", "rhs"])["est"]
    b = rows["Y", "~", "X:Z"]

    def coefficient(fitted: sem.Fit) -> float:
        return float(fitted.estimates.set_index(["lhs", "op", "rhs"])["est"]["Y", "~", "X:Z"])

    sd = {name: np.sqrt(rows[name, "~~", name]) for name in "XZY"}
    unit = sem.fit(MODEL, products, std_lv=True)
    assert coefficient(unit) == pytest.approx(b * sd["X"] * sd["Z"] / sd["Y"], rel=1e-5)
    other = sem.fit(MODEL.replace("x1 + x2", "NA*x1 + 1*x2"), products)
    assert coefficient(other) == pytest.approx(b / rows["X", "=~", "x2"], rel=1e-5)
    coded = sem.fit(MODEL, products, effect_coding=True)
    mean = {f: np.mean([rows[f, "=~", f"{f.lower()}{i}"] for i in (1, 2, 3)]) for f in "XZY"}
    assert coefficient(coded) == pytest.approx(b * mean["Y"] / mean["X"] / mean["Z"], rel=1e-5)
    for fitted in (unit, other, coded):
        assert fitted.measures["chisq"] == pytest.approx(marker.measures["chisq"], abs=1e-5)


def test_the_constrained_approach_holds_for_all_pairs_and_squares(products: pd.DataFrame) -> None:
    """Every moment of the products is that of products of normal variables (Kenny & Judd, 1984)."""
    text = MEASURED + "Y ~ X + Z + X:Z + X:X"
    fitted = sem.fit(text, products, product_indicators="constrained")
    est = fitted.estimates.set_index(["lhs", "op", "rhs"])["est"]
    x, z, xz = est["X", "~~", "X"], est["Z", "~~", "Z"], est["X", "~~", "Z"]
    theta = {name: est[name, "~~", name] for name in ("x1", "x2", "z1")}
    loading = est["X", "=~", "x2"]
    assert est["X:Z", "~~", "X:Z"] == pytest.approx(x * z + xz**2, abs=1e-6)
    assert est["X:X", "~~", "X:X"] == pytest.approx(2 * x**2, abs=1e-6)
    assert est["X:Z", "~~", "X:X"] == pytest.approx(2 * x * xz, abs=1e-6)
    assert est["X", "~~", "X:Z"] == 0.0
    assert est["X:X", "=~", "x2:x2"] == pytest.approx(loading**2, abs=1e-6)
    square = 4 * x * theta["x1"] + 2 * theta["x1"] ** 2
    assert est["x1:x1", "~~", "x1:x1"] == pytest.approx(square, abs=1e-6)
    assert est["x1:z1", "~~", "x2:z1"] == pytest.approx(loading * x * theta["z1"], abs=1e-6)
    assert est["x1:x1", "~~", "x1:x2"] == pytest.approx(2 * loading * x * theta["x1"], abs=1e-6)
    assert est["x1:z1", "~~", "x1:x1"] == pytest.approx(2 * xz * theta["x1"], abs=1e-6)


def test_products_that_share_a_known_error(products: pd.DataFrame) -> None:
    """Cov(xz₁, xz₂) = λ₁ λ₂ Var(Z) θ_x; without the error of x the products' coefficient would be attenuated."""
    text = "X =~ x1\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nx1 ~~ 0.35*x1\nY ~ X + Z + X:Z"
    est = sem.fit(text, products).estimates.set_index(["lhs", "op", "rhs"])["est"]
    loadings = est["Z", "=~", "z2"] * est["Z", "=~", "z3"]
    shared = loadings * est["Z", "~~", "Z"] * 0.35
    assert est["x1:z2", "~~", "x1:z3"] == pytest.approx(shared, abs=1e-6)
    plain = sem.fit(text.replace("x1 ~~ 0.35*x1\n", ""), products).estimates
    assert abs(plain.set_index(["lhs", "op", "rhs"])["est"]["Y", "~", "X:Z"]) < 0.8 * est["Y", "~", "X:Z"]
    predicted = "X =~ x1\nx1 ~~ 0.35*x1\nZ =~ z1\nz1 ~~ 0.3*z1\nZ ~ X\ny1 ~ X + Z + X:Z"
    with pytest.raises(ComplyError, match="'Z' follows from its variance, which is no parameter"):
        sem.fit(predicted, products)


def test_equal_loadings_across_groups_hold_for_products_too(products: pd.DataFrame) -> None:
    options = {"group": "g", "group_equal": ("loadings", "intercepts")}
    marker = sem.fit(MODEL, products, **options)
    rows = marker.estimates
    loadings = rows[(rows["lhs"] == "X:Z") & (rows["op"] == "=~")]
    first, second = (loadings.loc[loadings["group"] == g, "est"].to_numpy() for g in (1, 2))
    assert len(first) == 9 and np.array_equal(first, second)
    means = rows[(rows["op"] == "~1") & (rows["group"] == 2)].set_index("lhs")
    assert means.loc["X", "free"] > 0 and means.loc["X:Z", "free"] == 0
    unit = sem.fit(MODEL, products, std_lv=True, **options)
    assert unit.measures["chisq"] == pytest.approx(marker.measures["chisq"], abs=1e-4)
    assert unit.measures["df"] == marker.measures["df"]


def test_several_products_share_columns_and_residual_covariances(products: pd.DataFrame) -> None:
    fitted = sem.fit(MEASURED + "Y ~ X + Z + X:X + X:Z + X:w + w", products)
    rows = {(r.lhs, r.op, r.rhs) for r in fitted.estimates.itertuples()}
    assert ("x1:x1", "~~", "x1:z1") in rows and ("x1:z1", "~~", "x1:w") in rows
    assert ("x1:w", "~~", "x2:w") not in rows, "sharing an observed variable gives no residual covariance"
    assert ("x1:z1", "~~", "x2:z2") not in rows
    assert ("X", "~~", "w") in rows and ("X:w", "~~", "w") in rows


def test_what_is_done_is_said(products: pd.DataFrame) -> None:
    said = [str(p) for p in sem.fit(MODEL, products).problems]
    assert said == [
        "products of factors are measured by double mean-centred products of their indicators, all pairs (X:Z: 9)"
    ]
    plain = sem.fit("y1 ~ x1 + z1 + x1:z1", products, interactions="lms", match=True)
    assert [str(p) for p in plain.problems] == [
        "interactions='lms' has no effect: no product in the model has a factor in it",
        "match=True has no effect: no product in the model has a factor in it",
    ]


def test_products_of_columns_stay_products_of_columns(products: pd.DataFrame) -> None:
    made = products.assign(p=products["x1"] * products["z1"])
    first = sem.fit("y1 ~ x1 + z1 + x1:z1", products).estimates
    second = sem.fit("y1 ~ x1 + z1 + p", made).estimates
    assert np.allclose(first["est"], second["est"], rtol=1e-7)


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"w": 1.0}, {}, "'w': no variance"),
        ({"x2:w": 1.0}, {}, "the data have a column of this name"),
        ({}, {"ordered": ["x1"]}, "products of ordered variables have no meaning"),
        ({}, {"interactions": "LSM"}, "interactions"),
        ({}, {"product_indicators": "centred"}, "double_centred"),
        ({}, {"nodes": 1}, "nodes"),
    ],
)
def test_what_has_no_product_indicators_is_refused(
    products: pd.DataFrame, change: dict[str, float], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError) as raised:
        sem.fit(MEASURED + "Y ~ X + w + X:w", products.assign(**change), **options)
    assert says in str(raised.value)


def test_a_factor_of_factors_has_no_product_columns(products: pd.DataFrame) -> None:
    text = MEASURED + "G =~ X + Z\nY ~ G + w + G:w"
    with pytest.raises(InputError, match="'X' is a factor and has no product column"):
        sem.fit(text, products)


def test_fewer_cases_than_columns_and_moments_alone(products: pd.DataFrame) -> None:
    with pytest.raises(ComplyError, match="14 complete cases for 18 variables"):
        sem.fit(MODEL, products.head(14))
    with pytest.raises(ComplyError, match="need the cases, not moments"):
        sem.from_moments(MODEL, products[ITEMS].cov(), nobs=360)


def test_a_column_named_like_a_product_is_pointed_at(products: pd.DataFrame) -> None:
    data = products.assign(**{"w:t": products["w"]})
    with pytest.raises(InputError, match=r"the data have a column of that name.*`w:t`"):
        sem.fit("y1 ~ x1 + w:t", data)
    named = sem.fit("y1 ~ x1 + `w:t`", data).estimates[["est", "se"]]
    np.testing.assert_array_equal(named, sem.fit("y1 ~ x1 + w", data).estimates[["est", "se"]])


def test_new_cases_have_no_scores(products: pd.DataFrame) -> None:
    fitted = sem.fit(MODEL, products)
    assert list(fitted.predict().columns) == ["X", "Z", "Y", "X:Z"]
    with pytest.raises(ComplyError, match="factor scores of new cases are not available"):
        fitted.predict(products)


def test_the_mean_of_a_product_of_predicted_factors_is_no_parameter(products: pd.DataFrame) -> None:
    text = MEASURED + "Z ~ X\nY ~ X + Z + X:Z"
    assert sem.fit(text, products).estimates.query("lhs == 'X:Z' and op == '~1' and free > 0").empty
    with pytest.raises(ComplyError, match="'X:Z' is a covariance that the model does not have"):
        sem.fit(text, products, product_indicators="unconstrained")
