"""Which columns say who answered: unit, role, firm, informant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from comply_measure.responses.cells import NOTHING, folded
from comply_measure.responses.files.raw import Column, DateCell
from comply_measure.responses.sketch.words import (
    FIRM,
    INFORMANT,
    PERSONAL,
    ROLE,
    UNIT,
    split_code,
    squeezed,
    tokens,
)

MOST_ROLES: Final = 8
_ALIKE: Final = 0.95
_PER_UNIT: Final = 1.3
_LARGEST: Final = 100.0
_SHORT: Final = 4
_CERTAIN: Final = 8
_NEARLY_ALL: Final = 0.9
#: Behind the word for what a number counts: ``COMPID``, ``classno``.
_GLUED: Final = re.compile(r"(?<=\w\w)(id|no|nr|num|code)$")


@dataclass(frozen=True, slots=True)
class Place:
    """A column and why it is taken for what it is taken for."""

    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Places:
    """Columns that say who answered; None where the file has none.

    Parameters
    ----------
    unit, role, firm, informant : Place or None
        The columns.
    repeated : bool
        Whether units occur more than once.
    several : bool
        Whether a unit has several informants of one role.
    """

    unit: Place | None
    role: Place | None
    firm: Place | None
    informant: Place | None
    repeated: bool
    several: bool


def find_places(columns: Mapping[str, Column], metadata: Iterable[str]) -> Places:
    """Unit, role, firm and informant among columns that hold no items.

    A role has few values that repeat between units and not within; a unit is the finest id that repeats; a firm is
    the same within its units; an informant's id occurs once.

    Parameters
    ----------
    columns : mapping
        Name -> column.
    metadata : iterable of str
        Columns of the survey tool, which serve as ids of informants only.
    """
    metadata = set(metadata)
    own = {name: column for name, column in columns.items() if name not in metadata and _filled(column)}
    unit, role = _unit_and_role(own)
    if role is None and "role" in own and (unit is None or unit.column != "role"):
        role = Place("role", "the column is named role")
    informant = _informant(
        columns, {place.column for place in (unit, role) if place}, metadata, repeated=unit is not None
    )
    if unit is None:
        return Places(informant, role, None, None, repeated=False, several=False)
    codes = own[unit.column].codes
    firm = _firm(own, unit.column, role.column if role else None)
    several = _pairs(codes, own[role.column].codes) < len(codes) if role else True
    return Places(unit, role, firm, informant, repeated=True, several=bool(several))


def _filled(column: Column) -> bool:
    return bool((column.codes >= 0).mean() > 0.5) if len(column.codes) else False


def _pairs(first: np.ndarray, second: np.ndarray) -> int:
    return len({*zip(first.tolist(), second.tolist(), strict=True)})


def _hint(column: Column, words: frozenset[str]) -> bool:
    """Whether the name of a column, or its label if that is short, has one of the words (``COMPID``, too)."""
    label = column.label if len(column.label.split()) <= _SHORT else ""
    named = tokens(column.name) | tokens(label)
    return not (named | {_GLUED.sub("", token) for token in named}).isdisjoint(words)


def _is_id(column: Column) -> bool:
    """Texts or whole numbers, no dates."""
    return not any(
        isinstance(cell, DateCell) or (not isinstance(cell, str) and not cell.is_integer())
        for cell in column.distinct
    )


def _unit_and_role(columns: Mapping[str, Column]) -> tuple[Place | None, Place | None]:
    units = {name: column for name, column in columns.items() if _may_be_unit(column)}
    roles = {name: column for name, column in columns.items() if _may_be_role(column)}
    best: tuple[tuple[float, ...], str, str] | None = None
    for unit, column in units.items():
        for role, values in roles.items():
            score = None if unit == role else _score(column, values)
            if score is not None and (best is None or score > best[0]):
                best = score, unit, role
    if best is None:
        crossed = (
            (unit, role) for unit in units for role in columns if _crosses(columns[unit], columns[role])
        )
        best = next((((), unit, role) for unit, role in crossed), None)
    if best is not None:
        _, unit, role = best
        n, size = len(units[unit].distinct), _size(units[unit])
        return (
            Place(unit, f"{n} ids that repeat, {size:.1f} rows each, and differ in column {role}"),
            Place(role, f"{len(columns[role].distinct)} values that repeat over the ids of column {unit}"),
        )
    named = [name for name, column in units.items() if _hint(column, UNIT)]
    named = named or [name for name, column in units.items() if _hint(column, FIRM)]
    if not named:
        return None, None
    name = max(named, key=lambda name: len(units[name].distinct))
    return Place(
        name, f"{len(units[name].distinct)} ids that repeat, {_size(units[name]):.1f} rows each"
    ), None


def _size(column: Column) -> float:
    return float((column.codes >= 0).sum() / max(len(column.distinct), 1))


def _may_be_unit(column: Column) -> bool:
    named = _hint(column, UNIT | FIRM)
    written = all(isinstance(cell, str) and any(sign.isdigit() for sign in cell) for cell in column.distinct)
    return (
        len(column.distinct) > 1
        and _is_id(column)
        and _size(column) >= (1.0001 if named else _PER_UNIT)
        and (named or (written and _size(column) <= _LARGEST))
    ) or (len(column.distinct) > MOST_ROLES and _is_id(column) and _PER_UNIT <= _size(column) <= MOST_ROLES)


def _may_be_role(column: Column) -> bool:
    k = len(column.distinct)
    if not 2 <= k <= MOST_ROLES or _size(column) < 2:
        return False
    if any(isinstance(cell, str) and folded(cell) in NOTHING for cell in column.distinct):
        return False
    words = all(isinstance(cell, str) and not cell.isdigit() for cell in column.distinct)
    return _hint(column, ROLE) or words or len(column.value_labels) >= k


def _score(column: Column, values: Column) -> tuple[float, ...] | None:
    """How well a pair of columns fits; None if it does not."""
    known = (column.codes >= 0) & (values.codes >= 0)
    pairs = _pairs(column.codes[known], values.codes[known])
    n, units = int(known.sum()), len(np.unique(column.codes[known]))
    if not n or pairs / max(units, 1) < _PER_UNIT:
        return None
    apart = pairs / n
    hints = (_hint(column, UNIT) or _hint(column, FIRM), _hint(values, ROLE))
    if not all(hints) and (apart < _ALIKE or not any(hints)):
        return None
    return float(sum(hints)), float(_hint(column, UNIT)), round(apart, 2), float(units)


def _crosses(unit: Column, role: Column) -> bool:
    """Whether the rows of every unit differ in a column of few codes, whose values are as many as the largest unit has
    rows: by chance this does not happen with several units.
    """
    known = unit.codes >= 0
    k, sizes = len(role.distinct), np.bincount(unit.codes[known])
    return bool(
        unit is not role
        and 2 <= k <= MOST_ROLES
        and (sizes > 1).sum() >= _CERTAIN
        and k == sizes.max()
        and (role.codes[known] >= 0).all()
        and _is_id(role)
        and _pairs(unit.codes[known], role.codes[known]) == known.sum()
    )


def _firm(columns: Mapping[str, Column], unit: str, role: str | None) -> Place | None:
    codes, n = columns[unit].codes, len(columns[unit].distinct)
    for name, column in columns.items():
        if name in (unit, role) or not _hint(column, FIRM) or not _is_id(column):
            continue
        if squeezed(name) in FIRM and _most_differ(column.codes, codes):
            why = f"named so; it differs within ids of column {unit}: units of different firms need different ids"
            return Place(name, why)
        if 1 < len(column.distinct) < n and within(column.codes, codes):
            return Place(name, f"{len(column.distinct)} values, one within every id of column {unit}")
    return None


def _most_differ(values: np.ndarray, units: np.ndarray) -> bool:
    """Whether most units have several values: they are no units, but numbers that begin anew in every firm."""
    known = (units >= 0) & (values >= 0)
    pairs = np.unique(np.stack([units[known], values[known]]), axis=1)
    _, sizes = np.unique(pairs[0], return_counts=True)
    return bool(len(sizes)) and bool((sizes > 1).mean() > 0.5)


def within(values: np.ndarray, units: np.ndarray) -> bool:
    """Whether values are the same in all rows of a unit; a blank differs from a value."""
    known = units >= 0
    return _pairs(units[known], values[known]) == len(np.unique(units[known]))


def _informant(
    columns: Mapping[str, Column], taken: set[str], metadata: set[str], *, repeated: bool
) -> Place | None:
    """A column with a value of its own in every row: named like an id, or any where nothing else tells rows apart.

    An id that is named like one, and that nearly all rows have for themselves, is one too: a submission came twice.
    """
    free = {
        name: column
        for name, column in columns.items()
        if name not in taken and tokens(name).isdisjoint(PERSONAL) and _is_id(column)
    }
    unique = [name for name, column in free.items() if len(column.distinct) == len(column.codes)]
    hinted = [name for name in unique if not tokens(split_code(name)[0]).isdisjoint(INFORMANT)]
    hinted = hinted or [name for name in unique if _hint(columns[name], INFORMANT)]
    others = [] if repeated else [[name for name in unique if name not in metadata], unique]
    # Units of one informant each, as in a codebook's file: theirs is the id that says which rows belong together.
    units = [] if repeated else [name for name in unique if squeezed(name) == "unit" and name not in metadata]
    for names in (units, hinted, *others):
        if names:
            return Place(names[0], "every row has a value of its own")
    for name, column in free.items():
        n, different = len(column.codes), len(column.distinct)
        if _hint(column, INFORMANT) and (column.codes >= 0).all() and _NEARLY_ALL * n <= different > 1:
            return Place(name, f"{n - different} of {n} rows repeat an id: a submission that came twice")
    return None
