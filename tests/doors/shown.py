"""What a result shows: its views are driven one by one, and what they print is read back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.report import views
from comply_measure.results import Result

HOSTILE = r"a_b & 50% #1 $x$ {y} \cmd ~^ <script>"
TOLD = ("note", "notes", "reason", "remark", "interval")
#: What LaTeX would take for itself, once commands, escaped signs and formulas are taken out.
TAKEN = re.compile(r"[#%_^~$]|(?<!-)<|>")
SAFE = re.compile(r"\\\\(\[[^]]*\])?\*?|\\[A-Za-z]+|\\.|\$[^$]*\$")


def results(value: Any, depth: int = 2) -> Iterator[Result]:
    """Results in what a function hands back, one of each class."""
    seen: set[type] = set()
    for found in _all_results(value, depth):
        if type(found) not in seen:
            seen.add(type(found))
            yield found


def _all_results(value: Any, depth: int) -> Iterator[Result]:
    if isinstance(value, Result):
        yield value
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _all_results(inner, depth)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _all_results(inner, depth)
    elif depth and is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _all_results(getattr(value, field.name), depth - 1)


@dataclass(frozen=True)
class Disturbed(Result):
    """A result whose texts and one name of a column are hostile."""

    table: pd.DataFrame
    notes: tuple[str, ...] = (HOSTILE,)

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table


def faults(result: Result, folder: Path, draw: bool) -> Iterator[str]:
    """What is wrong with the views of a result; ``draw`` says whether Word and the chart are made as well."""
    name = type(result).__name__
    table = result.tidy()
    if hasattr(result, "glance") and len(result.glance()) != 1:
        yield f"{name}: glance() is no row"
    page, tex = result._repr_html_(), result.to_latex()
    yield from (f"{name}: {fault}" for fault in (*silent(result), *latex_faults(tex)))
    if re.search(r">\s*(nan|None|<NA>|inf|-inf)\s*<", page):
        yield f"{name}: an undefined number is printed as such"
    other = Disturbed(disturbed(table))
    yield from (f"{name}, hostile: {fault}" for fault in latex_faults(other.to_latex()))
    if "<script" in other._repr_html_():
        yield f"{name}: a text is not escaped"
    if draw:
        result.to_word(folder / "shown.docx")
        try:
            result.plot()
        except ComplyError as error:  # a table without numbers
            if "nothing to draw" not in str(error):
                yield f"{name}: {error}"


def silent(result: Result) -> Iterator[str]:
    """Columns that are shown with a dash while neither the row, a note nor a warning says anything."""
    shown = views.table(result)
    if shown.notes or shown.warnings:
        return
    data = shown.data.head(views.MOST_ROWS)
    told = pd.Series(False, index=data.index)
    for name in TOLD:
        if name in data:
            told |= data[name].fillna("").astype(str).ne("")
    for column in shown.columns:
        for source in column.sources:
            values = data[source] if source in data else pd.Series(dtype=float)
            if pd.api.types.is_numeric_dtype(values) and (values.isna() & ~told).any():
                yield f"'{source}' is empty without a word"


def disturbed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with hostile texts in the columns of texts that hold something, and in a column of its own."""
    new = table.copy()
    for name in new.columns:
        texts = new[name].map(lambda value: isinstance(value, str) and bool(value))
        if name != "op" and len(new) and bool(texts.all()):
            new[name] = [f"{value} {HOSTILE}" for value in new[name]]
    new[HOSTILE] = HOSTILE
    return new


def latex_faults(tex: str) -> Iterator[str]:
    """Signs that are not escaped, braces that do not close, rows that have not the cells of their table."""
    lines = tex.splitlines()[1:]
    for line in lines:
        left = SAFE.sub("", line)
        if "{tabular}" in line or "longtable" in line or "p{" in line:
            left = re.sub(r"[@>{}]", "", left)
        if TAKEN.search(left):
            yield f"not escaped: {line[:120]}"
    plain = re.sub(r"\\.", "", "\n".join(lines))
    if plain.count("{") != plain.count("}"):
        yield "braces do not close"
    for part in re.split(r"\\begin\{(?:tabular|longtable)\}\{@", tex)[1:]:
        rows = [line for line in part.splitlines() if line.endswith(r" \\") and "multicolumn" not in line]
        cells = {len(re.findall(r"(?<!\\)&", line)) for line in rows}
        if len(cells) > 1:
            yield f"rows of {sorted(cells)} cells"
