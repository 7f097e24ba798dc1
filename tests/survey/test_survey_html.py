"""The questionnaire in one file: filled by a browser for two roles and both languages, and read back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from survey_interviews import interviews_of

from comply_measure.survey import SurveyPlan, read_survey, survey_files, survey_sheet

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed, which fills the questionnaire as an informant would"
)
DRIVE = (Path(__file__).parent / "drive.js").read_text(encoding="utf-8")


def driven(
    plan: SurveyPlan, role: str, answers: dict[str, Any], language: str, folder: Path, form: str = ""
) -> dict[str, Any]:
    """What the page says after it was filled through its controls."""
    name = f"{survey_sheet(plan, role, form).name}.html"
    page = survey_files(plan, "html", [role])[name].decode()
    wanted = json.dumps({"answers": answers, "language": language}).replace("<", "\\u003c")
    script = f'<script type="application/json" id="wanted">{wanted}</script><script>{DRIVE}</script></body>'
    path = folder / f"{role}_{language}.html"
    path.write_text(page.replace("</body>", script), encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=8000",
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None and found[1], done.stderr[-2000:]
    result: dict[str, Any] = json.loads(unescape(found[1]))
    return result


@needs_browser
def test_a_browser_fills_it_for_two_roles_in_both_languages(plan: SurveyPlan, tmp_path: Path) -> None:
    interviews = interviews_of(plan, n_units=2, seed=4)
    saved = tmp_path / "saved"
    saved.mkdir()
    expected = {}
    for role in ("buyer", "seller"):
        for one, language in zip(interviews[role, ""], ("en", "de"), strict=True):
            sheet = survey_sheet(plan, role)
            answers = {field.id: one[field.id] for field in sheet.fields if field.id in one}
            typed = answers | {"code": f" {answers['code'].lower()} "}
            result = driven(plan, role, typed, language, tmp_path)
            assert "saved" in result, result
            assert {page["lang"] for page in result["seen"][1:]} == {language}
            shown = [id for page in result["seen"] for id in page["page"] if id]
            led_past = one.get("online") not in (2, -3)
            assert set(shown) == {field.id for field in sheet.fields} - ({"tools"} if led_past else set())
            (saved / f"{role}_{language}.json").write_text(json.dumps(result["saved"]), encoding="utf-8")
            expected[answers["code"].split("-")[0], role] = (language, answers, led_past)
    read = read_survey(plan, saved)
    assert len(read.table) == 4 and read.notes == ()
    for row in read.table.to_dict("records"):
        language, answers, led_past = expected[row["unit"], row["role"]]
        assert (row["language"], row["finished"]) == (language, 1)
        for field in survey_sheet(plan, row["role"]).fields:
            if field.kind in ("code", "consent"):
                continue
            value = answers.get(field.id)
            for name in field.variables:
                if field.kind != "several":
                    wanted = float(value) if isinstance(value, int) else value
                else:
                    wanted = None if value is None else float(int(name.rpartition("_")[2]) in value)
                assert (None if row[name] != row[name] or row[name] is None else row[name]) == wanted, (
                    row["role"],
                    name,
                )


@needs_browser
def test_orders_differ_between_informants_and_stay_with_one(plan: SurveyPlan, tmp_path: Path) -> None:
    codes = [one["code"] for one in interviews_of(plan, n_units=4)["buyer", ""]]
    orders = []
    for code in [*codes, codes[0]]:
        seen = driven(plan, "buyer", {"consent_given": 1, "code": code}, "en", tmp_path)["seen"]
        orders.append(tuple(id for page in seen for id in page["page"] if id))
    assert orders[0] == orders[-1] and len(set(orders)) > 2
    assert len({frozenset(order) for order in orders}) == 1


@needs_browser
def test_what_is_wrong_is_told_and_who_declines_is_let_go(plan: SurveyPlan, tmp_path: Path) -> None:
    code = interviews_of(plan)["buyer", ""][0]["code"]
    wrong = driven(plan, "buyer", {"consent_given": 1, "code": "X" + code[1:]}, "en", tmp_path)
    assert "not a code of an invitation" in wrong["problems"] and len(wrong["seen"]) == 2
    large = driven(plan, "buyer", {"consent_given": 1, "code": code, "site_size": 9999}, "en", tmp_path)
    assert "a number from 1 to 5000" in large["problems"]
    blank = driven(plan, "buyer", {"code": code}, "de", tmp_path)
    assert "Bitte beantworten Sie diese Frage." in blank["problems"]
    declined = driven(plan, "buyer", {"consent_given": 2}, "en", tmp_path)
    assert "Nothing has been saved" in declined["ended"] and len(declined["seen"]) == 1


def test_the_page_needs_no_network_and_nothing_of_others(plan: SurveyPlan) -> None:
    for content in survey_files(plan, "html").values():
        page = content.decode()
        assert "default-src 'none'" in page
        assert not re.search(r"https?://|src=|@import|url\(|fetch\(|XMLHttpRequest|innerHTML|eval\(", page)
        model = re.search(r'<script type="application/json" id="model">(.*?)</script>', page, re.DOTALL)
        assert model is not None and "<" not in model[1]
        assert page.count("<script") == 2


def test_printed_pages_need_no_network_either(plan: SurveyPlan) -> None:
    files = survey_files(plan, "print")
    pages = [content.decode() for name, content in files.items() if name.endswith(".html")]
    assert (len(pages), len(files)) == (4, 6)  # per role a table to type the answers into, too
    for page in pages:
        assert "default-src 'none'" in page and "<script" not in page
        assert not re.search(r"https?://|src=|@import|url\(", page)
        ids = re.findall(r'<tr id="(\w+)"|<div class="question" id="(\w+)"', page)
        assert len(ids) == len(set(ids)) >= 12
        assert "(online)" not in page and "online" in page
