"""Information about model parameters in incomplete data: observed, expected, and casewise scores."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comply_measure.sem.missing.completion import Completion
from comply_measure.sem.missing.derivatives import MomentDerivatives, trace_pairs
from comply_measure.sem.missing.patterns import FloatArray, IncompleteSample, IntArray, PatternBlock

CHUNK_CELLS = 4_000_000
#: Missing values of a case from which products of parameters are cheaper than rows of pairs of values.
WIDE_GAP = 20


def observed_information(
    sample: IncompleteSample, completion: Completion, derivatives: MomentDerivatives
) -> FloatArray:
    """Negative Hessian of the log-likelihood as if the moments were linear in the parameters.

    Complete less missing information (Louis, 1982), with ``W = Σ⁻¹``, ``P_a = W ∂_aΣ W``,
    ``ν_a = W ∂_aμ`` and ``T = Σ_i r̂_i r̂_iᵀ + C_i``:

    * complete: ``−½ N tr(W ∂_aΣ W ∂_bΣ) + tr(W ∂_aΣ W ∂_bΣ W T)
      + sᵀ(P_a ∂_bμ + P_b ∂_aμ) + N ∂_aμᵀ W ∂_bμ`` with ``s = Σ_i r̂_i``;
    * missing: ``Σ_i ½ tr(C_i P_a C_i P_b) + (P_a r̂_i + ν_a)ᵀ C_i (P_b r̂_i + ν_b)``.

    The second derivatives of a model's moments are the model's affair; their part is
    ``−tr(G ∂²Σ) − gᵀ ∂²μ`` with the gradient ``G``, ``g`` of the log-likelihood.

    Parameters
    ----------
    sample : IncompleteSample
    completion : Completion
        At the moments of interest.
    derivatives : MomentDerivatives

    Returns
    -------
    (q, q) float array
        In units of the whole sample (not per case).
    """
    w, d = completion.precision, derivatives
    products = completion.residual.T @ completion.residual
    total = w @ (products + completion.uncertainty) @ w
    info = trace_pairs(d, w, total) - 0.5 * sample.n_cases * trace_pairs(d, w, w)
    moved = w @ (sample.weight @ completion.residual)
    cross = _applied(d, moved).T @ w @ d.mean
    info += cross + cross.T + sample.n_cases * (d.mean.T @ w @ d.mean)
    return np.asarray((info + info.T) / 2.0 - missing_information(sample, completion, d))


def missing_information(
    sample: IncompleteSample,
    completion: Completion,
    derivatives: MomentDerivatives,
) -> FloatArray:
    """Information the missing values would have added: the variance of the complete-data score.

    ``Σ_i ½ tr(C_i P_a C_i P_b) + (P_a r̂_i + ν_a)ᵀ C_i (P_b r̂_i + ν_b)`` with ``P_a = W ∂_aΣ W`` and
    ``ν_a = W ∂_aμ``.

    Parameters
    ----------
    sample : IncompleteSample
    completion : Completion
    derivatives : MomentDerivatives

    Returns
    -------
    (q, q) float array
        In units of the whole sample.
    """
    total = squared_part(sample, completion, derivatives)
    for rows in _linear_roots(sample, completion, derivatives):
        total += rows.T @ rows
    return total


def expected_information(
    sample: IncompleteSample,
    completion: Completion,
    derivatives: MomentDerivatives,
) -> FloatArray:
    """Fisher information given the patterns: ``Σ_i ½ tr(W̃_i ∂_aΣ W̃_i ∂_bΣ) + ∂_aμᵀ W̃_i ∂_bμ``.

    ``W̃_i`` is the inverse of what was seen of Σ, zero elsewhere: ``W − W_·m C_i W_m·``. Valid for
    inference if values are missing completely at random (Kenward & Molenberghs, 1998).

    Parameters
    ----------
    sample : IncompleteSample
    completion : Completion
    derivatives : MomentDerivatives

    Returns
    -------
    (q, q) float array
        In units of the whole sample.
    """
    w, d, n = completion.precision, derivatives, sample.n_cases
    lost = w @ completion.uncertainty @ w
    info = 0.5 * n * trace_pairs(d, w, w) - trace_pairs(d, lost, w)
    info = (info + info.T) / 2.0 + d.mean.T @ (n * w - lost) @ d.mean
    return np.asarray(info + squared_part(sample, completion, d))


def casewise_scores(
    cases: IncompleteSample, completion: Completion, derivatives: MomentDerivatives
) -> FloatArray:
    """Gradient of each case's log-likelihood: ``½ zᵀ ∂_aΣ z − ½ tr(W̃ ∂_aΣ) + zᵀ ∂_aμ``, ``z = W̃ (x − μ)``.

    Times the case's sampling weight, where there are any.

    Parameters
    ----------
    cases : IncompleteSample
        From ``group_cases(data, condense=False)``.
    completion : Completion
        Of these cases.
    derivatives : MomentDerivatives

    Returns
    -------
    (R, q) float array
        In the order of ``cases``; see :func:`~comply_measure.sem.missing.likelihood.in_data_order`.
    """
    w, d = completion.precision, derivatives
    z = completion.residual @ w
    root = cases.weight[:, None]  # rows are cases times the roots of their weights
    scores = (z @ d.left) * (z @ d.right) + root * (z @ d.mean)
    scores -= root**2 * np.einsum("pa,pa->a", d.left, w @ d.right)
    alpha, beta = w @ d.left, w @ d.right
    for block, L in zip(cases.blocks, completion.roots, strict=True):
        if block.n_missing:
            lost = np.sum(_at(alpha, block.missing, L) * _at(beta, block.missing, L), axis=1)
            scores[block.rows] += root[block.rows] ** 2 * lost[block.owner]
    return np.asarray(scores)


def _applied(d: MomentDerivatives, vector: FloatArray) -> FloatArray:
    """``∂_aΣ x`` for every parameter; (p, q)."""
    return np.asarray(d.left * (vector @ d.right) + d.right * (vector @ d.left))


def _at(columns: FloatArray, missing: IntArray, root: FloatArray) -> FloatArray:
    """``Lᵀ x_m`` for every pattern and column; (K, m, q)."""
    return np.asarray(np.matmul(root.transpose(0, 2, 1), columns[missing]))


def squared_part(sample: IncompleteSample, completion: Completion, d: MomentDerivatives) -> FloatArray:
    """``Σ_i ½ tr(C_i P_a C_i P_b)``, common to both kinds of information; parameters of means have no part in it."""
    total = np.zeros((d.n_parameters, d.n_parameters))
    used = np.flatnonzero(d.left.any(axis=0) & d.right.any(axis=0))
    part = MomentDerivatives(d.left[:, used], d.right[:, used], d.mean[:, used])
    inner = np.zeros((len(used), len(used)))
    alpha, beta = completion.precision @ part.left, completion.precision @ part.right
    for block, root in zip(sample.blocks, completion.roots, strict=True):
        if block.n_missing >= WIDE_GAP:
            inner += _squared_of_wide(block, root, alpha, beta)
        elif block.n_missing:
            for rows in _squared_roots(block, root, alpha, beta):
                inner += rows.T @ rows
    total[np.ix_(used, used)] = inner
    return total


def _squared_roots(
    block: PatternBlock, root: FloatArray, alpha: FloatArray, beta: FloatArray
) -> Iterator[FloatArray]:
    """Rows with cross-product ``Σ_i ½ tr(C_i P_a C_i P_b)``: the entries of ``Lᵀ P_a L / √2``."""
    upper, lower = np.triu_indices(block.n_missing)
    scale = np.where(upper == lower, np.sqrt(0.5), 1.0)[None, :, None]
    q = alpha.shape[1]
    for part in _parts(block, len(upper) * q):
        a = _at(alpha, block.missing[part], root[part])
        b = _at(beta, block.missing[part], root[part])
        entries = a[:, upper] * b[:, lower]
        entries += a[:, lower] * b[:, upper]
        entries *= scale * np.sqrt(block.frequency[part])[:, None, None]
        yield entries.reshape(-1, q)


def _squared_of_wide(
    block: PatternBlock, root: FloatArray, alpha: FloatArray, beta: FloatArray
) -> FloatArray:
    """``Σ_i ½ tr(C_i P_a C_i P_b)`` of patterns with wide gaps.

    As ``P_a = α_a β_aᵀ + β_a α_aᵀ`` the trace is ``(α_aᵀ C α_b)(β_aᵀ C β_b) + (α_aᵀ C β_b)(β_aᵀ C α_b)``, whose
    work grows with the gap, not with its square.
    """
    total = np.zeros((alpha.shape[1], alpha.shape[1]))
    for missing, l, frequency in zip(block.missing, root, block.frequency, strict=True):
        a, b = l.T @ alpha[missing], l.T @ beta[missing]
        cross = a.T @ b
        total += frequency * ((a.T @ a) * (b.T @ b) + cross * cross.T)
    return total


def _linear_roots(
    sample: IncompleteSample, completion: Completion, d: MomentDerivatives
) -> Iterator[FloatArray]:
    """Rows with cross-product ``Σ_i (P_a r̂_i + ν_a)ᵀ C_i (P_b r̂_i + ν_b)``: ``Lᵀ (P_a r̂ + ν_a)``."""
    w = completion.precision
    z = completion.residual @ w
    alpha, beta, nu = w @ d.left, w @ d.right, w @ d.mean
    for block, root in zip(sample.blocks, completion.roots, strict=True):
        if not block.n_missing:
            continue
        first = block.rows.start
        step = max(1, CHUNK_CELLS // (block.n_missing * d.n_parameters))
        for begin in range(first, block.rows.stop, step):
            rows = slice(begin, min(begin + step, block.rows.stop))
            owner = block.owner[begin - first : rows.stop - first]
            places, l = block.missing[owner], root[owner]
            entries = _at(alpha, places, l) * (z[rows] @ d.right)[:, None, :]
            entries += _at(beta, places, l) * (z[rows] @ d.left)[:, None, :]
            entries += _at(nu, places, l) * sample.weight[rows][:, None, None]
            yield entries.reshape(-1, d.n_parameters)


def _parts(block: PatternBlock, cells: int) -> Iterator[slice]:
    """Runs of a block's patterns that need at most ``CHUNK_CELLS`` numbers."""
    step = max(1, CHUNK_CELLS // cells)
    for begin in range(0, len(block.frequency), step):
        yield slice(begin, begin + step)
