"""Polynomial regression and response surface against statsmodels, closed forms and planted surfaces."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from levels import congruence_without_second_view, polynomial_by_firm, polynomial_with_growing_error

from comply_measure.errors import ComplyError
from comply_measure.triads.congruence import (
    congruence_checklist,
    congruence_models,
    polynomial_regression,
    response_surface,
)
from comply_measure.triads.congruence.polynomial import design_matrix
from comply_measure.triads.congruence.surface import LINEAR, bootstrap_coefficients, surface_parameters


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
        expected = np.zeros((k, k))
        for firm in data["firm"].unique():
            rows = (data["firm"] == firm).to_numpy()
            values, vectors = np.linalg.eigh(np.eye(rows.sum()) - X[rows] @ bread @ X[rows].T)
            score = bread @ X[rows].T @ (vectors / np.sqrt(values)) @ vectors.T @ e[rows]
            expected += np.outer(score, score)
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


def test_what_a_surface_leaves_empty_has_its_reason(data: pd.DataFrame) -> None:
    """Ratios have no standard errors; without replications, or with too few that define them, no interval."""
    fit = polynomial_regression(data, "x", "y", "z", centre=4)
    ratios = "se, t, df, p, ci_lower, ci_upper: stationary point and axes have bootstrap intervals only"
    drawn = response_surface(fit, bootstrap=50).tidy()
    assert drawn["reason"].tolist() == [""] * 5 + [ratios] * 6
    none = response_surface(fit, bootstrap=0).tidy()
    assert (
        none["reason"].tolist()
        == ["boot_lower, boot_upper: no bootstrap replications"] * 5
        + [f"{ratios}; boot_lower, boot_upper: no bootstrap replications"] * 6
    )
    one = response_surface(fit, bootstrap=1).tidy()
    assert one["reason"].str.endswith("boot_lower, boot_upper: fewer than 2 replications define it").all()
    constant = polynomial_regression(data.assign(z=2.0), "x", "y", "z", centre=4)
    table = response_surface(constant, bootstrap=50).tidy()
    assert table["reason"].eq("").all() and table["note"].str.contains("does not vary").all()


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


# every model is nested in the ones named, and in the full polynomial but for the absolute difference
NESTED = {
    "null": "onlyx onlyx2 onlyy onlyy2 additive diff IA SQD SSQD RR SRR absdiff SRSQD SRRR",
    "onlyx": "onlyx2 additive IA SRR SRSQD SRRR",
    "onlyx2": "SRSQD SRRR",
    "onlyy": "onlyy2 additive IA SRR SRSQD SRRR",
    "onlyy2": "SRSQD SRRR",
    "additive": "IA SRR SRSQD SRRR",
    "diff": "additive IA SSQD SRR SRSQD SRRR",
    "SQD": "SSQD RR SRR SRSQD SRRR",
    "SSQD": "SRR SRSQD SRRR",
    "RR": "SRR SRRR",
    "SRR": "SRRR",
    "SRSQD": "SRRR",
}
OUTCOMES = {
    "only Y": [1, 0, 0.3, 0, 0, -0.5],
    "only X": [1, 0.3, 0, 0.5, 0, 0],
    "saddle": [0, 0.1, 0.2, 0.4, 0.1, -0.4],
    "difference": [0, 0, 0, -0.5, 1, -0.5],
    "sum": [0, 0, 0, 0.3, 0.6, 0.3],
    "nothing": [0, 0, 0, 0, 0, 0],
}


@pytest.mark.parametrize("outcome", list(OUTCOMES))
@pytest.mark.parametrize("size", [1.0, 1000.0])
def test_no_model_fits_worse_than_one_nested_in_it(outcome: str, size: float) -> None:
    data = planted(OUTCOMES[outcome], n=150)
    data[["x", "y"]] *= size
    table = congruence_models(polynomial_regression(data, "x", "y", "z", centre=4 * size)).models
    found = table.set_index("model")["loglik"]
    for small, larger in NESTED.items():
        for large in [*larger.split(), "full"]:
            assert found[large] >= found[small] - 1e-8, (small, large)
    for small in ("IA", "SRRR"):
        assert found["full"] >= found[small] - 1e-8
    assert table["weight"].sum() == pytest.approx(1)


def test_rotation_reaches_the_direction_of_one_predictor() -> None:
    """The larger models once fitted worse (−296.61) than onlyy2, whose rotation is infinite."""
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, 400)
    y = 0.4 * x + rng.normal(0, 0.9, 400)
    z = 1 + 0.3 * y - 0.5 * y**2 + rng.normal(0, 0.5, 400)
    fit = polynomial_regression(pd.DataFrame({"x": x, "y": y, "z": z}), "x", "y", "z", centre=0)
    found = congruence_models(fit).models.set_index("model")["loglik"]
    assert found["SRSQD"] == pytest.approx(-295.532, abs=5e-4)
    assert found["SRRR"] == pytest.approx(-295.528, abs=5e-4)


def test_rotation_is_the_best_of_a_brute_force_search() -> None:
    data = planted([0, 0.4, -0.3, -0.4, 0.3, 0.2], n=80)
    fit = polynomial_regression(data.assign(c=data["x"] ** 3), "x", "y", "z", centre=4, controls=("c",))
    found = congruence_models(fit).models.set_index("model")["loglik"]
    best = {"SRSQD": -np.inf, "SRRR": -np.inf}
    for angle in np.linspace(0, np.pi, 5001):
        u = np.cos(angle) * fit.x + np.sin(angle) * fit.y
        for name, columns in {"SRSQD": [u, u**2], "SRRR": [fit.x, fit.y, u**2]}.items():
            X = np.column_stack([np.ones(80), *columns, fit.design[:, 6]])
            e = fit.z - X @ np.linalg.lstsq(X, fit.z, rcond=None)[0]
            best[name] = max(best[name], -40 * (np.log(2 * np.pi * (e @ e) / 80) + 1))
    for name, loglik in best.items():
        assert loglik <= found[name] <= loglik + 1e-4


def test_the_surface_is_that_of_units_with_average_controls() -> None:
    data = planted([0, 0.4, -0.3, -0.4, 0.3, 0.2], n=80)
    data = data.assign(c=data["x"] ** 3 + 5.0)
    fit = polynomial_regression(data, "x", "y", "z", centre=4, controls=("c",))
    x, y, c = data["x"] - 4, data["y"] - 4, data["c"] - data["c"].mean()
    X = np.column_stack([np.ones(80), x, y, x**2, x * y, y**2, c])
    np.testing.assert_allclose(
        fit.tidy()["estimate"], np.linalg.lstsq(X, data["z"], rcond=None)[0], atol=1e-9
    )
    moved = polynomial_regression(data.assign(c=data["c"] + 100), "x", "y", "z", centre=4, controls=("c",))
    np.testing.assert_allclose(moved.tidy()[["estimate", "se"]], fit.tidy()[["estimate", "se"]], rtol=1e-7)


def test_the_currency_of_a_control_changes_nothing() -> None:
    data = planted([0, 0.4, -0.3, -0.4, 0.3, 0.2], n=80)
    found = []
    for unit in (1.0, 5e13):
        turnover = unit * (2 + np.sin(np.arange(80.0)))
        fit = polynomial_regression(data.assign(c=turnover), "x", "y", "z", centre=4, controls=("c",))
        t = fit.coefficients / np.sqrt(np.diag(fit.covariance))
        found.append([*t, *congruence_models(fit).models["loglik"]])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


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


def test_without_an_outcome_that_varies_nothing_is_claimed() -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {"x": rng.normal(size=60), "y": rng.normal(size=60), "z": 2.7, "firm": np.arange(60) % 12}
    )
    for cluster in (None, "firm"):
        fit = polynomial_regression(data, "x", "y", "z", cluster=cluster)
        surface, models = response_surface(fit, bootstrap=200), congruence_models(fit)
        assert surface.shape == "undefined"
        assert surface.bootstrap == 0
        for table in (fit.tidy(), surface.tidy(), models.tidy(), models.constraints):
            assert table["note"].str.contains("does not vary").all()
        numbers = ["estimate", "se", "t", "p", "ci_lower", "boot_lower"]
        assert surface.tidy()[numbers].isna().all(axis=None)
        assert models.tidy()[["loglik", "aicc", "weight", "r_squared"]].isna().all(axis=None)
        assert models.constraints[["F", "p"]].isna().all(axis=None)
        assert np.isnan(fit.r_squared)
        checks = congruence_checklist(fit, surface)
        assert (checks.broad, checks.strict) == (None, None)


def test_an_outcome_that_is_reproduced_has_a_surface_but_no_tests() -> None:
    data = planted([1, 0.2, 0, -0.5, 0.9, -0.5], noise=0.0)
    fit = polynomial_regression(data, "x", "y", "z", centre=4)
    surface, models = response_surface(fit, bootstrap=0), congruence_models(fit).models.set_index("model")
    table = surface.parameters.set_index("name")
    assert table.loc["a4", "estimate"] == pytest.approx(-1.9)
    assert table.loc[list(LINEAR), ["se", "t", "p", "ci_lower"]].isna().all(axis=None)
    assert table.loc[list(LINEAR), "note"].str.contains("no residual variance").all()
    assert surface.shape == "dome"
    assert models["weight"].isna().all()
    assert models["note"].ne("").all()
    assert models.loc["full", "note"].startswith("no residual variance")


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_numbers_out_of_reach_are_refused_by_name(data: pd.DataFrame, factor: float) -> None:
    for column in ("x", "z"):
        with pytest.raises(ComplyError, match=f"'{column}': numbers too (large|small)"):
            polynomial_regression(data.assign(**{column: data[column] * factor}), "x", "y", "z")


def test_any_real_kind_of_number_gives_the_same_fit(data: pd.DataFrame) -> None:
    expected = polynomial_regression(data.assign(x=data["x"].round()), "x", "y", "z", centre=4).tidy()
    for kind in ("Int64", object, "float32"):
        x = data["x"].round().astype(kind)
        found = polynomial_regression(data.assign(x=x), "x", "y", "z", centre=4).tidy()
        pd.testing.assert_frame_equal(found, expected)
    decimals = data.assign(x=[Decimal(int(v)) for v in data["x"].round()])
    pd.testing.assert_frame_equal(polynomial_regression(decimals, "x", "y", "z", centre=4).tidy(), expected)


@pytest.mark.parametrize("values", ["text", "complex"])
def test_columns_without_numbers_are_named(data: pd.DataFrame, values: str) -> None:
    z = data["z"].astype(str) if values == "text" else data["z"] + 0j
    with pytest.raises(ComplyError, match="'z': column holds no numbers"):
        polynomial_regression(data.assign(z=z), "x", "y", "z")


def test_few_clusters_are_said_and_the_plain_covariance_is_an_option(data: pd.DataFrame) -> None:
    few = polynomial_regression(data.assign(firm=data["firm"] % 12), "x", "y", "z", cluster="firm")
    assert few.tidy()["note"].str.startswith("12 clusters are few").all()
    assert polynomial_regression(data, "x", "y", "z", cluster="firm").note == ""
    assert polynomial_regression(data, "x", "y", "z").kind == "HC3"
    three = polynomial_regression(data.assign(firm=data["firm"] % 3), "x", "y", "z", cluster="firm")
    assert "3 clusters for 6 coefficients" in three.note
    assert congruence_models(three).constraints["p"].iloc[:2].isna().all()
    assert congruence_models(three).constraints["note"].iloc[:2].ne("").all()
    with pytest.raises(ComplyError, match="ols, HC3, cluster"):
        polynomial_regression(data, "x", "y", "z", covariance="HC9")


def test_an_interval_that_says_nothing_gives_no_verdict() -> None:
    fit = polynomial_regression(planted([2, 0, 0, -0.5, 1, -0.5], seed=5), "x", "y", "z", centre=4)
    surface = response_surface(fit, 500)
    assert congruence_checklist(fit, surface).broad is True

    def verdict(name: str, **cells: float) -> tuple[bool | None, str]:
        table = surface.parameters.copy()
        for column, value in cells.items():
            table.loc[table["name"] == name, column] = value
        checks = congruence_checklist(fit, replace(surface, parameters=table))
        evidence = checks.conditions.set_index("condition")["evidence"]
        return checks.broad, str(evidence[[f"{name} " in text for text in evidence]].iloc[0])

    broad, evidence = verdict("p11", boot_lower=-5.0, boot_upper=20.0)
    assert broad is None
    assert "wider than 45 degrees" in evidence
    broad, evidence = verdict("p11", boot_lower=0.9, boot_upper=1.1, estimate=1.3)
    assert broad is None
    assert "outside its own interval" in evidence
    assert verdict("p10", boot_lower=-3.0, boot_upper=3.0)[0] is None
    assert verdict("p11", boot_lower=1.5, boot_upper=60.0)[0] is False  # excludes 1: evidence against
    assert verdict("a5", p=0.01)[0] is False


def test_one_predictor_is_not_called_congruence() -> None:
    assert congruence_without_second_view(30)["broad"] <= 0.05  # .375 without a5 and with silent intervals


def test_intervals_cover_where_the_error_grows_with_the_difference() -> None:
    runs = 150
    rates = polynomial_with_growing_error(runs)
    for name in ("a3 HC3", "a4 HC3"):
        assert abs(rates[name] - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / runs)
    assert rates["a4 ols"] < 0.88


def test_tests_by_firm_keep_their_level_with_15_firms() -> None:
    runs = 150
    for name, rate in polynomial_by_firm(runs).items():
        assert rate <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs), name
