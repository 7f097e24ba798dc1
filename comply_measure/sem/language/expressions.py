"""Arithmetic expressions of constraints and defined parameters, with exact first derivatives.

Expressions are parsed by precedence climbing into a small tree and evaluated by forward-mode
differentiation: every node yields its value and its gradient with respect to all free parameters.
Nothing is ever handed to Python's own ``eval``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.language.tokens import Token

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A label, a plabel (``.p3.``) or a defined parameter."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``left op right`` with op one of ``+ - * / ^``."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one or several arguments."""

    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Name | Negative | Binary | Call


class Dual(NamedTuple):
    """A value and its gradient."""

    value: float
    gradient: Array


class ExpressionError(Exception):
    """Internal: what is wrong with an expression and at which offset of the text."""

    def __init__(self, message: str, at: int, allowed: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.allowed = allowed


# name -> (value, derivative)
_ONE_ARGUMENT: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "exp": (math.exp, math.exp),
    "log": (math.log, lambda x: 1.0 / x),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "abs": (abs, lambda x: math.copysign(1.0, x)),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "tan": (math.tan, lambda x: 1.0 / math.cos(x) ** 2),
    "asin": (math.asin, lambda x: 1.0 / math.sqrt(1.0 - x * x)),
    "acos": (math.acos, lambda x: -1.0 / math.sqrt(1.0 - x * x)),
    "atan": (math.atan, lambda x: 1.0 / (1.0 + x * x)),
    "sinh": (math.sinh, math.cosh),
    "cosh": (math.cosh, math.sinh),
    "tanh": (math.tanh, lambda x: 1.0 - math.tanh(x) ** 2),
}
_MANY_ARGUMENTS = ("sum", "mean", "min", "max")
FUNCTIONS = (*_ONE_ARGUMENT, *_MANY_ARGUMENTS)

MAX_DEPTH = 50
MAX_TOKENS = 600

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_UNARY_PRECEDENCE = 3  # as in R: -2^2 = -4


