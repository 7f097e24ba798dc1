"""Where every kind of row stands in the matrices: implied moments and gradients against paths written out in full."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

NAMES = [f"x{j}" for j in range(1, 9)]
TEXT = """
f =~ x1 + x2 + x3
g =~ x4 + l*x5 + x6
h =~ x6 + x7
g ~ f + x8
x7 ~ g
h ~~ f
x5 ~~ f
f ~~ x4
x7 ~~ h
x2 ~~ x3
x8 ~~ x1
f ~~ x8
h ~~ 0.2*x8
x3 ~~ 0.1*g
x1 ~ 1
x2 ~ 0.3*1
g ~ 1
"""


def paths(model: sem.model.Model, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance by reticular action: (I − A)⁻¹ m and (I − A)⁻¹ S (I − A)⁻ᵀ of all variables."""
    table = model.table
    names = [*NAMES, "f", "g", "h"]
    A, S, m = np.zeros((11, 11)), np.zeros((11, 11)), np.zeros(11)
    for lhs, op, rhs, value in zip(table.lhs, table.op, table.rhs, model.values(theta), strict=True):
        i = names.index(lhs)
        if op == "~1":
            m[i] = value
            continue
        j = names.index(rhs)
        if op == "=~":
            A[j, i] = value
        elif op == "~":
            A[i, j] = value
        elif op == "~~":
            S[i, j] = S[j, i] = value
    B = np.linalg.inv(np.eye(11) - A)
    order = [names.index(v) for v in model.sample.groups[0].names]
    return (B @ m)[order], (B @ S @ B.T)[np.ix_(order, order)]


def test_every_row_has_its_place_in_moments_and_gradient() -> None:
    rng = np.random.default_rng(4)
    root = rng.normal(size=(8, 8))
    cov = root @ root.T + 4 * np.eye(8)
    frame = pd.DataFrame(rng.multivariate_normal(np.arange(8.0), cov, 60), columns=NAMES)
    model = sem.fit(TEXT, frame, meanstructure=True, fixed_x=False, se="none").model
    table = model.table
    pairs = {(a, b) for a, op, b in zip(table.lhs, table.op, table.rhs, strict=True) if op == "~~"}
    # of two sources, of the first and of another source with a plain variable, of two plain ones
    assert {("f", "h"), ("f", "x4"), ("h", "x7"), ("x1", "x8"), ("x2", "x3")} <= pairs
    assert model.layouts[0].sources == ("f", "g", "h", "x8")
    theta = rng.uniform(0.2, 0.6, table.n_free)
    for lhs, op, rhs, free in zip(table.lhs, table.op, table.rhs, table.free, strict=True):
        if op == "~~" and lhs == rhs and free:
            theta[free - 1] = rng.uniform(4.0, 6.0)
    mean, sigma = paths(model, theta)
    at = model.layouts[0].at(theta)
    np.testing.assert_allclose(at.sigma, sigma, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(at.mu, mean, rtol=1e-12, atol=1e-12)
    S, m = np.cov(frame.to_numpy(), rowvar=False, ddof=0), frame.mean().to_numpy()

    def discrepancy(t: np.ndarray) -> float:
        mu, implied = paths(model, t)
        W = np.linalg.inv(implied)
        gap = m - mu
        return float(
            np.linalg.slogdet(implied)[1] - np.linalg.slogdet(S)[1] + np.trace(S @ W) - 8 + gap @ W @ gap
        )

    point = model.objective.at(model.space.contract(theta))
    assert point.value == pytest.approx(discrepancy(theta), rel=1e-10)
    slope = [
        (discrepancy(theta + step) - discrepancy(theta - step)) / 2e-6 for step in 1e-6 * np.eye(len(theta))
    ]
    np.testing.assert_allclose(point.gradient, slope, rtol=1e-5, atol=1e-6)
