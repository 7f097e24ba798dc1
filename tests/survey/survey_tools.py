"""What survey tools return, written from their documentation: the other side of every round trip.

Each function takes the sheet and the interviews of one role (id -> answer, several answers as a list) and gives a file
name and its content. Nothing of the package's reading is used here.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from comply_measure.survey.formats.sosci import numbered
from comply_measure.survey.names import grid_names, limesurvey_names, plan_ids, redcap_names
from comply_measure.survey.sheet import Field, Sheet

Interview = Mapping[str, Any]
GIVEN = "language"


def as_csv(rows: Iterable[Sequence[Any]], delimiter: str = ",", bom: bool = False) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + stream.getvalue().encode()


def label(field: Field, code: int, language: str) -> str:
    return next(answer.shown(language) for answer in field.answers if answer.code == code)


def choice_name(code: int) -> str:
    return str(code) if code >= 0 else f"n{-code}"


def limesurvey(
    plan: Any, sheet: Sheet, interviews: Sequence[Interview], labels: bool = False
) -> tuple[str, bytes]:
    """Response export as CSV: question codes, ``array[sub]``, codes (or labels), Y for ticks, submitdate."""
    names = limesurvey_names([*plan_ids(plan), *(name for page in sheet.pages for name in grid_names(page))])
    header = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
    cells: list[Callable[[Interview], Any]] = [
        lambda one: one["#"],
        lambda one: "1980-01-01 00:00:00" if one.get("finished", 1) else "",
        lambda one: 7,
        lambda one: one[GIVEN],
        lambda one: 12345,
    ]

    def answer(field: Field) -> Callable[[Interview], Any]:
        def cell(one: Interview) -> Any:
            value = one.get(field.id)
            if value is None:
                return "N/A" if labels else ""
            if field.answers:
                return label(field, value, one[GIVEN]) if labels else choice_name(value)
            return f"{value:.10f}" if field.kind == "number" else value

        return cell

    def tick(field: Field, code: int) -> Callable[[Interview], Any]:
        yes = "Yes" if labels else "Y"
        return lambda one: yes if code in (one.get(field.id) or []) else ""

    for name, value in sheet.hidden.items():
        header.append(names[name])
        cells.append(lambda one, value=value: value)
    for page in sheet.pages:
        for grid, group in grid_names(page).items():
            for field in group:
                if field.kind == "rating":
                    header.append(f"{names[grid]}[{names[field.id]}]")
                    cells.append(answer(field))
                elif field.kind == "several":
                    for one_answer in field.answers:
                        header.append(f"{names[field.id]}[{choice_name(one_answer.code)}]")
                        cells.append(tick(field, one_answer.code))
                else:
                    header.append(names[field.id])
                    cells.append(answer(field))
    rows = [[cell(one) for cell in cells] for one in interviews]
    return f"results-survey{sheet.role}.csv", as_csv([header, *rows], ";" if labels else ",", bom=True)


def qualtrics(
    plan: Any, sheet: Sheet, interviews: Sequence[Interview], labels: bool = False, text_format: bool = False
) -> tuple[str, bytes]:
    """Data export as CSV: three header rows (tags, wordings, ImportId); of the text format, ``p03a_2`` by place."""
    header = [
        "StartDate",
        "EndDate",
        "Status",
        "IPAddress",
        "Progress",
        "Duration (in seconds)",
        "Finished",
        "RecordedDate",
        "ResponseId",
        "DistributionChannel",
        "UserLanguage",
    ]
    meta: list[Callable[[Interview], Any]] = [
        lambda one: "2026-01-01 10:00:00",
        lambda one: "2026-01-01 10:20:00",
        lambda one: "IP Address" if labels else 0,
        lambda one: "*******",
        lambda one: 100 if one.get("finished", 1) else 40,
        lambda one: 1200,
        lambda one: bool(one.get("finished", 1)) if labels else int(one.get("finished", 1)),
        lambda one: "2026-01-01 10:20:01",
        lambda one: f"R_{one['#']}",
        lambda one: "anonymous",
        lambda one: one[GIVEN].upper(),
    ]
    wordings = [
        "Start Date",
        "End Date",
        "Response Type",
        "IP Address",
        "Progress",
        "Duration (in seconds)",
        "Finished",
        "Recorded Date",
        "Response ID",
        "Distribution Channel",
        "User Language",
    ]
    cells = list(meta)

    def answer(field: Field) -> Callable[[Interview], Any]:
        def cell(one: Interview) -> Any:
            value = one.get(field.id)
            if value is None:
                return ""
            if field.kind == "several":
                return ",".join(label(field, code, "en") if labels else str(code) for code in value)
            return label(field, value, "en") if labels and field.answers else value

        return cell

    for page in sheet.pages:
        for grid, group in grid_names(page).items():
            for place, field in enumerate(group, 1):
                rated = field.kind == "rating"
                header.append(f"{grid}_{place}" if rated and text_format else field.id)
                wordings.append(
                    f"{field.stem.get('en', '')} - {field.text['en']}" if rated else field.text["en"]
                )
                cells.append(answer(field))
    for name, value in (sheet.hidden | ({"language": "en"} if text_format else {})).items():
        header.append(name)
        wordings.append(name)
        cells.append(lambda one, value=value: value)
    ids = [json.dumps({"ImportId": f"QID{place}"}) for place in range(len(header))]
    rows = [[cell(one) for cell in cells] for one in interviews]
    return f"{sheet.name}_January 5, 2026.csv", as_csv([header, wordings, ids, *rows], bom=True)


def xlsform(
    plan: Any, sheet: Sheet, interviews: Sequence[Interview], together: bool = False
) -> tuple[str, bytes]:
    """ODK Central's CSV: paths joined by ``-``, selected choices between blanks; language asked in the form."""
    root = f"role_{sheet.role}-" if together else ""
    header = ["SubmissionDate", "start", "end"]
    cells: list[Callable[[Interview], Any]] = [lambda one: "2026-01-01T10:00:00.000Z"] * 3
    for name, value in sheet.hidden.items():
        header.append("role" if together and name == "role" else f"{root}{name}")
        cells.append(lambda one, value=value: value)

    def answer(field: Field) -> Callable[[Interview], Any]:
        def cell(one: Interview) -> Any:
            value = one.get(field.id)
            if value is None:
                return ""
            if field.kind == "several":
                return " ".join(choice_name(code) for code in value)
            return choice_name(value) if field.answers else value

        return cell

    for page in sheet.pages:
        for grid, group in grid_names(page).items():
            for field in group:
                middle = f"{grid}-" if field.kind == "rating" else ""
                header.append(f"{root}{page.key}-{middle}{field.id}")
                cells.append(answer(field))
                if field.kind == "code":
                    header.append(f"{root}{page.key}-language")
                    cells.append(lambda one: one[GIVEN])
    header += ["meta-instanceID", "KEY", "SubmitterID", "ReviewState"]
    cells += [lambda one: f"uuid:{one['#']}"] * 2 + [lambda one: 7, lambda one: ""]
    rows = [[cell(one) for cell in cells] for one in interviews]
    return f"{sheet.name}.csv", as_csv([header, *rows])


