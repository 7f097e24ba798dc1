"""Invariance of ordered items across independent groups (Wu & Estabrook 2016)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.frames import check_scales
from comply_measure.models.invariance.designs import (
    NONE,
    Factors,
    Floats,
    Released,
    check_level,
    items_of,
)
from comply_measure.models.invariance.group_designs import GroupDesign, group_design
from comply_measure.models.invariance.rules import Conditions
from comply_measure.sem import Fit, fit as fit_model
from comply_measure.sem.language.quoting import quoted

ORDINAL_LEVELS = ("configural", "thresholds", "metric", "scalar", "strict", "means")


@dataclass(frozen=True)
class OrdinalGroupDesign:
    """Independent groups, ordered items, categorical least squares in the theta parameterisation.

    Attributes
    ----------
    base : GroupDesign
        Data, factors, groups.
    categories : mapping of str to int
        Categories of each item.
    estimator : str
    """

    base: GroupDesign
    categories: Mapping[str, int]
    estimator: str = "WLSMV"

    @property
    def factors(self) -> Factors:
        """Factor → items."""
        return self.base.factors

    @property
    def levels(self) -> tuple[str, ...]:
        """Configural, thresholds, metric, scalar, strict, means."""
        return ORDINAL_LEVELS

    @property
    def names(self) -> tuple[str, ...]:
        """Groups."""
        return self.base.groups

    @property
    def counts(self) -> dict[str, int]:
        """Cases of each group."""
        return self.base.counts

    @property
    def scores(self) -> list[Floats]:
        """Values of every item's categories, ascending."""
        values = (self.base.data[item].dropna().to_numpy(np.float64) for item in items_of(self.factors))
        return [np.unique(column) for column in values]

    @property
    def conditions(self) -> Conditions:
        """Independent groups, categorical estimation."""
        c = self.base.conditions
        return Conditions(c.n_groups, False, c.n_smallest, c.n_total, True, c.n_factors)

    def fit(self, level: str, released: Released = NONE) -> Fit:
        """Fit one level; exceptions may concern loadings, intercepts and residuals."""
        text = ordinal_invariance_model(
            self.factors, self.categories, len(self.names), check_level(self, level), released
        )
        return fit_model(
            text,
            self.base.data,
            estimator=self.estimator,
            group=self.base.group,
            ordered=items_of(self.factors),
            parameterization="theta",
            missing="listwise",
        )

    def key(self, kind: str, item: str, place: int) -> tuple[str, str, str, int]:
        """(lhs, op, rhs, group) of a parameter."""
        return self.base.key(kind, item, place)


def ordinal_invariance_model(
    factors: Factors,
    categories: Mapping[str, int],
    n_groups: int,
    level: str,
    released: Released = NONE,
) -> str:
    """Model text of one level for ordered items with four or more categories.

    Identification and order of the levels follow Wu & Estabrook (2016), theta parameterisation:

    ==========  ==================================  ==================================================
    level       equal                               beside the first group
    ==========  ==================================  ==================================================
    configural  nothing                             ν = 0, θ = 1, factor means 0, variances 1
    thresholds  thresholds                          ν and θ free
    metric      + loadings                          factor variances free
    scalar      + intercepts                        ν = 0, factor means free
    strict      + residual variances                θ = 1
    means       + factor means                      factor means 0
    ==========  ==================================  ==================================================

    With four or more categories equal thresholds can be tested by themselves.

    Parameters
    ----------
    factors : mapping
        Factor → items.
    categories : mapping of str to int
    n_groups : int
    level : str
    released : frozenset of (kind, item)
        Loadings, intercepts or residuals that stay free.

    Raises
    ------
    ComplyError
        For items with fewer than four categories, whose thresholds are not testable by themselves.
    """
    check_categories(factors, categories, n_groups, level)
    few = [item for item in items_of(factors) if categories[item] < 4]
    if few:
        raise ComplyError(
            f"equal thresholds need 4 or more categories: {', '.join(few)}; treat these items otherwise"
        )
    at = ORDINAL_LEVELS.index(level)
    thresholds, metric, scalar, strict, means = (at >= i for i in range(1, 6))

    def vector(first: str, later: str) -> str:
        return f"c({', '.join([first, *[later] * (n_groups - 1)])})*"

    lines = []
    for factor, items in factors.items():
        terms = []
        for item in items:
            held, label = metric and ("loading", item) not in released, quoted(f"l_{item}")
            terms.append(
                f"{vector(label, label)}{quoted(item)}" if held else f"{vector('NA', 'NA')}{quoted(item)}"
            )
        # NA frees a first loading that a label would leave at 1
        latent = quoted(factor)
        lines.append(f"{latent} =~ {vector('NA', 'NA')}{quoted(items[0])} + {' + '.join(terms)}")
        lines.append(f"{latent} ~~ {vector('1', 'NA' if metric else '1')}{latent}")
        lines.append(f"{latent} ~ {vector('0', 'NA' if scalar and not means else '0')}1")
    for item in items_of(factors):
        free = thresholds and (not scalar or ("intercept", item) in released)
        name = quoted(item)
        lines.append(f"{name} ~ {vector('0', 'NA' if free else '0')}1")
        free = thresholds and (not strict or ("residual", item) in released)
        lines.append(f"{name} ~~ {vector('1', 'NA' if free else '1')}{name}")
        for number in range(1, categories[item]):
            label = quoted(f"t_{item}_{number}")
            held_text = vector(label, label) if thresholds else vector("NA", "NA")
            lines.append(f"{name} | {held_text}t{number}")
    return "\n".join(lines)


