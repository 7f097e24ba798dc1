"""Ratings of pairs by rater, and instructions that were not followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale
from comply_measure.responses import instructions_followed, pair_ratings, responses_from_frame

SCALE = load_scale(Path(__file__).parents[1] / "instrument" / "fielded_scale.yaml")
COMPLY = load_scale("comply")


def read(form: str, **answers: list[float | None]):
    table = pd.DataFrame({"unit": ["u1"] * 3, "role": ["buyer", "seller", "carrier"]} | answers)
    return responses_from_frame(table, SCALE, form=form, attribute_set="large")


def test_every_rater_rates_every_pair_from_inside_or_outside() -> None:
    found = pair_ratings(
        read("dyad", D_bs_T=[1, 2, 3], D_bs_P=[4, 5, None], D_bc_T=[2, 2, 2], D_bc_P=[1, 9, 1])
    )
    assert len(found) == 3 * 4
    assert list(found.columns) == [
        *("unit", "firm", "role", "informant", "pair", "inside", "construct", "item", "rating"),
    ]
    by_rater = found.set_index(["role", "pair", "construct"])
    assert by_rater["inside"].groupby(level=[0, 1]).first().to_dict() == {
        ("buyer", "bs"): True,
        ("seller", "bs"): True,
        ("carrier", "bs"): False,
        ("buyer", "bc"): True,
        ("seller", "bc"): False,
        ("carrier", "bc"): True,
    }
    assert by_rater.loc[("seller", "bs", "pace"), "rating"] == 5
    assert np.isnan(by_rater.loc[("carrier", "bs", "pace"), "rating"])
    assert np.isnan(by_rater.loc[("seller", "bc", "pace"), "rating"]), "cannot judge"
    assert found["role"].tolist()[:4] == ["buyer"] * 4


def test_reverse_keyed_pairs_are_recoded() -> None:
    columns = [item.id for item in COMPLY.items_for("dyad") if item.kind == "content"]
    others = [item.id for item in COMPLY.items_for("dyad") if item.kind != "content"]
    table = pd.DataFrame({"unit": ["u"], "role": ["it"]} | {name: [2] for name in columns + others})
    found = pair_ratings(responses_from_frame(table, COMPLY, form="dyad")).set_index(["pair", "construct"])[
        "rating"
    ]
    assert found["ms", "P"] == 6
    assert found["ms", "C"] == 2
    assert len(found) == 18


def test_instructions_are_followed_failed_or_left_out() -> None:
    other = {name: [1, 1, 1] for name in ("T_1", "T_2", "T_3", "P_1")}
    found = instructions_followed(read("full", A_1=[3, 4, None], **other))
    assert found[["n_asked", "n_failed", "n_blank"]].to_numpy().tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 1]]
    assert found["role"].tolist() == ["buyer", "seller", "carrier"]


def test_forms_without_such_items_are_refused() -> None:
    dyad = read("dyad", D_bs_T=[1, 2, 3], D_bs_P=[4, 5, 1], D_bc_T=[2, 2, 2], D_bc_P=[1, 2, 1])
    with pytest.raises(ComplyError, match="no attention item"):
        instructions_followed(dyad)
    other = {name: [1, 1, 1] for name in ("T_1", "T_2", "T_3", "P_1", "A_1")}
    with pytest.raises(ComplyError, match="asks about a pair"):
        pair_ratings(read("full", **other))
