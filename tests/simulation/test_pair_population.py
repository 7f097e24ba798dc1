"""Simulated pairs of functions: the shipped data set is what its population makes, and moments are those stated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure.errors import ComplyError, InputError
from comply_measure.responses import load_dataset, pair_ratings
from comply_measure.simulation import load_pair_population, simulate_pairs, simulate_to_folder
from comply_measure.simulation.pairs import MINIMUM_VARIANCE, pair_states

FOLDER = Path(__file__).parents[2] / "datasets" / "pair_triads"


def test_the_shipped_data_set_is_made_from_its_population(tmp_path: Path) -> None:
    names = simulate_to_folder(FOLDER / "population.yaml", tmp_path, 2026)
    assert len(names) == 7
    for path in names:
        relative = path.relative_to(tmp_path)
        assert path.read_bytes() == (FOLDER / relative).read_bytes(), relative


def test_it_is_read_as_a_study_of_two_forms() -> None:
    responses = load_dataset("pair_triads")
    assert (responses.n_units, responses.n_firms, responses.n_informants) == (240, 60, 675)
    rated = pair_ratings(responses)
    assert len(rated) == 675 * 18 and rated["inside"].mean() == pytest.approx(2 / 3, abs=0.01)
    assert not set(rated["item"]) & {item.id for item in responses.items("comply")}  # they make no score
    assert (
        rated.query("item == 'D_ms_P'")["rating"].corr(responses.data["D_ms_P"].astype(float)) < 0
    )  # recoded


def test_states_have_the_covariance_stated_in_closed_form() -> None:
    population = load_pair_population(FOLDER / "population.yaml")
    assert pytest.approx(0.559467, abs=1e-6) == MINIMUM_VARIANCE  # Harter (1961), expected order statistics
    rng = np.random.default_rng(3)
    spec = population.with_firms(60_000).spec
    states, triad = pair_states(spec, np.repeat(np.arange(60_000), 4), rng)
    drawn = np.column_stack([states, states.mean(axis=1), states.min(axis=1), triad])
    assert_allclose(np.cov(drawn.T), population.state_covariance(), atol=0.02)
    table = pd.read_csv(FOLDER / "truth" / "states.csv").set_index("of")
    r = np.corrcoef(drawn.T)[-1, :-1]
    assert_allclose(r, table["correlation"][:-1], atol=0.005)
    both = np.column_stack([np.ones(len(triad)), drawn[:, 3:5]])
    left = triad - both @ np.linalg.lstsq(both, triad, rcond=None)[0]
    assert 1 - left.var() / triad.var() == pytest.approx(table["r_squared"]["mean and minimum"], abs=0.005)


def test_large_samples_have_the_implied_means() -> None:
    population = load_pair_population(FOLDER / "population.yaml").with_firms(2000)
    study = simulate_pairs(population, 4)
    role, implied = study.responses["role"].to_numpy(), population.implied_means()
    for p, pair in enumerate(population.spec.pairs):
        items = [population.items[pair, d] for d in population.dimensions]
        answers = study.responses[items].astype(float)
        turned = [name for name in items if population.scale.item(name).keying < 0]
        answers[turned] = 8 - answers[turned]
        for r, name in enumerate(population.spec.roles):
            assert_allclose(answers[role == name].mean(), implied[r, p], atol=0.06)


def test_the_seed_decides() -> None:
    population = load_pair_population(FOLDER / "population.yaml").with_firms(3)
    first, again, other = (simulate_pairs(population, seed) for seed in (1, 1, 2))
    assert first.responses.equals(again.responses)
    assert not first.responses.equals(other.responses)
    with pytest.raises(ComplyError, match="seed"):
        simulate_pairs(population, -1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("inside: 0.45", "inside: 0.95", "nothing is left"),
        ("state: 0.40", "state: 0.95", "nothing is left"),
        ("sales: -0.20, it", "slaes: -0.20, it", "role"),
        ("shifts: {Y:", "shifts: {Q:", "dimension"),
        ("  si: {level", "  sx: {level", "pair"),
        ("[-2.00, -1.35,", "[-1.35,", "threshold"),
        ("scale: comply", "scale: comly", "comly"),
    ],
)
def test_faults_of_a_population_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (FOLDER / "population.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "population.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_pair_population(path)