def check_categories(factors: Factors, categories: Mapping[str, int], n_groups: int, level: str) -> None:
    """Refuse unknown levels, items without a number of categories, and fewer than two groups."""
    problems = [
        Problem("no number of categories is given", column=item)
        for item in items_of(factors)
        if item not in categories
    ]
    if level not in ORDINAL_LEVELS:
        problems.append(Problem("level", value=level, allowed=", ".join(ORDINAL_LEVELS)))
    if n_groups < 2:
        problems.append(Problem("n_groups", value=n_groups, allowed="at least 2"))
    if problems:
        raise InputError("The model of ordered items cannot be written.", problems)


def ordinal_group_design(
    data: pd.DataFrame, factors: Factors, group: str, *, estimator: str = "WLSMV"
) -> OrdinalGroupDesign:
    """A comparison of independent groups with ordered items.

    Raises
    ------
    InputError
        As :func:`group_design`; and, naming each, for categories that a group never uses: their thresholds do
        not exist there. Collapse such categories in all groups first.
    """
    base = group_design(data, factors, group, missing="listwise")
    items = items_of(factors)
    check_scales(data, {"items": items}, [group])
    problems = []
    for item in items:
        used = {name: set(rows[item].dropna()) for name, rows in base.data.groupby(group)}
        everything = sorted(set().union(*used.values()))
        problems += [
            Problem("category without answers", column=item, row=f"{group} {name!s}", value=value)
            for name, values in used.items()
            for value in everything
            if value not in values
        ]
    if problems:
        raise InputError("A category is missing in a group.", problems)
    categories = {item: int(base.data[item].nunique()) for item in items}
    return OrdinalGroupDesign(base, categories, estimator)


def collapse_categories(data: pd.DataFrame, items: Sequence[str], group: str, least: int = 1) -> pd.DataFrame:
    """Merge sparse outer categories until every group uses every category at least ``least`` times.

    A category that is too rare in some group is joined with its neighbour nearer to the middle; items are
    numbered anew from 1. What is lost is said by the number of categories left.

    Parameters
    ----------
    data : DataFrame
    items : sequence of str
    group : str
    least : int
        Answers of each group in each category.

    Returns
    -------
    DataFrame
        A copy with the items collapsed.
    """
    check_scales(data, {"items": items}, [group])
    out = data.copy()
    for item in items:
        out[item] = _collapsed(out[item], out[group], least)
    return out


def _collapsed(values: pd.Series[float], group: pd.Series[str], least: int) -> pd.Series[float]:
    levels, codes = np.unique(values.dropna(), return_inverse=True)
    members = pd.factorize(group[values.notna()])[0]
    counts = np.zeros((members.max(initial=-1) + 1, len(levels)))
    np.add.at(counts, (members, codes), 1.0)
    place = np.arange(len(levels))
    while counts.shape[1] > 1 and (counts.min(axis=0) < least).any():
        middle = (counts.shape[1] - 1) / 2
        rare = np.flatnonzero(counts.min(axis=0) < least)
        worst = int(rare[np.argmax(np.abs(rare - middle))])
        target = worst + 1 if worst < middle else worst - 1
        counts[:, target] += counts[:, worst]
        counts = np.delete(counts, worst, axis=1)
        place = np.where(place == worst, target, place)
        place = place - (place > worst)
    merged = dict(zip(levels.tolist(), (place + 1.0).tolist(), strict=True))
    return values.map(merged)
