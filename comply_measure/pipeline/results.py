"""``results.json``: every number of a run at full precision, undefined ones as null with their reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.pipeline.run import Run
from comply_measure.pipeline.step import StepOutput
from comply_measure.report.tables import TableSpec
from comply_measure.report.verdicts import StatedVerdict, plain_numbers
from comply_measure.tables.values import plain_values

SCHEMA = "comply-measure results"
VERSION = 1
#: A table with more rows is in its CSV file only.
MOST_ROWS = 5000
_REASON_COLUMNS = ("note", "reason")


def results_document(run: Run, places: Mapping[str, str]) -> dict[str, Any]:
    """The content of ``results.json``.

    Parameters
    ----------
    run : Run
        A finished run.
    places : mapping of str to str
        Table -> its files without their endings.

    Returns
    -------
    dict
        ``schema``, ``version``, ``study``, ``verdicts`` (what the study concludes), and per step ``status``,
        ``reason``, ``problems``, ``values``, ``undefined_values`` (name -> reason) and ``tables``. It holds nothing
        that changes between two runs on the same input, such as times.
    """
    file = run.study.file
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": {
            "title": file.title,
            "attribute_set": file.attribute_set,
            "form": file.form,
            "language": file.language,
            "seed": file.seed,
            "cutoffs": {key: cutoff.value for key, cutoff in run.study.cutoffs.items()},
            "inputs": dict(run.study.inputs),
        },
        "verdicts": [
            {"step": name, **verdict_document(verdict)}
            for name, output in run.outputs.items()
            for verdict in output.verdicts
        ],
        "steps": {
            name: {
                # A result is the same whether it was computed now or kept from an earlier run.
                "status": "done" if outcome.ok else outcome.status,
                "reason": outcome.reason,
                **(_step(outcome.output, places) if outcome.output is not None else {}),
            }
            for name, outcome in run.outcomes.items()
        },
    }


def verdict_document(verdict: StatedVerdict) -> dict[str, Any]:
    """A verdict as JSON values; undefined numbers are null, the sentence says why."""
    return {**asdict(verdict), "numbers": plain_numbers(verdict.numbers)}


def _step(output: StepOutput, places: Mapping[str, str]) -> dict[str, Any]:
    return {
        "problems": list(output.problems),
        "values": {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in output.values.items()
        },
        "undefined_values": dict(output.reasons),
        "tables": {key: table_document(table, f"{places[key]}.csv") for key, table in output.tables.items()},
    }


def table_document(table: TableSpec, file: str) -> dict[str, Any]:
    """A table as JSON values: columns, rows, what it rests on, and why cells are undefined.

    Returns
    -------
    dict
        ``undefined`` lists column, reason and rows (from 0) of cells that hold no finite number. A table of more than
        5,000 rows has ``n_rows`` and the ``file`` that holds them instead.
    """
    names = [str(name) for name in table.data.columns]
    head = {
        "title": table.title,
        "n_units": table.n_units,
        "n_informants": table.n_informants,
        "estimator": table.estimator,
        "warnings": list(table.warnings),
        "notes": list(table.notes),
        "columns": names,
    }
    if len(table.data) > MOST_ROWS:
        return head | {"n_rows": len(table.data), "file": file}
    columns = [_cells(table.data[name]) for name in table.data.columns]
    return head | {
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "undefined": _undefined(table, names, columns),
    }


def _undefined(table: TableSpec, names: list[str], columns: list[list[Any]]) -> list[dict[str, Any]]:
    notes = next((plain_values(table.data[name]) for name in _REASON_COLUMNS if name in names), None)
    found: dict[tuple[str, str], list[int]] = {}
    for name, column in zip(names, columns, strict=True):
        if name in _REASON_COLUMNS or not pd.api.types.is_numeric_dtype(table.data[name]):
            continue
        for row, value in enumerate(column):
            if value is None:
                reason = (notes[row] if notes is not None else None) or "does not apply to this row"
                found.setdefault((name, str(reason)), []).append(row)
    return [{"column": name, "reason": reason, "rows": rows} for (name, reason), rows in found.items()]


def _cells(column: pd.Series[Any]) -> list[Any]:
    """A column as JSON values."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fib":
        found: list[Any] = column.to_list()
        return [v if math.isfinite(v) else None for v in found] if column.dtype.kind == "f" else found
    return [_plain(value) for value in plain_values(column)]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value
