"""Every column of the tables of one-way and two-way reliability from its formula or from the likelihood in full."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads
from scipy import optimize, stats

from comply_measure import triads
from comply_measure.statistics.grouping import Grouping
from comply_measure.triads.reliability.shared_intervals import pivotal_draws
from comply_measure.triads.reliability.twoway import reml_obstacle, role_design
from comply_measure.triads.reml.fit import fit_reml
from comply_measure.triads.reml.oneway import fit_oneway
from comply_measure.triads.reml.simulate import bootstrap_components

NAN = np.nan


def unequal() -> pd.DataFrame:
    rng = np.random.default_rng(41)
    unit = np.repeat(np.arange(12), [1, 2, 3, 4] * 3)
    x = 50 + rng.normal(size=12)[unit] * 1.5 + rng.normal(size=len(unit))
    data = pd.DataFrame({"unit": unit, "x": x, "same": 50 + rng.normal(size=len(unit)) - 0.3 * x})
    data.loc[[5, 9], "x"] = NAN
    return data.sample(frac=1, random_state=1)


@pytest.mark.parametrize("size", ["n0", "mean"])
def test_one_way_reliability_from_mean_squares(size) -> None:
    data = unequal()
    table = triads.icc_oneway(data, ["x", "same"], size=size, confidence=0.9).tidy()
    for row in table.to_dict("records"):
        x = data[["unit", row["column"]]].dropna().set_index("unit")[row["column"]]
        groups = x.groupby(level=0)
        n, G, N = groups.size().to_numpy(), groups.ngroups, len(x)
        msw = ((x - groups.transform("mean")) ** 2).sum() / (N - G)
        msb = (n * (groups.mean() - x.mean()) ** 2).sum() / (G - 1)
        f, p = stats.f_oneway(*(part.to_numpy() for _, part in groups))
        n0 = (N - (n**2).sum() / N) / (G - 1)
        k = n0 if size == "n0" else N / G
        low, high = f / stats.f.ppf(0.95, G - 1, N - G), f * stats.f.ppf(0.95, N - G, G - 1)
        expected = {
            "icc1": (msb - msw) / (msb + (k - 1) * msw),
            "icc1_lower": (low - 1) / (low + k - 1), "icc1_upper": (high - 1) / (high + k - 1),
            "icc2": 1 - msw / msb, "icc2_lower": 1 - 1 / low, "icc2_upper": 1 - 1 / high,
            "f": f, "df1": G - 1, "df2": N - G, "p": p, "msb": msb, "msw": msw, "n_units": G, "n_informants": N,
            "mean_size": N / G, "n0": n0,
        }  # fmt: skip
        assert set(row) == {*expected, "column", "note"}
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-9), name
        assert row["note"] == "unequal unit sizes: intervals approximate"


def test_reasons_of_one_way_reliability() -> None:
    data = pd.DataFrame(
        {
            "unit": [1, 1, 2, 2, 3, 3],
            "one": [1.0, 2, NAN, NAN, NAN, NAN],
            "single": [1.0, NAN, 2, NAN, 3, NAN],
            "equal": [2.0] * 6,
            "within": [1.0, 1, 2, 2, 3, 3],
            "between": [1.0, 3, 1, 3, 1, 3],
            "good": [1.0, 2, 3, 4, 7, 5],
        }
    )
    names = list(data.columns[1:])
    table = triads.icc_oneway(data, names).tidy().set_index("column")
    notes = [
        "fewer than 2 units", "no unit with 2 informants", "all answers equal", "no variance within units",
        "no variance between units: ICC(2) undefined", "",
    ]  # fmt: skip
    assert table["note"].tolist() == notes
    assert table.loc[["one", "single", "equal"], ["icc1", "icc2", "p"]].isna().all(axis=None)
    assert table.loc["within", ["icc1", "icc1_lower", "icc1_upper", "icc2", "p"]].tolist() == [1, 1, 1, 1, 0]
    assert table.loc["between", "icc1"] == pytest.approx(-1)  # −1/(n − 1), the least there is
    assert table.loc["between", ["icc2", "icc2_lower", "icc2_upper"]].isna().all()
    reml = triads.icc_oneway_reml(data, names).tidy().set_index("column")
    assert reml["note"].tolist() == [*notes[:4], "no variance between units (boundary)", ""]
    assert reml.loc[names[:4], ["icc1", "icc2", "variance_within"]].isna().all(axis=None)
    edge = reml.loc["between"]
    assert edge[["icc1", "icc1_lower", "icc2", "variance_between"]].tolist() == [0, 0, 0, 0]
    assert edge["variance_within"] == pytest.approx(6 / 5)  # all of the sum of squares on n − 1
    anova = triads.icc_oneway(data, ["good"]).tidy().iloc[0]
    assert reml.loc["good", "icc1"] == pytest.approx(anova["icc1"])  # equal sizes
    assert reml.loc["good", "n_informants"] == 6


def test_one_way_components_and_interval_maximise_the_likelihood_in_full() -> None:
    data = unequal()
    table = triads.icc_oneway_reml(data, ["x", "same"], confidence=0.9).tidy().set_index("column")
    for column in ("x", "same"):
        part = data[["unit", column]].dropna()
        y, Z = part[column].to_numpy(), pd.get_dummies(part["unit"]).to_numpy(float)
        n, ones = len(y), np.ones(len(y))

        def profile(icc: float, y=y, Z=Z, n=n, ones=ones) -> tuple[float, float, float]:
            """Restricted likelihood at one ICC, total variance, mean; V by its elements."""
            V = icc * Z @ Z.T + (1 - icc) * np.eye(n)
            W = np.linalg.inv(V)
            mean = (W @ y).sum() / W.sum()
            scale = (y - mean) @ W @ (y - mean) / (n - 1)
            logs = np.linalg.slogdet(V)[1] + np.log(ones @ W @ ones) + (n - 1) * np.log(scale)
            return -0.5 * float(logs), float(scale), float(mean)

        row = table.loc[column]
        found = optimize.minimize_scalar(
            lambda v: -profile(v)[0], bounds=(0, 0.99), method="bounded", options={"xatol": 1e-10}
        )
        best = max(float(found.x), 0.0)
        if profile(0.0)[0] >= -found.fun:
            best = 0.0
        top, scale, mean = profile(best)
        drop = stats.chi2.ppf(0.9, 1) / 2

        def ends(v: float, top=top, drop=drop) -> float:
            return top - profile(v)[0] - drop

        lower = 0.0 if ends(0.0) <= 0 else optimize.brentq(ends, 0.0, best)
        upper = optimize.brentq(ends, best, 0.999)
        size = n / Z.shape[1]
        expected = {
            "icc1": best, "icc1_lower": lower, "icc1_upper": upper,
            "variance_between": best * scale, "variance_within": (1 - best) * scale,
            "n_units": Z.shape[1], "n_informants": n, "mean_size": size,
            **{
                f"icc2{end}": size * v / (1 + (size - 1) * v)
                for end, v in (("", best), ("_lower", lower), ("_upper", upper))
            },
        }  # fmt: skip
        assert set(table.columns) == {*expected, "note"}
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-5, abs=1e-6), (column, name)
        fitted = fit_oneway(data[column].to_numpy(), Grouping.from_labels(data["unit"]))
        assert fitted.mean == pytest.approx(mean, rel=1e-9)


def dense(
    y: np.ndarray, unit: np.ndarray, role: np.ndarray, X: np.ndarray, theta: np.ndarray
) -> tuple[float, ...]:
    """Restricted log-likelihood without constants, GLS coefficients and their covariance."""
    same = lambda a: (a[:, None] == a).astype(float)  # noqa: E731
    V = theta[0] * same(role) + theta[1] * same(unit) + theta[2] * np.eye(len(y))
    W = np.linalg.inv(V)
    A = X.T @ W @ X
    b = np.linalg.solve(A, X.T @ W @ y)
    r = y - X @ b
    value = -0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1] + r @ W @ r)
    return value, b, np.linalg.inv(A)  # type: ignore[return-value]


def test_two_way_reliability_of_incomplete_units_from_the_likelihood_in_full() -> None:
    data = drawn_triads(51, units=25, missing=0.2, columns=1, unit_sd=0.9)
    found = triads.icc_twoway(data, confidence=0.9, bootstrap=60, seed=5)
    x = data.values[:, :, 0]
    x = x[~np.isnan(x).all(axis=1)]
    unit, role = np.nonzero(~np.isnan(x))
    y, ones = x[unit, role], np.ones((len(unit), 1))
    best = optimize.minimize(
        lambda t: -dense(y, unit, role, ones, np.exp(t))[0], np.log([0.2, 0.5, 1.0]),
        method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4000},
    )  # fmt: skip
    r, u, e = np.exp(best.x)
    without = optimize.minimize(
        lambda t: -dense(y, unit, role, ones, np.array([np.exp(t[0]), 0.0, np.exp(t[1])]))[0], np.log([0.2, 1.0]),
        method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11},
    )  # fmt: skip
    p = 0.5 * stats.chi2.sf(2 * (without.fun - best.fun), 1)
    table = found.tidy()
    assert table["form"].tolist() == ["ICC(A,1)", "ICC(C,1)", "ICC(A,k)", "ICC(C,k)"]
    values = [u / (u + r + e), u / (u + e), u / (u + (r + e) / 3), u / (u + e / 3)]
    np.testing.assert_allclose(table["icc"], values, rtol=1e-4)
    assert table["p"].tolist() == pytest.approx([p] * 4, rel=1e-3)
    assert table[["f", "df1", "df2"]].isna().all(axis=None)
    for name, value in (
        ("k", 3), ("n_units", len(x)), ("n_informants", len(y)), ("estimator", "REML"), ("note", ""),
        ("interval", "parametric bootstrap, 60 replications"), ("column", "v0"),
    ):  # fmt: skip
        assert set(table[name]) == {value}, name
    fit = fit_reml(x, role_design(3, random_roles=True))
    a, b, c = bootstrap_components(fit, np.isnan(x), 60, np.random.default_rng(5)).T
    draws = np.stack([b / (b + a + c), b / (b + c), b / (b + (a + c) / 3), b / (b + c / 3)])
    np.testing.assert_allclose(table["lower"], np.percentile(draws, 5, axis=1))
    np.testing.assert_allclose(table["upper"], np.percentile(draws, 95, axis=1))
    # roles fixed: Wald F from generalised least squares at the components of that model
    X = np.eye(3)[role]
    fixed = optimize.minimize(
        lambda t: -dense(y, unit, role, X, np.array([0.0, *np.exp(t)]))[0], np.log([0.5, 1.0]),
        method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12},
    )  # fmt: skip
    _, means, cov = dense(y, unit, role, X, np.array([0.0, *np.exp(fixed.x)]))
    C = np.array([[-1, 1, 0], [-1, 0, 1]])
    f = (C @ means) @ np.linalg.solve(C @ cov @ C.T, C @ means) / 2
    df2 = len(y) - len(x) - 2
    row = found.role_effects().iloc[0]
    expected = (f, 2, df2, stats.f.sf(f, 2, df2), u, r, e)
    names = ["f", "df1", "df2", "p", "variance_unit", "variance_role", "variance_residual"]
    np.testing.assert_allclose(row[names].to_numpy(float), expected, rtol=1e-3)
    assert row[["n_units", "n_informants", "estimator", "note"]].tolist() == [len(x), len(y), "REML", ""]


def test_two_way_reliability_of_complete_units_from_mean_squares() -> None:
    data = drawn_triads(52, units=20, columns=1, unit_sd=0.9)
    found = triads.icc_twoway(data, confidence=0.9)
    x = data.values[:, :, 0]
    n, k = x.shape
    msr, msc = k * x.mean(axis=1).var(ddof=1), n * x.mean(axis=0).var(ddof=1)
    rest = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    mse = (rest**2).sum() / ((n - 1) * (k - 1))
    f, role_f, df = msr / mse, msc / mse, (n - 1) * (k - 1)
    table = found.tidy()
    for name, value in (("f", f), ("df1", n - 1), ("df2", df), ("p", stats.f.sf(f, n - 1, df))):
        assert table[name].tolist() == pytest.approx([value] * 4), name
    assert set(table["interval"]) == {"F; Satterthwaite for A"}
    assert set(table["note"]) == {""}
    row = found.role_effects().iloc[0]
    expected = (role_f, k - 1, df, stats.f.sf(role_f, k - 1, df), (msr - mse) / k, (msc - mse) / n, mse)
    names = ["f", "df1", "df2", "p", "variance_unit", "variance_role", "variance_residual"]
    np.testing.assert_allclose(row[names].to_numpy(float), expected)
    low, high = f / stats.f.ppf(0.95, n - 1, df), f * stats.f.ppf(0.95, df, n - 1)
    consistency = table.set_index("form")
    np.testing.assert_allclose(
        consistency.loc["ICC(C,1)", ["lower", "upper"]].to_numpy(float),
        [(low - 1) / (low + k - 1), (high - 1) / (high + k - 1)],
    )
    np.testing.assert_allclose(
        consistency.loc["ICC(C,k)", ["lower", "upper"]].to_numpy(float), [1 - 1 / low, 1 - 1 / high]
    )


def test_pivotal_draws_of_a_balanced_facet() -> None:
    """ν(θ̂ + σ̂²/G)/χ²_ν − σ²*/G: units cancel between roles, the residual of a role's mean is σ²/G."""
    x = drawn_triads(53, units=15, columns=1).values[:, :, 0]
    fit = fit_reml(x, role_design(3, random_roles=True))
    draws = np.random.default_rng(1).uniform(0.2, 1.0, (6, 3))
    found = pivotal_draws(fit, draws, np.isnan(x), np.random.default_rng(2))
    chi2 = np.random.default_rng(2).chisquare(2, size=6)
    role, _, error = fit.theta[0]
    expected = np.maximum(2 * (role + error / 15) / chi2 - draws[:, 2] / 15, 0.0)
    np.testing.assert_allclose(found[:, 0], expected)
    np.testing.assert_array_equal(found[:, 1:], draws[:, 1:])
    gap = np.isnan(x)
    gap[:5, 0] = True  # harmonic mean of 10, 15, 15 units
    fewer = pivotal_draws(fit, draws, gap, np.random.default_rng(2))
    G = 3 / (1 / 10 + 2 / 15)
    np.testing.assert_allclose(fewer[:, 0], np.maximum(2 * (role + error / G) / chi2 - draws[:, 2] / G, 0.0))


