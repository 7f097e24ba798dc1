"""Scales of factors in several groups: markers exempt from equality, and equal means whatever gives the scale.

A marker in ``group_partial`` is free in later groups, as in lavaan 0.7-2 (earlier versions left it at 1).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem

MODEL = "s =~ x7 + x8 + x9 + x1"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.mark.parametrize(
    ("model", "options", "df", "chisq", "loading"),
    [
        (MODEL, {"group_equal": "loadings"}, 6, 35.49986, 0.929),
        (MODEL, {"group_equal": ["loadings", "intercepts"], "more": "x7~1"}, 8, 35.64192, 0.929),
        (
            MODEL.replace("x7", "1*x7"),
            {"group_equal": "loadings"},
            7,
            35.58899,
            1.0,
        ),  # a value in the text stays
        (MODEL, {"group_equal": "residuals"}, 8, 42.23408, 1.0),  # nothing else gives the scale
    ],
)
def test_marker_in_group_partial(
    hs: pd.DataFrame, model: str, options: dict[str, Any], df: int, chisq: float, loading: float
) -> None:
    partial = ["s=~x7", *filter(None, [options.get("more")])]
    fit = sem.fit(model, hs, group="school", group_equal=options["group_equal"], group_partial=partial)
    assert fit.fit_measures["df"] == df
    assert fit.fit_measures["chisq"] == pytest.approx(chisq, abs=2e-5)
    table = fit.estimates
    found = table[(table["op"] == "=~") & (table["rhs"] == "x7")]["est"].tolist()
    assert found == pytest.approx([1.0, loading], abs=5e-4)


def test_with_unit_variances_the_same_model(hs: pd.DataFrame) -> None:
    options: dict[str, Any] = {"group": "school", "group_equal": "loadings", "group_partial": "s=~x7"}
    marker, unit = sem.fit(MODEL, hs, **options), sem.fit(MODEL, hs, std_lv=True, **options)
    assert marker.fit_measures["chisq"] == pytest.approx(unit.fit_measures["chisq"], abs=1e-6)
    assert marker.npar == unit.npar


def test_markers_of_ordered_variables(hs: pd.DataFrame) -> None:
    data = hs.copy()
    for i, cuts in ((7, [0, 0.2, 0.55, 0.85, 1]), (8, [0, 0.4, 1]), (9, [0, 0.2, 0.55, 0.85, 1])):
        data[f"o{i}"] = pd.qcut(data[f"x{i}"], cuts, labels=False) + 1
    fit = sem.fit(
        "s =~ o7 + o8 + o9",
        data,
        ordered=["o7", "o8", "o9"],
        group="school",
        group_equal=["thresholds", "loadings"],
        group_partial=["s=~o7"],
    )
    assert fit.fit_measures["df"] == 3
    assert fit.fit_measures["chisq"] == pytest.approx(2.654469, abs=2e-5)


def test_where_no_loading_is_left_equal_markers_stay(hs: pd.DataFrame) -> None:
    """The factor would have no scale in the second group (lavaan 0.7-2: df −1, no standard errors)."""
    names = ["s=~x7", "s=~x8", "s=~x9"]
    fit = sem.fit("s =~ x7 + x8 + x9", hs, group="school", group_equal="loadings", group_partial=names)
    assert fit.fit_measures["df"] == 0 and not fit.unidentified


@pytest.mark.parametrize("options", [{}, {"std_lv": True}, {"effect_coding": True}])
@pytest.mark.parametrize(
    ("equal", "df", "chisq"),
    [(["loadings", "intercepts", "means"], 26, 98.2959), (["loadings", "intercepts"], 24, 63.9778)],
)
def test_equal_means_are_equal_whatever_gives_the_scale(
    hs: pd.DataFrame, options: dict[str, Any], equal: list[str], df: int, chisq: float
) -> None:
    """Three ways to scale factors, one model (lavaan 0.7-2 sets later means to 0 under effect coding)."""
    text = "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6"
    fit = sem.fit(text, hs, group="school", group_equal=equal, **options)
    assert fit.fit_measures["df"] == df
    assert fit.fit_measures["chisq"] == pytest.approx(chisq, abs=2e-4)
    means = fit.estimates[(fit.estimates["op"] == "~1") & fit.estimates["lhs"].isin(["v", "t"])]
    first, second = (means.loc[means["group"] == g, "est"].to_numpy() for g in (1, 2))
    assert (first == pytest.approx(second)) == ("means" in equal)


@pytest.mark.parametrize(
    ("equal", "partial", "df", "chisq"),
    [
        (["loadings"], ["v=~x2"], 19, 38.2081),
        (["loadings", "intercepts"], ["v=~x2", "x2~1"], 22, 54.7308),
        (["loadings", "intercepts"], ["x5~1"], 23, 62.3843),
    ],
)
def test_what_is_exempt_is_free_whatever_gives_the_scale(
    hs: pd.DataFrame, equal: list[str], partial: list[str], df: int, chisq: float
) -> None:
    """Sums of effect coding in every group tied the exempt one of three loadings or intercepts to the first group."""
    text = "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6"
    for options in ({}, {"std_lv": True}, {"effect_coding": True}):
        fit = sem.fit(text, hs, group="school", group_equal=equal, group_partial=partial, **options)
        assert fit.fit_measures["df"] == df
        assert fit.fit_measures["chisq"] == pytest.approx(chisq, abs=2e-4)
