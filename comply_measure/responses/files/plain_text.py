"""Text files without quotation marks, read column by column in compiled code; the careful way reads all others."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from comply_measure.responses.files.limits import MAX_CELL_LENGTH, MAX_CELLS
from comply_measure.responses.files.raw import Column, from_dictionary

_QUOTE: Final = '"'


def plain_columns(text: str, delimiter: str, width: int, skip: int) -> list[Column] | None:
    """Columns of a text in which every line is one record of the same number of cells.

    Such a text means the same to every reader. Where it is not so plain (a quotation mark, a blank line, a line that
    is longer or shorter, a cell that is too long), nothing is read, and the records are told apart one by one instead.

    Parameters
    ----------
    text : str
        Content of the file.
    delimiter : str
        Between cells.
    width : int
        Number of cells of the header.
    skip : int
        Lines up to and with the header.

    Returns
    -------
    list of Column or None
        Columns by place, without names; None if the text is not plain.
    """
    import pyarrow as pa
    from pyarrow import csv

    if _QUOTE in text or not delimiter.isascii():
        return None
    n_lines = text.count("\n") + text.count("\r") + 1
    if n_lines * width > MAX_CELLS:
        return None
    names = [str(place) for place in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(text.rstrip("\r\n").encode()),
            csv.ReadOptions(use_threads=False, skip_rows=skip, column_names=names, block_size=8_000_000),
            csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = [_column(table.column(place)) for place in range(width)]
    blank = np.ones(table.num_rows, dtype=np.bool_)
    for column in columns:
        if not blank.any():
            break
        blank &= column.codes < 0
    long = any(len(cell) > MAX_CELL_LENGTH for column in columns for cell in map(str, column.distinct))
    return None if blank.any() or long else columns


def _column(values: Any) -> Column:
    array = values.combine_chunks()
    return from_dictionary("", array.indices.to_numpy(), array.dictionary.to_pylist())
