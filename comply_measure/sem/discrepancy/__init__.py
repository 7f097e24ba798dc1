"""Discrepancies between sample and implied moments, one file per family.

A new estimator is one file with a class that satisfies
:class:`comply_measure.sem.discrepancy.base.Discrepancy` and one line in :func:`discrepancy_for`.
"""

from __future__ import annotations

from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
from comply_measure.sem.discrepancy.fiml import FIMLDiscrepancy
from comply_measure.sem.discrepancy.ml import MLDiscrepancy
from comply_measure.sem.missing.sample import IncompleteGroup
from comply_measure.sem.options import Options
from comply_measure.sem.ordinal.discrepancy import OrdinalDiscrepancy
from comply_measure.sem.ordinal.sample import OrdinalGroup
from comply_measure.sem.sample import GroupSample

_BY_NAME = {"ml": MLDiscrepancy}


def discrepancy_for(options: Options, sample: GroupSample) -> Discrepancy:
    """The discrepancy an estimator minimises, for one group."""
    if isinstance(sample, IncompleteGroup) and options.missing in ("ml", "ml.x"):
        return FIMLDiscrepancy(sample.patterns, sample.saturated_loglik)
    if isinstance(sample, OrdinalGroup):
        return OrdinalDiscrepancy(sample, options.estimator.discrepancy)
    return _BY_NAME[options.estimator.discrepancy](sample)


__all__ = ["Discrepancy", "Evaluation", "discrepancy_for"]
