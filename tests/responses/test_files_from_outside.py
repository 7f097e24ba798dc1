"""Files as other programs write them: long ids, JSON of interfaces, text with SPSS syntax, groups that repeat."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from comply_measure.errors import InputError
from comply_measure.pipeline import STEPS, load_study, new_study
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.load import files_of, load_table
from comply_measure.responses.files.raw import RawTable
from comply_measure.responses.identity import read_names
from comply_measure.responses.mapping import FileFormat

N = 24
CODES = (np.arange(N)[:, None] * 7 + np.arange(6) * 3) % 5 + 1


def loaded(path: Path, **stated: object) -> tuple[RawTable | None, list[str]]:
    """The table, and what is told against it."""
    faults = Faults(path.name)
    table = load_table(path, FileFormat(**stated), faults)
    return table, [str(problem) for problem in faults.problems]


def ids(path: Path) -> tuple[list[str | None], list[str]]:
    table, told = loaded(path)
    assert table is not None and not told
    faults = Faults(path.name)
    names = read_names(table, table.columns["unit"], "unit", faults, required=True)
    return names.values(), [str(problem) for problem in faults.problems]


LONG = [2**53, 2**53 + 1, 2**53 + 2, 12345678901234567890 - 1]


def test_long_ids_keep_every_digit_or_are_refused(tmp_path):
    """2^53 and 2^53 + 1 are one float: two units would be one."""
    (tmp_path / "a.json").write_text(json.dumps([{"unit": n} for n in LONG]), encoding="utf-8")
    (tmp_path / "a.csv").write_text("unit,x\n" + "".join(f"{n},1\n" for n in LONG), encoding="utf-8")
    pd.DataFrame({"unit": np.array(LONG, dtype="uint64")}).to_parquet(tmp_path / "a.parquet")
    for name in ("a.json", "a.csv", "a.parquet"):
        assert ids(tmp_path / name) == ([str(n) for n in LONG], [])
    pyreadstat.write_sav(pd.DataFrame({"unit": LONG[:3]}, dtype=float), tmp_path / "a.sav")
    pyreadstat.write_dta(pd.DataFrame({"unit": LONG[:3]}, dtype=float), tmp_path / "a.dta")
    book = openpyxl.Workbook()
    for row in (["unit"], *([n] for n in LONG[:3])):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    for name in ("a.sav", "a.dta", "a.xlsx"):
        _, told = ids(tmp_path / name)
        assert len(told) == 3
        assert "the unit id is a number of more digits than the file keeps" in told[0]
    pyreadstat.write_sav(pd.DataFrame({"unit": [999999999999999.0, 1.0]}), tmp_path / "b.sav")
    assert ids(tmp_path / "b.sav") == (["999999999999999", "1"], [])


@pytest.mark.parametrize(
    ("text", "n"), [("1.23457E+17", 1), ("1,23457E+11", 1), ("1e3", 0), ("E+12", 0), ("3.5", 0)]
)
def test_ids_that_a_spreadsheet_shortened_are_refused(tmp_path, text, n):
    (tmp_path / "a.csv").write_text(f'unit,x\n"{text}",1\nU2,1\n', encoding="utf-8")
    assert len(ids(tmp_path / "a.csv")[1]) == n


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"a.b": 1, "a": {"b": 2}}], "row 1, 'a.b': two answers have this name"),
        ([{"q": 1}, {" q ": 1, "q": 5}], "row 2, 'q': two answers have this name"),
        ([{"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": {"j": 1}}}}}}}}}}], "objects within objects too deep"),
        ({"count": 3, "next": "page 2", "results": [{"q": 1}]}, "one page of the results, and more follow"),
        ({"count": 0, "next": None, "results": []}, "the file holds no answers"),
        ([[1, 2]], "the file holds no answers"),
    ],
)  # fmt: skip
def test_json_that_would_lose_answers_is_refused(tmp_path, content, message):
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    table, told = loaded(tmp_path / "a.json")
    assert table is None
    assert message in "\n".join(told)


def test_json_lines_pages_and_encodings(tmp_path):
    rows = [{"unit": "Ä", "q": 1, "yes": True, "n": None}, {"unit": "B", "q": 2.5, "yes": False, "n": 4}]
    lines = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "a.ndjson").write_text(lines.replace("\n", "\r\n"), encoding="utf-16")
    (tmp_path / "a.json").write_text(lines, encoding="utf-8")
    (tmp_path / "b.json").write_text(
        json.dumps({"count": 2, "next": None, "results": rows}), encoding="utf-8"
    )
    for name, expected in (("a.jsonl", [1, 3]), ("a.ndjson", [1, 3]), ("a.json", [1, 3]), ("b.json", [1, 2])):
        table, told = loaded(tmp_path / name)
        assert not told
        assert table.rows.tolist() == expected
        cells = {key: column.cells() for key, column in table.columns.items()}
        assert cells == {"unit": ["Ä", "B"], "q": [1.0, 2.5], "yes": ["TRUE", "FALSE"], "n": [None, 4.0]}
    (tmp_path / "c.jsonl").write_text('{"q": 1}\n{"q": 2\n{"q": 3, "q": 4}\n', encoding="utf-8")
    _, told = loaded(tmp_path / "c.jsonl")
    assert [text.split(":")[0] for text in told] == ["c.jsonl, row 2", "c.jsonl, row 3"]
    _, told = loaded(tmp_path / "b.json", encoding="utf-16")
    assert told


def test_groups_of_json_that_repeat(tmp_path):
    """KoboToolbox's names hold the group; those of SurveyJS do not."""
    records = [
        {"team": "A", "m": [{"m/role": "s", "m/q": 1}, {"m/role": "b", "m/q": 2}], "other": [{"x": 1}]},
        {"team": "B", "m": []},
        {"team": "C", "m": [{"role": "s", "q": 3}]},
    ]
    (tmp_path / "a.json").write_text(json.dumps(records), encoding="utf-8")
    table, told = loaded(tmp_path / "a.json", sheet="m")
    assert not told
    assert table.rows.tolist() == [1, 1, 3]
    cells = {name: column.cells() for name, column in table.columns.items()}
    assert cells["team"] == ["A", "A", "C"]
    assert (cells["m/q"], cells["m.q"]) == ([1, 2, None], [None, None, 3])
    assert "1 interview has no repetition of 'm' and no row" in table.notes
    whole, _ = loaded(tmp_path / "a.json")
    assert len(whole) == 3
    assert "'m' is a group that repeats and stands in one cell; sheet: m reads" in whole.notes[0]
    assert "no group of this name repeats" in loaded(tmp_path / "a.json", sheet="n")[1][0]
    with pytest.raises(InputError, match="sheet: m reads a row for each repetition"):
        new_study(tmp_path / "a.json", tmp_path / "out")


