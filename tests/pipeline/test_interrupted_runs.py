"""Runs that are ended from outside, or meet another run: nothing is left half written, and one run has a folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from comply_measure.pipeline import files, run_study
from comply_measure.pipeline.files import (
    OutputError,
    _owner,
    leave_nothing,
    locked,
    remove_unfinished,
    staged,
    sweep,
    write_atomically,
)
from comply_measure.pipeline.workers import _interrupt_later

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")


def dead_process() -> int:
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@posix
def test_what_killed_processes_left_is_swept_at_once(tmp_path):
    living = _owner()
    dead = living.replace(f"-{os.getpid()}", f"-{dead_process()}")
    elsewhere = f"00000000-{dead.rpartition('-')[2]}"
    for owner in (living, dead, elsewhere):
        stage = tmp_path / f".writing-{owner}-x"
        stage.mkdir()
        (stage / "report.html").touch()
        (tmp_path / "step").mkdir(exist_ok=True)
        (tmp_path / "step" / f".{owner}-x.part").touch()
        (tmp_path / f".{owner}-x.part").touch()
    (tmp_path / ".old.part").touch()
    os.utime(tmp_path / ".old.part", (0, 0))
    (tmp_path / "kept.part").touch()
    sweep(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if dead in path.name}
    assert not left
    assert not (tmp_path / ".old.part").exists()
    assert (tmp_path / "kept.part").exists()
    for owner in (living, elsewhere):
        assert (tmp_path / f".writing-{owner}-x" / "report.html").exists()
        assert (tmp_path / "step" / f".{owner}-x.part").exists()


def test_what_is_under_way_bears_its_owner_and_goes(tmp_path):
    seen: list[str] = []

    def write(temporary: Path) -> None:
        seen.append(temporary.name)
        remove_unfinished()
        assert not temporary.exists()
        temporary.touch()

    write_atomically(tmp_path / "a.txt", write)
    assert re.fullmatch(rf"\.{_owner()}-\w+\.part", seen[0])
    with staged(tmp_path, "b.txt") as stage:
        assert stage.name.startswith(f".writing-{_owner()}-")
        (stage / "b.txt").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "b.txt"}
    assert not files._UNFINISHED


ENDED = """
import sys, time
from pathlib import Path
from comply_measure.pipeline.files import leave_nothing, staged
leave_nothing()
with staged(Path(sys.argv[1]), "b.txt") as stage:
    (stage / "b.txt").touch()
    print("writing", flush=True)
    time.sleep(600)
"""


@posix
def test_a_run_ended_by_the_system_leaves_nothing(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", ENDED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.terminate()
    assert process.wait(60) == -signal.SIGTERM
    process.stdout.close()
    assert not list(tmp_path.iterdir())


@posix
def test_leaving_nothing_respects_a_handler_that_is_there(tmp_path):
    def own(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGTERM, own)
    try:
        leave_nothing()
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


@posix
def test_a_folder_has_one_run_at_a_time(tmp_path, own_study):
    folder = tmp_path / "a" / "out"
    with (
        locked(folder),
        pytest.raises(OutputError, match=f"cannot write {folder}: another run is under way there"),
    ):
        run_study(own_study, out=folder, wanted=["sample"])
    assert not (tmp_path / "a").exists()  # made for the lock alone
    run = run_study(own_study, out=folder, wanted=["sample"])
    assert run.ok
    with locked(folder):
        pass
    assert (folder / "manifest.json").exists()


PARENT = """
import sys, time
from comply_measure.pipeline.workers import _begin, _context, _Pool
pool = _Pool(2, mp_context=_context(), initializer=_begin, initargs=(b"k" * 32,))
tasks = [pool.submit(time.sleep, 600) for _ in range(2)]
while len(pool._processes) < 2 or not any(task.running() for task in tasks):
    time.sleep(0.05)
print(*(process.pid for process in pool._processes.values()), flush=True)
pool.end()
print("ended", flush=True)
"""


@posix
def test_workers_are_ended_by_a_second_interrupt(tmp_path):
    """What the command does when asked twice; without it the steps under way were waited for."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=True
    )
    pids, ended = done.stdout.split("\n")[:2]
    assert ended == "ended"
    assert time.monotonic() - start < 300
    for pid in map(int, pids.split()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_interrupt_before_the_run_is_told(capsys, monkeypatch):
    from comply_measure import cli

    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_call", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.fixture
def _interruptible():
    """SIGINT as it is in a process that nobody started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@posix
@pytest.mark.usefixtures("_interruptible")
def test_interrupts_wait_for_a_process_that_is_being_made():
    done = []

    def made():
        with _interrupt_later():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        made()
    assert done == [True]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _interrupt_later():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGINT) is before
