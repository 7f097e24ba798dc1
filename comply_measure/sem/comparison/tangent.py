"""What a restricted model takes away from a larger one, as rows A in the larger model's free coordinates.

* *delta* (Satorra & Bentler, 2010): with Δ₁ and Δ₀ the derivatives of the implied moments, ``H = Δ₁⁺ Δ₀``
  gives the directions that stay free; A spans their orthogonal complement.
* *exact*: derivatives of the restrictions themselves: parameters fixed in the smaller model only, and its
  equality constraints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import null_space
from comply_measure.sem.modification.score_test import constraints_of
from comply_measure.sem.objective import Point
from comply_measure.sem.table.parameter_table import ParameterTable

if TYPE_CHECKING:
    from comply_measure.sem.families.base import Family
    from comply_measure.sem.result import Fit

Key = tuple[str, str, str, int]
RANK = 1e-7


def free_basis(fit: Fit) -> Array:
    """Directions in θ that the fit's equality constraints leave free (q, r)."""
    space, jacobian = fit.model.space, fit.optimum.jacobian
    K = np.eye(fit.model.table.n_free) if space.K is None else space.K
    return K if jacobian is None or not len(jacobian) else K @ null_space(jacobian)


def lost_directions(large: Fit, small: Fit, method: str) -> Array:
    """A (m, r): rows in the free coordinates of the larger model.

    Parameters
    ----------
    large, small : Fit
        The models.
    method : str
        ``delta`` or ``exact``.

    Raises
    ------
    ModelError
        When the method does not apply to these models.
    """
    basis = free_basis(large)
    if method == "exact":
        return _restrictions(large, small) @ basis
    order = [layout.observed for layout in large.model.layouts]
    family = large.model.family
    wide = moment_derivatives(family, large.optimum.point, order) @ basis
    narrow = moment_derivatives(family, small.optimum.point, order) @ free_basis(small)
    H = np.linalg.pinv(wide) @ narrow
    left, singular, _ = np.linalg.svd(H)
    rank = int((singular > RANK * singular.max(initial=0.0)).sum())
    return np.asarray(left[:, rank:].T)


def moment_derivatives(family: Family, point: Point, order: list[tuple[str, ...]]) -> Array:
    """Derivatives of all groups' implied moments, variables in a given order (moments, q).

    Raises
    ------
    ModelError
        For ordered variables that the models list in different orders.
    """
    q, blocks = len(point.theta), []
    for implied, names in zip(point.implied, order, strict=True):
        layout = implied.layout
        J = family.moment_jacobian(implied, names)
        block = np.zeros((len(J), q))
        block[:, layout.first : layout.first + layout.q] = J
        blocks.append(block)
    return np.vstack(blocks)


def keys_of(table: ParameterTable) -> list[Key]:
    """Name and group of every row."""
    return list(zip(table.lhs, table.op, table.rhs, table.group.tolist(), strict=True))


def _restrictions(large: Fit, small: Fit) -> Array:
    """Derivatives, in the larger model's θ, of what only the smaller one restricts (m, q)."""
    table, other = large.model.table, small.model.table
    place = {key: int(free) - 1 for key, free in zip(keys_of(table), table.free, strict=True) if free}
    theirs = {key: int(free) - 1 for key, free in zip(keys_of(other), other.free, strict=True)}
    unknown = [key for key, free in theirs.items() if free >= 0 and key not in place]
    if unknown:
        names = ", ".join("".join(key[:3]) for key in unknown[:5])
        raise ModelError(f"the exact method needs nested parameters; free in the smaller model only: {names}")
    rows = [np.eye(len(place))[at] for key, at in place.items() if theirs.get(key, -1) < 0]
    # the smaller model's constraints, its parameters at the larger model's estimates
    theta, columns = small.theta.copy(), np.zeros(len(small.theta), dtype=np.int64)
    for key, free in theirs.items():
        if free >= 0:
            theta[free] = large.theta[place[key]]
            columns[free] = place[key]
    for row in constraints_of(small.model, theta).rows:
        moved = np.zeros(len(place))
        moved[columns] = row
        rows.append(moved)
    return np.array(rows).reshape(-1, len(place))
