"""One engine, one task, one process: prints seconds per run and peak memory as JSON."""

from __future__ import annotations

import json
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

    if kind == "polychoric":
        from comply_measure.sem.ordinal import polychoric_matrix

        return lambda: polychoric_matrix(data)
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
    else:
        work = _semopy(kind, data, model)
    seconds = []
    for _ in range(int(repeat)):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024, "base_mb": before / 1024}))


if __name__ == "__main__":
    main()
