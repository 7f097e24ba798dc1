"""Ranges of arguments that many functions share."""

from __future__ import annotations

from numbers import Real

from comply_measure.errors import InputError, Problem

#: Numbers beyond this, or all below its inverse, cannot be raised to the powers that are needed (the fourth).
LARGEST = 1e75


def is_share(value: object) -> bool:
    """Whether a value is a number strictly between 0 and 1."""
    return not isinstance(value, bool) and isinstance(value, Real) and 0.0 < float(value) < 1.0


def share_faults(name: str, value: object, allowed: str = "between 0 and 1") -> list[Problem]:
    """The fault of a level (confidence, α, share) that does not lie strictly between 0 and 1; empty if it does."""
    return [] if is_share(value) else [Problem(name, value=value, allowed=allowed)]


def check_confidence(confidence: float, headline: str = "The confidence level cannot be used.") -> None:
    """Raise an InputError unless the level lies strictly between 0 and 1."""
    if faults := share_faults("confidence", confidence, "between 0 and 1, for example 0.95"):
        raise InputError(headline, faults)
