"""Whether anything satisfies linear inequalities and bounds at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TOLERANCE = 1e-9  # relative: what is asked more than this much beyond the limit is a contradiction


def contradicting(A: Array, b: Array, names: Sequence[str]) -> list[str]:
    """Names of inequalities ``A φ ≥ b`` that contradict each other, as few as say so; empty where some φ meets all.

    The least slack t ≥ 0 with ``A φ + t ≥ b`` is a linear programme; of the inequalities those are kept without which
    the rest can be met.

    Parameters
    ----------
    A : array (c, r)
    b : array (c,)
    names : sequence of str
    """
    size = np.maximum(np.abs(A).max(axis=1, initial=0.0), 1e-300)
    size = np.where(size > 1e-300, size, 1.0)
    A, b = A / size[:, None], b / size
    kept = list(range(len(b)))
    if not _contradict(A, b):
        return []
    for row in list(kept):
        rest = [other for other in kept if other != row]
        if _contradict(A[rest], b[rest]):
            kept = rest
    return [names[row] for row in kept]


def _contradict(A: Array, b: Array) -> bool:
    from scipy.optimize import linprog

    if not len(b):
        return False
    r = A.shape[1]
    found = linprog(
        np.append(np.zeros(r), 1.0),
        A_ub=np.column_stack([-A, -np.ones(len(b))]),
        b_ub=-b,
        bounds=[(None, None)] * r + [(0.0, None)],
        method="highs",
    )
    return bool(found.status == 0 and found.x[-1] > TOLERANCE * max(1.0, float(np.abs(b).max())))
