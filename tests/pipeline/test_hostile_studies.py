"""Hostile files of answers, studies and scales through ``study check``: one clear error, or what was read as what.

Every refusal has exit code 2, names file, row, column, value and what is allowed, has no traceback and leaves the
folder as it was.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from comply_measure.cli import main

ITEMS = ("y1", "y2", "z1", "z2")
SCALE = """key: s
version: "1"
title: {en: S}
languages: [en]
roles: {a: {en: Alpha}, b: {en: Beta}}
response: {minimum: 1, maximum: 5, anchors: {en: [q, w, e, r, t]}}
forms: {full: {title: {en: Full}}}
constructs:
  - {key: x, label: {en: X}}
  - {key: y, label: {en: Y}, parent: x}
  - {key: z, label: {en: Z}, parent: x}
items:
""" + "".join(
    f"  - {{id: {item}, construct: {item[0]}, keying: 1, text: {{en: Text {item}}}, forms: [full], "
    "provenance: {paper: own, place: t}, rationale: r.}\n"
    for item in ITEMS
)
STUDY = "format: comply-measure study 1\ntitle: T\nscales: [s.yaml]\ndata: {file: d.csv}\nsteps: [sample, items]\n"
ALLOWED = "whole numbers 1 to 5, their labels, or blank"


def frame() -> pd.DataFrame:
    """Six units of two roles; the first answer of the second unit, row 4 of a file, is what tests replace."""
    data = pd.DataFrame({"unit": [f"U{i // 2}" for i in range(12)], "role": ["a", "b"] * 6})
    return data.assign(**{item: [1 + (3 * i + k) % 5 for i in range(12)] for k, item in enumerate(ITEMS)})


TEXT = frame().to_csv(index=False)


def cell(value: str, row: int = 4, column: int = 2) -> str:
    """The answers with one cell replaced."""
    lines = [line.split(",") for line in TEXT.splitlines()]
    lines[row - 1][column] = value
    return "\n".join(map(",".join, lines)) + "\n"


#: Text or bytes of d.csv -> what is said, besides the file.
ANSWERS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "1e400": (cell("1e400"), ("row 4, 'y1': not a finite number (found '1e400')", ALLOWED)),
    "-1e400": (cell("-1e400"), ("row 4, 'y1': not a finite number", ALLOWED)),
    "infinite": (cell("inf"), ("row 4, 'y1': not a finite number (found 'inf')",)),
    "percent": (cell("50%"), ("row 4, 'y1'", "(found '50%')", "a number with a percent sign")),
    "currency before": (cell("$3"), ("row 4, 'y1'", "a number with a currency")),
    "currency behind": (cell("3 €"), ("row 4, 'y1'", "a number with a currency")),
    "ISO date": (cell("2024-01-03"), ("row 4, 'y1': a date is no answer",)),
    "German date": (cell("03.01.2024"), ("row 4, 'y1': a date is no answer",)),
    "month": (cell("3. Jan"), ("row 4, 'y1': a date is no answer",)),
    "half": (cell("2.5"), ("row 4, 'y1': not a whole number (found '2.5')", ALLOWED)),
    "above": (cell("6"), ("row 4, 'y1': outside the range of answers (found '6')", ALLOWED)),
    "below": (cell("-1"), ("row 4, 'y1': outside the range of answers (found '-1')",)),
    "hexadecimal": (cell("0x3"), ("row 4, 'y1'", "another base than ten")),
    "underscores": (cell("1_0"), ("row 4, 'y1'", "a number with underscores")),
    "Arabic digits": (cell("٣"), ("row 4, 'y1'", "digits of another script: write 3")),
    "wide digits": (cell("３"), ("row 4, 'y1'", "digits of another script: write 3")),
    "superscript": (cell("²"), ("row 4, 'y1'", "digits of another script: write 2")),
    "truth": (cell("TRUE"), ("row 4, 'y1'", "a truth value")),
    "apostrophe": (cell("'3"), ("row 4, 'y1'", '(found "\'3")')),
    "formula": (cell("=1+2"), ("row 4, 'y1'", "(found '=1+2')")),
    "error": (cell("#REF!"), ("row 4, 'y1'", "(found '#REF!')")),
    "two decimal signs": (cell('"3,0"').replace("U2,a,4", "U2,a,4.0"), ("row 4, 'y1'", "(found '3,0')")),
    "thousands": (cell('"1,000"'), ("row 4, 'y1'", "groups of thousands that the file does not state")),
    "no unit": (cell("", column=0), ("row 4, 'unit': the unit is missing",)),
    "blank unit": (cell("  ", column=0), ("row 4, 'unit': the unit is missing",)),
    "a unit nan": (cell("nan", column=0), ("row 4, 'unit': no unit id but a word for no value",)),
    "no role": (cell("", column=1), ("row 4, 'role': the role is missing; allowed: a, b",)),
    "unknown role": (cell("c", column=1), ("row 4, 'role': unknown role (found 'c'); allowed: a, b",)),
    "column twice": (TEXT.replace("z1", "y1", 1), ("'z1': missing column", "'y1': the column name occurs twice")),
    "misnamed column": (TEXT.replace("z1", "z9", 1), ("'z1': missing column", "'z9': unknown column")),
    "nameless column": (TEXT.replace("z1", "", 1), ("'z1': missing column", "'column 5': the column has no name")),
    "header twice": (TEXT.split("\n")[0] + "\n" + TEXT, ("row 2, 'y1'", "row 2, 'z2'", "row 2, 'role'")),
    "header only": (TEXT.split("\n")[0] + "\n", ("the file has a header and no rows",)),
    "short row": (cell("1\nU9,a", row=6, column=5), ("row 7: the row has 2 cells; allowed: 6 cells",)),
    "long row": (cell("1,7", column=5), ("row 4: the row has 7 cells; allowed: 6 cells",)),
    "total below": (
        TEXT + "Total,,12,,,\n", ("row 14, 'y1': outside the range", "row 14, 'role': the role is missing"),
    ),
    "open quote": (TEXT.replace("U3,a", '"U3,a', 1), ("row 7: broken quoting in or after this row",)),
    "NUL": (TEXT.replace("U3", "U\x003"), ("row 8: not text: zero byte at position 101", "allowed: text")),
    "huge cell": (cell("U" * 200_000, column=0), ("a cell of more than 131,072 characters",)),
    "Latin-1": (TEXT.replace("U1", "Ü1").encode("latin-1"), ("byte 0xDC", "state encoding: cp1252")),
    "UTF-16 without mark": (TEXT.encode("utf-16-le"), ("not what its ending says: binary data",)),
    "nothing": ("", ("the file is empty",)),
    "blanks": ("  \n \n", ("the file is empty",)),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(200)), ("not what its ending says: binary data",)),
    "an archive": (b"PK\x03\x04" + bytes(range(99)), ("not what its ending says: damaged ZIP archive",)),
    "a web page": ("<html><body>unit,role</body></html>", ("not what its ending says: HTML page",)),
}  # fmt: skip

#: What is read all the same, with the notes.
READ: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "byte-order mark": (TEXT.encode("utf-8-sig"), ()),
    "UTF-16": (TEXT.encode("utf-16"), ()),
    "old line ends": (TEXT.replace("\n", "\r"), ()),
    "semicolons": (TEXT.replace(",", ";"), ()),
    "a separator line": ("sep=,\n" + TEXT, ()),
    "whole numbers written otherwise": (cell("3e0").replace("U2,a,4", "U2,a,+4"), ()),
    "labels of roles": (cell("Alpha", column=1), ()),
    "one composed, one decomposed": (
        TEXT.replace("U3", "\u00e9").replace("U4", "e\u0301"),
        ("differ only in case or blanks",),
    ),
    "zero-width space": (
        TEXT.replace("U3", "U\u200b2"),
        ("units 'U2' and 'U\u200b2' differ only in characters that cannot be seen",),
    ),
    "case": (TEXT.replace("U3", "u2"), ("units 'U2' and 'u2' differ only in case or blanks",)),
    "hostile units": (
        TEXT.replace("U1", "../x")
        .replace("U2", "<script>1</script>")
        .replace("U3", "u" * 300)
        .replace("U4", "\u202eCON")
        .replace("U5", "$x$%s"),
        (),
    ),
    "one role": ("\n".join(row for row in TEXT.splitlines() if ",b," not in row) + "\n", ("6 of 6 units lack",)),
    "no answers": (
        TEXT.split("\n")[0] + "\n" + "".join(f"U{i // 2},{'ab'[i % 2]},,,,\n" for i in range(12)),
        ("12 of 12 informants answered no item",),
    ),
}  # fmt: skip


def lines_of(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and words of ``study check``; nothing is written and no traceback shown."""
    before = sorted(path.rglob("*"))
    with pytest.raises(SystemExit) as caught:
        main(["study", "check", str(path / "study.yaml")])
    said = "".join(capsys.readouterr()).replace(str(path), "")
    assert "Traceback" not in said and sorted(path.rglob("*")) == before
    return int(caught.value.code or 0), said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s.yaml").write_text(SCALE, encoding="utf-8")
    (tmp_path / "d.csv").write_text(TEXT, encoding="utf-8")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def put(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def test_the_base_of_these_tests_has_no_problems(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(folder, capsys) == (0, "/study.yaml: no problems found\n")


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_that_cannot_be_used_are_named(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, parts = ANSWERS[case]
    put(folder / "d.csv", content)
    code, said = lines_of(folder, capsys)
    assert code == 2 and "d.csv" in said
    assert not [part for part in parts if part not in said], said


@pytest.mark.parametrize("case", READ)
def test_answers_that_can_be_read_are_with_a_note(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, notes = READ[case]
    put(folder / "d.csv", content)
    code, said = lines_of(folder, capsys)
    assert code == 0 and not [note for note in notes if note not in said], said
    assert said.count("note: ") == len(notes)


Edit = Callable[[openpyxl.Workbook, Any], object]


def _filled(sheet: Any) -> None:
    sheet.append(list(frame().columns))
    for row in frame().itertuples(index=False):
        sheet.append([value if isinstance(value, str) else int(value) for value in row])


def _hide(book: openpyxl.Workbook, sheet: Any) -> None:
    sheet.column_dimensions["C"].hidden = sheet.column_dimensions["E"].hidden = True
    sheet.row_dimensions[3].hidden = True


def _percent(book: openpyxl.Workbook, sheet: Any) -> None:
    sheet["C4"], sheet["C4"].number_format = 0.5, "0%"


def _hidden_before(book: openpyxl.Workbook, sheet: Any) -> None:
    other = book.create_sheet("secret", 0)
    other.sheet_state = "hidden"
    other.append(["unit"])
    book.active = 1


WORKBOOKS: dict[str, tuple[Edit, int, tuple[str, ...]]] = {
    "as it is": (lambda book, sheet: None, 0, ()),
    "hidden rows and columns": (
        _hide, 0,
        ("1 hidden rows of worksheet 'Sheet' were read", "hidden columns of worksheet 'Sheet' were read: y1, z1"),
    ),
    "hidden sheet": (_hidden_before, 2, ("several worksheets hold data", "secret, Sheet")),
    "formula without value": (lambda b, s: s.__setitem__("C4", "=1+2"), 2, ("row 4, 'y1'", "stores no value")),
    "error": (lambda b, s: s.__setitem__("C4", "#DIV/0!"), 2, ("row 4, 'y1'", "(found '#DIV/0!')")),
    "date": (lambda b, s: s.__setitem__("C4", datetime.date(2024, 1, 3)), 2, ("row 4, 'y1': a date is no answer",)),
    "time": (lambda b, s: s.__setitem__("C4", datetime.time(3)), 2, ("row 4, 'y1': a date is no answer",)),
    "truth": (lambda b, s: s.__setitem__("C4", True), 2, ("row 4, 'y1'", "a truth value")),
    "percent": (_percent, 2, ("row 4, 'y1': not a whole number (found 0.5)",)),
    "merged answers": (lambda b, s: s.merge_cells("C4:D5"), 2, ("row 4, 'y1': merged cells: rows 4 to 5",)),
    "merged titles": (
        lambda b, s: s.merge_cells("C1:D1"), 2, ("'y2': missing column", "'column 4': the column has no name"),
    ),
    "a far cell": (
        lambda b, s: s.__setitem__("XFD1048576", 1), 2, ("'column 16384': the column has no name", "row 1048576"),
    ),
    "huge cell": (lambda b, s: s.__setitem__("C4", "x" * 32_000), 2, ("row 4, 'y1': not a number",)),
    "header only": (lambda b, s: s.delete_rows(2, 20), 2, ("a header and no rows",)),
    "blank rows between": (lambda b, s: s.insert_rows(5), 0, ()),
}  # fmt: skip


@pytest.mark.parametrize("case", WORKBOOKS)
def test_workbooks(case: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit, expected, parts = WORKBOOKS[case]
    book = openpyxl.Workbook()
    _filled(book.active)
    edit(book, book.active)
    book.save(folder / "d.xlsx")
    put(folder / "study.yaml", STUDY.replace("d.csv", "d.xlsx"))
    code, said = lines_of(folder, capsys)
    assert code == expected and not [part for part in parts if part not in said], said
    assert said.count("note: ") == (len(parts) if expected == 0 else 0)


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        ([9] + [3] * 11, ("row 1, 'y1': outside the range of answers (found 9)",)),
        ([datetime.date(2024, 1, 3)] * 12, ("row 1, 'y1': a date is no answer",)),
        (["abc"] * 12, ("row 1, 'y1': not a number",)),
    ],
)
def test_spss_files(
    column: list[Any], parts: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pyreadstat.write_sav(frame().assign(y1=column), str(folder / "d.sav"))
    put(folder / "study.yaml", STUDY.replace("d.csv", "d.sav"))
    code, said = lines_of(folder, capsys)
    assert code == 2 and not [part for part in parts if part not in said], said


def study(old: str, new: str) -> tuple[str, str, str]:
    return "study.yaml", old, new


def scale(old: str, new: str) -> tuple[str, str, str]:
    return "s.yaml", old, new


#: File, what is replaced, by what; and what is said.
TEXTS: dict[str, tuple[tuple[str, str, str], tuple[str, ...]]] = {
    "steps twice": (study("[sample, items]", "[sample, sample]"), ("row 5, 'steps.1': the step is named twice",)),
    "steps as text": (study("[sample, items]", "sample"), ("row 5, 'steps': must be a list (found 'sample')",)),
    "steps nested": (study("[sample, items]", "[[sample]]"), ("row 5, 'steps.0': must be text",)),
    "scales as text": (study("[s.yaml]", "s.yaml"), ("row 3, 'scales': must be a list (found 's.yaml')",)),
    "scales twice": (study("[s.yaml]", "[s.yaml, s.yaml]"), ("'y1': two scales share this item",)),
    "absent": (study("d.csv", "nope.csv"), ("row 4, 'data.file': there is no such file (found 'nope.csv')",)),
    "address": (study("d.csv", "http://x.y/z.csv"), ("row 4, 'data.file': there is no such file",)),
    "system file": (study("d.csv", "/etc/passwd"), ("row 4, 'data.file': the path is absolute",)),
    "above": (study("d.csv", "../x.csv"), ("row 4, 'data.file': the path leads outside",)),
    "title a number": (
        study("title: T", "title: 3"), ("row 2, 'title': must be text (a number needs quotes) (found 3)",),
    ),
    "key twice": (study("steps:", "title: U\nsteps:"), ("row 5, 'title': key written twice, first in line 2",)),
    "alias in itself": (study("steps:", "options: &a {x: *a}\nsteps:"), ("row 5: alias *a has no complete anchor",)),
    "tag": (
        study("steps:", "x: !!python/object:os.system {}\nsteps:"), ("row 5: tag", "refused; allowed: plain values"),
    ),
    "merge key": (study("steps:", "<<: {title: U}\nsteps:"), ("row 5: merge key '<<' refused",)),
    "tab": (study("data:", "\tdata:"), ("row 4: found character that cannot start any token",)),
    "two documents": (study("steps:", "---\nsteps:"), ("row 5: a second document begins",)),
    "control character": (study("title: T", "title: \x07"), ("control characters are not allowed",)),
    "control character by escape": (
        study("title: T", 'title: "\\x07"'), ("row 2: control characters are not allowed; allowed: text",),
    ),
    "half a character": (scale("{en: S}", '{en: "\\ud800"}'), ("s.yaml, row 3: found invalid Unicode character",)),
    "seed below 0": (study("steps:", "seed: -1\nsteps:"), ("row 5, 'seed': must be at least 0 (found -1)",)),
    "seed true": (
        study("steps:", "seed: true\nsteps:"), ("row 5, 'seed': true or false where a number belongs (found True)",),
    ),
    "option true": (
        study("steps: [sample, items]", "steps: [aggregation]\noptions: {aggregation: {min_roles: true}}"),
        ("row 6, 'options.aggregation.min_roles': true or false where a number belongs",),
    ),
    "a cut-off in percent": (
        study("steps:", "cutoffs: {alpha: 70}\nsteps:"),
        ("row 5, 'cutoffs.alpha': out of range for this cut-off (found 70.0); allowed: 0 to 1",),
    ),
    "an odds ratio below 1": (study("steps:", "cutoffs: {odds_margin: 0.8}\nsteps:"), ("allowed: 1 or more",)),
    "rule as a list": (
        study("steps:", "informants: [average]\nsteps:"), ("row 5, 'informants': not an allowed value",),
    ),
    "variables in lists": (
        study("d.csv", "d.csv, columns: {units: [[x]]}"), ("'data.columns.units': must be a mapping",),
    ),
    "a long name": (
        study("d.csv", "d" * 300 + ".csv"), ("'data.file': the path is longer than file systems allow",),
    ),
    "unit ignored": (
        study("d.csv", "d.csv, columns: {ignore: [unit, y1]}"),
        (
            "d.csv, 'unit': the column is ignored and used for the unit",
            "d.csv, 'y1': the column is ignored and used for item y1",
        ),
    ),
    "text misspelt": (
        study("d.csv", "d.csv, columns: {as_text: [cod]}"), ("as_text names no variable of the study (found 'cod')",),
    ),
    "seed no number": (study("steps:", "seed: .nan\nsteps:"), ("row 5, 'seed': must be a whole number",)),
    "seed too long": (
        study("steps:", "seed: 1" + "0" * 400 + "\nsteps:"), ("'seed': must be at most 9223372036854775807",),
    ),
    "id a path": (scale("id: y1", "id: ../y1"), ("row 13, 'items.../y1.id': not a valid name (found '../y1')",)),
    "id of two lines": (scale("id: y1", 'id: "y\\n1"'), ("row 13", "not a valid name (found 'y\\n1')")),
    "id mathematics": (scale("id: y1", "id: $y1"), ("row 13, 'items.$y1.id': not a valid name",)),
    "id turned": (scale("id: y1", 'id: "\\u202ey1"'), ("not a valid name (found '\\u202ey1')",)),
    "id reserved": (scale("id: y1", "id: unit"), ("row 13, 'items.unit.id': reserved name (found 'unit')",)),
    "id a number": (scale("id: y1", "id: 1"), ("row 13, 'items.0.id': must be text",)),
    "ids that differ in case": (scale("id: y2", "id: Y1"), ("row 14", "differs from 'y1' only in case")),
    "ends turned": (scale("minimum: 1", "minimum: 9"), ("row 6, 'response': 9 to 5 must span 2 to 101 categories",)),
    "end not whole": (scale("minimum: 1", "minimum: 1.5"), ("row 6, 'response.minimum': must be a whole number",)),
    "too many categories": (
        scale("maximum: 5", "maximum: 100000000"), ("row 6, 'response': 1 to 100000000 must span",),
    ),
    "keying 0": (
        scale("id: y1, construct: y, keying: 1", "id: y1, construct: y, keying: 0"), ("row 13, 'items.y1.keying'",),
    ),
    "its own parent": (
        scale("key: y, label: {en: Y}, parent: x", "key: y, label: {en: Y}, parent: y"), ("form a cycle",),
    ),
    "a key as a path": (scale("key: s\n", "key: ../s\n"), ("row 1, 'key': not a valid name (found '../s')",)),
    "a role for addresses": (scale("{a: ", '{"a@b": '), ("row 5, 'roles.a@b': not a valid name",)),
    "unknown language": (scale("languages: [en]", "languages: [xx]"), ("row 3, 'title.xx': missing language",)),
    "too few labels": (scale("[q, w, e, r, t]", "[q]"), ("row 6, 'response.anchors.en': 1 anchors for 5 categories",)),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_studies_and_scales_that_cannot_be_used_are_named(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (name, old, new), parts = TEXTS[case]
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    put(folder / name, text.replace(old, new))
    code, said = lines_of(folder, capsys)
    assert code == 2 and not [part for part in parts if part not in said], said
    assert "responses need at least one scale" not in said


def test_faults_of_study_scale_and_answers_come_in_one_round(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder / "study.yaml", STUDY.replace("items]", "itms]") + "seed: -1\noptions: {items: {x: 1}}\n")
    put(folder / "d.csv", cell("6"))
    code, said = lines_of(folder, capsys)
    assert code == 2
    for part in (
        "row 5, 'steps.1'", "did you mean 'items'", "row 6, 'seed'", "row 7, 'options.items.x'", "row 4, 'y1'",
    ):  # fmt: skip
        assert part in said


def test_options_of_a_step_that_does_not_run_are_said_to_have_no_effect(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(folder / "study.yaml", STUDY + "options: {gaps: {alpha: 0.1}, items: {}}\n")
    code, said = lines_of(folder, capsys)
    assert code == 0 and said.endswith(
        "note: gaps: its options have no effect, since it is not among the steps that run\n"
    )
    put(folder / "study.yaml", STUDY.replace("[sample, items]", "[gaps]") + "options: {gaps: {alpha: 0.1}}\n")
    assert "no effect" not in lines_of(folder, capsys)[1]


@pytest.mark.parametrize("title", ['"a\\nb"', '"\\u202ex"', "../x", "<script>", "$x$"])
def test_any_title_and_unit_is_only_text(title: str, folder: Path, tmp_path: Path) -> None:
    put(folder / "study.yaml", STUDY.replace("title: T", f"title: {title}").replace(", items]", "]"))
    put(folder / "d.csv", READ["hostile units"][0])
    with pytest.raises(SystemExit) as caught:
        main(["run", str(folder / "study.yaml"), "--out", str(tmp_path / "out")])
    assert not caught.value.code
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>1" not in page
