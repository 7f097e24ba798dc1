"""Files to begin with: from an export to a study that runs, from a table of items to a scale."""

from __future__ import annotations

import csv
import json

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from comply_measure.cli import main
from comply_measure.documents import read_yaml, read_yaml_text
from comply_measure.documents.commented import commented_yaml
from comply_measure.errors import InputError
from comply_measure.instrument import draft_scale, load_scale
from comply_measure.pipeline import STEPS, load_study, new_scale, new_study
from comply_measure.responses import dataset_path, one_per_role, sketch_answers

AGREE = {
    1: "Strongly disagree",
    2: "Disagree",
    3: "Neither agree nor disagree",
    4: "Agree",
    5: "Strongly agree",
}


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return int(caught.value.code or 0)


def answers(n_units: int = 12, roles: tuple[str, ...] = ("Sales", "Marketing")) -> pd.DataFrame:
    """Two constructs of three five-point items, a row per unit and role; every category occurs."""
    rng = np.random.default_rng(11)
    rows = []
    for unit in range(n_units):
        shared = rng.normal(size=2)
        for role in roles:
            own = np.repeat(shared + 0.5 * rng.normal(size=2), 3) + 0.6 * rng.normal(size=6)
            rows.append([f"BU{unit:02d}", role, *np.clip(np.round(3 + 1.1 * own), 1, 5).astype(int)])
    return pd.DataFrame(rows, columns=["bu", "function", "tr_1", "tr_2", "tr_3", "ca_1", "ca_2", "ca_3"])


ITEMS = ["tr_1", "tr_2", "tr_3", "ca_1", "ca_2", "ca_3"]


def write(path, rows):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        with path.open("w", newline="", encoding="utf-8-sig") as stream:
            csv.writer(stream).writerows(rows)
    return path


def rows_of(frame):
    plain = frame.astype(object).where(frame.notna(), None)
    return [list(row) for row in plain.itertuples(index=False)]


def study_of(path, out=None):
    written = new_study(path, out)
    return load_study(written.files[0], STEPS, read=True), written


def codes(study):
    """Answers by item, in the order of the file."""
    read = study.responses
    return read.data[list(read.item_ids)].to_numpy(dtype=float)


def test_the_shipped_study_from_its_export(tmp_path, capsys):
    source = pd.read_csv(dataset_path("msi_triads") / "responses.csv")
    kept = [
        "firm",
        "unit",
        "role",
        "informant",
        "C_dig_1",
        "C_dig_4",
        "C_dig_5",
        "C_global",
        "MP_1",
        "MP_2",
        "MP_3",
    ]
    source[kept].head(120).to_csv(tmp_path / "answers.csv", index=False)
    assert call("study", "new", str(tmp_path / "answers.csv")) == 0
    told = capsys.readouterr().out
    assert "found: 120 rows, 6 items in 2 blocks" in told
    assert "check: missing codes: 98, 99" in told
    study = tmp_path / "study.yaml"
    assert call("study", "check", str(study)) == 0
    capsys.readouterr()
    columns = read_yaml(study).data["data"]["columns"]
    assert {name: columns[name] for name in ("unit", "role", "firm", "informant")} == {
        "unit": "unit", "role": "role", "firm": "firm", "informant": "informant"
    }  # fmt: skip
    assert columns["informants"] == {"C_global": "C_global"}
    assert columns["missing"] == {"98": "user_missing", "99": "user_missing"}
    scale = load_scale(tmp_path / "scale.yaml")
    assert scale.measurement() == {"C_dig": ("C_dig_1", "C_dig_4", "C_dig_5"), "MP": ("MP_1", "MP_2", "MP_3")}
    assert (scale.response.minimum, scale.response.maximum) == (1, 7)
    read = load_study(study, STEPS).responses
    expected = source["C_dig_1"].head(120).where(lambda x: x < 98)
    # several informants of a role are all kept, which the study says
    assert read_yaml(study).data["data"]["informants"] == "all"
    np.testing.assert_array_equal(read.data["C_dig_1"].to_numpy(float), expected.to_numpy(float))
    means = expected.groupby([source["unit"].head(120), source["role"].head(120)], sort=False).mean()
    views = one_per_role(read).data["C_dig_1"]
    np.testing.assert_array_equal(views.to_numpy(float), means.to_numpy(float))
    out = tmp_path / "results"
    assert (
        call("run", str(study), "--out", str(out), "--steps", "sample,items,agreement,gaps", "--quiet") == 0
    )
    result = json.loads((out / "results.json").read_text(encoding="utf-8"))
    left_out = {name: step["reason"] for name, step in result["steps"].items() if step["status"] != "done"}
    assert not left_out


