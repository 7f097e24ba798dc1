"""Ordered variables that predict others, ordered growth and equality in mixed data, against lavaan 0.6-14.

Reference: tests/reference/sem_ordinal/predictors.R. Tolerance 1e-4 for estimates, standard errors and indices:
lavaan's optimiser stops there; statistics are flat at the optimum.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_ordinal"
LAVAAN: dict[str, dict[str, Any]] = json.loads((REFERENCE / "predictors.json").read_text(encoding="utf-8"))
REDEFINED = {"gfi", "agfi", "pgfi", "mfi"}  # after lavaan 0.6-14
KEYS = ["lhs", "op", "rhs", "group"]


def frame(name: str) -> pd.DataFrame:
    data = pd.read_csv(REFERENCE / "ordinal.csv")
    if name == "small":
        data[["u3", "u5", "u6", "u7"]] = data[["u3", "u5", "u6", "u7"]].clip(1, 3)
    return data


def fit(case: str, **changes: str) -> sem.Fit:
    asked = LAVAAN[case]
    words = {name.replace(".", "_"): value for name, value in (asked["options"] or {}).items()}
    named = [f"u{i}" for i in range(1, 9)]
    return sem.fit(asked["model"], frame(asked["data"]), ordered=named, **(words | changes))


def merged(case: str, ours: pd.DataFrame, part: str) -> pd.DataFrame:
    theirs = pd.DataFrame(LAVAAN[case][part])
    theirs["group"] = theirs.get("group", 1)
    both = [table.assign(group=table["group"].where(table["op"] != ":=", 0)) for table in (ours, theirs)]
    both = [table.assign(rhs=table["rhs"].where(table["op"] != ":=", "")) for table in both]
    found = both[0].merge(both[1], on=KEYS, suffixes=("", "_r"))
    assert len(found) == len(theirs)
    return found


@pytest.mark.parametrize("case", LAVAAN)
def test_estimates_standardised_values_and_fit(case: str) -> None:
    found = fit(case)
    table = merged(case, found.estimates, "parameters")
    np.testing.assert_allclose(table["est"], table["est_r"], atol=1e-4)
    np.testing.assert_allclose(table["se"].fillna(0.0), table["se_r"], atol=1e-4)
    table = merged(case, found.standardized(), "standardized")
    np.testing.assert_allclose(table["est_std"], table["est.std"], atol=1e-4)
    np.testing.assert_allclose(table["se"].fillna(0.0), table["se_r"], atol=1e-4)
    for name, value in LAVAAN[case]["fit_measures"].items():
        if name not in REDEFINED:
            assert found.measures[name] == pytest.approx(value, rel=1e-5, abs=1e-6), name


@pytest.mark.parametrize("case", ["single_delta", "chain_theta", "mediator_theta"])
def test_modification_indices(case: str) -> None:
    theirs = pd.DataFrame(LAVAAN[case]["modification"])
    theirs = theirs[theirs["op"] != "~*~"]  # no parameters under theta
    both = fit(case).modification_indices().merge(theirs, on=KEYS[:3], suffixes=("", "_r"))
    assert len(both) == len(theirs) > 0
    np.testing.assert_allclose(both["mi"], both["mi_r"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(both["epc"], both["epc_r"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("case", ["single_delta", "chain_theta", "mediator_theta"])
def test_derivatives_against_differences(case: str) -> None:
    """Residual variances of ordered predictors move with all parameters, scaling factors too."""
    found = sem.fit(
        LAVAAN[case]["model"],
        frame("small"),
        ordered=["u1", "u2", "u3", "u4", "u5"],
        group="region",
        group_equal=["thresholds", "loadings"],
    )
    rng = np.random.default_rng(3)
    for evaluation in found.optimum.point.evaluations:
        implied = evaluation.implied
        theta, pull = implied.theta, rng.standard_normal(len(implied.moments))
        exact = implied.jacobian.dense()
        numeric = np.full_like(exact, np.nan)
        for a in range(len(theta)):
            move = np.zeros(len(theta))
            move[a] = 1e-6
            ahead, behind = implied.layout.at(theta + move), implied.layout.at(theta - move)
            numeric[:, a] = (ahead.moments - behind.moments) / 2e-6
        np.testing.assert_allclose(exact, numeric, atol=2e-8)
        np.testing.assert_allclose(implied.pulled_gradient(pull), exact.T @ pull, atol=1e-10)


@pytest.mark.parametrize("case", ["single_delta", "chain_theta", "mediator_theta"])
def test_delta_and_theta_are_one_model(case: str) -> None:
    delta, theta = (fit(case, parameterization=word) for word in ("delta", "theta"))
    for name in ("chisq", "chisq.scaled", "srmr"):
        assert delta.measures[name] == pytest.approx(theta.measures[name], rel=1e-7, abs=1e-9)
    for column in ("est_std", "se"):
        np.testing.assert_allclose(delta.standardized()[column], theta.standardized()[column], atol=1e-6)
