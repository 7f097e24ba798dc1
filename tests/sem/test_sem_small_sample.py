"""χ² corrected for small samples: closed forms, printed numbers of semTools 0.5-6, and size in small samples."""

from __future__ import annotations

import math
import os

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from comply_measure import sem
from comply_measure.sem.inference import small_sample

FULL = os.environ.get("COMPLY_FULL") == "1"
MODEL = "\n".join(f"f{j} =~ " + " + ".join(f"x{4 * j + i}" for i in range(4)) for j in range(4))


def draw(rng: np.random.Generator, n: int) -> pd.DataFrame:
    factors = rng.normal(size=(n, 4)) @ np.linalg.cholesky(0.3 + 0.7 * np.eye(4)).T
    items = 0.7 * np.repeat(factors, 4, axis=1) + math.sqrt(0.51) * rng.normal(size=(n, 16))
    return pd.DataFrame(items, columns=[f"x{i}" for i in range(16)])


def test_without_factors_it_is_bartletts_test_of_sphericity() -> None:
    """−[(N − 1) − (2p + 5)/6] log|R| for uncorrelated variables (Bartlett 1950)."""
    data = draw(np.random.default_rng(2), 40)[["x0", "x1", "x4", "x5", "x8"]]
    model = "\n".join(f"{name} ~~ {name}" for name in data)
    found = sem.fit(model, data).small_sample_tests().set_index("correction")
    logdet = np.linalg.slogdet(np.corrcoef(data.to_numpy().T))[1]
    assert found.loc["bartlett", "statistic"] == pytest.approx(-(39 - 15 / 6) * logdet, rel=1e-8)
    assert found.loc["bartlett", "df"] == 10


def test_factors_against_hand_and_semtools() -> None:
    # p = 16, k = 4, d = 98, q = 38, n = 99; Swain's t solves t(t + 1)/2 = 38
    assert small_sample.bartlett(99, 16, 4) == pytest.approx(1 - 53 / 594, abs=1e-12)
    assert small_sample.yuan2005(99, 16, 4) == pytest.approx(1 - 47 / 594, abs=1e-12)
    assert small_sample.yuan2015(99, 16, 38) == pytest.approx((100 - 2.381 - 5.776 - 0.228) / 99, abs=1e-12)
    t = (math.sqrt(305) - 1) / 2
    by_hand = 1 - (16 * 559 - t * (2 * t * t + 3 * t - 1)) / (12 * 98 * 99)
    assert small_sample.swain(99, 16, 98) == pytest.approx(by_hand, abs=1e-12)


def test_statistics_of_a_fit() -> None:
    fit = sem.fit(MODEL, draw(np.random.default_rng(3), 60))
    found = fit.small_sample_tests()
    assert found["correction"].tolist() == ["bartlett", "swain", "yuan2005", "yuan2015"]
    assert (found["df"] == 98).all() and (found["note"] == "").all()
    assert found["statistic"].to_numpy() == pytest.approx(found["factor"] * 59 / 60 * fit.measures["chisq"])
    assert (found["pvalue"] > fit.measures["pvalue"]).all()
    with_means = sem.fit(MODEL, draw(np.random.default_rng(3), 60), meanstructure=True).small_sample_tests()
    pd.testing.assert_frame_equal(with_means, found, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"estimator": "MLR"}, "for normal data"),
        ({"estimator": "ULSMV"}, "needs maximum likelihood"),
        ({"missing": "ml"}, "complete cases"),
        ({"group": "g"}, "for one group"),
        ({"model": "f =~ x0 + x1 + x2\nf ~ x4"}, "fixed exogenous"),
        ({"model": "f =~ x0 + x1 + x2"}, "no degrees of freedom"),
        ({"model": "f =~ x0 + x1 + x2 + x3\nx0 ~ 0\nx1 ~ 0"}, "means are structured"),
    ],
)
def test_where_they_are_not_defined(options: dict[str, str], reason: str) -> None:
    data = draw(np.random.default_rng(4), 80).assign(g=lambda d: np.arange(len(d)) % 2)
    found = sem.fit(**({"model": MODEL, "data": data} | options)).small_sample_tests()
    assert found["statistic"].isna().all() and found["pvalue"].isna().all()
    assert found["note"].str.contains(reason).all()


def test_a_small_factor_counts_and_one_that_is_not_positive_is_told() -> None:
    """Four cases of three variables, each with a factor of its own: n = p = k = q = d = 3, and t = 2 by Swain."""
    data = draw(np.random.default_rng(7), 4)[["x0", "x4", "x8"]]
    model = "\n".join(f"f{name} =~ {name}\n{name} ~~ 0*{name}" for name in data)
    fit = sem.fit(model, data, orthogonal=True)
    found = fit.small_sample_tests().set_index("correction")
    told = "the factor is not positive: too few cases for the variables"  # 1 - 23/18 and 1 - 19/18
    assert found["note"].to_dict() == {"bartlett": told, "swain": "", "yuan2005": told, "yuan2015": ""}
    factors = [math.nan, 1 - (78 - 26) / 108, math.nan, (4 - 2.381 - 1.083 - 0.018) / 3]
    assert found["factor"].tolist() == pytest.approx(factors, nan_ok=True)
    statistics = np.array(factors) * 3 / 4 * fit.measures["chisq"]
    assert found["statistic"].tolist() == pytest.approx(statistics.tolist(), nan_ok=True)
    assert found["pvalue"].tolist() == pytest.approx(chi2.sf(statistics, 3).tolist(), nan_ok=True)
    assert (found["df"] == 3).all()


def test_size_in_samples_of_sixty() -> None:
    """Four factors of four items; uncorrected χ² rejects a true model far too often, the corrected ones near 5 %."""
    replications, rejected = (1000 if FULL else 80), []
    rng = np.random.default_rng(5)
    for _ in range(replications):
        fit = sem.fit(MODEL, draw(rng, 60))
        if fit.converged:
            rejected.append([fit.measures["pvalue"] < 0.05, *(fit.small_sample_tests()["pvalue"] < 0.05)])
    rate = np.mean(rejected, axis=0)
    error = 4 * math.sqrt(0.05 * 0.95 / len(rejected))
    assert rate[0] > 0.12
    assert (np.abs(rate[1:] - 0.05) < error + 0.02).all(), rate
    if FULL:
        print(dict(zip(("plain", "bartlett", "swain", "yuan2005", "yuan2015"), rate.round(3), strict=True)))