def test_groups_of_json_within_groups(tmp_path):
    """Each repetition of the inner group stands beside its outer one and its interview; what is left out is told."""
    records = [
        {"firm": "F", "t": [
            {"t/team": "A", "t/m": [{"t/m/role": "s", "t/m/q": 1}, {"t/m/role": "b", "t/m/q": 2}]},
            {"t/team": "B", "t/m": [{"t/m/role": "s", "t/m/q": 3}]},
        ]},
        {"firm": "G", "t": [{"t/team": "C", "t/m": []}, {"t/team": "D", "t/m": [{"t/m/role": "b", "t/m/q": 4}]}]},
        {"firm": "H"},
    ]  # fmt: skip
    plain = json.loads(json.dumps(records).replace("t/m/", "").replace("t/m", "m").replace("t/", ""))
    deep = [{"data": record} for record in plain]
    for name, content, sheet, mark in (
        ("kobo", records, "t/m", "t/m/"),
        ("surveyjs", plain, "t.m", "t.m."),
        ("objects", deep, "data.t.m", "data.t.m."),
    ):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        table, told = loaded(path, sheet=sheet)
        assert not told and table.rows.tolist() == [1, 1, 1, 2]
        cells = {
            column.rpartition("/")[2].rpartition(".")[2]: c.cells() for column, c in table.columns.items()
        }
        assert cells["firm"] == ["F", "F", "F", "G"] and cells["team"] == ["A", "A", "B", "D"]
        assert cells["q"] == [1, 2, 3, 4] and f"{mark}q" in table.columns
        outer = sheet[:-2]
        assert [note for note in table.notes if "no repetition" in note] == [
            f"1 interview has no repetition of '{outer}' and no row",
            f"1 interview has no repetition of '{sheet}' and no row",
        ]
        whole, _ = loaded(path, sheet=outer)
        assert whole.rows.tolist() == [1, 1, 2, 2] and whole.groups == (sheet,)
        assert any(f"sheet: {sheet} reads a row for each repetition" in note for note in whole.notes)
        message = loaded(path, sheet=f"{sheet}x")[1][0]
        assert "no group of this name repeats" in message and sheet in message


