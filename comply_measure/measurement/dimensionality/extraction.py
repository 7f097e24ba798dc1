"""Common factors of correlation matrices by maximum likelihood, minres or principal axes, many matrices at once.

With the loadings concentrated out, both discrepancies are functions of the p unique variances alone, and of
the p − m smallest eigenvalues (Jöreskog 1967; Harman & Jones 1966). Their exact second derivatives are
products of eigenvectors, so Newton's method reaches the optimum to rounding error in a few steps, which
matters for standard errors by resampling and for comparisons with other programs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.principal_axes import principal_axes
from comply_measure.measurement.linear_algebra import eigenvalues_descending
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.ranges import correlation_range, is_count, require

Method = Literal["ml", "minres", "paf"]
Bools = NDArray[np.bool_]

# A unique variance at or below this is a Heywood case (the bound of R's factanal and of psych::fa).
LOWER = 0.005
MAX_ITERATIONS = 200
# Largest entry of the projected gradient at the optimum.
TOLERANCE = 1e-9
SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class Extraction:
    """Unrotated common factors of one or more correlation matrices.

    Attributes
    ----------
    loadings : ndarray, shape (..., p, m)
        In principal-axis orientation, columns by size; each column sums to zero or more.
    uniquenesses : ndarray, shape (..., p)
        ψ.
    discrepancy : ndarray, shape (...)
        F at the optimum; for ``paf`` that of minres.
    converged : ndarray of bool, shape (...)
    heywood : ndarray of bool, shape (..., p)
        ψ at its lower bound.
    n_iterations : int
        Until the slowest matrix stopped.
    method : str
    """

    loadings: Floats
    uniquenesses: Floats
    discrepancy: Floats
    converged: Bools
    heywood: Bools
    n_iterations: int
    method: str


def extract(
    correlation: Floats,
    n_factors: int,
    method: Method = "ml",
    *,
    lower: float = LOWER,
    tolerance: float | None = None,
    max_iterations: int = MAX_ITERATIONS,
) -> Extraction:
    """Unrotated common factors.

    * ``ml``: minimises ``log|Σ| + tr(RΣ⁻¹) − log|R| − p`` with ``Σ = ΛΛ' + Ψ`` (Lawley 1940; Jöreskog 1967).
    * ``minres``: minimises ``½ Σ_ij (R − Σ)²_ij``, which is least squares of the off-diagonal residuals
      (Harman & Jones 1966; the same solution as ULS).
    * ``paf``: iterated principal axes from squared multiple correlations (Thomson 1934); it approaches the
      minres solution linearly and stops when no communality moves by ``tolerance``.

    Parameters
    ----------
    correlation : ndarray, shape (p, p) or (B, p, p)
        Finite, unit diagonal.
    n_factors : int
        m, with ``(p − m)² ≥ p + m``.
    method : {"ml", "minres", "paf"}
    lower : float
        Lower bound of ψ.
    tolerance : float, optional
        Largest projected gradient (default 1e-9), or change of a communality for ``paf`` (default 1e-6).
    max_iterations : int
        For ``paf`` fifty times as many.

    Returns
    -------
    Extraction
        A matrix that is not positive definite has no ML solution: NaN, not converged.

    Raises
    ------
    InputError
        Unknown method, too many factors, or a matrix that is not a finite correlation matrix.
    """
    matrices = np.asarray(correlation, dtype=np.float64)
    _check(matrices, n_factors, method)
    require(
        "Factors cannot be extracted.",
        ("lower", lower, "a number between 0 and 1", 0 < lower < 1),
        correlation_range("correlation", matrices),
        ("tolerance", tolerance, "a number above 0", tolerance is None or tolerance > 0),
        ("max_iterations", max_iterations, "at least 1", is_count(max_iterations, 1)),
    )
    stack = matrices.reshape(-1, *matrices.shape[-2:])
    usable = np.linalg.eigvalsh(stack)[:, 0] > SINGULAR if method == "ml" else np.ones(len(stack), dtype=bool)
    psi = np.full(stack.shape[:2], np.nan)
    converged = np.zeros(len(stack), dtype=bool)
    steps = 0
    if usable.any() and method == "paf":
        psi[usable], converged[usable], steps = principal_axes(
            stack[usable], n_factors, lower, tolerance or 1e-6, 50 * max_iterations
        )
    elif usable.any():
        problem = _Problem(stack[usable], n_factors, method, lower)
        psi[usable], converged[usable], steps = _minimise(problem, tolerance or TOLERANCE, max_iterations)
    loadings, value = _solution(stack, psi, n_factors, method)
    shape = matrices.shape[:-2]
    return Extraction(
        loadings.reshape(*shape, *loadings.shape[1:]),
        psi.reshape(*shape, -1),
        value.reshape(shape),
        converged.reshape(shape),
        (psi <= lower * (1 + 1e-9)).reshape(*shape, -1),
        steps,
        method,
    )


def degrees_of_freedom(n_items: int, n_factors: int) -> int:
    """Degrees of freedom of the m-factor model: ``[(p − m)² − (p + m)] / 2``."""
    return ((n_items - n_factors) ** 2 - (n_items + n_factors)) // 2


def most_factors(n_items: int) -> int:
    """Largest m with non-negative degrees of freedom (Ledermann 1937)."""
    return max((m for m in range(n_items) if degrees_of_freedom(n_items, m) >= 0), default=0)


def squared_multiple_correlations(correlation: Floats) -> Floats:
    """R² of each item on all others: ``1 − 1/(R⁻¹)_ii`` (Guttman 1956); NaN for a singular matrix.

    Shapes (..., p, p) to (..., p).
    """
    values, vectors = np.linalg.eigh(correlation)
    singular = values[..., :1] <= SINGULAR
    safe = np.where(singular, 1.0, values)
    diagonal = (vectors**2 / safe[..., None, :]).sum(axis=-1)
    return np.asarray(np.where(singular, np.nan, 1.0 - 1.0 / diagonal))


def _check(matrices: Floats, n_factors: int, method: str) -> None:
    problems = []
    if method not in get_args(Method):
        problems.append(Problem("method", value=method, allowed=", ".join(get_args(Method))))
    square = matrices.ndim in (2, 3) and matrices.shape[-1] == matrices.shape[-2]
    if not square or not np.isfinite(matrices).all():
        problems.append(Problem("correlation", value=matrices.shape, allowed="finite square matrices"))
    elif not np.allclose(np.diagonal(matrices, axis1=-2, axis2=-1), 1.0, atol=1e-8):
        problems.append(Problem("correlation", value="diagonal", allowed="ones on the diagonal"))
    elif not 1 <= n_factors <= most_factors(matrices.shape[-1]):
        allowed = f"1 to {most_factors(matrices.shape[-1])} for {matrices.shape[-1]} items"
        problems.append(Problem("n_factors", value=n_factors, allowed=allowed))
    if problems:
        raise InputError("Factors cannot be extracted.", problems)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Discrepancies as functions of x: log ψ for ML, ψ for minres."""

    matrices: Floats
    n_factors: int
    method: str
    lower: float

    @property
    def bounds(self) -> tuple[float, float]:
        return (float(np.log(self.lower)), 0.0) if self.method == "ml" else (self.lower, 1.0)

    def start(self) -> Floats:
        smc = squared_multiple_correlations(self.matrices)
        p = self.matrices.shape[-1]
        psi = (1.0 - 0.5 * self.n_factors / p) * (1.0 - smc)
        psi = np.clip(np.where(np.isnan(psi), 0.5, psi), 2.0 * self.lower, 1.0)
        return np.asarray(np.log(psi) if self.method == "ml" else psi)

    def psi(self, x: Floats) -> Floats:
        return np.asarray(np.exp(x) if self.method == "ml" else x)

    def take(self, rows: Bools) -> _Problem:
        return _Problem(self.matrices[rows], self.n_factors, self.method, self.lower)

    def reduced(self, x: Floats) -> Floats:
        """The matrix whose smallest eigenvalues make up F."""
        if self.method == "ml":
            scale = np.exp(-0.5 * x)
            return np.asarray(self.matrices * scale[:, :, None] * scale[:, None, :])
        return self.matrices - x[:, :, None] * np.eye(x.shape[1])

    def value(self, x: Floats) -> Floats:
        rest = eigenvalues_descending(self.reduced(x))[:, self.n_factors :]
        return self._value(rest)

    def _value(self, rest: Floats) -> Floats:
        if self.method == "ml":
            return np.asarray((rest - np.log(rest) - 1.0).sum(axis=1))
        return np.asarray(0.5 * (rest**2).sum(axis=1))

    def derivatives(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """F, its gradient and Hessian; shapes (B,), (B, p), (B, p, p).

        With eigenvectors ω: a derivative of an eigenvalue is −λ_k ω_ik² (ML) or −ω_ik² (minres), and those
        of the eigenvectors bring in the ratios below (Clarke 1970 for ML).
        """
        values, vectors = np.linalg.eigh(self.reduced(x))
        m = self.n_factors
        rest, lead = values[:, :-m], values[:, -m:]
        minor, major = vectors[:, :, :-m], vectors[:, :, -m:]
        gap = np.maximum(lead[:, None, :] - rest[:, :, None], 1e-10)
        within = minor @ minor.transpose(0, 2, 1)
        if self.method == "ml":
            gradient = ((1.0 - rest)[:, None, :] * minor**2).sum(axis=2)
            weighted = (minor * rest[:, None, :]) @ minor.transpose(0, 2, 1)
            hessian = weighted * within
            ratio = (1.0 - rest)[:, :, None] * (lead[:, None, :] + rest[:, :, None]) / gap
        else:
            gradient = -(rest[:, None, :] * minor**2).sum(axis=2)
            hessian = within**2
            ratio = -2.0 * rest[:, :, None] / gap
        for k in range(m):
            inner = (minor * ratio[:, None, :, k]) @ minor.transpose(0, 2, 1)
            hessian = hessian + inner * (major[:, :, None, k] * major[:, None, :, k])
        return self._value(rest), gradient, hessian


def _minimise(problem: _Problem, tolerance: float, max_iterations: int) -> tuple[Floats, Bools, int]:
    """Projected Newton steps on every matrix: ψ, converged, iterations."""
    x = problem.start()
    converged = np.zeros(len(x), dtype=bool)
    low, high = problem.bounds
    steps = 0
    while steps < max_iterations and not converged.all():
        open_ = ~converged
        part = problem.take(open_)
        here = x[open_]
        value, gradient, hessian = part.derivatives(here)
        held = ((here <= low) & (gradient > 0)) | ((here >= high) & (gradient < 0))
        gradient = np.where(held, 0.0, gradient)
        done = np.abs(gradient).max(axis=1) < tolerance
        moved, stuck = _step(part, here, value, gradient, hessian, held)
        x[open_] = np.where(done[:, None], here, moved)
        # no decrease within rounding error along a descent direction: this is the optimum
        converged[open_] = done | (stuck & (np.abs(gradient).max(axis=1) < 1e3 * tolerance))
        if (stuck & ~done).all():
            break
        steps += 1
    return problem.psi(x), converged, steps


def _step(
    problem: _Problem, x: Floats, value: Floats, gradient: Floats, hessian: Floats, held: Bools
) -> tuple[Floats, Bools]:
    """One Newton step with a curvature made positive, kept in the box, shortened until F falls."""
    both = held[:, :, None] | held[:, None, :]
    curvature = np.where(both, np.eye(x.shape[1]), hessian)
    values, vectors = np.linalg.eigh(curvature)
    size = np.maximum(np.abs(values), 1e-8 * np.abs(values).max(axis=1, keepdims=True))
    rotated = (vectors.transpose(0, 2, 1) @ gradient[:, :, None])[:, :, 0]
    step = -(vectors @ (rotated / size)[:, :, None])[:, :, 0]
    out, todo = x.copy(), np.ones(len(x), dtype=bool)
    _search(problem, x, value, gradient, step, out, todo)
    if todo.any():
        # at a corner of the box a clipped Newton step may climb; a scaled gradient step never does
        slope = np.maximum(np.abs(np.diagonal(hessian, axis1=1, axis2=2)), 1e-3)
        _search(problem, x, value, gradient, -gradient / slope, out, todo)
    return out, todo


def _search(
    problem: _Problem, x: Floats, value: Floats, gradient: Floats, step: Floats, out: Floats, todo: Bools
) -> None:
    """Shorten the steps of the rows still to do until F falls enough; fills ``out``, clears ``todo``."""
    low, high = problem.bounds
    longest = np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300)
    step = step * np.minimum(1.0, (2.0 if problem.method == "ml" else 0.5) / longest)
    share = 1.0
    for _ in range(20):
        trial = np.clip(x[todo] + share * step[todo], low, high)
        slope = (gradient[todo] * (trial - x[todo])).sum(axis=1)
        got = problem.take(todo).value(trial)
        good = got <= value[todo] + 1e-4 * slope + 1e-14 * (1.0 + np.abs(value[todo]))
        good &= (slope < 0) | (np.abs(slope) <= 1e-14)
        rows = np.flatnonzero(todo)[good]
        out[rows] = trial[good]
        todo[rows] = False
        if not todo.any():
            break
        share *= 0.5


def _solution(stack: Floats, psi: Floats, n_factors: int, method: str) -> tuple[Floats, Floats]:
    """Loadings in canonical order and signs, and the discrepancy."""
    p = stack.shape[-1]
    loadings, value = np.full((len(stack), p, n_factors), np.nan), np.full(len(stack), np.nan)
    known = np.isfinite(psi).all(axis=1)
    if not known.any():
        return loadings, value
    kind: Method = "ml" if method == "ml" else "minres"
    problem = _Problem(stack[known], n_factors, kind, LOWER)
    x = np.log(psi[known]) if kind == "ml" else psi[known]
    values, vectors = np.linalg.eigh(problem.reduced(x))
    value[known] = problem._value(values[:, :-n_factors])
    values, vectors = values[:, ::-1][:, :n_factors], vectors[:, :, ::-1][:, :, :n_factors]
    if kind == "ml":
        found = vectors * np.sqrt(np.maximum(values - 1.0, 0.0))[:, None, :]
        found = found * np.sqrt(psi[known])[:, :, None]
    else:
        found = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    sums = found.sum(axis=1, keepdims=True)
    loadings[known] = found * np.where(sums < 0, -1.0, 1.0)
    return loadings, value
