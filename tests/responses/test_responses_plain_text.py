"""Text files are read in compiled code where that means the same, and record by record where it may not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from comply_measure.responses import read_responses
from comply_measure.responses.faults import Faults
from comply_measure.responses.files import delimited
from comply_measure.responses.files.plain_text import plain_columns
from comply_measure.responses.mapping import FileFormat

cells = st.text("ab1 ;\t\u2028\x0b\x85é.-'", max_size=4)
lines = st.lists(cells, min_size=1, max_size=4).map(",".join)
ends = st.sampled_from(["\n", "\r\n", "\r"])


def read(path, monkeypatch, *, carefully):
    with monkeypatch.context() as changed:
        changed.setattr(delimited, "LONG", 0)
        if carefully:
            changed.setattr(delimited, "plain_columns", lambda *arguments: None)
        faults = Faults("f")
        table = delimited.read_delimited(path, FileFormat(delimiter=","), faults)
    return table, faults.problems


@settings(max_examples=300, deadline=None, derandomize=True)
@given(body=st.lists(lines, min_size=1, max_size=5), end=ends, last=st.sampled_from(["", "e", "ee"]))
def test_both_ways_give_the_same_table(body, end, last, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "a.csv"
    path.write_bytes((end.join(["x,y", *body]) + last.replace("e", end)).encode())
    patch = pytest.MonkeyPatch()
    (one, faults), (two, others) = (read(path, patch, carefully=carefully) for carefully in (False, True))
    assert faults == others
    if one is not None:
        assert list(one.columns) == list(two.columns)
        np.testing.assert_array_equal(one.rows, two.rows)
        assert one.notes == two.notes
        for name in one.columns:
            assert one.columns[name].distinct == two.columns[name].distinct
            np.testing.assert_array_equal(one.columns[name].codes, two.columns[name].codes)


def test_plain_texts_take_the_fast_way():
    first, second = plain_columns("x;y\n1; a\n2;\n1;b\n\n", ";", 2, 1)
    assert first.cells() == ["1", "2", "1"]
    assert second.cells() == ["a", None, "b"]


@pytest.mark.parametrize(
    "text",
    [
        'x,y\n1,"a"\n',  # quotation marks
        "x,y\n1,2,3\n",  # a long line
        "x,y\n1\n",  # a short line
        "x,y\n1,2\n\n3,4\n",  # a blank line
        "x,y\n1,2\n , \n3,4\n",  # a line of blank cells
        "x,y\n1," + "a" * 131_073 + "\n",  # a cell that no answer is as long as
    ],
)
def test_other_texts_are_read_record_by_record(text):
    assert plain_columns(text, ",", 2, 1) is None


def test_the_announced_delimiter_counts_as_a_line(frame, small, problems, tmp_path):
    frame.loc[4, "F_1"] = 8
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n" + frame.to_csv(index=False, sep=";"))
    (problem,) = problems(read_responses, path, small)
    assert (problem.row, problem.column) == (7, "F_1")


def test_a_blank_line_between_others_is_left_to_the_other_reader() -> None:
    assert plain_columns("x,y\n1,a\n,\n2,b\n", ",", 2, 1) is None
    assert plain_columns("x,y\n1,a\n,b\n2,\n", ",", 2, 1) is not None
