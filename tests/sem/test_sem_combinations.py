"""Combinations without theory are refused by name."""

from __future__ import annotations

import pytest
import semopy

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem import ModelError


@pytest.mark.parametrize("options", [{"se": "robust"}, {"test": "satorra.bentler"}, {"estimator": "MLR"}])
def test_first_order_information_does_not_go_with_robust_statistics(options: dict[str, object]) -> None:
    data = semopy.examples.holzinger39.get_data()
    with pytest.raises(InputError, match=r"not with information='first\.order'"):
        sem.fit("f =~ x1 + x2 + x3 + x4", data, information="first.order", **options)


def test_scaling_factors_are_for_ordered_variables() -> None:
    data = semopy.examples.holzinger39.get_data()
    with pytest.raises(ModelError, match=r"x1 ~\*~ x1' is for ordered variables"):
        sem.fit("f =~ x1 + x2 + x3 + x4\nx1 ~*~ 1*x1", data)


def test_two_ways_to_scale_a_latent_variable_are_refused() -> None:
    data = semopy.examples.holzinger39.get_data()
    with pytest.raises(InputError, match="choose one"):
        sem.fit("f =~ x1 + x2 + x3 + x4", data, std_lv=True, effect_coding=True)


@pytest.mark.parametrize("options", [{}, {"estimator": "MLR"}, {"missing": "ml"}, {"estimator": "GLS"}])
def test_a_model_without_parameters_is_tested_as_it_stands(options: dict[str, object]) -> None:
    data = semopy.examples.holzinger39.get_data()
    text = "x1 ~~ 1*x1\nx2 ~~ 1*x2\nx1 ~~ 0.2*x2\nx1 ~ 5*1\nx2 ~ 6*1"
    fit = sem.fit(text, data, **options)
    assert fit.converged and fit.vcov.shape == (0, 0)
    assert fit.fit_measures["df"] == 5 and fit.fit_measures["chisq"] > 0.0
    assert "x1" in fit.summary()


def test_saturated_model_has_perfect_indices_under_the_scaled_and_shifted_test() -> None:
    """lavaan 0.6-14: cfi.robust = tli.robust = 1 with no degrees of freedom and estimator MLMV."""
    data = semopy.examples.holzinger39.get_data()
    found = sem.fit("x1 ~~ x2 + x3\nx2 ~~ x3", data, estimator="MLMV").fit_measures
    assert found[["cfi.robust", "tli.robust", "rni.robust"]].tolist() == [1.0, 1.0, 1.0]


def test_cases_without_a_group_are_counted() -> None:
    data = semopy.examples.holzinger39.get_data()
    data.loc[[3, 7], "school"] = None
    fit = sem.fit("f =~ x1 + x2 + x3 + x4", data, group="school")
    assert "2 of 301 cases left out" in str(fit.problems[0])


def test_categories_without_order_are_named() -> None:
    data = semopy.examples.holzinger39.get_data()
    data["x1"] = (data["x1"] > 5).map({True: "high", False: "low"}).astype("category")
    with pytest.raises(InputError, match="categories without order"):
        sem.fit("f =~ x1 + x2 + x3 + x4", data)