def kobo(plan: Any, sheet: Sheet, interviews: Sequence[Interview]) -> tuple[str, bytes]:
    """KoboToolbox: paths joined by ``/``, 0 and 1 per choice beside the whole answer, own ones with ``_``."""
    _, content = xlsform(plan, sheet, interviews)
    rows = list(csv.reader(io.StringIO(content.decode())))
    head = [name.replace("-", "/") for name in rows[0]]
    several = {
        f"{page.key}/{field.id}": field
        for page in sheet.pages
        for field in page.fields
        if field.kind == "several"
    }
    header, out = [], [[] for _ in rows[1:]]
    for place, name in enumerate(head):
        header.append(name)
        for new, row in zip(out, rows[1:], strict=True):
            new.append(row[place])
        if name in several:
            for answer in several[name].answers:
                header.append(f"{name}/{choice_name(answer.code)}")
                for new, row in zip(out, rows[1:], strict=True):
                    given = row[place].split()
                    new.append("" if not given else int(choice_name(answer.code) in given))
    header += ["_id", "_uuid", "_submission_time", "_validation_status", "_index"]
    for number, new in enumerate(out):
        new += [number, "u", "2026-01-01T10:00:00", "", number]
    return f"{sheet.name}_kobo.csv", as_csv([header, *out], ";")


