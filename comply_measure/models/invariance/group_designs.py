"""Independent groups of informants or units compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.models.hierarchy import correlated_factors
from comply_measure.models.informants.invariance import LEVELS
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
from comply_measure.sem.language.quoting import quoted

_WORDS = {"metric": "loadings", "scalar": "intercepts", "strict": "residuals", "means": "means"}


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

    @cached_property
    def counts(self) -> dict[str, int]:
        """Cases of each group with an answer to one of the items."""
        answered = self.data[items_of(self.factors)].notna().any(axis=1)
        found = self.data.loc[answered, self.group].astype(str).value_counts()
        return {name: int(found.get(name, 0)) for name in self.groups}

    @cached_property
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
            return factor_of(self.factors, item), "=~", item, number
        return item, "~~", item, number


def _lavaan_name(factors: Factors, kind: str, item: str) -> str:
    """Name of a parameter for ``group_partial``."""
    if kind == "loading":
        return f"{quoted(factor_of(factors, item))}=~{quoted(item)}"
    return f"{quoted(item)}~1" if kind == "intercept" else f"{quoted(item)}~~{quoted(item)}"


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
    check_counts(design.counts, "group")
    return design
