"""A questionnaire in one HTML file: no network, no foreign code, answers saved to a file by the informant's browser."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

from comply_measure.survey.codes import SIGNS
from comply_measure.survey.formats.words import NAMES, words
from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, Field, Page, Sheet

#: What saved files state as their format.
ANSWERS_FORMAT: Final = "comply-measure answers 1"
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<noscript><p>{noscript}</p></noscript>
<div id="survey"></div>
<script type="application/json" id="model">{model}</script>
<script>
{script}</script>
</body>
</html>
"""


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The questionnaire of one role with all languages."""
    from html import escape

    folder = files("comply_measure.survey.formats") / "page"
    model = json.dumps(_model(plan, sheet), ensure_ascii=False, separators=(",", ":"))
    page = _PAGE.format(
        language=language,
        title=escape(sheet.title[language]),
        noscript=escape(words(language)["noscript"]),
        style=(folder / "survey.css").read_text(encoding="utf-8"),
        script=(folder / "survey.js").read_text(encoding="utf-8"),
        # No text can end the script element or begin a comment in it.
        model=model.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
    )
    return page.encode()


def _model(plan: SurveyPlan, sheet: Sheet) -> dict[str, Any]:
    return {
        "format": ANSWERS_FORMAT,
        "survey": sheet.survey,
        "name": sheet.name,
        "hidden": sheet.hidden,
        "title": dict(sheet.title),
        "languages": list(sheet.languages),
        "names": {spoken: NAMES.get(spoken, spoken) for spoken in sheet.languages},
        "words": {spoken: words(spoken) for spoken in sheet.languages},
        "seed": sheet.seed,
        "accepted": ACCEPTED,
        "signs": SIGNS if plan.code_symbols else "",
        "pages": [_page(page) for page in sheet.pages],
    }


def _page(page: Page) -> dict[str, Any]:
    condition = page.only_if
    return {
        "key": page.key,
        "texts": [dict(text) for text in page.texts],
        "headed": page.headed,
        "block": page.block,
        "shuffled": page.shuffled,
        "onlyIf": None if condition is None else {"field": condition.field, "codes": list(condition.codes)},
        "grids": [
            {"name": name, "fields": [_field(entry) for entry in group]}
            for name, group in grid_names(page).items()
        ],
    }


def _field(entry: Field) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "text": dict(entry.text),
        "stem": dict(entry.stem),
        "help": dict(entry.help),
        "measure": dict(entry.measure),
        "answers": [
            {"code": answer.code, "label": {spoken: answer.shown(spoken) for spoken in entry.text}}
            for answer in entry.answers
        ],
        "required": entry.required,
        "min": entry.minimum,
        "max": entry.maximum,
        "pattern": entry.pattern,
    }
