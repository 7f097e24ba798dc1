"""Populations stated in YAML, studies simulated from them, and what they imply."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.simulation.files import simulate_to_folder, write_study
    from comply_measure.simulation.implied import (
        implied_gaps,
        implied_icc,
        implied_loadings,
        implied_reliability,
        score_moments,
    )
    from comply_measure.simulation.known_truth import TruthReference, truth_reference
    from comply_measure.simulation.population import Population, load_population
    from comply_measure.simulation.rating_moments import Moments, item_moments
    from comply_measure.simulation.reference import UnitReference, unit_reference
    from comply_measure.simulation.study import SimulatedStudy, simulate
    from comply_measure.simulation.truth import Truth

_PUBLIC = {
    "Moments": "rating_moments",
    "Population": "population",
    "SimulatedStudy": "study",
    "Truth": "truth",
    "TruthReference": "known_truth",
    "UnitReference": "reference",
    "implied_gaps": "implied",
    "implied_icc": "implied",
    "implied_loadings": "implied",
    "implied_reliability": "implied",
    "item_moments": "rating_moments",
    "load_population": "population",
    "score_moments": "implied",
    "simulate": "study",
    "simulate_to_folder": "files",
    "truth_reference": "known_truth",
    "unit_reference": "reference",
    "write_study": "files",
}

__all__ = [
    "Moments",
    "Population",
    "SimulatedStudy",
    "Truth",
    "TruthReference",
    "UnitReference",
    "implied_gaps",
    "implied_icc",
    "implied_loadings",
    "implied_reliability",
    "item_moments",
    "load_population",
    "score_moments",
    "simulate",
    "simulate_to_folder",
    "truth_reference",
    "unit_reference",
    "write_study",
]


def __getattr__(name: str) -> Any:
    # pydantic, PyYAML and pandas are loaded on first use, so that the command line starts fast.
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
