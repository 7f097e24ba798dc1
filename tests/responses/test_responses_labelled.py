"""SPSS and Stata: value labels, user-missing values, tagged missings, measurement level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from comply_measure.responses import ColumnMapping, read_responses, responses_from_frame

ITEMS = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]
ANCHORS = {
    1: "Stimme gar nicht zu",
    2: "Stimme nicht zu",
    3: "Unentschieden",
    4: "Stimme zu",
    5: "Stimme voll zu",
}


def plain(frame):
    return frame.astype(dict.fromkeys(ITEMS, "float64"))


def only(found):
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def test_spss_labels_and_user_missing_values(frame, small, tmp_path):
    table = plain(frame)
    table.loc[3, "F_2"] = 97  # declared missing
    table.loc[4, "F_2"] = -99  # declared missing by a range
    table.loc[4, "F_3"] = 98  # labelled "cannot judge"
    labels = ANCHORS | {97: "no answer", 98: "Kann ich nicht beurteilen"}
    pyreadstat.write_sav(
        table,
        tmp_path / "a.sav",
        variable_value_labels=dict.fromkeys(ITEMS, labels),
        missing_ranges={item: [{"lo": -100, "hi": -90}, 97] for item in ITEMS},
    )
    read = read_responses(tmp_path / "a.sav", small)
    reasons = read.missing_reason
    assert reasons.loc[3, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_3"] == "cannot_judge"
    assert reasons.loc[2, "S_1"] == "cannot_judge"  # the scale's own code, 9
    expected = responses_from_frame(frame, small)
    pd.testing.assert_frame_equal(read.data, expected.data)


def test_spss_roles_and_units_by_label(frame, small, tmp_path):
    table = plain(frame)
    table["role"] = table["role"].map({"marketing": 1.0, "sales": 2.0, "it": 3.0})
    table["branch"] = [1.0, 1, 1, 2, 2, 2, 1, 1]
    table["size"] = [1.0, 1, 1, 2, 2, 2, 1, 1]
    pyreadstat.write_sav(
        table,
        tmp_path / "a.sav",
        variable_value_labels={
            "role": {1: "Marketing", 2: "Vertrieb", 3: "Informatik"},
            "branch": {1: "Chemie", 2: "Handel"},
            "size": {1: "klein", 2: "groß"},
        },
        variable_measure={"branch": "nominal", "size": "ordinal"},
    )
    mapping = ColumnMapping(units=["branch", "size"], roles={"3": "it"})
    read = read_responses(tmp_path / "a.sav", small, mapping)
    pd.testing.assert_frame_equal(read.data, responses_from_frame(frame, small).data)
    assert read.units["branch"].tolist() == ["Chemie", "Handel", "Chemie"]
    assert read.units["size"].tolist() == [1, 2, 1]
    as_text = ColumnMapping(units=["branch", "size"], roles={"3": "it"}, as_text=("size",))
    assert read_responses(tmp_path / "a.sav", small, as_text).units["size"].tolist() == [
        "klein",
        "groß",
        "klein",
    ]


@pytest.mark.parametrize("shift", [-1, 1])
def test_labels_on_other_codes_are_a_problem(frame, small, problems, tmp_path, shift):
    labels = {code + shift: text for code, text in ANCHORS.items()}
    pyreadstat.write_sav(plain(frame), tmp_path / "a.sav", variable_value_labels={"F_1": labels})
    found = problems(read_responses, tmp_path / "a.sav", small)
    assert len(found) == 5
    assert {p.column for p in found} == {"F_1"}
    assert "contradicts the scale" in found[0].message
    assert found[0].value == f"{1 + shift} = Stimme gar nicht zu"
    assert found[0].allowed == "1 = Stimme gar nicht zu; recode the file"


def test_reversed_labels_are_a_problem_even_if_the_codes_are_in_range(frame, small, problems, tmp_path):
    labels = {6 - code: text for code, text in ANCHORS.items()}
    pyreadstat.write_sav(plain(frame), tmp_path / "a.sav", variable_value_labels={"F_3": labels})
    assert len(problems(read_responses, tmp_path / "a.sav", small)) == 4  # the midpoint agrees


def test_an_answer_declared_missing_is_a_problem(frame, small, problems, tmp_path):
    pyreadstat.write_sav(plain(frame), tmp_path / "a.sav", missing_ranges={"F_1": [5]})
    found = problems(read_responses, tmp_path / "a.sav", small)
    assert [(p.row, p.value) for p in found] == [(4, 5), (8, 5)]
    assert "marks this answer as missing" in found[0].message


def test_rows_are_cases(frame, small, problems, tmp_path):
    table = plain(frame)
    table.loc[0, "F_1"] = 6
    pyreadstat.write_sav(table, tmp_path / "a.sav")
    assert only(problems(read_responses, tmp_path / "a.sav", small)).row == 1


def test_stata_tagged_missings(frame, small, tmp_path):
    table = plain(frame).astype({"F_2": object, "F_3": object})
    table.loc[3, "F_2"] = "a"
    table.loc[4, "F_2"] = "z"
    table.loc[4, "F_3"] = "b"
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(
        table,
        path,
        missing_user_values={"F_2": ["a", "z"], "F_3": ["b"]},
        variable_value_labels={"F_3": {1: "Strongly disagree", "b": "Cannot judge"}},
    )
    reasons = read_responses(path, small).missing_reason
    assert reasons.loc[3, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_3"] == "cannot_judge"
    assert reasons.loc[5, "F_2"] == "not_answered"
    mapping = ColumnMapping(missing={".z": "cannot_judge"})
    reasons = read_responses(path, small, mapping).missing_reason
    assert reasons.loc[3, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_2"] == "cannot_judge"


def test_tagged_missings_as_text_in_csv(frame, small, tmp_path):
    table = frame.astype(object)
    table.loc[3, "F_2"] = ".a"
    table.to_csv(tmp_path / "a.csv", index=False)
    assert read_responses(tmp_path / "a.csv", small).missing_reason.loc[3, "F_2"] == "user_missing"


def test_missing_values_of_unit_variables(frame, small, tmp_path):
    table = plain(frame)
    table["size"] = [10.0, 10, 10, 99, 99, 99, 30, 30]
    pyreadstat.write_sav(table, tmp_path / "a.sav", missing_ranges={"size": [99]})
    read = read_responses(tmp_path / "a.sav", small, ColumnMapping(units=["size"]))
    np.testing.assert_array_equal(read.units["size"], [10, np.nan, 30])


def test_wrong_encoding_of_an_old_spss_file(frame, small, problems, tmp_path):
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(plain(frame.assign(firm="Müller")), path)
    raw = path.read_bytes()
    assert "Müller".encode() in raw
    path.write_bytes(raw.replace("Müller".encode(), b"M\xfcllerX"))
    problem = only(problems(read_responses, path, small))
    assert "state the encoding; tried: the one the file declares" in problem.allowed
