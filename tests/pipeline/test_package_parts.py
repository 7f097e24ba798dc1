"""Parts of replication packages by hand: README, licences, citations, deviations, checksums, costs, differences."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from comply_measure.pipeline import STEPS
from comply_measure.pipeline.replication.checksums import digests, read_sums, sums_text
from comply_measure.pipeline.replication.cost import Cost, cost_of, remember_cost, storage_class
from comply_measure.pipeline.replication.declared import PackagePart, Registration
from comply_measure.pipeline.replication.deviations import deviations, unexplained
from comply_measure.pipeline.replication.differences import of_answers, of_files, of_keys, of_tables
from comply_measure.pipeline.replication.package import _licences
from comply_measure.pipeline.replication.readme import Facts, readme
from comply_measure.pipeline.replication.references import bibliography, citation_file
from comply_measure.report.translation.translator import translator


def a_run(package: PackagePart, language: str = "en", **more: Any) -> Any:
    """A run of which as much is there as is told of it."""
    scales = (SimpleNamespace(references={"A1": "A. (2001). One & two. B."}),)
    file = SimpleNamespace(
        title='The "T"',
        description="What it is.",
        package=package,
        seed=9,
        dataset=None,
        language=language,
    )
    steps = {"sample": STEPS["sample"], "gaps": STEPS["gaps"], "cfa": STEPS["cfa"]}
    study = SimpleNamespace(file=file, scales=scales, steps={}, others={}, **more)
    return SimpleNamespace(study=study, steps=steps, outputs={"sample": 1, "gaps": 1})


EXHIBITS = pd.DataFrame(
    {
        "exhibit": ["Table 1"],
        "title": ["a|b"],
        "step": ["gaps"],
        "file": ["results/t.csv"],
        "command": ["run"],
    }
)


def facts(stand_in: bool, left_out: tuple[str, ...] = ()) -> Facts:
    return Facts(EXHIBITS, Cost(700.0, 3.1e9), 30e6, stand_in, left_out)


def test_the_readme_of_data_that_are_there() -> None:
    text = readme(a_run(PackagePart()), facts(False))
    for part in (
        '# The "T": replication package\n\nWhat it is.\n\n## Overview\n',
        "reads the data, runs 2 steps and makes 1 table or figure. Expected time: 10 to 60 minutes.",
        "All data **are** publicly available.",
        "Data: *Not stated; the authors add it under `package` of the study file (`data_licence`).*. Code",
        "### Provenance\n*Not stated;",
        "### Ethics and consent\n*Not stated;",
        "| answers of informants, variables of units | yes |",
        "Seed 9 (`seed` in `study.yaml`)",
        "| time of all steps | 10 to 60 minutes |\n| memory | < 4 GB |\n| this package on disk | 25 MB to 250 MB |",
        f"| `gaps` | {STEPS['gaps'].title} |",
        "Compare `../again/tables` with `results/tables`",
        r"| Table 1 | a\|b | `gaps` | `results/t.csv` |",
        "- A. (2001). One & two. B.\n- Vilhuber",
    ):
        assert part in text, part
    for part in ("Authors:", "Paper:", "Access to the data", "stand-in is", "`cfa`"):
        assert part not in text, part


def test_the_readme_of_a_stand_in() -> None:
    package = PackagePart(
        data="stand_in", authors=("A", "B"), citation="The paper.", data_licence="CC0-1.0", code_licence="MIT",
        provenance="Asked in May.", ethics="Approved.", access="Write to us.",
    )  # fmt: skip
    text = readme(a_run(package), facts(True, ("t1", "t2")))
    for part in (
        "replication package\n\nAuthors: A; B\n\nPaper: The paper.\n\n",
        "reads a synthetic stand-in for the data",
        "Some data **cannot be made** publicly available.",
        "Data: CC0-1.0. Code and study file: MIT.",
        "### Provenance\nAsked in May.",
        "### Ethics and consent\nApproved.",
        "### Access to the data\nWrite to us.",
        "| no: a synthetic stand-in is |",
        "No row of the stand-in is an informant.",
        "since their rows are units: t1, t2.",
        "Compare `../again/tables` with `results_stand_in/tables`",
    ):
        assert part in text, part
    assert "Not stated" not in text
    assert "Left out" not in readme(a_run(package), facts(True))
    assert "### Access" in readme(a_run(PackagePart(access="x")), facts(False))


ENGLISH = re.compile(
    r"\b(the|of|and|with|data(?! package)|(?<!data )package|steps|file|content|yes|no|not|time|what|which|each|every"
    r"|days|minutes|table|figures)\b"
)
WHOLE = PackagePart(
    authors=("A", "B"), citation="P.", access="Brief.", provenance="Mai.", ethics="Ja.", data_licence="CC0-1.0",
    code_licence="MIT",
)  # fmt: skip


@pytest.mark.parametrize("package", [PackagePart(), WHOLE], ids=["bare", "whole"])
@pytest.mark.parametrize("stand_in", [False, True])
def test_the_readme_of_a_german_study_is_german(package: PackagePart, stand_in: bool) -> None:
    """The same marks, codes and numbers in the same places, and no English sentence, head or cell is left."""
    english, german = (
        readme(a_run(package, language), facts(stand_in, ("t1",)))
        .replace('The "T"', "T")
        .replace("What it is.", "X.")
        for language in ("en", "de")
    )
    assert re.sub(r"[^#|\n]", "", german) == re.sub(r"[^#|\n]", "", english)
    ours, theirs = english.split("\n"), german.split("\n")
    sources = {line for line in ours if line.startswith(("- ", "| Table 1 |"))}  # told before, elsewhere
    for one, other in zip(ours, theirs, strict=True):
        assert sorted(re.findall(r"`[^`]+`", one)) == sorted(re.findall(r"`[^`]+`", other))
        assert sorted(re.findall(r"\d+", one)) == sorted(re.findall(r"\d+", other))
        said = re.sub(r"`[^`]+`", "", other)
        if other not in sources:
            assert not ENGLISH.search(said.casefold()), other
        if one == other and one not in sources:
            told = re.sub(r"`[^`]+`|[#|*]", "", one).strip()
            same = told in {"", "Software", "X.", "Mai.", "Ja.", "Brief."}
            assert same or any(part in one for part in ("---", "../again")), one


@pytest.mark.parametrize("size", [1e6, 3e7, 3e8, 3e9, 3e10, 3e11])
def test_classes_of_costs_are_told_in_german(size: float) -> None:
    said = translator("de")(storage_class(size))
    assert " to " not in said and re.findall(r"\d+ [GM]B", said) == re.findall(
        r"\d+ [GM]B", storage_class(size)
    )
    times = {1: "< 10 Minuten", 601: "10 bis 60 Minuten", 3601: "1 bis 2 Stunden", 7201: "2 bis 8 Stunden",
             28801: "8 bis 24 Stunden", 86401: "1 bis 3 Tage", 300000: "3 bis 14 Tage", 1e7: "> 14 Tage"}  # fmt: skip
    assert {s: translator("de")(Cost(float(s), None).time_class) for s in times} == times
    assert translator("de")(Cost(None, None).memory_class) == "nicht gemessen"


def test_licences_and_citations_say_what_is_known() -> None:
    assert _licences("CC0-1.0", "", "en") == (
        "data (data/, codebook/, moments/): CC0-1.0\nstudy file and results: not stated by the authors\n"
        "comply-measure itself: GPL-3.0-or-later\n"
    )
    assert _licences("CC0-1.0", "", "de") == (
        "Daten (data/, codebook/, moments/): CC0-1.0\nStudiendatei und Ergebnisse: von den Autoren nicht angegeben\n"
        "comply-measure selbst: GPL-3.0-or-later\n"
    )
    told = citation_file(a_run(PackagePart(authors=("Ä. B",), data_licence="CC0-1.0")).study)
    assert 'title: "The \\"T\\""\nauthors:\n  - name: "Ä. B"\nlicense: "CC0-1.0"\nreferences:' in told
    nobody = citation_file(a_run(PackagePart()).study)
    assert 'name: "The authors of the study"\nreferences:' in nobody and "license:" not in nobody
    german = citation_file(a_run(PackagePart(), "de").study)
    assert "message: Wer diese Daten oder Ergebnisse verwendet, zitiere bitte" in german
    assert 'name: "Die Autoren der Studie"\nreferences:' in german
    bib = bibliography(a_run(PackagePart(citation="The paper (2020).")).study, ())
    assert "@misc{paper,\n  note = {The paper (2020).},\n  year = {2020}\n}" in bib
    assert "@misc{A1,\n  note = {A. (2001). One \\& two. B.},\n  year = {2001}\n}" in bib
    assert bib.count("@") == 4 and bib.endswith("}\n")
    assert bibliography(a_run(PackagePart()).study, ()).count("@") == 3


def test_a_plan_and_a_run_are_compared_by_step_and_option() -> None:
    run = a_run(PackagePart())
    run.study.steps = {"sample": STEPS["sample"].options(), "gaps": STEPS["gaps"].options(alpha=0.1)}
    run.study.others = {"cfa": STEPS["cfa"].options()}
    plan = Registration(
        url="u",
        date="2026-01-02",  # type: ignore[arg-type]
        steps={"gaps": {"alpha": 0.01}, "cfa": None},
        deviations={"gaps": "why"},
    )
    found = deviations(run, plan)
    assert found.to_numpy().tolist() == [
        ["gaps", "", "yes", "yes", True, ""],
        ["gaps", "alpha", "0.01", "0.1", False, "why"],
        ["cfa", "", "yes", "no", False, ""],
        ["sample", "", "no", "yes", False, ""],
    ]
    assert unexplained(found) == ["cfa", "sample"]


def test_checksums_are_those_of_all_files_but_the_list(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("b", "in/a", ".hidden", "SHA256SUMS"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    found = digests(tmp_path)
    assert found == {n: hashlib.sha256(n.encode()).hexdigest() for n in ("b", "in/a", ".hidden")}
    (tmp_path / "SHA256SUMS").write_text(sums_text(found) + "damaged\n", encoding="utf-8")
    assert read_sums(tmp_path) == found
    told = sorted(map(str, of_files(found, {"b": found["b"], "in/a": "0", "new": "1"})))
    assert told == ["added: new", "changed: in/a", "deleted: .hidden"]
    new = ("env/pyvenv.cfg", "env/bin/python", "in/b", "in/new/c", "again/tables/t.csv", "again/report.html")
    told = sorted(map(str, of_files(found, found | dict.fromkeys(new, "1"))))
    assert told == ["added: again/: 2 files", "added: in/b", "added: in/new/: 1 file"]
    hidden = found | dict.fromkeys(
        ("pyvenv.cfg", "in/pyvenv.cfg", "in/b", "c"), "1"
    )  # beside what is listed: no cover
    told = sorted(map(str, of_files(found, hidden)))
    assert told == ["added: c", "added: in/b", "added: in/pyvenv.cfg", "added: pyvenv.cfg"]


def test_differences_name_rows_keys_and_cells(tmp_path: Path) -> None:
    keys = of_keys({"a": 1, "b": {"c": [1]}, "d": ""}, {"a": 1.0, "b": {"c": [2]}, "e": None})
    assert [str(key) for key in keys] == [
        "option: study.yaml, a: 1 → 1.0",
        "option: study.yaml, b.c: [1] → [2]",
        "option: study.yaml, d: nothing → nothing",
    ]
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, files in (
        (before, {"t.csv": "x,y\n1,a\n2,\n", "gone.csv": "x\n", "other.csv": "x\n1\n", "long.csv": "x\n1\n"}),
        (
            after,
            {"t.csv": "x,y\n1.02,a\n2,b\n", "new.csv": "x\n", "other.csv": "z\n1\n", "long.csv": "x\n1\n2\n"},
        ),
    ):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    told = list(map(str, of_tables(before, after)))
    assert told == [
        "table: gone.csv: is not made any more",
        "table: long.csv: 1 rows before, 2 now, or other columns",
        "table: new.csv: is new",
        "table: other.csv: 1 rows before, 1 now, or other columns",
        "number: t.csv, row 1, x: 1 → 1.02",
        "number: t.csv, row 2, y:  → b",
    ]
    assert [d.place for d in of_tables(before, after, 0.05) if d.kind == "number"] == ["t.csv, row 2, y"]
    rows = of_answers(before / "t.csv", after / "t.csv", "answers", ("y", "none"))
    assert list(map(str, rows)) == [
        "answer: answers, row 1 (y a), x: 1 → 1.02",
        "answer: answers, row 2 (), y: nothing → b",
    ]
    longer = of_answers(before / "long.csv", after / "long.csv", "answers", ("x",))
    assert list(map(str, longer)) == ["answer: answers, row 2: row is new"]
    shorter = of_answers(after / "long.csv", before / "long.csv", "answers", ("x",))
    assert list(map(str, shorter)) == ["answer: answers, row 2: row is gone"]


def test_costs_are_those_of_the_runs_that_computed(tmp_path: Path) -> None:
    def run(**status: tuple[str, str, float]) -> Any:
        outcomes = {
            name: SimpleNamespace(status=s, key=key, seconds=t, ok=s != "failed")
            for name, (s, key, t) in status.items()
        }
        return SimpleNamespace(outcomes=outcomes, workers=())

    first = run(a=("done", "k1", 100.0), b=("done", "k2", 600.0))
    assert cost_of(first, tmp_path) == Cost(None, None)
    remember_cost(run(a=("cached", "k1", 1.0)), tmp_path)
    assert not list(tmp_path.iterdir())
    remember_cost(first, tmp_path)
    again = run(a=("cached", "k1", 0.1), b=("done", "k3", 50.0), c=("failed", "k4", 9.0))
    assert cost_of(again, tmp_path) == Cost(None, None)  # b was computed with another key
    remember_cost(again, tmp_path)
    found = cost_of(again, tmp_path)
    assert found.seconds == 150.0 and found.memory is not None and found.memory > 1e7
    (kept,) = tmp_path.iterdir()
    assert json.loads(kept.read_text(encoding="utf-8"))["steps"] == {"a": ["k1", 100.0], "b": ["k3", 50.0]}
    kept.write_text(json.dumps({"steps": {"a": ["k1", 5]}, "peak_mb": None}), encoding="utf-8")
    assert cost_of(run(a=("cached", "k1", 0.1)), tmp_path) == Cost(5.0, None)
    kept.write_text(json.dumps({"steps": {"a": ["k1", 5]}, "peak_mb": 250}), encoding="utf-8")
    assert cost_of(run(a=("cached", "k1", 0.1)), tmp_path) == Cost(5.0, 250e6)
    for damage in ("{", '{"steps": []}', '{"steps": {"a": 1}, "peak_mb": 1}'):
        kept.write_text(damage, encoding="utf-8")
        assert cost_of(run(a=("cached", "k1", 0.1)), tmp_path) == Cost(None, None)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (599.9, "< 10 minutes"), (600.0, "10 to 60 minutes"), (3599.9, "10 to 60 minutes"), (3600.0, "1 to 2 hours"),
        (7200.0, "2 to 8 hours"), (28799.9, "2 to 8 hours"), (28800.0, "8 to 24 hours"), (86399.9, "8 to 24 hours"),
        (86400.0, "1 to 3 days"), (259_200.0, "3 to 14 days"), (1_209_599.0, "3 to 14 days"),
        (1_209_600.0, "> 14 days"), (None, "not measured"),
    ],
)  # fmt: skip
def test_classes_begin_at_their_limits(seconds: float | None, told: str) -> None:
    assert Cost(seconds, 999_999_999.0).time_class == told
    assert (Cost(1.0, 999_999_999.0).memory_class, Cost(1.0, 1e9).memory_class) == ("< 1 GB", "< 2 GB")
    sizes = {
        24.9e6: "< 25 MB", 25e6: "25 MB to 250 MB", 249e6: "25 MB to 250 MB", 250e6: "250 MB to 2 GB",
        2e9: "2 GB to 25 GB", 25e9: "25 GB to 250 GB", 250e9: "> 250 GB",
    }  # fmt: skip
    assert {size: storage_class(size) for size in sizes} == sizes
