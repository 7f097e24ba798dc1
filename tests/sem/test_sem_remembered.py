"""Within a run every model is searched once for the same cases; what the search depends on makes it another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.sem import api
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.remembered import remembered, remembering

TWO = "v =~ x1 + x2 + x3\ns =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Models that were searched, while optima are remembered."""
    models: list[Any] = []
    plain = api.estimate
    monkeypatch.setattr(api, "estimate", lambda model: models.append(model) or plain(model))
    with remembering():
        yield models


def test_a_model_is_searched_once_whatever_its_errors(hs: pd.DataFrame, searched: list[Any]) -> None:
    first = sem.fit(TWO, hs, estimator="ML")
    robust = sem.fit(TWO, hs.copy(), estimator="MLR")
    assert len(searched) == 1
    assert np.array_equal(robust.theta, first.theta)
    assert robust.measures["chisq"] == first.measures["chisq"]
    assert robust.measures["chisq.scaled"] != first.measures["chisq"]
    assert robust.optimum.point.objective is robust.model.objective


def test_what_was_found_is_given_back_with_all_that_is_said_of_it(hs: pd.DataFrame) -> None:
    fit = sem.fit(TWO, hs, se="none")
    held = replace(
        fit.optimum,
        remedy="a way",
        endless=("v~~s",),
        searched="much",
        below=0.5,
        jacobian=np.eye(fit.optimum.point.phi.size)[:1],
        at_bound=(3,),
    )
    with remembering():
        remembered(fit.model, lambda model: held)
        again = remembered(fit.model, lambda model: pytest.fail("searched again"))
    for part in fields(Optimum):
        if part.name not in ("point", "jacobian"):
            assert getattr(again, part.name) == getattr(held, part.name), part.name
    assert np.array_equal(again.jacobian, held.jacobian)
    assert np.array_equal(again.point.phi, held.point.phi)
    assert again.point.value == held.point.value


def test_whatever_a_search_depends_on_makes_it_another(hs: pd.DataFrame, searched: list[Any]) -> None:
    gap = hs.copy()
    gap.loc[3, "x1"] = np.nan
    other = hs.copy()
    other.loc[3, "x1"] += 1e-9
    fits: list[dict[str, Any]] = [
        {"data": hs},
        {"data": other},
        {"data": gap},
        {"data": gap, "missing": "ml"},
        {"data": hs, "estimator": "ULS"},
        {"data": hs, "std_lv": True},
        {"data": hs, "orthogonal": True},
        {"data": hs, "group": "school"},
        {"data": hs, "group": "school", "group_equal": "loadings"},
        {"data": hs, "bounds": "pos.var"},
        {"data": hs, "start": {"v=~x2": 0.7}},
        {"data": hs, "optimizer_options": {"iterations": 1}},
    ]
    for words in fits:
        sem.fit(TWO, se="none", **words)
    assert len(searched) == len(fits)
    sem.fit(TWO.replace("x3", "x4"), hs, se="none")
    assert len(searched) == len(fits) + 1


def test_nothing_is_remembered_elsewhere(hs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    count: list[Any] = []
    plain = api.estimate
    monkeypatch.setattr(api, "estimate", lambda model: count.append(model) or plain(model))
    with remembering():
        with remembering():
            sem.fit(TWO, hs, se="none")
        sem.fit(TWO, hs, se="none")
    assert len(count) == 1
    for _ in range(2):
        sem.fit(TWO, hs, se="none")
    assert len(count) == 3
