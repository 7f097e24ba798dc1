"""Thresholds, correlations and their asymptotic covariance against lavaan and first principles.

Tolerance against lavaan 0.6-14: 2e-7, its optimiser's; most entries agree to 1e-8.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.ordinal import code_groups, ordinal_moments, polychoric_matrix
from comply_measure.sem.ordinal.conditional_moments import conditional_moments
from comply_measure.sem.ordinal.moments import require_variances
from comply_measure.sem.ordinal.polychoric import smoothed_counts
from comply_measure.sem.ordinal.stages import asymptotic_covariance, estimate

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_ordinal"
LAVAAN = json.loads((REFERENCE / "moments.json").read_text(encoding="utf-8"))
OPTIMISER = 2e-7


def table(case: str) -> pd.DataFrame:
    file = "empty_cell.csv" if case == "empty_cell" else "ordinal.csv"
    if case.endswith("wise"):
        file = "ordinal_missing.csv"
    frame = pd.read_csv(REFERENCE / file)[LAVAAN[case]["vars"]]
    return frame.dropna() if case.endswith("listwise") else frame


def ordered_of(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if not str(name).startswith("y")]


@pytest.mark.parametrize("case", [case for case in sorted(LAVAAN) if not case.startswith("conditional")])
def test_against_lavaan(case: str) -> None:
    expected, frame = LAVAAN[case], table(case)
    moments = polychoric_matrix(frame, ordered_of(frame), gamma=True)
    assert moments.n_cases == expected["nobs"][0]
    thresholds = moments.thresholds[moments.threshold_index >= 0]
    np.testing.assert_allclose(thresholds, expected["th"], atol=1e-14)
    np.testing.assert_allclose(moments.covariance, expected["cov"], atol=OPTIMISER)
    np.testing.assert_allclose(moments.vector, expected["wls_obs"], atol=OPTIMISER)
    assert moments.gamma is not None
    gamma = moments.gamma.dense()
    np.testing.assert_allclose(moments.gamma.diagonal(), expected["gamma_diagonal"], rtol=OPTIMISER)
    np.testing.assert_allclose(np.diag(gamma), moments.gamma.diagonal(), rtol=1e-12)
    sine = np.sin(np.arange(1, len(gamma) + 1))
    np.testing.assert_allclose(gamma @ sine, expected["gamma_times_sine"], atol=1e-6)


@pytest.mark.parametrize("case", ["conditional", "conditional_pairwise"])
def test_given_covariates_against_lavaan(case: str) -> None:
    expected = LAVAAN[case]
    frame = pd.read_csv(REFERENCE / ("ordinal.csv" if case == "conditional" else "ordinal_missing.csv"))
    frame = frame[frame[expected["vars"]].notna().any(axis=1)]
    data = code_groups([frame], expected["vars"], ordered_of(frame[expected["vars"]]))[0][0]
    moments = conditional_moments(data, frame[["x1", "x2"]].to_numpy())
    assert moments.n_cases == expected["nobs"][0]
    np.testing.assert_allclose(moments.slopes, expected["slopes"], atol=1e-8)
    np.testing.assert_allclose(moments.covariance, expected["cov"], atol=2 * OPTIMISER)
    np.testing.assert_allclose(moments.vector, expected["wls_obs"], atol=2 * OPTIMISER)
    assert moments.gamma is not None
    gamma = moments.gamma.dense()
    np.testing.assert_allclose(np.diag(gamma), expected["gamma_diagonal"], rtol=2e-6)
    np.testing.assert_allclose(
        gamma @ np.sin(np.arange(1, len(gamma) + 1)), expected["gamma_times_sine"], atol=1e-6
    )


def test_irrelevant_covariates_change_little() -> None:
    # With slopes near zero the conditional moments approach the unconditional ones.
    frame = pd.read_csv(REFERENCE / "ordinal.csv")[["u1", "u3", "u6", "y1"]]
    data = code_groups([frame], list(frame), ["u1", "u3", "u6"])[0][0]
    x = np.random.default_rng(5).normal(size=(600, 1)) * 1e3
    given = conditional_moments(data, x)
    plain = polychoric_matrix(frame, ["u1", "u3", "u6"])
    assert np.abs(given.slopes).max() < 2e-4
    np.testing.assert_allclose(given.covariance, plain.covariance, atol=0.02)


def test_collinear_covariates_are_refused() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")
    data = code_groups([frame], ["u1", "u3"], ["u1", "u3"])[0][0]
    x = frame[["x1"]].to_numpy()
    with pytest.raises(ModelError, match="linearly dependent"):
        conditional_moments(data, np.hstack([x, 2 * x + 1]))


def test_single_pair_by_brute_force() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")[["u3", "u6"]]
    counts = pd.crosstab(frame["u3"], frame["u6"]).to_numpy()
    edges = [
        np.concatenate(([-9.0], ndtri(np.cumsum(counts.sum(axis))[:-1] / counts.sum()), [9.0]))
        for axis in (1, 0)
    ]

    def minus_log_likelihood(rho: float) -> float:
        normal = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
        cdf = np.array([[normal.cdf([h, k]) for k in edges[1]] for h in edges[0]])
        return -float(np.sum(counts * np.log(np.diff(np.diff(cdf, axis=0), axis=1))))

    best = minimize_scalar(
        minus_log_likelihood, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-10}
    )
    # A minimum found by values alone is known to the root of their accuracy (SciPy's cdf: about 1e-10).
    assert polychoric_matrix(frame).covariance[0, 1] == pytest.approx(best.x, abs=1e-5)


def test_pairwise_product_moment_correlation_maximises_its_likelihood() -> None:
    # lavaan 0.6-14 stops short for this pair (0.5504, at a lower likelihood than 0.5327).
    frame = pd.read_csv(REFERENCE / "ordinal_missing.csv")[["u1", "u2", "u4", "u5", "u7", "y1", "y3"]]
    moments = polychoric_matrix(frame, ["u1", "u2", "u4", "u5", "u7"])
    z = (frame[["y1", "y3"]] - frame[["y1", "y3"]].mean()) / frame[["y1", "y3"]].std(ddof=0)
    a, b = z.dropna().to_numpy().T

    def minus_log_likelihood(rho: float) -> float:
        rest = 1 - rho**2
        return float(np.sum(0.5 * np.log(rest) + (a * a - 2 * rho * a * b + b * b) / (2 * rest)))

    best = minimize_scalar(
        minus_log_likelihood, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-12}
    )
    correlation = moments.covariance[5, 6] / np.sqrt(moments.covariance[5, 5] * moments.covariance[6, 6])
    assert correlation == pytest.approx(best.x, abs=1e-7)
    assert correlation == pytest.approx(0.5327160, abs=1e-6)


def test_matrix_and_root_forms_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.read_csv(REFERENCE / "ordinal_missing.csv")[["u1", "u4", "u7"]].dropna(how="all")
    monkeypatch.setattr("comply_measure.sem.ordinal.stages.ROWS", 100)
    data = code_groups([frame], ["u1", "u4", "u7"], ["u1", "u4", "u7"])[0][0]
    accumulated = asymptotic_covariance(estimate(data))
    assert accumulated.matrix is not None
    assert data.n_cases > accumulated.size
    monkeypatch.setattr("comply_measure.sem.ordinal.stages.ROWS", 10_000)
    np.testing.assert_allclose(asymptotic_covariance(estimate(data)).dense(), accumulated.dense(), rtol=1e-10)
    weights = np.random.default_rng(1).normal(size=(accumulated.size, 2))
    np.testing.assert_allclose(accumulated.quadratic(weights), weights.T @ accumulated.dense() @ weights)


def test_diagonal_alone_is_that_of_the_whole() -> None:
    for file, names in (("ordinal.csv", ["u1", "u3", "u5"]), ("ordinal_missing.csv", ["u1", "u3", "y1"])):
        frame = pd.read_csv(REFERENCE / file)[names].dropna(how="all")
        data = code_groups([frame], names, [name for name in names if name != "y1"])[0][0]
        whole, alone = ordinal_moments(data).gamma, ordinal_moments(data, gamma="diagonal").gamma
        assert whole is not None and alone is not None
        np.testing.assert_allclose(alone.diagonal(), whole.diagonal(), rtol=1e-12)
        assert alone.size == whole.size
        with pytest.raises(ModelError, match="only the variances"):
            alone.dense()


def test_statistics_without_sampling_variance_are_named() -> None:
    # A variable of two values: its variance is a function of its mean.
    frame = pd.DataFrame({"u": [1, 2, 3] * 8, "y": [0.0, 1.0] * 12})
    with pytest.raises(InputError, match="'y': numeric with two values"):
        polychoric_matrix(frame, ["u"], gamma=True)


def test_names_of_statistics_stand_beside_their_values() -> None:
    """Thresholds and means in the order of the variables, variances, correlations; values found anew by name."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 4)) + 0.8 * rng.normal(size=(300, 1))
    frame = pd.DataFrame({"u": np.digitize(x[:, 0], [-0.6, 0.1, 0.9]), "y": x[:, 1] + 3.0})
    frame = frame.assign(v=np.digitize(x[:, 2], [0.2]), z=2.0 * x[:, 3] - 1.0)
    moments = polychoric_matrix(frame, ["u", "v"])
    names = moments.statistic_names()
    assert names == [
        "u|t1", "u|t2", "u|t3", "y~1", "v|t1", "z~1", "y~~y", "z~~z",
        "y~~u", "v~~u", "z~~u", "v~~y", "z~~y", "z~~v",
    ]  # fmt: skip
    values = dict(zip(names, moments.vector, strict=True))
    for name, column, steps in (("u", frame["u"], 3), ("v", frame["v"], 1)):
        for step in range(1, steps + 1):
            assert values[f"{name}|t{step}"] == pytest.approx(ndtri((column < step).mean()), abs=1e-12)
    for name in "yz":
        assert values[f"{name}~1"] == pytest.approx(-frame[name].mean())  # as a threshold, with its sign
        assert values[f"{name}~~{name}"] == pytest.approx(frame[name].var(ddof=0), rel=1e-6)
    assert values["z~~y"] == pytest.approx(np.cov(frame["y"], frame["z"], ddof=0)[0, 1], rel=1e-6)
    for i, j in [(1, 0), (2, 0), (3, 0), (2, 1), (3, 2)]:
        assert values[f"{'uyvz'[i]}~~{'uyvz'[j]}"] == moments.covariance[i, j]


