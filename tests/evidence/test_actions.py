"""Calls on attributes: against the shipped truth, with norms, and where nothing can be said."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence
from comply_measure.errors import InputError
from comply_measure.evidence.norms import read_norms
from comply_measure.evidence.topics.actions import ActionsEvidence
from comply_measure.evidence.topics.invariance import InvarianceEvidence
from comply_measure.resources import shipped
from comply_measure.responses import load_dataset
from comply_measure.simulation import load_population, truth_reference
from comply_measure.simulation.latent_moments import target_covariance, target_means
from comply_measure.simulation.plan import plan_targets
from comply_measure.simulation.rating_moments import item_target_covariance

#: Attributes with items that are harder to agree to, in population.yaml; their levels are those of the others.
HARD = ("transparency", "measurability", "availability", "proximity")


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def invariance(responses) -> InvarianceEvidence:
    return evidence.invariance(responses)


def calls(responses, invariance, folder: Path = Path(), **options) -> ActionsEvidence:
    chosen = evidence.ActionOptions(replications=200, **options)
    return evidence.actions(responses, chosen, invariance=invariance, folder=folder)


def answers(found: ActionsEvidence, rule: str) -> dict[str, str]:
    return {v.subject[0]: v.answer for v in found.verdicts({}) if v.rule == rule}


def true_distances() -> pd.Series:
    """Root mean square distance of two roles' views of an attribute, in scale points, from the population file.

    Views have variance 1, so that D² = λ̄² · mean over pairs of [(κ_a − κ_b)² + φ_aa + φ_bb − 2φ_ab] with λ̄ the mean
    covariance of a rating with the view, over the items that no role answers differently. Without response style: the
    method factor moves ratings and is no part of a view.
    """
    population = load_population(shipped("datasets") / "msi_triads" / "population.yaml")
    population = population.with_attribute_set("20")
    plan, roles = plan_targets(population), range(len(population.roles))
    means = target_means(plan)
    shared = [item_target_covariance(population, role) for role in roles]
    odd = {planted.item for planted in population.spec.noninvariant_items}
    found = {}
    for key in population.attribute_parents:
        at = plan.names.index(key)
        own = [n for n, item in enumerate(population.items) if item.construct == key and item.id not in odd]
        squares = []
        for one, other in combinations(roles, 2):
            pairs = ((one, one), (other, other), (one, other))
            a, b, ab = (target_covariance(plan, population.unit_model, *pair)[at, at] for pair in pairs)
            squares.append((means[one, at] - means[other, at]) ** 2 + a + b - 2 * ab)
        found[key] = np.mean([shared[role][own, at] for role in roles]) * np.sqrt(np.mean(squares))
    return pd.Series(found)


@pytest.mark.parametrize("threshold", [0.8, 0.9, 1.0, 1.1, 1.2])
def test_no_call_on_disputes_is_wrong(responses, invariance, threshold: float) -> None:
    true = true_distances()
    found = answers(calls(responses, invariance, disputed=threshold), "actions.disputed")
    assert set(found) == set(true.index)
    for name, answer in found.items():
        if answer != "cannot say":
            assert (answer == "supported") == (true[name] > threshold), (name, answer)
    given = set(found.values())
    if threshold == 0.8:
        assert sum(answer == "supported" for answer in found.values()) >= 15
    if threshold == 1.2:  # the largest is 1.13
        assert given == {"cannot say", "not supported"}


def test_without_norms_nothing_is_low(responses, invariance) -> None:
    found = calls(responses, invariance)
    assert set(answers(found, "actions.low").values()) == {"cannot say"}
    lowest = found.table.nsmallest(4, "level")["column"]
    assert set(lowest) == set(HARD)


def test_norms_tell_hard_items_from_low_levels(responses, invariance, tmp_path: Path) -> None:
    """With the population's means as norms no hard attribute is low; an attribute set one point below its norm is."""
    means = truth_reference("msi_triads").gaps()
    own = means[means["level"] == "attribute"]
    norm = pd.concat(
        [own[["construct", "mean"]], own[["construct", "mean_other"]].set_axis(["construct", "mean"], axis=1)]
    )
    norm = norm.groupby("construct", sort=False)["mean"].mean()
    rows = pd.DataFrame({"name": norm.index, "norm": norm.to_numpy(), "se": 0.02})
    rows.loc[rows["name"] == "equality", "norm"] += 1
    rows.to_csv(tmp_path / "norms.csv", index=False)
    found = calls(responses, invariance, tmp_path, norms="norms.csv", disputed=4.0)
    low = answers(found, "actions.low")
    assert {low[name] for name in HARD} == {"cannot say"}
    assert [name for name, answer in low.items() if answer == "supported"] == ["equality"]
    assert set(found.levers["attribute"]) <= {"equality"}
    row = found.table.set_index("column").loc["equality"]
    se = np.hypot((row["level_upper"] - row["level_lower"]) / 2 / 1.959964, 0.02)
    assert row["norm_se"] == 0.02
    assert abs(row["level"] - row["norm"]) / se > 5


def test_without_a_latent_model_no_dispute_is_called(responses) -> None:
    found = calls(responses, None)
    assert set(answers(found, "actions.disputed").values()) == {"cannot say"}
    assert {v.case for v in found.verdicts({}) if v.rule == "actions.disputed"} == {"unknown"}
    assert found.table["note"].str.contains("no latent model").all()
    assert found.levers.empty
    assert found.interventions.empty


def test_norms_of_items_make_norms_of_attributes(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    path.write_text("name,norm,se\ni1,3,0.3\ni2,5,0.4\nb,4.5,\n", encoding="utf-8")
    found = read_norms(path, {"a": ["i1", "i2"], "b": ["i3"], "c": ["i1", "i3"]}, (1, 7)).set_index("column")
    assert found.loc["a"].tolist() == [4.0, pytest.approx(0.25)]
    assert found.loc["b"].tolist() == [4.5, 0.0]
    assert found.loc["c"].isna().all()


def test_every_fault_of_a_file_of_norms_is_named(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    path.write_text("name,norm,se\nequalty,4,0\nequality,9,0\nequality,4,-1\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_norms(path, {"equality": ["x"]}, (1, 7))
    found = [(problem.row, problem.column) for problem in error.value.problems]
    assert found == [(2, "name"), (3, "norm"), (4, "name"), (4, "se")]
    assert "did you mean 'equality'" in str(error.value)
    path.write_text("attribute,norm\nequality,4\n", encoding="utf-8")
    with pytest.raises(InputError, match="column is absent") as error:
        read_norms(path, {"equality": ["x"]}, (1, 7))
    with pytest.raises(InputError, match="cannot be read"):
        read_norms(tmp_path / "absent.csv", {"equality": ["x"]}, (1, 7))
