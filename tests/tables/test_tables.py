"""Tables of informants: columns that can be computed with, groups by role, role means, long to wide and back."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from comply_measure.tables.numbers import column_numbers, column_problem, number_problems
from comply_measure.tables.roles import POOLED, by_role, role_centred
from comply_measure.tables.wide import long_frame, spread, wide_frame

LONG = pd.DataFrame(
    {
        "unit": ["b", "b", "a", "a", "c"],
        "role": ["it", "sales", "sales", "it", "sales"],
        "x": [1.0, 2.0, 4.0, np.nan, 6.0],
        "y": [5.0, 1.0, 2.0, np.nan, 3.0],
    }
)


def test_role_means_are_taken_off_over_those_who_answered() -> None:
    before = LONG.copy()
    found = role_centred(LONG, ["x"])
    np.testing.assert_array_equal(found["x"], [0.0, -2.0, 0.0, np.nan, 2.0])
    pd.testing.assert_frame_equal(found.drop(columns="x"), LONG.drop(columns="x"))
    pd.testing.assert_frame_equal(LONG, before)


def test_everyone_comes_before_the_roles() -> None:
    found = {group: rows["unit"].tolist() for group, rows in by_role(LONG, ["sales", "it", "legal"])}
    assert list(found) == [POOLED, "sales", "it", "legal"]
    assert found["sales"] == ["b", "a", "c"]
    assert found["legal"] == []


def test_rows_of_informants_are_spread_over_columns_of_roles() -> None:
    wide = spread(LONG[["x"]], np.array([0, 0, 1, 1, 2]), 3, LONG["role"], ["sales", "it"], "{}/{}".format)
    assert wide.columns.tolist() == ["x/sales", "x/it"]
    np.testing.assert_array_equal(wide, [[2.0, 1.0], [4.0, np.nan], [6.0, np.nan]])
    assert spread(LONG[["x"]], np.zeros(5, int), 1, LONG["role"], [], str).shape == (1, 0)


def test_a_silent_informant_survives_the_way_to_wide_and_back() -> None:
    wide = wide_frame(LONG, ["x", "y"], ["sales", "it"])
    assert wide.index.tolist() == ["b", "a", "c"]
    assert wide["present.it"].tolist() == [True, True, False]
    back = long_frame(wide, ["x", "y"], ["sales", "it"])
    assert back[["unit", "role"]].to_numpy().tolist() == [
        ["b", "sales"], ["b", "it"], ["a", "sales"], ["a", "it"], ["c", "sales"],
    ]  # fmt: skip
    np.testing.assert_array_equal(back["x"], [2.0, 1.0, 4.0, np.nan, 6.0])


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["1", "2"], "column holds no numbers"),
        ([1 + 0j, 2.0], "column holds no numbers"),
        ([1.0, np.inf], "infinite value"),
        ([1.0, -1e76], "numbers too large to compute with"),
        ([1e-76, np.nan], "numbers too small to compute with"),
    ],
)
def test_columns_that_cannot_be_computed_with_are_named(cells: list[object], what: str) -> None:
    fault = column_problem(pd.DataFrame({"x": cells}), "x")
    assert fault is not None
    assert (fault.message, fault.column) == (what, "x")


def test_absent_and_double_columns_are_faults_and_any_real_kind_is_read() -> None:
    table = pd.DataFrame([[1.0, 2.0, Decimal("0.5")], [3.0, 4.0, None]], columns=["x", "x", "d"])
    assert [(p.message, p.column) for p in number_problems(table, ["z", "x", "d", "z"])] == [
        ("column is absent", "z"),
        ("two columns have one name", "x"),
    ]
    np.testing.assert_array_equal(column_numbers(table["d"]), [0.5, np.nan])
    assert column_problem(pd.DataFrame({"x": [0.0, np.nan]}), "x") is None