def test_odata_of_odk_central(tmp_path):
    """Submissions stand under ``value``; pages and groups that are not in the file are told."""
    rows = [
        {"__id": f"uuid:{n}", "__system": {"submitterId": "5"}, "team": f"T{n}", "q": {"a": n},
         "members@odata.navigationLink": f"Submissions('uuid:{n}')/members"}
        for n in range(3)
    ]  # fmt: skip
    document = {"value": rows, "@odata.context": "https://x/v1/$metadata#Submissions", "@odata.count": 3}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    table, told = loaded(path)
    assert not told and table.columns["team"].cells() == ["T0", "T1", "T2"]
    assert table.columns["q.a"].cells() == [0, 1, 2]
    assert table.notes == (
        "'members' is a group that repeats whose rows are not in the file: $expand=* in the address exports them",
    )
    path.write_text(json.dumps(document | {"@odata.nextLink": "https://x?$skiptoken=1"}), encoding="utf-8")
    assert "one page of the results, and more follow" in loaded(path)[1][0]
    expanded = [
        {"team": r["team"], "grp": {"members": [{"role": "s", "q": 1}, {"role": "b", "q": 2}]}} for r in rows
    ]
    path.write_text(json.dumps(document | {"value": expanded}), encoding="utf-8")
    table, told = loaded(path, sheet="grp.members")
    assert not told and table.columns["team"].cells() == ["T0", "T0", "T1", "T1", "T2", "T2"]
    assert table.columns["grp.members.q"].cells() == [1, 2] * 3


