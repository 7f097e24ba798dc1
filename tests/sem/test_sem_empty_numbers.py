"""Every missing number of a fit's tables has its reason, on legal data of every degenerate kind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError

sys.path.insert(0, str(Path(__file__).parents[1] / "doors"))
from silences import silences

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


@pytest.mark.parametrize("name", CASES)
def test_missing_numbers_have_their_reason(name: str) -> None:
    model, data, options = CASES[name]
    if name in REFUSED:
        with pytest.raises(ComplyError, match=REFUSED[name]):
            sem.fit(model, data, **options)
        return
    fit = sem.fit(model, data, **options)
    assert not list(silences(fit))
    for kind in ("cor", "cor.bentler", "normalized", "standardized"):
        assert not list(silences(_or_refusal(lambda kind=kind: fit.residuals(kind)))), kind


def _or_refusal(ask: Callable[[], Any]) -> Any:
    """What is asked for, or the words of a refusal."""
    try:
        return ask()
    except ComplyError as error:
        return str(error)


SAM = f"{MODEL}\ng ~ f"
IN_STEPS: dict[str, Callable[[], Any]] = {
    "sam": lambda: sem.sam(SAM, DATA),
    "sam, global": lambda: sem.sam(SAM, DATA, method="global"),
    "sam, Heywood": lambda: sem.sam(SAM, DATA.assign(x1=3 * DATA.x2 + 0.4 * DATA.x1)),
    "sam, three groups of few": lambda: sem.sam(SAM, DATA.iloc[:24], group="s"),
    "sam, no variance": lambda: sem.sam("f =~ x1 + x2 + x3\ng =~ x4 + x5\ng ~ f", DATA),
    "lms": lambda: sem.fit(f"{MODEL}\nx1 ~~ x1\nh =~ x7\nx7 ~~ 0*x7\nh ~ f + g + f:g", PRODUCT, interactions="lms"),
    "lms, not converged": lambda: sem.fit(
        f"{MODEL}\nh =~ x7\nx7 ~~ 0*x7\nh ~ f + g + f:g", PRODUCT, interactions="lms",
        optimizer_options={"iterations": 1},
    ),
    "qml": lambda: sem.fit(f"{MODEL}\nx7 ~ f + g + f:g", PRODUCT, interactions="qml"),
    "power of a saturated model": lambda: sem.model_power("f =~ x1 + x2 + x3", DATA[ITEMS].cov(), [50, 100]),
}  # fmt: skip
PRODUCT = DATA.assign(x7=0.5 * DATA.x2 + 0.3 * DATA.x1 * DATA.x4 + np.random.default_rng(5).normal(size=120))


@pytest.mark.parametrize("name", IN_STEPS)
def test_results_of_steps_and_products_say_why(name: str) -> None:
    found = _or_refusal(IN_STEPS[name])
    assert found if isinstance(found, str) else not list(silences(found))


def test_residuals_and_covariances_say_why() -> None:
    fit = sem.fit("f =~ x1 + x2 + x3\nf ~~ 0*f", DATA)
    assert fit.vcov.isna().all(axis=None)
    assert "the data do not separate: f=~x2, f=~x3" in fit.vcov.attrs["undefined"]
    plain = sem.fit(MODEL, DATA, se="none")
    assert plain.vcov.attrs["undefined"] == "no standard errors were asked for (se='none')"


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
