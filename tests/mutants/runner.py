"""Run a sample of mutants in copies of the tree: does a test notice?"""

from __future__ import annotations

import itertools
import os
import queue
import random
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from calls import TestsOf
from forks import Pytest
from mutations import Mutant

#: Compiled files go along: they are valid in the copy.
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "*_cache", "results", "build", "dist", ".mutants", ".hypothesis"
)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "CI": "1",  # Hypothesis draws the same examples every time and remembers none
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: ``killed``, ``timeout``, ``survived``, or ``untested`` when no test calls its place.

    ``left_out`` tests call it, too, but would have taken longer than allowed.
    """

    mutant: Mutant
    verdict: str
    test: str = ""
    left_out: int = 0
    seconds: float = 0.0

    @property
    def noticed(self) -> bool:
        """Whether a test failed or ran out of time."""
        return self.verdict in ("killed", "timeout")


def sample(found: Sequence[Mutant], size: int, seed: int, room: str) -> list[Mutant]:
    """A sample without replacement; it depends on the seed, the room and its mutants alone."""
    chosen = random.Random(f"{seed}:{room}").sample(sorted(found), min(size, len(found)))
    return sorted(chosen)


def run(
    root: Path,
    package: str,
    chosen: Iterable[Mutant],
    tests: TestsOf,
    *,
    seconds: float = 60.0,
    jobs: int = 1,
    told: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Outcomes in the order given; `seconds` of tests per mutant, those first that are fast and call little else."""
    with Copies(root, jobs) as copies, ThreadPoolExecutor(jobs) as pool:

        def one(mutant: Mutant) -> Outcome:
            outcome = copies.outcome(package, mutant, tests, seconds)
            told(outcome)
            return outcome

        return list(pool.map(one, chosen))


def affordable(
    names: Sequence[str], cost: Mapping[str, float], setups: Mapping[str, float], seconds: float
) -> list[str]:
    """The first tests that take no more than that many seconds together, fixtures included, at least one; by file.

    A file's tests stay together, or its fixtures would be made anew whenever the file changes. Files come in the order
    of their tests' number per second.
    """
    files: dict[str, list[str]] = {}
    total = 0.0
    for name in names:
        file = name.partition("::")[0]
        further = cost[name] + (0.0 if file in files else setups.get(file, 0.0))
        if files and total + further > seconds:
            continue
        total += further
        files.setdefault(file, []).append(name)

    def worth(file: str) -> float:
        tests = files[file]
        return (setups.get(file, 0.0) + sum(cost[name] + 0.05 for name in tests)) / len(tests) ** 2

    return [name for file in sorted(files, key=worth) for name in files[file]]


def parts(names: Sequence[str]) -> Iterator[list[str]]:
    """The tests of two files, of six, and of the rest: most changes are noticed before the rest is even collected."""
    files: dict[str, list[str]] = {}
    for name in names:
        files.setdefault(name.partition("::")[0], []).append(name)
    waiting = list(files.values())
    for size in (2, 6, len(waiting)):
        chosen, waiting = waiting[:size], waiting[size:]
        if chosen:
            yield [name for tests in chosen for name in tests]


class Copies:
    """Copies of the tree, one per worker, in a folder that goes away."""

    def __init__(self, root: Path, jobs: int) -> None:
        self.root, self.jobs = root, jobs

    def __enter__(self) -> Copies:
        import tempfile

        self.folder = tempfile.TemporaryDirectory(prefix="mutants-")
        self.free: queue.SimpleQueue[tuple[Path, Pytest]] = queue.SimpleQueue()
        self.started: list[Pytest] = []
        self.times = itertools.count(1)
        for number in range(self.jobs):
            copy = Path(self.folder.name) / str(number)
            shutil.copytree(self.root, copy, ignore=LEFT_OUT)
            self.started.append(Pytest(copy, [copy], ENVIRONMENT))
            self.free.put((copy, self.started[-1]))
        return self

    def __exit__(self, *caught: object) -> None:
        for pytest in self.started:
            pytest.close()
        self.folder.cleanup()

    def outcome(self, package: str, mutant: Mutant, tests: TestsOf, seconds: float) -> Outcome:
        """Apply a mutant in a free copy, run its tests, put the file back."""
        every = tests.of(mutant.file, mutant.function)
        if not every:
            return Outcome(mutant, "untested")
        names = affordable(every, tests.seconds, tests.setups, seconds)
        copy, pytest = self.free.get()
        try:
            return self._outcome(copy, pytest, package, mutant, names, len(every) - len(names), seconds)
        finally:
            self.free.put((copy, pytest))

    def _outcome(
        self,
        copy: Path,
        pytest: Pytest,
        package: str,
        mutant: Mutant,
        names: list[str],
        left_out: int,
        seconds: float,
    ) -> Outcome:
        path = copy / package / mutant.file
        source, times = path.read_bytes(), path.stat()
        began = time.monotonic()
        try:
            path.write_bytes(mutant.applied(source))
            # a time that no compiled file remembers, whatever the size
            later = times.st_mtime + 1000 * next(self.times)
            os.utime(path, (later, later))
            for part in parts(names):
                verdict, test = _tested(copy, pytest, part, 60.0 + 5.0 * seconds)
                if verdict != "survived":
                    break
        finally:
            path.write_bytes(source)
            os.utime(path, (times.st_atime, times.st_mtime))
        if verdict == "killed" and not test and not _collected(copy, pytest, names):
            raise RuntimeError(f"the tests of {mutant.file} cannot be collected without the change either")
        return Outcome(mutant, verdict, test, left_out, time.monotonic() - began)


def _collected(copy: Path, pytest: Pytest, names: list[str]) -> bool:
    arguments = ["-q", "--collect-only", "-p", "no:cacheprovider", *names]
    return pytest.run(arguments, copy / "printed.txt", None, {})[0] == 0


def _tested(copy: Path, pytest: Pytest, names: list[str], limit: float) -> tuple[str, str]:
    arguments = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", *names]
    code, printed = pytest.run(arguments, copy / "printed.txt", limit, {})
    if code is None:
        return "timeout", ""
    if code == 0:
        return "survived", ""
    failed = [line.split()[1] for line in printed.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "killed", failed[0] if failed and code == 1 else ""
