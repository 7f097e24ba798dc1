"""A simulated study as a folder: data, description, codebook, and the truth beside them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.simulation.journey import FORMAT as JOURNEYS, load_journey_population, simulate_journey
from comply_measure.simulation.journey_files import journey_contents
from comply_measure.simulation.pairs import FORMAT as PAIRS, load_pair_population, simulate_pairs
from comply_measure.simulation.pairs_files import pair_contents
from comply_measure.simulation.population import Population, load_population
from comply_measure.simulation.ratings import has_format
from comply_measure.simulation.readme import readme_text
from comply_measure.simulation.study import SimulatedStudy, simulate

if TYPE_CHECKING:
    from comply_measure.simulation.reference import UnitReference

POPULATION = "population.yaml"
TRUTH = "truth"
LICENCE = "CC0-1.0"
SCORE_DECIMALS = 4
VALUE_DECIMALS = 6


def simulate_to_folder(
    population_path: str | Path,
    folder: str | Path,
    seed: int,
    *,
    reference_units: int = 0,
    n_jobs: int = 1,
) -> tuple[Path, ...]:
    """Simulate a study from a population file and write it.

    Parameters
    ----------
    population_path : path-like
        Population file, of triads, of journeys or of pairs (its key `format` says which).
    folder : path-like
        Made if it does not exist; files of the same names are replaced.
    seed : int
        Seed of the study; the reference uses the next one.
    reference_units : int
        Units of the large simulation behind ``truth/reference_*.csv``; 0 leaves it out.
    n_jobs : int
        Worker processes; results do not depend on them.

    Returns
    -------
    tuple of pathlib.Path
        The files written.

    Raises
    ------
    InputError
        If the population file has faults or the folder cannot be written.
    """
    for name, contents in RATINGS.items():
        if has_format(population_path, name):
            return _ratings_to_folder(population_path, folder, seed, contents)
    population = load_population(population_path)
    study = simulate(population, seed, n_jobs=n_jobs)
    reference = None
    if reference_units:
        from comply_measure.simulation.reference import unit_reference

        analysed = population.with_attribute_set(default_set(population))
        reference = unit_reference(analysed, reference_units, seed + 1, n_jobs=n_jobs)
    return write_study(study, folder, population_path, reference=reference, reference_units=reference_units)


def _journey(path: str | Path, seed: int, command: str) -> dict[str, str]:
    return journey_contents(simulate_journey(load_journey_population(path), seed), command)


def _pairs(path: str | Path, seed: int, command: str) -> dict[str, str]:
    return pair_contents(simulate_pairs(load_pair_population(path), seed), command)


#: Format of a population file -> texts of the folder, by path, seed and command.
RATINGS = {JOURNEYS: _journey, PAIRS: _pairs}


def _ratings_to_folder(
    population_path: str | Path,
    folder: str | Path,
    seed: int,
    contents: Callable[[str | Path, int, str], dict[str, str]],
) -> tuple[Path, ...]:
    """The folder of a study of ratings, which needs no reference: its truth is in closed form."""
    source = Path(population_path).read_bytes()
    texts = contents(population_path, seed, f"comply-measure simulate {POPULATION} --out . --seed {seed}")
    return _write(
        Path(folder), {name: text.encode("utf-8") for name, text in texts.items()} | {POPULATION: source}
    )


def default_set(population: Population) -> str | None:
    """Attribute set that analyses use by default: the scale's own default if all of it was asked."""
    tree = population.tree
    if not tree.attribute_sets:
        return None
    needed = {attribute.key for attribute in tree.attributes(tree.attribute_sets[0])}
    covered = needed <= set(population.attribute_parents)
    return tree.attribute_sets[0] if covered else population.attribute_set


