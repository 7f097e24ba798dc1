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

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
