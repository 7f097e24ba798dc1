"""Files as they come: encodings, delimiters, signatures, worksheets, damage."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pyreadstat
import pytest

from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame
from comply_measure.responses.files.signature import actual_kind


def only(found):
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def csv_text(frame):
    return frame.to_csv(index=False)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-32"]
)
def test_byte_order_marks_are_understood(frame, small, tmp_path, encoding):
    frame["firm"] = "Müller"
    text = csv_text(frame)
    if encoding.endswith("-bom"):
        raw = ("\ufeff" + text).encode(encoding.removesuffix("-bom"))
    else:
        raw = text.encode(encoding)
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    read = read_responses(path, small)
    assert read.same_answers(responses_from_frame(frame, small))


def test_wrong_encoding_names_byte_line_and_what_was_tried(frame, small, problems, tmp_path):
    frame.loc[2, "firm"] = "Müller"
    raw = csv_text(frame).encode("cp1252")
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    problem = only(problems(read_responses, path, small))
    assert f"byte 0xFC at position {raw.index(0xFC)}" in problem.message
    assert problem.row == 4
    assert "tried: utf-8" in problem.allowed
    assert "Müller" in problem.allowed
    assert "state encoding: cp1252" in problem.allowed
    stated = FileFormat(encoding="ascii")
    assert "is not ascii" in only(problems(read_responses, path, small, file_format=stated)).message


def test_encodings_that_cannot_be(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(csv_text(frame).encode("utf-8-sig"))
    found = problems(read_responses, path, small, file_format=FileFormat(encoding="cp1252"))
    assert "byte-order mark contradicts" in only(found).message
    found = problems(read_responses, path, small, file_format=FileFormat(encoding="utf-99"))
    assert "unknown text encoding" in only(found).message
    path.write_bytes(csv_text(frame).encode("utf-16-le"))
    found = problems(read_responses, path, small)
    assert "binary data" in only(found).message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(frame, small, tmp_path, delimiter, line_end):
    path = tmp_path / "a.csv"
    path.write_bytes(frame.to_csv(index=False, sep=delimiter, lineterminator=line_end).encode())
    assert read_responses(path, small).same_answers(responses_from_frame(frame, small))


def test_excel_announces_the_delimiter(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n" + frame.to_csv(index=False, sep=";"))
    assert read_responses(path, small).same_answers(responses_from_frame(frame, small))
    frame.loc[0, "F_1"] = 8
    path.write_text("sep=;\n" + frame.to_csv(index=False, sep=";"))
    assert only(problems(read_responses, path, small)).row == 3


def test_rows_are_lines_of_the_file(frame, small, problems, tmp_path):
    frame["firm"] = 'The "A"\ncompany, Ltd'
    frame.loc[1, "F_1"] = 8
    frame.loc[6, "F_1"] = 8
    lines = csv_text(frame)
    path = tmp_path / "a.csv"
    path.write_text("\n" + lines.replace("u2,", "\n\nu2,", 1) + "\n\n,,,\n")
    found = problems(read_responses, path, small)
    # Header in line 2, two lines per record, two blank lines before the fourth record.
    assert [p.row for p in found] == [5, 17]


def test_blank_lines_are_noted(frame, small, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv_text(frame).replace("u2,", "\n,,,,\nu2,", 1) + "\n\n")
    assert "2 blank lines were skipped" in read_responses(path, small).notes


def test_ambiguous_decimal_sign(frame, small, problems, tmp_path):
    table = frame.assign(size=["1.234"] * 3 + ["2,5"] * 3 + ["3"] * 2)
    path = tmp_path / "a.csv"
    table.to_csv(path, index=False, sep=";")
    mapping = ColumnMapping(units=["size"])
    problem, *cells = problems(read_responses, path, small, mapping)
    assert "ambiguous" in problem.message
    assert [(p.row, p.column, p.value) for p in cells] == [(row, "size", "1.234") for row in (2, 3, 4)]
    assert "1.234" in problem.message
    assert "2,5" in problem.message
    read = read_responses(path, small, ColumnMapping(units=["size"], as_text=("size",)))
    assert read.units["size"].tolist() == ["1.234", "2,5", "3"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b" , ,\n", b"\xef\xbb\xbf"])
def test_empty_files(small, problems, tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert only(problems(read_responses, path, small)).message == "the file is empty"


def test_header_only(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    frame.iloc[:0].to_csv(path, index=False)
    assert "a header and no rows" in only(problems(read_responses, path, small)).message
    frame.iloc[:0].to_excel(tmp_path / "a.xlsx", index=False)
    assert "a header and no rows" in only(problems(read_responses, tmp_path / "a.xlsx", small)).message
    frame.iloc[:0].to_parquet(tmp_path / "a.parquet")
    assert "no rows" in only(problems(read_responses, tmp_path / "a.parquet", small)).message
    openpyxl.Workbook().save(tmp_path / "b.xlsx")
    assert "workbook is empty" in only(problems(read_responses, tmp_path / "b.xlsx", small)).message


def test_ragged_rows(frame, small, problems, tmp_path):
    lines = csv_text(frame).splitlines()
    lines[3] += ",,"  # too many cells, all blank: nothing is lost
    lines[4] += ",7"
    lines[5] = lines[5].rsplit(",", 2)[0]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    found = problems(read_responses, path, small)
    assert [(p.row, p.message) for p in found] == [
        (5, "the row has 14 cells"),
        (6, "the row has 11 cells"),
    ]
    assert found[0].allowed == "13 cells, as in the header"


@pytest.mark.parametrize("broken", ['"u9', '"u9"x'])
def test_broken_quoting(frame, small, problems, tmp_path, broken):
    path = tmp_path / "a.csv"
    path.write_text(csv_text(frame) + f"{broken},A,sales,s9,1,1,1,1,1,1,1,1,1\n")
    assert "broken quoting" in only(problems(read_responses, path, small)).message
    path.write_text(broken)
    assert "broken quoting" in only(problems(read_responses, path, small)).message


def test_columns_without_name(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(line + "," for line in csv_text(frame).splitlines()))
    assert read_responses(path, small).n_informants == 8
    path.write_text(
        "\n".join(f"{line},{'x' * (i > 0)}" for i, line in enumerate(csv_text(frame).splitlines()))
    )
    problem = only(problems(read_responses, path, small))
    assert (problem.column, problem.message) == ("column 14", "the column has no name")


CONTENT = {
    "text": b"unit,role\n1,sales\n",
    "PDF": b"%PDF-1.7\n",
    "HTML page": b"<!DOCTYPE html><html></html>",
    "old or encrypted Office file (.xls)": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "gzip archive": b"\x1f\x8b\x08\x00",
    "binary data": bytes(range(256)),
    "damaged ZIP archive or workbook": b"PK\x03\x04" + bytes(40),
}


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".parquet", ".sav", ".dta"])
@pytest.mark.parametrize("kind", list(CONTENT))
def test_a_file_that_is_not_what_its_ending_says(small, problems, tmp_path, ending, kind):
    path = tmp_path / f"a{ending}"
    path.write_bytes(CONTENT[kind])
    if kind == "text" and ending in (".csv", ".tsv"):
        return
    problem = only(problems(read_responses, path, small))
    assert problem.message == f"the file is not what its ending says: {kind}"
    assert problem.value == ending


@pytest.mark.parametrize("true_ending", [".xlsx", ".parquet", ".sav", ".dta", ".zsav"])
@pytest.mark.parametrize("stated", [".xlsx", ".parquet", ".sav", ".dta", ".csv"])
def test_one_format_under_the_ending_of_another(frame, small, problems, tmp_path, true_ending, stated):
    if true_ending == stated or {true_ending, stated} == {".sav", ".zsav"}:
        return
    plain = frame.astype(dict.fromkeys(frame.columns[4:], "float64"))
    real = tmp_path / f"real{true_ending}"
    if true_ending == ".xlsx":
        plain.to_excel(real, index=False)
    elif true_ending == ".parquet":
        plain.to_parquet(real)
    elif true_ending == ".dta":
        pyreadstat.write_dta(plain, real)
    else:
        pyreadstat.write_sav(plain, real, compress=true_ending == ".zsav")
    path = tmp_path / f"a{stated}"
    path.write_bytes(real.read_bytes())
    message = only(problems(read_responses, path, small)).message
    names = {".xlsx": "Excel", ".parquet": "Parquet", ".dta": "Stata", ".sav": "SPSS", ".zsav": "SPSS"}
    assert names[true_ending] in message


@pytest.mark.parametrize("release", [101, 102, 113, 115, 116])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("rest", [b"\x01\x00", b"\x01\x00\x05", b"\x01", b"\x00\x01", b"\x02\x00"])
def test_old_stata_files_by_their_first_four_bytes(tmp_path, release, order, rest):
    path = tmp_path / "a.dta"
    path.write_bytes(bytes([release, order]) + rest)
    known = 102 <= release <= 115 and order in (1, 2) and rest.startswith(b"\x01\x00")
    assert (actual_kind(path) == "Stata file") == known


@pytest.mark.parametrize("ending", [".xlsx", ".parquet", ".sav", ".dta"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated_files(frame, small, problems, tmp_path, ending, share):
    plain = frame.astype(dict.fromkeys(frame.columns[4:], "float64"))
    path = tmp_path / f"a{ending}"
    if ending == ".xlsx":
        plain.to_excel(path, index=False)
    elif ending == ".parquet":
        plain.to_parquet(path)
    elif ending == ".dta":
        pyreadstat.write_dta(plain, path)
    else:
        pyreadstat.write_sav(plain, path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    assert problems(read_responses, path, small)


def test_absent_files_folders_and_unknown_endings(small, problems, tmp_path):
    assert "does not exist" in only(problems(read_responses, tmp_path / "no.csv", small)).message
    (tmp_path / "folder.csv").mkdir()
    assert "a folder" in only(problems(read_responses, tmp_path / "folder.csv", small)).message
    problem = only(problems(read_responses, tmp_path / "a.xls", small))
    assert "did you mean '.xlsx'?" in problem.allowed


def workbook(frame, path, **changes):
    book = openpyxl.Workbook()
    sheet = book.active
    plain = frame.astype(object).where(frame.notna(), None)
    sheet.append(list(plain.columns))
    for row in plain.itertuples(index=False):
        sheet.append(list(row))
    for cell, value in changes.items():
        sheet[cell] = value
    book.save(path)
    return book


def test_excel_dates_and_errors_in_answer_cells(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    workbook(frame, path, E2=dt.datetime(2024, 5, 3), F3="#N/A", G4=True)
    found = problems(read_responses, path, small)
    assert [(p.row, p.column) for p in found] == [(2, "F_1"), (3, "F_2"), (4, "F_3")]
    assert "a date is no answer" in found[0].message
    assert "dates" in found[0].allowed
    assert found[1].value == "#N/A"


def test_excel_formulas_are_not_run(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    workbook(frame, path, E2="=2-1")
    problem = only(problems(read_responses, path, small))
    assert problem.message == "the workbook stores no value for this formula"
    assert (problem.row, problem.column, problem.value) == (2, "F_1", "=2-1")


def test_excel_formulas_count_with_their_stored_value(frame, small, tmp_path):
    import zipfile

    path, stored = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    workbook(frame, path, E2="=2-1")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(stored, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b"<f>2-1</f><v />" in data or b"<f>2-1</f><v></v>" in data
                data = data.replace(b"<f>2-1</f><v />", b"<f>2-1</f><v>1</v>")
                data = data.replace(b"<f>2-1</f><v></v>", b"<f>2-1</f><v>1</v>")
            target.writestr(name, data)
    assert read_responses(stored, small).same_answers(responses_from_frame(frame, small))


def test_excel_text_that_looks_like_a_formula_is_data(frame, small, tmp_path):
    path = tmp_path / "a.xlsx"
    book = workbook(frame, path)
    for row in range(2, 5):
        cell = book.active[f"A{row}"]
        cell.value = '=HYPERLINK("http://x")'
        cell.data_type = "s"
    book.save(path)
    assert read_responses(path, small).units.index[0] == '=HYPERLINK("http://x")'


def test_csv_cells_that_look_like_formulas_are_data(frame, small, tmp_path):
    path = tmp_path / "a.csv"
    frame.replace({"unit": {"u1": "=1+1"}, "firm": {"A": "<script>alert(1)</script>"}}).to_csv(
        path, index=False
    )
    read = read_responses(path, small)
    assert read.units.index[0] == "=1+1"
    assert read.data.loc[0, "firm"] == "<script>alert(1)</script>"


def test_worksheets(frame, small, problems, tmp_path):
    path = tmp_path / "a.xlsx"
    book = workbook(frame, path)
    book.create_sheet("empty")
    book.save(path)
    assert read_responses(path, small).n_informants == 8
    book.create_sheet("codebook").append(["a note"])
    book.save(path)
    problem = only(problems(read_responses, path, small))
    assert problem.allowed == "state sheet: one of Sheet, codebook"
    assert read_responses(path, small, file_format=FileFormat(sheet="Sheet")).n_informants == 8
    found = problems(read_responses, path, small, file_format=FileFormat(sheet="sheet2"))
    assert only(found).allowed == "Sheet, empty, codebook"


def test_parquet_with_foreign_types(frame, small, problems, tmp_path):
    path = tmp_path / "a.parquet"
    odd = frame.astype({"F_1": "object", "F_2": "boolean"}, errors="ignore").assign(
        F_1=[[1, 2]] * 8, F_2=[True] * 8, F_3=dt.date(2024, 1, 1), S_1=None
    )
    odd.to_parquet(path)
    messages = {p.column: p.message for p in problems(read_responses, path, small)}
    assert "not a number" in messages["F_1"]
    assert "not a number" in messages["F_2"]
    assert "a date" in messages["F_3"]
    assert "S_1" not in messages
    frame.astype({"F_1": "string", "role": "category"}).set_index("unit", append=True).reset_index(
        "unit"
    ).to_parquet(path)
    assert read_responses(path, small).same_answers(responses_from_frame(frame, small))
