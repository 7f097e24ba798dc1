"""Which functions of the package each test calls: a pytest plugin, and a map that is kept between runs.

Traced are calls, not lines, so that a test runs at nearly its own speed. What a fixture calls counts for every test
of its file. Functions go by their qualified names, so that a map outlives most changes of the code.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from forks import Pytest

_COMPREHENSION = re.compile(r"\.?<(list|set|dict)comp>|\.?<genexpr>")
PACKAGE, OUTPUT = "MUTANTS_PACKAGE", "MUTANTS_OUTPUT"


def without_comprehensions(qualified: str) -> str:
    """The qualified name of the function that a comprehension stands in; of others their own."""
    return _COMPREHENSION.sub("", qualified).removesuffix(".<locals>")


class CallTracer:
    """Records ``file:qualified name`` of every function called, per test and for the file's fixtures."""

    def __init__(self, package: Path) -> None:
        self.prefix = f"{package}{os.sep}"
        self.codes: set[Any] = set()
        self.shared: set[str] = set()
        self.tests: dict[str, set[str]] = {}
        self.spent: dict[str, float] = {}
        self.seconds: dict[str, float] = {}
        self.setup = 0.0

    def _trace(self, frame: FrameType, event: str, arg: object) -> None:
        self.codes.add(frame.f_code)

    def _taken(self) -> set[str]:
        found = {
            f"{code.co_filename.removeprefix(self.prefix)}:{without_comprehensions(code.co_qualname)}"
            for code in self.codes
            if code.co_filename.startswith(self.prefix)
        }
        self.codes.clear()
        return found

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        began = _processor_seconds()
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.setup += _processor_seconds() - began
            self.shared |= self._taken()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        began = _processor_seconds()
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.spent[item.nodeid] = _processor_seconds() - began
            self.tests[item.nodeid] = self._taken()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = self.spent[report.nodeid]

    def pytest_unconfigure(self) -> None:
        loaded = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
        root = self.prefix.removesuffix(os.sep).rpartition(os.sep)[0] + os.sep
        inside = [f for f in loaded if f.startswith(root) and not f.startswith(self.prefix)]
        own = str(Path(__file__).parent) + os.sep
        record = {
            "helpers": sorted(
                f.removeprefix(root) for f in inside if "site-packages" not in f and not f.startswith(own)
            ),
            "shared": sorted(self.shared),
            "setup": round(self.setup, 3),
            "loaded": sorted(f.removeprefix(self.prefix) for f in loaded if f.startswith(self.prefix)),
            "tests": {
                name: {"seconds": round(self.seconds[name], 3), "calls": sorted(calls)}
                for name, calls in self.tests.items()
                if name in self.seconds
            },
        }
        Path(os.environ[OUTPUT]).write_text(json.dumps(record), encoding="utf-8")


def _processor_seconds() -> float:
    """Of this process and the workers it has ended: others' load is no part of a test's cost."""
    return sum(os.times()[:4])


def pytest_configure(config: pytest.Config) -> None:
    """Register the tracer when asked for by the environment."""
    if PACKAGE in os.environ and OUTPUT in os.environ:
        config.pluginmanager.register(CallTracer(Path(os.environ[PACKAGE])))


@dataclass(frozen=True)
class TestsOf:
    """Tests by what they call; seconds of each test, and of each file's fixtures; changed files of the package.

    ``breadth`` is the number of functions that a test calls.
    """

    calls: dict[str, frozenset[str]]
    files: dict[str, frozenset[str]]
    seconds: dict[str, float]
    setups: dict[str, float]
    changed: frozenset[str]
    breadth: dict[str, int]

    def of(self, file: str, name: str) -> list[str]:
        """Tests that call a function; without a name, or one not seen before, all that use the file.

        First come those that are fast and call little else: they are about what they call.
        """
        found = self.calls.get(f"{file}:{name}", frozenset())
        if not name or (not found and file in self.changed):
            used = [tests for key, tests in self.calls.items() if key.rpartition(":")[0] == file]
            found = frozenset().union(*used) or self.files.get(file, frozenset())
        return sorted(found, key=lambda test: ((self.seconds[test] + 0.05) * self.breadth[test], test))


