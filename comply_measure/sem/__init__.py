"""Structural equation models: lavaan's language and numbers, in Python.

The stages, one direction, each a small immutable object::

    text ── language ──▶ ModelRecords ── table ──▶ ParameterTable
    data ── data ─────▶ Cases ── sample ──▶ Sample (moments per group)
    table + sample ── model.specify ──▶ Model: layouts, discrepancies (both by the family), feasible set, objective
    model ── estimation / optimise ──▶ Optimum (θ̂)
    optimum ── inference ──▶ covariance of θ̂, tests, diagnoses ── fit_measures ──▶ Fit (result)

Where new code goes:

* an estimator: a name in ``options.ESTIMATORS`` and a family in ``families/`` that builds and judges what differs
  between kinds of estimation; from outside, ``sem.register_estimator``;
* a fit measure: a pure scalar function in ``fit_measures/`` and a line in ``fit_measures.collect``;
* something computed from a finished fit: ``inference/``, taking a :class:`Fit`, and a method on it.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
