"""Numbers as people write them: read, or a problem with row, column, value and the way out; never another number."""

from __future__ import annotations

import datetime as dt

import numpy as np
import openpyxl
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame

SIZE = ColumnMapping(units=["size"])


def with_size(frame, first, second, third="7"):
    return frame.assign(size=[first] * 3 + [second] * 3 + [third] * 2)


def sizes(frame, small, first, second, third="7", **stated):
    read = responses_from_frame(
        with_size(frame, first, second, third), small, SIZE, file_format=FileFormat(**stated)
    )
    return read.units["size"].tolist()


def of_size(found):
    return [(p.row, p.value, p.message) for p in found if p.column == "size"]


@pytest.mark.parametrize("end", [".csv", ".tsv"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_point_before_three_digits_is_not_decided(frame, small, problems, tmp_path, end, delimiter):
    path = tmp_path / f"a{end}"
    with_size(frame, "1.200", "10.500").to_csv(path, index=False, sep=delimiter)
    found = problems(read_responses, path, small, SIZE)
    assert of_size(found) == [
        (row, value, "'.' may be a decimal sign or separate thousands")
        for row, value in enumerate(["1.200"] * 3 + ["10.500"] * 3, start=2)
    ]
    assert len(found) == 6
    assert found[0].allowed == "state decimal: '.' if 1.200 is 1.2, or thousands: '.' if it is 1200"
    small_numbers = read_responses(path, small, SIZE, file_format=FileFormat(decimal="."))
    assert small_numbers.units["size"].tolist() == [1.2, 10.5, 7]
    large_numbers = read_responses(path, small, SIZE, file_format=FileFormat(thousands="."))
    assert large_numbers.units["size"].tolist() == [1200, 10500, 7]


def test_a_comma_before_three_digits_is_not_decided(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    with_size(frame, "1,200", "10,500").to_csv(path, index=False, sep=";")
    found = problems(read_responses, path, small, SIZE)
    assert [value for _, value, _ in of_size(found)] == ["1,200"] * 3 + ["10,500"] * 3
    assert found[0].allowed == "state decimal: ',' if 1,200 is 1.2, or thousands: ',' if it is 1200"
    for stated, expected in (({"decimal": ","}, [1.2, 10.5, 7]), ({"thousands": ","}, [1200, 10500, 7])):
        read = read_responses(path, small, SIZE, file_format=FileFormat(**stated))
        assert read.units["size"].tolist() == expected


@pytest.mark.parametrize("other", ["0.5", "1.25", "1234.567", "0.125", ".5", "2."])
def test_another_number_of_the_column_decides(frame, small, other):
    assert sizes(frame, small, "1.200", other) == [1.2, float(other), 7]


def test_numbers_that_are_numbers_have_no_signs(frame, small, tmp_path):
    table = with_size(frame, 1.125, 10.5, 2.25)
    assert responses_from_frame(table, small, SIZE).units["size"].tolist() == [1.125, 10.5, 2.25]
    table["size"] = 1.125
    table.to_excel(tmp_path / "a.xlsx", index=False)
    assert read_responses(tmp_path / "a.xlsx", small, SIZE).units["size"].tolist() == [1.125] * 3


@pytest.mark.parametrize(
    ("written", "thousands", "decimal", "value"),
    [
        ("1.234,50", ".", "auto", 1234.5),
        ("1,234.50", ",", "auto", 1234.5),
        ("1.234.567", ".", "auto", 1234567),
        ("-12,345,678", ",", "auto", -12345678),
        ("1 234", "space", "auto", 1234),
        ("1\u00a0234", "space", "auto", 1234),
        ("1\u202f234,5", "space", ",", 1234.5),
        ("1'234.5", "apostrophe", "auto", 1234.5),
        ("1\u2019234", "apostrophe", ".", 1234),
    ],
)
def test_groups_of_thousands_once_they_are_stated(frame, small, problems, written, thousands, decimal, value):
    found = problems(responses_from_frame, with_size(frame, written, "3"), small, SIZE)
    assert [(row, cell) for row, cell, _ in of_size(found)] == [(1, written), (2, written), (3, written)]
    assert "state decimal and thousands" in found[0].allowed
    assert sizes(frame, small, written, "3", thousands=thousands, decimal=decimal) == [value, 3, 7]


@pytest.mark.parametrize("written", ["12.34", "1.2345", "12.34.567", "1.23.456", ".123.456"])
def test_groups_must_be_of_three_digits(frame, small, problems, written):
    stated = FileFormat(thousands=".")
    found = problems(
        responses_from_frame, with_size(frame, written, "1.200"), small, SIZE, file_format=stated
    )
    assert {value for _, value, _ in of_size(found)} == {written}


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("12%", "percent"),
        ("12,5 %", "percent"),
        ("€1200", "currency"),
        ("US$ 1200", "currency"),
        ("1200 EUR", "currency"),
        ("CHF 1'200", "currency"),
        ("5-", "minus sign behind"),
        ("(5)", "brackets"),
        ("\u22125", "a dash for a minus"),
        ("0x1F", "another base"),
        ("1_000", "underscores"),
        ("１２", "write 12"),
        ("٣", "write 3"),
        ("1,5", "another decimal sign"),
        ("1,200", "groups of thousands"),
        ("1e400", "not a finite number"),
        ("-1e999", "not a finite number"),
        ("inf", "not a finite number"),
        ("TRUE", "truth value"),
        ("true", "truth value"),
        ("3-May", "a date"),
        ("2024-05-03", "a date"),
        (dt.datetime(2024, 2, 1), "a date"),
        (np.inf, "not a finite number"),
    ],
)
def test_what_a_person_reads_as_a_number(frame, small, problems, written, what):
    table = with_size(frame, 4, written, 7.5).astype({"size": object})
    found = problems(responses_from_frame, table, small, SIZE)
    assert [row for row, _, _ in of_size(found)] == [4, 5, 6]
    assert len(found) == 3
    assert all(what in message and "in a variable of numbers" in message for _, _, message in of_size(found))
    as_text = ColumnMapping(units=["size"], as_text=("size",))
    assert responses_from_frame(table, small, as_text).units["size"].notna().all()


@pytest.mark.parametrize("word", ["nan", "NaN", "NULL", "null", "<NA>", "#N/A", "#DIV/0!", "#NV", "#REF!"])
def test_words_for_no_value(frame, small, problems, word):
    for others in (("4", "7"), ("north", "south")):
        table = with_size(frame, others[0], word, others[1])
        found = problems(responses_from_frame, table, small, SIZE)
        assert [(row, value) for row, value, _ in of_size(found)] == [(4, word), (5, word), (6, word)]
        told = ColumnMapping(units=["size"], missing={word: "user_missing"})
        read = responses_from_frame(table, small, told).units["size"]
        assert read.isna().tolist() == [False, True, False]
        assert (read.dtype == np.float64) is (others == ("4", "7"))


@pytest.mark.parametrize("column", ["unit", "firm", "informant"])
@pytest.mark.parametrize("word", ["nan", "NULL", "#N/A"])
def test_ids_that_are_words_for_no_value(frame, small, problems, column, word):
    table = frame.copy()
    table.loc[table.index[:3] if column != "informant" else [0], column] = word
    found = [p for p in problems(responses_from_frame, table, small) if p.column == column]
    assert all(p.message == f"no {column} id but a word for no value" for p in found)
    assert [p.row for p in found] == ([1] if column == "informant" else [1, 2, 3])
    if column == "firm":
        told = ColumnMapping(missing={word: "user_missing"})
        read = responses_from_frame(table, small, told)
        assert read.data["firm"].isna().tolist() == [True] * 3 + [False] * 5
        assert read.n_firms == 1


@pytest.mark.parametrize(
    "values",
    [
        ("TRUE", "FALSE", "TRUE"),
        ("5-10%", "about 12", "none"),
        ("none", "partly", "12%"),
        ("2024-05-03", "2024-05-04", "2024-05-05"),
        (dt.datetime(2024, 2, 1), dt.datetime(2024, 2, 2), dt.datetime(2024, 2, 3)),
        ("007", "012", "100"),
        ("+49 30 1234", "A-1", "12/5b"),
    ],
)
def test_texts_stay_texts(frame, small, values):
    read = responses_from_frame(with_size(frame, *values), small, SIZE)
    expected = [v.isoformat() if isinstance(v, dt.datetime) else v for v in values]
    assert read.units["size"].tolist() == expected


def test_variables_of_informants_are_checked_too(frame, small, problems):
    table = frame.assign(tenure=["3", "4", "12%", "5", "1.200", "2", "3", "4"])
    found = problems(responses_from_frame, table, small, ColumnMapping(informants=["tenure"]))
    assert [(p.row, p.column, p.value) for p in found] == [(3, "tenure", "12%"), (5, "tenure", "1.200")]


def test_units_files_are_checked_too(frame, small, problems, tmp_path):
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "u.csv").write_text("unit;size;share\nu1;1.200;12%\nu2;10.500;5%\nu3;3.000;1%\n")
    found = problems(read_responses, tmp_path / "a.csv", small, units_path=tmp_path / "u.csv")
    assert [(p.row, p.column, p.value) for p in found] == [
        (row, column, value)
        for row, size, share in ((2, "1.200", "12%"), (3, "10.500", "5%"), (4, "3.000", "1%"))
        for column, value in (("size", size), ("share", share))
    ]


