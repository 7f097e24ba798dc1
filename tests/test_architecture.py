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
    {"survey"},
    {"responses"},
    {"instrument"},
    {"framework", "sem"},
    {"resources", "documents", "tables"},
    {"doors"},
    {"statistics", "results"},
    {"errors"},
]
HEIGHT = {room: len(LEVELS) - depth for depth, rooms in enumerate(LEVELS) for room in rooms}
# Could be lifted out as packages of their own: they may use nothing of the survey side.
ONLY = {"sem": {"statistics", "results", "doors", "errors"}, "statistics": {"errors"}}


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
INNER = {
    "triads": [
        "data", "agreement", "reml", "reliability", "several", "aggregation", "gaps", "congruence", "journey",
    ]
}  # fmt: skip


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


def module_of(path: Path) -> str:
    parts = ("comply_measure", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in PACKAGE.rglob("*.py") if "_shipped" not in path.parts}


def for_type_checkers_only(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def imported_modules(path: Path) -> set[str]:
    """Files of the package that a file imports when it runs, function-level imports included."""
    found: set[str] = set()
    here = module_of(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if for_type_checkers_only(node):
            waiting += node.orelse  # type: ignore[attr-defined]
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{stem}.{alias.name}"
                found.add(name if name in MODULES else stem)
    return found & (MODULES.keys() - {module_of(path)})


def circle_in(imports: dict[str, set[str]]) -> list[str]:
    """Some circle among files, as the path that leads back to its first; empty when there is none."""
    done: set[str] = set()
    for start in sorted(imports):
        path, waiting = [start], [sorted(imports[start])]
        while path:
            if not waiting[-1]:
                done.add(path.pop())
                waiting.pop()
                continue
            name = waiting[-1].pop()
            if name in path:
                return [*path[path.index(name) :], name]
            if name not in done:
                path.append(name)
                waiting.append(sorted(imports.get(name, ())))
    return []


def test_circles_are_found() -> None:
    line = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert circle_in(line) == []
    assert circle_in(line | {"c": {"b"}}) == ["c", "b", "c"]
    assert circle_in(line | {"c": {"c"}}) == ["c", "c"]


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Function-level imports count; imports for type checkers alone do not."""
    found = circle_in({module: imported_modules(path) for module, path in MODULES.items()})
    assert not found, "files import each other in a circle: " + " -> ".join(found)


# A file or function that grows beyond these is two: cut it at its seam, not at the line.
LONGEST_FILE, LONGEST_BODY = 450, 60
# Foreign errors are caught whole in two places, where they are named, kept with their trace or chained, and reported:
# a defect in one step must not cost the others; a foreign package may raise whatever it likes when it is loaded.
CAUGHT_WHOLE = {"pipeline/execute.py": 1, "pipeline/extensions.py": 1}


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's statements, its documentation left out."""
    documented = ast.get_docstring(node, clean=False) is not None
    body = node.body[1:] if documented else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def catches_all(node: ast.ExceptHandler) -> bool:
    """Whether a handler catches every error."""
    named = (
        {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
        if node.type
        else {"Exception"}
    )
    return bool(named & {"Exception", "BaseException"})


def bodies_and_handlers(text: str) -> tuple[list[str], int]:
    """Functions that are too long, and how many handlers catch every error."""
    nodes = list(ast.walk(ast.parse(text)))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f"{node.name}: {body_lines(node)} lines" for node in functions if body_lines(node) > LONGEST_BODY]
    return long, sum(isinstance(node, ast.ExceptHandler) and catches_all(node) for node in nodes)


def test_long_functions_and_broad_handlers_are_found() -> None:
    assert bodies_and_handlers("def f():\n    'd'\n" + "    x = 1\n" * 60) == ([], 0)
    assert bodies_and_handlers("def f():\n" + "    x = 1\n" * 61) == (["f: 61 lines"], 0)
    for caught, broad in (("", 1), ("Exception", 1), ("(OSError, BaseException)", 1), ("OSError", 0)):
        assert bodies_and_handlers(f"try:\n    f()\nexcept {caught}:\n    pass\n") == ([], broad)


def test_files_and_functions_are_short_and_errors_caught_by_name() -> None:
    """``float(str(row["x"]))``, too, hides something: what a cell is, which a typed column or record says."""
    files, functions, handlers, by_text = {}, {}, {}, []
    for path in MODULES.values():
        name, text = path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")
        files[name] = text.count("\n")
        functions[name], handlers[name] = bodies_and_handlers(text)
        by_text += [name] if "float(str(" in text or "int(str(" in text else []
    assert {name: n for name, n in files.items() if n > LONGEST_FILE} == {}
    assert {name: long for name, long in functions.items() if long} == {}
    assert {name: n for name, n in handlers.items() if n} == CAUGHT_WHOLE
    assert by_text == []
