"""Congruence of odd data, and a guard that every public function of the room has its bad cases."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import triads
from comply_measure.errors import ComplyError, InputError
from comply_measure.triads import congruence
from comply_measure.triads.congruence import (
    congruence_checklist,
    congruence_models,
    polynomial_regression,
    response_surface,
)


def views(units: int, points: int = 7, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(1, points + 1, (2, units)).astype(float)
    z = 0.3 * x + 0.2 * y + rng.standard_normal(units)
    return pd.DataFrame({"x": x, "y": y, "z": z, "firm": np.arange(units) % 9})


def changed(data: pd.DataFrame, **columns: object) -> pd.DataFrame:
    return data.assign(**columns)


# case -> (data, what the error says; empty where a surface must come out)
CASES: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
    "one unit": (lambda: views(1), "too few"),
    "six units": (lambda: views(6), "too few"),
    "one role never answered": (lambda: changed(views(30), y=np.nan), "too few"),
    "all views equal": (lambda: changed(views(30), x=4.0, y=4.0), "collinear"),
    "the roles agree exactly": (lambda: changed(views(30), y=views(30)["x"]), "collinear"),
    "2 points": (lambda: views(60, points=2), "collinear"),
    "11 points": (lambda: views(60, points=11), ""),
    "outcome never varies": (lambda: changed(views(60), z=5.0), ""),
    "one firm": (lambda: changed(views(60), firm=1), "two clusters"),
    "eight units": (lambda: views(8), ""),
    "perfect polynomial": (lambda: views(60).eval("z = x - (x - y)**2"), ""),
}


@pytest.mark.parametrize("cluster", [None, "firm"])
@pytest.mark.parametrize("case", list(CASES))
def test_a_surface_or_a_clear_error(case: str, cluster: str | None) -> None:
    make, error = CASES[case]
    expected = error if (cluster or case != "one firm") else ""
    if expected:
        with pytest.raises(ComplyError, match=expected):
            polynomial_regression(make(), "x", "y", "z", centre=4.0, cluster=cluster)
        return
    fit = polynomial_regression(make(), "x", "y", "z", centre=4.0, cluster=cluster)
    surface = response_surface(fit, bootstrap=50, seed=1)
    table, models = surface.tidy(), congruence_models(fit)
    checks = congruence_checklist(fit, surface)
    undefined = table[table["estimate"].isna()]
    assert (undefined["note"] != "").all()
    assert len(models.tidy()) == 16
    assert len(models.constraints) == 3
    assert checks.tidy()["condition"].is_unique
    for name in ("models", "constraints"):
        numbers = getattr(models, name).select_dtypes("number")
        assert not np.isposinf(
            numbers.drop(columns=["evidence_ratio"], errors="ignore").to_numpy(dtype=float)
        ).any()


@pytest.mark.parametrize("points", [2, 3, 11])
@pytest.mark.parametrize("sizes", [[2], [2, 3, 5], [3] * 12])
def test_exact_distributions_of_any_scale_sum_to_one(points: int, sizes: list[int]) -> None:
    null = triads.null_distribution("uniform", 1, points)
    assert null.variance == pytest.approx((points**2 - 1) / 12)
    for statistic in ("variance", "ad_mean", "ad_median"):
        found = triads.exact_distribution(sizes, null, statistic)
        assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-9)
        assert found.values[0] == 0
        assert (np.diff(found.values) > 0).all()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: triads.critical_values(minimum=1, maximum=1), "maximum|minimum|scale"),
        (lambda: triads.critical_values(minimum=1, maximum=5, n_informants=[1]), "informants"),
        (lambda: triads.critical_values(minimum=1, maximum=5, n_items=[0]), "items|informants"),
        (lambda: triads.null_distribution("uniform", 5, 1), "maximum|minimum|scale"),
        (
            lambda: triads.exact_distribution([], triads.null_distribution("uniform", 1, 5), "variance"),
            "item|informants",
        ),
    ],
)
def test_impossible_sizes_and_scales_are_refused(call: Callable[[], object], fault: str) -> None:
    with pytest.raises(ComplyError, match=fault):
        call()


DYADS = pd.DataFrame(
    {"unit": [0, 0, 1, 1], "role": list("abab"), "x": [1.0, 2, 3, 4], "y": [2.0, 2, 2, np.nan]}
)
PAIR, SEVEN = {"A": ["x", "y"]}, triads.null_distribution("uniform", 1, 7)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: triads.null_correlations(DYADS, {"A": ["x", "z"]}, SEVEN), "'z': column is absent"),
        (lambda: triads.null_correlations(DYADS, {}, SEVEN), "no scales were named"),
        (lambda: triads.null_correlations(DYADS.assign(x="a"), PAIR, SEVEN), "'x': column holds no numbers"),
        (
            lambda: triads.null_correlations(DYADS, PAIR, triads.NullDistribution("own", 2.0, None)),
            "cannot be simulated",
        ),
        (
            lambda: triads.rematched_agreement(DYADS, {"A": ["x", "z"]}, minimum=1, maximum=7, seed=1),
            "'z': column is absent",
        ),
        (
            lambda: triads.rematched_agreement(DYADS, PAIR, minimum=1, maximum=7, seed=1, firm="firm"),
            "'firm': column is absent",
        ),
        (lambda: triads.incremental_validity(DYADS, ["z"], "x"), "'z': column is absent"),
        (lambda: triads.incremental_validity(DYADS, ["role"], "x"), "'role': column holds no numbers"),
        (lambda: triads.incremental_validity(DYADS, ["y"], "x", cluster="firm"), "'firm': column is absent"),
        (lambda: triads.known_groups(DYADS, {"kind": ["a", "b"]}, "x"), "'kind': column is absent"),
        (
            lambda: triads.known_groups(DYADS, {"role": ["a", "b"]}, "unit", cluster="firm"),
            "'firm': column is absent",
        ),
        (lambda: triads.known_groups(DYADS, {"role": ["a", "b"]}, "role"), "'role': column holds no numbers"),
        (lambda: triads.known_groups(DYADS, {"role": ["a"]}, "x"), "role"),
        (lambda: triads.known_groups(DYADS, {"role": ["a", "c"]}, "x"), "c"),
    ],
)
def test_tables_that_lack_what_is_asked_are_refused(call: Callable[[], object], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        call()


def test_what_too_little_data_leave_open_has_its_reason() -> None:
    found = triads.null_correlations(DYADS, PAIR, SEVEN)["A"]
    np.testing.assert_array_equal(found, np.eye(2))  # y never varies within a role: taken as uncorrelated
    row = triads.rematched_agreement(DYADS.head(2), PAIR, minimum=1, maximum=7, seed=1).iloc[0]
    assert row["n_units"] == 0 and np.isnan(row["difference"])
    assert row["note"] == "no informants of different units could be put together"
    row = triads.incremental_validity(DYADS, ["y"], "x").iloc[0]
    assert (row["n_units"], row["note"]) == (3, "too few units or clusters") and np.isnan(row["beta"])


def test_informants_of_one_role_count_one_by_one_in_null_correlations() -> None:
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"unit": np.repeat(range(40), 3), "role": list("aab") * 40})
    view = rng.normal(0, 1.5, len(rows))
    rows = rows.assign(**{c: np.clip(np.round(4 + view + rng.normal(size=120)), 1, 7) for c in "xy"})
    found = triads.null_correlations(rows, PAIR, SEVEN)["A"]
    alone = triads.null_correlations(rows.assign(unit=range(120)), PAIR, SEVEN)["A"]
    np.testing.assert_array_equal(found, alone)
    centred = rows[["x", "y"]] - rows.groupby("role")[["x", "y"]].transform("mean")
    within = float(np.corrcoef(centred.T)[0, 1])
    # cut into seven equal classes, normal variables of correlation r correlate by about (6/pi) asin(r/2)
    assert found[0, 1] == pytest.approx(2 * np.sin(np.pi * within / 6), abs=0.02)


def test_every_public_function_has_bad_cases() -> None:
    """Each name occurs in one of the files on bad cases; who adds a function adds its cases."""
    here = Path(__file__).parent
    text = "\n".join((here / name).read_text(encoding="utf-8") for name in FILES)
    used = set(re.findall(r"\w+", text))
    functions = {name for name in (*triads.__all__, *congruence.__all__) if name[0].islower()}
    assert functions <= used, f"without bad cases: {sorted(functions - used)}"


FILES = (
    "test_triads_bad_cases.py",
    "test_congruence_bad_cases.py",
    "test_several_informants_bad_cases.py",
    "test_stages_bad_cases.py",
)