def test_the_whole_of_what_is_guessed_and_what_is_to_be_checked(tmp_path):
    table = answers()
    table["tr_3"] = 6 - table["tr_3"]
    table.loc[3, "ca_1"] = 99
    number = table["bu"].str[2:].astype(int)
    table = table.assign(firm="F" + (number // 3).astype(str), size=number * 10)
    table["Email"] = [f"p{row}@x.org" for row in range(len(table))]
    table = table.assign(**{f"sat_{k}": (table[f"tr_{k}"] + 2).clip(1, 7) for k in (1, 2)})
    table["sat_3"] = [7, 1, 2, 3, 4, 5, 6] * 3 + [4, 5, 6]
    written = new_study(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]), tmp_path / "out")
    assert [path.name for path in written.files] == ["study.yaml", "scale.yaml", "scale_2.yaml"]
    assert list(written.found) == [
        "24 rows, 9 items in 3 blocks",
        "answers from 1 to 5 in 2 blocks",
        "answers from 1 to 7 in 1 block",
        "units in column bu: 12 ids that repeat, 2.0 rows each, and differ in column function",
        "roles in column function: sales, marketing",
        "firms in column firm",
        f"a.csv was copied into {tmp_path / 'out'}",
    ]
    end = "; a category at an end that nobody chose would not show"
    assert list(written.checks) == [
        "tr_3 correlates -0.71 with the rest of its block: keying: -1 if the questionnaire reverses it",
        f"range of answers, 1 to 5: answers of 2 blocks lie between 1 and 5{end}",
        f"range of answers, 1 to 7: answers of 1 blocks lie between 1 and 7{end}",
        "missing codes: 99",
        "2 ranges of answers, so 2 scale files",
        "unit, role and firm columns; constructs, which are blocks of like names; texts of items",
        "columns left out, written by the survey tool: Email",
    ]
    study, scale, other = (path.read_text(encoding="utf-8") for path in written.files)
    assert study.splitlines()[1:] == WRITTEN.splitlines()
    assert "docs/" not in study + scale + other
    assert [line for line in scale.splitlines() if "# guess" in line] == [
        f"# guess: 1 to 5: answers of 2 blocks lie between 1 and 5{end}",
        "# guess: a construct per block of columns whose names begin alike",
        "# guess: texts are what the file says about each column, or its name; nothing is reversed",
        "  # guess: not reversed, though it correlates -0.71 with the rest of its block; keying: -1 reverses it",
    ]
    document = read_yaml_text(other, "scale_2.yaml").data
    assert document["response"] == {"minimum": 1, "maximum": 7}
    assert [item["id"] for item in document["items"]] == ["sat_1", "sat_2", "sat_3"]


#: Below its first line.
WRITTEN = """format: comply-measure study 1
# Head of the report.
title: a
data:
  file: a.csv
  columns:
    # guess: 12 ids that repeat, 2.0 rows each, and differ in column function
    unit: bu
    # guess: 2 values that repeat over the ids of column bu
    role: function
    # guess: 4 values, one within every id of column bu
    firm: firm
    informant: null
    # guess: value in the file: role, made of its label
    roles:
      Sales: sales
      Marketing: marketing
    # guess: codes that stand apart from the answers, or are labelled so; for all items and variables
    missing:
      "99": user_missing
    # guess: the same in all rows of a unit; our name: column
    units:
      size: size
    # guess: left out: written by the survey tool
    ignore:
    - Email
# Scale files in this folder, and names of scales that ship.
scales:
- scale.yaml
- scale_2.yaml
language: en
# Of everything random. All steps that apply are run; 'steps: [sample, items]' runs these.
seed: 1
"""


