"""Limits, counts and places of what is read, by hand: one value on each side of every limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from comply_measure.errors import ComplyError
from comply_measure.responses import FileFormat, read_responses, responses_from_frame

ITEMS = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]


def test_labels_of_codes_that_are_texts(frame, small, problems, tmp_path):
    """A code written as text means its number; a label for "cannot judge" may stand on any code."""
    table = frame.astype(dict.fromkeys(ITEMS, "float64"))
    table["F_1"] = [f"{value:.0f}" if value == value else "" for value in table["F_1"]]
    path = tmp_path / "a.sav"
    labels = {"4": "Agree", "8": "Cannot judge", "7": "nothing of the scale"}
    pyreadstat.write_sav(table, path, variable_value_labels={"F_1": labels})
    assert read_responses(path, small).same_answers(responses_from_frame(frame, small))
    pyreadstat.write_sav(table, path, variable_value_labels={"F_1": {"2": "Agree", "5": "Strongly agree"}})
    (found,) = problems(read_responses, path, small)
    assert (found.column, found.value) == ("F_1", "2 = Agree")
    assert found.allowed == "4 = Agree; recode the file"


@pytest.mark.parametrize(
    ("written", "stated"), [("utf-8-sig", "utf-8"), ("utf-8-sig", "UTF8"), ("utf-16", "utf-16")]
)
def test_a_stated_encoding_may_agree_with_the_mark(frame, small, tmp_path, written, stated):
    frame["firm"] = "Müller"
    path = tmp_path / "a.csv"
    path.write_bytes(frame.to_csv(index=False).encode(written))
    read = read_responses(path, small, file_format=FileFormat(encoding=stated))
    assert read.same_answers(responses_from_frame(frame, small))


def test_places_of_a_wrong_byte_and_of_a_zero(frame, small, problems, tmp_path):
    """Positions count bytes from 0 and lines from 1; the sample stops at the line's ends."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\nx\xfcy,3\n4,5\n")
    (found,) = problems(read_responses, path, small)
    assert found.message == "wrong encoding: byte 0xFC at position 9 is not utf-8" and found.row == 3
    assert found.allowed.endswith("if '…xüy,3…' is right, state encoding: cp1252")
    assert "tried: utf-8 (there is no byte-order mark of UTF-8, UTF-16 or UTF-32)" in found.allowed
    path.write_bytes(b"a" * 20 + b"\xfc" + b"b" * 20)
    assert f"'…{'a' * 12}ü{'b' * 11}…'" in problems(read_responses, path, small)[0].allowed
    path.write_bytes(b"\xef\xbb\xbfa,b\n\xfc,3\n")
    (found,) = problems(read_responses, path, small)
    assert "tried: utf-8-sig; if" in found.allowed and found.row == 2


def test_a_row_of_qualtrics_is_looked_for_in_the_first_two_rows(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    ids = ",".join('"{""ImportId"":""QID1""}"' for _ in frame.columns)
    head, *rows = frame.to_csv(index=False).splitlines()
    for place in (0, 1, 2):
        path.write_text("\n".join([head, *rows[:place], ids, *rows[place:]]) + "\n")
        found = problems(read_responses, path, small)
        named = [problem for problem in found if "header row of Qualtrics" in problem.message]
        assert [problem.row for problem in named] == ([place + 2] if place < 2 else [])


def test_blank_lines_between_answers_are_counted(frame, small, tmp_path):
    path = tmp_path / "a.csv"
    head, *rows = frame.to_csv(index=False).splitlines()
    path.write_text("\n".join(["", head, "", rows[0], "", "", *rows[1:], "", ""]))
    read = read_responses(path, small)
    assert read.same_answers(responses_from_frame(frame, small))
    assert [note for note in read.notes if "blank" in note] == ["3 blank lines were skipped"]
    path.write_text("\n".join([head, rows[0], "", *rows[1:]]))
    assert [note for note in read_responses(path, small).notes if "blank" in note] == [
        "1 blank line was skipped"
    ]
    path.write_text("\n".join([head, *rows]))
    assert not [note for note in read_responses(path, small).notes if "blank" in note]


def test_cells_beyond_the_header_may_only_be_blank(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    head, *rows = frame.to_csv(index=False).splitlines()
    path.write_text("\n".join([head, f"{rows[0]}, ,", *rows[1:]]))
    assert read_responses(path, small).same_answers(responses_from_frame(frame, small))
    path.write_text("\n".join([head, f"{rows[0]},x", "u9,A", *rows[1:]]))
    found = problems(read_responses, path, small)
    assert [(p.row, p.message, p.allowed) for p in found] == [
        (2, "the row has 14 cells", "13 cells, as in the header"),
        (3, "the row has 2 cells", "13 cells, as in the header"),
    ]


def test_units_are_those_of_the_answers_in_any_order(frame, small):
    read = responses_from_frame(frame, small)
    turned = replace(read, units=read.units.iloc[::-1])
    assert turned.n_units == 3
    twice = read.units.loc[["u1", "u2", "u3", "u3"]]
    renamed = read.units.set_axis(pd.Index(["u1", "u2", "u9"], name=read.units.index.name))
    for units in (read.units.iloc[:2], twice, renamed, read.units.loc[["u1", "u2", "u2"]]):
        with pytest.raises(ComplyError, match="do not fit together"):
            replace(read, units=units)


def test_answers_at_both_ends_of_the_range_and_beside_them(frame, small, problems):
    frame.loc[0, "F_1"], frame.loc[1, "F_1"] = 0, 6
    found = problems(responses_from_frame, frame, small)
    assert [(p.row, p.value, p.message) for p in found] == [
        (1, 0, "outside the range of answers"),
        (2, 6, "outside the range of answers"),
    ]
    frame.loc[0, "F_1"], frame.loc[1, "F_1"] = 1, 5
    values = responses_from_frame(frame, small).data["F_1"].to_numpy()
    np.testing.assert_array_equal(values[:2], [1.0, 5.0])
