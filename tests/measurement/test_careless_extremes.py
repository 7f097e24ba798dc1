"""One index of carelessness suffices where it is extreme; attentive answers never are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure.measurement.careless import careless_flags, careless_indices
from comply_measure.measurement.careless.indices import modal_share


def answered(rng: np.random.Generator, n_items: int = 60, n: int = 200) -> pd.DataFrame:
    common = 0.5 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, n_items // 3))
    x = np.repeat(common, 3, axis=1) + 0.8 * rng.normal(size=(n, n_items))
    return pd.DataFrame(np.clip(np.round(4 + 1.2 * x), 1, 7), columns=[f"i{j}" for j in range(n_items)])


def flags(data: pd.DataFrame):
    scales = {f"s{k}": [f"i{3 * k + j}" for j in range(3)] for k in range(data.shape[1] // 3)}
    return careless_flags(careless_indices(data, data, scales, 1, 7))


def test_modal_share_by_hand() -> None:
    x = np.array([[1, 2, 2, 2], [3, np.nan, 3, 1], [np.nan] * 4, [5, 5, 5, 5]], dtype=float)
    np.testing.assert_allclose(modal_share(x), [0.75, 2 / 3, np.nan, 1.0])


def test_57_nearly_equal_answers_are_flagged_by_one_index() -> None:
    """Broken runs hide from long strings: three other answers among 60."""
    data = answered(np.random.default_rng(2))
    data.iloc[0] = 5.0
    data.iloc[0, [7, 24, 41]] = [6.0, 4.0, 6.0]
    found = flags(data)
    assert found.table.loc[0, "extreme"] == "modal_share" and found.table.loc[0, "flagged"]
    assert found.table["extreme"].ne("").sum() == 1
    rules = found.extreme_rules().set_index("index")
    assert (
        rules.loc["modal_share", "cutoff"] == pytest.approx(0.80)
        and rules.loc["modal_share", "n_flagged"] == 1
    )


def test_random_answers_are_flagged_by_their_distance() -> None:
    rng = np.random.default_rng(3)
    data = answered(rng, n=800)
    data.iloc[0] = rng.integers(1, 8, 60).astype(float)
    found = flags(data)
    assert found.table.loc[0, "extreme"] == "mahalanobis_p"
    assert found.table["extreme"].ne("").sum() == 1


def test_short_scales_have_no_extreme_of_equal_answers() -> None:
    data = answered(np.random.default_rng(4), 12)
    data.iloc[:20] = 4.0
    found = flags(data)
    assert "modal_share" not in {cutoff.index for cutoff in found.extremes}
    assert (found.table["extreme"] != "modal_share").all()
