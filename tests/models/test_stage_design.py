"""Invariance across stages that one informant rates: the journey form of the instrument."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import load_scale
from comply_measure.models.invariance import (
    invariance_ladder,
    partial_invariance,
    role_design,
    stage_design,
)

N = 400


@pytest.fixture(scope="module")
def columns() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for item in load_scale("comply").items_for(form="journey"):
        if item.stage is not None:
            found.setdefault(item.stage, {})[item.construct] = item.id
    return {stage: found[stage] for stage in list(found)[:3]}


@pytest.fixture(scope="module")
def answers(columns) -> pd.DataFrame:
    """Equal loadings and intercepts, except that dimension P is rated 0.8 higher at the second stage."""
    rng = np.random.default_rng(20)
    common = rng.standard_normal((N, 1))
    data = {}
    specific = 0.5 * rng.standard_normal((N, 6))
    for place, own in enumerate(columns.values()):
        eta = 0.7 * common + 0.7 * rng.standard_normal((N, 1)) + 0.4 * place
        values = 4.0 + 0.9 * eta + specific + 0.7 * rng.standard_normal((N, 6))
        for k, (indicator, column) in enumerate(own.items()):
            data[column] = values[:, k] + (0.8 if place == 1 and indicator == "P" else 0.0)
    frame = pd.DataFrame(data)
    frame = frame.mask(rng.random(frame.shape) < 0.05)
    return frame.assign(unit=np.arange(N) // 3)


def test_every_stage_has_the_six_dimensions(columns) -> None:
    assert [sorted(own) for own in columns.values()] == [sorted("COMPLY")] * 3


def test_equals_the_comparison_of_roles_on_the_same_numbers(answers, columns) -> None:
    long = pd.concat(
        [
            answers[list(own.values())].set_axis(list(own), axis=1).assign(unit=range(N), role=stage)
            for stage, own in columns.items()
        ]
    )
    factors = {"alignment": tuple("COMPLY")}
    first = stage_design(answers, columns).fit("scalar")
    second = role_design(long, factors, tuple(columns)).fit("scalar")
    assert_allclose(first.fit_measures["chisq"], second.fit_measures["chisq"], rtol=1e-6)
    assert first.fit_measures["df"] == second.fit_measures["df"]


def test_finds_the_dimension_that_moves(answers, columns) -> None:
    design = stage_design(answers, columns, cluster="unit", estimator="MLR")
    ladder = invariance_ladder(design).tidy().set_index("level")
    assert ladder.loc["metric", "pvalue"] > 0.01
    assert ladder.loc["scalar", "pvalue"] < 1e-6
    search = partial_invariance(design)
    assert ("intercept", "P") in {(kind, item) for kind, item in search.released}
    assert len(search.released) <= 2


def test_bad_input_is_named(answers, columns) -> None:
    stages = list(columns)
    unequal = {**columns, stages[1]: {"C": columns[stages[1]]["C"]}}
    with pytest.raises(InputError, match="other indicators"):
        stage_design(answers, unequal)
    with pytest.raises(InputError) as caught:
        stage_design(answers.drop(columns=columns[stages[0]]["C"]), columns, cluster="firm")
    assert {problem.column for problem in caught.value.problems} == {columns[stages[0]]["C"], "firm"}
    with pytest.raises(InputError, match="without answers"):
        stage_design(answers.assign(**dict.fromkeys(columns[stages[2]].values(), np.nan)), columns)
    with pytest.raises(ComplyError):
        stage_design(answers, {stages[0]: columns[stages[0]]})


def test_labels_of_rows_that_repeat_change_nothing(answers, columns) -> None:
    data = answers.assign(firm=[f"f{row % 7}" for row in range(N)])
    once = stage_design(data, columns, cluster="firm").wide
    pd.testing.assert_frame_equal(stage_design(data.set_axis([0] * N), columns, cluster="firm").wide, once)
