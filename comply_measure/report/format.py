"""Numbers as a results section prints them (APA 7, sections 6.32 to 6.44).

Rounding happens here and nowhere else. Numbers that cannot exceed 1 in absolute value (correlations,
loadings, p values, reliabilities) lose their leading zero; an undefined number is an em dash; the minus is
the typographic one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

UNDEFINED = "—"
MINUS = "\N{MINUS SIGN}"


def is_undefined(value: Any) -> bool:
    """Whether a cell holds no number and no text (None, NaN, NA or an infinity)."""
    if value is None:
        return True
    if isinstance(value, str):
        return False
    try:
        return not math.isfinite(value)
    except TypeError:  # pandas.NA refuses to be a float; other objects are texts
        return str(value) == "<NA>"


def number(value: Any, digits: int = 2) -> str:
    """A number with its leading zero: means, standard deviations, test statistics."""
    if is_undefined(value):
        return UNDEFINED
    text = f"{float(value):,.{digits}f}"
    if text.startswith("-"):
        return text[1:] if float(text.replace(",", "")) == 0 else MINUS + text[1:]
    return text


def bounded(value: Any, digits: int = 2) -> str:
    """A number that theory keeps within [-1, 1]: no leading zero (values outside are shown as they are)."""
    text = number(value, digits)
    if text.startswith("0."):
        return text[1:]
    if text.startswith(f"{MINUS}0."):
        return MINUS + text[2:]
    return text


def count(value: Any) -> str:
    """A whole number with thousands separators; a fractional value keeps two decimals."""
    if is_undefined(value):
        return UNDEFINED
    return number(value, 0 if float(value).is_integer() else 2)


def p_value(value: Any) -> str:
    """``< .001`` or three decimals, as a table cell shows it."""
    if is_undefined(value):
        return UNDEFINED
    if value < 0.001:
        return "< .001"
    return "> .999" if value > 0.9995 else bounded(value, 3)


def p_phrase(value: Any) -> str:
    """``p < .001`` or ``p = .032``, as prose says it."""
    text = p_value(value)
    if text == UNDEFINED:
        return "p undefined"
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def percent(value: Any, digits: int = 1) -> str:
    """A proportion as a percentage."""
    return UNDEFINED if is_undefined(value) else f"{number(100 * float(value), digits)}%"


def interval(lower: Any, upper: Any, digits: int = 2, *, leading_zero: bool = True) -> str:
    """``[lower, upper]``; an em dash when either bound is undefined."""
    if is_undefined(lower) or is_undefined(upper):
        return UNDEFINED
    shape = number if leading_zero else bounded
    return f"[{shape(lower, digits)}, {shape(upper, digits)}]"


def percent_interval(lower: Any, upper: Any, digits: int = 1) -> str:
    """``[2.1%, 8.4%]``; an em dash when either bound is undefined."""
    if is_undefined(lower) or is_undefined(upper):
        return UNDEFINED
    return f"[{percent(lower, digits)}, {percent(upper, digits)}]"


def span(lower: Any, upper: Any, digits: int = 2, *, leading_zero: bool = True) -> str:
    """``.56 to .79``: the range of several values, which is not an interval."""
    if is_undefined(lower) or is_undefined(upper):
        return UNDEFINED
    shape = number if leading_zero else bounded
    return f"{shape(lower, digits)} to {shape(upper, digits)}"


def chi_square(statistic: Any, df: Any, p: Any, n: Any = None) -> str:
    """``χ²(164, N = 667) = 321.45, p < .001``; without its number of cases where that is not given."""
    cases = "" if n is None else f", N = {count(n)}"
    return f"χ²({count(df)}{cases}) = {number(statistic)}, {p_phrase(p)}"


def plural(n: int, singular: str, plural_form: str | None = None) -> str:
    """``1 unit``, ``240 units``: a count with its noun."""
    return f"{count(n)} {singular if n == 1 else plural_form or singular + 's'}"


def listing(words: list[str] | tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b, and c``."""
    parts = list(words)
    if len(parts) <= 2:
        return " and ".join(parts)
    return ", ".join(parts[:-1]) + ", and " + parts[-1]


def text(value: Any) -> str:
    """A label as it stands; an undefined cell is empty, a truth value reads yes or no."""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    return "" if value is None or (not isinstance(value, str) and is_undefined(value)) else str(value)


Formatter = Callable[..., str]

Format = Literal[
    "text",
    "count",
    "number",
    "number1",
    "number3",
    "bounded",
    "bounded3",
    "p",
    "percent",
    "span",
    "bounded_span",
    "interval",
    "interval1",
    "interval3",
    "percent_interval",
    "bounded_interval",
    "bounded_interval3",
]

#: Formats of table columns; one with two arguments reads two columns of the data.
FORMATS: Mapping[Format, Formatter] = MappingProxyType(
    {
        "text": text,
        "count": count,
        "number": number,
        "number1": lambda value: number(value, 1),
        "number3": lambda value: number(value, 3),
        "bounded": bounded,
        "bounded3": lambda value: bounded(value, 3),
        "p": p_value,
        "percent": percent,
        "span": span,
        "bounded_span": lambda lower, upper: span(lower, upper, leading_zero=False),
        "interval": interval,
        "interval1": lambda lower, upper: interval(lower, upper, 1),
        "interval3": lambda lower, upper: interval(lower, upper, 3),
        "percent_interval": lambda lower, upper: percent_interval(lower, upper),
        "bounded_interval": lambda lower, upper: interval(lower, upper, leading_zero=False),
        "bounded_interval3": lambda lower, upper: interval(lower, upper, 3, leading_zero=False),
    }
)

#: Formats that read as numbers and are set flush right.
NUMERIC = frozenset(FORMATS) - {"text"}
