r"""χ² test of a second step that allows for the first.

The second step compares sample moments m (of the factors: local; of the observed variables: global) with implied
ones; either have the estimates of the first step in them. With ψ₁ the influence of a case on θ̂₁, its influence on
the residuals is

    u = dm − Δ₁ ψ₁            dm: its direct part

where Δ₁ are derivatives of implied less sample moments. For the moments of the factors, as MΛ = I,

    d Var(η) = M (dS − dΘ) Mᵀ − M dΛ Ψ − Ψ dΛᵀ Mᵀ        d E(η) = M (dȳ − dν) − M dΛ E(η).

With normal-theory weights W and U = W − W Δ₂ (Δ₂ᵀ W Δ₂)⁻¹ Δ₂ᵀ W, what the second step does not fit, the statistic has
expectation tr(U Γ), Γ = mean u uᵀ (of cluster sums where there are clusters), and T · df / tr(U Γ) is referred to
χ²(df): Satorra & Bentler's correction (1994) for two steps, as Yuan & Chan (2002) derive it. lavaan 0.7 does the same,
by default with an unbiased estimate of the fourth moments (``gamma.unbiased``). M moves with the first step also where
this does not fit exactly (:class:`~comply_measure.sem.after_measurement.moments.MappingSlopes`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.after_measurement.covariance import block_influence
from comply_measure.sem.after_measurement.moments import FactorMoments
from comply_measure.sem.after_measurement.products import ProductInfluence, product_influence
from comply_measure.sem.after_measurement.steps import Block, Structure
from comply_measure.sem.arrays import Array
from comply_measure.sem.baseline import Baseline
from comply_measure.sem.discrepancy.casewise import first_order
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.implied import Implied
from comply_measure.sem.inference.tests import NO_DF, TestStatistic
from comply_measure.sem.model import Model

NAME = "satorra.bentler"  # the test these are a form of


@dataclass(frozen=True)
class Influence:
    """Influence of cases on the moments that the second step fits, in one group.

    Attributes
    ----------
    centred : array (n, s)
        Direct part: scores M (y − ȳ), or y − ȳ itself; their products less the mean are those of covariances.
    cov : array (s, s)
        Mean of these products.
    mean_slopes, cov_slopes : arrays (s, q), (s, s, q)
        What a change of θ₁ does to the moments less what is implied.
    """

    centred: Array
    cov: Array
    mean_slopes: Array
    cov_slopes: Array

    def flat(self, root: Array, with_means: bool) -> Array:
        """Direct influence of each case in the metric of normal-theory weights (n, s² + s)."""
        scores = self.centred @ root.T
        n, s = scores.shape
        squares = (scores[:, :, None] * scores[:, None, :] - root @ self.cov @ root.T).reshape(n, s * s)
        squares /= math.sqrt(2.0)
        return np.hstack([squares, scores]) if with_means else squares


Influences = Sequence[Influence | ProductInfluence]


def corrected_tests(
    joint: Model, blocks: tuple[Block, ...], second: Structure, standard: TestStatistic, baseline: Baseline
) -> tuple[TestStatistic, TestStatistic]:
    """The corrected tests of the second step and of its baseline model (complete cases).

    Parameters
    ----------
    joint : Model
        The whole model.
    blocks, second
        The two steps.
    standard : TestStatistic
        Uncorrected, of the second step.
    baseline : Baseline
        Uncorrected, of uncorrelated variables.
    """
    found = moment_influence(joint, blocks, second)
    information = "observed" if second.moments else joint.options.information
    influence = block_influence(joint, blocks, information)
    implied = second.fit.optimum.point.implied
    with_means = joint.table.meanstructure
    metric = metrics([at.sigma for at in implied])
    expected = _expected(joint, found, influence, metric, tangent_moments(second), with_means)
    test = _scaled(standard.statistic, standard.df, expected)
    if not second.moments:  # the baseline model of all variables has no first step
        found = [replace(f, mean_slopes=0.0 * f.mean_slopes, cov_slopes=0.0 * f.cov_slopes) for f in found]
    sigmas, directions = _baseline(second.fit.model, with_means)
    expected = _expected(joint, found, influence, metrics(sigmas), directions, with_means)
    return test, _scaled(baseline.chisq, baseline.df, expected)


def _scaled(statistic: float, df: float, expected: float) -> TestStatistic:
    if not df > 0:
        return TestStatistic(NAME, statistic, df, math.nan, math.nan, note=NO_DF)
    factor = expected / df
    return TestStatistic(
        NAME, statistic / factor, df, upper_tail(statistic / factor, df), factor, trace=expected
    )


def moment_influence(joint: Model, blocks: tuple[Block, ...], second: Structure) -> Influences:
    """Influence on the moments that the second step fits, by group."""
    if second.products:
        measured = first_step(joint, blocks)
        parts = enumerate(zip(second.products, joint.sample.groups, strict=True))
        return [product_influence(joint.table, g, own, sample, measured) for g, (own, sample) in parts]
    return [*_local(joint, blocks, second)] if second.moments else [*_global(joint, blocks, second)]


def first_step(joint: Model, blocks: tuple[Block, ...]) -> NDArray[np.bool_]:
    """Which parameters are those of the first step (q,)."""
    measured = np.zeros(joint.table.n_free, dtype=bool)
    for block in blocks:
        measured[block.places[block.places >= 0]] = True
    return measured


def _local(joint: Model, blocks: tuple[Block, ...], second: Structure) -> Iterator[Influence]:
    """Influence on the moments of the factors."""
    for group, (sample, found) in enumerate(zip(joint.sample.groups, second.moments, strict=True)):
        assert sample.data is not None
        centred = (sample.data - sample.data.mean(axis=0)) @ found.mapping.T
        slopes = _slopes(joint, blocks, found, group)
        yield Influence(centred, centred.T @ centred / sample.n, *slopes)


def _slopes(joint: Model, blocks: tuple[Block, ...], found: FactorMoments, group: int) -> tuple[Array, Array]:
    """∂E(η)/∂θ₁ (s, q) and ∂Var(η)/∂θ₁ (s, s, q)."""
    M, q, s = found.mapping, joint.table.n_free, len(found.names)
    moving = found.slopes
    B, H, h = moving.spread, moving.cov, moving.mean
    at = {name: place for place, name in enumerate(joint.sample.groups[group].names)}
    of = {name: place for place, name in enumerate(found.names)}
    mean, cov = np.zeros((s, q)), np.zeros((s, s, q))
    table, measured = joint.table, first_step(joint, blocks)
    for row in np.flatnonzero((table.group == group + 1) & (table.free > 0)).tolist():
        place = int(table.free[row]) - 1
        if not measured[place]:
            continue
        lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
        if op == "=~":
            change = np.outer(B[:, of[lhs]], H[at[rhs]]) - np.outer(M[:, at[rhs]], found.cov[of[lhs]])
            cov[:, :, place] = change + change.T
            mean[:, place] = B[:, of[lhs]] * h[at[rhs]] - M[:, at[rhs]] * found.mean[of[lhs]]
        elif op == "~1":
            mean[:, place] = -M[:, at[lhs]]
        else:
            i, j, half = at[lhs], at[rhs], 0.5 if lhs == rhs else 1.0
            change = -half * found.correction * np.outer(M[:, i], M[:, j])
            if moving.with_residuals:
                change = change - half * (np.outer(M[:, i], H[j]) + np.outer(M[:, j], H[i]))
                mean[:, place] = -half * (M[:, i] * h[j] + M[:, j] * h[i])
            cov[:, :, place] = change + change.T
    return mean, cov


def _global(joint: Model, blocks: tuple[Block, ...], second: Structure) -> Iterator[Influence]:
    """Influence on the moments of the observed variables less what the first step implies for them."""
    measured = first_step(joint, blocks)
    theta = np.zeros(joint.table.n_free)
    theta[second.places] = second.fit.theta
    for block in blocks:
        mine = block.places >= 0
        theta[block.places[mine]] = block.fit.theta[mine]
    for sample, layout in zip(joint.sample.groups, joint.layouts, strict=True):
        assert sample.data is not None
        own = slice(layout.first, layout.first + layout.q)
        mean, cov = _moment_slopes(layout.at(theta[own]), sample.names)
        s, q = len(sample.names), len(theta)
        mean_slopes, cov_slopes = np.zeros((s, q)), np.zeros((s, s, q))
        mean_slopes[:, own], cov_slopes[:, :, own] = -mean, -cov
        mean_slopes[:, ~measured] = 0.0
        cov_slopes[:, :, ~measured] = 0.0
        centred = sample.data - sample.data.mean(axis=0)
        yield Influence(centred, sample.cov, mean_slopes, cov_slopes)


def _moment_slopes(implied: Implied, names: Sequence[str]) -> tuple[Array, Array]:
    """Derivatives of implied means (s, q) and covariances (s, s, q)."""
    J = implied.covariance_jacobian(names)
    s, has_mean = len(names), implied.layout.has_mean
    mean = J[:s] if has_mean else np.zeros((s, J.shape[1]))
    cov = np.zeros((s, s, J.shape[1]))
    first, second = np.triu_indices(s)
    cov[first, second] = cov[second, first] = J[s:] if has_mean else J
    return mean, cov


def tangent_moments(second: Structure) -> list[tuple[Array, Array]]:
    """Directions in which the second step moves implied moments, by group: means (s, r), covariances (s, s, r)."""
    model, basis, found = second.fit.model, second.tangent, []
    for implied, sample in zip(second.fit.optimum.point.implied, model.sample.groups, strict=True):
        mean, cov = _moment_slopes(implied, sample.names)
        own = basis[implied.layout.first : implied.layout.first + implied.layout.q]
        found.append((mean @ own, cov @ own))
    return found


def _baseline(model: Model, with_means: bool) -> tuple[list[Array], list[tuple[Array, Array]]]:
    """Implied covariances of the baseline model and the directions in which it is free, by group.

    Every variance and mean of every group by itself, and covariances of exogenous variables.
    """
    implied, own = [], []
    for group, names in zip(model.sample.groups, model.table.variables, strict=True):
        is_exogenous = np.isin(group.names, names.exogenous)
        kept = np.eye(group.p, dtype=bool) | np.outer(is_exogenous, is_exogenous)
        implied.append(np.where(kept, group.cov, 0.0))
        own.append(np.argwhere(np.triu(kept)))
    total, first, directions = sum(len(pairs) for pairs in own) + sum(len(s) for s in implied), 0, []
    for pairs, sigma in zip(own, implied, strict=True):
        s = len(sigma)
        mean, cov = np.zeros((s, total)), np.zeros((s, s, total))
        at = first + np.arange(len(pairs))
        cov[pairs[:, 0], pairs[:, 1], at] = cov[pairs[:, 1], pairs[:, 0], at] = 1.0
        first += len(pairs)
        if with_means:
            mean[np.arange(s), first + np.arange(s)] = 1.0
        first += s
        directions.append((mean, cov))
    return implied, directions


def metrics(sigmas: Sequence[Array]) -> list[Array]:
    """Inverse Cholesky factors: what makes normal-theory weights the identity."""
    return [np.linalg.inv(np.linalg.cholesky(sigma)) for sigma in sigmas]


def _expected(
    joint: Model,
    found: Influences,
    influence: Sequence[Array],
    roots: Sequence[Array],
    directions: Sequence[tuple[Array, Array]],
    with_means: bool,
) -> float:
    """tr(U Γ)."""
    weights = joint.objective.weights
    fitted = np.vstack(
        [
            math.sqrt(weight) * in_metric(root, mean, cov, with_means)
            for weight, root, (mean, cov) in zip(weights, roots, directions, strict=True)
        ]
    )
    left, singular, _ = np.linalg.svd(fitted, full_matrices=False)
    Q = left[:, singular > 1e-9 * singular.max(initial=1e-300)]
    slopes = np.vstack(
        [
            math.sqrt(weight) * in_metric(root, part.mean_slopes, part.cov_slopes, with_means)
            for weight, root, part in zip(weights, roots, found, strict=True)
        ]
    )
    total, start = 0.0, 0
    for sample, weight, root, part, psi in zip(
        joint.sample.groups, weights, roots, found, influence, strict=True
    ):
        own = part.flat(root, with_means) / math.sqrt(weight)
        u = psi @ slopes.T
        u[:, start : start + own.shape[1]] += own
        start += own.shape[1]
        u -= (u @ Q) @ Q.T
        if sample.cluster is None:
            total += weight * float(np.einsum("ij,ij->", u, u)) / sample.n
        else:
            total += weight * float(np.trace(first_order(u, sample.cluster, sample.n)))
    return total


def in_metric(root: Array, mean: Array, cov: Array, with_means: bool) -> Array:
    """Changes of moments in the metric of normal-theory weights (s² + s, r)."""
    s, r = mean.shape
    turned = np.einsum("ai,ijr,bj->abr", root, cov, root, optimize=True).reshape(s * s, r) / math.sqrt(2.0)
    return np.vstack([turned, root @ mean]) if with_means else turned
