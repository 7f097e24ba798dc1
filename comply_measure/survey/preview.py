"""What every role is asked, as a table; how long it takes; what a plan leaves open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comply_measure.instrument.fielding import PLACEHOLDERS
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Sheet
from comply_measure.survey.sheets import survey_sheets

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "page",
    "id",
    "kind",
    "scale",
    "stem",
    "text",
    "answers",
    "required",
    "instructed",
    "only_if",
    "order",
)


def sheet_table(sheet: Sheet, language: str | None = None) -> pd.DataFrame:
    """What a sheet asks, a row per text and field.

    Parameters
    ----------
    sheet : Sheet
        A questionnaire of a plan.
    language : str, optional
        Language of the texts; the first of the plan by default.

    Returns
    -------
    pandas.DataFrame
        ``page, id, kind, scale, stem, text, answers`` (``code = label``), ``required, instructed, only_if, order``.
    """
    import pandas as pd

    from comply_measure.statistics.words import require_known

    spoken = sheet.languages[0] if language is None else language
    require_known("language of the survey", spoken, sheet.languages)
    rows: list[dict[str, object]] = []
    for page in sheet.pages:
        condition = page.only_if
        shown = (
            "" if condition is None else f"{condition.field} = {' or '.join(str(c) for c in condition.codes)}"
        )
        order = "; ".join(
            part
            for part in (
                "items in random order" if page.shuffled else "",
                "pages in random order" if page.block else "",
            )
            if part
        )
        common = {"page": page.key, "only_if": shown, "order": order}
        rows.extend({**common, "id": "", "kind": "text", "text": text[spoken]} for text in page.texts)
        for entry in page.fields:
            answers = "; ".join(f"{answer.code} = {answer.shown(spoken)}" for answer in entry.answers)
            if entry.measure:
                answers = entry.measure[spoken]
            rows.append(
                common
                | {
                    "id": entry.id,
                    "kind": entry.kind,
                    "scale": entry.scale,
                    "stem": entry.stem.get(spoken, ""),
                    "text": entry.text[spoken],
                    "answers": answers,
                    "required": "yes" if entry.required else "",
                    "instructed": "" if entry.instructed is None else entry.instructed,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).fillna("")


def survey_overview(plan: SurveyPlan) -> pd.DataFrame:
    """The questionnaires of a plan, a row each.

    Parameters
    ----------
    plan : SurveyPlan
        The plan.

    Returns
    -------
    pandas.DataFrame
        ``sheet, role, form, languages, pages, ratings, questions, minutes`` (planned, everything shown and before items
        are left out by design), ``version`` (what answers are stamped with).
    """
    import pandas as pd

    rows = [
        {
            "sheet": sheet.name,
            "role": sheet.role,
            "form": sheet.form,
            "languages": " ".join(sheet.languages),
            "pages": len(sheet.pages),
            "ratings": sum(entry.kind == "rating" for entry in sheet.fields),
            "questions": sum(entry.kind not in ("rating", "code", "consent") for entry in sheet.fields),
            "minutes": sheet.minutes,
            "version": sheet.stamp,
        }
        for sheet in survey_sheets(plan)
    ]
    return pd.DataFrame(rows)


def survey_notes(plan: SurveyPlan) -> tuple[str, ...]:
    """What a plan that can be used leaves open.

    Parameters
    ----------
    plan : SurveyPlan
        The plan.

    Returns
    -------
    tuple of str
    """
    sheets = survey_sheets(plan)
    notes = []
    open_names = sorted(
        {
            name
            for sheet in sheets
            for page in sheet.pages
            for texts in (*page.texts, *(entry.text for entry in page.fields))
            for text in texts.values()
            for name in re.findall(r"\{(\w+)\}", text)
            if name in PLACEHOLDERS
        }
    )
    if open_names:
        notes.append(
            f"texts leave {', '.join(f'{{{name}}}' for name in open_names)} open: state it in the plan"
        )
    if not any(entry.kind == "consent" for sheet in sheets for entry in sheet.fields):
        notes.append("nobody is asked for consent: state consent, or say elsewhere how it is given")
    if not plan.code_symbols:
        notes.append(
            "informants of a unit are linked by the name that each of them writes: state codes for pseudonymous ones"
        )
    unlabelled = sorted(
        {entry.scale for sheet in sheets for entry in sheet.fields if entry.kind == "rating"}
        & {
            scale.key
            for scale in plan.scales
            if any(not any(labels) for labels in scale.response.anchors.values())
        }
    )
    if unlabelled:
        notes.append(f"answer categories have no labels in {', '.join(unlabelled)}: their numbers are shown")
    return tuple(notes)
