"""The symbols of a report: what its tables print, explained at its end."""

from __future__ import annotations

from collections.abc import Iterable

from comply_measure.report.parts import Prose, Section
from comply_measure.report.quantities.dictionary import QUANTITIES
from comply_measure.report.tables import TableSpec

KEY = "glossary"


def glossary(sections: Iterable[Section]) -> Section | None:
    """A section that explains the quantities that occur in tables of a report; None if none needs it.

    Parameters
    ----------
    sections : iterable of Section
        All sections of the report.

    Returns
    -------
    Section or None
        A table of symbol, meaning and source, in the order of the dictionary; a symbol that several entries share
        stands once.
    """
    import pandas as pd

    used = {column.name for section in sections for table in section.tables() for column in table.shown}
    entries = {e.heading: e for e in QUANTITIES.values() if e.key in used and e.meaning}
    if not entries:
        return None
    rows = [(e.key, heading, e.meaning, e.source) for heading, e in entries.items()]
    table = TableSpec(
        KEY,
        "Symbols and abbreviations of the tables",
        pd.DataFrame(rows, columns=["quantity", "symbol", "meaning", "source"]),
        ("symbol", "meaning", "origin"),
    )
    opening = Prose("What the heads of the tables stand for, and who defined it.")
    return Section(KEY, "Symbols", (opening, table))
