"""Kept simulations beside the calibration of verdicts: studies of the population of ``msi_triads``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from comply_measure.evidence.calibration.calibrate import known_of
from comply_measure.evidence.calibration.known import Known, beside
from comply_measure.evidence.calibration.reliability import compute, true_reliability
from comply_measure.evidence.topics.invariance import InvarianceOptions, invariance
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import Responses
from comply_measure.simulation import load_population

Rates = dict[str, float]
POPULATION = Path(__file__).parents[2] / "datasets" / "msi_triads" / "population.yaml"
UNITS = 240


@cache
def _known() -> Known:
    conventions = {key: cutoff.value for key, cutoff in Cutoffs().items()}
    known = known_of(load_population(POPULATION), "stated", conventions)
    assert isinstance(known, Known)
    return known


def _studies(runs: int, seed: int) -> Iterator[Responses]:
    draw = _known().drawing(UNITS)
    for child in np.random.SeedSequence(seed).spawn(runs):
        yield draw(int(child.generate_state(1)[0]))


def latent_gaps(runs: int) -> Rates:
    """Coverage of 95 % intervals of latent gaps (dimensions) and distances (attributes), with errors over studies."""
    implied, covered = _known().latent, {"gap": [], "distance": []}
    for responses in _studies(runs, 77):
        found = invariance(responses, InvarianceOptions())
        for what, table, truth, keys in (
            ("gap", found.latent_gaps, implied.gaps, ["factor", "pair"]),
            ("distance", found.distances, implied.distances, ["factor"]),
        ):
            both = table.merge(truth[[*keys, what]], on=keys, suffixes=("", "_implied")).dropna(
                subset="ci_lower"
            )
            inside = both[f"{what}_implied"].between(both["ci_lower"], both["ci_upper"])
            covered[what].append(inside.groupby(both["factor"]).mean())
    rates: Rates = {}
    for what, shares in covered.items():
        by_study = pd.DataFrame(shares)
        rates[f"{what}s"] = float(by_study.mean(axis=1).mean())
        rates[f"{what}s, error"] = float(by_study.mean(axis=1).sem())
        rates |= {f"{what} of {name}": float(rate) for name, rate in by_study.mean().items() if what == "gap"}
    return rates


def careless_scores(runs: int) -> Rates:
    """Wrong verdicts on the reliability of scores: against attentive informants, and with careless ones counted in."""
    known = _known()
    wrong: dict[str, list[float]] = {"attentive": [], "careless counted in": []}
    for responses in _studies(runs, 78):
        marks: dict[str, list[bool]] = {what: [] for what in wrong}
        for verdict in compute(responses, 0).verdicts(known.conventions):
            if verdict.rule != "reliability.score":
                continue
            for what, population in (("attentive", known.attentive), ("careless counted in", known)):
                found = true_reliability(population, *verdict.subject)
                if found:
                    right = beside(*found, known.conventions["omega"])
                    marks[what].append(verdict.answer not in (*right, "cannot say"))
        for what, own in marks.items():
            wrong[what].append(float(np.mean(own)))
    rates: Rates = {}
    for what, shares in wrong.items():
        rates[what] = float(np.mean(shares))
        rates[f"{what}, error"] = float(pd.Series(shares).sem())
    return rates


SIMULATIONS = {"latent_gaps": (latent_gaps, 40), "careless_scores": (careless_scores, 60)}
