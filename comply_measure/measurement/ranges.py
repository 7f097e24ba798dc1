"""Arguments in their range: one error that names everything outside."""

from __future__ import annotations

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.moments import Floats
from comply_measure.statistics.checks import LARGEST

SYMMETRIC = 1e-8  # relative to the largest entry


def require(cannot: str, *conditions: tuple[str, object, str, bool]) -> None:
    """Refuse arguments outside their range.

    Parameters
    ----------
    cannot : str
        What cannot be done with them, a sentence.
    *conditions : (str, object, str, bool)
        Name, value, what is allowed, and whether it is met (a comparison with NaN is not).

    Raises
    ------
    InputError
        With every condition that is not met.
    """
    problems = [
        Problem(name, value=value, allowed=allowed) for name, value, allowed, met in conditions if not met
    ]
    if problems:
        raise InputError(cannot, problems)


def is_count(value: float, least: int) -> bool:
    """Whether a number is at least `least`, and one to compute with."""
    return bool(least <= value <= LARGEST)


def covariance_range(name: str, matrices: Floats) -> tuple[str, object, str, bool]:
    """Condition for covariance matrices (..., p, p): symmetric, no negative variance; undefined entries pass."""
    size = np.nanmax(np.abs(matrices), initial=0.0)
    with np.errstate(invalid="ignore"):
        symmetric = not (np.abs(matrices - np.swapaxes(matrices, -1, -2)) > SYMMETRIC * size).any()
        positive = not (np.diagonal(matrices, axis1=-2, axis2=-1) < 0).any()
    found = "not symmetric" if not symmetric else "a negative variance"
    return name, found, "symmetric matrices without negative variances", symmetric and positive


def correlation_range(name: str, matrices: Floats) -> tuple[str, object, str, bool]:
    """Condition for correlation matrices (..., p, p): symmetric with ones on the diagonal; undefined entries pass."""
    _, found, _, fine = covariance_range(name, matrices)
    with np.errstate(invalid="ignore"):
        ones = not (np.abs(np.diagonal(matrices, axis1=-2, axis2=-1) - 1.0) > SYMMETRIC).any()
    return (
        name,
        found if not fine else "a diagonal that is not 1",
        "symmetric, ones on the diagonal",
        fine and ones,
    )
