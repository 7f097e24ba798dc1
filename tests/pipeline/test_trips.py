"""The two trips of ``docs/architecture.md``: every file they name is there and is gone through."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import comply_measure

PACKAGE = Path(comply_measure.__file__).parent
PAGE = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
FIT = """
import sys, numpy, pandas
from comply_measure import sem
rng = numpy.random.default_rng(1)
data = pandas.DataFrame(rng.normal(size=(50, 1)) + rng.normal(size=(50, 4)), columns=["x1", "x2", "x3", "x4"])
fit = sem.fit("f =~ x1 + x2 + x3 + x4", data)
fit.estimates, fit.fit_measures
"""
RUN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from comply_measure.pipeline import STEPS, Store, load_study, run_study, write_results
study, out = map(Path, sys.argv[1:])
run = run_study(load_study(study, STEPS), STEPS, Store(out / ".cache"), wanted=["gaps"])
write_results(run, out, jobs=1, started=datetime(2026, 1, 2, tzinfo=UTC))
"""
LOADED = """
import json
print("\\n" + json.dumps(sorted(m for m in sys.modules if m.startswith("comply_measure"))))
"""


def named(title: str) -> dict[str, list[str]]:
    """Step of a trip -> the modules it names; a folder stands for what is in it."""
    text = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    steps: dict[str, list[str]] = {}
    for step in re.findall(r"^\d\. (?:.*\n)(?:   .*\n)*", text, re.MULTILINE):
        steps[step.split("\n")[0]] = re.findall(r"`((?:\w+/)*\w+(?:/|\.py))`", step)
    return steps


def loaded(code: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code + LOADED, *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def require(places: list[str], room: str, modules: set[str], last: str) -> str:
    """Check that the files are there and were loaded; the folder of the last one, where the next may lie."""
    for place in places:
        inside = place if (PACKAGE / room / place).exists() else f"{last}/{place}"
        path = PACKAGE / room / inside
        assert path.exists(), place
        name = ".".join(("comply_measure", *Path(room).parts, *Path(inside.removesuffix(".py")).parts))
        assert name in modules if path.is_file() else any(m.startswith(f"{name}.") for m in modules), place
        last = str(Path(inside).parent)
    return last


def test_a_parameter_goes_through_the_files_of_its_trip() -> None:
    steps = named("A parameter, from model text to fit measures")
    assert [len(places) for places in steps.values()] == [3, 1, 1, 2, 2, 4, 2, 1, 3]
    kinds = {"missing/", "ordinal/", "twolevel/"}  # of other data than these
    modules = loaded(FIT)
    for places in steps.values():
        require([place for place in places if place not in kinds], "sem", modules, "")
    assert all((PACKAGE / "sem" / kind).is_dir() for kind in kinds)


def test_an_answer_goes_through_the_files_of_its_trip(own_study: Path, tmp_path: Path) -> None:
    steps = named("An answer, from CSV to report")
    assert [len(places) for places in steps.values()] == [1, 1, 2, 3, 0, 1, 3]
    modules = loaded(RUN, str(own_study), str(tmp_path / "out"))
    last = ""
    for places in steps.values():
        last = require(places, "", modules, last)
    for room in ("triads", "measurement"):
        assert any(name.startswith(f"comply_measure.{room}.") for name in modules), room
    written = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")}
    assert {"results.json", "report.html", "manifest.json"} <= written
    assert any(name.startswith("tables/") and name.endswith(".csv") for name in written)
