"""``python -m benchmarks``: every task on every engine, then how cost grows."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.tasks import TASKS, Task, correlated_factors

HERE = Path(__file__).parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _call(command: list[str], limit: float) -> dict[str, object]:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=limit,
            env={**os.environ, **ONE_THREAD},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer in {limit:.0f} s"}
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1][:120] if done.stderr.strip() else "failed"}
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _write(folder: Path, make: Callable[[], tuple[pd.DataFrame, str]]) -> None:
    data, model = make()
    data.to_csv(folder / "data.csv", index=False)
    (folder / "model.txt").write_text(model + "\n", encoding="utf-8")


def _measure(engine: str, task: Task, folder: Path, repeat: int, limit: float) -> dict[str, object]:
    options = json.dumps(task.options)
    if engine == "lavaan":
        script = str(HERE / "lavaan_worker.R")
        times = 1 if task.share < 1 else repeat
        command = ["Rscript", script, str(folder), task.kind, options, str(times), str(task.share)]
    else:
        command = [
            sys.executable,
            "-m",
            "benchmarks.worker",
            engine,
            str(folder),
            task.kind,
            options,
            str(repeat),
        ]
    return _call(command, limit)


def _seconds(answer: dict[str, object]) -> float | None:
    value = answer.get("seconds")
    if value is None:
        return None
    return float(statistics.median(value if isinstance(value, list) else [float(str(value))]))


def compare(names: list[str], repeat: int, limit: float) -> pd.DataFrame:
    """Time every chosen task on every engine that can do it."""
    have_r = shutil.which("Rscript") is not None
    rows = []
    for task in (t for t in TASKS if not names or t.name in names):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder, task.make)
            row: dict[str, object] = {"task": task.title}
            ours = _measure("ours", task, folder, repeat, limit)
            mine = _seconds(ours)
            row["ours_s"], row["ours_mb"] = mine, ours.get("peak_mb")
            row["note"] = ours.get("error", "")
            for peer in task.peers:
                if peer == "lavaan" and not have_r:
                    continue
                answer = _measure(peer, task, folder, repeat, limit)
                theirs = _seconds(answer)
                row[f"{peer}_s"], row[f"{peer}_mb"] = theirs, answer.get("peak_mb")
                row[f"ratio_{peer}"] = theirs / mine if theirs and mine else None
                if "error" in answer:
                    row["note"] = f"{row['note']} {peer}: {answer['error']}".strip()
                elif task.share < 1 and peer == "lavaan":
                    row["note"] = f"{row['note']} lavaan: {task.share:.0%} of the work, scaled".strip()
            rows.append(row)
            print(
                "  ".join(
                    f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items() if v
                ),
                flush=True,
            )
    return pd.DataFrame(rows)


def growth(repeat: int, limit: float) -> pd.DataFrame:
    """Our cost of an ML fit by items, cases and groups."""
    rows = []
    grids = {
        "items": [20, 40, 60, 90, 120, 180],
        "cases": [200, 500, 1000, 5000, 20000],
        "groups": [1, 2, 4, 8],
    }
    for axis, values in grids.items():
        for value in values:
            items = value if axis == "items" else 60
            n = value if axis == "cases" else 500

            def make(
                axis: str = axis, value: int = value, items: int = items, n: int = n
            ) -> tuple[pd.DataFrame, str]:
                data, model = correlated_factors(
                    items, 5 if items % 6 else 6, n * (value if axis == "groups" else 1)
                )
                if axis == "groups":
                    data["group"] = [i % value for i in range(len(data))]
                return data, model

            options: dict[str, object] = (
                {"group": "group", "group_equal": ["loadings"]} if axis == "groups" and value > 1 else {}
            )
            with tempfile.TemporaryDirectory() as name:
                _write(Path(name), make)
                answer = _measure("ours", Task("g", "g", make, options=options), Path(name), repeat, limit)
            rows.append(
                {"axis": axis, "value": value, "seconds": _seconds(answer), "note": answer.get("error", "")}
            )
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def plot(table: pd.DataFrame, path: Path) -> None:
    """Three log-log panels: seconds by items, cases, groups."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True, layout="constrained")
    for axis, (name, rows) in zip(axes, table.groupby("axis", sort=False), strict=True):
        axis.loglog(rows["value"], rows["seconds"], "o-")
        axis.set_xlabel(str(name))
        axis.set_xticks(rows["value"], [str(v) for v in rows["value"]], minor=False)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds (ML fit, all output)")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "tasks", nargs="*", help="task names; default all: " + ", ".join(t.name for t in TASKS)
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs per engine; the median is reported")
    parser.add_argument("--limit", type=float, default=400, help="seconds after which a peer is given up")
    parser.add_argument("--no-growth", action="store_true", help="leave out the growth of cost")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table = compare(given.tasks, given.repeat, given.limit)
    table.to_csv(given.out / "compare.csv", index=False)
    print(table.to_string(float_format=lambda v: f"{v:.4g}"))
    if not given.no_growth:
        # the median of fewer would hold the first run, which loads libraries
        grown = growth(max(given.repeat, 5), given.limit)
        grown.to_csv(given.out / "growth.csv", index=False)
        plot(grown, given.out / "growth.png")
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()
