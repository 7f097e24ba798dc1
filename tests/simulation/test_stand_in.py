"""A synthetic stand-in: the structure, frequencies and second moments of the data, and nobody's row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import load_dataset, triads
from comply_measure.errors import ComplyError
from comply_measure.responses import Responses
from comply_measure.simulation import stand_in
from comply_measure.simulation.synthetic import _rotated

DIMENSIONS = ["C", "O", "M", "P", "L", "Y"]


@pytest.fixture(scope="module")
def both() -> tuple[Responses, Responses]:
    data = load_dataset("msi_triads")
    return data, stand_in(data, 1)


def test_structure_and_frequencies_are_those_of_the_data(both: tuple[Responses, Responses]) -> None:
    data, made = both
    assert (made.n_units, made.n_firms, made.n_informants) == (data.n_units, data.n_firms, data.n_informants)
    assert made.data["role"].value_counts().to_dict() == data.data["role"].value_counts().to_dict()
    sizes = [sorted(t.data.groupby("firm")["unit"].nunique()) for t in both]
    assert sizes[0] == sizes[1]
    for role in data.roles:
        mine = [t.data.loc[t.data["role"] == role, list(data.item_ids)] for t in both]
        for item in data.item_ids:
            assert sorted(mine[0][item].dropna()) == sorted(mine[1][item].dropna())
    reasons = [t.missing_reason.apply(lambda c: c.astype(str)).to_numpy().ravel() for t in both]
    assert sorted(reasons[0]) == sorted(reasons[1])
    np.testing.assert_array_equal(reasons[1] == "", made.data[list(made.item_ids)].notna().to_numpy().ravel())


def test_correlations_and_agreement_are_kept(both: tuple[Responses, Responses]) -> None:
    """Root mean square .038 for 18 scores in 240 units, where the sampling error of a correlation is .065."""
    scores = [t.scores("dimension", scale_key="comply") for t in both]
    wide = [t.wide(values=s).corr().to_numpy() for t, s in zip(both, scores, strict=True)]
    assert np.sqrt(np.mean((wide[0] - wide[1]) ** 2)) < 0.06
    icc = [triads.icc_oneway(s, DIMENSIONS).tidy()["icc1"].to_numpy() for s in scores]
    np.testing.assert_allclose(icc[0], icc[1], atol=0.08)
    np.testing.assert_allclose(scores[0][DIMENSIONS].mean(), scores[1][DIMENSIONS].mean(), atol=0.02)
    sales = [
        t.units["customer_satisfaction"].corr(t.wide(values=s)["C@sales"])
        for t, s in zip(both, scores, strict=True)
    ]
    assert sales[0] == pytest.approx(sales[1], abs=0.1)
    firms = [t.data.drop_duplicates("unit").set_index("unit")["firm"] for t in both]
    industries = [t.units["industry"].groupby(f).nunique().max() for t, f in zip(both, firms, strict=True)]
    assert industries == [1, 1]


def test_nobody_is_in_the_stand_in(both: tuple[Responses, Responses]) -> None:
    data, made = both
    rows = [set(map(tuple, t.data[list(t.item_ids)].fillna(0).to_numpy().tolist())) for t in both]
    assert not rows[0] & rows[1]
    values = [set(t.units["contract_volume"]) for t in both]
    assert len(values[1]) <= len(values[0]) / 2
    assert made.units["contract_volume"].mean() == pytest.approx(
        data.units["contract_volume"].mean(), rel=0.01
    )
    assert made.everyone is None
    assert set(made.data["informant"]).isdisjoint(set(data.data["informant"]))


def test_the_seed_decides(both: tuple[Responses, Responses]) -> None:
    data, made = both
    assert stand_in(data, 1).same_answers(made)
    assert not stand_in(data, 2).same_answers(made)
    with pytest.raises(ComplyError, match="at least 10 units"):
        stand_in(data.subset(units=list(data.units.index[:9])), 1)


def test_rotation_keeps_both_levels_exactly() -> None:
    rng = np.random.default_rng(3)
    firm = np.repeat(np.arange(8), [1, 2, 3, 4, 5, 6, 7, 8])
    values = rng.normal(size=(36, 5)) + rng.normal(size=(8, 5))[firm] + 3.0
    turned = _rotated(values, firm, np.random.default_rng(4))
    np.testing.assert_allclose(turned.mean(axis=0), values.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(np.cov(turned.T), np.cov(values.T), atol=1e-11)

    def within(table: np.ndarray) -> np.ndarray:
        means = pd.DataFrame(table).groupby(firm).transform("mean").to_numpy()
        return (table - means).T @ (table - means)

    np.testing.assert_allclose(within(turned), within(values), atol=1e-11)
    assert np.abs(turned - values).mean() > 0.3
