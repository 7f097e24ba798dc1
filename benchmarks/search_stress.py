"""The search on random models beside lavaan's verdict: ``python -m benchmarks.search_stress bfi.csv``.

The file is psych::bfi as CSV (``write.csv(psych::bfi, "bfi.csv")``); models and cases are drawn from it anew by seed.
Verdicts of lavaan 0.6-14 (default control, at most 3 to 8 CPU seconds a model) are stored in the order of
``in_order``: whether it converged, and χ². R is not needed. A second argument ``from:to`` takes a part of the models, a
third draws others (``2000`` and ``3000`` have stored verdicts of their first models). With a fourth the models are not
fitted but written to that file, for ``bfi_verdicts.R`` beside the stored verdicts.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.errors import ComplyError

VERDICTS = Path(__file__).parents[1] / "tests" / "reference" / "sem_search"
KINDS = {"ml": (700, 1), "fiml": (100, 2), "ordinal": (100, 3), "group": (100, 4)}  # how many, seed
LEAST_SQUARES_FROM = 261  # of the single-group models from here on two in seven are fitted by GLS and ULS
LEAST_CASES = {"ordinal": 100, "group": 60}
SAME = 1e-4  # relative difference of χ² that counts
EQUAL: list[list[str]] = [[], ["loadings"], ["loadings", "intercepts"]]


def draw(kind: str, data: pd.DataFrame, series: int = 0) -> list[dict[str, Any]]:
    """Models of a kind with the rows they are fitted to."""
    count, seed = KINDS[kind]
    items = [c for c in data.columns if len(c) == 2 and c[0] in "ACENO" and c[1].isdigit()]
    complete = data.dropna(subset=items).index.to_numpy()
    gaps = np.setdiff1d(data.index.to_numpy(), complete)
    rng = np.random.default_rng(series + seed)
    jobs: list[dict[str, Any]] = []
    while len(jobs) < count:
        n = max(round(float(np.exp(rng.uniform(np.log(25), np.log(500))))), LEAST_CASES.get(kind, 0))
        blocks = _blocks(rng, items)
        used = [item for block in blocks for item in block]
        if len(used) >= n - 3:
            continue
        model = _model(rng, blocks, used)
        if kind == "fiml":
            lacking = min(n // 2, len(gaps))
            parts = [
                rng.choice(gaps, lacking, replace=False),
                rng.choice(complete, n - lacking, replace=False),
            ]
            rows = np.sort(np.concatenate(parts))
        else:
            rows = np.sort(rng.choice(complete, n, replace=False))
        job: dict[str, Any] = {"kind": kind, "model": model, "rows": rows, "std_lv": rng.random() < 0.2}
        if kind == "group":
            job["groups"] = rng.integers(1, 3, n)
            job["equal"] = EQUAL[int(rng.integers(0, 3))]
        if kind == "ml" and len(jobs) >= LEAST_SQUARES_FROM:
            job["kind"] = {0: "gls", 3: "uls"}.get(len(jobs) % 7, kind)
        jobs.append(job)
    return jobs


def _blocks(rng: np.random.Generator, items: list[str]) -> list[list[str]]:
    """Indicators of one to five factors: any items, or those of one scale each."""
    k = int(rng.integers(1, 6))
    least = 2 if k > 1 else 3
    if rng.random() < 0.5:
        order = rng.permutation(items)
        cuts = np.concatenate([[0], np.cumsum(rng.integers(least, 6, k))])
        cuts = cuts[cuts <= len(items)]
        return [list(order[a:b]) for a, b in pairwise(cuts.tolist())]
    blocks = []
    for scale in rng.permutation(list("ACENO"))[:k]:
        own = [item for item in items if item[0] == scale]
        blocks.append(list(rng.permutation(own)[: int(rng.integers(least, 6))]))
    return blocks


def _model(rng: np.random.Generator, blocks: list[list[str]], used: list[str]) -> str:
    """Model text: factors with a cross-loading at times, a second-order factor or paths, residual covariances."""
    k, lines = len(blocks), []
    for j, block in enumerate(blocks):
        own = list(block)
        for _ in range(int(rng.integers(0, 2))):
            others = [item for item in used if item not in own]
            if others and k > 1 and rng.random() < 0.6:
                own.append(str(rng.choice(others)))
        lines.append(f"f{j + 1} =~ " + " + ".join(own))
    if k > 2 and rng.random() < 0.2:
        lines.append("h =~ " + " + ".join(f"f{j + 1}" for j in range(min(k, 4))))
    elif k > 1 and rng.random() < 0.5:
        for j in range(1, k):
            predictors = [f"f{i + 1}" for i in range(j) if rng.random() < 0.5]
            if predictors:
                lines.append(f"f{j + 1} ~ " + " + ".join(predictors))
    pairs: list[frozenset[str]] = []
    if rng.random() < 0.3:
        for _ in range(int(rng.integers(1, 3))):
            first, second = (str(item) for item in rng.choice(used, 2, replace=False))
            if frozenset((first, second)) not in pairs:
                lines.append(f"{first} ~~ {second}")
            pairs.append(frozenset((first, second)))
    return "\n".join(lines)


def in_order(data: pd.DataFrame, series: int = 0) -> list[dict[str, Any]]:
    """All models, seven of one group to one of every other kind."""
    drawn = {kind: draw(kind, data, series) for kind in KINDS}
    jobs = []
    for i in range(100):
        jobs += drawn["ml"][7 * i : 7 * i + 7]
        jobs += [drawn[kind][i] for kind in ("fiml", "ordinal", "group")]
    return jobs


def fitted(job: dict[str, Any], data: pd.DataFrame) -> sem.Fit:
    """The fit of a model without standard errors."""
    own = data.loc[job["rows"]].reset_index(drop=True)
    options: dict[str, dict[str, Any]] = {
        "fiml": {"missing": "ml"},
        "ordinal": {"ordered": True},
        "gls": {"estimator": "GLS"},
        "uls": {"estimator": "ULS"},
        "group": {"group": "g", "group_equal": job.get("equal")},
    }
    if "groups" in job:
        own["g"] = job["groups"]
    return sem.fit(job["model"], own, se="none", std_lv=job["std_lv"], **options.get(job["kind"], {}))


def judge(job: dict[str, Any], verdict: list[Any] | None, data: pd.DataFrame, count: Counter[str]) -> str:
    """Count one model; a line of text where it ends above lavaan."""
    try:
        fit = fitted(job, data)
    except ComplyError as error:
        count["ours refused"] += 1
        return str(error)
    count["models"] += 1
    count["ours converged"] += fit.converged
    count["ours without a finite optimum"] += bool(fit.optimum.endless)
    remedy = fit.optimum.remedy.split("(")[0].strip() or "none"
    count[f"remedy: {remedy}"] += fit.converged
    if verdict is None or not verdict[0]:
        return ""
    count["lavaan converged"] += 1
    count["both converged"] += fit.converged
    theirs, ours = float(verdict[1]), fit.model.statistic(fit.optimum.point)
    below, above = ours < theirs - SAME * max(theirs, 1.0), ours > theirs + SAME * max(theirs, 1.0)
    count["below lavaan"] += fit.converged and below
    count["above lavaan"] += fit.converged and above
    return f"{job['kind']}: {ours:.4f} for {theirs:.4f}, {remedy}\n{job['model']}" if above else ""


def write(jobs: list[dict[str, Any]], path: str) -> None:
    """The models as JSON: rows are row numbers from 1, groups 1 and 2."""
    plain = [
        job
        | {key: [int(x) + step for x in job[key]] for key, step in (("rows", 1), ("groups", 0)) if key in job}
        for job in jobs
    ]
    Path(path).write_text(json.dumps(plain, default=bool), "utf-8")


def main(path: str, part: str = ":", series: str = "0", jobs_to: str = "") -> None:
    """Fit the models (or a part ``from:to``) of a series and print the counts, or write them to a file."""
    warnings.simplefilter("ignore")
    data = pd.read_csv(path)
    first, last = (int(word) if word else None for word in part.split(":"))
    jobs = in_order(data, int(series))[first:last]
    if jobs_to:
        write(jobs, jobs_to)
        return
    stored = VERDICTS / ("bfi_verdicts.json" if series == "0" else f"bfi_verdicts_{series}.json")
    verdicts = json.loads(stored.read_text("utf-8"))[first:last]
    started, count = time.process_time(), Counter[str]()
    for job, verdict in zip(jobs, verdicts, strict=False):
        line = judge(job, verdict, data, count)
        if line:
            print(line, flush=True)
    for name, number in sorted(count.items()):
        print(f"{name:<70}{number:>6}")
    print(f"CPU seconds {time.process_time() - started:.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
