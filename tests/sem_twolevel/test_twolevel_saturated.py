"""Unrestricted moments of two levels: at the maximum, also where Σ_B is singular."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from comply_measure import sem
from comply_measure.sem.arrays import NotPositiveDefiniteError
from comply_measure.sem.errors import ModelError
from comply_measure.sem.twolevel import likelihood, saturated
from comply_measure.sem.twolevel.cholesky import FactorPoint
from comply_measure.sem.twolevel.sample import two_level_sample


def drawn(seed, sizes, both, within_only=0, between_only=0, rank=None, icc=0.2):
    """Clusters of given sizes; ``rank`` factors make the between part of the variables of both levels."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    p_w, p_b = both + within_only, both + between_only
    rank = rank or p_b
    shared = rng.normal(size=(len(sizes), rank)) @ rng.normal(size=(rank, p_b)) * np.sqrt(icc / rank)
    shared[:, both:] += rng.normal(size=(len(sizes), between_only))
    inner = rng.normal(size=(len(cluster), 2)) @ rng.normal(size=(2, p_w))
    inner = (inner + rng.normal(size=(len(cluster), p_w))) * np.sqrt(1 - icc)
    data = np.zeros((len(cluster), both + within_only + between_only))
    at_between = np.r_[:both, p_w : p_w + between_only]
    data[:, :p_w] += inner
    data[:, at_between] += shared[cluster]
    names = tuple(f"v{j}" for j in range(data.shape[1]))
    return data, cluster, two_level_sample(data, cluster, names, np.arange(p_w), at_between)


SIZES = np.random.default_rng(1).integers(2, 9, 60)
CASES = {
    "regular": (2, SIZES, 4, 0, 0, None, 0.5),
    "one factor between": (3, SIZES, 5, 0, 0, 1, 0.2),
    "no between variance to speak of": (4, SIZES, 5, 0, 0, 1, 0.005),
    "both kinds of single-level variables": (5, SIZES, 3, 2, 2, 1, 0.2),
    "equal sizes, one factor between": (6, np.full(80, 5), 6, 0, 0, 1, 0.2),
    "fewer clusters than variables": (7, np.array([9, 7, 8, 6]), 6, 0, 0, None, 0.3),
    "many clusters of one": (8, np.r_[np.ones(120, dtype=int), SIZES], 4, 1, 0, 1, 0.2),
}


@pytest.mark.parametrize("case", CASES)
def test_the_slope_is_zero_and_no_direction_leads_up(case):
    _, _, sample = drawn(*CASES[case])
    found = saturated.saturated_moments(sample)
    at = likelihood.slopes(sample, found.moments)
    assert found.converged and found.gradient < 1e-6
    assert np.abs(at.within).max() < 1e-6 and np.abs(at.mean).max() < 1e-6
    # on the boundary G ⪯ 0 and G Σ_B = 0 (Karush, Kuhn and Tucker); inside G = 0
    assert np.abs(at.between @ found.moments.between).max() < 1e-6
    assert np.linalg.eigvalsh(at.between)[-1] < 1e-6
    assert np.linalg.eigvalsh(found.moments.between)[0] > -1e-12
    assert at.loglik == pytest.approx(found.loglik, abs=1e-9)


def test_no_general_optimiser_gets_higher():
    """Quasi-Newton with differences of the log-likelihood, from the maximum and from elsewhere."""
    _, _, sample = drawn(9, SIZES, 3, 0, 0, 1, 0.1)
    found = saturated.saturated_moments(sample)
    lower = np.tril_indices(3)

    def deviance(x):
        within, between = np.zeros((3, 3)), np.zeros((3, 3))
        within[lower], between[lower] = x[:6], x[6:12]
        moments = likelihood.TwoLevelMoments(within @ within.T, between @ between.T, x[12:])
        return -likelihood.slopes(sample, moments).loglik

    for seed in range(3):
        rng = np.random.default_rng(seed)
        start = np.r_[np.eye(3)[lower], 0.5 * np.eye(3)[lower], np.zeros(3)] + 0.1 * rng.normal(size=15)
        best = minimize(deviance, start, method="BFGS", options={"gtol": 1e-4})
        assert -best.fun <= found.loglik + 1e-8
        assert -best.fun == pytest.approx(found.loglik, abs=1e-5)


def test_gradient_and_hessian_by_central_differences():
    _, _, sample = drawn(10, SIZES, 2, 1, 2)
    rng = np.random.default_rng(11)
    factors = [np.tril(rng.normal(size=(k, k))) + 2 * np.eye(k) for k in (3, 4)]
    point = FactorPoint(sample, *factors, rng.normal(size=5))
    steps = 1e-5 * np.eye(len(point.gradient))
    pairs = [(point.moved(step), point.moved(-step)) for step in steps]
    slope = np.array([(up.loglik - down.loglik) / 2e-5 for up, down in pairs])
    bend = np.array([(up.gradient - down.gradient) / 2e-5 for up, down in pairs])
    assert_allclose(point.gradient, slope, atol=1e-6 * np.abs(slope).max())
    assert_allclose(point.curvature(), -bend, atol=1e-6 * np.abs(bend).max())


