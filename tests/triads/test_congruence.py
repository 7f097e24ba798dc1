"""Polynomial regression and response surface against statsmodels, closed forms and planted surfaces."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.triads.congruence import (
    congruence_checklist,
    congruence_models,
    polynomial_regression,
    response_surface,
)
from comply_measure.triads.congruence.polynomial import design_matrix
from comply_measure.triads.congruence.surface import bootstrap_coefficients, surface_parameters


def planted(b: list[float], n: int = 400, noise: float = 0.5, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(n)
    x, y = (0.7 * common + 0.7 * rng.standard_normal(n) for _ in range(2))
    z = design_matrix(x, y) @ np.array(b) + noise * rng.standard_normal(n)
    return pd.DataFrame({"x": x + 4, "y": y + 4, "z": z, "firm": np.arange(n) // 4})


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return planted([1.0, 0.3, 0.2, -0.4, 0.7, -0.3])


@pytest.mark.parametrize("kind", ["ols", "HC3", "cluster"])
def test_coefficients_and_covariances_match_their_formulas(data: pd.DataFrame, kind: str) -> None:
    fit = polynomial_regression(data, "x", "y", "z", centre=4, cluster="firm", covariance=kind)
    X = design_matrix(data["x"].to_numpy() - 4, data["y"].to_numpy() - 4)
    z, (n, k) = data["z"].to_numpy(), X.shape
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ X.T @ z
    e = z - X @ beta
    if kind == "ols":
        expected = bread * (e @ e) / (n - k)
    elif kind == "HC3":
        scores = X * (e / (1 - np.einsum("ij,jk,ik->i", X, bread, X)))[:, None]
        expected = bread @ scores.T @ scores @ bread
    else:
        sums = pd.DataFrame(X * e[:, None]).groupby(data["firm"].to_numpy()).sum().to_numpy()
        c = len(sums)
        expected = c / (c - 1) * (n - 1) / (n - k) * bread @ sums.T @ sums @ bread
    np.testing.assert_allclose(fit.coefficients, beta, atol=1e-9)
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-8, atol=1e-12)
    assert fit.r_squared == pytest.approx(1 - e @ e / ((z - z.mean()) ** 2).sum(), abs=1e-12)


def test_surface_parameters_locate_the_stationary_point() -> None:
    b = np.array([1.0, 0.3, 0.2, -0.4, 0.7, -0.9])
    a = dict(
        zip(
            ["a1", "a2", "a3", "a4", "a5", "X0", "Y0", "p10", "p11", "p20", "p21"],
            surface_parameters(b),
            strict=True,
        )
    )
    gradient = [b[1] + 2 * b[3] * a["X0"] + b[4] * a["Y0"], b[2] + b[4] * a["X0"] + 2 * b[5] * a["Y0"]]
    np.testing.assert_allclose(gradient, 0, atol=1e-12)
    # the principal axes are the eigenvectors of the Hessian and pass through the stationary point
    _, vectors = np.linalg.eigh(np.array([[2 * b[3], b[4]], [b[4], 2 * b[5]]]))
    slopes = sorted(vectors[1] / vectors[0])
    np.testing.assert_allclose(sorted([a["p11"], a["p21"]]), slopes, atol=1e-12)
    assert a["p10"] + a["p11"] * a["X0"] == pytest.approx(a["Y0"])
    assert a["p11"] * a["p21"] == pytest.approx(-1)


def test_linear_parameters_are_slopes_along_the_lines(data: pd.DataFrame) -> None:
    fit = polynomial_regression(data, "x", "y", "z", centre=4)
    b = fit.coefficients
    a1, a2, a3, a4, _ = surface_parameters(b)[:5]
    for t in (-1.0, 0.5, 2.0):
        along, across = (
            design_matrix(np.array([t]), np.array([t])) @ b,
            design_matrix(np.array([t]), np.array([-t])) @ b,
        )
        assert along[0] == pytest.approx(b[0] + a1 * t + a2 * t**2)
        assert across[0] == pytest.approx(b[0] + a3 * t + a4 * t**2)


def test_ridge_has_no_stationary_point_and_says_so() -> None:
    values = surface_parameters(np.array([0, 0.1, 0.2, -1.0, 2.0, -1.0]))
    assert np.isnan(values[5:7]).all()
    data = planted([0, 0, 0, -1, 2, -1], noise=0.0)
    surface = response_surface(polynomial_regression(data, "x", "y", "z", centre=4), bootstrap=0)
    assert surface.shape == "ridge"
    assert "ridge" in surface.parameters.set_index("name").loc["X0", "note"]


def test_bootstrap_replication_equals_a_refit(data: pd.DataFrame) -> None:
    fit = polynomial_regression(data, "x", "y", "z", centre=4, cluster="firm")
    draws = bootstrap_coefficients(fit, 3, seed=5)
    counts = np.random.default_rng(5).multinomial(100, np.full(100, 0.01), size=3)
    for draw, count in zip(draws, counts, strict=True):
        rows = np.repeat(np.arange(len(data)), count[data["firm"].to_numpy()])
        expected = np.linalg.lstsq(fit.design[rows], fit.z[rows], rcond=None)[0]
        np.testing.assert_allclose(draw, expected, atol=1e-9)


def test_bootstrap_interval_agrees_with_wald_for_linear_parameters(data: pd.DataFrame) -> None:
    surface = response_surface(polynomial_regression(data, "x", "y", "z", centre=4), bootstrap=2000, seed=2)
    linear = surface.parameters.iloc[:5]
    width, boot = (linear["ci_upper"] - linear["ci_lower"]), (linear["boot_upper"] - linear["boot_lower"])
    assert ((boot / width).between(0.8, 1.25)).all()


def test_planted_squared_difference_is_found_and_its_constraint_not_rejected() -> None:
    data = planted([2.0, 0, 0, -0.5, 1.0, -0.5], seed=5)
    fit = polynomial_regression(data, "x", "y", "z", centre=4)
    chosen = congruence_models(fit)
    assert chosen.models["model"].iloc[0] in {"SQD", "SSQD", "RR", "SRSQD"}
    assert chosen.models.set_index("model").loc["SQD", "delta_aicc"] < 4
    tests = chosen.constraints.set_index("constraint")["p"]
    assert tests["squared difference"] > 0.01
    assert tests["algebraic difference"] < 1e-6
    checklist = congruence_checklist(fit, response_surface(fit, 1000))
    assert checklist.conditions["holds"].iloc[0]
    assert checklist.broad


def test_models_nest() -> None:
    table = congruence_models(
        polynomial_regression(planted([0, 0.4, 0.1, -0.2, 0.3, -0.1]), "x", "y", "z")
    ).models
    r2 = table.set_index("model")["r_squared"]
    for small, large in [("SQD", "SSQD"), ("SSQD", "SRSQD"), ("SQD", "RR"), ("RR", "SRR"), ("SRR", "SRRR")]:
        assert r2[small] <= r2[large] + 1e-9
    for name in r2.drop("absdiff").index:
        assert r2[name] <= r2["full"] + 1e-9
    assert table["weight"].sum() == pytest.approx(1)


def test_rotated_model_recovers_its_rotation() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.standard_normal((2, 300))
    z = 1 - 0.6 * (x - 0.5 * y + 0.2) ** 2
    data = pd.DataFrame({"x": x, "y": y, "z": z + 0.01 * rng.standard_normal(300)})
    table = congruence_models(polynomial_regression(data, "x", "y", "z", centre=0)).models.set_index("model")
    assert table.loc["SRSQD", "r_squared"] > 0.9995
    assert table.index[0] == "SRSQD"


def test_level_effect_breaks_the_strict_but_not_the_broad_effect() -> None:
    fit = polynomial_regression(planted([2.0, 0.5, 0.5, -0.5, 1.0, -0.5], seed=5), "x", "y", "z", centre=4)
    checklist = congruence_checklist(fit, response_surface(fit, 1000))
    assert checklist.broad
    assert checklist.strict is False


def test_missing_rows_are_counted_and_bad_input_is_refused(data: pd.DataFrame) -> None:
    holed = data.copy()
    holed.loc[:9, "x"] = np.nan
    assert polynomial_regression(holed, "x", "y", "z").n_dropped == 10
    with pytest.raises(ComplyError, match="not in the data"):
        polynomial_regression(data, "x", "nowhere", "z")
    with pytest.raises(ComplyError, match="collinear"):
        polynomial_regression(data.assign(y=data["x"]), "x", "y", "z")
    with pytest.raises(ComplyError, match="too few"):
        polynomial_regression(data.head(6), "x", "y", "z")
    with pytest.raises(ComplyError, match="needs the column"):
        polynomial_regression(data, "x", "y", "z", covariance="cluster")


def test_swapping_the_informants_mirrors_the_surface(data: pd.DataFrame) -> None:
    one = polynomial_regression(data, "x", "y", "z", centre=4)
    two = polynomial_regression(data, "y", "x", "z", centre=4)
    a, b = surface_parameters(one.coefficients), surface_parameters(two.coefficients)
    np.testing.assert_allclose(a[[0, 1, 3]], b[[0, 1, 3]], atol=1e-10)
    np.testing.assert_allclose(a[[2, 4]], -b[[2, 4]], atol=1e-10)
