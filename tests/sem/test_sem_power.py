"""Power and sample size: MacCallum, Browne & Sugawara (1996), semTools 0.5-6 and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.fit_measures.chisquare import (
    _sankaran,
    noncentral_cdf,
    noncentral_quantile,
    noncentrality_at,
)


@pytest.mark.parametrize(
    ("null", "true", "df", "n", "groups", "expected"),
    [
        (0.05, 0.08, 23, 200, 1, 0.4965066),
        (0.00, 0.05, 100, 150, 1, 0.7482084),
        (0.05, 0.01, 50, 300, 1, 0.8654983),
        (0.05, 0.08, 46, 400, 2, 0.7406075),
    ],
)
def test_power_equals_semtools(null, true, df, n, groups, expected) -> None:
    assert_allclose(sem.rmsea_power(n, df, true, null, groups=groups), expected, atol=5e-8)


@pytest.mark.parametrize(
    ("null", "true", "df", "power", "groups", "expected"),
    [
        (0.05, 0.08, 23, 0.8, 1, 388),
        (0.0, 0.05, 100, 0.9, 1, 199),
        (0.05, 0.01, 50, 0.8, 1, 268),
        (0.05, 0.08, 46, 0.8, 2, 453),
    ],
)
def test_sample_size_equals_semtools(null, true, df, power, groups, expected) -> None:
    """semTools gives cases per group: 226.5 in the last row."""
    assert sem.rmsea_sample_size(df, power, true, null, groups=groups) == expected


@pytest.mark.parametrize(("df", "expected"), [(10, 782), (50, 214), (100, 132)])
def test_sample_sizes_of_maccallum_browne_sugawara(df: int, expected: int) -> None:
    """Table 4 of the article, close fit, power .80."""
    assert abs(sem.rmsea_sample_size(df) - expected) <= 1


def test_power_is_a_number_however_large_the_study() -> None:
    """λ beyond the series of χ²: Sankaran's approximation, which meets the series where that still has a value.

    By the normal limit of χ²_df(λ), 0.5 where ε_a puts the mean at the rejection point: λ_a = λ₀ + z √(2 df + 4 λ₀).
    """
    n, df, null = 10**8 + 1, 50, 8.0
    start = (n - 1) * df * null**2
    true = np.sqrt((start + 1.6448536269514722 * np.sqrt(2 * df + 4 * start)) / ((n - 1) * df))
    assert start > 3e11
    assert sem.rmsea_power(n, df, true, null) == pytest.approx(0.5, abs=5e-6)
    assert sem.rmsea_power(10**9, 10**9, 0.0, 10.0) == 1.0 == sem.rmsea_power(10**9, 10**9, 10.0, 9.0)
    for x, df, noncentrality in [(1.001e6, 50, 1e6), (1.0997e7, 1e6, 1e7), (9.9995e7, 3, 1e8)]:
        power, centre, spread = _sankaran(df, noncentrality)
        z = ((x / (df + noncentrality)) ** power - centre) / spread
        assert stats.norm.cdf(z) == pytest.approx(noncentral_cdf(x, df, noncentrality), abs=2e-9)
        assert noncentral_cdf(
            noncentral_quantile(0.9, df, noncentrality), df, noncentrality
        ) == pytest.approx(0.9, abs=1e-9)
    assert noncentral_cdf(noncentral_quantile(0.3, 7, 1e13), 7, 1e13) == pytest.approx(0.3, abs=1e-9)
    for noncentrality in (9.99e6, 1.0e7):  # the series and the approximation meet
        for probability in (1e-4, 0.05, 0.5, 0.95):
            x = stats.ncx2.ppf(probability, 40, noncentrality)
            assert noncentral_cdf(x, 40, noncentrality) == pytest.approx(probability, abs=2e-8)
            assert noncentral_quantile(probability, 40, noncentrality) == pytest.approx(x, rel=1e-12)
    for noncentrality in (1e10, 1e12):  # by the normal limit
        x = 40 + noncentrality + 1.2815515655446004 * np.sqrt(80 + 4 * noncentrality)
        assert noncentral_cdf(x, 40, noncentrality) == pytest.approx(0.9, abs=2e-5)
        found = noncentrality_at(x, 40, 0.9, 3 * noncentrality)
        assert found == pytest.approx(noncentrality, rel=1e-9)


def test_sample_size_is_the_smallest() -> None:
    n = sem.rmsea_sample_size(35, 0.9)
    assert sem.rmsea_power(n, 35) >= 0.9 > sem.rmsea_power(n - 1, 35)


def population(cross: float) -> pd.DataFrame:
    loadings = np.zeros((6, 2))
    loadings[:3, 0] = loadings[3:, 1] = 0.7
    loadings[0, 1] = cross
    phi = np.array([[1.0, 0.4], [0.4, 1.0]])
    sigma = loadings @ phi @ loadings.T
    np.fill_diagonal(sigma, 1.0)
    names = [f"x{i}" for i in range(1, 7)]
    return pd.DataFrame(sigma, index=names, columns=names)


MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"


class TestModelPower:
    def test_is_the_level_when_the_model_holds(self) -> None:
        found = sem.model_power(MODEL, population(0.0), [100, 1000])
        assert_allclose(found.discrepancy, 0.0, atol=1e-10)
        assert_allclose(found.power, 0.05, atol=1e-6)

    def test_closed_form(self) -> None:
        """Uncorrelated variables against a correlation ρ: F₀ = −log(1 − ρ²)."""
        sigma = pd.DataFrame([[1.0, 0.3], [0.3, 1.0]], index=["a", "b"], columns=["a", "b"])
        found = sem.model_power("a ~~ a\nb ~~ b\na ~~ 0*b", sigma, 80)
        assert found.df == 1
        assert_allclose(found.discrepancy, -np.log(1 - 0.3**2), rtol=1e-8)
        assert_allclose(found.rmsea, np.sqrt(found.discrepancy), rtol=1e-12)

    def test_share_of_rejections(self) -> None:
        n, replications = 200, 300
        found = sem.model_power(MODEL, population(0.35), n)
        rng = np.random.default_rng(8)
        root = np.linalg.cholesky(population(0.35))
        rejected = 0
        for _ in range(replications):
            data = pd.DataFrame(rng.standard_normal((n, 6)) @ root.T, columns=population(0.0).columns)
            rejected += sem.fit(MODEL, data).fit_measures["pvalue"] < 0.05
        power = found.power[0]
        shift = n * found.discrepancy
        assert_allclose(power, stats.ncx2.sf(stats.chi2.isf(0.05, found.df), found.df, shift), rtol=1e-9)
        assert abs(rejected / replications - power) < 4 * np.sqrt(power * (1 - power) / replications) + 0.02

    def test_table(self) -> None:
        found = sem.model_power(MODEL, population(0.3), [100, 200], alpha=0.01)
        table = found.tidy()
        assert table["n"].tolist() == [100, 200]
        assert table["rmsea"].tolist() == pytest.approx([np.sqrt(found.discrepancy / 8)] * 2, rel=1e-12)
        assert set(table["df"]) == {8} and set(table["alpha"]) == {0.01}
        shift = np.array([100, 200]) * found.discrepancy
        assert table["noncentrality"].tolist() == pytest.approx(shift.tolist(), rel=1e-12)
        assert_allclose(table["power"], stats.ncx2.sf(stats.chi2.isf(0.01, 8), 8, shift), rtol=1e-9)

    def test_saturated_model_has_no_test(self) -> None:
        with pytest.raises(sem.ModelError, match="no test"):
            sem.model_power("x1 ~~ x2", population(0.0).iloc[:2, :2], 100)


def test_every_bad_argument_is_named() -> None:
    with pytest.raises(InputError) as caught:
        sem.rmsea_power(1, 0, rmsea_true=-0.1, alpha=2.0)
    assert {problem.column for problem in caught.value.problems} == {"n", "df", "rmsea_true", "alpha"}
    with pytest.raises(InputError, match="no difference"):
        sem.rmsea_power(100, 10, 0.05, 0.05)


def told(*call: object, **arguments: object) -> list[tuple[object, ...]]:
    function, *given = call
    with pytest.raises(InputError) as caught:
        function(*given, **arguments)  # type: ignore[operator]
    return [(p.column, p.value, p.allowed) for p in caught.value.problems]


def test_ranges_of_arguments_end_where_they_say() -> None:
    whole = "a whole number, {} to 1,000,000,000"
    assert told(sem.rmsea_power, 1, 0, groups=0) == [
        ("n", 1, whole.format(2)),
        ("df", 0, whole.format(1)),
        ("groups", 0, whole.format(1)),
    ]
    assert 0 < sem.rmsea_power(2, 1, 10.0, 0.0) <= 1
    assert told(sem.rmsea_power, 100, 10, 10.1, -0.1) == [
        ("rmsea_true", 10.1, "0 to 10"),
        ("rmsea_null", -0.1, "0 to 10"),
    ]
    assert told(sem.rmsea_power, 10**9 + 1, 2) == [("n", 10**9 + 1, whole.format(2))]
    assert told(sem.rmsea_sample_size, 10, 1.0, alpha=0.0) == [
        ("alpha", 0.0, "between 0 and 1"),
        ("power", 1.0, "between 0 and 1"),
    ]
    assert told(sem.rmsea_sample_size, 1, 0.999, 1e-6, 0.0) == [("power", 0.999, "a lower power")]


def test_sizes_and_level_of_a_model_are_checked_before_it_is_fitted() -> None:
    sigma = population(0.0)
    assert told(sem.model_power, MODEL, sigma, [100, 1]) == [("n", 1, "a whole number, 2 to 1,000,000,000")]
    assert told(sem.model_power, MODEL, sigma, 100, 1.5) == [("alpha", 1.5, "between 0 and 1")]
    assert told(sem.model_power, MODEL, sigma, []) == [("n", None, "n=200")]
