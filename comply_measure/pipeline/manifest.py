"""``manifest.json``: where a results folder comes from, for replication."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from comply_measure import __version__
from comply_measure.pipeline.extensions import extension_versions
from comply_measure.pipeline.fingerprint import LIBRARIES, code_version
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.usage import Usage

SCHEMA = "comply-measure manifest"
VERSION = 1
_ALSO = ("jinja2", "pydantic", "PyYAML", "typer", "rich", "joblib", "openpyxl", "pyreadstat", "pyarrow")


def manifest_document(run: Run, files: dict[str, str], *, jobs: int, started: datetime) -> dict[str, Any]:
    """The content of ``manifest.json``.

    Parameters
    ----------
    run : Run
        A finished run.
    files : dict
        Written file -> SHA-256.
    jobs : int
        Workers used.
    started : datetime
        When the run began, with time zone.
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": {"file": run.study.path.name, "sha256": run.study.sha256, "title": run.study.file.title},
        "seed": run.study.file.seed,
        "inputs": dict(run.study.inputs),
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": round(run.seconds, 3),
        **Usage.of_this_process().beside(run.workers).document(),
        "jobs": jobs,
        "steps": {
            name: {
                "status": outcome.status,
                "seconds": round(outcome.seconds, 3),
                "key": outcome.key,
                "reason": outcome.reason,
                "warnings": list(outcome.warnings),
            }
            for name, outcome in run.outcomes.items()
        },
        "software": {
            "comply-measure": __version__,
            "source": code_version(),
            **_versions(),
            **extension_versions(),
        },
        "platform": {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "system": platform.system(),
            "machine": platform.machine(),
        },
        "files": files,
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in (*LIBRARIES, *_ALSO):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