def redcap(
    plan: Any, sheet: Sheet, interviews: Sequence[Interview], labels: bool = False
) -> tuple[str, bytes]:
    """Export as raw data (or labels): small names, ``field___code`` of 0 and 1 (Unchecked, Checked), form_complete."""
    names = redcap_names(["record_id", *(id for id in plan_ids(plan) if id != "record_id")])
    header = ["record_id", "redcap_survey_identifier", f"{sheet.name}_timestamp"]
    cells: list[Callable[[Interview], Any]] = [
        lambda one: one["#"],
        lambda one: "",
        lambda one: "2026-01-01 10:00",
    ]
    for name, value in sheet.hidden.items():
        header.append(names[name])
        cells.append(lambda one, value=value: value)
    header.append("language")
    cells.append(lambda one: one[GIVEN])
    for field in sheet.fields:
        if field.kind == "several":
            for answer in field.answers:
                code = f"_{-answer.code}" if answer.code < 0 else str(answer.code)
                header.append(f"{names[field.id]}___{code}")
                cells.append(
                    lambda one, field=field, code=answer.code: (
                        ("Checked" if labels else 1)
                        if code in (one.get(field.id) or [])
                        else ("Unchecked" if labels else 0)
                    )
                )
        else:
            header.append(names[field.id])
            cells.append(
                lambda one, field=field: (
                    ""
                    if one.get(field.id) is None
                    else label(field, one[field.id], one[GIVEN])
                    if labels and field.answers
                    else one[field.id]
                )
            )
    header.append(f"{sheet.name}_complete")
    cells.append(
        lambda one: (
            ("Complete" if labels else 2) if one.get("finished", 1) else ("Incomplete" if labels else 0)
        )
    )
    rows = [[cell(one) for cell in cells] for one in interviews]
    return f"{sheet.name}_DATA_2026-01-05.csv", as_csv([header, *rows])


def surveyjs(plan: Any, sheet: Sheet, interviews: Sequence[Interview]) -> tuple[str, bytes]:
    """Results as a JSON array: matrices are objects of rows, several answers lists, calculated values included."""
    found = []
    for one in interviews:
        result: dict[str, Any] = dict(sheet.hidden) | {"language": one[GIVEN]}
        for page in sheet.pages:
            for grid, group in grid_names(page).items():
                for field in group:
                    if (value := one.get(field.id)) is None:
                        continue
                    if field.kind == "rating":
                        result.setdefault(grid, {})[field.id] = value
                    else:
                        result[field.id] = value
        found.append(result)
    return f"{sheet.name}.json", json.dumps(found, ensure_ascii=False).encode()


