"""Modifiers: what stands before a variable, joined to it by ``*`` (or ``?`` for a starting value)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from comply_measure.sem.language.expressions import ExpressionError, constant, parse_expression
from comply_measure.sem.language.records import PLAIN, Modifiers, Product
from comply_measure.sem.language.tokens import Token

_NUMERIC = ("start", "lower", "upper")
_TEXTUAL = ("label", "equal")
_UNSUPPORTED = {
    "efa": "exploratory blocks (efa) are not part of this engine",
    "rv": "random slopes (rv) are not part of this engine",
    "prior": "priors are for Bayesian estimation, which is not part of this engine",
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the right-hand side (empty name: the intercept) with its modifiers and place."""

    name: str
    modifiers: Modifiers
    at: int


def read_product(tokens: list[Token], op: str) -> Variable:
    """One summand of a formula: ``modifier * … * variable``.

    Parameters
    ----------
    tokens : list of Token
        Tokens of the summand; not empty.
    op : str
        Operator of the formula.

    Raises
    ------
    ExpressionError
        When the summand is not of that form.
    """
    if len(tokens) == 1 and tokens[0].kind == "name":
        return Variable(tokens[0].name, PLAIN, tokens[0].at)
    *before, last = _factors(tokens)
    name, modifiers = _variable(last, op, alone=not before)
    for piece, sign in before:
        modifiers = merge(modifiers, _modifier(piece, sign), piece[0].at)
    return Variable(name, modifiers, last[0][0].at)


def merge(first: Modifiers, second: Modifiers, at: int) -> Modifiers:
    """Two sets of modifiers as one; the same kind twice is a fault unless it says the same."""
    merged = first
    for name in ("fixed", "start", "lower", "upper", "label"):
        new = getattr(second, name)
        old = getattr(merged, name)
        if not new:
            continue
        if old and repr(old) != repr(new):
            kind = {"fixed": "value", "start": "starting value"}.get(name, name)
            raise ExpressionError(f"two different modifiers of one kind ({kind})", at)
        merged = replace(merged, **{name: new})
    return merged


def _factors(tokens: list[Token]) -> list[tuple[list[Token], str]]:
    """Pieces between top-level ``*`` or ``?``, each with the sign that follows it."""
    factors: list[tuple[list[Token], str]] = []
    current: list[Token] = []
    depth = 0
    for token in tokens:
        if token.kind == "punct":
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.text in "*?":
                if not current:
                    raise ExpressionError(f"nothing stands before '{token.text}'", token.at)
                factors.append((current, token.text))
                current = []
                continue
        current.append(token)
    if not current:
        raise ExpressionError(f"nothing stands after '{tokens[-1].text}'", tokens[-1].at)
    return [*factors, (current, "")]


def _variable(factor: tuple[list[Token], str], op: str, alone: bool) -> tuple[str, Modifiers]:
    piece = factor[0]
    first = piece[0]
    if first.kind == "number" and len(piece) == 1:
        if op != "~" or first.text not in ("0", "1"):
            raise ExpressionError(f"'{first.text}' is not a variable", first.at, "a variable name")
        if first.text == "0":
            if not alone:
                raise ExpressionError("'0' takes no modifier", first.at, "0 or value*1")
            return "", Modifiers(fixed=(0.0,))
        return "", PLAIN
    if first.kind == "name" and len(piece) == 1:
        return first.name, PLAIN
    if first.kind == "name" and len(piece) == 3 and piece[1].text == ":" and piece[2].kind == "name":
        return Product(first.name, piece[2].name), PLAIN
    if first.kind == "name" and len(piece) > 2 and piece[1].text == ":":
        raise ExpressionError(_no_product(piece), piece[2 if len(piece) == 3 else 3].at, "first:second")
    bad = piece[1] if first.kind == "name" and len(piece) > 1 else first
    joined = bad.kind in ("name", "string", "number")
    hint = "join variables with '+'" if joined or bad.text == "-" else "modifier*variable"
    raise ExpressionError(f"'{bad.text}' is not expected here", bad.at, hint)


