"""What is compared: independent groups, dependent roles that rate the same units, or stages one informant rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.models.informants.invariance import Level
from comply_measure.models.invariance.rules import Conditions
from comply_measure.sem import Fit

Floats = NDArray[np.float64]
Factors = Mapping[str, Sequence[str]]
Kind = Literal["loading", "intercept", "residual"]
Released = frozenset[tuple[Kind, str]]
KIND_OF: dict[str, Kind] = {"metric": "loading", "scalar": "intercept", "strict": "residual"}
NONE: Released = frozenset()


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


def factor_of(factors: Factors, item: str) -> str:
    """Factor of an item."""
    return next(factor for factor, items in factors.items() if item in items)


def check_counts(counts: Mapping[str, int], what: str) -> None:
    """Refuse a comparison in which somebody has no answers."""
    empty = [Problem(f"{what} without answers", value=name) for name, n in counts.items() if n == 0]
    if empty:
        raise InputError("The comparison cannot be made.", empty)