def test_qualtrics_with_words_and_question_rows(tmp_path):
    table = answers()
    words = table.assign(**{item: table[item].map(AGREE) for item in ITEMS})
    names = ["StartDate", "ResponseId", "bu", "function", "Q1_1", "Q1_2", "Q1_3", "Q2_1", "Q2_2", "Q2_3"]
    questions = ["Start Date", "Response ID", "Your unit", "Your function"]
    questions += [f"How far do you agree? - Statement {n} # of trust" for n in (1, 2, 3)]
    questions += [f"And here? - Statement {n} of care" for n in (1, 2, 3)]
    imports = [json.dumps({"ImportId": f"QID{n}"}) for n in range(len(names))]
    body = [[f"2024-05-0{n % 9 + 1} 10:00", f"R_{n:03d}", *row] for n, row in enumerate(rows_of(words))]
    study, _ = study_of(write(tmp_path / "q.csv", [names, questions, imports, *body]))
    assert study.file.data.format.header_rows == (0, 1, 2)
    assert study.scales[0].item("Q1_2").texts["en"] == "Statement 2 # of trust"
    assert study.scales[0].response.anchors["en"] == tuple(AGREE.values())
    np.testing.assert_array_equal(codes(study), table[ITEMS].to_numpy(float))
    assert study.responses.roles == ("sales", "marketing")
    assert study.file.data.columns.informant == "ResponseId"
    out = tmp_path / "results"
    assert call("run", str(tmp_path / "study.yaml"), "--out", str(out), "--steps", "items", "--quiet") == 0


def test_spss_labels_declared_and_lone_missing_codes(tmp_path):
    table = answers().astype(dict.fromkeys(ITEMS, "float64"))
    table.insert(0, "age", [20.0 + n for n in range(len(table))])
    table["function"] = table["function"].map({"Sales": 1.0, "Marketing": 2.0})
    expected = table[ITEMS].to_numpy(float).copy()
    for row, code in ((3, 97.0), (4, -9.0), (5, 99.0)):
        table.loc[row, "tr_2"] = code
        expected[row, 1] = np.nan
    pyreadstat.write_sav(
        table,
        tmp_path / "a.sav",
        column_labels={item: f"Statement about {item}" for item in ITEMS},
        variable_value_labels={"function": {1: "Sales  & Service", 2: "Marketing"}}
        | {item: {1: "not at all true", 5: "very true", 99: "don't know"} for item in ITEMS},
        missing_ranges={"tr_2": [97]},
    )
    study, _ = study_of(tmp_path / "a.sav")
    np.testing.assert_array_equal(codes(study), expected)
    assert study.file.data.columns.missing == {"-9": "user_missing", "99": "cannot_judge"}
    assert study.responses.missing_reason.loc[5, "tr_2"] == "cannot_judge"
    assert study.scales[0].item("ca_1").texts["en"] == "Statement about ca_1"
    assert study.scales[0].response.anchors["en"] == ("not at all true", "", "", "", "very true")
    assert set(study.responses.roles) == {"sales_service", "marketing"}
    named = {"sales_service": "Sales & Service", "marketing": "Marketing"}
    assert study.file.data.columns.role_labels == named
    assert {role: texts["en"] for role, texts in study.responses.scales[0].role_labels.items()} == named
    assert "age" in study.responses.informants
    out = tmp_path / "results"
    assert (
        call("run", str(tmp_path / "study.yaml"), "--out", str(out), "--steps", "items,gaps", "--quiet") == 0
    )
    drawn = (out / "figures" / "gaps_profile.svg").read_text(encoding="utf-8")
    assert "Sales &amp; Service" in drawn and "sales_service" not in drawn


