"""What a run refuses before it computes, word by word; what the store keeps and what it cannot use."""

from __future__ import annotations

import json
import os
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale
from comply_measure.pipeline import STEPS, Step, StepOutput, Store, extensions, load_study, new_scale
from comply_measure.pipeline.files import require_writable, write_atomically, write_text
from comply_measure.pipeline.folder import require_usable
from comply_measure.pipeline.new_scales import _text, _wanted
from comply_measure.pipeline.order import ordered
from comply_measure.pipeline.results import table_document
from comply_measure.pipeline.signature import sign
from comply_measure.report.parts import Section
from comply_measure.report.tables import TableSpec

ITEMS: Step = STEPS["items"]


def lines(caught: pytest.ExceptionInfo[ComplyError]) -> list[str]:
    return [line.strip().removeprefix("- ") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("name", "loads", "message"),
    [
        ("other", "comply_measure.pipeline.registry:STEPS", "step 'other' (comply_measure.pipeline.registry:STEPS) is "
         "a mappingproxy, not a Step of topic and chapter"),
        ("other", "test_pipeline_refusals:ITEMS", "step 'other' (test_pipeline_refusals:ITEMS) is called 'items': the "
         "entry point must have its name"),
        ("items", "test_pipeline_refusals:ITEMS", "step 'items' (test_pipeline_refusals:ITEMS): there is a step of "
         "this name"),
        ("other", "no_such_module:STEP", "step 'other' (no_such_module:STEP) cannot be loaded: ModuleNotFoundError: "
         "No module named 'no_such_module'"),
    ],
)  # fmt: skip
def test_a_foreign_step_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, loads: str, message: str
) -> None:
    point = EntryPoint(name, loads, "comply_measure.steps")
    monkeypatch.setattr(extensions, "extension_points", lambda: [point])
    with pytest.raises(ComplyError) as caught:
        extensions.with_extensions(STEPS.values())
    assert str(caught.value) == message


def test_a_foreign_step_comes_after_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("items", "test_pipeline_refusals:ITEMS", "comply_measure.steps")
    monkeypatch.setattr(extensions, "extension_points", lambda: [point])
    own = [step for name, step in STEPS.items() if name != "items"]
    found = extensions.with_extensions(own)
    assert list(found) == [*(step.name for step in own), "items"] and found["items"] is ITEMS


class Named:
    """Of a step only what its place depends on."""

    def __init__(self, *needs: str, uses: tuple[str, ...] = ()) -> None:
        self.needs = needs
        self.uses = uses


def test_steps_come_after_what_they_need_and_circles_are_refused() -> None:
    registry: Any = {"d": Named("b", "c"), "c": Named("a"), "b": Named(), "a": Named(), "z": Named("y")}
    assert ordered(["d"], registry) == ("b", "a", "c", "d")
    assert ordered(["c", "b"], registry) == ("b", "a", "c")
    assert ordered([], registry) == ()
    with pytest.raises(ComplyError) as caught:
        ordered(["z"], registry)
    assert str(caught.value) == "unknown step needed by 'z' 'y' (known: d, c, b, a, z)"
    with pytest.raises(ComplyError, match="unknown step 'e'"):
        ordered(["e"], registry)
    circle: Any = {"a": Named("b"), "b": Named("c"), "c": Named("a")}
    with pytest.raises(ComplyError) as caught:
        ordered(["b"], circle)
    assert str(caught.value) == "steps need each other in a circle: b → c → a → b"
    used: Any = {"a": Named(uses=("b",)), "b": Named()}
    assert ordered(["a"], used) == ("a",)  # what is only used is not run for it
    assert ordered(["a", "b"], used) == ("b", "a")
    mutual: Any = {"a": Named(uses=("b",)), "b": Named("a")}
    with pytest.raises(ComplyError, match=r"steps need each other in a circle: a, b$"):
        ordered(["b"], mutual)


