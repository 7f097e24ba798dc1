"""What the files of the pipeline say, line by line: studies of surveys, questionnaires, manifests, rows of faults."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from duo import DIMENSIONS, answers, scale_text

from comply_measure.errors import InputError
from comply_measure.instrument import load_scale
from comply_measure.pipeline import STEPS, Store, load_study, run_study, usage, write_results
from comply_measure.pipeline.new_survey import _study
from comply_measure.pipeline.replication.package import _asked, _card
from comply_measure.responses import ColumnMapping, Responses, responses_from_frame

MEETING = Path(__file__).parents[1] / "survey" / "plans" / "meeting.yaml"
DUO_ITEMS = [f"{name}{k}" for names in DIMENSIONS.values() for name in names for k in (1, 2, 3)]


def of_survey(languages: tuple[str, ...], attribute_set: str | None, **columns: list[str]) -> dict[str, Any]:
    """The study file of answers to a plan."""
    plan = SimpleNamespace(
        title={name: f"Title {name}" for name in languages},
        languages=languages,
        attribute_set=attribute_set,
        seed=7,
        key="k",
        version="2",
    )
    mapping = SimpleNamespace(model_dump=lambda **_: {"units": ["size"]})
    table = pd.DataFrame({"unit": ["u", "u"], "role": ["a", "b"], **columns})
    given: Any = SimpleNamespace(
        plan=plan, table=table, mapping=lambda: mapping, study_form=lambda: ("short", ())
    )
    return _study(given, ["comply"])[0]


def test_a_study_of_a_survey_states_what_the_plan_says() -> None:
    expected = {
        "format": "comply-measure study 1",
        "title": "Title de",
        "data": {
            "file": "answers.csv",
            "format": {"decimal": ".", "delimiter": ",", "neutralised": True},
            "columns": {"units": ["size"], "firm": None, "informant": None},
        },
        "scales": ["comply"],
        "attribute_set": "21",
        "form": "short",
        "language": "de",
        "seed": 7,
    }
    assert of_survey(("de", "en"), "21") == expected
    other = of_survey(("fr",), None, firm=["f", "f"], role=["a", "a"])
    assert "attribute_set" not in other
    assert (other["title"], other["language"]) == ("Title fr", "en")
    assert other["data"]["columns"]["firm"] == "firm"
    assert other["data"]["informants"] == "all"


@pytest.fixture(scope="module")
def three_scales(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    """A scale with pages, one without, and one that buyers alone answer, two of its items not asked."""
    folder = tmp_path_factory.mktemp("scales")
    (folder / "duo.yaml").write_text(scale_text(), encoding="utf-8")
    alone = scale_text().replace("key: duo", "key: alone").replace(", seller: {en: Seller}", "")
    for name in DUO_ITEMS:
        alone = alone.replace(f"id: {name},", f"id: own_{name},")
    (folder / "alone.yaml").write_text(alone, encoding="utf-8")
    scales = [load_scale(path) for path in (MEETING, folder / "duo.yaml", folder / "alone.yaml")]
    data = answers(12)
    for name in ("Ord_1", "Ord_2", "Ord_3", "Talk_1", "Talk_2", "Talk_3"):
        data[name] = 3
    data["Know_1"] = data["role"].map({"seller": "4", "buyer": ""})
    for name in DUO_ITEMS:
        data[f"own_{name}"] = data["role"].map({"buyer": "2", "seller": ""})
    asked_not = [*load_scale(MEETING).questions]
    mapping = ColumnMapping(not_asked=("own_scope2", "own_scope3"), ignore=tuple(q.id for q in asked_not))
    return responses_from_frame(data.drop(columns=["own_scope2", "own_scope3"]), scales, mapping)


def test_the_questionnaire_of_a_role_has_its_pages_and_its_items(three_scales: Responses) -> None:
    found = {role: _asked(three_scales, role, "en") for role in ("buyer", "seller")}
    paged = {role: table[table["page"].notna()] for role, table in found.items()}
    lists = {role: table[table["page"].isna()] for role, table in found.items()}
    own = [f"own_{name}" for name in DUO_ITEMS if name not in ("scope2", "scope3")]
    assert lists["buyer"]["id"].tolist() == [*DUO_ITEMS, *own]
    assert lists["seller"]["id"].tolist() == DUO_ITEMS
    assert set(lists["buyer"]["kind"]) == {"item"} and set(lists["buyer"]["stem"]) == {""}
    assert set(lists["buyer"]["answers"]) == {"1 a | 2 b | 3 c | 4 d | 5 e"}
    assert lists["seller"]["text"].iloc[0].endswith("honesty 1")
    rated = {"Ord_1", "Ord_2", "Ord_3", "Talk_1", "Talk_2", "Talk_3"}
    assert set(paged["buyer"]["id"]) & {*rated, "Know_1"} == rated
    assert set(paged["seller"]["id"]) & {*rated, "Know_1"} == {*rated, "Know_1"}
    texts = paged["seller"].set_index("id")["text"]
    assert texts["Talk_3"] == "Our customers speak first."


def test_a_card_names_steps_with_results_and_where_the_tables_lie() -> None:
    def card(data: str) -> dict[str, Any]:
        package = SimpleNamespace(data=data)
        outcomes = {"a": SimpleNamespace(ok=True), "b": SimpleNamespace(ok=False)}
        run: Any = SimpleNamespace(
            outcomes=outcomes, study=SimpleNamespace(file=SimpleNamespace(package=package))
        )
        return json.loads(_card(run, {"title": "T", "date": datetime(2026, 1, 2, tzinfo=UTC)}))  # type: ignore[no-any-return]

    found = card("include")
    assert (found["format"], found["steps"], found["tables"]) == (
        "comply-measure package 1",
        ["a"],
        "results",
    )
    assert found["study"] == {"title": "T", "date": "2026-01-02 00:00:00+00:00"}
    assert card("stand_in")["tables"] == "results_stand_in"


@pytest.mark.parametrize(("platform", "scale"), [("linux", 1024), ("darwin", 1024 * 1024)])
def test_usage_is_that_of_a_process_and_its_children(
    platform: str, scale: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    used = {
        resource.RUSAGE_SELF: SimpleNamespace(ru_utime=1.5, ru_stime=0.25, ru_maxrss=3 * scale),
        resource.RUSAGE_CHILDREN: SimpleNamespace(ru_utime=4.0, ru_stime=0.5, ru_maxrss=7 * scale),
    }
    monkeypatch.setattr(resource, "getrusage", used.__getitem__)
    monkeypatch.setattr(sys, "platform", platform)
    assert usage.Usage.of_this_process() == usage.Usage(6.25, 7.0)


def faults(study: Path, more: str) -> list[tuple[int | None, str | None, str]]:
    text = study.read_text(encoding="utf-8")
    study.write_text(text + more, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(study, STEPS)
    study.write_text(text, encoding="utf-8")
    return [(p.row if isinstance(p.row, int) else None, p.column, p.message) for p in caught.value.problems]


def test_faults_of_steps_and_options_are_told_by_their_row(own_study: Path) -> None:
    steps = faults(own_study, "steps:\n- sample\n- gapss\n- journey\n- sample\n")
    assert [(row, place) for row, place, _ in steps] == [(8, "steps.1"), (9, "steps.2"), (10, "steps.3")]
    assert steps[0][2].startswith("unknown step 'gapss'; did you mean 'gaps'?")
    assert steps[1][2].startswith("the step does not apply: ")
    assert steps[2][2] == "the step is named twice"
    assert [place for _, place, _ in faults(own_study, "steps: []\n")] == ["steps"]
    # What is right beside a fault is looked at, and a fault is told once.
    options = faults(
        own_study, "options:\n  gaps: {alpha: 2, cluster: true}\n  agreement: {alpha: 0.1, scale: x}\n"
    )
    assert [(row, place) for row, place, _ in options] == [
        (7, "options.gaps.alpha"),
        (7, "options.gaps.cluster"),
        (8, "options.agreement.scale"),
    ]


def test_a_run_is_alone_and_takes_what_is_stored_unless_told_otherwise(
    own_study: Path, tmp_path: Path
) -> None:
    def run(**more: Any) -> tuple[set[str], int, Path | None]:
        done = run_study(own_study, STEPS, Store(tmp_path / "cache"), wanted=["sample"], **more)
        return {outcome.status for outcome in done.outcomes.values()}, len(done.workers), done.folder

    assert run() == ({"done"}, 0, None)
    assert run() == ({"cached"}, 0, None)
    assert run(force=True) == ({"done"}, 0, None)
    assert run(out=tmp_path / "out") == ({"cached"}, 0, tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert run(out=tmp_path / "none", write=False) == ({"cached"}, 0, None)
    assert not (tmp_path / "none").exists()


def test_a_results_folder_holds_what_its_run_made(own_study: Path, tmp_path: Path) -> None:
    """Every table as CSV and LaTeX, every figure twice, the error of a step, and a manifest of all of it."""
    study = load_study(own_study, STEPS)
    done = run_study(study, STEPS, Store(tmp_path / "cache"), wanted=["sample", "items", "gaps"])
    failed = replace(done.outcomes["items"], status="failed", reason="why", trace="line\n", output=None)
    run = replace(done, outcomes={**done.outcomes, "items": failed})
    files = write_results(run, tmp_path / "out", jobs=2, started=datetime(2026, 1, 2, tzinfo=UTC))
    tables = {key: table for output in run.outputs.values() for key, table in output.tables.items()}
    figures = {key: figure for output in run.outputs.values() for key, figure in output.figures.items()}
    expected = {f"tables/{key}.{end}" for key in tables for end in ("csv", "tex")}
    expected |= {f"figures/{key}.{end}" for key in figures for end in ("svg", "png")}
    expected |= {"errors/items.txt", "results.json", "report.html", "tables.docx", "references.bib"}
    expected |= {f"manuscript/{name}" for name in ("text.md", "text.docx", "text.tex", "paper.tex")}
    assert set(files) - {name for name in files if "conclusion" in name} == expected
    out = tmp_path / "out"
    assert (out / "errors/items.txt").read_text(encoding="utf-8") == "line\n"
    for key, figure in figures.items():
        assert (out / f"figures/{key}.svg").read_bytes() == figure.svg
        assert (out / f"figures/{key}.png").read_bytes() == figure.png
    for key, table in tables.items():
        with (out / f"tables/{key}.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        assert rows[0] == list(map(str, table.data.columns)) and len(rows) == len(table.data) + 1
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["files"], manifest["jobs"], manifest["started"]) == (
        files,
        2,
        "2026-01-02T00:00:00+00:00",
    )
    assert {name: step["status"] for name, step in manifest["steps"].items()} == {
        "sample": "done",
        "items": "failed",
        "gaps": "done",
    }
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "Step &#39;items&#39; has no result: why." in html or "Step 'items' has no result: why." in html
    document = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert set(document["steps"]["gaps"]["tables"]) == set(done.outputs["gaps"].tables)


def test_answers_are_read_with_the_file_only_where_that_is_asked(own_study: Path) -> None:
    path = own_study.parent / "answers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",seller,", ",nobody,", 1), encoding="utf-8")
    assert load_study(own_study, STEPS).file.title.startswith("Dyads")
    with pytest.raises(InputError) as caught:
        load_study(own_study, STEPS, read=True)
    assert [problem.column for problem in caught.value.problems] == ["role"]
