"""Informants by role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

POOLED = "pooled"


def role_centred(data: pd.DataFrame, names: Sequence[str], role: str = "role") -> pd.DataFrame:
    """A table whose named columns have each role's mean taken off, ``x − x̄_role`` over those who answered.

    What is left of differences between units is not mixed with how high a role answers in general. Rows without a
    role have no mean and become missing.

    Parameters
    ----------
    data : DataFrame
        One row per informant; stays as it is.
    names : sequence of str
        Columns of numbers.
    role : str
        Column of roles.
    """
    centred, names = data.copy(), list(names)
    centred[names] = data[names] - data.groupby(role)[names].transform("mean")
    return centred


def by_role(
    data: pd.DataFrame, roles: Sequence[str], role: str = "role"
) -> Iterator[tuple[str, pd.DataFrame]]:
    """All informants as the group ``pooled``, then those of each role."""
    yield POOLED, data
    for name in roles:
        yield name, data[data[role] == name]
