"""Simple slopes, Johnson-Neyman regions, standardised products and tests of products, each against its definition."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.sem.interactions.johnson_neyman import _roots, _signs

MEASURED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\n"
MODEL = MEASURED + "Y ~ X + Z + X:Z"
RICH = MEASURED + "Y ~ X + Z + X:Z + X:X + w + X:w"


@pytest.fixture(scope="module")
def latent(products: pd.DataFrame) -> sem.Fit:
    return sem.fit(RICH, products)


@pytest.fixture(scope="module")
def observed(products: pd.DataFrame) -> sem.Fit:
    return sem.fit("y1 ~ x1 + z1 + x1:z1 + w", products)


def estimates(fitted: sem.Fit) -> tuple[pd.Series, pd.DataFrame]:
    rows = fitted.estimates
    names = rows["lhs"] + rows["op"] + rows["rhs"]
    return pd.Series(rows["est"].to_numpy(), names), fitted.vcov


def test_slopes_of_columns_are_those_of_shifted_regressions(
    products: pd.DataFrame, observed: sem.Fit
) -> None:
    """With z moved by m, the coefficient of x is the slope at z = m, its error included."""
    found = sem.simple_slopes(observed, at={"low": 1.0, "high": 4.5}).tidy()
    for row in found.itertuples():
        moved = sem.fit("y1 ~ x1 + z1 + x1:z1 + w", products.assign(z1=products["z1"] - row.value))
        wanted = moved.estimates.query("op == '~' and rhs == 'x1'").iloc[0]
        assert row.est == pytest.approx(wanted["est"], abs=1e-7)
        assert row.se == pytest.approx(wanted["se"], abs=1e-7)
        assert row.pvalue == pytest.approx(wanted["pvalue"], abs=1e-7)
        assert row.ci_upper == pytest.approx(wanted["ci_upper"], abs=1e-6)
    assert list(found["at"]) == ["low", "high"]


def test_slopes_of_factors_by_hand(latent: sem.Fit, products: pd.DataFrame) -> None:
    """b_X + b_XZ z + 2 b_XX x + b_Xw (w − w̄) and the delta method; Z at its mean and one implied SD to both sides."""
    est, vcov = estimates(latent)
    names = ["Y~X", "Y~X:Z", "Y~X:X", "Y~X:w"]
    cov = latent.model.family.variable_moments(latent.model, latent.optimum.point, 0)
    sd = math.sqrt(cov[2][cov[0].index("Z"), cov[0].index("Z")])
    for hold in ({}, {"X": 0.7, "w": 4.0}):
        found = sem.simple_slopes(latent, "Y ~ X:Z", hold=hold).tidy()
        assert np.allclose(found["value"], [-sd, 0.0, sd])
        for row in found.itertuples():
            moved = hold.get("w", products["w"].mean()) - products["w"].mean()
            weights = np.array([1.0, row.value, 2 * hold.get("X", 0.0), moved])
            assert row.est == pytest.approx(weights @ est[names], abs=1e-12)
            variance = weights @ vcov.loc[names, names].to_numpy() @ weights
            assert row.se == pytest.approx(math.sqrt(variance), rel=1e-10)


def test_a_curve_has_a_slope_along_itself(latent: sem.Fit) -> None:
    est, _ = estimates(latent)
    found = sem.simple_slopes(latent, "Y ~ X:X", at=[-1.0, 2.0]).tidy()
    assert np.allclose(found["est"], est["Y~X"] + 2 * np.array([-1.0, 2.0]) * est["Y~X:X"])
    curve = sem.simple_slopes(latent, "Y ~ X:X").lines(201)
    slope = np.gradient(curve["y"], curve["x"])
    assert slope[100] == pytest.approx(est["Y~X"], abs=1e-6)
    assert len(curve) == 201 and (curve["at"] == "").all()
    with pytest.raises(InputError, match="a curve, no surface"):
        sem.simple_slopes(latent, "Y ~ X:X").surface()


def test_either_variable_of_a_product_can_be_the_moderator(latent: sem.Fit) -> None:
    est, _ = estimates(latent)
    found = sem.simple_slopes(latent, "Y ~ w:X", at=[0.5]).tidy()
    assert found["predictor"][0] == "w" and found["moderator"][0] == "X"
    assert found["est"][0] == pytest.approx(est["Y~w"] + 0.5 * est["Y~X:w"], abs=1e-12)


def test_a_moderator_of_two_values_is_told_at_both(products: pd.DataFrame) -> None:
    data = products.assign(d=(products["w"] > 3).astype(float) + 1)
    fitted = sem.fit("y1 ~ x1 + d + x1:d", data)
    found = sem.simple_slopes(fitted).tidy()
    assert list(found["value"]) == [1.0, 2.0] and list(found["at"]) == ["1", "2"]
    for value, row in zip((1.0, 2.0), found.itertuples(), strict=True):
        mine = data[data["d"] == value]
        assert row.est == pytest.approx(np.polyfit(mine["x1"], mine["y1"], 1)[0], abs=1e-7)


def test_regions_are_where_a_grid_of_slopes_is_significant(latent: sem.Fit, observed: sem.Fit) -> None:
    for fitted, term in ((latent, "Y ~ X:w"), (latent, "Y ~ X:X"), (observed, None)):
        for level in (0.9, 0.95, 0.99):
            regions = sem.johnson_neyman(fitted, term, level=level)
            grid = np.linspace(-12.0, 12.0, 4001)
            slopes = sem.simple_slopes(fitted, term, at=grid.tolist()).tidy()
            sign = np.where(slopes["pvalue"] < 1 - level, np.sign(slopes["est"]), 0)
            table = regions.tidy()
            words = {"positive": 1, "negative": -1, "not different from 0": 0}
            inside = [(grid > r.lower) & (grid < r.upper) for r in table.itertuples()]
            told = sum(mask * words[word] for mask, word in zip(inside, table["slope"], strict=True))
            assert np.array_equal(told, sign)
            assert len(table) == 3 and table["share"].sum() == pytest.approx(1.0, abs=1e-12)


def test_shares_are_those_of_the_cases_or_of_a_normal_factor(
    latent: sem.Fit, observed: sem.Fit, products: pd.DataFrame
) -> None:
    table = sem.johnson_neyman(observed).tidy()
    last = table.iloc[-1]
    assert last["share"] == pytest.approx((products["z1"] >= last["lower"]).mean())
    assert last["moderator_low"] == products["z1"].min() and last["moderator_high"] == products["z1"].max()
    table = sem.johnson_neyman(latent, "Y ~ X:Z").tidy()
    sd = table["moderator_high"][0] / 3.0
    inner = table.iloc[-1]
    assert inner["share"] == pytest.approx(stats.norm.sf(inner["lower"] / sd), abs=1e-12)


def test_regions_cover_the_line_and_their_signs_are_those_of_the_slope() -> None:
    """Random slopes a₀ + a₁ m: within each region |slope| lies on one side of its bound, and it turns at the ends."""
    rng, eye = np.random.default_rng(8), np.eye(2)
    kinds = set()
    for _ in range(300):
        b, root = rng.normal(size=2), rng.normal(size=(2, 2))
        V = root @ root.T * rng.uniform(0.01, 0.5)
        found = _signs(SimpleNamespace(coefficients=b, covariance=V), eye[0], eye[1], 1.96)
        assert [found[0][0], found[-1][1]] == [-np.inf, np.inf]
        assert all(one[1] == other[0] for one, other in itertools.pairwise(found))
        for low, high, sign in found:
            ends = max(low, min(high, 0.0) - 20.0), min(high, max(low, 0.0) + 20.0)
            m = np.linspace(*ends, 9)[1:-1]
            w = np.column_stack([np.ones_like(m), m])
            slope, bound = w @ b, 1.96 * np.sqrt(np.einsum("ij,jk,ik->i", w, V, w))
            np.testing.assert_array_equal(np.where(np.abs(slope) > bound, np.sign(slope), 0), sign)
        kinds.add(tuple(region[2] for region in found))
    assert {(0,), (1, 0, -1), (-1, 0, 1), (0, 1, 0), (0, -1, 0)} <= kinds


def test_bounds_are_roots_whatever_the_units_of_the_moderator() -> None:
    """Roots of c₀ + 2 c₁ m + c₂ m² against numpy's, for moderators in units of a hundredth to a thousandfold."""
    rng, found = np.random.default_rng(9), 0
    for unit in (0.01, 0.3, 1.0, 1000.0):
        for c0, c1, c2 in rng.normal(size=(50, 3)):
            expected = np.roots([c2, 2 * c1, c0])
            known = sorted(expected.real * unit) if np.isreal(expected).all() else []
            assert _roots(c0, c1 / unit, c2 / unit**2) == pytest.approx(known, rel=1e-6)
            found += len(known)
    assert found > 100
    assert _roots(-3.0, 0.5, 0.0) == [3.0]  # an effect whose error does not bend: one bound
    assert _roots(0.02, 0.01, 0.0) == [-1.0]
    assert _roots(-3.0, 0.0, 0.0) == _roots(1.0, 0.5, 0.25) == _roots(1.0, 0.0, 1.0) == []
    assert _roots(-1.0, 0.0, 0.5) == pytest.approx([-np.sqrt(2), np.sqrt(2)])


