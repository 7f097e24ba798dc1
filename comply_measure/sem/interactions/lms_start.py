"""Starting values of the coefficients of products, from third moments of factor scores.

Where the rest of the model is normal, only products give third cumulants. With ``ζ̂ = (I − A) x̂ − m`` and any scores x̂
whose errors are normal (here ``x̂ = (Tᵀ W T)⁻¹ Tᵀ W (v − ν)``)::

    E[ζ̂_t x̂_a x̂_b] = Σ_p b_p (φ_aa' φ_bb' + φ_ab' φ_ba')

over the products ``p = (a', b')`` that lead to t: linear equations for the coefficients, one for each product. What
they explain is taken off the variance of the disturbance, and what they add to the means off the intercepts.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Fill, Implied, Layout
from comply_measure.sem.interactions.lms_equations import ProductPath

KEPT = 0.25  # least share of a disturbance's variance that is left
LEAST = 20  # complete cases


def product_starts(layout: Layout, paths: list[ProductPath], theta: Array, data: Array) -> Array | None:
    """θ (q,) of a group with starts for its products; None where there are too few complete cases.

    Parameters
    ----------
    layout : Layout
        The linear part.
    paths : list of ProductPath
        The products.
    theta : array (q,)
        The estimates without products.
    data : array (n, p)
        NaN where missing.
    """
    complete = data[~np.isnan(data).any(axis=1)]
    if len(complete) < LEAST:
        return None
    at = Implied(layout, theta)
    phi = at.V
    try:
        scores = _scores(at, complete)
    except np.linalg.LinAlgError:
        return None
    centred = scores - scores.mean(axis=0)
    disturbances = centred - centred @ layout.paths.at(theta).T
    out = theta.copy()
    by_target = defaultdict(list)
    for path in paths:
        by_target[path.target].append(path)
    for target, own in by_target.items():
        pairs = [(path.moderator, path.other) for path in own]
        moments = np.array(
            [(disturbances[:, target] * centred[:, a] * centred[:, b]).mean() for a, b in pairs]
        )
        phi_pairs = np.array(
            [[phi[a, c] * phi[b, d] + phi[a, d] * phi[b, c] for c, d in pairs] for a, b in pairs]
        )
        b = np.linalg.lstsq(phi_pairs, moments, rcond=None)[0]
        b = np.array(
            [path.value if path.parameter < 0 else value for path, value in zip(own, b, strict=True)]
        )
        out = _put(layout, at, out, target, own, b, phi_pairs)
    return out


def _scores(at: Implied, data: Array) -> Array:
    layout = at.layout
    residual = layout.residuals.at(at.theta).diagonal() + 1e-3 * at.sigma.diagonal()
    weighted = at.T / np.maximum(residual, 1e-12 * residual.max())[:, None]
    mean = 0.0 if at.mu is None else at.mu
    return np.asarray((data - mean) @ weighted @ np.linalg.inv(at.T.T @ weighted))


def _put(
    layout: Layout, at: Implied, theta: Array, target: int, own: list[ProductPath], b: Array, phi: Array
) -> Array:
    """θ with the coefficients of one outcome, and with the variance and the means that go with them."""
    theta = theta.copy()
    variance = _parameter(layout.source_cov, target * layout.k + target)
    explained = float(b @ phi @ b)
    if variance is not None:
        if explained > (1.0 - KEPT) * theta[variance] > 0.0:
            b = b * np.sqrt((1.0 - KEPT) * theta[variance] / explained)
            explained = (1.0 - KEPT) * float(theta[variance])
        theta[variance] -= explained
    for path, value in zip(own, b, strict=True):
        if path.parameter >= 0:
            theta[path.parameter] = value
    shift = float(sum(value * at.V[path.moderator, path.other] for path, value in zip(own, b, strict=True)))
    mean = _parameter(layout.source_mean, target)
    if mean is not None:
        theta[mean] -= shift
        return theta
    for row, change in enumerate(at.TE[:, target] * shift):
        place = _parameter(layout.observed_mean, row)
        if place is not None:
            theta[place] -= change
    return theta


def _parameter(fill: Fill, cell: int) -> int | None:
    """The parameter that stands in a cell; None where there is none."""
    found = np.flatnonzero(fill.cells == cell)
    return int(fill.parameters[found[0]]) if len(found) else None
