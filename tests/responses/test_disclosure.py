"""Small cells and coarsened variables."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure import load_dataset
from comply_measure.errors import ComplyError
from comply_measure.responses import Responses, coarsened, safer_cells, small_cells


@pytest.fixture(scope="module")
def data() -> Responses:
    return load_dataset("msi_triads")


def test_cells_count_people(data: Responses) -> None:
    found = small_cells(data)
    people = data.everyone.data
    counts = people.groupby(["firm", "role"]).size()
    assert len(found.cells) == len(counts)
    assert found.cells["n_informants"].sum() == data.n_people
    assert found.smallest == counts.min()
    assert found.n_at_risk == counts[counts < 5].sum()
    assert found.cells["n_informants"].is_monotonic_increasing
    by_role = small_cells(data, ["role"])
    assert by_role.n_at_risk == 0
    three = small_cells(data, ["industry", "region", "role"], minimum=3)
    assert bool((three.cells["small"] == (three.cells["n_informants"] < 3)).all())


def test_coarse_variables_keep_answers_and_means(data: Responses) -> None:
    coarse = coarsened(data, classes=3, minimum=40)
    assert coarse.data.drop(columns="firm").equals(data.data.drop(columns="firm"))
    assert set(coarse.data["firm"]) == {f"F{number}" for number in range(1, 61)}
    assert len(set(coarse.units["size"])) == 3
    assert coarse.units["size"].mean() == pytest.approx(data.units["size"].mean(), rel=1e-12)
    assert np.all(coarse.units["size"].value_counts() >= 70)
    counts = data.units["industry"].value_counts()
    assert (
        counts.iloc[-1] < 40 <= counts.iloc[-2]
    )  # one rare category alone would stay small under another name
    assert set(coarse.units["industry"]) == set(counts.index[:-2]) | {"other"}
    assert (
        small_cells(coarse, ["industry", "role"]).smallest > small_cells(data, ["industry", "role"]).smallest
    )


def test_what_telling_less_would_do(data: Responses) -> None:
    """Counted anew for every change; what leaves fewest at risk comes first."""
    names = ["industry", "size", "role"]
    table = safer_cells(data, names, minimum=5)
    people = data.everyone.data
    known = people[["role"]].assign(**{name: people["unit"].map(data.units[name]) for name in names[:2]})

    def at_risk(*by: str) -> int:
        counts = known.groupby([*by], observed=True).size()
        return int(counts[counts < 5].sum())

    rows = table.set_index("change")["n_at_risk"]
    assert rows["none"] == at_risk(*names) and rows["without size"] == at_risk("industry", "role")
    assert rows["without industry"] == at_risk("size", "role")
    coarse = small_cells(coarsened(data, 3, 5), names).n_at_risk
    assert rows["variables of units in 3 classes"] == coarse < rows["none"]
    assert table["change"].iloc[0] == "none" and table["n_at_risk"].iloc[1:].is_monotonic_increasing
    assert len(safer_cells(data, ["role"])) == 1


def test_impossible_wishes_are_refused(data: Responses) -> None:
    with pytest.raises(ComplyError, match="role"):
        small_cells(data, ["rolle"])
    with pytest.raises(ComplyError, match="at least 2"):
        small_cells(data, minimum=1)
    with pytest.raises(ComplyError, match="at least 2 classes"):
        coarsened(data, classes=1)
