"""All steps, in the order of the report. A new step is one module in ``steps`` and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comply_measure.evidence.topics import (
    aggregation as _aggregation,
    cfa as _cfa,
    sample as _sample,
    structure as _structure,
)
from comply_measure.pipeline.step import Step, step_of
from comply_measure.pipeline.steps import (
    actions,
    agreement,
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
    triads,
    validity,
)
from comply_measure.report.chapters import aggregation, cfa, sample, structure

_ALL: tuple[Step, ...] = (
    content.STEP,
    step_of(_sample.TOPIC, sample.chapter),
    items.STEP,
    quality.STEP,
    dimensionality.STEP,
    reliability.STEP,
    step_of(_cfa.TOPIC, cfa.chapter),
    rivals.STEP,
    validity.STEP,
    invariance.STEP,
    method_variance.STEP,
    missing_data.STEP,
    agreement.STEP,
    step_of(_aggregation.TOPIC, aggregation.chapter),
    triads.STEP,
    gaps.STEP,
    informants.STEP,
    step_of(_structure.TOPIC, structure.chapter),
    congruence.STEP,
    actions.STEP,
)

STEPS: Mapping[str, Step] = MappingProxyType({step.name: step for step in _ALL})
