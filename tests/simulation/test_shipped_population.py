"""The population of the shipped study: wording, levels of items, what does not apply, attention items."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from comply_measure.cli.dataset import study_text
from comply_measure.errors import InputError
from comply_measure.resources import shipped
from comply_measure.responses import responses_from_frame
from comply_measure.responses.datasets import read_description
from comply_measure.simulation import (
    SimulatedStudy,
    item_moments,
    load_population,
    simulate,
    simulate_to_folder,
    truth_reference,
)
from comply_measure.simulation.answers import _invited
from comply_measure.simulation.informant_level import draw_informants
from comply_measure.simulation.plan import plan_items, plan_targets
from comply_measure.simulation.unit_level import draw_units

FILE = shipped("datasets") / "msi_triads" / "population.yaml"
POPULATION = load_population(FILE)
MARKETING = POPULATION.roles.index("marketing")


@pytest.fixture(scope="module")
def study() -> SimulatedStudy:
    return simulate(POPULATION, seed=3)


def test_every_item_of_the_full_form_has_parameters() -> None:
    plan = plan_items(POPULATION)
    asked = [item.id for scale in POPULATION.scales for item in scale.items_for("full", "21")]
    assert list(plan.ids) == asked
    reverse = np.array([item.keying < 0 for item in POPULATION.items])
    assert set(plan.wording[reverse]) == {0.30}
    assert set(plan.wording[~reverse]) == {0.0}
    used = plan.loading**2 + plan.method**2 + plan.wording**2 + plan.unique_sd**2
    assert used == pytest.approx(np.ones_like(used))
    item = plan.ids.index("P_acc_4")
    typical = POPULATION.spec.items.thresholds["typical"]
    assert plan.thresholds[MARKETING, item] == pytest.approx(np.array(typical) + 0.60)


def test_the_wording_factor_is_in_the_implied_covariances() -> None:
    """Two reverse-keyed items of different attributes share ω² = .09 more of a latent answer than without it."""
    items = POPULATION.spec.items.model_copy(update={"reverse_loading": 0.0})
    without = load_population(FILE)
    object.__setattr__(without, "spec", without.spec.model_copy(update={"items": items}))
    pair = ("C_dig_7@marketing", "O_def_3@marketing")
    shared = []
    for population in (POPULATION, without):
        moments = item_moments(population)
        one, two = (moments.labels.index(name) for name in pair)
        deviations = np.sqrt(np.diag(moments.covariance))
        shared.append(moments.covariance[one, two] / deviations[one] / deviations[two])
    assert shared[0] - shared[1] == pytest.approx(0.09, abs=0.01)


def test_what_does_not_apply_is_a_fact_of_the_unit(study: SimulatedStudy) -> None:
    table = study.responses
    offered = [item.id for item in POPULATION.items if "does_not_apply" in item.offers]
    assert offered == ["C_dig_4", "C_dig_5", "L_prox_5", "MP_4", "MF_4", "MF_5"]
    others = [name for name in table.columns[4:] if name not in offered]
    assert not (table[others] == 98).any(axis=None)
    said = (
        table[table["C_dig_4"].notna()].groupby("unit")["C_dig_4"].agg(lambda answers: (answers == 98).mean())
    )
    assert set(said) == {0.0, 1.0}
    assert said.mean() == pytest.approx(0.06, abs=3 * np.sqrt(0.06 * 0.94 / len(said)))


def test_the_answers_are_read_with_both_reasons_apart(study: SimulatedStudy) -> None:
    read = responses_from_frame(
        study.responses, list(POPULATION.scales), form="full", attribute_set="21", informants="all"
    )
    counts = read.missing_reason["C_dig_4"].value_counts()
    assert counts["does_not_apply"] == (study.responses["C_dig_4"] == 98).sum() > 0
    assert counts["cannot_judge"] == (study.responses["C_dig_4"] == 99).sum() > 0
    assert not (read.missing_reason["ATT_1"] == "cannot_judge").any()


def test_attentive_informants_follow_the_instruction(study: SimulatedStudy) -> None:
    truth = study.truth.informants
    attentive = truth.loc[truth["careless"] == "attentive", "informant"]
    answers = study.responses[study.responses["informant"].isin(attentive)]
    for item, asked in (("ATT_1", 5), ("ATT_2", 2)):
        assert set(answers[item].dropna()) == {asked}
        careless = study.responses[~study.responses["informant"].isin(attentive)][item].dropna()
        assert (careless != asked).mean() > 0.5
    assert not [name for name in item_moments(POPULATION).names if name.startswith("ATT")]


def test_the_wording_factor_is_part_of_the_truth(study: SimulatedStudy) -> None:
    truth = study.truth.informants
    assert truth["wording"].std() == pytest.approx(1.0, abs=0.1)
    table = study.responses.merge(truth[["informant", "wording", "careless"]], on="informant")
    table = table[table["careless"] == "attentive"]
    raw = table["O_mea_4"].where(table["O_mea_4"] <= 7).astype(float)
    assert raw.corr(table["wording"]) == pytest.approx(-0.30, abs=0.11)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("reverse_loading: 0.30", "reverse_loading: 0.95", "loading, method and wording loading use"),
        ("shifts: {P_acc_4: 0.60", "shifts: {P_acc_3: 0.60", "did you mean 'P_acc_"),
        ("O_def_3: 0.55", "O_def_3: 0.55, ATT_1: 0.5", "unknown item"),
    ],
)
def test_faults_name_the_item(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE.name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_population(tmp_path / FILE.name)
    assert any(message in str(problem) for problem in caught.value.problems), str(caught.value)


def test_some_units_have_two_informants_of_one_role(study: SimulatedStudy) -> None:
    """Shares .20, .25 and .10, less those absent (.07, .07, .10)."""
    sizes = study.responses.groupby(["role", "unit"]).size()
    several = (sizes > 1).groupby("role").sum()
    n_units = len(study.units)
    for role, share, absent in (("marketing", 0.20, 0.07), ("sales", 0.25, 0.07), ("it", 0.10, 0.10)):
        expected = share * (1 - absent) ** 2
        assert several[role] / n_units == pytest.approx(expected, abs=3 * np.sqrt(expected / n_units))
    assert sizes.max() == 2
    ids = study.responses["informant"]
    assert ids.is_unique
    assert ids.str.endswith("-2").sum() > 80
    assert len(study.truth.informants) == len(ids) + len(study.truth.absent)
    read = responses_from_frame(
        study.responses, list(POPULATION.scales), form="full", attribute_set="21", informants="all"
    )
    assert read.n_informants == len(ids)


def test_two_informants_of_a_role_are_as_alike_as_stated() -> None:
    """What two marketing informants perceive of alignment: √c√c from the unit, (1 − c)·.5 from their role; c = .60."""
    sample = POPULATION.spec.sample.model_copy(update={"firms": 1500})
    large = replace(POPULATION, spec=POPULATION.spec.model_copy(update={"sample": sample}))
    targets = plan_targets(large)
    assert targets.first.tolist() == [0, 1, 2, 0, 1, 2]
    firms = np.repeat(np.arange(1500), 4)
    rng = np.random.default_rng(5)
    perceived = draw_informants(targets, draw_units(large, firms, rng, rng), rng).targets
    at = {name: place for place, name in enumerate(targets.names)}

    def alike(one: int, other: int, name: str) -> float:
        return float(np.corrcoef(perceived[:, one, at[name]], perceived[:, other, at[name]])[0, 1])

    assert alike(0, 3, "alignment") == pytest.approx(0.60 + 0.40 * 0.5, abs=0.02)
    assert alike(0, 1, "alignment") == pytest.approx(0.60, abs=0.03)
    assert alike(0, 4, "alignment") == pytest.approx(0.60, abs=0.03)
    assert alike(0, 3, "room_daylight") == pytest.approx(0.60 + 0.40 * 0.5, abs=0.02)
    assert perceived[:, 3, at["C"]].std() == pytest.approx(1.0, abs=0.03)
    assert perceived[:, 4, at["C"]].mean() == pytest.approx(-0.35, abs=0.05), "the bias is the role's"


def test_the_readme_counts_what_does_not_apply_and_who_answers_twice(
    study: SimulatedStudy, tmp_path: Path
) -> None:
    simulate_to_folder(FILE, tmp_path, 3)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    table = study.responses
    offered = [item for item in POPULATION.items if "does_not_apply" in item.offers]
    asked = sum(int(table["role"].isin(item.roles).sum()) for item in offered)
    share = 100 * sum(int((table[item.id] == 98).sum()) for item in offered) / asked
    assert f'- 6 items offer "does not apply"; {share:.1f} % of their answers are that.' in text
    several = int((table.groupby(["unit", "role"]).size() > 1).sum())
    assert f"- {several} times two informants of one role in a unit." in text
    assert "99: cannot judge, 98: does not apply |" in text
    description = read_description(tmp_path / "dataset.yaml")
    assert description.informants == "first"
    assert yaml.safe_load(study_text(description))["data"]["informants"] == "first"
    without = tmp_path / "without"
    one_each = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    del one_each["sample"]["second_informants"]
    (tmp_path / "one_each.yaml").write_text(yaml.safe_dump(one_each, sort_keys=False), encoding="utf-8")
    simulate_to_folder(tmp_path / "one_each.yaml", without, 3)
    assert read_description(without / "dataset.yaml").informants is None
    assert "times two informants" not in (without / "README.md").read_text(encoding="utf-8")


def test_second_informants_are_asked_with_the_stated_probability() -> None:
    """Over 60 seeds of all 240 units the counts lie within three standard errors of binomial means."""
    roles = len(POPULATION.roles)
    shares = [seat.share for seat in POPULATION.seats[roles:]]
    counts = np.zeros(len(shares))
    for seed in range(60):
        counts += _invited(POPULATION, 240, np.random.default_rng(seed))[:, roles:].sum(axis=0)
    error = np.sqrt(60 * 240 * np.array(shares) * (1 - np.array(shares)))
    assert shares == [0.20, 0.25, 0.10]
    assert (np.abs(counts - 60 * 240 * np.array(shares)) < 3 * error).all()


def test_the_shipped_draw_of_second_informants_is_the_documented_one() -> None:
    informants = truth_reference("msi_triads").informants
    second = informants[informants["informant"].str.endswith("-2")]
    assert second.groupby("role").size().to_dict() == {"marketing": 41, "sales": 41, "it": 13}
    assert int((second["absent"] == 0).sum()) == 90
