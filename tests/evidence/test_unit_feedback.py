"""Feedback for units: bands, calls and refusals, and what the pages hold."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from comply_measure import framework, load_dataset
from comply_measure.cli import main
from comply_measure.errors import ComplyError
from comply_measure.evidence.feedback import UnitFeedback, band, feedback_of, unit_feedback
from comply_measure.report.feedback import feedback_html, feedback_page, feedback_word
from comply_measure.report.labels import Labels

Found = tuple[dict[str, UnitFeedback], dict[str, str]]


@pytest.fixture(scope="module")
def found() -> Found:
    return unit_feedback(load_dataset("msi_triads"))


def test_bands_never_claim_more_than_the_interval() -> None:
    assert band(1.1, 2.0, -1.0, 1.0) == "upper third"
    assert band(0.9, 2.0, -1.0, 1.0) == "not lower third"
    assert band(-0.9, 0.9, -1.0, 1.0) == "middle third"
    assert band(-2.0, 0.9, -1.0, 1.0) == "not upper third"
    assert band(-3.0, -1.1, -1.0, 1.0) == "lower third"
    assert band(-2.0, 2.0, -1.0, 1.0) == band(np.nan, np.nan, -1.0, 1.0) == "cannot say"


def test_profiles_are_the_roles_scores_with_their_error(found: Found) -> None:
    responses = load_dataset("msi_triads")
    scores = responses.scores("dimension", scale_key="comply")
    unit = found[0]["F22-U1"]
    mine = scores[(scores["unit"] == "F22-U1") & (scores["role"] == "sales")]
    shown = unit.profiles[unit.profiles["role"] == "sales"].set_index("column")
    for name in ("C", "O", "M", "P", "L", "Y"):
        assert shown.loc[name, "score"] == pytest.approx(mine[name].item(), rel=1e-12)
    spread = scores.loc[scores["role"] == "sales", "C"].std()
    half = (shown.loc["C", "upper"] - shown.loc["C", "lower"]) / 2
    assert 0.2 < 1 - (half / 1.959963984540054 / spread) ** 2 < 0.95  # the reliability behind it


def test_calls_are_corrected_and_relative(found: Found) -> None:
    for unit in found[0].values():
        table = unit.attributes
        sure = table["p"] <= 0.05
        words = table["call"].str.split(" and ")
        assert [("strong" in w or "low" in w) for w in words] == sure.tolist()
        assert all(("strong" in w) == (z > 0) for w, z, s in zip(words, table["z"], sure, strict=True) if s)
        assert set(unit.levers["attribute"]) <= {*unit.called("low"), *unit.called("disputed")}
    calls = [call for unit in found[0].values() for call in unit.attributes["call"]]
    assert calls.count("strong") == 24
    assert calls.count("low") + calls.count("low and disputed") == 61


def test_units_that_would_be_seen_through_get_none(found: Found) -> None:
    responses = load_dataset("msi_triads")
    assert len(found[0]) + len(found[1]) == responses.n_units
    assert found[1]["F07-U2"] == "answers of 1 role; 2 are needed"
    with pytest.raises(ComplyError, match="gets no feedback"):
        feedback_of(found, "F07-U2")
    with pytest.raises(ComplyError, match="unit"):
        feedback_of(found, "F99-U1")
    hidden, refused = unit_feedback(responses, hide_roles=True)
    people = responses.everyone.data.groupby("unit").size()
    assert all(people[unit] >= 3 for unit in hidden)
    assert all(not unit.roles and unit.profiles.empty for unit in hidden.values())
    two = [unit for unit in found[0] if people[unit] == 2]
    assert two
    assert set(two) <= set(refused)
    several, _ = unit_feedback(responses, minimum=2)
    counts = responses.everyone.data.groupby(["unit", "role"]).size()
    assert all(counts[unit, role] >= 2 for unit, mine in several.items() for role in mine.roles)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Questions for the joint talk"), ("de", "Fragen für das gemeinsame Gespräch")],
)
def test_pages_say_what_was_found(found: Found, language: str, words: str) -> None:
    responses = load_dataset("msi_triads")
    unit = max(found[0].values(), key=lambda each: len(each.levers))
    labels = Labels.of(responses.scales, language)
    page = feedback_page(unit, labels)
    html = feedback_html(page)
    assert words in html
    assert f'lang="{language}"' in html
    assert "<script" not in html
    texts = {lever.text: lever.german for key in unit.levers["attribute"] for lever in framework.levers(key)}
    shown = unit.levers["lever"].iloc[0]
    assert (shown in html, texts[shown] in html) == (language == "en", language == "de")
    for name in unit.called("disputed"):
        assert labels.construct(name).replace("&", "&amp;") in html
    content = feedback_word(page)
    assert content == feedback_word(page)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert words in archive.read("word/document.xml").decode()
        assert sum(name.startswith("word/media") for name in archive.namelist()) == 2


def test_the_command_writes_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import comply_measure.report.printing as printing

    monkeypatch.setattr(printing.shutil, "which", lambda name: None)
    study = tmp_path / "s.yaml"
    study.write_text("format: comply-measure study 1\ntitle: T\ndataset: msi_triads\nsteps: [sample]\n")
    with pytest.raises(SystemExit) as stopped:
        main(["feedback", str(study), "--unit", "F22-U1", "--out", str(tmp_path / "pages"), "--hide-roles"])
    assert not stopped.value.code
    assert "no PDF: Chromium is not installed" in capsys.readouterr().err
    page = (tmp_path / "pages" / "feedback_F22-U1.html").read_text(encoding="utf-8")
    assert "Roles are not shown, as the unit wished." in page
    assert "stand behind a profile" not in page, "no profile is shown"
    with pytest.raises(SystemExit) as refused:
        main(["feedback", str(study), "--language", "fr", "--out", str(tmp_path / "pages")])
    assert refused.value.code == 2
    with pytest.raises(SystemExit) as refused:
        main(["feedback", str(study), "--out", str(study)])
    assert refused.value.code == 2 and "s.yaml is not a folder" in capsys.readouterr().err