class _Reader:
    """A cursor over the tokens of one expression."""

    def __init__(self, tokens: Sequence[Token], end: int) -> None:
        self.tokens = tokens
        self.index = 0
        self.end = end

    def peek(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise ExpressionError("the expression ends too early", self.end)
        self.index += 1
        return token

    def expect(self, text: str) -> None:
        token = self.take()
        if token.text != text:
            raise ExpressionError(f"'{text}' expected before '{token.text}'", token.at)


def parse_expression(tokens: Sequence[Token], end: int) -> Expression:
    """Tree of an arithmetic expression.

    Parameters
    ----------
    tokens : sequence of Token
        All tokens of the expression.
    end : int
        Offset just after the expression, for the message when it ends too early.

    Raises
    ------
    ExpressionError
        When the tokens are not an expression.
    """
    _check_size(tokens)
    reader = _Reader(tokens, end)
    tree = _binary(reader, 0)
    left_over = reader.peek()
    if left_over is not None:
        raise ExpressionError(f"'{left_over.text}' is not expected here", left_over.at)
    return tree


def _check_size(tokens: Sequence[Token]) -> None:
    """Refuse expressions that nest or run longer than the stack of calls holds.

    Raises
    ------
    ExpressionError
        At the first token that is too many.
    """
    if len(tokens) > MAX_TOKENS:
        message = f"an expression of more than {MAX_TOKENS} symbols"
        raise ExpressionError(message, tokens[MAX_TOKENS].at, "intermediate definitions with ':='")
    depth = signs = 0
    for token in tokens:
        signs = signs + 1 if token.kind == "punct" and token.text in "+-" else 0
        if signs > MAX_DEPTH:
            raise ExpressionError(f"more than {MAX_DEPTH} signs in a row", token.at)
        if token.kind == "punct":
            depth += (token.text == "(") - (token.text == ")")
            if depth > MAX_DEPTH:
                raise ExpressionError(f"more than {MAX_DEPTH} nested parentheses", token.at)


def _binary(reader: _Reader, floor: int) -> Expression:
    left = _unary(reader)
    while (token := reader.peek()) is not None and token.kind == "punct":
        strength = _PRECEDENCE.get(token.text, 0)
        if strength <= floor:
            break
        reader.take()
        # ^ groups to the right, the others to the left
        right = _binary(reader, strength - 1 if token.text == "^" else strength)
        left = Binary(token.text, left, right)
    return left


def _unary(reader: _Reader) -> Expression:
    token = reader.take()
    if token.kind == "punct" and token.text == "-":
        return Negative(_binary(reader, _UNARY_PRECEDENCE - 1))
    if token.kind == "punct" and token.text == "+":
        return _binary(reader, _UNARY_PRECEDENCE - 1)
    if token.kind == "number":
        return Number(float(token.text))
    if token.kind == "punct" and token.text == "(":
        inner = _binary(reader, 0)
        reader.expect(")")
        return inner
    if token.kind == "name":
        follower = reader.peek()
        if follower is not None and follower.text == "(":
            return _call(reader, token)
        return Name(token.name, token.at)
    raise ExpressionError(f"'{token.text}' is not expected here", token.at)


def _call(reader: _Reader, token: Token) -> Expression:
    if token.text not in FUNCTIONS:
        raise ExpressionError(f"unknown function '{token.text}'", token.at, ", ".join(FUNCTIONS))
    reader.expect("(")
    arguments = [_binary(reader, 0)]
    while (follower := reader.peek()) is not None and follower.text == ",":
        reader.take()
        arguments.append(_binary(reader, 0))
    reader.expect(")")
    if token.text in _ONE_ARGUMENT and len(arguments) != 1:
        raise ExpressionError(f"'{token.text}' takes one argument", token.at)
    return Call(token.text, tuple(arguments))


def names(expression: Expression) -> Iterator[Name]:
    """All names in an expression, in order."""
    match expression:
        case Name():
            yield expression
        case Negative(operand):
            yield from names(operand)
        case Binary(_, left, right):
            yield from names(left)
            yield from names(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from names(argument)
        case Number():
            return


def evaluate(expression: Expression, values: Mapping[str, Dual], size: int) -> Dual:
    """Value and gradient of an expression.

    Parameters
    ----------
    expression : Expression
        The tree.
    values : mapping of str to Dual
        Value and gradient of every name.
    size : int
        Length of the gradients.

    Returns
    -------
    Dual
        NaN where the expression is not defined (division by zero, logarithm of a negative number).
    """
    match expression:
        case Number(value):
            return Dual(value, np.zeros(size))
        case Name(name):
            return values[name]
        case Negative(operand):
            inner = evaluate(operand, values, size)
            return Dual(-inner.value, -inner.gradient)
        case Binary(op, left, right):
            first, second = evaluate(left, values, size), evaluate(right, values, size)
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not finite, and said to be
                return _combine(op, first, second)
        case Call(function, arguments):
            given = [evaluate(argument, values, size) for argument in arguments]
            with np.errstate(over="ignore", invalid="ignore"):
                return _apply(function, given)


def why_undefined(expression: Expression, values: Mapping[str, Dual], size: int) -> str:
    """The innermost reason why an expression has no finite value; empty when it has one."""
    if math.isfinite(evaluate(expression, values, size).value):
        return ""
    match expression:
        case Name(name):
            return f"'{name}' is not defined"
        case Negative(operand):
            return why_undefined(operand, values, size)
        case Binary(op, left, right):
            inner = why_undefined(left, values, size) or why_undefined(right, values, size)
            if inner:
                return inner
            a, b = (evaluate(side, values, size).value for side in (left, right))
            if op == "/" and b == 0.0:
                return "division by zero"
            return f"{a:.6g} {op} {b:.6g} is no finite real number"
        case Call(function, arguments):
            inner = next(filter(None, (why_undefined(part, values, size) for part in arguments)), "")
            shown = ", ".join(f"{evaluate(part, values, size).value:.6g}" for part in arguments)
            return inner or f"{function}({shown}) is not defined"
    return "not a finite number"


def _undefined(size: int) -> Dual:
    return Dual(math.nan, np.full(size, math.nan))


def _combine(op: str, a: Dual, b: Dual) -> Dual:
    if op == "+":
        return Dual(a.value + b.value, a.gradient + b.gradient)
    if op == "-":
        return Dual(a.value - b.value, a.gradient - b.gradient)
    if op == "*":
        return Dual(a.value * b.value, a.gradient * b.value + b.gradient * a.value)
    if op == "/":
        if b.value == 0.0:
            return _undefined(len(a.gradient))
        ratio = a.value / b.value
        return Dual(ratio, (a.gradient - ratio * b.gradient) / b.value)
    return _power(a, b)


def _power(a: Dual, b: Dual) -> Dual:
    size = len(a.gradient)
    constant = not np.any(b.gradient)
    try:
        value = a.value**b.value
        if isinstance(value, complex):
            return _undefined(size)
        gradient = b.value * a.value ** (b.value - 1.0) * a.gradient if b.value != 0.0 else np.zeros(size)
        if not constant:
            gradient = gradient + value * math.log(a.value) * b.gradient
    except (ZeroDivisionError, ValueError, OverflowError):
        return _undefined(size)
    return Dual(float(value), gradient)


def _apply(function: str, arguments: list[Dual]) -> Dual:
    if function in _ONE_ARGUMENT:
        value_of, slope_of = _ONE_ARGUMENT[function]
        x = arguments[0]
        try:
            value = value_of(x.value)
        except (ValueError, OverflowError):
            return _undefined(len(x.gradient))
        try:
            return Dual(value, slope_of(x.value) * x.gradient)
        except (ValueError, ZeroDivisionError, OverflowError):
            return Dual(value, np.full(len(x.gradient), math.nan))  # sqrt(0): a value without a derivative
    if function in ("min", "max"):
        pick = min if function == "min" else max
        return pick(arguments, key=lambda dual: dual.value)
    total = Dual(sum(a.value for a in arguments), np.sum([a.gradient for a in arguments], axis=0))
    if function == "sum":
        return total
    return Dual(total.value / len(arguments), total.gradient / len(arguments))


def constant(expression: Expression) -> float | None:
    """Value of an expression without names; None when it has names."""
    if any(True for _ in names(expression)):
        return None
    return evaluate(expression, {}, 0).value
