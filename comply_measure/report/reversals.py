"""Items that run against their construct, in the words of a chapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from comply_measure.report.format import listing
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Prose, Section


def reversal_sentence(turned: Mapping[str, tuple[str, ...]], labels: Labels) -> str:
    """Names items that run against their construct; empty without any.

    Parameters
    ----------
    turned : mapping of str to tuple of str
        Construct -> such items (:func:`comply_measure.evidence.keying.turned_items`).
    """
    places = [
        f"{listing([labels.construct(item) for item in items])} against the rest of {labels.construct(key)}"
        for key, items in turned.items()
    ]
    if not places:
        return ""
    return (
        f"Not reversed? Running against their constructs: {listing(places)}. Every coefficient that rests on them "
        "is in doubt until their keying is settled."
    )


def with_reversals(section: Section, turned: Mapping[str, tuple[str, ...]], labels: Labels) -> Section:
    """The section, opened by the sentence on items that run against their construct, if there are any."""
    sentence = reversal_sentence(turned, labels)
    return replace(section, blocks=(Prose(sentence), *section.blocks)) if sentence else section
