"""From a file of answers to what it probably holds: every guess with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.header import is_import_row
from comply_measure.responses.files.load import load_table, top_rows
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.responses.mapping import FileFormat
from comply_measure.responses.numerals import PLAIN
from comply_measure.responses.sketch.blocks import Block, find_blocks
from comply_measure.responses.sketch.places import Places, find_places, within
from comply_measure.responses.sketch.seen import answer_texts
from comply_measure.responses.sketch.words import FIRM, INFORMANT, PERSONAL, ROLE, UNIT, is_metadata, tokens
from comply_measure.responses.vocabulary import MissingReason

_ROWS = 6
_LONG_TEXT = 60


@dataclass(frozen=True, slots=True)
class AnswersSketch:
    """What a file of answers probably holds.

    Parameters
    ----------
    path : Path
        The file.
    n_rows : int
        Rows of answers.
    header_rows : tuple of int
        Rows of its header, and in `header_why` how that was seen.
    header_why : str
        Empty where the header is one row.
    blocks : tuple of Block
        Columns that are taken for items.
    places : Places
        Columns that say who answered.
    roles : mapping
        Value of the role column -> role.
    unit_variables, informant_variables : tuple of str
        Other columns that are the same within units, and those that are not.
    as_text : tuple of str
        Those of them that hold text.
    ignored : mapping
        Column that is left out -> why.
    missing : mapping
        Cell -> why it is no answer; of all blocks.
    labels : mapping
        Column -> what the file says about it beside its name.
    reversed_items : mapping
        Item -> its correlation with the rest of its block, where that is negative.
    """

    path: Path
    n_rows: int
    header_rows: tuple[int, ...]
    header_why: str
    blocks: tuple[Block, ...]
    places: Places
    roles: Mapping[str, str]
    unit_variables: tuple[str, ...]
    informant_variables: tuple[str, ...]
    as_text: tuple[str, ...]
    ignored: Mapping[str, str]
    missing: Mapping[str, MissingReason]
    labels: Mapping[str, str]
    reversed_items: Mapping[str, float]


def sketch_answers(path: str | Path) -> AnswersSketch:
    """Look at a file of answers: header rows, items, who answered, missing codes.

    Parameters
    ----------
    path : path-like
        A file that :func:`~comply_measure.responses.read_responses` reads, with a row per informant.

    Returns
    -------
    AnswersSketch

    Raises
    ------
    InputError
        If the file cannot be read, holds a row per unit, has no block of items or nothing that tells its rows apart.
    """
    path = Path(path)
    faults = Faults(str(path))
    header, why = _header(path, faults)
    table = None if faults.problems else load_table(path, FileFormat(header_rows=header), faults)
    if table is None or faults.problems:
        refuse(f"{path} cannot be read as a table of answers", faults)
    metadata = [name for name in table.columns if is_metadata(name)]
    blocks = _blocks(table, metadata)
    items = {name for block in blocks for name in block.columns}
    _check(table, blocks)
    others = {name: column for name, column in table.columns.items() if name not in items}
    places = find_places(others, metadata)
    if places.unit is None:
        raise InputError(
            f"{path} does not say who answered",
            [
                Problem(
                    "no column has ids that repeat (units) or a value of its own in every row (informants)",
                    str(path),
                    allowed="a column that numbers the answers",
                )
            ],
        )
    units, informants, ignored = _variables(others, places, metadata)
    role = others[places.role.column] if places.role else None
    return AnswersSketch(
        path,
        len(table),
        header,
        why,
        tuple(blocks),
        places,
        {} if role is None else _roles(role),
        units,
        informants,
        tuple(name for name in (*units, *informants) if _is_text(others[name])),
        ignored,
        _missing(blocks),
        {name: column.label for name, column in table.columns.items() if column.label},
        _reversed(table, blocks),
    )


def _header(path: Path, faults: Faults) -> tuple[tuple[int, ...], str]:
    """Header rows, and how they were told from answers."""
    rows = top_rows(path, FileFormat(), faults, _ROWS)
    for place in (1, 2):
        if place < len(rows) and is_import_row(rows[place]):
            return tuple(
                range(place + 1)
            ), f"row {place + 1} has the ids that Qualtrics writes below the questions"
    if len(rows) < 3:
        return (0,), ""
    first, second, third = ([_shown(cell) for cell in row] for row in rows[:3])
    if any(not cell and below for cell, below in zip(first, second, strict=False)) and not any(
        _is_number(cell) for cell in second
    ):
        return (0, 1), "the first row has blanks above the parts of questions, as SurveyMonkey writes"
    numbers = [place for place, cell in enumerate(third) if _is_number(cell)]
    above = [second[place] for place in numbers if place < len(second)]
    if len(numbers) > 1 and all(above) and not any(map(_is_number, above)) and len({*above}) > len(above) / 2:
        return (0, 1), "the second row has texts where the rows below have numbers: labels of the columns"
    return (0,), ""


def _shown(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _is_number(cell: str) -> bool:
    return PLAIN.number(cell) is not None


def _blocks(table: RawTable, metadata: Sequence[str]) -> list[Block]:
    """Blocks among columns that are not the tool's own and not named like ids."""
    ids = {*metadata}
    for name in table.columns:
        if tokens(name) & (UNIT | FIRM | ROLE | INFORMANT) and len(name.split()) < 3 and not _numbered(name):
            ids.add(name)
    return find_blocks({name: column for name, column in table.columns.items() if name not in ids})


