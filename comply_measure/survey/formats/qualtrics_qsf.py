"""Qualtrics: the survey file (.qsf), JSON of blocks, flow, options and questions.

The format is not documented by its maker; the shape is that of files that Qualtrics writes: ``SurveyEntry`` and a
list of ``SurveyElements`` (BL blocks, FL flow, SO options, PROJ, STAT, QC count, SQ questions).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from comply_measure.survey.names import grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, Condition, Field, Page, Sheet

Json = dict[str, Any]


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The survey of one role with all languages; refusing consent ends it, conditions and random orders are in it."""
    content = _Survey(sheet, language).content()
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


class _Survey:
    """Questions and blocks of one sheet, numbered as Qualtrics numbers them."""

    def __init__(self, sheet: Sheet, language: str) -> None:
        self.sheet, self.base = sheet, language
        self.others = [spoken for spoken in sheet.languages if spoken != language]
        digest = hashlib.sha256(f"{sheet.name}/{sheet.stamp}".encode()).hexdigest()
        self.id = f"SV_{digest[:15]}"
        self.questions: list[Json] = []
        self.numbers: dict[str, str] = {}
        self.flows = 1

    def content(self) -> Json:
        blocks = [self.block(page) for page in self.sheet.pages]
        flow = self.flow(blocks)
        elements = [
            self.element("BL", "Survey Blocks", blocks),
            self.element("FL", "Survey Flow", flow),
            self.element("SO", "Survey Options", self.options()),
            self.element(
                "PROJ", "CORE", {"ProjectCategory": "CORE", "SchemaVersion": "1.1.0"}, third="1.1.0"
            ),
            self.element("STAT", "Survey Statistics", {"MobileCompatible": True, "ID": "Survey Statistics"}),
            self.element("QC", "Survey Question Count", None, second=str(len(self.questions))),
            *(
                self.element("SQ", entry["QuestionID"], entry, second=entry["QuestionDescription"])
                for entry in self.questions
            ),
        ]
        entry = {
            "SurveyID": self.id,
            "SurveyName": self.sheet.name,
            "SurveyDescription": f"version {self.sheet.stamp}",
            "SurveyLanguage": _code(self.base),
            "SurveyStatus": "Inactive",
            "Deleted": None,
        }
        return {"SurveyEntry": entry, "SurveyElements": elements}

    def element(
        self, kind: str, first: str, payload: Any, second: str | None = None, third: str | None = None
    ) -> Json:
        return {
            "SurveyID": self.id,
            "Element": kind,
            "PrimaryAttribute": first,
            "SecondaryAttribute": second,
            "TertiaryAttribute": third,
            "Payload": payload,
        }

    def options(self) -> Json:
        languages: Json = {_code(spoken): [] for spoken in self.sheet.languages}
        return {
            "BackButton": "true",
            "SaveAndContinue": "true",
            "SurveyProtection": "PublicSurvey",
            "NoIndex": "Yes",
            "SurveyTitle": self.sheet.title[self.base],
            "AvailableLanguages": languages,
            "AnonymizeResponse": "Yes",
            "NewScoring": 1,
        }

    def block(self, page: Page) -> Json:
        elements = []
        if page.texts:
            elements.append(self.question(f"{page.key}_text", self.text(page)))
        for name, group in grid_names(page).items():
            elements.append(self.question(name, self.asked(name, group, page)))
        kind = "Default" if page is self.sheet.pages[0] else "Standard"
        return {
            "Type": kind,
            "SubType": "",
            "Description": page.key,
            "ID": f"BL_{page.key}",
            "BlockElements": [{"Type": "Question", "QuestionID": id} for id in elements],
        }

    def question(self, tag: str, payload: Json) -> str:
        id = f"QID{len(self.questions) + 1}"
        self.numbers[tag] = id
        self.questions.append(
            {
                "DataExportTag": tag,
                "QuestionID": id,
                "QuestionDescription": tag,
                "Configuration": {"QuestionDescriptionOption": "SpecifyLabel"},
                **payload,
            }
        )
        return id

    def text(self, page: Page) -> Json:
        def words(spoken: str) -> str:
            heading = f"<strong>{_html(page.texts[0][spoken])}</strong>" if page.headed else ""
            rest = [_html(text[spoken]) for text in page.texts[1 if page.headed else 0 :]]
            return "<br><br>".join(part for part in (heading, *rest) if part)

        return {
            "QuestionText": words(self.base),
            "QuestionType": "DB",
            "Selector": "TB",
            "Validation": {"Settings": {"Type": "None"}},
            "Language": {_code(spoken): {"QuestionText": words(spoken)} for spoken in self.others},
        }

    def asked(self, name: str, group: tuple[Field, ...], page: Page) -> Json:
        first = group[0]
        force = "ON" if first.required else "OFF"
        settings: Json = {"ForceResponse": force, "ForceResponseType": "ON", "Type": "None"}
        common: Json = {"DefaultChoices": False, "Validation": {"Settings": settings}}
        if first.kind == "rating":
            return common | self.matrix(group, page)
        common |= {
            "QuestionText": self.words(first, self.base),
            "Language": {
                _code(spoken): {"QuestionText": self.words(first, spoken)} for spoken in self.others
            },
        }
        if first.kind in ("number", "text", "code"):
            if first.kind == "number":
                settings |= {"Type": "ContentType", "ContentType": "ValidNumber"}
                settings["ValidNumber"] = {
                    "Min": "" if first.minimum is None else f"{first.minimum:g}",
                    "Max": "" if first.maximum is None else f"{first.maximum:g}",
                    "NumDecimals": "",
                }
            return common | {"QuestionType": "TE", "Selector": "ESTB" if first.kind == "text" else "SL"}
        several = first.kind == "several"
        for spoken in self.others:
            common["Language"][_code(spoken)]["Choices"] = _displayed(
                [a.shown(spoken) for a in first.answers]
            )
        return common | {
            "QuestionType": "MC",
            "Selector": "MAVR" if several else "SAVR",
            "SubSelector": "TX",
            "Choices": _displayed([answer.shown(self.base) for answer in first.answers]),
            "ChoiceOrder": _order(len(first.answers)),
            "RecodeValues": _recoded(first),
            "NextChoiceId": len(first.answers) + 1,
            "NextAnswerId": 1,
        }

    def matrix(self, group: tuple[Field, ...], page: Page) -> Json:
        first = group[0]
        translated = {
            _code(spoken): {
                "QuestionText": _html(first.stem.get(spoken, "")) or "&nbsp;",
                "Choices": _displayed([entry.text[spoken] for entry in group]),
                "Answers": _displayed([answer.shown(spoken) for answer in first.answers]),
            }
            for spoken in self.others
        }
        payload: Json = {
            "QuestionText": _html(first.stem.get(self.base, "")) or "&nbsp;",
            "QuestionType": "Matrix",
            "Selector": "Likert",
            "SubSelector": "SingleAnswer",
            "Configuration": {
                "QuestionDescriptionOption": "SpecifyLabel",
                "TextPosition": "inline",
                "ChoiceColumnWidth": 25,
                "RepeatHeaders": "none",
                "WhiteSpace": "OFF",
                "MobileFirst": True,
            },
            "Choices": _displayed([entry.text[self.base] for entry in group]),
            "ChoiceOrder": _order(len(group)),
            "ChoiceDataExportTags": {str(n): entry.id for n, entry in enumerate(group, 1)},
            "Answers": _displayed([answer.shown(self.base) for answer in first.answers]),
            "AnswerOrder": _order(len(first.answers)),
            "RecodeValues": _recoded(first),
            "Language": translated,
            "NextChoiceId": len(group) + 1,
            "NextAnswerId": len(first.answers) + 1,
        }
        if page.shuffled:
            payload["Randomization"] = {"Advanced": None, "Type": "All", "TotalRandSubset": ""}
        return payload

    def words(self, entry: Field, spoken: str) -> str:
        measure = f" ({entry.measure[spoken]})" if entry.measure else ""
        hint = f"<br><em>{_html(entry.help[spoken])}</em>" if entry.help else ""
        return _html(entry.text[spoken] + measure) + hint

    def next_flow(self) -> str:
        self.flows += 1
        return f"FL_{self.flows}"

    def flow(self, blocks: Sequence[Json]) -> Json:
        """Constants first, then blocks; conditions are branches, pages that change places stand in randomizers."""
        entries: list[Json] = [
            {
                "Type": "EmbeddedData",
                "FlowID": self.next_flow(),
                "EmbeddedData": [
                    {
                        "Description": name,
                        "Type": "Custom",
                        "Field": name,
                        "VariableType": "String",
                        "DataVisibility": [],
                        "AnalyzeText": False,
                        "Value": value,
                    }
                    for name, value in self.sheet.hidden.items()
                ],
            }
        ]
        random: dict[str, list[Json]] = {}
        for page, block in zip(self.sheet.pages, blocks, strict=True):
            kind = "Block" if block["Type"] == "Default" else "Standard"
            shown: Json = {"Type": kind, "ID": block["ID"], "FlowID": self.next_flow(), "Autofill": []}
            if page.block and page.block in random:
                random[page.block].append(shown)
                continue
            if page.block:
                random[page.block] = [shown]
                shown = {
                    "Type": "BlockRandomizer",
                    "FlowID": self.next_flow(),
                    "SubSet": 0,
                    "EvenPresentation": False,
                    "Flow": random[page.block],
                }
            entries.append(shown if page.only_if is None else self.branch(page.only_if, [shown]))
            if (consent := next((e for e in page.fields if e.kind == "consent"), None)) is not None:
                declined = tuple(a.code for a in consent.answers if a.code != ACCEPTED)
                end: Json = {"Type": "EndSurvey", "FlowID": self.next_flow()}
                entries.append(self.branch(Condition(consent.id, declined), [end], consent))
        for group in _randomizers(entries):
            group["SubSet"] = len(group["Flow"])
        return {
            "Type": "Root",
            "FlowID": "FL_1",
            "Flow": entries,
            "Properties": {"Count": self.flows, "RemovedFieldsets": []},
        }

    def branch(self, condition: Condition, flow: list[Json], asked: Field | None = None) -> Json:
        """A branch for those who gave one of the answers."""
        field = asked or next((e for e in self.sheet.fields if e.id == condition.field), None)
        if field is None or condition.field not in self.numbers:
            return flow[0]
        id = self.numbers[condition.field]
        places = {answer.code: number for number, answer in enumerate(field.answers, 1)}
        terms: Json = {}
        for number, code in enumerate(condition.codes):
            locator = f"q://{id}/SelectableChoice/{places[code]}"
            terms[str(number)] = {
                "LogicType": "Question",
                "QuestionID": id,
                "QuestionIsInLoop": "no",
                "ChoiceLocator": locator,
                "Operator": "Selected",
                "QuestionIDFromLocator": id,
                "LeftOperand": locator,
                "Type": "Expression",
                **({"Conjuction": "Or"} if number else {}),
            }
        logic = {"0": {**terms, "Type": "If"}, "Type": "BooleanExpression"}
        return {
            "Type": "Branch",
            "FlowID": self.next_flow(),
            "Description": "New Branch",
            "BranchLogic": logic,
            "Flow": flow,
        }


def _randomizers(entries: Sequence[Json]) -> list[Json]:
    found = []
    for entry in entries:
        inner = entry.get("Flow", []) if entry["Type"] == "Branch" else [entry]
        found += [part for part in inner if part["Type"] == "BlockRandomizer"]
    return found


def _displayed(texts: Sequence[str]) -> dict[str, Json]:
    return {str(number): {"Display": _html(text)} for number, text in enumerate(texts, 1)}


def _order(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


def _recoded(entry: Field) -> Mapping[str, str]:
    return {str(number): str(answer.code) for number, answer in enumerate(entry.answers, 1)}


def _code(language: str) -> str:
    """Qualtrics' code of a language."""
    return language.upper()


def _html(text: str) -> str:
    """Text as HTML in which no ``${`` is piped text."""
    return " ".join(escape(text, quote=False).replace("${", "$ {").split())
