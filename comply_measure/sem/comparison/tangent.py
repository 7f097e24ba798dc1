"""What a restricted model takes away from a larger one, as rows A in the larger model's free coordinates.

* *delta* (Satorra & Bentler, 2010): with Δ₁ and Δ₀ the derivatives of the implied moments, ``H = Δ₁⁺ Δ₀``
  gives the directions that stay free; A spans their orthogonal complement.
* *exact*: derivatives of the restrictions themselves: parameters fixed in the smaller model only, and its
  equality constraints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.discrepancy.ml import mean_derivatives
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.inference.covariance import null_space
from comply_measure.sem.modification.score_test import constraints_of
from comply_measure.sem.objective import Point
from comply_measure.sem.ordinal.layout import OrdinalImplied
from comply_measure.sem.table.parameter_table import ParameterTable

if TYPE_CHECKING:
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
    wide = moment_derivatives(large.optimum.point, order) @ basis
    narrow = moment_derivatives(small.optimum.point, order) @ free_basis(small)
    H = np.linalg.pinv(wide) @ narrow
    left, singular, _ = np.linalg.svd(H)
    rank = int((singular > RANK * singular.max(initial=0.0)).sum())
    return np.asarray(left[:, rank:].T)


def moment_derivatives(point: Point, order: list[tuple[str, ...]]) -> Array:
    """Derivatives of all groups' implied moments, variables in a given order (moments, q).

    Raises
    ------
    ModelError
        For ordered variables that the models list in different orders.
    """
    q, blocks = len(point.theta), []
    for implied, names in zip(point.implied, order, strict=True):
        layout = implied.layout
        if isinstance(implied, OrdinalImplied):
            if layout.observed != names:
                raise ModelError("write the indicators of both models in the same order for this test")
            J = implied.jacobian.left(np.eye(len(implied.moments)))
        else:
            J = _continuous(implied, np.array([layout.observed.index(name) for name in names]))
        block = np.zeros((len(J), q))
        block[:, layout.first : layout.first + layout.q] = J
        blocks.append(block)
    return np.vstack(blocks)


def _continuous(implied: Implied, places: Index) -> Array:
    """Derivatives of means and distinct covariances."""
    layout = implied.layout
    H = np.hstack([np.eye(layout.p), implied.X])
    U, V = H[:, layout.u] * layout.kappa, H[:, layout.v]
    first, second = np.triu_indices(len(places))
    i, j = places[first], places[second]
    J = U[i] * V[j] + U[j] * V[i]
    return np.vstack([mean_derivatives(implied)[places], J]) if layout.has_mean else J


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
