"""Faults of files, mappings and tables, word by word: what is wrong, where, and what would be allowed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale
from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame
from comply_measure.responses.datasets import DatasetDescription
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import plain
from comply_measure.responses.files.workbook import packed_well
from comply_measure.responses.numerals import PLAIN, looks_like_a_number

SMALL = load_scale(Path(__file__).parent / "small_scale.yaml")
ITEMS = [item.id for item in SMALL.items]
HEAD = "unit,role,F_1,F_2,F_3,S_1,S_2,S_3,K_1,K_2,K_3\n"
LINES = (
    "u1,marketing,1,2,3,4,5,1,2,3,\n"
    "u1,sales,1,2,3,4,5,1,2,3,4\n"
    "u2,marketing,2,2,2,2,2,2,2,2,\n"
    "u2,sales,3,3,3,3,3,3,3,3,3\n"
)
FRAME = pd.DataFrame(
    {"unit": ["u1", "u1", "u2"], "role": ["marketing", "sales", "it"], **{name: [1, 2, 3] for name in ITEMS}}
).astype(dict.fromkeys(ITEMS, "Int64"))
FRAME.loc[2, ["K_1", "K_2", "K_3"]] = pd.NA
FRAME.loc[0, "K_3"] = pd.NA


def read(folder: Path, text: str | bytes, name: str = "a.csv", **options: Any) -> Any:
    """Responses of a file of this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_responses(path, SMALL, **options)


def framed(mapping: dict[str, Any] | None = None, **columns: Any) -> Any:
    return responses_from_frame(FRAME.assign(**columns), SMALL, ColumnMapping(**(mapping or {})))


def workbook(folder: Path, sheets: dict[str, list[list[Any]]], **options: Any) -> Any:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "a.xlsx")
    return read_responses(folder / "a.xlsx", SMALL, **options)


def parquet(folder: Path, frame: pd.DataFrame) -> Any:
    frame.to_parquet(folder / "a.parquet")
    return read_responses(folder / "a.parquet", SMALL)


def archive(folder: Path, member: str, name: str = "a.xlsx") -> Any:
    with zipfile.ZipFile(folder / name, "w") as packed:
        packed.writestr(member, "x")
    return read_responses(folder / name, SMALL)


def described(folder: Path, text: str) -> Any:
    (folder / "a.csv.yaml").write_text(text, encoding="utf-8")
    return read(folder, HEAD + LINES)


