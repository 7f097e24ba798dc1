"""All steps, in the order of the report. A new step is one module in ``steps`` and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comply_measure.evidence.topics import (
    actions as _actions,
    aggregation as _aggregation,
    agreement as _agreement,
    cfa as _cfa,
    congruence as _congruence,
    content as _content,
    dimensionality as _dimensionality,
    gaps as _gaps,
    informants as _informants,
    invariance as _invariance,
    items as _items,
    method_variance as _method_variance,
    missing_data as _missing_data,
    quality as _quality,
    reliability as _reliability,
    rivals as _rivals,
    sample as _sample,
    structure as _structure,
    triads as _triads,
    validity as _validity,
)
from comply_measure.pipeline.step import Step, step_of
from comply_measure.report.chapters import (
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
    step_of(_content.TOPIC, content.chapter),
    step_of(_sample.TOPIC, sample.chapter),
    step_of(_items.TOPIC, items.chapter),
    step_of(_quality.TOPIC, quality.chapter),
    step_of(_dimensionality.TOPIC, dimensionality.chapter),
    step_of(_reliability.TOPIC, reliability.chapter),
    step_of(_cfa.TOPIC, cfa.chapter),
    step_of(_rivals.TOPIC, rivals.chapter),
    step_of(_validity.TOPIC, validity.chapter),
    step_of(_invariance.TOPIC, invariance.chapter),
    step_of(_method_variance.TOPIC, method_variance.chapter),
    step_of(_missing_data.TOPIC, missing_data.chapter),
    step_of(_agreement.TOPIC, agreement.chapter),
    step_of(_aggregation.TOPIC, aggregation.chapter),
    step_of(_triads.TOPIC, triads.chapter),
    step_of(_gaps.TOPIC, gaps.chapter),
    step_of(_informants.TOPIC, informants.chapter),
    step_of(_structure.TOPIC, structure.chapter),
    step_of(_congruence.TOPIC, congruence.chapter),
    step_of(_actions.TOPIC, actions.chapter),
)

STEPS: Mapping[str, Step] = MappingProxyType({step.name: step for step in _ALL})
