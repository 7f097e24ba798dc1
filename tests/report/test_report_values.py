"""Report parts are checked values, and survive the trip through JSON without loss."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from comply_measure.errors import ComplyError
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.parts import Bullets, Details, Figure, Heading, Notice, Prose, Section
from comply_measure.report.serialise import decode_frame, decode_section, encode_frame, encode_section
from comply_measure.report.tables import Column, TableSpec

FRAME = pd.DataFrame({"a": [1.5, math.nan], "b": ["x", None], "low": [0.1, 0.2], "high": [0.3, math.nan]})


def test_a_table_refuses_columns_and_formats_that_do_not_exist() -> None:
    with pytest.raises(ComplyError, match="lack: nothing"):
        TableSpec("t", "T", FRAME, (Column("N", "nothing"),))
    with pytest.raises(ComplyError, match="unknown formats: roman"):
        TableSpec("t", "T", FRAME, (Column("A", "a", "roman"),))  # type: ignore[arg-type]
    with pytest.raises(ComplyError, match="lack: group"):
        TableSpec("t", "T", FRAME, group="group")


def test_a_table_states_what_it_rests_on() -> None:
    table = TableSpec("t", "T", FRAME, n_units=1240, n_informants=3000, estimator="ML.")
    assert table.basis == "1,240 units, 3,000 informants. ML"
    assert [column.label for column in table.shown] == ["a", "b", "low", "high"]


def test_tables_and_figures_are_found_inside_folded_blocks() -> None:
    table, figure = TableSpec("t", "T", FRAME), Figure("f", "F", b"<svg", b"png", "alt")
    section = Section("s", "S", (Details("more", (Details("deeper", (table,)), figure)),))
    assert section.tables() == (table,)
    assert section.figures() == (figure,)


def test_a_section_survives_json() -> None:
    columns = (Column("A", "a", "number"), Column("CI", ("low", "high"), "interval"))
    table = TableSpec("t", "T", FRAME, columns, ("n",), 3, 9, "ML", ("w",), "b", 5)
    blocks = (
        Heading("h"),
        Prose("p"),
        Notice("careful", "warning"),
        Bullets(("one", "two")),
        Details("d", (table, Figure("f", "F", b"\x00<svg>", b"\x89png", "alt", ("note",), 520))),
    )
    section = Section("s", "S", blocks)
    read = decode_section(json.loads(json.dumps(encode_section(section), allow_nan=False)))
    assert [type(block) for block in read.blocks] == [type(block) for block in blocks]
    assert read.blocks[:4] == blocks[:4]
    assert read.figures() == section.figures()
    again = read.tables()[0]
    pd.testing.assert_frame_equal(again.data, FRAME, check_dtype=False)
    for name in ("key", "title", "shown", "notes", "n_units", "n_informants", "estimator", "warnings"):
        assert getattr(again, name) == getattr(table, name)
    assert (again.group, again.rows_shown) == ("b", 5)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=8),
    st.lists(st.none() | st.text(max_size=5), max_size=8),
)
def test_frames_survive_json_to_the_last_bit(numbers: list[float], texts: list[str | None]) -> None:
    size = min(len(numbers), len(texts))
    frame = pd.DataFrame(
        {
            "number": pd.Series(numbers[:size], dtype="float64"),
            "text": pd.Series(texts[:size], dtype=object),
            "count": pd.Series(range(size), dtype="int64"),
            "truth": pd.Series([i % 2 == 0 for i in range(size)], dtype=bool),
        }
    )
    read = decode_frame(json.loads(json.dumps(encode_frame(frame), allow_nan=False)))
    np.testing.assert_array_equal(read["number"].to_numpy(), frame["number"].to_numpy())
    assert [None if value != value else value for value in read["text"]] == texts[:size]
    assert read["count"].tolist() == frame["count"].tolist()
    assert read["truth"].tolist() == frame["truth"].tolist()


def test_columns_of_mixed_kinds_are_refused() -> None:
    with pytest.raises(ComplyError, match="mixes kinds"):
        encode_frame(pd.DataFrame({"x": [1, "a"]}))


def test_cutoffs_are_replaced_by_name_and_say_so() -> None:
    cutoffs = Cutoffs({"cfi": 0.9})
    assert cutoffs["cfi"].describe() == "CFI ≥ .90 (set in the study file)"
    assert cutoffs["rmsea"].describe() == "RMSEA ≤ .06 (Hu & Bentler, 1999)"
    assert cutoffs["cfi"].met(0.92) is True
    assert cutoffs["rmsea"].met(0.07) is False
    assert cutoffs["srmr"].met(math.nan) is None
    with pytest.raises(ComplyError, match="did you mean 'rmsea'"):
        Cutoffs({"rmsae": 0.1})


def test_frames_built_row_by_row_and_truth_with_gaps_survive_the_cache() -> None:
    frame = pd.DataFrame(
        {
            "step": pd.Series([1, None, 3], dtype=object),
            "value": pd.Series([1, 2.5, None], dtype=object),
            "sure": pd.Series([True, None, False], dtype=object),
            "maybe": pd.array([True, pd.NA, False], dtype="boolean"),
            "plain": pd.Series([True, False, True], dtype=object),
        }
    )
    again = decode_frame(encode_frame(frame))
    assert again["step"].tolist()[::2] == [1, 3]
    assert again["step"].isna().tolist() == [False, True, False]
    assert again["value"].tolist()[:2] == [1.0, 2.5]
    for name in ("sure", "maybe"):
        assert again[name].tolist()[::2] == [True, False]
        assert again[name].isna().tolist() == [False, True, False]
    assert again["plain"].tolist() == [True, False, True]
    with pytest.raises(ComplyError, match="mixes kinds"):
        encode_frame(pd.DataFrame({"odd": pd.Series([True, 1, "x"], dtype=object)}))


def test_long_tables_survive_as_bytes() -> None:
    n = 1001
    rng = np.random.default_rng(1)
    numbers = rng.choice([0.1, -0.0, 0.0, math.inf, -math.inf, math.nan, 5e-324], n)
    texts = rng.choice(np.array(["a", "", "ß", None], dtype=object), n)
    frame = pd.DataFrame(
        {
            "x": numbers,
            "few": pd.Series(numbers).astype("Float64"),
            "n": rng.integers(-(2**62), 2**62, n),
            "t": pd.Series(texts, dtype="str"),
            "o": texts,
            "b": rng.random(n) < 0.5,
        }
    )
    stored = json.dumps(encode_frame(frame), allow_nan=False)
    again = decode_frame(json.loads(stored))
    assert again["x"].to_numpy().tobytes() == frame["x"].to_numpy().tobytes()
    assert np.array_equal(np.signbit(again["x"]), np.signbit(frame["x"]))
    assert again["few"].isna().tolist() == frame["few"].isna().tolist()
    pd.testing.assert_series_equal(again["n"], frame["n"])
    for name in ("t", "o"):
        assert again[name].dtype == "str"
        assert [None if v != v else v for v in again[name]] == list(texts)
    pd.testing.assert_series_equal(again["b"], frame["b"])
    assert stored.count("base64") == 5
    for damage in ({"levels": [1, "a", "b"]}, {"levels": ["a"]}, {"base64": "AAA"}):
        data = json.loads(stored)
        data["columns"][3] |= damage
        with pytest.raises((ComplyError, ValueError)):
            decode_frame(data)
