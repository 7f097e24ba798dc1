"""Plan → exported file → what the tool returns to that file → the same answers, of whole shipped questionnaires."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from survey_from_files import TOOLS, plain
from survey_interviews import interviews_of

from comply_measure.survey import SurveyPlan, load_survey, read_survey, survey_files, survey_sheets
from comply_measure.survey.sheet import Field

JOURNEY = """format: comply-measure survey 1
key: journey
title: {en: The journey, de: Die Kundenreise}
version: "1"
scales: [comply, marker, desirability]
form: {comply: journey, marker: journey, desirability: journey}
unit: {en: "your business unit", de: "Ihrer Geschäftseinheit"}
contact: survey@example.org
consent: {question: consent}
codes: {symbols: 5}
"""


@pytest.fixture(scope="module", params=["comply_smsc", "journey"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SurveyPlan:
    if request.param == "comply_smsc":
        return load_survey("comply_smsc")
    path = tmp_path_factory.mktemp("journey") / "plan.yaml"
    path.write_text(JOURNEY, encoding="utf-8")
    return load_survey(path)


def spoken(field: Field, value: Any) -> Any:
    """An answer as an informant sees it."""
    if isinstance(value, list):
        return [spoken(field, one) for one in value]
    return plain(next(a.shown("en") for a in field.answers if a.code == value)) if field.answers else value


def asked(field: Field) -> set[str]:
    """A question as an informant sees it, with and without the unit of its number."""
    text = plain(field.text["en"])
    return {text, f"{text} ({field.measure['en']})"} if field.measure else {text}


@pytest.mark.parametrize("tool", TOOLS)
def test_answers_to_the_exported_file_come_back(tool: str, whole: SurveyPlan, tmp_path: Path) -> None:
    end, returned, suffix = TOOLS[tool]
    given, sheets = {}, {sheet.role: sheet for sheet in survey_sheets(whole)}
    for role, sheet in sheets.items():
        told: list[dict[str, Any]] = []
        for one in interviews_of(whole, n_units=2)[role, ""]:
            # the question on absent functions has one wording in all stages: one answer, too
            stages = [field for field in sheet.fields if field.id.startswith("absent_")]
            one |= {field.id: [1, 3] for field in stages}
            given[one["code"].split("-")[0], role] = one
            seen = {text: spoken(f, one[f.id]) for f in sheet.fields if f.id in one for text in asked(f)}
            told.append(seen | {"#": one["#"], "Language of this interview": "English"})
        content = next(
            file
            for name, file in survey_files(whole, tool, [role]).items()
            if name.endswith(f"{sheet.name}{end}")
        )
        (tmp_path / f"{role}{suffix}").write_bytes(returned(content, told))
    read = read_survey(whole, tmp_path)
    assert len(read.table) == len(given) == 6
    cells = 0
    for row in read.table.to_dict("records"):
        one = given[row["unit"], row["role"]]
        for field in sheets[row["role"]].fields:
            value = one.get(field.id)
            if field.kind in ("consent", "code"):
                continue
            wanted = {field.id: value}
            if field.kind == "several":
                wanted = {
                    f"{field.id}_{answer.code}": float(answer.code in value) for answer in field.answers
                }
            for variable, expected in wanted.items():
                found = None if pd.isna(row[variable]) else row[variable]
                assert found == expected, (variable, found, expected)
                cells += 1
    assert cells > (700 if whole.key == "comply_smsc" else 350)
