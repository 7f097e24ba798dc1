"""The data set msi_triads: made by its command, of the stated size, and near its own truth."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.resources import shipped
from comply_measure.simulation import load_population, simulate_to_folder, truth_reference, unit_reference
from comply_measure.simulation.reference import score_names

FOLDER = shipped("datasets") / "msi_triads"
RECORD = json.loads((FOLDER / "truth" / "study.json").read_text(encoding="utf-8"))
TRUTH = truth_reference("msi_triads")
RESPONSES = pd.read_csv(FOLDER / "responses.csv")


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("remade")
    simulate_to_folder(FOLDER / "population.yaml", folder, RECORD["seed"])
    return folder


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", text)]


@pytest.mark.parametrize(
    "name",
    [
        "responses.csv",
        "units.csv",
        *(f"truth/{part}.csv" for part in ("careless", "absent_informants", "noninvariant_items")),
    ],
)
def test_data_are_what_the_command_makes(name: str, remade: Path) -> None:
    assert (remade / name).read_bytes() == (FOLDER / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["units", "informants", "implied_loadings", "implied_reliability", "implied_icc", "implied_gaps"]
)
def test_truth_is_what_the_command_makes(name: str, remade: Path) -> None:
    """To one unit in the last place: another platform's exp may round the last digit the other way."""
    stored, made = (
        (folder / "truth" / f"{name}.csv").read_text(encoding="utf-8") for folder in (FOLDER, remade)
    )
    assert re.sub(r"-?\d+\.\d+", "", stored) == re.sub(r"-?\d+\.\d+", "", made)
    np.testing.assert_allclose(numbers(stored), numbers(made), atol=1.01e-4)


def test_command_is_recorded() -> None:
    assert RECORD["command"] in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"--seed {RECORD['seed']}" in RECORD["command"]
    assert RECORD["population_sha256"] == load_population(FOLDER / "population.yaml").sha256


def test_readme_is_generated_from_the_data(remade: Path) -> None:
    """The shipped text adds only the lines on the large-sample reference."""
    stored = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    extra = [
        line for line in stored if line not in (remade / "README.md").read_text(encoding="utf-8").splitlines()
    ]
    assert [line.split("`")[1] for line in extra if line.startswith("|")] == [
        "reference_moments.csv",
        "reference_means.csv",
        "reference_paths.csv",
    ]
    assert [line for line in extra if not line.startswith("|")] == [RECORD["command"]]


def test_size_and_shares() -> None:
    units = pd.read_csv(FOLDER / "units.csv")
    assert len(units) == 240
    assert units["firm"].nunique() == 60
    # second informants in shares .20, .25 and .10 of the units
    error = np.sqrt(240 * (0.16 + 0.1875 + 0.09))
    assert len(TRUTH.informants) == pytest.approx(720 + 240 * 0.55, abs=4 * error)
    assert 1 - len(RESPONSES) / len(TRUTH.informants) == pytest.approx(0.08, abs=0.02)
    assert len(TRUTH.careless) / len(RESPONSES) == pytest.approx(0.03, abs=0.01)
    assert set(TRUTH.careless["kind"]) == {"straightliner", "random"}
    assert RESPONSES["unit"].nunique() == 240


def test_truth_matches_the_data_row_by_row() -> None:
    present = TRUTH.informants.query("absent == 0")
    assert present["informant"].tolist() == RESPONSES["informant"].tolist()
    assert len(TRUTH.absent) == len(TRUTH.informants) - len(RESPONSES)
    assert set(TRUTH.noninvariant_items["item"]) == {"Y_tool_4", "P_acc_4", "L_prox_5", "C_dig_4"}


def test_planned_characteristics() -> None:
    """What makes the study look like a decent one."""
    assert TRUTH.reliability().query("level == 'dimension'")["alpha"].between(0.75, 0.90).all()
    assert TRUTH.icc().query("level == 'dimension'")["icc1"].between(0.30, 0.50).all()
    gaps = TRUTH.gaps().query("level == 'dimension'")["gap"].abs()
    assert gaps.max() < 0.65
    assert (gaps > 0.2).sum() >= 8
    stated = TRUTH.loadings().query("level == 'dimension'")["latent"]
    assert stated.between(0.60, 0.85).all()


def test_gaps_are_near_the_truth() -> None:
    """Mean gaps of the attentive, complete triads within 4 standard errors of the implied ones."""
    items = RESPONSES.columns[4:]
    careless = set(TRUTH.careless["informant"])
    attentive = RESPONSES.loc[~RESPONSES["informant"].isin(careless)]
    raw = attentive[items].astype(float).replace([98, 99], np.nan)
    reverse = [item.id for item in TRUTH.population.items if item.keying < 0]
    raw[reverse] = 8 - raw[reverse]
    attributes = TRUTH.population.attribute_parents
    by_construct = {key: [i.id for i in TRUTH.population.items if i.construct == key] for key in attributes}
    scores = pd.DataFrame({key: raw[names].mean(axis=1) for key, names in by_construct.items()})
    dimensions = scores.T.groupby(attributes).mean().T
    wide = dimensions.assign(unit=attentive["unit"], role=attentive["role"]).pivot_table(
        index="unit", columns="role"
    )
    for row in TRUTH.gaps().query("level == 'dimension'").itertuples():
        difference = (wide[row.construct, row.role] - wide[row.construct, row.other]).dropna()
        assert difference.mean() == pytest.approx(
            row.gap, abs=4 * row.sd_difference / np.sqrt(len(difference))
        )


