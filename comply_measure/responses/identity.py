"""Who answered: unit, firm, role and informant of every record, checked against each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.responses.cells import NOTHING, add_cells, folded, has_invisible, name_in
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import MAX_EXACT, Column, DateCell, RawTable
from comply_measure.responses.numerals import NO_VALUE, NO_VALUE_SETTLED
from comply_measure.responses.roles import RoleWords
from comply_measure.statistics.words import nearest

_WRITTEN_NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")  # 1, 01 and 1.0

_SHORTENED = re.compile(r"-?\d[.,]\d+E\+\d\d+")  # 1.23457E+17, as spreadsheets show and export long numbers


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """One id per record.

    Parameters
    ----------
    codes : ndarray of int
        Position in `names`; -1 where missing or unusable.
    names : tuple of str
        Different ids, in the order of the file.
    """

    codes: NDArray[np.intp]
    names: tuple[str, ...]

    def taken(self, records: NDArray[np.intp]) -> Names:
        """Names of some records; ids that none of them has are dropped."""
        codes, kept = pd.factorize(self.codes[records])
        present = kept[kept >= 0]
        position = np.full(len(kept) + 1, -1, dtype=np.intp)
        position[:-1][kept >= 0] = np.arange(len(present))
        return Names(position[codes], tuple(self.names[code] for code in present))

    def values(self) -> list[str | None]:
        """The id of every record; None where missing."""
        lookup: list[str | None] = [*self.names, None]
        return [lookup[code] for code in self.codes]


def read_names(
    table: RawTable,
    column: Column,
    what: str,
    faults: Faults,
    *,
    required: bool,
    missing: Collection[str] = (),
) -> Names:
    """Ids of one column.

    Parameters
    ----------
    table : RawTable
        Gives the file rows.
    column : Column
        The ids.
    what : str
        What they identify, for messages.
    faults : Faults
        Receives dates (spreadsheets make them from ids such as 3-5) and, if `required`, blanks.
    required : bool
        True if no record may lack the id.
    missing : collection of str
        Further words, folded, that mean missing.
    """
    absent_words = NOTHING.union(missing)
    texts: list[str | None] = []
    empty: list[int] = []
    for place, cell in enumerate(column.distinct):
        word = folded(cell) if isinstance(cell, str) else None
        nothing = word in absent_words or column.is_declared_missing(cell)
        texts.append(None if nothing else name_in(cell))
        if word in NO_VALUE and not nothing:
            empty.append(place)
    dates = [place for place, cell in enumerate(column.distinct) if isinstance(cell, DateCell)]
    if dates:
        allowed = "text or a whole number; spreadsheets turn entries such as 3-5 into dates"
        add_cells(faults, f"a date is no {what} id", table, column, dates, allowed)
    _check_digits(table, column, what, faults)
    add_cells(faults, f"no {what} id but a word for no value", table, column, empty, NO_VALUE_SETTLED)
    lookup = np.array([*texts, None], dtype=object)
    codes, names = pd.factorize(lookup[column.codes], use_na_sentinel=True)
    if required:
        absent = np.flatnonzero(codes < 0)
        faults.add_rows(f"the {what} is missing", table.rows[absent], column=column.name)
    return Names(codes.astype(np.intp), tuple(names))


def _check_digits(table: RawTable, column: Column, what: str, faults: Faults) -> None:
    """Numbers whose digits are not all there: two ids may have become one."""
    rounded = [
        place
        for place, cell in enumerate(column.distinct)
        if (not isinstance(cell, str) and abs(cell) >= MAX_EXACT and not column.is_declared_missing(cell))
        or (isinstance(cell, str) and _SHORTENED.fullmatch(cell))
    ]
    allowed = "every digit: ids of more than 15 digits are stored as text"
    add_cells(
        faults,
        f"the {what} id is a number of more digits than the file keeps",
        table,
        column,
        rounded,
        allowed,
    )


def read_roles(
    table: RawTable, column: Column, words: RoleWords, roles: tuple[str, ...], faults: Faults
) -> NDArray[np.intp]:
    """Role of every record as its position in `roles`; -1 where missing or unknown.

    Codes with value labels are read by the user's mapping first, then by their label.
    """
    position = np.full(len(column.distinct) + 1, -1, dtype=np.intp)
    unknown: dict[int, str] = {}
    labelled: list[int] = []
    for place, cell in enumerate(column.distinct):
        text = name_in(cell)
        role = words.role(text)
        if role is None and cell in column.value_labels:
            role = words.role(column.value_labels[cell])
            labelled.append(place)
        if role is None:
            unknown[place] = text
        else:
            position[place] = roles.index(role)
    _check_labels_of_roles(table, column, labelled, faults)
    for place, text in unknown.items():
        near = nearest(text, words.words)
        hint = f"; did you mean '{words.words[near]}'?" if near else ""
        add_cells(faults, f"unknown role{hint}", table, column, [place], ", ".join(roles))
    faults.add_rows(
        "the role is missing",
        table.rows[column.codes < 0],
        column=column.name,
        allowed=", ".join(roles),
    )
    return position[column.codes]


def _check_labels_of_roles(table: RawTable, column: Column, labelled: list[int], faults: Faults) -> None:
    """Two codes under one value label: which role the second one is cannot be seen."""
    first: dict[str, str] = {}
    for place in labelled:
        cell = column.distinct[place]
        label = column.value_labels[cell]
        other = first.setdefault(folded(label), name_in(cell))
        if other != name_in(cell):
            allowed = f"a label for each code, or both codes under roles; the label '{label}' is that of {other}, too"
            add_cells(faults, "two codes have the same value label", table, column, [place], allowed)


def check_unique(rows: NDArray[np.intp], names: Names, what: str, column: str, faults: Faults) -> None:
    """Every id occurs once; each repetition is a problem that names the first row."""
    known = np.flatnonzero(names.codes >= 0)
    _, first, inverse = np.unique(names.codes[known], return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[inverse] != np.arange(len(known)))
    for place in repeated:
        record, earlier = known[place], known[first[inverse[place]]]
        faults.add(
            f"the {what} id occurs twice",
            row=int(rows[record]),
            column=column,
            value=names.names[names.codes[record]],
            allowed=f"each id once; the first is in row {rows[earlier]}",
        )


def near_doubles(names: Sequence[str]) -> tuple[str, ...]:
    """Pairs of ids that look alike, or are one number: perhaps one unit in two ways."""
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        number = _WRITTEN_NUMBER.fullmatch(name)
        other = first.setdefault(number[1] if number else folded(name), name)
        if other != name:
            how = "are one number" if number else "differ only in case or blanks"
            if has_invisible(other + name):
                how = "differ only in characters that cannot be seen"
            pairs.append(f"'{other}' and '{name}' {how}")
    return tuple(pairs)
