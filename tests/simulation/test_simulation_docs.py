"""The documentation of the population file names every section and key, and its numbers hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from comply_measure import simulation
from comply_measure.simulation.schema import PopulationSpec

PAGE = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for inner in nested(field.annotation):
            yield from keys(inner)


def nested(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from nested(inner)


@pytest.mark.parametrize("key", sorted(set(keys(PopulationSpec))))
def test_key_is_documented(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("name", sorted(set(re.findall(r"simulation\.(\w+)\(", PAGE))))
def test_functions_of_the_page_exist(name: str) -> None:
    assert callable(getattr(simulation, name))


def test_numbers_of_the_page() -> None:
    truth = simulation.truth_reference("msi_triads")
    alpha = truth.reliability().query("level == 'dimension'")["alpha"]
    icc = truth.icc().query("level == 'dimension'")["icc1"]
    gap = truth.gaps().query("level == 'dimension'")["gap"].abs().max()
    assert f"scores .{100 * alpha.min():.0f} to .{100 * alpha.max():.0f}" in PAGE
    assert f"ICC(1) .{100 * icc.min():.0f} to .{100 * icc.max():.0f}" in PAGE
    assert f"up to {gap:.2f} scale points" in PAGE
