"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one move.

    An interrupted run leaves the old file or none, never half of one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically."""
    write_atomically(path, lambda temporary: _fill(temporary, content))


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with line feeds atomically."""
    write_bytes(path, content.encode("utf-8"))


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
