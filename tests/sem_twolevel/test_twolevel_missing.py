"""Two-level models with missing values: brute force over whole clusters, and lavaan 0.7-2 (missing.R)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.arrays import Array
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.twolevel.incomplete import IncompleteClusters, incomplete_slopes
from comply_measure.sem.twolevel.incomplete_information import (
    incomplete_cluster_scores,
    incomplete_expected_information,
    incomplete_observed_information,
)
from comply_measure.sem.twolevel.information import TwoLevelDerivatives
from comply_measure.sem.twolevel.likelihood import TwoLevelMoments

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_twolevel"
CASES: dict[str, dict[str, Any]] = json.loads((REFERENCE / "missing.json").read_text(encoding="utf-8"))
PATH = "level: 1\n fw =~ y1 + y2 + y3\n fw ~ x1\nlevel: 2\n fb =~ y1 + y2 + y3\n fb ~ w1\n z ~ fb\n"
ONE = "level: 1\n fw =~ y1 + y2 + y3\nlevel: 2\n fb =~ y1 + y2 + y3\n"
WITHIN, BETWEEN, ALONE = np.array([0, 1, 2, 3]), np.array([0, 1, 2, 4, 5]), np.array([4, 5])
SOURCE = np.random.default_rng(1)


def sample(n_clusters: int = 10) -> IncompleteClusters:
    """Three variables of both levels, one within, two of the cluster; a third of the values missing."""
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(n_clusters), rng.integers(2, 6, n_clusters))
    values = rng.normal(size=(len(cluster), 4))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[np.isnan(values).all(axis=1), 0] = 0.3
    of_cluster = rng.normal(size=(n_clusters, 2))
    of_cluster[rng.random(of_cluster.shape) < 0.3] = np.nan
    names = ("a", "b", "c", "x", "z1", "z2")
    rows, clusters = np.arange(len(cluster)), np.arange(n_clusters)
    return IncompleteClusters(names, WITHIN, BETWEEN, values, cluster, ALONE, of_cluster, rows, clusters)


def definite(k: int, size: float) -> Array:
    root = SOURCE.normal(size=(k, k))
    return size * (root @ root.T + np.eye(k))


MOMENTS = TwoLevelMoments(definite(4, 1.0), definite(5, 0.4), SOURCE.normal(size=6))


def units(p: int, means: list[int]) -> MomentDerivatives:
    """Along every mean listed, then every covariance."""
    row, column = np.tril_indices(p)
    left, right, mean = (np.zeros((p, len(means) + len(row))) for _ in range(3))
    mean[means, np.arange(len(means))] = 1.0
    at = len(means) + np.arange(len(row))
    left[row, at], right[column, at] = 1.0, np.where(row == column, 0.5, 1.0)
    return MomentDerivatives(left, right, mean)


DIRECTIONS = TwoLevelDerivatives(units(4, [3]), units(5, [0, 1, 2, 3, 4]))


def moved(step: Array) -> TwoLevelMoments:
    within, between, mean = MOMENTS.within.copy(), MOMENTS.between.copy(), MOMENTS.mean.copy()
    for matrix, entries in ((within, step[1:11]), (between, step[16:])):
        row, column = np.tril_indices(len(matrix))
        matrix[row, column] += entries
        matrix[column, row] = matrix[row, column]
    mean[3] += step[0]
    mean[BETWEEN] += step[11:16]
    return TwoLevelMoments(within, between, mean)


def clusters_whole(data: IncompleteClusters, moments: TwoLevelMoments) -> list[tuple[Array, Array]]:
    """Covariance matrix and deviations of all values of every cluster."""
    inner, outer = np.zeros((6, 6)), np.zeros((6, 6))
    inner[np.ix_(WITHIN, WITHIN)], outer[np.ix_(BETWEEN, BETWEEN)] = moments.within, moments.between
    found = []
    for j in range(data.n_clusters):
        rows = np.flatnonzero(data.cluster == j)
        value = np.concatenate([data.values[rows].ravel(), data.cluster_values[j]])
        place = np.concatenate([np.tile(WITHIN, len(rows)), ALONE])
        case = np.concatenate([np.repeat(rows, 4), [-1, -1]])
        seen = ~np.isnan(value)
        value, place, case = value[seen], place[seen], case[seen]
        same = (case[:, None] == case) & (case[:, None] >= 0)
        omega = outer[np.ix_(place, place)] + same * inner[np.ix_(place, place)]
        found.append((omega, value - moments.mean[place]))
    return found


def whole_loglik(data: IncompleteClusters, moments: TwoLevelMoments) -> float:
    total = 0.0
    for omega, gap in clusters_whole(data, moments):
        total -= 0.5 * (len(gap) * np.log(2 * np.pi) + np.linalg.slogdet(omega)[1])
        total -= 0.5 * gap @ np.linalg.solve(omega, gap)
    return total


def test_likelihood_scores_and_information_by_brute_force() -> None:
    data, q, h = sample(), DIRECTIONS.n_parameters, 1e-4
    at = incomplete_slopes(data, MOMENTS)
    assert at.loglik == pytest.approx(whole_loglik(data, MOMENTS), rel=1e-12)
    steps = h * np.eye(q)
    slope = [(whole_loglik(data, moved(s)) - whole_loglik(data, moved(-s))) / (2 * h) for s in steps]
    scores = incomplete_cluster_scores(data, at, MOMENTS.mean, DIRECTIONS)
    assert_allclose(scores.sum(axis=0), slope, atol=1e-6)

    def gradient(step: Array) -> Array:
        there = moved(step)
        return incomplete_cluster_scores(data, incomplete_slopes(data, there), there.mean, DIRECTIONS).sum(
            axis=0
        )

    curvature = np.array([(gradient(s) - gradient(-s)) / (2 * h) for s in steps])
    assert_allclose(incomplete_observed_information(data, at, DIRECTIONS), -curvature, atol=2e-6)
    expected = np.zeros((q, q))
    base, changed = clusters_whole(data, MOMENTS), [clusters_whole(data, moved(e)) for e in np.eye(q)]
    for j, (omega, gap) in enumerate(base):
        inverse = np.linalg.inv(omega)
        turned = np.array([inverse @ (other[j][0] - omega) for other in changed])
        means = np.array([gap - other[j][1] for other in changed])
        expected += 0.5 * np.einsum("aij,bji->ab", turned, turned) + means @ inverse @ means.T
    assert_allclose(incomplete_expected_information(data, at, DIRECTIONS), expected, atol=1e-10)


@cache
def data_with_gaps() -> pd.DataFrame:
    """As in the R script."""
    frame = pd.read_csv(REFERENCE / "twolevel.csv")
    i = np.arange(1, len(frame) + 1)
    for k in range(1, 7):
        frame.loc[i * (5 + k) % 13 < 2, f"y{k}"] = np.nan
    frame.loc[frame["unit"] % 6 == 0, "z"] = np.nan
    return frame


@cache
def fit(case: str) -> sem.Fit:
    asked = CASES[case]
    options = {name.replace(".", "_"): value for name, value in (asked["options"] or {}).items()}
    return sem.fit(asked["model"], data_with_gaps(), cluster="unit", missing="ml", **options)


@pytest.mark.parametrize("case", CASES)
def test_estimates_and_errors_are_lavaans(case: str) -> None:
    found, expected = fit(case), pd.DataFrame(CASES[case]["parameters"]).assign(group=1)
    both = found.estimates.merge(expected, on=["lhs", "op", "rhs", "group", "level"], suffixes=("", "_r"))
    assert len(both) == len(expected) == len(found.estimates)
    assert_allclose(both.est, both.est_r, atol=1e-4)
    assert_allclose(both.se, both.se_r, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_measures_are_lavaans(case: str) -> None:
    found, compared = fit(case).measures, 0
    for name, theirs in CASES[case]["fit_measures"].items():
        if name in found:
            assert found[name] == pytest.approx(theirs, rel=1e-4, abs=1e-4), name
            compared += 1
    assert compared > 20


def test_without_gaps_it_is_the_likelihood_of_complete_cases() -> None:
    frame = pd.read_csv(REFERENCE / "twolevel.csv")
    plain, full = (
        sem.fit(PATH, frame, cluster="unit", missing=word, estimator="MLR") for word in ("listwise", "ml")
    )
    assert full.n == plain.n == len(frame)
    assert_allclose(full.theta, plain.theta, atol=1e-6)
    assert_allclose(full.estimates["se"], plain.estimates["se"], atol=1e-6)
    for name, value in plain.measures.items():
        assert full.measures[name] == pytest.approx(value, rel=1e-6, abs=1e-7, nan_ok=True), name


def test_cases_and_refusals() -> None:
    found = sem.fit(PATH, data_with_gaps(), cluster="unit", missing="ml")
    frame = data_with_gaps()
    lost = frame[["y1", "y2", "y3"]].isna().all(axis=1)
    alone = sem.fit(ONE, frame, cluster="unit", missing="ml")
    assert lost.sum() == 36 and alone.n == len(frame) - 36 and found.n == len(frame)
    assert any("36 of 480 cases left out" in str(problem) for problem in alone.problems)
    with pytest.raises(sem.ModelError, match="missing='ml'"):
        found.predict()  # type: ignore[call-arg]
    uneven = frame.assign(z=np.arange(len(frame)) % 2)
    with pytest.raises(InputError, match="two-level"):
        sem.fit(PATH, uneven, cluster="unit", missing="ml")
