"""What a usable scale lacks: for its statistics, and for a publication."""

from __future__ import annotations

from collections import Counter

from comply_measure.instrument.completion import UNVERSIONED
from comply_measure.instrument.scale import Scale

_FEW = {
    1: "one item: it is its own score, without reliability of its own and without a factor",
    2: "two items: reliability rests on one correlation, and a factor of it alone is not identified",
}


def scale_notes(scale: Scale) -> tuple[str, ...]:
    """Notes on a scale that can be used as it is.

    Parameters
    ----------
    scale : Scale
        The instrument.

    Returns
    -------
    tuple of str
        Constructs with few items first, then what a publication will want.
    """
    notes = []
    for key, items in _few_items(scale).items():
        notes.append(f"construct {key} has {_FEW[items]}")
    lacking = {
        "a source (provenance)": sum(item.provenance is None for item in scale.items),
        "a rationale": sum(not item.rationale for item in scale.items),
    }
    for what, count in lacking.items():
        if count:
            notes.append(
                f"{count} of {len(scale.items)} items {'has' if count == 1 else 'have'} no {what[2:]}; "
                "a publication will want it"
            )
    if not any(label for labels in scale.response.anchors.values() for label in labels):
        notes.append("the answer categories have no labels; a publication will want the wording of the ends")
    if scale.version == UNVERSIONED:
        notes.append("the scale has no version; results cannot say which wording was asked")
    return tuple(notes)


def _few_items(scale: Scale) -> dict[str, int]:
    """Constructs that are measured by one or two content items of the full form."""
    counts = Counter(
        item.construct for item in scale.items if item.kind == "content" and "full" in item.forms
    )
    return {entry.key: counts[entry.key] for entry in scale.constructs if counts[entry.key] in _FEW}
