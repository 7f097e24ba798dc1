"""Robust fit indices for ordered variables: normal-theory ML evaluated at the least-squares estimates.

DWLS statistics make poor fit indices. Savalei (2021, Multivariate Behavioral Research 56, 390-407) evaluates
the ML discrepancy of the polychoric matrix R at the DWLS estimates and corrects it for the asymptotic
covariance of R::

    T = Σ n_g (log|Σ_g| + tr(R_g Σ_g⁻¹) − log|R_g| − p)
    c = tr(Aᵀ V A Γ) / df,   A = I − J E⁻¹ Jᵀ W          T₀ = −Σ n_g log|R_g|,   c₀ = tr(Γ) / df₀

with V the normal-theory weight of correlations, ``yᵀ V y = ½ tr(Σ⁻¹ Y Σ⁻¹ Y)`` for Y symmetric with zero
diagonal and y below it; J, W and Γ refer to correlations only, groups weighted as in the scaled tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError, inverse_and_logdet
from comply_measure.sem.ordinal.discrepancy import OrdinalEvaluation

CHUNK = 128
# Smallest eigenvalue of a polychoric matrix that counts as positive (as in lavaan).
SMALLEST = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, slots=True)
class CategoricalML:
    """Statistics of the ML discrepancy at the least-squares estimates.

    Attributes
    ----------
    chisq, scaling : float
        T and c.
    baseline_chisq, baseline_scaling : float
        T₀ and c₀.
    """

    chisq: float
    scaling: float
    baseline_chisq: float
    baseline_scaling: float


UNDEFINED = CategoricalML(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class _Group:
    """One group's polychoric matrix, implied matrix and derivatives."""

    n: float
    share: float
    columns: Index
    jacobian: Array
    weights: Array
    root: Array
    inverse: Array
    value: float
    logdet: float


def categorical_ml(
    evaluations: Sequence[OrdinalEvaluation], shares: Sequence[float], inverse: Array, df: float
) -> CategoricalML:
    """Statistics for robust CFI, TLI and RMSEA.

    Parameters
    ----------
    evaluations : sequence of OrdinalEvaluation
        One per group, at the estimates; every variable ordered, thresholds without structure, diagonal weights.
    shares : sequence of float
        Share of each group in the cases.
    inverse : array (q, q)
        E⁻¹ in θ.
    df : float
        Degrees of freedom of the model.

    Returns
    -------
    CategoricalML
        NaN throughout if a polychoric or an implied matrix is not positive definite.
    """
    groups = []
    for evaluation, share in zip(evaluations, shares, strict=True):
        group = _prepare(evaluation, share)
        if group is None:
            return UNDEFINED
        groups.append(group)
    trace = sum(_trace(groups, number, inverse) for number in range(len(groups)))
    n_pairs = sum(len(group.weights) for group in groups)
    baseline = sum(float(np.vdot(group.root, group.root)) / group.share for group in groups)
    return CategoricalML(
        chisq=sum(group.n * group.value for group in groups),
        scaling=trace / df if df > 0 else math.nan,
        baseline_chisq=-sum(group.n * group.logdet for group in groups),
        baseline_scaling=baseline / n_pairs,
    )


def _prepare(evaluation: OrdinalEvaluation, share: float) -> _Group | None:
    """Pieces of one group; None if a matrix is not positive definite."""
    implied, sample = evaluation.implied, evaluation.sample
    R, sigma = sample.cov, implied.sigma
    if np.linalg.eigvalsh(R)[0] < SMALLEST:
        return None
    try:
        inverse, logdet = inverse_and_logdet(sigma)
    except NotPositiveDefiniteError:
        return None
    logdet_r = float(np.linalg.slogdet(R)[1])
    jacobian = implied.jacobian
    first = len(jacobian.first)
    own = jacobian.second_columns + implied.layout.first
    return _Group(
        n=sample.n,
        share=share,
        columns=own,
        jacobian=jacobian.second,
        weights=evaluation.weights[first:],
        root=sample.spread.take(slice(first, None)).any_root(),
        inverse=inverse,
        value=logdet + float(np.vdot(R, inverse)) - logdet_r - len(R),
        logdet=logdet_r,
    )


def _trace(groups: Sequence[_Group], number: int, inverse: Array) -> float:
    """Share of one group's Γ in tr(Aᵀ V A Γ)."""
    own = groups[number]
    pull = own.share * ((own.root * own.weights) @ own.jacobian)
    total = 0.0
    for other_number, other in enumerate(groups):
        link = inverse[np.ix_(own.columns, other.columns)]
        if other_number != number and not link.any():
            continue
        rows = -(pull @ link) @ other.jacobian.T
        if other_number == number:
            rows += own.root
        total += other.share / own.share * _normal_theory_form(rows, other.inverse)
    return total


def _normal_theory_form(rows: Array, inverse: Array) -> float:
    """Σ yᵀ V y over rows y: half of ``tr(Y Σ⁻¹ Y Σ⁻¹)``."""
    p = len(inverse)
    first, second = np.triu_indices(p, 1)
    place = np.full((p, p), len(first))  # the diagonal points at a column of zeros
    place[first, second] = place[second, first] = np.arange(len(first))
    total = 0.0
    padded = np.zeros((CHUNK, len(first) + 1))
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        padded[: len(part), :-1] = part
        Y = np.take(padded[: len(part)], place.ravel(), axis=1).reshape(-1, p)
        product = (Y @ inverse).reshape(-1, p, p)
        total += 0.5 * float(np.vdot(product, product.transpose(0, 2, 1).copy()))
    return total
