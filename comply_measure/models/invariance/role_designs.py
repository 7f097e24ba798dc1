"""Dependent answers compared: roles that rate the same units, or stages that one informant rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.models.informants.invariance import LEVELS, role_invariance_model
from comply_measure.models.informants.wide import role_factor
from comply_measure.models.invariance.designs import (
    NONE,
    Factors,
    Released,
    check_counts,
    check_level,
    factor_of,
    items_of,
)
from comply_measure.models.invariance.rules import Conditions
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.tables.numbers import column_problem
from comply_measure.tables.wide import wide_column, wide_frame


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

    @cached_property
    def counts(self) -> dict[str, int]:
        """Informants of each role with an answer to one of the items."""
        items = items_of(self.factors)
        columns = {role: [wide_column(i, role) for i in items] for role in self.roles}
        return {role: int(self.wide[c].notna().any(axis=1).sum()) for role, c in columns.items()}

    @cached_property
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
            return role_factor(factor_of(self.factors, item), role), "=~", column, 1
        return (column, "~1", "", 1) if kind == "intercept" else (column, "~~", column, 1)


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
    check_counts(design.counts, "role")
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
    answered = wide.notna().any(axis=1).to_numpy()
    wide = wide[answered].reset_index(drop=True)
    if cluster:
        wide[cluster] = data[cluster].array[answered]
    factors = {factor: indicators}
    design = RoleDesign(wide, factors, tuple(columns), cluster, estimator)
    role_invariance_model(factors, design.roles, "configural")  # refuses impossible designs
    check_counts(design.counts, "stage")
    return design
