"""Files for survey tools: outside validators where they are there, a grammar of our own and stored files always."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from golden import stored
from survey_interviews import PLANS

from comply_measure.errors import ComplyError, InputError
from comply_measure.survey import (
    Sheet,
    SurveyPlan,
    export_survey,
    load_survey,
    survey_files,
    survey_sheet,
    survey_sheets,
)
from comply_measure.survey.drawn import drawn
from comply_measure.survey.export import TOOLS
from comply_measure.survey.names import grid_names, limesurvey_names, redcap_names

FIELDED = PLANS.parent.parent / "instrument" / "fielded_scale.yaml"
NODE = (Path(__file__).parent.parent.parent / ".validators" / "node_modules", Path("/usr/lib/node_modules"))


def fielded(folder: Path, form: str, extra: str = "") -> SurveyPlan:
    """A plan of the scale with stages, pairs and sections."""
    shutil.copyfile(FIELDED, folder / "fielded_scale.yaml")
    path = folder / "plan.yaml"
    path.write_text(
        f"format: comply-measure survey 1\nkey: relation\nversion: '1'\ntitle: {{en: R, de: B}}\n"
        f"scales: [fielded_scale.yaml]\nform: {form}\ncontact: Ann\ncodes: {{symbols: 3}}\n{extra}",
        encoding="utf-8",
    )
    return load_survey(path)


def test_stored_files_are_those_of_today() -> None:
    for path, content in stored():
        assert path.read_bytes() == content, f"{path.name}: python tests/survey/golden.py writes it anew"


def test_every_tool_writes_a_file_per_role_and_language(plan: SurveyPlan, tmp_path: Path) -> None:
    written = export_survey(plan, tmp_path / "out")
    for key, tool in TOOLS.items():
        names = sorted(path.name for path in written.files if path.parent.name == key)
        ends = [""] if tool.every_language else ["_de", "_en"]
        wanted = [f"meetings_{role}{end}{tool.suffix}" for role in ("buyer", "seller") for end in ends]
        paper = ["meetings_buyer_entry.csv", "meetings_seller_entry.csv"] if key in ("print", "word") else []
        assert names == sorted(wanted + paper + (["meetings_all_roles.xlsx"] if key == "xlsform" else []))
    assert any("drawn once" in note for note in written.notes)
    with pytest.raises(InputError, match="the file exists"):
        export_survey(plan, tmp_path / "out", ["redcap"])
    with pytest.raises(ComplyError, match="did you mean 'limesurvey'"):
        survey_files(plan, "limesurvy")
    with pytest.raises(ComplyError, match="unknown role"):
        survey_files(plan, "redcap", ["byer"])
    with pytest.raises(ComplyError, match="unknown language"):
        survey_files(plan, "redcap", None, ["fr"])


@pytest.mark.parametrize("tool", TOOLS)
def test_every_file_holds_every_text_and_the_same_bytes_again(plan: SurveyPlan, tool: str) -> None:
    first, again = (survey_files(plan, tool) for _ in range(2))
    assert {name: content for name, content in first.items() if tool != "xlsform"} == {
        name: content for name, content in again.items() if tool != "xlsform"
    }
    for sheet in survey_sheets(plan):
        for name, content in first.items():
            if f"_{sheet.role}" not in name or name.endswith("_entry.csv"):
                continue
            text = _readable(content)
            spoken = [name.rpartition("_")[2][:2]] if not TOOLS[tool].every_language else ["en", "de"]
            for language in spoken:
                for field in sheet.fields:
                    assert _bare(field.text[language]) in text, (name, field.id, language)
                    for answer in field.answers:
                        assert _bare(answer.shown(language)) in text, (name, field.id, answer.code)


def _bare(text: str) -> str:
    """Letters and digits alone: escapes differ between formats."""
    return "".join(sign for sign in text.replace("50%", "50").replace("50 %", "50") if sign.isalnum())


def _readable(content: bytes) -> str:
    from html import unescape

    if content[:2] == b"PK":
        with ZipFile(io.BytesIO(content)) as book:
            parts = [book.read(name).decode() for name in book.namelist() if name.endswith(".xml")]
        text = re.sub(r"<[^>]+>", "", " ".join(parts))
    else:
        text = content.decode()
        if text.startswith("{"):
            text = json.dumps(json.loads(text), ensure_ascii=False)
        text = text.replace("\\u003c", "<")
    return _bare(re.sub("%|&#37;", "", unescape(unescape(text)).replace("\\n", "")))


# XLSForm


def sheets_of(content: bytes) -> dict[str, list[dict[str, Any]]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True)
    found = {}
    for name in book.sheetnames:
        rows = [list(row) for row in book[name].iter_rows(values_only=True)]
        found[name] = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
    return found


def xlsform_faults(content: bytes) -> list[str]:
    """A grammar of our own: groups close, choices exist, names differ in a group, references are known."""
    book = sheets_of(content)
    faults: list[str] = []
    lists = {row["list_name"] for row in book["choices"]}
    open_groups: list[str] = []
    names: set[tuple[str, ...]] = set()
    for row in book["survey"]:
        kind, name = str(row["type"]), str(row["name"])
        if kind == "end_group":
            if not open_groups or open_groups.pop() != name:
                faults.append(f"group {name} closes out of order")
            continue
        if (*open_groups, name) in names:
            faults.append(f"{name} twice in {open_groups}")
        names.add((*open_groups, name))
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
            faults.append(f"bad name {name}")
        if kind.startswith(("select_one ", "select_multiple ")) and kind.split()[1] not in lists:
            faults.append(f"{name}: no list {kind.split()[1]}")
        if kind == "begin_group":
            open_groups.append(name)
        faults += [
            f"{name}: relevant names /{path}, which is not before it"
            for path in re.findall(r"/data/([\w/]+)", str(row.get("relevant") or ""))
            if tuple(path.split("/")) not in names
        ]
    return faults + [f"group {name} is open" for name in open_groups]


def test_xlsforms_keep_their_grammar(plan: SurveyPlan, three_forms: SurveyPlan, tmp_path: Path) -> None:
    for one in (plan, three_forms, *(fielded(tmp_path, form) for form in ("full", "journey", "dyad"))):
        for name, content in survey_files(one, "xlsform").items():
            assert xlsform_faults(content) == [], name


def test_an_xlsform_says_who_sees_what(plan: SurveyPlan) -> None:
    files = survey_files(plan, "xlsform")
    survey = {
        row["name"]: row
        for row in sheets_of(files["meetings_buyer.xlsx"])["survey"]
        if row["type"] != "end_group"
    }
    assert survey["p03"]["relevant"] == "/data/p01/consent_given = 1"
    assert survey["p05"]["relevant"] == (
        "/data/p01/consent_given = 1 and (/data/p04/online = '2' or /data/p04/online = 'n3')"
    )
    assert survey["site_size"]["constraint"] == ". >= 1 and . <= 5000"
    assert survey["role"]["calculation"] == "'buyer'"
    assert survey["survey_version"]["calculation"] == f"'{survey_sheet(plan, 'buyer').stamp}'"
    assert survey["Talk_3"]["label::Deutsch (de)"] == "Wir im Einkauf sprechen zuerst."
    together = sheets_of(files["meetings_all_roles.xlsx"])
    groups = {row["name"]: row["relevant"] for row in together["survey"] if row["type"] == "begin_group"}
    assert groups["role_buyer"] == "${role} = 'buyer'" and groups["role_seller"] == "${role} = 'seller'"
    assert sum(row["name"] == "Ord_1" for row in together["survey"]) == 2


def test_pyxform_and_odk_validate_take_the_xlsforms(plan: SurveyPlan, tmp_path: Path) -> None:
    convert = pytest.importorskip(
        "pyxform.xls2xform", reason="pyxform is not installed, which checks XLSForms from outside"
    ).convert
    java = shutil.which("java") is not None
    for number, (name, content) in enumerate(survey_files(plan, "xlsform").items()):
        # ODK Validate, which pyxform brings, needs Java; it takes seconds, so that one form of each kind is enough.
        result = convert(io.BytesIO(content), validate=java and number > 0, file_type=".xlsx")
        assert not result.warnings, (name, result.warnings)
        form = ElementTree.fromstring(result.xform.replace('xmlns="http://www.w3.org/2002/xforms"', ""))
        languages = {entry.get("lang") for entry in form.iter("translation")}
        assert languages == {"English (en)", "Deutsch (de)"}


# LimeSurvey


def limesurvey_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter="\t"))


def limesurvey_faults(rows: list[dict[str, str]]) -> list[str]:
    """The manual's grammar: classes in order, codes of letters and digits, unique, the same rows in every language."""
    faults: list[str] = []
    by_language: dict[str, list[tuple[str, str, str]]] = {}
    codes: dict[str, set[str]] = {}
    before = ""
    for row in rows:
        kind, name, language = row["class"], row["name"], row["language"]
        if kind not in {"S", "SL", "G", "Q", "SQ", "A"}:
            faults.append(f"class {kind}")
        if kind == "Q":
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", name):
                faults.append(f"code {name}")
            if name.casefold() in codes.setdefault(language, set()):
                faults.append(f"code {name} twice in {language}")
            codes[language].add(name.casefold())
            if row["type/scale"] not in "LMNSTFX*":
                faults.append(f"type {row['type/scale']}")
        if kind in {"SQ", "A"} and before not in {"Q", "SQ", "A"}:
            faults.append(f"{kind} {name} follows {before}")
        if kind == "A" and not re.fullmatch(r"[A-Za-z0-9]{1,5}", name):
            faults.append(f"answer code {name}")
        if kind in {"G", "Q", "SQ", "A"}:
            by_language.setdefault(language, []).append(
                (kind, row["type/scale"], name if kind != "G" else "")
            )
            if "{" in row["text"]:
                faults.append(f"an expression in the text of {name}")
        if kind == "Q" and any(
            word not in codes[language] for word in re.findall(r"(\w+)\.NAOK", row["relevance"])
        ):
            faults.append(f"relevance of {name}")
        before = kind
    first, *others = by_language.values()
    return faults + ["languages differ" for other in others if other != first]


