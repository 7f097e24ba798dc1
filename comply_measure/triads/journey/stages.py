"""Levels and gaps over stages: profile by role, which stages differ, trend and loop, stage × dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arguments import arguments_checked
from comply_measure.statistics.arrays import Floats, known_mean
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.role_gaps import cluster_codes
from comply_measure.triads.journey.cells import CellMeans, cell_weights

#: Share of the dimensions that an informant must have rated at a stage to have a score there.
MIN_VALID = 0.5
_COLUMNS = ["estimate", "se", "df", "lower", "upper", "p", "p_holm", "note"]


@dataclass(frozen=True, eq=False)
class StageData:
    """Ratings of informants by role in units, at several stages of the journey, on several dimensions.

    Attributes
    ----------
    triads : TriadData
        One column per stage and dimension, stage by stage.
    stages, dimensions : tuple of str
        Keys, in order; ``values[unit, role, stage, dimension]``.
    """

    triads: TriadData
    stages: tuple[str, ...]
    dimensions: tuple[str, ...]

    @classmethod
    @arguments_checked
    def from_long(
        cls,
        data: pd.DataFrame,
        columns: Mapping[str, Mapping[str, str]],
        *,
        roles: Sequence[str] | None = None,
        firm: str | None = None,
    ) -> StageData:
        """Build from one row per informant (``unit``, ``role``, the columns).

        Parameters
        ----------
        data : DataFrame
            Long table, items recoded to one direction.
        columns : mapping of str to mapping of str to str
            Stage -> dimension -> column; every stage has the same dimensions.
        roles : sequence of str, optional
            Roles and their order.
        firm : str, optional
            Column of firms, the clusters; without it units are.

        Raises
        ------
        InputError
            For fewer than two stages, unequal dimensions, and every fault of the table.
        """
        stages = tuple(columns)
        dimensions = tuple(next(iter(columns.values()), {}))
        problems = [Problem("stages", value=len(stages), allowed="at least two")] if len(stages) < 2 else []
        problems += [
            Problem(
                "a stage has other dimensions", value=stage, allowed=", ".join(dimensions) or "one or more"
            )
            for stage, own in columns.items()
            if set(own) != set(dimensions) or not own
        ]
        if problems:
            raise InputError("Stages cannot be compared.", problems)
        names = [columns[stage][dimension] for stage in stages for dimension in dimensions]
        triads = TriadData.from_long(data, names, firm=firm, roles=roles)
        return cls(triads, stages, dimensions)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in order."""
        return self.triads.roles

    @cached_property
    def values(self) -> Floats:
        """Ratings, units × roles × stages × dimensions."""
        G, R, _ = self.triads.values.shape
        return self.triads.values.reshape(G, R, len(self.stages), len(self.dimensions))

    @cached_property
    def scores(self) -> Floats:
        """Mean over dimensions, units × roles × stages; NaN where fewer than half were rated."""
        return known_mean(self.values, 3, MIN_VALID)

    @cached_property
    def clusters(self) -> NDArray[np.int64]:
        """Cluster of each unit: its firm, or the unit."""
        triads = self.triads
        return np.arange(triads.n_units) if triads.firms is None else cluster_codes(triads)

    @cached_property
    def cells(self) -> CellMeans:
        """Means of role × stage, roles first."""
        return CellMeans.of(self.scores.reshape(len(self.scores), -1), self.clusters)

    def cell(self, role: int, stage: int) -> int:
        """Place of a role's mean at a stage."""
        return role * len(self.stages) + stage

    def at(self, stage: int) -> list[int]:
        """Cells of all roles at a stage."""
        return [self.cell(role, stage) for role in range(len(self.roles))]

    def involvement(self) -> pd.DataFrame:
        """Who rated what: role, stage, n_present, n_rated, n_partly (some dimensions), n_absent (none)."""
        known = (~np.isnan(self.values)).sum(axis=3)
        present = self.triads.present[:, :, None]
        rows = [
            {
                "role": role, "stage": stage, "n_present": int(present[:, r].sum()),
                "n_rated": int((known[:, r, s] == len(self.dimensions)).sum()),
                "n_partly": int(((known[:, r, s] > 0) & (known[:, r, s] < len(self.dimensions))).sum()),
                "n_absent": int((present[:, r, 0] & (known[:, r, s] == 0)).sum()),
            }
            for r, role in enumerate(self.roles)
            for s, stage in enumerate(self.stages)
        ]  # fmt: skip
        return pd.DataFrame(rows)


def _table(cells: CellMeans, keys: Sequence[Mapping[str, object]], weights: Floats) -> pd.DataFrame:
    """Contrasts with their keys, Holm over all of them."""
    found = cells.contrasts(weights)
    found["p_holm"] = holm(found["p"].to_numpy(dtype=float))
    return pd.concat([pd.DataFrame(list(keys)), found[_COLUMNS]], axis=1)


