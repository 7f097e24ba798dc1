"""Recoding and scores, by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale
from comply_measure.responses import responses_from_frame
from comply_measure.responses.scoring import construct_scores, mean_of_valid

NAN = np.nan


def test_reverse_keyed_items_are_minimum_plus_maximum_minus_answer(frame, small):
    read = responses_from_frame(frame, small)
    scored = read.scored()
    np.testing.assert_array_equal(scored["F_3"], 6 - read.data["F_3"])
    others = [item for item in read.item_ids if item != "F_3"]
    pd.testing.assert_frame_equal(scored[others], read.data[others])


def test_attribute_scores_by_hand(frame, small):
    scores = responses_from_frame(frame, small).scores()
    assert list(scores.columns) == ["unit", "firm", "role", "first", "second", "customer"]
    # u1: (1+2+1)/3, (2+2+2)/3, (3+3+3)/3; u2: (5+5)/2, one of three is too few, nothing
    expected = [4 / 3, 2.0, 3.0, 5.0, NAN, NAN, (1 + 1 + 5) / 3, (5 + 5 + 1) / 3]
    np.testing.assert_allclose(scores["first"], expected, rtol=1e-15)
    np.testing.assert_allclose(scores["second"], [4, 3, 2, 1, 2, NAN, 1, 5], rtol=1e-15)


def test_every_missing_score_has_its_reason(frame, small):
    """In the shape of the scores, at both levels; a role that no item is for, too."""
    read = responses_from_frame(frame, small)
    for level, min_valid in (("attribute", 0.5), ("attribute", 1.0), ("dimension", 0.5), ("dimension", 1.0)):
        scores, reasons = read.scores(level, None, min_valid), read.score_reasons(level, None, min_valid)
        assert list(reasons.columns) == list(scores.columns)
        for name in scores.columns[3:]:
            assert (scores[name].isna() == reasons[name].ne("")).all(), name
    reasons = read.score_reasons()
    assert reasons["first"].tolist() == [
        *[""] * 4, "1 of 3 answers, fewer than a share of 0.5", "no answer", "", "",
    ]  # fmt: skip
    asked = read.data["role"].eq("it")
    assert reasons["customer"][asked].eq("no item is for the role").all() and asked.any()
    whole = read.score_reasons("dimension", None, 1.0)["whole"]
    assert whole[4] == "1 of 2 attributes scored, fewer than a share of 1"


def test_items_that_the_role_is_not_asked_do_not_count(frame, small):
    other = frame.copy()
    other.loc[0, "K_2"] = None  # marketing answers one of the two items meant for it
    other.loc[1, ["K_1", "K_2"]] = None  # sales answers one of three
    read = responses_from_frame(other, small)
    customer = read.scores()["customer"]
    assert customer[0] == 3.0
    assert np.isnan(customer[1])
    assert np.isnan(customer[2])  # IT is asked none


def test_dimension_score_is_the_mean_of_attribute_scores(frame, small):
    read = responses_from_frame(frame, small)
    attributes, whole = read.scores("attribute"), read.scores("dimension")["whole"]
    # The fifth informant has one of two attributes: half is enough.
    both = (attributes["first"] + attributes["second"]) / 2
    np.testing.assert_allclose(whole, both.fillna(attributes["second"]), rtol=1e-15)
    assert np.isnan(read.scores("dimension", min_valid=0.6)["whole"][4])


@pytest.mark.parametrize(
    ("min_valid", "valid"), [(0.0, 1), (1 / 3, 1), (0.34, 2), (0.5, 2), (2 / 3, 2), (0.67, 3), (1.0, 3)]
)
def test_share_of_valid_answers_needed(min_valid, valid):
    values = np.array([[NAN, NAN, NAN], [1.0, NAN, NAN], [1.0, 2.0, NAN], [1.0, 2.0, 3.0]])
    scores = mean_of_valid(values, np.ones_like(values, dtype=bool), min_valid)
    has = ~np.isnan(scores)
    np.testing.assert_array_equal(has, np.arange(4) >= valid)
    np.testing.assert_allclose(scores[has], np.array([NAN, 1.0, 1.5, 2.0])[has], rtol=1e-15)


def test_counts_stand_behind_the_scores(frame, small):
    read = responses_from_frame(frame, small)
    counts = read.score_counts()
    assert counts["first"].tolist() == [3, 3, 3, 2, 1, 0, 3, 3]
    assert read.score_counts("dimension")["whole"].tolist() == [6, 6, 5, 5, 4, 0, 6, 6]


def test_scores_equal_a_plain_loop_on_random_answers(small):
    rng = np.random.default_rng(7)
    items = [item.id for item in small.items]
    rows = []
    for unit in range(40):
        for role in ("marketing", "sales", "it"):
            asked = {item.id for item in small.items if role in item.roles}
            answers = {
                item: int(rng.integers(1, 6)) if item in asked and rng.random() > 0.4 else None
                for item in items
            }
            rows.append({"unit": str(unit), "role": role, **answers})
    read = responses_from_frame(pd.DataFrame(rows), small)
    got = read.scores("dimension")
    for place, row in enumerate(rows):
        first = by_hand([row["F_1"], row["F_2"], None if row["F_3"] is None else 6 - row["F_3"]], 3)
        second = by_hand([row["S_1"], row["S_2"], row["S_3"]], 3)
        asked = {"marketing": 2, "sales": 3, "it": 0}[row["role"]]
        customer = by_hand([row["K_1"], row["K_2"], row["K_3"]], asked)
        assert got.loc[place, "whole"] == pytest.approx(by_hand([first, second], 2), nan_ok=True, abs=1e-14)
        assert got.loc[place, "customer"] == pytest.approx(customer, nan_ok=True, abs=1e-14)


def by_hand(values, asked):
    valid = [value for value in values if value is not None and value == value]
    return sum(valid) / len(valid) if valid and len(valid) / asked >= 0.5 else NAN


def test_other_kinds_of_items_are_scored_apart():
    scale = load_scale("comply")
    row = {item.id: 2 for item in scale.items_for()}
    row |= {item.id: 6 for item in scale.items_for(kind="informant")}
    row |= {item.id: 7 for item in scale.items_for(kind="overall") if item.keying == 1}
    row |= {item.id: 1 for item in scale.items_for(kind="overall") if item.keying == -1}
    read = responses_from_frame(pd.DataFrame([{"unit": "u", "role": "it", **row}]), scale)
    assert read.scores_of_kind("overall").iloc[0, 3:].tolist() == [7.0]
    informant = read.scores_of_kind("informant")
    keyed = {item.construct for item in scale.items_for(kind="informant")}
    assert set(informant.columns[3:]) == keyed
    assert list(read.scores_of_kind("global").columns[3:]) == ["C", "O", "M", "P", "L", "Y"]
    assert not keyed & set(read.scores("dimension").columns)


def test_bad_requests(frame, small):
    read = responses_from_frame(frame, small)
    with pytest.raises(ComplyError, match="min_valid"):
        read.scores(min_valid=1.5)
    with pytest.raises(ComplyError, match="did you mean 'small'"):
        read.scores(scale_key="smal")
    with pytest.raises(ComplyError, match="level"):
        read.scores("item")
    with pytest.raises(ComplyError, match="role"):
        read.subset(role="boss")
    with pytest.raises(ComplyError, match="did you mean 'F_1'"):
        read.wide(["F1"])
    with pytest.raises(ComplyError, match="8 informants"):
        read.wide(values=read.scores().iloc[:3])


def test_wide_has_a_column_per_name_and_role(frame, small):
    read = responses_from_frame(frame, small)
    wide = read.wide()
    assert list(wide.index) == ["u1", "u2", "u3"]
    assert wide.shape == (3, 3 * 6 + 2 + 3)
    assert wide.loc["u1", "F_3@marketing"] == 1.0  # recoded
    assert "K_1@it" not in wide.columns
    assert np.isnan(wide.loc["u3", "F_1@it"])
    scores = read.wide(["whole"], read.scores("dimension"))
    assert list(scores.columns) == ["whole@marketing", "whole@sales", "whole@it"]
    assert scores.loc["u1", "whole@sales"] == 2.5
    raw = read.wide(["F_3"], read.data)
    assert raw.loc["u1", "F_3@marketing"] == 5.0


def test_subset(frame, small):
    read = responses_from_frame(frame, small)
    sales = read.subset(role="sales")
    assert sales.data["informant"].tolist() == ["s1", "s2", "s3"]
    assert sales.data.index.tolist() == [0, 1, 2]
    assert read.subset(units=["u3"]).units.index.tolist() == ["u3"]
    it = read.subset(role=["it"])
    assert it.n_units == 2
    assert "a subset of 2 of 8 informants" in it.notes
    assert it.scores()["second"].tolist()[0] == 2.0


def test_items_and_measurement_of_what_is_there(frame, small):
    read = responses_from_frame(frame, small)
    assert [item.id for item in read.items("small")] == list(read.item_ids)
    assert read.measurement(level="dimension")["whole"] == ("F_1", "F_2", "F_3", "S_1", "S_2", "S_3")


def test_attributes_count_where_a_role_is_asked_any_of_their_items():
    items = {
        name: SimpleNamespace(construct=construct, roles=roles)
        for name, construct, roles in (
            ("p1", "p", ("m", "s")), ("p2", "p", ("m",)), ("q1", "q", ("m", "s", "t")), ("r1", "r", ("m",)),
        )
    }  # fmt: skip
    answers = pd.DataFrame(
        {
            "p1": [1.0, NAN, 1, NAN, 5],
            "p2": [2.0, 4, 5, 5, 5],
            "q1": [3.0, 3, 3, 3, 3],
            "r1": [6.0, NAN, 7, 7, 7],
        }
    )
    measurement = {"whole": ["p1", "p2", "q1", "r1"], "p": ["p1", "p2"]}
    roles = ["m", "m", "s", "s", "t"]
    scores = construct_scores(answers, roles, items, measurement, 0.5)
    # m: all; p by one of two, r not answered; s: p1 and q; p not answered: one of two; t: q, whatever stands at p
    np.testing.assert_allclose(scores["whole"], [(1.5 + 3 + 6) / 3, (4 + 3) / 2, (1 + 3) / 2, 3, 3])
    np.testing.assert_allclose(scores["p"], [1.5, 4, 1, NAN, NAN])
    strict = construct_scores(answers, roles, items, measurement, 0.6)
    np.testing.assert_allclose(strict["whole"], [3.5, NAN, 2, NAN, 3])
    for share in (-0.01, 1.01):
        with pytest.raises(ComplyError, match="between 0 and 1"):
            construct_scores(answers, roles, items, measurement, share)
    counted = construct_scores(answers, roles, items, measurement, 0.0)
    np.testing.assert_allclose(counted["whole"], scores["whole"])
    assert construct_scores(answers, roles, items, measurement, 1.0)["p"].isna().tolist() == [
        False, True, False, True, True,
    ]  # fmt: skip


def test_the_only_scale_needs_no_name(frame, small):
    read = responses_from_frame(frame, small)
    assert read.scale() is read.scale("small") is small
    two = replace(read, scales=(small, replace(small, key="other")))
    with pytest.raises(ComplyError, match="name a scale: one of small, other"):
        two.scale()
    with pytest.raises(ComplyError, match="smal"):
        read.scale("smal")
