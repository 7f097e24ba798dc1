"""What is compared: independent groups, dependent roles that rate the same units, or stages one informant rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.models.hierarchy import correlated_factors
from comply_measure.models.informants.invariance import LEVELS, Level, role_invariance_model
from comply_measure.models.informants.wide import role_factor
from comply_measure.models.invariance.rules import Conditions
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.sem.language.quoting import quoted
from comply_measure.tables.numbers import column_problem
from comply_measure.tables.wide import wide_column, wide_frame

Floats = NDArray[np.float64]
Factors = Mapping[str, Sequence[str]]
Kind = Literal["loading", "intercept", "residual"]
Released = frozenset[tuple[Kind, str]]
KIND_OF: dict[str, Kind] = {"metric": "loading", "scalar": "intercept", "strict": "residual"}
NONE: Released = frozenset()
_WORDS = {"metric": "loadings", "scalar": "intercepts", "strict": "residuals", "means": "means"}


@dataclass(frozen=True, slots=True)
class ItemParameters:
    """Measurement parameters of all groups (or roles), rows in their order.

    Attributes
    ----------
    loadings, intercepts, residuals : ndarray, shape (G, J)
    means, variances : ndarray, shape (G, F)
        Of the factors.
    factor : int array (J,)
        Factor of each item.
    thresholds : tuple of arrays (G, C − 1), or None
        Per ordered item.
    """

    loadings: Floats
    intercepts: Floats
    residuals: Floats
    means: Floats
    variances: Floats
    factor: NDArray[np.intp]
    thresholds: tuple[Floats, ...] | None = None


class Design(Protocol):
    """A comparison that can be fitted at every level of invariance."""

    @property
    def factors(self) -> Factors:
        """Factor → items (names without group or role)."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of invariance, ascending."""

    @property
    def names(self) -> tuple[str, ...]:
        """Groups or roles; the first is the reference."""

    @property
    def conditions(self) -> Conditions:
        """Sizes and kind."""

    @property
    def counts(self) -> dict[str, int]:
        """Cases of each group or role."""

    def fit(self, level: str, released: Released = NONE) -> Fit:
        """Fit one level with exceptions."""

    def key(self, kind: str, item: str, place: int) -> tuple[str, str, str, int]:
        """(lhs, op, rhs, group) of a parameter in a group or role; kinds also ``mean`` and ``variance``."""


def items_of(factors: Factors) -> list[str]:
    """All items in order."""
    return [item for items in factors.values() for item in items]


def check_level(design: Design, level: str) -> Level:
    """The level, if the design has it.

    Raises
    ------
    ComplyError
        With the levels there are.
    """
    if level not in design.levels:
        raise ComplyError(f"the level '{level}' is unknown; allowed: {', '.join(design.levels)}")
    return cast(Level, level)


def positions(design: Design, fit: Fit, kind: str, item: str) -> list[int]:
    """Places in θ of one parameter in every group or role; −1 where it is fixed."""
    table = fit.model.table
    keys = zip(table.lhs, table.op, table.rhs, table.group.tolist(), strict=True)
    free = dict(zip(keys, (table.free - 1).tolist(), strict=True))
    return [free[design.key(kind, item, place)] for place in range(len(design.names))]


def item_parameters(design: Design, fit: Fit) -> ItemParameters:
    """Parameters of a fitted level as arrays.

    Raises
    ------
    ComplyError
        If the fit is not one of the design: two levels, or loadings that it does not have.
    """
    table = fit.estimates
    if "level" in table.columns:
        raise ComplyError("a two-level fit is no level of an invariance design")
    keys = zip(table["lhs"], table["op"], table["rhs"], table["group"], strict=True)
    value = {key: float(v) for key, v in zip(keys, table["est"], strict=True)}
    G, items = len(design.names), items_of(design.factors)
    absent = [
        f"{item} ({design.names[g]})"
        for g in range(G)
        for item in items
        if design.key("loading", item, g) not in value
    ]
    if absent:
        raise ComplyError(f"the fit is not one of this design: it has no loading of {', '.join(absent)}")

    def grid(kind: str, names: Sequence[str]) -> Floats:
        return np.array([[value.get(design.key(kind, n, g), 0.0) for n in names] for g in range(G)])

    factor = [k for k, members in enumerate(design.factors.values()) for _ in members]
    return ItemParameters(
        grid("loading", items),
        grid("intercept", items),
        grid("residual", items),
        grid("mean", list(design.factors)),
        grid("variance", list(design.factors)),
        np.array(factor, dtype=np.intp),
        _thresholds(design, value),
    )