def _no_product(piece: list[Token]) -> str:
    """Why what follows a colon makes no product of two variables."""
    if len(piece) > 3 and piece[3].text == ":":
        return "a product has two variables"
    if piece[2].kind == "number":
        return f"a product with the constant {piece[2].text} is no variable of its own"
    return f"'{piece[2 if len(piece) == 3 else 3].text}' is not expected in a product"


def _modifier(piece: list[Token], sign: str) -> Modifiers:
    first = piece[0]
    if sign == "?":
        return Modifiers(start=(_number(piece),))
    if len(piece) == 1 and first.kind == "string":
        return Modifiers(label=(first.name,))
    if len(piece) == 1 and first.kind == "name":
        number = first.text in ("NA", "Inf")
        return Modifiers(fixed=(_number(piece),)) if number else Modifiers(label=(first.name,))
    if first.kind == "name" and len(piece) > 1 and piece[1].text == "(":
        if first.text in _UNSUPPORTED:
            raise ExpressionError(_UNSUPPORTED[first.text], first.at)
        if first.text == "c":
            return _vector(_arguments(piece), first)
        if first.text in _NUMERIC:
            return replace(PLAIN, **{first.text: _numbers(piece)})  # type: ignore[arg-type]
        if first.text in _TEXTUAL:
            return Modifiers(label=_labels(piece))
    return Modifiers(fixed=(_number(piece),))


def _number(piece: list[Token]) -> float:
    if len(piece) == 1 and piece[0].text in ("NA", "Inf"):
        return math.nan if piece[0].text == "NA" else math.inf
    if [token.text for token in piece] == ["-", "Inf"]:
        return -math.inf
    value = constant(parse_expression(piece, piece[-1].at + len(piece[-1].text)))
    if value is None or math.isnan(value):
        raise ExpressionError("a number is expected here", piece[0].at, "number, NA, label or c(...)")
    return value


def _arguments(piece: list[Token]) -> list[list[Token]]:
    """Arguments of ``name( … )``."""
    if piece[-1].text != ")":
        raise ExpressionError("')' is missing", piece[-1].at)
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in piece[2:-1]:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            arguments.append([])
        else:
            arguments[-1].append(token)
    if any(not argument for argument in arguments):
        raise ExpressionError(f"an argument of '{piece[0].text}(…)' is empty", piece[0].at)
    return arguments


def _flat(piece: list[Token]) -> list[list[Token]]:
    """Arguments of ``start(c(1, 2))`` or ``start(1, 2)`` alike."""
    arguments = _arguments(piece)
    only = arguments[0]
    if len(arguments) == 1 and len(only) > 1 and only[0].text == "c" and only[1].text == "(":
        return _arguments(only)
    return arguments


def _numbers(piece: list[Token]) -> tuple[float, ...]:
    return tuple(_number(argument) for argument in _flat(piece))


def _labels(piece: list[Token]) -> tuple[str, ...]:
    return tuple("".join(t.name for t in argument) for argument in _flat(piece))


def _vector(arguments: list[list[Token]], first: Token) -> Modifiers:
    """``c(…)``: one value or one label per group."""
    texts = [argument[0] for argument in arguments]
    if all(len(a) == 1 and a[0].text == "NA" for a in arguments):
        return Modifiers(fixed=(math.nan,) * len(arguments))
    labels = [len(a) == 1 and t.kind in ("name", "string") for a, t in zip(arguments, texts, strict=True)]
    if all(labels) and any(t.text != "NA" for t in texts):
        return Modifiers(label=tuple("" if t.text == "NA" else t.name for t in texts))
    if any(flag and t.text not in ("NA", "Inf") for flag, t in zip(labels, texts, strict=True)):
        raise ExpressionError("numbers and labels cannot be mixed in c(…)", first.at)
    return Modifiers(fixed=tuple(_number(argument) for argument in arguments))