def test_regions_without_a_bound_and_without_errors(products: pd.DataFrame) -> None:
    noise = products.assign(y1=np.random.default_rng(3).normal(size=len(products)))
    never = sem.johnson_neyman(sem.fit("y1 ~ x1 + z1 + x1:z1", noise), level=0.999).tidy()
    assert len(never) == 1 and never["slope"][0] == "not different from 0"
    assert never["lower"][0] == -math.inf and never["upper"][0] == math.inf and never["share"][0] == 1.0
    without = sem.johnson_neyman(sem.fit("y1 ~ x1 + z1 + x1:z1", products, se="none"))
    assert len(without.tidy()) == 0 and without.notes == ("the fit has no standard errors",)
    slopes = sem.simple_slopes(sem.fit("y1 ~ x1 + z1 + x1:z1", products, se="none")).tidy()
    assert slopes["se"].isna().all() and slopes["est"].notna().all()


def test_lines_go_through_the_expected_outcome(products: pd.DataFrame, observed: sem.Fit) -> None:
    """A regression's line at values x, z and the mean of w is its prediction."""
    lines = sem.simple_slopes(observed, at=[2.0, 4.0]).lines(5)
    x = np.column_stack(
        [np.ones(len(products)), products[["x1", "z1"]], products["x1"] * products["z1"], products["w"]]
    )
    b = np.linalg.lstsq(x, products["y1"].to_numpy(), rcond=None)[0]
    wanted = b @ np.array(
        [
            np.ones(10),
            lines["x"],
            lines["value"],
            lines["x"] * lines["value"],
            np.full(10, products["w"].mean()),
        ]
    )
    assert np.allclose(lines["y"], wanted, atol=1e-8)
    _, z, surface = sem.simple_slopes(observed).surface(5)
    assert surface.shape == (5, 5)
    assert surface[0, 0] == pytest.approx(
        b @ [1, products["x1"].min(), z[0], products["x1"].min() * z[0], products["w"].mean()], abs=1e-8
    )