def _thresholds(
    design: Design, value: Mapping[tuple[str, str, str, int], float]
) -> tuple[Floats, ...] | None:
    """Thresholds of every item, a row per group; None where no item is ordered.

    Raises
    ------
    ComplyError
        For a fit in which some items are ordered and others are not.
    """
    found: list[Floats] = []
    items = items_of(design.factors)
    for item in items:
        column = design.key("intercept", item, 0)[0]
        marks = sorted(
            (k for k in value if k[0] == column and k[1] == "|"), key=lambda k: (k[3], int(k[2][1:]))
        )
        if marks:
            found.append(np.array([value[k] for k in marks]).reshape(len(design.names), -1))
    if found and len(found) < len(items):
        raise ComplyError("some items of the fit are ordered and others are not: fit them in one way")
    return tuple(found) or None


@dataclass(frozen=True)
class RoleDesign:
    """Roles as dependent informants, in the wide format, by full information.

    Attributes
    ----------
    wide : DataFrame
        One row per unit, columns ``item.role`` (:func:`wide_frame`).
    factors : mapping
    roles : tuple of str
    cluster : str or None
        Column of firms, kept in ``wide``.
    estimator : str
    """

    wide: pd.DataFrame
    factors: Factors
    roles: tuple[str, ...]
    cluster: str | None = None
    estimator: str = "ML"

    @property
    def levels(self) -> tuple[str, ...]:
        """Configural, metric, scalar, strict, means."""
        return LEVELS

    @property
    def names(self) -> tuple[str, ...]:
        """Roles."""
        return self.roles

    @property
    def counts(self) -> dict[str, int]:
        """Informants of each role with an answer to one of the items."""
        items = items_of(self.factors)
        columns = {role: [wide_column(i, role) for i in items] for role in self.roles}
        return {role: int(self.wide[c].notna().any(axis=1).sum()) for role, c in columns.items()}

    @property
    def conditions(self) -> Conditions:
        """Dependent roles."""
        counts = self.counts
        return Conditions(
            len(self.roles), True, min(counts.values()), len(self.wide), False, len(self.factors)
        )

    def fit(self, level: str, released: Released = NONE) -> Fit:
        """Fit one level with exceptions."""
        chosen = check_level(self, level)
        text = role_invariance_model(self.factors, self.roles, chosen, released).text
        return fit_model(
            text,
            self.wide,
            estimator=self.estimator,
            missing="ml",
            meanstructure=True,
            cluster=self.cluster,
        )

    def key(self, kind: str, item: str, place: int) -> tuple[str, str, str, int]:
        """(lhs, op, rhs, group) of a parameter."""
        role = self.roles[place]
        if kind in ("mean", "variance"):
            name = role_factor(item, role)
            return (name, "~1", "", 1) if kind == "mean" else (name, "~~", name, 1)
        column = wide_column(item, role)
        if kind == "loading":
            return role_factor(_owner(self.factors, item), role), "=~", column, 1
        return (column, "~1", "", 1) if kind == "intercept" else (column, "~~", column, 1)


@dataclass(frozen=True)
class GroupDesign:
    """Independent groups of informants or units.

    Attributes
    ----------
    data : DataFrame
    factors : mapping
    group : str
        Column of the groups.
    groups : tuple of str
        In the order of first appearance; the first is the reference.
    cluster : str or None
    estimator, missing : str
    """

    data: pd.DataFrame
    factors: Factors
    group: str
    groups: tuple[str, ...]
    cluster: str | None = None
    estimator: str = "ML"
    missing: str = "ml"

    @property
    def levels(self) -> tuple[str, ...]:
        """Configural, metric, scalar, strict, means."""
        return LEVELS

    @property
    def names(self) -> tuple[str, ...]:
        """Groups."""
        return self.groups

    @property
    def counts(self) -> dict[str, int]:
        """Cases of each group with an answer to one of the items."""
        answered = self.data[items_of(self.factors)].notna().any(axis=1)
        found = self.data.loc[answered, self.group].astype(str).value_counts()
        return {name: int(found.get(name, 0)) for name in self.groups}

    @property
    def conditions(self) -> Conditions:
        """Independent groups."""
        counts = self.counts
        return Conditions(
            len(self.groups),
            False,
            min(counts.values()),
            sum(counts.values()),
            False,
            len(self.factors),
        )

    def fit(self, level: str, released: Released = NONE) -> Fit:
        """Fit one level with exceptions.

        Factor variances are 1 in the first group; they are free in the others from the metric level on, and
        their means from the scalar level on.
        """
        at = LEVELS.index(check_level(self, level))
        partial = [_lavaan_name(self.factors, kind, item) for kind, item in sorted(released)]
        return fit_model(
            correlated_factors(self.factors),
            self.data,
            estimator=self.estimator,
            missing=self.missing,
            group=self.group,
            group_equal=[_WORDS[name] for name in LEVELS[1 : at + 1]],
            group_partial=partial,
            std_lv=True,
            cluster=self.cluster,
        )

    def key(self, kind: str, item: str, place: int) -> tuple[str, str, str, int]:
        """(lhs, op, rhs, group) of a parameter."""
        number = place + 1
        if kind in ("mean", "intercept"):
            return item, "~1", "", number
        if kind == "loading":
            return _owner(self.factors, item), "=~", item, number
        return item, "~~", item, number


