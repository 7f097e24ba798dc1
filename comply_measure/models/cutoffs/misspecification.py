"""The ways in which a fitted factor model might be wrong, as population correlation matrices.

Several factors (McNeish & Wolf 2021): level k leaves out the first k of F − 1 cross-loadings. The items are the
weakest of their factors, in order of their loadings (factors with at least three items first); each crosses to
the factor with the highest coefficient H whose pair with the item's own factor is not used yet. The cross-loading
has the size of the item's own loading, but at most ``.95 (√(λ²φ² + 1 − λ²) − λφ)``, so that the item's variance
stays 1.

One factor (McNeish & Wolf 2023): residual correlations of .30 between neighbours in the order of the loadings;
with J items ``L₃ = ⌊J/2⌋`` pairs, two thirds and one third of them on the lower levels (one level for four items,
two for five).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit
from comply_measure.statistics.correlation import to_correlations

Floats = NDArray[np.float64]
RESIDUAL_CORRELATION = 0.30
SAFETY = 0.95


@dataclass(frozen=True, slots=True)
class FactorStructure:
    """Standardised first-order part of a fitted model.

    Attributes
    ----------
    items, factors : tuple of str
    loadings : ndarray, shape (p, F)
        One non-zero entry per row.
    correlations : ndarray, shape (F, F)
        Model-implied correlations of the first-order factors, higher-order factors included.
    residuals : ndarray, shape (p, p)
        Standardised residual covariances.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    correlations: Floats
    residuals: Floats

    @property
    def correlation_matrix(self) -> Floats:
        """What the model implies (p, p)."""
        return np.asarray(self.loadings @ self.correlations @ self.loadings.T + self.residuals)


@dataclass(frozen=True, slots=True)
class Misspecification:
    """One level.

    Attributes
    ----------
    level : int
    description : str
        What the fitted model would leave out.
    magnitude : float
        Size of the parameter that this level adds.
    correlation : ndarray, shape (p, p)
        Population correlations.
    """

    level: int
    description: str
    magnitude: float
    correlation: Floats


def factor_structure(fit: Fit) -> FactorStructure:
    """First-order factors of a fitted model of one group.

    Raises
    ------
    ComplyError
        When the model did not converge, has several groups, paths among observed variables, items on several
        factors (bifactor models, composites) or a negative variance.
    """
    if fit.unreached:
        raise ComplyError(f"dynamic cut-offs need an optimum, and the model {fit.unreached}")
    if len(fit.model.sample.groups) != 1:
        raise ComplyError("dynamic cut-offs need one group")
    at, layout = fit.optimum.point.implied[0], fit.model.layouts[0]
    if set(layout.sources) & set(layout.observed) or layout.has_cross:
        raise ComplyError("dynamic cut-offs are defined for factor models")
    scale = np.sqrt(np.diag(at.sigma))
    spread = np.sqrt(np.diag(at.V))
    measured = np.flatnonzero(np.abs(at.T).any(axis=0))
    if ((np.abs(at.T) > 0).sum(axis=1) != 1).any():
        raise ComplyError("dynamic cut-offs are defined for items with one factor each")
    if not (np.isfinite(spread).all() and (spread > 0).all()):
        raise ComplyError("a factor has no positive variance: no dynamic cut-offs")
    loadings = (at.T * spread / scale[:, None])[:, measured]
    phi = to_correlations(at.V)[np.ix_(measured, measured)]
    correlation = to_correlations(at.sigma)
    residuals = correlation - loadings @ phi @ loadings.T
    if (np.diag(residuals) <= 0).any():
        raise ComplyError("a residual variance is not positive: no dynamic cut-offs")
    names = tuple(layout.sources[i] for i in measured)
    return FactorStructure(tuple(layout.observed), names, loadings, phi, residuals)


def misspecifications(structure: FactorStructure) -> tuple[Misspecification, ...]:
    """All levels, mildest first.

    Raises
    ------
    ComplyError
        When there are too few items to leave anything out.
    """
    if len(structure.factors) == 1:
        return _residual_levels(structure)
    return _cross_loading_levels(structure)


