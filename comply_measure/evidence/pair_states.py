"""What members of pairs of roles agree on: one latent model of all ratings of pairs and of the triad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.fits import NamedFit, standardized, value_of
from comply_measure.evidence.texts import one_line
from comply_measure.models.informants import pair_states_model
from comply_measure.models.informants.pair_states import pair_state
from comply_measure.tables.wide import wide_column
from comply_measure.triads.gaps.pair_ratings import PairData

TRIAD = "triad"
_FIRM = "firm"
_STATES = ["first", "second", "r", "r_lower", "r_upper", "note"]
_RATERS = ["pair", "role", "inside", "loading", "loading_lower", "loading_upper", "note"]


@dataclass(frozen=True, eq=False)
class PairStates:
    """The latent model of pairs.

    Parameters
    ----------
    fits : tuple of NamedFit
        The model; empty where there is none.
    states : DataFrame
        Correlations of states: ``first, second`` (pairs, ``triad`` last), ``r`` with ``_lower`` and ``_upper``,
        ``note``.
    raters : DataFrame
        How well each role tells a state: ``pair, role, inside`` (a member; all are of the triad), standardised
        ``loading`` with ``_lower`` and ``_upper``, ``note``.
    obstacle : str
        Why there is no model.
    estimator : str
        In words.
    """

    fits: tuple[NamedFit, ...]
    states: pd.DataFrame
    raters: pd.DataFrame
    obstacle: str
    estimator: str


def pair_states(data: PairData, *, clustered: bool, clusters: str = "") -> PairStates:
    """The model of :func:`.pair_states_model` by full information with robust errors, by firm where `clustered`.

    A role that rated no unit's pair is no rater of it; the triad stands in the model where every role scored it and no
    pair has its name.
    `clusters` is told after the estimator (:func:`.firm_words`).
    """
    words = f"MLR, full information{clusters}"
    table, pairs, raters, triad = _wide(data)
    if len(data.roles) < 3 or len(pairs) < 2:
        return _none("it takes three roles and two pairs of them", words)
    if any(not set(members) <= set(raters[pair]) for pair, members in pairs.items()):
        return _none("a member of a pair did not rate it", words)
    if clustered:
        table[_FIRM] = data.codes
    try:
        text = pair_states_model(pairs, data.roles, triad, raters)
        fit = sem.fit(
            text, table, estimator="MLR", missing="ml", meanstructure=True, cluster=_FIRM if clustered else None
        )  # fmt: skip
    except ComplyError as problem:
        return _none(one_line(problem), words)
    named = NamedFit("pair_states", "States of pairs", fit)
    if named.obstacle:
        return PairStates(
            (named,),
            pd.DataFrame(columns=_STATES),
            pd.DataFrame(columns=_RATERS),
            f"the model has no solution to report ({named.obstacle})",
            words,
        )
    states, loadings = _told(named, pairs, raters if triad is None else raters | {triad: data.roles}, triad)
    return PairStates((named,), states, loadings, "", words)


def _none(why: str, estimator: str) -> PairStates:
    return PairStates((), pd.DataFrame(columns=_STATES), pd.DataFrame(columns=_RATERS), why, estimator)


def _wide(
    data: PairData,
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], str | None]:
    """A row per unit, ``pair.role``; members and raters of every pair; the name of the triad, if it is there."""
    columns, pairs, raters = (
        dict[str, np.ndarray](),
        dict[str, tuple[str, ...]](),
        dict[str, tuple[str, ...]](),
    )
    for q, pair in enumerate(data.pairs):
        there = [r for r in range(len(data.roles)) if not np.isnan(data.ratings[:, q, r]).all()]
        pairs[pair] = tuple(data.roles[r] for r in np.flatnonzero(data.inside[q]))
        raters[pair] = tuple(data.roles[r] for r in there)
        columns |= {wide_column(pair, data.roles[r]): data.ratings[:, q, r] for r in there}
    triad = None
    if data.triad is not None and TRIAD not in pairs and not np.isnan(data.triad).all(axis=0).any():
        triad = TRIAD
        columns |= {wide_column(triad, role): data.triad[:, r] for r, role in enumerate(data.roles)}
    return pd.DataFrame(columns), pairs, raters, triad


def _told(
    named: NamedFit,
    pairs: Mapping[str, tuple[str, ...]],
    raters: Mapping[str, tuple[str, ...]],
    triad: str | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations of the states and loadings of their raters."""
    table = standardized(named.fit)
    note = "" if named.fit.admissible else "the solution is not admissible"

    def values(lhs: str, op: str, rhs: str, name: str) -> dict[str, object]:
        ends = ("est_std", "ci_lower", "ci_upper")
        low_high = zip(("", "_lower", "_upper"), ends, strict=True)
        return {f"{name}{end}": value_of(table, lhs, op, rhs, column) for end, column in low_high}

    states = [
        {"first": one, "second": two} | values(pair_state(one), "~~", pair_state(two), "r") | {"note": note}
        for one, two in combinations(raters, 2)
    ]
    loadings = [
        {"pair": name, "role": role, "inside": name == triad or role in pairs[name]}
        | values(pair_state(name), "=~", wide_column(name, role), "loading")
        | {"note": note}
        for name, by in raters.items()
        for role in by
    ]
    return pd.DataFrame(states), pd.DataFrame(loadings)