def _owner(factors: Factors, item: str) -> str:
    return next(factor for factor, items in factors.items() if item in items)


def _lavaan_name(factors: Factors, kind: str, item: str) -> str:
    """Name of a parameter for ``group_partial``."""
    if kind == "loading":
        return f"{quoted(_owner(factors, item))}=~{quoted(item)}"
    return f"{quoted(item)}~1" if kind == "intercept" else f"{quoted(item)}~~{quoted(item)}"


def role_design(
    data: pd.DataFrame,
    factors: Factors,
    roles: Sequence[str],
    *,
    cluster: str | None = None,
    estimator: str = "ML",
) -> RoleDesign:
    """A comparison of roles from one row per informant (columns ``unit``, ``role``, the items).

    Raises
    ------
    InputError
        For absent columns, two informants of one role in a unit, or a role without informants.
    ComplyError
        For fewer than two roles or items in two factors.
    """
    wide = wide_frame(data, items_of(factors), roles, keep=[cluster] if cluster else [])
    design = RoleDesign(wide.reset_index(drop=True), factors, tuple(roles), cluster, estimator)
    role_invariance_model(factors, roles, "configural")  # refuses impossible designs
    _check_counts(design.counts, "role")
    return design


def stage_design(
    data: pd.DataFrame,
    columns: Mapping[str, Mapping[str, str]],
    *,
    factor: str = "alignment",
    cluster: str | None = None,
    estimator: str = "ML",
) -> RoleDesign:
    """A comparison of situations that every informant rates, such as the stages of the customer journey.

    Answers of one informant are dependent, as those of roles in a unit are: one row per informant, one factor per
    stage, residuals of the same indicator correlated across stages.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    columns : mapping of str to mapping of str to str
        Stage → indicator → column; every stage has the same indicators.
    factor : str
        What the indicators of a stage measure.
    cluster : str, optional
        Column of units or firms.
    estimator : str

    Returns
    -------
    RoleDesign
        With stages in the place of roles.

    Raises
    ------
    InputError
        For absent columns, stages with unequal indicators, or a stage without answers.
    ComplyError
        For fewer than two stages.
    """
    indicators = tuple(next(iter(columns.values()), {}))
    faults = (column_problem(data, column) for own in columns.values() for column in own.values())
    problems = [fault for fault in faults if fault is not None]
    problems += [Problem("column is absent", column=c) for c in [cluster] if c and c not in data.columns]
    problems += [
        Problem("a stage has other indicators", value=stage, allowed=", ".join(indicators))
        for stage, own in columns.items()
        if set(own) != set(indicators)
    ]
    if problems:
        raise InputError("Stages cannot be compared.", problems)
    names = {wide_column(i, stage): column for stage, own in columns.items() for i, column in own.items()}
    wide = pd.DataFrame({name: data[column].astype(np.float64) for name, column in names.items()})
    wide = wide[wide.notna().any(axis=1)]
    if cluster:
        wide[cluster] = data.loc[wide.index, cluster]
    factors = {factor: indicators}
    design = RoleDesign(wide.reset_index(drop=True), factors, tuple(columns), cluster, estimator)
    role_invariance_model(factors, design.roles, "configural")  # refuses impossible designs
    _check_counts(design.counts, "stage")
    return design


def group_design(
    data: pd.DataFrame,
    factors: Factors,
    group: str,
    *,
    cluster: str | None = None,
    estimator: str = "ML",
    missing: str = "ml",
) -> GroupDesign:
    """A comparison of independent groups.

    Raises
    ------
    InputError
        For absent columns, fewer than two groups, or a group without answers.
    """
    columns = [group, *items_of(factors), *([cluster] if cluster else [])]
    faults = [Problem("column is absent", column=c) for c in columns if c not in data.columns]
    faults += [
        Problem("two columns have one name", column=c) for c in columns if (data.columns == c).sum() > 1
    ]
    if faults:
        raise InputError("Groups cannot be compared.", faults)
    known = data[data[group].notna()].reset_index(drop=True)
    known = known.assign(**{group: known[group].astype(str)})
    groups = tuple(dict.fromkeys(known[group]))
    if len(groups) < 2:
        problem = Problem("at least two groups are needed", column=group, value=", ".join(groups))
        raise InputError("Groups cannot be compared.", [problem])
    design = GroupDesign(known, factors, group, groups, cluster, estimator, missing)
    _check_counts(design.counts, "group")
    return design


def _check_counts(counts: Mapping[str, int], what: str) -> None:
    empty = [Problem(f"{what} without answers", value=name) for name, n in counts.items() if n == 0]
    if empty:
        raise InputError("The comparison cannot be made.", empty)