def test_stored_reference() -> None:
    assert set(TRUTH.unit_moments["a"]) == set(score_names(TRUTH.population))
    covariance = TRUTH.unit_covariance()
    assert covariance.shape == (len(score_names(TRUTH.population)),) * 2
    assert (covariance == covariance.T).all(axis=None)
    assert np.linalg.eigvalsh(covariance).min() > -1e-3
    paths = TRUTH.paths.set_index(["lhs", "rhs"])
    assert paths.loc[("joint_preparation", "alignment"), "latent"] == 0.60
    assert np.sign(paths["observed"]).eq(np.sign(paths["latent"])).all()
    assert (paths["observed"].abs() / paths["mcse"] > 8).all()
    assert (paths["mcse"] < 0.01).all()


def test_stored_reference_agrees_with_the_closed_form() -> None:
    """Unit means of dimension scores: correlations within 4.5 Monte Carlo errors."""
    moments = TRUTH.moments("dimension")
    names = TRUTH.population.dimension_keys
    weights = np.array([[name == key for name in moments.names] for key in names]) / 3.0
    covariance = weights @ moments.covariance @ weights.T
    sd = np.sqrt(np.diag(covariance))
    stored = TRUTH.unit_moments.set_index(["a", "b"])
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            row = stored.loc[(one, names[j])]
            exact = covariance[i, j] / sd[i] / sd[j]
            assert row["correlation"] == pytest.approx(exact, abs=4.5 * row["mcse"])
    means = TRUTH.unit_means.set_index("variable").loc[list(names)]
    assert (np.abs(means["mean"] - weights @ moments.mean) < 4.5 * means["mcse"]).all()


@pytest.mark.slow
def test_reference_simulation() -> None:
    """Reduced: 3,200 units with another seed within 4.5 combined errors; full: the stored numbers again."""
    stored = TRUTH.paths
    if os.environ.get("COMPLY_FULL") == "1":
        made = unit_reference(TRUTH.population, RECORD["reference"]["n_units"], RECORD["reference"]["seed"])
        np.testing.assert_allclose(made.paths["observed"], stored["observed"], atol=1.01e-4)
        np.testing.assert_allclose(made.moments["covariance"], TRUTH.unit_moments["covariance"], atol=1.01e-4)
        return
    made = unit_reference(TRUTH.population, 3200, 77)
    assert made.n_units == 3200
    error = np.sqrt(made.paths["mcse"] ** 2 + stored["mcse"] ** 2)
    assert (np.abs(made.paths["observed"] - stored["observed"]) < 4.5 * error).all()
    # an error from 50 batches is known to 10 %, and halves with four times the units
    size = np.sqrt(made.n_units / RECORD["reference"]["n_units"])
    for mine, other in (
        (made.paths, TRUTH.paths),
        (made.means, TRUTH.unit_means),
        (made.moments[made.moments["a"] != made.moments["b"]], TRUTH.unit_moments.query("a != b")),
    ):
        ratio = mine["mcse"].to_numpy() * size / other["mcse"].to_numpy()
        assert np.median(ratio) == pytest.approx(1.0, abs=0.15)
        low, high = np.quantile(ratio, [0.05, 0.95])
        assert 0.6 < low < high < 1.6
    again = unit_reference(TRUTH.population, 3200, 77, n_jobs=2)
    pd.testing.assert_frame_equal(again.paths, made.paths)


def test_errors_of_the_reference_are_those_of_means_and_correlations() -> None:
    """Near s/√n and (1 − r²)/√n; units of a firm are alike, so errors are up to half as large again."""
    n = RECORD["reference"]["n_units"]
    moments = TRUTH.unit_moments
    own = moments[moments["a"] == moments["b"]].set_index("a")["covariance"]
    means = TRUTH.unit_means.set_index("variable")["mcse"]
    ratio = means / (np.sqrt(own[means.index]) / np.sqrt(n))
    assert ratio.min() > 0.7 and ratio.max() < 2.0 and 0.9 < ratio.median() < 1.5
    pairs = moments[moments["a"] != moments["b"]]
    ratio = pairs["mcse"] / ((1 - pairs["correlation"] ** 2) / np.sqrt(n))
    assert 0.9 < ratio.median() < 1.4


def test_reference_of_too_few_units() -> None:
    with pytest.raises(ComplyError, match="3200 units or more"):
        unit_reference(TRUTH.population, 400, 1)


def test_truth_of_a_folder(remade: Path) -> None:
    own = truth_reference(remade, attribute_set="21")
    assert "innovativeness" in set(own.icc()["construct"])
    assert own.units.shape == TRUTH.units.shape
    with pytest.raises(ComplyError, match="without a large-sample reference"):
        _ = own.paths


def test_folder_without_truth(tmp_path: Path) -> None:
    (tmp_path / "population.yaml").write_bytes((FOLDER / "population.yaml").read_bytes())
    with pytest.raises(InputError, match=r"truth/careless\.csv"):
        truth_reference(tmp_path)


def test_unknown_data_set() -> None:
    with pytest.raises(ComplyError, match="msi_triads"):
        truth_reference("msi_triad")
