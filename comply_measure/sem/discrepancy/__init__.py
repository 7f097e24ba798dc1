"""Discrepancies between sample and implied moments, one file per family.

A new estimator is one file with a class that satisfies
:class:`comply_measure.sem.discrepancy.base.Discrepancy` and one line in :func:`discrepancy_for`.
"""

from __future__ import annotations

from comply_measure.sem.discrepancy.base import Discrepancy, Evaluation
from comply_measure.sem.discrepancy.fiml import FIMLDiscrepancy
from comply_measure.sem.discrepancy.ls import least_squares
from comply_measure.sem.discrepancy.ml import MLDiscrepancy
from comply_measure.sem.discrepancy.ordinal import OrdinalDiscrepancy
from comply_measure.sem.discrepancy.two_stage import TwoStageDiscrepancy
from comply_measure.sem.missing.sample import IncompleteGroup
from comply_measure.sem.options import FULL_INFORMATION, TWO_STAGE, Options
from comply_measure.sem.ordinal.sample import OrdinalGroup
from comply_measure.sem.sample import GroupSample


def discrepancy_for(
    options: Options, sample: GroupSample, exogenous: tuple[str, ...] = (), with_means: bool = False
) -> Discrepancy:
    """The discrepancy an estimator minimises, for one group.

    Parameters
    ----------
    options : Options
        The estimator.
    sample : GroupSample
        The group.
    exogenous : tuple of str
        Fixed exogenous variables.
    with_means : bool
        Whether means are modelled.
    """
    if isinstance(sample, IncompleteGroup):
        if options.missing in FULL_INFORMATION:
            return FIMLDiscrepancy(sample, exogenous, options.information)
        if options.missing in TWO_STAGE:
            return TwoStageDiscrepancy(sample, exogenous, robust=options.missing == "robust.two.stage")
    if isinstance(sample, OrdinalGroup):
        return OrdinalDiscrepancy(sample, options.estimator.discrepancy)
    if options.estimator.discrepancy == "ml":
        return MLDiscrepancy(sample, exogenous)
    return least_squares(options.estimator.discrepancy, sample, exogenous, with_means)


__all__ = ["Discrepancy", "Evaluation", "discrepancy_for"]
