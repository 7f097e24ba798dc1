"""Several informants of one role in a unit: refused, or kept and put together as stated, and counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.responses import (
    ColumnMapping,
    each_informant,
    one_per_role,
    read_responses,
    responses_from_frame,
)
from comply_measure.responses.several import what_was_done

ITEMS = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]
MAPPING = ColumnMapping(informants=["tenure", "site"])


@pytest.fixture
def crowded(frame):
    """A second and third salesperson in u1, a second one from marketing in u3."""
    more = pd.DataFrame(
        [
            ("u1", "A", "sales", "s1b", 4, None, 9, None, 9, 3, 5, None, 1),
            ("u1", "A", "sales", "s1c", None, None, 1, None, None, 3, 5, None, 1),
            ("u3", "B", "marketing", "m3b", 5, 5, 5, 5, 5, 5, 5, 5, None),
        ],
        columns=frame.columns,
    )
    table = pd.concat([frame, more.astype(dict.fromkeys(ITEMS, "Int64"))], ignore_index=True)
    return table.assign(tenure=[1, 2, 3, 4, 5, 6, 7, 8, 4, 9, None], site=[*"xyxyxyxy", "y", "y", "z"])


def test_without_a_rule_all_are_kept(crowded, small):
    read = responses_from_frame(crowded, small, MAPPING)
    assert read.same_answers(responses_from_frame(crowded, small, MAPPING, informants="all"))
    assert (read.informant_rule, read.n_people) == ("all", 11)


@pytest.mark.parametrize(("rule", "each", "per_role"), [("all", 11, 8), ("average", 11, 8), ("first", 8, 8)])
def test_persons_and_views_of_roles_under_every_rule(crowded, small, rule, each, per_role):
    read = responses_from_frame(crowded, small, MAPPING, informants=rule)
    averaged = responses_from_frame(crowded, small, MAPPING, informants="average")
    people, views = each_informant(read), one_per_role(read)
    assert (len(people.data), len(views.data)) == (each, per_role)
    assert people.data[ITEMS].mod(1).fillna(0).eq(0).all(axis=None)  # answers as they were given
    if rule != "first":
        pd.testing.assert_frame_equal(views.data, averaged.data)
        pd.testing.assert_frame_equal(people.data, responses_from_frame(crowded, small, MAPPING).data)
    assert views.notes == read.notes


def test_informants_who_repeat_another_in_everything_are_told(frame, small):
    """Not: the same answers of another unit, of another role, of few items, or all alike."""
    told = "gives the same answers to all items as an earlier one of the same unit and role"
    twin = frame.iloc[[1]].assign(informant="again")
    notes = responses_from_frame(pd.concat([frame, twin], ignore_index=True), small).notes
    assert sum(note.startswith("1 informant " + told) for note in notes) == 1
    others = [
        frame.iloc[[1]].assign(informant="b", F_1=1),
        frame.iloc[[1]].assign(informant="c", unit="u2", firm="B"),
        frame.iloc[[3]].assign(informant="d", role="sales"),
        frame.iloc[[7]].assign(informant="e"),
        frame.iloc[[1]].assign(informant="f", **dict.fromkeys(ITEMS[5:], pd.NA)),
        frame.iloc[[1]].assign(informant="g", **dict.fromkeys(ITEMS[5:], pd.NA)),
    ]
    for more in (others[:1], others[1:2], others[2:3], others[3:4], others[4:]):
        table = pd.concat([frame, *more], ignore_index=True).astype(frame.dtypes)
        assert not any("same answers to all" in n for n in responses_from_frame(table, small).notes)


def test_what_was_done_is_said(crowded, frame, small):
    read = {
        rule: responses_from_frame(crowded, small, MAPPING, informants=rule) for rule in ("all", "average")
    }
    each = "All 11 informants count one by one; 2 of 8 units × roles have several of one role."
    mean = "In 2 of 8 units × roles the mean of several informants, each with the same weight, stands for the role."
    assert what_was_done(read["all"], "each") == each
    assert what_was_done(read["all"], "role") == what_was_done(read["average"], "each") == mean
    both = what_was_done(read["all"], "both")
    assert both == (f"Agreement and errors of informants: a{each[1:]} Comparisons of roles: i{mean[1:]}")
    assert what_was_done(responses_from_frame(frame, small), "each") == ""
    assert what_was_done(responses_from_frame(crowded, small, MAPPING, informants="first"), "role") == ""


def test_all_are_kept_and_counted(crowded, small):
    read = responses_from_frame(crowded, small, MAPPING, informants="all")
    assert read.data["informant"].tolist() == crowded["informant"].tolist()
    assert (read.n_informants, read.n_people, read.n_units, read.everyone) == (11, 11, 3, None)
    assert read.notes[-1] == (
        "2 of 8 units × roles have several informants (5 of 11 informants, at most 3): "
        "all are kept; where a step compares or combines roles, their mean stands for the role"
    )
    assert read.informant_counts().to_dict("list") == {
        "role": ["marketing", "sales", "it"],
        "n_units": [3, 3, 2],
        "n_informants": [4, 5, 2],
        "n_several": [1, 1, 0],
        "most": [2, 3, 1],
    }
    patterns = read.completeness().set_index("pattern")
    assert patterns["n_informants"].to_dict() == {"marketing+sales+it": 8, "marketing+sales": 3}
    with pytest.raises(ComplyError, match="unit 'u1' has several informants of role sales"):
        read.wide()


def test_the_first_is_used_and_the_others_kept(crowded, frame, small):
    read = responses_from_frame(crowded, small, MAPPING, informants="first")
    alone = responses_from_frame(crowded.iloc[:8], small, MAPPING)
    pd.testing.assert_frame_equal(read.data, alone.data)
    pd.testing.assert_frame_equal(read.missing_reason, alone.missing_reason)
    pd.testing.assert_frame_equal(read.informants, alone.informants)
    assert (read.n_informants, read.n_people) == (8, 11)
    assert read.everyone.data["informant"].tolist() == crowded["informant"].tolist()
    assert "the first of each is used and 3 others are kept" in read.notes[-1]


def test_the_average_of_what_was_answered(crowded, small):
    read = responses_from_frame(crowded, small, MAPPING, informants="average")
    assert read.data["informant"].tolist() == ["m1", "s1+s1b+s1c", "i1", "m2", "s2", "i2", "m3+m3b", "s3"]
    sales = read.data.iloc[1]
    # F_1: 2, 4, missing; F_2: 2; F_3: 4, cannot judge, 1; S_2: 3, cannot judge, missing.
    expected = {
        "F_1": 3.0,
        "F_2": 2.0,
        "F_3": 2.5,
        "S_1": 3.0,
        "S_2": 3.0,
        "S_3": 3.0,
        "K_1": 5,
        "K_2": 5,
        "K_3": 7 / 3,
    }
    assert sales[ITEMS].to_dict() == pytest.approx(expected)
    assert (read.missing_reason.iloc[1] == "").all()
    assert read.data.iloc[6][ITEMS[:8]].tolist() == [3.0] * 8
    assert read.missing_reason.loc[6, "K_3"] == "not_applicable"
    assert read.informants["tenure"].tolist() == [1, 5, 3, 4, 5, 6, 7, 8]
    assert read.informants["site"].isna().tolist() == [False] * 6 + [True, False]
    assert read.informants.loc[1, "site"] == "y"
    # Recoding and averaging change places.
    reversed_first = read.everyone.scored().groupby(
        read.everyone.data["informant"].isin(["s1", "s1b", "s1c"])
    )
    assert read.scored().loc[1, "F_3"] == reversed_first.get_group(True)["F_3"].mean() == 3.5
    assert read.wide(["F_1"]).loc["u1", "F_1@sales"] == 3.0
    assert read.completeness()["n_informants"].sum() == 8


def test_reasons_that_say_most_stay(crowded, small):
    crowded.loc[[1, 8, 9], "S_2"] = pd.array([None, 9, None], dtype="Int64")
    crowded.loc[[1, 8, 9], "S_1"] = pd.array([None, None, None], dtype="Int64")
    read = responses_from_frame(crowded, small, MAPPING, informants="average")
    assert np.isnan(read.data.loc[1, "S_2"])
    assert read.missing_reason.loc[1, "S_2"] == "cannot_judge"
    assert read.missing_reason.loc[1, "S_1"] == "not_answered"


def test_informants_without_ids_are_told_apart(crowded, small):
    read = responses_from_frame(crowded.drop(columns="informant"), small, MAPPING, informants="all")
    assert read.data["informant"].tolist()[1::7] == ["u1:sales", "u1:sales:2"]
    assert read.data["informant"].is_unique


@pytest.mark.parametrize("rule", ["average", "first", "all"])
def test_written_and_read_again(crowded, small, tmp_path, rule):
    read = responses_from_frame(crowded, small, MAPPING, informants=rule)
    read.write_csv(tmp_path / "a.csv")
    back = read_responses(tmp_path / "a.csv", small)
    assert back.same_answers(read)
    assert back.informant_rule == rule
    assert back.n_people == 11


def test_a_subset_takes_everyone_along(crowded, small):
    read = responses_from_frame(crowded, small, MAPPING, informants="average")
    part = read.subset(role="sales")
    assert (part.n_informants, part.n_people) == (3, 5)
    assert read.subset(units=["u3"]).everyone.data["informant"].tolist() == ["m3", "s3", "m3b"]


@pytest.mark.parametrize("rule", ["average", "first", "all"])
def test_one_informant_per_role_is_the_same_under_every_rule(frame, small, rule):
    read = responses_from_frame(frame, small, informants=rule)
    assert read.same_answers(responses_from_frame(frame, small))
    assert read.notes == responses_from_frame(frame, small).notes
    assert read.everyone is None


def test_repeated_informants_stay_problems(crowded, small, problems):
    crowded.loc[8, "informant"] = "s1"
    found = problems(responses_from_frame, crowded, small, MAPPING, informants="average")
    assert [(p.row, p.message) for p in found] == [(9, "the informant id occurs twice")]


def test_an_unknown_rule(frame, small):
    with pytest.raises(ComplyError, match="mean"):
        responses_from_frame(frame, small, informants="mean")
