"""Files written whole or not at all, and one line where they cannot be written."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from comply_measure.errors import ComplyError

_STAGE = ".writing-"
_PART = ".part"
_STALE_SECONDS = 3600.0
#: What this process is writing at the moment, to be taken away if it is ended.
_UNFINISHED: set[Path] = set()


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
        handle, name = tempfile.mkstemp(prefix=f".{_owner()}-", suffix=_PART, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        _UNFINISHED.add(temporary)
        try:
            write(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
            _UNFINISHED.discard(temporary)


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
        sweep(folder)
        stage = Path(tempfile.mkdtemp(prefix=f"{_STAGE}{_owner()}-", dir=folder))
        _UNFINISHED.add(stage)
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
            _UNFINISHED.discard(stage)


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


def sweep(folder: Path) -> None:
    """Remove what a killed run left in a folder; what a living process or another computer writes stays for an hour."""
    for path in (*folder.glob(f"{_STAGE}*"), *folder.glob(f".*{_PART}"), *folder.glob(f"*/.*{_PART}")):
        with suppress(OSError):
            if _is_dead(path.name) or time.time() - path.stat().st_mtime > _STALE_SECONDS:
                _remove(path)


def remove_unfinished() -> None:
    """Take away what this process is writing; for one that is being ended."""
    for path in tuple(_UNFINISHED):
        _remove(path)


def leave_nothing() -> None:
    """End as the system asks (SIGTERM), but take away first what is half written."""

    def end(number: int, frame: object) -> None:
        remove_unfinished()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _owner() -> str:
    """The computer and the process, for the names of files under way."""
    return f"{_computer()}-{os.getpid()}"


def _computer() -> str:
    return hashlib.sha256(platform.node().encode("utf-8")).hexdigest()[:8]


def _is_dead(name: str) -> bool:
    """Whether a file under way belongs to a process of this computer that is no more."""
    found = re.search(r"([0-9a-f]{8})-(\d+)-", name)
    if found is None or found[1] != _computer() or sys.platform == "win32":
        return False  # on Windows a signal of 0 would end the process
    try:
        os.kill(int(found[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder for one run alone; the system frees it when the run ends, however that happens.

    Raises
    ------
    OutputError
        If another run works in the folder.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"cannot write {folder}: another run is under way there") from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)
        for path in absent:  # made for nothing where the run wrote nothing
            with suppress(OSError):
                path.rmdir()


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
