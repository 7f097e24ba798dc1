"""Simulated studies: same seed, same bytes; shares as stated; careless and missing answers as described."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from comply_measure.errors import ComplyError, InputError
from comply_measure.resources import shipped
from comply_measure.simulation import Population, load_population, simulate, simulate_to_folder, write_study
from comply_measure.simulation.files import csv_text
from comply_measure.simulation.reference import UnitReference
from comply_measure.simulation.study import firm_sizes

SHIPPED = shipped("datasets") / "msi_triads" / "population.yaml"
OWN = Path(__file__).parent / "own_population.yaml"
POPULATION = load_population(SHIPPED)
ITEMS = [item.id for item in POPULATION.items]
LARGE = 600  # firms, about 2,400 units

PRINT_HASHES = """
import hashlib, sys
from comply_measure.simulation import load_population, simulate
from comply_measure.simulation.files import csv_text
from comply_measure.simulation.reference import UnitReference
study = simulate(load_population(sys.argv[1]), 9)
for table in (study.responses, study.units, study.truth.informants):
    print(hashlib.sha256(csv_text(table).encode()).hexdigest())
"""


def changed(population: Population, **parts: Any) -> Population:
    """The population with parts of its sections replaced."""
    spec = population.spec
    for section, values in parts.items():
        spec = spec.model_copy(update={section: getattr(spec, section).model_copy(update=values)})
    return replace(population, spec=spec)


def answers_in(table: pd.DataFrame) -> set[float]:
    """Every answer that occurs; blanks left out."""
    values = table.to_numpy(dtype=float, na_value=np.nan).ravel()
    return set(values[~np.isnan(values)])


def hashes(population: Population, seed: int, n_jobs: int = 1) -> list[str]:
    study = simulate(population, seed, n_jobs=n_jobs)
    tables = (study.responses, study.units, study.truth.informants)
    return [hashlib.sha256(csv_text(table).encode()).hexdigest() for table in tables]


@pytest.fixture(scope="module")
def large() -> Any:
    return simulate(changed(POPULATION, sample={"firms": LARGE}), 3)


def test_same_seed_same_bytes_with_any_number_of_workers() -> None:
    assert hashes(POPULATION, 9) == hashes(POPULATION, 9, n_jobs=2)


def test_another_seed_gives_another_study() -> None:
    assert set(hashes(POPULATION, 9)).isdisjoint(hashes(POPULATION, 10))


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_same_bytes_whatever_the_hash_seed(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-W", "error", "-c", PRINT_HASHES, str(OWN)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == hashes(load_population(OWN), 9)


def test_negative_seed() -> None:
    with pytest.raises(ComplyError, match="seed"):
        simulate(POPULATION, -1)


def test_sizes_follow_the_stated_shares() -> None:
    sizes = firm_sizes(POPULATION, 4)
    assert dict(zip(*np.unique(sizes, return_counts=True), strict=True)) == {2: 9, 3: 12, 4: 18, 5: 12, 6: 9}
    assert sizes.sum() == 240
    uneven = changed(POPULATION, sample={"firms": 7, "units_per_firm": {1: 0.5, 2: 0.5}})
    assert sorted(firm_sizes(uneven, 4)) in ([1] * 4 + [2] * 3, [1] * 3 + [2] * 4)


def test_shape_of_responses() -> None:
    study = simulate(POPULATION, 1)
    table = study.responses
    assert list(table.columns) == ["firm", "unit", "role", "informant", *ITEMS]
    assert table["informant"].is_unique
    assert table.groupby(["unit", "role"]).size().max() == 2
    assert set(table["unit"]) <= set(study.units["unit"])
    assert table.groupby("unit")["firm"].nunique().eq(1).all()
    assert answers_in(table[ITEMS]) == {1, 2, 3, 4, 5, 6, 7, 98, 99}
    asked_of_it = [item.id for item in POPULATION.items if "it" in item.roles]
    theirs = table.loc[table["role"] == "it"]
    assert theirs[[name for name in ITEMS if name not in asked_of_it]].isna().all(axis=None)


def test_shape_of_the_truth() -> None:
    study = simulate(POPULATION, 1)
    truth = study.truth
    assert len(truth.units) == 240
    first = ~truth.informants["informant"].str.endswith("-2")
    assert first.sum() == 720 < len(truth.informants)
    assert len(truth.informants) - len(truth.absent) == len(study.responses)
    assert set(truth.careless["informant"]) <= set(study.responses["informant"])
    assert set(truth.absent["informant"]).isdisjoint(study.responses["informant"])
    assert {"alignment", "C", "joint_preparation", "size"} <= set(truth.units.columns)
    assert {"alignment", "C", "proximity", "room_daylight", "informant_competence", "method"} <= set(
        truth.informants.columns
    )
    planted = truth.noninvariant_items.set_index(["item", "role"])
    assert planted.loc[("C_dig_4", "sales"), ["threshold_shift", "loading", "loading_others"]].tolist() == [
        -0.45,
        0.40,
        0.69,
    ]


def test_own_scale_runs_with_other_categories() -> None:
    study = simulate(load_population(OWN), 1)
    items = ["hon1", "hon2", "car1", "pac1", "pac3", "kno1"]
    assert answers_in(study.responses[items]) == {0, 1, 2, 3, 4}
    assert study.responses.loc[study.responses["role"] == "seller", "pac3"].isna().all()
    assert study.responses.drop(columns="pac3").notna().all(axis=None)
    assert study.truth.careless.empty
    assert study.truth.absent.empty


def test_perceived_values_are_standardised_around_the_biases(large: Any) -> None:
    """Variance 1 within a role; means as biases; 2,400 informants per role, firms correlate a little."""
    for role, bias in (("marketing", 0.0), ("sales", -0.35), ("it", 0.35)):
        own = large.truth.informants.loc[large.truth.informants["role"] == role]
        assert own["C"].std() == pytest.approx(1.0, abs=5 * 0.016)
        assert own["C"].mean() == pytest.approx(bias, abs=5 * 0.023)


def test_consensus_share_is_the_correlation_of_two_informants(large: Any) -> None:
    wide = large.truth.informants.pivot_table(index="unit", columns="role", values="alignment")
    assert wide.corr().loc["marketing", "sales"] == pytest.approx(0.60, abs=5 * 0.014)
    assert wide.corr().loc["marketing", "it"] == pytest.approx(np.sqrt(0.60 * 0.50), abs=5 * 0.015)


def test_absent_informants_by_role_and_size(large: Any) -> None:
    informants = large.truth.informants
    for role, share in (("marketing", 0.07), ("sales", 0.07), ("it", 0.10)):
        own = informants.loc[informants["role"] == role, "absent"]
        assert own.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(own)))
    size = large.truth.units.set_index("unit")["size"].reindex(informants["unit"]).to_numpy()
    absent = informants["absent"].to_numpy() == 1
    difference = size[absent].mean() - size[~absent].mean()
    # logit slope .6: the sizes of the absent lie about .6·(1 - share) higher
    assert difference == pytest.approx(0.55, abs=5 / np.sqrt(absent.sum()))


def test_items_left_out_and_not_judged(large: Any) -> None:
    table = large.responses
    asked = np.array([[role in item.roles for item in POPULATION.items] for role in table["role"]])
    blank = table[ITEMS].isna().to_numpy()
    assert blank[~asked].all()
    left_out = blank[asked]
    assert left_out.mean() == pytest.approx(0.02, abs=5 * np.sqrt(0.02 / left_out.size))
    judged = [item.id for item in POPULATION.items if "cannot_judge" in item.offers]
    other = [item.id for item in POPULATION.items if "cannot_judge" not in item.offers]
    asked = np.array(
        [
            ["cannot_judge" in item.offers and role in item.roles for item in POPULATION.items]
            for role in table["role"]
        ]
    )
    assert not (table[other] == 99).any(axis=None)
    for role, share in (("sales", 0.01), ("it", 0.02)):
        own = (table.loc[table["role"] == role, judged] == 99).sum(axis=1) / asked[table["role"] == role].sum(
            axis=1
        )
        assert own.mean() == pytest.approx(share, abs=0.15 * share)


def test_competence_lowers_doubt_and_noise(large: Any) -> None:
    joined = large.responses.merge(
        large.truth.informants[["informant", "informant_competence", "careless"]], on="informant"
    )
    joined = joined.loc[(joined["careless"] == "attentive") & (joined["role"] == "marketing")]
    able = joined["informant_competence"] > 0.1
    doubt = (joined[ITEMS] == 99).sum(axis=1)
    assert doubt[able].mean() < 0.7 * doubt[~able].mean()
    pair = joined[["O_pri_1", "O_pri_4"]].astype(float).replace([98, 99], np.nan)
    assert pair[able].corr().iloc[0, 1] > pair[~able].corr().iloc[0, 1]


def test_careless_share_and_kinds(large: Any) -> None:
    kinds = large.truth.informants["careless"].value_counts()
    total = kinds.sum()
    careless = total - kinds["attentive"]
    assert careless / total == pytest.approx(0.03, abs=4 * np.sqrt(0.03 * 0.97 / total))
    assert kinds["straightliner"] / careless == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(careless))


def test_careless_answers_look_careless(large: Any) -> None:
    answers = large.responses.set_index("informant")[ITEMS].astype(float).replace([98, 99], np.nan)
    kinds = large.truth.careless.set_index("informant")["kind"]
    straight = answers.loc[kinds.index[kinds == "straightliner"]]
    modes = straight.mode(axis=1)[0]
    same = straight.eq(modes, axis=0).sum(axis=1) / straight.notna().sum(axis=1)
    # with a straight answer of 7 the slip upwards stays at 7
    assert same.mean() == pytest.approx(0.97, abs=0.01)
    assert set(modes) <= {4, 5, 6, 7}
    random = answers.loc[kinds.index[kinds == "random"]].to_numpy().ravel()
    _, counts = np.unique(random[~np.isnan(random)], return_counts=True)
    np.testing.assert_allclose(counts / counts.sum(), 1 / 7, atol=4 * np.sqrt(1 / 7 * 6 / 7 / counts.sum()))


def test_careless_share_does_not_touch_attentive_answers() -> None:
    without = changed(POPULATION, careless={"share": 0.0})
    careful, usual = simulate(without, 2), simulate(POPULATION, 2)
    careless = set(usual.truth.careless["informant"])
    keep = ~usual.responses["informant"].isin(careless)
    pd.testing.assert_frame_equal(careful.responses[keep], usual.responses[keep])
    assert not careful.responses[~keep].equals(usual.responses[~keep])


def test_reverse_keyed_items_are_stored_as_answered(large: Any) -> None:
    attentive = large.truth.informants.query("careless == 'attentive' and absent == 0")["informant"]
    table = (
        large.responses.set_index("informant").loc[attentive, ITEMS].astype(float).replace([98, 99], np.nan)
    )
    assert table["C_pro_1"].corr(table["C_pro_5"]) < -0.2
    assert table["C_pro_1"].corr(table["C_pro_4"]) > 0.4


def test_outcomes_follow_their_coefficients(large: Any) -> None:
    units = large.units.merge(large.truth.units, on=["firm", "unit"], suffixes=("", "_latent"))
    causes = ["alignment", "salesperson_benefits", "customer_drawbacks"]
    design = np.column_stack([np.ones(len(units)), units[causes]])
    estimate = np.linalg.lstsq(design, units["customer_retention"].to_numpy(float), rcond=None)[0]
    # a few per cent are held at the limit of 100, which pulls the slopes towards zero by about as much
    np.testing.assert_allclose(estimate, [82, 2.0, 1.5, -2.5], atol=5 * 0.16)


def test_written_twice_the_same(tmp_path: Path) -> None:
    first = simulate_to_folder(OWN, tmp_path / "a", 8)
    second = simulate_to_folder(OWN, tmp_path / "b", 8)
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert b"\r" not in (tmp_path / "a" / "responses.csv").read_bytes()


def test_reference_is_written_beside_the_truth(tmp_path: Path) -> None:
    tables = {
        "moments": pd.DataFrame(
            {"a": ["C"], "b": ["O"], "covariance": [0.25], "correlation": [0.5], "mcse": [0.01]}
        ),
        "means": pd.DataFrame({"variable": ["C"], "mean": [4.25], "mcse": [0.02]}),
        "paths": pd.DataFrame(
            {"lhs": ["C"], "rhs": ["O"], "latent": [0.6], "observed": [0.5], "mcse": [0.03]}
        ),
    }
    reference = UnitReference(n_units=3200, n_batches=50, seed=9, **tables)
    study = simulate(load_population(OWN), 8)
    paths = write_study(study, tmp_path / "study", OWN, reference=reference, reference_units=3200)
    written = {path.name: path for path in paths}
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.read_csv(written[f"reference_{name}.csv"]), table)
    record = json.loads(written["study.json"].read_text(encoding="utf-8"))
    assert record["reference"] == {"n_units": 3200, "seed": 9, "batches": 50}
    assert record["command"].endswith("--seed 8 --reference-units 3200")
    described = yaml.safe_load(written["dataset.yaml"].read_text(encoding="utf-8"))["other_files"]
    assert described["truth_reference_means"] == "truth/reference_means.csv"
    without = write_study(study, tmp_path / "bare", OWN)
    assert {path.name for path in paths} - {path.name for path in without} == {
        f"reference_{n}.csv" for n in tables
    }
    assert "reference" not in json.loads(
        (tmp_path / "bare" / "truth" / "study.json").read_text(encoding="utf-8")
    )


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_study(simulate(load_population(OWN), 1), tmp_path / "file", OWN)


def test_numbers_in_csv() -> None:
    table = pd.DataFrame({"x": [0.5, -0.00001, np.nan], "n": [1, 2, 3], "t": ["a", "b", "c"]})
    assert csv_text(table) == "x,n,t\n0.5000,1,a\n0.0000,2,b\n,3,c\n"
    assert csv_text(table, 1) == "x,n,t\n0.5,1,a\n0.0,2,b\n,3,c\n"
