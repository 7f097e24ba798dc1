"""Starts and limits of the search that fits products of factors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.interactions import lms_search
from comply_measure.sem.interactions.lms_fit import ProductFit

MEASURED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\n"
MODEL = MEASURED + "Y ~ X + Z + X:Z"


def test_random_starts_move_variances_by_a_factor_and_all_else_by_a_third(products: pd.DataFrame) -> None:
    """Spreads over 400 starts; means stay, and what starts at zero moves, too (standard errors of spreads: 3.6 %)."""
    fit = sem.fit(MODEL, products, interactions="lms", nodes=8)
    assert isinstance(fit, ProductFit)
    model, table = fit.model, fit.model.table
    start = model.start()
    objective: Any = replace(lms_search._objective(model), exact=False)
    drawn = np.array([lms_search._random(model, objective, 1, number) for number in range(400)])
    zero = 0
    for row in np.flatnonzero(table.free > 0).tolist():
        place = table.free[row] - 1
        own, begin = drawn[:, place], start[place]
        if table.op[row] == "~1":
            assert (own == begin).all()
        elif table.op[row] == "~~" and table.lhs[row] == table.rhs[row]:
            assert np.std(np.log(own / begin)) == pytest.approx(0.3, rel=0.15)
        else:
            zero += begin == 0.0
            assert np.std(own - begin) == pytest.approx(0.3 * max(abs(begin), 0.3), rel=0.15)
            assert np.mean(own - begin) == pytest.approx(0.0, abs=0.25 * np.std(own - begin))
    assert zero >= 1


def test_as_many_nodes_as_the_integral_may_have(products: pd.DataFrame) -> None:
    """Nodes per dimension to the power of the dimensions are at most 200,000: 447² are, 448² are more."""
    two = MEASURED + "Y ~ X + Z + X:Z + X:X + Z:Z"
    with pytest.raises(InputError, match="at most 447, or interactions='qml'"):
        sem.fit(two, products, interactions="lms", nodes=448)
