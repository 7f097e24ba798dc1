"""Simulated journeys: the shipped data set is what its population makes, and moments are those stated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from comply_measure.errors import ComplyError, InputError
from comply_measure.responses import load_dataset
from comply_measure.simulation import load_journey_population, simulate_journey, simulate_to_folder

FOLDER = Path(__file__).parents[2] / "datasets" / "journey_triads"
STAGES = ("be_aware", "consider", "evaluate", "purchase", "confirm", "bond")


def test_the_shipped_data_set_is_made_from_its_population(tmp_path: Path) -> None:
    names = simulate_to_folder(FOLDER / "population.yaml", tmp_path, 2026)
    assert len(names) == 7
    for path in names:
        relative = path.relative_to(tmp_path)
        assert path.read_bytes() == (FOLDER / relative).read_bytes(), relative


def test_it_is_read_as_a_study_of_the_journey_form() -> None:
    responses = load_dataset("journey_triads")
    assert (responses.n_units, responses.n_firms, responses.form) == (240, 60, "journey")
    assert tuple(responses.stage_items()) == STAGES
    assert list(responses.units.columns) == ["industry", "region", "customer_type"]


def test_large_samples_have_the_implied_moments() -> None:
    population = load_journey_population(FOLDER / "population.yaml").with_firms(3000)
    study = simulate_journey(population, 4)
    items = [population.items[stage, dim] for stage in STAGES for dim in population.dimensions]
    answers = study.responses[items].astype(float)
    turned = [name for name in items if population.scale.item(name).keying < 0]
    answers[turned] = 8 - answers[turned]
    role = study.responses["role"].to_numpy()
    implied = population.implied_means()
    for place, name in enumerate(population.spec.roles):
        means = answers[role == name].mean().to_numpy().reshape(6, 6)
        assert_allclose(means, implied[place], atol=0.04)
    shares = answers[role == "it"].isna().to_numpy().reshape(-1, 6, 6).all(axis=2).mean(axis=0)
    assert_allclose(shares, [0.30, 0.15, 0, 0.05, 0, 0.20], atol=0.015)
    # two roles agree more where a larger part of what the stage brings is common to the unit
    wide = answers.assign(unit=study.responses["unit"], role=role).set_index(["unit", "role"])
    between = [
        np.mean(
            [
                wide[population.items[stage, dim]].unstack()[["marketing", "sales"]].corr().iloc[0, 1]
                for dim in "CM"
            ]
        )
        for stage in ("be_aware", "consider", "purchase")
    ]
    assert between[0] < between[1] < between[2]


def test_the_seed_decides() -> None:
    population = load_journey_population(FOLDER / "population.yaml").with_firms(3)
    first, again, other = (simulate_journey(population, seed) for seed in (1, 1, 2))
    assert first.responses.equals(again.responses)
    assert not first.responses.equals(other.responses)
    with pytest.raises(ComplyError, match="seed"):
        simulate_journey(population, -1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("unit: 0.20", "unit: 0.90", "nothing is left"),
        ("it: -0.50", "itt: -0.50", "role"),
        ("dimension: C", "dimension: Q", "dimension"),
        ("be_aware:", "be_awar:", "stage"),
        ("[-2.00, -1.35,", "[-1.35,", "threshold"),
        ("scale: comply", "scale: comly", "comly"),
        ("large: 0.35}", "lage: 0.35}", "unknown categories"),
    ],
)
def test_faults_of_a_population_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (FOLDER / "population.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "population.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_journey_population(path)
