"""Files of answers that do not fit: each is refused with its place, or read with a note; nothing is lost silently."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from survey_interviews import KEY, interviews_of
from survey_tools import limesurvey, qualtrics, redcap, xlsform

from comply_measure.errors import InputError
from comply_measure.responses import write_csv
from comply_measure.survey import (
    SurveyPlan,
    linking_codes,
    load_survey,
    read_survey,
    survey_sheet,
    survey_sheets,
)

Rows = list[list[str]]


def returned(plan: SurveyPlan, role: str = "buyer", **more: Any) -> Rows:
    """REDCap's raw export of four interviews of one role: header and rows."""
    interviews = interviews_of(plan)[role, ""]
    for one in interviews:
        one.update(more)
    _, content = redcap(plan, survey_sheet(plan, role), interviews)
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def stored(rows: Rows, folder: Path, name: str = "returned.csv") -> Path:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    path = folder / name
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def problems(plan: SurveyPlan, files: Any, **options: Any) -> list[Any]:
    with pytest.raises(InputError) as caught:
        read_survey(plan, files, **options)
    return list(caught.value.problems)


def put(rows: Rows, row: int, column: str, value: str) -> Rows:
    rows[row][rows[0].index(column)] = value
    return rows


def test_a_file_that_fits_is_read_without_remarks(plan: SurveyPlan, tmp_path: Path) -> None:
    read = read_survey(plan, stored(returned(plan), tmp_path))
    assert len(read.table) == 4
    assert [note.split(": ", 1)[-1] for note in read.notes] == [
        "3 columns of the tool or ignored ones were left out: record_id, redcap_survey_identifier, "
        "meetings_buyer_timestamp",
        "no file has an interview of seller, whom the plan asks too",
    ]


def test_roles_without_a_file_and_files_of_another_role_are_told(plan: SurveyPlan, tmp_path: Path) -> None:
    """What rows say of their role goes before the name of the file; a header alone is refused by its file."""
    files = [stored(returned(plan, role), tmp_path, f"{role}.csv") for role in plan.roles]
    assert not [
        note for note in read_survey(plan, files).notes if "no file has" in note or "named after" in note
    ]
    swapped = stored(returned(plan, "buyer"), tmp_path, "from_seller.csv")
    assert read_survey(plan, [swapped, files[1]]).notes[0] == (
        "from_seller.csv: the file is named after seller, and 4 of its 4 rows are of buyer by what they say "
        "themselves, which counts"
    )
    empty = stored(returned(plan, "seller")[:1], tmp_path, "seller.csv")
    (problem,) = problems(plan, [files[0], empty])
    assert (problem.message, Path(problem.file).name) == ("the file has a header and no rows", "seller.csv")


def test_columns_of_the_tool_and_cells_without_an_answer_are_counted(
    plan: SurveyPlan, tmp_path: Path
) -> None:
    rows = returned(plan)
    for row, column, code in ((1, "ord_1", "-9"), (2, "ord_2", "-99"), (4, "ord_1", "-9")):
        put(rows, row, column, code)
    extra = [f"own_{number}" for number in range(10)]
    rows[0] += extra
    for row in rows[1:]:
        row += ["x"] * len(extra)
    notes = read_survey(plan, stored(rows, tmp_path), ignore=["own_*"]).notes
    shown = ", ".join(["record_id", "redcap_survey_identifier", "meetings_buyer_timestamp", *extra[:9]])
    assert sorted(note.split(": ", 1)[-1] for note in notes) == [
        f"13 columns of the tool or ignored ones were left out: {shown} …",
        "3 cells with a tool's code for no answer (-9, -99, -66, -77) are blank",
        "no file has an interview of seller, whom the plan asks too",
    ]


