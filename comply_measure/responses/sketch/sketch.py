"""From a file of answers to what it probably holds: every guess with its reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Final

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.responses.cells import folded
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.load import load_table
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.responses.mapping import FileFormat
from comply_measure.responses.numerals import PLAIN, Numerals, numerals_of
from comply_measure.responses.roles import role_key
from comply_measure.responses.rows import without_rows
from comply_measure.responses.sketch.blocks import (
    Block,
    find_blocks,
    one_per_answer,
    scores_of_scales,
    sliders,
    unread_groups,
)
from comply_measure.responses.sketch.forms import emptied, occasions, rows_of_other_forms
from comply_measure.responses.sketch.groups import of_json, with_group
from comply_measure.responses.sketch.opening import Opening, opening_of
from comply_measure.responses.sketch.places import Places, find_places
from comply_measure.responses.sketch.tools import Tool, is_tools_own, marked_rows, tool_of, unfinished
from comply_measure.responses.sketch.variables import is_text, tools_columns, variables
from comply_measure.responses.sketch.wide import Repeated, repeated_columns
from comply_measure.responses.sketch.words import FIRM, INFORMANT, ROLE, UNIT, split_code, tokens
from comply_measure.responses.vocabulary import MissingReason

_COMMA: Final = Numerals(",")
_ASKING: Final = frozenset(
    {"your", "my", "the", "of", "in", "which", "what", "is", "name", "code", "number", "business"}
    | {"ihr", "ihre", "welche", "die", "der"}
)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(frozen=True, slots=True)
class AnswersSketch:
    """What a file of answers probably holds.

    Parameters
    ----------
    path : Path
        The file.
    n_rows : int
        Rows of answers.
    opening : Opening
        Encoding and header rows.
    tool : str
        Survey tool that wrote the file; empty where its columns do not say.
    blocks : tuple of Block
        Columns that are taken for items.
    places : Places
        Columns that say who answered.
    roles : mapping
        Value of the role column -> role.
    role_labels : mapping
        Role -> label that the file gives its code.
    unit_variables, informant_variables : tuple of str
        Other columns that are the same within units, and those that are not.
    as_text : tuple of str
        Those of them that hold text.
    ignored : mapping
        Column that is left out -> why.
    leave_out : mapping
        Column -> cells whose rows are tests or rejected, and left out.
    other_forms : str
        The one of these columns whose rows are of forms that ask no items; empty where there is none.
    occasions : tuple
        Column that says on which occasion a row was answered, and its cells where there are several.
    only_tests : bool
        Whether every row is marked so, as in a trial of the survey: then all are kept.
    unfinished : tuple
        Column that says whether interviews were finished, its cells where not, and how many there are.
    repeats : tuple of int
        Rows of the file that repeat an earlier one in all that informants wrote.
    unread : tuple
        Groups of columns of like names with words of no known answer scale: the columns and the words.
    sliders : tuple of tuple of str
        Groups of columns of whole numbers from 0 to 100 that are no items.
    one_per_answer : tuple of tuple of str
        Groups of columns that are the answers of one question.
    missing : mapping
        Cell -> why it is no answer; of all blocks.
    labels : mapping
        Column -> what the file says about it beside its name.
    repeated : Repeated or None
        Columns of items that are there for each of several words.
    reversed_items : mapping
        Item -> its correlation with the rest of its block, where that is negative.
    """

    path: Path
    n_rows: int
    opening: Opening
    tool: str
    blocks: tuple[Block, ...]
    places: Places
    roles: Mapping[str, str]
    role_labels: Mapping[str, str]
    unit_variables: tuple[str, ...]
    informant_variables: tuple[str, ...]
    as_text: tuple[str, ...]
    ignored: Mapping[str, str]
    leave_out: Mapping[str, tuple[str, ...]]
    other_forms: str
    occasions: tuple[str, tuple[str, ...]]
    only_tests: bool
    unfinished: tuple[str, tuple[str, ...], int]
    repeats: tuple[int, ...]
    unread: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    sliders: tuple[tuple[str, ...], ...]
    one_per_answer: tuple[tuple[str, ...], ...]
    missing: Mapping[str, MissingReason]
    labels: Mapping[str, str]
    reversed_items: Mapping[str, float]
    repeated: Repeated | None


def sketch_answers(path: str | Path) -> AnswersSketch:
    """Look at a file of answers: encoding, header rows, test rows, items, who answered, missing codes.

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
    opening, table = with_group(*opened(Path(path)), _has_items, lambda group: opened(Path(path), group))
    return sketch_table(Path(path), opening, table)


def _has_items(table: RawTable) -> bool:
    tool = tool_of(table.columns.values())
    return bool(_blocks(table, tools_columns(table.columns), tool))


