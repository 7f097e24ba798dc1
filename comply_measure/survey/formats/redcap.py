"""REDCap: the data dictionary, a CSV of eighteen columns with a row per field."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Final

from comply_measure.survey.drawn import drawn
from comply_measure.survey.names import grid_names, plan_ids, redcap_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, Condition, Field, Sheet

COLUMNS: Final = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
RECORD: Final = "record_id"
Row = dict[str, str]


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The dictionary of one role in one language; the record id is its first field, constants are hidden ones."""
    ids = [id for id in plan_ids(plan) if id != RECORD]
    grids = [name for page in sheet.pages for name in grid_names(page)]
    names = redcap_names([RECORD, *ids, *grids, *(f"{page.key}_text" for page in sheet.pages)])
    form = names_of_form(sheet)
    rows = [
        {COLUMNS[0]: RECORD, COLUMNS[3]: "text", COLUMNS[4]: "Record ID"},
        *_fields(drawn(sheet), language, names),
    ]
    stream = StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**row, "Form Name": form} for row in rows)
    return stream.getvalue().encode()


def names_of_form(sheet: Sheet) -> str:
    """Name of the instrument, in small letters."""
    return redcap_names([sheet.name])[sheet.name]


def _fields(sheet: Sheet, language: str, names: Mapping[str, str]) -> Iterator[Row]:
    for name, value in (sheet.hidden | {"language": language}).items():
        yield {
            COLUMNS[0]: names[name],
            COLUMNS[3]: "text",
            COLUMNS[4]: name,
            COLUMNS[17]: f"@HIDDEN-SURVEY @DEFAULT='{value}'",
        }
    consent = ""
    for page in sheet.pages:
        shown = " and ".join(part for part in (consent, _condition(page.only_if, names)) if part)
        texts = [_plain(text[language]) for text in page.texts]
        head = " – ".join(texts)
        if not page.fields:
            yield {
                COLUMNS[0]: names[f"{page.key}_text"],
                COLUMNS[2]: page.key,
                COLUMNS[3]: "descriptive",
                COLUMNS[4]: head,
                COLUMNS[11]: shown,
            }
        for number, (name, group) in enumerate(grid_names(page).items()):
            opening = (head or page.key) if number == 0 else ""
            for place, entry in enumerate(group):
                row = _field(entry, language, names) | {COLUMNS[11]: shown}
                if entry.kind == "rating":
                    stem = _plain(entry.stem.get(language, ""))
                    above = " – ".join(part for part in (opening, stem) if part)
                    row[COLUMNS[15]] = names[name]
                    row[COLUMNS[2]] = above if place == 0 else ""
                else:
                    row[COLUMNS[2]] = opening if place == 0 else ""
                yield row
            if group[0].kind == "consent":
                consent = f"[{names[group[0].id]}] = '{ACCEPTED}'"


def _field(entry: Field, language: str, names: Mapping[str, str]) -> Row:
    kinds = {"rating": "radio", "one": "radio", "consent": "radio", "several": "checkbox", "text": "notes"}
    row = {
        COLUMNS[0]: names[entry.id],
        COLUMNS[3]: kinds.get(entry.kind, "text"),
        COLUMNS[4]: _plain(entry.text[language]),
        COLUMNS[5]: " | ".join(
            f"{answer.code}, {_choice(answer.shown(language))}" for answer in entry.answers
        ),
        COLUMNS[6]: _plain(entry.help.get(language, "") or entry.measure.get(language, "")),
        COLUMNS[12]: "y" if entry.required else "",
    }
    if entry.kind == "number":
        row[COLUMNS[7]] = "number"
        row[COLUMNS[8]] = "" if entry.minimum is None else f"{entry.minimum:g}"
        row[COLUMNS[9]] = "" if entry.maximum is None else f"{entry.maximum:g}"
    return row


def _condition(condition: Condition | None, names: Mapping[str, str]) -> str:
    if condition is None or condition.field not in names:
        return ""
    parts = [f"[{names[condition.field]}] = '{code}'" for code in condition.codes]
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"


def _plain(text: str) -> str:
    """A text on one line in which no ``[`` is taken for a field."""
    return " ".join(text.replace("[", "(").replace("]", ")").split())


def _choice(text: str) -> str:
    """A label of an answer: ``|`` would end it."""
    return _plain(text).replace("|", "/")
