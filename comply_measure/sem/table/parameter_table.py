"""The parameter table: the single truth about a model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.language.records import Relation
from comply_measure.sem.table.variables import Variables

_INTERNAL = re.compile(r"\.p\d+\.")
ModelType = Literal["sem", "growth"]
Parameterization = Literal["delta", "theta"]

GROUP_EQUAL = (
    "loadings",
    "composite.loadings",
    "intercepts",
    "thresholds",
    "means",
    "regressions",
    "residuals",
    "residual.covariances",
    "lv.variances",
    "lv.covariances",
)


def is_internal(label: str) -> bool:
    """Whether a label is the table's own (``.p7.``), not one a user gave (``.price``)."""
    return _INTERNAL.fullmatch(label) is not None


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What the defaults depend on; names as in lavaan, with underscores.

    Attributes
    ----------
    thresholds : mapping of str to int
        Number of thresholds of every ordered variable.
    zero_intercepts : tuple of frozenset of str
        Per group (block), variables whose intercept is zero unless the text says otherwise: those of a
        within level whose mean stands in the between level.
    levels : int
        Blocks of a group: 2 for models of two levels, equalities across groups being those of one level.
    product_indicators : str
        How products of factors are measured, empty for none; ``unconstrained`` makes the mean of a product the
        covariance of its components.
    direct_products : bool
        Whether products with a factor in them are terms of the equations, not variables.
    product_variables : bool
        Whether such products are latent variables without indicators, whose moments come from those of factor scores.
    """

    model_type: ModelType = "sem"
    meanstructure: bool = False
    std_lv: bool = False
    effect_coding: bool = False
    orthogonal: bool = False
    fixed_x: bool = True
    parameterization: Parameterization = "delta"
    group_equal: tuple[str, ...] = ()
    levels: int = 1
    group_partial: tuple[str, ...] = ()
    thresholds: Mapping[str, int] = field(default_factory=dict)
    zero_intercepts: tuple[frozenset[str], ...] = ()
    product_indicators: str = ""
    direct_products: bool = False
    product_variables: bool = False


@dataclass(slots=True)
class Row:
    """One parameter while the table is being built; ``value`` NaN and ``free`` false means exogenous.

    ``marker`` is a loading that defaults fix at 1.
    """

    lhs: str
    op: str
    rhs: str
    user: int
    group: int = 1
    free: bool = True
    value: float = math.nan
    start: float = math.nan
    exo: bool = False
    label: str = ""
    lower: float = -math.inf
    upper: float = math.inf
    marker: bool = False


LARGEST = 1e50  # size of a value in the model text, or of a starting value: its powers must be numbers


@dataclass(frozen=True)
class ParameterTable:
    """Rows in lavaan's order: per group the user's formulas, then the defaults.

    Attributes
    ----------
    lhs, op, rhs, label, plabel : tuple of str
        Columns; ``plabel`` is ``.p1.``, ``.p2.`` … for use in constraints.
    user : int array
        1 = written by the user, 0 = default.
    group : int array
        Group of the row, from 1.
    free : int array
        0 = fixed, else the place of the parameter in θ, from 1.
    value : float array
        Value of a fixed parameter; NaN for free rows and for exogenous moments that the data will fill.
    start, lower, upper : float array
        User's starting values (NaN = none) and bounds.
    exo : bool array
        Rows that describe fixed exogenous variables.
    equal : tuple of tuple of int
        Sets of θ positions (from 0) that share one value because of equal labels.
    variables : tuple of Variables
        One per group.
    relations : tuple of Relation
        Constraints and definitions, the user's and those of effect coding.
    meanstructure : bool
        Whether means are modelled.
    notes : tuple of str
        What a reader of the table should know.
    """

    lhs: tuple[str, ...]
    op: tuple[str, ...]
    rhs: tuple[str, ...]
    label: tuple[str, ...]
    plabel: tuple[str, ...]
    user: NDArray[np.int64]
    group: NDArray[np.int64]
    free: NDArray[np.int64]
    value: NDArray[np.float64]
    start: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    exo: NDArray[np.bool_]
    equal: tuple[tuple[int, ...], ...]
    variables: tuple[Variables, ...]
    relations: tuple[Relation, ...]
    meanstructure: bool
    options: TableOptions
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lhs)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.variables)

    @property
    def n_free(self) -> int:
        """Length of θ, before equality constraints."""
        return int(self.free.max(initial=0))

    def free_names(self) -> list[str]:
        """Name of every element of θ: its label, or ``lhs op rhs`` with ``.g2`` … for later groups."""
        names = []
        for row in np.flatnonzero(self.free).tolist():
            label = self.label[row]
            if not label or is_internal(label):
                label = self.default_name(row)
            names.append(label)
        return names

    def default_name(self, row: int) -> str:
        """``lhs op rhs`` with the group's suffix."""
        group = self.group[row]
        return f"{self.lhs[row]}{self.op[row]}{self.rhs[row]}" + (f".g{group}" if group > 1 else "")
