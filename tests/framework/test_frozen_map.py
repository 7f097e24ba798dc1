"""The immutable mapping behind frozen objects."""

from __future__ import annotations

import pytest

from comply_measure.framework import FrozenMap


def test_it_reads_as_a_mapping_and_keeps_order() -> None:
    frozen = FrozenMap({"b": 1, "a": 2})
    assert list(frozen) == ["b", "a"]
    assert frozen == {"a": 2, "b": 1}
    assert frozen.get("c", 3) == 3
    assert repr(frozen) == "FrozenMap({'b': 1, 'a': 2})"


def test_it_cannot_be_changed_and_does_not_follow_its_origin() -> None:
    origin = {"a": 1}
    frozen = FrozenMap(origin)
    origin["a"] = 2
    assert frozen["a"] == 1
    with pytest.raises(TypeError):
        frozen["a"] = 3  # type: ignore[index]
    with pytest.raises(AttributeError):
        frozen._items = {}
    with pytest.raises(AttributeError):
        del frozen._items


def test_equal_maps_hash_alike_whatever_their_order() -> None:
    assert hash(FrozenMap({"a": 1, "b": 2})) == hash(FrozenMap({"b": 2, "a": 1}))
