"""How large a file of answers may be: sizes above these are accidents or attacks, and would fill the memory."""

from __future__ import annotations

from typing import Final

from comply_measure.responses.faults import Faults

MAX_TEXT_BYTES: Final = 1_000_000_000
MAX_CELLS: Final = 50_000_000
MAX_COLUMNS: Final = 20_000
MAX_CELL_LENGTH: Final = 131_072
#: Excel's own: a row or column beyond is in no workbook that Excel wrote.
MAX_SHEET_ROWS: Final = 1_048_576
MAX_SHEET_COLUMNS: Final = 16_384
#: Of a workbook, unpacked; and how many times its packed size, above the first few megabytes.
MAX_UNPACKED: Final = 1_000_000_000
MAX_RATIO: Final = 250
FREE_UNPACKED: Final = 20_000_000


def too_many_cells(rows: int, columns: int, faults: Faults) -> bool:
    """True, with a problem, if a table of this size is refused."""
    if columns > MAX_COLUMNS:
        faults.add("too many columns", value=columns, allowed=f"at most {MAX_COLUMNS:,}")
        return True
    if rows * columns > MAX_CELLS:
        faults.add(
            f"too many cells: {rows:,} rows of {columns:,} columns", allowed=f"at most {MAX_CELLS:,} cells"
        )
        return True
    return False
