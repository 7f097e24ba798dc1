"""Information of incomplete data about unrestricted means and covariances.

Everything here stands in *dual coordinates*: a change of the moments is written ``dΣ = Σ P Σ`` and
``dμ = Σ ν``, and its coordinates are ν and the lower triangle of P. Traces such as ``tr(B A⁻¹)`` do not
depend on the coordinates, and in these the part that missing values take away touches only pairs of
variables that a case lacks, so that 1,890 moments of 60 variables are a matter of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import sparse

from comply_measure.sem.arrays import lower_triangle
from comply_measure.sem.missing.completion import Completion
from comply_measure.sem.missing.derivatives import MomentDerivatives
from comply_measure.sem.missing.patterns import FloatArray, IncompleteSample, IntArray, PatternBlock

DENSE_SHARE = 0.1
SLAB = 256  # rows of a large matrix that are worked on at a time
DENSE_SLAB = 1024


@dataclass(frozen=True, slots=True)
class Pairs:
    """The lower triangle of a (p, p) matrix as a vector of p(p+1)/2 entries, row by row."""

    rows: IntArray
    columns: IntArray
    number: IntArray

    @staticmethod
    def of(p: int) -> Pairs:
        """Pairs of p variables; ``number[j, k]`` is the place of (j, k), in either order."""
        return _pairs(p)

    def of_row(self, j: int) -> slice:
        """Places of the pairs (j, 0) … (j, j)."""
        first = j * (j + 1) // 2
        return slice(first, first + j + 1)

    def half_on_diagonal(self) -> FloatArray:
        """½ for a variance, 1 for a covariance."""
        return np.where(self.rows == self.columns, 0.5, 1.0)


@lru_cache(maxsize=8)
def _pairs(p: int) -> Pairs:
    rows, columns = lower_triangle(p)
    number = np.zeros((p, p), dtype=np.intp)
    number[rows, columns] = number[columns, rows] = np.arange(len(rows))
    number.flags.writeable = False
    return Pairs(rows, columns, number)


def saturated_information(
    sample: IncompleteSample,
    completion: Completion,
    sigma: FloatArray,
    kind: Literal["observed", "expected"] = "observed",
) -> FloatArray:
    """Information about unrestricted μ and Σ, complete less missing (Louis, 1982).

    * complete: ``tr(P Σ P' (T − ½ N Σ)) + sᵀ(P Σ ν' + P' Σ ν) + N νᵀ Σ ν'``
    * missing: ``Σ_i ½ tr(C_i P C_i P') + (P r̂_i + ν)ᵀ C_i (P' r̂_i + ν')``

    with ``T = Σ_i r̂_i r̂_iᵀ + C_i`` and ``s = Σ_i r̂_i``; the expected one has the mean of ``r̂_i r̂_iᵀ``,
    ``Σ − C_i``, in its place and ``s = 0``.

    Parameters
    ----------
    sample : IncompleteSample
    completion : Completion
        At ``sigma`` and the means of interest.
    sigma : (p, p) float array
    kind : {"observed", "expected"}

    Returns
    -------
    (p + p*, p + p*) float array
        Dual coordinates, means first, in units of the whole sample; ``p* = p(p+1)/2``.
    """
    p, pairs = sample.n_variables, Pairs.of(sample.n_variables)
    n, half = sample.n_cases, pairs.half_on_diagonal()
    observed = kind == "observed"
    total = n * sigma
    if observed:
        total = completion.residual.T @ completion.residual + completion.uncertainty
    lower = (pairs.rows, pairs.columns)
    # Matrices of p* × p* are large for many variables: one is made, and turned into the information in its place.
    info = np.empty((p + len(half), p + len(half)))
    products = info[p:, p:]
    np.outer(sigma[lower], (total - 0.5 * n * sigma)[lower], out=products)
    mixed = np.zeros((p, len(half)))
    if observed:
        mixed = np.outer(sample.weight @ completion.residual, sigma[lower])
    for block, root in zip(sample.blocks, completion.roots, strict=True):
        if block.n_missing:
            places = _sparse_covariances(block, root, pairs)
            second = _second_moments(completion, block, root, sigma, pairs, observed)
            # Narrow dense products are summed in an order of their own, which sparse ones are not.
            width = DENSE_SLAB if isinstance(places, np.ndarray) else SLAB
            for first in range(0, len(half), width):
                columns = slice(first, first + width)
                products[:, columns] -= places.T @ second[:, columns]
            if observed:
                mixed -= (places.T @ _first_moments(sample, completion, block)).T
    _symmetrise(products)
    _pair_information(products, pairs)
    info[:p, :p] = n * sigma - completion.uncertainty
    for j in range(p):
        info[j, p:] = (mixed[pairs.rows, pairs.number[pairs.columns, j]]) * half
        info[j, p:] += (mixed[pairs.columns, pairs.number[pairs.rows, j]]) * half
    info[p:, :p] = info[:p, p:].T
    return info


def _symmetrise(matrix: FloatArray) -> None:
    """Mean of a matrix and its transpose in its place."""
    for first in range(0, len(matrix), SLAB):
        rows = slice(first, first + SLAB)
        mean = (matrix[rows, first:] + matrix[first:, rows].T) / 2.0
        matrix[rows, first:] = mean
        matrix[first:, rows] = mean.T


def _pair_information(products: FloatArray, pairs: Pairs) -> None:
    """``tr(P A P' B)`` for unit changes P, P' in the place of the products ``A_kl B_mj`` summed beforehand.

    What pairs of the first j variables have depends on products of these alone: the last variable comes first.
    """
    half, number = pairs.half_on_diagonal(), pairs.number
    for j in reversed(range(len(number))):
        here = pairs.of_row(j)
        rows, columns = pairs.rows[: here.stop], pairs.columns[: here.stop]
        to_l, to_m = number[: j + 1, rows], number[: j + 1, columns]
        j_l, j_m = number[j, rows], number[j, columns]
        entries = products[to_l, j_m]
        entries += products[to_m, j_l]
        entries += products[j_l, to_m]
        entries += products[j_m, to_l]
        entries *= half[here, None] * half[: here.stop]
        products[here, : here.stop] = entries
        products[: here.start, here] = entries[:, : here.start].T


def _sparse_covariances(block: PatternBlock, root: FloatArray, pairs: Pairs) -> sparse.csr_array | FloatArray:
    """Conditional covariances of a block, one pattern a row, at the places of their pairs."""
    row, column = lower_triangle(block.n_missing)
    covariance = (root @ root.transpose(0, 2, 1))[:, row, column]
    places = pairs.number[block.missing[:, row], block.missing[:, column]]
    k = len(places)
    matrix = sparse.csr_array(
        (covariance.ravel(), places.ravel(), np.arange(k + 1) * len(row)), shape=(k, len(pairs.rows))
    )
    return matrix.toarray() if len(row) > DENSE_SHARE * len(pairs.rows) else matrix


def _second_moments(
    completion: Completion,
    block: PatternBlock,
    root: FloatArray,
    sigma: FloatArray,
    pairs: Pairs,
    observed: bool,
) -> FloatArray:
    """``½ n_k C_k + Σ r̂ r̂ᵀ`` per pattern, or its expectation ``n_k (Σ − ½ C_k)``; (K, p*)."""
    places = _sparse_covariances(block, root, pairs)
    covariance = places if isinstance(places, np.ndarray) else places.toarray()
    if not observed:
        return (sigma[pairs.rows, pairs.columns] - 0.5 * covariance) * block.frequency[:, None]
    r = completion.residual[block.rows]
    starts = np.searchsorted(block.owner, np.arange(len(block.frequency)))
    products = np.add.reduceat(r[:, pairs.rows] * r[:, pairs.columns], starts, axis=0)
    return np.asarray(0.5 * block.frequency[:, None] * covariance + products)


def _first_moments(sample: IncompleteSample, completion: Completion, block: PatternBlock) -> FloatArray:
    """Sum of completed residuals per pattern; (K, p)."""
    weighted = completion.residual[block.rows] * sample.weight[block.rows, None]
    starts = np.searchsorted(block.owner, np.arange(len(block.frequency)))
    return np.asarray(np.add.reduceat(weighted, starts, axis=0))


def saturated_scores(cases: IncompleteSample, completion: Completion, sigma: FloatArray) -> FloatArray:
    """Gradient of each case's log-likelihood (times its sampling weight) in dual coordinates.

    ``r̂_i`` for ν, and ``½ (r̂_i r̂_iᵀ + C_i − Σ)`` for P, doubled off the diagonal.

    Parameters
    ----------
    cases : IncompleteSample
        From ``group_cases(data, condense=False)``.
    completion : Completion
        Of these cases, at ``sigma`` and the means of interest.
    sigma : (p, p) float array

    Returns
    -------
    (R, p + p*) float array
        In the order of ``cases``.
    """
    pairs, r, p = Pairs.of(cases.n_variables), completion.residual, cases.n_variables
    scores = np.empty((len(r), p + len(pairs.rows)))
    weight = cases.weight[:, None]  # rows are cases times the roots of their weights
    scores[:, :p] = weight * r
    moments = r[:, pairs.rows] * r[:, pairs.columns] - weight**2 * sigma[pairs.rows, pairs.columns]
    for block, root in zip(cases.blocks, completion.roots, strict=True):
        if block.n_missing:
            row, column = lower_triangle(block.n_missing)
            covariance = (root @ root.transpose(0, 2, 1))[:, row, column]
            places = pairs.number[block.missing[:, row], block.missing[:, column]]
            lines = np.arange(block.rows.start, block.rows.stop)[:, None]
            moments[lines, places[block.owner]] += weight[block.rows] ** 2 * covariance[block.owner]
    scores[:, p:] = moments * pairs.half_on_diagonal()
    return scores


def dual_derivatives(precision: FloatArray, derivatives: MomentDerivatives) -> FloatArray:
    """Derivatives of a model's moments in dual coordinates: ``W ∂_aμ`` and ``W ∂_aΣ W``.

    Parameters
    ----------
    precision : (p, p) float array
        ``W``, the inverse of the Σ at which the dual coordinates are taken.
    derivatives : MomentDerivatives

    Returns
    -------
    (p + p*, q) float array
    """
    pairs = Pairs.of(len(precision))
    a, b = precision @ derivatives.left, precision @ derivatives.right
    through = a[pairs.rows] * b[pairs.columns] + a[pairs.columns] * b[pairs.rows]
    return np.vstack([precision @ derivatives.mean, through])


def complete_information(sigma: FloatArray, vectors: FloatArray) -> FloatArray:
    """Expected information of one complete case times changes of the moments, in dual coordinates.

    ``tr``-form ``½ tr(P Σ P' Σ) + νᵀ Σ ν'``, so the product with a change (ν', P') is ``Σ ν'`` and the
    lower triangle of ``Σ P' Σ``, halved on the diagonal.

    Parameters
    ----------
    sigma : (p, p) float array
    vectors : (p + p*, c) float array

    Returns
    -------
    (p + p*, c) float array
    """
    p = len(sigma)
    found = changes_of_moments(sigma, vectors)
    found[p:] *= Pairs.of(p).half_on_diagonal()[:, None]
    return found


def trace_with_complete(sigma: FloatArray, lower: FloatArray) -> float:
    """Trace of the expected information of one complete case times a symmetric matrix.

    Parameters
    ----------
    sigma : (p, p) float array
    lower : (p + p*, p + p*) float array
        Dual coordinates; only the lower triangle is read.

    Returns
    -------
    float
    """
    p, pairs = len(sigma), Pairs.of(len(sigma))
    half = pairs.half_on_diagonal()
    means, rest = np.tril(lower[:p, :p]), lower[p:, p:]
    total = 2.0 * float(np.vdot(sigma, means)) - float(sigma.diagonal() @ means.diagonal())
    for j in range(p):
        here = pairs.of_row(j)
        rows, columns = pairs.rows[: here.stop], pairs.columns[: here.stop]
        weight = sigma[j, rows] * sigma[: j + 1, columns] + sigma[j, columns] * sigma[: j + 1, rows]
        weight *= half[here, None] * half[: here.stop]
        entries = rest[here, : here.stop]
        left, corner = slice(0, here.start), slice(here.start, here.stop)
        own = np.tril(weight[:, corner] * entries[:, corner])
        total += 2.0 * float(np.vdot(weight[:, left], entries[:, left]) + own.sum()) - float(np.trace(own))
    return total


def changes_of_moments(sigma: FloatArray, vectors: FloatArray) -> FloatArray:
    """Changes in dual coordinates as changes of μ and of the lower triangle of Σ: ``Σ ν`` and ``Σ P Σ``.

    Parameters
    ----------
    sigma : (p, p) float array
    vectors : (p + p*, c) float array

    Returns
    -------
    (p + p*, c) float array
    """
    p, pairs = len(sigma), Pairs.of(len(sigma))
    mapped = sigma @ vectors[p:].T[:, pairs.number] @ sigma
    return np.vstack([sigma @ vectors[:p], mapped[:, pairs.rows, pairs.columns].T])


def transposed_change(matrix: FloatArray, slopes: FloatArray) -> FloatArray:
    """The transpose of :func:`changes_of_moments`, which carries slopes between the two coordinates.

    With ``matrix = Σ`` slopes in μ and Σ become slopes in dual coordinates, with ``matrix = Σ⁻¹`` the
    other way round.

    Parameters
    ----------
    matrix : (p, p) float array
    slopes : (p + p*, c) float array
        Derivatives with respect to means and distinct covariances (or ν and P).

    Returns
    -------
    (p + p*, c) float array
    """
    p, pairs = len(matrix), Pairs.of(len(matrix))
    half = pairs.half_on_diagonal()
    symmetric = (slopes[p:] * np.where(half < 1.0, 1.0, 0.5)[:, None]).T[:, pairs.number]
    mapped = (matrix @ symmetric @ matrix)[:, pairs.rows, pairs.columns].T
    return np.vstack([matrix @ slopes[:p], mapped * np.where(half < 1.0, 1.0, 2.0)[:, None]])