def _free_items(structure: FactorStructure) -> NDArray[np.intp]:
    """Items without a residual correlation in the model."""
    off = structure.residuals - np.diag(np.diag(structure.residuals))
    return np.flatnonzero((np.abs(off) < 1e-10).all(axis=0))


def _residual_levels(structure: FactorStructure) -> tuple[Misspecification, ...]:
    strength = np.abs(structure.loadings[:, 0])
    order = sorted(_free_items(structure).tolist(), key=lambda i: strength[i])
    if len(order) < 4:
        raise ComplyError("a one-factor model needs 4 items to leave a residual correlation out")
    most = len(order) // 2
    counts = {4: [1], 5: [1, 2]}.get(len(order), [most // 3, 2 * most // 3, most])
    pairs = [(order[2 * i], order[2 * i + 1]) for i in range(most)]
    theta = np.sqrt(np.diag(structure.residuals))
    base = structure.correlation_matrix
    levels = []
    for level, count in enumerate(counts, start=1):
        matrix = base.copy()
        for i, j in pairs[:count]:
            matrix[i, j] = matrix[j, i] = base[i, j] + RESIDUAL_CORRELATION * theta[i] * theta[j]
        text = f"{count} residual correlation{'s' if count > 1 else ''} of {RESIDUAL_CORRELATION:.2f}"
        levels.append(Misspecification(level, text, RESIDUAL_CORRELATION, matrix))
    return tuple(levels)


@dataclass(frozen=True, slots=True)
class _Cross:
    item: int
    factor: int
    size: float


def _cross_loading_levels(structure: FactorStructure) -> tuple[Misspecification, ...]:
    crosses = _crosses(structure)
    if not crosses:
        raise ComplyError("no item can take a cross-loading")
    levels = []
    loadings = structure.loadings.copy()
    for level, cross in enumerate(crosses, start=1):
        loadings[cross.item, cross.factor] = cross.size
        matrix = loadings @ structure.correlations @ loadings.T
        off = structure.residuals - np.diag(np.diag(structure.residuals))
        matrix = matrix + off
        np.fill_diagonal(matrix, 1.0)
        text = f"cross-loading of {structure.items[cross.item]} on {structure.factors[cross.factor]}"
        levels.append(Misspecification(level, text, abs(cross.size), matrix))
    return tuple(levels)


def _crosses(structure: FactorStructure) -> list[_Cross]:
    """F − 1 cross-loadings in the published order."""
    own = np.argmax(np.abs(structure.loadings), axis=1)
    strength = np.abs(structure.loadings).max(axis=1)
    count = np.bincount(own, minlength=len(structure.factors))
    free = _free_items(structure).tolist()
    weakest = [
        min((i for i in free if own[i] == factor), key=lambda i: strength[i], default=-1)
        for factor in range(len(structure.factors))
    ]
    chosen = sorted((i for i in weakest if i >= 0), key=lambda i: (count[own[i]] < 3, strength[i]))
    h = _coefficient_h(structure)
    used: set[frozenset[int]] = set()
    crosses = []
    for item in chosen[: len(structure.factors) - 1]:
        home = int(own[item])
        targets = [f for f in range(len(structure.factors)) if f != home and frozenset((f, home)) not in used]
        if not targets:
            continue
        target = max(targets, key=lambda f: h[f])
        used.add(frozenset((target, home)))
        crosses.append(_Cross(item, target, _size(structure, item, home, target)))
    return crosses


def _size(structure: FactorStructure, item: int, home: int, target: int) -> float:
    """Size of a cross-loading that leaves room for a residual; its sign makes it add to the variance as λφ does."""
    own = float(structure.loadings[item, home])
    phi = float(structure.correlations[home, target])
    square = own**2
    # in the published rule λ and φ are positive; signs are carried so that the bound stays the same
    sign = 1.0 if own >= 0 else -1.0
    most = SAFETY * (np.sqrt(square * phi**2 + 1.0 - square) - abs(own) * phi)
    return float(sign * min(abs(own), most))


def _coefficient_h(structure: FactorStructure) -> Floats:
    """H of every factor: ``1 / (1 + 1 / Σ λ²/(1 − λ²))`` (Hancock & Mueller 2001)."""
    square = structure.loadings**2
    return np.asarray(1.0 / (1.0 + 1.0 / (square / (1.0 - square)).sum(axis=0)))