def kobo(path: Path, *, index=lambda n: n // 2 + 1, spare: int = 0, other: bool = False) -> Path:
    """Interviews of twelve teams, and a worksheet with two members of each."""
    book = openpyxl.Workbook()
    book.active.title = "Teams 2024"
    book.active.append(["start", "team", "region", "_id", "_uuid", "_submission_time", "_index"])
    for unit in range(N // 2 + spare):
        row = [
            "2024-03-01T10:00:00",
            f"T{unit:02d}",
            "ns"[unit % 2],
            1000 + unit,
            f"u{unit}",
            "2024",
            unit + 1,
        ]
        book.active.append(row)
    sheet = book.create_sheet("members")
    own = ["_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__submission_time"]
    sheet.append(["members/role", *(f"members/trust_{k + 1}" for k in range(6)), *own])
    for n in range(N):
        role, codes = ("sales", "marketing")[n % 2], CODES[n].tolist()
        sheet.append([role, *codes, n + 1, "Teams 2024", index(n), 1000 + n // 2, "2024"])
    if other:
        book.create_sheet("notes").append(["x"])
    book.save(path)
    return path


def test_groups_of_kobotoolbox_that_repeat(tmp_path):
    written = new_study(kobo(tmp_path / "a.xlsx", spare=1), tmp_path / "out")
    assert "an export of KoboToolbox" in written.found
    responses = load_study(written.files[0], STEPS, read=True).responses
    np.testing.assert_array_equal(responses.data[list(responses.item_ids)].to_numpy(float), CODES)
    assert responses.data["unit"].tolist() == [f"T{n // 2:02d}" for n in range(N)]
    assert responses.units["region"].tolist() == ["n", "s"] * 6
    assert "1 interview has no repetition of 'members' and no row" in responses.notes


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"index": lambda n: 99 if n == 3 else n // 2 + 1},
            "row 5, '_parent_index': no interview has this number",
        ),
        (
            {"other": True},
            "several worksheets hold data; allowed: state sheet: one of Teams 2024, members, notes",
        ),
    ],
)
def test_groups_of_kobotoolbox_that_do_not_hang_together(tmp_path, changed, message):
    table, told = loaded(kobo(tmp_path / "a.xlsx", **changed))
    assert message in "\n".join(told)
    assert table is None or told


def test_the_group_of_json_that_holds_the_items_is_chosen(tmp_path):
    """Interviews of twelve teams with two members each, and another group that holds no items."""
    records = [
        {
            "_id": 1000 + unit, "_uuid": f"u{unit}", "_submission_time": "2024", "team": f"T{unit:02d}",
            "region": "ns"[unit % 2], "visits": [{"visits/when": "2024"}],
            "members": [
                {"members/role": role}
                | {f"members/trust_{k + 1}": int(CODES[2 * unit + n, k]) for k in range(6)}
                for n, role in enumerate(("sales", "marketing"))
            ],
        }
        for unit in range(N // 2)
    ]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(records), encoding="utf-8")
    written = new_study(tmp_path / "a.json", tmp_path / "out")
    text = written.files[0].read_text(encoding="utf-8")
    assert "sheet: members" in text
    assert "guess: the items stand in 'members', a group that repeats" in text
    responses = load_study(written.files[0], STEPS, read=True).responses
    np.testing.assert_array_equal(responses.data[list(responses.item_ids)].to_numpy(float), CODES)
    assert responses.data["unit"].tolist() == [f"T{n // 2:02d}" for n in range(N)]
    assert responses.roles == ("sales", "marketing")
    for record in records:  # items beside the group: the interviews stay the rows
        record |= {f"climate_{k}": record["members"][0][f"members/trust_{k}"] for k in (1, 2, 3)}
    (tmp_path / "b.json").write_text(json.dumps(records), encoding="utf-8")
    assert "sheet" not in new_study(tmp_path / "b.json", tmp_path / "b").files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("odata", [False, True])
def test_the_inner_group_that_holds_the_items_is_chosen(tmp_path, odata):
    """Firms, in them teams that repeat, in these members that repeat."""
    teams = [
        {"team": f"T{unit:02d}", "members": [
            {"role": role} | {f"trust_{k + 1}": int(CODES[2 * unit + n, k]) for k in range(6)}
            for n, role in enumerate(("sales", "marketing"))
        ]}
        for unit in range(N // 2)
    ]  # fmt: skip
    firms = [{"firm": f"F{n}", "teams": teams[2 * n : 2 * n + 2]} for n in range(N // 4)]
    content = {"@odata.context": "x", "value": firms} if odata else firms
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    written = new_study(tmp_path / "a.json", tmp_path / "out")
    text = written.files[0].read_text(encoding="utf-8")
    assert "sheet: teams.members" in text
    responses = load_study(written.files[0], STEPS, read=True).responses
    np.testing.assert_array_equal(responses.data[list(responses.item_ids)].to_numpy(float), CODES)
    assert responses.data["unit"].tolist() == [f"T{n // 2:02d}" for n in range(N)]
    assert responses.data["firm"].tolist() == [f"F{n // 4}" for n in range(N)]
    assert responses.roles == ("sales", "marketing")


def test_single_informants_of_a_codebook_keep_their_units(tmp_path):
    """A codebook's file has unit and informant, both once in every row."""
    frame = pd.DataFrame(CODES, columns=[f"trust_{k}" for k in range(1, 7)])
    frame.insert(0, "informant", [f"p{n}:informant" for n in range(N)])
    frame.insert(0, "unit", [f"p{n}" for n in range(N)])
    frame.to_csv(tmp_path / "a.csv", index=False)
    written = new_study(tmp_path / "a.csv", tmp_path / "out")
    responses = load_study(written.files[0], STEPS, read=True).responses
    assert responses.data["unit"].tolist() == [f"p{n}" for n in range(N)]


def central(folder: Path, *, spare: int = 0) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Submissions of ODK Central, and the rows of their group that repeats."""
    folder.mkdir()
    submissions = [
        {"SubmissionDate": f"2024-03-{unit + 1:02d}", "team": f"T{unit:02d}", "region": "ns"[unit % 2],
         "SubmitterID": 5, "KEY": f"uuid:{unit}"}
        for unit in range(N // 2 + spare)
    ]  # fmt: skip
    members: list[dict[str, object]] = [
        {"role": ("sales", "marketing")[n % 2]}
        | {f"trust_{k + 1}": int(CODES[n, k]) for k in range(6)}
        | {"PARENT_KEY": f"uuid:{n // 2}", "KEY": f"uuid:{n // 2}/members[{n % 2 + 1}]"}
        for n in range(N)
    ]
    return submissions, members


def test_files_of_groups_of_odk_central_stand_beside_their_interviews(tmp_path):
    submissions, members = central(tmp_path / "in", spare=1)
    pd.DataFrame(submissions).to_csv(tmp_path / "in" / "form.csv", index=False)
    pd.DataFrame(members).to_csv(tmp_path / "in" / "form-members.csv", index=False)
    written = new_study(tmp_path / "in", tmp_path / "out")
    assert "files put beside each other in answers.csv: form-members.csv, form.csv" in written.found
    assert "1 interview has no repetition in form-members.csv and no row" in written.found
    responses = load_study(written.files[0], STEPS, read=True).responses
    np.testing.assert_array_equal(responses.data[list(responses.item_ids)].to_numpy(float), CODES)
    assert responses.data["unit"].tolist() == [f"T{n // 2:02d}" for n in range(N)]
    assert responses.units["region"].tolist() == ["n", "s"] * 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, m: m[3].update(PARENT_KEY="uuid:99"), "row 5, 'PARENT_KEY': no interview has this number"),
        (lambda s, m: s[1].update(KEY="uuid:0"), "'KEY': numbers of interviews occur twice"),
        (
            lambda s, m: [row.update(role="x") for row in s],
            "'role': the name stands in the group and beside it",
        ),
        (lambda s, m: [row.update(PARENT_KEY="z") for row in m], "no file has the interviews of this group"),
    ],
)
def test_files_of_groups_that_do_not_fit_are_refused(tmp_path, change, message):
    submissions, members = central(tmp_path / "in")
    change(submissions, members)
    pd.DataFrame(submissions).to_csv(tmp_path / "in" / "form.csv", index=False)
    pd.DataFrame(members).to_csv(tmp_path / "in" / "form-members.csv", index=False)
    with pytest.raises(InputError) as refused:
        new_study(tmp_path / "in", tmp_path / "out")
    assert message in str(refused.value)


def limesurvey(folder: Path, *, letters: bool = False, more: str = "") -> Path:
    """A response export for SPSS: data without a header, and syntax that names the variables."""
    folder.mkdir()
    units = [f"BU'{n // 2}, Ö" for n in range(N)]
    columns: list[tuple[str, str, list[object]]] = [
        ("id", "F7", list(range(1, N + 1))),
        ("submitdate", "DATETIME23.2", ["2024-03-01 10:00:00"] * N),
        ("lastpage", "F7", [3] * N),
        ("unit", "A30", list(units)),
        ("func", "F1", [1, 2] * (N // 2)),
    ]
    kind = "A2" if letters else "F1"
    columns += [(f"TR_SQ{k}", kind, [f"A{c}" if letters else c for c in CODES[:, k]]) for k in range(6)]

    def cell(value: object, form: str) -> str:
        return str(value) if form[0] == "F" else "'" + str(value).replace("'", "''") + "'"

    lines = [",".join(cell(values[n], form) for _, form, values in columns) for n in range(N)]
    data = folder / "survey_1_SPSS_data_file.dat"
    data.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    words = ["strongly disagree", "disagree", "neutral", "agree", "strongly agree"]
    syntax = [
        "*$Rev: 121017 $ all 2.",
        "SET UNICODE=ON.",
        "SET LOCALE='en_UK'.",
        "",
        "GET DATA",
        " /TYPE=TXT",
    ]
    syntax += [f" /FILE='C:\\data\\{data.name}'", " /DELCASE=LINE", ' /DELIMITERS=","', ' /QUALIFIER="\'"']
    syntax += [" /ARRANGEMENT=DELIMITED", " /FIRSTCASE=1", " /IMPORTCASE=ALL", " /VARIABLES="]
    syntax += [f" V{k} {form}" for k, (_, form, _) in enumerate(columns, 1)]
    syntax[-1] += "."
    syntax += [
        "CACHE.",
        "EXECUTE.",
        "",
        "*Define Variable Properties.",
        'VARIABLE LABELS V6 "Keep ""word""?".',
    ]
    syntax += ["*Define Value labels.", "VALUE LABELS  V5", ' 1 "Sales"', ' 2 "Marketing".']
    for k in range(6, 12):
        syntax.append(f"VALUE LABELS  V{k}")
        syntax += [
            f' {f"{chr(34)}A{c}{chr(34)}" if letters else c} "{word}"' for c, word in enumerate(words, 1)
        ]
        syntax[-1] += "."
    syntax += ["VARIABLE LEVEL V1(SCALE)."]
    syntax += [f"RENAME VARIABLE ( V{k} = {name} )." for k, (name, _, _) in enumerate(columns, 1)]
    syntax += ["RESTORE LOCALE.", more]
    (folder / "survey_1_SPSS_syntax_file.sps").write_text("\n".join(syntax), encoding="utf-8")
    return data


@pytest.mark.parametrize("letters", [False, True])
def test_limesurvey_data_with_spss_syntax(tmp_path, letters):
    data = limesurvey(tmp_path / "in", letters=letters)
    written = new_study(data, tmp_path / "out")
    assert "an export of LimeSurvey" in written.found
    study = load_study(written.files[0], STEPS, read=True)
    responses = study.responses
    np.testing.assert_array_equal(responses.data[list(responses.item_ids)].to_numpy(float), CODES)
    assert responses.data["unit"].tolist() == [f"BU'{n // 2}, Ö" for n in range(N)]
    assert responses.roles == ("sales", "marketing")
    assert study.scales[0].items[0].texts["en"] == 'Keep "word"?'
    assert {"survey_1_SPSS_data_file.dat", "survey_1_SPSS_syntax_file.sps"} <= set(study.inputs)
    if not letters:
        assert study.scales[0].response.anchors["en"][4] == "strongly agree"


def test_syntax_that_changes_values_or_is_missing(tmp_path):
    data = limesurvey(tmp_path / "a", more="RECODE V6 (1=5).")
    _, told = loaded(data)
    assert "a command of the syntax that is not understood (found 'RECODE V6 (1=5).')" in told[0]
    assert told[0].startswith("survey_1_SPSS_syntax_file.sps, row ")
    assert len(files_of(data)) == 2
    (data.parent / "survey_1_SPSS_syntax_file.sps").unlink()
    assert files_of(data) == (data,)
    assert "no syntax file says what this file's columns are" in loaded(data)[1][0]


def test_text_read_in_another_encoding(tmp_path):
    """Quotation marks of Windows are controls in Latin-1; ISO-2022-JP is ASCII with escapes."""
    (tmp_path / "a.csv").write_bytes("unit,x\nU “1”,1\n".encode("cp1252"))
    _, told = loaded(tmp_path / "a.csv", encoding="latin-1")
    assert told[0].startswith("a.csv, row 2: control character U+0093 at position 9")
    assert "state encoding: cp1252" in told[0]
    table, told = loaded(tmp_path / "a.csv", encoding="cp1252")
    assert table.columns["unit"].cells() == ["U “1”"]
    (tmp_path / "b.csv").write_bytes("unit,x\n日本,1\n".encode("iso2022_jp"))
    assert "state its encoding, such as iso2022_jp" in loaded(tmp_path / "b.csv")[1][0]
    assert loaded(tmp_path / "b.csv", encoding="iso2022_jp")[0].columns["unit"].cells() == ["日本"]
    (tmp_path / "c.csv").write_bytes(b"unit,x\nU1,1\n\x1a")
    assert loaded(tmp_path / "c.csv")[0].columns["unit"].cells() == ["U1"]
    (tmp_path / "d.csv").write_bytes(b"unit,x\n" + b"U1,1\n" * 30 + b"U\x002,1\n")
    assert loaded(tmp_path / "d.csv")[1][0].startswith("d.csv, row 32: not text: zero byte at position 158")
