"""The examples of docs/survey.md are right."""

from __future__ import annotations

import re
from pathlib import Path

from comply_measure.survey import check_survey, load_survey, survey_sheet
from comply_measure.survey.export import TOOLS

PAGE = (Path(__file__).parents[2] / "docs" / "survey.md").read_text(encoding="utf-8")


def test_the_plan_of_the_page_can_be_used(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "plan.yaml").write_text(example[1], encoding="utf-8")
    assert check_survey(tmp_path / "plan.yaml") == []
    plan = load_survey(tmp_path / "plan.yaml")
    assert plan.roles == ("marketing", "sales", "it") and plan.seed == 7
    assert any(field.id == "check_1" for field in survey_sheet(plan, "it").fields)


def test_the_page_names_every_tool() -> None:
    assert all(f"`{key}`" in PAGE for key in TOOLS)
