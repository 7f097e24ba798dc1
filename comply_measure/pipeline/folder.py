"""The results folder: what is written, and what may be replaced."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from comply_measure.errors import InputError, Problem
from comply_measure.pipeline.document import analysis_paragraphs, build_report, run_conclusions
from comply_measure.pipeline.files import require_writable, staged, writing
from comply_measure.pipeline.fingerprint import digest_of_file
from comply_measure.pipeline.manifest import SCHEMA, manifest_document
from comply_measure.pipeline.results import results_document
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.unchanged import FOLDER
from comply_measure.report.html import number_blocks, render_html
from comply_measure.report.latex import render_latex
from comply_measure.report.manuscript.latex import render_paper, render_sections
from comply_measure.report.manuscript.markdown import render_markdown
from comply_measure.report.manuscript.text import manuscript
from comply_measure.report.manuscript.word import render_document
from comply_measure.report.names import file_names
from comply_measure.report.parts import Report
from comply_measure.report.references.styles import render_bibtex
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.report.word import render_word
from comply_measure.responses import write_csv

MANIFEST = "manifest.json"
RESULTS = "results.json"
REPORT = "report.html"
WORD = "tables.docx"
REFERENCES = "references.bib"
MANUSCRIPT = "manuscript"


def require_usable(folder: Path) -> None:
    """Refuse a folder that holds something other than results of this program.

    Raises
    ------
    InputError
        If `folder` is a file, or has content and neither a manifest nor a cache of an earlier run.
    OutputError
        If nothing may be written there.
    """
    with writing(folder):
        if folder.exists() and not folder.is_dir():
            raise InputError("the results cannot be written", [Problem("not a folder", file=str(folder))])
    require_writable(folder)
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
    """Write results.json, tables (CSV, LaTeX, Word), figures, report.html, references.bib and, last, manifest.json.

    All files are first written aside, then moved into place: after an error the folder is as it was. Files that an
    earlier run wrote (by its manifest) and this one does not are removed; nothing else is.

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

    Raises
    ------
    OutputError
        If the system refuses to write.
    """
    before = _written_before(folder)
    printed = tables(run)
    place = places(run)
    report = replace(build_report(run), files=_links(run, printed, place))
    with staged(folder, MANIFEST) as stage:
        _write_tables(printed, stage, place)
        _write_figures(run, stage, place)
        _write_traces(run, stage)
        _fill(stage / RESULTS, _json(results_document(run, place)))
        _fill(stage / REPORT, render_html(report))
        _fill(stage / REFERENCES, render_bibtex(report.references))
        _fill(stage / WORD, render_word(report, number_blocks(report.sections)))
        _write_manuscript(run, report, stage, place)
        names = sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file())
        files = {name: digest_of_file(stage / name) for name in names}
        _fill(stage / MANIFEST, _json(manifest_document(run, files, jobs=jobs, started=started)))
    with writing(folder):
        for name in sorted(before - set(names)):
            (folder / name).unlink(missing_ok=True)
    return files


def tables(run: Run) -> dict[str, TableSpec]:
    """All tables of a run by key: those of its steps, and that of its conclusions."""
    found = {key: table for output in run.outputs.values() for key, table in output.tables.items()}
    concluded = run_conclusions(run)
    return found | ({table.key: table for table in concluded.tables()} if concluded else {})


def places(run: Run) -> dict[str, str]:
    """Table or figure -> its files without their endings, relative to the folder."""
    figures = [key for output in run.outputs.values() for key in output.figures]
    return {key: f"tables/{name}" for key, name in file_names(tables(run)).items()} | {
        key: f"figures/{name}" for key, name in file_names(figures).items()
    }


def _links(
    run: Run, tables: Mapping[str, TableSpec], place: Mapping[str, str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Table or figure -> its files, relative to the report."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    together = translator(run.study.file.language)("Word (all tables)")
    for key in tables:
        name = place[key]
        found[key] = (("CSV", f"{name}.csv"), ("LaTeX", f"{name}.tex"), (together, WORD))
    for output in run.outputs.values():
        for key in output.figures:
            found[key] = (("SVG", f"{place[key]}.svg"), ("PNG", f"{place[key]}.png"))
    return found


def _write_tables(tables: Mapping[str, TableSpec], stage: Path, place: Mapping[str, str]) -> None:
    for key, table in tables.items():
        path = _made(stage / f"{place[key]}.csv")
        write_csv(table.data, path)
        _fill(path.with_suffix(".tex"), render_latex(table))


def _write_figures(run: Run, stage: Path, place: Mapping[str, str]) -> None:
    for output in run.outputs.values():
        for key, figure in output.figures.items():
            _fill(stage / f"{place[key]}.svg", figure.svg)
            _fill(stage / f"{place[key]}.png", figure.png)


def _write_manuscript(run: Run, report: Report, stage: Path, place: Mapping[str, str]) -> None:
    """Method and results as text: Markdown, Word, LaTeX sections, and a paper that LaTeX compiles."""
    passages = manuscript(report, analysis_paragraphs(run))
    numbers, language = number_blocks(report.sections), report.language
    above = {key: f"../{name}" for key, name in place.items()}
    main = report.sections[: report.n_main]
    files: dict[str, str | bytes] = {
        "text.md": render_markdown(report.title, passages, numbers, report=f"../{REPORT}", language=language),
        "text.docx": render_document(
            report.title, passages, numbers, report=f"../{REPORT}", language=language
        ),
        "text.tex": render_sections(passages, numbers, language),
        "paper.tex": render_paper(
            report.title,
            [table for section in main for table in section.tables()],
            [figure for section in main for figure in section.figures()],
            above,
            text="text.tex",
            language=language,
        ),
    }
    for name, content in files.items():
        _fill(stage / MANUSCRIPT / name, content)


def _write_traces(run: Run, stage: Path) -> None:
    for outcome in run.outcomes.values():
        if outcome.trace:
            _fill(stage / f"errors/{outcome.step}.txt", outcome.trace)


def _fill(path: Path, content: str | bytes) -> None:
    _made(path).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _json(document: dict[str, Any]) -> str:
    """JSON with a line for each value, and for each row of values: what holds no other lists stands on one line."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    return "".join(_pieces(document, "\n", encode)) + "\n"


def _pieces(value: Any, line: str, encode: Callable[[Any], str]) -> Iterator[str]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(part, dict | list) for part in parts):
        yield encode(value)  # compiled, unlike the indenting of json.dumps
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = f"{line} "
    yield opening
    for place, part in enumerate(value):
        yield f",{inner}" if place else inner
        if isinstance(value, dict):
            yield f"{encode(part)}: "
        yield from _pieces(value[part] if isinstance(value, dict) else part, inner, encode)
    yield f"{line}{closing}"


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
    pattern = re.compile(
        r"(tables|figures|errors)/[A-Za-z0-9_-]+\.(csv|tex|svg|png|txt)|manuscript/(text\.(md|docx|tex)|paper\.tex)"
    )
    return {name for name in files if isinstance(name, str) and pattern.fullmatch(name)}
