"""Means and slopes over kinds of units: closed forms, counts, and what cannot be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from comply_measure import evidence
from comply_measure.responses import load_dataset
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads.aggregation.generality import generality

RNG = np.random.default_rng(8)
N = 90
GROUP = pd.Series(np.repeat(["a", "b", "c"], 30))
X = pd.Series(RNG.normal(size=N))
Y = pd.Series(0.4 * X + RNG.normal(size=N) + (GROUP == "b") * 0.5)


def test_two_groups_are_compared_as_by_welch() -> None:
    two = GROUP.where(GROUP != "c")
    found = generality(Y, two)
    t = stats.ttest_ind(Y[two == "b"], Y[two == "a"], equal_var=False)
    assert_allclose(found.f, t.statistic**2, rtol=1e-8)
    assert_allclose(found.p, t.pvalue, rtol=0.1)  # degrees of freedom: Bell and McCaffrey's, not Welch's
    assert (found.df1, found.n_units, found.n_left_out, found.kind) == (1, 60, 0, "groups")
    assert_allclose(found.estimates["estimate"], [Y[two == "a"].mean(), Y[two == "b"].mean()])
    assert_allclose(found.estimates["se"], [Y[two == g].std() / np.sqrt(30) for g in "ab"], rtol=1e-10)


def test_the_largest_difference_is_in_standard_deviations_and_simultaneous_over_pairs() -> None:
    """Welch's standard error for two groups; of three, the pair farthest apart, each interval at 1 − .025/3."""
    two, spread = GROUP.where(GROUP != "c"), Y[GROUP != "c"].std()
    a, b = Y[GROUP == "a"], Y[GROUP == "b"]
    found = generality(Y, two)
    half = stats.t.ppf(0.975, found.df2) * np.sqrt(a.var() / 30 + b.var() / 30)
    assert_allclose(found.largest, abs(b.mean() - a.mean()) / spread)
    assert_allclose(found.largest_upper, (abs(b.mean() - a.mean()) + half) / spread, rtol=1e-8)
    means, variances = Y.groupby(GROUP).mean(), Y.groupby(GROUP).var()
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    three = generality(Y, GROUP)
    assert_allclose(three.largest, max(abs(means[i] - means[j]) for i, j in pairs) / Y.std())
    se = {(i, j): np.sqrt((variances[i] + variances[j]) / 30) for i, j in pairs}
    df = {  # Bell and McCaffrey's for two groups of equal size: Satterthwaite's with the working variances equal
        pair: generality(Y, GROUP.where(GROUP.isin(pair))).df2 for pair in pairs
    }
    ends = [abs(means[i] - means[j]) + stats.t.ppf(1 - 0.025 / 3, df[i, j]) * se[i, j] for i, j in pairs]
    assert_allclose(three.largest_upper, max(ends) / Y.std(), rtol=1e-6)


