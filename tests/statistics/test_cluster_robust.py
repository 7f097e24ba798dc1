"""CR2, Satterthwaite and Hotelling's T² against their definitions with n × n matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from comply_measure.statistics.cluster_robust import (
    cluster_robust,
    clustered_means,
    few_clusters_note,
    uncorrected_note,
)

CONTRASTS = np.array([[0.0, 1, 0, 0], [0, 0, 1, -1], [1, 2, 0, 1]])


def drawn(seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sizes = [3, 7, 1, 4, 4, 9, 2]
    codes = np.repeat(np.arange(len(sizes)), sizes)
    X = np.column_stack([np.ones(len(codes)), rng.normal(size=(len(codes), 3)) + 0.1 * codes[:, None]])
    y = X @ [1.0, 0.5, 0, 0] + rng.normal(size=len(codes)) + 0.6 * rng.normal(size=len(sizes))[codes]
    order = rng.permutation(len(codes))
    return X[order], y[order], codes[order]


def root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors / np.sqrt(values)) @ vectors.T


def definition(X: np.ndarray, y: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """V, and for every cluster the n × k matrix ``(I − H)'_c A_c X_c M`` whose products give all moments of V."""
    M = np.linalg.inv(X.T @ X)
    rest = np.eye(len(y)) - X @ M @ X.T
    residual = rest @ y
    V, parts = np.zeros((4, 4)), []
    for c in range(codes.max() + 1):
        rows = codes == c
        A = root(np.eye(rows.sum()) - X[rows] @ M @ X[rows].T)
        score = M @ X[rows].T @ A @ residual[rows]
        V += np.outer(score, score)
        parts.append(rest[rows].T @ A @ X[rows] @ M)
    return V, parts


def test_covariance_and_degrees_of_freedom_equal_their_definition() -> None:
    X, y, codes = drawn()
    V, parts = definition(X, y, codes)
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    found = cluster_robust(X, residual, codes)
    np.testing.assert_allclose(found.covariance, V, rtol=1e-10)
    for contrast, df in zip(CONTRASTS, found.degrees_of_freedom(CONTRASTS), strict=True):
        P = np.array([part @ contrast for part in parts])
        gram = P @ P.T
        assert df == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-10)


def test_several_contrasts_are_tested_with_matched_degrees_of_freedom() -> None:
    X, y, codes = drawn()
    V, parts = definition(X, y, codes)
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    whiten = root(CONTRASTS @ np.linalg.inv(X.T @ X) @ CONTRASTS.T)
    U = np.array([part @ CONTRASTS.T @ whiten for part in parts])  # cluster, row, contrast
    P = np.einsum("cns,dnt->stcd", U, U)
    total = sum(
        (P[s, s] * P[t, t]).sum() + (P[s, t] * P[t, s]).sum() for s in range(3) for t in range(3)
    )  # the variance of a quadratic form of normal errors
    eta = 3 * 4 / total
    value = CONTRASTS @ beta
    expected = (eta - 2) / (eta * 3) * value @ np.linalg.solve(CONTRASTS @ V @ CONTRASTS.T, value)
    F, df, p = cluster_robust(X, y - X @ beta, codes).wald(CONTRASTS, value)
    assert (F, df) == pytest.approx((expected, eta - 2), rel=1e-9)
    assert p == pytest.approx(stats.f.sf(expected, 3, eta - 2))


def test_one_contrast_is_the_square_of_its_t() -> None:
    X, y, codes = drawn()
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    found = cluster_robust(X, y - X @ beta, codes)
    F, df, _ = found.wald(CONTRASTS[:1], CONTRASTS[:1] @ beta)
    assert pytest.approx(float(beta[1] ** 2 / found.covariance[1, 1])) == F
    assert df == pytest.approx(found.degrees_of_freedom(CONTRASTS[:1])[0])


def test_a_mean_over_equal_clusters_is_the_t_test_of_their_means() -> None:
    rng = np.random.default_rng(1)
    y, codes = rng.normal(size=40), np.repeat(np.arange(8), 5)
    found = cluster_robust(np.ones((40, 1)), y - y.mean(), codes)
    means = y.reshape(8, 5).mean(axis=1)
    assert found.covariance[0, 0] == pytest.approx(means.var(ddof=1) / 8)
    assert found.degrees_of_freedom(np.ones((1, 1)))[0] == pytest.approx(7)


