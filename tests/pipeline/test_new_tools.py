"""Answer files of further tools, and of other languages, as their documentation describes them."""

from __future__ import annotations

import csv
import json

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from comply_measure.errors import InputError
from comply_measure.pipeline import STEPS, load_study, new_study
from comply_measure.responses import sketch_answers
from comply_measure.responses.sketch.tools import TOOLS

ITEMS = ["tr_1", "tr_2", "tr_3", "ca_1", "ca_2", "ca_3"]
N = 24


def answers() -> pd.DataFrame:
    """Two blocks of three items of 1 to 5, two roles in twelve units."""
    codes = (np.arange(N)[:, None] * 7 + np.arange(6) * 3) % 5 + 1
    table = pd.DataFrame(codes, columns=ITEMS)
    table.insert(0, "bu", [f"BU{n // 2:02d}" for n in range(N)])
    table.insert(1, "function", ["Sales", "Marketing"] * (N // 2))
    return table


def write(path, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return path


def rows_of(table):
    return [list(table.columns), *table.astype(object).to_numpy().tolist()]


def read(path, out):
    written = new_study(path, out)
    study = load_study(written.files[0], STEPS, read=True)
    return study, written, study.responses.data[list(study.responses.item_ids)].to_numpy(float)


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        (("UNK", "NASK", "ASKU"), {"UNK", "NASK", "ASKU"}),
        (("#N/A", "NULL", "No answer"), {"#N/A", "NULL", "No answer"}),
        (("ne sais pas", "sans réponse", "Weiß nicht"), {"ne sais pas", "sans réponse", "Weiß nicht"}),
    ],
)
def test_texts_for_no_answer_beside_numbers_are_missing_codes(tmp_path, texts, missing):
    table = answers().astype(dict.fromkeys(ITEMS, object))
    expected = table[ITEMS].to_numpy(float).copy()
    for row, (item, text) in enumerate(zip(("tr_1", "tr_1", "ca_2"), texts, strict=True)):
        table.loc[row, item] = text
        expected[row, ITEMS.index(item)] = np.nan
    study, written, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    np.testing.assert_array_equal(codes, expected)
    assert set(study.file.data.columns.missing) == missing
    assert any(line.startswith("missing codes") for line in written.checks)


def test_other_texts_beside_numbers_are_told(tmp_path):
    """A text that may be an answer makes no code: the column is no item, and this is said."""
    table = answers().astype({"ca_2": object})
    table.loc[3, "ca_2"] = "see mail"
    _, written, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    assert codes.shape == (N, 5)
    assert "ca_2 hold words of no known answer scale and are no items: see mail" in written.checks


@pytest.mark.parametrize(
    ("language", "heads", "words"),
    [
        ("fr", ("Votre unité", "Votre fonction"), "Pas du tout d'accord;Plutôt pas d'accord;Ni d'accord ni pas "
         "d'accord;Plutôt d'accord;Tout à fait d'accord"),
        ("es", ("Su unidad", "Su función"), "Totalmente en desacuerdo;En desacuerdo;Ni de acuerdo ni en desacuerdo;De "
         "acuerdo;Totalmente de acuerdo"),
        ("nl", ("Uw eenheid", "Uw functie"), "Helemaal mee oneens;Mee oneens;Neutraal;Mee eens;Helemaal mee eens"),
        ("it", ("Unità", "Funzione"), "Totalmente in disaccordo;In disaccordo;Né d'accordo né in "
         "disaccordo;D'accordo;Totalmente d'accordo"),
        ("pt", ("Sua unidade", "Sua função"), "Discordo totalmente;Discordo;Não concordo nem discordo;Concordo;"
         "Concordo totalmente"),
    ],
)  # fmt: skip
def test_answer_scales_of_further_languages(tmp_path, language, heads, words):
    table = answers()
    expected = table[ITEMS].to_numpy(float).copy()
    table[ITEMS] = table[ITEMS].map(lambda code: words.split(";")[code - 1])
    table.columns = [*heads, *(f"? [{item}]" for item in ITEMS)]
    study, _, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    np.testing.assert_array_equal(codes, expected)
    assert study.scales[0].languages == (language,)
    assert study.responses.roles == ("sales", "marketing")


def test_unipark_writes_zero_for_a_question_without_an_answer(tmp_path):
    table = answers()
    table.loc[2, "tr_1"] = 0
    expected = table[ITEMS].to_numpy(float).copy()
    expected[2, 0] = np.nan
    plain = sketch_answers(write(tmp_path / "plain.csv", rows_of(table)))
    assert 0 in plain.blocks[0].answers  # of no known tool
    table = table.assign(lfdn=range(1, N + 1), dispcode=31)
    study, _, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    np.testing.assert_array_equal(codes, expected)
    assert (study.scales[0].response.minimum, study.scales[0].response.maximum) == (1, 5)


def test_redcaps_rows_of_what_is_asked_once_are_left_out(tmp_path):
    table = answers().drop(columns="bu").assign(record_id=np.arange(N) // 2 + 1)
    table["redcap_event_name"] = ["first", "second"] * (N // 2)
    table["redcap_repeat_instrument"], table["employees"] = "informant", None
    base = pd.DataFrame({"record_id": [1, 2], "redcap_event_name": "first", "employees": [10, 20]})
    both = pd.concat([base, table]).reindex(columns=[*table.columns]).astype(object)
    both = both.where(both.notna(), None)
    study, written, codes = read(write(tmp_path / "a.csv", rows_of(both)), tmp_path / "out")
    np.testing.assert_array_equal(codes, table[ITEMS].to_numpy(float))
    assert study.file.data.columns.leave_out == {"redcap_repeat_instrument": ("",)}
    told = "\n".join(written.checks)
    assert "rows left out, of forms that ask no items: column redcap_repeat_instrument is blank" in told
    assert "columns left out, given only in rows that are left out: employees" in told
    assert "rows of 2 occasions (first, second) count as informants of their own" in told


def test_qualtrics_orders_times_and_labelled_roles_are_no_items(tmp_path):
    table = answers().rename(columns={"bu": "Q2", "function": "Q3"})
    table["Q3"] = table["Q3"].map({"Sales": 1, "Marketing": 2})
    table = table.rename(columns={item: f"Q5_{n + 1}" for n, item in enumerate(ITEMS)})
    table["Q8"], table["Q5_DO_1"], table["Q5_DO_2"] = np.arange(N) % 11, [1, 2] * 12, [2, 1] * 12
    table["QID3_Page Submit"], table["SC0"], table["Q8_NPS_GROUP"] = 1.5, np.arange(N), [1, 2, 3] * 8
    table["ResponseId"], table["Progress"] = [f"R_{n}" for n in range(N)], 100
    labels = {"Q2": "Unit", "Q3": "Your <b>function</b>", "Q5_1": "How? - <b>Keep</b>&nbsp;word"}
    rows = rows_of(table)
    rows.insert(1, [labels.get(name, f"About {name} all") for name in table.columns])
    rows.insert(2, [json.dumps({"ImportId": name}) for name in table.columns])
    study, _, codes = read(write(tmp_path / "a.csv", rows), tmp_path / "out")
    np.testing.assert_array_equal(codes, answers()[ITEMS].to_numpy(float))
    assert study.scales[0].items[0].texts["en"] == "How? - Keep word"
    assert set(study.file.data.columns.informants) == {"Q8"}


def test_items_of_qualtrics_that_are_named_like_its_own_columns_stay(tmp_path):
    names = ["SC1", "SC2", "SC3", "Q5_dominance", "Q5_documents", "Q5_downtime"]
    table = answers().rename(columns=dict(zip(ITEMS, names, strict=True)))
    table["ResponseId"], table["Progress"] = [f"R_{n}" for n in range(N)], 100
    _, _, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    np.testing.assert_array_equal(codes, answers()[ITEMS].to_numpy(float))


def test_spss_labels_of_unanswered_questions(tmp_path):
    table = answers().astype(dict.fromkeys(ITEMS, float))
    table.loc[1, "tr_2"] = -99
    labels = {1.0: "1 not at all", 2.0: "2", 5.0: "5 fully", -99.0: "Seen but unanswered"}
    pyreadstat.write_sav(table, tmp_path / "a.sav", variable_value_labels=dict.fromkeys(ITEMS, labels))
    _, _, codes = read(tmp_path / "a.sav", tmp_path / "out")
    np.testing.assert_array_equal(codes, table[ITEMS].where(table[ITEMS] > 0).to_numpy())


def test_ordered_categories_of_parquet_give_the_codes(tmp_path):
    words = ["gar nicht gern", "eher ungern", "mittel gern", "recht gern", "von Herzen gern"]
    table = answers()
    expected = table[ITEMS].to_numpy(float).copy()
    for item in ITEMS:
        table[item] = pd.Categorical.from_codes(table[item] - 1, categories=words, ordered=True)
    table.to_parquet(tmp_path / "a.parquet")
    study, _, codes = read(tmp_path / "a.parquet", tmp_path / "out")
    np.testing.assert_array_equal(codes, expected)
    assert study.scales[0].response.anchors["en"] == tuple(words)
    for item in ITEMS:
        table[item] = table[item].cat.as_unordered()
    table.to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no block of items"):
        new_study(tmp_path / "b.parquet", tmp_path / "b")


def test_merged_heads_above_numbers_and_titles_above_the_table(tmp_path):
    table = answers()
    book = openpyxl.Workbook()
    book.active.append(["Unit", "Function", "Trust", None, None, "Care", None, None])
    book.active.append([None, None, 1, 2, 3, 1, 2, 3])
    for row in rows_of(table)[1:]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    study, _, codes = read(tmp_path / "a.xlsx", tmp_path / "a")
    np.testing.assert_array_equal(codes, table[ITEMS].to_numpy(float))
    assert list(study.scales[0].measurement()) == ["Trust", "Care"]
    titled = write(tmp_path / "b.csv", [["Export of May"], *rows_of(table)])
    study, _, codes = read(titled, tmp_path / "b")
    np.testing.assert_array_equal(codes, table[ITEMS].to_numpy(float))
    assert study.file.data.format.header_rows == (1,)


def test_a_row_of_answers_with_blanks_is_no_header(tmp_path):
    table = answers().astype(object)
    table.insert(0, "", range(N))  # an index without a name
    table.loc[0, "tr_2"] = None
    with pytest.raises(InputError, match="the column has no name"):
        new_study(write(tmp_path / "a.csv", rows_of(table)))


def test_json_of_interviews(tmp_path):
    table = answers()
    records = [
        {"unit": row["bu"], "role": row["function"], "trust": {i: row[i] for i in ITEMS[:3]},
         "care": {i: row[i] for i in ITEMS[3:]}, "ways": ["mail", "phone"]}
        for row in table.to_dict("records")
    ]  # fmt: skip
    del records[4]["care"]["ca_2"]
    (tmp_path / "a.json").write_text(json.dumps(records), encoding="utf-8")
    study, _, codes = read(tmp_path / "a.json", tmp_path / "out")
    expected = table[ITEMS].to_numpy(float).copy()
    expected[4, 4] = np.nan
    np.testing.assert_array_equal(codes, expected)
    assert study.scales[0].items[0].id == "trust_tr_1"
    twice = json.dumps(records[:1]).replace('"role"', '"unit"')
    (tmp_path / "b.json").write_text(twice, encoding="utf-8")
    with pytest.raises(InputError, match="occurs twice in one object"):
        new_study(tmp_path / "b.json")


def test_answers_with_a_decimal_comma(tmp_path):
    table = answers()
    expected = table[ITEMS].to_numpy(float).copy()
    table[ITEMS] = table[ITEMS].map(lambda code: f"{code},00")
    _, _, codes = read(write(tmp_path / "a.csv", rows_of(table), ";"), tmp_path / "out")
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize(
    ("tool", "columns", "unfinished"),
    [
        ("SurveyCTO", {"instanceID": "u", "formdef_version": 2, "starttime": "x", "KEY": "u"}, None),
        ("Alchemer", {"Response ID": 1, "Time Started": "x", "Date Submitted": "x", "Status": "Partial"}, "Partial"),
        ("QuestionPro", {"Response Status": "Started", "Seq. Number": 1}, "Started"),
        ("formr", {"session": "k", "created": "x", "modified": "x", "ended": None}, ""),
        ("oTree", {"participant.code": "p", "session.code": "s", "participant._is_bot": 0}, None),
        ("Jotform", {"Submission Date": "May 3, 2024", "Submission ID": 7}, None),
        ("Formbricks", {"No.": 1, "Response ID": "c", "Timestamp": "", "Finished": "False", "Survey ID": "s"}, "False"),
        ("PsyToolkit", {"participant": "s.1", "TIME_start": "x", "TIME_end": None, "TIME_total": 9}, ""),
        ("Nettskjema", {"$submission_id": 7, "$created": "x", "$answer_time_ms": 12}, None),
    ],
)  # fmt: skip
def test_further_tools_are_known_by_their_columns(tmp_path, tool, columns, unfinished):
    table = answers().assign(**columns)
    if unfinished is not None:
        column = next(name for name, cell in columns.items() if cell == (unfinished or None))
        table[column] = [columns[column], *["Complete"] * (N - 1)]
    table = table.astype(object).where(table.notna(), None)
    sketch = sketch_answers(write(tmp_path / "a.csv", rows_of(table)))
    assert sketch.tool == tool and tool in {known.name for known in TOOLS}
    assert set(sketch.informant_variables) | set(sketch.unit_variables) == set()
    assert sketch.unfinished == (("", (), 0) if unfinished is None else (column, (unfinished,), 1))


def test_files_of_roles_are_put_below_each_other(tmp_path):
    """Roles stand in the names; ids that each file counts anew do not meet; labels and partly known columns stay."""
    table = answers().assign(id=np.arange(N) // 2 + 1)
    folder = tmp_path / "returned"
    folder.mkdir()
    for role, mine in table.groupby("function", sort=False):
        more = mine.drop(columns="function").assign(**({"visits": "=1"} if role == "Sales" else {}))
        rows = rows_of(more)
        rows.insert(1, [f"Sentence about {name} here" for name in more.columns])
        write(folder / f"survey {role} 2024.csv", rows, ";")
    study, written, codes = read(folder, tmp_path / "out")
    in_order = table.sort_values("function", kind="stable")
    np.testing.assert_array_equal(codes, in_order[ITEMS].to_numpy(float))
    assert study.responses.data["role"].tolist() == in_order["function"].str.lower().tolist()
    assert study.responses.data["unit"].tolist() == in_order["bu"].tolist()
    assert study.scales[0].items[0].texts["en"] == "Sentence about tr_1 here"
    assert written.found[0] == (
        "files put below each other in answers.csv: survey Marketing 2024.csv as Marketing, "
        "survey Sales 2024.csv as Sales"
    )
    assert written.checks[0] == (
        "columns that not all files have, blank for the others: visits (survey Sales 2024.csv)"
    )
    assert "'=1" in (tmp_path / "out" / "answers.csv").read_text(encoding="utf-8")


def test_files_of_a_folder_that_cannot_be_put_below_each_other(tmp_path):
    rows = rows_of(answers().drop(columns="function"))

    def refused(*names, out="out"):
        folder = tmp_path / f"case {len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name in names:
            write(folder / name, rows)
        with pytest.raises(InputError) as caught:
            new_study(folder, folder if out is None else tmp_path / out)
        assert not (tmp_path / "out").exists()
        return [problem.message for problem in caught.value.problems]

    assert refused() == ["a folder with 0 files of answers"]
    assert refused("a.csv") == ["a folder with 1 files of answers"]
    assert refused("part 1.csv", "part 2.csv") == ["the names of the files do not tell roles"]
    assert refused("a.csv", "b.csv", out=None) == [
        "a folder of answers needs another folder for the new files"
    ]
    labelled = "labels of values would be lost where files are put below each other"
    assert refused("sales.sav", "it.dta") == [labelled, labelled]


def test_sliders_are_told_and_made_no_items(tmp_path):
    table = answers().assign(
        **{f"slide_{n}": (np.arange(N) * (7 + n)) % 101 for n in (1, 2)}, age_1=np.arange(N) + 120
    )
    _, written, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    assert codes.shape == (N, 6)
    told = [line for line in written.checks if "from 0 to 100" in line]
    assert len(told) == 1 and told[0].startswith("slide_1, slide_2 hold whole numbers")
    with pytest.raises(InputError) as caught:
        new_study(write(tmp_path / "b.csv", rows_of(table.drop(columns=ITEMS))))
    assert [problem.message for problem in caught.value.problems][1:] == [
        "whole numbers from 0 to 100, as of sliders"
    ]


@pytest.mark.parametrize(
    ("named", "pattern"),
    [
        (lambda item, role: f"{item}_{role}", "{item}_{role}"),
        (lambda item, role: f"{role}.{item}", "{role}.{item}"),
    ],
)
def test_a_row_per_unit_is_told_by_columns_that_repeat_for_roles(tmp_path, named, pattern):
    table = answers()
    wide = table.pivot_table(index="bu", columns="function", values=ITEMS)
    wide.columns = [named(item, role.lower()) for item, role in wide.columns]
    with pytest.raises(InputError, match="has a row per unit") as caught:
        new_study(write(tmp_path / "a.csv", rows_of(wide.reset_index())))
    (problem,) = caught.value.problems
    assert problem.message == "12 columns repeat for marketing, sales" and problem.allowed.endswith(
        f"'{pattern}'"
    )
    later = wide.rename(columns=lambda name: name.replace("marketing", "before").replace("sales", "after"))
    _, written, codes = read(write(tmp_path / "b.csv", rows_of(later.reset_index())), tmp_path / "b")
    assert codes.shape == (N // 2, 12)
    assert written.checks[0].startswith("the same items stand in columns for before, after")
    assert not any("the same items" in c for c in new_study(write(tmp_path / "c.csv", rows_of(table))).checks)


def test_units_that_are_numbered_within_firms_are_not_put_together(tmp_path):
    table = answers()
    table.insert(0, "firm", [f"F{n // 4}" for n in range(N)])
    table["bu"] = [f"U{n // 2 % 2}" for n in range(N)]
    path = write(tmp_path / "a.csv", rows_of(table))
    assert new_study(path, tmp_path / "out").files
    with pytest.raises(InputError) as caught:
        load_study(tmp_path / "out" / "study.yaml", STEPS, read=True)
    assert any("firm" in problem.message and "unit" in problem.message for problem in caught.value.problems)
    plain = table.assign(bu=[f"U{n // 2}" for n in range(N)])
    study, _, _ = read(write(tmp_path / "b.csv", rows_of(plain)), tmp_path / "b")
    assert study.responses.n_firms == 6


def test_alchemers_rows_stand_before_their_question(tmp_path):
    table = answers()
    heads = [
        f"They are {word}:{'How far do you agree?' if n < 3 else 'And here?'}"
        for n, word in enumerate("abcdef")
    ]
    table.columns = ["Your unit", "Your function", *heads]
    study, _, codes = read(write(tmp_path / "a.csv", rows_of(table)), tmp_path / "out")
    np.testing.assert_array_equal(codes, answers()[ITEMS].to_numpy(float))
    assert [len(items) for items in study.scales[0].measurement().values()] == [3, 3]


def test_items_whose_labels_speak_of_teams_stay_items(tmp_path):
    """A label that asks who answers makes an id; one that only has such a word does not."""
    table = answers().astype(dict.fromkeys(ITEMS, float)).rename(columns={"function": "tr_9"})
    table["tr_9"] = table["tr_9"].map({"Sales": 1.0, "Marketing": 2.0})
    words = ("Team spirit", "Our company", "Role clarity", "Team work", "Group goals", "Unit pride")
    labels = dict(zip(ITEMS, words, strict=True))
    pyreadstat.write_sav(table, tmp_path / "a.sav", column_labels=labels | {"bu": "Unit", "tr_9": "Your function"},
                         variable_value_labels={"tr_9": {1.0: "Sales", 2.0: "Marketing"}})  # fmt: skip
    study, _, codes = read(tmp_path / "a.sav", tmp_path / "out")
    np.testing.assert_array_equal(codes, answers()[ITEMS].to_numpy(float))
    assert study.responses.roles == ("sales", "marketing")


def test_points_of_quizzes_are_no_items(tmp_path):
    """Microsoft Forms writes points and feedback beside every question; a question may begin with these words."""
    table = answers()
    asked = {item: f"How is {item}?" for item in ITEMS} | {"ca_3": "How is Points - in care?"}
    rows = table.rename(columns=asked)
    quiz = pd.DataFrame(
        {"Start time": "3/1/24", "Completion time": "3/1/24", "Total points": 6}, index=rows.index
    )
    for name in rows:
        quiz[name], quiz[f"Points - {name}"], quiz[f"Feedback – {name}"] = rows[name], 1, ""
    study, _, codes = read(write(tmp_path / "a.csv", rows_of(quiz)), tmp_path / "out")
    np.testing.assert_array_equal(codes, table[ITEMS].to_numpy(float))
    assert study.scales[0].items[5].texts["en"] == "How is Points - in care?"
    assert len(study.responses.informants.columns) == 0


def test_answers_in_one_cell_as_json_are_named(tmp_path):
    """JsPsych's CSV holds the answers of a page in one cell; its JSON has them apart."""
    table = answers()
    pages = [{"unit": row["bu"], "role": row["function"], "rt": 3000 + n, "response": {i: row[i] for i in ITEMS}}
             for n, row in enumerate(table.to_dict("records"))]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(pages), encoding="utf-8")
    _, _, codes = read(tmp_path / "a.json", tmp_path / "out")
    np.testing.assert_array_equal(codes, table[ITEMS].to_numpy(float))
    flat = pd.DataFrame([{**page, "response": json.dumps(page["response"])} for page in pages])
    with pytest.raises(
        InputError, match="'response': the cells hold several answers as JSON; allowed: a column per"
    ):
        new_study(write(tmp_path / "a.csv", rows_of(flat)), tmp_path / "b")
