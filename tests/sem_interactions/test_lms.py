"""LMS and QML: against modsem, against integrals by brute force, and against what must be the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.sem.errors import ModelError
from comply_measure.sem.interactions import lms_density, lms_search
from comply_measure.sem.interactions.lms_fit import ProductFit
from comply_measure.sem.interactions.lms_likelihood import GroupLikelihood, GroupPoint

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_interactions"
MEASURED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\n"
MODEL = MEASURED + "Y ~ X + Z + X:Z"
SMALL = "X =~ x1 + x2\nZ =~ z1 + z2\nY =~ y1 + y2\n"
ITEMS = [f"{name}{i}" for name in "xzy" for i in (1, 2, 3)]


def fitted(model: str, data: pd.DataFrame, **options: Any) -> ProductFit:
    found = sem.fit(model, data, **{"interactions": "lms", **options})
    assert isinstance(found, ProductFit)
    return found


def holey(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(**{name: data[f"m_{name}"] for name in ITEMS})


def value(fit: sem.Fit, lhs: str, op: str, rhs: str = "") -> float:
    e = fit.estimates
    return float(e.est[(e.lhs == lhs) & (e.op == op) & (e.rhs == rhs)].iloc[0])


def likelihood_of(fit: ProductFit, nodes: int | None = None) -> tuple[GroupLikelihood, np.ndarray]:
    own = fit.model.objective.likelihoods[0]  # type: ignore[attr-defined]
    if nodes is not None:
        own = GroupLikelihood(own.equations, own.patterns, own.n, nodes)
    return own, fit.theta


# -- modsem ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "options", "est", "se"),
    [
        ("lms", {}, 1e-5, 0.017),
        ("lms_robust", {"estimator": "MLR"}, 1e-5, 0.035),
        ("qml", {"interactions": "qml"}, 1e-3, 0.005),
    ],
)
def test_estimates_and_errors_are_modsems(case: str, options: dict[str, Any], est: float, se: float) -> None:
    """modsem's nodes stay where they are: its curvature is off by 3 % for the residuals of X; its QML stops early."""
    rows = json.loads((REFERENCE / "modsem.json").read_text())[case]
    found = fitted(MODEL, pd.read_csv(REFERENCE / "modsem.csv"), **options)
    mine = {(r.lhs, r.op, r.rhs): (r.est, r.se) for r in found.estimates.itertuples()}
    compared = 0
    for row in rows:
        key = (row["lhs"], row["op"], row["rhs"])
        own = mine.get(key) or mine.get((key[2], key[1], key[0]))
        if own is None or row["se"] is None:
            continue
        assert own[0] == pytest.approx(row["est"], abs=est), key
        assert own[1] == pytest.approx(row["se"], rel=se), key
        compared += 1
    assert compared == 31


# -- brute force -----------------------------------------------------------------------------------------


def loading_matrix(
    fit: ProductFit, factors: tuple[str, ...], items: tuple[str, ...]
) -> tuple[np.ndarray, ...]:
    e = fit.estimates
    load = np.zeros((len(items), len(factors)))
    for r in e[e.op == "=~"].itertuples():
        load[items.index(r.rhs), factors.index(r.lhs)] = r.est
    error = np.diag([value(fit, item, "~~", item) for item in items])
    return load, error, np.array([value(fit, item, "~1") for item in items])


