"""Interviews that are answered at random by a fixed seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from comply_measure.survey import SurveyPlan, linking_codes, survey_sheets

PLANS = Path(__file__).parent / "plans"
KEY = "a secret of the tests"


def interviews_of(
    plan: SurveyPlan, n_units: int = 4, seed: int = 1
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Role and form -> interviews: id -> answer; some unanswered, led past pages where conditions say so."""
    rng = np.random.default_rng(seed)
    codes = linking_codes(plan, [f"unit {place}" for place in range(n_units)], KEY)
    sheets = {(sheet.role, sheet.form): sheet for sheet in survey_sheets(plan)}
    found: dict[tuple[str, str], list[dict[str, Any]]] = {place: [] for place in sheets}
    sizes = {unit: int(rng.integers(1, 200)) for unit in codes["unit_code"].unique()}
    for number, row in enumerate(codes.to_dict("records")):
        place = row["role"], row.get("planned_form", "")
        sheet = sheets[place]
        one: dict[str, Any] = {"#": number + 1, "language": "en" if number % 2 else "de", "finished": 1}
        for page in sheet.pages:
            condition = page.only_if
            if condition is not None and one.get(condition.field) not in condition.codes:
                continue
            for field in page.fields:
                if field.kind == "consent":
                    one[field.id] = 1
                elif field.kind == "code":
                    one[field.id] = row["code"]
                elif field.id == "site_size":
                    one[field.id] = sizes[row["unit_code"]]
                elif rng.random() < 0.1:
                    continue
                elif field.kind == "several":
                    chosen = [answer.code for answer in field.answers if rng.random() < 0.6]
                    if chosen:
                        one[field.id] = chosen
                elif field.answers:
                    one[field.id] = int(rng.choice([answer.code for answer in field.answers]))
                elif field.kind == "number":
                    one[field.id] = int(rng.integers(1, 50))
                else:
                    one[field.id] = f'Line {number}: "quoted", ünlike; <b> =1'
        found[place].append(one)
    return found
