"""Worker processes end with the process that started them, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from comply_measure.errors import ComplyError
from comply_measure.pipeline.workers import _result, _Worked

SCRIPT = """
import os, time
from comply_measure.pipeline.workers import _begin, _context, _Pool

print("begun", flush=True)  # once: no worker runs a script that is not guarded
pool = _Pool(2, mp_context=_context(), initializer=_begin, initargs=(b"k" * 32,))
tasks = [pool.submit(time.sleep, 600) for _ in range(2)]
found = []
while len(found) < 2:
    time.sleep(0.05)
    found = [process.pid for process in pool._processes.values()]
print(*found, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(
    sys.platform == "win32",
    reason="Windows has no SIGKILL, and os.kill(pid, 0) would end the worker instead of asking for it",
)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "parent.py"
    script.write_text(SCRIPT, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "begun\n"
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(workers) == 2
    # Give them time to have begun their work: a worker that is still loading ends when it starts.
    time.sleep(1)
    parent.send_signal(how)
    parent.wait()
    assert parent.stdout.read() == ""
    parent.stdout.close()
    end = time.monotonic() + 60
    while any(map(alive, workers)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(alive, workers))


def test_a_worker_that_was_ended_is_told() -> None:
    future: Future[_Worked] = Future()
    future.set_exception(BrokenProcessPool("terminated abruptly"))
    with pytest.raises(ComplyError, match=r"a worker ended abruptly while step 'gaps' was running \(memory"):
        _result(future, "gaps")
