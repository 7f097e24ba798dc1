"""Several informants of a role side by side: how many are modelled, what is planted, what cannot be told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from pinned import small_study

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.focal import Focal
from comply_measure.evidence.nested_views import crowd_table, nested_views
from comply_measure.responses import responses_from_frame

ITEMS = ["a", "b", "c"]


def people(numbers: dict[str, int], n: int = 300, factors: dict[str, tuple[str, ...]] | None = None) -> Focal:
    """Trait .5, of role s .2 beyond it, .2 of one informant, error .1 (m: trait .7); loadings 1."""
    rng, rows = np.random.default_rng(3), []
    trait, method = rng.normal(0, np.sqrt(0.5), n), rng.normal(0, np.sqrt(0.2), n)
    for role, number in numbers.items():
        for unit in range(n):
            for _ in range(number):
                mean = trait[unit] + (method[unit] if role == "s" else 0) + rng.normal(0, np.sqrt(0.2))
                rows.append((f"U{unit}", role, *(mean + rng.normal(0, np.sqrt(0.1), 3))))
    table = pd.DataFrame(rows, columns=["unit", "role", *ITEMS])
    found = SimpleNamespace(
        several=True, roles=tuple(numbers), factors=factors or {"x": tuple(ITEMS)}, indicators=lambda: table
    )
    return cast(Focal, found)


def fitted(table: pd.DataFrame, key: str, label: str, text: str) -> NamedFit:
    return NamedFit(key, label, sem.fit(text, table, missing="ml", meanstructure=True))


def test_shares_are_those_planted_and_one_informant_is_not_told_from_the_role() -> None:
    someone = people({"m": 2, "s": 2})
    crowd = crowd_table(someone, 50)
    assert crowd.values.tolist() == [["m", 2, 300, 300], ["s", 2, 300, 300]]
    fits, shares = nested_views(someone, crowd, "m", False, fitted)
    assert [fit.label for fit in fits] == ["x, informants within roles"]
    found = shares.groupby("role")[["consistency", "common_method", "unique_method", "error"]].mean()
    np.testing.assert_allclose(found.loc["m"], [0.625, 0, 0.25, 0.125], atol=0.05)
    np.testing.assert_allclose(found.loc["s"], [0.5, 0.2, 0.2, 0.1], atol=0.05)
    assert (shares["note"] == "").all()
    lone = people({"m": 2, "s": 1})
    _, shares = nested_views(lone, crowd_table(lone, 50), "m", False, fitted)
    mine = shares[shares["role"] == "s"]
    assert mine["unique_method"].isna().all() and mine["common_method"].mean() == pytest.approx(0.4, abs=0.06)
    assert mine["note"].str.startswith("one informant of the role in the model").all()


def test_informants_are_modelled_where_enough_units_have_them() -> None:
    table = people({"m": 3, "s": 1}, n=60).indicators()
    few = table[~((table["role"] == "m") & (table.groupby(["unit", "role"]).cumcount() == 2))]
    some = pd.concat([few, table.drop(few.index).head(25)])
    for least, number in ((20, 3), (26, 2), (61, 1)):
        someone = cast(Focal, SimpleNamespace(several=True, roles=("m", "s"), indicators=lambda: some))
        assert crowd_table(someone, least)["number"].tolist() == [number, 1]
    assert crowd_table(cast(Focal, SimpleNamespace(several=False)), 20).empty


def test_dimensions_of_two_indicators_need_two_informants_of_every_role() -> None:
    asked: list[str] = []

    def refused(_: pd.DataFrame, key: str, *more: str) -> None:
        asked.append(key)

    factors = {"x": ("a", "b"), "y": ("a", "b", "c"), "z": ("a",)}
    for numbers, expected in (({"m": 2, "s": 1}, ["y"]), ({"m": 2, "s": 2}, ["x", "y"])):
        asked.clear()
        someone = people(numbers, 60, factors)
        fits, shares = nested_views(someone, crowd_table(someone, 20), "m", False, refused)
        assert asked == expected and not fits and not len(shares)


def test_the_step_models_all_informants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model is refused here: which ones are asked for, with whom."""
    texts: list[str] = []

    def refused(text: str, *_: Any, **__: Any) -> None:
        texts.append(text)
        raise ComplyError("not today")

    monkeypatch.setattr(sem, "fit", refused)
    one = small_study(tmp_path)
    more = one.data.assign(informant=one.data["informant"] + "b")
    crowd = responses_from_frame(pd.concat([one.data, more], ignore_index=True), one.scales)
    found = evidence.informants(crowd, evidence.InformantOptions(several_from=52, reference="seller"))
    assert found.crowd["number"].tolist() == [2, 2] and found.several_from == 52
    assert [name for name, _ in found.failures if "within" in name] == [
        f"{d}, informants within roles" for d in found.dimensions
    ]
    assert "trust.method.buyer" in texts[-3] and "seller_2" in texts[-3]
    assert not len(evidence.informants(one).crowd)