def test_roles_are_printed_as_the_file_writes_them(tmp_path):
    """A word whose key the role is; what the study file calls otherwise keeps its key, or the name it is given."""
    table = answers(roles=("Innendienst IT", "Marketing"))
    path = write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)])
    study, _ = study_of(path)
    labels = study.responses.scales[0].role_labels
    assert {role: texts["en"] for role, texts in labels.items()} == {
        "innendienst_it": "Innendienst IT",
        "marketing": "Marketing",
    }
    file = tmp_path / "study.yaml"
    text = file.read_text(encoding="utf-8").replace("Innendienst IT: innendienst_it", "Innendienst IT: sales")
    file.write_text(text, encoding="utf-8")
    renamed_role = load_study(file, STEPS, read=True).responses.scales[0].role_labels
    assert renamed_role["sales"]["en"] == "sales" and renamed_role["marketing"]["en"] == "Marketing"
    file.write_text(
        text.replace("    roles:", "    role_labels: {sales: Inside}\n    roles:"), encoding="utf-8"
    )
    assert load_study(file, STEPS, read=True).responses.scales[0].role_labels["sales"]["en"] == "Inside"
    file.write_text(
        text.replace("    roles:", "    role_labels: {seles: Inside}\n    roles:"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="'role_labels' names an unknown role"):
        load_study(file, STEPS, read=True)


def renamed(table, names):
    return [[*names], *rows_of(table)]


@pytest.mark.parametrize("tool", ["limesurvey", "sosci", "redcap", "google", "microsoft", "surveymonkey"])
def test_exports_of_tools(tmp_path, tool):
    table = answers()
    ids = [[n + 1] for n in range(len(table))]
    body = [[*ids[n], *row] for n, row in enumerate(rows_of(table))]
    path = tmp_path / "a.csv"
    if tool == "limesurvey":
        lime = table.assign(**{item: table[item].map(lambda code: f"A{code}") for item in ITEMS})
        names = ["id", "bu", "function", *(f"q{q}[SQ00{n}]" for q in (1, 2) for n in (1, 2, 3))]
        write(path, [names, *([n + 1, *row] for n, row in enumerate(rows_of(lime)))])
    elif tool == "sosci":
        names = ["CASE", "bu", "function", *(f"AB0{q}_0{n}" for q in (1, 2) for n in (1, 2, 3))]
        labels = ["Interview number", "Unit", "Function", *(f"Label {n} of an item" for n in range(6))]
        write(path, [names, labels, *body])
    elif tool == "redcap":
        names = ["record_id", "bu", "function", "trust_a", "trust_b", "trust_c", "care_a", "care_b", "care_c"]
        complete = [[*row, 2] for row in body]
        write(path, [[*names, "survey_complete"], *complete])
    elif tool == "google":
        names = ["Timestamp", "Your business unit", "Your function"]
        names += [f"How far do you agree? [Statement {n}]" for n in (1, 2, 3)]
        names += [f"And in your team? [Statement {n}]" for n in (4, 5, 6)]
        write(path, [names, *([f"2024/05/03 10:{row[0]:02d}:11", *row[1:]] for row in body)])
    elif tool == "microsoft":
        path = tmp_path / "a.xlsx"
        names = [
            "ID",
            "Your unit",
            "Your function",
            *(f"We are sure of matter number {n} here" for n in "abcdef"),
        ]
        write(path, [names, *body])
    else:
        path = tmp_path / "a.xlsx"
        first = [
            "Respondent ID",
            "Unit",
            "Function",
            "How far do you agree?",
            None,
            None,
            "And here?",
            None,
            None,
        ]
        second = [None, "Response", "Response", *(f"Statement {n}" for n in range(6))]
        write(path, [first, second, *body])
    study, _ = study_of(path)
    np.testing.assert_array_equal(codes(study), table[ITEMS].to_numpy(float))
    assert set(study.responses.roles) == {"sales", "marketing"}
    assert len(study.responses.units) == 12
    blocks = study.scales[0].measurement()
    assert [len(items) for items in blocks.values()] == ([6] if tool == "microsoft" else [3, 3])


def test_answers_without_units_are_singles_and_it_is_said(tmp_path):
    table = answers()[ITEMS]
    table.insert(0, "case", range(1, len(table) + 1))
    study, written = study_of(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    assert any("without units and roles" in line for line in written.found)
    assert len(study.responses.units) == len(table)
    assert "role" not in study.file.data.columns.model_fields_set


def test_teams_without_roles_keep_everybody(tmp_path):
    table = answers(8, ("a", "b", "c")).drop(columns="function").rename(columns={"bu": "team"})
    study, _ = study_of(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    assert study.file.data.informants == "all"
    assert (len(study.responses.units), len(study.responses.data)) == (8, 24)


@pytest.mark.parametrize("name", ["COMPID", "classno", "TeamNr", "school_id", "GRP", "OrgCode", "ward"])
def test_units_by_names_with_an_id_glued_to_them(tmp_path, name):
    """The layout of multilevel's lq2002: COMPID, SUB, items, scores; 20 companies of 30 rows."""
    rng = np.random.default_rng(2)
    rows = [
        [c, 30 * c + i, *rng.integers(1, 6, 3), round(rng.normal(), 2)] for c in range(20) for i in range(30)
    ]
    path = write(tmp_path / "a.csv", [[name, "SUB", "LEAD01", "LEAD02", "LEAD03", "LEAD"], *rows])
    written = new_study(path, tmp_path / "out")
    assert f"units in column {name}: 20 ids that repeat, 30.0 rows each" in "\n".join(written.found)
    assert load_study(written.files[0], STEPS, read=True).responses.n_units == 20


def test_scores_of_whole_scales_are_told(tmp_path):
    """The layout of multilevel's bh1996."""
    rows = [[1 + k // 5, 3.75 + k / 7, 2.1 + k / 9, 12] for k in range(40)]
    with pytest.raises(InputError, match="decimals, as scores of whole scales") as caught:
        new_study(write(tmp_path / "a.csv", [["GRP", "COHES", "LEAD", "HRS"], *rows]))
    assert caught.value.problems[-1].column == "COHES, LEAD"


def test_blocks_of_other_ranges_get_a_scale_of_their_own(tmp_path):
    table = answers()
    rng = np.random.default_rng(3)
    for item in ("joy_1", "joy_2"):
        table[item] = rng.permutation(np.resize(np.arange(11), len(table)))
    table["tr_1"] = np.where(table["tr_1"] == 5, 5, table["tr_1"])
    study, written = study_of(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    ranges = [(scale.response.minimum, scale.response.maximum) for scale in study.scales]
    assert ranges == [(1, 5), (0, 10)]
    assert [path.name for path in written.files] == ["study.yaml", "scale.yaml", "scale_2.yaml"]


def test_names_that_could_break_the_files(tmp_path):
    table = answers()
    names = [
        "bu\n# unit: x",
        "function",
        *(f"tru#st: \"é{n}*\n[x]'" for n in (1, 2, 3)),
        "ca_1",
        "ca_2",
        "ca_3",
    ]
    table.columns = names
    table.insert(0, "no * [really]? #", ["free"] * 23 + ["other"])
    path = write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)])
    study, _ = study_of(path)
    assert len(study.scales[0].items) >= 3
    for file in ("study.yaml", "scale.yaml"):
        text = (tmp_path / file).read_text(encoding="utf-8")
        assert not [line for line in text.splitlines() if line.startswith("unit: x")]


def test_comments_stay_comments_and_values_stay_text():
    data = {"a": {"08": "1e5", "b\n# c": ["no", "~", "x: y"]}, "n": None}
    comments = {("a", "08"): "line\u2028b: 1\x85c: 2\nd: 3\r\x00", ("a", "b\n# c", 1): "# two"}
    text = commented_yaml(data, comments)
    assert read_yaml_text(text, "t").data == data
    assert "  # line b: 1 c: 2 d: 3\n" in text


def test_nothing_is_overwritten(tmp_path):
    path = write(tmp_path / "a.csv", [list(answers().columns), *rows_of(answers())])
    (tmp_path / "scale.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="the file exists"):
        new_study(path)
    assert (tmp_path / "scale.yaml").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "study.yaml").exists()
    written = new_study(path, tmp_path / "other")
    assert (tmp_path / "other" / "a.csv").read_bytes() == path.read_bytes()
    assert len(load_study(written.files[0], STEPS, read=True).responses.data) == 24


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["id", "age"], [1, 33], [2, 44]], "no block of items was found"),
        ([["tr_1", "tr_2"], [1, 2], [2, 3], [3, 1], [1, 2], [5, 5]], "does not say who answered"),
        ([["unit", "t_1@a", "t_2@a", "t_1@b"], [1, 2, 3, 4], [2, 3, 4, 5]], "a row per unit"),
        ([["a", "a"], [1, 2]], "the column name occurs twice"),
    ],
)
def test_one_clear_error(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        new_study(write(tmp_path / "a.csv", rows))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_study_check_tells_faults_of_the_file_and_of_the_answers_in_one_round(tmp_path, capsys):
    table = answers()
    new_study(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    table.loc[2, "tr_1"] = 8
    write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)])
    study = tmp_path / "study.yaml"
    study.write_text(study.read_text(encoding="utf-8") + "steps: [gapps]\n", encoding="utf-8")
    assert call("study", "check", str(study)) == 2
    told = capsys.readouterr().err
    assert "gapps" in told
    assert "outside the range of answers" in told


