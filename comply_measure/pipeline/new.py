"""Files to begin with: a study of a file of answers, a scale of a table of items."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comply_measure.documents.commented import commented_yaml, plain_line
from comply_measure.documents.safe_yaml import Key
from comply_measure.errors import InputError, Problem
from comply_measure.pipeline.schema import FORMAT

if TYPE_CHECKING:
    from comply_measure.instrument.new import NewScale
    from comply_measure.responses import AnswersSketch
    from comply_measure.responses.sketch.places import Places
    from comply_measure.responses.sketch.ranges import AnswerScale

#: Entries of ``data.columns``, and reasons of those that are guessed.
Entries = tuple[dict[str, Any], dict[str, str]]
STUDY: Final = "study.yaml"
SCALE: Final = "scale.yaml"


@dataclass(frozen=True, slots=True)
class NewFiles:
    """Files that were written, and what to look at in them.

    Parameters
    ----------
    files : tuple of Path
        In the order in which they were written.
    found : tuple of str
        What was found.
    checks : tuple of str
        Guesses to check, the doubtful ones first.
    """

    files: tuple[Path, ...]
    found: tuple[str, ...]
    checks: tuple[str, ...]


def new_study(answers: str | Path, out: str | Path | None = None) -> NewFiles:
    """Write a study file and its scales for a file of answers; every guess is marked ``# guess:`` with its reason.

    Parameters
    ----------
    answers : path-like
        CSV, TSV, Excel, Parquet, SPSS, Stata or JSON, a row per informant; exports of survey tools as they are. Or a
        folder of such files, one for each role, whose names say the role: they are put below each other in
        ``answers.csv`` of `out`.
    out : path-like, optional
        Folder of the new files, that of the answers by default. Answers from elsewhere are copied into it, since a
        study reads nothing outside its folder.

    Returns
    -------
    NewFiles
        ``study.yaml`` and ``scale.yaml``, one more scale for every further range of answers.

    Raises
    ------
    InputError
        If the answers cannot be read or hold no block of items, or a file would be overwritten.
    """
    from comply_measure.pipeline.new_folder import sketch_of_folder, told_of_folder, write_joined
    from comply_measure.pipeline.new_scales import named_scales
    from comply_measure.pipeline.new_told import checks_of, found_in
    from comply_measure.responses import sketch_answers
    from comply_measure.responses.files.load import files_of
    from comply_measure.responses.sketch.ranges import answer_scales

    answers = Path(answers)
    folder = answers.parent if out is None else Path(out)
    joined = None
    if answers.is_dir():
        folder = answers if out is None else Path(out)
        sketch, joined = sketch_of_folder(answers, folder)
        answers = sketch.path
    else:
        sketch = sketch_answers(answers)
    kinds = answer_scales(sketch.blocks)
    language = next((kind.language for kind in kinds if kind.language), "en")
    scales = named_scales(sketch, kinds, language)
    paths = [folder / (SCALE if not place else f"scale_{place + 1}.yaml") for place in range(len(scales))]
    inside = answers.resolve().is_relative_to(folder.resolve())
    copies = () if inside else tuple(folder / path.name for path in files_of(answers))
    file = answers.resolve().relative_to(folder.resolve()).as_posix() if inside else answers.name
    missing, conflicts = _missing(sketch, kinds)
    document, comments = _study(sketch, file, [path.name for path in paths], language, scales, kinds, missing)
    if joined is not None:
        document["data"].setdefault("format", {})["neutralised"] = True
    texts = {folder / STUDY: commented_yaml(document, comments)}
    texts |= {path: scale.text() for path, (scale, _) in zip(paths, scales, strict=True)}
    _write(texts, (answers,) if joined else copies)
    found, checks = found_in(sketch, kinds), checks_of(sketch, kinds, missing)
    if joined is not None:
        write_joined(joined, answers)
        more = told_of_folder(joined)
        found, checks = more[0] + found, more[1] + checks
    for copy in copies:
        shutil.copyfile(answers.with_name(copy.name), copy)
        found.append(f"{copy.name} was copied into {folder}")
    return NewFiles(tuple(texts), tuple(found), (*conflicts, *checks))


def new_scale(
    items: str | Path,
    out: str | Path | None = None,
    *,
    minimum: int = 1,
    maximum: int = 5,
    language: str = "en",
) -> NewFiles:
    """Write a scale file of a table of items.

    Parameters
    ----------
    items : path-like
        CSV, TSV, Excel, Parquet, SPSS or Stata with columns for id, construct and text.
    out : path-like, optional
        Folder of ``scale.yaml``, that of the items by default.
    minimum, maximum : int
        Range of answers.
    language : str
        Language of the texts.

    Returns
    -------
    NewFiles

    Raises
    ------
    InputError
        If the table cannot be used, or a file would be overwritten.
    """
    import pandas as pd

    from comply_measure.instrument import draft_scale
    from comply_measure.responses.faults import Faults, refuse
    from comply_measure.responses.files.load import load_table
    from comply_measure.responses.mapping import FileFormat

    items = Path(items)
    faults = Faults(str(items))
    table = load_table(items, FileFormat(), faults)
    if table is None or faults.problems:
        refuse(f"{items} cannot be read as a table of items", faults)
    frame = pd.DataFrame({name: column.cells() for name, column in table.columns.items()}, dtype=object)
    text = draft_scale(frame, items.stem, minimum=minimum, maximum=maximum, language=language)
    path = (items.parent if out is None else Path(out)) / SCALE
    _write({path: text}, ())
    return NewFiles(
        (path,),
        (f"{len(frame)} items",),
        (
            f"the range of answers, {minimum} to {maximum}: the table does not state it",
            "keying: -1 of reversed items",
        ),
    )


def _write(texts: Mapping[Path, str], further: Sequence[Path]) -> None:
    """Write files that are not there yet; nothing where one of them is."""
    there = [path for path in (*texts, *further) if path.exists()]
    if there:
        raise InputError(
            "nothing was written",
            [
                Problem("the file exists", str(path), allowed="another folder (--out), or move the file away")
                for path in there
            ],
        )
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)


def _missing(sketch: AnswersSketch, kinds: Sequence[AnswerScale]) -> tuple[dict[str, str], list[str]]:
    """Missing codes that hold for all scales, and those that are answers of another one."""
    found: dict[str, str] = {}
    conflicts = []
    for cell, why in sketch.missing.items():
        number = int(cell) if cell.lstrip("-").isdigit() else None
        if number is not None and any(kind.minimum <= number <= kind.maximum for kind in kinds):
            conflicts.append(
                f"code {cell} looks missing in one block and is an answer in another: recode it in the file, as "
                "missing codes hold for all scales of a study"
            )
        else:
            found[cell] = why
    return found, conflicts


def _study(
    sketch: AnswersSketch,
    file: str,
    names: Sequence[str],
    language: str,
    scales: Sequence[tuple[NewScale, Mapping[str, str]]],
    kinds: Sequence[AnswerScale],
    missing: Mapping[str, str],
) -> tuple[dict[str, Any], dict[Key, str]]:
    """Content of the study file and its comments."""
    columns, guesses = _columns(sketch, scales, kinds, missing)
    data: dict[str, Any] = {"file": file, "columns": columns}
    opening = sketch.opening
    if opening.encoding is not None:
        data.setdefault("format", {})["encoding"] = opening.encoding
        guesses["data", "format", "encoding"] = opening.encoding_why
    if opening.header_rows != (0,):
        data.setdefault("format", {})["header_rows"] = list(opening.header_rows)
        guesses["data", "format", "header_rows"] = opening.header_why
    if opening.sheet is not None:
        data.setdefault("format", {})["sheet"] = opening.sheet
        guesses["data", "format", "sheet"] = opening.sheet_why
    places = sketch.places
    if places.several:
        data["informants"] = "all"
        why = "a role has several informants in a unit; all count, average takes their mean, first the first one"
        guesses["data", "informants"] = why
    document: dict[str, Any] = {
        "format": FORMAT,
        "title": plain_line(sketch.path.stem) or "Study",
        "data": data,
        "scales": list(names),
        "language": language,
        "seed": 1,
    }
    comments: dict[Key, str] = {
        (): "A study: where the answers are, which scales were asked, what is computed. "
        "'comply-measure study check' finds every fault of this file.",
        ("title",): "Head of the report.",
        ("scales",): "Scale files in this folder, and names of scales that ship.",
        ("seed",): "Of everything random. All steps that apply are run; 'steps: [sample, items]' runs these.",
    }
    return document, comments | {place: f"guess: {why}" for place, why in guesses.items()}


def _columns(
    sketch: AnswersSketch,
    scales: Sequence[tuple[NewScale, Mapping[str, str]]],
    kinds: Sequence[AnswerScale],
    missing: Mapping[str, str],
) -> tuple[dict[str, Any], dict[Key, str]]:
    """``data.columns`` and the reason of each of its entries."""
    from comply_measure.instrument.naming import Names

    items = {id: column for _, of_scale in scales for id, column in of_scale.items() if id != column}
    names = Names([id for _, of_scale in scales for id in of_scale])
    columns: dict[str, Any] = {}
    guesses: dict[str, str] = {}
    for found, why in (
        _ids(sketch.places),
        ({"items": items} if items else {}, {}),
        _codes(sketch, _words(kinds), missing),
        _variables(sketch, names),
        _not_read(sketch),
    ):
        columns |= found
        guesses |= why
    return columns, {("data", "columns", name): why for name, why in guesses.items()}


def _ids(places: Places) -> Entries:
    """Columns that say who answered."""
    columns: dict[str, Any] = {}
    guesses: dict[str, str] = {}
    for name, place in (
        ("unit", places.unit),
        ("role", places.role),
        ("firm", places.firm),
        ("informant", places.informant),
    ):
        if place is not None:
            columns[name] = place.column
            guesses[name] = place.why
        elif name != "role":
            columns[name] = None
    if not places.repeated:
        guesses["unit"] = (
            "no column is known as a repeated id, so every informant is a unit; name the unit's column if there is one"
        )
    return columns, guesses


def _codes(sketch: AnswersSketch, words: Mapping[str, Any], missing: Mapping[str, str]) -> Entries:
    """What values of the file mean."""
    columns: dict[str, Any] = {}
    guesses: dict[str, str] = {}
    if sketch.roles:
        columns["roles"] = dict(sketch.roles)
        guesses["roles"] = "value in the file: role, made of its label"
    if sketch.role_labels:
        columns["role_labels"] = dict(sketch.role_labels)
        guesses["role_labels"] = "role: its name in print, the label of its value in the file"
    if words:
        columns["labels"] = words
        guesses["labels"] = "answers written as words: label, code"
    if missing:
        columns["missing"] = dict(missing)
        guesses["missing"] = (
            "codes that stand apart from the answers, or are labelled so; for all items and variables"
        )
    return columns, guesses


def _variables(sketch: AnswersSketch, names: Any) -> Entries:
    """Columns that are no items."""
    columns: dict[str, Any] = {}
    guesses: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for key, variables, why in (
        ("units", sketch.unit_variables, "the same in all rows of a unit"),
        ("informants", sketch.informant_variables, "no items, and not the same in all rows of a unit"),
    ):
        found = {_variable(name, names): name for name in variables}
        renamed |= {name: ours for ours, name in found.items()}
        if found:
            columns[key] = found
            guesses[key] = f"{why}; our name: column"
    if sketch.as_text:
        columns["as_text"] = [renamed[name] for name in sketch.as_text]
        guesses["as_text"] = "variables that hold words"
    return columns, guesses


def _not_read(sketch: AnswersSketch) -> Entries:
    """Rows and columns that are left out."""
    columns: dict[str, Any] = {}
    guesses: dict[str, str] = {}
    if sketch.leave_out:
        columns["leave_out"] = {name: list(cells) for name, cells in sketch.leave_out.items()}
        reasons = [f"rows that {sketch.tool} marks as tests, previews or rejected"] * (
            len(sketch.leave_out) > bool(sketch.other_forms)
        )
        reasons += ["rows of forms that ask no items"] if sketch.other_forms else []
        guesses["leave_out"] = f"{', '.join(reasons)}; column: cells"
    if sketch.ignored:
        columns["ignore"] = [_literal(name) for name in sketch.ignored]
        guesses["ignore"] = f"left out: {', '.join(sorted(set(sketch.ignored.values())))}"
    return columns, guesses


def _variable(name: str, names: Any) -> str:
    """The column's own name where nothing else has it."""
    made: str = names.take(name, "variable")
    return made


def _literal(name: str) -> str:
    """A column name in which no sign is a wildcard."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _words(kinds: Sequence[AnswerScale]) -> dict[str, dict[str, int]]:
    """Words of answers that are no anchors of their scale."""
    found: dict[str, dict[str, int]] = {}
    for kind in kinds:
        for block in kind.blocks:
            for word, code in block.seen.words.items():
                if " ".join(word.split()).casefold() not in {anchor.casefold() for anchor in kind.anchors}:
                    found.setdefault(block.language or "en", {})[word] = code
    return found
