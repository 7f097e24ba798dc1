"""All steps, in the order of the report. A new step is one module in ``steps`` and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comply_measure.evidence.topics import (
    actions as _actions,
    aggregation as _aggregation,
    cfa as _cfa,
    congruence as _congruence,
    content as _content,
    informants as _informants,
    invariance as _invariance,
    method_variance as _method_variance,
    reliability as _reliability,
    rivals as _rivals,
    sample as _sample,
    structure as _structure,
    validity as _validity,
)
from comply_measure.pipeline.step import Step, step_of
from comply_measure.pipeline.steps import (
    agreement,
    dimensionality,
    gaps,
    items,
    missing_data,
    quality,
    triads,
)
from comply_measure.report.chapters import (
    actions,
    aggregation,
    cfa,
    congruence,
    content,
    informants,
    invariance,
    method_variance,
    reliability,
    rivals,
    sample,
    structure,
    validity,
)

_ALL: tuple[Step, ...] = (
    step_of(_content.TOPIC, content.chapter),
    step_of(_sample.TOPIC, sample.chapter),
    items.STEP,
    quality.STEP,
    dimensionality.STEP,
    step_of(_reliability.TOPIC, reliability.chapter),
    step_of(_cfa.TOPIC, cfa.chapter),
    step_of(_rivals.TOPIC, rivals.chapter),
    step_of(_validity.TOPIC, validity.chapter),
    step_of(_invariance.TOPIC, invariance.chapter),
    step_of(_method_variance.TOPIC, method_variance.chapter),
    missing_data.STEP,
    agreement.STEP,
    step_of(_aggregation.TOPIC, aggregation.chapter),
    triads.STEP,
    gaps.STEP,
    step_of(_informants.TOPIC, informants.chapter),
    step_of(_structure.TOPIC, structure.chapter),
    step_of(_congruence.TOPIC, congruence.chapter),
    step_of(_actions.TOPIC, actions.chapter),
)

STEPS: Mapping[str, Step] = MappingProxyType({step.name: step for step in _ALL})
