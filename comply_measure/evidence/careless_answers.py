"""Who is flagged as careless, and what changes without them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.estimation import Estimation
from comply_measure.evidence.fits import Measure, NamedFit, fit_row
from comply_measure.evidence.focal import Focal
from comply_measure.evidence.keying import Turned, doubt_of
from comply_measure.evidence.missing_answers import common_items
from comply_measure.measurement import alpha_table
from comply_measure.measurement.careless import (
    CarelessFlags,
    CarelessIndices,
    careless_flags,
    careless_indices,
)
from comply_measure.models import correlated_factors, one_factor, second_order
from comply_measure.tables.roles import by_role, role_centred

_FEWEST_ITEMS = 6

#: Columns that name an informant.
INFORMANT = ("unit", "role", "informant")

_COMPARED: dict[Measure, str] = {"chisq": "χ²", "cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}


@dataclass(frozen=True, eq=False)
class CarelessAnswers:
    """Flags and what they change.

    Parameters
    ----------
    n_items : int
        Items behind the indices.
    at_least : int
        Indices that must agree.
    rules : DataFrame
        ``index``, ``suspicious``, ``cutoff``, ``n_flagged``, ``n_defined``, ``source``.
    extremes : DataFrame
        The same of cut-offs beyond which one index suffices.
    by_role : DataFrame
        ``group``, ``n_informants``, ``n_flagged``, ``share``.
    informants : DataFrame
        A row per informant with flags and values.
    sensitivity : DataFrame
        ``quantity``, ``of``, ``all``, ``without_flagged``, ``difference``, ``note``; empty if nobody is flagged.
    """

    n_items: int
    at_least: int
    rules: pd.DataFrame
    extremes: pd.DataFrame
    by_role: pd.DataFrame
    informants: pd.DataFrame
    sensitivity: pd.DataFrame

    @property
    def n_flagged(self) -> int:
        """Flagged informants."""
        return int(self.informants["flagged"].sum())


def named_informants(table: pd.DataFrame) -> frozenset[tuple[str, ...]]:
    """Unit, role and name of those who are ``flagged``."""
    names = table.loc[table["flagged"].astype(bool), list(INFORMANT)].astype(str)
    return frozenset(names.itertuples(index=False, name=None))


@dataclass(frozen=True, eq=False)
class Flagged:
    """Indices of careless answers, the flags, and a row per informant with both."""

    n_items: int
    indices: CarelessIndices
    flags: CarelessFlags
    informants: pd.DataFrame


def flagged_answers(chosen: Focal, at_least: int = 2) -> Flagged:
    """Who is flagged as careless.

    Raises
    ------
    ComplyError
        If too few items were asked of every role.
    """
    items = common_items(chosen)
    names = [name for members in items.values() for name in members]
    if len(names) < _FEWEST_ITEMS:
        raise ComplyError(
            f"{len(names)} items were asked of every role; indices of careless answers need {_FEWEST_ITEMS}"
        )
    answers = chosen.answers()
    raw = chosen.responses.data.loc[answers.index, names]
    response = chosen.scale.response
    indices = careless_indices(raw, answers[names], items, minimum=response.minimum, maximum=response.maximum)
    flags = careless_flags(indices, at_least=at_least)
    ids = chosen.responses.data.loc[answers.index, list(INFORMANT)]
    found = indices.tidy()
    measured = found.drop(columns="note").add_prefix("value_")
    informants = pd.concat([ids, flags.tidy(), measured, found["note"]], axis=1)
    return Flagged(len(names), indices, flags, informants.reset_index(drop=True))


def careless_answers(chosen: Focal, options: Estimation, turned: Turned, at_least: int) -> CarelessAnswers:
    """Flags, and what changes without the flagged informants.

    Raises
    ------
    ComplyError
        If too few items were asked of every role.
    """
    found = flagged_answers(chosen, at_least)
    keep = ~found.flags.table["flagged"].to_numpy(dtype=bool)
    return CarelessAnswers(
        n_items=found.n_items,
        at_least=at_least,
        rules=_rules(found.flags.rules(), found.indices),
        extremes=_rules(found.flags.extreme_rules(), found.indices),
        by_role=_by_role(found.informants, chosen.roles),
        informants=found.informants,
        sensitivity=_sensitivity(chosen, options, keep, turned) if not keep.all() else pd.DataFrame(),
    )


def _rules(table: pd.DataFrame, indices: CarelessIndices) -> pd.DataFrame:
    table["n_defined"] = [int(indices.table[name].notna().sum()) for name in table["index"]]
    return table


def _by_role(informants: pd.DataFrame, roles: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for group, mine in by_role(informants, roles):
        n = int(mine["flagged"].sum())
        share = n / len(mine) if len(mine) else float("nan")
        rows.append({"group": group, "n_informants": len(mine), "n_flagged": n, "share": share})
    return pd.DataFrame(rows)


def _sensitivity(
    chosen: Focal, options: Estimation, keep: npt.NDArray[np.bool_], turned: Turned
) -> pd.DataFrame:
    """Rows: quantity, measured on, all informants, without the flagged ones, difference, note."""
    answers = chosen.answers()
    scales = chosen.wholes
    everyone = alpha_table(answers, scales, by=None).tidy().set_index("scale")
    fewer = alpha_table(answers[keep], scales, by=None).tidy().set_index("scale")
    pairs = {key: (float(everyone["alpha"][key]), float(fewer["alpha"][key])) for key in scales}
    rows = [
        (
            "α",
            key,
            *pair,
            next(
                (str(table["note"][key]) for table in (everyone, fewer) if math.isnan(table["alpha"][key])),
                "",
            )
            or doubt_of(turned, (key, *chosen.factors.get(key, ()))),
        )
        for key, pair in pairs.items()
    ]
    label, text = _model(chosen)
    data = chosen.indicators()
    names = list(chosen.indicator_names)
    data = role_centred(data, names)
    before, after = (_fit(options, text, rows, label) for rows in (data, data[keep]))
    note = before[1] or after[1]
    rows += [(name, label, before[0][key], after[0][key], note) for key, name in _COMPARED.items()]
    table = pd.DataFrame(rows, columns=["quantity", "of", "all", "without_flagged", "note"])
    table["difference"] = table["without_flagged"] - table["all"]
    return table


def _fit(options: Estimation, text: str, data: pd.DataFrame, label: str) -> tuple[dict[Measure, float], str]:
    """Fit measures, and why they are undefined."""
    used = data[data.drop(columns=["unit", "firm", "role"]).notna().any(axis=1)]
    fit, why = attempt(lambda: options.fit(text, used))
    if fit is None:
        return dict.fromkeys(_COMPARED, float("nan")), why
    row = fit_row(NamedFit("model", label, fit))
    return {key: row[key] for key in _COMPARED}, row["note"]


def _model(chosen: Focal) -> tuple[str, str]:
    n = len(chosen.factors)
    if n >= 3:
        return "second-order model", second_order(chosen.factors, chosen.top)
    if n == 2:
        return "model of correlated dimensions", correlated_factors(chosen.factors)
    return "one-factor model", one_factor(chosen.top, chosen.indicator_names)
