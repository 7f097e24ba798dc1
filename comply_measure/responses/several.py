"""Several informants of one role in one unit: counted, kept, and put together where one row per role is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.responses.vocabulary import (
    ANSWERED,
    CANNOT_JUDGE,
    DOES_NOT_APPLY,
    ID_COLUMNS,
    NOT_ANSWERED,
    NOT_APPLICABLE,
    REASONS,
    USER_MISSING,
    InformantRule,
    InformantUse,
)

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses

#: Fewer answers may agree by chance.
_TELLING = 6
# Which reason stands for several missing answers: the one that says most.
_STRONGEST = (NOT_APPLICABLE, DOES_NOT_APPLY, CANNOT_JUDGE, USER_MISSING, NOT_ANSWERED)


def has_several(responses: Responses) -> bool:
    """Whether a role has several informants in any unit."""
    return bool(responses.data[["unit", "role"]].duplicated().any())


def alike_in_all(responses: Responses) -> int:
    """How many informants repeat an earlier one of their unit and role in every item, with at least six answers that
    are not all the same.
    """
    if not has_several(responses):
        return 0
    codes = responses.data[list(responses.item_ids)].to_numpy(dtype=float)
    answered = ~np.isnan(codes)
    lowest, highest = np.where(answered, codes, np.inf).min(1), np.where(answered, codes, -np.inf).max(1)
    telling = (answered.sum(axis=1) >= _TELLING) & (lowest < highest)
    keys = pd.DataFrame(codes, index=responses.data.index).fillna(-np.inf)
    keys[["unit", "role"]] = responses.data[["unit", "role"]].to_numpy()
    return int(keys[telling].duplicated().sum())


def put_together(responses: Responses, rule: InformantRule | None) -> Responses:
    """One row per unit and role, or all rows, with a note that counts what was put together.

    Parameters
    ----------
    responses : Responses
        A row per informant, any number of them in a unit and role.
    rule : {"average", "first", "all"}
        ``average``: each item is the mean of the codes that were answered, numeric variables the mean, texts the one
        that all give (else missing); a missing answer keeps the reason that says most. ``first``: the one that comes
        first in the file. ``all``: every row stays. None where no role has several and nothing was stated.

    Returns
    -------
    Responses
        With all informants in ``everyone`` where rows were put together.
    """
    codes, first = _places(responses.data)
    n_places, n_rows = len(first), len(responses.data)
    if rule is None or n_places == n_rows:
        return replace(responses, informant_rule=rule)
    note = _note(codes, n_rows, rule)
    if rule == "all":
        return replace(responses, informant_rule=rule, notes=(*responses.notes, note))
    everyone = replace(responses, informant_rule="all")
    if rule == "first":
        data, reasons, informants = (
            table.iloc[first].reset_index(drop=True)
            for table in (responses.data, responses.missing_reason, responses.informants)
        )
    else:
        data, reasons, informants = _averaged(responses, codes, first)
    return replace(
        responses,
        data=data,
        missing_reason=reasons,
        informants=informants,
        informant_rule=rule,
        everyone=everyone,
        notes=(*responses.notes, note),
    )


def each_informant(responses: Responses) -> Responses:
    """The answers as they were given, a row per informant, for analyses of persons and of agreement.

    Rule ``average``: everyone who was averaged; ``all``: as they are; ``first``: those who count.
    """
    averaged = responses.informant_rule == "average" and responses.everyone is not None
    return responses.everyone if averaged and responses.everyone is not None else responses


def one_per_role(responses: Responses) -> Responses:
    """The view of every role in every unit, a row per unit and role, for analyses that compare or combine roles.

    Rule ``all``: the mean of the role's informants, item by item, each with the same weight (as ``average`` of
    :func:`put_together`); with ``average`` and ``first`` the responses hold one row per unit and role as they are.
    """
    if responses.informant_rule != "all" or len(_places(responses.data)[1]) == len(responses.data):
        return responses
    return replace(put_together(responses, "average"), notes=responses.notes)


def what_was_done(responses: Responses, use: InformantUse) -> str:
    """How an analysis used several informants of one role, in one sentence.

    Parameters
    ----------
    responses : Responses
    use : {"each", "role", "both"}
        Whether the analysis takes persons, the views of roles (:func:`one_per_role`), or both.

    Returns
    -------
    str
        Empty where no role has several, and with the rule ``first``, by which one counts everywhere (the notes of the
        responses say so).
    """
    counts = responses.informant_counts()
    people, several = int(counts["n_informants"].sum()), int(counts["n_several"].sum())
    rule = responses.informant_rule
    if not several or rule in (None, "first"):
        return ""
    places = f"{several} of {int(counts['n_units'].sum())} units × roles"
    each = f"All {people} informants count one by one; {places} have several of one role."
    mean = f"In {places} the mean of several informants, each with the same weight, stands for the role."
    if use == "both":
        return f"Agreement and errors of informants: {_lower(each)} Comparisons of roles: {_lower(mean)}"
    return each if use == "each" and rule == "all" else mean


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def patterns_of_roles(
    data: pd.DataFrame, roles: Sequence[str], without_answers: pd.Series[bool]
) -> pd.DataFrame:
    """Which roles answered (:meth:`.Responses.completeness`).

    Parameters
    ----------
    data : DataFrame
        A row per informant with ``unit`` and ``role``.
    roles : sequence of str
    without_answers : Series of bool
        Informants who answered nothing.
    """
    unit, units = pd.factorize(data["unit"])
    has = np.zeros((len(units), len(roles)), dtype=np.bool_)
    has[unit, pd.Categorical(data["role"], categories=list(roles)).codes] = True
    silent = np.bincount(unit[without_answers.to_numpy()], minlength=len(units))
    patterns, code, n_units = np.unique(has, axis=0, return_inverse=True, return_counts=True)
    n_roles = patterns.sum(axis=1)
    table = pd.DataFrame(
        {
            "pattern": ["+".join(np.array(roles)[row]) for row in patterns],
            **{role: patterns[:, place] for place, role in enumerate(roles)},
            "n_roles": n_roles,
            "complete": n_roles == len(roles),
            "n_units": n_units,
            "share": n_units / len(units),
            "n_informants": np.bincount(code.reshape(-1)[unit], minlength=len(n_units)),
            "n_without_answers": np.bincount(code.reshape(-1), weights=silent).astype(np.int64),
        }
    )
    order = np.lexsort((table["pattern"], -n_units, -n_roles))
    return table.iloc[order].reset_index(drop=True)


def counts_by_role(data: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    """Informants by role: ``role, n_units, n_informants, n_several`` (units with more than one), ``most``."""
    sizes = data.groupby(["role", "unit"], observed=True).size()
    rows = []
    for role in roles:
        mine = sizes[sizes.index.get_level_values("role") == role]
        rows.append(
            {
                "role": role,
                "n_units": len(mine),
                "n_informants": int(mine.sum()),
                "n_several": int((mine > 1).sum()),
                "most": int(mine.max()) if len(mine) else 0,
            }
        )
    return pd.DataFrame(rows)


def _places(data: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Unit-and-role number of every row, in the order of first appearance, and the first row of each."""
    units, roles = pd.factorize(data["unit"])[0], pd.factorize(data["role"])[0]
    codes = pd.factorize(units.astype(np.int64) * (roles.max(initial=0) + 1) + roles)[0].astype(np.intp)
    return codes, np.unique(codes, return_index=True)[1].astype(np.intp)


