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
    from comply_measure.sem.bootstrap.fit import BootstrapFit
    from comply_measure.sem.comparison.compare import compare
    from comply_measure.sem.errors import ModelError, ModelSyntaxError, SemWarning
    from comply_measure.sem.language.parser import parse_model
    from comply_measure.sem.language.quoting import quoted
    from comply_measure.sem.power import model_power, rmsea_power, rmsea_sample_size
    from comply_measure.sem.result import Fit

_PUBLIC = {
    "BootstrapFit": "comply_measure.sem.bootstrap.fit",
    "Fit": "comply_measure.sem.result",
    "ModelError": "comply_measure.sem.errors",
    "ModelSyntaxError": "comply_measure.sem.errors",
    "SemWarning": "comply_measure.sem.errors",
    "compare": "comply_measure.sem.comparison.compare",
    "fit": "comply_measure.sem.api",
    "from_moments": "comply_measure.sem.api",
    "model_power": "comply_measure.sem.power",
    "parse_model": "comply_measure.sem.language.parser",
    "quoted": "comply_measure.sem.language.quoting",
    "rmsea_power": "comply_measure.sem.power",
    "rmsea_sample_size": "comply_measure.sem.power",
}

__all__ = [
    "BootstrapFit",
    "Fit",
    "ModelError",
    "ModelSyntaxError",
    "SemWarning",
    "compare",
    "fit",
    "from_moments",
    "model_power",
    "parse_model",
    "quoted",
    "rmsea_power",
    "rmsea_sample_size",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