def test_places_that_hold_other_things_or_cannot_be_written_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ComplyError) as caught:
        require_usable(file)
    assert lines(caught) == ["the results cannot be written", f"{file}: not a folder"]
    with pytest.raises(ComplyError) as caught:
        require_writable(file / "below" / "it")
    assert str(caught.value) == f"cannot write {file / 'below' / 'it'}: {file} is not a folder"
    with pytest.raises(ComplyError) as caught:
        require_usable(tmp_path)
    allowed = "a new or empty folder, or the results of an earlier run"
    assert lines(caught)[1] == f"{tmp_path}: the folder holds other files; allowed: {allowed}"
    require_usable(tmp_path / "new" / "folder")
    (tmp_path / "empty").mkdir()
    require_usable(tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


def test_an_output_has_no_two_tables_of_one_key_and_no_number_without_its_reason() -> None:
    import pandas as pd

    tables = tuple(TableSpec(key, "T", pd.DataFrame()) for key in ("a", "b", "a", "a"))
    with pytest.raises(ComplyError) as caught:
        StepOutput(Section("s", "S", tables))
    assert str(caught.value) == "several tables or figures have one key: a"
    with pytest.raises(ComplyError, match="x"):
        StepOutput(Section("s", "S", ()), {"x": float("nan"), "y": 1.0})
    assert list(StepOutput(Section("s", "S", tables[:2])).tables) == ["a", "b"]


def test_the_store_keeps_the_latest_four_and_marks_its_folder(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(6):
        store.save("s", f"k{number}", StepOutput(Section("s", "S", ()), {"n": number}))
        os.utime(store.path("s", f"k{number}"), ns=(number * 10**9, number * 10**9))
    kept = sorted(path.stem for path in (tmp_path / "s").iterdir())
    assert kept == ["k2", "k3", "k4", "k5"]
    found = store.load("s", "k5")
    assert found is not None and found.values == {"n": 5}
    assert store.load("s", "k0") is None and store.load_evidence("s", "k5") is None
    assert (tmp_path / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


@pytest.mark.parametrize(
    ("changes", "readable"),
    [
        ({}, True),
        ({"format": 2}, False),
        ({"values": None}, False),
        ({"headline": 1}, False),
        ({"section": {}}, False),
    ],
)
def test_an_entry_of_another_form_is_read_as_none(tmp_path: Path, changes: dict, readable: bool) -> None:
    store = Store(tmp_path)
    store.save("s", "k", StepOutput(Section("s", "S", ()), {"n": 1}, headline=("h",)))
    path = store.path("s", "k")
    document = json.loads(path.read_bytes().partition(b"\n")[2]) | changes
    body = json.dumps(document)
    path.write_text(f"{sign('s/k', body.encode())}\n{body}")
    assert (store.load("s", "k") is not None) is readable
    path.write_text(f"{sign('s/other', body.encode())}\n{body}")  # of another place
    assert store.load("s", "k") is None


def test_files_are_written_whole_or_not_at_all_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    before = len(os.listdir("/dev/fd"))
    for number in range(5):
        write_text(path, f"text {number}\n")
    assert len(os.listdir("/dev/fd")) == before
    assert path.read_bytes() == b"text 4\n" and [p.name for p in path.parent.iterdir()] == ["a.txt"]
    umask = os.umask(0o022)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask

    def half(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_atomically(path, half)
    assert path.read_bytes() == b"text 4\n" and [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_scale_of_items_has_five_points_unless_told_otherwise(tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_text("id,construct,text\na,A,One\nb,A,Two\n", encoding="utf-8")
    for options, ends in (({}, (1, 5)), ({"minimum": 0, "maximum": 10}, (0, 10))):
        written = new_scale(items, tmp_path / str(len(options)), **options)
        response = load_scale(written.files[0]).response
        assert (response.minimum, response.maximum) == ends
        assert list(written.found) == ["2 items"]
        assert (
            written.checks[0] == f"the range of answers, {ends[0]} to {ends[1]}: the table does not state it"
        )


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("tr_1", "tr_1"),
        ("q 1", "q 1"),
        ("We share goals", "c_2"),  # a sentence
        ("x" * 40, "x" * 40),
        ("x" * 41, "c_2"),
    ],
)
def test_items_have_the_names_of_their_columns_unless_these_are_sentences(column: str, name: str) -> None:
    assert _wanted(column, "c", 2) == name


@pytest.mark.parametrize(
    ("column", "label", "text"),
    [
        ("q1", "How often?", "How often?"),
        ("q1", "", "q1"),
        ("How often do you [meet]", "", "meet"),
        ("q[1]", "", "q[1]"),  # no sentence before it
    ],
)
def test_texts_of_items_are_what_the_file_says(column: str, label: str, text: str) -> None:
    assert _text(column, label) == text


def test_undefined_cells_are_listed_by_column_and_reason() -> None:
    import pandas as pd

    nan = float("nan")
    noted = pd.DataFrame({"x": [1.0, nan, nan, nan], "y": [nan, 2.0, nan, 4.0], "t": list("abcd")})
    table = TableSpec("k", "T", noted.assign(note=["", "few", "few", ""]))
    assert table_document(table, "f")["undefined"] == [
        {"column": "x", "reason": "few", "rows": [1, 2]},
        {"column": "x", "reason": "does not apply to this row", "rows": [3]},
        {"column": "y", "reason": "does not apply to this row", "rows": [0]},
        {"column": "y", "reason": "few", "rows": [2]},
    ]
    plain = table_document(TableSpec("k", "T", noted), "f")
    assert plain["undefined"] == [
        {"column": "x", "reason": "does not apply to this row", "rows": [1, 2, 3]},
        {"column": "y", "reason": "does not apply to this row", "rows": [0, 2]},
    ]
    assert plain["rows"][1] == [None, 2.0, "b"] and plain["columns"] == ["x", "y", "t"]


def test_faults_of_a_study_file_come_in_the_order_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(
        "format: comply-measure study 1\ntitle: T\nsteps: [gapz, items]\ntitel: U\ncutoffs: {cfy: 0.9}\n"
        "dataset: msi_triads\noptions:\n  gaps: {alpah: 0.1}\n  itemz: {}\nseed: one\n",
        encoding="utf-8",
    )
    with pytest.raises(ComplyError) as caught:
        load_study(path, STEPS)
    problems = caught.value.problems  # type: ignore[attr-defined]
    assert [(problem.row, problem.column) for problem in problems] == [
        (3, "steps.0"),
        (4, "titel"),
        (5, "cutoffs.cfy"),
        (8, "options.gaps.alpah"),
        (9, "options.itemz"),
        (10, "seed"),
    ]
