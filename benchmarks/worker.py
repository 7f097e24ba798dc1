"""One engine, one task, one process: prints seconds and CPU seconds per run and peak memory as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

BOOTSTRAPS = 1000


def _ours(kind: str, data: pd.DataFrame, model: str, options: dict[str, Any]) -> Callable[[], object]:
    from comply_measure import sem

    if kind == "saturated":
        from comply_measure.sem.twolevel.saturated import saturated_moments

        groups = _two_level_groups(data)
        return lambda: [saturated_moments(group) for group in groups]
    if kind == "polychoric":
        from comply_measure.sem.ordinal import polychoric_matrix

        return lambda: polychoric_matrix(data)
    if kind == "sam":
        return lambda: sem.sam(model, data, **options).estimates
    if kind == "resampled":
        jobs = int(options.pop("n_jobs", 2))
        fitted = sem.fit(model, data, **options) if options else sem.sam(model, data)
        return lambda: fitted.bootstrap(BOOTSTRAPS, seed=1, n_jobs=jobs).estimates
    if kind == "modification":
        fitted = sem.fit(model, data, **options)
        return lambda: sem.fit(model, data, **options).modification_indices() if fitted else None
    if kind == "bootstrap":
        jobs = int(options.pop("n_jobs", 2))
        return lambda: (
            sem.fit(
                model, data, se="bootstrap", bootstrap=BOOTSTRAPS, seed=1, n_jobs=jobs, **options
            ).estimates
        )

    def whole() -> object:
        fit = sem.fit(model, data, **options)
        return fit.estimates, fit.fit_measures

    return whole


def _two_level_groups(data: pd.DataFrame) -> list[Any]:
    import numpy as np

    from comply_measure.sem.twolevel.sample import two_level_sample

    names = tuple(name for name in data.columns if name not in ("group", "cluster"))
    every = np.arange(len(names))
    return [
        two_level_sample(part[list(names)].to_numpy(), part["cluster"].to_numpy(), names, every, every)
        for _, part in data.groupby("group")
    ]


def _em(data: pd.DataFrame) -> Callable[[], object]:
    from benchmarks.two_level_em import em_moments

    groups = _two_level_groups(data)
    return lambda: [em_moments(group) for group in groups]


def _semopy(kind: str, data: pd.DataFrame, model: str) -> Callable[[], object]:
    import semopy

    if kind == "polychoric":
        from semopy.polycorr import hetcor

        return lambda: hetcor(data)

    def whole() -> object:
        fitted = semopy.Model(model)
        fitted.fit(data)
        return fitted.inspect(), semopy.calc_stats(fitted)

    return whole


def main() -> None:
    engine, folder, kind, options, repeat = sys.argv[1:6]
    data = pd.read_csv(Path(folder) / "data.csv")
    model = (Path(folder) / "model.txt").read_text(encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if engine == "ours":
        work = _ours(kind, data, model, json.loads(options))
    elif engine == "em":
        work = _em(data)
    else:
        work = _semopy(kind, data, model)
    seconds, cpu = [], []
    for _ in range(int(repeat)):
        start, used = time.perf_counter(), _cpu_seconds()
        work()
        seconds.append(time.perf_counter() - start)
        cpu.append(_cpu_seconds() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer: dict[str, object] = {"seconds": seconds, "cpu": cpu}
    answer |= {"peak_mb": peak / 1024, "base_mb": before / 1024}
    if engine == "ours":
        answer["package"] = sys.modules["comply_measure"].__file__
    print(json.dumps(answer))


def _cpu_seconds() -> float:
    """Of this process, of the workers it has ended, and of those that live on (where the system tells)."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + _of_living_workers()


def _of_living_workers() -> float:
    """CPU seconds of all descendants and of what these have ended, from ``/proc``."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # has just ended
        number = int(path.parent.name)
        parents[number], ticks[number] = int(fields[1]), sum(map(int, fields[11:15]))
    found, waiting = 0, [os.getpid()]
    while waiting:
        parent = waiting.pop()
        own = [number for number, above in parents.items() if above == parent]
        found += sum(ticks[number] for number in own)
        waiting += own
    return found / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
