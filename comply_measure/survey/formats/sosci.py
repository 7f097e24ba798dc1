"""SoSci Survey: a package of questions in XML.

The format has a DTD on SoSci Survey's server and no description; the grammar here is that of packages which SoSci
Survey 2.6 to 3.4 wrote: ``surveyContent`` > ``section`` > ``question`` (classes ``mc-matrix``, ``select``, ``text``,
``TextContent``) > ``item``, each with ``attributes.specific``. SoSci Survey numbers variables: question 3 of section
``AA`` is ``AA03``, its items ``AA03_01``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Field, Sheet

SECTIONS: Final = "ABCDEFGHIJKLMNPQRSTUVWXYZ"
LANGUAGES: Final = {"en": "eng", "de": "ger"}
PER_SECTION: Final = 99
YES_NO: Final = {"en": ("no", "yes"), "de": ("nein", "ja")}


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The questions of one role in one language."""
    return "\n".join([*_lines(sheet, language), ""]).encode()


def numbered(sheet: Sheet) -> Iterator[tuple[str, int, str, tuple[Field, ...]]]:
    """Section, number in it, name and fields of every question, in the order of the file; texts have no fields."""
    count = 0
    for page in sheet.pages:
        parts: list[tuple[str, tuple[Field, ...]]] = [(page.key, ())] if page.texts else []
        for name, group in [*parts, *grid_names(page).items()]:
            for begin in range(0, max(len(group), 1), PER_SECTION):
                section, number = divmod(count, PER_SECTION)
                yield f"A{SECTIONS[section]}", number + 1, name, group[begin : begin + PER_SECTION]
                count += 1


def variables(sheet: Sheet) -> dict[str, tuple[Field, int | None, dict[int, int]]]:
    """SoSci Survey's variable -> field, code of the answer of a field with several, SoSci's code -> ours."""
    found: dict[str, tuple[Field, int | None, dict[int, int]]] = {}
    for section, number, _, group in numbered(sheet):
        question = f"{section}{number:02d}"
        if not group:
            continue
        first = group[0]
        codes = {place: answer.code for place, answer in enumerate(first.answers, 1)}
        if first.kind == "rating":
            for place, entry in enumerate(group, 1):
                found[f"{question}_{place:02d}"] = (entry, None, codes)
        elif first.kind == "several":
            for place, answer in enumerate(first.answers, 1):
                found[f"{question}_{place:02d}"] = (first, answer.code, {1: 0, 2: 1})
        elif first.answers:
            found[question] = (first, None, codes)
        else:
            found[f"{question}_01"] = (first, None, {})
    return found


def _lines(sheet: Sheet, language: str) -> Iterator[str]:
    spoken = LANGUAGES.get(language, language)
    yield '<?xml version="1.0" encoding="UTF-8" ?>'
    yield '<!DOCTYPE surveyContent SYSTEM "https://www.soscisurvey.de/templates/doctype.survey.dtd">'
    yield '<surveyContent version="2.4">'
    yield "<program>sosci</program>"
    yield "<version>3.4.09</version>"
    yield "<timestamp>2023-01-27 06:28:49</timestamp>"
    yield f"<title>{_text(f'{sheet.name} {sheet.stamp}')}</title>"
    yield "<description />"
    yield f"<language>{spoken}</language>"
    yield from _specific(language=spoken)
    current = ""
    for section, number, name, group in numbered(sheet):
        if section != current:
            if current:
                yield "</section>"
            current = section
            yield "<section>"
            yield f"<title>{_text(sheet.name)}</title>"
            yield from _specific(id=section)
        page = next(p for p in sheet.pages if p.key == name or any(g == name for g in grid_names(p)))
        if group:
            yield from _question(number, name, group, language, shuffled=page.shuffled)
        else:
            heading = page.texts[0][language] if page.headed else ""
            rest = " ".join(text[language] for text in page.texts[1 if page.headed else 0 :])
            yield from _open(f"{name} text", "TextContent", heading, rest)
            yield from _specific(id=str(number), pos=str(number), alignment="default", character="html")
            yield "</question>"
    yield "</section>"
    yield "</surveyContent>"


def _question(
    number: int, name: str, group: tuple[Field, ...], language: str, *, shuffled: bool
) -> Iterator[str]:
    first = group[0]
    answered = {"restrictions.answered": "yes" if first.required else "no"}
    if first.kind in ("rating", "several"):
        rated = first.kind == "rating"
        title = first.stem.get(language, "") if rated else first.text[language]
        labels = (
            [answer.shown(language) for answer in first.answers]
            if rated
            else list(YES_NO.get(language, YES_NO["en"]))
        )
        texts = (
            [entry.text[language] for entry in group]
            if rated
            else [answer.shown(language) for answer in first.answers]
        )
        yield from _open(name, "mc-matrix", title, first.help.get(language, "") if not rated else "")
        yield "<labels>"
        yield from (f'<li i="{place}">{_text(label)}</li>' for place, label in enumerate(labels, 1))
        yield "</labels>"
        yield f"<order>{'random' if shuffled and rated else 'default'}</order>"
        yield from _specific(
            id=str(number),
            pos=str(number),
            **{"scale.niveau": str(len(labels)), **answered, "composition": "default"},
        )
        yield from _items(texts)
    else:
        offers = bool(first.answers)
        text = first.text[language] + (f" ({first.measure[language]})" if first.measure else "")
        yield from _open(name, "select" if offers else "text", text, first.help.get(language, ""))
        yield "<order>default</order>"
        yield from _specific(id=str(number), pos=str(number), **answered)
        yield from _items([answer.shown(language) for answer in first.answers] if offers else [""])
    yield "</question>"


def _open(name: str, kind: str, title: str, explanation: str) -> Iterator[str]:
    yield "<question>"
    yield f"<description>{_text(name)}</description>"
    yield f"<class>{kind}</class>"
    yield f"<title>{_text(title)}</title>" if title else "<title />"
    yield f"<explanation>{_text(explanation)}</explanation>" if explanation else "<explanation />"
    yield "<inputPosition>right</inputPosition>"
    if kind == "TextContent":
        yield "<order>default</order>"


def _items(texts: list[str]) -> Iterator[str]:
    for place, text in enumerate(texts, 1):
        yield "<item>"
        yield f"<text>{_text(text)}</text>" if text else "<text />"
        yield from _specific(id=str(place), pos=str(place))
        yield "</item>"


def _specific(**attributes: str) -> Iterator[str]:
    yield '<attributes.specific program="ofb">'
    yield from (f'<attr id="{name}">{_text(value)}</attr>' for name, value in attributes.items())
    yield "</attributes.specific>"


def _text(text: str) -> str:
    """Text for XML, in which no ``%name%`` is a placeholder of SoSci Survey."""
    return escape(" ".join(text.split())).replace("%", "&#37;")
