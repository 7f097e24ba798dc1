"""What a cached result depends on, as digests: code, libraries, inputs, options, upstream results."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from comply_measure import __version__

#: Libraries whose version can change a number or a figure.
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "pingouin",
    "factor_analyzer",
    "semopy",
    "matplotlib",
)
_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = {".py", ".j2", ".css"}


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    found = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def digest_of(value: Any) -> str:
    """SHA-256 of plain values, whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()


@cache
def code_version() -> str:
    """Digest of the package's own source: an edited checkout never reuses results of other code."""
    found = sha256(__version__.encode())
    sources = (p for p in _PACKAGE.rglob("*") if p.suffix in _SOURCES and "_shipped" not in p.parts)
    for path in sorted(sources):
        found.update(path.relative_to(_PACKAGE).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()


@cache
def library_versions() -> Mapping[str, str]:
    """Version of Python and of the libraries that compute or draw."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def step_key(
    step: str,
    options: Mapping[str, Any],
    settings: Mapping[str, Any],
    inputs: Mapping[str, str],
    upstream: Mapping[str, str],
) -> str:
    """Key of a step's result.

    Parameters
    ----------
    step : str
        Name of the step.
    options, settings : mapping
        Options of the step and of the study, as plain values.
    inputs : mapping of str to str
        Input file -> digest.
    upstream : mapping of str to str
        Needed step -> its key.

    Returns
    -------
    str
        Hexadecimal digest; equal exactly if nothing that can change the result has changed.
    """
    return digest_of(
        {
            "step": step,
            "options": options,
            "settings": settings,
            "inputs": inputs,
            "upstream": upstream,
            "code": code_version(),
            "libraries": library_versions(),
        }
    )
