"""Files written whole or not at all, and one line where they cannot be written."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from comply_measure.errors import ComplyError

_STAGE = ".writing-"
_STALE_SECONDS = 3600.0


class OutputError(ComplyError):
    """A file cannot be written: no space, no permission, a file where a folder should be."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's errors while `path` is written into one line that names it.

    Raises
    ------
    OutputError
        If the system refuses.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one move.

    An interrupted run leaves the old file or none, never half of one.

    Raises
    ------
    OutputError
        If the system refuses; nothing is left behind.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
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


@contextmanager
def staged(folder: Path, last: str) -> Iterator[Path]:
    """A folder to fill, whose files move into `folder` once all of them are there; none does after an error.

    Parameters
    ----------
    folder : Path
        Made if absent; files of the same name are replaced.
    last : str
        The file that moves last: while it is the old one, so is the folder.

    Raises
    ------
    OutputError
        If the system refuses.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
        try:
            yield stage
            mode = 0o666 & ~_umask()
            found = [path for path in stage.rglob("*") if path.is_file()]
            for path in sorted(found, key=lambda path: (path == stage / last, path)):
                target = folder / path.relative_to(stage)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.chmod(mode)
                path.replace(target)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def require_writable(folder: Path) -> None:
    """Refuse a folder that can be neither made nor written to, before anything is computed.

    Raises
    ------
    OutputError
        With the place and the reason.
    """
    with writing(folder):
        there = next(p for p in (folder, *folder.absolute().parents) if p.exists() or p.is_symlink())
    if there.is_symlink() and not there.exists():
        raise OutputError(f"cannot write {folder}: {there} is a link that leads nowhere")
    if not there.is_dir():
        raise OutputError(f"cannot write {folder}: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {folder}: no permission to write in {there}")


def _sweep(folder: Path) -> None:
    """Remove what a killed run left; one under way elsewhere is younger."""
    for path in folder.glob(f"{_STAGE}*"):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
