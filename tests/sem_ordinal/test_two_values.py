"""Numeric variables of two values beside ordered ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.ordinal import polychoric_matrix

MODEL = "f =~ o1 + o2 + o3\ng =~ y1 + y2 + b\nf ~~ g"
ORDERED = ["o1", "o2", "o3"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(9301)
    f = draw.normal(size=400)
    latent = f[:, None] + draw.normal(size=(400, 6))
    frame = pd.DataFrame(latent, columns=[*ORDERED, "y1", "y2", "b"]).assign(x=draw.normal(size=400) + f)
    frame[ORDERED] = np.digitize(frame[ORDERED], [-0.7, 0.8])
    return frame.assign(b=(frame["b"] > 0.3).astype(float))


def test_they_are_refused_by_name_with_a_way_out(data: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="variance follows from its mean") as caught:
        sem.fit(MODEL, data, ordered=ORDERED)
    assert "b" in str(caught.value) and "ordered=" in str(caught.value)
    assert sem.fit(MODEL, data, ordered=[*ORDERED, "b"]).converged


def test_as_predictors_and_beside_them_every_coding_gives_the_same(data: pd.DataFrame) -> None:
    """What the fit says does not depend on how two values are written."""
    for model in ("f =~ o1 + o2 + o3\nf ~ b", f"{MODEL}\nf ~ x\ng ~ x"):
        chisq = [
            sem.fit(model, data.assign(b=code(data["b"])), ordered=ORDERED).fit_measures["chisq.scaled"]
            for code in (lambda b: b, lambda b: 2.0 - b, lambda b: 0.1 * b + 100.0)
        ]
        assert_allclose(chisq, chisq[0], rtol=1e-7)


def test_their_correlations_alone_are_given(data: pd.DataFrame) -> None:
    found = polychoric_matrix(data[[*ORDERED, "b"]], ORDERED).covariance
    assert np.isfinite(found).all()
