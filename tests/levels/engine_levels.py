"""Size and coverage of what the engine infers, by simulation (figures in ``docs/engine.md``)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure import sem

Rates = dict[str, float]


def cluster_robust_least_squares(runs: int) -> Rates:
    """Coverage of 95 % intervals of loadings and size of the scaled test: 80 clusters of 8, `cluster=` or not."""
    truth, hits = np.array([1.0, 0.8, 0.9, 0.7]), {}
    cluster = np.repeat(np.arange(80), 8)
    for estimator in ("GLS", "ULS", "DWLS", "WLS"):
        rng = np.random.default_rng(7)
        counts = dict.fromkeys(("coverage", "coverage without cluster", "size"), 0.0)
        for _ in range(runs):
            f = 0.7 * rng.normal(size=80)[cluster] + 0.7 * rng.normal(size=640)
            x = f[:, None] * truth + 0.5 * rng.normal(size=(80, 4))[cluster] + 0.6 * rng.normal(size=(640, 4))
            data = pd.DataFrame(x, columns=list("abcd")).assign(cluster=cluster)
            robust = sem.fit("f =~ a + b + c + d", data, estimator=estimator, cluster="cluster")
            naive = sem.fit("f =~ a + b + c + d", data, estimator=estimator)
            counts["size"] += robust.measures["pvalue.scaled"] < 0.05
            for name, fit in (("coverage", robust), ("coverage without cluster", naive)):
                rows = fit.estimates.iloc[1:4]
                counts[name] += ((rows["ci_lower"] < truth[1:]) & (truth[1:] < rows["ci_upper"])).mean()
        hits |= {f"{estimator} {name}": value / runs for name, value in counts.items()}
    return hits


SIMULATIONS = {"cluster_robust_least_squares": (cluster_robust_least_squares, 200)}