REFUSED: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "a missing code that is an answer": (
        lambda: framed({"missing": {"3": "not_answered"}}),
        (
            "data frame cannot be used",
            "data frame: the missing code is an answer of scale small (found '3'); allowed: a code "
            "outside 1 to 5",
        ),
    ),
    "cells that are lists": (
        lambda: framed(F_1=[[3], *[3] * (len(FRAME) - 1)]),
        (
            "data frame cannot be used",
            "data frame, row 1, 'F_1': not a number and not a label of the scale (found '[3]'); allowed: "
            "whole numbers 1 to 5, their labels, or blank; 9 for cannot judge",
        ),
    ),
    "a label with two meanings": (
        lambda: framed({"labels": {"F_1": {"agree": 1}}}),
        (
            "data frame cannot be used",
            "data frame: the label has two meanings (found 'agree'); allowed: each label for one code",
        ),
    ),
    "an unknown item of the mapping": (
        lambda: framed({"items": {"F_9": "F_1", "zzz": "F_2"}}),
        (
            "data frame cannot be used",
            "data frame: the mapping names an unknown item (found 'F_9'); allowed: did you mean 'F_3'?",
            "data frame: the mapping names an unknown item (found 'zzz'); allowed: an item id of the scales",
        ),
    ),
    "an unknown role of the mapping": (
        lambda: framed({"roles": {"boss": "manager"}}),
        (
            "data frame cannot be used",
            "data frame: the mapping gives an unknown role for 'boss' (found 'manager'); allowed: "
            "marketing, sales, it",
        ),
    ),
    "an unknown entry not asked": (
        lambda: framed({"not_asked": ["F_12"]}),
        (
            "data frame cannot be used",
            "data frame: unknown entry of not_asked 'F_12'; did you mean 'F_2'? (known: F_1, F_2, "
            "F_3, K_1, K_2, K_3, S_1, S_2, S_3, content, customer, first, second, whole) (found "
            "'F_12')",
        ),
    ),
    "answers of a role that is not asked": (
        lambda: responses_from_frame(FRAME.assign(unit="u1", role=["sales", "it", "sales"]), SMALL),
        (
            "data frame cannot be used",
            "data frame, row 2, 'K_1': an answer of role it to an item that is not meant for it "
            "(found 2); allowed: blank (the item is for marketing, sales), or inapplicable: ignore",
            "data frame, row 2, 'K_2': an answer of role it to an item that is not meant for it "
            "(found 2); allowed: blank (the item is for marketing, sales), or inapplicable: ignore",
            "data frame, row 2, 'K_3': an answer of role it to an item that is not meant for it "
            "(found 2); allowed: blank (the item is for sales), or inapplicable: ignore",
        ),
    ),
    "an id twice": (
        lambda: framed(informant=["i1", "i1", "i2"]),
        (
            "data frame cannot be used",
            "data frame, row 2, 'informant': the informant id occurs twice (found 'i1'); allowed: "
            "each id once; the first is in row 1",
        ),
    ),
    "a variable that changes within a unit": (
        lambda: framed({"units": {"size": "size"}}, size=[1.5, 2, 3]),
        (
            "data frame cannot be used",
            "data frame, row 2, 'size': size changes within unit 'u1' (found 2); allowed: 1.5, as in row 1",
        ),
    ),
    "dates in a variable of numbers": (
        lambda: framed({"units": {"size": "size"}}, size=["1", "1-2", "7"]),
        (
            "data frame cannot be used",
            "data frame, row 2, 'size': a date (spreadsheets make them of entries such as 1-2) in a "
            "variable of numbers (found '1-2'); allowed: plain numbers (1200 or 1.2), or state "
            "decimal and thousands in the format; text is listed under as_text",
            "data frame, row 2, 'size': size changes within unit 'u1' (found '1-2'); allowed: 1, as in row 1",
        ),
    ),
    "infinite numbers": (
        lambda: framed({"units": {"size": "size"}}, size=["1", "1", "inf"]),
        (
            "data frame cannot be used",
            "data frame, row 3, 'size': not a finite number in a variable of numbers (found 'inf'); "
            "allowed: plain numbers (1200 or 1.2), or state decimal and thousands in the format; "
            "text is listed under as_text",
        ),
    ),
    "columns of one name": (
        lambda: responses_from_frame(FRAME.rename(columns={"F_2": "F_1", "S_2": "S_1"}), SMALL),
        (
            "data frame cannot be used",
            "data frame, 'F_1': the column name occurs twice; allowed: each name once",
            "data frame, 'S_1': the column name occurs twice; allowed: each name once",
        ),
    ),
    "no rows": (
        lambda: responses_from_frame(FRAME[:0], SMALL),
        (
            "data frame cannot be used",
            "data frame: the table has no rows; allowed: at least one row of answers",
        ),
    ),
    "another number of values": (
        lambda: framed().wide(values=pd.DataFrame({"x": [1.0]})),
        ("values have 1 rows for 3 informants",),
    ),
    "nobody left": (
        lambda: framed().subset(role="it", units=["u1"]),
        ("no informant is left in this subset",),
    ),
    "an unknown unit": (lambda: framed().subset(units=["u3"]), ("unknown unit 'u3' (known: u1, u2)",)),
    "unit-level names of items": (
        lambda: framed({"units": {"F_1": "size"}}, size=1.0).to_frame(),
        ("unit-level variables have the names of other columns: F_1",),
    ),
    "a description of something else": (
        lambda folder: described(folder, "format: other\n"),
        (
            "FOLDER/a.csv.yaml does not describe a.csv",
            "FOLDER/a.csv.yaml, row 1, 'format': not an allowed value (found 'other'); allowed: "
            "'comply-measure responses 1'",
        ),
    ),
    "broken quoting": (
        lambda folder: read(folder, HEAD + 'u1,"marketing,1\n' + LINES),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 1: broken quoting in or after this row: unexpected end of data; "
            'allowed: quoted cells, with "" for a quotation mark inside',
        ),
    ),
    "a cell without end": (
        lambda folder: read(folder, HEAD + LINES + f"{'x' * 200_000},sales\n"),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 5: a cell of more than 131,072 characters in or after this row; "
            'allowed: quoted cells, with "" for a quotation mark inside',
        ),
    ),
    "a byte that is not UTF-8": (
        lambda folder: read(folder, (HEAD + LINES).encode() + "Müller,it".encode("cp1252")),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 6: wrong encoding: byte 0xFC at position 161 is not utf-8; allowed: "
            "text in the encoding; tried: utf-8 (there is no byte-order mark of UTF-8, UTF-16 or "
            "UTF-32); if '…Müller,it…' is right, state encoding: cp1252",
        ),
    ),
    "text in Shift-JIS": (
        lambda folder: read(folder, (HEAD + LINES).encode() + "マーケティング,it".encode("shift_jis")),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 6: wrong encoding: byte 0x83 at position 160 is not utf-8; allowed: "
            "text in the encoding; tried: utf-8 (there is no byte-order mark of UTF-8, UTF-16 or "
            "UTF-32); if 'マーケティング…' is right, state encoding: shift_jis",
        ),
    ),
    "a byte of another encoding": (
        lambda folder: read(
            folder, "ü".encode("cp1252") + HEAD.encode(), file_format=FileFormat(encoding="ascii")
        ),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 1: wrong encoding: byte 0xFC at position 0 is not ascii; allowed: "
            "text in the encoding; tried: ascii; if '…üunit,role,F…' is right, state encoding: cp1252",
        ),
    ),
    "a zero byte": (
        lambda folder: read(folder, HEAD + "u1,mar\x00keting\n"),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 2: not text: zero byte at position 52; allowed: text; read as utf-8; UTF-16 needs a "
            "byte-order mark or a stated encoding",
        ),
    ),
    "a byte-order mark against the statement": (
        lambda folder: read(
            folder, ("\ufeff" + HEAD + LINES).encode("utf-16"), file_format=FileFormat(encoding="utf-8")
        ),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv: the byte-order mark contradicts the stated encoding (found 'utf-8'); "
            "allowed: utf-16",
        ),
    ),
    "an encoding that is none": (
        lambda folder: read(folder, HEAD + LINES, file_format=FileFormat(encoding="klingon")),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv: unknown text encoding (found 'klingon'); allowed: such as utf-8, cp1252 or utf-16",
        ),
    ),
    "an empty file": (
        lambda folder: read(folder, ""),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv: the file is empty; allowed: a header line and one row per informant or unit",
        ),
    ),
    "a header alone": (
        lambda folder: read(folder, HEAD),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv: the file has a header and no rows; allowed: at least one row of answers",
        ),
    ),
    "a page of the web": (
        lambda folder: read(folder, "<html><body>no</body></html>"),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv: the file is not what its ending says: HTML page (found '.csv'); allowed: text",
        ),
    ),
    "an ending that lies": (
        lambda folder: read(folder, HEAD + LINES, "a.xlsx"),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: the file is not what its ending says: text (found '.xlsx'); allowed: "
            "Excel workbook (.xlsx)",
        ),
    ),
    "an ending that is unknown": (
        lambda folder: read(folder, HEAD + LINES, "a.doc"),
        (
            "FOLDER/a.doc cannot be used",
            "FOLDER/a.doc: unknown file ending (found '.doc'); allowed: .csv, .tsv, .txt, .tab, .dat, .xlsx, "
            ".parquet, .sav, .zsav, .dta, .json, .jsonl, .ndjson",
        ),
    ),
    "a ZIP archive": (
        lambda folder: archive(folder, "b.csv"),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: the file is not what its ending says: ZIP archive (found '.xlsx'); "
            "allowed: Excel workbook (.xlsx)",
        ),
    ),
    "a binary workbook": (
        lambda folder: archive(folder, "xl/workbook.bin"),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: the file is not what its ending says: binary Excel workbook (.xlsb) "
            "(found '.xlsx'); allowed: Excel workbook (.xlsx)",
        ),
    ),
    "an OpenDocument file": (
        lambda folder: archive(folder, "mimetype"),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: the file is not what its ending says: OpenDocument file (found '.xlsx'); "
            "allowed: Excel workbook (.xlsx)",
        ),
    ),
    "Qualtrics' header": (
        lambda folder: read(folder, HEAD + ',,{"ImportId":"q"},,,,,,,,\n' + LINES),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, row 2: a header row of Qualtrics among the answers; allowed: state "
            "header_rows: [0, 1, 2]",
            "FOLDER/a.csv, row 2, 'F_1': not a number and not a label of the scale (found "
            '\'{"ImportId":"q"}\'); allowed: whole numbers 1 to 5, their labels, or blank; 9 for '
            "cannot judge",
            "FOLDER/a.csv, row 2, 'unit': the unit is missing",
            "FOLDER/a.csv, row 2, 'role': the role is missing; allowed: marketing, sales, it",
        ),
    ),
    "a column name twice": (
        lambda folder: read(folder, HEAD.replace("F_2", "F_1") + LINES),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, 'F_2': missing column for item F_2",
            "FOLDER/a.csv, row 1, 'F_1': the column name occurs twice; allowed: each name once",
        ),
    ),
    "a column without a name": (
        lambda folder: read(folder, HEAD.replace("F_2", "") + LINES),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv, 'F_2': missing column for item F_2",
            "FOLDER/a.csv, row 1, 'column 4': the column has no name",
        ),
    ),
    "two signs for decimals": (
        lambda folder: read(
            folder,
            (HEAD.strip() + ",size,age\nu1,sales" + ",1" * 9).replace(",", ";") + ";1,5;2.5\n",
            mapping=ColumnMapping(units={"size": "size"}, informants={"age": "age"}),
        ),
        (
            "FOLDER/a.csv cannot be used",
            "FOLDER/a.csv: the decimal sign is ambiguous: 'size' has 1,5, 'age' has 2.5; allowed: "
            "one sign throughout, or state decimal (',' or '.') and thousands",
            "FOLDER/a.csv, row 2, 'age': a number with another decimal sign than ',' in a variable "
            "of numbers (found '2.5'); allowed: plain numbers (1200 or 1.2), or state decimal and "
            "thousands in the format; text is listed under as_text",
        ),
    ),
    "several filled worksheets": (
        lambda folder: workbook(folder, {"a": [["unit"]], "b": [["unit"]]}),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: several worksheets hold data; allowed: state sheet: one of a, b",
        ),
    ),
    "an empty workbook": (
        lambda folder: workbook(folder, {"a": []}),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: the workbook is empty; allowed: a header row and one row per informant or unit",
        ),
    ),
    "an empty worksheet": (
        lambda folder: workbook(folder, {"a": [["unit"]], "b": []}, file_format=FileFormat(sheet="b")),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx, 'b': the worksheet is empty; allowed: a header row and one row per "
            "informant or unit",
        ),
    ),
    "no such worksheet": (
        lambda folder: workbook(folder, {"a": [["unit"]], "b": []}, file_format=FileFormat(sheet="c")),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx: the workbook has no such worksheet (found 'c'); allowed: a, b",
        ),
    ),
    "a worksheet of a header's part": (
        lambda folder: workbook(folder, {"a": [["unit"]]}, file_format=FileFormat(header_rows=(0, 1))),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx, 'a': the worksheet ends before its header does",
        ),
    ),
    "a formula without a value": (
        lambda folder: workbook(folder, {"a": [[*HEAD.strip().split(",")], ["u1", "sales", "=1+1"]]}),
        (
            "FOLDER/a.xlsx cannot be used",
            "FOLDER/a.xlsx, row 2, 'F_1': the workbook stores no value for this formula (found "
            "'=1+1'); allowed: values: open the file in Excel and save it, or paste the values",
        ),
    ),
    "a Parquet file without rows": (
        lambda folder: parquet(folder, FRAME[:0]),
        (
            "FOLDER/a.parquet cannot be used",
            "FOLDER/a.parquet: the file has columns and no rows; allowed: at least one row of answers",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(case: str, tmp_path: Path) -> None:
    call, texts = REFUSED[case]
    with pytest.raises(ComplyError) as caught:
        call(tmp_path) if call.__code__.co_argcount else call()
    shown = str(caught.value).replace(str(tmp_path), "FOLDER")
    assert tuple(line.strip().removeprefix("- ") for line in shown.splitlines()) == texts


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("12 %", "a number with a percent sign"),
        ("€ 1.200", "a number with a currency"),
        ("EUR 12", "a number with a currency"),
        ("12 CHF", "a number with a currency"),
        ("12-", "a number with its minus sign behind it"),
        ("(12)", "a number in brackets"),
        ("−12", "a number with a dash for a minus sign"),
        ("0xF", "a number in another base than ten"),
        ("1_000", "a number with underscores"),
        ("1,2E+03", "a number in an unusual notation"),
        ("True", "a truth value"),
        ("1..2", "digits with signs that make no number"),
        ("1,5", "a number with another decimal sign than '.'"),
        ("1,200,000", "a number with a decimal sign or groups of thousands that the file does not state"),
        ("٣٤", "digits of another script: write 34"),
        ("³", "digits of another script: write 3"),
        ("1" * 39 + "%", "a number with a percent sign"),
        ("1" * 40 + "%", None),
        ("twelve", None),
        ("a1", None),
    ],
)
def test_texts_that_a_person_reads_as_numbers_are_told_apart(text: str, what: str | None) -> None:
    assert looks_like_a_number(text, PLAIN) == what


