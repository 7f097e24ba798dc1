"""Models of the same cases share their sample, and what depends on it alone.

Levels of invariance, rivals and restricted models are fitted to one set of cases, and the moments of these, their
information and the baseline model are the same for all. The sample of the latest cases of a kind is known for as long
as a fit holds it; it is taken again only where every number is the same. Fits are often kept for their tables when
others have long been made of other cases: then a sample lets go of what is large and can be computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple
from weakref import ReferenceType, WeakValueDictionary, ref

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.data import Cases
from comply_measure.sem.sample import GroupSample, Sample

_ALIVE: WeakValueDictionary[Hashable, Sample] = WeakValueDictionary()
_latest: ReferenceType[Sample] | None = None


class Part(NamedTuple):
    """The cases of a group that a sample is made of; fields as in :class:`GroupSample`."""

    data: Array
    cluster: Index | None
    rows: Index
    weights: Array | None


def shared_sample(
    kind: Hashable, cases: Cases, parts: Sequence[Part], make: Callable[[], tuple[GroupSample, ...]]
) -> Sample:
    """The sample of some cases: the one of an earlier fit where that has the same cases, else a new one.

    Parameters
    ----------
    kind : hashable
        What a sample depends on besides its cases.
    cases : Cases
        The user's data.
    parts : sequence of Part
        The cases used, per group.
    make : callable
        Makes the groups.
    """
    key = (kind, cases.groups, cases.names)
    found = _ALIVE.get(key)
    if found is None or not all(_same(*pair) for pair in zip(found.groups, parts, strict=True)):
        found = Sample(make(), cases.n_given, cases.index)
    elif found.n_given != cases.n_given or found.index is not cases.index:
        found = Sample(found.groups, cases.n_given, cases.index)
    _ALIVE[key] = found
    work_on(found)
    return found


def work_on(sample: Sample) -> None:
    """Remember the sample that is worked on; the one before forgets what it has computed, unless it is the same."""
    global _latest
    earlier = None if _latest is None else _latest()
    if earlier is not None and earlier.groups is not sample.groups:
        for group in earlier.groups:
            group.forget()
    _latest = ref(sample)


def _same(group: GroupSample, part: Part) -> bool:
    held = (group.data, group.cluster, group.rows, group.weights)
    return all(_equal(one, other) for one, other in zip(held, part, strict=True))


def _equal(one: Array | Index | None, other: Array | Index | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