def sketch_table(path: Path, opening: Opening, table: RawTable) -> AnswersSketch:
    """What a table of answers probably holds; as :func:`sketch_answers`, of a table that is read already."""
    tool = tool_of(table.columns.values())
    table, leave_out, only_tests = _without_tests(table, tool)
    of_tool = {name for name, column in table.columns.items() if is_tools_own(column, tool)}
    metadata = [name for name in tools_columns(table.columns) if name not in of_tool]
    blocks = _blocks(table, {*metadata, *of_tool}, tool)
    items = {name for block in blocks for name in block.columns}
    _check(table, blocks)
    whole = table
    form, cells = rows_of_other_forms(table, items, tool)
    if form:
        leave_out = {**leave_out, form: cells}
        table, _ = without_rows(table, {form: cells}, Faults(table.file))
    others = {name: column for name, column in table.columns.items() if name not in items}
    places = find_places(others, {*metadata, *of_tool})
    _check_places(path, places)
    repeated = None if places.repeated else repeated_columns(name for name in table.columns if name in items)
    _check_layout(table, repeated)
    numerals = numerals_of(table, others.values(), FileFormat(), Faults(table.file))
    units, informants, ignored = variables(others, places, metadata, tool, numerals)
    role = others[places.role.column] if places.role else None
    return AnswersSketch(
        path,
        len(table),
        opening,
        tool.name if tool else "",
        tuple(blocks),
        places,
        *(({}, {}) if role is None else _roles(role)),
        units,
        informants,
        tuple(name for name in (*units, *informants) if is_text(others[name], numerals)),
        _reasons(ignored, emptied(whole, table), leave_out),
        leave_out,
        form,
        occasions(table, tool),
        only_tests,
        unfinished(table, tool),
        _repeats(table, {*ignored, places.informant.column} if places.informant else ignored),
        tuple(unread_groups({name: others[name] for name in informants + units})),
        tuple(sliders({name: others[name] for name in informants + units})),
        tuple(one_per_answer(others)),
        _missing(blocks),
        _labels(table),
        _reversed(table, blocks),
        repeated,
    )


def opened(path: Path, group: str | None = None) -> tuple[Opening, RawTable]:
    """The file read as a table of texts; with a row for each repetition of a group of JSON."""
    if path.is_dir():
        problem = Problem(
            "a folder, not a file of answers",
            str(path),
            allowed="one file; study new reads a folder with a file for each role, too",
        )
        raise InputError(f"{path} cannot be read as a table of answers", [problem])
    faults = Faults(str(path))
    opening = replace(opening_of(path, faults), sheet=group)
    table = None if faults.problems else load_table(path, opening.file_format, faults)
    if table is None or faults.problems:
        refuse(f"{path} cannot be read as a table of answers", faults)
    return opening, replace(
        table, columns={name: _with_numbers(c, table) for name, c in table.columns.items()}
    )


def _with_numbers(column: Column, table: RawTable) -> Column:
    """A column of numbers with a decimal comma as numbers; any other as it is."""
    if not table.may_use_decimal_comma or not any("," in str(cell) for cell in column.distinct):
        return column
    numbers = [_COMMA.number(cell) for cell in column.distinct]
    if any(number is None for number in numbers) or len({*numbers}) < len(numbers):
        return column
    return replace(column, distinct=tuple(number for number in numbers if number is not None))


def _check_places(path: Path, places: Places) -> None:
    """Refuse a file in which nothing tells the rows apart."""
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


def _reasons(
    ignored: Mapping[str, str], only_elsewhere: Collection[str], leave_out: Collection[str]
) -> dict[str, str]:
    """Column that is left out -> why; those that leave out rows are read."""
    elsewhere = "given only in rows that are left out"
    return {
        name: elsewhere if name in only_elsewhere else why
        for name, why in ignored.items()
        if name not in leave_out
    }


def _check_layout(table: RawTable, repeated: Repeated | None) -> None:
    """Refuse a file with a row per unit, whose columns repeat for the roles."""
    if repeated is None or not repeated.answerers:
        return
    problem = Problem(
        f"{len(repeated.columns)} columns repeat for {', '.join(repeated.words)}",
        table.file,
        column=_listed(repeated.columns),
        allowed="a row per informant; for a row per unit write a study file with layout: wide and wide_pattern: "
        f"'{repeated.pattern}'",
    )
    raise InputError(f"{table.file} has a row per unit", [problem])