def test_a_scale_of_a_table_of_items(tmp_path, capsys):
    rows = [["Item ID", "Dimension", "Question", "reversed"]]
    rows += [
        ["t1", "Trust & honesty", "They tell the truth.", ""],
        ["t2", "Trust & honesty", "They lie.", "yes"],
    ]
    rows += [["1 a", "Care", "They listen.", ""], ["", "Care", "They help.", ""]]
    path = write(tmp_path / "items.xlsx", rows)
    assert call("scale", "new", str(path), "--maximum", "7") == 0
    assert "check: the range of answers, 1 to 7" in capsys.readouterr().out
    scale = load_scale(tmp_path / "scale.yaml")
    assert [(item.id, item.construct, item.keying) for item in scale.items] == [
        ("t1", "Trust_honesty", 1), ("t2", "Trust_honesty", -1), ("a", "Care", 1), ("Care_2", "Care", 1)
    ]  # fmt: skip
    assert scale.construct("Trust_honesty").label["en"] == "Trust & honesty"
    assert scale.response.maximum == 7
    assert call("scale", "check", str(tmp_path / "scale.yaml")) == 0
    with pytest.raises(InputError, match="the file exists"):
        new_scale(path)


def test_faults_of_a_table_of_items_are_told_at_once():
    table = pd.DataFrame({"id": ["a", "A"], "text": ["x", None], "keying": ["1", "2"]})
    with pytest.raises(InputError) as caught:
        draft_scale(table)
    assert [(p.row, p.column) for p in caught.value.problems] == [(2, "text"), (2, "id"), (2, "keying")]
    with pytest.raises(InputError, match="no column of item texts"):
        draft_scale(pd.DataFrame({"id": ["a"]}))
    twice = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    with pytest.raises(InputError, match="the column name occurs twice"):
        draft_scale(twice)
    with pytest.raises(InputError, match="must span 2 to 101 categories"):
        draft_scale(pd.DataFrame({"text": ["a"]}), minimum=5, maximum=1)


