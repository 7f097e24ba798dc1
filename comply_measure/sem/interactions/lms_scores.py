"""Factor scores of models with products: posterior means of the factors given the values of a case.

With ``z`` the features and f the density of the case's remaining values, any variable y that is jointly normal with
them given the normal part has (Tweedie's formula, for normal z)::

    E[y | v] = ŷ + S_yz ∂log f/∂ẑ,     Cov[y | v] = S_yy + S_yz (2 ∂log f/∂S − ∂log f/∂ẑ ∂log f/∂ẑᵀ) S_zy
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.interactions.lms_likelihood import GroupLikelihood
from comply_measure.sem.interactions.lms_quadrature import integrate
from comply_measure.sem.interactions.lms_reduction import Matrices, Reduction


def posterior(likelihood: GroupLikelihood, theta: Array, nodes: int) -> tuple[Array, Array]:
    """Posterior means and standard deviations of all sources, case by case (n, k), (n, k).

    NaN for cases without values, and for variables that products lead to of which a case has no value.

    Parameters
    ----------
    likelihood : GroupLikelihood
        Cases and equations.
    theta : array (q,)
        The group's parameters.
    nodes : int
        Of the quadrature, per dimension.
    """
    equations = likelihood.equations
    at = Matrices(equations, theta)
    mean = np.full((likelihood.n, equations.layout.k), np.nan)
    spread = mean.copy()
    for pattern in likelihood.patterns:
        found = Reduction(at, pattern.frame)
        Y = pattern.values - found.nu
        z = found.c + Y @ found.P.T
        slope, S = np.zeros_like(z), np.zeros((len(z), *found.S.shape))
        if found.q:
            given = integrate(found, z, nodes)
            slope, S = given.z, given.S(slice(None))
        targets, own = _targets(at, found)
        r = found.p - found.q
        by_u = targets @ found.joint @ found.J[:r].T @ found.Suu_inverse
        rest = found.J[r:] - found.R @ found.J[:r]  # the features less what u says of them
        S_yz = targets @ found.joint @ rest.T
        S_yy = targets @ found.joint @ targets.T - by_u @ (found.J[:r] @ found.joint @ targets.T)
        value = own + (Y @ found.K.T) @ by_u.T + slope @ S_yz.T
        curvature = 2.0 * S - slope[:, :, None] * slope[:, None, :]
        variance = S_yy.diagonal() + np.einsum("az,nzw,aw->na", S_yz, curvature, S_yz)
        places = np.concatenate([equations.linear, equations.nonlinear[pattern.frame.kept]])
        # nonlinear variables are H v less what they do not explain of it
        value[:, len(equations.linear) :] = pattern.values @ found.H.T - value[:, len(equations.linear) :]
        mean[np.ix_(pattern.rows, places)] = value
        spread[np.ix_(pattern.rows, places)] = np.sqrt(np.maximum(variance, 0.0))
    return mean, spread


def _targets(at: Matrices, found: Reduction) -> tuple[Array, Array]:
    """Linear sources and ``H v⁰`` by (ε, ζ_l, ζ_n), and their means."""
    n_linear = len(at.E)
    targets = np.zeros((n_linear + found.q, len(found.joint)))
    targets[:n_linear, found.frame.l] = at.E
    targets[n_linear:] = found.H @ found.v0
    return targets, np.concatenate([at.mean_l, found.H @ found.nu])


def require_regression(method: str) -> None:
    """Refuse scores that are no posterior means."""
    if str(method).lower() not in ("regression", "ebm"):
        raise ModelError(
            f"factor scores with method='{method}' are not available for models with products of factors; "
            "method='regression' gives posterior means"
        )
