"""Variables beside the answers (of units or informants): typed, labelled, constant where they must be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.responses.cells import NOTHING, folded, is_stata_tag, name_in, number_in
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Cell, Column
from comply_measure.responses.identity import Names
from comply_measure.responses.mapping import ColumnMapping


def typed(
    column: Column, decimal: str = ".", *, as_text: bool = False, missing: Collection[str] = ()
) -> pd.Series[Any]:
    """Values of a variable, one per record: numbers if every cell is one, else text.

    Blank cells, ``NA``, and values the file declares as missing are missing. Value labels replace codes
    if the file calls the variable nominal or `as_text` is set. Numbers with leading zeros (``007``) are
    identifiers and stay text.

    Parameters
    ----------
    column : Column
        The variable.
    decimal : str
        Decimal sign of numbers written as text.
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
    numbers = [None if cell is None else number_in(cell, decimal) for cell in cells]
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
    return frozenset(folded(word) for word in mapping.missing if number_in(word) is None)


def text_among_numbers(column: Column, decimal: str, missing: Collection[str] = ()) -> str | None:
    """The first cell that keeps a variable of mostly numbers from being numeric; None if there is none."""
    cells = [cell for cell in column.distinct if not _is_missing(cell, column, missing)]
    texts = [str(cell) for cell in cells if number_in(cell, decimal) is None]
    return texts[0] if texts and len(texts) < len(cells) / 2 else None


def _is_missing(cell: Cell, column: Column, missing: Collection[str]) -> bool:
    if isinstance(cell, str):
        word = folded(cell)
        return word in NOTHING or word in missing or is_stata_tag(cell)
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