def survey_rows(items=ITEMS):
    """Answers with ids, and the time at which each was given, as tools write it."""
    table = answers()
    return table, [[f"2024-05-03 10:{n:02d}:11", n + 1, *row] for n, row in enumerate(rows_of(table))]


def test_previews_are_left_out_and_unfinished_interviews_told(tmp_path, capsys):
    """A preview that is counted is an answer nobody gave; an unfinished interview is one, and stays."""
    table, body = survey_rows()
    names = ["StartDate", "ResponseId", "Status", "Progress", "Finished", "bu", "function"]
    names += [f"Q{q}_{n}" for q in (1, 2) for n in (1, 2, 3)]
    imports = [json.dumps({"ImportId": f"QID{n}"}) for n in range(len(names))]
    rows = [[when, f"R_{id}", 0, 100, 1, *row] for when, id, *row in body]
    preview = ["2024-05-01 09:00:00", "R_p", 1, 100, 1, "BU00", "Sales", 5, 5, 5, 5, 5, 5]
    begun = ["2024-05-09 09:00:00", "R_u", 0, 20, 0, "BU99", "Sales", 3, None, None, None, None, None]
    path = write(tmp_path / "q.csv", [names, names, imports, preview, *rows, begun])
    assert call("study", "new", str(path)) == 0
    told = capsys.readouterr().out
    assert "found: an export of Qualtrics\nfound: 25 rows, 6 items in 2 blocks" in told
    assert "check: rows left out, tests or rejected ones: column Status is 1" in told
    said = 'check: 1 interview is not finished (column Finished) and counted as they are; leave_out: {Finished: ["0"]}'
    assert said in told
    study = load_study(tmp_path / "study.yaml", STEPS, read=True)
    assert study.file.data.columns.leave_out == {"Status": ("1",)}
    assert "1 row was left out, whose Status is 1" in study.responses.notes
    assert len(study.responses.data) == 25
    own = study.responses.data["unit"] != "BU99"
    np.testing.assert_array_equal(codes(study)[own], table[ITEMS].to_numpy(float))
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("    leave_out:\n", '    leave_out:\n      Finished: ["0"]\n')
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    assert len(load_study(tmp_path / "study.yaml", STEPS, read=True).responses.data) == 24


def test_a_trial_of_generated_answers_is_read_with_a_warning(tmp_path):
    """Qualtrics marks answers that it generated (Status 2); its older files have ids of imports in single quotes."""
    table, body = survey_rows()
    names = ["StartDate", "ResponseId", "Status", "Progress", "bu", "function"]
    names += [f"Q{q}_{n}" for q in (1, 2) for n in (1, 2, 3)]
    imports = [f"{{'ImportId': 'QID{n}'}}" for n in range(len(names))]
    rows = [[when, f"R_{id}", 2, 100, *row] for when, id, *row in body]
    study, written = study_of(write(tmp_path / "q.csv", [names, names, imports, *rows]))
    assert study.file.data.format.header_rows == (0, 1, 2)
    assert not study.file.data.columns.leave_out
    assert any(line.startswith("every row is marked as a test") for line in written.checks)
    np.testing.assert_array_equal(codes(study), table[ITEMS].to_numpy(float))


