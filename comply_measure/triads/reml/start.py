"""Starting variances: moment estimates of the design as if no cell were missing."""

from __future__ import annotations

import numpy as np

from comply_measure.statistics.arrays import Floats
from comply_measure.triads.reml.design import CellDesign

#: Least share of the total variance a component starts with, so that every one can still grow.
LEAST = 1e-4


def moment_start(y: Floats, design: CellDesign) -> Floats:
    """Variance components from quadratic forms set equal to their expectations (MINQUE with V = I; Rao 1971).

    Missing cells are filled with unit mean plus cell mean minus general mean. On complete balanced data the
    result is the analysis-of-variance estimate; negative values are raised to a small positive start.

    Parameters
    ----------
    y : ndarray, shape (B, G, C)
        Observations; NaN where missing.
    design : CellDesign
        Effects.

    Returns
    -------
    ndarray, shape (B, K)
        Positive variances in the order of ``design.names``.
    """
    filled = _additive_fill(y)
    _, G, C = filled.shape
    n_shared = len(design.shared)
    kernels = [columns @ columns.T for columns in design.indicators()]
    X = design.fixed
    outside = np.eye(C) - X @ np.linalg.pinv(X)
    # in the direction common to all units a shared effect counts G times, in the others not at all
    common = [outside @ (kernel * (G if k < n_shared else 1.0)) @ outside for k, kernel in enumerate(kernels)]
    means = filled.mean(axis=1)
    within = filled - means[:, None, :]
    scatter = np.swapaxes(within, 1, 2) @ within
    K = len(kernels)
    forms = np.empty((len(filled), K))
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


def _additive_fill(y: Floats) -> Floats:
    present = ~np.isnan(y)
    known = np.where(present, y, 0.0)
    unit = known.sum(axis=2, keepdims=True) / np.maximum(present.sum(axis=2, keepdims=True), 1)
    cell = known.sum(axis=1, keepdims=True) / np.maximum(present.sum(axis=1, keepdims=True), 1)
    grand = known.sum(axis=(1, 2), keepdims=True) / np.maximum(present.sum(axis=(1, 2), keepdims=True), 1)
    return np.where(present, y, unit + cell - grand)
