"""The same model with its factors in another scale: the same moments, and what is said of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.sem.estimation import estimate
from comply_measure.sem.scaling import rescaled

CFA = "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6\ns =~ x7 + x8 + x9"
HIGHER = "v =~ x1 + x2 + x3\nt =~ 2*x4 + x5 + x6\ns =~ x7 + x8 + x9\ng =~ v + t + s\ng ~ ageyr"
PATHS = "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6 + x1\ns =~ x7 + x8 + x9\ns ~ v + t\nx1 ~~ x7"
GROUPS = {"group": "school", "group_equal": ["loadings", "intercepts"]}


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.mark.parametrize(
    ("model", "options", "changed"),
    [
        (CFA, {}, 3),
        (CFA, {"std_lv": True}, 3),
        (HIGHER, {}, 4),
        (HIGHER.replace("2*x4", "x4"), {"std_lv": True}, 4),
        (PATHS, {}, 3),
        (PATHS, {"std_lv": True, "estimator": "GLS"}, 3),
        (CFA, GROUPS, 6),
        (CFA, {**GROUPS, "std_lv": True}, 6),
        (CFA, {**GROUPS, "group_partial": ["v=~x1"]}, 4),  # of v the marker is free in one group
        (CFA, {**GROUPS, "group_equal": ["loadings", "lv.variances"]}, 6),
        (CFA, {**GROUPS, "group_equal": ["loadings", "lv.variances"], "std_lv": True}, 6),
        (CFA, {**GROUPS, "group_equal": ["residuals"]}, 6),
        (PATHS, {**GROUPS, "group_equal": ["loadings", "regressions"]}, 6),
        (PATHS, {**GROUPS, "group_equal": ["regressions"]}, 0),
    ],
)
def test_the_other_scale_has_the_same_optimum(hs, model, options, changed) -> None:
    """Moments, number of free coordinates, and the optimum carried there and back, parameter by parameter."""
    fit = sem.fit(model, hs, se="none", **options)
    other = rescaled(fit.model)
    assert (0 if other is None else len(other.swaps)) == changed
    if other is None:
        return
    there = other.forth(fit.theta)
    point = other.model.objective.at(other.model.space.contract(there))
    assert len(point.phi) == len(fit.optimum.point.phi)
    assert_allclose(other.model.space.expand(point.phi), there, atol=1e-10)
    for one, two in zip(point.implied, fit.optimum.point.implied, strict=True):
        assert_allclose(one.sigma, two.sigma, atol=1e-9)
    back = other.back(there)
    assert_allclose(np.abs(back), np.abs(fit.theta), atol=1e-9)
    assert estimate(other.model).point.value == pytest.approx(fit.optimum.point.value, abs=1e-9)
    assert other.words.startswith("markers" if options.get("std_lv") else "factor variances")


@pytest.mark.parametrize("options", [{}, {"std_lv": True}])
@pytest.mark.parametrize("word", ["pos.var", "pos.lv.var"])
def test_variances_that_must_not_be_negative_say_the_same_in_both_scales(hs, options, word) -> None:
    fit = sem.fit(CFA, hs, se="none", bounds=word, **options)
    other = rescaled(fit.model)
    assert len(other.swaps) == 3
    table = other.model.table
    variances = [i for i in range(len(table)) if table.op[i] == "~~" and table.lhs[i] == table.rhs[i]]
    for row in variances:
        bounded = fit.model.space.bounded and (word == "pos.var" or table.lhs[row] in "vts")
        bounded = bounded and table.free[row]
        assert table.lower[row] == (0.0 if bounded else -np.inf) and table.upper[row] == np.inf
    assert estimate(other.model).point.value == pytest.approx(fit.optimum.point.value, abs=1e-9)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (CFA + "\nv ~~ 0.2*t", {}),  # a fixed covariance depends on the scale: s alone changes
        (CFA.replace("x2 + x3", "a*x2 + a*x3"), {}),
        (CFA.replace("x2", "a*x2").replace("x5", "b*x5") + "\na == 2*b", {}),
        (CFA, {"bounds": "standard"}),
        (CFA.replace("x2", "lower(0.3)*x2").replace("x5", "upper(3)*x5") + "\ns ~~ upper(2)*s", {}),
        (CFA, {"effect_coding": True}),
    ],
)
def test_what_depends_on_the_scale_is_left_alone(hs, model, options) -> None:
    other = rescaled(sem.fit(model, hs, se="none", **options).model)
    if "0.2" in model:
        assert list(other.swaps) == [(1, "s")]
    else:
        assert other is None


def test_a_negative_variance_has_no_place_with_unit_variances(hs) -> None:
    fit = sem.fit(CFA, hs, se="none")
    other = rescaled(fit.model)
    turned = fit.theta.copy()
    place = fit.model.table.free_names().index("s~~s")
    turned[place] = -0.25
    assert other.forth(turned) is None
    nearby = other.forth(turned, nearby=True)
    at = dict(zip(other.model.table.free_names(), nearby, strict=True))
    assert at["s=~x7"] == pytest.approx(0.5)