def test_the_likelihood_is_the_integral_over_a_fine_grid(products: pd.DataFrame) -> None:
    """Interaction and both squares, six indicators: posterior means and standard deviations as well."""
    model = SMALL + "Y ~ X + Z + X:Z + X:X + Z:Z"
    found = fitted(model, products, nodes=16)
    items = ("x1", "x2", "z1", "z2", "y1", "y2")
    load, error, nu = loading_matrix(found, ("X", "Z", "Y"), items)
    phi = np.array(
        [[value(found, "X", "~~", "X"), value(found, "X", "~~", "Z")], [0.0, value(found, "Z", "~~", "Z")]]
    )
    phi[1, 0] = phi[0, 1]
    axis = np.linspace(-6.0, 6.0, 241)
    x, z = (each.ravel() for each in np.meshgrid(axis, axis, indexing="ij"))
    prior = multivariate_normal([0.0, 0.0], phi).pdf(np.column_stack([x, z])) * (axis[1] - axis[0]) ** 2
    b = {rhs: value(found, "Y", "~", rhs) for rhs in ("X", "Z", "X:Z", "X:X", "Z:Z")}
    y = b["X"] * x + b["Z"] * z + b["X:Z"] * x * z + b["X:X"] * x * x + b["Z:Z"] * z * z
    psi = value(found, "Y", "~~", "Y")
    sigma = error + psi * np.outer(load[:, 2], load[:, 2])
    centre = nu + np.column_stack([x, z, y]) @ load.T
    own, theta = likelihood_of(found)
    mine = own.at(theta).casewise()
    scores = found.predict(se=True)
    for i in (0, 7, 100, 303):
        case = products[list(items)].iloc[i].to_numpy()
        weight = prior * multivariate_normal(np.zeros(6), sigma).pdf(case - centre)
        assert mine[i] == pytest.approx(np.log(weight.sum()), abs=1e-8)
        weight /= weight.sum()
        inverse = np.linalg.inv(error)
        spread = 1.0 / (1.0 / psi + load[:, 2] @ inverse @ load[:, 2])
        rest = case - nu - np.column_stack([x, z]) @ load[:, :2].T
        y_mean = spread * (y / psi + rest @ inverse @ load[:, 2])
        for name, mean, inner in (("X", x, 0.0), ("Z", z, 0.0), ("Y", y_mean, spread)):
            expected = weight @ mean
            assert scores[name].iloc[i] == pytest.approx(expected, abs=1e-7)
            variance = weight @ mean**2 - expected**2 + inner
            assert scores[f"{name}_se"].iloc[i] == pytest.approx(np.sqrt(variance), abs=1e-7)


def test_a_chain_of_products_is_integrated_exactly(products: pd.DataFrame) -> None:
    """Z ~ X:w and Y ~ Z:w: a variable that a product leads to is multiplied once more; missing values besides."""
    data = products.copy()
    data.loc[3, "x2"] = np.nan
    data.loc[8, ["y1", "y2"]] = np.nan
    model = SMALL + "Z ~ X + w + X:w\nY ~ Z + w + Z:w + X:X"
    found = fitted(model, data, missing="ml", nodes=20)
    items = ("x1", "x2", "z1", "z2", "y1", "y2")
    load, error, nu = loading_matrix(found, ("X", "Z", "Y"), items)
    mean_w, var_w = value(found, "w", "~1"), value(found, "w", "~~", "w")
    slope = value(found, "X", "~~", "w") / var_w
    var_x = value(found, "X", "~~", "X") - slope**2 * var_w
    own, theta = likelihood_of(found)
    mine = own.at(theta).casewise()
    grid = np.linspace(-8.0, 8.0, 801) * np.sqrt(var_x)
    for i in (0, 3, 8, 50):
        w = float(data["w"].iloc[i]) - mean_w
        x = slope * w + grid
        a = value(found, "Z", "~", "X") + value(found, "Z", "~", "X:w") * w
        c = value(found, "Y", "~", "Z") + value(found, "Y", "~", "Z:w") * w
        z = a * x + value(found, "Z", "~", "w") * (w + mean_w)
        y = c * z + value(found, "Y", "~", "w") * (w + mean_w) + value(found, "Y", "~", "X:X") * x**2
        psi_z, psi_y = value(found, "Z", "~~", "Z"), value(found, "Y", "~~", "Y")
        inner = np.array([[psi_z, c * psi_z], [c * psi_z, c * c * psi_z + psi_y]])
        sigma = error + load[:, 1:] @ inner @ load[:, 1:].T
        case = data[list(items)].iloc[i].to_numpy()
        seen = np.flatnonzero(~np.isnan(case))
        centre = nu + np.column_stack([x, z, y]) @ load.T
        density = multivariate_normal(np.zeros(len(seen)), sigma[np.ix_(seen, seen)])
        prior = np.exp(-0.5 * grid**2 / var_x) / np.sqrt(2.0 * np.pi * var_x) * (grid[1] - grid[0])
        total = prior @ density.pdf(case[seen] - centre[:, seen])
        own_w = -0.5 * (np.log(2.0 * np.pi * var_w) + w**2 / var_w)
        assert mine[i] == pytest.approx(np.log(total) + own_w, abs=1e-8)


