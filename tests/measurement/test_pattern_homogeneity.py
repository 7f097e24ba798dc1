"""Equal covariances between patterns: level, power and what cannot be tested."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure.measurement import little_mcar, pattern_homogeneity

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