def test_map(root: Path, package: str, test_files: list[Path], cache: Path, *, fresh: bool) -> TestsOf:
    """The map of the test files.

    A file is traced again when it or a helper that it imports has changed; with `fresh` also when a file of the
    package that it loads has.
    """
    calls: dict[str, set[str]] = {}
    files: dict[str, set[str]] = {}
    seconds: dict[str, float] = {}
    setups: dict[str, float] = {}
    changed: set[str] = set()
    digests = {path.relative_to(root).as_posix(): _digest(path) for path in (root / package).rglob("*.py")}
    tracer = _Tracer(root, package, cache)
    for path in test_files:
        record = tracer.record(path, digests, fresh)
        names = set(record["tests"])
        setups[path.relative_to(root).as_posix()] = record.get("setup", 0.0)
        for name, test in record["tests"].items():
            seconds[name] = test["seconds"]
            for key in test["calls"]:
                calls.setdefault(key, set()).add(name)
        for key in record["shared"]:
            calls.setdefault(key, set()).update(names)
        for file in record["loaded"]:
            files.setdefault(file, set()).update(names)
        changed |= {file.removeprefix(f"{package}/") for file in _differing(record, digests)}
    tracer.close()
    breadth = dict.fromkeys(seconds, 0)
    for tests in calls.values():
        for name in tests:
            breadth[name] += 1
    return TestsOf(_frozen(calls), _frozen(files), seconds, setups, frozenset(changed), breadth)


def _frozen(found: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(names) for key, names in found.items()}


def _differing(record: dict[str, Any], digests: dict[str, str]) -> set[str]:
    return {file for file, digest in record["digests"].items() if digests.get(file, "") != digest}


def kept_map(root: Path, path: Path, cache: Path) -> Path:
    """Where the calls of a test file are kept."""
    return cache / f"{path.relative_to(root).as_posix().replace('/', '+')}.json"


class _Tracer:
    """Traces test files, or reads what is kept of them."""

    def __init__(self, root: Path, package: str, cache: Path) -> None:
        self.root, self.package, self.cache = root, package, cache
        self.pytest: Pytest | None = None

    def record(self, path: Path, digests: dict[str, str], fresh: bool) -> dict[str, Any]:
        """What is known of a test file; traced if nothing is, or nothing that is new enough."""
        name = path.relative_to(self.root).as_posix()
        kept = kept_map(self.root, path, self.cache)
        if kept.exists():
            record: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
            changed = any(self._digest_now(file) != digest for file, digest in record["own"].items())
            if not changed and not (fresh and _differing(record, digests)):
                return record
        record = self._trace(name, kept.with_suffix(".new"))
        record["own"] = {file: self._digest_now(file) for file in {name, *record.pop("helpers")}}
        loaded = [f"{self.package}/{file}" for file in record["loaded"]]
        record["digests"] = {
            file: digests.get(file, "") for file in loaded
        }  # empty: new since this run began
        kept.write_text(json.dumps(record), encoding="utf-8")
        return record

    def _digest_now(self, file: str) -> str:
        return _digest(self.root / file) if (self.root / file).is_file() else ""

    def _trace(self, name: str, output: Path) -> dict[str, Any]:
        self.cache.mkdir(parents=True, exist_ok=True)
        if self.pytest is None:
            self.pytest = Pytest(self.root, [self.root, Path(__file__).parent], {"PYTHONHASHSEED": "0"})
        output.unlink(missing_ok=True)
        environment = {PACKAGE: str(self.root / self.package), OUTPUT: str(output)}
        arguments = ["-q", "-p", "calls", "-p", "no:cacheprovider", name]
        _, printed = self.pytest.run(arguments, output.with_suffix(".text"), None, environment)
        if not output.exists():
            raise RuntimeError(f"{name} cannot be run:\n{printed[-4000:]}")
        record: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
        output.unlink()
        return record

    def close(self) -> None:
        """End the process that traces."""
        if self.pytest is not None:
            self.pytest.close()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
