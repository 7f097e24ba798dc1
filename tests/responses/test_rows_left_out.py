"""Rows of a file that are no answers of informants."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.instrument import load_scale
from comply_measure.responses import ColumnMapping, responses_from_frame

SCALE = load_scale(Path(__file__).with_name("small_scale.yaml"))
ROLE = SCALE.roles[0]


def read(leave_out: dict[str, object], **further: list[object]):
    items = {item.id: [1, 2, 3, 4] for item in SCALE.items if ROLE in item.roles}
    others = {item.id: [None] * 4 for item in SCALE.items if ROLE not in item.roles}
    frame = pd.DataFrame({"unit": list("abcd"), "role": [ROLE] * 4, **items, **others, **further})
    return responses_from_frame(frame, SCALE, ColumnMapping(leave_out=leave_out))  # type: ignore[arg-type]


def test_rows_with_a_cell_or_none_are_left_out_and_counted() -> None:
    """The first column that leaves a row out counts it; the columns are known without being ignored."""
    found = read(
        {"status": ["1", "Survey Preview"], "sent": ""},
        status=[0, 1, "survey  preview", 0],
        sent=["x", None, None, None],
    )
    assert list(found.data["unit"]) == ["a"]
    assert found.notes[:2] == (
        "2 rows were left out, whose status is 1 or Survey Preview",
        "1 row was left out, whose sent is blank",
    )
    assert list(found.units.index) == ["a"]
    everybody = read({"status": [9]}, status=[0, 1, 2, 3])
    assert len(everybody.data) == 4 and everybody.notes[0] == "0 rows were left out, whose status is 9"


def test_unknown_columns_and_nobody_left_are_problems() -> None:
    with pytest.raises(InputError) as caught:
        read({"statsu": [1]}, status=[0, 1, 2, 3])
    first, second = caught.value.problems
    assert first.message == "missing column, which leaves out rows; did you mean 'status'?"
    assert (second.message, second.column) == ("unknown column", "status")
    with pytest.raises(InputError) as caught:
        read({"status": [0, 1]}, status=[0, 1, 0, 1])
    (problem,) = caught.value.problems
    assert problem.message == "no row is left"
