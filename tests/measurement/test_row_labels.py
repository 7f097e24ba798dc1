"""Values per case stand under the labels of the cases they belong to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import responses
from comply_measure.errors import InputError
from comply_measure.measurement.careless import careless_flags, careless_indices
from comply_measure.measurement.missingness import multiple_imputation

ITEMS = [f"i{j}" for j in range(8)]
SCALES = {"a": ITEMS[:4], "b": ITEMS[4:]}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    random = np.random.default_rng(12)
    values = np.clip(np.round(3 + random.normal(size=(90, 1)) + random.normal(size=(90, 8))), 1, 5)
    values[::7, 2] = np.nan
    return pd.DataFrame(values, columns=ITEMS, index=[f"p{i}" for i in random.permutation(90)])


def test_careless_indices_follow_the_labels(answers: pd.DataFrame) -> None:
    indices = careless_indices(answers, answers, SCALES, 1, 5)
    backwards = careless_indices(answers.iloc[::-1], answers.iloc[::-1], SCALES, 1, 5)
    assert indices.table.index.equals(answers.index)
    same = backwards.table.loc[answers.index]
    pd.testing.assert_frame_equal(same, indices.table, rtol=1e-9)
    assert careless_flags(indices).table.index.equals(answers.index)


def test_careless_indices_of_labels_that_stand_twice(answers: pd.DataFrame) -> None:
    twice = answers.set_axis([f"p{i // 2}" for i in range(90)])
    found = careless_flags(careless_indices(twice, twice, SCALES, 1, 5)).table
    plain = careless_flags(careless_indices(answers, answers, SCALES, 1, 5)).table
    assert found.index.equals(twice.index) and found.to_numpy().tolist() == plain.to_numpy().tolist()


def test_answers_and_scores_of_other_rows_are_refused(answers: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="rows of other informants"):
        careless_indices(answers, answers.iloc[::-1], SCALES, 1, 5)


def test_imputed_data_keep_their_labels(answers: pd.DataFrame) -> None:
    made = multiple_imputation(answers, ITEMS, seed=1, n_imputations=2, n_iterations=2, role=None)
    for frame in made.frames():
        assert frame.index.equals(answers.index)
        known = answers.notna()
        assert (frame[known].fillna(0.0) == answers.fillna(0.0)).all(axis=None)


def test_scores_of_part_of_the_responses_are_those_of_their_informants() -> None:
    study = responses.load_dataset("msi_triads")
    scores = study.scores()
    assert scores.index.equals(study.data.index)
    some = study.data["unit"].unique()[5:25:3]
    part = study.subset(units=list(some))
    found, expected = part.scores(), scores[scores["unit"].isin(some)]
    key = ["unit", "role", "firm"]
    assert found[key].to_numpy().tolist() == expected[key].to_numpy().tolist()
    np.testing.assert_allclose(
        found.drop(columns=key).to_numpy(float), expected.drop(columns=key).to_numpy(float)
    )
    assert found.index.equals(part.data.index)
