"""Doors of the rooms: public names are loaded on first use, and type checkers see the real ones.

What a room offers stands once, in the stub beside its ``__init__.py``, as imports of the form
``from comply_measure.room.file import name as name``. Type checkers and editors read the stub; at run time
:func:`open_door` reads the same lines and loads a name's module when the name is asked for. A function comes
with its arguments checked (:mod:`comply_measure.statistics.arguments`); files of the package import each other's
as they are.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from comply_measure.errors import ComplyError
from comply_measure.statistics.arguments import checked

INTERNAL = frozenset({"comply_measure.documents"})  # not a room of users


class DoorError(ComplyError):
    """A stub holds something other than imports that give a name to the room."""


def public_names(stub: str, package: str) -> dict[str, str]:
    """Public name → module that defines it, in the stub's order.

    Parameters
    ----------
    stub : str
        Text of the stub: imports of the form ``from module import name as name`` and nothing else.
    package : str
        The room's own dotted name; ``from package import part as part`` names one of its modules.

    Raises
    ------
    DoorError
        For any other statement, and for a name that stands twice.
    """
    names: dict[str, str] = {}
    for node in ast.parse(stub).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # the docstring
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is None:
            continue  # a value that the room's own file defines, such as ``__version__: str``
        if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
            raise DoorError(
                f"{package}: line {node.lineno} of the stub is not 'from module import name as name'"
            )
        for alias in node.names:
            if alias.asname != alias.name:
                raise DoorError(f"{package}: '{alias.name}' of the stub needs 'as {alias.name}'")
            if alias.name in names:
                raise DoorError(f"{package}: '{alias.name}' stands twice in the stub")
            names[alias.name] = f"{package}.{alias.name}" if node.module == package else node.module
    return names


def open_door(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a room, from the stub beside its file.

    Parameters
    ----------
    package : str
        The room's ``__name__``.

    Returns
    -------
    tuple
        To be bound as ``__getattr__, __dir__, __all__`` at the end of the room's ``__init__.py``.
    """
    room = sys.modules[package]
    stub = Path(str(room.__file__)).with_suffix(".pyi").read_text(encoding="utf-8")
    names = public_names(stub, package)

    def load(name: str) -> Any:
        module = names.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        loaded = import_module(module)
        if module == f"{package}.{name}":
            return loaded
        found = getattr(loaded, name)
        return checked(found) if inspect.isfunction(found) and package not in INTERNAL else found

    def listing() -> list[str]:
        return sorted({*names, *(name for name in vars(room) if name.startswith("__"))})

    return load, listing, sorted(names)