def test_a_quasi_likelihood_has_the_moments_of_the_product(products: pd.DataFrame) -> None:
    """QML against the conditional mean and variance of y₁ from a fine grid, given all other information."""
    found = fitted(SMALL + "Y ~ X + Z + X:Z", products, interactions="qml")
    exact, theta = likelihood_of(found, 30)
    quasi, _ = likelihood_of(found)
    pattern = quasi.patterns[0]
    place = found.model.layouts[0].observed.index("y1")
    case = pattern.values[:1].copy()
    base = np.linspace(-12.0, 12.0, 4001)
    values = np.repeat(case, len(base), axis=0)
    ratio = value(found, "Y", "=~", "y2")
    values[:, place] = case[0, place] + base
    values[:, place + 1] = case[0, place + 1] + ratio * base  # what is known beyond y₁ stays the same

    def density(of: GroupLikelihood) -> np.ndarray:
        rows = np.arange(len(values))
        moved = type(pattern)(pattern.frame, rows, values)
        log_f = GroupLikelihood(of.equations, (moved,), len(values), of.nodes).at(theta).casewise()
        f = np.exp(log_f - log_f.max())
        return np.asarray(f / f.sum())

    f, g = density(exact), density(quasi)
    mean = [base @ each for each in (f, g)]
    assert mean[0] == pytest.approx(mean[1], abs=1e-8)
    assert f @ (base - mean[0]) ** 2 == pytest.approx(g @ (base - mean[1]) ** 2, rel=1e-8)
    skew = f @ (base - mean[0]) ** 3
    assert abs(skew) > 1e-4  # which the quasi-likelihood does not have


def test_a_quasi_likelihood_has_the_moments_of_an_outcome_and_of_what_follows_from_it(
    products: pd.DataFrame,
) -> None:
    """Y with a product and V that Y leads to, together, given all other information: a grid of 51 × 51."""
    text = "X =~ x1 + x2\nZ =~ z1 + z2\nY =~ y1 + y2\nV =~ x3 + z3\nY ~ X + Z + X:Z\nV ~ X + Y"
    found = fitted(text, products.iloc[:80], interactions="qml", optimizer_options={"iterations": 1})
    theta = found.model.start()  # type: ignore[attr-defined]
    theta[[n.endswith("X:Z") for n in found.model.table.free_names()]] = 0.5
    quasi, _ = likelihood_of(found)
    pattern, layout = quasi.patterns[0], found.model.layouts[0]
    loadings = layout.loadings.at(theta)[:, [layout.sources.index(name) for name in ("Y", "V")]]
    grid = np.linspace(-8.0, 8.0, 51)
    base = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    values = pattern.values[0] + base @ loadings.T
    moments = []
    for nodes in (16, 0):
        own = GroupLikelihood(
            quasi.equations, (type(pattern)(pattern.frame, np.arange(len(base)), values),), len(base), nodes
        )
        log_f = GroupPoint(own, theta, slopes=False).casewise()
        f = np.exp(log_f - log_f.max()) / np.exp(log_f - log_f.max()).sum()
        moments.append((f @ base, (base.T * f) @ base))
    for exact, ours in zip(*moments, strict=True):
        assert exact == pytest.approx(ours, abs=1e-6)


# -- derivatives -----------------------------------------------------------------------------------------

DERIVATIVES = {
    "one product": (MODEL, {}, False),
    "quasi": (MODEL, {"interactions": "qml"}, False),
    "missing values": (MODEL, {"missing": "ml", "nodes": 8}, True),
    "quasi, two equations": (
        MEASURED + "Z ~ X:X + X + w\nY ~ X:w + X + Z + w\nx1 ~~ y1",
        {"interactions": "qml"},
        False,
    ),
    "chain": (MEASURED + "Z ~ X + w + X:w\nY ~ Z + w + Z:w + X:X\nx2 ~~ y2", {"nodes": 8}, False),
    "two dimensions": (MEASURED + "Y ~ X + Z + X:Z + X:X + Z:Z", {"nodes": 6}, False),
    # every indicator of the outcome measures something linear, too, so that the one with the largest loading does
    "cross-loadings": (
        MEASURED + "X =~ y1 + y3\nZ =~ y2 + x3\nY ~ X + Z + X:Z\nz1 ~~ z3",
        {"nodes": 8},
        False,
    ),
    "cross-loadings of a chain": (
        MEASURED + "X =~ z1 + z2 + z3 + y1\nZ ~ X + w + X:w\nY ~ Z + w + Z:w\nX =~ y2 + y3",
        {"nodes": 8},
        False,
    ),
    "quasi, cross-loadings": (
        MEASURED + "X =~ y1 + y3\nZ =~ y2\nY ~ X + Z + X:Z",
        {"interactions": "qml"},
        False,
    ),
    "observed outcome": ("X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\ny1 ~ X + Z + X:Z", {"nodes": 8}, False),
}


