"""Public names of the room: they load, say what they take, and stand on the user page."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from comply_measure import measurement

PAGE = (Path(__file__).parents[2] / "docs" / "measurement.md").read_text(encoding="utf-8")
FUNCTIONS = [name for name in measurement.__all__ if inspect.isfunction(getattr(measurement, name))]
CLASSES = [name for name in measurement.__all__ if inspect.isclass(getattr(measurement, name))]


def section(text: str, heading: str) -> str:
    """One section of a numpydoc docstring."""
    lines = inspect.cleandoc(text).splitlines()
    start = lines.index(heading) + 2
    rest = lines[start:]
    ends = [i - 1 for i, line in enumerate(rest) if i and set(line) == {"-"}]
    return "\n".join(rest[: ends[0]] if ends else rest)


def test_every_name_is_a_function_a_class_or_a_part() -> None:
    parts = [name for name in measurement.__all__ if inspect.ismodule(getattr(measurement, name))]
    named = len(FUNCTIONS) + len(CLASSES) + len(parts)
    assert named == len(measurement.__all__) == len(set(measurement.__all__))
    assert set(measurement.__all__) <= set(dir(measurement))
    with pytest.raises(AttributeError, match="nowhere"):
        measurement.nowhere  # noqa: B018


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_say_what_they_take(name: str) -> None:
    function = getattr(measurement, name)
    parameters = list(inspect.signature(function).parameters)
    assert function.__doc__.strip()
    if parameters:
        described = section(function.__doc__, "Parameters")
        missing = [p for p in parameters if p not in described]
        assert not missing, missing


@pytest.mark.parametrize("name", CLASSES)
def test_results_say_what_they_hold(name: str) -> None:
    found = getattr(measurement, name)
    heading = "Attributes" if "\n    Attributes\n" in found.__doc__ else "Parameters"
    described = section(found.__doc__, heading)
    missing = [field for field in getattr(found, "__dataclass_fields__", {}) if field not in described]
    assert not missing, missing


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_stand_on_the_page(name: str) -> None:
    assert f"m.{name}(" in PAGE or f"`{name}" in PAGE


@pytest.mark.parametrize("room", ["careless", "content", "missingness", "validity"])
def test_names_of_the_parts_are_names_of_the_room(room: str) -> None:
    part = import_module(f"comply_measure.measurement.{room}")
    for name in part.__all__:
        assert getattr(part, name) is getattr(measurement, name)


def test_the_room_itself_is_light() -> None:
    code = "import sys, comply_measure.measurement; print('pandas' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
