"""Odd ratings of stages: an error in words, or NaN with the reason beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.triads import (
    StageData,
    dispersion_differences,
    stage_differences,
    stage_dimensions,
    stage_gaps,
    stage_profile,
    stage_shape,
    stage_tests,
)

STAGES = {"first": {"D": "p", "E": "q"}, "second": {"D": "r", "E": "s"}}
ANSWERS = list("pqrs")
FUNCTIONS = [
    stage_profile, stage_gaps, stage_differences, stage_shape, stage_tests, stage_dimensions, dispersion_differences,
]  # fmt: skip


def ratings(units: int = 20) -> pd.DataFrame:
    table = pd.DataFrame([{"unit": g, "role": role} for g in range(units) for role in "abc"])
    return table.assign(
        **dict(zip(ANSWERS, np.random.default_rng(1).normal(size=(4, len(table))), strict=True))
    )


Q = ratings()


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("data", [None, Q, 3])
def test_what_is_no_stage_data_is_refused(function: Any, data: Any) -> None:
    with pytest.raises(InputError, match=r"'data': cannot be used .*a StageData"):
        function(data)


@pytest.mark.parametrize(
    ("data", "columns", "named", "fault"),
    [
        ([1], STAGES, {}, "'data': cannot be used"),
        (Q.head(0), STAGES, {}, "the table has no rows"),
        (Q.drop(columns="p"), STAGES, {}, "'p': column is absent"),
        (Q.drop(columns="unit"), STAGES, {}, "'unit': column is absent"),
        (Q.drop(columns="role"), STAGES, {}, "'role': column is absent"),
        (Q.assign(p="a"), STAGES, {}, "'p': column holds no numbers"),
        (Q.assign(p=np.inf), STAGES, {}, "'p': value outside the scale"),
        (pd.concat([Q] * 2), STAGES, {}, "two informants of one role in one unit"),
        (Q, {}, {}, "stages .found 0.; allowed: at least two"),
        (Q, {"first": {"D": "p"}}, {}, "stages .found 1."),
        (Q, {"first": {"D": "p"}, "second": {"E": "r"}}, {}, "other dimensions"),
        (Q, {"first": {}, "second": {}}, {}, "one or more"),
        (Q, {"first": {"D": "p"}, "second": {"D": "p"}}, {}, "'p': column is named twice"),
        (Q, STAGES, {"roles": ["z"]}, "not among the roles named"),
        (Q, STAGES, {"firm": "firm"}, "'firm': column is absent"),
    ],
)
def test_unusable_tables_are_refused(data: Any, columns: Any, named: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        StageData.from_long(data, columns, **named)


@pytest.mark.parametrize(
    ("loop", "fault"),
    [
        (("first", "third"), "no stage .found 'third'.; allowed: first, second"),
        (("first",), "'loop': cannot be used"),
        (("first", "second", "first"), "'loop': cannot be used"),
        ("first", "'loop': cannot be used"),
    ],
)
def test_a_loop_of_other_stages_is_refused(loop: Any, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        stage_shape(StageData.from_long(Q, STAGES), loop)


def blank(rows: Any, columns: list[str]) -> pd.DataFrame:
    return Q.assign(**{c: Q[c].mask(rows) for c in columns})


ODD: dict[str, tuple[pd.DataFrame, str]] = {
    "nothing answered": (blank(Q["unit"] >= 0, ANSWERS), "nobody has the cell|a cell is empty"),
    "all answers equal": (Q.assign(**dict.fromkeys(ANSWERS, 4.0)), "all answers equal"),
    "one unit": (Q.head(3), "fewer than 2 units"),
    "one role": (Q[Q["role"] == "a"], "nobody has the cell"),
    "a stage that nobody rated": (
        blank(Q["unit"] >= 0, ["p", "q"]),
        "nobody has the cell|a cell is empty|one role",
    ),
    "a role that nobody answered": (blank(Q["role"] == "a", ANSWERS), "nobody has the cell|a cell is empty"),
    "two units": (Q.head(6), "too few clusters"),
    "all stages alike": (Q.assign(q=Q["p"], r=Q["p"], s=Q["p"]), "no variance"),
}


@pytest.mark.parametrize("case", list(ODD))
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_odd_ratings_leave_open_has_its_reason(function: Any, case: str) -> None:
    data, reason = ODD[case]
    found = function(StageData.from_long(data, STAGES))
    for table in found if isinstance(found, tuple) else (found,):
        undefined = table[table.select_dtypes("number").isna().any(axis=1)]
        assert undefined["note"].str.contains(reason).all(), undefined
        if case in ("nothing answered", "all answers equal", "one unit") and len(table):
            assert len(undefined) == len(table)