def test_the_curve_of_slopes_touches_zero_at_the_bounds(observed: sem.Fit) -> None:
    found = sem.johnson_neyman(observed)
    curve = found.curve(2001)
    bound = found.tidy()["upper"][1]
    assert np.interp(bound, curve["value"], curve["ci_lower"]) == pytest.approx(0.0, abs=1e-5)


def test_groups_have_slopes_of_their_own(products: pd.DataFrame) -> None:
    fitted = sem.fit(MODEL, products, group="g")
    found = sem.simple_slopes(fitted, at=[0.5]).tidy()
    rows = fitted.estimates.set_index(["group", "op", "rhs"])["est"]
    for place, row in enumerate(found.itertuples(), start=1):
        assert row.est == pytest.approx(rows[place, "~", "X"] + 0.5 * rows[place, "~", "X:Z"], abs=1e-12)
    assert list(found["group"]) == [g.name for g in fitted.model.sample.groups]
    assert list(sem.simple_slopes(fitted, group="a").tidy()["group"]) == ["a", "a", "a"]
    assert sem.johnson_neyman(fitted, group="b").tidy()["group"].unique().tolist() == ["b"]


def test_products_of_standardised_factors(products: pd.DataFrame) -> None:
    """Wen, Marsh & Hau (2010): b sd(X) sd(Z)/sd(Y), whatever sets the scale of the factors."""
    marker, unit = sem.fit(MODEL, products), sem.fit(MODEL, products, std_lv=True)
    est, _ = estimates(marker)
    names, _, cov = marker.model.family.variable_moments(marker.model, marker.optimum.point, 0)
    sd = {name: math.sqrt(cov[names.index(name), names.index(name)]) for name in ("X", "Z", "Y")}
    rows = [f.standardized().set_index(["lhs", "op", "rhs"]).loc[("Y", "~", "X:Z")] for f in (marker, unit)]
    assert rows[0]["est_std"] == pytest.approx(est["Y~X:Z"] * sd["X"] * sd["Z"] / sd["Y"], rel=1e-9)
    assert rows[1]["est_std"] == pytest.approx(rows[0]["est_std"], abs=1e-5)
    assert rows[1]["se"] == pytest.approx(rows[0]["se"], abs=1e-5)
    latent = marker.standardized("lv").set_index(["lhs", "op", "rhs"])["est_std"]["Y", "~", "X:Z"]
    assert latent == pytest.approx(rows[0]["est_std"], rel=1e-12)