def test_limesurvey_files_keep_their_grammar(
    plan: SurveyPlan, three_forms: SurveyPlan, tmp_path: Path
) -> None:
    for one in (
        plan,
        three_forms,
        *(fielded(tmp_path, form) for form in ("full", "journey", "dyad")),
        load_survey("comply_smsc"),
    ):
        for name, content in survey_files(one, "limesurvey").items():
            assert limesurvey_faults(limesurvey_rows(content)) == [], name


def test_names_of_tools_are_different_and_allowed() -> None:
    ids = ["C_dig_1", "Cdig_1", "C_dig1", "1x", "A" * 30, "A" * 31, "C_dig_1"]
    lime, redcap = limesurvey_names(ids), redcap_names(ids)
    assert lime == {
        "C_dig_1": "Cdig1",
        "Cdig_1": "Cdig12",
        "C_dig1": "Cdig13",
        "1x": "x1x",
        "A" * 30: "A" * 20,
        "A" * 31: "A" * 19 + "2",
    }
    assert redcap["C_dig_1"] == "c_dig_1" and redcap["Cdig_1"] == "cdig_1" and len({*redcap.values()}) == 6


# Qualtrics


def advanced_text(content: bytes) -> list[tuple[str, str]]:
    """Tags and the lines below them."""
    found: list[tuple[str, str]] = []
    for line in content.decode().splitlines():
        if tag := re.fullmatch(r"\[\[(.+)\]\]", line):
            found.append((tag[1], ""))
        elif line:
            assert found and "[[" not in line, line
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def test_qualtrics_text_keeps_its_grammar(plan: SurveyPlan) -> None:
    sheet = survey_sheet(plan, "seller")
    tags = advanced_text(survey_files(plan, "qualtrics", ["seller"], ["de"])["meetings_seller_de.txt"])
    assert tags[0] == ("AdvancedFormat", "")
    assert [name.split(":", 1)[1] for name, _ in tags if name.startswith("ED:")] == [
        "role:seller",
        f"survey_version:{sheet.stamp}",
        "language:de",
    ]
    kinds = {
        "Question:DB",
        "Question:MC:SingleAnswer:Vertical",
        "Question:MC:MultipleAnswer:Vertical",
        "Question:Matrix:SingleAnswer",
        "Question:TE:SingleLine",
        "Question:TE:Essay",
    }
    ids: list[str] = []
    for place, (name, text) in enumerate(tags):
        if name.startswith("Question:"):
            assert name in kinds and tags[place + 1][0].startswith("ID:") and tags[place + 1][1]
            ids.append(tags[place + 1][0].removeprefix("ID:"))
        elif name.startswith(("Choice:", "Answer:")):
            assert text and re.fullmatch(r"(Choice|Answer):-?\d+", name)
    assert len(set(ids)) == len(ids)
    names = [name for page in sheet.pages for name in grid_names(page)]
    assert [id for id in ids if not id.endswith("_text")] == names
    matrix = next(place for place, (name, _) in enumerate(tags) if name == "ID:p07a")
    shown = [(name, text) for name, text in tags[matrix : matrix + 13]]
    assert [name for name, _ in shown[1:]] == [
        "AdvancedChoices",
        *(f"Choice:{n}" for n in (1, 2, 3)),
        "AdvancedAnswers",
        *(f"Answer:{n}" for n in (1, 2, 3, 4, 5, 99)),
        shown[-1][0],
    ]


