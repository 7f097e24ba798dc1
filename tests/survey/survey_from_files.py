"""What survey tools return to the files they were given: names, codes and places are those of the exported file.

A question is found by its English wording, as an informant finds it, and by no rule of the package: where an exported
file names a column otherwise than the tool will, nothing comes back. Each function takes the exported file and
interviews (wording -> label, labels in a list, number or text; ``None`` for no answer) and gives what the tool returns.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import openpyxl

Interview = Mapping[str, Any]
Columns = list[tuple[str, Callable[[Interview], Any]]]


def plain(text: str) -> str:
    """A wording without the markup and blanks that tools add."""
    for mark, sign in (
        ("&nbsp;", " "),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&#39;", "'"),
    ):
        text = text.replace(mark, sign)
    return " ".join(text.split())


def table(
    columns: Columns, interviews: Sequence[Interview], *more: Sequence[str], delimiter: str = ","
) -> bytes:
    """A header, further header rows, a row per interview."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow([name for name, _ in columns])
    writer.writerows(more)
    writer.writerows(
        [["" if (cell := get(one)) is None else cell for _, get in columns] for one in interviews]
    )
    return stream.getvalue().encode()


def coded(wording: str, codes: Mapping[str, str]) -> Callable[[Interview], Any]:
    return lambda one: None if one.get(wording) is None else codes[one[wording]]


def ticked(wording: str, label: str, yes: str, no: str) -> Callable[[Interview], Any]:
    return lambda one: yes if label in (one.get(wording) or []) else no


def constant(value: str) -> Callable[[Interview], Any]:
    return lambda one: value


def answered(get: Callable[[Interview], Any]) -> Callable[[Interview], Any]:
    return lambda one: get(one) or -9


def matrix_tick(wording: str, label: str, codes: Mapping[str, str]) -> Callable[[Interview], Any]:
    """A line of a table of no and yes; -9 where the table was left out."""
    return lambda one: codes["yes" if label in one[wording] else "no"] if one.get(wording) else -9


def typed(wording: str) -> Callable[[Interview], Any]:
    return lambda one: one.get(wording)


def odk(content: bytes, interviews: Sequence[Interview]) -> bytes:
    """ODK Central: a column per question, groups before it with ``-``, names of choices, several between blanks."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = [list(row) for row in book["survey"].iter_rows(values_only=True)]
    head, *lines = rows
    english = head.index("label::English (en)")
    choices: dict[str, dict[str, str]] = {}
    for row in list(book["choices"].iter_rows(values_only=True))[1:]:
        if row[0]:
            choices.setdefault(str(row[0]), {})[plain(str(row[2]))] = str(row[1])
    groups: list[str] = []
    columns: Columns = [("SubmissionDate", lambda one: "2026-01-01T10:00:00.000Z")]
    for line in lines:
        kind, name, label = str(line[0] or ""), str(line[1]), plain(str(line[english] or ""))
        path = "-".join([*groups, name])
        if kind.startswith("begin"):
            groups.append(name)
        elif kind.startswith("end_"):
            groups.pop()
        elif kind == "calculate":
            value = str(line[head.index("calculation")]).strip("'")
            columns.append((path, lambda one, value=value: value))
        elif kind.startswith("select_one"):
            columns.append((path, coded(label, choices[kind.split()[1]])))
        elif kind.startswith("select_multiple"):
            codes = choices[kind.split()[1]]
            columns.append(
                (path, lambda one, label=label, codes=codes: " ".join(codes[a] for a in one.get(label) or []))
            )
        elif kind in ("text", "integer", "decimal"):
            columns.append((path, typed(label)))
    columns.append(("KEY", lambda one: f"uuid:{one['#']}"))
    return table(columns, interviews)


def limesurvey(content: bytes, interviews: Sequence[Interview]) -> bytes:
    """LimeSurvey's CSV: questions, ``array[subquestion]``, answer codes, ``Y``; hidden equations as computed."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter="\t"))
    columns: Columns = [
        ("id", lambda one: one["#"]),
        ("submitdate", lambda one: "1980-01-01 00:00:00"),
        ("startlanguage", lambda one: "en"),
    ]
    questions: list[tuple[dict[str, str], list[dict[str, str]], dict[str, str]]] = []
    for row in rows:
        if row["language"] not in ("", "en") and row["class"] in ("Q", "SQ", "A"):
            continue
        if row["class"] == "Q":
            questions.append((row, [], {}))
        elif row["class"] == "SQ":
            questions[-1][1].append(row)
        elif row["class"] == "A":
            questions[-1][2][plain(row["text"])] = row["name"]
    for question, parts, codes in questions:
        kind, name, wording = question["type/scale"], question["name"], plain(question["text"])
        if kind == "*":
            columns.append((name, lambda one, value=question["text"]: value))
        elif kind == "F":
            columns += [(f"{name}[{part['name']}]", coded(plain(part["text"]), codes)) for part in parts]
        elif kind == "M":
            columns += [
                (f"{name}[{part['name']}]", ticked(wording, plain(part["text"]), "Y", "")) for part in parts
            ]
        elif kind in ("L", "!"):
            columns.append((name, coded(wording, codes)))
        elif kind != "X":
            columns.append((name, typed(wording)))
    return table(columns, interviews)


