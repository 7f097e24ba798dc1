"""Starting variances: moment estimates of the design as if no cell were missing."""

from __future__ import annotations

import numpy as np

from comply_measure.statistics.arrays import Floats
from comply_measure.triads.reml.design import CellData, CellDesign

#: Least share of the total variance a component starts with, so that every one can still grow.
LEAST = 1e-4


def moment_start(data: CellData, design: CellDesign) -> Floats:
    """Variance components from quadratic forms set equal to their expectations (MINQUE with V = I; Rao 1971).

    Missing cells are filled with unit mean plus cell mean minus general mean. On complete balanced data the
    result is the analysis-of-variance estimate; negative values are raised to a small positive start.

    Parameters
    ----------
    data : CellData
        Observations around zero.
    design : CellDesign
        Effects.

    Returns
    -------
    ndarray, shape (B, K)
        Positive variances in the order of ``design.names``.
    """
    means, scatter = _filled_from_data(data) if data.moments is None else _filled_from_moments(data)
    G, C = data.n_units, design.n_cells
    n_shared = len(design.shared)
    kernels = [columns @ columns.T for columns in design.indicators()]
    X = design.fixed
    outside = np.eye(C) - X @ np.linalg.pinv(X)
    # in the direction common to all units a shared effect counts G times, in the others not at all
    common = [outside @ (kernel * (G if k < n_shared else 1.0)) @ outside for k, kernel in enumerate(kernels)]
    K = len(kernels)
    forms = np.empty((len(means), K))
    expected = np.empty((K, K))
    for k in range(K):
        forms[:, k] = G * np.einsum("bi,ij,bj->b", means, common[k], means)
        if k >= n_shared:
            forms[:, k] += np.einsum("ij,bij->b", kernels[k], scatter)
        for other in range(K):
            expected[k, other] = (common[k] * common[other]).sum()
            if min(k, other) >= n_shared:
                expected[k, other] += (G - 1.0) * (kernels[k] * kernels[other]).sum()
    theta = forms @ np.linalg.pinv(expected)
    total = np.maximum(theta, 0.0).sum(axis=1, keepdims=True)
    start: Floats = np.maximum(theta, LEAST * total)
    start[:, -1] = np.maximum(theta[:, -1], 1e-8 * total[:, 0])
    return start


def _filled_from_data(data: CellData) -> tuple[Floats, Floats]:
    """Means (B, C) and scatter around them (B, C, C) of the filled data."""
    present = np.ones(data.y.shape[1:], dtype=bool)
    for cells, units in data.patterns:
        present[units[:, None], cells] = False
    unit = data.y.sum(axis=2, keepdims=True) / np.maximum(present.sum(axis=1), 1)[:, None]
    cell = data.y.sum(axis=1, keepdims=True) / np.maximum(present.sum(axis=0), 1)
    grand = data.y.sum(axis=(1, 2), keepdims=True) / max(data.n_observations, 1)
    filled = np.where(present, data.y, unit + cell - grand)
    means = filled.mean(axis=1)
    within = filled - means[:, None, :]
    return means, np.swapaxes(within, 1, 2) @ within


def _filled_from_moments(data: CellData) -> tuple[Floats, Floats]:
    """The same from sufficient statistics: units of one pattern are filled by one affine map ``A y + b``."""
    m = data.moments
    assert m is not None
    observed, n = m.observed.astype(np.float64), m.n_units[:, None]
    cell = m.sums.sum(axis=1) / np.maximum((n * observed).sum(axis=0), 1.0)
    grand = m.sums.sum(axis=(1, 2)) / max(data.n_observations, 1)
    share = observed / np.maximum(observed.sum(axis=1, keepdims=True), 1.0)
    A = np.where(m.observed[:, :, None], np.eye(observed.shape[1]), share[:, None, :])
    b = np.where(m.observed, 0.0, (cell - grand[:, None])[:, None, :])
    moved = (A @ m.sums[..., None])[..., 0]
    cross = moved[..., :, None] * b[..., None, :]
    products = A @ m.products @ np.swapaxes(A, 1, 2) + cross + np.swapaxes(cross, -1, -2)
    products += n[..., None] * (b[..., :, None] * b[..., None, :])
    means = (moved + n * b).sum(axis=1) / data.n_units
    scatter = products.sum(axis=1) - data.n_units * (means[:, :, None] * means[:, None, :])
    return means, scatter
