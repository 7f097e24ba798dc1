"""All steps, in the order of the report. A new step is one module in ``steps`` and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comply_measure.pipeline.step import Step
from comply_measure.pipeline.steps import (
    actions,
    aggregation,
    agreement,
    cfa,
    congruence,
    content,
    dimensionality,
    gaps,
    informants,
    invariance,
    items,
    method_variance,
    missing_data,
    quality,
    reliability,
    rivals,
    sample,
    structure,
    triads,
    validity,
)

_ALL: tuple[Step, ...] = (
    content.STEP,
    sample.STEP,
    items.STEP,
    quality.STEP,
    dimensionality.STEP,
    reliability.STEP,
    cfa.STEP,
    rivals.STEP,
    validity.STEP,
    invariance.STEP,
    method_variance.STEP,
    missing_data.STEP,
    agreement.STEP,
    aggregation.STEP,
    triads.STEP,
    gaps.STEP,
    informants.STEP,
    structure.STEP,
    congruence.STEP,
    actions.STEP,
)

STEPS: Mapping[str, Step] = MappingProxyType({step.name: step for step in _ALL})