@pytest.mark.parametrize(
    ("extra", "tests", "unfinished"),
    [
        ({"QUESTNNR": "base", "MODE": ("interview", "pretest"), "FINISHED": (1, 0)}, {"MODE": ("pretest",)}, "0"),
        ({"lfdn": None, "dispcode": (31, 22), "tester": (0, 1)}, {"tester": ("1",)}, "22"),
        ({"_uuid": None, "_submission_time": None, "_validation_status": ("", "Not approved")},
         {"_validation_status": ("Not approved",)}, None),
        ({"SubmissionDate": None, "KEY": None, "ReviewState": ("", "rejected")}, {"ReviewState": ("rejected",)}, None),
        ({"submitdate": ("2024-05-03 10:00:00", None), "lastpage": (4, 2)}, {}, ""),
        ({"Network ID": None, "Submit Date (UTC)": None, "Response Type": ("completed", "partial")}, {}, "partial"),
        ({"record_id": None, "team_complete": (2, 1)}, {}, "1"),
        ({"Status": ("a", "1")}, {}, None),  # of no tool
    ],
)  # fmt: skip
def test_tools_say_which_rows_are_tests_and_which_unfinished(tmp_path, extra, tests, unfinished):
    """The last row but one is marked; without a tool's other columns a word such as Status says nothing."""
    table = answers()
    for name, cells in extra.items():
        usual, marked = cells if isinstance(cells, tuple) else (cells, cells)
        own = [f"{name}-{n}" for n in range(len(table))] if cells is None else [usual] * len(table)
        own[-2] = own[-2] if cells is None else marked
        table[name] = own
    sketch = sketch_answers(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    assert sketch.leave_out == tests
    assert sketch.n_rows == len(table) - len(tests)
    _, cells, n = sketch.unfinished
    if unfinished is None or tests:  # the row that is unfinished is left out as a test
        assert n == 0
    else:
        assert (cells, n) == ((unfinished,), 1)


def test_a_submission_that_came_twice(tmp_path):
    """With its id it is refused with its row; without one the repetition is told."""
    table, body = survey_rows()
    names = ["when", "ResponseId", *table.columns]
    path = write(tmp_path / "a.csv", [names, *body, body[0]])
    with pytest.raises(InputError) as caught:
        study_of(path)
    (problem,) = caught.value.problems
    assert (problem.message, problem.row, problem.value) == ("the informant id occurs twice", 26, "1")
    plain = write(tmp_path / "b.csv", [names[2:], *(row[2:] for row in body), body[0][2:]])
    _, written = study_of(plain, tmp_path / "b")
    assert any(
        line.startswith("rows 26 repeat an earlier row in unit, role and every answer")
        for line in written.checks
    )


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
def test_encodings_without_a_mark_are_guessed_and_marked(tmp_path, encoding):
    table = answers().assign(branch=lambda t: np.where(t["bu"] < "BU06", "Büro", "Lager – groß"))
    text = "\n".join(";".join(map(str, row)) for row in [list(table.columns), *rows_of(table)])
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    study, written = study_of(tmp_path / "a.txt")
    stated = None if encoding in ("utf-16", "utf-8-sig") else encoding
    assert study.file.data.format.encoding == stated
    assert set(study.responses.units["branch"]) == {"Büro", "Lager – groß"}
    np.testing.assert_array_equal(codes(study), table[ITEMS].to_numpy(float))
    assert any(line.startswith("encoding") for line in written.found) is (stated is not None)
    if encoding == "cp1252":
        assert "as Windows-1252 it has the word 'Büro'" in " ".join(written.found)


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "gb18030"])
def test_east_asian_encodings_are_guessed(tmp_path, encoding):
    places = ("销售部门", "市场营销") if encoding == "gb18030" else ("マーケティング", "どちらとも")
    table = answers().assign(branch=lambda t: np.where(t["bu"] < "BU06", *places))
    text = "\n".join(";".join(map(str, row)) for row in [list(table.columns), *rows_of(table)])
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    study, written = study_of(tmp_path / "a.txt")
    assert study.file.data.format.encoding == encoding
    assert set(study.responses.units["branch"]) == set(places)
    assert f"as {encoding} it begins with the word" in " ".join(written.found)