@pytest.mark.parametrize("case", list(DERIVATIVES))
def test_gradient_and_scores_are_those_of_the_likelihood(case: str, products: pd.DataFrame) -> None:
    model, options, missing = DERIVATIVES[case]
    data = holey(products).iloc[:40] if missing else products.iloc[:120]
    found = fitted(model, data, optimizer_options={"iterations": 1}, **options)
    own, _ = likelihood_of(found)
    theta = found.model.start() * 1.1 + 0.05  # type: ignore[attr-defined]
    at = own.at(theta)
    gradient = at.gradient()
    numeric = np.zeros(len(theta))
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-5
        ahead, behind = (GroupPoint(own, theta + sign * step, slopes=False) for sign in (1, -1))
        numeric[place] = (ahead.loglik - behind.loglik) / 2e-5
    assert np.abs(gradient - numeric).max() < 1e-6 * np.abs(gradient).max()
    assert np.abs(at.scores().sum(axis=0) - gradient).max() < 1e-9 * np.abs(gradient).max()
    assert at.casewise().sum() == pytest.approx(at.loglik, abs=1e-8)
    rows = np.array(
        [
            (own.at(theta + step).gradient() - own.at(theta - step).gradient()) / 2e-5
            for step in 1e-5 * np.eye(len(theta))
        ]
    )
    hessian = at.hessian(np.full(len(theta), 1e-7))
    size = np.sqrt(np.abs(np.outer(rows.diagonal(), rows.diagonal())))
    assert np.abs((hessian - rows) / size).max() < 1e-6


@pytest.mark.parametrize("how", ["lms", "qml"])
def test_scores_of_many_cases_are_those_of_each(how: str, products: pd.DataFrame) -> None:
    """Many cases take the derivatives of each number they enter by, few their own; 185 numbers here."""
    found = fitted(MODEL, products, interactions=how, optimizer_options={"iterations": 1})
    own, _ = likelihood_of(found)
    (part,) = own.at(found.model.start()).parts  # type: ignore[attr-defined]
    n = len(products)
    direct = np.concatenate([part.reduction.pull(some) for some in part.single(n)])
    assert len(direct) > next(part.single(n)).width
    np.testing.assert_allclose(part.scores(), direct, atol=1e-12 * np.abs(direct).max())


# -- the search ------------------------------------------------------------------------------------------


def many(n: int) -> pd.DataFrame:
    """Three factors of three indicators, Y = .5 X + .4 Z + .3 XZ + ζ, Var(ζ) = .49, r(X, Z) = .3."""
    rng = np.random.default_rng(5)
    x, e = rng.standard_normal((2, n))
    z = 0.3 * x + np.sqrt(0.91) * e
    y = 0.5 * x + 0.4 * z + 0.3 * x * z + 0.7 * rng.standard_normal(n)
    parts = [f[:, None] * [1.0, 0.9, 0.8] + 0.5 * rng.standard_normal((n, 3)) for f in (x, z, y)]
    return pd.DataFrame(np.hstack(parts), columns=ITEMS)


def test_third_moments_start_near_the_estimates() -> None:
    """The start is consistent: with 20,000 cases within .02 of the truth (standard error of the coefficient: .006)."""
    found = fitted(MODEL, many(20_000), optimizer_options={"iterations": 1})
    start = found.model.start_with_products()
    assert start is not None
    names = found.model.table.free_names()
    assert start[names.index("Y~X:Z")] == pytest.approx(0.3, abs=0.02)
    assert start[names.index("Y~~Y")] == pytest.approx(0.49, abs=0.03)
    assert start[names.index("y1~1")] == pytest.approx(0.0, abs=0.03)
    given = fitted(MODEL.replace("X:Z", "start(0.1)*X:Z"), many(200))
    assert given.model.start_with_products() is None
    assert given.measures["logl"] == pytest.approx(fitted(MODEL, many(200)).measures["logl"], abs=1e-8)