@pytest.mark.parametrize(
    ("kind", "missing", "message"),
    [
        ("responses", "scales", "a data set of responses names its scales"),
        ("table", "columns", "a table names its columns"),
    ],
)
def test_a_data_set_names_what_its_kind_needs(kind: str, missing: str, message: str) -> None:
    entry: dict[str, Any] = {
        "title": "T", "kind": kind, "file": "a.csv", "source": "S", "licence": "L",
        "scales": ["small"], "columns": {"x": {"type": "number", "label": "X"}},
    }  # fmt: skip
    fields = {name: value for name, value in entry.items() if name != missing}
    with pytest.raises(ValueError, match=message):
        DatasetDescription.model_validate({**fields, "format": {}})


@pytest.mark.parametrize("block", [1, 4, 5, 10, 11])
def test_a_file_is_read_to_its_last_row_whatever_the_size_of_a_block(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"u{n},sales," + ",".join(str(1 + (n + j) % 5) for j in range(9)) for n in range(10)]
    monkeypatch.setattr("comply_measure.responses.files.delimited.BLOCK", block)
    found = read(tmp_path, HEAD + "\n".join(lines))
    assert found.data["unit"].tolist() == [f"u{n}" for n in range(10)]
    expected = [[1 + (n + j) % 5 for j in range(9)] for n in range(10)]
    assert found.data[ITEMS].to_numpy(dtype=float).tolist() == expected
    lines[7] = lines[7].replace("u7,sales,", "u7,sales,6") + ",1"
    with pytest.raises(
        ComplyError, match=r"row 9: the row has 12 cells; allowed: 11 cells, as in the header"
    ):
        read(tmp_path, HEAD + "\n".join(lines))


