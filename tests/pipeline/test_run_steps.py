"""Running steps: order, cache, resumption, contained failures. The steps here are made up."""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, ComplyWarning, InputError
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.pipeline import (
    Step,
    StepOutput,
    Store,
    build_report,
    fingerprint as fingerprint_module,
    load_study,
    run_study,
    signature as signature_module,
)
from comply_measure.pipeline.folder import write_results
from comply_measure.pipeline.order import ordered
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.signature import sign
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Chapter, Notice, Section
from comply_measure.report.tables import TableSpec
from comply_measure.sem import api


class Number(TopicOptions):
    n: int = 1


@dataclass(frozen=True, eq=False)
class Sum(Evidence):
    n: int
    units: int

    def tidy(self) -> pd.DataFrame:
        return pd.DataFrame({"n": [self.n, math.nan], "note": ["", "no reason"]})

    def values(self) -> dict[str, float]:
        return {"n": self.n, "units": self.units}


class Workshop:
    """A registry of made-up steps that counts how often each ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.printed: list[str] = []
        self.broken: Exception | type[BaseException] | None = None
        self.registry = {
            step.name: step
            for step in (
                self.step("a"),
                self.step("b", "a"),
                self.step("c", behave=self.fail),
                self.step("d", "c", "b"),
                self.step("e"),
            )
        }

    def step(self, name: str, *needs: str, behave: Callable[[], None] | None = None) -> Step:
        def compute(request: Request, options: Number) -> Sum:
            self.ran.append(name)
            if behave is not None:
                behave()
            total = options.n + sum(request.evidence(need, Sum).n for need in needs)
            return Sum(total, request.responses.n_units)

        def chapter(evidence: Sum, labels: Labels, cutoffs: Cutoffs) -> Chapter:
            self.printed.append(name)
            return Chapter(Section(name, name, (TableSpec(f"{name}_table", name, evidence.tidy()),)))

        return Step(Topic(name, name.upper(), compute, Number, needs), chapter)

    def fail(self) -> None:
        if self.broken is not None:
            raise self.broken


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def go(workshop: Workshop, own_study: Path, tmp_path: Path) -> Callable[..., Run]:
    def run(options: str = "", **how: object) -> Run:
        text = own_study.read_text(encoding="utf-8").split("options:")[0]
        own_study.write_text(text + (f"options: {options}\n" if options else ""), encoding="utf-8")
        workshop.ran.clear()
        workshop.printed.clear()
        study = load_study(own_study, workshop.registry)
        return run_study(study, workshop.registry, Store(tmp_path / "cache"), **how)  # type: ignore[arg-type]

    return run


def statuses(run: Run) -> dict[str, str]:
    return {name: outcome.status for name, outcome in run.outcomes.items()}


def test_steps_run_after_what_they_need(workshop: Workshop, go: Callable[..., Run]) -> None:
    run = go(wanted=["d"])
    assert list(run.outcomes) == ["a", "b", "c", "d"]
    assert workshop.ran == ["a", "b", "c", "d"]
    assert run.ok
    assert run.outputs["d"].values["n"] == 1 + 1 + (1 + 1)


def test_steps_of_a_run_search_a_model_of_the_same_cases_once(
    workshop: Workshop, own_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[object] = []
    plain = api.estimate
    monkeypatch.setattr(api, "estimate", lambda model: searched.append(model) or plain(model))
    data = pd.DataFrame(
        np.random.default_rng(1).normal(size=(60, 3)) + [[1.0], [-1.0]] * 30, columns=list("uvw")
    )
    fits: list[sem.Fit] = []

    def fit() -> None:
        fits.append(sem.fit("f =~ u + v + w", data, se="none"))

    registry = {name: workshop.step(name, behave=fit) for name in ("a", "b")}
    own_study.write_text(own_study.read_text(encoding="utf-8").split("options:")[0], encoding="utf-8")
    run_study(load_study(own_study, registry), registry, Store(tmp_path / "cache"))
    fit()
    assert len(fits) == 3
    assert len(searched) == 2  # once in the run, once after it
    assert np.array_equal(fits[0].theta, fits[1].theta)


def test_needs_are_checked(workshop: Workshop) -> None:
    with pytest.raises(ComplyError, match="unknown step 'f'"):
        ordered(["f"], workshop.registry)
    loop = {"x": workshop.step("x", "y"), "y": workshop.step("y", "x")}
    with pytest.raises(ComplyError, match="circle: x → y → x"):
        ordered(["x"], loop)


def test_a_second_run_computes_nothing(workshop: Workshop, go: Callable[..., Run]) -> None:
    first = go()
    second = go()
    assert workshop.ran == []
    assert set(statuses(second).values()) == {"cached"}
    for name in first.outputs:
        assert dict(second.outputs[name].values) == dict(first.outputs[name].values)
        table, again = (
            first.outputs[name].tables[f"{name}_table"],
            second.outputs[name].tables[f"{name}_table"],
        )
        pd.testing.assert_frame_equal(again.data, table.data)


def test_a_changed_option_recomputes_the_step_and_what_needs_it(
    workshop: Workshop, go: Callable[..., Run]
) -> None:
    go()
    go("{b: {n: 5}}")
    assert workshop.ran == ["b", "d"]
    go("{b: {n: 5}}", force=True)
    assert workshop.ran == ["a", "b", "c", "d", "e"]


def test_changed_data_code_or_libraries_recompute_everything(
    workshop: Workshop, go: Callable[..., Run], own_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go()
    data = own_study.parent / "answers.csv"
    data.write_text(data.read_text(encoding="utf-8").replace("U1,", "U1x,"), encoding="utf-8")
    go()
    assert workshop.ran == ["a", "b", "c", "d", "e"]
    monkeypatch.setattr(fingerprint_module, "evidence_version", lambda: "edited")
    go()
    assert workshop.ran == ["a", "b", "c", "d", "e"]
    monkeypatch.setattr(fingerprint_module, "library_versions", lambda: {"numpy": "99"})
    go()
    assert workshop.ran == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("error", [ComplyError("cannot"), ZeroDivisionError("oops")])
def test_a_failing_step_leaves_the_others_alone(
    workshop: Workshop, go: Callable[..., Run], error: Exception
) -> None:
    workshop.broken = error
    run = go()
    assert statuses(run) == {"a": "done", "b": "done", "c": "failed", "d": "skipped", "e": "done"}
    assert not run.ok
    assert str(error) in run.outcomes["c"].reason
    assert run.outcomes["d"].reason == "needs c, which has no result"
    # A user's mistake needs no traceback, a defect of the program keeps one.
    assert ("Traceback" in run.outcomes["c"].trace) == isinstance(error, ZeroDivisionError)
    workshop.broken = None
    repaired = go()
    assert workshop.ran == ["c", "d"]
    assert repaired.ok


def test_an_interrupted_run_resumes(workshop: Workshop, go: Callable[..., Run]) -> None:
    workshop.broken = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        go()
    assert workshop.ran == ["a", "b", "c"]
    workshop.broken = None
    run = go()
    assert workshop.ran == ["c", "d", "e"]
    assert statuses(run)["a"] == "cached"


def test_a_defect_leaves_its_traceback_in_the_results(
    workshop: Workshop, go: Callable[..., Run], tmp_path: Path
) -> None:
    workshop.broken = ZeroDivisionError("a defect")
    run = go()
    files = write_results(run, tmp_path / "out", jobs=1, started=datetime(2026, 1, 2, tzinfo=UTC))
    traces = tmp_path / "out" / "errors"
    assert [path.name for path in traces.iterdir()] == ["c.txt"] and "errors/c.txt" in files
    text = (traces / "c.txt").read_text(encoding="utf-8")
    assert text == run.outcomes["c"].trace and text.rstrip().endswith("ZeroDivisionError: a defect")
    workshop.broken = None
    write_results(go(), tmp_path / "out", jobs=1, started=datetime(2026, 1, 2, tzinfo=UTC))
    assert not (traces / "c.txt").exists()  # of an earlier run


def test_the_report_says_what_failed_what_was_left_out_and_what_to_take_care_of(
    workshop: Workshop, go: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OwnWarning(ComplyWarning):
        pass

    def warn() -> None:
        warnings.warn("take care", OwnWarning, stacklevel=1)

    workshop.registry["w"] = workshop.step("w", behave=warn)
    workshop.broken = ComplyError("no answers")
    report = build_report(go())
    assert [(section.key, section.title) for section in report.sections] == [
        (name, name.upper() if name in ("c", "d") else name) for name in ("a", "b", "c", "d", "e", "w")
    ]
    notices = {
        section.key: [(block.text, block.kind) for block in section.blocks if isinstance(block, Notice)]
        for section in report.sections
    }
    assert notices == {
        "a": [],
        "b": [],
        "c": [("This step failed: no answers", "error")],
        "d": [("This step was left out: needs c, which has no result", "warning")],
        "e": [],
        "w": [("take care", "warning")],
    }
    assert report.summary == (
        "Step 'c' has no result: no answers.",
        "Step 'd' has no result: needs c, which has no result.",
    )
    assert len(report.sections[0].blocks) == 1 and len(report.sections[5].blocks) == 2
    facts = dict(report.facts)
    assert facts["Steps"] == "a, b, c, d, e, w" and facts["Seed"] == "3"
    assert facts["Input answers.csv"].startswith("SHA-256 ") and len(facts["Input answers.csv"]) == 8 + 16 + 1


@pytest.mark.parametrize("damage", [b"", b"{}", b"0" * 64 + b"\n{}"])
def test_a_damaged_result_is_computed_anew(
    workshop: Workshop, go: Callable[..., Run], tmp_path: Path, damage: bytes
) -> None:
    run = go()
    assert run.ok
    paths = [*(tmp_path / "cache" / "e").glob("*.json"), *(tmp_path / "cache" / "e-evidence").glob("*.json")]
    assert len(paths) == 2
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(damage or content[:-10])
    again = go()
    assert workshop.ran == ["e"]
    assert again.ok
    assert [path.read_bytes() for path in paths] == contents


def test_what_a_step_computed_is_gone_when_its_chapter_is_printed(own_study: Path, tmp_path: Path) -> None:
    """Models and draws behind a result are large, and drawing takes memory of its own."""
    computed: list[weakref.ref[Sum]] = []
    alive: list[bool] = []

    def compute(request: Request, options: Number) -> Sum:
        found = Sum(options.n, request.responses.n_units)
        computed.append(weakref.ref(found))
        return found

    def chapter(evidence: Sum, labels: Labels, cutoffs: Cutoffs) -> Chapter:
        alive.extend(one() is not None for one in computed)
        return Chapter(Section("a", "a", ()))

    registry = {"a": Step(Topic("a", "A", compute, Number, ()), chapter)}
    own_study.write_text(own_study.read_text(encoding="utf-8").split("options:")[0], encoding="utf-8")
    run = run_study(load_study(own_study, registry), registry, Store(tmp_path / "cache"))
    assert statuses(run) == {"a": "done"}
    assert alive == [False]


def test_a_change_of_words_prints_anew_and_computes_nothing(
    workshop: Workshop, go: Callable[..., Run], own_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go()
    monkeypatch.setattr(fingerprint_module, "code_version", lambda: "chapters reworded")
    again = go()
    assert workshop.ran == []
    assert workshop.printed == ["a", "b", "c", "d", "e"]
    assert set(statuses(again).values()) == {"printed"}


def test_evidence_that_is_gone_is_computed_for_the_step_that_needs_it(
    workshop: Workshop, go: Callable[..., Run], tmp_path: Path
) -> None:
    go()
    for path in (tmp_path / "cache" / "a-evidence").glob("*.json"):
        path.unlink()
    run = go("{b: {n: 5}}")
    assert workshop.ran == ["a", "b", "d"]
    assert run.ok


def test_the_cache_keeps_the_latest_results_only(go: Callable[..., Run], tmp_path: Path) -> None:
    for n in range(7):
        go(f"{{e: {{n: {n}}}}}")
    assert len(list((tmp_path / "cache" / "e").glob("*.json"))) == 4
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_warnings_reach_the_reader(workshop: Workshop, go: Callable[..., Run]) -> None:
    class OwnWarning(ComplyWarning):
        pass

    def warn() -> None:
        warnings.warn("take care", OwnWarning, stacklevel=1)
        warnings.warn("old function", DeprecationWarning, stacklevel=1)

    workshop.registry["w"] = workshop.step("w", behave=warn)
    run = go(wanted=["w"])
    assert run.outputs["w"].problems == ("take care",)
    assert run.outcomes["w"].warnings == ("DeprecationWarning: old function",)
    assert go(wanted=["w"]).outputs["w"].problems == ("take care",)


def test_unusable_data_stop_the_run_before_any_step(
    workshop: Workshop, go: Callable[..., Run], own_study: Path
) -> None:
    data = own_study.parent / "answers.csv"
    data.write_text(data.read_text(encoding="utf-8").replace("buyer", "pilot", 1), encoding="utf-8")
    with pytest.raises(InputError, match="pilot"):
        go()
    assert workshop.ran == []


def test_undefined_values_need_a_reason() -> None:
    section = Section("s", "S")
    with pytest.raises(ComplyError, match="without a reason: x"):
        StepOutput(section, values={"x": math.nan})
    assert StepOutput(section, values={"x": math.nan}, reasons={"x": "no data"}).reasons["x"] == "no data"


def test_seeds_depend_on_study_and_step_only() -> None:
    def seeds(seed: int, topic: str) -> list[int]:
        return topic_seeds(topic, seed).generate_state(2).tolist()

    assert seeds(1, "a") == seeds(1, "a")
    assert seeds(1, "a") != seeds(1, "b")
    assert seeds(1, "a") != seeds(2, "a")


@pytest.mark.parametrize("folder", ["e", "e-evidence"])
def test_a_result_that_another_hand_signed_moved_or_bent_is_made_anew(
    go: Callable[..., Run], tmp_path: Path, folder: str
) -> None:
    go()
    (path,) = (tmp_path / "cache" / folder).glob("*.json")
    (other,) = (tmp_path / "cache" / folder.replace("e", "a", 1)).glob("*.json")
    content = path.read_bytes()
    signature, _, body = content.partition(b"\n")
    evil = body.replace(b"no reason", b"bought").replace(b'"units":60', b'"units":61')
    assert evil != body
    for damage in (
        hashlib.sha256(evil).hexdigest().encode() + b"\n" + evil,
        signature + b"\n" + evil,
        other.read_bytes(),
    ):
        path.write_bytes(damage)
        if folder == "e-evidence":  # is looked at only where the output is not there
            for output in (tmp_path / "cache" / "e").glob("*.json"):
                output.unlink()
        assert go().ok
        assert path.read_bytes() == content


def test_a_signed_entry_that_reads_as_nothing_is_made_anew(go: Callable[..., Run], tmp_path: Path) -> None:
    go()
    (path,) = (tmp_path / "cache" / "e").glob("*.json")
    content = path.read_bytes()
    whole = json.loads(content.partition(b"\n")[2])
    rng = random.Random(1)
    bodies = [json.dumps(bent(whole, rng)).encode() for _ in range(60)]
    for body in (*bodies, b"[" * 100_000, b"\xff", b"null", b"[]", b"3", b"{}"):
        path.write_bytes(sign(f"e/{path.stem}", body).encode() + b"\n" + body)
        assert go(wanted=["e"]).ok
    assert path.read_bytes() == content


def bent(value: object, rng: random.Random) -> object:
    """The value with one place inside it put wrong."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        if rng.random() < 0.2:
            return {name: part for name, part in value.items() if name != key}
        return value | {key: bent(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        place = rng.randrange(len(value))
        return [*value[:place], bent(value[place], rng), *value[place + 1 :]]
    return rng.choice([None, 3, "x", [], {}, [1, "a"], -1e400, True, {"kind": "float"}])


def test_a_table_with_columns_of_several_lengths_is_damaged(tmp_path: Path) -> None:
    from comply_measure.report.serialise import decode_frame

    column = {"name": "a", "kind": "float", "values": [1.0, 2.0]}
    for columns in ([column, column], [column | {"values": [1.0]}], [column | {"kind": "text"}]):
        with pytest.raises(ComplyError, match="damaged"):
            decode_frame({"columns": columns, "rows": 2})


def test_the_users_key_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "state"))
    first = signature_module.secret()
    file = tmp_path / "state" / "comply-measure" / "cache.key"
    assert file.read_bytes() == first
    assert len(first) == 32
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0
    signature_module._secret.cache_clear()
    assert signature_module.secret() == first
    file.write_bytes(b"short")  # damaged: made anew, and kept
    signature_module._secret.cache_clear()
    second = signature_module.secret()
    assert file.read_bytes() == second != first and len(second) == 32
    assert [path.name for path in file.parent.iterdir()] == ["cache.key"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "file"))
    # Where no key can be kept there is one for this process.
    assert signature_module.secret() == signature_module.secret() != first


def test_a_study_runs_in_one_line_and_says_what_it_found(own_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = run_study(str(own_study), out=out, wanted=["sample", "items", "gaps"])
    assert run.report == out / "report.html"
    assert run.report.is_file()
    stored = pd.read_csv(out / "tables" / "gaps_dimensions.csv")
    np.testing.assert_allclose(run.tables["gaps_dimensions"]["mean"], stored["mean"], rtol=1e-12)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert run.verdicts["key"].tolist() == [verdict["key"] for verdict in results["verdicts"]]
    assert list(run.figures)
    page = run._repr_html_()
    assert "&lt;img src=x" in page
    assert "<img" not in page
    assert str(run.report) in repr(run)
    again = run_study(own_study, out=out, wanted=["sample", "items", "gaps"])
    assert {outcome.status for outcome in again.outcomes.values()} == {"cached"}
    assert "3 steps cached" in repr(again)


def test_a_study_runs_without_writing_anything(own_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = own_study.parent.parent / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    run = run_study(own_study, write=False, wanted=["sample"])
    assert run.report is None
    assert run.ok
    assert not list(empty.iterdir())
    run_study(own_study, wanted=["sample"])
    assert (empty / "results" / "study" / "report.html").is_file()
