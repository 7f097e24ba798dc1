"""Unit-level variables and the firm: from the responses file, a separate units file, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.responses.columns import ColumnPlan
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.responses.identity import Names, check_unique, read_names
from comply_measure.responses.mapping import ColumnMapping, FileFormat
from comply_measure.responses.numerals import Numerals, numerals_of
from comply_measure.responses.records import Records
from comply_measure.responses.variables import (
    check_cells,
    missing_words,
    one_per_unit,
    text_among_numbers,
    typed,
)
from comply_measure.statistics.words import counted, did_you_mean


@dataclass(frozen=True, slots=True, eq=False)
class UnitsFile:
    """A separate file with one row per unit.

    Parameters
    ----------
    table : RawTable
        The file.
    units : Names
        Unit of each row.
    firm : Series or None
        Firm of each row, if the file has a firm column.
    variables : mapping
        Variable -> values by row.
    notes : tuple of str
        What was noticed.
    """

    table: RawTable
    units: Names
    firm: pd.Series[Any] | None
    variables: Mapping[str, pd.Series[Any]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class UnitVariables:
    """Firm and unit-level variables, in the order of the units that have informants.

    Parameters
    ----------
    firm : Series
        Text; missing where unknown.
    variables : mapping
        Variable -> numbers or text.
    notes : tuple of str
        What was noticed.
    """

    firm: pd.Series[Any]
    variables: Mapping[str, pd.Series[Any]]
    notes: tuple[str, ...]


def read_units(
    table: RawTable, mapping: ColumnMapping, file_format: FileFormat, faults: Faults
) -> UnitsFile | None:
    """Understand a units file; None if it has no unit column.

    Parameters
    ----------
    table : RawTable
        The file.
    mapping : ColumnMapping
        Names the unit and firm columns and the variables; all other columns where it names no variables.
    file_format : FileFormat
        Decimal sign and groups of thousands.
    faults : Faults
        Receives missing columns, missing and repeated units.
    """
    if mapping.unit not in table.columns:
        hint = did_you_mean(mapping.unit, table.columns)
        faults.add(f"missing column for the unit{hint}", column=mapping.unit)
        return None
    units = read_names(
        table, table.columns[mapping.unit], "unit", faults, required=True, missing=missing_words(mapping)
    )
    check_unique(table.rows, units, "unit", mapping.unit, faults)
    wanted = dict(mapping.units) or {
        name: name
        for name in table.columns
        if name not in (mapping.unit, mapping.firm)
        and not any(fnmatchcase(name, pattern) for pattern in mapping.ignore)
    }
    for name, column in list(wanted.items()):
        if column not in table.columns:
            hint = did_you_mean(column, table.columns)
            faults.add(f"missing column for variable {name}{hint}", column=column)
            del wanted[name]
    columns = {name: table.columns[column] for name, column in wanted.items()}
    used = [column for name, column in columns.items() if name not in mapping.as_text]
    numerals = numerals_of(table, used, file_format, faults)
    variables, notes = _typed_variables(table, columns, numerals, mapping, faults)
    firm = None
    if mapping.firm is not None and mapping.firm in table.columns:
        names = read_names(
            table, table.columns[mapping.firm], "firm", faults, required=False, missing=missing_words(mapping)
        )
        firm = pd.Series(names.values(), dtype="str")
    return UnitsFile(table, units, firm, variables, notes)


def own_variables(
    table: RawTable,
    records: Records,
    plan: ColumnPlan,
    mapping: ColumnMapping,
    numerals: Numerals,
    faults: Faults,
) -> UnitVariables:
    """Firm and unit-level variables of the responses file, constant within each unit.

    Parameters
    ----------
    table : RawTable
        The responses file.
    records : Records
        Its informants.
    plan : ColumnPlan
        What its columns are.
    mapping : ColumnMapping
        Variables kept as text, words for missing.
    numerals : Numerals
        How numbers are written as text.
    faults : Faults
        Receives cells that only look like numbers, and every row that contradicts the first of its unit.
    """
    firm = pd.Series([None] * len(records.units.names), dtype="str")
    if plan.firm is not None:
        names = read_names(
            table, table.columns[plan.firm], "firm", faults, required=False, missing=missing_words(mapping)
        )
        values = pd.Series(names.taken(records.records).values(), dtype="str")
        firm = one_per_unit(values, records.units, records.rows, "the firm", plan.firm, faults)
    columns = {name: table.columns[column] for name, column in plan.unit_variables.items()}
    read, notes = _typed_variables(table, columns, numerals, mapping, faults)
    variables = {}
    for name, values in read.items():
        by_record = values.iloc[records.records].reset_index(drop=True)
        column = plan.unit_variables[name]
        variables[name] = one_per_unit(by_record, records.units, records.rows, name, column, faults)
    if plan.firm is not None and len(firm) and firm.isna().all():
        notes = (*notes, "the column of firms is blank in every row")
    return UnitVariables(firm, variables, notes)


def joined(own: UnitVariables, unit_names: tuple[str, ...], file: UnitsFile, faults: Faults) -> UnitVariables:
    """Firm and variables of the units that have informants, from their own file and the units file.

    Parameters
    ----------
    own : UnitVariables
        From the responses file.
    unit_names : tuple of str
        Units that have informants.
    file : UnitsFile
        The separate file.
    faults : Faults
        Of the units file; receives units it lacks and firms that contradict the responses file.
    """
    known = {file.units.names[code]: record for record, code in enumerate(file.units.codes) if code >= 0}
    for name in unit_names:
        if name not in known:
            hint = did_you_mean(name, known)
            message = "the unit has informants and no row in the units file"
            faults.add(message, value=name, allowed=f"a row per unit{hint}")
    records = np.array([known.get(name, -1) for name in unit_names], dtype=np.intp)
    variables = {
        **own.variables,
        **{name: _taken(values, records) for name, values in file.variables.items()},
    }
    firm = own.firm
    if file.firm is not None:
        stated = _taken(file.firm, records)
        _check_same_firm(own.firm, stated, unit_names, records, file, faults)
        firm = stated.where(stated.notna(), own.firm)
    notes = (*own.notes, *file.notes)
    if silent := len(known.keys() - set(unit_names)):
        name = Path(file.table.file).name
        told = counted(
            silent,
            f"unit of {name} has no informants and was",
            f"units of {name} have no informants and were",
        )
        notes = (*notes, f"{told} left out")
    return UnitVariables(firm, variables, notes)


def _typed_variables(
    table: RawTable,
    columns: Mapping[str, Column],
    numerals: Numerals,
    mapping: ColumnMapping,
    faults: Faults,
) -> tuple[dict[str, pd.Series[Any]], tuple[str, ...]]:
    """Variables as numbers or text, and notes on those that are text because of a few cells."""
    words = missing_words(mapping)
    variables, notes = {}, []
    for name, column in columns.items():
        as_text = name in mapping.as_text
        variables[name] = typed(column, numerals, as_text=as_text, missing=words)
        if not as_text:
            check_cells(table, column, numerals, words, faults)
        odd = None if as_text else text_among_numbers(column, numerals, words)
        if odd is not None and not column.value_labels:
            notes.append(f"variable {name} is text: '{odd}' is no number")
    return variables, tuple(notes)


def _taken(values: pd.Series[Any], records: np.ndarray[Any, Any]) -> pd.Series[Any]:
    taken = values.iloc[np.maximum(records, 0)].reset_index(drop=True)
    present: pd.Series[Any] = taken.where(pd.Series(records >= 0))
    return present


def _check_same_firm(
    before: pd.Series[Any],
    stated: pd.Series[Any],
    unit_names: tuple[str, ...],
    records: np.ndarray[Any, Any],
    file: UnitsFile,
    faults: Faults,
) -> None:
    differs = before.notna() & stated.notna() & (before != stated)
    for place in np.flatnonzero(differs.to_numpy()):
        faults.add(
            f"the firm of unit '{unit_names[place]}' is another one in the responses file",
            row=int(file.table.rows[records[place]]),
            value=stated.iloc[place],
            allowed=str(before.iloc[place]),
        )
