"""Several informants of a role as indicators: what roles share, and what one informant sees alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.focal import Focal
from comply_measure.measurement.frames import joined
from comply_measure.models.informants import (
    informants_wide,
    interchangeable_ct_cm1_model,
    interchangeable_shares,
)

#: Informants of a role that are modelled at most: more add columns, hardly what is known of one of them.
MOST: Final = 3
#: Behind the dimension in the name of a model.
WITHIN: Final = "informants within roles"
_COLUMNS: Final = [
    "dimension", "variable", "role", "consistency", "common_method", "unique_method", "error", "reliability",
    "consistency_true", "note",
]  # fmt: skip
_ALONE: Final = "one informant of the role in the model: its own view is not told apart"
Fitted = Callable[[pd.DataFrame, str, str, str], NamedFit | None]
"""Table, key, name and model text -> the fit; None, with the reason kept, where the model is refused."""


def crowd_table(people: Focal, least: int) -> pd.DataFrame:
    """How many informants of each role are modelled; empty where no role has several.

    Columns: role, number (the largest up to three that at least `least` units have; never less than one), n_units (that
    have any), n_several (that have two or more).
    """
    if not people.several:
        return pd.DataFrame()
    sizes = people.indicators().groupby(["unit", "role"], sort=False).size().reset_index(name="n")
    rows = []
    for role in people.roles:
        mine = sizes.loc[sizes["role"] == role, "n"]
        number = max([k for k in range(2, MOST + 1) if (mine >= k).sum() >= least], default=1)
        rows.append((role, number, len(mine), int((mine >= 2).sum())))
    return pd.DataFrame(rows, columns=["role", "number", "n_units", "n_several"])


def nested_views(
    people: Focal, crowd: pd.DataFrame, reference: str, cluster: bool, fitted: Fitted
) -> tuple[tuple[NamedFit, ...], pd.DataFrame]:
    """The CT-C(M−1) model of interchangeable informants within structurally different roles, by dimension.

    Parameters
    ----------
    people : Focal
        The scale, every informant as they answered.
    crowd : DataFrame
        :func:`crowd_table`.
    reference : str
        Role that defines the traits.
    cluster : bool
        Whether the firm is kept for the errors.
    fitted : callable
        Fits a model.

    Returns
    -------
    tuple
        Fits that were not refused, and ``interchangeable_shares`` of all dimensions; NaN with the reason where a
        solution cannot be trusted. Empty where no role has the informants for it.
    """
    numbers = {str(r["role"]): int(r["number"]) for r in crowd.to_dict("records")}
    if max(numbers.values(), default=1) < 2 or len(numbers) < 2:
        return (), pd.DataFrame(columns=_COLUMNS)
    table = people.indicators()
    keep = ["firm"] if cluster else []
    least = 3 if min(numbers.values()) == 1 else 2
    fits, tables = [], []
    for dimension, variables in people.factors.items():
        if len(variables) < least:
            continue
        wide = informants_wide(table, list(variables), numbers, keep).reset_index(drop=True)
        text = interchangeable_ct_cm1_model(dimension, list(variables), numbers, reference)
        named = fitted(wide, dimension, f"{dimension}, {WITHIN}", text)
        if named is not None:
            fits.append(named)
            tables.append(_shares(named, list(variables), numbers))
    shares = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)
    return tuple(fits), shares[_COLUMNS]


def _shares(named: NamedFit, variables: list[str], numbers: Mapping[str, int]) -> pd.DataFrame:
    """Shares of one dimension; NaN where the solution cannot be trusted, with the reason."""
    fit = named.fit
    single = [role for role, number in numbers.items() if number == 1]
    table: pd.DataFrame = interchangeable_shares(fit.estimates, named.key, variables, numbers)
    table.insert(0, "dimension", named.key)
    if fit.has_optimum and fit.admissible:
        alone = table["role"].isin(single)
        table.loc[alone, "unique_method"] = np.nan
        table["note"] = np.where(alone, [joined(_ALONE, note) for note in table["note"]], table["note"])
        return table
    values = table.columns.difference(["dimension", "variable", "role", "note"])
    table[values] = np.nan
    table["note"] = fit.unreached or "solution not admissible"
    return table
