"""The package's exceptions: one root for errors, one for warnings.

Bad input is met at the boundary and reported at once: an :class:`InputError` carries every
:class:`Problem` found, each with the place, the value and what would have been allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_LISTED = 50


class ComplyError(Exception):
    """Root of every error this package raises on purpose."""


class NotApplicableError(ComplyError):
    """An analysis that the data at hand do not carry: it is left out with this reason, and nothing has failed."""


class ComplyWarning(UserWarning):
    """Root of every warning this package emits."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an input: where it is, what stands there, what is allowed.

    Parameters
    ----------
    message : str
        What is wrong, in one sentence.
    file : str, optional
        Name of the file, as the user gave it.
    row : int or str, optional
        Row of the file (1 = the first line, so data start at 2 below a header) or key of the unit.
    column : str, optional
        Column of a table, or dotted key of a YAML document (``items.3.keying``).
    value : object, optional
        The offending value.
    allowed : str, optional
        What would be accepted.
    """

    message: str
    file: str | None = None
    row: int | str | None = None
    column: str | None = None
    value: Any = None
    allowed: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else None,
                f"'{self.column}'" if self.column is not None else None,
            )
            if part
        )
        text = f"{place}: {self.message}" if place else self.message
        if self.value is not None:
            text += f" (found {_plain(self.value)!r})"
        if self.allowed:
            text += f"; allowed: {self.allowed}"
        return text


def _plain(value: Any) -> Any:
    """Numbers of numpy as those of Python: ``2.5``, not ``np.float64(2.5)``."""
    if type(value) in (list, tuple):
        return type(value)(_plain(part) for part in value)
    return value.item() if type(value).__module__ == "numpy" and not getattr(value, "ndim", 1) else value


class InputError(ComplyError):
    """Input that cannot be used; lists every problem found.

    Parameters
    ----------
    headline : str
        One sentence that names the input.
    problems : iterable of Problem
        All faults, in the order of the file.
    """

    def __init__(self, headline: str, problems: Iterable[Problem] = ()) -> None:
        self.headline = headline
        self.problems = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [self.headline]
        lines += [f"  - {problem}" for problem in self.problems[:MAX_LISTED]]
        hidden = len(self.problems) - MAX_LISTED
        if hidden > 0:
            lines.append(f"  … and {hidden} more")
        return "\n".join(lines)


class CallError(InputError, TypeError):
    """A call that Python itself would refuse: a required argument is missing, or one that does not exist is given."""