def test_qualtrics_survey_files_keep_their_grammar(plan: SurveyPlan, tmp_path: Path) -> None:
    for one in (plan, fielded(tmp_path, "dyad"), fielded(tmp_path, "journey")):
        for sheet in survey_sheets(one):
            content = json.loads(survey_files(one, "qsf", [sheet.role])[f"{sheet.name}.qsf"])
            assert set(content) == {"SurveyEntry", "SurveyElements"}
            elements: dict[str, list[Any]] = {}
            for element in content["SurveyElements"]:
                assert set(element) == {
                    "SurveyID",
                    "Element",
                    "PrimaryAttribute",
                    "SecondaryAttribute",
                    "TertiaryAttribute",
                    "Payload",
                }
                elements.setdefault(element["Element"], []).append(element["Payload"])
            questions = {entry["QuestionID"]: entry for entry in elements["SQ"]}
            assert len(questions) == len(elements["SQ"])
            blocks = {
                block["ID"]: [part["QuestionID"] for part in block["BlockElements"]]
                for block in elements["BL"][0]
            }
            assert [id for ids in blocks.values() for id in ids] == list(questions)
            flow = elements["FL"][0]
            shown: list[str] = []
            flows: list[str] = []

            def walk(
                entry: Any, shown: list[str] = shown, flows: list[str] = flows, questions: Any = questions
            ) -> None:
                flows.append(entry["FlowID"])
                if entry["Type"] in ("Block", "Standard"):
                    shown.append(entry["ID"])
                if entry["Type"] == "Branch":
                    for term in entry["BranchLogic"]["0"].values():
                        if isinstance(term, dict):
                            _, _, id, _, choice = term["LeftOperand"].split("/")
                            assert choice in questions[id]["Choices"]
                if entry["Type"] == "BlockRandomizer":
                    assert entry["SubSet"] == len(entry["Flow"])
                for inner in entry.get("Flow", []):
                    walk(inner)

            walk(flow)
            assert shown == list(blocks) and len(set(flows)) == len(flows)
            tags = [
                tag
                for entry in questions.values()
                for tag in (entry.get("ChoiceDataExportTags") or {"": entry["DataExportTag"]}).values()
            ]
            assert {field.id for field in sheet.fields} <= set(tags) and len(set(tags)) == len(tags)
            for entry in questions.values():
                if entry["QuestionType"] in ("MC", "Matrix"):
                    answers = entry["Answers" if entry["QuestionType"] == "Matrix" else "Choices"]
                    assert list(entry["RecodeValues"]) == list(answers)
                    assert set(entry["Language"]) == {"DE"}
                    assert list(entry["Language"]["DE"]["Choices"]) == list(entry["Choices"])