def test_few_nodes_first_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large samples begin with half the nodes; with all of them throughout the answer is the same."""
    data = many(1000)
    first = fitted(MODEL, data)
    monkeypatch.setattr(lms_search, "MANY", 10**9)
    second = fitted(MODEL, data)
    assert first.measures["logl"] == pytest.approx(second.measures["logl"], abs=1e-8)
    assert np.abs((first.theta - second.theta) / first.estimates["se"].max()).max() < 1e-7
    assert np.allclose(first.estimates["se"], second.estimates["se"], rtol=1e-6)


def test_hessian_over_chunks_of_cases(products: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fitted(MODEL, products)
    own, theta = likelihood_of(found)
    steps = np.full(len(theta), 1e-7)
    whole = own.at(theta).hessian(steps)
    monkeypatch.setattr(lms_density, "CHUNK", 500)
    monkeypatch.setattr(lms_density, "FEWEST", 7)
    monkeypatch.setattr(lms_density, "CELLS", 1)
    assert np.allclose(own.at(theta).hessian(steps), whole, rtol=1e-9, atol=1e-9 * np.abs(whole).max())


def test_errors_in_small_samples_are_those_of_the_integral() -> None:
    """60 cases: curvature of brute-force integrals (141 points), where fixed nodes are off by 3 to 6 %."""
    found = fitted(SMALL + "Y ~ X + Z + X:Z", many(60)[["x1", "x2", "z1", "z2", "y1", "y2"]])
    layout, (effect,) = found.model.layouts[0], found.model.equations[0].effects
    (at,) = found.model.equations[0].moderating
    data, grid = found.model.sample.groups[0].data, np.arange(-7.0, 7.01, 0.1)
    assert data is not None

    def loglik(theta: np.ndarray) -> float:
        paths, cov, T = layout.paths.at(theta), layout.source_cov.at(theta), layout.loadings.at(theta)
        slope = cov[:, at] / cov[at, at]
        rest = cov - np.outer(slope, cov[at])
        rows = []
        for x in np.sqrt(cov[at, at]) * grid:
            E = T @ np.linalg.inv(np.eye(layout.k) - paths - x * effect.at(theta))
            mean = layout.observed_mean.at(theta) + E @ (slope * x)
            rows.append(multivariate_normal(mean, E @ rest @ E.T + layout.residuals.at(theta)).logpdf(data))
        log_f = np.array(rows) - 0.5 * grid[:, None] ** 2
        top = log_f.max(axis=0)
        return float((top + np.log(np.exp(log_f - top).sum(axis=0))).sum())

    theta, se = found.theta, np.sqrt(np.diag(found.vcov_array))
    own, _ = likelihood_of(found)
    hessian = own.at(theta).hessian(2e-6 * se) * np.outer(se, se)
    for place in range(0, len(theta), 4):
        step = np.zeros(len(theta))
        step[place] = 0.02 * se[place]
        second = (loglik(theta + step) + loglik(theta - step) - 2.0 * loglik(theta)) / 0.02**2
        assert second == pytest.approx(hessian[place, place], rel=2e-3)


# -- what must be the same -------------------------------------------------------------------------------


def test_quadrature_and_quasi_likelihood_agree_where_the_moderator_is_observed(
    products: pd.DataFrame,
) -> None:
    """Given the moderator everything is normal: both are exact, with any number of nodes."""
    model = MEASURED + "Y ~ X + Z + w + X:w"
    one, two = fitted(model, products, nodes=2), fitted(model, products, interactions="qml")
    assert one.measures["logl"] == pytest.approx(two.measures["logl"], abs=1e-8)
    assert np.allclose(one.estimates["est"], two.estimates["est"], atol=1e-7)
    assert np.allclose(one.estimates["se"], two.estimates["se"], atol=1e-7)


def test_without_its_product_the_model_is_the_linear_one(products: pd.DataFrame) -> None:
    linear = sem.fit(MEASURED + "Y ~ X + Z", products, meanstructure=True, information="observed")
    none = fitted(MEASURED + "Y ~ X + Z + 0*X:Z", products)
    assert none.measures["logl"] == pytest.approx(linear.measures["logl"], abs=1e-8)
    mine = none.estimates[none.estimates.rhs != "X:Z"].reset_index(drop=True)
    assert np.allclose(mine["est"], linear.estimates["est"], atol=1e-6)
    assert np.allclose(mine["se"], linear.estimates["se"], atol=1e-6)
    full = fitted(MODEL, products)
    test = sem.product_test(full)
    assert test.statistic == pytest.approx(2.0 * (full.measures["logl"] - linear.measures["logl"]), abs=1e-6)
    assert (test.df, test.method) == (1, "likelihood ratio")
    r2 = 1.0 - linear.standardized().query("lhs == 'Y' and rhs == 'Y'")["est_std"].iloc[0]
    assert test.r2["r2_without"].iloc[0] == pytest.approx(r2, abs=1e-6)
    quasi = fitted(MODEL, products, interactions="qml")
    z = quasi.estimates.query("rhs == 'X:Z'")["z"].iloc[0]
    assert sem.product_test(quasi).statistic == pytest.approx(z**2)
    assert sem.product_test(quasi).method == "Wald"
    assert full.measures["aic"] == pytest.approx(2.0 * 31 - 2.0 * full.measures["logl"])


def test_moments_with_products_are_kenny_and_judds(products: pd.DataFrame) -> None:
    """Var(XZ) = φ₁φ₂ + φ₁₂², E(XZ) = φ₁₂, Var(X²) = 2 φ₁², Cov(XZ, X²) = 2 φ₁ φ₁₂."""
    found = fitted(MEASURED + "Y ~ X + Z + X:Z + X:X", products)
    b = {rhs: value(found, "Y", "~", rhs) for rhs in ("X", "Z", "X:Z", "X:X")}
    v1, v2, c = (value(found, *pair) for pair in (("X", "~~", "X"), ("Z", "~~", "Z"), ("X", "~~", "Z")))
    mean = b["X:Z"] * c + b["X:X"] * v1
    variance = b["X"] ** 2 * v1 + b["Z"] ** 2 * v2 + 2.0 * b["X"] * b["Z"] * c + value(found, "Y", "~~", "Y")
    variance += (
        b["X:Z"] ** 2 * (v1 * v2 + c * c) + b["X:X"] ** 2 * 2.0 * v1**2 + 4.0 * b["X:Z"] * b["X:X"] * v1 * c
    )
    implied = found.implied()
    load = value(found, "Y", "=~", "y2")
    assert implied["mean"]["y2"] == pytest.approx(value(found, "y2", "~1") + load * mean)
    assert implied["cov"].loc["y2", "y2"] == pytest.approx(
        load**2 * variance + value(found, "y2", "~~", "y2")
    )
    assert implied["cov"].loc["x1", "y1"] == pytest.approx(b["X"] * v1 + b["Z"] * c)
    table = found.standardized().set_index(["lhs", "op", "rhs"])["est_std"]
    assert table["Y", "~", "X:Z"] == pytest.approx(b["X:Z"] * np.sqrt(v1 * v2 / variance))
    assert table["Y", "~", "X:X"] == pytest.approx(b["X:X"] * v1 / np.sqrt(variance))
    assert table["Y", "~", "X"] == pytest.approx(b["X"] * np.sqrt(v1 / variance))


def test_scale_of_the_factors_changes_nothing(products: pd.DataFrame) -> None:
    one, two = fitted(MODEL, products), fitted(MODEL, products, std_lv=True)
    assert one.measures["logl"] == pytest.approx(two.measures["logl"], abs=1e-7)
    first, second = (fit.standardized()["est_std"].to_numpy() for fit in (one, two))
    assert np.allclose(np.abs(first), np.abs(second), atol=1e-5)


@pytest.mark.parametrize("how", ["lms", "qml"])
def test_units_of_the_variables_change_nothing(how: str, products: pd.DataFrame) -> None:
    numbers = products.select_dtypes("number")
    fits = [fitted(MODEL, numbers * unit, interactions=how) for unit in (1.0, 1e-4)]
    one, small = (fit.estimates for fit in fits)
    product = one["rhs"] == "X:Z"
    unit = np.select([one["op"] == "~~", one["op"] == "~1", product], [1e-8, 1e-4, 1e4], 1.0)
    assert np.allclose(small["est"], one["est"] * unit, rtol=1e-6, atol=1e-12 * unit)
    assert np.allclose(small["se"], one["se"] * unit, rtol=1e-6, atol=0.0)
    standard = [fit.standardized()[["est_std", "se"]] for fit in fits]
    assert np.allclose(*standard, rtol=1e-5, atol=1e-9)


def test_clusters_of_one_case_are_robust_errors(products: pd.DataFrame) -> None:
    robust = fitted(MODEL, products, estimator="MLR")
    single = fitted(MODEL, products.assign(own=np.arange(len(products))), cluster="own")
    n = len(products)
    assert np.allclose(single.vcov, robust.vcov * n / (n - 1), rtol=1e-8)
    plain = fitted(MODEL, products)
    place = list(plain.vcov).index("Y~X:Z")
    inflation = robust.vcov.iloc[place, place] / plain.vcov.iloc[place, place]
    ratio = sem.product_test(plain).statistic / sem.product_test(robust).statistic
    assert ratio == pytest.approx(inflation, rel=1e-6)
    firms = fitted(MODEL, products, cluster="firm")
    assert firms.model.options.se == "robust.cluster"
    assert not np.allclose(firms.vcov, robust.vcov, rtol=0.05)


def test_groups_are_fits_of_their_own_and_equal_parameters_are_equal(products: pd.DataFrame) -> None:
    both = fitted(MODEL, products, group="g")
    parts = [fitted(MODEL, part) for _, part in products.groupby("g", sort=False)]
    assert both.measures["logl"] == pytest.approx(sum(part.measures["logl"] for part in parts), abs=1e-7)
    tied = fitted(MEASURED + "Y ~ X + Z + c(h, h)*X:Z", products, group="g")
    own = tied.estimates[tied.estimates.rhs == "X:Z"]
    assert own.est.iloc[0] == pytest.approx(own.est.iloc[1], abs=1e-12)
    assert tied.npar == both.npar - 1
    assert sem.product_test(both).df == 2
    assert tied.measures["logl"] <= both.measures["logl"]


def test_complete_data_are_the_same_with_full_information(products: pd.DataFrame) -> None:
    one, two = fitted(MODEL, products), fitted(MODEL, products, missing="ml")
    assert np.allclose(one.estimates[["est", "se"]], two.estimates[["est", "se"]], atol=1e-7)


# -- bad cases -------------------------------------------------------------------------------------------


def test_what_cannot_be_had_is_refused_with_words(products: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="no variance: w"):
        fitted(MEASURED + "Y ~ X + w + X:w", products.assign(w=1.0))
    with pytest.raises(ModelError, match="neither is normally distributed"):
        fitted(
            MEASURED + "Z ~ X + X:X\nY ~ Z + Z:Z",
            products,
        )
    with pytest.raises(
        ModelError, match="'qml' knows no product with a variable that another product leads to"
    ):
        fitted(MEASURED + "Z ~ X + w + X:w\nY ~ Z + Z:w", products, interactions="qml")
    with pytest.raises(ModelError, match="8 complete cases for 9 variables"):
        fitted(MODEL, products.iloc[:8])
    with pytest.raises(InputError, match="allowed: ML, MLR, MLF"):
        fitted(MODEL, products, estimator="GLS")
    with pytest.raises(InputError, match="too many nodes"):
        fitted(MEASURED + "Y ~ X + Z + X:X + Z:Z", products, nodes=1000)
    found = fitted(MODEL, products)
    for ask in (found.modification_indices, lambda: found.predict(products)):
        with pytest.raises(ComplyError, match="not available"):
            ask()
    data = holey(products)
    data.loc[0, ["z1", "z2", "z3"]] = np.nan
    with pytest.raises(ModelError, match="no value of any indicator of 'Z', on which 'Y' depends"):
        fitted(MEASURED + "Z ~ X + X:X\nY ~ Z", data, missing="ml")


def test_a_model_that_is_not_identified_has_no_errors(products: pd.DataFrame) -> None:
    found = fitted("X =~ NA*x1 + x2 + x3\nY =~ y1 + y2 + y3\nY ~ X + w + X:w", products)
    assert found.estimates["se"][found.estimates["free"] > 0].isna().all()
    assert [p.code for p in found.problems if p.serious] == ["not_identified"]


def test_a_search_that_does_not_end_gives_no_numbers_as_if(products: pd.DataFrame) -> None:
    found = fitted(MODEL, products, optimizer_options={"iterations": 1})
    assert not found.converged
    assert "logl" not in found.measures
    with pytest.raises(ModelError, match="the fit did not converge: there is nothing to test"):
        sem.product_test(found)
    assert found.estimates["se"][found.estimates["free"] > 0].isna().all()
    assert found.problems[0].code == "not_converged"
    with pytest.raises(ModelError, match="did not converge"):
        found.predict()


def test_a_negative_variance_is_named(products: pd.DataFrame) -> None:
    """A copy of an indicator with little noise drives the residual variance of the other two's below zero."""
    rng = np.random.default_rng(5)
    data = products.assign(x2=products.x1 * 1.0 + 0.3 * products.x3, x3=products.x3)
    data["x2"] += 0.05 * rng.standard_normal(len(data))
    found = fitted(MODEL, data)
    below = found.estimates[(found.estimates.op == "~~") & (found.estimates.est < 0.0)]
    assert len(below)
    message = next(p.message for p in found.problems if p.code == "heywood")
    assert below.lhs.iloc[0] in message
    assert not found.admissible


