"""Every problem of a file in one error, with file, row, column, value and what is allowed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame


def only(found):
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def change(frame, row, column, value):
    other = frame.astype(object)
    other.loc[row, column] = value
    return other


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "outside the range of answers"),
        (6, "outside the range of answers"),
        (-1, "outside the range of answers"),
        (99, "outside the range of answers"),
        (2.5, "not a whole number"),
        ("2.5", "not a whole number"),
        ("2,5", "not a number and not a label"),
        ("1_0", "not a number and not a label"),
        ("٣", "not a number and not a label"),
        ("five", "not a number and not a label"),
        (True, "not a number and not a label"),
        (np.inf, "not a finite number"),
        ("inf", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("nan", "not a finite number"),
        ("=1+1", "not a number and not a label"),
        (dt.datetime(2024, 5, 3), "a date is no answer"),
        (dt.date(2024, 5, 3), "a date is no answer"),
        (dt.time(3, 5), "a date is no answer"),
        (pd.Timestamp("2024-05-03"), "a date is no answer"),
    ],
)
def test_cells_that_are_no_answers(frame, small, problems, value, message):
    problem = only(problems(responses_from_frame, change(frame, 3, "S_2", value), small, name="x"))
    assert message in problem.message
    assert (problem.file, problem.row, problem.column) == ("x", 4, "S_2")
    assert "whole numbers 1 to 5" in problem.allowed
    assert "9 for cannot judge" in problem.allowed
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert problem.value == value


def test_a_truth_value_beside_ones_is_found(frame, small, problems):
    # True equals 1 in Python: a column that holds both must not merge them.
    found = problems(responses_from_frame, change(frame, 1, "F_1", True), small)
    assert only(found).value == "TRUE"


def test_a_mistyped_label_suggests_the_right_one(frame, small, problems):
    problem = only(problems(responses_from_frame, change(frame, 0, "F_1", "Strongly agre"), small))
    assert "did you mean 'strongly agree'?" in problem.allowed


def test_unknown_and_missing_roles(frame, small, problems):
    other = frame.copy()
    other.loc[0, "role"] = "slaes"
    other.loc[1, "role"] = None
    found = problems(responses_from_frame, other, small)
    assert [(p.row, p.column, p.value) for p in found] == [(1, "role", "slaes"), (2, "role", None)]
    assert "did you mean 'sales'?" in found[0].message
    assert found[0].allowed == "marketing, sales, it"


def test_duplicated_informants(frame, small, problems):
    other = frame.copy()
    other.loc[[4, 6], "informant"] = "m1"
    found = problems(responses_from_frame, other, small)
    assert [(p.row, p.value) for p in found] == [(5, "m1"), (7, "m1")]
    assert all("row 1" in p.allowed for p in found)


def test_missing_ids(frame, small, problems):
    other = frame.copy()
    other.loc[2, "unit"] = " "
    other.loc[3, "informant"] = None
    found = problems(responses_from_frame, other, small)
    assert [(p.row, p.column, p.message) for p in found] == [
        (3, "unit", "the unit is missing"),
        (4, "informant", "the informant is missing"),
    ]


def test_a_unit_that_became_a_date(frame, small, problems):
    other = frame.astype({"unit": object})
    other.loc[[3, 4, 5], "unit"] = dt.datetime(2024, 5, 3)
    found = problems(responses_from_frame, other, small)
    assert [p.row for p in found] == [4, 5, 6]
    assert all("a date is no unit id" in p.message for p in found)


def test_a_firm_that_changes_within_a_unit(frame, small, problems):
    other = frame.copy()
    other.loc[1, "firm"] = "Z"
    other.loc[5, "firm"] = None  # a blank takes the firm of the others
    problem = only(problems(responses_from_frame, other, small))
    assert (problem.row, problem.column, problem.value) == (2, "firm", "Z")
    assert problem.allowed == "A, as in row 1"


def test_unit_variables_that_change_within_a_unit(frame, small, problems):
    other = frame.assign(size=[1, 2, 1, 5, 5, 5, 7, 8])
    found = problems(responses_from_frame, other, small, ColumnMapping(units=["size"]))
    assert [(p.row, p.column, p.value, p.allowed) for p in found] == [
        (2, "size", 2, "1, as in row 1"),
        (8, "size", 8, "7, as in row 7"),
    ]


def test_missing_and_unknown_columns_name_the_nearest(frame, small, problems):
    other = frame.rename(columns={"S_2": "s_2", "K_1": "K1", "unit": "Unit"}).assign(remark="?")
    found = {(p.column, p.message) for p in problems(responses_from_frame, other, small)}
    assert ("S_2", "missing column for item S_2; did you mean 's_2'?") in found
    assert ("K_1", "missing column for item K_1; did you mean 'K1'?") in found
    assert ("unit", "missing column for the unit; did you mean 'Unit'?") in found
    assert ("s_2", "unknown column; did you mean 'S_2'?") in found
    assert any(column == "remark" and message.startswith("unknown column") for column, message in found)


def test_columns_the_mapping_names_must_exist(frame, small, problems):
    mapping = ColumnMapping(firm="company", informant="person", units=["size"], items={"F_9": "q"})
    columns = [p.column for p in problems(responses_from_frame, frame, small, mapping)]
    assert {"company", "person", "size", "firm", "informant"} <= set(columns)


def test_mapping_with_unknown_names(frame, small, problems):
    mapping = ColumnMapping(items={"F_11": "q"}, roles={"x": "slaes"}, not_asked=("custmer",))
    texts = [str(p) for p in problems(responses_from_frame, frame, small, mapping)]
    assert any("unknown item" in text and "did you mean 'F_1'?" in text for text in texts)
    assert any("unknown role for 'x'" in text for text in texts)
    assert any("did you mean 'customer'?" in text for text in texts)


def test_one_column_for_two_purposes(frame, small, problems):
    mapping = ColumnMapping(items={"F_2": "F_1"})
    texts = [p.message for p in problems(responses_from_frame, frame, small, mapping)]
    assert "the column is claimed for item F_1 and item F_2" in texts


def test_missing_codes_that_are_answers(frame, small, problems):
    mapping = ColumnMapping(missing={"5": "user_missing"})
    problem = only(problems(responses_from_frame, frame, small, mapping))
    assert "is an answer of scale small" in problem.message


def test_labels_with_two_meanings_or_outside_the_range(frame, small, problems):
    twice = ColumnMapping(labels={"en": {"agree": 3}})
    assert "two meanings" in only(problems(responses_from_frame, frame, small, twice)).message
    outside = ColumnMapping(labels={"en": {"very much": 7}})
    other = change(frame, 0, "F_1", "very much")
    assert "stands for 7" in only(problems(responses_from_frame, other, small, outside)).message


def test_answers_of_a_role_that_is_not_asked(frame, small, problems):
    other = frame.copy()
    other.loc[2, ["K_1", "K_3"]] = 4
    other.loc[0, "K_3"] = 2
    found = problems(responses_from_frame, other, small)
    assert [(p.row, p.column, p.value) for p in found] == [(1, "K_3", 2), (3, "K_1", 4), (3, "K_3", 4)]
    assert "role it" in found[1].message
    assert "marketing, sales" in found[1].allowed


def test_cannot_judge_on_an_item_that_is_not_asked_is_no_problem(frame, small):
    other = frame.copy()
    other.loc[2, "K_1"] = 9
    assert responses_from_frame(other, small).missing_reason.loc[2, "K_1"] == "not_applicable"


def test_all_problems_come_in_one_error_in_the_order_of_the_file(frame, small, problems, tmp_path):
    other = frame.astype(object)
    other.loc[7, "F_1"] = 77
    other.loc[1, "role"] = "boss"
    other.loc[4, "S_3"] = "x"
    other = other.rename(columns={"F_2": "F2"})
    path = tmp_path / "bad.csv"
    other.to_csv(path, index=False)
    found = problems(read_responses, path, small)
    assert [(p.row, p.column) for p in found] == [
        (None, "F_2"),
        (None, "F2"),
        (3, "role"),  # the header is row 1
        (6, "S_3"),
        (9, "F_1"),
    ]
    assert {p.file for p in found} == {str(path)}


def test_many_rows_with_one_fault_are_listed_up_to_a_hundred_and_counted(small, problems):
    n = 250
    columns = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]
    frame = pd.DataFrame({"unit": [f"u{i}" for i in range(n)], "role": "sales"})
    frame[columns] = 3
    frame["F_1"] = 8
    found = problems(responses_from_frame, frame, small)
    assert len(found) == 101
    assert any("the same in 150 more rows" in p.message for p in found)


def test_wrong_layout_is_named(frame, small, problems):
    problem = only(problems(responses_from_frame, frame, small, layout="wide"))
    assert problem.allowed == "state layout: long"
    wide = pd.DataFrame({"unit": ["a"], "F_1@sales": [1], "F_2@sales": [1]})
    assert only(problems(responses_from_frame, wide, small)).allowed == "state layout: wide"


def test_wide_problems_name_the_wide_column(small, problems):
    items = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]
    wide = pd.DataFrame({"unit": ["a", "b", "a"]})
    for role in ("sales", "it"):
        for item in items[:6] if role == "it" else items:
            wide[f"{item}@{role}"] = 3
    wide.loc[1, "F_2@it"] = 30
    wide["K_1@it"] = [None, 3, None]
    wide["S1@sales"] = 1
    wide = wide.drop(columns="S_1@sales")
    found = problems(responses_from_frame, wide, small, layout="wide")
    assert ("S_1@sales", "missing column for item S_1 of sales; did you mean 'S1@sales'?") in [
        (p.column, p.message) for p in found
    ]
    assert (2, "F_2@it", 30) in [(p.row, p.column, p.value) for p in found]
    assert (2, "K_1@it", 3) in [(p.row, p.column, p.value) for p in found]
    repeated = next(p for p in found if "occurs twice" in p.message)
    assert (repeated.row, repeated.column, repeated.value) == (3, "unit", "a")


def test_wide_informants_need_ids_once_there_is_a_column(small, problems):
    wide = pd.DataFrame({"unit": ["a", "b"], "informant@sales": ["p", None]})
    for item in ("F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"):
        wide[f"{item}@sales"] = 3
    problem = only(problems(responses_from_frame, wide, small, layout="wide"))
    assert (problem.row, problem.column) == (2, "informant@sales")


def test_units_file_problems_come_with_the_others(frame, small, problems, tmp_path):
    answers, units = tmp_path / "answers.csv", tmp_path / "units.csv"
    change(frame, 0, "F_1", 8).to_csv(answers, index=False)
    units.write_text("unit,firm,size\nu1,A,1\nu1,A,2\nu2,C,3\nU_3,B,3\n")
    found = problems(read_responses, answers, small, units_path=units)
    listed = [(p.file == str(units), p.row, p.value) for p in found]
    assert (False, 2, "8") in listed
    assert (True, 3, "u1") in listed  # occurs twice
    assert (True, None, "u3") in listed  # has informants and no row
    assert (True, 4, "C") in listed  # another firm than in the responses file
    assert any("did you mean 'U_3'?" in (p.allowed or "") for p in found)


def test_units_file_without_unit_column(frame, small, problems, tmp_path):
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "u.csv").write_text("units,size\nu1,1\n")
    found = problems(read_responses, tmp_path / "a.csv", small, units_path=tmp_path / "u.csv")
    assert "did you mean 'units'?" in only(found).message


def test_empty_tables(small, problems):
    assert "no rows" in only(problems(responses_from_frame, pd.DataFrame({"unit": []}), small)).message


def test_doubled_column_names(frame, small, problems):
    doubled = pd.concat([frame, frame[["F_1"]]], axis=1)
    problem = only(problems(responses_from_frame, doubled, small))
    assert (problem.column, problem.message) == ("F_1", "the column name occurs twice")


def wide_of_three(small, rows=3):
    wide = pd.DataFrame({"unit": [f"u{row}" for row in range(rows)]})
    for item in small.items:
        if "sales" in item.roles:
            wide[f"{item.id}@sales"] = 3.0
    return wide


def test_wide_rows_without_anyone_are_left_out_and_noted(small):
    wide = wide_of_three(small)
    wide.iloc[1, 1:] = np.nan
    read = responses_from_frame(wide, small, layout="wide")
    assert read.units.index.tolist() == ["u0", "u2"]
    assert "1 row without any informant was left out" in read.notes


def test_a_wide_file_without_anyone(small, problems):
    wide = wide_of_three(small)
    wide.iloc[:, 1:] = np.nan
    problem = only(problems(responses_from_frame, wide, small, layout="wide"))
    assert problem.message == "no informant has an id or an answer"


def test_a_file_of_something_else(small, problems):
    other = pd.DataFrame({"a": [1], "b": ["x"]})
    for layout in ("long", "wide"):
        messages = [p.message for p in problems(responses_from_frame, other, small, layout=layout)]
        assert "missing column for the unit" in messages
        assert sum("missing column for item" in message for message in messages) >= 9
        assert sum("unknown column" in message for message in messages) == 2


@pytest.mark.parametrize("text", ["2024-05-03", "3/5", "03. Mai", "3-May", "05.03.2024", "1-Feb-24"])
def test_dates_written_as_text(frame, small, problems, text):
    problem = only(problems(responses_from_frame, change(frame, 0, "F_1", text), small))
    assert problem.message == "a date is no answer"


def test_a_stated_decimal_comma_refuses_points(frame, small, problems, tmp_path):
    path = tmp_path / "a.csv"
    change(frame, 0, "F_1", "3.0").to_csv(path, index=False, sep=";")
    found = problems(read_responses, path, small, file_format=FileFormat(decimal=","))
    assert only(found).value == "3.0"


def test_text_among_the_numbers_of_a_variable_is_noted(frame, small, tmp_path):
    table = frame.assign(size=[10, 10, 10, "k.A.", "k.A.", "k.A.", 30, 30], branch=list("aaabbbcc"))
    mapping = ColumnMapping(units=["size", "branch"])
    read = responses_from_frame(table, small, mapping)
    assert read.units["size"].tolist() == ["10", "k.A.", "30"]
    assert [note for note in read.notes if "variable" in note] == [
        "variable size is text: 'k.A.' is no number"
    ]
    told = ColumnMapping(units=["size", "branch"], missing={"K.A.": "user_missing"})
    np.testing.assert_array_equal(responses_from_frame(table, small, told).units["size"], [10, np.nan, 30])


def test_a_variable_called_firm_is_no_firm(frame, small):
    table = frame.drop(columns="firm").assign(firm=[1.0] * 3 + [2.0] * 3 + [3.0] * 2)
    read = responses_from_frame(table, small, ColumnMapping(firm=None, units=["firm"]))
    assert read.data["firm"].isna().all()
    assert read.units["firm"].tolist() == [1, 2, 3]
