"""Items that run against their scale, as psych::alpha finds them: the sign on the first principal component."""

import numpy as np
import pandas as pd
import pytest

from comply_measure import measurement as m
from comply_measure.errors import InputError
from comply_measure.measurement.keying import against, reversal_note


def scale(signs, n=300, seed=6):
    rng = np.random.default_rng(seed)
    x = 0.7 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, len(signs)))
    return pd.DataFrame(x * np.array(signs), columns=list("abcdefgh")[: len(signs)])


@pytest.mark.parametrize(
    ("signs", "found"),
    [
        ([1, 1, 1, 1, 1, 1], []),
        ([1, 1, -1, 1, 1, 1], [2]),
        ([-1, 1, -1, 1, 1, 1], [0, 2]),
        ([-1, -1, -1, -1, 1, -1], [4]),
        ([1, -1], [0, 1]),
        ([1, 1], []),
    ],
)
def test_the_minority_is_named(signs, found):
    assert against(scale(signs).cov().to_numpy()) == found


def test_half_of_the_items():
    """Three of six turned round: one half is named, whichever loads less."""
    assert against(scale([1, 1, 1, -1, -1, -1]).cov().to_numpy()) in ([0, 1, 2], [3, 4, 5])


def test_items_without_variance_and_undefined_ones_are_passed_over():
    data = scale([1, 1, -1, 1]).assign(d=1.0)
    assert against(data.cov().to_numpy()) == [2]
    assert against(np.full((3, 3), np.nan)) == [] and against(np.eye(1)) == []


def test_alpha_names_items_and_keeps_its_value():
    data = scale([1, 1, -1, 1, 1, 1])
    found = m.cronbach_alpha(data)
    assert found.note == "runs against the others (not reversed?): c"
    assert found.alpha == pytest.approx(0.577940383863144, abs=1e-12)
    assert m.cronbach_alpha(data.to_numpy(), items=list("uvwxyz")).note.endswith(": w")
    assert m.cronbach_alpha(data.assign(c=-data["c"])).note == ""
    wrong = m.cronbach_alpha(scale([1, 1, 1, -1, -1, -1]))
    assert wrong.alpha < 0 and "runs against" in wrong.note


def test_constant_items_in_alpha_are_named():
    found = m.cronbach_alpha(scale([1, 1, 1, 1]).assign(d=4.0))
    assert np.isfinite(found.alpha) and found.note == "d: all answers equal"
    assert np.isnan(found.standardized)


def test_reversal_note_without_names():
    assert (
        reversal_note(scale([1, 1, -1]).cov().to_numpy()) == "runs against the others (not reversed?): item 3"
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((1.5, 50, 3), "alpha"),
        ((-np.inf, 50, 3), "alpha"),
        ((0.8, 1, 3), "n"),
        ((0.8, 50, 1), "n_items"),
        ((0.8, 50, 3, 1.5), "confidence"),
        ((1.5, 0, 0, 0.0), "confidence"),
    ],
)
def test_feldt_interval_refuses_what_no_alpha_is(arguments, word):
    with pytest.raises(InputError, match=word):
        m.feldt_interval(*arguments)


def test_feldt_interval_of_an_undefined_alpha_is_undefined():
    assert np.isnan(m.feldt_interval(float("nan"), 50, 3)).all()