def test_limesurveys_headings_of_code_and_text_and_its_vv_files(tmp_path):
    table = answers()
    words = [f"q{q}[SQ00{n}]" for q in (1, 2) for n in (1, 2, 3)]
    texts = [f"Sentence {q} [Statement {q}{n}.]" for q in (1, 2) for n in (1, 2, 3)]
    both = [f"{code}. {text}" for code, text in zip(words, texts, strict=True)]
    names = [
        "id. Response ID",
        "submitdate. Date submitted",
        "lastpage. Last page",
        "bu. Unit",
        "function. Function",
    ]
    body = [[n + 1, f"2024-05-03 10:{n:02d}:00", 3, *row] for n, row in enumerate(rows_of(table))]
    study, _ = study_of(write(tmp_path / "a.csv", [[*names, *both], *body]))
    assert [len(items) for items in study.scales[0].measurement().values()] == [3, 3]
    assert study.scales[0].items[0].id == "q1_SQ001"
    assert study.scales[0].items[0].texts["en"] == "Statement 11."
    assert study.file.data.columns.informant == "id. Response ID"
    np.testing.assert_array_equal(codes(study), table[ITEMS].to_numpy(float))
    above = ["Response ID", "Date submitted", "Last page", "Unit", "Function", *texts]
    below = ["id", "submitdate", "lastpage", "bu", "function", *words]
    body[3][5] = "{question_not_shown}"
    path = tmp_path / "vv.txt"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter="\t").writerows([above, below, *body])
    study, _ = study_of(path, tmp_path / "vv")
    assert study.file.data.format.header_rows == (1, 0)
    expected = table[ITEMS].to_numpy(float).copy()
    expected[3, 0] = np.nan
    np.testing.assert_array_equal(codes(study), expected)
    assert study.scales[0].items[0].texts["en"] == "Statement 11."


GERMAN = ("trifft nicht zu", "trifft eher nicht zu", "trifft eher zu", "trifft zu")


@pytest.mark.parametrize(
    ("write_as", "top", "doubtful"),
    [
        (lambda code: {1: "stimme gar nicht zu", 7: "Stimme voll zu"}.get(code, str(code)), 7, True),
        (lambda code: {7: "strongly agree"}.get(code, str(code)), 7, True),
        (lambda code: f"Label {code} ({code})", 7, False),
        (lambda code: f"({code}) label", 7, False),
        (lambda code: f"label = {code}", 7, False),
        (lambda code: GERMAN[code - 1] if code < 5 else None, 4, True),
        (lambda code: AGREE[code].upper() if code < 3 else str(code) if code < 6 else None, 5, True),
    ],
)
def test_words_among_numbers_and_words_that_carry_their_code(tmp_path, write_as, top, doubtful):
    """Ends of a scale of numbers may have words; two words of one file never share a code."""
    numbers = (np.arange(24)[:, None] + np.arange(6)) % 7 + 1
    table = answers()
    expected = np.where(numbers <= top, numbers, np.nan).astype(float)
    table[ITEMS] = np.vectorize(write_as, otypes=[object])(numbers)
    study, written = study_of(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    np.testing.assert_array_equal(codes(study), expected)
    assert (study.scales[0].response.minimum, study.scales[0].response.maximum) == (1, top)
    assert any("fit several answer scales" in line for line in written.checks) is doubtful


def test_what_nearly_is_a_block_says_why_it_is_none(tmp_path):
    table = answers()
    words = dict(enumerate(("azure", "green", "red", "teal", "violet"), 1))
    unknown = table.assign(**{item: table[item].map(words) for item in ITEMS})
    with pytest.raises(InputError) as caught:
        new_study(write(tmp_path / "a.csv", [list(table.columns), *rows_of(unknown)]))
    near = caught.value.problems[1]
    assert (near.message, near.column) == (
        "the columns share words of no known answer scale",
        "tr_1, tr_2, tr_3",
    )
    assert sorted(str(near.value).split("; ")) == sorted(words.values())
    spread = table[["bu", "function"]].copy()
    for code, word in AGREE.items():
        spread[f"How far? / {word}"] = np.where(table["tr_1"] == code, word, None)
    with pytest.raises(InputError) as caught:
        new_study(write(tmp_path / "b.csv", [list(spread.columns), *rows_of(spread)]))
    assert caught.value.problems[1].message == "a column per answer of one question"
    half = unknown.assign(**{item: table[item] for item in ITEMS[:3]})
    _, written = study_of(write(tmp_path / "c.csv", [list(table.columns), *rows_of(half)]), tmp_path / "c")
    assert any(
        "ca_1, ca_2, ca_3 hold words of no known answer scale and are no items" in line
        for line in written.checks
    )


def test_roles_without_names_are_told_where_they_cross_every_unit(tmp_path):
    table = answers().rename(columns={"function": "AB02"})
    table["AB02"] = table["AB02"].map({"Sales": 1, "Marketing": 2})
    study, _ = study_of(write(tmp_path / "a.csv", [list(table.columns), *rows_of(table)]))
    assert study.responses.roles == ("role_1", "role_2")
    table.loc[0, "AB02"] = 2  # once not
    study, _ = study_of(write(tmp_path / "b.csv", [list(table.columns), *rows_of(table)]), tmp_path / "b")
    assert study.responses.roles == ("informant",)
