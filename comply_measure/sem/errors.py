"""Errors and warnings of the engine."""

from __future__ import annotations

from comply_measure.errors import ComplyError, ComplyWarning, InputError, Problem

SHOWN = 160  # characters of a line of the model that a message quotes


class ModelSyntaxError(InputError):
    """The model text cannot be read; quotes every bad line and marks the place.

    Parameters
    ----------
    headline : str
        One sentence.
    problems : iterable of Problem
        One per fault; ``row`` is the line of the model text.
    """


class ModelError(ComplyError):
    """The model is well-formed but cannot be estimated as asked."""


class SemWarning(ComplyWarning):
    """Something about a fit that its reader must know."""


def fault(message: str, line: int, source: str, column: int, allowed: str | None = None) -> Problem:
    """A fault of the model text with its line quoted and a mark below the place.

    Parameters
    ----------
    message : str
        What is wrong.
    line : int
        Line of the model text, from 1.
    source : str
        Text of that line.
    column : int
        Place in the line, from 1.
    allowed : str, optional
        What would be accepted.
    """
    shown = source.replace("\t", " ").rstrip()
    start = max(column - 1 - SHOWN // 2, 0) if len(shown) > SHOWN else 0
    if start or len(shown) > SHOWN:
        shown, column = shown[start : start + SHOWN], column - start
    mark = " " * (max(column, 1) - 1) + "^"
    expected = f" (expected: {allowed})" if allowed else ""
    return Problem(f"{message}{expected}\n        {shown}\n        {mark}", row=line)


__all__ = ["InputError", "ModelError", "ModelSyntaxError", "Problem", "SemWarning", "fault"]