def test_the_test_of_products_compares_with_zero_coefficients(products: pd.DataFrame) -> None:
    fitted = sem.fit(RICH, products)
    zero = sem.fit(MEASURED + "Y ~ X + Z + 0*X:Z + 0*X:X + w + 0*X:w", products)
    found = sem.product_test(fitted)
    assert found.terms == ("Y ~ X:Z", "Y ~ X:X", "Y ~ X:w")
    assert found.statistic == pytest.approx(zero.measures["chisq"] - fitted.measures["chisq"], abs=1e-5)
    assert found.df == 3.0 and found.pvalue == pytest.approx(stats.chi2.sf(found.statistic, 3), rel=1e-9)
    one = sem.product_test(fitted, "Y ~ w:X")
    assert one.terms == ("Y ~ X:w",) and one.df == 1.0
    robust = sem.product_test(sem.fit(MODEL, products, estimator="MLR"))
    assert robust.method == "satorra.bentler.2001" and robust.tidy()["df"][0] == 1.0


def test_slopes_and_tests_of_products_with_a_likelihood_of_their_own(products: pd.DataFrame) -> None:
    """LMS multiplies factors as they are: slopes at z are b_X + b_XZ z; the test is that of log-likelihoods."""
    fitted = sem.fit(MODEL, products, interactions="lms", nodes=12)
    est, vcov = estimates(fitted)
    found = sem.simple_slopes(fitted, at=[0.4]).tidy()
    names, weights = ["Y~X", "Y~X:Z"], np.array([1.0, 0.4])
    assert found["est"][0] == pytest.approx(weights @ est[names], abs=1e-12)
    wanted = math.sqrt(weights @ vcov.loc[names, names].to_numpy() @ weights)
    assert found["se"][0] == pytest.approx(wanted, rel=1e-10)
    test = sem.product_test(fitted)
    linear = sem.fit(MEASURED + "Y ~ X + Z", products, meanstructure=True)
    gain = 2 * (fitted.measures["logl"] - linear.measures["logl"])
    assert test.statistic == pytest.approx(gain, abs=1e-5) and test.df == 1.0
    full, less = (f.r2().set_index("lhs")["r2"]["Y"] for f in (fitted, linear))
    assert test.r2["change"][0] == pytest.approx(full - less, abs=1e-6)
    line = sem.simple_slopes(fitted, at=[0.4]).lines(3)
    assert line["y"][1] == pytest.approx(est["Y~Z"] * 0.4, abs=1e-8), "Y has the intercept 0"
    quasi = sem.product_test(sem.fit(MODEL, products, interactions="qml"))
    assert quasi.method == "Wald" and "no likelihood-ratio test" in quasi.notes[0]
    two = sem.fit(MEASURED + "Y ~ X + Z + X:Z + X:X", products, interactions="lms", nodes=12)
    gain = 2 * (two.measures["logl"] - fitted.measures["logl"])
    assert sem.product_test(two, "Y ~ X:X").statistic == pytest.approx(gain, abs=1e-5)


