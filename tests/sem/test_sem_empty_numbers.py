"""Every missing number of a fit's tables has its reason, on legal data of every degenerate kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError

MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
ITEMS = [f"x{i}" for i in range(1, 7)]
TWO = "level: 1\nf =~ x1 + x2 + x3\nlevel: 2\nh =~ x1 + x2 + x3"


def _data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    y = np.repeat(rng.normal(size=(120, 2)), 3, axis=1) + rng.normal(size=(120, 6))
    return pd.DataFrame(y, columns=ITEMS).assign(s=["a", "b"] * 60, c=np.arange(120) // 6)


DATA = _data()
CASES: dict[str, tuple[str, pd.DataFrame, dict[str, Any]]] = {
    "ordinary": (MODEL, DATA, {}),
    "just identified": ("f =~ x1 + x2 + x3", DATA, {}),
    "not identified": ("f =~ x1 + x2", DATA, {}),
    "not identified, df 0": ("f =~ x1 + x2 + x3\nf ~~ 0*f", DATA, {}),
    "constant": (MODEL, DATA.assign(x3=1.0), {}),
    "collinear": (MODEL, DATA.assign(x3=DATA.x1 + DATA.x2), {}),
    "no data": (MODEL, DATA.assign(x3=np.nan), {"missing": "ml"}),
    "one case": (MODEL, DATA.iloc[:1], {}),
    "three cases": (MODEL, DATA.iloc[:3], {}),
    "seven cases": (MODEL, DATA.iloc[:7], {}),
    "without end": (MODEL, DATA.iloc[20:32], {"std_lv": True}),
    "not converged": (MODEL, DATA, {"optimizer_options": {"iterations": 1}}),
    "no errors": (MODEL, DATA, {"se": "none", "test": "none"}),
    "at a bound": (MODEL + "\nf ~~ lower(0.3)*g", DATA, {}),
    "regression": ("x1 ~ x2 + x3", DATA, {}),
    "groups": (MODEL, DATA, {"group": "s"}),
    "ordered": (MODEL, (DATA[ITEMS] > 0).astype(int), {"ordered": True}),
    "incomplete": (MODEL, DATA.mask(np.random.default_rng(4).random(DATA.shape) < 0.3), {"missing": "ml"}),
    "two levels": (TWO, DATA, {"cluster": "c"}),
    "few replications": (MODEL, DATA, {"se": "bootstrap", "bootstrap": 2, "seed": 1}),
}
REFUSED = {
    "constant": "no variance: x3",
    "collinear": "linearly dependent variables: x1, x2, x3",
    "no data": "too few values",
    "one case": "Too few complete cases",
    "three cases": "3 complete cases for 6 variables",
}
TABLES = ("estimates", "standardized", "r2", "modification_indices", "predict", "fit_measures")


@pytest.mark.parametrize("name", CASES)
def test_missing_numbers_have_their_reason(name: str) -> None:
    model, data, options = CASES[name]
    if name in REFUSED:
        with pytest.raises(ComplyError, match=REFUSED[name]):
            sem.fit(model, data, **options)
        return
    fit = sem.fit(model, data, **options)
    silent = [word for word in TABLES if not _explained(fit, word)]
    assert not silent


def _explained(fit: sem.Fit, word: str) -> bool:
    """Whether a table has no missing numbers, is refused in words, or says why."""
    try:
        table = getattr(fit, word)
        table = table() if callable(table) else table
    except ComplyError as error:
        return len(str(error)) > 20
    if isinstance(table, pd.Series):
        return not table.isna().any() or bool(table.attrs["undefined"])
    numbers = table.select_dtypes("number")
    if not numbers.isna().any(axis=None):
        return True
    if "note" in table.columns:
        return bool((table["note"][numbers.isna().any(axis=1)] != "").all())
    return bool(table.attrs.get("undefined") or table.attrs.get("no score"))


@pytest.mark.parametrize(
    ("name", "table", "reason"),
    [
        ("ordinary", "estimates", "fixed parameters have no z and p"),
        ("ordinary", "fit_measures", ""),
        (
            "just identified",
            "fit_measures",
            "0 degrees of freedom: no p values, no tests of RMSEA, no critical N",
        ),
        ("not identified, df 0", "fit_measures", "the model is not identified"),
        (
            "no errors",
            "estimates",
            "fixed parameters have no z and p; no standard errors were asked for (se='none')",
        ),
    ],
)
def test_the_reason_is_the_right_one(name: str, table: str, reason: str) -> None:
    model, data, options = CASES[name]
    assert getattr(sem.fit(model, data, **options), table).attrs["undefined"] == reason


def test_explained_variance_without_errors_says_why() -> None:
    model, data, options = CASES["no errors"]
    table = sem.fit(model, data, **options).r2()
    assert table["se"].isna().all()
    assert set(table["note"]) == {"no standard errors were asked for (se='none')"}


def test_parameters_at_a_bound_say_so() -> None:
    model, data, options = CASES["at a bound"]
    fit = sem.fit(model, data, **options)
    assert fit.optimum.at_bound
    assert "parameters held at a bound have no standard error" in fit.estimates.attrs["undefined"]
