"""Small parts of the pipeline by hand: what is written, kept, removed and refused, on each side of every limit."""

from __future__ import annotations

import json
import math
import os
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.pipeline import (
    STEPS,
    Store,
    load_study,
    require_usable,
    results,
    run_study,
    write_results,
)
from comply_measure.pipeline.files import staged
from comply_measure.pipeline.fingerprint import digest_of_file, source_digest
from comply_measure.pipeline.folder import _json, _written_before
from comply_measure.pipeline.results import table_document
from comply_measure.pipeline.unchanged import FOLDER, MANIFEST, remember, unchanged_steps
from comply_measure.pipeline.usage import Usage
from comply_measure.pipeline.workers import _LONG, _rank, _ready
from comply_measure.report.tables import TableSpec

HEAD = "format: comply-measure study 1\ntitle: T\n"


def told(path: Path, text: str) -> list[tuple[int | None, str | None, str]]:
    """Row, key and words of every fault of a study file."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(path, STEPS)
    return [(problem.row, problem.column, problem.message) for problem in caught.value.problems]


EITHER = "a study names either a shipped dataset or its own data"


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ("", (1, None, EITHER)),
        ("dataset: msi_triads\ndata: {file: answers.csv}\nscales: [duo.yaml]\n", (1, None, EITHER)),
        (
            "dataset: msi_triads\nscales: [duo.yaml]\n",
            (4, "scales", "a shipped dataset names its own scales: leave 'scales' out"),
        ),
        ("data: {file: answers.csv}\n", (3, "data", "a study with its own data names its scales")),
        ("scales: [duo.yaml]\n", (1, None, EITHER)),
    ],
)
def test_a_study_has_one_source_of_answers(own_study: Path, named: str, fault: tuple[Any, ...]) -> None:
    found = [
        problem for problem in told(own_study, HEAD + named) if "stud" in problem[2] or "data" in problem[2]
    ]
    assert [(key, words) for _, key, words in found] == [fault[1:]]
    assert found[0][0] == fault[0] or fault[1] is None


def test_what_is_right_is_looked_at_beside_what_is_wrong(own_study: Path) -> None:
    """A wrong key or option leaves out itself alone: the keys beside it are checked, too."""
    text = own_study.read_text(encoding="utf-8").replace("answers.csv", "absent.csv")
    found = told(own_study, text + "datas: 1\noptions: {gaps: {alpha: 2, alphas: 1}, cfa: {scale: nobody}}\n")
    keys = [key for _, key, _ in found]
    assert keys.count("datas") == 1 and keys.count("options.gaps.alpha") == 1
    assert keys.count("options.gaps.alphas") == 1 and keys.count("options.cfa.scale") == 1
    assert [words for _, key, words in found if key == "data.file"] == ["there is no such file"]


def test_files_of_a_study_must_exist_and_its_output_need_not(own_study: Path) -> None:
    text = own_study.read_text(encoding="utf-8").replace(
        "{file: answers.csv}", "{file: answers.csv, units_file: units.csv}"
    )
    (problem,) = told(own_study, text + "output: new/folder\n")
    assert problem[1:] == ("data.units_file", "there is no such file")
    (own_study.parent / "units.csv").mkdir()
    assert told(own_study, text)[0][1:] == ("data.units_file", "there is no such file")


def test_choices_are_those_of_any_scale(own_study: Path) -> None:
    text = own_study.read_text(encoding="utf-8")
    found = told(own_study, text + "form: fulll\nlanguage: de\n")
    assert [(key, words) for _, key, words in found] == [
        ("form", "unknown form 'fulll'; did you mean 'full'? (known: full)"),
        ("language", "unknown language 'de' (known: en)"),
    ]
    own_study.write_text(text + "form: full\nlanguage: en\n", encoding="utf-8")
    assert load_study(own_study, STEPS).file.form == "full"


def test_json_has_a_line_for_every_value_that_holds_no_other_lists() -> None:
    document = {"a": 1, "rows": [[1, None], [2.5, "ü"]], "deep": {"x": [], "y": {"z": [1]}}, "end": []}
    assert _json(document) == (
        '{\n "a": 1,\n "rows": [\n  [1, null],\n  [2.5, "ü"]\n ],\n'
        ' "deep": {\n  "x": [],\n  "y": {\n   "z": [1]\n  }\n },\n "end": []\n}\n'
    )
    assert json.loads(_json(document)) == document
    with pytest.raises(ValueError, match="JSON compliant"):
        _json({"x": [[math.nan]]})


def test_only_files_of_an_earlier_run_are_its_own(tmp_path: Path) -> None:
    named = ["tables/a.csv", "tables/a-1_B.tex", "figures/f.svg", "figures/f.png", "errors/s.txt"]
    named += ["manuscript/text.md", "manuscript/text.docx", "manuscript/text.tex", "manuscript/paper.tex"]
    others = [
        "tables/a.md",
        "manuscript/notes.md",
        "other/a.csv",
        "tables/../a.csv",
        "tables/a b.csv",
        "xtables/a.csv",
        "tables/a.csvx",
    ]
    manifest = {"schema": "comply-measure manifest", "files": dict.fromkeys([*named, *others], "0")}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert _written_before(tmp_path) == set(named)
    for damage in ({"schema": "another"}, [manifest], {**manifest, "files": [1, "tables/a.csv"]}):
        (tmp_path / "manifest.json").write_text(json.dumps(damage), encoding="utf-8")
        assert _written_before(tmp_path) == ({"tables/a.csv"} if "files" in damage else set())
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    assert _written_before(tmp_path) == set()
    assert _written_before(tmp_path / "absent") == set()


def test_a_folder_is_ours_by_its_manifest_or_its_cache(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("x", encoding="utf-8")
    manifest = tmp_path / "manifest.json"
    for text in ('{"schema": "another"}', "[]", "{"):
        manifest.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="holds other files"):
            require_usable(tmp_path)
    manifest.write_text('{"schema": "comply-measure manifest"}', encoding="utf-8")
    require_usable(tmp_path)
    manifest.unlink()
    (tmp_path / ".cache").mkdir()
    with pytest.raises(InputError, match="holds other files"):
        require_usable(tmp_path)
    (tmp_path / ".cache" / "CACHEDIR.TAG").write_text("", encoding="utf-8")
    require_usable(tmp_path)


def test_what_a_killed_run_left_goes_after_an_hour(tmp_path: Path) -> None:
    for name, age in ((".writing-old", 3700.0), (".writing-new", 3500.0), ("other", 9000.0)):
        (tmp_path / name).mkdir()
        when = time.time() - age
        os.utime(tmp_path / name, (when, when))
    with staged(tmp_path, "last") as stage:
        (stage / "last").write_text("x", encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".writing-new", "last", "other"]


def test_a_table_has_its_rows_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_ROWS", 2)
    data = pd.DataFrame(
        {
            "item": ["a", "b"],
            "x": [1.5, math.inf],
            "n": [3, 4],
            "y": [math.nan, math.nan],
            "note": ["", "no answers"],
        }
    )
    found = table_document(TableSpec("t", "T", data), "t.csv")
    assert found["rows"] == [["a", 1.5, 3, None, ""], ["b", None, 4, None, "no answers"]]
    assert found["undefined"] == [
        {"column": "x", "reason": "no answers", "rows": [1]},
        {"column": "y", "reason": "does not apply to this row", "rows": [0]},
        {"column": "y", "reason": "no answers", "rows": [1]},
    ]
    longer = table_document(TableSpec("t", "T", pd.concat([data, data])), "t.csv")
    assert "rows" not in longer and (longer["n_rows"], longer["file"]) == (4, "t.csv")


def test_usage_of_several_processes_adds_times_and_takes_the_largest_memory() -> None:
    one, two, unknown = Usage(1.26, 100.04), Usage(0.5, 250.06), Usage(None, None)
    assert one.beside([two, unknown]) == Usage(1.76, 250.06)
    assert one.beside([]) == one and unknown.beside([unknown]) == unknown
    assert one.beside([two]).document() == {"cpu_seconds": 1.8, "peak_memory_mb": 250.1}
    assert unknown.document() == {"cpu_seconds": None, "peak_memory_mb": None}


def test_workers_start_what_is_ready_and_long_steps_first() -> None:
    reads = {"a": (), "b": ("a",), "cfa": (), "triads": (), "reliability": ("a", "cfa")}
    plan: Any = SimpleNamespace(steps=reads, reads=reads.__getitem__)
    done: Any = {"a": None}
    assert _ready(plan, done, {"triads"}) == ["b", "cfa"]
    assert _ready(plan, {**done, "cfa": None}, set()) == ["b", "triads", "reliability"]
    assert sorted(["b", "triads", "cfa", "reliability"], key=_rank) == ["reliability", "triads", "b", "cfa"]
    assert _rank("b") == len(_LONG) and set(_LONG) <= set(STEPS)


def test_a_run_with_nothing_to_do_is_known_by_everything_it_used(own_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    cache = folder / FOLDER

    def run() -> None:
        found = run_study(load_study(own_study, STEPS), STEPS, Store(cache), wanted=["sample"])
        files = write_results(found, folder, jobs=1, started=datetime(2026, 1, 2, tzinfo=UTC))
        remember(found, folder, cache, ["sample"], files)

    def known(wanted: list[str] | None) -> list[str] | None:
        return unchanged_steps(own_study, folder, cache, wanted)

    assert known(["sample"]) is None
    run()
    assert known(["sample"]) == ["sample"]
    assert known(None) is None and known(["items"]) is None
    table = next((folder / "tables").glob("*.csv"))
    for path in (
        own_study,
        own_study.parent / "answers.csv",
        own_study.parent / "duo.yaml",
        table,
        folder / MANIFEST,
    ):
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        assert known(["sample"]) is None, path
        path.write_bytes(content)
        assert known(["sample"]) == ["sample"], path
    last = cache / "last-run.json"
    content = last.read_bytes()
    for damage in (content.replace(b'"sample"', b'"items"'), b"", content[:-1], b"x" + content):
        last.write_bytes(damage)
        assert known(["sample"]) is None
    table.unlink()
    last.write_bytes(content)
    assert known(["sample"]) is None


@pytest.mark.parametrize("size", [0, 5, 1 << 20, (1 << 20) + 3])
def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path, size: int) -> None:
    content = bytes(k % 251 for k in range(min(size, 251))) * (size // 251 + 1)
    (tmp_path / "file").write_bytes(content[:size])
    assert digest_of_file(tmp_path / "file") == sha256(content[:size]).hexdigest()


def test_the_digest_of_a_source_is_that_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lone_source.py").write_bytes(b"x = 1\n")
    assert source_digest("lone_source") == sha256(b"lone_source.pyx = 1\n").hexdigest()
    folder = tmp_path / "several_sources"
    folder.mkdir()
    for name in ("b", "__init__"):
        (folder / f"{name}.py").write_bytes(name.encode())
    assert source_digest("several_sources.b") == sha256(b"__init__.py__init__b.pyb").hexdigest()


@pytest.mark.parametrize(
    ("dataset", "form", "left_out", "n"),
    [
        (None, None, (), 80),
        (None, "full", (), 80),
        (None, "full", ("digitalization", "O"), 80 - 4 - 12),
        (None, "dyad", (), 18),
        (None, "short+dyad", (), 26 + 18),
        ("pair_triads", None, (), 26 + 18),
        ("journey_triads", None, (), 36),
        ("msi_triads", None, (), 80),
        ("msi_triads", "short", (), 26),
    ],
)
def test_the_first_page_counts_the_items_of_every_form_asked(
    dataset: str | None, form: str | None, left_out: tuple[str, ...], n: int
) -> None:
    from comply_measure.instrument import load_scale
    from comply_measure.pipeline.document import _measured

    data = None if dataset else SimpleNamespace(columns=SimpleNamespace(not_asked=left_out))
    file = SimpleNamespace(language="en", dataset=dataset, data=data, form=form, attribute_set=None)
    run: Any = SimpleNamespace(study=SimpleNamespace(file=file, scales=(load_scale("comply"),)), outputs={})
    assert _measured(run) == (f"Measured: COMPLY: alignment between marketing, sales and IT ({n} items).",)