def _numbered(name: str) -> bool:
    return re.search(r"[_\-. \[a-z]\d+\]?$", name) is not None


def _check(table: RawTable, blocks: Sequence[Block]) -> None:
    names = list(table.columns)
    at = [name for name in names if "@" in name]
    if len(at) > len(names) / 2:
        allowed = "a row per informant; for a row per unit write a study file with layout: wide"
        raise InputError(
            f"{table.file} has a row per unit",
            [Problem(f"{len(at)} columns are named item@role", table.file, allowed=allowed)],
        )
    if not blocks:
        allowed = (
            "at least two columns whose names begin alike (trust_1, trust_2) and that hold answers of one scale: whole "
            "numbers of at most 11 categories, or labels of a known scale"
        )
        raise InputError(
            f"no block of items was found in {table.file}",
            [
                Problem(
                    f"none of {len(names)} columns looks like an item of a block", table.file, allowed=allowed
                )
            ],
        )


def _variables(
    columns: Mapping[str, Column], places: Places, metadata: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Unit variables, informant variables, and what is left out with its reason."""
    used = {place.column for place in (places.unit, places.role, places.firm, places.informant) if place}
    unit = columns[places.unit.column].codes if places.unit and places.repeated else None
    found: dict[str, list[str]] = {"units": [], "informants": []}
    ignored: dict[str, str] = {}
    for name, column in columns.items():
        if name in used:
            continue
        if reason := _unwanted(name, column, metadata):
            ignored[name] = reason
        else:
            of_unit = unit is not None and within(column.codes, unit)
            found["units" if of_unit else "informants"].append(name)
    return tuple(found["units"]), tuple(found["informants"]), ignored


def _unwanted(name: str, column: Column, metadata: Sequence[str]) -> str:
    if name in metadata:
        return "written by the survey tool"
    if tokens(name) & PERSONAL:
        return "may name a person"
    if len(column.distinct) < 2:
        return "empty or the same in every row"
    if any(isinstance(cell, str) and len(cell) > _LONG_TEXT for cell in column.distinct):
        return "free text"
    return ""


def _is_text(column: Column) -> bool:
    return bool(answer_texts(column)) or len(column.value_labels) >= len(column.distinct) > 0


def _roles(column: Column) -> dict[str, str]:
    """Value of the role column -> a short key of its label or text."""
    found: dict[str, str] = {}
    for cell in column.distinct:
        value = cell if isinstance(cell, str) else f"{cell:g}"
        label = column.value_labels.get(cell, value)
        key = re.sub(r"\W+", "_", str(label).casefold()).strip("_") or value
        found[value] = f"role_{key}" if key[:1].isdigit() else key
    return found


def _missing(blocks: Sequence[Block]) -> dict[str, MissingReason]:
    found: dict[str, MissingReason] = {}
    for block in blocks:
        for cell, why in block.missing.items():
            found.setdefault(cell, why)
    return found


def _reversed(table: RawTable, blocks: Sequence[Block]) -> dict[str, float]:
    """Items of numbers or words that correlate negatively with the mean of the others of their block."""
    found: dict[str, float] = {}
    for block in blocks:
        values = np.array([_values(table.columns[name], block) for name in block.columns])
        for place, name in enumerate(block.columns):
            rest = np.delete(values, place, axis=0)
            complete = ~np.isnan(rest).any(axis=0) & ~np.isnan(values[place])
            mine, others = values[place, complete], rest[:, complete].mean(axis=0)
            if len(mine) > 2 and np.ptp(mine) > 0 and np.ptp(others) > 0:
                r = float(np.corrcoef(mine, others)[0, 1])
                if r < -0.1:
                    found[name] = r
    return found


def _values(column: Column, block: Block) -> np.ndarray:
    cells: list[float] = []
    for cell in column.distinct:
        number = PLAIN.number(cell)
        code = block.seen.words.get(str(cell)) if number is None else number
        cells.append(float(code) if code is not None and code in block.answers else np.nan)
    return np.array([*cells, np.nan])[column.codes]