def _without_tests(table: RawTable, tool: Tool | None) -> tuple[RawTable, dict[str, tuple[str, ...]], bool]:
    """The table without rows that are marked as tests, what marks them, and whether all rows are: then none goes."""
    leave_out = marked_rows(table, tool)
    faults = Faults(table.file)
    kept, _ = without_rows(table, leave_out, faults)
    return (table, {}, True) if faults.problems else (kept, leave_out, False)


def _labels(table: RawTable) -> dict[str, str]:
    """Column -> what the file says about it beside its name or code; without HTML."""
    texts = {name: column.label or split_code(name)[1] for name, column in table.columns.items()}
    plain = {name: " ".join(unescape(_TAG.sub(" ", text)).split()) for name, text in texts.items()}
    return {name: text for name, text in plain.items() if text}


def _repeats(table: RawTable, ignored: Collection[str]) -> tuple[int, ...]:
    """Rows that repeat an earlier one; ids of informants, the tool's own columns and times apart."""
    codes = np.array([column.codes for name, column in table.columns.items() if name not in ignored])
    _, first = np.unique(codes, axis=1, return_index=True)
    return tuple(int(row) for row in np.delete(table.rows, first))


def _blocks(table: RawTable, metadata: Iterable[str], tool: Tool | None) -> list[Block]:
    """Blocks among columns that are not the tool's own and not named or labelled like ids."""
    ids = {*metadata}
    for name, column in table.columns.items():
        name_of = split_code(name)[0]
        named = len(name_of.split()) < 3 and not _numbered(name_of) and _says_who(name_of)
        label = column.label
        if named or _asks_who(label):
            ids.add(name)
    blocks = find_blocks({name: column for name, column in table.columns.items() if name not in ids})
    codes = tool.unanswered if tool else frozenset()
    return [_without_unanswered(block, codes) for block in blocks]


def _says_who(name: str) -> bool:
    return not tokens(name).isdisjoint(UNIT | FIRM | ROLE | INFORMANT)


def _asks_who(label: str) -> bool:
    """Whether a label asks for unit, firm, role or informant alone: "Your function", not "Team spirit"."""
    words = {folded(word) for word in re.findall(r"\w+", _TAG.sub(" ", label))}
    return _says_who(_TAG.sub(" ", label)) and words <= _ASKING | UNIT | FIRM | ROLE | INFORMANT


def _without_unanswered(block: Block, codes: frozenset[int]) -> Block:
    """The block with the tool's codes for questions without an answer taken off the lower end of its answers."""
    lone = {code for code in codes & block.answers - set(block.seen.labels) if code == min(block.answers)}
    return replace(block, lone=block.lone | lone) if len(block.answers) - len(lone) > 2 else block


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
        problem = Problem(
            f"none of {len(names)} columns looks like an item of a block", table.file, allowed=allowed
        )
        groups = [Problem(note, table.file) for note in table.notes if "is a group that repeats" in note]
        found = [problem, *groups, *of_json(table), *_near_blocks(table)]
        raise InputError(f"no block of items was found in {table.file}", found)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _near_blocks(table: RawTable) -> list[Problem]:
    """Columns that nearly make a block, and what keeps them from it."""
    found = [
        Problem(
            "the columns share words of no known answer scale",
            table.file,
            column=_listed(names),
            value="; ".join(words),
            allowed="codes, or codes with their labels (1 - never), as survey tools export them on request; or a study "
            "file of your own with these words under data.columns.labels",
        )
        for names, words in unread_groups(table.columns)
    ]
    found += [
        Problem(
            "whole numbers from 0 to 100, as of sliders",
            table.file,
            column=_listed(names),
            allowed="a scale and a study file of your own (response: {minimum: 0, maximum: 100})",
        )
        for names in sliders(table.columns)
    ]
    if len(scores := scores_of_scales(table.columns)) > 1:
        found.append(
            Problem(
                "numbers with decimals, as scores of whole scales",
                table.file,
                column=_listed(scores),
                allowed="the items that these are means of; functions of triads take tables of scores from Python",
            )
        )
    return found + [
        Problem(
            "a column per answer of one question",
            table.file,
            column=_listed(names),
            allowed="a column per question: export anew with condensed columns (SurveyMonkey), or with codes",
        )
        for names in one_per_answer(table.columns)
    ]


def _roles(column: Column) -> tuple[dict[str, str], dict[str, str]]:
    """Value of the role column -> a short key of its label or text; key -> label, where values are codes of labels."""
    found: dict[str, str] = {}
    labels: dict[str, str] = {}
    for cell in column.distinct:
        value = cell if isinstance(cell, str) else f"{cell:g}"
        label = " ".join(str(column.value_labels.get(cell, value)).split())
        found[value] = role_key(label) or value
        if label and cell in column.value_labels and label != value:
            labels.setdefault(found[value], label)
    return found, labels


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
