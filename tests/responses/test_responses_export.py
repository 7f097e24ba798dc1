"""Exports: every digit, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import math

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from comply_measure.responses import export, neutralise_cell, responses_from_frame, write_csv, write_xlsx
from comply_measure.responses.export import unmarked


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_text_that_runs_is_neutralised(text):
    assert neutralise_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["a=1", "", "'", "'a", " =1", -5, -5.5, 0, None, True])
def test_everything_else_is_untouched(value):
    assert neutralise_cell(value) is value


@pytest.mark.parametrize("text", ["'=1", "''-", "'@"])
def test_text_that_looks_neutralised_gets_a_further_mark(text):
    assert neutralise_cell(text) == "'" + text


@given(text=st.text("'=+-@a\t\r\n", max_size=5))
def test_neutralised_text_comes_back(text):
    assert unmarked(neutralise_cell(text)) == text


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_csv(tmp_path):
    table = pd.DataFrame(
        {
            "=name": ["=1+1", 'Käfer, "A"', None],
            "x": [0.1 + 0.2, -1e-300, np.nan],
            "n": [-1, 2, 3],
            "flag": [True, False, True],
            "kind": pd.Categorical(["-a", "b", "b"]),
            "when": pd.to_datetime(["2024-01-02", None, "2024-01-03"]),
            "huge": [np.inf, -np.inf, 1e22],
        }
    )
    write_csv(table, tmp_path / "a.csv")
    assert rows_of(tmp_path / "a.csv") == [
        ["'=name", "x", "n", "flag", "kind", "when", "huge"],
        ["'=1+1", "0.30000000000000004", "-1", "True", "'-a", "2024-01-02T00:00:00", "inf"],
        ['Käfer, "A"', "-1e-300", "2", "False", "b", "", "-inf"],
        ["", "", "3", "True", "b", "2024-01-03T00:00:00", "1e+22"],
    ]
    first = (tmp_path / "a.csv").read_bytes()
    write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == first
    assert b"\r" not in first
    write_csv(table[["n"]].rename_axis("id"), tmp_path / "b.csv", index=True)
    assert rows_of(tmp_path / "b.csv")[1] == ["0", "-1"]


def test_xlsx(tmp_path):
    table = pd.DataFrame(
        {
            "@name": ["=1+1", "a\x00b", None],
            "x": [0.1 + 0.2, np.nan, np.inf],
            "n": np.array([1, 2, 3], dtype=np.int64),
            "flag": [True, False, True],
        }
    )
    write_xlsx(table, tmp_path / "a.xlsx", sheet="answers", index=True)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["answers"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells == [
        ["index", "'@name", "x", "n", "flag"],
        [0, "'=1+1", 0.1 + 0.2, 1, True],
        [1, "a\ufffdb", None, 2, False],
        [2, None, "inf", 3, True],
    ]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_floats_come_back_exactly(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("floats") / "a.csv"
    write_csv(pd.DataFrame({"x": values}), path)
    assert [float(row[0]) for row in rows_of(path)[1:]] == values


@given(text=st.text(max_size=10))
def test_no_exported_text_starts_like_a_formula(text):
    assert not str(neutralise_cell(text)).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_responses_write_themselves(frame, small, tmp_path):
    read = responses_from_frame(frame.replace({"unit": {"u1": "=1+1"}}), small)
    read.write_csv(tmp_path / "a.csv", "wide")
    assert rows_of(tmp_path / "a.csv")[1][0] == "'=1+1"


def test_columns_written_value_by_value_or_once_per_value_are_the_same(tmp_path):
    numbers = [0.1, -0.0, 0.0, math.inf, -math.inf, math.nan, 1e-320, 2.0, 1 / 3] * 3
    texts = ["=1", "a,b", 'say "x"', None, "", "+", "a\nb", "ß", "-"] * 3
    frame = pd.DataFrame(
        {
            "x": numbers,
            "t": pd.Series(texts, dtype="str"),
            "n": range(27),
            "b": [True, False, True] * 9,
            "u": np.arange(27, dtype=np.uint8),
        }
    )
    write_csv(frame, tmp_path / "typed.csv")
    write_csv(frame.astype(object), tmp_path / "objects.csv")
    assert (tmp_path / "typed.csv").read_bytes() == (tmp_path / "objects.csv").read_bytes()
    write_csv(frame.iloc[:0], tmp_path / "empty.csv")
    assert (tmp_path / "empty.csv").read_bytes() == b"x,t,n,b,u\n"


def test_csv_is_what_the_csv_module_writes_cell_by_cell(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_LINES", 3)  # several blocks
    nasty = [
        "",
        "a,b",
        'say "x"',
        "two\nlines",
        "\rback",
        "a\rb",
        "=1+1",
        "ü – é",
        " lead",
        "'=x",
        "semi;colon",
    ]
    n = len(nasty)
    frame = pd.DataFrame(
        {
            "text": pd.array(nasty, dtype="string"),
            "object": pd.Series(nasty, dtype=object),
            "mixed": pd.Series([1, 1.0, True, "1", None, pd.NA, np.nan, "a,b", -0.0, "", b"x"], dtype=object),
            "flag": pd.array([True, False, None] * 3 + [True, None], dtype="boolean"),
            "number": [0.1, np.nan, -0.0, np.inf, 1e-300, 0.1 + 0.2, 0.0, 1.0, 2.5, -7.0, 3.0],
            "whole": pd.array([*list(range(n - 1)), None], dtype="Int64"),
            "name, with comma": pd.Categorical(nasty),
        }
    )
    for part in (frame, frame[["text"]], frame[["flag"]], frame.iloc[:0], frame[[]]):
        write_csv(part, tmp_path / "fast.csv")
        with (tmp_path / "plain.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([neutralise_cell(name) for name in part.columns])
            cells = [[export._text(value) for value in part[name].tolist()] for name in part.columns]
            writer.writerows(zip(*cells, strict=True))
        assert (tmp_path / "fast.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
