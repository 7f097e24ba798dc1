"""Data frames on the terminal; tab-separated text when the output goes into a pipe or file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def show_table(table: pd.DataFrame, title: str = "") -> None:
    """Print a table: set for reading on a terminal, tab-separated elsewhere.

    Parameters
    ----------
    table : DataFrame
        What to print.
    title : str
        Printed above it.
    """
    if not sys.stdout.isatty():
        if title:
            print(f"# {title}")
        print("\t".join(str(name) for name in table.columns))
        for row in table.itertuples(index=False):
            print("\t".join(_text(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for name in table.columns:
        numeric = table[name].dtype.kind in "if"
        shown.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in table.itertuples(index=False):
        shown.add_row(*(Text(_text(cell)) for cell in row))
    Console().print(shown)


def _text(cell: Any) -> str:
    """One line without tabs, so that a row stays a row."""
    return "" if cell is None or cell != cell else " ".join(str(cell).split())
