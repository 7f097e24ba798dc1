"""All steps, in the order of the report: what is computed, and how it is printed.

A new step of this package is a topic in ``evidence.topics``, a chapter in ``report.chapters`` and one line here; steps
of other packages are entry points (:mod:`comply_measure.pipeline.extensions`) and follow after these.
"""

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
    generalisability as _generalisability,
    informants as _informants,
    invariance as _invariance,
    items as _items,
    journey as _journey,
    method_variance as _method_variance,
    missing_data as _missing_data,
    pairs as _pairs,
    quality as _quality,
    reliability as _reliability,
    rivals as _rivals,
    sample as _sample,
    structure as _structure,
    triads as _triads,
    validity as _validity,
)
from comply_measure.pipeline.extensions import with_extensions
from comply_measure.pipeline.step import Step
from comply_measure.report.chapters import (
    actions,
    aggregation,
    agreement,
    cfa,
    congruence,
    content,
    dimensionality,
    gaps,
    generalisability,
    informants,
    invariance,
    items,
    journey,
    method_variance,
    missing_data,
    pairs,
    quality,
    reliability,
    rivals,
    sample,
    structure,
    triads,
    validity,
)

_ALL: tuple[Step, ...] = (
    Step(_content.TOPIC, content.chapter),
    Step(_sample.TOPIC, sample.chapter),
    Step(_items.TOPIC, items.chapter),
    Step(_quality.TOPIC, quality.chapter),
    Step(_dimensionality.TOPIC, dimensionality.chapter),
    Step(_reliability.TOPIC, reliability.chapter),
    Step(_cfa.TOPIC, cfa.chapter),
    Step(_rivals.TOPIC, rivals.chapter),
    Step(_validity.TOPIC, validity.chapter),
    Step(_invariance.TOPIC, invariance.chapter),
    Step(_method_variance.TOPIC, method_variance.chapter),
    Step(_missing_data.TOPIC, missing_data.chapter),
    Step(_agreement.TOPIC, agreement.chapter),
    Step(_aggregation.TOPIC, aggregation.chapter),
    Step(_triads.TOPIC, triads.chapter),
    Step(_gaps.TOPIC, gaps.chapter),
    Step(_journey.TOPIC, journey.chapter),
    Step(_pairs.TOPIC, pairs.chapter),
    Step(_informants.TOPIC, informants.chapter),
    Step(_structure.TOPIC, structure.chapter),
    Step(_congruence.TOPIC, congruence.chapter),
    Step(_generalisability.TOPIC, generalisability.chapter),
    Step(_actions.TOPIC, actions.chapter),
)

STEPS: Mapping[str, Step] = MappingProxyType(dict(with_extensions(_ALL)))