def test_equal_sizes_have_the_moments_of_analysis_of_variance():
    """Σ_W = S_PW and Σ_B = S_B − S_PW / n, where that is positive definite."""
    rng = np.random.default_rng(5)
    shared = rng.multivariate_normal([0, 0], [[2, 0.8], [0.8, 1.5]], size=80)
    data = np.repeat(shared, 4, axis=0) + rng.normal(size=(320, 2))
    both = np.array([0, 1])
    sample = two_level_sample(data, np.repeat(np.arange(80), 4), ("a", "b"), both, both)
    found = saturated.saturated_moments(sample)
    assert_allclose(found.moments.within, sample.pooled, atol=1e-9)
    assert_allclose(found.moments.between, sample.covariances[0] - sample.pooled / 4, atol=1e-9)


def test_a_variable_without_between_variance_reaches_the_boundary():
    rng = np.random.default_rng(6)
    data = rng.normal(size=(200, 2))
    data -= 0.9 * np.repeat(data.reshape(50, 4, 2).mean(axis=1), 4, axis=0)
    both = np.array([0, 1])
    sample = two_level_sample(data, np.repeat(np.arange(50), 4), ("a", "b"), both, both)
    found = saturated.saturated_moments(sample)
    assert found.converged
    assert np.abs(found.moments.between).max() < 1e-9


def test_scale_and_order_of_variables_do_not_matter():
    data, cluster, sample = drawn(12, SIZES, 4, rank=1)
    found = saturated.saturated_moments(sample)
    scale, order = np.array([1e-3, 1.0, 50.0, 1e4]), np.array([2, 0, 3, 1])
    every = np.arange(4)
    other = two_level_sample((data * scale)[:, order], cluster, sample.names, every, every)
    turned = saturated.saturated_moments(other).moments
    unit = np.outer(scale[order], scale[order])
    assert_allclose(turned.between / unit, found.moments.between[np.ix_(order, order)], atol=1e-8)
    assert_allclose(turned.within / unit, found.moments.within[np.ix_(order, order)], atol=1e-8)


def test_a_start_on_a_face_that_is_too_small_climbs_off_it():
    """With column of L_B at zero the slope there is zero: the derivative in Σ_B tells that it leads up."""
    _, _, sample = drawn(*CASES["regular"])
    best = saturated.saturated_moments(sample)
    between = np.diag([0.2, 1e-16, 1e-16, 1e-16])
    start = replace(best.moments, between=between)
    found, _ = saturated.top(sample, start, 200, FactorPoint)
    assert found.loglik == pytest.approx(best.loglik, abs=1e-8)


def test_without_a_maximum_the_reason_is_given():
    data, cluster, _ = drawn(13, SIZES, 3)
    twice = np.column_stack([data, data[:, 0] + data[:, 1]])
    every = np.arange(4)
    with pytest.raises(NotPositiveDefiniteError):
        saturated.saturated_moments(two_level_sample(twice, cluster, ("a", "b", "c", "d"), every, every))
    z = np.random.default_rng(1).normal(size=len(SIZES))[cluster]
    frame = pd.DataFrame(data, columns=list("abc")).assign(z1=z, z2=2 * z, cl=cluster)
    model = "level: 1\n f =~ a + b + c\nlevel: 2\n g =~ a + b + c\n z1 ~ g\n z2 ~ g\n"
    with pytest.raises(ModelError, match="60 clusters for 2 variables of the cluster alone"):
        sem.fit(model, frame, cluster="cl")


def test_groups_have_each_their_own_maximum():
    frames = []
    for group, seed in (("a", 14), ("b", 15)):
        data, cluster, sample = drawn(seed, SIZES, 3, rank=1)
        frames.append(pd.DataFrame(data, columns=list("xyz")).assign(cl=cluster + 1000 * seed, g=group))
        frames[-1].attrs["loglik"] = saturated.saturated_moments(sample).loglik
    model = "level: 1\n f =~ x + y + z\nlevel: 2\n h =~ x + y + z\n"
    fit = sem.fit(model, pd.concat(frames, ignore_index=True), cluster="cl", group="g")
    assert fit.measures["unrestricted.logl"] == pytest.approx(
        sum(frame.attrs["loglik"] for frame in frames), abs=1e-8
    )


@pytest.mark.parametrize("case", ["regular", "both kinds of single-level variables", "many clusters of one"])
def test_a_step_of_em_never_leads_down_and_stays_at_the_maximum(case):
    _, _, sample = drawn(*CASES[case])
    point, reached = saturated._start(sample), -np.inf
    for _ in range(6):
        point = saturated._em_step(sample, point)
        loglik = likelihood.slopes(sample, point).loglik
        assert loglik > reached
        reached = loglik
    best = saturated.saturated_moments(sample)
    assert reached < best.loglik
    # a covariance matrix between clusters of full rank is a fixed point of the step, within and mean always are
    stays = saturated._em_step(sample, best.moments)
    assert_allclose(stays.within, best.moments.within, atol=1e-6)
    assert_allclose(stays.mean, best.moments.mean, atol=1e-6)
    assert_allclose(stays.between, best.moments.between, atol=1e-6)
