"""One-factor models fitted as stacks: equal to single fits of the engine; what is in doubt is left to it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.models import congeneric
from comply_measure.models.congeneric import congeneric_model, congeneric_reliability
from comply_measure.models.congeneric_stack import one_factor_fits


def answers(n: int, p: int, lost: float, seed: int) -> np.ndarray:
    """Likert answers of one factor, a share of them missing at random."""
    rng = np.random.default_rng(seed)
    loading = rng.uniform(0.5, 0.9, p)
    latent = rng.normal(size=(n, 1)) * loading + rng.normal(size=(n, p)) * np.sqrt(1 - loading**2)
    values = np.clip(np.round(4 + 1.3 * latent), 1, 7)
    values[rng.uniform(size=values.shape) < lost] = np.nan
    return values


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, dict[str, list[str]]]:
    parts, scales = [], {}
    for number, (p, lost) in enumerate([(3, 0.0), (3, 0.2), (5, 0.1), (5, 0.3)]):
        names = [f"s{number}_{j}" for j in range(p)]
        parts.append(pd.DataFrame(answers(240, p, lost, number), columns=names))
        scales[f"s{number}"] = names
    data = pd.concat(parts, axis=1)
    return data.assign(role=np.tile(["a", "b"], 120)), scales


@pytest.mark.parametrize("missing", ["ml", "listwise"])
def test_stacks_equal_single_fits(
    study: tuple[pd.DataFrame, dict[str, list[str]]], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, scales = study
    together = congeneric_reliability(data, scales, missing=missing).tidy()
    tables = [data[names].to_numpy() for names in scales.values()]
    if missing == "listwise":
        tables = [table[~np.isnan(table).any(axis=1)] for table in tables]
    assert all(fit is not None for fit in one_factor_fits(tables, missing == "listwise"))
    monkeypatch.setattr(congeneric, "one_factor_fits", lambda tables, expected: [None] * len(tables))
    single = congeneric_reliability(data, scales, missing=missing).tidy()
    # The engine stops within a millionth of a standard error of the optimum.
    pd.testing.assert_frame_equal(together, single, rtol=0, atol=2e-7)


def test_the_stack_is_at_the_maximum() -> None:
    values = answers(200, 4, 0.15, 5)
    values = values[~np.isnan(values).all(axis=1)]
    (found,) = one_factor_fits([values])
    assert found is not None
    data = pd.DataFrame(values, columns=list("abcd"))
    exact = sem.fit(
        congeneric_model(list(data)), data, missing="ml", optimizer_options={"tolerance": 1e-24}
    ).estimates
    assert found.loading * np.sign(found.loading.sum()) == pytest.approx(
        exact.loc[exact["op"] == "=~", "est"].to_numpy(), abs=1e-9
    )
    omega = exact[exact["op"] == ":="].iloc[0]
    assert found.omega_error == pytest.approx(omega["se"], abs=1e-9)


def test_what_is_in_doubt_is_left_to_the_engine() -> None:
    rng = np.random.default_rng(2)
    # No interior maximum: the correlations imply a loading above 1.
    heywood = np.array([[1.0, 0.9, 0.6], [0.9, 1.0, 0.4], [0.6, 0.4, 1.0]])
    table = rng.normal(size=(60, 3))
    table -= table.mean(axis=0)
    table = table @ np.linalg.inv(np.linalg.cholesky(table.T @ table / 60)).T @ np.linalg.cholesky(heywood).T
    # A pair of items that hardly anybody has both of.
    apart = answers(100, 4, 0.0, 3)
    apart[:49, 0] = apart[51:, 1] = np.nan
    good = answers(100, 4, 0.05, 4)
    # An interior maximum so near the boundary that its errors mean little: one residual of a ten-thousandth.
    loading = np.array([math.sqrt(1 - 1e-4), 0.6, 0.5])
    near = np.outer(loading, loading)
    np.fill_diagonal(near, 1.0)
    edge = rng.normal(size=(60, 3))
    edge -= edge.mean(axis=0)
    edge = edge @ np.linalg.inv(np.linalg.cholesky(edge.T @ edge / 60)).T @ np.linalg.cholesky(near).T
    found = one_factor_fits([table, apart, good, edge])
    assert [fit is None for fit in found] == [True, True, False, True]
    row = congeneric_reliability(pd.DataFrame(table, columns=list("abc")), {"f": list("abc")}, by=None).rows[
        0
    ]
    assert row.note == "negative residual variance of a (Heywood case): ω and AVE undefined"
    assert math.isnan(row.lower)
