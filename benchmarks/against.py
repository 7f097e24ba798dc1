"""The engine beside an older commit of itself: both run the same tasks by turns, and their ratio is printed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.tasks import Task

HERE = Path(__file__).parent
PACKAGE = "comply_measure"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def against(
    commit: str, tasks: Sequence[Task], rounds: int, repeat: int, limit: float, root: Path = HERE.parent
) -> pd.DataFrame:
    """Least CPU seconds of both, over all rounds and runs, and ``ratio`` = now over then (below 1: faster now).

    Parameters
    ----------
    commit : str
        Any name that git knows, such as ``HEAD~1`` or ``v0.1.0``.
    tasks : sequence of Task
    rounds : int
        How often both are started, one after the other.
    repeat : int
        Runs in each process.
    limit : float
        Seconds after which a process is given up.
    root : path
        The checkout whose history has the commit.
    """
    rows = []
    with tempfile.TemporaryDirectory() as name:
        then = Path(name) / "then"
        _unpack(root, commit, then)
        for task in tasks:
            row = _compared(task, {"then": then, "now": root}, rounds, repeat, limit, Path(name))
            rows.append(row)
            print("  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items()))
    return pd.DataFrame(rows)


def _unpack(root: Path, commit: str, folder: Path) -> None:
    """The package as it was, without a trace in the repository."""
    command = ["git", "-C", str(root), "archive", "--format=tar", commit, PACKAGE]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def _compared(
    task: Task, checkouts: dict[str, Path], rounds: int, repeat: int, limit: float, scratch: Path
) -> dict[str, object]:
    data, model = task.make()
    data.to_csv(scratch / "data.csv", index=False)
    (scratch / "model.txt").write_text(model + "\n", encoding="utf-8")
    least: dict[str, float] = {}
    notes: dict[str, str] = {}
    for _ in range(rounds):
        for side, checkout in checkouts.items():
            if side not in notes:
                found = _worker(task, checkout, scratch, repeat, limit)
                if isinstance(found, str):
                    notes[side] = found
                else:
                    least[side] = min(found, least.get(side, found))
    row: dict[str, object] = {"task": task.title, "then_s": least.get("then"), "now_s": least.get("now")}
    both = len(least) == 2 and not notes
    row["ratio"] = least["now"] / least["then"] if both else None
    return row | {"note": "; ".join(f"{side}: {why}" for side, why in notes.items())}


def _worker(task: Task, checkout: Path, scratch: Path, repeat: int, limit: float) -> float | str:
    """Least CPU seconds of a process on the package of a checkout, or why there are none."""
    # By its path, not as a module: the package is looked for in the checkout alone.
    script = [sys.executable, str(HERE / "worker.py"), "ours", str(scratch), task.kind]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(checkout)}
    try:
        done = subprocess.run(
            [*script, json.dumps(task.options), str(repeat)],
            capture_output=True,
            text=True,
            timeout=limit,
            env=environment,
            cwd=scratch,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {limit:.0f} s"
    if done.returncode:
        return done.stderr.strip().splitlines()[-1][:120] if done.stderr.strip() else "failed"
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    if not Path(answer["package"]).is_relative_to(checkout.resolve()):
        raise RuntimeError(f"{answer['package']} was run, not the package in {checkout}")
    return float(min(answer["cpu"]))
