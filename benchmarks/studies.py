"""CPU time and memory of whole runs: ``python -m benchmarks.studies [--units 100000] [--roles 300]``.

The demo fresh, again with nothing to do, and with two workers; Mardia's coefficients of 100,000 × 60 answers; the step
``gaps`` of a study with many roles; then a simulated study of many units through the steps that need no iteration. CPU
seconds are user and system, so that other work on the machine matters less; those of workers, which a server forks
(Linux, macOS), are in the manifest of the run.
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

import numpy as np
import pandas as pd
import yaml

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
GAPS = """format: comply-measure study 1
title: Many roles
data: {file: responses.csv}
scales: [scale.yaml]
seed: 1
steps: [gaps]
"""
UNITS_OF_ROLES = 60
# The start of Python and of scipy is not what is measured.
MARDIA = """import numpy as np, pandas as pd, time
from comply_measure.measurement import mardia
draws = np.random.default_rng(1).normal(size=({n}, 60)) @ (0.1 + np.eye(60))
data = pd.DataFrame(np.round(4 + draws)).add_prefix("x")
scales = {{"s": list(data)}}
mardia(data.head(100), scales, by=None)
start = time.process_time()
mardia(data, scales, by=None)
print(time.process_time() - start)
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


def many_roles(folder: Path, roles: int) -> Path:
    """A study of one scale (two dimensions of three items) that so many roles of every unit have answered."""
    names = [f"r{number:03d}" for number in range(1, roles + 1)]
    items = [f"{key}_{number}" for key in ("a", "b") for number in (1, 2, 3)]
    scale = {
        "key": "many",
        "roles": names,
        "response": {"minimum": 1, "maximum": 7},
        "constructs": [{"key": "ab"}] + [{"key": key, "parent": "ab"} for key in ("a", "b")],
        "items": [{"id": item, "construct": item[0], "text": item} for item in items],
    }
    rng = np.random.default_rng(1)
    shape = (UNITS_OF_ROLES, roles, len(items))
    latent = rng.normal(size=(UNITS_OF_ROLES, 1, 1)) + 0.2 * rng.normal(size=(1, roles, 1))
    latent = latent + 0.7 * rng.normal(size=(*shape[:2], 1)) + 0.7 * rng.normal(size=shape)
    answers = np.clip(np.round(4.0 + latent), 1, 7).astype(int).reshape(-1, len(items))
    table = pd.DataFrame(answers, columns=items)
    table.insert(0, "role", np.tile(names, UNITS_OF_ROLES))
    table.insert(0, "unit", np.repeat([f"u{number}" for number in range(UNITS_OF_ROLES)], roles))
    folder.mkdir()
    table.to_csv(folder / "responses.csv", index=False)
    (folder / "scale.yaml").write_text(yaml.safe_dump(scale), encoding="utf-8")
    study = folder / "study.yaml"
    study.write_text(GAPS, encoding="utf-8")
    return study


def mardia_seconds(n: int = 100_000) -> dict[str, object]:
    """CPU seconds of Mardia's coefficients alone."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", MARDIA.format(n=n)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    row: dict[str, object] = {"run": f"mardia, {n} x 60", "cpu_s": round(float(done.stdout), 2)}
    print(row, flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies", description=__doc__)
    parser.add_argument("--units", type=int, default=100_000, help="units of the large study; 0: none")
    parser.add_argument("--roles", type=int, default=300, help="roles of the study of gaps; 0: none")
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
        rows.append(mardia_seconds())
        if given.roles:
            study, out = many_roles(folder / "roles", given.roles), folder / "gaps"
            title = f"step gaps, {given.roles} roles, {UNITS_OF_ROLES} units"
            rows.append(measured(title, "run", str(study), "--quiet", "--out", str(out)))
        if given.units:
            study, out = many_units(folder, given.units), folder / "large"
            rows.append(measured(f"{given.units} units", "run", str(study), "--quiet", "--out", str(out)))
            size = (out / "results.json").stat().st_size / 1e6
            rows[-1]["results_json_mb"] = round(size, 2)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
