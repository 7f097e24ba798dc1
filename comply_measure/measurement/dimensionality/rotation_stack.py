"""Rotation of many loading matrices from one known solution: resamples and numerical derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from comply_measure.measurement.dimensionality.gradient_projection import project
from comply_measure.measurement.dimensionality.rotation import (
    TARGETS,
    RotationOptions,
    criterion_of,
    promax_transformation,
)
from comply_measure.measurement.linear_algebra import gram_inverse, inverse
from comply_measure.measurement.moments import Floats


@dataclass(frozen=True, slots=True)
class RotatedStack:
    """Rotated loadings of many matrices.

    Attributes
    ----------
    loadings : ndarray, shape (B, p, m)
    factor_correlation : ndarray, shape (B, m, m)
    converged : ndarray of bool, shape (B,)
    """

    loadings: Floats
    factor_correlation: Floats
    converged: NDArray[np.bool_]


def rotate_stack(
    unrotated: Floats, options: RotationOptions, transformation: Floats, tolerance: float = 1e-7
) -> RotatedStack:
    """Rotate loadings that are close to a set already rotated.

    Parameters
    ----------
    unrotated : ndarray, shape (B, p, m)
        Oriented as the loadings the transformation belongs to (see :func:`procrustes`).
    options : RotationOptions
    transformation : ndarray, shape (m, m)
        M of the known solution (``Λ = A M``); of varimax for promax, see :func:`start_of`.
    tolerance : float
        Norm of the projected gradient.

    Returns
    -------
    RotatedStack
    """
    n, p, m = unrotated.shape
    if options.name == "none" or m == 1:
        return RotatedStack(unrotated, np.tile(np.eye(m), (n, 1, 1)), np.ones(n, dtype=bool))
    weight = np.ones((n, p, 1))
    if options.normalises:
        weight = np.sqrt((unrotated**2).sum(axis=2, keepdims=True))
        weight = np.where(weight > 0, weight, 1.0)
    scaled = unrotated / weight
    promax = options.name == "promax"
    oblique = options.oblique and not promax
    criterion = criterion_of(RotationOptions("varimax") if promax else options, p, m)
    start = inverse(transformation.T) if oblique else transformation
    end = project(scaled, criterion, np.tile(start, (n, 1, 1)), tolerance)
    t = end.transformation
    matrix = inverse(t).transpose(0, 2, 1) if oblique else t
    if promax:
        matrix = matrix @ promax_transformation(scaled @ matrix, options.power)
    correlation = np.tile(np.eye(m), (n, 1, 1))
    if options.oblique:
        correlation = gram_inverse(matrix)
    return RotatedStack(unrotated @ matrix, correlation, end.converged)


def start_of(unrotated: Floats, options: RotationOptions, transformation: Floats) -> Floats:
    """Start for :func:`rotate_stack`: the transformation itself, or for promax the varimax behind it.

    The varimax transformation is the orthogonal matrix whose columns are nearest to promax's.
    """
    if options.name != "promax":
        return transformation
    left, _, right = np.linalg.svd(transformation / np.sqrt((transformation**2).sum(axis=0)))
    scale = np.ones((len(unrotated), 1))
    if options.normalises:
        scale = np.sqrt((unrotated**2).sum(axis=1, keepdims=True))
    nearest = np.asarray(left @ right)[None]
    criterion = criterion_of(RotationOptions("varimax"), *unrotated.shape)
    scaled = unrotated / np.where(scale > 0, scale, 1.0)
    return np.asarray(project(scaled[None], criterion, nearest).transformation[0])


def procrustes(stack: Floats, reference: Floats) -> Floats:
    """Turn each loading matrix orthogonally as close as can be to a reference (Schönemann 1966)."""
    left, _, right = np.linalg.svd(stack.transpose(0, 2, 1) @ reference)
    return np.asarray(stack @ (left @ right))


def align(stack: RotatedStack, reference: Floats, options: RotationOptions) -> RotatedStack:
    """Match columns of each solution to a reference by Tucker's congruence, and turn their signs.

    Targets keep their order, since the target defines it.
    """
    if options.name in TARGETS:
        return stack
    size = np.sqrt((stack.loadings**2).sum(axis=1))[:, :, None] * np.sqrt((reference**2).sum(axis=0))
    congruence = stack.loadings.transpose(0, 2, 1) @ reference / np.maximum(size, 1e-300)
    loadings, correlation = stack.loadings.copy(), stack.factor_correlation.copy()
    for b in np.flatnonzero(np.isfinite(congruence).all(axis=(1, 2))):
        rows, columns = linear_sum_assignment(-np.abs(congruence[b]))
        order = rows[np.argsort(columns)]
        sign = np.where(congruence[b][order, np.arange(len(order))] < 0, -1.0, 1.0)
        loadings[b] = loadings[b][:, order] * sign
        correlation[b] = correlation[b][np.ix_(order, order)] * np.outer(sign, sign)
    return RotatedStack(loadings, correlation, stack.converged)
