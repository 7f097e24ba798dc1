"""A synthetic stand-in for answers that cannot be shared: no row is an informant, structure and moments are kept.

The answers, standardised by role and item, are split into what firms share and what differs within firms; each part is
rotated by a random orthogonal matrix of its own, which leaves means and covariances as they are and mixes all units
(Ting, Fienberg & Trottini, 2008, *Random orthogonal matrix masking*, International Journal of Information and Computer
Security 2, 86-105, doi:10.1504/IJICS.2008.016823). Then every variable gets its own answers back by rank, so that the
frequencies of its categories are those of the data (a Gaussian copula). What was not answered stays unanswered.

Not kept: relations of categorical variables of units and informants, which are dealt out anew; moments beyond the
second; and, because categories are few and missing answers are imputed on the way, correlations exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError

if TYPE_CHECKING:
    from comply_measure.responses import Responses

Array = NDArray[np.float64]
_RANK = 12
_ROUNDS = 25
#: Values of a numeric variable of units that are averaged, so that none is that of one unit.
_AVERAGED = 3


def stand_in(responses: Responses, seed: int) -> Responses:
    """A synthetic data set with the structure and the moments of the answers.

    Parameters
    ----------
    responses : Responses
        The answers; informants that were put together are left out of the stand-in's ``everyone``.
    seed : int
        The same seed gives the same stand-in.

    Returns
    -------
    Responses
        As many firms, units and informants of each role as the data; ids are new (``F1``, ``U1``, ``I1``) and units
        stand in another order. Items have the frequencies of their categories by role, and numeric variables of units
        the means of three neighbouring values each.

    Raises
    ------
    ComplyError
        With fewer than ten units: nothing can be mixed.
    """
    if responses.n_units < 10:
        raise ComplyError(f"a stand-in needs at least 10 units; there are {responses.n_units}")
    streams = [np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(3)]
    data, everything = _one_per_role(responses), _numeric_units(responses)
    firm = _firm_of_units(responses)
    wide = _wide(data, responses)
    columns = np.column_stack([wide, everything.to_numpy(dtype=float)]) if everything.shape[1] else wide
    mixed = _rotated(_completed(columns, streams[0]), firm, streams[1])
    n_answers = wide.shape[1]
    answers = _by_rank(wide, mixed[:, :n_answers])
    variables = _averaged(_by_rank(columns[:, n_answers:], mixed[:, n_answers:]), everything)
    made = _with_answers(data, answers, responses)
    return _renamed(_with_variables(made, variables, everything, streams[2]), streams[2])


def _one_per_role(responses: Responses) -> Responses:
    """The answers with one informant per role and unit, as the analyses have them."""
    doubled = responses.data.duplicated(["unit", "role"])
    kept = (~doubled).to_numpy()
    return replace(
        responses,
        data=responses.data.loc[kept].reset_index(drop=True),
        missing_reason=responses.missing_reason.loc[kept].reset_index(drop=True),
        informants=responses.informants.loc[kept].reset_index(drop=True),
        everyone=None,
        informant_rule=None,
    )


def _numeric_units(responses: Responses) -> pd.DataFrame:
    numeric = [name for name in responses.units if pd.api.types.is_float_dtype(responses.units[name])]
    return responses.units[numeric]


def _firm_of_units(responses: Responses) -> NDArray[np.int64]:
    """Firm of each unit as a code from 0; every unit its own firm where firms are unknown."""
    firms = responses.data.drop_duplicates("unit").set_index("unit")["firm"].reindex(responses.units.index)
    if firms.isna().any():
        return np.arange(len(firms))
    return np.asarray(pd.factorize(firms)[0], dtype=np.int64)


def _wide(data: Responses, like: Responses) -> Array:
    """Unit × (role, item): answers as given, NaN where there is none."""
    unit = like.units.index.get_indexer(pd.Index(data.data["unit"]))
    role = np.array([like.roles.index(name) for name in data.data["role"]])
    items = data.data[list(data.item_ids)].to_numpy(dtype=float)
    wide = np.full((like.n_units, len(like.roles), items.shape[1]), np.nan)
    wide[unit, role] = items
    return wide.reshape(like.n_units, -1)


def _completed(values: Array, rng: np.random.Generator) -> Array:
    """Standardised columns, gaps filled from a model of few components with its own residual noise.

    Singular values of the filled matrix are iterated as in Mazumder, Hastie & Tibshirani (2010, *Journal of Machine
    Learning Research* 11, 2287-2322) with a fixed rank.
    """
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    centre = np.where(counts, np.nansum(values, axis=0) / np.maximum(counts, 1), 0.0)
    spread = np.sqrt(np.nansum((values - centre) ** 2, axis=0) / np.maximum(counts, 1))
    scaled = np.where(known, (values - centre) / np.where(spread > 0, spread, 1.0), 0.0)
    rank = min(_RANK, *(n // 2 for n in scaled.shape))
    fitted = np.zeros_like(scaled)
    for _ in range(_ROUNDS):
        left, sizes, right = np.linalg.svd(np.where(known, scaled, fitted), full_matrices=False)
        fitted = (left[:, :rank] * sizes[:rank]) @ right[:rank]
    rest = np.sqrt(np.sum(np.where(known, scaled - fitted, 0.0) ** 2, axis=0) / np.maximum(counts, 1))
    return np.asarray(np.where(known, scaled, fitted + rest * rng.normal(size=scaled.shape)))


def _rotated(values: Array, firm: NDArray[np.int64], rng: np.random.Generator) -> Array:
    """Both levels rotated: means, and covariances within and between firms, stay what they are."""
    n, n_firms = len(values), int(firm.max()) + 1
    sizes = np.bincount(firm, minlength=n_firms)
    between = np.zeros((n, n_firms))
    between[np.arange(n), firm] = 1.0 / np.sqrt(sizes[firm])
    ones = np.sqrt(sizes / n)[:, None]  # the grand mean, in the basis of firms
    inner = between @ np.linalg.qr(np.column_stack([ones, np.eye(n_firms)]))[0][:, 1:n_firms]
    mean = values.mean(axis=0)
    found = mean + _turned(inner, values - mean, rng)
    outer = np.linalg.qr(np.column_stack([between, np.eye(n)]))[0][:, n_firms:n]
    both: Array = found + _turned(outer, values, rng)
    return both


def _turned(basis: Array, values: Array, rng: np.random.Generator) -> Array:
    """The part of the values in a subspace, turned inside of it by a random orthogonal matrix."""
    size = basis.shape[1]
    if size == 0:
        return np.zeros_like(values)
    turn, upper = np.linalg.qr(rng.normal(size=(size, size)))
    turn = turn * np.sign(np.diag(upper))
    return np.asarray(basis @ (turn @ (basis.T @ values)))


def _by_rank(original: Array, mixed: Array) -> Array:
    """Every column's own values in the order of the mixed ones; NaN where the original has none."""
    found = np.full_like(original, np.nan)
    for column in range(original.shape[1]):
        there = np.flatnonzero(~np.isnan(original[:, column]))
        order = np.argsort(mixed[there, column], kind="stable")
        found[there[order], column] = np.sort(original[there, column])
    return found


