"""The graph of a model: variables and arrows, read off a table of parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["latent", "observed", "composite", "product"]
Way = Literal["path", "loading", "weight", "covariance", "part"]
SIGN = ":"  # joins the parts of a product
MOST_COVARIANCES = 28


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the model."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arrow:
    """What leads from one variable to another.

    Attributes
    ----------
    source, target : str
        Names; of a covariance, either end.
    way : str
        ``path``, ``loading`` (factor to indicator), ``weight`` (component to composite), ``covariance``, or ``part``
        (from a variable to its product).
    value : str
        The number in print; may be empty.
    uncertain : bool
        Whether the interval includes zero.
    """

    source: str
    target: str
    way: Way
    value: str = ""
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class PathGraph:
    """Variables and arrows of one group or level, with what is not drawn."""

    variables: tuple[Variable, ...]
    arrows: tuple[Arrow, ...]
    notes: tuple[str, ...] = ()


def in_print(value: float, digits: int, leading_zero: bool) -> str:
    """``-.45`` with a minus sign; empty for NaN."""
    if not math.isfinite(value):
        return ""
    text = f"{abs(value):.{digits}f}"
    if not leading_zero and text.startswith("0."):
        text = text[1:]
    negative = value < 0 and any(sign not in "0." for sign in text)
    return f"\N{MINUS SIGN}{text}" if negative else text


def graph_of(
    table: pd.DataFrame,
    column: str,
    *,
    labels: Mapping[str, str] | None = None,
    loadings: bool = True,
    covariances: bool = True,
    digits: int = 2,
    leading_zero: bool = False,
) -> PathGraph:
    """Variables and arrows of a parameter table.

    Indicators of products of factors are left out: the product is drawn as what it is, joined with its parts.

    Parameters
    ----------
    table : DataFrame
        ``lhs, op, rhs``, the column of values and, where known, ``ci_lower, ci_upper``; rows of one group.
    column : str
        Where the values are.
    labels : mapping of str to str, optional
        Names in print.
    loadings : bool
        Whether indicators are drawn; those that are also in paths always are.
    covariances : bool
        Whether covariances are drawn; more than 28 never are.
    digits : int
        Decimals.
    leading_zero : bool
        Whether ``0.45`` or ``.45``.
    """
    rows = _rows(table, column, digits, leading_zero)
    latent = {lhs for lhs, op, *_ in rows if op == "=~"}
    composite = {lhs for lhs, op, *_ in rows if op == "<~"}
    arrows = [arrow for arrow in map(_arrow, rows) if arrow is not None]
    arrows = _drawn(arrows, latent | composite, loadings)
    arrows, notes = _with_covariances(arrows, covariances)
    names = list(dict.fromkeys(name for arrow in arrows for name in (arrow.source, arrow.target)))
    products = [name for name in names if SIGN in name]
    parts = [
        Arrow(part, product, "part") for product in products for part in dict.fromkeys(product.split(SIGN))
    ]
    names = list(dict.fromkeys([*names, *(arrow.source for arrow in parts)]))
    given = labels or {}

    def kind(name: str) -> Kind:
        if SIGN in name:
            return "product"
        return "latent" if name in latent else "composite" if name in composite else "observed"

    variables = tuple(Variable(name, given.get(name, name), kind(name)) for name in names)
    return PathGraph(variables, (*arrows, *parts), notes)


_Row = tuple[str, str, str, str, bool]


def _rows(table: pd.DataFrame, column: str, digits: int, leading_zero: bool) -> list[_Row]:
    """lhs, op, rhs, value in print (none of a covariance of zero), whether the interval includes zero; each once."""
    import numpy as np

    known = {"ci_lower", "ci_upper"} <= set(table.columns)
    lower = table["ci_lower"].to_numpy(dtype=float) if known else np.full(len(table), math.nan)
    upper = table["ci_upper"].to_numpy(dtype=float) if known else np.full(len(table), math.nan)
    values = table[column].to_numpy(dtype=float)
    found: dict[tuple[str, str, str], _Row] = {}
    for lhs, op, rhs, value, low, high in zip(
        table["lhs"].map(str), table["op"].map(str), table["rhs"].map(str), values, lower, upper, strict=True
    ):
        unsure = bool(low <= 0 <= high) and low < high
        absent = op == "~~" and value == 0 and not unsure  # said to be none
        text = "" if absent else in_print(value, digits, leading_zero)
        found.setdefault((lhs, op, rhs), (lhs, op, rhs, text, unsure))
    return list(found.values())


def _arrow(row: _Row) -> Arrow | None:
    """A row as an arrow; variances, means, thresholds and definitions are none."""
    lhs, op, rhs, value, unsure = row
    if lhs == rhs:
        return None
    if op == "=~":
        return Arrow(lhs, rhs, "loading", value, unsure)
    if op == "<~":
        return Arrow(rhs, lhs, "weight", value, unsure)
    if op == "~":
        return Arrow(rhs, lhs, "path", value, unsure)
    return Arrow(lhs, rhs, "covariance", value, unsure) if op == "~~" and value else None


def _drawn(arrows: Sequence[Arrow], latent: set[str], loadings: bool) -> list[Arrow]:
    """Arrows without the measurement of products and, if so wished, of factors."""
    kept = [
        arrow
        for arrow in arrows
        if not (arrow.way == "loading" and SIGN in arrow.source)
        and not (arrow.way == "covariance" and (SIGN in arrow.source or SIGN in arrow.target))
    ]
    if not loadings:
        inner = {
            name for arrow in kept if arrow.way == "path" for name in (arrow.source, arrow.target)
        } | latent
        kept = [arrow for arrow in kept if arrow.source in inner and arrow.target in inner]
    return kept


def _with_covariances(arrows: list[Arrow], wished: bool) -> tuple[list[Arrow], tuple[str, ...]]:
    """Arrows with the covariances that are drawn, and what is not."""
    rest = [arrow for arrow in arrows if arrow.way != "covariance"]
    n = len(arrows) - len(rest)
    if not rest or (wished and n <= MOST_COVARIANCES):
        return arrows, ()
    return rest, ((f"{n} covariances are not drawn",) if n else ())
