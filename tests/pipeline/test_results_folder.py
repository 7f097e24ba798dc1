"""The results folder of a real run: safe to open, complete, reproducible, never over other files."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comply_measure.errors import InputError
from comply_measure.pipeline import STEPS, Store, load_study, require_usable, run_study, write_results
from comply_measure.pipeline.files import staged
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.usage import Usage

EVIL_UNIT = "=HYPERLINK(1)"
STEPS_HERE = ["sample", "items", "aggregation", "gaps"]
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def run(study_file: Path, folder: Path, *, jobs: int = 1, steps: list[str] | None = None) -> Run:
    study = load_study(study_file, STEPS)
    found = run_study(study, STEPS, Store(folder / ".cache"), wanted=steps or STEPS_HERE, jobs=jobs)
    write_results(found, folder, jobs=jobs, started=NOW)
    return found


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts and path.name != "manifest.json"
    }


def test_everything_is_written_and_listed(own_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert run(own_study, folder).ok
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["schema"] == "comply-measure manifest"
    assert manifest["files"] == digests(folder)
    assert manifest["started"] == "2026-01-02T00:00:00+00:00"
    assert manifest["seed"] == 3
    assert (
        manifest["inputs"]["answers.csv"]
        == hashlib.sha256((own_study.parent / "answers.csv").read_bytes()).hexdigest()
    )
    assert {step["status"] for step in manifest["steps"].values()} == {"done"}
    assert manifest["software"]["numpy"]
    assert manifest["peak_memory_mb"] > 10
    names = set(manifest["files"])
    assert {"report.html", "results.json", "tables/gaps_dimensions.csv"} <= names
    assert {"figures/gaps_profile.svg", "figures/gaps_profile.png"} <= names
    assert {"tables.docx", "tables/gaps_dimensions.tex"} <= names
    html = (folder / "report.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'href="((?:tables|figures)[^"]*)"', html))
    assert linked == {name for name in names if name.startswith(("tables", "figures"))}
    assert str(tmp_path) not in (folder / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in (folder / "report.html").read_text(encoding="utf-8")


def test_texts_of_respondents_are_data_everywhere(own_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run(own_study, folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    with (folder / "tables" / "aggregation_scores.csv").open(encoding="utf-8", newline="") as stream:
        units = [row["unit"] for row in csv.DictReader(stream)]
    assert units[0] == f"'{EVIL_UNIT}"
    for path in (folder / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t"))]


def test_results_hold_full_precision_and_reasons(own_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    found = run(own_study, folder)
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert (document["schema"], document["version"]) == ("comply-measure results", 1)
    assert list(document["steps"]) == STEPS_HERE
    table = document["steps"]["gaps"]["tables"]["gaps_dimensions"]
    data = found.outputs["gaps"].tables["gaps_dimensions"].data
    mean = [row[table["columns"].index("mean")] for row in table["rows"]]
    assert mean == data["mean"].tolist()
    assert document["steps"]["sample"]["values"]["n_units"] == 60
    scores = document["steps"]["aggregation"]["tables"]["aggregation_scores"]
    nulls = {
        (column, row)
        for row, cells in enumerate(scores["rows"])
        for column, cell in zip(scores["columns"], cells, strict=True)
        if cell is None and column not in ("unit", "firm")
    }
    explained = {(entry["column"], row) for entry in scores["undefined"] for row in entry["rows"]}
    assert nulls
    assert nulls == explained


def test_the_same_study_gives_the_same_files(own_study: Path, tmp_path: Path) -> None:
    first, again, cached = tmp_path / "one", tmp_path / "two", tmp_path / "one"
    run(own_study, first)
    before = digests(first)
    run(own_study, again)
    assert digests(again) == before
    outcome = run(own_study, cached)
    assert {o.status for o in outcome.outcomes.values()} == {"cached"}
    assert digests(cached) == before


def test_results_do_not_depend_on_the_number_of_workers(own_study: Path, tmp_path: Path) -> None:
    steps = ["sample", "aggregation"]
    run(own_study, tmp_path / "one", steps=steps)
    alone = Usage.of_this_process()
    parallel = run(own_study, tmp_path / "two", jobs=2, steps=steps)
    assert {o.status for o in parallel.outcomes.values()} == {"done"}
    assert digests(tmp_path / "two") == digests(tmp_path / "one")
    # The manifest counts the workers, which no system call tells the parent about.
    assert 1 <= len(parallel.workers) <= 2
    assert all(used.peak_memory_mb and used.peak_memory_mb > 10 for used in parallel.workers)
    manifest = json.loads((tmp_path / "two" / "manifest.json").read_text(encoding="utf-8"))
    of_workers = sum(used.cpu_seconds or 0.0 for used in parallel.workers)
    assert alone.cpu_seconds is not None
    assert manifest["cpu_seconds"] > alone.cpu_seconds + of_workers - 0.1 > alone.cpu_seconds


def test_files_of_an_earlier_run_go_and_others_stay(own_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run(own_study, folder)
    (folder / "tables" / "mine.csv").write_text("keep", encoding="utf-8")
    run(own_study, folder, steps=["sample"])
    assert not (folder / "tables" / "gaps_dimensions.csv").exists()
    assert not (folder / "tables" / "gaps_dimensions.tex").exists()
    assert not (folder / "figures" / "gaps_profile.svg").exists()
    assert (folder / "tables" / "sample_missing.csv").exists()
    assert (folder / "tables" / "mine.csv").read_text(encoding="utf-8") == "keep"


def test_a_manifest_cannot_name_other_files_for_removal(own_study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    run(own_study, folder, steps=["sample"])
    victim = tmp_path / "victim.csv"
    victim.write_text("precious", encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] |= {"../victim.csv": "", "tables/../../victim.csv": ""}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    run(own_study, folder, steps=["sample"])
    assert victim.read_text(encoding="utf-8") == "precious"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    require_usable(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    require_usable(tmp_path / "empty")
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.docx").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="holds other files"):
        require_usable(full)
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere" / "results")
    from comply_measure.pipeline.files import OutputError

    with pytest.raises(OutputError, match="lost is a link that leads nowhere"):
        require_usable(tmp_path / "lost")
    with pytest.raises(InputError, match="not a folder"):
        require_usable(full / "thesis.docx")


def test_outcomes_of_like_names_do_not_share_files(own_study: Path, tmp_path: Path) -> None:
    import pandas as pd

    data = own_study.parent / "answers.csv"
    table = pd.read_csv(data)
    place = table["unit"].astype("category").cat.codes
    names = ["größe", "gräße", "größe".upper(), "x\n\\input{y}"]
    for number, name in enumerate(names):
        table[name] = (place * (number + 3)) % 7
    table.to_csv(data, index=False)
    listed = json.dumps(names, ensure_ascii=False)
    text = own_study.read_text(encoding="utf-8").replace(
        "{file: answers.csv}", f"{{file: answers.csv, columns: {{units: {listed}}}}}"
    )
    own_study.write_text(
        f"{text}options:\n  congruence: {{latent: false, bootstrap: 200, outcomes: {listed}}}\n",
        encoding="utf-8",
    )
    folder = tmp_path / "out"
    found = run(own_study, folder, steps=["congruence"])
    assert found.ok
    files = list((folder / "tables").glob("congruence_parameters_*.csv"))
    assert len({path.name.casefold() for path in files}) == 4
    assert len({path.read_bytes() for path in files}) == 4
    for path in (folder / "tables").glob("*.tex"):
        assert r"\input" not in path.read_text(encoding="utf-8")


def test_a_failed_write_leaves_the_folder_as_it_was(
    own_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comply_measure.pipeline import folder as module
    from comply_measure.pipeline.files import OutputError

    folder = tmp_path / "out"
    run(own_study, folder, steps=["sample"])
    before = digests(folder)

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "render_word", full)
    with pytest.raises(OutputError, match=r"cannot write .*out: No space left on device$"):
        run(own_study, folder, steps=["sample", "items"])
    assert digests(folder) == before
    assert not list(folder.glob(".writing-*"))


def test_a_cache_that_cannot_be_written_ends_the_run(own_study: Path, tmp_path: Path) -> None:
    from comply_measure.pipeline.files import OutputError

    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"cannot write .*: Not a directory"):
        run_study(load_study(own_study, STEPS), STEPS, Store(tmp_path / "file" / "c"), wanted=["sample"])
    with pytest.raises(OutputError, match="is not a folder"):
        require_usable(tmp_path / "file" / "below")


def test_long_tables_are_in_their_files_only(
    own_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comply_measure.pipeline import results as module

    monkeypatch.setattr(module, "MOST_ROWS", 59)
    folder = tmp_path / "out"
    run(own_study, folder, steps=["aggregation"])
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    table = document["steps"]["aggregation"]["tables"]["aggregation_scores"]
    assert "rows" not in table
    assert (table["n_rows"], table["file"]) == (60, "tables/aggregation_scores.csv")
    assert len((folder / table["file"]).read_text(encoding="utf-8").splitlines()) == 61


@pytest.mark.parametrize("blank", [False, True])
def test_one_informant_or_none_has_words_for_what_is_undefined(
    own_study: Path, tmp_path: Path, blank: bool
) -> None:
    import pandas as pd

    data = own_study.parent / "answers.csv"
    table = pd.read_csv(data).iloc[:1]
    if blank:
        table[table.columns[2:]] = None
    table.to_csv(data, index=False)
    found = run(own_study, tmp_path / "out", steps=["items"])
    assert found.ok
    scores = found.outputs["items"].tables["items_scores_duo"].data
    assert scores["sd_buyer"].isna().all()
    assert set(scores["note"]) == {"Buyer: one informant with an answer, or none"}


def test_the_last_file_moves_when_all_others_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []
    replace = Path.replace

    def told(self: Path, target: Path) -> Path:
        moved.append(target.relative_to(tmp_path / "out").as_posix())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", told)
    with staged(tmp_path / "out", "list.json") as stage:
        for name in ("list.json", "z.csv", "a/list.json", "a.csv"):
            (stage / name).parent.mkdir(exist_ok=True)
            (stage / name).write_text(name, encoding="utf-8")
    assert moved == ["a/list.json", "a.csv", "z.csv", "list.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "a.csv", "list.json", "z.csv"]
