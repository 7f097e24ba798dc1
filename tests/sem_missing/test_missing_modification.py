"""Modification indices of two-stage estimation use the information that its standard errors use.

Three indicators of a factor: freeing a cross-loading of one, or the residual covariance of the other two, is the
same model, and so is the index (lavaan 0.6-14 agrees to its EM tolerance).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

MODEL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\n"


def incomplete(n: int = 250) -> pd.DataFrame:
    rng = np.random.default_rng(41)
    f, h = rng.standard_normal((2, n))
    g = 0.5 * f + 0.9 * h
    data = pd.DataFrame(
        {f"x{i}": f + rng.standard_normal(n) for i in (1, 2, 3)}
        | {f"y{i}": g + rng.standard_normal(n) for i in (1, 2, 3)}
    )
    return data.mask(rng.random(data.shape) < 0.12)


@pytest.mark.parametrize("missing", ["two.stage", "robust.two.stage", "ml"])
def test_indices_are_score_tests(missing: str) -> None:
    fit = sem.fit(MODEL, incomplete(), missing=missing)
    table = fit.modification_indices()
    for row in table.itertuples():
        test = fit.score_test(add=f"{row.lhs} {row.op} {row.rhs}")
        assert row.mi == pytest.approx(test.chisq, rel=1e-6)
    assert {("f", "x1"), ("g", "y1")}.isdisjoint(zip(table["lhs"], table["rhs"], strict=True))


@pytest.mark.parametrize("missing", ["two.stage", "robust.two.stage"])
def test_equivalent_extensions_have_one_index(missing: str) -> None:
    table = (
        sem.fit(MODEL, incomplete(), missing=missing).modification_indices().set_index(["lhs", "op", "rhs"])
    )
    mi = table["mi"]
    assert mi["x1", "~~", "x2"] == pytest.approx(mi["g", "=~", "x3"], rel=1e-6)
    assert mi["y2", "~~", "y3"] == pytest.approx(mi["f", "=~", "y1"], rel=1e-6)
