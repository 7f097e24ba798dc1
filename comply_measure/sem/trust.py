"""Newton's method within a region of trust: the slow, sure way where the quick one has failed.

Each step minimises the quadratic model with the exact Hessian, indefinite or not, within a ball around the point
(Moré & Sorensen, 1983): ``s = −(H + λI)⁻¹ g`` with λ ≥ 0 as small as the radius allows, along the eigenvectors of H.
Coordinates are measured by the curvature of the expected Hessian, so that the steps do not depend on the units of
the parameters. The radius grows where the model predicts F well and shrinks where it does not. Unlike a damped
expected Hessian this leaves saddle points, and it does not leap past a minimum into a region where a variance
falls without bound.

Where parameters run to infinity together, their products staying what they are, the valley is a hyperbola, and steps
that are straight lines creep along it. In coordinates ``u = asinh(φ/σ)``, logarithms of whatever is larger than σ,
it is a straight line.

Within bounds of single coordinates those at a bound across which F falls are held; those that a step takes across
one are put there, and the step of the others is found anew given these (Conn, Gould & Toint, 2000, ch. 12).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array
from comply_measure.sem.box import Box
from comply_measure.sem.objective import Objective, Point
from comply_measure.sem.optimise import CREEPS, Optimum, creeps

FIRST_RADIUS = 1.0
LARGEST_RADIUS = 100.0
SMALLEST_RADIUS = 1e-12
BISECTIONS = 60
BENDS = 12  # times that a step is found anew because it left the box
LONGEST = 5.0  # most that a logarithm changes in one step
END = 28.0  # largest logarithm: sizes of 7e11 σ
SINGULAR = 1e-11  # share of the largest curvature below which one is rounding
FLAT = 1e-5  # gain in n F over the last steps below which a logarithmic search ends


@dataclass(frozen=True)
class Coordinates:
    """In which coordinates steps are taken.

    Attributes
    ----------
    sigma : array (r,) or None
        Size beyond which steps are relative; infinite for coordinates that stay as they are.
    held : bool array (r,) or None
        Coordinates that do not move.
    box : Box or None
        Bounds that no step leaves.
    undetermined : int
        Directions of which the moments say nothing at all (:func:`undetermined`).
    """

    sigma: Array | None = None
    held: NDArray[np.bool_] | None = None
    box: Box | None = None
    undetermined: int = 0

    def derivatives(self, phi: Array) -> tuple[Array, Array]:
        """First and second derivatives of φ in u (r,), (r,)."""
        if self.sigma is None:
            return np.ones(len(phi)), np.zeros(len(phi))
        curved = np.isfinite(self.sigma)
        return (
            np.where(curved, np.hypot(phi, np.where(curved, self.sigma, 0.0)), 1.0),
            np.where(curved, phi, 0.0),
        )

    def moved(self, phi: Array, step: Array) -> Array:
        """φ after a step in u (r,)."""
        new = np.asarray(phi + step)
        if self.sigma is not None:
            sigma = np.where(np.isfinite(self.sigma), self.sigma, 1.0)
            u = np.clip(np.arcsinh(phi / sigma) + np.clip(step, -LONGEST, LONGEST), -END, END)
            new = np.where(np.isfinite(self.sigma), sigma * np.sinh(u), new)
        return new if self.box is None else self.box.inside(new)

    def between(self, phi: Array, new: Array) -> Array:
        """The step in u from one φ to another (r,)."""
        if self.sigma is None:
            return np.asarray(new - phi)
        sigma = np.where(np.isfinite(self.sigma), self.sigma, 1.0)
        return np.where(np.isfinite(self.sigma), np.arcsinh(new / sigma) - np.arcsinh(phi / sigma), new - phi)

    def kept(self, point: Point) -> NDArray[np.bool_]:
        """Coordinates that do not move from a point (r,)."""
        held = np.zeros(len(point.phi), dtype=bool) if self.held is None else self.held
        return held if self.box is None else held | self.box.held(point.phi, point.gradient)


STRAIGHT = Coordinates()


def minimise_in_region(
    objective: Objective,
    start: Array,
    n: float,
    max_iterations: int = 80,
    tolerance: float = 1e-12,
    coordinates: Coordinates = STRAIGHT,
    path: list[Array] | None = None,
    least_gain: float = 0.0,
) -> Optimum:
    """Minimise F over φ; parameters and stopping rule as for :func:`comply_measure.sem.optimise.minimise`.

    A search in logarithms ends besides where its last steps have gained nothing, without being called converged. Where
    a ``path`` is given, the points of the search are added to it.
    """
    point = objective.at(start if coordinates.box is None else coordinates.box.inside(start))
    if not np.isfinite(point.value):
        return Optimum(
            point, False, 0, "the implied covariance matrix at the start is not positive definite", np.inf
        )
    radius, decrement = FIRST_RADIUS, np.inf
    values: list[float] = []
    for iteration in range(1, max_iterations + 1):
        values.append(point.value)
        if path is not None and not (path and path[-1] is point.phi):
            path.append(point.phi)
        if coordinates.sigma is not None and creeps(values, n, FLAT):
            return Optimum(point, False, iteration, "the discrepancy falls without end", decrement)
        if creeps(values, n, least_gain):
            return Optimum(point, False, iteration, CREEPS, decrement)
        model = _Quadratic(point, coordinates, coordinates.kept(point))
        if not model.usable:
            return Optimum(point, False, iteration, "the derivatives are not finite", decrement)
        decrement = model.decrement
        if n * decrement < tolerance:
            return Optimum(point, True, iteration, "converged", decrement)
        step = model.step(radius)
        target = coordinates.moved(point.phi, model.back(step))
        if coordinates.box is not None:
            target = _bent(point, coordinates, model, radius)
            step = model.forth(coordinates.between(point.phi, target))
        length, promised = float(np.linalg.norm(step)), model.gain(step)
        if coordinates.box is not None and length < radius and 0.0 <= n * promised < tolerance:
            return Optimum(point, True, iteration, "converged", promised)
        candidate = objective.at(target)
        gained = point.value - candidate.value if np.isfinite(candidate.value) else -np.inf
        ratio = gained / promised if promised > 0.0 else -1.0
        if ratio < 0.25:
            radius = 0.25 * min(radius, length)
        elif ratio > 0.75 and length > 0.9 * radius:
            radius = min(2.0 * radius, LARGEST_RADIUS)
        if ratio > 1e-4:
            point = candidate
        elif abs(promised) < 1e-14 * max(1.0, abs(point.value)) or radius < SMALLEST_RADIUS:
            flat = n * decrement < 1e-6
            message = "converged" if flat else "no step reduces the discrepancy"
            return Optimum(point, flat, iteration, message, decrement)
    return Optimum(point, False, max_iterations, f"no convergence in {max_iterations} steps", decrement)


def scales(point: Point) -> Array:
    """Roots of the curvatures of F along the coordinates; the units of the parameters, inverted."""
    curvature = 2.0 * point.information_blocks.diagonal()
    return np.sqrt(np.where(curvature > 0.0, curvature, 1e-12 * curvature.max(initial=1e-300)))


def undetermined(point: Point) -> int:
    """How many directions the moments say nothing of, by the rank of the expected Hessian at an ordinary point."""
    if not (math.isfinite(point.value) and len(point.phi)):
        return 0
    relative, count = scales(point), 0
    blocks = point.information_blocks
    for place, block in zip(blocks.places, blocks.blocks, strict=True):
        scaled = 2.0 * block / relative[place] / relative[place][:, None]
        if not np.isfinite(scaled).all():
            return 0
        values = np.linalg.eigvalsh(scaled)
        count += int((values < SINGULAR * values[-1]).sum())
    return count


def _bent(point: Point, coordinates: Coordinates, model: _Quadratic, radius: float) -> Array:
    """Where the step within the radius leads when what leaves the box is put on its border (r,)."""
    kept, offset = coordinates.kept(point).copy(), np.zeros(len(point.phi))
    for _ in range(BENDS):
        step = model.back(model.step(radius)) + offset
        target = coordinates.moved(point.phi, step)
        reached = coordinates.between(point.phi, target)
        outside = ~kept & (np.abs(step - reached) > 1e-9 * np.abs(step))
        if not outside.any():
            break
        kept |= outside
        offset[outside] = reached[outside]
        model = _Quadratic(point, coordinates, kept, offset)
    return target


class _Quadratic:
    """The quadratic model of F at a point, in scaled coordinates along the eigenvectors of its Hessian.

    As many curvatures as there are undetermined directions count as slightly positive where they are zero but for
    rounding, whatever their sign: no step along them leads lower, and a point without another slope is a minimum.

    Coordinates that are held have no slope and unit curvature: steps leave them alone. Where they are displaced, the
    slope of the others is the one that is found there.
    """

    def __init__(
        self, point: Point, coordinates: Coordinates, held: NDArray[np.bool_], offset: Array | None = None
    ) -> None:
        first, second = coordinates.derivatives(point.phi)
        bend = second * point.gradient
        self.scale = scales(point) * first
        self.places = point.hessian_blocks.places
        self.vectors: list[Array] = []
        values = np.zeros(len(point.phi))
        along = np.zeros(len(point.phi))
        slope = point.gradient * first / self.scale
        moved = None if offset is None else offset * self.scale
        self.usable = bool(np.isfinite(slope).all())
        for place, block in zip(self.places, point.hessian_blocks.blocks, strict=True):
            relative = self.scale[place] / first[place]
            scaled = block / relative / relative[:, None]
            scaled.flat[:: len(place) + 1] += bend[place] / self.scale[place] ** 2
            if moved is not None:
                slope[place] += scaled @ moved[place]
            slope[place[held[place]]] = 0.0
            scaled[held[place]] = scaled[:, held[place]] = 0.0
            scaled[held[place], held[place]] = 1.0
            if not np.isfinite(scaled).all():
                self.usable = False
                break
            values[place], vectors = np.linalg.eigh(scaled)
            along[place] = vectors.T @ slope[place]
            self.vectors.append(vectors)
        if coordinates.undetermined:
            least = SINGULAR * float(np.abs(values).max())
            smallest = np.argsort(np.abs(values))[: coordinates.undetermined]
            values[smallest] = np.where(np.abs(values[smallest]) < least, least, values[smallest])
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

    def back(self, step: Array) -> Array:
        """A step along the eigenvectors as a step in the coordinates."""
        result = np.empty(len(step))
        for place, vectors in zip(self.places, self.vectors, strict=True):
            result[place] = vectors @ step[place]
        return np.asarray(result / self.scale)

    def forth(self, step: Array) -> Array:
        """A step in the coordinates along the eigenvectors."""
        result, scaled = np.empty(len(step)), step * self.scale
        for place, vectors in zip(self.places, self.vectors, strict=True):
            result[place] = vectors.T @ scaled[place]
        return result

    def gain(self, step: Array) -> float:
        """What the model promises for a step."""
        return -float(self.along @ step + 0.5 * np.sum(self.values * step**2))
