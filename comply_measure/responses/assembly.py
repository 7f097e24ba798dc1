"""Validated pieces become :class:`Responses`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from comply_measure.responses.absence import without_absent_stages
from comply_measure.responses.answers import Answers
from comply_measure.responses.identity import near_doubles
from comply_measure.responses.records import Records
from comply_measure.responses.selection import Selection
from comply_measure.responses.several import alike_in_all
from comply_measure.responses.source import Source
from comply_measure.responses.table import Responses
from comply_measure.responses.units import UnitVariables
from comply_measure.responses.vocabulary import REASONS


def assembled(
    records: Records,
    answers: Mapping[str, Answers],
    units: UnitVariables,
    selection: Selection,
    source: Source,
    notes: tuple[str, ...],
) -> Responses:
    """Responses from records without faults.

    Parameters
    ----------
    records : Records
        Who answered.
    answers : mapping
        Item id -> codes and reasons.
    units : UnitVariables
        Firm and variables by unit.
    selection : Selection
        What was asked.
    source : Source
        Where it comes from.
    notes : tuple of str
        What was noticed so far; counts of silent informants and incomplete units are added.
    """
    unit = pd.Series(records.units.values(), dtype="str")
    role = pd.Series(np.array(selection.roles, dtype=object)[records.roles], dtype="str")
    informant = unit + ":" + role
    if records.informants is not None:
        given = pd.Series(records.informants.values(), dtype="str")
        informant = given.where(given.notna(), informant)
    # Several informants of one role without ids are told apart by their order.
    order = informant.groupby(informant).cumcount()
    informant = informant.where(order == 0, informant + ":" + (order + 1).astype("str"))
    firm = pd.Series(units.firm.to_numpy()[records.units.codes], dtype="str")
    ids = {"unit": unit, "firm": firm, "role": role, "informant": informant}
    data = pd.DataFrame({**ids, **{item: read.values for item, read in answers.items()}})
    dtype = pd.CategoricalDtype(list(REASONS))
    reasons = {item: pd.Categorical.from_codes(read.reasons, dtype=dtype) for item, read in answers.items()}
    by_unit = {name: values.to_numpy() for name, values in units.variables.items()}
    by_informant = {name: values.to_numpy() for name, values in records.variables.items()}
    responses = Responses(
        data,
        pd.DataFrame(reasons, index=data.index),
        pd.DataFrame(by_unit, index=pd.Index(records.units.names, name="unit", dtype="str")),
        pd.DataFrame(by_informant, index=data.index),
        selection.scales,
        selection.attribute_set,
        selection.form,
        source,
        notes,
    )
    return _with_counts(without_absent_stages(responses), near_doubles(records.units.names))


def _with_counts(responses: Responses, doubles: tuple[str, ...]) -> Responses:
    """Add what the reader of a report must know: silent informants, incomplete units, look-alike ids."""
    notes = list(responses.notes)
    patterns = responses.completeness()
    incomplete = int(patterns.loc[~patterns["complete"], "n_units"].sum())
    if incomplete:
        notes.append(f"{incomplete} of {responses.n_units} units lack at least one role; they are kept")
    firms = responses.data.drop_duplicates("unit")["firm"]
    if (alone := int(firms.isna().sum())) and alone < responses.n_units:
        notes.append(
            f"{alone} of {responses.n_units} units have no firm; each is a firm of its own where firms are clusters"
        )
    if silent := int(patterns["n_without_answers"].sum()):
        notes.append(f"{silent} of {responses.n_informants} informants answered no item; they are kept")
    if twins := alike_in_all(responses):
        they = "informants give" if twins > 1 else "informant gives"
        notes.append(
            f"{twins} {they} the same answers to all items as an earlier one of the same unit and role: perhaps a "
            "submission that came twice; all are kept"
        )
    notes += [f"units {pair}" for pair in doubles]
    notes += [f"firms {pair}" for pair in near_doubles(firms.dropna().unique().tolist())]
    return replace(responses, notes=tuple(notes))
