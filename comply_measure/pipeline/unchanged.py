"""A run that has nothing to do: the same study, inputs, code and libraries, and every written file as it was.

What a run used and wrote is kept, signed, in the cache. A second run compares digests before it loads anything else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.pipeline.extensions import extension_digests
from comply_measure.pipeline.fingerprint import code_version, digest_of_file, library_versions
from comply_measure.pipeline.signature import is_signed, sign

if TYPE_CHECKING:
    from comply_measure.pipeline.run import Run

FOLDER = ".cache"
_FILE = "last-run.json"
_PLACE = "last run"
MANIFEST = "manifest.json"


def remember(run: Run, folder: Path, cache: Path, wanted: list[str] | None, files: dict[str, str]) -> None:
    """Keep what a run without failures used and wrote.

    Parameters
    ----------
    run : Run
        A finished run.
    folder, cache : Path
        Results folder and its cache.
    wanted : list of str, optional
        Steps that the command named.
    files : dict
        Written file -> digest.
    """
    from comply_measure.pipeline.files import write_bytes

    if not run.ok:
        (cache / _FILE).unlink(missing_ok=True)
        return
    document = {
        **_now(run.study.path, wanted),
        "inputs": {str(path.resolve()): digest_of_file(path) for path in run.study.input_files()},
        "files": {**files, MANIFEST: digest_of_file(folder / MANIFEST)},
        "steps": list(run.steps),
    }
    body = json.dumps(document).encode("utf-8")
    write_bytes(cache / _FILE, sign(_PLACE, body).encode("ascii") + b"\n" + body)


def unchanged_steps(study: Path, folder: Path, cache: Path, wanted: list[str] | None) -> list[str] | None:
    """Steps of the last run, if this one would do and write the same; None if it would not, or nobody knows."""
    try:
        signature, _, body = (cache / _FILE).read_bytes().partition(b"\n")
        if not is_signed(_PLACE, body, signature):
            return None
        known: dict[str, Any] = json.loads(body)
        if any(known[key] != value for key, value in _now(study, wanted).items()):
            return None
        if any(digest_of_file(Path(path)) != digest for path, digest in known["inputs"].items()):
            return None
        if any(digest_of_file(folder / name) != digest for name, digest in known["files"].items()):
            return None
        return [str(name) for name in known["steps"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _now(study: Path, wanted: list[str] | None) -> dict[str, Any]:
    return {
        "study": [str(study.resolve()), digest_of_file(study)],
        "wanted": wanted,
        "code": code_version(),
        "libraries": dict(library_versions()),
        "extensions": extension_digests(),
    }
