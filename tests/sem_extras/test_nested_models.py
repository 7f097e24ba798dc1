"""Tests of nested models against lavaan 0.6.14 (tests/reference/sem_extras) and 0.7-2 (quoted).

Tolerance 1e-5 relative for statistics: they rest on derivatives at lavaan's own estimates, 1e-6 from the
optimum; 1e-4 where the scaling factor is a small difference of large numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.errors import InputError

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
LEVELS = ((), ("loadings",), ("loadings", "intercepts"), ("loadings", "intercepts", "residuals"))
TWO = "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\na2 ~~ b3\nA ~~ 0*C\n"
ASKED = {
    "default": {},
    "sb2010": {"method": "Satorra-Bentler 2010"},
    "s2000": {"method": "satorra.2000"},
    "mean": {"method": "satorra.2000", "scaled_shifted": False},
    "meanvar": {"scaled_shifted": False},
    "exact": {"method": "satorra.2000", "a_method": "exact"},
}


def test_invariance_ladder_of_lavaan_07() -> None:
    data = holzinger39.get_data()
    fits = [sem.fit(HS, data, group="school", group_equal=equal) for equal in LEVELS]
    table = sem.compare(*fits[::-1], names=["strict", "scalar", "metric", "configural"])
    assert list(table.index) == ["configural", "metric", "scalar", "strict"]
    assert list(table["Df"]) == [48, 54, 60, 69]
    assert_allclose(table["AIC"], [7484.39502414737, 7480.5872244518, 7508.64651119699, 7508.05502550208])
    assert_allclose(table["BIC"], [7706.8216400323, 7680.77117874824, 7686.58780390494, 7652.63232582729])
    assert_allclose(table["Chisq diff"][1:], [8.1922003044, 40.0592867452, 17.4085143051], atol=1e-6)
    assert_allclose(table["Df diff"][1:], [6, 6, 9])
    rmsea = [0.0492715519335192, 0.19421103346797, 0.0787898237535943]
    assert_allclose(table["RMSEA"][1:], rmsea, atol=1e-7)
    p = [0.224357746850112, 4.43456618039984e-07, 0.0426900108646406]
    assert_allclose(table["Pr(>Chisq)"][1:], p, rtol=1e-5)
    assert table.attrs["method"] == "standard" and not table.attrs["notes"]


@pytest.fixture(scope="module")
def invariance(models, simulated):
    kept: dict[str, list[sem.Fit]] = {}

    def fits(estimator: str) -> list[sem.Fit]:
        if estimator not in kept:
            options = {"group": "region", "estimator": estimator}
            kept[estimator] = [
                sem.fit(models.CFA, simulated, group_equal=equal, **options) for equal in LEVELS[:3]
            ]
        return kept[estimator]

    return fits


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        ("ML", "default"),
        *((e, k) for e in ("MLR", "MLM") for k in ("default", "sb2010", "s2000", "mean", "exact")),
        *((e, k) for e in ("MLMV", "MLMVS") for k in ("default", "meanvar", "exact")),
    ],
)
def test_ladder_of_robust_tests(estimator, kind, invariance, reference) -> None:
    expected = reference("comparison")[estimator.lower()][kind]
    # free latent means make scalar models no restriction parameter by parameter: exact is for two steps only
    fits = invariance(estimator)[: 2 if kind == "exact" else 3]
    table = sem.compare(*fits, **ASKED[kind])
    steps = slice(1, len(fits))
    assert_allclose(table["Chisq diff"][1:], expected["stat"][steps], rtol=1e-5)
    assert_allclose(table["Df diff"][1:], expected["df"][steps], rtol=1e-6)
    assert_allclose(table["Pr(>Chisq)"][1:], expected["p"][steps], rtol=1e-4)
    scale, plain = np.array(table.attrs["scale"][1:]), np.diff([fit.test.statistic for fit in fits])
    if expected["shift"]:
        assert_allclose(scale, expected["scale"][steps], rtol=1e-5)
        assert_allclose(table.attrs["shift"][1:], expected["shift"][steps], atol=1e-5)
        assert_allclose(table["Chisq diff"][1:], scale * plain + table.attrs["shift"][1:])
    elif estimator != "ML":
        assert_allclose(table["Chisq diff"][1:], plain / scale)
        assert_allclose(table.attrs["shift"][1:], 0.0)


@pytest.mark.parametrize("method", ["satorra.bentler.2001", "satorra.bentler.2010"])
def test_against_a_model_without_degrees_of_freedom_the_difference_is_the_scaled_test(
    method, simulated
) -> None:
    names = ["a1", "a2", "a3", "a4"]
    every = "\n".join(f"{a} ~~ {b}" for i, a in enumerate(names) for b in names[i + 1 :])
    one = "A =~ a1 + a2 + a3 + a4"
    small, large = (sem.fit(text, simulated, estimator="MLM") for text in (one, every))
    table = sem.compare(large, small, method=method)
    row = table.iloc[1]
    assert row["Df diff"] == 2
    assert row["Chisq diff"] == pytest.approx(small.fit_measures["chisq.scaled"], rel=1e-7)
    assert row["Pr(>Chisq)"] == pytest.approx(small.fit_measures["pvalue.scaled"], rel=1e-6)
    assert table.attrs["scale"][1] == pytest.approx(small.fit_measures["chisq.scaling.factor"], rel=1e-9)


@pytest.mark.parametrize("kind", ["default", "sb2010", "s2000", "mean", "exact"])
def test_one_fixed_covariance(kind, models, simulated, reference) -> None:
    fits = [sem.fit(m, simulated, estimator="MLM") for m in (models.CFA + "a2 ~~ b3", TWO)]
    expected = reference("comparison")["single_mlm"][kind]
    table = sem.compare(*fits, **ASKED[kind])
    assert table["Chisq diff"].iloc[1] == pytest.approx(expected["stat"][1], rel=1e-4)


def test_full_information(models, incomplete, reference) -> None:
    options = {"missing": "ml", "estimator": "MLR"}
    fits = [sem.fit(m, incomplete, **options) for m in (models.CFA + "a2 ~~ b3", TWO)]
    table = sem.compare(*fits)
    expected = reference("comparison")["fiml"]["default"]["stat"][1]
    assert table["Chisq diff"].iloc[1] == pytest.approx(expected, rel=1e-5)
    assert "RMSEA" not in table


def test_ordered_variables(ordinal) -> None:
    """Against lavaan 0.7-2, WLSMV, delta parameterisation."""
    model = "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
    levels = ((), ("thresholds",), ("thresholds", "loadings"))
    fits = [sem.fit(model, ordinal, ordered=True, group="region", group_equal=equal) for equal in levels]
    table = sem.compare(*fits)
    assert_allclose(table["Chisq diff"][1:], [9.898602568, 7.256630972], rtol=2e-6)
    assert_allclose(table["Pr(>Chisq)"][1:], [0.1289875444, 0.2022432263], rtol=1e-5)
    assert table.attrs["method"] == "satorra.2000"
    assert_allclose(table.attrs["shift"][1:], [0.1943933195, 0.1118412541], atol=1e-5)
    adjusted = sem.compare(*fits, scaled_shifted=False)
    assert_allclose(adjusted["Df diff"][1:], [5.617511488, 4.778819185], rtol=2e-6)
    assert_allclose(adjusted["Chisq diff"][1:], [9.389803673, 6.984973269], rtol=2e-6)


def test_negative_scaling_factor_gives_no_number(models, simulated) -> None:
    fits = [sem.fit(m, simulated, estimator="MLR") for m in (models.CFA + "a2 ~~ b3", TWO)]
    with pytest.warns(sem.SemWarning, match="negative"):
        table = sem.compare(*fits, method="satorra.bentler.2010")
    assert np.isnan(table["Chisq diff"].iloc[1]) and np.isnan(table["Pr(>Chisq)"].iloc[1])
    assert "satorra.2000" in table.attrs["notes"][0]


def test_exact_restrictions_need_nested_parameters(invariance) -> None:
    with pytest.raises(sem.ModelError, match="A~1"):
        sem.compare(*invariance("MLM")[1:], method="satorra.2000", a_method="exact")


def test_quadratic_form_equals_likelihood_ratio_scale_under_normality(models) -> None:
    rng = np.random.default_rng(5)
    factor = rng.normal(size=(40_000, 1))
    values = factor * np.array([1.0, 0.8, 0.7, 0.9, 1.1]) + rng.normal(size=(40_000, 5))
    data = pd.DataFrame(values, columns=list("abcde"))
    fits = [
        sem.fit(m, data, estimator="MLM") for m in ("f =~ a + b + c + d + e", "f =~ a + k*b + c + d + k*e")
    ]
    table = sem.compare(*fits, method="satorra.2000", scaled_shifted=False)
    assert table.attrs["scale"][1] == pytest.approx(1.0, abs=0.03)


class TestRefusals:
    def test_other_data(self, models, simulated) -> None:
        one = sem.fit(models.CFA, simulated)
        cases = {
            "320 cases|319 cases": simulated.iloc[1:],
            "other data": simulated.sample(frac=1.0, random_state=1).reset_index(drop=True),
        }
        for message, data in cases.items():
            with pytest.raises(InputError, match=message):
                sem.compare(one, sem.fit(models.LABEL, data))

    def test_other_variables_means_and_tests(self, models, simulated) -> None:
        one = sem.fit(models.CFA, simulated)
        with pytest.raises(InputError, match="other observed variables"):
            sem.compare(one, sem.fit("A =~ a1 + a2 + a3 + a4", simulated))
        with pytest.raises(InputError, match="means"):
            sem.compare(one, sem.fit(models.LABEL, simulated, meanstructure=True))
        with pytest.raises(InputError, match="different tests"):
            sem.compare(one, sem.fit(models.LABEL, simulated, estimator="MLR"))
        with pytest.raises(InputError, match="another estimator"):
            sem.compare(one, sem.fit(models.LABEL, simulated, estimator="GLS"))

    def test_too_few_and_wrong_words(self, models, simulated) -> None:
        one = sem.fit(models.CFA, simulated)
        with pytest.raises(InputError, match="two or more"):
            sem.compare(one)
        with pytest.raises(InputError, match="method"):
            sem.compare(one, sem.fit(models.LABEL, simulated), method="satora")

    def test_method_that_does_not_suit_the_test(self, invariance) -> None:
        with pytest.raises(InputError, match="mean-adjusted"):
            sem.compare(*invariance("MLMV")[:2], method="satorra.bentler.2001")
        with pytest.warns(sem.SemWarning, match="plain difference"):
            table = sem.compare(*invariance("ML")[:2], method="satorra.2000")
        assert table.attrs["method"] == "standard"


def test_column_order_does_not_make_other_data(models, simulated) -> None:
    turned = "C =~ c4 + c3 + c2 + c1\nB =~ b3 + b2 + b1\nA =~ a4 + a3 + k*a2 + k*a1\n"
    table = sem.compare(sem.fit(models.CFA, simulated), sem.fit(turned, simulated))
    assert list(table["Df"]) == [41, 42] and not table.attrs["notes"]


def test_models_that_are_not_nested_are_named(simulated) -> None:
    first = sem.fit("A =~ a1 + a2 + a3 + a4 + b1 + b2 + b3\nB =~ b1 + b2 + b3", simulated)
    other = sem.fit("A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\na1 ~~ a2\nA ~~ 0*B", simulated)
    assert other.model.df > first.model.df
    with pytest.warns(sem.SemWarning, match="not nested"):
        sem.compare(first, other)


def test_same_degrees_of_freedom(models, simulated) -> None:
    fits = [sem.fit(models.CFA + text, simulated) for text in ("a1 ~~ a2", "b1 ~~ b2")]
    with pytest.warns(sem.SemWarning, match="same degrees of freedom"):
        table = sem.compare(*fits)
    assert np.isnan(table["Pr(>Chisq)"].iloc[1]) and table["Df diff"].iloc[1] == 0
