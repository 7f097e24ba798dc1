"""One part of a step: its result, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from numpy.linalg import LinAlgError

from comply_measure.errors import ComplyError, InputError, NotApplicableError

Result = TypeVar("Result")


def attempt(compute: Callable[[], Result]) -> tuple[Result | None, str]:
    """What `compute` returns, or None and why it cannot.

    Only refusals of this package and singular matrices are caught: a defect still ends the step.

    Returns
    -------
    tuple
        The result and an empty text, or None and the reason without a full stop.
    """
    try:
        return compute(), ""
    except InputError as error:
        problems = "; ".join(str(problem) for problem in error.problems)
        return None, " ".join(f"{error.headline.rstrip('.')}: {problems}".split()).rstrip(".")
    except ComplyError as error:
        return None, " ".join(str(error).split()).rstrip(".")
    except LinAlgError as error:
        return None, f"a matrix is singular ({error})"


def required(compute: Callable[[], Result]) -> Result:
    """What `compute` returns; a topic without it has nothing to show.

    Raises
    ------
    NotApplicableError
        With the reason why the data do not give it.
    """
    result, why = attempt(compute)
    if result is None:
        raise NotApplicableError(why)
    return result
