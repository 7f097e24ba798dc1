"""Newton's method within a region of trust: the slow, sure way where the quick one has failed.

Each step minimises the quadratic model with the exact Hessian, indefinite or not, within a ball around the point
(Moré & Sorensen, 1983): ``s = −(H + λI)⁻¹ g`` with λ ≥ 0 as small as the radius allows, along the eigenvectors of H.
Coordinates are measured by the curvature of the expected Hessian, so that the steps do not depend on the units of
the parameters. The radius grows where the model predicts F well and shrinks where it does not. Unlike a damped
expected Hessian this leaves saddle points, and it does not leap past a minimum into a region where a variance
falls without bound.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.objective import Objective, Point
from comply_measure.sem.optimise import Optimum

FIRST_RADIUS = 1.0
LARGEST_RADIUS = 100.0
SMALLEST_RADIUS = 1e-12
BISECTIONS = 60


def minimise_in_region(
    objective: Objective, start: Array, n: int, max_iterations: int = 80, tolerance: float = 1e-12
) -> Optimum:
    """Minimise F over φ; parameters and stopping rule as for :func:`comply_measure.sem.optimise.minimise`."""
    point = objective.at(start)
    if not np.isfinite(point.value):
        return Optimum(
            point, False, 0, "the implied covariance matrix at the start is not positive definite", np.inf
        )
    radius, decrement = FIRST_RADIUS, np.inf
    for iteration in range(1, max_iterations + 1):
        model = _Quadratic(point)
        if not model.usable:
            return Optimum(point, False, iteration, "the derivatives are not finite", decrement)
        decrement = model.decrement
        if n * decrement < tolerance:
            return Optimum(point, True, iteration, "converged", decrement)
        step = model.step(radius)
        length, promised = float(np.linalg.norm(step)), model.gain(step)
        candidate = objective.at(point.phi + model.in_phi(step))
        gained = point.value - candidate.value if np.isfinite(candidate.value) else -np.inf
        ratio = gained / promised if promised > 0.0 else -1.0
        if ratio < 0.25:
            radius = 0.25 * min(radius, length)
        elif ratio > 0.75 and length > 0.9 * radius:
            radius = min(2.0 * radius, LARGEST_RADIUS)
        if ratio > 1e-4:
            point = candidate
        elif promised < 1e-14 * max(1.0, abs(point.value)) or radius < SMALLEST_RADIUS:
            flat = n * decrement < 1e-6
            message = "converged" if flat else "no step reduces the discrepancy"
            return Optimum(point, flat, iteration, message, decrement)
    return Optimum(point, False, max_iterations, f"no convergence in {max_iterations} steps", decrement)


def scales(point: Point) -> Array:
    """Roots of the curvatures of F along the coordinates; the units of the parameters, inverted."""
    curvature = 2.0 * point.information_blocks.diagonal()
    return np.sqrt(np.where(curvature > 0.0, curvature, 1e-12 * curvature.max(initial=1e-300)))


class _Quadratic:
    """The quadratic model of F at a point, in scaled coordinates along the eigenvectors of its Hessian."""

    def __init__(self, point: Point) -> None:
        self.scale = scales(point)
        self.places = point.hessian_blocks.places
        self.vectors: list[Array] = []
        values = np.zeros(len(point.phi))
        along = np.zeros(len(point.phi))
        slope = point.gradient / self.scale
        self.usable = bool(np.isfinite(slope).all())
        for place, block in zip(self.places, point.hessian_blocks.blocks, strict=True):
            scaled = block / self.scale[place] / self.scale[place][:, None]
            if not np.isfinite(scaled).all():
                self.usable = False
                break
            values[place], vectors = np.linalg.eigh(scaled)
            along[place] = vectors.T @ slope[place]
            self.vectors.append(vectors)
        self.values, self.along = values, along

    @property
    def decrement(self) -> float:
        """½ gᵀ H⁻¹ g, infinite where H is not positive definite."""
        if not len(self.values):
            return 0.0
        smallest = float(self.values.min())
        if not smallest > 0.0:
            return np.inf
        return 0.5 * float(np.sum(self.along**2 / self.values))

    def step(self, radius: float) -> Array:
        """The minimiser within the radius, along the eigenvectors."""
        smallest = float(self.values.min())
        if smallest > 0.0 and self._length(0.0) <= radius:
            return np.asarray(-self.along / self.values)
        floor = max(0.0, -smallest) + 1e-14 * float(np.abs(self.values).max())
        low, high = floor, floor + float(np.linalg.norm(self.along)) / radius + 1e-12
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self._length(middle) > radius else (low, middle)
            if high - low < 1e-9 * high:
                break
        step = -self.along / (self.values + high)
        length = float(np.linalg.norm(step))
        if smallest < 0.0 and length < 0.99 * radius:  # no slope along the most negative curvature
            step[int(self.values.argmin())] += np.sqrt(radius**2 - length**2)
        return np.asarray(step)

    def _length(self, shift: float) -> float:
        return float(np.linalg.norm(self.along / (self.values + shift)))

    def in_phi(self, step: Array) -> Array:
        """A step along the eigenvectors as a step in φ."""
        result = np.empty(len(step))
        for place, vectors in zip(self.places, self.vectors, strict=True):
            result[place] = vectors @ step[place]
        return np.asarray(result / self.scale)

    def gain(self, step: Array) -> float:
        """What the model promises for a step."""
        return -float(self.along @ step + 0.5 * np.sum(self.values * step**2))
