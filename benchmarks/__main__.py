"""``python -m benchmarks``: every task on every engine, then how cost grows.

Ratios are of seconds and of CPU seconds; on a machine that has other work the latter count.
With ``--against COMMIT``: this engine beside itself at an older commit, by turns.
"""

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

from benchmarks.against import ONE_THREAD, against
from benchmarks.tasks import TASKS, Task, correlated_factors

HERE = Path(__file__).parent


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
    elif engine == "modsem":
        method = str(task.options["interactions"])
        command = ["Rscript", str(HERE / "modsem_worker.R"), str(folder), method, "1"]
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


def _seconds(answer: dict[str, object], clock: str = "seconds") -> float | None:
    """Median of the runs, by the clock of the wall or of the processor (``cpu``)."""
    value = answer.get(clock)
    if value is None:
        return None
    return float(statistics.median(value if isinstance(value, list) else [float(str(value))]))


def _absent() -> set[str]:
    """Peers in R that are not installed here."""
    if shutil.which("Rscript") is None:
        return {"lavaan", "modsem"}
    question = 'quit(status = !requireNamespace("modsem", quietly = TRUE))'
    asked = subprocess.run(["Rscript", "-e", question], capture_output=True, check=False)
    return {"modsem"} if asked.returncode else set()


def compare(names: list[str], repeat: int, limit: float) -> pd.DataFrame:
    """Time every chosen task on every engine that can do it."""
    absent = _absent()
    rows = []
    for task in (t for t in TASKS if not names or t.name in names):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder, task.make)
            row: dict[str, object] = {"task": task.title}
            ours = _measure("ours", task, folder, repeat, limit)
            mine, my_cpu = _seconds(ours), _seconds(ours, "cpu")
            row["ours_s"], row["ours_cpu_s"], row["ours_mb"] = mine, my_cpu, ours.get("peak_mb")
            row["note"] = ours.get("error", "")
            for peer in task.peers:
                if peer in absent:
                    continue
                answer = _measure(peer, task, folder, repeat, limit)
                theirs, their_cpu = _seconds(answer), _seconds(answer, "cpu")
                row[f"{peer}_s"], row[f"{peer}_cpu_s"] = theirs, their_cpu
                row[f"{peer}_mb"] = answer.get("peak_mb")
                row[f"ratio_{peer}"] = theirs / mine if theirs and mine else None
                row[f"cpu_ratio_{peer}"] = their_cpu / my_cpu if their_cpu and my_cpu else None
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


GRIDS: dict[str, tuple[list[int], dict[str, object]]] = {
    "items": ([20, 40, 60, 90, 120, 180], {}),
    "cases": ([200, 500, 1000, 5000, 20000], {}),
    "groups": ([1, 2, 4, 8], {"group": "group", "group_equal": ["loadings"]}),
    "free groups": ([1, 2, 4, 8, 16], {"group": "group"}),
    "free groups, MLR": ([1, 2, 4, 8, 16], {"group": "group", "estimator": "MLR"}),
}


def growth(repeat: int, limit: float) -> pd.DataFrame:
    """Our cost of an ML fit by items, cases and groups; ``ratio`` is what a group costs beside one group alone."""
    rows: list[dict[str, object]] = []
    for axis, (values, options) in GRIDS.items():
        alone = float("nan")
        for value in values:
            answer = _grown(axis, value, options, repeat, limit)
            seconds = _seconds(answer)
            alone = seconds if value == 1 and seconds else alone
            ratio = seconds / (value * alone) if seconds and "groups" in axis else None
            row = {"axis": axis, "value": value, "seconds": seconds, "ratio": ratio}
            rows.append(row | {"note": answer.get("error", "")})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def _grown(axis: str, value: int, options: dict[str, object], repeat: int, limit: float) -> dict[str, object]:
    """One point of a growth curve."""
    items = value if axis == "items" else 60
    grouped = "groups" in axis
    n = value if axis == "cases" else 500 * (value if grouped else 1)

    def make() -> tuple[pd.DataFrame, str]:
        data, model = correlated_factors(items, 5 if items % 6 else 6, n)
        if grouped:
            data["group"] = [i % value for i in range(len(data))]
        return data, model

    if value == 1:
        options = {key: word for key, word in options.items() if not key.startswith("group")}
    with tempfile.TemporaryDirectory() as name:
        _write(Path(name), make)
        return _measure("ours", Task("g", "g", make, options=options), Path(name), repeat, limit)


def plot(table: pd.DataFrame, path: Path) -> None:
    """A log-log panel per axis: seconds by items, cases, groups."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    size = len(GRIDS)
    figure, axes = plt.subplots(1, size, figsize=(3.7 * size, 3.4), sharey=True, layout="constrained")
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
    parser.add_argument("--against", metavar="COMMIT", help="only this engine, now and at that commit")
    parser.add_argument(
        "--rounds", type=int, default=3, help="turns of both with --against; the least counts"
    )
    parser.add_argument("--no-growth", action="store_true", help="leave out the growth of cost")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.against:
        tasks = [task for task in TASKS if not given.tasks or task.name in given.tasks]
        table = against(given.against, tasks, given.rounds, given.repeat, given.limit)
        table.to_csv(given.out / "against.csv", index=False)
        print(table.to_string(float_format=lambda v: f"{v:.4g}"))
        return
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
