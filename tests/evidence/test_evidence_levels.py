"""Clusters at the highest level known, dimensions within and between units, steps that use others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.levels import two_level
from comply_measure.models import correlated_factors
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.order import ordered
from comply_measure.responses import load_dataset
from comply_measure.tables.roles import role_centred

TRUTH = Path(__file__).parents[2] / "datasets" / "msi_triads" / "truth" / "units.csv"


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def chosen(responses) -> evidence.Focal:
    return evidence.chosen_focal(responses, None)


def test_scores_stand_for_items_only_where_attributes_lie_between(responses) -> None:
    """COMPLY has dimensions of attributes of items; in the other scales the items belong to the constructs."""
    for scale in responses.scales:
        found = evidence.chosen_focal(responses, scale.key)
        assert (found.level, found.by_scores) == ("attribute", scale.key == "comply")
        parts = [name for names in found.factors.values() for name in names]
        own = set(found.items) if found.by_scores else {i for names in found.items.values() for i in names}
        assert set(parts) == own and len(parts) == len(own)
        assert list(found.indicators().columns) == ["unit", "firm", "role", *parts]


def test_dimensions_within_and_between_units(chosen) -> None:
    """Against a direct fit; between units near the correlations of the planted dimensions, .60 on average."""
    data = role_centred(chosen.indicators(), list(chosen.indicator_names))
    found = two_level(data, chosen.factors)
    complete = data.dropna(subset=list(chosen.indicator_names))
    assert (found.n_units, found.n_informants) == (complete["unit"].nunique(), len(complete))
    assert found.n_left_out == len(data) - len(complete) == 3
    lower = correlated_factors(chosen.factors)
    upper = correlated_factors({f"b{key}": items for key, items in chosen.factors.items()})
    fit = sem.fit(f"level: 1\n{lower}\nlevel: 2\n{upper}", complete, cluster="unit", estimator="MLR")
    assert found.named.fit.measures["chisq"] == pytest.approx(fit.measures["chisq"], abs=1e-4)
    table = fit.standardized("all").set_index(["lhs", "op", "rhs"])["est_std"]
    for row in found.correlations.to_dict("records"):
        pair = (row["first"], "~~", row["second"])
        assert row["within"] == pytest.approx(table[pair], abs=1e-4)
        assert row["between"] == pytest.approx(table["b" + pair[0], "~~", "b" + pair[2]], abs=1e-4)
        assert row["within_lower"] < row["within"] < row["within_upper"]
    assert len(found.correlations) == 15
    planted = pd.read_csv(TRUTH)[list("COMPLY")].corr().to_numpy()[np.triu_indices(6, 1)]
    assert planted.mean() == pytest.approx(0.597, abs=0.001)
    assert found.correlations["between"].mean() == pytest.approx(planted.mean(), abs=0.1)


def test_few_units_have_no_two_level_model(chosen) -> None:
    data = chosen.indicators()
    some = data[data["unit"].isin(data["unit"].unique()[:70])]
    with pytest.raises(ComplyError, match="for 75 parameters of the level of units"):
        two_level(some, chosen.factors)


def test_clusters_are_the_highest_level_known(responses) -> None:
    options = evidence.CfaOptions()
    assert options.at_highest(responses).cluster == "firm"
    alone = dataclasses.replace(responses, data=responses.data.assign(firm="F"))
    assert options.at_highest(alone).cluster == "unit"
    for given in ("unit", "none"):
        assert evidence.CfaOptions(cluster=given).at_highest(responses).cluster == given
    assert evidence.CfaOptions(estimator="ML").at_highest(responses).cluster == "none"


def test_groups_are_clustered_by_firm_where_they_do_not_cut_through_firms(responses) -> None:
    """The language is that of the firm; the region is that of the unit."""
    options = evidence.InvarianceOptions(
        groups=("questionnaire_language", "region"), level="scores", search=False, estimator="MLR"
    )
    found = {c.key: c for c in evidence.invariance(responses, options).groups}
    assert found["questionnaire_language"].estimator.endswith("clusters: firms")
    assert found["region"].estimator.endswith("clusters: units (the groups cut through firms)")
    p = found["questionnaire_language"].ladder.p("scalar")
    assert np.isfinite(p)


def test_a_step_comes_after_those_it_uses_and_does_not_call_for_them() -> None:
    assert ordered(["gaps"], STEPS) == ("gaps",)
    assert ordered(["gaps", "invariance", "actions"], STEPS) == ("invariance", "gaps", "actions")
    assert set(STEPS["actions"].uses) == {"invariance"}
    circle = dict(STEPS)
    step = circle["invariance"]
    circle["invariance"] = dataclasses.replace(step, topic=dataclasses.replace(step.topic, uses=("gaps",)))
    with pytest.raises(ComplyError, match="circle"):
        ordered(["gaps", "invariance"], circle)
