"""SurveyJS: the JSON model of a survey, for survey-core and whatever renders it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, Condition, Field, Page, Sheet

Json = dict[str, Any]


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The model of one role with all languages; the language in use and the constants are part of every result."""
    texts = _Texts(sheet, language)
    last = sheet.pages[-1]
    pages = sheet.pages if last.fields else sheet.pages[:-1]
    consent = next((entry.id for entry in sheet.fields if entry.kind == "consent"), None)
    seen = [_page(texts, page) for page in pages]
    model: Json = {
        "title": texts.of(sheet.title),
        "locale": language,
        "showQuestionNumbers": "off",
        "showProgressBar": True,
        "progressBarType": "pages",
        "checkErrorsMode": "onNextPage",
        "pages": _ordered(pages, seen),
        "calculatedValues": [
            *(
                {"name": name, "expression": f"'{value}'", "includeIntoResult": True}
                for name, value in sheet.hidden.items()
            ),
            {"name": "language", "expression": "{locale}", "includeIntoResult": True},
        ],
    }
    if consent is not None:
        model["triggers"] = [
            {"type": "complete", "expression": f"{{{consent}}} notempty and {{{consent}}} <> {ACCEPTED}"}
        ]
    if not last.fields and last.texts:
        model["completedHtml"] = texts.html(last)
    return json.dumps(model, ensure_ascii=False, indent=1).encode()


def _ordered(pages: tuple[Page, ...], seen: list[Json]) -> list[Json]:
    """Pages in order. SurveyJS has no random order of some pages; those of a block become panels of one page."""
    found: list[Json] = []
    blocks: dict[str, Json] = {}
    for page, made in zip(pages, seen, strict=True):
        if not page.block:
            found.append(made)
            continue
        if page.block not in blocks:
            blocks[page.block] = {
                "name": f"block_{page.block}",
                "questionsOrder": "random",
                "elements": [],
            }
            found.append(blocks[page.block])
        blocks[page.block]["elements"].append({"type": "panel", **made})
    return found


def _page(texts: _Texts, page: Page) -> Json:
    made: Json = {"name": page.key}
    if page.headed:
        made["title"] = texts.of(page.texts[0])
    if (rest := page.texts[1 if page.headed else 0 :]) and len(rest) == 1:
        made["description"] = texts.of(rest[0])
    elements: list[Json] = []
    if len(rest) > 1 or not page.fields:
        elements.append({"type": "html", "name": f"{page.key}_text", "html": texts.html(page)})
    for name, group in grid_names(page).items():
        elements.append(
            _matrix(texts, name, group, page) if group[0].kind == "rating" else _single(texts, group[0])
        )
    made["elements"] = elements
    if page.only_if is not None:
        made["visibleIf"] = _condition(page.only_if)
    return made


def _condition(condition: Condition) -> str:
    listed = ", ".join(str(code) for code in condition.codes)
    return f"{{{condition.field}}} anyof [{listed}]"


def _matrix(texts: _Texts, name: str, group: tuple[Field, ...], page: Page) -> Json:
    first = group[0]
    made: Json = {
        "type": "matrix",
        "name": name,
        "title": texts.of(first.stem) if first.stem else " ",
        "alternateRows": True,
        "columns": texts.choices(first),
        "rows": [{"value": entry.id, "text": texts.of(entry.text)} for entry in group],
    }
    if first.required:
        made["eachRowRequired"] = True
        made["isRequired"] = True
    if page.shuffled:
        made["rowOrder"] = "random"
    return made


def _single(texts: _Texts, entry: Field) -> Json:
    kinds = {"one": "radiogroup", "consent": "radiogroup", "several": "checkbox", "text": "comment"}
    made: Json = {"type": kinds.get(entry.kind, "text"), "name": entry.id, "title": texts.of(entry.text)}
    if entry.help:
        made["description"] = texts.of(entry.help)
    if entry.required:
        made["isRequired"] = True
    if entry.answers:
        made["choices"] = texts.choices(entry)
    if entry.kind == "number":
        made["inputType"] = "number"
        made |= {
            name: bound
            for name, bound in (("min", entry.minimum), ("max", entry.maximum))
            if bound is not None
        }
        if entry.measure:
            made["description"] = texts.of(entry.measure)
    if entry.pattern:
        made["validators"] = [{"type": "regex", "regex": entry.pattern}]
    return made


class _Texts:
    """Texts as SurveyJS takes them: one string, or one by language with the first as ``default``."""

    def __init__(self, sheet: Sheet, language: str) -> None:
        self.languages, self.default = sheet.languages, language

    def of(self, texts: Mapping[str, str]) -> Any:
        plain = {spoken: _plain(texts[spoken]) for spoken in self.languages}
        if len(set(plain.values())) == 1:
            return plain[self.default]
        others = {spoken: text for spoken, text in plain.items() if spoken != self.default}
        return {"default": plain[self.default], **others}

    def choices(self, entry: Field) -> list[Json]:
        return [
            {
                "value": answer.code,
                "text": self.of({spoken: answer.shown(spoken) for spoken in self.languages}),
            }
            for answer in entry.answers
        ]

    def html(self, page: Page) -> Any:
        from html import escape

        rest = page.texts[1 if page.headed else 0 :]
        words = {
            spoken: "".join(f"<p>{escape(text[spoken])}</p>" for text in rest) or " "
            for spoken in self.languages
        }
        return self.of(words)


def _plain(text: str) -> str:
    """A text in which nothing in braces is taken for an answer."""
    return text.replace("{", "{ ") if "{" in text else text