@arguments_checked
def stage_profile(data: StageData) -> pd.DataFrame:
    """Level of every stage, by role and over roles.

    Returns
    -------
    DataFrame
        ``role`` (empty: mean of the role means), ``stage``, ``n_informants``, ``mean``, ``se``, ``df``, ``lower``,
        ``upper`` (95 %), ``note``; CR2 by firm, or unit (:class:`~comply_measure.triads.journey.cells.CellMeans`).
    """
    K, places = len(data.cells.means), range(len(data.stages))
    keys, weights = [], []
    for r, role in [*enumerate(data.roles), (-1, "")]:
        for s in places:
            own = data.at(s) if r < 0 else [data.cell(r, s)]
            n = int(sum(data.cells.counts[k] for k in own))
            keys.append({"role": role, "stage": data.stages[s], "n_informants": n})
            weights.append(cell_weights(K, own))
    found = data.cells.contrasts(np.array(weights)).rename(columns={"estimate": "mean"})
    return pd.concat([pd.DataFrame(keys), found[["mean", "se", "df", "lower", "upper", "note"]]], axis=1)


@arguments_checked
def stage_gaps(data: StageData) -> pd.DataFrame:
    """Gap of every pair of roles at every stage (first less second role), Holm over all of them.

    Returns
    -------
    DataFrame
        ``pair``, ``stage``, ``estimate``, ``se``, ``df``, ``lower``, ``upper``, ``p``, ``p_holm``, ``note``.
    """
    K, keys, weights = len(data.cells.means), [], []
    for a, b in combinations(range(len(data.roles)), 2):
        for s, stage in enumerate(data.stages):
            keys.append({"pair": f"{data.roles[a]} - {data.roles[b]}", "stage": stage})
            weights.append(cell_weights(K, [data.cell(a, s)], [data.cell(b, s)]))
    return _table(data.cells, keys, np.array(weights).reshape(-1, K))


@arguments_checked
def stage_differences(data: StageData) -> pd.DataFrame:
    """Which stages differ: every pair of stages (later less earlier), mean over roles, Holm over all pairs.

    Returns
    -------
    DataFrame
        ``first``, ``second``, then as :func:`stage_gaps`.
    """
    K, keys, weights = len(data.cells.means), [], []
    for a, b in combinations(range(len(data.stages)), 2):
        keys.append({"first": data.stages[a], "second": data.stages[b]})
        weights.append(cell_weights(K, data.at(b), data.at(a)))
    return _table(data.cells, keys, np.array(weights))


@arguments_checked
def stage_shape(data: StageData, loop: tuple[str, str] | None = None) -> pd.DataFrame:
    """Planned contrasts of the profile over roles: trend, curvature, and whether the loop closes; Holm over them.

    Linear and quadratic trends have orthogonal polynomials of the order of the stages (−5, −3, …, 5 and 5, −1, −4, …
    for six), scaled to the change from the first stage to the last on a straight line, and to the middle less the
    ends. ``loop`` is the last stage of a loop less its first.

    Parameters
    ----------
    data : StageData
    loop : pair of str, optional
        Stage in which the loop begins, stage in which it ends.

    Returns
    -------
    DataFrame
        ``contrast`` (``linear``, ``quadratic``, ``loop``), then as :func:`stage_gaps`.
    """
    S, K = len(data.stages), len(data.cells.means)
    over = np.zeros((S, K))
    for s in range(S):
        over[s] = cell_weights(K, data.at(s))
    centred = np.arange(S) - (S - 1) / 2
    rows = {"linear": (S - 1) * centred / (centred @ centred)}
    if S > 2:
        square = centred**2 - (centred**2).mean()
        low, high = square.min(), square.max()
        rows["quadratic"] = -(high - low) * square / (square @ square)
    if loop is not None:
        missing = [name for name in loop if name not in data.stages]
        if missing:
            problems = [Problem("no stage", value=name, allowed=", ".join(data.stages)) for name in missing]
            raise InputError("The loop cannot be tested.", problems)
        step = np.zeros(S)
        step[data.stages.index(loop[1])] += 1.0
        step[data.stages.index(loop[0])] -= 1.0
        rows["loop"] = step
    weights = np.array([row @ over for row in rows.values()])
    return _table(data.cells, [{"contrast": name} for name in rows], weights)


