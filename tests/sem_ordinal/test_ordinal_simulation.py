"""Does WLSMV keep its promises? Size of the scaled and shifted test and coverage of intervals for ordered data."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

FULL = os.environ.get("COMPLY_FULL") == "1"
REPLICATIONS = 1000 if FULL else 100
LOADINGS = np.array([0.8, 0.7, 0.6, 0.7, 0.8, 0.7, 0.6, 0.75])
MODEL = "f1 =~ a1 + a2 + a3 + a4\nf2 =~ b1 + b2 + b3 + b4"


def sample(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Two factors correlated 0.4, four items each, cut skewly into four categories."""
    factors = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=n)
    common = np.repeat(factors, 4, axis=1) * LOADINGS
    latent = common + rng.normal(size=(n, 8)) * np.sqrt(1 - LOADINGS**2)
    names = [f"{block}{i}" for block in "ab" for i in range(1, 5)]
    return pd.DataFrame(np.digitize(latent, [-0.4, 0.5, 1.3]), columns=names)


@pytest.mark.slow
def test_size_and_coverage() -> None:
    seeds = np.random.SeedSequence(20240612).spawn(REPLICATIONS)
    rejected, covered, unscaled = 0, 0, 0
    for seed in seeds:
        fit = sem.fit(MODEL, sample(np.random.default_rng(seed), 300), ordered=True, std_lv=True)
        assert fit.converged
        rejected += fit.scaled_test.pvalue < 0.05
        unscaled += fit.test.pvalue < 0.05
        rows = fit.estimates[fit.estimates["op"] == "=~"]
        covered += int(((rows["ci_lower"] < LOADINGS) & (rows["ci_upper"] > LOADINGS)).sum())
    # Binomial error of a rate near 5 % over 100 (1,000) replications: 2.2 (0.7) points; three of them allowed,
    # plus one point for the finite sample.
    error = 3 * np.sqrt(0.05 * 0.95 / REPLICATIONS) + 0.01
    assert rejected / REPLICATIONS == pytest.approx(0.05, abs=error)
    assert covered / (8 * REPLICATIONS) == pytest.approx(0.95, abs=0.015)
    # The uncorrected DWLS statistic is no χ²: it hardly ever rejects.
    assert unscaled / REPLICATIONS < 0.03
