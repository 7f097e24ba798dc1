"""Qualtrics: the advanced text format ("Import & Export Surveys", Preparing an Advanced Format TXT File)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Field, Sheet


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The survey of one role in one language. Answers get their codes; a table of ratings is one question."""
    lines = ["[[AdvancedFormat]]", ""]
    constants = sheet.hidden | {"language": language}
    lines += [f"[[ED:{name}:{value}]]" for name, value in constants.items()]
    for page in sheet.pages:
        lines += ["", f"[[Block:{page.key}]]", ""]
        if page.texts:
            heading = f"<strong>{_html(page.texts[0][language])}</strong>" if page.headed else ""
            rest = [_html(text[language]) for text in page.texts[1 if page.headed else 0 :]]
            parts = [part for part in (heading, *rest) if part]
            lines += ["[[Question:DB]]", f"[[ID:{page.key}_text]]", "<br><br>".join(parts), ""]
        for name, group in grid_names(page).items():
            lines += [*_question(name, group, language), ""]
    return "\n".join(lines).encode()


def _question(name: str, group: tuple[Field, ...], language: str) -> Iterator[str]:
    first = group[0]
    if first.kind == "rating":
        yield "[[Question:Matrix:SingleAnswer]]"
        yield f"[[ID:{name}]]"
        yield _html(first.stem.get(language, "")) or "&nbsp;"
        yield "[[AdvancedChoices]]"
        for number, entry in enumerate(group, 1):
            yield f"[[Choice:{number}]]"
            yield _html(entry.text[language])
        yield "[[AdvancedAnswers]]"
        for answer in first.answers:
            yield f"[[Answer:{answer.code}]]"
            yield _html(answer.shown(language))
        return
    kinds = {
        "one": "MC:SingleAnswer:Vertical",
        "consent": "MC:SingleAnswer:Vertical",
        "several": "MC:MultipleAnswer:Vertical",
        "text": "TE:Essay",
        "number": "TE:SingleLine",
        "code": "TE:SingleLine",
    }
    yield f"[[Question:{kinds[first.kind]}]]"
    yield f"[[ID:{first.id}]]"
    measure = f" ({first.measure[language]})" if first.measure else ""
    yield _html(first.text[language] + measure)
    if first.answers:
        yield "[[AdvancedChoices]]"
        for answer in first.answers:
            yield f"[[Choice:{answer.code}]]"
            yield _html(answer.shown(language))


def _html(text: str) -> str:
    """Text as HTML on one line, in which no ``[[`` begins a tag."""
    return " ".join(escape(text, quote=False).replace("[[", "[ [").split())
