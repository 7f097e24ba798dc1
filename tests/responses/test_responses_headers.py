"""Headers of several rows, as survey tools write them."""

from __future__ import annotations

import csv
import json

import openpyxl
import pytest

from comply_measure.errors import InputError
from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame
from comply_measure.responses.files.header import joined_titles

THREE = FileFormat(header_rows=[0, 1, 2])
TWO = FileFormat(header_rows=(0, 1))


def only(found):
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def rows_of(frame):
    plain = frame.astype(object).where(frame.notna(), None)
    return [list(row) for row in plain.itertuples(index=False)]


def write(path, rows):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        with path.open("w", newline="", encoding="utf-8-sig") as stream:
            csv.writer(stream).writerows(rows)


def qualtrics(frame):
    """Names, questions, ids of imports: Qualtrics' export of data as CSV or Excel."""
    names = list(frame.columns)
    questions = [f"Question,\nwith a line break: {name}" for name in names]
    questions[1] = questions[0]
    return [names, questions, [json.dumps({"ImportId": f"QID{n}_TEXT"}) for n, _ in enumerate(names)]]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_qualtrics_three_rows(frame, small, problems, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    write(path, [*qualtrics(frame), *rows_of(frame)])
    assert read_responses(path, small, file_format=THREE).same_answers(responses_from_frame(frame, small))
    first = FileFormat(header_rows=0)
    found = problems(read_responses, path, small, file_format=first)
    hint = next(p for p in found if "Qualtrics" in p.message)
    assert (hint.row, hint.allowed) == (16 if ending == ".csv" else 3, "state header_rows: [0, 1, 2]")
    frame.loc[7, "F_1"] = 8
    write(path, [*qualtrics(frame), *rows_of(frame)])
    problem = only(problems(read_responses, path, small, file_format=THREE))
    assert (problem.row, problem.column) == ((24 if ending == ".csv" else 11), "F_1")


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_questions_over_their_parts(frame, small, tmp_path, ending):
    """SurveyMonkey writes a question once and its parts below."""
    items = list(frame.columns[4:])
    top = [*frame.columns[:4], "How far do you agree?", *[None] * 5, "And your customers?", None, None]
    parts = [None] * 4 + [f"Part {name}" for name in items]
    path = tmp_path / f"a{ending}"
    write(path, [top, parts, *rows_of(frame)])
    mapping = ColumnMapping(
        items={
            name: f"{'And your customers?' if name.startswith('K') else 'How far do you agree?'} / Part {name}"
            for name in items
        }
    )
    read = read_responses(path, small, mapping, file_format=TWO)
    assert read.same_answers(responses_from_frame(frame, small))


def test_merged_headers_of_a_worksheet(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    items = list(frame.columns[4:])
    write(path, [[*frame.columns[:4], "Block", *[None] * 8], [None] * 4 + items, *rows_of(frame)])
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("E1:M1")
    for column in "ABCD":
        book.active.merge_cells(f"{column}1:{column}2")
    book.save(path)
    mapping = ColumnMapping(items={name: f"Block / {name}" for name in items})
    expected = responses_from_frame(frame, small)
    assert read_responses(path, small, mapping, file_format=TWO).same_answers(expected)
    # The second row alone names the items, but not the ids.
    found = problems(read_responses, path, small, file_format=FileFormat(header_rows=1))
    assert {p.column for p in found if "no name" in p.message} == {f"column {n}" for n in range(1, 5)}
    turned = FileFormat(header_rows=[1, 0])
    assert read_responses(path, small, file_format=turned).same_answers(expected)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_lines_above_the_header(frame, small, problems, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    head = [["Export of 3 May; all answers"], [], ["Team survey"]]
    write(path, [*head, list(frame.columns), *rows_of(frame)])
    read = read_responses(path, small, file_format=FileFormat(header_rows=2))
    assert read.same_answers(responses_from_frame(frame, small))
    assert "2 rows above the answers were skipped, as header_rows says" in read.notes
    late = FileFormat(header_rows=20)
    assert "ends before its header" in only(problems(read_responses, path, small, file_format=late)).message


@pytest.mark.parametrize(
    ("rows", "titles"),
    [
        ([["a", "b"], ["x", "y"]], ["a", "b"]),
        ([["a", "a"], ["x", "y"]], ["a / x", "a / y"]),
        ([["a", None, "b"], ["x", "y", None]], ["a / x", "a / y", "b"]),
        ([["a", None, "b"], ["x", None, None]], ["a", "", "b"]),
        ([["a", "a", "a"], ["x", "x", "y"], ["1", "2", "3"]], ["a / x / 1", "a / x / 2", "a / y"]),
        ([[None, "a"], ["x", "y"]], ["x", "a"]),
        ([["a", "b"], ['{"ImportId":"QID1"}', '{"ImportId": "x", "timeZone": "Z"}']], ["a", "b"]),
        ([["a", "a"], ['{"ImportId":"QID1"}', "y"]], ["a", "a / y"]),
        ([["a"], ["x", "y"]], ["a / x", "a / y"]),
    ],
)
def test_titles_of_several_rows(rows, titles):
    assert joined_titles(rows) == titles


def test_columns_that_stay_alike(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    names = list(frame.columns)
    names[5] = names[4]
    write(path, [names, ["z"] * 13, *rows_of(frame)])
    found = problems(read_responses, path, small, file_format=TWO)
    assert any((p.column, p.message) == ("F_1 / z", "the column name occurs twice") for p in found)


def test_answers_beyond_the_header_are_not_lost(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    rows = rows_of(frame)
    rows[3] = [*rows[3], None, 5]
    write(path, [list(frame.columns), *rows])
    problem = only(problems(read_responses, path, small))
    assert (problem.column, problem.message) == ("column 15", "the column has no name")


@pytest.mark.parametrize("value", [[], [0, 0], [-1], [21], "x", True])
def test_header_rows_that_cannot_be(value):
    with pytest.raises(InputError, match="header_rows"):
        FileFormat(header_rows=value)


@pytest.mark.parametrize(
    ("ending", "stated", "meant"),
    [
        (".csv", {"sheet": "x"}, "decimal, delimiter, encoding, header_rows, neutralised, thousands"),
        (".csv", {"merged": "fill"}, "decimal, delimiter, encoding, header_rows, neutralised, thousands"),
        (".xlsx", {"encoding": "utf-8"}, "decimal, header_rows, merged, neutralised, sheet, thousands"),
        (".xlsx", {"delimiter": ";"}, "decimal, header_rows, merged, neutralised, sheet, thousands"),
        (".parquet", {"header_rows": [0, 1]}, "decimal, thousands"),
    ],
)
def test_a_format_without_a_meaning_is_no_silent_one(frame, small, problems, tmp_path, ending, stated, meant):
    path = tmp_path / f"a{ending}"
    if ending == ".csv":
        frame.to_csv(path, index=False)
    elif ending == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path)
    (name,) = stated
    problem = problems(read_responses, path, small, file_format=FileFormat(**stated))[0]
    assert f"states {name}, which has no meaning" in problem.message
    assert problem.allowed == meant
    defaults = FileFormat(merged="problem", header_rows=0, sheet=None, encoding=None)
    assert read_responses(path, small, file_format=defaults).n_informants == 8
