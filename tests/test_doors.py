"""Doors of the rooms: lazy at run time, typed for checkers and editors."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import comply_measure
from comply_measure.doors import DoorError, public_names

ROOT = Path(__file__).parent.parent
STUBS = sorted((ROOT / "comply_measure").rglob("__init__.pyi"))
PACKAGES = [".".join(stub.parent.relative_to(ROOT).parts) for stub in STUBS]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_completes(package: str) -> None:
    room = importlib.import_module(package)
    stub = Path(str(room.__file__)).with_suffix(".pyi").read_text(encoding="utf-8")
    names = public_names(stub, package)
    assert names
    assert set(names) <= set(dir(room))
    assert not [name for name in dir(room) if not name.startswith("__") and name not in names]
    for name, module in names.items():
        value = getattr(room, name)
        if module == f"{package}.{name}":
            assert value is importlib.import_module(module)
        else:
            assert inspect.unwrap(value) is inspect.unwrap(getattr(importlib.import_module(module), name))


def test_every_lazy_room_has_its_stub() -> None:
    lazy = [
        p
        for p in (ROOT / "comply_measure").rglob("__init__.py")
        if "open_door" in p.read_text(encoding="utf-8")
    ]
    assert sorted(p.with_suffix(".pyi") for p in lazy) == STUBS


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(AttributeError, match=r"module 'comply_measure' has no attribute 'load_datasets'"):
        comply_measure.load_datasets  # noqa: B018


@pytest.mark.parametrize(
    "stub",
    ["import numpy", "from a.b import c", "from a.b import c as d", "x = 1", "from a import b as b, b as b"],
)
def test_a_stub_holds_only_named_imports(stub: str) -> None:
    with pytest.raises(DoorError):
        public_names(stub, "room")


def test_nothing_heavy_is_loaded_with_the_package() -> None:
    code = (
        "import sys, comply_measure, comply_measure.sem, comply_measure.triads; print(*sorted(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"numpy", "pandas", "scipy", "matplotlib"} & set(loaded.stdout.split())


def test_calls_through_every_door_are_checked() -> None:
    """Right calls pass the strict type checker; wrong ones earn the errors written beside them."""
    right, wrong = ROOT / "tests/doors/right_calls.py", ROOT / "tests/doors/wrong_calls.py"
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--no-error-summary",
        "--hide-error-context",
        str(right),
        str(wrong),
    ]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    found = re.findall(r"^(\S+?):(\d+): error: .*\[([a-z-]+)\]$", said, re.MULTILINE)
    seen = {(Path(file).name, int(line), code) for file, line, code in found}
    expected = set()
    for number, line in enumerate(wrong.read_text(encoding="utf-8").splitlines(), 1):
        if "# expect: " in line:
            expected |= {("wrong_calls.py", number, code) for code in line.split("# expect: ")[1].split(", ")}
    assert expected
    assert seen == expected, said


def called(value: object) -> list[object]:
    """A function itself; of a class its public methods."""
    if not inspect.isclass(value):
        return [value] if inspect.isroutine(value) else []
    found = (getattr(value, name) for name in vars(value) if not name.startswith("_"))
    return [method for method in found if inspect.isroutine(method)]


def named_parameters(text: str) -> set[str]:
    """Names in the section on parameters of a docstring."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\S[^\n]*\n---|\Z)", text, re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^(\S.*?)(?: : |$)", section[1] if section else "", re.MULTILINE)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_list_of_parameters_is_whole(package: str) -> None:
    room = importlib.import_module(package)
    lacking = {}
    for name in dir(room):
        for value in called(getattr(room, name)):
            described = named_parameters(inspect.getdoc(value) or "")
            taken = inspect.signature(value).parameters if described else {}  # type: ignore[arg-type]
            if rest := {key for key in taken if key not in ("self", "cls")} - described:
                lacking[f"{name}: {value.__name__}"] = sorted(rest)  # type: ignore[attr-defined]
    assert not lacking
