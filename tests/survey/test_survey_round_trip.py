"""Plan → answers in each tool's own result format → read → the same answers → responses that a study reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from survey_interviews import interviews_of
from survey_tools import CASES, Case

from comply_measure.survey import SurveyPlan, read_survey, survey_sheets


def written(case: Case, plan: SurveyPlan, interviews: Any, folder: Path) -> list[Path]:
    files = []
    for sheet in survey_sheets(plan):
        name, content = case.write(plan, sheet, interviews[sheet.role, sheet.form])
        path = folder / f"{sheet.form}{name}"
        path.write_bytes(content)
        files.append(path)
    return files


def expected(case: Case, plan: SurveyPlan, interviews: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Unit and role -> variable -> value, in the plan's own terms."""
    found = {}
    for sheet in survey_sheets(plan):
        for one in interviews[sheet.role, sheet.form]:
            row: dict[str, Any] = {}
            for field in sheet.fields:
                if field.kind in ("consent", "code"):
                    continue
                value = one.get(field.id)
                if field.kind == "several":
                    for answer in field.answers:
                        ticked = None if value is None else float(answer.code in value)
                        # These write an unticked box as 0 whether or not the question was seen.
                        if value is None and "redcap" in case.name:
                            ticked = 0.0
                        row[f"{field.id}_{answer.code}"] = ticked
                else:
                    row[field.id] = float(value) if isinstance(value, int) else value
            if case.keeps_language:
                row["language"] = "en" if case.name == "qualtrics text format" else one["language"]
            if case.keeps_finished:
                row["finished"] = one["finished"]
            found[one["code"].split("-")[0], sheet.role] = row
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answers_come_back(case: Case, plan: SurveyPlan, tmp_path: Path) -> None:
    interviews = interviews_of(plan)
    read = read_survey(plan, written(case, plan, interviews, tmp_path))
    wanted = expected(case, plan, interviews)
    assert len(read.table) == len(wanted) == 8
    for row in read.table.to_dict("records"):
        place = row["unit"], row["role"]
        for name, value in wanted[place].items():
            found = row[name]
            found = None if pd.isna(found) else found
            assert found == value, (place, name)
        asked = {*wanted[place], "unit", "role"}
        assert all(pd.isna(value) for name, value in row.items() if name not in asked), place
    assert any("which version" in note for note in read.notes) != case.keeps_version


@pytest.mark.parametrize("case", [case for case in CASES if case.keeps_version], ids=lambda case: case.name)
def test_forms_of_planned_missingness_come_back(case: Case, three_forms: SurveyPlan, tmp_path: Path) -> None:
    interviews = interviews_of(three_forms, n_units=6)
    read = read_survey(three_forms, written(case, three_forms, interviews, tmp_path))
    blocks = {"1": "XAB", "2": "XAC", "3": "XBC"}
    assert len(read.table) == 12
    for row in read.table.to_dict("records"):
        for item, block in three_forms.blocks.items():
            assert (row[item] == "not_asked") == (block not in blocks[row["planned_form"]])
    responses = read.responses()
    reasons = responses.missing_reason[list(three_forms.blocks)].to_numpy()
    left_out = (read.table[list(three_forms.blocks)] == "not_asked").to_numpy()
    # Blocks X and A have two items, B and C one: forms leave out 1, 1 and 2; two units of two roles answer each.
    assert left_out.sum() == 4 * (1 + 1 + 2)
    assert (reasons[left_out] == "user_missing").all()
    assert not (reasons[~left_out] == "user_missing").any()


def test_what_is_read_is_what_a_study_reads(plan: SurveyPlan, tmp_path: Path) -> None:
    case = CASES[0]
    interviews = interviews_of(plan)
    read = read_survey(plan, written(case, plan, interviews, tmp_path))
    responses = read.responses()
    assert responses.n_units == 4 and responses.n_informants == 8
    assert list(responses.units.columns) == ["site_size"]
    assert {"language", "finished", "Att_1", "remark", "online", "tools_10", "board_2"} <= {
        *responses.informants.columns
    }
    for row, (_, ids) in zip(read.table.to_dict("records"), responses.data.iterrows(), strict=True):
        assert (row["unit"], row["role"]) == (ids["unit"], ids["role"])
        for item in responses.item_ids:
            value = row[item]
            judged = not pd.isna(value) and value != 99
            assert (ids[item] == value) if judged else np.isnan(ids[item])
    seller = responses.data["role"] == "seller"
    assert (responses.missing_reason.loc[~seller, "Know_1"] == "not_applicable").all()
    assert not (responses.missing_reason.loc[seller, "Know_1"] == "not_applicable").any()
