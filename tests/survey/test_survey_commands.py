"""The command line of surveys, from a plan to a study that is checked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from survey_interviews import KEY, PLANS, interviews_of
from survey_tools import limesurvey, redcap

from comply_measure.cli import main
from comply_measure.pipeline import load_study, study_of_survey
from comply_measure.survey import SurveyPlan, read_survey, survey_sheets

PLAN = str(PLANS / "plan.yaml")


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def returned(plan: SurveyPlan, folder: Path) -> Path:
    folder.mkdir()
    interviews = interviews_of(plan)
    for sheet in survey_sheets(plan):
        name, content = limesurvey(plan, sheet, interviews[sheet.role, ""])
        (folder / name).write_bytes(content)
    return folder


def test_check_and_preview(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("survey", "check", PLAN) == 0
    told = capsys.readouterr().out
    assert "no problems found" in told and "meetings_buyer\tbuyer" in told
    assert call("survey", "preview", PLAN, "--role", "seller", "--language", "de") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t")[:3] == ["page", "id", "kind"]
    assert any("Unsere Kunden sprechen zuerst." in line for line in lines)
    assert call("survey", "preview", PLANS / "three_forms.yaml", "--form", "2") == 0
    assert "Ord_3" not in capsys.readouterr().out
    assert call("survey", "preview", PLANS / "three_forms.yaml", "--matrix") == 0
    assert "Ord_3\torder\tB\t1\t0\t1" in capsys.readouterr().out
    assert call("survey", "list") == 0
    assert capsys.readouterr().out == "comply_smsc\n"


def test_faults_of_a_plan_end_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "format: comply-measure survey 1\nkey: x\nversion: '1'\nscales: [cmply]\n", encoding="utf-8"
    )
    assert call("survey", "check", path) == 2
    told = capsys.readouterr().err
    assert "missing key" in told and "there is no scale" in told and "row 4" in told


def test_codes_and_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "units.csv").write_text("unit,firm\nNorth,A\nSouth,A\n", encoding="utf-8")
    monkeypatch.setenv("COMPLY_SURVEY_KEY", KEY)
    out = tmp_path / "codes.csv"
    assert call("survey", "codes", PLAN, tmp_path / "units.csv", "--out", out) == 0
    assert "4 codes" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert list(table["role"]) == ["buyer", "seller"] * 2 and len(set(table["firm_code"])) == 1
    assert call("survey", "codes", PLAN, tmp_path / "units.csv", "--out", out) == 2
    (tmp_path / "bad.csv").write_text("name,firm\nNorth,A\n", encoding="utf-8")
    assert call("survey", "codes", PLAN, tmp_path / "bad.csv", "--out", tmp_path / "x.csv") == 2
    assert "no column 'unit'" in capsys.readouterr().err
    folder = tmp_path / "field"
    assert (
        call(
            "survey",
            "export",
            PLAN,
            "--out",
            folder,
            "--to",
            "redcap,html",
            "--role",
            "buyer",
            "--language",
            "de",
        )
        == 0
    )
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == [
        "html/meetings_buyer.html",
        "redcap/meetings_buyer_de.csv",
    ]
    assert "one language per project" in capsys.readouterr().out
    assert call("survey", "export", PLAN, "--out", folder, "--to", "redcap,html") == 2


@pytest.mark.parametrize("by", ["survey read", "study new"])
def test_what_was_returned_becomes_a_study(
    plan: SurveyPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    folder = returned(plan, tmp_path / "returned")
    out = tmp_path / "study"
    arguments = (
        ("survey", "read", PLAN, folder) if by == "survey read" else ("study", "new", folder, "--plan", PLAN)
    )
    assert call(*arguments, "--out", out) == 0
    assert "8 interviews of 2 roles in 4 units" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["answers.csv", "meeting.yaml", "study.yaml"]
    assert call("study", "check", out / "study.yaml") == 0
    from comply_measure.pipeline import STEPS

    study = load_study(out / "study.yaml", STEPS, read=True)
    wanted = read_survey(plan, folder).responses()
    pd.testing.assert_frame_equal(study.responses.data, wanted.data)
    pd.testing.assert_frame_equal(study.responses.missing_reason, wanted.missing_reason)
    pd.testing.assert_frame_equal(study.responses.informants, wanted.informants)
    pd.testing.assert_frame_equal(study.responses.units, wanted.units)
    assert call(*arguments, "--out", out) == 2  # nothing is overwritten
    assert "the file exists" in capsys.readouterr().err


def test_planned_missingness_becomes_a_study(three_forms: SurveyPlan, tmp_path: Path) -> None:
    interviews = interviews_of(three_forms, n_units=6)
    files = []
    for sheet in survey_sheets(three_forms):
        name, content = redcap(three_forms, sheet, interviews[sheet.role, sheet.form])
        files.append(tmp_path / name)
        files[-1].write_bytes(content)
    read = read_survey(three_forms, files)
    study_of_survey(read, tmp_path / "study")
    from comply_measure.pipeline import STEPS

    study = load_study(tmp_path / "study" / "study.yaml", STEPS, read=True)
    pd.testing.assert_frame_equal(study.responses.missing_reason, read.responses().missing_reason)
    assert (study.responses.missing_reason == "user_missing").to_numpy().sum() == 16
    assert "planned_form" in study.responses.informants


def test_options_of_reading(plan: SurveyPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = returned(plan, tmp_path / "returned")
    assert call("survey", "read", PLAN, folder, "--out", tmp_path / "a", "--header-rows", "x") == 2
    assert "numbers from 0" in capsys.readouterr().err
    assert call("survey", "read", PLAN, folder, "--out", tmp_path / "a", "--duplicates", "frist") == 2
    assert "did you mean 'first'" in capsys.readouterr().err
    assert call("survey", "read", PLAN, folder, "--out", tmp_path / "a", "--incomplete", "none") == 2
    assert call("survey", "read", PLAN, tmp_path / "nothing.csv", "--out", tmp_path / "a") == 2
    assert not (tmp_path / "a").exists()
