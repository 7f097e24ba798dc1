"""Reliability of the scores in use: what is particular to an attribute is no part of its dimension."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.measurement import alpha_table
from comply_measure.models.congeneric import congeneric_reliability
from comply_measure.responses import load_dataset


@pytest.fixture(scope="module")
def chosen() -> Focal:
    return chosen_focal(load_dataset("msi_triads"), "comply")


def test_dimensions_have_omega_of_the_mean_of_their_attribute_scores(chosen: Focal) -> None:
    found = role_reliabilities(chosen, chosen.wholes)
    assert found is not None and set(found) == set(chosen.roles)
    scores = chosen.indicators()
    expected = congeneric_reliability(scores, chosen.factors, by="role", pooled=False).tidy()
    for row in expected.itertuples():
        assert found[row.group][row.scale] == pytest.approx(row.omega, rel=1e-9)
    assert max(max(values.values()) for values in found.values()) < 0.80


def test_attributes_have_omega_of_their_items(chosen: Focal) -> None:
    found = role_reliabilities(chosen, chosen.items)
    alpha = alpha_table(chosen.answers(), chosen.items, by="role", pooled=False).tidy()
    assert found is not None
    # ω of congeneric items is at least α but for sampling error; reverse-keyed items are not tau-equivalent
    for row in alpha.itertuples():
        assert -0.02 < found[row.group][row.scale] - row.alpha < 0.06


def test_two_attributes_fall_back_on_alpha_of_their_scores(chosen: Focal) -> None:
    pair = chosen.factors["C"][:2]
    short = replace(chosen, factors={**chosen.factors, "C": pair})
    found = role_reliabilities(short, {"C": chosen.wholes["C"]})
    assert found is not None
    for role, values in found.items():
        table = chosen.indicators()
        mine = table.loc[table["role"] == role, list(pair)].dropna()
        covariance = np.cov(mine.T)
        assert values["C"] == pytest.approx(2 * (1 - np.trace(covariance) / covariance.sum()), abs=0.01)


def test_composite_of_a_hierarchical_model_in_closed_form(
    chosen: Focal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attribute = .7 D + specific; three items each: ω = var of the D part over variance of the mean."""
    rng = np.random.default_rng(4)
    n = 60_000
    d = rng.normal(size=n)
    frame: dict[str, Any] = {"unit": np.arange(n), "firm": np.arange(n), "role": "sales"}
    for name in ("a", "b", "c"):
        attribute = 0.7 * d + np.sqrt(0.51) * rng.normal(size=n)
        items = 0.8 * attribute[:, None] + 0.6 * rng.normal(size=(n, 3))
        frame[name] = items.mean(axis=1)
    data = pd.DataFrame(frame)
    monkeypatch.setattr(Focal, "indicators", lambda self: data)
    monkeypatch.setattr(Focal, "roles", property(lambda self: ("sales",)))
    small = replace(chosen, factors={"C": ("a", "b", "c")})
    found = role_reliabilities(small, {"C": chosen.wholes["C"]})
    true = 0.8**2 * 0.7**2
    error = (0.8**2 * 0.51 + 0.6**2 / 3) / 3
    assert found is not None
    assert found["sales"]["C"] == pytest.approx(true / (true + error), abs=0.006)


def test_a_negative_reliability_is_none(chosen: Focal, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    data = chosen.indicators().copy()
    first = data[chosen.factors["C"][0]].to_numpy()
    data[chosen.factors["C"][1]] = -first + 0.1 * rng.normal(size=len(first))
    monkeypatch.setattr(Focal, "indicators", lambda self: data)
    short = replace(chosen, factors={"C": chosen.factors["C"][:2]})
    assert role_reliabilities(short, {"C": chosen.wholes["C"]}) is None