def _note(codes: NDArray[np.intp], n_rows: int, rule: InformantRule) -> str:
    sizes = np.bincount(codes)
    several = int((sizes > 1).sum())
    people = int(sizes[sizes > 1].sum())
    done = {
        "average": "averaged item by item, so that answers may lie between the categories; all are kept in 'everyone'",
        "first": f"the first of each is used and {n_rows - len(sizes)} others are kept in 'everyone'",
        "all": "all are kept; where a step compares or combines roles, their mean stands for the role",
    }[rule]
    return (
        f"{several} of {len(sizes)} units × roles have several informants ({people} of {n_rows} informants, at most "
        f"{int(sizes.max())}): {done}"
    )


def _averaged(
    responses: Responses, codes: NDArray[np.intp], first: NDArray[np.intp]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    items = list(responses.item_ids)
    values = responses.data[items].groupby(codes, sort=True).mean()
    ids = responses.data[list(ID_COLUMNS)].iloc[first].reset_index(drop=True)
    names = responses.data["informant"].groupby(codes, sort=True).agg("+".join)
    ids["informant"] = pd.Series(names.to_numpy(), dtype="str")
    data = pd.concat([ids, values.reset_index(drop=True)], axis=1)
    dtype = pd.CategoricalDtype(list(REASONS))
    reasons = {
        item: pd.Categorical.from_codes(
            _strongest(responses.missing_reason[item].cat.codes.to_numpy(), codes, len(first)), dtype=dtype
        )
        for item in items
    }
    variables = {
        str(name): _together(responses.informants[name], codes) for name in responses.informants.columns
    }
    return (
        data,
        pd.DataFrame(reasons, index=data.index),
        pd.DataFrame(variables, index=data.index),
    )


def _strongest(reasons: NDArray[Any], codes: NDArray[np.intp], n: int) -> NDArray[np.int8]:
    """Reason of each place: answered if anyone answered, else the one that says most."""
    found = np.full(n, NOT_ANSWERED, dtype=np.int8)
    for reason in (*reversed(_STRONGEST), ANSWERED):
        found[codes[reasons == reason]] = reason
    return found


def _together(values: pd.Series[Any], codes: NDArray[np.intp]) -> pd.Series[Any]:
    """A variable of the informants of each place: the mean of numbers, a text that all give."""
    groups = values.groupby(codes, sort=True)
    if values.dtype.kind == "f":
        return groups.mean().reset_index(drop=True)
    alike = groups.min() == groups.max()
    one: pd.Series[Any] = groups.first().where(alike.astype(bool)).reset_index(drop=True)
    return one