def test_clusters_of_equal_size_are_compared_by_their_means() -> None:
    firm = pd.Series(np.arange(N) // 5)
    found = generality(Y, GROUP.where(GROUP != "c"), firm)
    means = Y.groupby(firm).mean()
    own = GROUP.groupby(firm).first()
    t = stats.ttest_ind(means[own == "b"], means[own == "a"])  # six firms each: pooled and Welch's t agree
    assert_allclose(found.f, t.statistic**2, rtol=1e-8)
    assert_allclose([found.p, found.df2], [t.pvalue, 10], rtol=1e-6)
    assert found.n_clusters == 12
    assert "12 clusters are few" in found.note


def test_slopes_of_groups_and_along_a_number() -> None:
    found = generality(Y, GROUP, predictor=X)
    for row in found.estimates.to_dict("records"):
        mine = row["group"] == GROUP
        assert_allclose(row["estimate"], stats.linregress(X[mine], Y[mine]).slope, rtol=1e-10)
        assert row["n_units"] == 30
    assert found.df1 == 2
    z = pd.Series(RNG.normal(size=N)) * 7 + 100
    along = generality(Y, z, predictor=X)
    s = (z - z.mean()) / z.std()
    c = X - X.mean()
    design = np.column_stack([np.ones(N), s, c, s * c])
    beta = np.linalg.lstsq(design, Y, rcond=None)[0]
    assert along.kind == "number"
    assert_allclose(along.estimates["estimate"], beta[3], rtol=1e-10)
    H = design @ np.linalg.inv(design.T @ design) @ design.T
    e = (Y - design @ beta) / np.sqrt(1 - np.diag(H))
    bread = np.linalg.inv(design.T @ design)
    hc2 = bread @ (design.T * e.to_numpy() ** 2) @ design @ bread
    assert_allclose(along.estimates["se"], np.sqrt(hc2[3, 3]), rtol=1e-8)
    assert_allclose(generality(Y, z).estimates["estimate"], stats.linregress(s, Y).slope, rtol=1e-10)
    assert_allclose(generality(Y, z).largest, abs(np.corrcoef(z, Y)[0, 1]), rtol=1e-10)  # β of one predictor
    assert_allclose(along.largest, abs(beta[3]) * X.std() / Y.std(), rtol=1e-10)
    assert_allclose(
        along.largest_upper, max(abs(along.estimates[["lower", "upper"]].iloc[0])) * X.std() / Y.std()
    )


def test_small_groups_are_left_out_and_counted() -> None:
    some = GROUP.copy()
    some.iloc[:25] = "tiny rest"
    some.iloc[25:29] = None
    found = generality(Y, some)
    assert found.estimates["group"].tolist() == ["b", "c", "tiny rest"]
    assert (found.n_units, found.n_left_out) == (85, 1)
    lone = generality(Y, pd.Series("a", index=Y.index))
    assert np.isnan(lone.p)
    assert lone.note == "fewer than two groups of 10 units"
    assert generality(Y, GROUP, pd.Series("f", index=Y.index)).note == "one cluster: no standard errors"
    assert generality(Y * np.nan, GROUP).n_units == 0


@pytest.fixture(scope="module")
def journeys() -> evidence.GeneralisabilityEvidence:
    options = evidence.GeneralisabilityOptions(variables=("customer_type", "industry", "region"))
    return evidence.generalisability(load_dataset("journey_triads"), options)


def test_the_planted_difference_is_found(journeys: evidence.GeneralisabilityEvidence) -> None:
    """Units with large customers are .35 SD of an answer higher; nothing else was planted."""
    tests = journeys.tests.set_index(["family", "what", "variable"])
    assert tests.loc[("level", "", "customer_type"), "p_holm"] < 0.05
    assert (tests.drop(index=[("level", "", "customer_type")])["p_holm"] > 0.05).all()
    for family in ("level", "gap"):
        own = journeys.tests[journeys.tests["family"] == family]
        assert_allclose(own["p_holm"], holm(own["p"].to_numpy()))
    levels = journeys.estimates.query("family == 'level' and variable == 'customer_type'").set_index("group")
    assert levels["estimate"]["large"] > levels["estimate"]["small"] + 0.1
    assert levels["n_units"].sum() == journeys.tests["n_units"].iloc[0]
    assert journeys.values()["n_gap"] == 9


def test_paths_and_logarithms() -> None:
    responses = load_dataset("msi_triads")
    options = evidence.GeneralisabilityOptions(
        variables=("contract_volume", "customer_type"), logs=("contract_volume",),
        paths=({"from": "joint_preparation", "to": "customer_drawbacks"},),
    )  # fmt: skip
    found = evidence.generalisability(responses, options)
    path = found.tests[found.tests["family"] == "path"].set_index("variable")
    assert path["kind"].tolist() == ["number", "groups"]
    scores = evidence.aggregation(responses).scores.set_index("unit")
    units = responses.units.reindex(scores.index)
    table = pd.DataFrame(
        {
            "x": scores["joint_preparation"],
            "y": scores["customer_drawbacks"],
            "v": np.log(units["contract_volume"]),
        }
    ).dropna()
    z, x = (table["v"] - table["v"].mean()) / table["v"].std(), table["x"] - table["x"].mean()
    beta = np.linalg.lstsq(np.column_stack([np.ones(len(z)), z, x, x * z]), table["y"], rcond=None)[0]
    own = found.estimates.query("family == 'path' and variable == 'contract_volume'")
    assert_allclose(own["estimate"], beta[3], rtol=1e-8)
    assert own["n_units"].iloc[0] == len(table)
