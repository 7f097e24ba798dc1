"""What is missing in a study, beside all that is known of informants and units."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure.evidence.focal import Focal
from comply_measure.measurement import MissingCounts, missingness_predictors
from comply_measure.responses import Responses

#: Reasons that a table may count one by one; ``absent`` is a role that a unit lacks.
REASONS = ("cannot_judge", "not_answered", "user_missing", "does_not_apply")
ABSENT = "absent"
#: Reasons that are answers an item has to offer.
_OFFERED = ("cannot_judge", "does_not_apply")


def missing_predictors(chosen: Focal) -> pd.DataFrame:
    """Answers missing by reason, and absent informants, regressed on role, unit variables and informant variables.

    Answers are those to all items of the scale's informants, whatever the scale, so that rare reasons have a count;
    “cannot judge” and “does not apply” are counted out of the items that offer them, which differ by role.
    Informants are clustered by firm, by unit where firms are unknown; the roles of a unit that are there or absent are
    its rows.
    """
    responses = chosen.responses
    rows = chosen.rows.to_numpy()
    kinds = [*_answers(responses, rows), *_absence(chosen)]
    return missingness_predictors(kinds)


def _answers(responses: Responses, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[MissingCounts]:
    reasons = responses.missing_reason[rows]
    asked = reasons != "not_applicable"
    data = responses.data[rows]
    known = pd.concat(
        [
            data[["role"]].reset_index(drop=True),
            responses.units.reindex(data["unit"]).reset_index(drop=True),
            responses.informants[rows].reset_index(drop=True),
            _about_informants(responses)[rows].reset_index(drop=True),
        ],
        axis=1,
    )
    cluster = _clusters(data)
    found = []
    for reason in REASONS:
        given = reasons == reason
        missing = given.sum(axis=1).to_numpy(dtype=np.float64)
        if missing.any():
            possible = asked & (_offer(responses, reason) | given) if reason in _OFFERED else asked
            due = possible.sum(axis=1).to_numpy(dtype=np.float64)
            found.append(MissingCounts(reason, missing, due, cluster, _unique(known)))
    return found


def _offer(responses: Responses, option: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each item has an answer outside the categories."""
    offers = {item.id for item in responses.items(kind=None) if option in item.offers}
    return np.array([name in offers for name in responses.missing_reason.columns])


def _about_informants(responses: Responses) -> pd.DataFrame:
    if not responses.items(kind="informant"):
        return pd.DataFrame(index=responses.data.index)
    return responses.scores_of_kind("informant").drop(columns=["unit", "firm", "role"])


def _absence(chosen: Focal) -> list[MissingCounts]:
    """Each role of each unit: there or not."""
    data = chosen.responses.data[chosen.rows.to_numpy()]
    units = chosen.responses.units
    places = pd.MultiIndex.from_product([units.index, chosen.roles], names=["unit", "role"])
    there = pd.MultiIndex.from_frame(data[["unit", "role"]])
    missing = np.asarray(~places.isin(there), dtype=np.float64)
    if not missing.any():
        return []
    unit = places.get_level_values("unit")
    known = pd.concat(
        [
            pd.DataFrame({"role": places.get_level_values("role")}),
            units.reindex(unit).reset_index(drop=True),
        ],
        axis=1,
    )
    first = data.drop_duplicates("unit").set_index("unit")
    firm = first["firm"].reindex(unit)
    cluster = firm.where(firm.notna(), pd.Series(unit, index=firm.index)).to_numpy(dtype=object)
    return [MissingCounts(ABSENT, missing, np.ones(len(missing)), cluster, _unique(known))]


def _clusters(data: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return data["firm"].astype(object).where(data["firm"].notna(), data["unit"]).to_numpy(dtype=object)


def _unique(known: pd.DataFrame) -> pd.DataFrame:
    """Without repeated names; texts that identify rows are no predictors."""
    table = known.loc[:, ~known.columns.duplicated()]
    n = len(table)
    kept = [
        name
        for name in table.columns
        if pd.api.types.is_numeric_dtype(table[name]) or table[name].nunique() <= max(2, n // 20)
    ]
    return table[kept]
