"""Test statistics of a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from comply_measure.sem.fit_measures.chisquare import upper_tail


@dataclass(frozen=True)
class TestStatistic:
    """A χ² test.

    Attributes
    ----------
    name : str
        lavaan's name of the test.
    statistic, df, pvalue : float
        NaN where not defined, with ``note`` saying why.
    scaling_factor : float
        By which the standard statistic was divided (1 for the standard test).
    shift : float
        What was added after scaling (scaled and shifted test only).
    note : str
        Why a value is missing.
    """

    name: str
    statistic: float
    df: float
    pvalue: float
    scaling_factor: float = 1.0
    shift: float = 0.0
    note: str = ""

    __test__ = False  # not a test case of the test runner


def chisquare_test(name: str, statistic: float, df: float) -> TestStatistic:
    """Test with its p value from the central χ² distribution; p is NaN when df is zero."""
    note = "" if df > 0 else "no degrees of freedom: nothing to test"
    pvalue = upper_tail(statistic, df) if df > 0 else math.nan
    return TestStatistic(name, statistic, df, pvalue, note=note)
