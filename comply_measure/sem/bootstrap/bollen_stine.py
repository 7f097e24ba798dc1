"""Bollen-Stine bootstrap: data in which the model holds exactly (Bollen & Stine, 1992).

``Z = (Y − m) S^(−½) Σ̂^(½) + μ̂`` has covariance matrix Σ̂ and mean μ̂ but keeps the shape of the data; the share of
its replications whose χ² exceeds the observed one is the p value.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Implied
from comply_measure.sem.sample import GroupSample


def transformed(group: GroupSample, implied: Implied) -> Array:
    """Data of a group in which the model holds (n, p).

    Raises
    ------
    ModelError
        When the sample or implied covariance matrix is not positive definite.
    """
    if group.data is None:
        raise ModelError("the Bollen-Stine bootstrap needs the cases, not moments")
    mean = group.data.mean(axis=0)
    centred = group.data - mean
    S = centred.T @ centred / group.n
    level = mean if implied.mu is None else implied.mu
    return np.asarray(centred @ _power(S, -0.5) @ _power(implied.sigma, 0.5) + level)


def _power(matrix: Array, power: float) -> Array:
    """Symmetric power of a positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] <= 0.0:
        raise ModelError("the Bollen-Stine bootstrap needs positive definite covariance matrices")
    return np.asarray((vectors * values**power) @ vectors.T)
