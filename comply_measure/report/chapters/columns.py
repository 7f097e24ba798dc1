"""Columns and notes that several chapters share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from comply_measure.report.parts import Column

if TYPE_CHECKING:
    import pandas as pd


def without_empty_remarks(columns: Sequence[Column], data: pd.DataFrame) -> tuple[Column, ...]:
    """The columns, less the one of remarks (``note``) where there is nothing to remark."""
    remarks = "note" in data and bool((data["note"] != "").any())
    return tuple(column for column in columns if column.source != "note" or remarks)


def sentences(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text with a capital letter and a full stop."""
    return tuple(f"{text[0].upper()}{text[1:].rstrip('.')}." for text in texts if text)
