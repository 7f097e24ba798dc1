"""Numbers beside the point estimate, against their formula, a refit or a density written out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.measurement import explore, multilevel_reliability, reliability_table
from comply_measure.measurement.fits import require_one_block
from comply_measure.measurement.missingness import pool_likelihood_ratio, pool_wald
from comply_measure.measurement.reliability.ordinal import ordinal_reliability
from comply_measure.measurement.saturated import covariance_of
from comply_measure.sem.ordinal import polychoric_matrix

ITEMS = [f"x{j}" for j in range(1, 7)]


def answers(n: int = 250, seed: int = 1, names: Iterable[str] = ITEMS) -> pd.DataFrame:
    """Two correlated factors of three five-point items each."""
    rng = np.random.default_rng(seed)
    f = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], n)
    loading = np.array([0.8, 0.7, 0.6, 0.75, 0.65, 0.7])
    y = np.repeat(f, 3, axis=1) * loading + rng.normal(size=(n, 6)) * np.sqrt(1 - loading**2)
    return pd.DataFrame(np.clip(np.round(3 + 1.1 * y), 1, 5), columns=list(names))


def three(n: int, seed: int) -> pd.DataFrame:
    """Three five-point items with one strong factor, so that no resample has an improper solution."""
    rng = np.random.default_rng(seed)
    loading = np.array([0.8, 0.75, 0.7])
    y = rng.normal(size=(n, 1)) * loading + rng.normal(size=(n, 3)) * np.sqrt(1 - loading**2)
    return pd.DataFrame(np.clip(np.round(3 + 1.1 * y), 1, 5), columns=ITEMS[:3])


def only_factor(r: np.ndarray) -> list[float]:
    """One factor of three items reproduces the correlations: λ₁ = √(r₁₂ r₁₃ / r₂₃)."""
    found = [np.sqrt(r[i, j] * r[i, k] / r[j, k]) for i, j, k in ((0, 1, 2), (1, 0, 2), (2, 0, 1))]
    assert max(found) < 0.99
    return found


def test_every_number_of_a_factor_solution() -> None:
    found = explore(answers(), ITEMS, 2, rotation="oblimin", n_replications=100, seed=3)
    L, phi = found.loadings, found.factor_correlation
    assert abs(phi[0, 1]) > 0.1
    table = found.tidy().set_index(["item", "factor"])
    for i, item in enumerate(ITEMS):
        communality = sum(L[i, a] * phi[a, b] * L[i, b] for a in (0, 1) for b in (0, 1))
        complexity = (L[i, 0] ** 2 + L[i, 1] ** 2) ** 2 / (L[i, 0] ** 4 + L[i, 1] ** 4)
        for m, factor in enumerate(found.factors):
            row = table.loc[(item, factor)]
            assert row["loading"] == L[i, m]
            assert row["structure"] == pytest.approx(L[i, m] + L[i, 1 - m] * phi[0, 1], rel=1e-12)
            assert row["communality"] == pytest.approx(communality, rel=1e-12)
            assert row["uniqueness"] == pytest.approx(1 - communality, abs=1e-6)
            assert row["complexity"] == pytest.approx(complexity, rel=1e-12)
            assert row["n"] == 250
    errors = found.errors
    pair = found.factor_correlations().iloc[0]
    assert pair["correlation"] == phi[0, 1]
    assert (pair["se"], pair["lower"], pair["upper"]) == (
        errors.correlation_se[0, 1],
        errors.correlation_lower[0, 1],
        errors.correlation_upper[0, 1],
    )
    assert errors.correlation_lower[0, 1] < phi[0, 1] < errors.correlation_upper[0, 1]
    variance = found.variance()
    explained = np.diag(phi @ L.T @ L)
    np.testing.assert_allclose(variance["sum_of_squares"], explained, rtol=1e-12)
    np.testing.assert_allclose(variance["share"], explained / 6, rtol=1e-12)
    np.testing.assert_allclose(variance["cumulative_share"], np.cumsum(explained) / 6, rtol=1e-12)
    assert found.communalities.sum() == pytest.approx(explained.sum(), rel=1e-12)


def test_resampling_ordered_answers_is_refitting_each_resample() -> None:
    """Errors of polychoric loadings: the weights drawn again, every resample written out and factored."""
    data, n, B = three(250, 2), 250, 100
    found = explore(data, ITEMS[:3], 1, kind="polychoric", n_replications=B, seed=7)
    weights = np.random.default_rng(7).multinomial(n, np.full(n, 1 / n), size=B)
    draws = []
    for weight in weights:
        again = data.loc[np.repeat(data.index, weight)].reset_index(drop=True)
        r = np.asarray(polychoric_matrix(again).covariance)
        draws.append(only_factor(r))
    draws = np.array(draws)
    np.testing.assert_allclose(found.errors.loading_se[:, 0], draws.std(axis=0, ddof=1), rtol=1e-3)
    lower, upper = np.percentile(draws, [2.5, 97.5], axis=0)
    np.testing.assert_allclose(found.errors.loading_lower[:, 0], lower, atol=1e-3)
    np.testing.assert_allclose(found.errors.loading_upper[:, 0], upper, atol=1e-3)
    assert (found.errors.n_used, found.errors.n_replications, found.errors.n_clusters) == (B, B, n)


def test_unrotated_loadings_have_the_errors_of_their_resamples() -> None:
    data, n, B = three(250, 4), 250, 100
    found = explore(data, ITEMS[:3], 1, rotation="none", n_replications=B, seed=8)
    weights = np.random.default_rng(8).multinomial(n, np.full(n, 1 / n), size=B)
    draws = []
    for weight in weights:
        r = np.corrcoef(np.repeat(data.to_numpy(), weight, axis=0).T)
        draws.append(only_factor(r))
    np.testing.assert_allclose(found.errors.loading_se[:, 0], np.std(draws, axis=0, ddof=1), rtol=1e-3)


def test_ordinal_coefficients_in_the_table_of_reliability() -> None:
    data = answers(200, 5)
    names = ["alpha_ordinal", "omega_latent", "omega_categorical", "omega_categorical_observed"]
    scales = {"s": ITEMS[:3]}

    def table(frame: pd.DataFrame) -> pd.DataFrame:
        found = reliability_table(frame, scales, coefficients=names, interval="none", by=None, unit=None)
        return found.tidy().set_index("coefficient")

    whole = table(data)
    R = np.asarray(polychoric_matrix(data[ITEMS[:3]]).covariance)
    assert whole.loc["alpha_ordinal", "estimate"] == pytest.approx(1.5 * (1 - 3 / R.sum()), rel=1e-6)
    direct = ordinal_reliability(data[ITEMS[:3]].to_numpy())
    for name in ("latent", "categorical"):
        expected = getattr(direct, f"omega_{name}_implied")
        assert whole.loc[f"omega_{name}", "estimate"] == pytest.approx(expected, rel=1e-9)
    observed = whole.loc["omega_categorical_observed", "estimate"]
    assert observed == pytest.approx(direct.omega_categorical_observed, rel=1e-9)
    broken = table(data + 0.5)
    assert broken["estimate"].isna().all()
    assert (broken["note"] == "scores are not ordered categories").all()


def test_a_pooled_test_of_undefined_estimates_is_undefined() -> None:
    q, u = np.ones((3, 2)), np.tile(np.eye(2), (3, 1, 1))
    for which in (0, 1):
        parts = [q.copy(), u.copy()]
        parts[which].reshape(-1)[1] = np.nan
        found = pool_wald(*parts)
        assert np.isnan([found.statistic, found.pvalue, found.df2]).all()
        assert found.note == "undefined estimates or covariances"
    assert pool_wald(q, u).note == ""


def test_likelihood_ratios_with_means_are_pooled_by_their_densities() -> None:
    """D3 of a mean structure that holds the means equal, from normal densities at the pooled estimates."""
    text = "f =~ x1 + x2 + x3\nx1 ~ a*1\nx2 ~ a*1\nx3 ~ a*1"
    rng = np.random.default_rng(6)
    complete = answers(150, 6)[ITEMS[:3]]
    sets = [
        complete + np.where(rng.random((150, 3)) < 0.2, rng.normal(0.3, 0.8, (150, 3)), 0) for _ in range(4)
    ]
    fits = [sem.fit(text, frame) for frame in sets]
    found = pool_likelihood_ratio(fits)
    theta = np.mean([fit.theta for fit in fits], axis=0)
    at = fits[0].model.layouts[0].at(fits[0].model.space.expand(fits[0].model.space.contract(theta)))
    m, k = 4, 2

    def loglik(frame: pd.DataFrame, mean: np.ndarray, cov: np.ndarray) -> float:
        return float(stats.multivariate_normal(mean, cov).logpdf(frame.to_numpy()).sum())

    means = [frame.mean().to_numpy() for frame in sets]
    covs = [np.cov(frame.to_numpy().T, ddof=0) for frame in sets]
    pooled = np.mean(means, axis=0), np.mean(covs, axis=0)
    own = np.mean([fit.test.statistic for fit in fits])
    held = np.mean([2 * (loglik(s, *pooled) - loglik(s, at.mu, at.sigma)) for s in sets])
    r = (m + 1) / (k * (m - 1)) * (own - held)
    assert r > 0.01
    assert found.df1 == k
    assert found.riv == pytest.approx(r, rel=1e-6)
    assert found.statistic == pytest.approx(held / (k * (1 + r)), rel=1e-6)
    t = k * (m - 1)
    df2 = 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    assert found.df2 == pytest.approx(df2, rel=1e-6)
    assert found.pvalue == pytest.approx(stats.f.sf(found.statistic, k, df2), rel=1e-6)


def test_a_level_without_a_factor_says_so() -> None:
    """Three items whose unit means correlate so that their product is negative have no one-factor solution."""
    rng = np.random.default_rng(9)
    between = np.array([[1, 0.5, 0.5], [0.5, 1, -0.5], [0.5, -0.5, 1.01]])
    units = rng.multivariate_normal(np.zeros(3), between, 200)
    within = 0.6 * rng.normal(size=(600, 1)) + 0.6 * rng.normal(size=(600, 3))
    found = multilevel_reliability(np.repeat(units, 3, axis=0) + within, np.repeat(np.arange(200), 3))
    assert found.note == "no one-factor solution between units"
    assert np.isnan(found.omega_between)
    assert found.omega_within == pytest.approx(0.75, abs=0.04)  # 9 · .36 / (9 · .36 + 3 · .36)


def test_full_information_leaves_out_items_without_variance_alone() -> None:
    """Small variances count; covariances of a constant item are zero, those of the others as without it."""
    data = 0.3 * answers(80).to_numpy()[:, :3]
    data[:9, 0], data[9:20, 1] = np.nan, np.nan
    both, reason = covariance_of(np.column_stack([data, np.full(80, 2.0)]), "ml")
    alone, _ = covariance_of(data, "ml")
    assert reason == "" and (np.diag(alone) < 1).all()
    assert both[:3, :3] == pytest.approx(alone, rel=1e-9) and (both[3] == 0).all() and (both[:, 3] == 0).all()
    moments = sem.fit("a ~~ b + c\nb ~~ c", pd.DataFrame(data, columns=list("abc")), missing="ml")
    expected = moments.implied().cov.loc[list("abc"), list("abc")].to_numpy() * 80 / 79
    assert alone == pytest.approx(expected, rel=1e-4)


def test_a_table_for_one_block_refuses_levels_and_groups() -> None:
    data = answers(200).assign(cluster=np.arange(200) // 4, group=np.arange(200) % 2)
    two = sem.fit(
        "level: 1\nw =~ x1 + x2 + x3\nlevel: 2\nx1 ~~ x1\nx2 ~~ x2\nx3 ~~ x3", data, cluster="cluster"
    )
    with pytest.raises(ComplyError) as caught:
        require_one_block(two, "a table")
    assert (
        str(caught.value) == "a table is for models of one level; this fit has a within and a between level"
    )
    with pytest.raises(ComplyError) as caught:
        require_one_block(sem.fit("f =~ x1 + x2 + x3", data, group="group"), "a table")
    assert str(caught.value) == "a table is for models of one group; this fit has 2"
