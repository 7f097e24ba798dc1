"""Plans of surveys."""

from __future__ import annotations

import pytest
from survey_interviews import PLANS

from comply_measure.survey import SurveyPlan, load_survey


@pytest.fixture(scope="session")
def plan() -> SurveyPlan:
    return load_survey(PLANS / "plan.yaml")


@pytest.fixture(scope="session")
def three_forms() -> SurveyPlan:
    return load_survey(PLANS / "three_forms.yaml")
