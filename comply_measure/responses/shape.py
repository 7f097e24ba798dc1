"""Two shapes of one table: a row per informant (long) and a row per unit (wide)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.instrument.types import OPTIONS
from comply_measure.responses.mapping import ColumnMapping, Layout
from comply_measure.responses.vocabulary import ID_COLUMNS, REASONS, USER_MISSING
from comply_measure.tables.wide import spread
from comply_measure.tables.wide_names import wide_name

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses

SEPARATOR = "@"


def widened(
    units: Sequence[str], roles: Sequence[str], values: pd.DataFrame, order: Sequence[str]
) -> pd.DataFrame:
    """Unit x ``name@role`` from informant x name.

    Parameters
    ----------
    units, roles : sequence of str
        Unit and role of each row of `values`; each pair occurs once, else a ComplyError says so.
    values : DataFrame
        One row per informant.
    order : sequence of str
        Roles, in the order of the wide columns.

    Returns
    -------
    DataFrame
        Index ``unit`` in the order of first appearance; columns role by role. Missing where the unit has no
        informant of the role.
    """
    unit_codes, names = pd.factorize(np.asarray(units, dtype=object))
    _require_one_per_role(units, roles)
    name = partial(wide_name, separator=SEPARATOR)
    wide = spread(values, unit_codes, len(names), np.asarray(roles, dtype=object), order, name)
    wide.index = pd.Index(names, name="unit", dtype="str")
    return wide


def _require_one_per_role(units: Sequence[str], roles: Sequence[str]) -> None:
    pairs = pd.MultiIndex.from_arrays([list(units), list(roles)])
    if not pairs.is_unique:
        unit, role = pairs[pairs.duplicated()][0]
        raise ComplyError(
            f"unit '{unit}' has several informants of role {role}: a row per unit needs one; read with informants: "
            "average or first"
        )


def file_cells(responses: Responses) -> pd.DataFrame:
    """Answers as cells of a file, without loss: codes where answered, else what says why not.

    Answers outside the categories carry the scale's code, or the word for them (``cannot_judge``,
    ``does_not_apply``) if it has none; user-missing ones the word ``user_missing``. All are understood by
    :func:`~comply_measure.responses.read_responses`. Blank otherwise (not answered, not applicable).
    """
    cells: dict[str, Any] = {}
    options_of = {item.id: scale.response.options for scale in responses.scales for item in scale.items}
    for item in responses.item_ids:
        values = responses.data[item].to_numpy()
        reasons = responses.missing_reason[item].cat.codes.to_numpy()
        coded = dict(options_of[item].items())
        outside = {reason: REASONS.index(reason) for reason in OPTIONS}
        worded = [code for reason, code in outside.items() if reason not in coded] + [USER_MISSING]
        column = values.copy()
        for reason, code in coded.items():
            column[reasons == outside[reason]] = float(code)
        if np.isin(reasons, worded).any():
            column = column.astype(object)
            column[pd.isna(column)] = None
            for code in worded:
                column[reasons == code] = REASONS[code]
        cells[item] = column
    return pd.DataFrame(cells, index=responses.data.index)


def to_file_frame(responses: Responses, layout: Layout, mapping: ColumnMapping) -> pd.DataFrame:
    """Table in the layout of a file; reading it with the same mapping gives the same responses.

    Parameters
    ----------
    responses : Responses
        What to write.
    layout : {"long", "wide"}
        A row per informant, or per unit.
    mapping : ColumnMapping
        Its `wide_pattern` names the wide columns.

    Raises
    ------
    ComplyError
        If a variable has the name of another column.
    """
    # What was put together is written as it was answered, and put together again when it is read.
    responses = responses.everyone or responses
    unit_variables = list(responses.units.columns)
    taken = {*ID_COLUMNS, *responses.item_ids, *responses.informants.columns}
    if clash := sorted(taken & {str(name) for name in unit_variables}):
        raise ComplyError(f"unit-level variables have the names of other columns: {', '.join(clash)}")
    ids = responses.data[list(ID_COLUMNS)]
    cells = file_cells(responses)
    if layout == "long":
        per_row = responses.units.loc[ids["unit"]].reset_index(drop=True)
        return pd.concat([ids, responses.informants, per_row, cells], axis=1)
    roles = [role for role in responses.roles if (ids["role"] == role).any()]
    values = pd.concat([ids[["informant"]], responses.informants, cells], axis=1)
    wide = widened(ids["unit"].tolist(), ids["role"].tolist(), values, roles)
    # Names are made anew, not taken apart: a role or an item may hold the separator.
    wide.columns = [mapping.wide_column(str(name), role) for role in roles for name in values.columns]
    firm = ids.drop_duplicates("unit").set_index("unit")["firm"]
    return pd.concat([firm, responses.units, wide], axis=1).reset_index()