def sosci(plan: Any, sheet: Sheet, interviews: Sequence[Interview]) -> tuple[str, bytes]:
    """Data for spreadsheets: a row of variables, one of wordings, codes by place, -9 unanswered, 1 and 2 for ticks."""
    header = ["CASE", "SERIAL", "REF", "QUESTNNR", "MODE", "LANGUAGE", "STARTED"]
    wordings = [
        "Interview-Nummer (fortlaufend)",
        "Seriennummer",
        "Referenz",
        "Fragebogen",
        "Interview-Modus",
        "Sprache",
        "Zeitpunkt",
    ]
    cells: list[Callable[[Interview], Any]] = [
        lambda one: one["#"],
        lambda one: "",
        lambda one: "",
        lambda one: "base",
        lambda one: "interview",
        lambda one: {"en": "eng", "de": "ger"}[one[GIVEN]],
        lambda one: "2026-01-01 10:00:00",
    ]

    def place(field: Field) -> Callable[[Interview], Any]:
        codes = {answer.code: number for number, answer in enumerate(field.answers, 1)}
        return lambda one: -9 if one.get(field.id) is None else codes[one[field.id]]

    for section, number, name, group in numbered(sheet):
        question = f"{section}{number:02d}"
        for item, field in enumerate(group, 1):
            if field.kind == "several":
                for tick, answer in enumerate(field.answers, 1):
                    header.append(f"{question}_{tick:02d}")
                    wordings.append(f"{name}: {answer.shown('en')}")
                    cells.append(
                        lambda one, field=field, code=answer.code: (
                            -9 if one.get(field.id) is None else 2 if code in one[field.id] else 1
                        )
                    )
            elif field.kind == "rating":
                header.append(f"{question}_{item:02d}")
                wordings.append(f"{name}: {field.text['en']}")
                cells.append(place(field))
            elif field.answers:
                header.append(question)
                wordings.append(field.text["en"])
                cells.append(place(field))
            else:
                header.append(f"{question}_01")
                wordings.append(f"{name}: [01]")
                cells.append(lambda one, field=field: "" if one.get(field.id) is None else one[field.id])
    header += [
        "TIME001",
        "TIME_SUM",
        "MAILSENT",
        "LASTDATA",
        "FINISHED",
        "Q_VIEWER",
        "LASTPAGE",
        "MAXPAGE",
        "MISSING",
        "MISSREL",
    ]
    wordings += [
        "Verweildauer Seite 1",
        "Verweildauer gesamt",
        "Versandzeitpunkt",
        "Zeitpunkt",
        "Wurde die Befragung abgeschlossen",
        "Hat der Teilnehmer",
        "Seite",
        "Letzte Seite",
        "Anteil fehlender",
        "Anteil gewichtet",
    ]
    cells += [
        lambda one: 5,
        lambda one: 600,
        lambda one: "",
        lambda one: "2026-01-01",
        lambda one: one.get("finished", 1),
        lambda one: 0,
        lambda one: 9,
        lambda one: 9,
        lambda one: 0,
        lambda one: 0,
    ]
    rows = [[cell(one) for cell in cells] for one in interviews]
    return f"rdata_{sheet.role}.csv", as_csv([header, wordings, *rows], ";")


def forms(plan: Any, sheet: Sheet, interviews: Sequence[Interview]) -> tuple[str, bytes]:
    """A form rebuilt by hand: questions as headers, labels as answers; the role in the file's name."""
    header = ["Timestamp"]
    cells: list[Callable[[Interview], Any]] = [lambda one: "2026/01/05 10:00:00 AM GMT+1"]
    for field in sheet.fields:
        text = field.text["en"]
        header.append(f"{field.stem['en']} [{text}]" if field.stem else text)
        cells.append(
            lambda one, field=field: (
                ""
                if one.get(field.id) is None
                else ", ".join(label(field, code, "en") for code in one[field.id])
                if field.kind == "several"
                else label(field, one[field.id], "en")
                if field.answers
                else one[field.id]
            )
        )
    rows = [[cell(one) for cell in cells] for one in interviews]
    return f"Survey {sheet.role} (Responses).csv", as_csv([header, *rows])


@dataclass(frozen=True)
class Case:
    """A tool's way of returning answers, and what it cannot say."""

    name: str
    write: Callable[..., tuple[str, bytes]]
    keeps_language: bool = True
    keeps_finished: bool = True
    keeps_version: bool = True


CASES = [
    Case("limesurvey codes", limesurvey),
    Case("limesurvey labels", lambda *given: limesurvey(*given, labels=True)),
    Case("qualtrics codes", qualtrics),
    Case("qualtrics labels", lambda *given: qualtrics(*given, labels=True)),
    Case("qualtrics text format", lambda *given: qualtrics(*given, text_format=True)),
    Case("odk", xlsform, keeps_finished=False),
    Case("odk, all roles", lambda *given: xlsform(*given, together=True), keeps_finished=False),
    Case("kobo", kobo, keeps_finished=False),
    Case("redcap codes", redcap),
    Case("redcap labels", lambda *given: redcap(*given, labels=True)),
    Case("surveyjs", surveyjs, keeps_finished=False),
    Case("sosci", sosci, keeps_version=False),
    Case("forms", forms, keeps_language=False, keeps_finished=False, keeps_version=False),
]
