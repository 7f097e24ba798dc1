"""Content validity against published tables and brute force."""

from __future__ import annotations

from itertools import product
from math import nan

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.measurement.content import (
    Decision,
    DropLog,
    content_validity,
    cvr_critical,
    definitional_ratings,
    item_sort,
    sort_critical,
)
from comply_measure.measurement.content.ratings import aiken_p
from comply_measure.measurement.content.sorting import sort_p_value


@pytest.mark.parametrize(
    ("n", "critical"),
    [
        (5, 1.0),
        (6, 1.0),
        (7, 1.0),
        (8, 0.75),
        (9, 0.778),
        (10, 0.8),
        (11, 0.636),
        (12, 0.667),
        (13, 0.538),
        (14, 0.571),
        (15, 0.6),
        (20, 0.5),
        (40, 0.3),
    ],
)
def test_cvr_critical_values_of_ayre_and_scally(n: int, critical: float) -> None:
    assert cvr_critical(n) == pytest.approx(critical, abs=5e-4)


def test_panel_of_four_cannot_be_significant() -> None:
    assert np.isnan(cvr_critical(4))


@pytest.mark.parametrize(
    # Polit, Beck & Owen (2007), table of kappa by number of experts and of agreeing experts
    ("n", "agree", "icvi", "kappa"),
    [
        (3, 3, 1.0, 1.0),
        (3, 2, 0.667, 0.47),
        (4, 3, 0.75, 0.67),
        (5, 4, 0.8, 0.76),
        (6, 5, 0.833, 0.82),
        (7, 6, 0.857, 0.85),
        (8, 7, 0.875, 0.87),
        (9, 7, 0.778, 0.76),
    ],
)
def test_modified_kappa_table(n: int, agree: int, icvi: float, kappa: float) -> None:
    ratings = pd.DataFrame({"a": [4] * agree + [1] * (n - agree)})
    row = content_validity(ratings).items.iloc[0]
    assert row["i_cvi"] == pytest.approx(icvi, abs=5e-4)
    assert row["kappa"] == pytest.approx(kappa, abs=6e-3)


def test_scale_indices_and_missing_ratings() -> None:
    ratings = pd.DataFrame({"a": [4, 4, 3], "b": [4, 2, nan], "c": [nan, nan, nan]})
    result = content_validity(ratings)
    assert result.s_cvi_ave == pytest.approx((1 + 0.5) / 2)
    assert result.s_cvi_ua == pytest.approx(0.5)
    assert result.items["n_experts"].tolist() == [3, 2, 0]
    assert result.items.loc[2, ["i_cvi", "kappa", "cvr", "aiken_v"]].isna().all()
    assert result.items.loc[2, "note"] == "no expert rated this item"


def test_aiken_v_interval_of_penfield_and_giacobbi() -> None:
    # Closed form: Wilson's interval with n·k trials, here 10 raters on 1…5 with mean 4.5, so V = .875.
    ratings = pd.DataFrame({"a": [5, 5, 5, 5, 5, 4, 4, 4, 4, 4]})
    row = content_validity(ratings, maximum=5, relevant_from=4).items.iloc[0]
    z, trials, v = 1.959963984540054, 40, 0.875
    half = z * np.sqrt(v * (1 - v) / trials + z**2 / (4 * trials**2))
    centre = v + z**2 / (2 * trials)
    assert row["aiken_v"] == pytest.approx(v)
    assert row["aiken_lower"] == pytest.approx((centre - half) / (1 + z**2 / trials), abs=1e-12)
    assert row["aiken_upper"] == pytest.approx((centre + half) / (1 + z**2 / trials), abs=1e-12)


def test_aiken_p_equals_enumeration() -> None:
    sums = np.array([sum(r) for r in product(range(4), repeat=5)])
    for total in (0, 7, 12, 15):
        assert aiken_p(total, 5, 3) == pytest.approx((sums >= total).mean(), abs=1e-12)


def test_ratings_outside_the_scale_are_all_listed() -> None:
    with pytest.raises(InputError) as caught:
        content_validity(pd.DataFrame({"a": [5, 2.5], "b": [0, 1]}))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(("judges", "constructs"), [(3, 3), (4, 6), (5, 2)])
def test_sort_null_distribution_equals_enumeration(judges: int, constructs: int) -> None:
    values = []
    for picks in product(range(constructs), repeat=judges):
        counts = np.bincount(picks, minlength=constructs)
        values.append(counts[0] - counts[1:].max())
    values_ = np.array(values)
    for hit in range(judges + 1):
        p = sort_p_value(hit, 0, judges, constructs)
        assert p == pytest.approx((values_ >= hit).mean(), abs=1e-12)


def test_two_constructs_give_anderson_and_gerbings_critical_value() -> None:
    # m = 15 of 20 is the smallest with P(Bin(20, .5) >= m) <= .05, so c_sv must reach (30 - 20)/20
    assert sort_critical(20, 2) == pytest.approx(0.5)


def test_chance_is_lower_with_six_constructs() -> None:
    assert sort_critical(20, 6) < sort_critical(20, 2)


def test_item_sort_counts() -> None:
    sorts = pd.DataFrame({"i1": ["C", "C", "O", "C"], "i2": ["O", "C", "C", None]})
    result = item_sort(sorts, {"i1": "C", "i2": "O"}, ["C", "O", "M"])
    first, second = result.items.iloc[0], result.items.iloc[1]
    assert (first["p_sa"], first["c_sv"]) == (0.75, 0.5)
    assert second["p_sa"] == pytest.approx(1 / 3)
    assert second["c_sv"] == pytest.approx(-1 / 3)
    assert second["most_frequent_other"] == "C"
    assert result.confusion.to_numpy().sum() == 7
    assert result.chance == pytest.approx(1 / 3)


def test_item_sort_names_every_fault() -> None:
    with pytest.raises(InputError) as caught:
        item_sort(pd.DataFrame({"i1": ["C", "Z"], "i9": ["C", "C"]}), {"i1": "C"}, ["C", "O"])
    assert {p.column for p in caught.value.problems} == {"i1", "i9"}


def test_definitional_indices_closed_form() -> None:
    rows = [
        ("j1", "i", "A", 7),
        ("j1", "i", "B", 1),
        ("j1", "i", "C", 3),
        ("j2", "i", "A", 5),
        ("j2", "i", "B", 5),
    ]
    ratings = pd.DataFrame(rows, columns=["judge", "item", "construct", "rating"])
    row = definitional_ratings(ratings, {"i": "A"}, 7).items.iloc[0]
    assert row["htc"] == pytest.approx(6 / 7)
    assert row["htd"] == pytest.approx(np.mean([6, 4, 0]) / 6)


def test_definitional_faults() -> None:
    rows = [("j1", "i", "A", 9), ("j1", "i", "A", 3)]
    ratings = pd.DataFrame(rows, columns=["judge", "item", "construct", "rating"])
    with pytest.raises(InputError) as caught:
        definitional_ratings(ratings, {}, 7)
    assert len(caught.value.problems) == 3


def test_log_keeps_reasons_and_never_drops_undefined_values() -> None:
    log = DropLog().apply_cutoff("content", "I-CVI", {"a": 0.5, "b": 0.9, "c": nan}, 0.78, "Lynn 1986")
    assert log.dropped == ("a",)
    assert log.tidy().loc[2, "reason"] == "I-CVI is undefined"
    log = log.add(Decision("a", "review", "reworded", "kept after rewording"))
    assert log.dropped == ()
    with pytest.raises(ComplyError):
        Decision("a", "review", "dropped", " ")
