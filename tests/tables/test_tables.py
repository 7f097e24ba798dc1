"""Tables of informants: columns that can be computed with, groups by role, role means, long to wide and back."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.tables.long_table import long_table, scale_items
from comply_measure.tables.numbers import column_numbers, column_problem, number_problems
from comply_measure.tables.roles import POOLED, by_role, role_centred
from comply_measure.tables.wide import long_frame, spread, wide_frame
from comply_measure.tables.wide_names import split_wide_name, wide_name

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
    np.testing.assert_array_equal(column_numbers(pd.Series([1, None], dtype="Int64")), [1.0, np.nan])
    assert column_numbers(pd.Series([True, 1.0], dtype=object)) is None
    assert column_numbers(pd.Series([1.0, "a"], dtype=object)) is None
    assert column_numbers(pd.Series(["1"], dtype="category")) is None


def faults(error: pytest.ExceptionInfo[InputError]) -> list[tuple[object, ...]]:
    return [(p.message, p.row, p.column, p.value) for p in error.value.problems]


def test_wide_tables_keep_what_is_constant_and_name_what_is_not() -> None:
    firms = LONG.assign(firm=[1, 1, 2, 2, np.nan])
    wide = wide_frame(firms, ["y"], ["sales"], keep=["firm"])
    np.testing.assert_array_equal(wide.to_numpy(float), [[1, 1], [2, 2], [3, np.nan]])
    assert wide.columns.tolist() == ["y.sales", "firm"]
    twice = pd.concat([firms, firms.iloc[[1]].assign(firm=9)], axis=0)
    with pytest.raises(InputError, match="The wide format cannot be made") as caught:
        wide_frame(twice, ["x"], ["sales", "it"], keep=["firm"])
    assert faults(caught) == [
        ("a second informant of this role", "b", "role", "sales"),
        ("varies within the unit", "b", "firm", None),
    ]
    with pytest.raises(InputError) as caught:
        wide_frame(firms.set_axis(["unit", "role", "x", "x", "firm"], axis=1), ["x", "z", "present"], [])
    assert faults(caught) == [
        ("column is missing", None, "z", None),
        ("column is missing", None, "present", None),
        ("the name is taken for who was there", None, "present", None),
        ("two columns have one name", None, "x", None),
    ]
    with pytest.raises(InputError, match="no roles were named"):
        wide_frame(firms, ["x"], [])


def test_an_informant_is_where_one_answer_is_and_rows_come_unit_by_unit() -> None:
    wide = pd.DataFrame(
        {
            "x.a": [1.0, np.nan],
            "y.a": [np.nan, 2.0],
            "x.b": [np.nan, np.nan],
            "y.b": [np.nan, 4.0],
            "firm": [7, 8],
        },
        index=["u", "v"],
    )
    long = long_frame(wide, ["x", "y"], ["a", "b"])
    assert long.columns.tolist() == ["unit", "role", "x", "y", "firm"]
    assert long[["unit", "role", "firm"]].to_numpy().tolist() == [["u", "a", 7], ["v", "a", 8], ["v", "b", 8]]
    np.testing.assert_array_equal(long[["x", "y"]], [[1.0, np.nan], [np.nan, 2.0], [np.nan, 4.0]])
    with pytest.raises(InputError, match="The long format cannot be made") as caught:
        long_frame(wide.set_axis(["x.a", "y.a", "x.a", "y.b", "firm"], axis=1), ["x"], ["a", "c"])
    assert faults(caught) == [
        ("column is missing", None, "x.c", None),
        ("two columns have one name", None, "x.a", None),
    ]
    for variables, roles in (([], ["a"]), (["x"], [])):
        with pytest.raises(InputError, match="no variables or no roles were named"):
            long_frame(wide, variables, roles)


def test_a_unit_that_stands_twice_in_a_wide_table_is_a_fault() -> None:
    wide = pd.DataFrame({"a.x": [1.0, 2.0, 3.0]}, index=["u", "v", "u"])
    with pytest.raises(InputError, match=r"a unit stands twice in the index \(found 'u'\)"):
        long_frame(wide, ["a"], ["x"])


@pytest.mark.parametrize(
    ("variable", "role", "separator", "name"),
    [
        ("a1", "sales", ".", "a1.sales"),
        ("a.1", "s.w", ".", r"a.1.s\.w"),
        ("a\\", "b", ".", r"a\\.b"),
        ("x", "\\", "@", r"x@\\"),
        ("x", "a::b", "::", r"x::a\:\:b"),
        ("", "b", "@", "@b"),
    ],
)
def test_wide_names_can_be_read_again(variable: str, role: str, separator: str, name: str) -> None:
    assert wide_name(variable, role, separator) == name
    assert split_wide_name(name, separator) == (variable, role)


def test_names_without_a_separator_are_none() -> None:
    assert split_wide_name("a1", ".") is None
    assert split_wide_name(r"a\.b", ".") is None
    assert split_wide_name("a.b\\", ".") == ("a", "b\\")  # a last backslash protects nothing


def test_long_tables_are_arrays_and_every_fault_has_its_row() -> None:
    data = LONG.assign(firm=[1, 1, 2, 2, 3])
    table = long_table(data, ["y", "x"], role="role", firm="firm", minimum=1, maximum=6)
    assert (table.columns, table.unit.tolist()) == (("y", "x"), ["b", "b", "a", "a", "c"])
    assert table.role is not None
    assert table.firm is not None
    assert (table.role[0], table.firm.tolist()) == ("it", [1, 1, 2, 2, 3])
    np.testing.assert_array_equal(table.values, data[["y", "x"]])
    assert table.grouping().sizes.tolist() == [2, 2, 1]
    plain = long_table(data, ["x"])
    assert plain.role is None
    assert plain.firm is None
    bad = data.assign(
        unit=["b", "b", "a", None, "c"], role=["it", "it", None, "it", "it"], x=[0.5, 2, np.inf, 6.5, -np.inf]
    )
    with pytest.raises(InputError, match="The table of informants cannot be used") as caught:
        long_table(bad, ["x"], role="role", minimum=1, maximum=6)
    assert faults(caught) == [
        ("informant without unit", "3", "unit", None),
        ("informant without role", "2", "role", None),
        ("two informants of one role in one unit", "1", "role", ("b", "it")),
        ("value outside the scale", "0", "x", 0.5),
        ("value outside the scale", "2", "x", np.inf),
        ("value outside the scale", "3", "x", 6.5),
        ("value outside the scale", "4", "x", -np.inf),
    ]
    assert caught.value.problems[-1].allowed == "1 to 6, or missing"
    with pytest.raises(InputError, match="-inf to inf, or missing"):
        long_table(bad.assign(unit=1), ["x"])


def test_columns_of_long_tables_are_there_once() -> None:
    with pytest.raises(InputError) as caught:
        long_table(LONG, ["x", "z", "x"], unit="team", role="role")
    assert faults(caught) == [
        ("column is absent", None, "team", None),
        ("column is named twice", None, "x", None),
        ("column is absent", None, "z", None),
    ]
    with pytest.raises(InputError, match="the table has no rows"):
        long_table(LONG.iloc[:0], ["x"])
    with pytest.raises(InputError, match="no columns were named"):
        long_table(LONG, [])


def test_items_of_several_scales_stand_once() -> None:
    items, places = scale_items({"A": ["a", "b"], "B": ["b", "c"]})
    assert items == ("a", "b", "c")
    assert {key: place.tolist() for key, place in places.items()} == {"A": [0, 1], "B": [1, 2]}
    with pytest.raises(InputError) as caught:
        scale_items({"A": [], "B": ["b", "b"]})
    assert faults(caught) == [
        ("scale has no items", None, "A", None),
        ("scale names an item twice", None, "B", None),
    ]
    with pytest.raises(InputError, match="no scales were named"):
        scale_items({})
