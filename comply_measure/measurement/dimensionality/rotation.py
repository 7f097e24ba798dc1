"""Rotation of factor loadings: orthogonal, oblique and towards a target, with several starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality import criteria
from comply_measure.measurement.dimensionality.criteria import Criterion
from comply_measure.measurement.dimensionality.gradient_projection import project
from comply_measure.measurement.linear_algebra import gram_inverse, inverse
from comply_measure.measurement.moments import Floats

RotationName = Literal[
    "none",
    "varimax",
    "quartimax",
    "equamax",
    "geomin_orthogonal",
    "target_orthogonal",
    "oblimin",
    "quartimin",
    "geomin",
    "promax",
    "target",
]
OBLIQUE = frozenset({"oblimin", "quartimin", "geomin", "promax", "target"})
TARGETS = frozenset({"target", "target_orthogonal"})
# Two starts found the same minimum if their criteria agree to this, relatively.
SAME_MINIMUM = 1e-6


@dataclass(frozen=True, slots=True)
class RotationOptions:
    """How to rotate.

    Attributes
    ----------
    name : str
        Criterion.
    gamma : float
        Oblimin's γ (0: quartimin; at most 0 is safe).
    epsilon : float
        Geomin's ε.
    power : float
        Promax's exponent.
    target : ndarray, shape (p, m), optional
        Wanted loadings, NaN where unspecified.
    kaiser : bool, optional
        Rows scaled to unit communality during rotation; by default for varimax and promax only.
    n_starts : int
        Starts; the first is the identity, the others are random orthogonal matrices.
    seed : int
        Of the random starts.
    """

    name: RotationName = "oblimin"
    gamma: float = 0.0
    epsilon: float = 0.01
    power: float = 4.0
    target: Floats | None = None
    kaiser: bool | None = None
    n_starts: int = 10
    seed: int = 1

    @property
    def oblique(self) -> bool:
        """Whether factors may correlate."""
        return self.name in OBLIQUE

    @property
    def normalises(self) -> bool:
        """Whether rows are scaled to unit communality."""
        return self.name in ("varimax", "promax") if self.kaiser is None else self.kaiser


@dataclass(frozen=True, slots=True)
class Rotation:
    """Rotated loadings.

    Attributes
    ----------
    loadings : ndarray, shape (p, m)
        Pattern matrix Λ.
    factor_correlation : ndarray, shape (m, m)
        Φ; the identity when orthogonal.
    transformation : ndarray, shape (m, m)
        M with ``Λ = A M`` and ``Φ = (M'M)⁻¹``.
    value : float
        Criterion; NaN for ``none`` and ``promax``.
    converged : bool
    n_starts, n_same : int
        Starts, and how many of them reached the smallest criterion.
    name : str
    """

    loadings: Floats
    factor_correlation: Floats
    transformation: Floats
    value: float
    converged: bool
    n_starts: int
    n_same: int
    name: str


def criterion_of(options: RotationOptions, n_items: int, n_factors: int) -> Criterion:
    """The criterion with its constants filled in."""
    name = options.name
    functions: dict[str, Callable[[Floats], criteria.Value]] = {
        "varimax": criteria.varimax,
        "quartimax": criteria.quartimax,
        "equamax": partial(criteria.crawford_ferguson, kappa=n_factors / (2.0 * n_items)),
        "geomin_orthogonal": partial(criteria.geomin, epsilon=options.epsilon),
        "oblimin": partial(criteria.oblimin, gamma=options.gamma),
        "quartimin": partial(criteria.oblimin, gamma=0.0),
        "geomin": partial(criteria.geomin, epsilon=options.epsilon),
    }
    if name in TARGETS and options.target is not None:
        weights = np.isfinite(options.target).astype(np.float64)
        wanted = np.where(np.isfinite(options.target), options.target, 0.0)
        return Criterion(
            name, options.oblique, partial(criteria.target, wanted=wanted[None], weights=weights[None])
        )
    return Criterion(name, options.oblique, functions[name])


def rotate(loadings: Floats, options: RotationOptions | RotationName = "oblimin") -> Rotation:
    """Rotate loadings to simple structure or towards a target.

    Criteria: see :mod:`.criteria`; ``promax`` raises varimax loadings to a power and fits them by least
    squares (Hendrickson & White 1964). Minimised by gradient projection from several starts; the smallest
    criterion wins. Factors come out by explained variance, ``diag(ΦΛ'Λ)``, each with a positive sum of
    loadings; a target keeps its own order and signs.

    Parameters
    ----------
    loadings : ndarray, shape (p, m)
        Unrotated (orthogonal) loadings.
    options : RotationOptions or str

    Returns
    -------
    Rotation
        With one factor nothing is rotated.

    Raises
    ------
    InputError
        Unknown rotation, loadings that are not finite, or a target of another shape or without entries.
    """
    options = RotationOptions(options) if isinstance(options, str) else options
    unrotated = np.asarray(loadings, dtype=np.float64)
    if unrotated.ndim != 2 or not unrotated.size:
        fault = Problem("loadings", value=unrotated.shape, allowed="a matrix, items by factors")
        raise InputError("Loadings cannot be rotated.", [fault])
    check_rotation(unrotated, options)
    m = unrotated.shape[1]
    if options.name == "none" or m == 1:
        return Rotation(unrotated.copy(), np.eye(m), np.eye(m), float("nan"), True, 1, 1, "none")
    weight = np.ones(len(unrotated))
    if options.normalises:
        communality = (unrotated**2).sum(axis=1)
        weight = np.where(communality > 0, np.sqrt(communality), 1.0)
    scaled = unrotated / weight[:, None]
    if options.name == "promax":
        found = _promax(scaled, options)
    else:
        found = _best_start(scaled, options)
    matrix, value, converged, same = found
    if options.name not in TARGETS:
        matrix = ordered(unrotated, matrix)
    correlation = gram_inverse(matrix) if options.oblique else np.eye(m)
    return Rotation(
        unrotated @ matrix, correlation, matrix, value, converged, options.n_starts, same, options.name
    )


def check_rotation(loadings: Floats, options: RotationOptions) -> None:
    """Raise an InputError that lists unusable loadings and options."""
    problems = []
    if options.name not in get_args(RotationName):
        problems.append(Problem("rotation", value=options.name, allowed=", ".join(get_args(RotationName))))
    if loadings.ndim != 2 or not np.isfinite(loadings).all():
        problems.append(Problem("loadings", value=loadings.shape, allowed="finite, items × factors"))
    if options.n_starts < 1:
        problems.append(Problem("n_starts", value=options.n_starts, allowed="at least 1"))
    if not options.epsilon > 0:
        problems.append(Problem("epsilon", value=options.epsilon, allowed="greater than 0"))
    if options.name in TARGETS:
        shape = None if options.target is None else np.shape(options.target)
        if shape != loadings.shape:
            problems.append(Problem("target", value=shape, allowed=f"shape {loadings.shape}"))
        elif options.target is None or not np.isfinite(options.target).any():
            problems.append(Problem("target", value="no entries", allowed="at least one wanted loading"))
    if problems:
        raise InputError("Loadings cannot be rotated.", problems)


def _best_start(scaled: Floats, options: RotationOptions) -> tuple[Floats, float, bool, int]:
    """Transformation with the smallest criterion, its value, convergence, starts that reached it."""
    p, m = scaled.shape
    starts = random_starts(m, options.n_starts, np.random.default_rng(options.seed))
    criterion = criterion_of(options, p, m)
    end = project(np.broadcast_to(scaled, (len(starts), p, m)), criterion, starts, rivals=True)
    best = int(np.argmin(end.value))
    same = end.value <= end.value[best] + SAME_MINIMUM * max(abs(float(end.value[best])), 1e-12)
    t = end.transformation[best]
    matrix = inverse(t).T if options.oblique else t
    return matrix, float(end.value[best]), bool(end.converged[best]), int(same.sum())


def random_starts(n_factors: int, n_starts: int, rng: np.random.Generator) -> Floats:
    """The identity and uniformly random orthogonal matrices, shape (n_starts, m, m)."""
    q, r = np.linalg.qr(rng.standard_normal((n_starts, n_factors, n_factors)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    q[0] = np.eye(n_factors)
    return np.asarray(q)


def _promax(scaled: Floats, options: RotationOptions) -> tuple[Floats, float, bool, int]:
    """Varimax, then least squares towards its powered loadings, columns scaled to unit factor variance."""
    varimax = RotationOptions("varimax", kaiser=False, n_starts=options.n_starts, seed=options.seed)
    matrix, _, converged, same = _best_start(scaled, varimax)
    matrix = matrix @ promax_transformation((scaled @ matrix)[None], options.power)[0]
    return matrix, float("nan"), converged, same


def promax_transformation(simple: Floats, power: float) -> Floats:
    """Least squares of powered loadings on the loadings, columns scaled to unit factor variance.

    Shapes (B, p, m) to (B, m, m).
    """
    wanted = simple * np.abs(simple) ** (power - 1.0)
    transposed = simple.transpose(0, 2, 1)
    fitted = np.asarray(np.linalg.solve(transposed @ simple, transposed @ wanted), dtype=np.float64)
    scale = np.sqrt(np.diagonal(gram_inverse(fitted), axis1=1, axis2=2))
    return np.asarray(fitted * scale[:, None, :])


def ordered(unrotated: Floats, matrix: Floats) -> Floats:
    """Transformation with columns by explained variance, signs by positive sums of loadings."""
    loadings = unrotated @ matrix
    explained = np.diag(gram_inverse(matrix) @ loadings.T @ loadings)
    order = np.argsort(-explained, kind="stable")
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return np.asarray((matrix * signs)[:, order])
