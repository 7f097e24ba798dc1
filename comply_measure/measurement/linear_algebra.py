"""Matrix functions the room uses everywhere, with one type of array."""

from __future__ import annotations

import numpy as np

from comply_measure.measurement.moments import Floats


def eigenvalues_descending(matrix: Floats) -> Floats:
    """Eigenvalues of symmetric matrices, largest first; shapes (..., p, p) to (..., p)."""
    return np.asarray(np.linalg.eigvalsh(matrix)[..., ::-1], dtype=np.float64)


def inverse(matrix: Floats) -> Floats:
    """Inverses of a stack of matrices."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def gram_inverse(matrix: Floats) -> Floats:
    """``(M'M)⁻¹`` of a stack of matrices: Φ of a transformation with ``Λ = A M``."""
    return inverse(np.swapaxes(matrix, -1, -2) @ matrix)


def least_squares(left: Floats, right: Floats) -> Floats:
    """The M that minimises ``‖left M − right‖``."""
    return np.asarray(np.linalg.lstsq(left, right, rcond=None)[0], dtype=np.float64)