def test_a_cluster_that_alone_decides_a_coefficient_has_no_variance() -> None:
    X = np.column_stack([np.ones(9), np.repeat([1.0, 0, 0], 3)])
    y = np.random.default_rng(2).normal(size=9)
    found = cluster_robust(X, y - X @ np.linalg.lstsq(X, y, rcond=None)[0], np.repeat(np.arange(3), 3))
    assert np.isfinite(found.covariance).all()
    means = y.reshape(3, 3).mean(axis=1)
    # the other two clusters decide the intercept: its error is the t test's of two means
    assert found.covariance[0, 0] == pytest.approx(means[1:].var(ddof=1) / 2)
    assert found.degrees_of_freedom(np.array([[1.0, 0]]))[0] == pytest.approx(1)


def test_means_of_many_columns_equal_their_definition() -> None:
    rng = np.random.default_rng(9)
    codes = np.repeat(np.arange(6), [2, 9, 5, 1, 12, 6])
    d = rng.normal(size=(35, 3)) + rng.normal(size=(6, 3))[codes] * [0.0, 0.8, 3.0]
    d[rng.random(d.shape) < 0.1] = np.nan
    se, df, clusters = clustered_means(d, codes)
    for j in range(3):
        rows = ~np.isnan(d[:, j])
        y, own = d[rows, j], np.unique(codes[rows], return_inverse=True)[1]
        n, sizes = len(y), np.bincount(own)
        found = cluster_robust(np.ones((n, 1)), y - y.mean(), own)
        assert se[j] == pytest.approx(np.sqrt(found.covariance[0, 0]))
        assert clusters[j] == len(sizes)
        # Satterthwaite with n × n matrices: exchangeable working covariance at the ANOVA's correlation
        means = np.bincount(own, y) / sizes
        msb = (sizes * (means - y.mean()) ** 2).sum() / (len(sizes) - 1)
        msw = ((y - means[own]) ** 2).sum() / (n - len(sizes))
        effect = max((msb - msw) / ((n - (sizes**2).sum() / n) / (len(sizes) - 1)), 0.0)
        rho = effect / (effect + msw)
        working = np.where(own[:, None] == own, rho, 0.0) + (1 - rho) * np.eye(n)
        rest = np.eye(n) - 1 / n
        P = np.array([rest[:, own == c].sum(axis=1) / np.sqrt(1 - k / n) / n for c, k in enumerate(sizes)])
        gram = P @ working @ P.T
        assert df[j] == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum())


def test_means_without_two_clusters_have_no_error() -> None:
    d = np.array([[1.0, np.nan], [2.0, 1.0], [4.0, 2.0]])
    se, df, clusters = clustered_means(d, np.array([0, 1, 1]))
    assert clusters.tolist() == [2, 1]
    assert np.isfinite(se[0])
    assert np.isnan([se[1], df[1]]).all()


def test_contrasts_that_cannot_be_tested_are_nan() -> None:
    X, y, codes = drawn()
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    found = cluster_robust(X, y - X @ beta, codes)
    assert found.n_clusters == 7
    double = np.vstack([CONTRASTS[0], CONTRASTS[0]])
    assert np.isnan(found.wald(double, double @ beta)).all()
    few = np.minimum(codes, 2)
    third = cluster_robust(X, y - X @ beta, few)
    assert np.isnan(third.wald(np.eye(4)[1:], beta[1:])).all()  # three contrasts, three clusters


def test_means_of_clusters_of_one_row_are_the_t_test() -> None:
    y = np.random.default_rng(3).normal(size=(12, 1))
    se, df, clusters = clustered_means(y, np.arange(12))
    assert se[0] == pytest.approx(y.std(ddof=1) / np.sqrt(12))
    assert (df[0], clusters[0]) == (pytest.approx(11), 12)


def test_few_clusters_are_said() -> None:
    assert few_clusters_note(0) == few_clusters_note(40) == ""
    assert few_clusters_note(39).startswith("39 clusters are few")
    assert few_clusters_note(1).startswith("1 clusters")


def test_errors_without_a_correction_for_few_clusters_are_warned_of() -> None:
    said = "39 firms are few: their standard errors are too small, tests reject too often"
    assert [uncorrected_note(n, "firms") for n in (39, 40, 0)] == [said, "", ""]
    assert uncorrected_note(2).startswith("2 clusters are few")
