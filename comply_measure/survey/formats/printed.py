"""A questionnaire to print: HTML with boxes to tick, codes beside them and a table for whoever enters the answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Final

from comply_measure.survey.drawn import drawn
from comply_measure.survey.formats.words import words
from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Field, Page, Sheet

_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The questionnaire of one role in one language."""
    style = (files("comply_measure.survey.formats") / "page" / "print.css").read_text(encoding="utf-8")
    body = "\n".join(_body(drawn(sheet), language))
    return _PAGE.format(
        language=language, title=escape(sheet.title[language]), style=style, body=body
    ).encode()


def beside(sheet: Sheet) -> Iterator[tuple[str, bytes]]:
    """A table to type answers into: variables in the order of the paper, and below them its numbers and wordings."""
    names, told = ["survey_version"], ["on the last page"]
    for number, entry in enumerate(
        (f for page in drawn(sheet).pages for g in page_order(page) for f in g), 1
    ):
        wording = f"{number}. {entry.text[sheet.languages[0]]}"
        names += entry.variables
        if entry.kind == "several":
            told += [f"{wording} {answer.shown(sheet.languages[0])} (1, else 0)" for answer in entry.answers]
        else:
            told.append(wording)
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([names, told])
    yield f"{sheet.name}_entry.csv", b"\xef\xbb\xbf" + stream.getvalue().encode()


def page_order(page: Page) -> list[tuple[Field, ...]]:
    """Fields of a page in the order in which they are numbered."""
    return [tuple(group) for group in grid_names(page).values()]


def only_if(sheet: Sheet, page: Page, language: str) -> str:
    """Who answers a page, in words; empty where everybody does."""
    if page.only_if is None:
        return ""
    asked = next((entry for entry in sheet.fields if entry.id == page.only_if.field), None)
    if asked is None:
        return ""
    word = words(language)
    labels = [f"“{a.shown(language)}”" for a in asked.answers if a.code in page.only_if.codes]
    return word["only_if"].format(answers=f" {word['or']} ".join(labels), question=asked.text[language])


def _body(sheet: Sheet, language: str) -> Iterator[str]:
    word = words(language)
    told = word["for_role"].format(role=sheet.role_label[language])
    yield f"<h1>{escape(sheet.title[language])}</h1>"
    yield f'<p class="role">{escape(told)}</p>'
    numbers = iter(range(1, len(sheet.fields) + 1))
    for page in sheet.pages:
        yield f'<section id="{page.key}">'
        texts = [text[language] for text in page.texts]
        if page.headed:
            heading = texts.pop(0)
            if heading != sheet.title[language]:
                yield f"<h2>{escape(heading)}</h2>"
        if condition := only_if(sheet, page, language):
            yield f'<p class="only">{escape(condition)}</p>'
        yield from (f"<p>{escape(text)}</p>" for text in texts)
        for group in grid_names(page).values():
            if group[0].kind == "rating":
                yield from _table(group, numbers, language)
            else:
                yield from _single(group[0], next(numbers), language)
        yield "</section>"
    yield f'<p class="foot">{escape(word["version"])} {escape(sheet.stamp)}</p>'


def _table(group: tuple[Field, ...], numbers: Iterator[int], language: str) -> Iterator[str]:
    first = group[0]
    if first.stem:
        yield f'<p class="stem">{escape(first.stem[language])}</p>'
    labels = "".join(f'<th scope="col">{escape(answer.shown(language))}</th>' for answer in first.answers)
    columns = "<col>" * len(first.answers)
    yield f'<div class="scroll"><table><colgroup><col class="item">{columns}</colgroup>'
    yield f"<thead><tr><td></td>{labels}</tr></thead><tbody>"
    for entry in group:
        boxes = "".join(
            f'<td><span class="box round"></span><span class="code">{answer.code}</span></td>'
            for answer in entry.answers
        )
        number = f'<span class="number">{next(numbers)}</span>'
        yield f'<tr id="{entry.id}"><td>{number}{escape(entry.text[language])}</td>{boxes}</tr>'
    yield "</tbody></table></div>"


def _single(entry: Field, number: int, language: str) -> Iterator[str]:
    word = words(language)
    yield f'<div class="question" id="{entry.id}">'
    yield f'<p><span class="number">{number}</span>{escape(entry.text[language])}</p>'
    if entry.help:
        yield f'<p class="hint">{escape(entry.help[language])}</p>'
    if entry.kind == "several":
        yield f'<p class="hint">{escape(word["several"])}</p>'
    if entry.answers:
        shape = "box" if entry.kind == "several" else "box round"
        yield "<ul>"
        for answer in entry.answers:
            code = f'<span class="number">{answer.code}</span>'
            yield f'<li><span class="{shape}"></span> {code}{escape(answer.shown(language))}</li>'
        yield "</ul>"
    elif entry.kind == "text":
        yield '<span class="line wide"></span>'
    else:
        yield f'<p><span class="line"></span> {escape(entry.measure.get(language, ""))}</p>'
    yield "</div>"