@arguments_checked
def stage_tests(data: StageData) -> pd.DataFrame:
    """Joint tests: stages alike (over roles), profiles of the roles parallel, roles alike (over stages).

    Returns
    -------
    DataFrame
        ``test`` (``stages``, ``parallel``, ``roles``), ``f``, ``df1``, ``df2``, ``p``, ``note``: Hotelling's T² with
        the degrees of freedom of a cluster-robust covariance (Pustejovsky & Tipton 2018).
    """
    R, S = len(data.roles), len(data.stages)
    K = len(data.cells.means)
    mean_of = [cell_weights(K, data.at(s)) for s in range(S)]
    role_of = [cell_weights(K, [data.cell(r, s) for s in range(S)]) for r in range(R)]
    tests = {
        "stages": [mean_of[s] - mean_of[0] for s in range(1, S)],
        "parallel": [
            cell_weights(K, [data.cell(r, s)], [data.cell(r, 0)])
            - cell_weights(K, [data.cell(0, s)], [data.cell(0, 0)])
            for r in range(1, R)
            for s in range(1, S)
        ],
        "roles": [role_of[r] - role_of[0] for r in range(1, R)],
    }
    names = ("f", "df1", "df2", "p", "note")
    return pd.DataFrame(
        [
            {"test": test} | dict(zip(names, data.cells.joint(np.array(rows)), strict=True))
            for test, rows in tests.items()
            if rows
        ]
    )


def _of_dimension(data: StageData) -> Iterator[tuple[str, CellMeans]]:
    for d, dimension in enumerate(data.dimensions):
        yield dimension, CellMeans.of(data.values[..., d].reshape(len(data.values), -1), data.clusters)


@arguments_checked
def stage_dimensions(data: StageData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every dimension at every stage: its level over roles against its mean over stages, and its role gaps.

    Returns
    -------
    levels : DataFrame
        ``dimension``, ``stage``, ``mean``, then the deviation from the dimension's mean over stages as in
        :func:`stage_gaps`; Holm over all cells.
    gaps : DataFrame
        ``dimension``, ``pair``, ``stage``, then the gap; Holm over all of them.
    """
    levels, gaps = [], []
    for dimension, cells in _of_dimension(data):
        K = len(cells.means)
        over = np.array([cell_weights(K, data.at(s)) for s in range(len(data.stages))])
        means = cells.contrasts(over)["estimate"]
        own = cells.contrasts(over - over.mean(axis=0))
        levels.append(own.assign(dimension=dimension, stage=list(data.stages), mean=means))
        for a, b in combinations(range(len(data.roles)), 2):
            rows = [cell_weights(K, [data.cell(a, s)], [data.cell(b, s)]) for s in range(len(data.stages))]
            pair = f"{data.roles[a]} - {data.roles[b]}"
            gaps.append(
                cells.contrasts(np.array(rows)).assign(
                    dimension=dimension, pair=pair, stage=list(data.stages)
                )
            )
    return (
        _together(levels, ["dimension", "stage", "mean"]),
        _together(gaps, ["dimension", "pair", "stage"]),
    )


def _together(parts: Sequence[pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=[*keys, *_COLUMNS])
    found = pd.concat(parts, ignore_index=True)
    found["p_holm"] = holm(found["p"].to_numpy(dtype=float))
    return found[[*keys, *_COLUMNS]]


@arguments_checked
def dispersion_differences(data: StageData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether roles disagree more at some stages: mean absolute deviation of the stage scores in each unit.

    ``AD_gs = Σ_r |x_grs − x̄_gs| / n_gs`` over the roles that have a score, two or more (Burke, Finkelstein & Dusig
    1999, of scores instead of items); units weigh alike.

    Returns
    -------
    stages : DataFrame
        ``stage``, ``n_units``, ``mean``, ``se``, ``df``, ``lower``, ``upper``, ``note``.
    pairs : DataFrame
        ``first``, ``second``, difference (later less earlier) as in :func:`stage_differences`.
    """
    known = ~np.isnan(data.scores)
    n = known.sum(axis=1)
    filled = np.where(known, data.scores, 0.0)
    middle = filled.sum(axis=1) / np.where(n > 0, n, 1)
    spread = np.where(known, np.abs(filled - middle[:, None]), 0.0).sum(axis=1) / np.where(n > 0, n, 1)
    cells = CellMeans.of(np.where(n >= 2, spread, np.nan), data.clusters)
    S = len(data.stages)
    own = cells.contrasts(np.eye(S)).rename(columns={"estimate": "mean"})
    keys = pd.DataFrame({"stage": list(data.stages), "n_units": cells.counts})
    pairs = list(combinations(range(S), 2))
    weights = np.array([cell_weights(S, [b], [a]) for a, b in pairs])
    names = [{"first": data.stages[a], "second": data.stages[b]} for a, b in pairs]
    return (
        pd.concat([keys, own[["mean", "se", "df", "lower", "upper", "note"]]], axis=1),
        _table(cells, names, weights),
    )
