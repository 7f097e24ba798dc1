"""The engine beside an older commit of itself: each side runs its own package, and the ratio is now over then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
# A "fit" that works a little, or says which of the two packages it is in.
STUB = """class fit:
    estimates = fit_measures = None
    def __init__(self, model, data, **options):
        if model.strip() == "fail":
            raise ValueError(WHERE)
        sum(range(10**5))
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A repository whose package has changed since its commit."""
    root = tmp_path / "checkout"
    (root / "comply_measure" / "sem").mkdir(parents=True)
    (root / "comply_measure" / "__init__.py").write_text("")
    engine = root / "comply_measure" / "sem" / "__init__.py"
    engine.write_text(f"WHERE = 'at the commit'\n{STUB}")
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@t.example"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a stub", "--no-gpg-sign"]):
        subprocess.run([*git, *command], check=True)
    engine.write_text(f"WHERE = 'here'\n{STUB}")
    return root


def test_both_run_their_own_package(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    from benchmarks.against import against
    from benchmarks.tasks import Task

    tasks = [
        Task(name, name, lambda name=name: (pd.DataFrame({"x": [1]}), name)) for name in ("work", "fail")
    ]
    found = against("HEAD", tasks, 1, 2, 60.0, history).set_index("task")
    work, fail = found.loc["work"], found.loc["fail"]
    assert work["ratio"] == work["now_s"] / work["then_s"] > 0 and work["note"] == ""
    assert fail["note"] == "then: ValueError: at the commit; now: ValueError: here"
    assert fail[["then_s", "now_s", "ratio"]].isna().all()


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux tells what living workers have used"
)
def test_workers_that_live_on_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker and its own child, before and after they end: their seconds count once, wherever they stand."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    from benchmarks.worker import _cpu_seconds

    busy = "import time\nwhile time.process_time() < 0.3: pass\n"
    own = f"subprocess.run([sys.executable, '-c', {busy!r}])"
    child = f"import subprocess, sys\n{busy}{own}\nprint(flush=True)\ninput()"
    before = _cpu_seconds()
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", child], stdin=pipe, stdout=pipe, text=True) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        living = _cpu_seconds() - before
        worker.communicate("\n")
    ended = _cpu_seconds() - before
    assert living > 0.55
    assert living - 0.05 < ended < living + 0.3