def qualtrics(content: bytes, interviews: Sequence[Interview]) -> bytes:
    """Qualtrics' CSV of a survey file: export tags, three header rows, recoded values, embedded data at the end."""
    elements = json.loads(content)["SurveyElements"]
    columns: Columns = [
        ("ResponseId", lambda one: f"R_{one['#']}"),
        ("Finished", lambda one: 1),
        ("UserLanguage", lambda one: "EN"),
    ]
    for question in (element["Payload"] for element in elements if element["Element"] == "SQ"):
        wording, tag = plain(question["QuestionText"]), question["DataExportTag"]
        shown = question.get("Answers", question.get("Choices", {}))
        recode = question.get("RecodeValues", {})
        codes = {plain(each["Display"]): recode.get(place, place) for place, each in shown.items()}
        if question["QuestionType"] == "Matrix":
            for place, each in question["Choices"].items():
                name = question.get("ChoiceDataExportTags", {}).get(place, f"{tag}_{place}")
                columns.append((name, coded(plain(each["Display"]), codes)))
        elif question["Selector"].startswith("MA"):
            columns.append(
                (
                    tag,
                    lambda one, wording=wording, codes=codes: ",".join(
                        codes[a] for a in one.get(wording) or []
                    ),
                )
            )
        elif question["QuestionType"] == "MC":
            columns.append((tag, coded(wording, codes)))
        elif question["QuestionType"] == "TE":
            columns.append((tag, typed(wording)))
    flow = next(element["Payload"]["Flow"] for element in elements if element["Element"] == "FL")
    for step in flow:
        for entry in step.get("EmbeddedData", []):
            columns.append((entry["Field"], lambda one, value=entry["Value"]: value))
    names = [name for name, _ in columns]
    return table(columns, interviews, names, [json.dumps({"ImportId": name}) for name in names])


def surveyjs(content: bytes, interviews: Sequence[Interview]) -> bytes:
    """The data of a finished model: matrices as objects, values of choices, calculated values that are included."""
    model = json.loads(content)

    def english(text: Any) -> str:
        return plain(text["default"] if isinstance(text, dict) else str(text))

    found = []
    for one in interviews:
        result = {
            value["name"]: value["expression"].strip("'")
            for value in model.get("calculatedValues", [])
            if value.get("includeIntoResult")
        }
        result |= {"language": "en"}
        for entry in (element for page in model["pages"] for element in page["elements"]):
            wording = english(entry.get("title", entry["name"]))
            codes = {
                english(choice["text"]): choice["value"]
                for choice in entry.get("choices", entry.get("columns", []))
            }
            if entry["type"] == "matrix":
                given = {
                    row["value"]: codes[one[english(row["text"])]]
                    for row in entry["rows"]
                    if one.get(english(row["text"])) is not None
                }
                result |= {entry["name"]: given} if given else {}
            elif one.get(wording) is not None:
                value = one[wording]
                several = isinstance(value, list)
                result[entry["name"]] = (
                    [codes[a] for a in value] if several else codes[value] if codes else value
                )
        found.append(result)
    return json.dumps(found).encode()


