"""Variables beside the answers (of units or informants): typed, labelled, constant where they must be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.responses.cells import (
    NOT_FINITE,
    NOTHING,
    add_cells,
    folded,
    is_stata_tag,
    looks_like_a_date,
    name_in,
)
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Cell, Column, DateCell, RawTable
from comply_measure.responses.identity import Names
from comply_measure.responses.mapping import ColumnMapping
from comply_measure.responses.numerals import (
    NO_VALUE,
    NO_VALUE_SETTLED,
    PLAIN,
    SETTLED,
    Numerals,
    looks_like_a_number,
)


def typed(
    column: Column, numerals: Numerals = PLAIN, *, as_text: bool = False, missing: Collection[str] = ()
) -> pd.Series[Any]:
    """Values of a variable, one per record: numbers if every cell is one, else text.

    Blank cells, ``NA``, and values the file declares as missing are missing. Value labels replace codes
    if the file calls the variable nominal or `as_text` is set. Numbers with leading zeros (``007``) are
    identifiers and stay text.

    Parameters
    ----------
    column : Column
        The variable.
    numerals : Numerals
        How numbers are written as text.
    as_text : bool
        Keep as text even if all cells are numbers.
    missing : collection of str
        Further words, folded, that mean missing.

    Returns
    -------
    pandas.Series
        float64 or text, with missing entries.
    """
    cells = [None if _is_missing(cell, column, missing) else cell for cell in column.distinct]
    labelled = (as_text or column.nominal) and bool(column.value_labels)
    numbers = [None if cell is None else numerals.number(cell) for cell in cells]
    numeric = not as_text and not labelled and not any(_is_identifier(cell) for cell in cells)
    if numeric and all(
        number is not None for number, cell in zip(numbers, cells, strict=True) if cell is not None
    ):
        values = np.array([np.nan if number is None else number for number in numbers] + [np.nan])
        return pd.Series(values[column.codes])
    texts = [None if cell is None else column.value_labels.get(cell, name_in(cell)) for cell in cells]
    lookup = np.array([*texts, None], dtype=object)
    return pd.Series(lookup[column.codes], dtype="str")


def missing_words(mapping: ColumnMapping) -> frozenset[str]:
    """Words that the user says mean missing; codes are left to the answers, where they cannot be values."""
    return frozenset(folded(word) for word in mapping.missing if PLAIN.number(word) is None)


def text_among_numbers(column: Column, numerals: Numerals, missing: Collection[str] = ()) -> str | None:
    """The first cell that keeps a variable of mostly numbers from being numeric; None if there is none."""
    cells = [cell for cell in column.distinct if not _is_missing(cell, column, missing)]
    texts = [str(cell) for cell in cells if numerals.number(cell) is None]
    return texts[0] if texts and len(texts) < len(cells) / 2 else None


def check_cells(
    table: RawTable, column: Column, numerals: Numerals, missing: Collection[str], faults: Faults
) -> None:
    """Report cells of a variable that a person reads as a number and a program does not, or not as the same.

    Such cells would make the variable text, or another number, without a word. Texts are no problem where they are
    at least half of the different cells, dates where they are alone, truth values where they are alone.

    Parameters
    ----------
    table : RawTable
        Gives the file rows.
    column : Column
        The variable.
    numerals : Numerals
        How the table writes its numbers.
    missing : collection of str
        Further words, folded, that mean missing.
    faults : Faults
        Receives one problem per row.
    """
    cells = {
        place: cell for place, cell in enumerate(column.distinct) if not _is_missing(cell, column, missing)
    }
    found: dict[str, list[int]] = defaultdict(list)
    empty = {place for place, cell in cells.items() if isinstance(cell, str) and folded(cell) in NO_VALUE}
    add_cells(
        faults, "a word for no value, or an error of a spreadsheet", table, column, empty, NO_VALUE_SETTLED
    )
    numbers = {place: numerals.number(cell) for place, cell in cells.items() if place not in empty}
    texts = [str(cells[place]) for place, number in numbers.items() if number is None]
    if all(text in ("TRUE", "FALSE") for text in texts) and len(texts) == len(numbers):
        return
    for place, number in numbers.items():
        if what := _doubt(cells[place], number, numerals, mixed=len(texts) < len(numbers)):
            found[what].append(place)
    words = len(texts) - sum(numbers[place] is None for places in found.values() for place in places)
    if words < len(numbers) / 2:
        for what, places in found.items():
            add_cells(faults, f"{what} in a variable of numbers", table, column, places, SETTLED)
        _check_either(
            table, column, numerals, [p for p, number in numbers.items() if number is not None], faults
        )


def _doubt(cell: Cell, number: float | None, numerals: Numerals, *, mixed: bool) -> str | None:
    """What is wrong with one cell of a variable of numbers; dates only among numbers."""
    if number is not None:
        return None if np.isfinite(number) else "not a finite number"
    text = str(cell)
    if mixed and (isinstance(cell, DateCell) or looks_like_a_date(text)):
        return "a date (spreadsheets make them of entries such as 1-2)"
    if folded(text) in NOT_FINITE:
        return "not a finite number"
    return None if isinstance(cell, DateCell) else looks_like_a_number(text, numerals)


def _check_either(
    table: RawTable, column: Column, numerals: Numerals, places: Sequence[int], faults: Faults
) -> None:
    """``1.200`` is decided by another number of its column, such as ``0.5``, or by the user."""
    written = [
        place
        for place in places
        if numerals.decimal in str(column.distinct[place]) and isinstance(column.distinct[place], str)
    ]
    if written and all(numerals.either(column.distinct[place]) for place in written):
        one = str(column.distinct[written[0]])
        sign = numerals.decimal
        add_cells(
            faults,
            f"'{sign}' may be a decimal sign or separate thousands",
            table,
            column,
            written,
            f"state decimal: '{sign}' if {one} is {float(one.replace(sign, '.')):g}, or thousands: '{sign}' if it is "
            f"{one.replace(sign, '')}",
        )


def _is_missing(cell: Cell, column: Column, missing: Collection[str]) -> bool:
    if isinstance(cell, str):
        word = folded(cell)
        declared = column.is_declared_missing(cell)
        return declared or word in NOTHING or word in missing or is_stata_tag(cell)
    return column.is_declared_missing(cell)


def _is_identifier(cell: Cell | None) -> bool:
    return isinstance(cell, str) and len(cell) > 1 and cell[0] == "0" and cell.isdigit()


def one_per_unit(
    values: pd.Series[Any],
    units: Names,
    rows: NDArray[np.intp],
    name: str,
    column: str | None,
    faults: Faults,
) -> pd.Series[Any]:
    """Value of each unit, on which its informants must agree; a blank takes the others' value.

    Parameters
    ----------
    values : Series
        One value per informant.
    units : Names
        Unit of each informant.
    rows : ndarray of int
        File row of each informant.
    name, column : str
        Variable and its column, for messages.
    faults : Faults
        Receives every row that contradicts the first of its unit.

    Returns
    -------
    Series
        One value per unit, in the order of `units.names`; missing where no informant has one.
    """
    n_units, unit_codes = len(units.names), units.codes
    codes, _ = pd.factorize(values, use_na_sentinel=True)
    given = np.flatnonzero((codes >= 0) & (unit_codes >= 0))
    first = np.full(n_units, -1, dtype=np.intp)
    # Assigned from the last to the first informant, so that the first one of each unit stays.
    first[unit_codes[given[::-1]]] = given[::-1]
    wrong = given[codes[given] != codes[first[unit_codes[given]]]]
    for record in wrong:
        unit = unit_codes[record]
        faults.add(
            f"{name} changes within unit '{units.names[unit]}'",
            row=int(rows[record]),
            column=column,
            value=_shown(values.iloc[record]),
            allowed=f"{_shown(values.iloc[first[unit]])}, as in row {rows[first[unit]]}",
        )
    result = values.iloc[np.where(first >= 0, first, 0)].reset_index(drop=True)
    return result.where(pd.Series(first >= 0))


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number