def test_a_sampling_variance_is_finite_and_positive() -> None:
    """Zero, negative, infinite and undefined ones are refused by the names of their statistics, and no others."""
    variances = np.array([0.2, 0.0, -0.1, np.inf, np.nan, 1e-12])
    names = ["u|t1", "u|t2", "v|t1", "v|t2", "u~~v", "w~~w"]
    moments = SimpleNamespace(statistic_names=lambda: names)
    with pytest.raises(InputError) as error:
        require_variances(moments, SimpleNamespace(diagonal=lambda: variances))
    told = [(problem.message, problem.column) for problem in error.value.problems]
    assert told == [("no finite sampling variance", name) for name in names[1:5]]
    require_variances(moments, SimpleNamespace(diagonal=lambda: variances[[0, 5]]))


def test_root_form_when_statistics_outnumber_cases() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv").iloc[:40][[f"u{i}" for i in range(1, 9)]]
    once = polychoric_matrix(frame, gamma=True).gamma
    twice = polychoric_matrix(pd.concat([frame, frame], ignore_index=True), gamma=True).gamma
    assert once is not None and twice is not None
    assert once.root is not None and twice.matrix is not None
    # N times the covariance does not change when every case is counted twice.
    np.testing.assert_allclose(once.dense(), twice.dense(), rtol=1e-8, atol=1e-10)
    pick = np.array([3, 1, 30])
    np.testing.assert_allclose(once.take(pick).dense(), twice.take(pick).dense(), rtol=1e-8, atol=1e-10)


