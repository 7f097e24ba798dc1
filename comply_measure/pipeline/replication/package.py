"""``comply-measure run --package DIR``: the folder a data editor accepts.

No file holds a clock or a place, so that packing twice gives the same bytes; what a run costs is told in the classes of
the AEA's template, exact figures stay in the manifest of the results folder.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from comply_measure import __version__
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.pipeline.document import build_report
from comply_measure.pipeline.files import staged, writing
from comply_measure.pipeline.fingerprint import code_version
from comply_measure.pipeline.folder import MANIFEST, places, tables
from comply_measure.pipeline.replication.checksums import FILE as SUMS, digests, read_sums, sums_text
from comply_measure.pipeline.replication.cost import cost_of
from comply_measure.pipeline.replication.declared import declared
from comply_measure.pipeline.replication.deviations import deviations
from comply_measure.pipeline.replication.exhibits import exhibits
from comply_measure.pipeline.replication.readme import Facts, readme
from comply_measure.pipeline.replication.references import bibliography, citation_file
from comply_measure.pipeline.replication.study_copy import STUDY, copy_study
from comply_measure.pipeline.replication.versions import lock_text, locked
from comply_measure.pipeline.unchanged import FOLDER
from comply_measure.pipeline.whole import run_study
from comply_measure.report.names import key_of
from comply_measure.report.translation.translator import translator
from comply_measure.responses import Responses, write_csv, write_dataset

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.pipeline.run import Run

CARD = "package.json"
FORMAT = "comply-measure package 1"
RESULTS, STAND_IN = "results", "results_stand_in"


def write_package(run: Run, folder: str | Path) -> tuple[Path, ...]:
    """Write the replication package of a run whose results were written.

    Parameters
    ----------
    run : Run
        From :func:`comply_measure.pipeline.run_study`, with its results folder.
    folder : path-like
        New or empty, or a package of this study, which is replaced.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    ComplyError
        If a step failed, or the results were not written.
    InputError
        If the folder holds something else.
    """
    target = Path(folder)
    if run.folder is None or not run.ok:
        raise ComplyError("a package needs results that were written, of a run in which no step failed")
    _require_free(target)
    with TemporaryDirectory() as aside:
        made = Path(aside) / "package"
        made.mkdir()
        _fill(run, made)
        (made / SUMS).write_text(sums_text(digests(made)), encoding="utf-8", newline="\n")
        _replace(made, target)
    return tuple(sorted(path for path in target.rglob("*") if path.is_file()))


def _require_free(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise InputError("the package cannot be written", [Problem("not a folder", str(target))])
    if target.is_dir() and any(target.iterdir()) and not (target / CARD).is_file():
        fault = Problem(
            "the folder holds other files", str(target), allowed="a new or empty folder, or a package"
        )
        raise InputError("the package cannot be written", [fault])


def _replace(made: Path, target: Path) -> None:
    """Move the new package into place; files of the old one that the new one lacks go."""
    new = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    old = set(read_sums(target)) if (target / SUMS).is_file() else set()
    with staged(target, SUMS) as stage:
        shutil.copytree(made, stage, dirs_exist_ok=True)
    with writing(target):
        for name in sorted(old - new):
            (target / name).unlink(missing_ok=True)


def _fill(run: Run, made: Path) -> None:
    responses, part = run.study.responses, declared(run.study)
    hidden = part.data == "stand_in"
    shared = _stand_in(run) if hidden else responses
    document = copy_study(run.study, made, shared if hidden else None)
    _write_data(shared, made, run)
    units = _copy_results(run, made, without_units=hidden)
    if hidden:
        _run_stand_in(made)
    _write_moments(responses, made)
    registration = run.study.file.registration
    if registration is not None:
        write_csv(deviations(run, registration), made / "deviations.csv")
    listed = exhibits(run)
    listed = listed[[(made / file).is_file() for file in listed["file"]]].reset_index(drop=True)
    write_csv(listed, made / "exhibits.csv")
    assert run.folder is not None
    size = float(sum(path.stat().st_size for path in made.rglob("*") if path.is_file()))
    works = build_report(run).references
    texts = {
        "requirements.lock": lock_text(locked()),
        "references.bib": bibliography(run.study, works),
        "CITATION.cff": citation_file(run.study),
        "LICENSE.txt": _licences(part.data_licence, part.code_licence, run.study.file.language),
        CARD: _card(run, document),
        "README.md": readme(
            run, Facts(listed, cost_of(run, run.folder / FOLDER), size, hidden, units, works)
        ),
    }
    for name, text in texts.items():
        (made / name).write_text(text, encoding="utf-8", newline="\n")


def _stand_in(run: Run) -> Responses:
    from comply_measure.simulation import stand_in

    return stand_in(run.study.responses, run.study.file.seed)


def _write_data(shared: Responses, made: Path, run: Run) -> None:
    """Codebook with the data, and the questionnaire of every role in every language."""
    languages = [
        name for name in shared.scales[0].languages if all(name in s.languages for s in shared.scales)
    ]
    spoken = run.study.codebook_language
    write_dataset(shared, made / "codebook", "study", title=run.study.file.title, language=spoken)
    (made / "questionnaire").mkdir()
    for role in shared.roles:
        for language in languages:
            pages = _asked(shared, role, language)
            write_csv(pages, made / "questionnaire" / f"{key_of(role, language)}.csv")


def _asked(shared: Responses, role: str, language: str) -> pd.DataFrame:
    """What a role was asked: pages of scales that say how they are asked, items of the others in their order."""
    import pandas as pd

    from comply_measure.instrument import questionnaire
    from comply_measure.responses.selection import form_of

    mine = [scale for scale in shared.scales if role in scale.roles]
    paged = [scale for scale in mine if scale.sections]
    forms = {scale.key: form_of(scale, shared.form) for scale in paged}
    parts = []
    if paged:
        parts.append(questionnaire(paged, role, language, forms, shared.attribute_set).tidy())
    present = set(shared.item_ids)
    rows = [
        {
            "kind": "item",
            "id": item.id,
            "stem": item.stem.get(language, ""),
            "text": item.text(language, role),
            "answers": " | ".join(
                f"{code} {text}" for code, text in scale.response.value_labels(language).items()
            ),
        }
        for scale in mine
        if not scale.sections
        for item in scale.items
        if item.id in present and role in item.roles
    ]
    parts.append(pd.DataFrame(rows, columns=["page", "section", "kind", "id", "stem", "text", "answers"]))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _copy_results(run: Run, made: Path, *, without_units: bool) -> tuple[str, ...]:
    """The results without the manifest, which holds times; names of tables that are left out."""
    assert run.folder is not None
    named = json.loads((run.folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    place = places(run)
    rows_are_units = {
        key for key, table in tables(run).items() if {"unit", "firm"} & set(map(str, table.data.columns))
    }
    left_out = (
        {f"{place[key]}{end}" for key in rows_are_units for end in (".csv", ".tex")}
        if without_units
        else set()
    )
    # Documents print these tables, too.
    whole = {"report.html", "results.json", "tables.docx"} if left_out else set()
    for name in sorted(set(named) - left_out - whole):
        path = made / RESULTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.folder / name, path)
    return tuple(sorted(rows_are_units)) if without_units else ()


def _run_stand_in(made: Path) -> None:
    """The tables of the packaged study, which others can compute."""
    with TemporaryDirectory() as aside:
        found = run_study(made / STUDY, out=aside)
        if not found.ok:
            failed = "; ".join(f"{name}: {o.reason}" for name, o in found.outcomes.items() if not o.ok)
            raise ComplyError(f"the study does not run on the stand-in: {failed}")
        shutil.copytree(Path(aside) / "tables", made / STAND_IN / "tables")


def _write_moments(responses: Responses, made: Path) -> None:
    from comply_measure.responses.moments import moment_tables

    (made / "moments").mkdir()
    for name, table in moment_tables(responses).items():
        write_csv(table, made / "moments" / f"{name}.csv")


def _licences(data: str, code: str, language: str) -> str:
    say = translator(language)
    stated = {"data (data/, codebook/, moments/)": data, "study file and results": code}
    lines = [
        f"{say(what)}: {licence or say('not stated by the authors')}" for what, licence in stated.items()
    ]
    return "\n".join([*lines, f"{say('comply-measure itself')}: GPL-3.0-or-later", ""])


def _card(run: Run, document: Mapping[str, Any]) -> str:
    """What ``verify`` reads: steps, and the study's keys as they were."""
    card = {
        "format": FORMAT,
        "comply-measure": __version__,
        "source": code_version(),
        "steps": [name for name, outcome in run.outcomes.items() if outcome.ok],
        "tables": STAND_IN if run.study.file.package.data == "stand_in" else RESULTS,
        "study": document,
    }
    return json.dumps(card, ensure_ascii=False, indent=1, default=str, sort_keys=False) + "\n"