def test_refusing_consent_and_random_pages_are_in_the_flow(plan: SurveyPlan) -> None:
    content = json.loads(survey_files(plan, "qsf", ["buyer"])["meetings_buyer.qsf"])
    flow = next(e["Payload"]["Flow"] for e in content["SurveyElements"] if e["Element"] == "FL")
    assert {entry["Field"]: entry["Value"] for entry in flow[0]["EmbeddedData"]} == survey_sheet(
        plan, "buyer"
    ).hidden
    assert flow[2]["Type"] == "Branch" and flow[2]["Flow"][0]["Type"] == "EndSurvey"
    assert flow[2]["BranchLogic"]["0"]["0"]["LeftOperand"] == "q://QID2/SelectableChoice/2"
    random = next(entry for entry in flow if entry["Type"] == "BlockRandomizer")
    assert [entry["ID"] for entry in random["Flow"]] == ["BL_p07", "BL_p08"]


# SurveyJS


def test_surveyjs_models_keep_their_grammar(plan: SurveyPlan) -> None:
    sheet = survey_sheet(plan, "buyer")
    model = json.loads(survey_files(plan, "surveyjs", ["buyer"])["meetings_buyer.json"])
    kinds = {"matrix", "radiogroup", "checkbox", "text", "comment", "html", "panel"}

    def elements(part: Any) -> Any:
        for entry in part.get("elements", []):
            yield entry
            yield from elements(entry)

    found = [entry for page in model["pages"] for entry in elements(page)]
    assert {entry["type"] for entry in found} <= kinds
    asked = [row["value"] for entry in found for row in entry.get("rows", [])]
    asked += [entry["name"] for entry in found if entry["type"] not in ("matrix", "html", "panel")]
    assert sorted(asked) == sorted(field.id for field in sheet.fields)
    assert {value["name"] for value in model["calculatedValues"]} == {*sheet.hidden, "language"}
    tools = next(page for page in model["pages"] if page.get("visibleIf"))
    assert tools["visibleIf"] == "{online} anyof [2, -3]"
    block = next(page for page in model["pages"] if page["name"].startswith("block_"))
    assert block["questionsOrder"] == "random" and [part["name"] for part in block["elements"]] == [
        "p07",
        "p08",
    ]


