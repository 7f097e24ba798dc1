"""Numbers as APA prints them: a table of cases is the specification."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from comply_measure.report import format as fmt

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (3.14159, 2, "3.14"),
        (-3.14159, 2, "−3.14"),
        (-0.001, 2, "0.00"),
        (1234567.891, 1, "1,234,567.9"),
        (0.5, 2, "0.50"),
        (NAN, 2, "—"),
        (math.inf, 2, "—"),
        (None, 2, "—"),
        (pd.NA, 2, "—"),
        (np.float64(2.5), 1, "2.5"),
    ],
)
def test_number(value: object, digits: int, expected: str) -> None:
    assert fmt.number(value, digits) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.834, ".83"),
        (-0.834, "−.83"),
        (1.0, "1.00"),
        (0.9996, "1.00"),
        (1.042, "1.04"),
        (0.0, ".00"),
        (NAN, "—"),
    ],
)
def test_bounded_numbers_lose_their_leading_zero(value: float, expected: str) -> None:
    assert fmt.bounded(value) == expected


@pytest.mark.parametrize(
    ("value", "cell", "phrase"),
    [
        (0.0000001, "< .001", "p < .001"),
        (0.0009, "< .001", "p < .001"),
        (0.001, ".001", "p = .001"),
        (0.0316, ".032", "p = .032"),
        (0.9999, "> .999", "p > .999"),
        (NAN, "—", "p undefined"),
    ],
)
def test_p_values(value: float, cell: str, phrase: str) -> None:
    assert fmt.p_value(value) == cell
    assert fmt.p_phrase(value) == phrase


def test_intervals_spans_and_counts() -> None:
    assert fmt.interval(-0.5, 0.25) == "[−0.50, 0.25]"
    assert fmt.interval(0.031, 0.052, 3, leading_zero=False) == "[.031, .052]"
    assert fmt.interval(NAN, 1.0) == "—"
    assert fmt.span(0.5, 0.75, leading_zero=False) == ".50 to .75"
    assert fmt.count(1234) == "1,234"
    assert fmt.count(2.5) == "2.50"
    assert fmt.percent(0.804166) == "80.4%"
    assert fmt.plural(1, "unit") == "1 unit"
    assert fmt.plural(240, "unit") == "240 units"
    assert fmt.listing(["a", "b", "c"]) == "a, b, and c"
    assert fmt.listing(["a", "b"]) == "a and b"
    assert fmt.listing([]) == ""


def test_chi_square_sentence() -> None:
    assert fmt.chi_square(215.4545, 164.0, 0.0043) == "χ²(164) = 215.45, p = .004"
    assert fmt.chi_square(215.4545, 164.0, 0.0043, 1200) == "χ²(164, N = 1,200) = 215.45, p = .004"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "yes"), (np.bool_(False), "no"), (None, ""), (NAN, ""), ("=cmd", "=cmd"), (3, "3")],
)
def test_text_cells(value: object, expected: str) -> None:
    assert fmt.text(value) == expected
