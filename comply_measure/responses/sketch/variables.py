"""What columns beside items and ids are: variables of units or informants, or nothing a study wants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from comply_measure.responses.cells import looks_like_a_date
from comply_measure.responses.files.raw import Cell, Column, DateCell
from comply_measure.responses.numerals import PLAIN, Numerals
from comply_measure.responses.sketch.places import Places, within
from comply_measure.responses.sketch.seen import answer_texts
from comply_measure.responses.sketch.tools import Tool, is_tools_own, names_of
from comply_measure.responses.sketch.words import PERSONAL, is_metadata, split_code, tokens

_LONG_TEXT: Final = 60
_MONTH_FIRST: Final = re.compile(
    r"[^\W\d]{3,10}\.? \d{1,2},? \d{4}( \d{1,2}:\d{2}(:\d{2})?( ?[ap]\.?m\.?)?)?", re.IGNORECASE
)
_CLOCK: Final = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[T ,]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]\.?m\.?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|(GMT|UTC|MEZ|MESZ|CES?T)([+-]\d{1,2}(:\d{2})?)?)?",
    re.IGNORECASE,
)


def variables(
    columns: Mapping[str, Column],
    places: Places,
    metadata: Sequence[str],
    tool: Tool | None,
    numerals: Numerals = PLAIN,
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Unit variables, informant variables, and what is left out with its reason."""
    used = {place.column for place in (places.unit, places.role, places.firm, places.informant) if place}
    unit = columns[places.unit.column].codes if places.unit and places.repeated else None
    found: dict[str, list[str]] = {"units": [], "informants": []}
    ignored: dict[str, str] = {}
    for name, column in columns.items():
        if name in used:
            continue
        if reason := unwanted(column, metadata, tool, numerals):
            ignored[name] = reason
        else:
            of_unit = unit is not None and within(column.codes, unit)
            found["units" if of_unit else "informants"].append(name)
    return tuple(found["units"]), tuple(found["informants"]), ignored


def unwanted(
    column: Column, metadata: Sequence[str], tool: Tool | None = None, numerals: Numerals = PLAIN
) -> str:
    """Why a column is no variable of a study; empty where it may be one."""
    if column.name in metadata or is_tools_own(column, tool):
        return "written by the survey tool"
    ticks = len(column.distinct) <= 2 < len(column.codes) / 2
    if tokens(split_code(column.name)[0]) & PERSONAL and not ticks:
        return "may name a person"
    if not column.distinct:
        return "empty"
    if len(column.distinct) < 2:
        blank = bool((column.codes < 0).any())
        return "ticked or blank, where blank may mean not shown" if blank else "the same in every row"
    if all(_is_moment(cell, numerals) for cell in column.distinct):
        return "dates and times"
    if any(isinstance(cell, str) and len(cell) > _LONG_TEXT for cell in column.distinct):
        return "free text"
    if len(column.distinct) == len(column.codes) and len(answer_texts(column, numerals)) == len(
        column.distinct
    ):
        return "a text of its own in every row"
    return ""


def tools_columns(columns: Mapping[str, Column]) -> list[str]:
    """Columns that survey tools write about interviews, or that name persons: by their names, codes or labels."""
    return [
        name
        for name, column in columns.items()
        if is_metadata(name) or any(map(is_metadata, names_of(column)))
    ]


def _is_moment(cell: Cell, numerals: Numerals) -> bool:
    """A date or time; ``5.0`` is a number."""
    return isinstance(cell, DateCell) or (
        isinstance(cell, str)
        and numerals.number(cell) is None
        and (looks_like_a_date(cell) or any(form.fullmatch(cell) for form in (_CLOCK, _MONTH_FIRST)))
    )


def is_text(column: Column, numerals: Numerals = PLAIN) -> bool:
    """Whether a variable holds words, or codes that all have labels."""
    return bool(answer_texts(column, numerals)) or len(column.value_labels) >= len(column.distinct) > 0
