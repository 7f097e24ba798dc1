"""The likelihood of incomplete data against the definition, case by case."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from comply_measure.sem.missing import completion, derivatives, information, likelihood, patterns


def dense_log_likelihood(data, sigma, mu):
    """The definition, one case at a time."""
    values = np.full(len(data), np.nan)
    for i, x in enumerate(data):
        o = ~np.isnan(x)
        if o.any():
            r, s = x[o] - mu[o], sigma[np.ix_(o, o)]
            values[i] = -0.5 * (
                o.sum() * np.log(2 * np.pi) + np.linalg.slogdet(s)[1] + r @ np.linalg.solve(s, r)
            )
    return values


def zero_padded_inverse(x, sigma):
    o = ~np.isnan(x)
    inverse = np.zeros_like(sigma)
    inverse[np.ix_(o, o)] = np.linalg.inv(sigma[np.ix_(o, o)])
    return inverse


class Curve:
    """Moments that move linearly with θ, along rank-two directions."""

    def __init__(self, rng, p=5, q=7):
        half = rng.normal(size=(p, p))
        self.sigma, self.mu = half @ half.T + np.eye(p), rng.normal(size=p)
        self.directions = derivatives.MomentDerivatives(
            0.1 * rng.normal(size=(p, q)), 0.1 * rng.normal(size=(p, q)), rng.normal(size=(p, q))
        )

    def at(self, theta):
        d = self.directions
        step = (d.left * theta) @ d.right.T
        return self.sigma + step + step.T, self.mu + d.mean @ theta


@pytest.fixture
def curve():
    return Curve(np.random.default_rng(11))


@pytest.fixture
def data(curve):
    """Rare and frequent patterns, an empty case, and a case with one value."""
    rng = np.random.default_rng(12)
    x = rng.multivariate_normal(curve.mu, curve.sigma, size=60)
    x[:30][rng.random((30, 5)) < 0.35] = np.nan
    x[3] = np.nan
    x[7, 1:] = np.nan
    x[30:45, 2] = np.nan
    return x


@pytest.mark.parametrize("condense", [True, False])
def test_log_likelihood_is_the_definition(curve, data, condense):
    sample = patterns.group_cases(data, condense)
    expected = np.nansum(dense_log_likelihood(data, curve.sigma, curve.mu))
    assert_allclose(likelihood.log_likelihood(sample, curve.sigma, curve.mu), expected, rtol=1e-13)
    assert sample.n_rows == 60 and sample.n_cases == 59
    assert sample.n_values == np.count_nonzero(~np.isnan(data))


def test_casewise_log_likelihood_in_the_order_of_the_data(curve, data):
    cases = patterns.group_cases(data, condense=False)
    values = likelihood.casewise_log_likelihood(cases, curve.sigma, curve.mu)
    assert_allclose(values, dense_log_likelihood(data, curve.sigma, curve.mu), rtol=1e-12)


def test_casewise_quantities_refuse_condensed_cases(curve, data):
    condensed = patterns.group_cases(data)
    assert len(condensed.values) < 59
    with pytest.raises(ValueError, match="condense=False"):
        likelihood.casewise_log_likelihood(condensed, curve.sigma, curve.mu)


@pytest.mark.parametrize("condense", [True, False])
def test_gradient_is_the_slope(curve, data, condense):
    sample = patterns.group_cases(data, condense)
    at = likelihood.moment_gradient(sample, curve.sigma, curve.mu)
    gradient = curve.directions.contract(at.covariance, at.mean)
    steps = 1e-5 * np.eye(7)
    slopes = [
        (likelihood.log_likelihood(sample, *curve.at(s)) - likelihood.log_likelihood(sample, *curve.at(-s)))
        / 2e-5
        for s in steps
    ]
    assert_allclose(gradient, slopes, atol=1e-7)
    assert_allclose(at.loglik, likelihood.log_likelihood(sample, curve.sigma, curve.mu), rtol=1e-14)


@pytest.mark.parametrize("condense", [True, False])
def test_observed_information_is_the_curvature(curve, data, condense):
    sample = patterns.group_cases(data, condense)

    def gradient(theta):
        at = likelihood.moment_gradient(sample, *curve.at(theta))
        return curve.directions.contract(at.covariance, at.mean)

    steps = 1e-5 * np.eye(7)
    curvature = np.array([(gradient(s) - gradient(-s)) / 2e-5 for s in steps])
    done = completion.complete(sample, curve.sigma, curve.mu)
    info = information.observed_information(sample, done, curve.directions)
    assert_allclose(info, -curvature, atol=1e-7)


@pytest.mark.parametrize("condense", [True, False])
def test_expected_information_is_the_sum_over_cases(curve, data, condense):
    sample, d = patterns.group_cases(data, condense), curve.directions
    slopes = [np.outer(d.left[:, a], d.right[:, a]) for a in range(7)]
    slopes = [s + s.T for s in slopes]
    expected = np.zeros((7, 7))
    for x in data:
        w = zero_padded_inverse(x, curve.sigma)
        products = np.array([[np.trace(w @ a @ w @ b) for a in slopes] for b in slopes])
        expected += 0.5 * products + d.mean.T @ w @ d.mean
    done = completion.complete(sample, curve.sigma, curve.mu)
    assert_allclose(information.expected_information(sample, done, d), expected, rtol=1e-11)


def test_observed_information_averages_to_the_expected(curve):
    rng = np.random.default_rng(5)
    holes = rng.random((50, 5)) < 0.3
    total = np.zeros((7, 7))
    for _ in range(200):
        x = rng.multivariate_normal(curve.mu, curve.sigma, size=50)
        x[holes] = np.nan
        sample = patterns.group_cases(x)
        done = completion.complete(sample, curve.sigma, curve.mu)
        total += information.observed_information(sample, done, curve.directions) / 200
    expected = information.expected_information(sample, done, curve.directions)
    # Monte Carlo error of a mean of 200: about 1 % of the diagonal.
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.max(np.abs(total - expected) / scale) < 0.05


def test_casewise_scores_are_slopes_of_casewise_log_likelihoods(curve, data):
    cases = patterns.group_cases(data, condense=False)
    done = completion.complete(cases, curve.sigma, curve.mu)
    scores = likelihood.in_data_order(cases, information.casewise_scores(cases, done, curve.directions))
    slopes = np.array(
        [
            (dense_log_likelihood(data, *curve.at(s)) - dense_log_likelihood(data, *curve.at(-s))) / 2e-5
            for s in 1e-5 * np.eye(7)
        ]
    ).T
    assert_allclose(scores, slopes, atol=1e-7)
    assert np.isnan(scores[3]).all()


def test_complete_data_collapse_to_the_textbook(curve):
    x = np.random.default_rng(2).multivariate_normal(curve.mu, curve.sigma, size=40)
    sample = patterns.group_cases(x)
    assert sample.n_patterns == 1 and len(sample.values) == 6
    s = np.cov(x, rowvar=False, bias=True) + np.outer(x.mean(0) - curve.mu, x.mean(0) - curve.mu)
    w = np.linalg.inv(curve.sigma)
    at = likelihood.moment_gradient(sample, curve.sigma, curve.mu)
    expected = -20 * (5 * np.log(2 * np.pi) + np.linalg.slogdet(curve.sigma)[1] + np.trace(w @ s))
    assert_allclose(at.loglik, expected, rtol=1e-13)
    assert_allclose(at.covariance, 20 * (w @ s @ w - w), rtol=1e-10, atol=1e-10)


def test_order_of_variables_and_cases_does_not_matter(curve, data):
    rng = np.random.default_rng(8)
    row, column = rng.permutation(60), rng.permutation(5)
    shuffled = patterns.group_cases(data[row][:, column])
    sigma, mu = curve.sigma[np.ix_(column, column)], curve.mu[column]
    expected = likelihood.log_likelihood(patterns.group_cases(data), curve.sigma, curve.mu)
    assert_allclose(likelihood.log_likelihood(shuffled, sigma, mu), expected, rtol=1e-13)


@pytest.mark.parametrize("condense", [True, False])
def test_completion_fills_every_gap_whatever_the_order_in_memory(curve, data, condense):
    by_row, by_column = (
        patterns.group_cases(layout(data), condense) for layout in (np.ascontiguousarray, np.asfortranarray)
    )
    turned = patterns.IncompleteSample(
        **{name: getattr(by_row, name) for name in by_row.__slots__}
        | {"values": np.asfortranarray(by_row.values)}
    )
    filled = completion.complete(by_row, curve.sigma, curve.mu)
    for sample in (by_column, turned):
        done = completion.complete(sample, curve.sigma, curve.mu)
        assert_allclose(done.residual, filled.residual, rtol=1e-13)
    for row, seen, weight in zip(filled.residual, by_row.observed == 1, by_row.weight, strict=True):
        regression = np.linalg.solve(curve.sigma[np.ix_(seen, seen)], row[seen])
        assert_allclose(
            row[~seen], curve.sigma[np.ix_(~seen, seen)] @ regression, rtol=1e-9, atol=1e-12 * weight
        )


def test_blocks_are_split_to_bound_memory(curve, data, monkeypatch):
    whole = patterns.group_cases(data, condense=False)
    monkeypatch.setattr(patterns, "MAX_BLOCK_CELLS", 20)
    monkeypatch.setattr(information, "CHUNK_CELLS", 40)
    split = patterns.group_cases(data, condense=False)
    assert len(split.blocks) > len(whole.blocks)
    infos = [
        information.observed_information(s, completion.complete(s, curve.sigma, curve.mu), curve.directions)
        for s in (whole, split)
    ]
    assert_allclose(infos[0], infos[1], rtol=1e-11)


def test_a_matrix_that_is_not_positive_definite_is_an_error(curve, data):
    with pytest.raises(np.linalg.LinAlgError):
        likelihood.log_likelihood(patterns.group_cases(data), -curve.sigma, curve.mu)


def test_no_cases_at_all():
    empty = patterns.group_cases(np.full((3, 2), np.nan))
    assert empty.n_cases == 0 and empty.n_patterns == 0
    assert likelihood.log_likelihood(empty, np.eye(2), np.zeros(2)) == 0.0
