"""Labels of groups, clusters and units that look alike and are not."""

from __future__ import annotations

import pandas as pd

from comply_measure.errors import Problem

SHOWN = 5


def twofold_labels(column: pd.Series, name: str) -> list[Problem]:
    """A problem where a text and a number (``"1"`` and 1) read the same: as labels they would be two.

    Parameters
    ----------
    column : Series
        Labels, row by row.
    name : str
        Of the column.
    """
    if column.dtype != object:
        return []
    kinds: dict[str, set[bool]] = {}
    for label in column.dropna().unique().tolist():
        kinds.setdefault(str(label).strip(), set()).add(isinstance(label, str))
    twofold = [text for text, found in kinds.items() if len(found) > 1]
    if not twofold:
        return []
    more = f" and {len(twofold) - SHOWN} more" if len(twofold) > SHOWN else ""
    shown = ", ".join(twofold[:SHOWN]) + more
    return [Problem(f"stands as text and as a number: {shown}", column=name, allowed="labels of one kind")]