def test_a_fit_says_how_and_why_there_is_no_chisquare(products: pd.DataFrame) -> None:
    found = fitted(MEASURED + "Y ~ X + w + X:w", products)
    text = found.summary()
    assert "No test of fit: with products the variables are not normally distributed" in text
    assert "(LMS); moderators are observed, nothing is integrated" in text
    assert "latent moderated structural equations (LMS), 24 nodes for X" in fitted(MODEL, products).summary()
    assert "observed moderators enter products as deviations from their mean: w" in text
    assert np.isnan(found.measures["chisq"])
    assert not [p for p in found.problems if p.serious]


def test_slopes_are_told_where_products_are_formed(products: pd.DataFrame) -> None:
    """Factors enter as they are, columns as deviations from their mean."""
    found = fitted(MEASURED + "Y ~ X + Z + X:Z + w + X:w", products)
    b = {rhs: value(found, "Y", "~", rhs) for rhs in ("X", "Z", "X:Z", "X:w")}
    sd = np.sqrt(value(found, "Z", "~~", "Z"))
    slopes = sem.simple_slopes(found, "Y ~ X:Z").tidy()
    assert np.allclose(slopes["est"], [b["X"] - sd * b["X:Z"], b["X"], b["X"] + sd * b["X:Z"]], atol=1e-8)
    vcov = found.vcov
    error = np.sqrt(
        vcov.loc["Y~X", "Y~X"] + sd**2 * vcov.loc["Y~X:Z", "Y~X:Z"] + 2.0 * sd * vcov.loc["Y~X", "Y~X:Z"]
    )
    assert slopes["se"].iloc[2] == pytest.approx(error)
    columns = sem.simple_slopes(found, "Y ~ X:w").tidy()
    spread = products["w"].std()
    assert np.allclose(columns["est"], [b["X"] + step * spread * b["X:w"] for step in (-1, 0, 1)], atol=1e-6)


