"""Error rates of what units are told (``evidence.feedback``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.evidence.calibration.known import responses_of
from comply_measure.evidence.feedback import unit_feedback
from comply_measure.simulation import Population, load_population, null_population, simulate
from comply_measure.simulation.study import SimulatedStudy

Rates = dict[str, float]
POPULATION = Path(__file__).parents[2] / "datasets" / "msi_triads" / "population.yaml"
_NEARLY_ONE = 0.9995


def alike(population: Population) -> Population:
    """Informants of a unit see the same, and answer by it: every gap between roles is error of measurement."""
    for key in ("no_dispute", "no_gaps", "invariant", "no_method", "attentive"):
        population = null_population(population, key)
    spec = population.spec
    parts = {
        section: {key: _agreeing(part) for key, part in getattr(spec, section).items()}
        for section in ("dimensions", "attributes", "constructs")
    }
    changed = spec.model_copy(update={**parts, "alignment": _agreeing(spec.alignment)})
    return population.with_spec(changed, "not usable")


def _agreeing(part):
    shares = {role: _NEARLY_ONE if share > 0 else share for role, share in part.consensus_share.items()}
    return part.model_copy(update={"consensus_share": shares})


def feedback_calls(runs: int) -> Rates:
    """Units of the shipped population: any disputed attribute where roles see the same, and wrong calls as stated."""
    stated = load_population(POPULATION)
    rates: Rates = {}
    for name, population in (("alike", alike(stated)), ("stated", stated)):
        rows = [_study(simulate(population, seed)) for seed in range(1, runs + 1)]
        for what, values in pd.DataFrame(rows).items():
            rates[f"{name}: {what}"] = float(values.mean())
            if len(values) > 1:
                rates[f"{name}: {what}, error"] = float(values.std(ddof=1) / np.sqrt(len(values)))
    return rates


def _study(study: SimulatedStudy) -> Rates:
    told, _ = unit_feedback(responses_of(study), "comply")
    table = pd.concat([found.attributes.assign(unit=unit) for unit, found in told.items()], ignore_index=True)
    level = _levels(study, list(dict.fromkeys(table["column"])))
    true = level.to_numpy()[
        level.index.get_indexer(table["unit"]), level.columns.get_indexer(table["column"])
    ]
    strong, low = (table["call"].str.contains(word).to_numpy() for word in ("strong", "low"))
    by_unit = table.assign(wrong=(strong & (true < 0)) | (low & (true > 0))).groupby("unit")
    return {
        "units with a dispute": float(by_unit["disputed"].any().mean()),
        "units with a wrong sign": float(by_unit["wrong"].any().mean()),
        "attributes strong or low": float((strong | low).mean()),
        "attributes disputed": float(table["disputed"].mean()),
    }


def _levels(study: SimulatedStudy, names: list[str]) -> pd.DataFrame:
    """What the roles of a unit see on average, role means taken off: absent informants count."""
    first = study.truth.informants.drop_duplicates(["unit", "role"])
    seen = first[names] - first.groupby("role")[names].transform("mean")
    return seen.groupby(first["unit"]).mean()


SIMULATIONS = {"feedback_calls": (feedback_calls, 12)}
