"""A fault of a population: the place in the file, and what is wrong there."""

from __future__ import annotations

from typing import Any, NamedTuple


class Fault(NamedTuple):
    """What is wrong at one place of a population file.

    Parameters
    ----------
    key : tuple of str or int
        Path of keys and list positions.
    message : str
        One sentence.
    value : object, optional
        What stands there.
    allowed : str, optional
        What would be accepted.
    """

    key: tuple[str | int, ...]
    message: str
    value: Any = None
    allowed: str | None = None
