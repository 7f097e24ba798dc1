"""Model text of a scale's structures, and what is refused."""

from __future__ import annotations

import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale
from comply_measure.models import correlated_factors, factors_of, one_factor, second_order
from comply_measure.sem import parse_model

FACTORS = {"A": ("a1", "a2"), "B": ("b1", "b2"), "C": ("c1", "c2")}


def test_texts() -> None:
    assert one_factor("f", ["x", "y"]) == "f =~ x + y"
    assert correlated_factors(FACTORS) == "A =~ a1 + a2\nB =~ b1 + b2\nC =~ c1 + c2"
    assert second_order(FACTORS, "top").splitlines()[-1] == "top =~ A + B + C"
    parse_model(second_order(FACTORS))


@pytest.mark.parametrize("attribute_set", ["20", "21"])
def test_factors_of_comply_are_attributes_by_dimension(attribute_set: str) -> None:
    factors = factors_of(load_scale("comply"), attribute_set)
    assert list(factors) == list("COMPLY")
    assert sum(len(names) for names in factors.values()) == int(attribute_set)
    assert ("innovativeness" in factors["M"]) == (attribute_set == "21")


def test_factors_where_there_are_no_attributes_are_items() -> None:
    journey = factors_of(load_scale("comply"), form="journey")
    assert list(journey) == list("COMPLY")
    assert all(len(items) == 6 for items in journey.values())
    smsc = factors_of(load_scale("smsc"))
    assert smsc["marketing_preparation"] == ("MP_1", "MP_2", "MP_3", "MP_4")


def test_impossible_structures_are_refused() -> None:
    with pytest.raises(ComplyError, match="at least 3 first-order factors, not 2"):
        second_order({"A": ("a",), "B": ("b",)})
    with pytest.raises(ComplyError, match="'A' of the second-order factor is already in use"):
        second_order(FACTORS, "A")
    with pytest.raises(ComplyError, match="without: B"):
        correlated_factors({"A": ("a",), "B": ()})
    with pytest.raises(ComplyError, match="more than once in the model: a1"):
        correlated_factors({"A": ("a1",), "B": ("a1",)})
    with pytest.raises(ComplyError, match="at least one factor"):
        correlated_factors({})
