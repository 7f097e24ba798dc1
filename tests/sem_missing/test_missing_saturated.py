"""Saturated moments of incomplete data against lavaan 0.6-14 and closed forms."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from comply_measure.sem.missing import (
    completion,
    coverage,
    derivatives,
    information,
    likelihood,
    patterns,
    saturated,
    saturated_inference,
    saturated_information,
)

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_missing"
ITEMS = [f"y{j}" for j in range(1, 10)]


def read(columns):
    with (REFERENCE / "incomplete.csv").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([[np.nan if r[c] == "NA" else float(r[c]) for c in columns] for r in rows])


@pytest.fixture(scope="module")
def cases():
    return json.loads((REFERENCE / "cases.json").read_text())


@pytest.fixture(scope="module")
def moments():
    return saturated.saturated_moments(read(ITEMS))


# lavaan's EM was run to 1e-10 (cases.R), so both sit on the maximum to about nine digits.
def test_moments_are_lavaans(cases, moments):
    h1 = cases["ml"]["h1"][0]
    assert_allclose(moments.covariance, h1["cov"], atol=1e-8)
    assert_allclose(moments.mean, h1["mean"], atol=1e-8)
    assert_allclose(moments.loglik, cases["ml"]["fitMeasures"]["unrestricted.logl"], atol=1e-8)
    assert moments.converged and not moments.singular


@pytest.mark.parametrize(
    ("case", "columns", "options"),
    [
        ("mlr", ITEMS, {}),
        ("mlr_expected", ITEMS, {"kind": "expected"}),
        ("cluster", ITEMS, {"clusters": True}),
        ("structural", [*ITEMS, "z"], {"exogenous": np.array([9])}),
        ("x_random", [*ITEMS, "zm"], {}),
    ],
)
def test_scaling_factor_of_the_saturated_model(cases, case, columns, options):
    data = read(columns)
    if "clusters" in options:
        options = {"clusters": read(["cluster"])[:, 0].astype(int)}
    at = saturated.saturated_moments(data)
    sample = patterns.group_cases(data, condense=False)
    found = saturated_inference.saturated_inference(sample, at.covariance, at.mean, **options)
    expected = cases[case]["fitMeasures"]["scaling.factor.h1"]
    assert_allclose(found.trace_of_scores / found.n_moments, expected, rtol=1e-9)


def unit_changes(sigma):
    """``dΣ = Σ P Σ`` and ``dμ = Σ ν`` for unit P and ν, as rank-two derivatives."""
    p, pairs = len(sigma), saturated_information.Pairs.of(len(sigma))
    left, right, mean = (np.zeros((p, p + len(pairs.rows))) for _ in range(3))
    mean[:, :p] = sigma
    left[:, p:] = sigma[:, pairs.rows]
    right[:, p:] = sigma[:, pairs.columns] * pairs.half_on_diagonal()
    return derivatives.MomentDerivatives(left, right, mean)


@pytest.mark.parametrize("share", [0.1, 0.6])
@pytest.mark.parametrize("condense", [True, False])
def test_saturated_information_is_that_of_unit_changes(share, condense, monkeypatch):
    monkeypatch.setattr(saturated_information, "DENSE_SHARE", share)
    rng = np.random.default_rng(3)
    half = rng.normal(size=(4, 4))
    sigma, mu = half @ half.T + np.eye(4), rng.normal(size=4)
    data = rng.multivariate_normal(mu, sigma, size=70)
    data[:40][rng.random((40, 4)) < 0.4] = np.nan
    sample, changes = patterns.group_cases(data, condense), unit_changes(sigma)
    done = completion.complete(sample, sigma, mu)
    for kind, definition in (
        ("observed", information.observed_information),
        ("expected", information.expected_information),
    ):
        found = saturated_information.saturated_information(sample, done, sigma, kind)
        assert_allclose(found, definition(sample, done, changes), atol=1e-10)
    if not condense:
        scores = saturated_information.saturated_scores(sample, done, sigma)
        assert_allclose(scores, information.casewise_scores(sample, done, changes), atol=1e-12)
    assert_allclose(saturated_information.dual_derivatives(done.precision, changes), np.eye(14), atol=1e-12)
    w = done.precision
    complete_case = 0.5 * derivatives.trace_pairs(changes, w, w) + changes.mean.T @ w @ changes.mean
    assert_allclose(saturated_information.complete_information(sigma, np.eye(14)), complete_case, atol=1e-12)
    unit = saturated_information.changes_of_moments(sigma, np.eye(14))
    assert_allclose(saturated_information.transposed_change(sigma, np.eye(14)), unit.T, atol=1e-12)
    there = saturated_information.transposed_change(sigma, complete_case)
    assert_allclose(saturated_information.transposed_change(w, there), complete_case, atol=1e-10)
    symmetric = rng.normal(size=(14, 14))
    symmetric += symmetric.T
    trace = saturated_information.trace_with_complete(sigma, np.tril(symmetric))
    assert_allclose(trace, np.vdot(complete_case, symmetric), rtol=1e-12)


def test_trace_of_complete_information():
    """``N tr(A_c A⁻¹)`` is the number of moments if nothing is missing, and more if something is."""
    data = read(ITEMS)[:, :4]
    for x, check in ((data[~np.isnan(data).any(axis=1)], "equal"), (data, "more")):
        at = saturated.saturated_moments(x)
        sample = patterns.group_cases(x, condense=False)
        found = saturated_inference.saturated_inference(sample, at.covariance, at.mean).trace_of_complete
        assert found == pytest.approx(14, abs=1e-6) if check == "equal" else found > 14.5


def test_complete_data_give_sample_moments_in_one_step():
    data = np.random.default_rng(1).normal(size=(50, 4)) * [1, 10, 0.1, 1000] + [0, 5, 1e4, 1]
    found = saturated.saturated_moments(data)
    assert_allclose(found.covariance, np.cov(data, rowvar=False, bias=True), rtol=1e-9, atol=1e-12)
    assert_allclose(found.mean, data.mean(axis=0), rtol=1e-12)
    assert found.n_steps <= 3


def test_the_score_vanishes_at_the_maximum(moments):
    at = likelihood.moment_gradient(patterns.group_cases(read(ITEMS)), moments.covariance, moments.mean)
    assert np.abs(at.covariance).max() < 1e-5
    assert np.abs(at.mean).max() < 1e-5


def test_slow_em_is_accelerated():
    """Half of two correlated variables missing in turn: plain EM needs many hundred steps."""
    rng = np.random.default_rng(4)
    data = rng.multivariate_normal([0, 0, 0], [[1, 0.95, 0.9], [0.95, 1, 0.9], [0.9, 0.9, 1]], size=300)
    data[10:150, 0] = np.nan
    data[150:, 1] = np.nan
    found = saturated.saturated_moments(data)
    assert found.converged and found.n_steps < 300
    at = likelihood.moment_gradient(patterns.group_cases(data), found.covariance, found.mean)
    assert np.abs(at.covariance).max() < 1e-4


def test_scale_of_the_variables_does_not_matter(moments):
    scale = 10.0 ** np.arange(-4, 5)
    found = saturated.saturated_moments(read(ITEMS) * scale + 3.0)
    assert_allclose(found.covariance / np.outer(scale, scale), moments.covariance, rtol=1e-7)
    n_values = np.count_nonzero(~np.isnan(read(ITEMS)), axis=0)
    assert_allclose(found.loglik, moments.loglik - n_values @ np.log(scale), rtol=1e-10)


def test_fewer_cases_than_variables_is_singular():
    data = np.random.default_rng(9).normal(size=(6, 8))
    data[0, 0] = np.nan
    found = saturated.saturated_moments(data)
    assert found.singular and not found.converged
    assert np.isnan(found.loglik)


def test_a_variable_without_values_is_an_error():
    data = np.random.default_rng(9).normal(size=(6, 2))
    data[:, 1] = np.nan
    with pytest.raises(ValueError, match="no value at all"):
        saturated.saturated_moments(data)


def test_coverage_counts_cases_with_at_least_one_value():
    nan = np.nan
    data = np.array([[1, 2, nan], [1, nan, 3], [nan, nan, nan], [2, 2, nan], [1, nan, nan]])
    assert_allclose(coverage.coverage(data), [[1, 0.5, 0.25], [0.5, 0.5, 0], [0.25, 0, 0.25]])


def test_coverage_problems_name_variables_and_pairs():
    nan = np.nan
    data = np.array([[1, 2, nan, nan], [1, nan, 3, nan], [2, 2, nan, nan]])
    found = coverage.coverage_problems(data, ["a", "b", "c", "d"], " in group 'north'")
    assert [(p.column, "north" in p.message) for p in found] == [("d", True), ("b, c", True)]
    assert coverage.coverage_problems(data[:, :2], ["a", "b"]) == ()


def test_moments_are_remembered_by_content_within_bounds():
    rng = np.random.default_rng(8)
    sets = [np.where(rng.random((30, 3)) < 0.1, np.nan, rng.normal(size=(30, 3))) for _ in range(3)]
    memory = saturated._Memory()
    memory.cells = 2 * 9

    def key(data, tolerance=1e-8, weights=None):
        return memory.key(data, weights, tolerance, 100)

    found = [memory.put(key(data), saturated._moments(data, 1e-8, 100, None)) for data in sets]
    assert memory.get(key(sets[0])) is None  # the oldest made room
    assert memory.get(key(sets[2].copy())) is found[2]
    assert memory.get(key(sets[2], 1e-9)) is None
    assert memory.get(key(sets[2], weights=np.ones(30))) is None
    first = saturated.saturated_moments(sets[0])
    first.covariance[:] = 0.0  # what a caller does with his copy is his affair
    again = saturated.saturated_moments(sets[0])
    plain = saturated._moments(sets[0], saturated.TOLERANCE, saturated.MAX_STEPS, None)
    np.testing.assert_array_equal(again.covariance, plain.covariance)
    assert again.loglik == plain.loglik