def test_answers_say_what_keeps_them_from_being_numbers(frame, small, problems):
    written = {
        "２": "write 2",
        "2,0": "another decimal sign",
        "20%": "percent",
        "2-": "minus",
        "NULL": "missing",
    }
    for cell, hint in written.items():
        table = frame.astype(object)
        table.loc[1, "F_1"] = cell
        (problem,) = problems(responses_from_frame, table, small)
        assert (problem.row, problem.column, problem.value) == (2, "F_1", cell)
        assert hint in problem.allowed
    table = frame.astype(object)
    table.loc[0, "F_1"] = "3.000"  # three thousand is no answer, so this is three
    assert responses_from_frame(table, small).data.loc[0, "F_1"] == 3


def test_excel_cells_of_text_errors_and_dates(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    with_size(frame, 4, 5, 7).to_excel(path, index=False)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for row, value in (
        (2, "1.200"),
        (3, "1.200"),
        (4, "1.200"),
        (5, "#DIV/0!"),
        (8, dt.datetime(2024, 2, 1)),
    ):
        sheet.cell(row, 14, value)
    book.save(path)
    found = problems(read_responses, path, small, SIZE)
    assert {(p.row, str(p.value)) for p in found if "changes within" not in p.message} == {
        (2, "1.200"),
        (3, "1.200"),
        (4, "1.200"),
        (5, "#DIV/0!"),
        (8, "2024-02-01T00:00:00"),
    }


def test_signs_that_contradict():
    with pytest.raises(InputError, match="decimal and thousands are both"):
        FileFormat(decimal=".", thousands=".")


def test_long_texts_are_looked_at_no_longer_than_numbers_are(frame, small):
    long = "1" + " " * 100_000 + "x"
    read = responses_from_frame(with_size(frame, "4", long), small, SIZE)
    assert read.units["size"].tolist() == ["4", long, "7"]


def test_the_signs_of_a_file_are_read_with_its_other_numbers(frame, small, problems, tmp_path):
    table = with_size(frame, "1.234,5", "2,5").assign(turnover=["1.200"] * 3 + ["3"] * 5)
    path = tmp_path / "a.csv"
    table.to_csv(path, index=False, sep=";")
    mapping = ColumnMapping(units=["size", "turnover"])
    assert problems(read_responses, path, small, mapping)
    read = read_responses(path, small, mapping, file_format=FileFormat(thousands="."))
    pd.testing.assert_frame_equal(
        read.units.reset_index(drop=True),
        pd.DataFrame({"size": [1234.5, 2.5, 7.0], "turnover": [1200.0, 3.0, 3.0]}),
    )