def test_what_products_add_to_a_regression(products: pd.DataFrame) -> None:
    found = sem.product_test(sem.fit("y1 ~ x1 + z1 + x1:z1", products)).r2
    y = products["y1"].to_numpy()

    def r2(*columns: pd.Series) -> float:
        x = np.column_stack([np.ones(len(y)), *columns])
        return float(1 - np.var(y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) / np.var(y))

    first = products["x1"], products["z1"]
    full, less = r2(*first, first[0] * first[1]), r2(*first)
    assert found["r2"][0] == pytest.approx(full, abs=1e-8)
    assert found["r2_without"][0] == pytest.approx(less, abs=1e-8)
    assert found["change"][0] == pytest.approx(full - less, abs=1e-8)


def test_questions_without_an_answer_are_refused(latent: sem.Fit, products: pd.DataFrame) -> None:
    for term, says in (
        (None, "the fit has several products"),
        ("Y ~ Z:w", "not in the fit"),
        ("Y ~ X", "A product term is meant"),
        ("Y ~ X:Z + X:w", "A product term is meant"),
    ):
        with pytest.raises(InputError, match=says):
            sem.simple_slopes(latent, term)
    with pytest.raises(InputError, match="not in the equation"):
        sem.johnson_neyman(latent, "Y ~ X:Z", hold={"q": 1.0})
    with pytest.raises(InputError, match="no such group"):
        sem.simple_slopes(latent, "Y ~ X:Z", group="a")
    plain = sem.fit("y1 ~ x1", products)
    for ask in (sem.simple_slopes, sem.johnson_neyman, sem.product_test):
        with pytest.raises(InputError, match=r"no product|no free coefficient"):
            ask(plain)
    with pytest.raises(InputError, match="no product of the fit"):
        sem.product_test(latent, ["Y ~ X:Z", "Y ~ Z:w"])
    alone = sem.fit("y1 ~ x1 + x1:z1", products)
    with pytest.raises(InputError, match="no variable of the model by itself"):
        sem.simple_slopes(alone)
    two = "level: 1\ny1 ~ x1 + z1 + x1:z1\nlevel: 2\ny1 ~~ y1"
    with pytest.raises(ComplyError, match="two"):
        sem.simple_slopes(sem.fit(two, products, cluster="firm"))


def test_residual_centring_says_what_its_slopes_assume(products: pd.DataFrame) -> None:
    fitted = sem.fit(MODEL, products, product_indicators="residual_centred")
    assert "symmetric about their means" in sem.simple_slopes(fitted).tidy().attrs["notes"][0]
    assert sem.simple_slopes(sem.fit(MODEL, products)).notes == ()
