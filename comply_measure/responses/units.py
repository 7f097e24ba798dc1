"""Unit-level variables and the firm: from the responses file, a separate units file, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.documents import nearest
from comply_measure.responses.cells import decimal_sign
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import RawTable
from comply_measure.responses.identity import Names, check_unique, read_names
from comply_measure.responses.mapping import ColumnMapping, FileFormat
from comply_measure.responses.variables import typed


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
    """

    table: RawTable
    units: Names
    firm: pd.Series[Any] | None
    variables: Mapping[str, pd.Series[Any]]


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
        Decimal sign.
    faults : Faults
        Receives missing columns, missing and repeated units.
    """
    if mapping.unit not in table.columns:
        near = nearest(mapping.unit, table.columns)
        hint = f"; did you mean '{near}'?" if near else ""
        faults.add(f"missing column for the unit{hint}", column=mapping.unit)
        return None
    units = read_names(table, table.columns[mapping.unit], "unit", faults, required=True)
    check_unique(table.rows, units, "unit", mapping.unit, faults)
    wanted = dict(mapping.units) or {
        name: name
        for name in table.columns
        if name not in (mapping.unit, mapping.firm)
        and not any(fnmatchcase(name, pattern) for pattern in mapping.ignore)
    }
    for name, column in list(wanted.items()):
        if column not in table.columns:
            near = nearest(column, table.columns)
            hint = f"; did you mean '{near}'?" if near else ""
            faults.add(f"missing column for variable {name}{hint}", column=column)
            del wanted[name]
    used = [table.columns[column] for name, column in wanted.items() if name not in mapping.as_text]
    decimal = decimal_sign(table, used, file_format, faults)
    variables = {
        name: typed(table.columns[column], decimal, as_text=name in mapping.as_text)
        for name, column in wanted.items()
    }
    firm = None
    if mapping.firm is not None and mapping.firm in table.columns:
        names = read_names(table, table.columns[mapping.firm], "firm", faults, required=False)
        firm = pd.Series(names.values(), dtype="str")
    return UnitsFile(table, units, firm, variables)


def joined(
    own: Mapping[str, pd.Series[Any]], unit_names: tuple[str, ...], file: UnitsFile, faults: Faults
) -> tuple[dict[str, pd.Series[Any]], tuple[str, ...]]:
    """Variables of the units that have informants, from their own rows and the units file.

    Parameters
    ----------
    own : mapping
        Variable -> values by unit, from the responses file (its firm under ``firm``).
    unit_names : tuple of str
        Units that have informants.
    file : UnitsFile
        The separate file.
    faults : Faults
        Of the units file; receives units it lacks and firms that contradict the responses file.

    Returns
    -------
    dict and tuple of str
        Variable -> values by unit; notes.
    """
    known = {
        name: record
        for record, code in enumerate(file.units.codes)
        if code >= 0
        for name in (file.units.names[code],)
    }
    for name in unit_names:
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean '{near}'?" if near else ""
            faults.add(
                "the unit has informants and no row in the units file",
                value=name,
                allowed=f"a row per unit{hint}",
            )
    records = np.array([known.get(name, -1) for name in unit_names], dtype=np.intp)
    found = dict(own)
    for name, values in file.variables.items():
        found[name] = _taken(values, records)
    if file.firm is not None:
        stated = _taken(file.firm, records)
        before = own.get("firm")
        if before is not None:
            _check_same_firm(before, stated, unit_names, records, file, faults)
            stated = stated.where(stated.notna(), before)
        found["firm"] = stated
    silent = len(known) - len(set(known) & set(unit_names))
    notes = (f"{silent} units of {file.table.file} have no informants and were left out",) if silent else ()
    return found, notes


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
