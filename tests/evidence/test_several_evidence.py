"""What the steps say of several informants of a role: the tables are those of the functions, and empty without any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pinned import small_study

from comply_measure import evidence, triads
from comply_measure.evidence.topics.agreement import AgreementOptions
from comply_measure.evidence.topics.triads import TriadOptions
from comply_measure.responses import Responses, load_dataset, one_per_role, responses_from_frame

QUICK = AgreementOptions(rematchings=0, bootstrap=0)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    """Every third informant has a colleague who answers a point lower where that is possible."""
    few = small_study(tmp_path_factory.mktemp("study"))
    rows = few.data
    more = rows.iloc[::3].copy()
    items = list(few.item_ids)
    more[items] = (more[items] - 1).clip(lower=1)
    more["informant"] = more["informant"] + "b"
    return responses_from_frame(pd.concat([rows, more], ignore_index=True), few.scales)


def test_agreement_counts_everyone_and_tells_levels_apart(crowd: Responses) -> None:
    found = evidence.agreement(crowd, QUICK)
    assert found.n_informants == len(crowd.data) > one_per_role(crowd).n_informants
    scores = crowd.scores("dimension", "duo")
    names = list(crowd.measurement("duo", "dimension"))
    levels = triads.variance_levels(scores, names, ("firm", "unit", "role"), fixed="role").tidy()
    pd.testing.assert_frame_equal(found.levels.drop(columns="note"), levels.drop(columns="note"))
    assert found.levels["note"].str.contains("12 groups of the highest level are few").all()
    within = found.several[found.several["kind"] == "within roles"]
    assert set(within["role"]) == {"buyer", "seller", "all roles"}
    places = crowd.data.groupby(["unit", "role"]).size()
    assert set(within.loc[within["role"] == "all roles", "n_units"]) == {(places > 1).sum()}


def test_views_gaps_and_weights_are_those_of_the_functions(crowd: Responses) -> None:
    found = evidence.triads(crowd, TriadOptions(replications=200, generalizability=False))
    scores = crowd.scores("dimension", "duo")
    names = list(dict.fromkeys(found.by_number["column"]))
    pd.testing.assert_frame_equal(
        found.by_number, triads.role_reliability(scores, names, roles=("buyer", "seller"))
    )
    gaps = triads.view_gaps(scores, names, roles=("buyer", "seller"))
    first = gaps[gaps["column"] == names[0]]
    row = found.view_gaps.iloc[0]
    assert row["n_units"] == len(first)
    assert row["share"] == pytest.approx((first["p"] <= 0.05).mean())
    assert row["n_beyond"] == (first["p_holm"] <= 0.05).sum()
    assert (row["mean_absolute"], row["se"]) == pytest.approx((first["gap"].abs().mean(), first["se"].mean()))
    assert list(found.nested["n_per_role"].unique()) == [1, 2, 3, 5]
    assert (found.nested.groupby("fixed")["g"].diff().dropna() > 0).all()
    weights = evidence.aggregation(crowd).weights
    mine = weights[(weights["column"] == names[0]) & (weights["scheme"] == "informant")].iloc[0]
    both = [
        triads.weigh_informants(scores, names[:1], w, roles=("buyer", "seller"))
        for w in ("role", "informant")
    ]
    assert mine["r_equal"] == pytest.approx(np.corrcoef(both[0].scores[:, 0], both[1].scores[:, 0])[0, 1])
    assert mine["reliability"] == pytest.approx(both[1].reliability.mean())


def test_what_informants_say_of_themselves_is_compared_with_several_of_a_role_too() -> None:
    """The mean of a role's informants against that of another; with one of each nothing changes."""
    shipped = load_dataset("msi_triads", informants="all")
    found = evidence.sample(shipped).informant_tests
    assert len(found) == 6 and found["p_holm"].notna().all()
    rows = shipped.scores_of_kind("informant")
    wide = rows.pivot_table(index="unit", columns="role", values="informant_competence", aggfunc="mean")
    d = (wide["marketing"] - wide["it"]).dropna()
    row = found[(found["construct"] == "informant_competence") & (found["pair"] == "marketing - it")].iloc[0]
    # items are averaged before the score is made, so that informants who left one out count a little otherwise
    assert (row["n_units"], row["mean"]) == (len(d), pytest.approx(d.mean(), abs=0.02))


def test_without_several_informants_there_is_nothing_of_them(tmp_path: Path) -> None:
    few = small_study(tmp_path)
    found = evidence.agreement(few, QUICK)
    assert not len(found.several)
    assert list(found.levels["level"].unique()) == ["firm", "unit", "informant"]
    assert not len(evidence.aggregation(few).weights)
