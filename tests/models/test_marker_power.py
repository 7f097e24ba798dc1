"""Power of the marker's test: against the noncentrality of the population, and what it says of the shipped study."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import evidence, sem
from comply_measure.errors import InputError
from comply_measure.models.method_variance.marker_power import EqualEffect, equal_effect, power_table
from comply_measure.models.method_variance.texts import MethodTexts, loading_table, residual_table
from comply_measure.responses import load_dataset

FACTORS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}
ITEMS, MARKER = [*FACTORS["A"], *FACTORS["B"]], ["m1", "m2", "m3"]


def covariance(method: float, rho: float) -> pd.DataFrame:
    """Two factors, a method that moves all their items by `method`, a marker that correlates `rho` with the method."""
    # columns: A, B, method, the rest of the marker
    loads = np.zeros((9, 4))
    loads[:3, 0] = loads[3:6, 1] = 0.75
    loads[:6, 2] = method
    loads[6:, 2], loads[6:, 3] = 0.8 * rho, 0.8 * np.sqrt(1 - rho**2)
    phi = np.eye(4)
    phi[0, 1] = phi[1, 0] = 0.4
    matrix = loads @ phi @ loads.T + np.diag(np.full(9, 0.36))
    return pd.DataFrame(matrix, [*ITEMS, *MARKER], [*ITEMS, *MARKER])


@pytest.mark.parametrize(("method", "rho", "n"), [(0.25, 0.5, 300), (0.20, 0.8, 250), (0.30, 0.3, 500)])
def test_power_is_that_of_the_population(method: float, rho: float, n: int) -> None:
    """The χ² difference of models fitted to population moments is the noncentrality of the test (Satorra & Saris)."""
    moments = covariance(method, rho)
    texts = MethodTexts(FACTORS, "M", tuple(MARKER), frozenset())

    def fit(text: str) -> sem.Fit:
        return sem.from_moments(text, moments, nobs=n, std_lv=True)

    table = fit(texts.cfa()).estimates
    base = texts.baseline(loading_table(table, "M", MARKER, "est"), residual_table(table, MARKER, "est"))
    without, equal = fit(base), fit(texts.equal(base))
    noncentrality = without.measures["chisq"] - equal.measures["chisq"]
    expected = stats.ncx2.sf(stats.chi2.isf(0.05, 1), 1, noncentrality)
    effect = equal_effect(equal, list(FACTORS), ITEMS)
    assert effect is not None
    share = method**2 / moments.loc["a1", "a1"]
    assert effect.inverse_variance == pytest.approx(1 / moments.loc["a1", "a1"], rel=0.02)
    found = power_table(effect, correlations=(rho,), shares=(share,))
    assert found.iloc[0, 1] == pytest.approx(expected, abs=0.03)


def test_items_of_unlike_spread_count_by_the_mean_of_their_inverse_variances() -> None:
    """Share of an equal effect c: c² · mean(1/σ²), which neither the median nor 1/mean(σ²) is."""
    scale = np.array([1.0, 2.0, 1.0, 0.5, 3.0, 1.0, 1.0, 1.0, 1.0])
    moments = covariance(0.25, 0.5) * np.outer(scale, scale)
    texts = MethodTexts(FACTORS, "M", tuple(MARKER), frozenset())
    table = sem.from_moments(texts.cfa(), moments, nobs=300, std_lv=True).estimates
    base = texts.baseline(loading_table(table, "M", MARKER, "est"), residual_table(table, MARKER, "est"))
    effect = equal_effect(
        sem.from_moments(texts.equal(base), moments, nobs=300, std_lv=True), list(FACTORS), ITEMS
    )
    assert effect is not None
    expected = np.mean(1 / np.diag(moments.loc[ITEMS, ITEMS]))
    assert effect.inverse_variance == pytest.approx(expected, rel=0.02)


def test_the_table_by_hand() -> None:
    effect = EqualEffect(0.03, 0.032, 0.8)
    table = power_table(effect, correlations=(1.0, 0.25), shares=(0.01,)).set_index("correlation")
    for rho in (1.0, 0.25):
        z = rho * np.sqrt(0.01 / 0.8) / 0.032
        power = stats.norm.sf(1.959963985 - z) + stats.norm.cdf(-1.959963985 - z)
        assert table.loc[rho, "power_1"] == pytest.approx(power, abs=1e-8)
        at = rho * np.sqrt(table.loc[rho, "detectable"] / 0.8) / 0.032
        assert stats.norm.sf(1.959963985 - at) + stats.norm.cdf(-1.959963985 - at) == pytest.approx(
            0.8, abs=1e-6
        )
    assert table.loc[1.0, "upper"] == pytest.approx(0.8 * (0.03 + 1.959963985 * 0.032) ** 2, rel=1e-8)
    assert table.loc[0.25, "upper"] == pytest.approx(16 * table.loc[1.0, "upper"], rel=1e-8)
    with pytest.raises(InputError) as error:
        power_table(effect, correlations=(0.0, 2.0), shares=(0.5,))
    assert len(error.value.problems) == 2


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


def marker_verdicts(found: evidence.MethodVarianceEvidence) -> list[evidence.Verdict]:
    return [v for v in found.verdicts({"test_level": 0.05}) if v.rule == "method_variance.marker"]


def test_the_shipped_marker_cannot_exclude_the_method_variance_that_is_there(responses) -> None:
    """Planted: 3.4 % of the variance, and a marker that correlates .10 with the method: the power is .07."""
    found = evidence.method_variance(responses, evidence.MethodVarianceOptions(worth=0.034))
    (verdict,) = marker_verdicts(found)
    assert verdict.answer == "cannot say"
    table = found.power.set_index("correlation")
    assert table.loc[0.1, "power_3.4"] == pytest.approx(0.074, abs=0.005)
    assert table.loc[0.1, "upper"] > 0.034
    assert verdict.numbers["power_weak"] == table.loc[0.3, "power_3.4"]
    assert verdict.numbers["power_pure"] > 0.99
    # where a study knows its marker to be the method itself, the same numbers exclude 5 %
    known = evidence.MethodVarianceOptions(marker_correlation=0.9)
    (verdict,) = marker_verdicts(evidence.method_variance(responses, known))
    assert verdict.answer == "not supported"
    assert verdict.numbers["power"] > 0.8
