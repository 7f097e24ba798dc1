"""The command line: exit codes, plain messages, light start, output that can be piped."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer import Typer

from comply_measure import __version__
from comply_measure.cli import main
from comply_measure.cli.app import app

STUDY = "format: comply-measure study 1\ntitle: T\ndataset: msi_triads\n"


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return int(caught.value.code or 0)


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "comply_measure", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"comply-measure {__version__}")


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys\nfrom comply_measure.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'matplotlib', 'pydantic', 'yaml', 'rich', 'jinja2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for part in ("comply-measure run my-study/study.yaml", "simulate", "scale", "dataset", "Exit codes"):
        assert part in done.stdout


def commands(parent: Typer, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command, group by group."""
    for command in parent.registered_commands:
        assert command.callback is not None
        yield (*names, command.name or command.callback.__name__.replace("_", "-"))
    for group in parent.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, *names, str(group.name or group.typer_instance.info.name))


@pytest.mark.parametrize("command", list(commands(app)), ids=" ".join)
def test_every_command_has_help_with_examples_on_lines_of_their_own(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*command, "--help") == 0
    shown = capsys.readouterr().out
    assert "Usage" in shown
    assert "\\b" not in shown
    for line in shown.splitlines():
        assert "comply-measure" not in line or line.lstrip().startswith(("Usage", "Try", "comply-measure")), (
            line
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scale", "show", "cmply"), "did you mean 'comply'"),
        (("scale", "show", "comply", "--language", "fr"), "unknown language"),
        (("scale", "check", "nothing.yaml"), "not a shipped scale and not a file"),
        (("dataset", "show", "msi"), "data set"),
        (("run", "nothing.yaml"), "cannot be read"),
        (("run",), "Missing argument"),
        (("runn",), "No such command"),
    ],
)
def test_unusable_input_gives_exit_code_2_and_no_traceback(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_tables_are_tab_separated_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("scale", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t")[:2] == ["scale", "title"]
    assert {line.split("\t")[0] for line in lines[1:]} == {"comply", "desirability", "smsc", "marker"}
    assert call("dataset", "list") == 0
    captured = capsys.readouterr().out
    assert "msi_triads\tresponses" in captured
    assert "\x1b[" not in captured


def test_a_scale_is_shown_in_its_language_and_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("scale", "show", "comply", "--language", "de", "--attribute-set", "21") == 0
    shown = capsys.readouterr().out
    assert "Stimme" in shown
    assert "M_inn_1" in shown
    assert call("scale", "check", "comply") == 0
    assert "no problems found" in capsys.readouterr().out


def test_a_data_set_can_be_copied_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert call("dataset", "copy", "msi_triads", str(folder)) == 0
    assert (folder / "study.yaml").is_file()
    assert call("run", str(folder / "study.yaml"), "--out", str(tmp_path / "out"), "--steps", "sample") == 0
    assert f"report: {tmp_path / 'out' / 'report.html'}" in capsys.readouterr().out
    assert call("dataset", "copy", "msi_triads", str(folder)) == 2
    assert "the folder has content" in capsys.readouterr().err


def test_run_says_what_it_did_and_can_be_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "s.yaml"
    study.write_text(STUDY, encoding="utf-8")
    out = str(tmp_path / "out")
    assert call("run", str(study), "--out", out, "--steps", "sample") == 0
    captured = capsys.readouterr()
    assert "✓ sample" in captured.err
    assert "\x1b[" not in captured.err + captured.out
    assert call("run", str(study), "--out", out, "--steps", "sample") == 0
    assert "= sample unchanged" in capsys.readouterr().err
    assert call("run", str(study), "--out", out, "--steps", "sample", "--force", "--quiet") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_pdf_that_cannot_be_printed_is_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study, out = tmp_path / "study.yaml", tmp_path / "out"
    study.write_text(STUDY, encoding="utf-8")
    monkeypatch.setattr("comply_measure.report.printing.browser", lambda: "chromium")
    for target in (tmp_path, tmp_path / "absent" / "report.pdf"):
        assert call("run", str(study), "--out", str(out), "--pdf", str(target)) == 2
        assert "cannot be written" in capsys.readouterr().err
    monkeypatch.setattr("comply_measure.report.printing.browser", lambda: None)
    assert call("run", str(study), "--out", str(out), "--pdf", str(tmp_path / "report.pdf")) == 2
    assert "needs Chromium or Chrome" in capsys.readouterr().err
    assert not out.exists()


def test_the_pdf_is_named_beside_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study, target = tmp_path / "study.yaml", tmp_path / "report.pdf"
    study.write_text(STUDY, encoding="utf-8")
    monkeypatch.setattr("comply_measure.report.printing.browser", lambda: "chromium")
    monkeypatch.setattr(
        "comply_measure.report.printing.print_report", lambda report, target: report.is_file()
    )
    for steps in ((), ("--quiet",)):
        asked = ("run", str(study), "--out", str(tmp_path / "out"), "--steps", "sample", "--pdf", str(target))
        assert call(*asked, *steps) == 0
        assert (f"pdf: {target}" in capsys.readouterr().out) is not bool(steps)


def test_a_failed_step_gives_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "s.yaml"
    study.write_text(STUDY + "options: {cfa: {scale: marker, models: [second_order]}}\n", encoding="utf-8")
    out = tmp_path / "out"
    assert call("run", str(study), "--out", str(out), "--steps", "cfa,sample") == 1
    captured = capsys.readouterr()
    assert "step 'cfa' failed: a second-order model needs at least 3 dimensions" in captured.err
    assert "✓ sample" in captured.err
    assert "Traceback" not in captured.err
    assert "This step failed" in (out / "report.html").read_text(encoding="utf-8")


def test_wrong_steps_and_folders_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "s.yaml"
    study.write_text(STUDY, encoding="utf-8")
    assert call("run", str(study), "--out", str(tmp_path / "out"), "--steps", "smaple") == 2
    assert "did you mean 'sample'" in capsys.readouterr().err
    assert call("run", str(study), "--out", str(tmp_path)) == 2
    assert "holds other files" in capsys.readouterr().err


def test_simulate_writes_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from comply_measure.responses import dataset_path

    population = dataset_path("msi_triads") / "population.yaml"
    out = tmp_path / "simulated"
    assert call("simulate", str(population), "--out", str(out), "--seed", "2026") == 0
    assert "files written" in capsys.readouterr().out
    shipped = (dataset_path("msi_triads") / "responses.csv").read_bytes()
    assert (out / "responses.csv").read_bytes() == shipped


def test_an_interruption_is_told_plainly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from comply_measure.evidence.topics import sample

    study = tmp_path / "s.yaml"
    study.write_text(STUDY, encoding="utf-8")

    def interrupt(responses: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "role_counts", interrupt)
    out = tmp_path / "out"
    assert call("run", str(study), "--out", str(out), "--steps", "sample") == 130
    assert "interrupted; the same command goes on" in capsys.readouterr().err
    monkeypatch.undo()
    assert call("run", str(study), "--out", str(out), "--steps", "sample") == 0


def test_a_run_with_nothing_to_do_reads_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import comply_measure.pipeline.study as module

    study, out = tmp_path / "s.yaml", tmp_path / "out"
    study.write_text(STUDY, encoding="utf-8")
    command = ("run", str(study), "--out", str(out), "--steps", "sample")
    assert call(*command) == 0
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}

    read = []
    original = module.read_yaml

    def watched(path: Path) -> object:
        read.append(path)
        return original(path)

    monkeypatch.setattr(module, "read_yaml", watched)
    assert call(*command) == 0
    assert read == []
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert "= sample unchanged" in capsys.readouterr().err
    # A file that was touched is written anew, and another command is another run.
    (out / "report.html").write_text("mine", encoding="utf-8")
    assert call(*command) == 0
    assert (out / "report.html").read_text(encoding="utf-8") != "mine"
    assert len(read) == 1
    memory = out / ".cache" / "last-run.json"
    memory.write_bytes(memory.read_bytes().replace(b'"sample"', b'"bought"'))
    assert call(*command) == 0
    assert len(read) == 2
    assert b"bought" not in memory.read_bytes()
    assert call(*command[:-1], "sample,items") == 0
    assert len(read) == 3


def test_small_cells_are_counted_and_what_would_help_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    demo = Path(__file__).parents[2] / "analyses" / "demo.yaml"
    assert call("study", "cells", str(demo), "--by", "industry,role", "--minimum", "60") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == (
        "9 of 15 cells of industry x role have fewer than 60 informants: 340 of 752 informants could be recognised; "
        "the smallest cell has 19"
    )
    assert told[1].startswith("small: industry ") and told[1].endswith(": 19")
    assert "without industry: 0 at risk in 3 cells, smallest 227" in told
    assert call("study", "cells", str(demo), "--by", "rolle") == 2


def test_consoles_without_a_character_show_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding="ascii", errors="strict"))
    with pytest.raises(SystemExit) as stopped:
        main(["scale", "show", "comply"])
    sys.stdout.flush()
    assert not stopped.value.code and b"\\u201c" in kept.getvalue()
