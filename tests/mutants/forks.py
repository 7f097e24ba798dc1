"""Pytest in forks of one process that has loaded the libraries: a run costs its tests, not the imports.

As a program it reads requests from its input, a line of JSON each, and answers with the exit code, or with null
after the limit of seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

#: A process that only waits is ended after as many times its limit.
_WAITING = 20
LOADED = ("numpy", "pandas", "scipy.linalg", "scipy.optimize", "scipy.stats", "yaml", "pydantic")


class Pytest:
    """A process in a folder; `run` gives the exit code (None: out of time) and what was printed."""

    def __init__(self, folder: Path, path: list[Path], environment: Mapping[str, str]) -> None:
        joined = os.pathsep.join(str(part) for part in path)
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            cwd=folder,
            env={**os.environ, **environment, "PYTHONPATH": joined},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, arguments: list[str], printed: Path, limit: float | None, environment: Mapping[str, str]
    ) -> tuple[int | None, str]:
        """Run pytest with arguments."""
        request = {
            "arguments": arguments,
            "printed": str(printed),
            "limit": limit,
            "environment": dict(environment),
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        code: int | None = json.loads(self.process.stdout.readline())
        text = printed.read_text(encoding="utf-8", errors="replace")
        printed.unlink()
        return code, text

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def _serve() -> None:
    sys.path.remove(str(Path(__file__).parent))  # the tests see the path that was asked for, nothing else
    sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
    for name in ("pytest", *LOADED):
        try:
            __import__(name)
        except ImportError:  # only less to share
            continue
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _test(request)
        print(json.dumps(_ended(child, request["limit"])), flush=True)


def _test(request: dict[str, object]) -> None:
    os.setsid()
    printed = os.open(str(request["printed"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(there, here)
    code = 1
    try:
        import resource

        import pytest

        if request["limit"] is not None:  # of its own time: a loaded machine is no endless loop
            limit = int(request["limit"]) + 1  # type: ignore[call-overload]
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        code = int(pytest.main(request["arguments"]))  # type: ignore[call-overload]
    finally:
        sys.stdout.flush()
        os._exit(code)


def _ended(child: int, limit: float | None) -> int | None:
    began = time.monotonic()
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
            return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
        if limit is not None and time.monotonic() - began > _WAITING * limit:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.01)


if __name__ == "__main__":
    _serve()
