"""LimeSurvey: the tab separated structure of a survey (manual, "Tab Separated Value survey structure").

A row per setting (S), text of the survey (SL), group (G), question (Q), subquestion (SQ) and answer (A); the whole
survey in the first language, then again in each other, in the same order.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from html import escape
from io import StringIO
from typing import Final

from comply_measure.survey.names import answer_name, grid_names, limesurvey_names, plan_ids
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, Condition, Field, Page, Sheet

COLUMNS: Final = (
    "class",
    "type/scale",
    "name",
    "relevance",
    "text",
    "help",
    "language",
    "validation",
    "mandatory",
    "other",
    "default",
    "same_default",
    "hidden",
    "random_order",
    "random_group",
    "min_num_value_n",
    "max_num_value_n",
    "suffix",
)
#: Question types: list (radio), multiple choice, numerical, short text, long text, array, equation.
TYPES: Final = {"one": "L", "consent": "L", "several": "M", "number": "N", "code": "S", "text": "T"}
Row = dict[str, str]


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The structure of one role's survey, in all languages of the sheet."""
    names = limesurvey_names([*plan_ids(plan), *(name for page in sheet.pages for name in grid_names(page))])
    rows = [*_settings(sheet, language)]
    for spoken in sheet.languages:
        rows += _texts(sheet, spoken)
    for spoken in sheet.languages:
        rows += _groups(sheet, spoken, names)
    stream = StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, restval="", delimiter="\t", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def _settings(sheet: Sheet, language: str) -> Iterator[Row]:
    others = " ".join(spoken for spoken in sheet.languages if spoken != language)
    settings = {
        "language": language,
        "additional_languages": others,
        "format": "G",
        "anonymized": "Y",
        "datestamp": "N",
        "ipaddr": "N",
        "allowprev": "Y",
        "showgroupinfo": "B",
        "shownoanswer": "N",
        "showwelcome": "N",
    }
    for name, value in settings.items():
        if value:
            yield {"class": "S", "name": name, "text": value}


def _texts(sheet: Sheet, spoken: str) -> Iterator[Row]:
    title = f"{sheet.title[spoken]} – {sheet.role_label[spoken]}"
    yield {"class": "SL", "name": "surveyls_title", "text": _html(title), "language": spoken}
    last = sheet.pages[-1]
    if not last.fields and last.texts:
        end = "".join(f"<p>{_html(text[spoken])}</p>" for text in last.texts)
        yield {"class": "SL", "name": "surveyls_endtext", "text": end, "language": spoken}


def _groups(sheet: Sheet, spoken: str, names: Mapping[str, str]) -> Iterator[Row]:
    consent, constants = "", False
    pages = list(sheet.pages)
    if not pages[-1].fields:
        pages = pages[:-1]  # LimeSurvey has its own end page
    for number, page in enumerate(pages, 1):
        relevance = " and ".join(part for part in (consent, _condition(page.only_if, names)) if part)
        yield {
            "class": "G",
            "type/scale": str(number),
            "name": _html(page.texts[0][spoken]) if page.headed else page.key,
            "relevance": relevance or "1",
            "text": "".join(
                f"<p>{_html(text[spoken])}</p>" for text in page.texts[1 if page.headed else 0 :]
            ),
            "language": spoken,
            "random_group": page.block,
        }
        if not page.fields:
            # A group without a question is not shown: the text goes into a text display.
            yield {
                "class": "Q",
                "type/scale": "X",
                "name": f"{page.key}text",
                "relevance": "1",
                "text": "",
                "language": spoken,
            }
        for name, group in grid_names(page).items():
            yield from _question(name, group, page, spoken, names)
            if group[0].kind == "consent":
                consent = f'({names[group[0].id]}.NAOK == "{ACCEPTED}")'
            if group[0].kind == "code" and not constants:
                constants = True
                for constant, value in sheet.hidden.items():
                    yield {
                        "class": "Q",
                        "type/scale": "*",
                        "name": names[constant],
                        "relevance": "1",
                        "text": value,
                        "language": spoken,
                        "hidden": "1",
                    }


def _question(
    name: str, group: tuple[Field, ...], page: Page, spoken: str, names: Mapping[str, str]
) -> Iterator[Row]:
    first = group[0]
    row: Row = {
        "class": "Q",
        "relevance": "1",
        "language": spoken,
        "mandatory": "Y" if first.required else "N",
        "other": "N",
    }
    if first.kind == "rating":
        yield row | {
            "type/scale": "F",
            "name": names[name],
            "text": _html(first.stem.get(spoken, "")),
            "random_order": "1" if page.shuffled else "0",
        }
        for entry in group:
            yield _part("SQ", names[entry.id], entry.text[spoken], spoken)
    else:
        yield row | {
            "type/scale": TYPES[first.kind],
            "name": names[first.id],
            "text": _html(first.text[spoken]),
            "help": _html(first.help.get(spoken, "")),
            "validation": f"/{first.pattern}/" if first.pattern else "",
            "min_num_value_n": "" if first.minimum is None else f"{first.minimum:g}",
            "max_num_value_n": "" if first.maximum is None else f"{first.maximum:g}",
            "suffix": _html(first.measure.get(spoken, "")),
        }
    part = "SQ" if first.kind == "several" else "A"
    for answer in first.answers:
        yield _part(part, answer_name(answer.code), answer.shown(spoken), spoken)


def _part(kind: str, name: str, text: str, spoken: str) -> Row:
    return {
        "class": kind,
        "type/scale": "0",
        "name": name,
        "relevance": "1" if kind == "SQ" else "",
        "text": _html(text),
        "language": spoken,
    }


def _condition(condition: Condition | None, names: Mapping[str, str]) -> str:
    if condition is None or condition.field not in names:
        return ""
    parts = [f'{names[condition.field]}.NAOK == "{answer_name(code)}"' for code in condition.codes]
    return f"({' or '.join(parts)})"


def _html(text: str) -> str:
    """Text as HTML on one line, in which no ``{`` begins an expression."""
    return " ".join(escape(text, quote=False).replace("{", "&#123;").replace("}", "&#125;").split())