def test_why_there_is_no_reml_fit() -> None:
    nan = np.nan
    assert reml_obstacle(np.array([[1.0, 2.0]])) == "fewer than 2 units"
    assert reml_obstacle(np.array([[1.0, nan], [2.0, nan]])) == "one role"
    assert reml_obstacle(np.array([[1.0, nan], [nan, 2.0]])) == "no unit with 2 informants"
    assert reml_obstacle(np.array([[1.0, 2.0], [nan, 2.0]])) == ""
    near = 1e7 + np.array([[0.0, 1e-6], [1e-6, 0.0]])  # apart by less than rounding of numbers of that size
    assert reml_obstacle(near) == "all answers equal"
    assert reml_obstacle(near - 1e7) == ""


def test_rounding_of_large_answers_is_no_variance() -> None:
    """Answers near 10⁷ that differ by 10⁻⁶ are equal, those a thousand times farther apart are not."""
    pattern = np.random.default_rng(1).integers(0, 2, (6, 3, 2))
    for step, equal in ((1e-6, True), (1e-3, False)):
        x = 1e7 + step * pattern
        data = triads.TriadData(np.arange(6), None, tuple("abc"), ("x", "y"), x, np.ones((6, 3), dtype=bool))
        assert (triads.g_study(data, bootstrap=0).tidy()["note"] == "all answers equal").all() == equal
