"""Which functions of the package each test calls: a pytest plugin, and a map that is kept between runs.

Traced are calls, not lines, so that a test runs at nearly its own speed. What a fixture calls counts for every test
of its file.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

PACKAGE, OUTPUT = "MUTANTS_PACKAGE", "MUTANTS_OUTPUT"


class CallTracer:
    """Records ``file:first line`` of every function called, per test and for the file's fixtures."""

    def __init__(self, package: Path) -> None:
        self.prefix = f"{package}{os.sep}"
        self.codes: set[Any] = set()
        self.shared: set[str] = set()
        self.tests: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}

    def _trace(self, frame: FrameType, event: str, arg: object) -> None:
        self.codes.add(frame.f_code)

    def _taken(self) -> set[str]:
        found = {
            f"{code.co_filename.removeprefix(self.prefix)}:{code.co_firstlineno}"
            for code in self.codes
            if code.co_filename.startswith(self.prefix) and not code.co_name.endswith(("comp>", "expr>"))
        }
        self.codes.clear()
        return found

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.shared |= self._taken()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tests[item.nodeid] = self._taken()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration

    def pytest_unconfigure(self) -> None:
        loaded = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
        record = {
            "shared": sorted(self.shared),
            "loaded": sorted(f.removeprefix(self.prefix) for f in loaded if f.startswith(self.prefix)),
            "tests": {
                name: {"seconds": round(self.seconds[name], 3), "calls": sorted(calls)}
                for name, calls in self.tests.items()
                if name in self.seconds
            },
        }
        Path(os.environ[OUTPUT]).write_text(json.dumps(record), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Register the tracer when asked for by the environment."""
    if PACKAGE in os.environ and OUTPUT in os.environ:
        config.pluginmanager.register(CallTracer(Path(os.environ[PACKAGE])))


@dataclass(frozen=True)
class TestsOf:
    """Tests by what they call; times in seconds."""

    calls: dict[str, frozenset[str]]
    files: dict[str, frozenset[str]]
    seconds: dict[str, float]

    def of(self, file: str, first_line: int) -> list[str]:
        """Tests that call the function at a place, fastest first; at line 0 all that use the file."""
        found = self.calls.get(f"{file}:{first_line}", frozenset())
        if not first_line:
            used = [tests for key, tests in self.calls.items() if key.rpartition(":")[0] == file]
            found = frozenset().union(*used) or self.files.get(file, frozenset())
        return sorted(found, key=lambda test: (self.seconds[test], test))


def test_map(root: Path, package: str, test_files: list[Path], cache: Path) -> TestsOf:
    """The map of the test files; a file is run again when it or a file of the package that it loads has changed."""
    calls: dict[str, set[str]] = {}
    files: dict[str, set[str]] = {}
    seconds: dict[str, float] = {}
    for path in test_files:
        record = _record(root, package, path, cache)
        names = set(record["tests"])
        for name, test in record["tests"].items():
            seconds[name] = test["seconds"]
            for key in test["calls"]:
                calls.setdefault(key, set()).add(name)
        for key in record["shared"]:
            calls.setdefault(key, set()).update(names)
        for file in record["loaded"]:
            files.setdefault(file, set()).update(names)
    return TestsOf(_frozen(calls), _frozen(files), seconds)


def _frozen(found: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(names) for key, names in found.items()}


def _record(root: Path, package: str, path: Path, cache: Path) -> dict[str, Any]:
    name = path.relative_to(root).as_posix()
    kept = cache / f"{name.replace('/', '+')}.json"
    if kept.exists():
        record: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if all(_digest(root / file) == digest for file, digest in record["digests"].items()):
            return record
    cache.mkdir(parents=True, exist_ok=True)
    here = str(Path(__file__).parent)
    output = kept.with_suffix(".new")
    environment = {
        **os.environ,
        PACKAGE: str(root / package),
        OUTPUT: str(output),
        "PYTHONPATH": os.pathsep.join([str(root), here]),
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "calls", "-p", "no:cacheprovider", name]
    output.unlink(missing_ok=True)
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if not output.exists():
        raise RuntimeError(f"{name} cannot be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    record = json.loads(output.read_text(encoding="utf-8"))
    output.unlink()
    used = [name, *(f"{package}/{file}" for file in record["loaded"])]
    record["digests"] = {file: _digest(root / file) for file in used}
    kept.write_text(json.dumps(record), encoding="utf-8")
    return record


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
