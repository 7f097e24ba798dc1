"""Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.limits import MAX_UNPACKED, too_many_cells
from comply_measure.responses.files.raw import Column, RawTable, encoded, from_dictionary, plain
from comply_measure.responses.mapping import FileFormat


def read_parquet(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read a Parquet file; None if faults leave nothing to read."""
    import pyarrow as pa

    try:
        return _understood(path, faults)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        faults.add(f"the Parquet file is damaged: {str(error).splitlines()[0]}")
        return None


def _understood(path: Path, faults: Faults) -> RawTable | None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        shape = file.metadata
    if too_many_cells(shape.num_rows, shape.num_columns, faults) or _unpacks_too_far(shape, faults):
        return None
    table = pq.read_table(path)
    names = [name for name in table.column_names if not name.startswith("__index_level_")]
    doubled = sorted({name for name in names if names.count(name) > 1})
    for name in doubled:
        faults.add("the column name occurs twice", column=name, allowed="each name once")
    if doubled:
        return None
    if table.num_rows == 0:
        faults.add("the file has columns and no rows", allowed="at least one row of answers")
        return None
    columns = {name.strip(): _column(name.strip(), table.column(name)) for name in names}
    return RawTable(path.name, columns, np.arange(1, table.num_rows + 1, dtype=np.intp))


def _unpacks_too_far(shape: Any, faults: Faults) -> bool:
    unpacked = sum(shape.row_group(place).total_byte_size for place in range(shape.num_row_groups))
    if unpacked > MAX_UNPACKED:
        faults.add(
            "the Parquet file is too large", value=unpacked, allowed=f"{MAX_UNPACKED:,} bytes unpacked"
        )
        return True
    return False


def _column(name: str, values: Any) -> Column:
    import pyarrow as pa

    if pa.types.is_nested(values.type) or pa.types.is_null(values.type):
        # Lists and structs are no answers: as text they become problems where an answer is due.
        return encoded(name, [None if value is None else str(value) for value in values.to_pylist()])
    array = values.combine_chunks()
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    categories = array.dictionary.to_pylist()
    ordered = tuple(map(plain, categories)) if array.type.ordered else ()
    return from_dictionary(name, codes, categories, ordered=() if None in ordered else ordered)