def write_study(
    study: SimulatedStudy,
    folder: str | Path,
    population_path: str | Path,
    *,
    reference: UnitReference | None = None,
    reference_units: int = 0,
) -> tuple[Path, ...]:
    """Write a simulated study: the same study gives the same bytes.

    Parameters
    ----------
    study : SimulatedStudy
    folder : path-like
    population_path : path-like
        The file the population was read from; copied into the folder.
    reference : UnitReference, optional
        Large-sample reference to put beside the truth.
    reference_units : int
        Its number of units as asked for, for the command that is recorded.

    Returns
    -------
    tuple of pathlib.Path
        ``responses.csv``, ``units.csv``, ``dataset.yaml``, ``README.md``, ``population.yaml`` and ``truth/``.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    try:
        source = Path(population_path).read_bytes()
    except OSError as error:
        raise ComplyError(
            f"the population file {population_path} cannot be read: {error.strerror}"
        ) from error
    command = simulate_command(study, reference_units)
    texts = {
        "responses.csv": csv_text(study.responses),
        "units.csv": csv_text(study.units),
        **_truth_texts(study, command, reference),
    }
    texts["dataset.yaml"] = _description(study, command, texts)
    texts["README.md"] = readme_text(
        study, command, default_set(study.population), has_reference=reference is not None
    )
    contents = {name: text.encode("utf-8") for name, text in texts.items()} | {POPULATION: source}
    return _write(Path(folder), contents)


def simulate_command(study: SimulatedStudy, reference_units: int = 0) -> str:
    """The command that makes the study."""
    command = f"comply-measure simulate {POPULATION} --out . --seed {study.seed}"
    return f"{command} --reference-units {reference_units}" if reference_units else command


def csv_text(table: pd.DataFrame, decimals: int = SCORE_DECIMALS) -> str:
    """Table as CSV with line feeds; a fixed count of decimals, none for whole numbers, no minus zero."""
    shown = table.copy()
    for name in shown.columns:
        if pd.api.types.is_float_dtype(shown[name].dtype):
            shown[name] = [_fixed(value, decimals) for value in shown[name]]
    return str(shown.to_csv(index=False, lineterminator="\n"))


def _fixed(value: float, decimals: int) -> str:
    if math.isnan(value):
        return ""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text


def _truth_texts(study: SimulatedStudy, command: str, reference: UnitReference | None) -> dict[str, str]:
    from comply_measure.simulation.implied import implied_tables

    truth = study.truth
    tables = {
        "units": csv_text(truth.units),
        "informants": csv_text(truth.informants),
        "careless": csv_text(truth.careless),
        "absent_informants": csv_text(truth.absent),
        "noninvariant_items": csv_text(truth.noninvariant_items),
    }
    analysed = study.population.with_attribute_set(default_set(study.population))
    tables |= {name: csv_text(table, VALUE_DECIMALS) for name, table in implied_tables(analysed).items()}
    if reference is not None:
        tables |= {
            "reference_moments": csv_text(reference.moments),
            "reference_means": csv_text(reference.means),
            "reference_paths": csv_text(reference.paths),
        }
    texts = {f"{TRUTH}/{name}.csv": text for name, text in tables.items()}
    texts[f"{TRUTH}/study.json"] = json.dumps(_record(study, command, reference), indent=2) + "\n"
    return texts


def _record(study: SimulatedStudy, command: str, reference: UnitReference | None) -> dict[str, object]:
    record: dict[str, object] = {
        "title": study.population.spec.title,
        "population": POPULATION,
        "population_sha256": study.population.sha256,
        "seed": study.seed,
        "command": command,
        "attribute_set_asked": study.population.attribute_set,
        "attribute_set_of_implied_values": default_set(study.population),
    }
    if reference is not None:
        record["reference"] = {
            "n_units": reference.n_units,
            "seed": reference.seed,
            "batches": reference.n_batches,
        }
    return record


def _description(study: SimulatedStudy, command: str, texts: dict[str, str]) -> str:
    population = study.population
    others = {"population": POPULATION}
    others |= {Path(name).stem: name for name in sorted(texts) if name.startswith(TRUTH)}
    document = {
        "title": population.spec.title,
        "kind": "responses",
        "file": "responses.csv",
        "source": f"Simulated: {command}",
        "licence": LICENCE,
        "layout": "long",
        "scales": [scale.key for scale in population.scales],
        "attribute_set": default_set(population),
        "form": population.spec.instrument.form,
        # Averages lie between the categories, and steps that count categories would be left out.
        "informants": "first" if len(population.seats) > len(population.roles) else None,
        "units_file": "units.csv",
        "other_files": {f"truth_{key}" if key != "population" else key: name for key, name in others.items()},
    }
    kept = {key: value for key, value in document.items() if value is not None}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110)


def _write(folder: Path, contents: dict[str, bytes]) -> tuple[Path, ...]:
    paths = []
    try:
        (folder / TRUTH).mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            path = folder / name
            path.write_bytes(content)
            paths.append(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"{folder} cannot be written", [Problem(reason, file=str(error.filename))]
        ) from error
    return tuple(paths)
