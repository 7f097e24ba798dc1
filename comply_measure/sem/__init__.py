"""Structural equation models: lavaan's language and numbers, in Python.

The stages, one direction, each a small immutable object::

    text ── language ──▶ ModelRecords ── table ──▶ ParameterTable
    data ── data ─────▶ Cases ── sample ──▶ Sample (moments per group)
    table + sample ── model.specify ──▶ Model: layouts (implied), discrepancies, feasible set, objective
    model ── estimation / optimise ──▶ Optimum (θ̂)
    optimum ── inference ──▶ covariance of θ̂, tests, diagnoses ── fit_measures ──▶ Fit (result)

Where new code goes:

* an estimator's function: ``discrepancy/`` and one line in ``discrepancy.discrepancy_for``; its name,
  standard errors and test: one entry in ``options.ESTIMATORS``;
* a fit measure: a pure scalar function in ``fit_measures/`` and a line in ``fit_measures.collect``;
* something computed from a finished fit: ``inference/``, taking a :class:`Fit`, and a method on it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.sem.api import fit, from_moments
    from comply_measure.sem.comparison.compare import compare
    from comply_measure.sem.errors import ModelError, ModelSyntaxError, SemWarning
    from comply_measure.sem.language.parser import parse_model
    from comply_measure.sem.result import Fit

_PUBLIC = {
    "Fit": "comply_measure.sem.result",
    "ModelError": "comply_measure.sem.errors",
    "ModelSyntaxError": "comply_measure.sem.errors",
    "SemWarning": "comply_measure.sem.errors",
    "compare": "comply_measure.sem.comparison.compare",
    "fit": "comply_measure.sem.api",
    "from_moments": "comply_measure.sem.api",
    "parse_model": "comply_measure.sem.language.parser",
}

__all__ = [
    "Fit",
    "ModelError",
    "ModelSyntaxError",
    "SemWarning",
    "compare",
    "fit",
    "from_moments",
    "parse_model",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
