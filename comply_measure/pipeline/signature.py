"""Whose hand wrote a cached result: what is kept is signed with a key of the user's own.

A digest says that a file is whole, not who wrote it: whoever can change a results folder could put text into the next
report. So every entry is signed, its place included (step and key, which stands for inputs, options and code), with a
random key that lies outside all results folders. What another hand wrote, moved or changed is computed anew.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sys
from functools import cache
from pathlib import Path

_LENGTH = 32


def sign(place: str, content: bytes) -> str:
    """Signature of an entry at its place, hexadecimal."""
    return hmac.digest(secret(), place.encode("utf-8") + b"\0" + content, "sha256").hex()


def is_signed(place: str, content: bytes, signature: bytes) -> bool:
    """Whether this user's program wrote the entry for this place."""
    return hmac.compare_digest(sign(place, content).encode("ascii"), signature)


def secret() -> bytes:
    """The user's key; made at first use. Where it cannot be kept, one that lasts as long as this process."""
    return _given or _secret(_file())


def adopt(key: bytes) -> None:
    """Use the key of the process that started this one."""
    global _given
    _given = key


_given = b""


@cache
def _secret(path: Path) -> bytes:
    for _ in range(2):
        try:
            key = path.read_bytes()
            if len(key) == _LENGTH:
                return key
            path.unlink()
        except FileNotFoundError:
            pass
        except OSError:
            break
        _make(path)
    return secrets.token_bytes(_LENGTH)


def _make(path: Path) -> None:
    """Write a new key, for the user's eyes only; whichever of two processes comes first writes it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(_LENGTH))
        if not path.exists():
            fresh.replace(path)
    except OSError:
        return
    finally:
        fresh.unlink(missing_ok=True)


def _file() -> Path:
    """Where the system keeps what a program remembers of a user."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local")
    else:
        base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base) / "comply-measure" / "cache.key"
