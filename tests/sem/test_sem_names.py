"""Parameters are asked for, and problems told, by the names that the user gave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import semopy

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem import ModelError

NAMES = {"x1": "item 1", "x2": "item 2", "x3": "item-3 (a)", "x4": "item1"}
FACTOR = "`my factor` =~ `item 1` + `item 2` + `item-3 (a)` + item1"


@pytest.fixture(scope="module")
def named() -> pd.DataFrame:
    return semopy.examples.holzinger39.get_data().rename(columns=NAMES)


def test_starting_values_by_names_between_backticks_with_other_blanks_and_exactly(
    named: pd.DataFrame,
) -> None:
    plain = sem.fit(FACTOR, named)
    for name in ("`my factor`=~`item 2`", "my factor =~ item 2", "my factor=~item 2"):
        found = sem.fit(FACTOR, named, start={name: 0.7})
        assert found.theta == pytest.approx(plain.theta, abs=1e-5)
    # "item 1" and "item1" differ by a blank alone: the exact name means one of them
    residual = sem.fit(FACTOR, named, start={"item1~~item1": 0.9}, optimizer_options={"iterations": 1})
    place = residual.model.free_names().index("item1~~item1")
    starts = residual.model.table.start[residual.model.table.free > 0]
    assert starts[place] == 0.9 and np.isnan(np.delete(starts, place)).all()


def test_unknown_names_are_told_as_they_were_written(named: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="did you mean 'my factor=~item 2'"):
        sem.fit(FACTOR, named, start={"my factor=~item 2x": 0.7})
    with pytest.raises(ModelError, match="of the model: my factor=~item 9; did you mean 'my factor=~item"):
        sem.fit(FACTOR, named, group="school", group_equal="loadings", group_partial=["my factor=~item 9"])


def test_a_label_with_a_dot_before_it_is_the_users() -> None:
    data = semopy.examples.holzinger39.get_data()
    fit = sem.fit("f =~ x1 + .price*x2 + x3 + x4", data)
    assert fit.vcov.index[0] == ".price"
    again = sem.fit("f =~ x1 + .price*x2 + x3 + x4", data, start={".price": 0.6})
    assert again.theta == pytest.approx(fit.theta, abs=1e-5)


def test_a_latent_variable_with_the_name_of_a_column_is_noted() -> None:
    """lavaan 0.7-2 warns that the names collide; the factor is meant in both."""
    data = semopy.examples.holzinger39.get_data()
    fit = sem.fit("grade =~ x1 + x2 + x3", data)
    assert [str(p) for p in fit.problems] == [
        "'grade' is a latent variable of the model and a column of the data: the column is not used"
    ]
    assert not fit.problems[0].serious
    assert sem.fit("f =~ x1 + x2 + x3", data).problems == ()
    assert fit.theta == pytest.approx(sem.fit("f =~ x1 + x2 + x3", data).theta)


def test_parameters_of_two_levels_are_told_apart_and_by_no_label_of_the_table() -> None:
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(60), 6)
    y = (
        rng.normal(size=(60, 1))[unit] * [0.8, 0.7, 0.9]
        + rng.normal(size=(360, 1))
        + rng.normal(size=(360, 3))
    )
    data = pd.DataFrame(y, columns=["y1", "y2", "y3"]).assign(unit=unit, g=unit % 2)
    text = "level: 1\nw =~ y1 + y2 + y3\nlevel: 2\nb =~ y1 + y2 + y3"
    fit = sem.fit(text, data, cluster="unit", group="g", group_equal="loadings")
    names = list(fit.vcov.index)
    assert {"w=~y2", "b=~y2.l2", "w=~y2.g2", "b=~y2.g2.l2"} <= set(names)
    assert len(set(names)) == len(names) and not any(name.startswith(".p") for name in names)
    loose = sem.fit("level: 1\nw =~ y1 + y2 + y3\nlevel: 2\nb =~ y1 + y2\ny3 ~~ y3", data, cluster="unit")
    told = " ".join(str(problem) for problem in loose.problems)
    assert "b=~y2.l2" in told and "b=~y2.g2" not in told
