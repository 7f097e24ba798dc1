"""The two-level likelihood against the definition: one multivariate normal vector per cluster."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from comply_measure.sem.arrays import NotPositiveDefiniteError
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.twolevel import information, likelihood
from comply_measure.sem.twolevel.sample import embed, two_level_sample

# a, b in both levels, v within only, z of the cluster alone
WITHIN, BETWEEN, P = np.array([0, 1, 2]), np.array([0, 1, 3]), 4


def positive(rng, p):
    half = rng.normal(size=(p, p))
    return half @ half.T + np.eye(p)


class Population:
    def __init__(self, seed=31):
        rng = np.random.default_rng(seed)
        self.within, self.between, self.mean = positive(rng, 3), positive(rng, 3), rng.normal(size=P)
        q = 4
        self.directions = information.TwoLevelDerivatives(
            MomentDerivatives(*(0.1 * rng.normal(size=(3, q)) for _ in range(2)), rng.normal(size=(3, q))),
            MomentDerivatives(*(0.1 * rng.normal(size=(3, 3)) for _ in range(2)), rng.normal(size=(3, 3))),
        )

    def at(self, theta):
        w, b = self.directions.within, self.directions.between
        first, second = theta[:4], theta[4:]
        dw, db = (w.left * first) @ w.right.T, (b.left * second) @ b.right.T
        mean = self.mean.copy()
        mean[WITHIN] += w.mean @ first
        mean[BETWEEN] += b.mean @ second
        return likelihood.TwoLevelMoments(self.within + dw + dw.T, self.between + db + db.T, mean)

    def draw(self, sizes, seed=32):
        rng = np.random.default_rng(seed)
        cluster = np.repeat(np.arange(len(sizes)), sizes)
        shared = rng.multivariate_normal(np.zeros(3), self.between, size=len(sizes))
        data = np.zeros((len(cluster), P))
        data[:, WITHIN] += rng.multivariate_normal(np.zeros(3), self.within, size=len(cluster))
        data[:, BETWEEN] += shared[cluster]
        order = rng.permutation(len(cluster))
        return (data + self.mean)[order], cluster[order]


def dense_log_likelihood(data, cluster, moments):
    """Σ_j log N(all values of cluster j), from the full covariance matrix of each cluster."""
    values = []
    within, between = embed(moments.within, WITHIN, P), embed(moments.between, BETWEEN, P)
    for j in np.unique(cluster):
        rows = data[cluster == j]
        n = len(rows)
        full = np.kron(np.ones((n, n)), between) + np.kron(np.eye(n), within)
        keep = np.array([i * P + k for i in range(n) for k in range(P) if k != 3 or i == 0])
        r = (rows - moments.mean).ravel()[keep]
        s = full[np.ix_(keep, keep)]
        values.append(
            -0.5 * (len(r) * np.log(2 * np.pi) + np.linalg.slogdet(s)[1] + r @ np.linalg.solve(s, r))
        )
    return np.array(values)


@pytest.fixture
def population():
    return Population()


@pytest.fixture
def drawn(population):
    return population.draw([1, 2, 2, 3, 5, 5, 5, 1, 4, 2, 3, 3])


@pytest.fixture
def sample(drawn):
    return two_level_sample(*drawn, ("a", "b", "v", "z"), WITHIN, BETWEEN)


def test_log_likelihood_is_the_definition(population, drawn, sample):
    moments = population.at(np.zeros(7))
    expected = dense_log_likelihood(*drawn, moments).sum()
    assert_allclose(likelihood.slopes(sample, moments).loglik, expected, rtol=1e-12)
    assert sample.n == 36 and sample.n_clusters == 12 and list(sample.sizes) == [1, 2, 3, 4, 5]


def test_gradient_and_observed_information_are_slopes(population, sample):
    d = population.directions

    def gradient(theta):
        at = likelihood.slopes(sample, population.at(theta))
        return np.concatenate(
            [d.within.contract(at.within, at.mean[WITHIN]), d.between.contract(at.between, at.mean[BETWEEN])]
        )

    steps = 1e-5 * np.eye(7)
    logl = [[likelihood.slopes(sample, population.at(sign * s)).loglik for sign in (1, -1)] for s in steps]
    assert_allclose(gradient(np.zeros(7)), [(up - down) / 2e-5 for up, down in logl], atol=1e-6)
    curvature = np.array([(gradient(s) - gradient(-s)) / 2e-5 for s in steps])
    at = likelihood.slopes(sample, population.at(np.zeros(7)))
    assert_allclose(information.observed_information(sample, at, d), -curvature, atol=1e-6)


def test_expected_information_is_the_mean_of_the_observed(population):
    sizes = [2, 2, 3, 5] * 5
    d = population.directions
    moments = population.at(np.zeros(7))
    total, draws = np.zeros((7, 7)), 300
    for seed in range(draws):
        sample = two_level_sample(*population.draw(sizes, seed), ("a", "b", "v", "z"), WITHIN, BETWEEN)
        at = likelihood.slopes(sample, moments)
        total += information.observed_information(sample, at, d) / draws
    expected = information.expected_information(sample, at, d)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.max(np.abs(total - expected) / scale) < 0.06  # Monte Carlo error of a mean of 300


def test_cluster_scores_are_slopes_of_the_clusters_log_likelihoods(population, drawn, sample):
    at = likelihood.slopes(sample, population.at(np.zeros(7)))
    scores = information.cluster_scores(sample, at, population.mean, population.directions)
    slopes = np.array(
        [
            (dense_log_likelihood(*drawn, population.at(s)) - dense_log_likelihood(*drawn, population.at(-s)))
            / 2e-5
            for s in 1e-5 * np.eye(7)
        ]
    ).T
    assert_allclose(scores, slopes, atol=1e-6)


def test_matrices_that_are_not_positive_definite_are_signalled(population, sample):
    good = population.at(np.zeros(7))
    with pytest.raises(NotPositiveDefiniteError):
        likelihood.slopes(sample, likelihood.TwoLevelMoments(-good.within, good.between, good.mean))
    with pytest.raises(np.linalg.LinAlgError):
        likelihood.slopes(sample, likelihood.TwoLevelMoments(good.within, -9 * good.between, good.mean))
