"""Composites: closed forms with one outcome, and the specification written out by hand in lavaan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem

PATHS = "c1 <~ y1 + y2 + y3\nc2 <~ y5 + y6 + y7\nf =~ x1 + x2 + x3\nc2 ~ c1\nc1 ~ f"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return political_democracy.get_data()


def slopes(data: pd.DataFrame, y: str, x: list[str]) -> np.ndarray:
    X = np.column_stack([data[x], np.ones(len(data))])
    return np.linalg.lstsq(X, data[y], rcond=None)[0][:-1]


def row(table: pd.DataFrame, lhs: str, op: str, rhs: str) -> pd.Series:
    return table[(table.lhs == lhs) & (table.op == op) & (table.rhs == rhs)].iloc[0]


def test_free_weights_and_one_outcome_are_a_regression(data: pd.DataFrame) -> None:
    fit = sem.fit("c <~ x1 + x2 + x3\ny1 ~ c", data)
    beta = slopes(data, "y1", ["x1", "x2", "x3"])
    assert fit.measures["df"] == 0 and fit.measures["chisq"] == pytest.approx(0.0, abs=1e-8)
    assert row(fit.estimates, "y1", "~", "c").est == pytest.approx(beta[0], rel=1e-6)
    assert row(fit.estimates, "c", "<~", "x2").est == pytest.approx(beta[1] / beta[0], rel=1e-6)
    assert row(fit.estimates, "c", "<~", "x3").est == pytest.approx(beta[2] / beta[0], rel=1e-6)


def test_fixed_weights_are_a_sum_score(data: pd.DataFrame) -> None:
    fit = sem.fit("c <~ x1 + 1*x2 + 2*x3\ny1 ~ c", data, meanstructure=True)
    score = data.assign(score=data.x1 + data.x2 + 2 * data.x3)
    assert row(fit.estimates, "y1", "~", "c").est == pytest.approx(
        slopes(score, "y1", ["score"])[0], rel=1e-7
    )
    assert row(fit.estimates, "c", "~~", "c").est == pytest.approx(score.score.var(ddof=0), rel=1e-7)
    assert fit.measures["df"] == 2
    assert np.allclose(
        fit.implied()["cov"].loc["x1":"x3", "x1":"x3"], data[["x1", "x2", "x3"]].cov(ddof=0), rtol=1e-6
    )


def test_against_the_specification_by_hand(data: pd.DataFrame) -> None:
    fit = sem.fit(PATHS, data)
    # lavaan 0.6.14 with the excrescent variables written out as latent variables
    assert fit.measures["chisq"] == pytest.approx(48.0103333831, abs=1e-6)
    assert fit.measures["df"] == 21 and fit.npar == 24
    assert fit.measures["srmr"] == pytest.approx(0.0920661808853, abs=1e-6)
    table = fit.standardized()
    for lhs, op, rhs, est, se in (
        ("c1", "=~", "y1", 0.936, 0.028),
        ("c2", "=~", "y7", 0.859, 0.047),
        ("c2", "~", "c1", 0.854, 0.031),
        ("c1", "~", "f", 0.353, 0.103),
    ):
        found = row(table, lhs, op, rhs)
        assert (found.est_std, found.se) == pytest.approx((est, se), abs=6e-4)


def test_reference_component_does_not_matter(data: pd.DataFrame) -> None:
    turned = PATHS.replace("y1 + y2 + y3", "y3 + y1 + y2")
    a, b = sem.fit(PATHS, data), sem.fit(turned, data)
    assert a.measures["chisq"] == pytest.approx(b.measures["chisq"], abs=1e-8)
    x, y = (fit.standardized().set_index(["lhs", "op", "rhs"]).est_std for fit in (a, b))
    for key in (("c1", "<~", "y2"), ("c1", "=~", "y3"), ("c2", "~", "c1")):
        assert x[key] == pytest.approx(y[key], abs=1e-6)


def test_weights_equal_across_groups() -> None:
    hs = holzinger39.get_data()
    model = "c <~ x1 + x2 + x3\nf =~ x4 + x5 + x6\nf ~ c"
    free = sem.fit(model, hs, group="school")
    tied = sem.fit(model, hs, group="school", group_equal="composite.loadings")
    assert tied.measures["df"] == free.measures["df"] + 2
    assert tied.measures["chisq"] > free.measures["chisq"]
    weights = tied.estimates[(tied.estimates.op == "<~") & (tied.estimates.rhs == "x2")]
    assert weights.est.iloc[0] == pytest.approx(weights.est.iloc[1], abs=1e-12)
    assert tied.converged and sem.fit(model, hs, estimator="MLR").converged


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("c <~ y1 + y2\nd <~ y2 + y3\nx1 ~ c + d", "component of two composites"),
        ("f =~ x1 + x2 + x3\nc <~ f + y1\ny2 ~ c", "is latent"),
        ("c <~ y1 + y2\nc =~ x1\nx2 ~ c", "both '=~' and '<~'"),
        ("c <~ y1 + y2\nf =~ y1 + x1 + x2\nf ~ c", "cannot measure"),
        ("c <~ y1 + y2\ny1 ~ x1\nx2 ~ c", "no path or covariance of its own"),
        ("c <~ 2*y1 + y2\nx2 ~ c", "must be 1"),
    ],
)
def test_what_composites_exclude_is_refused(data: pd.DataFrame, model: str, message: str) -> None:
    with pytest.raises(sem.ModelError, match=message):
        sem.fit(model, data)


def collinear(distance: float) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 200
    a = rng.standard_normal(n)
    b = a + distance * rng.standard_normal(n)
    c = 0.8 * rng.standard_normal(n) + 0.4 * a
    y = 0.5 * a + 0.3 * c + rng.standard_normal(n)
    z = 0.4 * a + 0.2 * c + 0.3 * y + rng.standard_normal(n)
    return pd.DataFrame({"a": a, "b": b, "c": c, "y": y, "z": z})


@pytest.mark.parametrize("distance", [0.3, 0.03, 0.003, 0.0001])
@pytest.mark.parametrize("order", ["a + b + c", "b + a + c", "c + a + b"])
def test_collinear_components_in_any_order_give_the_regression(distance: float, order: str) -> None:
    data = collinear(distance)
    fit = sem.fit(f"k <~ {order}\ny ~ k", data)
    assert fit.converged
    # at the smallest distance the information is singular to working precision, and the fit reports no χ²
    assert fit.model.statistic(fit.optimum.point) == pytest.approx(0.0, abs=1e-4)
    assert bool(fit.no_fit) == any(problem.code == "not_identified" for problem in fit.problems)
    x = data[["a", "b", "c"]].to_numpy()
    x = x - x.mean(axis=0)
    y = data["y"].to_numpy() - data["y"].mean()
    explained = float(y @ x @ np.linalg.lstsq(x, y, rcond=None)[0]) / float(y @ y)
    residual = row(fit.estimates, "y", "~~", "y").est / (y @ y / len(y))
    assert 1.0 - residual == pytest.approx(explained, abs=1e-7)


def test_collinear_components_with_two_outcomes_reach_one_optimum() -> None:
    """χ² of two outcomes on one combination is −n Σ log(1 − r²) of the canonical correlations but the first."""
    data = collinear(0.01)
    x = data[["a", "b", "c"]].to_numpy()
    y = data[["y", "z"]].to_numpy()
    q1, q2 = (np.linalg.qr(m - m.mean(axis=0))[0] for m in (x, y))
    canonical = np.linalg.svd(q1.T @ q2, compute_uv=False)
    expected = -len(data) * float(np.log(1.0 - canonical[1] ** 2))
    for order in ("a + b + c", "b + a + c", "c + b + a"):
        fit = sem.fit(f"k <~ {order}\ny ~ k\nz ~ k\ny ~~ z", data)
        assert fit.measures["chisq"] == pytest.approx(expected, abs=1e-6)
        assert not fit.problems


def test_collinear_components_in_two_groups_with_means() -> None:
    data = pd.concat([collinear(0.02).iloc[:120].assign(g="p"), collinear(0.05).iloc[40:].assign(g="q")])
    orders = ("a + b + c", "b + a + c")
    fits = [sem.fit(f"k <~ {order}\ny ~ k\nz ~ y", data, group="g") for order in orders]
    assert fits[0].measures["chisq"] == pytest.approx(fits[1].measures["chisq"], abs=1e-6)
    assert all(fit.converged for fit in fits)
    alone = [sem.fit("k <~ a + b + c\ny ~ k\nz ~ y", part).measures["chisq"] for _, part in data.groupby("g")]
    assert fits[0].measures["chisq"] == pytest.approx(sum(alone), abs=1e-6)
    equal = [sem.fit(f"k <~ {order}\ny ~ p*k\nz ~ y", data.query("g == 'p'")) for order in orders]
    assert equal[0].measures["chisq"] == pytest.approx(equal[1].measures["chisq"], abs=1e-6)
