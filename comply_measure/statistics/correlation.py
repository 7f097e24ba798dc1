"""From covariances to correlations."""

from __future__ import annotations

from typing import Literal

import numpy as np

from comply_measure.statistics.arrays import Floats


def to_correlations(covariance: Floats, root: Literal["each", "product"] = "each") -> Floats:
    """Correlations of covariance matrices; NaN or infinite where a variance is not positive.

    Parameters
    ----------
    covariance : ndarray, shape (…, p, p)
    root : {"each", "product"}
        Divided by ``√s_ii √s_jj``, or by ``√(s_ii s_jj)``, whose diagonal is exactly 1; apart by rounding.
    """
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if root == "product":
            return np.asarray(covariance / np.sqrt(variance[..., :, None] * variance[..., None, :]))
        scale = np.sqrt(variance)
        return np.asarray(covariance / (scale[..., :, None] * scale[..., None, :]))
