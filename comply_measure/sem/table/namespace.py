"""Values, gradients and degrees of the names that relations use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.language.expressions import (
    Binary,
    Call,
    Dual,
    Expression,
    Name,
    Negative,
    Number,
    constant,
    evaluate,
)
from comply_measure.sem.language.records import Relation

if TYPE_CHECKING:
    from comply_measure.sem.table.parameter_table import ParameterTable


def degree(expression: Expression, degrees: dict[str, float]) -> float:
    """Degree of an expression in the free parameters: 0, 1 or infinity (anything beyond linear).

    Parameters
    ----------
    expression : Expression
        The tree.
    degrees : dict
        Degree of each name: 0 for fixed parameters, 1 for free ones, that of its expression for a
        defined parameter.
    """
    match expression:
        case Number():
            return 0.0
        case Name(name):
            return degrees[name]
        case Negative(operand):
            return degree(operand, degrees)
        case Call(function, arguments):
            top = max(degree(argument, degrees) for argument in arguments)
            return top if top == 0.0 or function in ("sum", "mean") else math.inf
        case Binary(op, left, right):
            return _binary_degree(op, degree(left, degrees), degree(right, degrees), right)


def _binary_degree(op: str, left: float, right: float, exponent: Expression) -> float:
    if op in "+-":
        return max(left, right)
    if op == "*":
        return left + right if left + right <= 1.0 else math.inf
    if op == "/":
        return left if right == 0.0 else math.inf
    if left == 0.0 and right == 0.0:
        return 0.0
    return left if constant(exponent) == 1.0 else math.inf


class Namespace:
    """Values and gradients of every label, plabel and defined parameter at a given θ."""

    def __init__(self, table: ParameterTable, values: Array | None = None) -> None:
        fixed = table.value if values is None else values
        self._free: dict[str, int] = {}
        self._fixed: dict[str, float] = {}
        for row in range(len(table)):
            for name in (table.label[row], table.plabel[row]):
                if not name or name in self._free or name in self._fixed:
                    continue
                if table.free[row]:
                    self._free[name] = int(table.free[row]) - 1
                else:
                    self._fixed[name] = float(fixed[row])
        self.definitions = [r for r in table.relations if r.op == ":="]
        self.size = table.n_free

    def degrees(self) -> dict[str, float]:
        """Degree of every name in θ."""
        found: dict[str, float] = dict.fromkeys(self._fixed, 0.0) | dict.fromkeys(self._free, 1.0)
        for relation in self.definitions:
            found[relation.lhs] = degree(relation.right, found)
        return found

    def at(self, theta: Array) -> dict[str, Dual]:
        """Value and gradient of every name at θ."""
        zero = np.zeros(self.size)
        values = {name: Dual(value, zero) for name, value in self._fixed.items()}
        unit = np.eye(self.size)
        for name, place in self._free.items():
            values[name] = Dual(float(theta[place]), unit[place])
        for relation in self.definitions:
            values[relation.lhs] = evaluate(relation.right, values, self.size)
        return values


def difference(relation: Relation, values: dict[str, Dual], size: int) -> Dual:
    """Left side minus right side of a relation, with its gradient in θ."""
    left = evaluate(relation.left, values, size)
    right = evaluate(relation.right, values, size)
    return Dual(left.value - right.value, left.gradient - right.gradient)