def test_nodes_are_as_many_as_the_likelihood_needs() -> None:
    """Factors measured badly and an outcome that tells much about them: two nodes are said to be too few."""
    rng = np.random.default_rng(2)
    x, e = rng.standard_normal((2, 150))
    z = 0.3 * x + e
    y = 0.4 * x + 0.3 * z + x * z + 0.3 * x * x + 0.3 * rng.standard_normal(150)
    parts = [f[:, None] + s * rng.standard_normal((150, 3)) for f, s in ((x, 1.2), (z, 1.2), (y, 0.3))]
    data = pd.DataFrame(np.hstack(parts), columns=ITEMS)
    model = MODEL + " + X:X"
    few, left_open, many = (fitted(model, data, nodes=nodes) for nodes in (4, None, 96))
    assert "twice the nodes change the log-likelihood" in next(p for p in few.problems if p.serious).message
    assert left_open.model.nodes > 24
    assert left_open.measures["logl"] == pytest.approx(many.measures["logl"], abs=2e-3)
    assert not [p for p in left_open.problems if p.code == "quadrature"]


def test_models_are_compared_by_their_likelihoods(products: pd.DataFrame) -> None:
    """LMS with and without a square, and against the linear model; quasi-likelihoods have no such test."""
    squared = MODEL + " + X:X"
    large, small = (fitted(model, products, nodes=12) for model in (squared, MODEL))
    linear = sem.fit(MEASURED + "Y ~ X + Z", products, meanstructure=True)
    for less in (small, linear):
        last = sem.compare(large, less).iloc[-1]
        gain = 2.0 * (large.measures["logl"] - less.measures["logl"])
        assert last["Chisq diff"] == pytest.approx(gain, abs=1e-5)
    quasi = [fitted(model, products, interactions="qml") for model in (squared, MODEL)]
    with pytest.warns(sem.SemWarning, match="quasi-likelihood has no likelihood-ratio test"):
        assert np.isnan(sem.compare(*quasi)["Pr(>Chisq)"].iloc[-1])
    with pytest.raises(ComplyError, match="another estimator"):
        sem.compare(large, quasi[1])
