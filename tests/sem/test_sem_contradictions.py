"""What the model text and the data ask that nothing can meet: named at the door."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.measurement.frames import cluster_codes
from comply_measure.sem.table.feasible import contradicting
from comply_measure.tables.long_table import long_table


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(120, 1)) + rng.normal(size=(120, 4))
    return pd.DataFrame(x, columns=["x1", "x2", "x3", "x4"]).assign(
        c=[1, "1", 2, "b"] * 30, d=[1, 2, 3, 4] * 30
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f =~ x1 + Inf*x2 + x3", "fixed inf is too large"),
        ("f =~ x1 + -Inf*x2 + x3", "fixed -inf is too large"),
        ("f =~ x1 + start(Inf)*x2 + x3", "start inf is too large"),
        ("f =~ x1 + a*x2 + x3\na > 2\na < 1", "contradict each other: a > 2, a < 1"),
        (
            "f =~ x1 + a*x2 + b*x3\na > b + 1; b > a + 1; a < 9",
            "contradict each other: a > b\\+1, b > a\\+1$",
        ),
        ("f =~ x1 + a*x2 + b*x3\na == 1; a > 2", "a > 2 contradicts the equalities"),
        ("f =~ x1 + a*x2 + lower(3)*x2 + x3\na < 1", "a < 1, a > 3"),
        ("f =~ x1 + a*x2 + b*x3 + x4\nd := a + b\na + b > 4; a < 1; b < 2", "a\\+b > 4, a < 1, b < 2"),
    ],
)
def test_the_text_is_refused_with_what_contradicts(data, text, said) -> None:
    with pytest.raises(ComplyError, match=said):
        sem.fit(text, data)


def test_constraints_that_meet_in_a_point_are_fitted(data) -> None:
    fit = sem.fit("f =~ x1 + a*x2 + x3 + x4\na > 0.5\na < 0.5", data, se="none")
    assert fit.estimates.set_index(["op", "rhs"])["est"]["=~", "x2"] == pytest.approx(0.5, abs=1e-6)


def test_as_few_inequalities_as_say_so_are_named() -> None:
    A = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [1.0, 1.0]]) * 1e6
    assert contradicting(A, np.array([1.0, 1.0, -1.5, 0.0]) * 1e6, ["x", "y", "less", "more"]) == [
        "x",
        "y",
        "less",
    ]
    assert contradicting(A, np.array([1.0, 1.0, -2.0, 0.0]) * 1e6, ["x", "y", "less", "more"]) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda d: sem.fit("f =~ x1 + x2 + x3", d, cluster="c"),
        lambda d: sem.fit("f =~ x1 + x2 + x3", d, group="c"),
        lambda d: cluster_codes(d, "c"),
        lambda d: long_table(d, ["x1"], unit="c"),
        lambda d: long_table(d, ["x1"], unit="d", firm="c"),
    ],
)
def test_a_number_and_the_same_text_are_no_two_labels(data, call) -> None:
    with pytest.raises(InputError, match="stands as text and as a number: 1"):
        call(data)