def test_order_of_variables_and_labels_of_categories_do_not_matter() -> None:
    frame = pd.read_csv(REFERENCE / "ordinal.csv")[["u1", "u2", "u3", "u4"]]
    here = polychoric_matrix(frame)
    turned = polychoric_matrix(frame[["u4", "u2", "u1", "u3"]])
    place = [3, 1, 0, 2]
    np.testing.assert_allclose(turned.covariance, here.covariance[np.ix_(place, place)], atol=1e-12)
    relabelled = polychoric_matrix(frame.assign(u3=frame["u3"] ** 2 * 10, u4=5 - frame["u4"]))
    signs = np.array([1, 1, 1, -1])
    np.testing.assert_allclose(relabelled.covariance, here.covariance * np.outer(signs, signs), atol=1e-12)
    words = frame.assign(
        u2=pd.Categorical(
            frame["u2"].map({1: "low", 2: "mid", 3: "high"}), categories=["low", "mid", "high"], ordered=True
        )
    )
    np.testing.assert_allclose(polychoric_matrix(words).covariance, here.covariance, atol=1e-14)


def test_extreme_associations_reach_the_bound_and_are_named() -> None:
    steps = np.repeat([1, 2, 3], 40)
    frame = pd.DataFrame({"a": steps, "b": steps, "c": np.tile([1, 2, 3], 40)})
    moments = polychoric_matrix(frame)
    assert moments.covariance[0, 1] == pytest.approx(0.999, abs=1e-8)
    assert moments.at_bound == (("a", "b"),)
    assert moments.empty_cells == {("a", "b"): 6}


