"""Levels import only downwards (docs: CONTRIBUTING.md, "where does new code go")."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "comply_measure"

# From the roof to the ground; rooms on one level may not import each other.
LEVELS: list[set[str]] = [
    {"__main__"},
    {"cli"},
    {"pipeline"},
    {"report"},
    {"evidence"},
    {"models"},
    {"triads", "simulation"},
    {"measurement"},
    {"responses"},
    {"instrument"},
    {"framework", "sem"},
    {"resources", "documents", "wide_names"},
    {"doors"},
    {"statistics"},
    {"errors"},
]
HEIGHT = {room: len(LEVELS) - depth for depth, rooms in enumerate(LEVELS) for room in rooms}
# Could be lifted out as packages of their own: they may use nothing of the survey side.
ONLY = {"sem": {"statistics", "doors", "errors"}, "statistics": {"errors"}}


def room_of(path: Path) -> str:
    part = path.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def imported_rooms(path: Path) -> set[tuple[int, str]]:
    """Rooms of the package that a file imports, function-level imports included."""
    found: set[tuple[int, str]] = set()
    package_parts = ("comply_measure", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package_parts[: len(package_parts) - node.level + 1]) if node.level else []
            stem = ".".join([*base, node.module] if node.module else base)
            modules = [f"{stem}.{alias.name}" for alias in node.names]
        for module in modules:
            parts = module.split(".")
            if parts[0] == "comply_measure" and len(parts) > 1 and parts[1] in HEIGHT:
                found.add((node.lineno, parts[1]))
    return found


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py" and "_shipped" not in p.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    here = room_of(path)
    assert here in HEIGHT, f"{here} has no place in the house: add it to LEVELS"
    for line, there in imported_rooms(path):
        if there == here:
            continue
        assert HEIGHT[there] < HEIGHT[here], (
            f"{path.name}:{line}: {here} imports {there}, which is not below it"
        )
        if here in ONLY:
            assert there in ONLY[here], f"{path.name}:{line}: {here} may only import {sorted(ONLY[here])}"


# Folders inside a room, from the ground up: each may import only from the ones before it.
INNER = {"triads": ["data", "agreement", "reml", "reliability", "aggregation", "gaps", "congruence"]}


@pytest.mark.parametrize("room", sorted(INNER))
def test_folders_of_a_room_build_on_each_other(room: str) -> None:
    order, top = INNER[room], PACKAGE / room
    folders = {path.parent.name for path in top.glob("*/__init__.py")}
    assert folders == set(order), "every folder has its place"
    assert {path.name for path in top.glob("*.py")} == {"__init__.py"}, "files belong into a folder"
    for place, folder in enumerate(order):
        for path in sorted((top / folder).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            for later in order[place + 1 :]:
                assert f"comply_measure.{room}.{later}" not in text, f"{path.name}: {folder} imports {later}"
