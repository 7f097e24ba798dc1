"""Named problems of a fit: what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.implied import Implied
from comply_measure.sem.model import Model

TOLERANCE = 1.8e-12  # eigenvalues above minus this count as not negative (as lavaan: ε^¾)


@dataclass(frozen=True)
class Finding:
    """One problem.

    Attributes
    ----------
    code : str
        Short key, such as ``heywood`` or ``not_converged``.
    message : str
        What was found, with the names concerned.
    advice : str
        What a user can do.
    serious : bool
        Whether estimates or tests should not be trusted because of it.
    """

    code: str
    message: str
    advice: str = ""
    serious: bool = True

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message


def admissibility(model: Model, implied: list[Implied]) -> Iterator[Finding]:
    """Negative variances and covariance matrices that are not positive definite.

    Parameters
    ----------
    model : Model
        The model.
    implied : list of Implied
        Moments at the optimum, one per group.
    """
    for number, at in enumerate(implied):
        group = model.sample.groups[number].name
        place = f" in group '{group}'" if group else ""
        yield from _negative_variances(model, at, number, place)
        yield from _latent_matrix(at, place)
        yield from _residual_matrix(at, place)


def _negative_variances(model: Model, at: Implied, number: int, place: str) -> Iterator[Finding]:
    table = model.table
    values = at.theta
    latent = set(table.variables[number].latent)
    found: dict[bool, list[str]] = {True: [], False: []}
    for row in np.flatnonzero((table.group == number + 1) & (table.free > 0)):
        if table.op[row] != "~~" or table.lhs[row] != table.rhs[row]:
            continue
        value = values[table.free[row] - 1 - at.layout.first]
        if value < 0.0:
            found[table.lhs[row] in latent].append(f"{table.lhs[row]} ({value:.3g})")
    if found[False]:
        names = ", ".join(found[False])
        advice = "a Heywood case: the model may be wrong or the sample too small for it"
        yield Finding("heywood", f"negative residual variance{place}: {names}", advice)
    if found[True]:
        names = ", ".join(found[True])
        advice = "check the model, or whether a factor is needed at all"
        yield Finding("negative_latent_variance", f"negative latent variance{place}: {names}", advice)


def _latent_matrix(at: Implied, place: str) -> Iterator[Finding]:
    layout = at.layout
    keep = [i for i, name in enumerate(layout.sources) if name not in layout.observed]
    if not keep:
        return
    V = at.V[np.ix_(keep, keep)]
    smallest = float(np.linalg.eigvalsh(V)[0])
    if smallest < -TOLERANCE:
        names = _involved(V, [layout.sources[i] for i in keep])
        yield Finding(
            "latent_covariance",
            f"covariance matrix of the latent variables{place} is not positive definite "
            f"(eigenvalue {smallest:.3g}; {names})",
            "look for correlations above 1 between latent variables, or negative variances",
        )


def _residual_matrix(at: Implied, place: str) -> Iterator[Finding]:
    theta = at.layout.residuals.at(at.theta)
    off = np.count_nonzero(theta) - np.count_nonzero(theta.diagonal())
    if not off:
        return
    keep = np.flatnonzero(np.any(theta, axis=1))
    block = theta[np.ix_(keep, keep)]
    smallest = float(np.linalg.eigvalsh(block)[0])
    if smallest < -TOLERANCE and block.diagonal().min() >= 0.0:
        names = _involved(block, [at.layout.observed[i] for i in keep])
        yield Finding(
            "residual_covariance",
            f"residual covariance matrix{place} is not positive definite "
            f"(eigenvalue {smallest:.3g}; {names})",
            "look for residual correlations above 1",
        )


def _involved(matrix: np.ndarray, names: list[str]) -> str:
    _, vectors = np.linalg.eigh(matrix)
    weights = np.abs(vectors[:, 0])
    return ", ".join(name for name, w in zip(names, weights, strict=True) if w > 0.3 * weights.max())
