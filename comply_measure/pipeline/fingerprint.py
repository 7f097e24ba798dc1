"""What a cached result depends on, as digests: code, libraries, inputs, options, upstream results."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any

from comply_measure import __version__

#: Libraries whose version can change a number or a figure.
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "pingouin",
    "semopy",
    "matplotlib",
)
_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = {".py", ".j2", ".css", ".yaml"}


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


#: Rooms that print or drive and compute nothing: evidence does not depend on their source.
_ABOVE_EVIDENCE = ("report", "pipeline", "cli", "__main__.py")


@cache
def code_version() -> str:
    """Digest of the package's own source: an edited checkout never reuses results of other code."""
    return _digest_of_sources(())


@cache
def evidence_version() -> str:
    """Digest of the source that evidence depends on: that of all rooms below the report."""
    return _digest_of_sources(_ABOVE_EVIDENCE)


def _digest_of_sources(left_out: tuple[str, ...]) -> str:
    found = sha256(__version__.encode())
    sources = (p for p in _PACKAGE.rglob("*") if p.suffix in _SOURCES and "_shipped" not in p.parts)
    for path in sorted(sources):
        place = path.relative_to(_PACKAGE)
        if place.parts[0] not in left_out:
            found.update(place.as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()


@cache
def source_digest(module: str) -> str:
    """Digest of the source of the top-level package a module belongs to; empty for this package, which has its own.

    Source that cannot be found (typed in a notebook, say) is never taken for what it was in another process.
    """
    root = module.partition(".")[0]
    if root == _PACKAGE.name:
        return ""
    files = _files_of(root)
    if not files:
        return token_hex()
    found = sha256()
    for path in files:
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _files_of(root: str) -> list[Path]:
    try:
        spec = find_spec(root)
    except ValueError:  # the script that was started
        spec = None
    if spec is None:
        script = getattr(sys.modules.get(root), "__file__", None)
        return [Path(script)] if script else []
    folders = spec.submodule_search_locations or ()
    inside = [path for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    return inside or ([Path(spec.origin)] if spec.origin and Path(spec.origin).is_file() else [])


def source_of(*parts: Any) -> dict[str, str]:
    """Packages other than this one that functions or classes come from -> digest of their source."""
    modules = [str(getattr(part, "__module__", None) or type(part).__module__) for part in parts]
    found = {module.partition(".")[0]: source_digest(module) for module in modules}
    return {root: digest for root, digest in sorted(found.items()) if digest}


@cache
def library_versions() -> Mapping[str, str]:
    """Version of Python and of the libraries that compute or draw."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def evidence_key(
    step: str,
    options: Mapping[str, Any],
    settings: Mapping[str, Any],
    conventions: Mapping[str, float],
    inputs: Mapping[str, str],
    upstream: Mapping[str, str],
    extension: Mapping[str, str],
) -> str:
    """Key of a step's evidence.

    Parameters
    ----------
    step : str
        Name of the step.
    options, settings : mapping
        Options of the step, and what the study says of data and seed, as plain values.
    conventions : mapping of str to float
        Cut-offs the step computes with.
    inputs : mapping of str to str
        Input file -> digest.
    upstream : mapping of str to str
        Needed step -> key of its evidence.
    extension : mapping of str to str
        Packages beside this one that compute it -> digest of their source.

    Returns
    -------
    str
        Hexadecimal digest; equal exactly if nothing that can change the evidence has changed. Wording, style,
        language and conventions of the report are not among it.
    """
    return digest_of(
        {
            "step": step,
            "options": options,
            "settings": settings,
            "conventions": conventions,
            "inputs": inputs,
            "upstream": upstream,
            "code": evidence_version(),
            "libraries": library_versions(),
            **({"extension": extension} if extension else {}),
        }
    )


def output_key(
    evidence: str,
    language: str,
    cutoffs: Mapping[str, float],
    extension: Mapping[str, str],
    variables: Mapping[str, str],
) -> str:
    """Key of a step's printed output: its evidence, and what its words and figures depend on.

    Parameters
    ----------
    evidence : str
        Key of the evidence.
    language : str
        Language of labels.
    cutoffs : mapping of str to float
        All conventions in force.
    extension : mapping of str to str
        Packages beside this one that print it -> digest of their source.
    variables : mapping of str to str
        Labels of variables of the units that the study gives.
    """
    code = {"code": code_version(), **({"extension": extension} if extension else {})}
    named = {"variables": variables} if variables else {}
    return digest_of({"evidence": evidence, "language": language, "cutoffs": cutoffs, **named, **code})
