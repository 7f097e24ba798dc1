"""How often variables, and pairs of variables, were seen."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.missing.patterns import FloatArray


def coverage(data: FloatArray) -> FloatArray:
    """Share of cases in which both variables of a pair were seen.

    Cases without any value do not count, as they say nothing.

    Parameters
    ----------
    data : (n, p) float array
        NaN marks a missing value.

    Returns
    -------
    (p, p) float array
        Between 0 and 1; the diagonal is each variable's own share. NaN if no case has a value.
    """
    seen = (~np.isnan(data)).astype(float)
    used = np.count_nonzero(seen.any(axis=1))
    return (seen.T @ seen) / used if used else np.full((data.shape[1],) * 2, np.nan)


def coverage_problems(data: FloatArray, names: Sequence[str], where: str = "") -> tuple[Problem, ...]:
    """Variables never seen, and pairs of variables never seen together.

    The covariance of two variables that no case has both of does not enter the likelihood: a model may
    still be estimable, the saturated model and with it every test of fit is not.

    Parameters
    ----------
    data : (n, p) float array
    names : sequence of p str
    where : str
        Added to each message, such as " in group 'north'".

    Returns
    -------
    tuple of Problem
        Empty if every pair was seen at least once.
    """
    counts = coverage(data)
    own = np.diag(counts)
    problems = [
        Problem(f"no case has a value{where}", column=name, allowed="at least two cases with a value")
        for name, share in zip(names, own, strict=True)
        if not share > 0.0
    ]
    for j, k in itertools.combinations(range(len(names)), 2):
        if counts[j, k] == 0.0 and own[j] > 0.0 and own[k] > 0.0:
            pair = f"{names[j]}, {names[k]}"
            problems.append(
                Problem(
                    f"no case has both values{where}: their covariance cannot be estimated from the data",
                    column=pair,
                    allowed="at least one case with both",
                )
            )
    return tuple(problems)
