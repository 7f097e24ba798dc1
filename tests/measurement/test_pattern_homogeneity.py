"""Equal covariances between patterns: level, power and what cannot be tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure.measurement import little_mcar, pattern_homogeneity
from comply_measure.measurement.items import homogeneity

ITEMS = [f"i{j}" for j in range(4)]


def drawn(seed: int, unequal: bool) -> pd.DataFrame:
    """Skewed answers; a pattern without the last item, whose informants spread three times as far if unequal."""
    rng = np.random.default_rng(seed)
    values = np.exp(0.5 * rng.normal(size=(200, 1)) + 0.5 * rng.normal(size=(200, 4)))
    gone = rng.uniform(size=200) < 0.3
    values[gone] *= 3.0 if unequal else 1.0
    values[gone, 3] = np.nan
    return pd.DataFrame(values, columns=ITEMS)


def test_level_and_power_with_skewed_answers() -> None:
    tests = [pattern_homogeneity(drawn(s, False), ITEMS, seed=s, n_permutations=99) for s in range(40)]
    assert np.mean([test.pvalue <= 0.05 for test in tests]) <= 0.15
    assert np.mean([test.hawkins_pvalue <= 0.05 for test in tests]) > 0.9  # they are not normal
    powered = [
        pattern_homogeneity(drawn(s, True), ITEMS, seed=s, n_permutations=99).pvalue for s in range(10)
    ]
    assert np.mean(np.array(powered) <= 0.05) > 0.8


def test_one_pattern_cannot_be_compared() -> None:
    found = pattern_homogeneity(drawn(1, False).dropna(), ITEMS, seed=1)
    assert np.isnan(found.pvalue)
    assert "two are needed" in found.note


def test_little_says_when_it_cannot_be_trusted() -> None:
    assert "skewed by more than 1" in little_mcar(drawn(1, False), ITEMS).note


def test_statistics_are_those_of_missmech() -> None:
    """MissMech 1.0.4: ``Hawkins``, ``TestUNey`` and ``AndersonDarling`` on three groups of 30, 24 and 18."""
    i = np.arange(72)
    columns = [i * 7 % 23 / 3.0, i * i % 29 / 4.0 + 0.3 * (i * 7 % 23), i * 11 % 31 / 5.0]
    x = np.stack([*columns, np.sin(1.7 * i) * (1 + (i >= 54))], axis=1)
    group = np.repeat([0, 1, 2], [30, 24, 18])
    F, A = homogeneity._distances(x, group)
    np.testing.assert_allclose(
        F[:5], [1.861601002783, 0.985769830994, 0.4849699348617, 1.369101842674, 0.2732542853097], rtol=1e-10
    )
    assert F.sum() == pytest.approx(73.014824813646, rel=1e-12)
    np.testing.assert_allclose(A[:3], [0.1278433173154, 0.4216168440887, 0.7466816757403], rtol=1e-10)
    neyman = [homogeneity._smooth(A[group == g]) for g in range(3)]
    np.testing.assert_allclose(neyman, [8.454290982587, 13.598262187154, 11.430721978843], rtol=1e-10)
    assert homogeneity._anderson_darling(F, group) == pytest.approx(7.030642981991, rel=1e-12)


def test_equal_distances_count_once() -> None:
    """Against the definition, with every value three times; the order of the rows plays no part."""
    rng = np.random.default_rng(5)
    F, group = rng.integers(8, size=60).astype(float), rng.integers(3, size=60)
    n, size = 60, np.bincount(group)
    values = np.unique(F)[:-1]
    M = np.array([[((z >= F) & (group == g)).sum() for g in range(3)] for z in values])
    B = np.array([(z >= F).sum() for z in values])
    h = np.array([(z == F).sum() for z in values])
    expected = (
        (h[:, None] * (n * M - B[:, None] * size) ** 2 / (B * (n - B))[:, None]).sum(axis=0) @ (1 / size) / n
    )
    assert homogeneity._anderson_darling(F, group) == pytest.approx(expected, rel=1e-12)
    order = rng.permutation(60)
    assert homogeneity._anderson_darling(F[order], group[order]) == pytest.approx(expected, rel=1e-12)
