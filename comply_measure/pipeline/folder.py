"""The results folder: what is written, and what may be replaced."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from comply_measure.errors import InputError, Problem
from comply_measure.pipeline.document import build_report
from comply_measure.pipeline.files import write_atomically, write_bytes, write_text
from comply_measure.pipeline.fingerprint import digest_of_file
from comply_measure.pipeline.manifest import SCHEMA, manifest_document
from comply_measure.pipeline.results import results_document
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.store import FOLDER
from comply_measure.report.html import number_blocks, render_html
from comply_measure.report.latex import render_latex
from comply_measure.report.word import render_word
from comply_measure.responses import write_csv

MANIFEST = "manifest.json"
REPORT = "report.html"
WORD = "tables.docx"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,100}")


def require_usable(folder: Path) -> None:
    """Refuse a folder that holds something other than results of this program.

    Raises
    ------
    InputError
        If `folder` is a file, or has content and neither a manifest nor a cache of an earlier run.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("the results cannot be written", [Problem("not a folder", file=str(folder))])
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not _is_ours(folder):
        fault = Problem(
            "the folder holds other files",
            file=str(folder),
            allowed="a new or empty folder, or the results of an earlier run",
        )
        raise InputError("the results cannot be written", [fault])


def write_results(run: Run, folder: Path, *, jobs: int, started: datetime) -> dict[str, str]:
    """Write results.json, tables (CSV, LaTeX, Word), figures, report.html and, last, manifest.json.

    Files that an earlier run wrote (by its manifest) and this one does not are removed; nothing else is.

    Parameters
    ----------
    run : Run
        A finished run.
    folder : Path
        The results folder.
    jobs : int
        Workers used.
    started : datetime
        When the run began.

    Returns
    -------
    dict
        Written file -> SHA-256.
    """
    before = _written_before(folder)
    names = [*_write_tables(run, folder), *_write_figures(run, folder), *_write_traces(run, folder)]
    write_text(folder / "results.json", _json(results_document(run)))
    report = replace(build_report(run), files=_links(run))
    write_text(folder / REPORT, render_html(report))
    write_bytes(folder / WORD, render_word(report, number_blocks(report.sections)))
    names += ["results.json", REPORT, WORD]
    for name in sorted(before - set(names)):
        (folder / name).unlink(missing_ok=True)
    files = {name: digest_of_file(folder / name) for name in sorted(names)}
    write_text(folder / MANIFEST, _json(manifest_document(run, files, jobs=jobs, started=started)))
    return files


def _write_tables(run: Run, folder: Path) -> list[str]:
    names = []
    for output in run.outputs.values():
        for key, table in output.tables.items():
            name = f"tables/{_safe(key)}"
            write_atomically(folder / f"{name}.csv", partial(write_csv, table.data))
            write_text(folder / f"{name}.tex", render_latex(table))
            names += [f"{name}.csv", f"{name}.tex"]
    return names


def _links(run: Run) -> dict[str, tuple[tuple[str, str], ...]]:
    """Table or figure -> its files, relative to the report."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for output in run.outputs.values():
        for key in output.tables:
            place = f"tables/{_safe(key)}"
            found[key] = (("CSV", f"{place}.csv"), ("LaTeX", f"{place}.tex"), ("Word (all tables)", WORD))
        for key in output.figures:
            place = f"figures/{_safe(key)}"
            found[key] = (("SVG", f"{place}.svg"), ("PNG", f"{place}.png"))
    return found


def _write_figures(run: Run, folder: Path) -> list[str]:
    names = []
    for output in run.outputs.values():
        for key, figure in output.figures.items():
            for suffix, content in (("svg", figure.svg), ("png", figure.png)):
                name = f"figures/{_safe(key)}.{suffix}"
                write_bytes(folder / name, content)
                names.append(name)
    return names


def _write_traces(run: Run, folder: Path) -> list[str]:
    names = []
    for outcome in run.outcomes.values():
        if outcome.trace:
            name = f"errors/{_safe(outcome.step)}.txt"
            write_text(folder / name, outcome.trace)
            names.append(name)
    return names


def _safe(key: str) -> str:
    return key if _NAME.fullmatch(key) else re.sub(r"[^A-Za-z0-9_-]", "-", key).strip("-") or "unnamed"


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _is_ours(folder: Path) -> bool:
    return (folder / FOLDER / "CACHEDIR.TAG").is_file() or _manifest(folder) is not None


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and document.get("schema") == SCHEMA else None


def _written_before(folder: Path) -> set[str]:
    """Files the last run wrote; only names it can have written are believed."""
    files = (_manifest(folder) or {}).get("files", {})
    pattern = re.compile(r"(tables|figures|errors)/[A-Za-z0-9_-]+\.(csv|tex|svg|png|txt)")
    return {name for name in files if isinstance(name, str) and pattern.fullmatch(name)}
