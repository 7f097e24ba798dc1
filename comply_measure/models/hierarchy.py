"""Structures of a scale with dimensions: one factor, correlated dimensions, a second-order factor.

Every builder takes ``factors``: dimension -> its indicators. The indicators can be attribute scores or items;
the text only names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from comply_measure.errors import ComplyError
from comply_measure.instrument import Scale
from comply_measure.sem.language.quoting import quoted

Factors = Mapping[str, Sequence[str]]


def factors_of(
    scale: Scale, attribute_set: str | None = None, form: str = "full"
) -> dict[str, tuple[str, ...]]:
    """Factors and their indicators: dimensions by attribute scores, else constructs by items.

    Parameters
    ----------
    scale : Scale
        The instrument.
    attribute_set, form : str, optional
        As in :meth:`Scale.measurement`.

    Returns
    -------
    dict
        Dimension -> attribute keys where the form measures attributes; where it measures dimensions
        directly, or the scale has none, construct -> item ids.
    """
    return scale.factors(attribute_set, form)


def summed(names: Iterable[str]) -> str:
    """``x1 + x2 + …`` of names of any kind, as the model language reads them."""
    return " + ".join(quoted(name) for name in names)


def one_factor(name: str, indicators: Sequence[str]) -> str:
    """A single factor: ``name =~ x1 + x2 + …``."""
    _require({name: indicators})
    return f"{quoted(name)} =~ {summed(indicators)}"


def correlated_factors(factors: Factors) -> str:
    """First-order factors, free to correlate.

    Raises
    ------
    ComplyError
        If a factor has no indicator, an indicator belongs to two factors, or a name is used twice.
    """
    _require(factors)
    return "\n".join(one_factor(name, indicators) for name, indicators in factors.items())


def second_order(factors: Factors, name: str = "alignment") -> str:
    """First-order factors that are manifestations of one second-order factor (a superordinate construct).

    The first-order factors correlate only through it. With three factors the second-order part is
    just-identified: its fit then equals that of correlated factors.

    Raises
    ------
    ComplyError
        As :func:`correlated_factors`; or for fewer than three factors, which do not identify it.
    """
    if len(factors) < 3:
        raise ComplyError(f"a second-order factor needs at least 3 first-order factors, not {len(factors)}")
    if name in factors or any(name in indicators for indicators in factors.values()):
        raise ComplyError(f"the name '{name}' of the second-order factor is already in use")
    return f"{correlated_factors(factors)}\n{quoted(name)} =~ {summed(factors)}"


def _require(factors: Factors) -> None:
    if not factors:
        raise ComplyError("a factor model needs at least one factor")
    if empty := [name for name, indicators in factors.items() if not indicators]:
        raise ComplyError(f"every factor needs an indicator; without: {', '.join(empty)}")
    names = [*factors, *(indicator for indicators in factors.values() for indicator in indicators)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ComplyError(f"names used more than once in the model: {', '.join(twice)}")
