"""Constructs that their items form, in the words of a chapter whose models want indicators."""

from __future__ import annotations

from collections.abc import Sequence

from comply_measure.report.format import count, listing
from comply_measure.report.labels import Labels


def as_index(keys: Sequence[str], labels: Labels) -> tuple[str, ...]:
    """The note that an index stands for its items; none without such constructs."""
    return _note(
        keys, labels, "here an index (mean of the items, equal weights), which is one indicator without error"
    )


def left_out(keys: Sequence[str], labels: Labels, why: str) -> tuple[str, ...]:
    """The note that constructs have no part in what follows; none without such constructs."""
    return _note(keys, labels, f"left out here, since {why}")


def read_reflectively(keys: Sequence[str], labels: Labels, why: str) -> tuple[str, ...]:
    """The note that a model takes items of an index for signs of one cause; none without such constructs."""
    if not keys:
        return ()
    one = len(keys) == 1
    subject = (
        listing([labels.construct(key) for key in keys])
        if len(keys) <= 3
        else f"{count(len(keys))} constructs"
    )
    return (
        f"{subject} {'is' if one else 'are'} formed by {'its' if one else 'their'} items, which are read here as signs "
        f"of one cause, since {why}.",
    )


def _note(keys: Sequence[str], labels: Labels, what: str) -> tuple[str, ...]:
    if not keys:
        return ()
    own = "its" if len(keys) == 1 else "their"
    return (f"{listing([labels.construct(key) for key in keys])}: formed by {own} items, and {what}.",)
