"""Files that are too large, packed to explode, or no files at all: refused with words, at once."""

from __future__ import annotations

import gzip
import os
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from comply_measure.documents import path_fault, read_yaml
from comply_measure.errors import InputError
from comply_measure.instrument import load_scale
from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame
from comply_measure.responses.files import limits


def only(found):
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def rewritten(source, target, **parts):
    """A copy of a workbook with other content in some of its parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            place = name.rsplit("/", 1)[-1].removesuffix(".xml")
            content = parts.get(place, old.read(name))
            new.writestr(name, content(old.read(name)) if callable(content) else content)


@pytest.fixture
def workbook(frame, tmp_path):
    path = tmp_path / "sound.xlsx"
    frame.to_excel(path, index=False)
    return path


def test_one_cell_far_below_is_no_reason_to_count_the_rows_between(workbook, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    for number, words in ((400_000_000, "a row 400,000,000"), (1_048_577, "a row 1,048,577")):
        far = f'<row r="{number}"><c r="A{number}"><v>1</v></c></row></sheetData>'.encode()
        rewritten(workbook, path, sheet1=lambda old, far=far: old.replace(b"</sheetData>", far))
        assert words in only(problems(read_responses, path, small)).message
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    rewritten(workbook, path, sheet1=lambda old: old.replace(b"</sheetData>", far))
    found = problems(read_responses, path, small)  # read, and refused as an informant without a role
    assert {problem.row for problem in found} == {1_048_576}


def test_cells_are_counted_to_the_last_column(workbook, small, problems, tmp_path, monkeypatch):
    monkeypatch.setattr("comply_measure.responses.files.workbook.MAX_CELLS", 16_384 + 9 * 13)
    rows = [f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in (10, 11)]
    path = tmp_path / "a.xlsx"
    for taken, fine in ((1, True), (2, False)):
        more = "".join(rows[:taken]).encode() + b"</sheetData>"
        rewritten(workbook, path, sheet1=lambda old, more=more: old.replace(b"</sheetData>", more))
        found = problems(read_responses, path, small)
        assert any("more than" in problem.message for problem in found) is not fine


def test_a_column_beyond_excel(workbook, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    rewritten(workbook, path, sheet1=lambda old: old.replace(b'r="M9"', b'r="ZZZ9"'))
    assert "a column beyond Excel's 16,384 in row 9" in only(problems(read_responses, path, small)).message


def test_rows_out_of_order_are_damage(workbook, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    rewritten(workbook, path, sheet1=lambda old: old.replace(b'<row r="4"', b'<row r="3"'))
    assert "damaged: row 3 follows row 3" in only(problems(read_responses, path, small)).message


def test_a_workbook_packed_to_explode(workbook, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    rewritten(workbook, path, sheet1=lambda old: old + b" " * 30_000_000)
    assert path.stat().st_size < 100_000
    assert "times its size" in only(problems(read_responses, path, small)).message


def test_a_workbook_of_more_than_a_gigabyte(workbook, small, problems, tmp_path, monkeypatch):
    monkeypatch.setattr("comply_measure.responses.files.workbook.MAX_UNPACKED", 5_000)
    problem = only(problems(read_responses, workbook, small))
    assert problem.message == "the workbook is too large"
    assert problem.allowed == "5,000 bytes unpacked"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_a_workbook(workbook, small, problems, tmp_path, encoding):
    laughs = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    path = tmp_path / "a.xlsx"
    rewritten(workbook, path, styles=laughs.encode(encoding))
    assert only(problems(read_responses, path, small)).message == "the workbook declares a document type"


@pytest.mark.parametrize("ending", [".parquet", ".sav", ".zsav", ".dta", ".csv"])
def test_too_many_cells(frame, small, problems, tmp_path, monkeypatch, ending):
    for place in ("labelled.MAX_CELLS", "limits.MAX_CELLS", "plain_text.MAX_CELLS"):
        monkeypatch.setattr(f"comply_measure.responses.files.{place}", 13 * 8 - 1)
    monkeypatch.setattr("comply_measure.responses.files.delimited.BLOCK", 8)
    plain = frame.astype(dict.fromkeys(frame.columns[4:], "float64"))
    path = tmp_path / f"a{ending}"
    if ending == ".parquet":
        plain.to_parquet(path)
    elif ending == ".dta":
        pyreadstat.write_dta(plain, path)
    elif ending == ".csv":
        plain.to_csv(path, index=False)
    else:
        pyreadstat.write_sav(plain, path, compress=ending == ".zsav")
    problem = problems(read_responses, path, small)[0]
    assert problem.message == "too many cells: 8 rows of 13 columns"
    assert problem.allowed == "at most 103 cells"


def test_a_small_parquet_file_of_a_billion_rows(small, problems, tmp_path):
    path = tmp_path / "a.parquet"
    block = pa.table({"unit": pa.array(np.zeros(1_000_000, dtype=np.int8))})
    with pq.ParquetWriter(path, block.schema) as writer:
        for _ in range(51):
            writer.write_table(block)
    assert path.stat().st_size < 1_000_000
    assert "51,000,000 rows" in only(problems(read_responses, path, small)).message


def test_too_many_columns_and_too_large_a_text_file(small, problems, tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{n}" for n in range(limits.MAX_COLUMNS + 1)) + "\n")
    assert only(problems(read_responses, path, small)).message == "too many columns"
    monkeypatch.setattr("comply_measure.responses.files.delimited.MAX_TEXT_BYTES", 10)
    assert only(problems(read_responses, path, small)).message == "the file is too large"


def test_a_cell_longer_than_any_answer(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x" * 140_000 + "," + frame.to_csv(index=False))
    problem = only(problems(read_responses, path, small))
    assert "a cell of more than 131,072 characters" in problem.message
    frame["firm"] = ["y" * 140_000, *frame["firm"][1:]]
    frame.to_csv(path, index=False)
    problem = only(problems(read_responses, path, small))
    assert (problem.row, "131,072" in problem.message) == (1, True)


def test_a_header_longer_than_a_cell_may_be(frame, small, tmp_path):
    more = pd.DataFrame(1, index=frame.index, columns=["z" * 200 + str(number) for number in range(700)])
    frame = pd.concat([frame, more], axis=1)
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=False, sep=";")
    assert read_responses(path, small, ColumnMapping(ignore=["z*"])).n_informants == 8


def test_pipes_and_devices_are_refused_before_they_are_opened(small, problems, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    link = tmp_path / "zero.csv"
    link.symlink_to("/dev/zero")
    for path in (pipe, link):
        assert only(problems(read_responses, path, small)).message == "a device or pipe, not a file"
        found = problems(read_responses, pipe, small, units_path=path)
        assert [problem.message for problem in found] == ["a device or pipe, not a file"] * 2
        assert only(problems(read_yaml, path)).message == "a device or pipe, not a file"
        assert "a device or pipe" in only(problems(load_scale, path)).message


def test_what_keeps_a_path_from_being_a_file(tmp_path):
    assert path_fault(tmp_path / "no.csv") == "the file does not exist"
    assert path_fault(tmp_path) == "a folder, not a file"
    assert path_fault(tmp_path / ("n" * 300)) == "File name too long"
    assert path_fault("a\0b") == "not the name of a file"
    (tmp_path / "a").write_text("")
    assert path_fault(tmp_path / "a") is None
    with pytest.raises(InputError, match="File name too long"):
        load_scale(tmp_path / ("n" * 300))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rot13", "unknown text encoding"),
        ("base64", "unknown text encoding"),
        ("zlib", "unknown text encoding"),
        ("hex", "unknown text encoding"),
        ("a\0b", "unknown text encoding"),
        ("ü", "unknown text encoding"),
        ("", "unknown text encoding"),
        ("idna", "not an encoding of text files"),
        ("punycode", "not an encoding of text files"),
        ("unicode_escape", "not an encoding of text files"),
        ("raw_unicode_escape", "not an encoding of text files"),
        ("undefined", "not an encoding of text files"),
    ],
)
def test_codecs_that_are_no_encodings(frame, small, problems, tmp_path, name, message):
    text, spss = tmp_path / "a.csv", tmp_path / "a.sav"
    frame.to_csv(text, index=False)
    pyreadstat.write_sav(frame.astype(dict.fromkeys(frame.columns[4:], "float64")), spss)
    for path in (text, spss):
        found = problems(read_responses, path, small, file_format=FileFormat(encoding=name))
        assert (only(found).message, found[0].value) == (message, name)


@pytest.mark.parametrize("name", ["UTF-8", "latin-1", "cp1252", "utf_16", "ascii", "mac_roman"])
def test_encodings_of_files_are_taken(frame, small, tmp_path, name):
    path = tmp_path / "a.csv"
    path.write_bytes(frame.to_csv(index=False).encode(name))
    read = read_responses(path, small, file_format=FileFormat(encoding=name))
    assert read.same_answers(responses_from_frame(frame, small))


def test_compressed_files_and_open_documents_are_named(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    assert "gzip archive" in only(problems(read_responses, path, small)).message
    sheet = tmp_path / "a.xlsx"
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", b" " * 10_000_000)
    assert "OpenDocument file" in only(problems(read_responses, sheet, small)).message
    assert "unknown file ending" in only(problems(read_responses, tmp_path / "a.ods", small)).message


def test_signs_that_delimit_nothing():
    for sign in ('"', "'", "\n", "a", "1", ".", "-"):
        with pytest.raises(InputError, match="a sign that stands in no number"):
            FileFormat(delimiter=sign)


def merged_book(frame, path, *ranges):
    book = openpyxl.Workbook()
    sheet = book.active
    plain = frame.astype(object).where(frame.notna(), None)
    sheet.append(list(plain.columns))
    for row in plain.itertuples(index=False):
        sheet.append(list(row))
    for cells in ranges:
        sheet.merge_cells(cells)
    book.save(path)


def test_merged_answers_are_a_problem_of_the_file(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    merged_book(frame, path, "E2:E4", "F5:G6", "A5:A7", "E7:M7")
    found = problems(read_responses, path, small)
    merged = [(p.row, p.column, p.value) for p in found if "merged cells" in p.message]
    assert merged == [(2, "F_1", 1), (5, "unit", "u2")]
    assert (
        next(p for p in found if p.row == 2).message
        == "merged cells: rows 2 to 4 of column F_1 hold one value"
    )
    # F5 and E7 are blank in the frame: such ranges hold nothing that could be lost.


def test_merged_cells_that_stand_for_all(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    merged_book(frame, path, "A2:A4", "B2:B4", "A5:A7", "A8:A9", "E2:F3", "E7:M7")
    read = read_responses(path, small, file_format=FileFormat(merged="fill"))
    expected = frame.copy()
    expected.loc[[0, 1], ["F_1", "F_2"]] = 1
    assert read.same_answers(responses_from_frame(expected, small))


def test_cells_merged_with_the_header(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    merged_book(frame, path, "E1:E2")
    for file_format in (FileFormat(), FileFormat(merged="fill")):
        found = problems(read_responses, path, small, file_format=file_format)
        assert (only(found).row, found[0].column) == (2, "F_1")


def test_hidden_rows_and_sheets_are_read_and_noted(frame, small, tmp_path):
    path = tmp_path / "a.xlsx"
    merged_book(frame, path)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.active.row_dimensions[5].hidden = True
    book.active.row_dimensions[50].hidden = True
    book.create_sheet("visible")
    book["Sheet"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    read = read_responses(path, small)
    assert read.n_informants == 8
    assert read.notes[:2] == (
        "worksheet 'Sheet' is hidden; it was read",
        "2 hidden rows of worksheet 'Sheet' were read",
    )


def test_a_formula_that_stores_the_empty_text_is_blank(frame, small, problems, tmp_path):
    path, stored = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    merged_book(frame, path)
    book = openpyxl.load_workbook(path)
    book.active["E2"] = '=IF(A1="","","x")'
    book.save(path)
    assert "stores no value" in only(problems(read_responses, path, small)).message

    def with_blank(old):
        found = old.replace(b'<c r="E2"><f>', b'<c r="E2" t="str"><f>')
        assert found != old
        return found

    rewritten(path, stored, sheet1=with_blank)
    read = read_responses(stored, small)
    assert read.missing_reason.loc[0, "F_1"] == "not_answered"