def test_another_version_is_refused_unless_it_is_taken(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    for row in rows[1:3]:
        row[rows[0].index("survey_version")] = "2.0-00000000"
    path = stored(rows, tmp_path)
    (problem,) = problems(plan, path)
    assert (problem.row, problem.column, problem.value) == (2, "survey_version", "2.0-00000000")
    assert "another version of the survey of buyer (2 rows)" in problem.message
    assert survey_sheet(plan, "buyer").stamp in str(problem.allowed)
    read = read_survey(plan, path, any_version=True)
    assert len(read.table) == 4 and any("2 answers to version 2.0-00000000" in note for note in read.notes)


def test_renamed_extra_and_doubled_columns_are_told_at_once(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    rows[0][rows[0].index("ord_1")] = "ord_1x"
    rows[0].append("favourite_colour")
    for row in rows[1:]:
        row.append("red")
    rows[0].append("p07a[Ord2]")
    for row in rows[1:]:
        row.append("1")
    found = {(problem.column, problem.message) for problem in problems(plan, stored(rows, tmp_path))}
    assert found == {
        ("Ord_1", "no column for item Ord_1; did you mean 'ord_1x'?"),
        ("ord_1x", "no question of the survey; did you mean 'Ord_1'?"),
        ("favourite_colour", "no question of the survey"),
        ("p07a[Ord2]", "holds the same question as column 'ord_2'"),
    }
    rows[0][rows[0].index("ord_1x")] = "ord_1"
    rows = [row[:-1] for row in rows]
    read = read_survey(plan, stored(rows, tmp_path), ignore=["favour*"])
    assert any("favourite_colour" in note for note in read.notes)


def test_the_same_name_twice_is_refused(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = [[*row, row[0]] for row in returned(plan)]
    assert any("occurs twice" in problem.message for problem in problems(plan, stored(rows, tmp_path)))


@pytest.mark.parametrize(
    ("column", "value", "message", "allowed"),
    [
        ("ord_1", "6", "not an answer of this question", "1 = Never"),
        ("ord_1", "Sometimess", "not an answer of this question", "5 = Always; 99 = Cannot judge"),
        ("ord_1", "2.5", "not an answer of this question", "1 = Never"),
        ("talk_2", "99", "not an answer of this question", "5 = Always"),
        ("site_size", "many", "not a number", "a number 1 to 5000"),
        ("site_size", "5001", "outside the range", "1 to 5000"),
        ("tools___2", "3", "not a tick", "1 or 0"),
    ],
)
def test_values_that_are_no_answers_are_told_with_their_place(
    plan: SurveyPlan, tmp_path: Path, column: str, value: str, message: str, allowed: str
) -> None:
    (problem,) = problems(plan, stored(put(returned(plan), 3, column, value), tmp_path))
    assert (problem.row, problem.column) == (4, column) and problem.file.endswith("returned.csv")
    assert message in problem.message and allowed in problem.allowed
    assert str(problem.value).removesuffix(".0") == value


def test_mixed_codes_and_labels_are_told_apart(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = put(put(returned(plan), 1, "ord_1", "oft"), 2, "ord_1", "2")
    read = read_survey(plan, stored(rows, tmp_path))
    assert list(read.table["Ord_1"][:2]) == [4.0, 2.0]
    assert any("1 columns mix codes and labels, which were told apart: ord_1" in note for note in read.notes)


def test_mixed_codes_and_labels_that_are_numbers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "scale.yaml").write_text(
        "key: s\nresponse: {minimum: 1, maximum: 3, anchors: [none, '10', '20']}\n"
        "items:\n  - {id: a_1, construct: a, text: One}\n  - {id: a_2, construct: a, text: Two}\n",
        encoding="utf-8",
    )
    (tmp_path / "plan.yaml").write_text(
        "format: comply-measure survey 1\nkey: p\nversion: '1'\ntitle: {en: T}\nscales: [scale.yaml]\n",
        encoding="utf-8",
    )
    plan = load_survey(tmp_path / "plan.yaml")
    rows = [["unit", "role", "a_1", "a_2"], ["u", plan.roles[0], "2", "1"], ["v", plan.roles[0], "20", "1"]]
    (problem,) = problems(plan, stored(rows, tmp_path))
    assert problem.column == "a_1" and "mixes codes and labels" in problem.message


def test_the_same_submission_twice_counts_once(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    rows.append([*rows[1]])
    rows[-1][0] = "99"  # another record id
    read = read_survey(plan, stored(rows, tmp_path))
    assert len(read.table) == 4
    assert any("1 submissions are the same as another one in every answer" in note for note in read.notes)


@pytest.mark.parametrize(("rule", "kept"), [("first", 5.0), ("last", 1.0), ("keep", None)])
def test_two_submissions_of_one_code_are_refused_unless_a_rule_is_stated(
    plan: SurveyPlan, tmp_path: Path, rule: Any, kept: float | None
) -> None:
    rows = put(returned(plan), 1, "ord_1", "5")
    rows.append([*rows[1]])
    put(rows, 5, "ord_1", "1")
    path = stored(put(rows, 5, "talk_1", ""), tmp_path)
    (problem,) = problems(plan, path)
    differ = 2 if rows[1][rows[0].index("talk_1")] else 1
    assert problem.row == 6 and problem.column == "code"
    assert (
        "answered before, in returned.csv row 2" in problem.message
        and f"{differ} answers differ" in problem.message
    )
    read = read_survey(plan, path, duplicates=rule)
    mine = read.table[read.table["unit"] == problem.value.split("-")[0]]
    assert list(mine["Ord_1"]) == ([5.0, 1.0] if kept is None else [kept])
    if kept is None:
        assert read.responses().n_informants == 5
    else:
        assert any("1 further submissions of a code were left out" in note for note in read.notes)


def test_the_finished_one_of_two_may_be_taken(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = put(returned(plan), 1, "ord_1", "5")
    rows.append([*rows[1]])
    path = stored(put(put(rows, 1, "meetings_buyer_complete", "0"), 5, "ord_1", "1"), tmp_path)
    assert "unfinished" in problems(plan, path)[0].message
    assert list(read_survey(plan, path, duplicates="finished").table["Ord_1"][:1]) == [1.0]
    path = stored(put(rows, 1, "meetings_buyer_complete", "2"), tmp_path)
    assert len(problems(plan, path, duplicates="finished")) == 1  # both are


def test_half_finished_interviews_are_counted(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    done = rows[0].index("meetings_buyer_complete")
    rows[1][done], rows[2][done] = "0", "1"
    read = read_survey(plan, stored(rows, tmp_path))
    assert list(read.table["finished"]) == [0, 0, 1, 1]
    assert any("2 unfinished interviews were kept" in note for note in read.notes)
    read = read_survey(plan, stored(rows, tmp_path), incomplete="drop")
    assert len(read.table) == 2 and any(
        "2 unfinished interviews were left out" in note for note in read.notes
    )


def test_interviews_without_consent_are_left_out_and_counted(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = put(put(returned(plan), 1, "consent_given", "2"), 2, "consent_given", "")
    read = read_survey(plan, stored(rows, tmp_path))
    assert len(read.table) == 2
    assert any(
        "1 interviews were left out because their informants did not agree" in note for note in read.notes
    )
    assert any("1 interviews were left out because the question for consent" in note for note in read.notes)
    for row in rows[1:]:
        row[rows[0].index("consent_given")] = "2"
    assert "no interview is left" in problems(plan, stored(rows, tmp_path))[0].message


def test_codes_that_are_wrong_missing_or_anothers_are_told(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    at = rows[0].index("code")
    wrong = ("0" if rows[1][at][0] != "0" else "1") + rows[1][at][1:]
    put(put(put(rows, 1, "code", wrong), 2, "code", ""), 3, "code", rows[3][at][:-1] + "2")
    found = [(problem.row, problem.message) for problem in problems(plan, stored(rows, tmp_path))]
    assert found == [
        (4, "the code is one of seller, the questionnaire one of buyer: somebody used another's link"),
        (2, "not a code of this survey: a sign is wrong"),
        (3, "no code, so nobody knows which unit these answers belong to"),
    ]


def test_codes_that_were_not_sent_are_told_and_firms_come_from_the_table(
    plan: SurveyPlan, tmp_path: Path
) -> None:
    units = [f"unit {place}" for place in range(4)]
    codes = linking_codes(plan, units, KEY, ["A", "A", "B", "B"])
    write_csv(codes, tmp_path / "codes.csv")
    path = stored(returned(plan), tmp_path)
    read = read_survey(plan, path, codes=tmp_path / "codes.csv")
    firms = dict(zip(codes["unit_code"], codes["firm_code"], strict=True))
    assert [firms[unit] for unit in read.table["unit"]] == list(read.table["firm"])
    assert read.table["firm"].nunique() == 2 and "A" not in set(read.table["firm"])
    write_csv(codes[codes["unit"] != "unit 2"], tmp_path / "fewer.csv")
    (problem,) = problems(plan, path, codes=tmp_path / "fewer.csv")
    assert problem.message == "the code was not sent out" and problem.row == 4


def test_two_units_under_one_code_contradict_each_other(plan: SurveyPlan, tmp_path: Path) -> None:
    buyers = stored(returned(plan, site_size=10), tmp_path, "buyer.csv")
    sellers = stored(
        put(returned(plan, "seller", site_size=10), 2, "site_size", "11"), tmp_path, "seller.csv"
    )
    (problem,) = problems(plan, [buyers, sellers])
    assert (problem.row, problem.column, problem.value) == (3, "site_size", 11.0) and problem.file.endswith(
        "seller.csv"
    )
    assert "has another answer in buyer.csv row 3: two units under one code" in problem.message


def test_answers_to_what_the_role_is_not_asked_are_told(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    rows[0].append("Know_1")
    for number, row in enumerate(rows[1:]):
        row.append("4" if number == 1 else "")
    (problem,) = problems(plan, stored(rows, tmp_path))
    assert (problem.row, problem.column) == (3, "Know_1")
    assert problem.message == "an answer to a question that buyer is not asked"


def test_a_form_that_was_not_planned_is_told(three_forms: SurveyPlan, tmp_path: Path) -> None:
    units = [f"unit {place}" for place in range(3)]
    codes = linking_codes(three_forms, units, KEY)
    codes["planned_form"] = codes["planned_form"].map({"1": "2", "2": "1", "3": "3"})
    write_csv(codes, tmp_path / "codes.csv")
    interviews = interviews_of(three_forms, n_units=3)
    files = []
    for sheet in survey_sheets(three_forms):
        name, content = redcap(three_forms, sheet, interviews[sheet.role, sheet.form])
        files.append(tmp_path / name)
        files[-1].write_bytes(content)
    found = problems(three_forms, files, codes=tmp_path / "codes.csv")
    assert {problem.message for problem in found} == {
        "the code was sent form 2 and answered form 1",
        "the code was sent form 1 and answered form 2",
    }
    assert len(found) == 4


def test_rows_that_do_not_say_their_role(plan: SurveyPlan, tmp_path: Path) -> None:
    rows = returned(plan)
    role, code = rows[0].index("role"), rows[0].index("code")
    for row in rows[1:]:
        row[role] = ""
    assert len(read_survey(plan, stored(rows, tmp_path)).table) == 4  # codes say it
    rows[1][role] = "Einkauf"
    rows[2][role] = "byer"
    rows[3][code] = "unknown"
    found = {(problem.row, problem.message) for problem in problems(plan, stored(rows, tmp_path))}
    assert (3, "unknown role") in found and (4, "nothing says whose answers these are") in found


def test_previews_are_left_out_and_header_rows_may_be_stated(plan: SurveyPlan, tmp_path: Path) -> None:
    interviews = interviews_of(plan)["buyer", ""]
    name, content = qualtrics(plan, survey_sheet(plan, "buyer"), interviews)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    path = stored(put(rows, 3, "Status", "1"), tmp_path, name)
    for stated in (None, [0, 1, 2]):
        read = read_survey(plan, path, header_rows=stated)
        assert len(read.table) == 3
        assert any("1 row was left out that the tool marks as tests or spam" in note for note in read.notes)
    with pytest.raises(InputError):
        read_survey(plan, path, header_rows=[0])


def test_answers_of_an_unfinished_limesurvey_interview(plan: SurveyPlan, tmp_path: Path) -> None:
    interviews = interviews_of(plan)["buyer", ""]
    interviews[1]["finished"] = 0
    name, content = limesurvey(plan, survey_sheet(plan, "buyer"), interviews)
    (tmp_path / name).write_bytes(content)
    assert list(read_survey(plan, tmp_path / name).table["finished"]) == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"{", "not JSON"),
        (b"[]", "the file holds no answers"),
        (b"[1]", "the file holds no answers"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"role": "buyer", "kolor": 1}', "no question of the survey"),
    ],
)
def test_json_that_is_no_answer_is_refused(
    plan: SurveyPlan, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "buyer.json"
    path.write_bytes(content)
    assert any(message in problem.message for problem in problems(plan, path))


def test_deeply_nested_json_ends(plan: SurveyPlan, tmp_path: Path) -> None:
    path = tmp_path / "buyer.json"
    path.write_text("[" * 200_000, encoding="utf-8")
    assert "not JSON" in problems(plan, path)[0].message
    text = json.dumps({"a": 1})
    for _ in range(50):
        text = f'{{"a": {text}}}'
    path.write_text(text, encoding="utf-8")
    problems(plan, path)


def test_spreadsheets_spss_and_parquet_are_read_the_same(plan: SurveyPlan, tmp_path: Path) -> None:
    import pyreadstat

    rows = returned(plan)
    frame = pd.DataFrame(rows[1:], columns=rows[0]).apply(pd.to_numeric, errors="coerce")
    texts = ["role", "survey_version", "language", "code", "remark", "meetings_buyer_timestamp"]
    frame[texts] = pd.DataFrame(rows[1:], columns=rows[0])[texts]
    frame = frame.drop(columns=["redcap_survey_identifier"])
    wanted = read_survey(plan, stored(rows, tmp_path)).table
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    pyreadstat.write_sav(frame, tmp_path / "a.sav")
    frame.to_parquet(tmp_path / "a.parquet")
    for ending in ("xlsx", "sav", "parquet"):
        pd.testing.assert_frame_equal(read_survey(plan, tmp_path / f"a.{ending}").table, wanted)


def test_all_files_problems_are_told_together(plan: SurveyPlan, tmp_path: Path) -> None:
    one = stored(put(returned(plan), 1, "ord_1", "8"), tmp_path, "buyer.csv")
    two = stored(put(returned(plan, "seller"), 2, "talk_1", "9"), tmp_path, "seller.csv")
    found = problems(plan, tmp_path)
    assert [(Path(problem.file).name, problem.row) for problem in found] == [
        ("buyer.csv", 2),
        ("seller.csv", 3),
    ]
    assert {one.name, two.name} == {"buyer.csv", "seller.csv"}
    assert "no files" in problems(plan, [])[0].message


def test_a_form_of_all_roles_is_one_file(plan: SurveyPlan, tmp_path: Path) -> None:
    """ODK's table of the form for all roles has a group of columns per role; those of others are blank."""
    tables = []
    for sheet in survey_sheets(plan):
        _, content = xlsform(plan, sheet, interviews_of(plan)[sheet.role, ""], together=True)
        tables.append(pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False))
    pd.concat(tables).fillna("").to_csv(tmp_path / "all.csv", index=False)
    read = read_survey(plan, tmp_path / "all.csv")
    assert len(read.table) == 8 and set(read.table["role"]) == {"buyer", "seller"}
