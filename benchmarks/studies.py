"""CPU time and memory of whole runs: ``python -m benchmarks.studies [--units 100000]``.

The demo fresh, again with nothing to do, and with two workers; then a simulated study of many units through the steps
that need no iteration. CPU seconds are user and system, so that other work on the machine matters less; those of
workers, which a server forks (Linux, macOS), are in the manifest of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parent.parent
POPULATION = ROOT / "datasets" / "msi_triads" / "population.yaml"
UNITS_PER_FIRM = 4
STUDY = """format: comply-measure study 1
title: Many units
data: {file: responses.csv, units_file: units.csv}
scales: [comply, smsc, marker]
attribute_set: "20"
seed: 1
steps: [sample, items, agreement, aggregation, gaps]
"""
# Run in a process of its own, so that its children are those of one run and their peak is that run's.
METER = """import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def measured(title: str, *arguments: str, workers: Path | None = None) -> dict[str, object]:
    """One command of ``comply-measure``: CPU and wall seconds, peak memory of its largest process in MB.

    With `workers`, the manifest of the run, CPU and memory are those it counts, workers among them.
    """
    command = [sys.executable, "-c", METER, sys.executable, "-m", "comply_measure", *arguments]
    start = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    code, cpu, peak = done.stdout.split()[-3:]
    if code != "0":
        raise SystemExit(f"{' '.join(arguments)} ended with code {code}: {done.stderr[-500:]}")
    if workers is not None:
        manifest = json.loads(workers.read_text(encoding="utf-8"))
        cpu, peak = manifest["cpu_seconds"], manifest["peak_memory_mb"]
    row = {
        "run": title,
        "cpu_s": round(float(cpu), 1),
        "wall_s": round(time.perf_counter() - start, 1),
        "peak_mb": round(float(peak)),
    }
    print(row, flush=True)
    return row


def many_units(folder: Path, units: int) -> Path:
    """A study of about so many units, simulated from the population of the shipped data set."""
    text = POPULATION.read_text(encoding="utf-8")
    population = folder / "population.yaml"
    firms = max(1, units // UNITS_PER_FIRM)
    population.write_text(re.sub(r"firms: \d+", f"firms: {firms}", text, count=1), encoding="utf-8")
    measured("simulation", "simulate", str(population), "--out", str(folder / "study"), "--seed", "1")
    study = folder / "study" / "study.yaml"
    study.write_text(STUDY, encoding="utf-8")
    return study


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies", description=__doc__)
    parser.add_argument("--units", type=int, default=100_000, help="units of the large study; 0: none")
    given = parser.parse_args()
    demo = ("run", "analyses/demo.yaml", "--quiet", "--out")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows.append(measured("demo", *demo, str(folder / "one")))
        rows.append(measured("demo, nothing to do", *demo, str(folder / "one")))
        two = folder / "two"
        parallel = (*demo, str(two), "--jobs", "2")
        rows.append(measured("demo, two workers", *parallel, workers=two / "manifest.json"))
        if given.units:
            study, out = many_units(folder, given.units), folder / "large"
            rows.append(measured(f"{given.units} units", "run", str(study), "--quiet", "--out", str(out)))
            size = (out / "results.json").stat().st_size / 1e6
            rows[-1]["results_json_mb"] = round(size, 2)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