def test_impossible_data_are_refused_with_all_reasons() -> None:
    frame = pd.DataFrame({"a": [1, 1, 1, 1], "b": ["x", "y", "x", "y"], "c": [1, 2, 1, 2]})
    with pytest.raises(InputError) as caught:
        polychoric_matrix(frame)
    assert [problem.column for problem in caught.value.problems] == ["a", "b"]
    with pytest.raises(InputError, match="perfectly associated with 'c'"):
        polychoric_matrix(pd.DataFrame({"b": [1, 2, 1, 2], "c": [1, 2, 1, 2]}))
    apart = pd.DataFrame({"b": [1, 2, np.nan, np.nan], "c": [np.nan, np.nan, 1, 2]})
    with pytest.raises(InputError, match="no case has values of both 'b' and 'c'"):
        polychoric_matrix(apart)
    constant = pd.DataFrame({"u": [1, 2, 1, 2], "y": [3.0, 3.0, 3.0, 3.0]})
    with pytest.raises(InputError, match="constant"):
        polychoric_matrix(constant, ["u"])


def test_many_categories_are_refused() -> None:
    frame = pd.DataFrame({"u": np.arange(200.0), "v": np.tile([1, 2], 100)})
    with pytest.raises(InputError, match="200 categories"):
        polychoric_matrix(frame)


def test_category_empty_in_one_group_is_named() -> None:
    first, second = pd.DataFrame({"u": [1, 2, 3, 1]}), pd.DataFrame({"u": [1, 1, 2, 2]})
    with pytest.raises(InputError, match=r"category 3 without any case in group 'b'"):
        code_groups([first, second], ["u"], ["u"], ["a", "b"])


@pytest.mark.slow
def test_covariance_is_that_of_repeated_samples() -> None:
    # 400 samples: a variance is known to sqrt(2 / 400) = 7 %, so a mean over 9 of them to about 3 %.
    rng = np.random.default_rng(6)
    sigma = np.array([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]])
    vectors, gammas = [], []
    for _ in range(400):
        latent = rng.multivariate_normal(np.zeros(3), sigma, size=400)
        frame = pd.DataFrame(np.digitize(latent, [-0.7, 0.5]), columns=["a", "b", "c"])
        moments = polychoric_matrix(frame, gamma=True)
        assert moments.gamma is not None
        vectors.append(moments.vector)
        gammas.append(moments.gamma.diagonal())
    ratio = 400 * np.var(vectors, axis=0) / np.mean(gammas, axis=0)
    assert abs(np.log(ratio).mean()) < 0.09
    assert np.abs(np.log(ratio)).max() < 0.3


@pytest.mark.parametrize(
    ("cells", "filled", "fixed"),
    [
        ([[0, 4], [3, 5]], [[0.5, 3.5], [2.5, 5.5]], np.nan),
        ([[4, 3], [5, 0]], [[4.5, 2.5], [4.5, 0.5]], np.nan),
        ([[4, 0], [3, 5]], [[3.5, 0.5], [3.5, 4.5]], np.nan),
        ([[4, 3], [0, 5]], [[3.5, 3.5], [0.5, 4.5]], np.nan),
        ([[4, 0], [0, 5]], [[4, 0], [0, 5]], 1.0),
        ([[0, 4], [5, 0]], [[0, 4], [5, 0]], -1.0),
        ([[0, 0], [4, 5]], [[0, 0], [4, 5]], np.nan),  # one variable has a single category
        ([[0, 4], [0, 5]], [[0, 4], [0, 5]], np.nan),
        ([[2, 4], [1, 5]], [[2, 4], [1, 5]], np.nan),
    ],
)
def test_half_a_case_moves_along_the_diagonal_of_the_empty_cell(
    cells: list[list[int]], filled: list[list[float]], fixed: float
) -> None:
    counts = np.array([cells, cells], dtype=float)
    found, known = smoothed_counts(counts, np.array([True, False]))
    np.testing.assert_array_equal(found, np.array([filled, cells]))
    np.testing.assert_array_equal(known, [fixed, np.nan])
    np.testing.assert_array_equal(counts, np.array([cells, cells]))  # what was counted stays as it is
