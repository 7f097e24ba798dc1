"""Triads side by side with R, and the chapter at 300 and at 100,000 units: ``python -m benchmarks.triads``."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from comply_measure import triads

ROLES = ("marketing", "sales", "it")
HERE = Path(__file__).parent
UNITS, ATTRIBUTES, ITEMS = 300, 21, 3


def make(units: int, seed: int = 1) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Seven-point answers of complete and incomplete triads: 21 attributes of three items."""
    rng = np.random.default_rng(seed)
    shape = (units, 3, ATTRIBUTES, ITEMS)
    latent = 4.2 + 0.6 * rng.standard_normal((units, 1, 1, 1)) + 0.5 * rng.standard_normal((units, 3, 1, 1))
    latent = (
        latent
        + 0.3 * rng.standard_normal((units, 1, ATTRIBUTES, 1))
        + np.array([0.3, -0.3, 0])[:, None, None]
    )
    latent = latent + 0.4 * rng.standard_normal((1, 1, ATTRIBUTES, 1)) + rng.standard_normal(shape)
    answers = np.clip(np.round(latent), 1, 7).reshape(units * 3, -1)
    names = [f"a{a}_{i}" for a in range(ATTRIBUTES) for i in range(ITEMS)]
    frame = pd.DataFrame(answers, columns=names)
    frame.insert(0, "unit", np.repeat(np.arange(units), 3))
    frame.insert(1, "role", np.tile(ROLES, units))
    scales = {f"a{a}": names[a * ITEMS : (a + 1) * ITEMS] for a in range(ATTRIBUTES)}
    return frame[rng.random(len(frame)) > 0.08].reset_index(drop=True), scales


def scores(items: pd.DataFrame, scales: dict[str, list[str]]) -> pd.DataFrame:
    """Attribute scores, one row per informant."""
    means = {name: items[columns].mean(axis=1) for name, columns in scales.items()}
    return pd.concat([items[["unit", "role"]], pd.DataFrame(means)], axis=1)


def timed(call: Callable[[], Any], repeat: int = 3) -> tuple[float, Any]:
    """Median time and the value."""
    seconds, value = [], None
    for _ in range(repeat):
        start = time.perf_counter()
        value = call()
        seconds.append(time.perf_counter() - start)
    return median(seconds), value


def _ours(items: pd.DataFrame, scales: dict[str, list[str]]) -> dict[str, tuple[float, Any]]:
    scored = scores(items, scales)
    columns = list(scales)
    data = triads.TriadData.from_long(scored, columns, roles=ROLES)

    def index(name: str) -> Callable[[], Any]:
        def call() -> Any:
            result = triads.agreement_indices(items, scales, minimum=1, maximum=7, indices=[name])
            return result.values(name).sort_index().to_numpy().T.reshape(-1)

        return call

    first = data.select(columns=columns[:1])
    return {
        **{name: timed(index(name)) for name in ("rwg_j", "rwg_star_j", "ad_mean", "awg_j")},
        "icc_oneway": timed(lambda: triads.icc_oneway(scored, columns, size="mean").icc1),
        "icc_oneway_reml": timed(lambda: triads.icc_oneway_reml(scored, columns).tidy()["icc1"].to_numpy()),
        "icc_twoway_reml": timed(lambda: triads.icc_twoway(first).tidy()["icc"].to_numpy()),
        "resampling": timed(
            lambda: triads.random_group_resampling(
                scored, columns[:1], scheme="free", replications=1000, seed=1
            ).table["variance"].to_numpy()
        ),
        "g_study": timed(lambda: triads.g_study(data).variances),
        "critical_values": timed(
            lambda: triads.critical_values(minimum=1, maximum=5, n_items=[4])["rwg_j"].to_numpy()
        ),
        "waba": timed(
            lambda: triads.waba(scored, [(columns[0], columns[1])]).table.loc[
                0,
                ["r", "eta_between_x", "eta_between_y", "r_between", "eta_within_x", "eta_within_y", "r_within"],
            ].to_numpy(dtype=float)
        ),
    }  # fmt: skip


def _r(items: pd.DataFrame, scales: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items.to_csv(folder / "items.csv", index=False)
        scores(items, scales).to_csv(folder / "scores.csv", index=False, na_rep="NA")
        (folder / "scales.json").write_text(json.dumps(scales), encoding="utf-8")
        done = subprocess.run(
            ["Rscript", str(HERE / "triads_r.R"), str(folder), "3"],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
    if done.returncode:
        return {
            "error": {"message": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "failed"}
        }
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _difference(ours: Any, theirs: Any) -> float:
    a = np.asarray(ours, dtype=float).reshape(-1)
    b = np.array(
        [np.nan if v is None else v for v in np.atleast_1d(np.asarray(theirs, dtype=object))], dtype=float
    )
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
        return float("nan")
    return float(np.nanmax(np.abs(a - b)))


def chapter(units: int) -> list[dict[str, Any]]:
    """Agreement, exact tests, aggregation and gaps at one size: seconds, and peak memory of the process."""
    items, scales = make(units)
    columns = [name for members in scales.values() for name in members]
    scored = scores(items, scales)
    steps: dict[str, Callable[[], Any]] = {
        "agreement, 12 indices, 3 nulls": lambda: triads.agreement_indices(
            items, scales, minimum=1, maximum=7, nulls=["uniform", "slight_skew", "moderate_skew"]
        ),
        "exact tests with FDR": lambda: triads.agreement_tests(items, scales, minimum=1, maximum=7),
        "triad data object": lambda: triads.TriadData.from_long(scored, list(scales), roles=ROLES),
    }
    data = steps["triad data object"]()
    steps |= {
        "aggregation: equal, response, precision, role-centred": lambda: [
            triads.aggregate(data, scheme=scheme, centring="role")
            for scheme in ("equal", "response", "precision")
        ],
        "gaps: signed, absolute, squared": lambda: triads.role_gaps(data).squared,
        "gap tests with Holm": lambda: triads.gap_tests(data),
        "reliable gaps": lambda: triads.gap_reliability(data, 0.8),
        "profile similarity": lambda: triads.profile_similarity(data),
        "odd role out": lambda: triads.odd_role_out(data).summary(),
    }
    rows = [{"units": units, "step": name, "seconds": timed(call, 1)[0]} for name, call in steps.items()]
    rows.append({"units": units, "step": "all of these", "seconds": sum(row["seconds"] for row in rows)})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    table_mb = items[columns].to_numpy().nbytes / 2**20
    return [{**row, "peak_mb": peak, "data_mb": table_mb} for row in rows]


def run() -> list[dict[str, Any]]:
    """Every task on both sides: seconds, ratio and the largest absolute difference of the results."""
    items, scales = make(UNITS)
    theirs = _r(items, scales)
    rows = []
    for task, (seconds, value) in _ours(items, scales).items():
        other = theirs.get(task)
        rows.append(
            {
                "task": task,
                "units": UNITS,
                "comply_measure_s": seconds,
                "r_s": other["seconds"] if other else float("nan"),
                "ratio": other["seconds"] / seconds if other else float("nan"),
                "largest_difference": _difference(value, other["values"]) if other else float("nan"),
            }
        )
    return rows


def main() -> None:
    """Print both tables."""
    pd.set_option("display.width", 160)
    print(pd.DataFrame(run()).to_string(index=False, float_format=lambda v: f"{v:.3g}"))
    for units in (UNITS, 100_000):
        print(pd.DataFrame(chapter(units)).to_string(index=False, float_format=lambda v: f"{v:.3g}"))


if __name__ == "__main__":
    main()