SURVEY_CORE = """
const S = require("survey-core"), fs = require("fs");
const out = [];
for (const file of process.argv.slice(1)) {
  for (const locale of ["", "de"]) {
    const m = new S.Model(JSON.parse(fs.readFileSync(file)));
    m.locale = locale;
    m.focusOnFirstError = false; m.scrollElementToTop = () => false;  // there is no page to scroll
    const errors = (m.jsonErrors || []).map((e) => String(e.message || e));
    const first = m.validate(false);  // all pages; tryComplete looks at the one that is shown
    m.setValue("consent_given", 1); m.setValue("code", "12345-9");
    const wrong = m.validate(false);
    const regex = m.getQuestionByName("code").validators[0].regex;
    m.setValue("code", regex.replace("^[0-9A-Za-z]{5}", "ABCDE").replace("$", ""));
    for (const q of m.getAllQuestions()) {
      if (q.getType() === "matrix") q.value = Object.fromEntries(q.rows.map((r) => [r.value, q.columns[0].value]));
      if (q.name === "online") q.value = -3;
    }
    const tools = m.getQuestionByName("tools").isVisible;
    out.push({errors, first, wrong, done: m.validate(false) && m.tryComplete(), tools, data: m.data,
      text: m.getQuestionByName("online").processedTitle});
  }
}
console.log(JSON.stringify(out));
"""


