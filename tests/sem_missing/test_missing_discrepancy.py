"""The FIML discrepancy inside the engine: derivatives, and the independence model."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from comply_measure.sem.arrays import NotPositiveDefiniteError
from comply_measure.sem.data import Cases
from comply_measure.sem.discrepancy.fiml import FIMLDiscrepancy, moment_derivatives
from comply_measure.sem.discrepancy.ml import MLDiscrepancy
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.layouts import build_layouts
from comply_measure.sem.missing import baseline, completion, information, likelihood, patterns, saturated
from comply_measure.sem.missing.sample import incomplete_sample
from comply_measure.sem.sample import moments
from comply_measure.sem.start import starting_values
from comply_measure.sem.table import TableOptions, build_table

MODELS = {
    "factors": "f =~ a + b + c\ng =~ d + e",
    "structural": "f =~ a + b + c\ng =~ d + e\ng ~ f",
    "higher": "f =~ a + b\ng =~ c + d\nh =~ f + g\ne ~ h\na ~~ c",
    "path": "a ~ b + c\nd ~ a + b\ne ~ d + a\nd ~~ e",
}


def holes(rng, n=80):
    half = rng.normal(size=(5, 5))
    data = rng.multivariate_normal(rng.normal(size=5), half @ half.T + np.eye(5), size=n)
    data[: n // 2][rng.random((n // 2, 5)) < 0.3] = np.nan
    return data


def incomplete_group(data, names):
    cases = Cases(("",), (data,), (tuple(names),), (None,), (np.arange(len(data)),), len(data))
    return incomplete_sample(cases, ((),)).groups[0]


def setting(model, rng):
    table = build_table(parse_model(MODELS[model]), TableOptions(meanstructure=True, fixed_x=False))
    layout = build_layouts(table)[0]
    names = table.variables[0].observed
    data = holes(rng)
    group = incomplete_group(data, names)
    theta = starting_values(table, (layout,), (group,))
    theta = theta + 0.1 * rng.normal(size=theta.shape)
    return layout, FIMLDiscrepancy(group), theta, data


@pytest.mark.parametrize("model", MODELS)
def test_gradient_and_hessian_are_slopes(model):
    layout, discrepancy, theta, _ = setting(model, np.random.default_rng(21))
    here = discrepancy.evaluate(layout.at(theta))
    assert np.isfinite(here.value) and here.value > 0.0
    gradient, hessian = np.full(len(theta), np.nan), np.full((len(theta),) * 2, np.nan)
    for a, step in enumerate(1e-5 * np.eye(len(theta))):
        up, down = (discrepancy.evaluate(layout.at(theta + s)) for s in (step, -step))
        gradient[a] = (up.value - down.value) / 2e-5
        hessian[a] = (up.gradient() - down.gradient()) / 2e-5
    assert_allclose(here.gradient(), gradient, rtol=1e-6, atol=1e-7)
    assert_allclose(here.hessian(), hessian, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_both_kinds_of_information_are_the_same_in_any_order(model):
    layout, discrepancy, theta, _ = setting(model, np.random.default_rng(25))
    first, second = (discrepancy.evaluate(layout.at(theta)) for _ in range(2))
    both = first.information(), first.hessian()
    other = second.hessian(), second.information()
    assert_array_equal(both[0], other[1])
    assert_array_equal(both[1], other[0])
    at, derivatives = first.at.completion, first.derivatives
    alone = information.expected_information(first.sample, at, derivatives) / first.n
    assert_array_equal(both[0], alone)


def test_wide_gaps_are_summed_by_products_of_parameters_as_by_pairs_of_values():
    rng = np.random.default_rng(26)
    p, q, m = 30, 7, 22
    missing = np.sort(np.array([rng.choice(p, m, replace=False) for _ in range(2)]), axis=1)
    block = patterns.PatternBlock(p, missing, np.array([3.0, 5.0]), slice(0, 2), np.arange(2))
    root, alpha, beta = rng.normal(size=(2, m, m)), rng.normal(size=(p, q)), rng.normal(size=(p, q))
    traces = np.zeros((q, q))
    for l, places, frequency in zip(root, missing, block.frequency, strict=True):
        products = [
            np.outer(a, b) + np.outer(b, a) for a, b in zip(alpha[places].T, beta[places].T, strict=True)
        ]
        seen = [l @ l.T @ product for product in products]
        traces += frequency * np.array([[0.5 * np.trace(one @ other) for other in seen] for one in seen])
    by_pairs = sum(rows.T @ rows for rows in information._squared_roots(block, root, alpha, beta))
    assert_allclose(information._squared_of_wide(block, root, alpha, beta), traces, rtol=1e-9)
    assert_allclose(by_pairs, traces, rtol=1e-9)


def test_complete_data_give_the_complete_discrepancy():
    rng = np.random.default_rng(22)
    layout, _, theta, data = setting("higher", rng)
    data = np.where(np.isnan(data), rng.normal(size=data.shape), data)
    complete = moments(data, layout.observed)
    fiml = FIMLDiscrepancy(incomplete_group(data, layout.observed)).evaluate(layout.at(theta))
    ml = MLDiscrepancy(complete).evaluate(layout.at(theta))
    assert_allclose(fiml.value, ml.value, rtol=1e-10)
    assert_allclose(fiml.gradient(), ml.gradient(), rtol=1e-8, atol=1e-10)
    assert_allclose(fiml.information(), ml.information(), rtol=1e-9, atol=1e-12)
    assert_allclose(fiml.hessian(), ml.hessian(), rtol=1e-8, atol=1e-9)


def test_an_implied_matrix_that_is_not_positive_definite_is_signalled():
    layout, discrepancy, theta, _ = setting("factors", np.random.default_rng(23))
    with pytest.raises(NotPositiveDefiniteError):
        discrepancy.evaluate(layout.at(np.where(layout.kappa == 0.5, -10.0, theta)))


def test_expected_information_does_not_depend_on_the_answers():
    rng = np.random.default_rng(24)
    layout, discrepancy, theta, data = setting("structural", rng)
    other = np.where(np.isnan(data), np.nan, rng.normal(size=data.shape))
    again = FIMLDiscrepancy(incomplete_group(other, layout.observed))
    assert_allclose(
        discrepancy.evaluate(layout.at(theta)).information(),
        again.evaluate(layout.at(theta)).information(),
        rtol=1e-12,
    )


@pytest.mark.parametrize("exogenous", [[], [3], [3, 4]])
def test_independence_is_the_maximum_along_its_own_directions(exogenous):
    rng = np.random.default_rng(25)
    data = holes(rng)
    data[:, 3:] = np.where(np.isnan(data[:, 3:]), rng.normal(size=(80, 2)), data[:, 3:])
    data[5] = np.nan
    h1 = saturated.saturated_moments(data)
    found = baseline.baseline_moments(data, np.array(exogenous, dtype=int), h1.covariance, h1.mean)
    sample = patterns.group_cases(data)
    at = likelihood.moment_gradient(sample, found.sigma, found.mu)
    assert_allclose(at.loglik, found.loglik, rtol=1e-12)
    assert_allclose(found.derivatives.contract(at.covariance, at.mean), 0.0, atol=1e-10)
    assert found.n_parameters == 2 * (5 - len(exogenous))
    if exogenous:
        x = data[~np.isnan(data).all(axis=1)][:, exogenous]
        assert_allclose(found.sigma[np.ix_(exogenous, exogenous)], np.cov(x.T, bias=True), rtol=1e-9)


def test_independence_needs_the_moments_of_fixed_variables():
    with pytest.raises(ValueError, match="fixed at"):
        baseline.baseline_moments(holes(np.random.default_rng(26)), np.array([0]))


def test_derivatives_reach_the_missing_part():
    """Observed information through the columns equals half the Hessian where second derivatives vanish."""
    table = build_table(
        parse_model("a ~~ b\na ~~ c\nb ~~ c\na ~~ a\nb ~~ b\nc ~~ c"), TableOptions(meanstructure=True)
    )
    layout = build_layouts(table)[0]
    data = holes(np.random.default_rng(27))[:, :3]
    h1 = saturated.saturated_moments(data)
    sample = patterns.group_cases(data)
    theta = np.zeros(layout.q)
    for row in np.flatnonzero(table.free):
        i, j = (layout.observed.index(n) if n else 0 for n in (table.lhs[row], table.rhs[row]))
        theta[table.free[row] - 1] = h1.mean[i] if table.op[row] == "~1" else h1.covariance[i, j]
    here = FIMLDiscrepancy(incomplete_group(data, layout.observed)).evaluate(layout.at(theta))
    assert here.value == pytest.approx(0.0, abs=1e-10)
    done = completion.complete(sample, h1.covariance, h1.mean)
    info = information.observed_information(sample, done, moment_derivatives(layout.at(theta)))
    assert_allclose(0.5 * sample.n_cases * here.hessian(), info, rtol=1e-8, atol=1e-8)