def _averaged(values: Array, like: pd.DataFrame) -> Array:
    """Numeric variables of units with every value the mean of neighbouring ones; few different values stay."""
    found = values.copy()
    for place, name in enumerate(like.columns):
        column = like[name].dropna()
        if len(set(column)) <= _RANK:
            continue
        there = np.flatnonzero(~np.isnan(values[:, place]))
        order = there[np.argsort(values[there, place], kind="stable")]
        parts = np.array_split(order, max(1, len(order) // _AVERAGED))
        whole = bool(np.all(column == np.round(column)))
        for part in parts:
            mean = values[part, place].mean()
            found[part, place] = np.round(mean) if whole else mean
    return found


def _with_answers(data: Responses, answers: Array, like: Responses) -> Responses:
    unit = like.units.index.get_indexer(pd.Index(data.data["unit"]))
    role = np.array([like.roles.index(name) for name in data.data["role"]])
    items = answers.reshape(like.n_units, len(like.roles), -1)[unit, role]
    frame = data.data.copy()
    frame[list(data.item_ids)] = items
    return replace(data, data=frame)


def _with_variables(
    made: Responses, variables: Array, like: pd.DataFrame, rng: np.random.Generator
) -> Responses:
    """Numeric variables as mixed, all others dealt out anew: those of firms by firm, the rest by unit."""
    units = made.units.copy()
    for place, name in enumerate(like.columns):
        units[name] = variables[:, place]
    firm = made.data.drop_duplicates("unit").set_index("unit")["firm"].reindex(units.index)
    for name in units.columns.difference(like.columns, sort=False):
        units[name] = _dealt(units[name], firm, rng)
    informants = made.informants.copy()
    for name in informants.columns:
        informants[name] = informants[name].to_numpy()[rng.permutation(len(informants))]
    return replace(made, units=units, informants=informants)


def _dealt(values: pd.Series[Any], firm: pd.Series[Any], rng: np.random.Generator) -> Any:
    """A categorical variable permuted: over firms where it is the same in all units of a firm."""
    if firm.notna().all():
        by_firm = values.groupby(firm.to_numpy(), sort=False)
        if all(len(set(mine)) == 1 for _, mine in by_firm):
            first = by_firm.first()
            dealt = dict(zip(first.index, first.to_numpy()[rng.permutation(len(first))], strict=True))
            return firm.map(dealt).astype(values.dtype).to_numpy()
    return values.to_numpy()[rng.permutation(len(values))]


def _renamed(made: Responses, rng: np.random.Generator) -> Responses:
    """New ids, firms and units in a new order."""
    firms = made.data.drop_duplicates("unit").set_index("unit")["firm"].reindex(made.units.index)
    known = [name for name in dict.fromkeys(firms) if isinstance(name, str)]
    place = {name: number for number, name in enumerate([known[i] for i in rng.permutation(len(known))], 1)}
    shuffled = rng.permutation(len(made.units))
    order = sorted(shuffled.tolist(), key=lambda unit: place.get(firms.iloc[unit], 0))
    ids = {made.units.index[unit]: f"U{number}" for number, unit in enumerate(order, 1)}
    rank = {name: number for number, name in enumerate(ids)}
    rows = np.argsort([rank[unit] for unit in made.data["unit"]], kind="stable")
    data = made.data.iloc[rows].reset_index(drop=True)
    data["unit"] = data["unit"].map(ids)
    data["firm"] = data["firm"].map(lambda name: f"F{place[name]}" if name in place else None).astype("str")
    data["informant"] = [f"I{number}" for number in range(1, len(data) + 1)]
    units = made.units.loc[list(ids)]
    units.index = pd.Index(list(ids.values()), name=made.units.index.name)
    return replace(
        made,
        data=data.astype({name: made.data[name].dtype for name in ("unit", "firm", "informant")}),
        missing_reason=made.missing_reason.iloc[rows].reset_index(drop=True),
        informants=made.informants.iloc[rows].reset_index(drop=True),
        units=units,
        source=type(made.source)("synthetic stand-in"),
        notes=("a synthetic stand-in: no row is an informant",),
    )
