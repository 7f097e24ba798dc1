"""From a file of answers to validated :class:`Responses`: the one place where all steps meet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from comply_measure.instrument import Item, Scale
from comply_measure.responses.answers import Answers, answer_key, read_answers
from comply_measure.responses.assembly import assembled
from comply_measure.responses.columns import ColumnPlan, plan_columns
from comply_measure.responses.description import FileDescription, description_path, read_description
from comply_measure.responses.faults import Faults, refuse
from comply_measure.responses.files.load import load_table, table_of_frame
from comply_measure.responses.files.raw import RawTable
from comply_measure.responses.identity import (
    Names,
    check_unique,
)
from comply_measure.responses.mapping import ColumnMapping, FileFormat, Layout
from comply_measure.responses.numerals import Numerals, numerals_of
from comply_measure.responses.records import Records, long_records, wide_records
from comply_measure.responses.roles import role_words, study_scales
from comply_measure.responses.rows import without_rows
from comply_measure.responses.selection import Selection, select_items
from comply_measure.responses.several import has_several, put_together
from comply_measure.responses.source import Source
from comply_measure.responses.table import Responses
from comply_measure.responses.units import joined, own_variables, read_units
from comply_measure.responses.variables import check_cells, missing_words, typed
from comply_measure.responses.vocabulary import NOT_APPLICABLE, REASONS, InformantRule
from comply_measure.statistics.words import counted, did_you_mean, require_known

_DEFAULT_MAPPING = ColumnMapping()
_DEFAULT_FORMAT = FileFormat()


@dataclass(frozen=True, slots=True)
class _Options:
    """What the user says about the files."""

    mapping: ColumnMapping
    layout: Layout
    file_format: FileFormat
    units_format: FileFormat
    informants: InformantRule | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Files:
    """What the files hold: a table is None if it cannot be read, its faults if there is no such file."""

    table: RawTable | None
    faults: Faults
    units_table: RawTable | None = None
    units_faults: Faults | None = None

    @property
    def all_faults(self) -> tuple[Faults, ...]:
        return (self.faults,) if self.units_faults is None else (self.faults, self.units_faults)

    @property
    def headline(self) -> str:
        return f"{self.faults.file} cannot be used"


def read_responses(
    path: str | Path,
    scales: Scale | Sequence[Scale],
    mapping: ColumnMapping | None = None,
    *,
    attribute_set: str | None = None,
    form: str | None = None,
    layout: Layout | None = None,
    units_path: str | Path | None = None,
    file_format: FileFormat | None = None,
    units_format: FileFormat = _DEFAULT_FORMAT,
    informants: InformantRule | None = None,
) -> Responses:
    """Read and validate a file of survey answers.

    Parameters
    ----------
    path : path-like
        ``.csv``, ``.tsv``, ``.txt``, ``.tab``, ``.xlsx``, ``.parquet``, ``.sav``, ``.zsav``, ``.dta`` or
        ``.json``.
    scales : Scale or sequence of Scale
        The instruments that were asked.
    mapping : ColumnMapping, optional
        Which column is what, where the names are not ours. Without it, a file that :meth:`Responses.write_csv` wrote
        is read as the description beside it says (``answers.csv.yaml``), where no other argument says otherwise.
    attribute_set : str, optional
        Named attribute set (COMPLY: ``20`` or ``21``); by default the scale's own.
    form : str, optional
        Form that was asked, ``full`` by default; a scale that lacks it is read in its full form, with a note.
    layout : {"long", "wide"}, optional
        One row per informant (default), or one row per unit with columns ``item@role``.
    units_path : path-like, optional
        Separate file of unit-level variables, one row per unit.
    file_format, units_format : FileFormat
        Encoding, delimiter, decimal sign, worksheet, where the file does not show them.
    informants : {"average", "first", "all"}, optional
        What is done with several informants of one role in a unit: ``all`` by default, so that nobody is lost. See
        :func:`~comply_measure.responses.several.put_together`.

    Returns
    -------
    Responses

    Raises
    ------
    InputError
        Listing every problem of both files with file, row, column, value and what is allowed.
    ComplyError
        If the form, attribute set or layout is unknown.
    """
    faults = Faults(str(path))
    described = read_description(path) if mapping is None else None
    said = described or FileDescription()
    file_format = file_format or said.file_format
    files = _Files(load_table(Path(path), file_format, faults), faults)
    if units_path is not None:
        units_faults = Faults(str(units_path))
        units_table = load_table(Path(units_path), units_format, units_faults)
        files = _Files(files.table, faults, units_table, units_faults)
    options = _Options(
        mapping or said.columns,
        layout or said.layout,
        file_format,
        units_format,
        informants or said.informants,
    )
    found = _understood(
        files, options, _tuple(scales), attribute_set or said.attribute_set, form or said.form
    )
    if described is None:
        return found
    note = f"read as {description_path(path).name} describes the file"
    return replace(found, notes=(note, *found.notes))


def responses_from_frame(
    frame: pd.DataFrame,
    scales: Scale | Sequence[Scale],
    mapping: ColumnMapping = _DEFAULT_MAPPING,
    *,
    attribute_set: str | None = None,
    form: str = "full",
    layout: Layout = "long",
    units: pd.DataFrame | None = None,
    name: str = "data frame",
    file_format: FileFormat = _DEFAULT_FORMAT,
    informants: InformantRule | None = None,
) -> Responses:
    """Validate answers that are in memory, exactly as :func:`read_responses` does for a file.

    Parameters
    ----------
    frame : DataFrame
        The table as a file would hold it; rows count from 1 in messages.
    units : DataFrame, optional
        Unit-level variables, a row per unit, with the unit column.
    name : str
        What to call the table in messages and as source.
    file_format : FileFormat
        Decimal sign and groups of thousands of numbers that are text.
    scales, mapping, attribute_set, form, layout, informants
        As in :func:`read_responses`.

    Returns
    -------
    Responses

    Raises
    ------
    InputError, ComplyError
        As :func:`read_responses`.
    """
    faults = Faults(name)
    files = _Files(table_of_frame(frame, name, faults), faults)
    if units is not None:
        units_faults = Faults(f"{name} (units)")
        units_table = table_of_frame(units, units_faults.file, units_faults)
        files = _Files(files.table, faults, units_table, units_faults)
    options = _Options(mapping, layout, file_format, file_format, informants)
    return _understood(files, options, _tuple(scales), attribute_set, form)


def _tuple(scales: Scale | Sequence[Scale]) -> tuple[Scale, ...]:
    return (scales,) if isinstance(scales, Scale) else tuple(scales)


def _understood(
    files: _Files, options: _Options, scales: tuple[Scale, ...], attribute_set: str | None, form: str
) -> Responses:
    require_known("layout", options.layout, get_args(Layout))
    if options.informants is not None:
        require_known("rule for several informants", options.informants, get_args(InformantRule))
    table, faults, mapping = files.table, files.faults, options.mapping
    scales = study_scales(scales, mapping)
    selection = select_items(scales, attribute_set, form, mapping.not_asked, faults)
    units_file = None
    if files.units_table is not None and files.units_faults is not None:
        units_file = read_units(files.units_table, mapping, options.units_format, files.units_faults)
    if table is None:
        refuse(files.headline, *files.all_faults)
    table, dropped = without_rows(table, mapping.leave_out, faults)
    plan = plan_columns(
        table.columns,
        selection,
        mapping,
        options.layout,
        faults,
        firm_elsewhere=units_file is not None and units_file.firm is not None,
        units_elsewhere=files.units_faults is not None,
    )
    if plan is None:
        refuse(files.headline, *files.all_faults)
    numerals = _numerals(table, plan, options, faults)
    records = _records(table, plan, selection, options, numerals, faults)
    answers, set_aside = _applicable(records, plan, selection, mapping, faults)
    _check_identity(records, plan, options, faults)
    units = own_variables(table, records, plan, mapping, numerals, faults)
    if units_file is not None and files.units_faults is not None:
        units = joined(units, records.units.names, units_file, files.units_faults)
    _check_as_text(mapping, {*units.variables, *(name for name, _ in plan.informant_variables)}, faults)
    if any(collection.problems for collection in files.all_faults):
        refuse(files.headline, *files.all_faults)
    notes = (*table.notes, *dropped, *selection.notes, *plan.notes, *records.notes, *units.notes)
    if set_aside:
        told = counted(
            set_aside,
            "answer to an item not meant for the role was",
            "answers to items not meant for the role were",
        )
        notes = (*notes, f"{told} set aside")
    source = Source(
        Path(table.file).name,
        table.sha256,
        Path(units_file.table.file).name if units_file else None,
        units_file.table.sha256 if units_file else None,
    )
    found = assembled(records, answers, units, selection, source, notes)
    return put_together(found, options.informants or ("all" if has_several(found) else None))


def _check_as_text(mapping: ColumnMapping, variables: Collection[str], faults: Faults) -> None:
    """A name under as_text that no variable has would leave the meant one to be read as numbers."""
    for name in mapping.as_text:
        if name not in variables:
            known = ", ".join(map(str, variables)) or "the study has no variables"
            hint = did_you_mean(name, variables)
            faults.add(f"as_text names no variable of the study{hint}", value=name, allowed=known)


def _numerals(table: RawTable, plan: ColumnPlan, options: _Options, faults: Faults) -> Numerals:
    """How numbers are written, from all columns that may hold numbers."""
    as_text = options.mapping.as_text
    names = [
        *plan.answers.values(),
        *(column for name, column in plan.unit_variables.items() if name not in as_text),
        *(column for (name, _), column in plan.informant_variables.items() if name not in as_text),
    ]
    return numerals_of(table, (table.columns[name] for name in names), options.file_format, faults)


def _records(
    table: RawTable,
    plan: ColumnPlan,
    selection: Selection,
    options: _Options,
    numerals: Numerals,
    faults: Faults,
) -> Records:
    """Read every cell of the study and stack it by informant."""
    mapping = options.mapping
    keys = {scale.key: answer_key(scale, mapping, faults) for scale in selection.scales}
    scale_of = {item.id: scale.key for scale, item in selection.items}
    answers = {
        place: read_answers(table, table.columns[column], keys[scale_of[place[0]]], numerals, faults)
        for place, column in plan.answers.items()
    }
    missing = missing_words(mapping)
    variables = {}
    for place, column in plan.informant_variables.items():
        as_text = place[0] in mapping.as_text
        variables[place] = typed(table.columns[column], numerals, as_text=as_text, missing=missing)
        if not as_text:
            check_cells(table, table.columns[column], numerals, missing, faults)
    words = role_words(selection.scales, mapping)
    if options.layout == "long":
        return long_records(table, plan, answers, variables, words, faults, missing=missing)
    return wide_records(table, plan, answers, variables, selection.roles, faults, missing=missing)


def _applicable(
    records: Records, plan: ColumnPlan, selection: Selection, mapping: ColumnMapping, faults: Faults
) -> tuple[dict[str, Answers], int]:
    """Answers, ``not_applicable`` where the item is not meant for the role, and how many such were given."""
    result: dict[str, Answers] = {}
    given = 0
    for scale, item in selection.items:
        read = records.answers.get(item.id)
        if read is None:
            continue
        _check_offered(item, scale, read, records, plan, selection, faults)
        meant = [position for position, role in enumerate(selection.roles) if role in item.roles]
        foreign = ~np.isin(records.roles, meant) & (records.roles >= 0)
        answered = np.flatnonzero(foreign & ~np.isnan(read.values))
        given += len(answered)
        if mapping.inapplicable == "problem":
            for position in np.unique(records.roles[answered]):
                role = selection.roles[position]
                of_role = answered[records.roles[answered] == position]
                faults.add_rows(
                    f"an answer of role {role} to an item that is not meant for it",
                    records.rows[of_role],
                    column=plan.answers.get((item.id, "")) or plan.answers.get((item.id, role)),
                    values=(int(value) for value in read.values[of_role]),
                    allowed=f"blank (the item is for {', '.join(item.roles)}), or inapplicable: ignore",
                )
        result[item.id] = Answers(
            np.where(foreign, np.nan, read.values), np.where(foreign, np.int8(NOT_APPLICABLE), read.reasons)
        )
    return result, given


def _check_offered(
    item: Item,
    scale: Scale,
    read: Answers,
    records: Records,
    plan: ColumnPlan,
    selection: Selection,
    faults: Faults,
) -> None:
    """Answers outside the categories occur only where the item offers them."""
    for option, code in scale.response.options.items():
        given = np.flatnonzero(read.reasons == REASONS.index(option))
        if option in item.offers or not len(given):
            continue
        role = dict(enumerate(selection.roles))
        for position in np.unique(records.roles[given]):
            of_role = given[records.roles[given] == position]
            faults.add_rows(
                f"the item does not offer the answer '{option.replace('_', ' ')}'",
                records.rows[of_role],
                column=plan.answers.get((item.id, "")) or plan.answers.get((item.id, role.get(position, ""))),
                values=(code for _ in of_role),
                allowed=f"an answer from {scale.response.minimum} to {scale.response.maximum}, or blank",
            )


def _check_identity(
    records: Records,
    plan: ColumnPlan,
    options: _Options,
    faults: Faults,
) -> None:
    mapping = options.mapping
    if options.layout == "long":
        if records.informants is not None:
            check_unique(records.rows, records.informants, "informant", plan.informants[""], faults)
        return
    # Wide: a row is a unit, so a unit that occurs twice is a repeated row and not a second informant.
    first_of_row = np.unique(records.records, return_index=True)[1]
    unit = Names(records.units.codes[first_of_row], records.units.names)
    check_unique(records.rows[first_of_row], unit, "unit", mapping.unit, faults)
    if records.informants is not None:
        check_unique(records.rows, records.informants, "informant", str(mapping.informant), faults)