def test_a_workbook_that_would_fill_the_memory_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    limits = "comply_measure.responses.files.workbook"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "x" * 40_000)
    size = path.stat().st_size
    assert packed_well(path, Faults("a.xlsx")) is True  # small enough, however dense
    monkeypatch.setattr(f"{limits}.FREE_UNPACKED", 39_999)
    monkeypatch.setattr(f"{limits}.MAX_RATIO", 40_000 // size)
    faults = Faults("a.xlsx")
    assert packed_well(path, faults) is False
    assert faults.problems[0].message == f"the workbook unpacks to {40_000 // size} times its size"
    monkeypatch.setattr(f"{limits}.MAX_UNPACKED", 39_999)
    faults = Faults("a.xlsx")
    assert packed_well(path, faults) is False
    assert (faults.problems[0].message, faults.problems[0].value) == ("the workbook is too large", 40_000)
    monkeypatch.undo()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x>')
    faults = Faults("a.xlsx")
    assert packed_well(path, faults) is False
    assert faults.problems[0].value == "xl/workbook.xml"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, None),
        (pd.NaT, None),
        (pd.NA, None),
        (float("nan"), None),
        (np.nan, None),
        ("", None),
        (" \ufeff ", None),
        (" a b ", "a b"),
        (True, "TRUE"),
        (np.bool_(False), "FALSE"),
        (3, 3.0),
        (np.int16(-2), -2.0),
        (np.float32(0.5), 0.5),
        (float("inf"), float("inf")),
    ],
)
def test_a_cell_is_a_stripped_text_a_number_or_blank(value: Any, cell: Any) -> None:
    found = plain(value)
    assert found == cell and type(found) is type(cell)


def test_answers_that_an_item_does_not_offer_are_told(
    frame: pd.DataFrame, problems: Callable[..., Any], tmp_path: Path
) -> None:
    text = (Path(__file__).parent / "small_scale.yaml").read_text(encoding="utf-8")
    path = tmp_path / "scale.yaml"
    path.write_text(text.replace("{id: F_1,", "{id: F_1, offers: [],"), encoding="utf-8")
    frame.loc[[0, 2, 3, 4], "F_1"] = 9
    found = problems(responses_from_frame, frame, load_scale(path))
    assert [(p.row, p.value) for p in found] == [(1, 9), (3, 9), (4, 9), (5, 9)]  # each once
    assert {(p.column, p.message, p.allowed) for p in found} == {
        ("F_1", "the item does not offer the answer 'cannot judge'", "an answer from 1 to 5, or blank")
    }