def test_survey_core_takes_the_models(plan: SurveyPlan, tmp_path: Path) -> None:
    folder = next((path for path in NODE if (path / "survey-core").is_dir()), None)
    if shutil.which("node") is None or folder is None:
        pytest.skip(
            "node or survey-core is not installed (make validators), which checks SurveyJS models from outside"
        )
    sheets = survey_sheets(plan)
    paths = []
    for sheet in sheets:
        path = tmp_path / f"{sheet.name}.json"
        path.write_bytes(survey_files(plan, "surveyjs", [sheet.role])[path.name])
        paths.append(str(path))
    done = subprocess.run(
        ["node", "-e", SURVEY_CORE, *paths],
        capture_output=True,
        text=True,
        check=False,
        env={"NODE_PATH": str(folder), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    for sheet, pair in zip(sheets, zip(results[::2], results[1::2], strict=True), strict=True):
        for language, result in zip(("en", "de"), pair, strict=True):
            assert result["errors"] == []
            assert (result["first"], result["wrong"], result["done"]) == (False, False, True)
            assert result["tools"] is True
            assert {name: result["data"][name] for name in sheet.hidden} == sheet.hidden
            assert result["data"]["language"] == language
            assert result["text"] == next(f.text[language] for f in sheet.fields if f.id == "online")
            rated = {id for value in result["data"].values() if isinstance(value, dict) for id in value}
            assert rated == {field.id for field in sheet.fields if field.kind == "rating"}


# REDCap, SoSci Survey


def redcap_faults(content: bytes) -> list[str]:
    """What REDCap demands of a dictionary: names, types, choices, matrices that stand together and offer the same."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    faults = [f"{len(row)} columns" for row in rows if len(row) != 18]
    fields = rows[1:]
    matrices: dict[str, str] = {}
    names: set[str] = set()
    last = ""
    for row in fields:
        name, kind, choices, logic, matrix = row[0], row[3], row[5], row[11], row[15]
        if not re.fullmatch(r"[a-z]([a-z0-9_]*[a-z0-9])?", name) or "__" in name or name in names:
            faults.append(f"name {name}")
        if kind not in {"text", "notes", "radio", "checkbox", "descriptive"}:
            faults.append(f"type {kind}")
        if (kind in {"radio", "checkbox"}) != bool(choices):
            faults.append(f"choices of {name}")
        if any(not re.match(r"-?\d+, \S", choice) for choice in choices.split(" | ") if choices):
            faults.append(f"choices of {name}: {choices}")
        if any(field not in names for field in re.findall(r"\[(\w+)\]", logic)):
            faults.append(f"logic of {name} names a field that is not before it")
        if matrix:
            if matrix in matrices and (last != matrix or matrices[matrix] != choices):
                faults.append(f"matrix {matrix} is torn")
            matrices[matrix] = choices
        names.add(name)
        last = matrix
    return faults


def test_redcap_dictionaries_keep_their_grammar(plan: SurveyPlan, tmp_path: Path) -> None:
    for one in (plan, fielded(tmp_path, "dyad"), fielded(tmp_path, "journey"), load_survey("comply_smsc")):
        for name, content in survey_files(one, "redcap").items():
            assert redcap_faults(content) == [], name
    rows = list(
        csv.DictReader(
            io.StringIO(survey_files(plan, "redcap", ["buyer"], ["en"])["meetings_buyer_en.csv"].decode())
        )
    )
    by_name = {row["Variable / Field Name"]: row for row in rows}
    assert rows[0]["Variable / Field Name"] == "record_id"
    assert by_name["role"]["Field Annotation"] == "@HIDDEN-SURVEY @DEFAULT='buyer'"
    assert (
        by_name["tools"]["Branching Logic (Show field only if...)"]
        == "[consent_given] = '1' and ([online] = '2' or [online] = '-3')"
    )


def test_sosci_packages_keep_their_grammar(plan: SurveyPlan, tmp_path: Path) -> None:
    for one in (plan, fielded(tmp_path, "dyad"), load_survey("comply_smsc")):
        for name, content in survey_files(one, "sosci").items():
            root = ElementTree.fromstring(content)
            assert root.tag == "surveyContent" and root.get("version") == "2.4", name
            for section in root.iter("section"):
                numbers = []
                for question in section.findall("question"):
                    kind = question.findtext("class")
                    assert kind in {"mc-matrix", "select", "text", "TextContent"}
                    attributes = {a.get("id"): a.text for a in question.find("attributes.specific") or ()}
                    numbers.append(attributes["id"])
                    items = [
                        item.find("attributes.specific/attr[@id='id']") for item in question.findall("item")
                    ]
                    assert [item.text for item in items if item is not None] == [
                        str(n) for n in range(1, len(items) + 1)
                    ]
                    if kind == "mc-matrix":
                        labels = question.findall("labels/li")
                        assert [label.get("i") for label in labels] == [
                            str(n) for n in range(1, len(labels) + 1)
                        ]
                        assert attributes["scale.niveau"] == str(len(labels))
                assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


# One drawn order


def test_a_drawn_order_is_the_same_again_and_moves_only_what_may_move(
    plan: SurveyPlan, tmp_path: Path
) -> None:
    sheet = survey_sheet(fielded(tmp_path, "dyad", "order: {items: random, seed: 5}\n"), "buyer")
    fixed = drawn(sheet)
    assert fixed == drawn(sheet)
    assert sorted(page.key for page in fixed.pages) == sorted(page.key for page in sheet.pages)
    for page, old in zip(fixed.pages, sheet.pages, strict=True):
        if not old.block:
            assert page.key == old.key
    by_key = {page.key: page for page in sheet.pages}
    for page in fixed.pages:
        groups, before = list(page.grids()), list(by_key[page.key].grids())
        assert [set(group) for group in groups] == [set(group) for group in before]
    orders = set()
    for seed in range(30):
        one: Sheet = drawn(
            survey_sheet(fielded(tmp_path, "dyad", f"order: {{items: random, seed: {seed}}}\n"), "buyer")
        )
        orders.add(tuple(entry.id for entry in one.fields))
    assert len(orders) == 2 * 2 * 2  # two pages of two items each