def redcap(content: bytes, interviews: Sequence[Interview]) -> bytes:
    """REDCap's raw CSV: variable names, ``name___code`` of 0 and 1, ``form_complete``; defaults of action tags."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    columns: Columns = []
    for row in rows:
        name, kind = row["Variable / Field Name"], row["Field Type"]
        wording, tags = plain(row["Field Label"]), row["Field Annotation"]
        choices = [
            part.split(",", 1)
            for part in row["Choices, Calculations, OR Slider Labels"].split("|")
            if kind in ("radio", "dropdown", "checkbox")
        ]
        codes = {plain(label): code.strip() for code, label in choices}
        if name == "record_id":
            columns.append((name, lambda one: one["#"]))
        elif "@DEFAULT" in tags:
            columns.append((name, constant(tags.split("'")[1])))
        elif kind in ("radio", "dropdown"):
            columns.append((name, coded(wording, codes)))
        elif kind == "checkbox":
            columns += [
                (f"{name}___{code}", ticked(wording, label, "1", "0")) for label, code in codes.items()
            ]
        elif kind in ("text", "notes"):
            columns.append((name, typed(wording)))
    columns.append((f"{rows[0]['Form Name']}_complete", lambda one: 2))
    return table(columns, interviews)


def sosci(content: bytes, interviews: Sequence[Interview]) -> bytes:
    """SoSci Survey's CSV: ``AA04_02`` of section, question and item, answers by place, ticks 1 and 2, -9 for none."""
    columns: Columns = [
        ("CASE", lambda one: one["#"]),
        ("LANGUAGE", lambda one: "eng"),
    ]

    def own(node: ElementTree.Element) -> str:
        return next(str(a.text) for a in node.findall("attributes.specific/attr") if a.get("id") == "id")

    for section in ElementTree.fromstring(content).findall("section"):
        for question in section.findall("question"):
            kind, wording = str(question.findtext("class")), plain(question.findtext("title") or "")
            variable = f"{own(section)}{int(own(question)):02d}"
            items = [(own(item), plain(item.findtext("text") or "")) for item in question.findall("item")]
            codes = {plain(label.text or ""): str(label.get("i")) for label in question.findall("labels/li")}
            if kind == "mc-matrix" and set(codes) == {"no", "yes"}:
                columns += [
                    (f"{variable}_{int(number):02d}", matrix_tick(wording, text, codes))
                    for number, text in items
                ]
            elif kind == "mc-matrix":
                columns += [
                    (f"{variable}_{int(number):02d}", answered(coded(text, codes))) for number, text in items
                ]
            elif kind in ("select", "dropdown"):
                columns.append((variable, coded(wording, {text: number for number, text in items})))
            elif kind in ("mc-question", "mc"):
                columns += [
                    (f"{variable}_{int(number):02d}", ticked(wording, text, "2", "1"))
                    for number, text in items
                ]
            elif kind != "TextContent":
                columns.append((f"{variable}_01", typed(wording)))
    columns += [("FINISHED", lambda one: 1)]
    return table(columns, interviews, [name for name, _ in columns], delimiter=";")


#: Export -> end of its file's name, what the tool returns to it, and the end of the returned file's name.
TOOLS: dict[str, tuple[str, Callable[[bytes, Sequence[Interview]], bytes], str]] = {
    "xlsform": (".xlsx", odk, ".csv"),
    "limesurvey": (".txt", limesurvey, ".csv"),
    "qsf": (".qsf", qualtrics, ".csv"),
    "surveyjs": (".json", surveyjs, ".json"),
    "redcap": ("_en.csv", redcap, ".csv"),
    "sosci": ("_en.xml", sosci, ".csv"),
}
