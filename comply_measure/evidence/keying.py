"""Forgotten reversals of a study: items that run against their construct, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from comply_measure.evidence.focal import Focal
from comply_measure.measurement.frames import item_values, joined, runs_against
from comply_measure.measurement.keying import against
from comply_measure.measurement.moments import item_covariance

Turned = Mapping[str, tuple[str, ...]]


def turned_items(chosen: Focal) -> dict[str, tuple[str, ...]]:
    """Construct -> its items that run against the others; factor of scores -> its scores that do; the rest is left out.

    From pairwise covariances over all informants, as :func:`comply_measure.measurement.keying.against` says. An item
    that was not reversed spoils the score it is part of, so that models of scores cannot show it: what rests on
    scores names it from here.
    """
    tables = [(chosen.answers(), chosen.items)]
    if chosen.by_scores:
        tables.append((chosen.indicators(), chosen.factors))
    found: dict[str, tuple[str, ...]] = {}
    for data, scales in tables:
        for key, names in scales.items():
            covariance = item_covariance(item_values(data, names)).covariance
            if places := against(covariance):
                found[key] = tuple(names[place] for place in places)
    return found


def doubt_of(turned: Turned, keys: Iterable[str]) -> str:
    """What to say of the items of these constructs that run against them; empty without any."""
    return runs_against(list(dict.fromkeys(item for key in keys for item in turned.get(key, ()))))


def with_doubt(notes: Iterable[str], keys: Iterable[Sequence[str]], turned: Turned) -> list[str]:
    """Notes of rows, each with the items of the row's constructs that run against them, if it does not name them."""
    found = []
    for note, own in zip(notes, keys, strict=True):
        doubt = doubt_of(turned, own)
        found.append(note if doubt in note else joined(note, doubt))
    return found
