"""Paths that few fits take: formulas of batches, kernels and influences against their plain counterparts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem
from comply_measure.models.cutoffs.moments import batched_moments
from comply_measure.sem.bootstrap.batch import BatchImplied, GradientPlan, invert_all
from comply_measure.sem.bootstrap.influence import influence
from comply_measure.sem.bootstrap.moments import BatchMoments
from comply_measure.sem.bootstrap.newton import exogenous_cells
from comply_measure.sem.discrepancy.ml import MLDiscrepancy
from comply_measure.sem.errors import ModelError
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.jacobian import MomentJacobian
from comply_measure.sem.ordinal.robust import WeightedGamma
from comply_measure.sem.sample import GroupSample
from comply_measure.statistics.bootstrap import acceleration

# means with a free one of a factor, a path between factors, and residuals of indicators that covary with sources
CROSSED = """
f =~ y1 + y2 + y3
g =~ y4 + y5 + y6
g ~ f + x
y1 ~~ g
y3 ~~ y4
g ~ 1
y4 ~ 0*1
"""


@pytest.fixture(scope="module")
def crossed() -> sem.Fit:
    rng = np.random.default_rng(5)
    x = rng.standard_normal(400)
    f = rng.standard_normal(400)
    g = 0.5 * f + 0.4 * x + rng.standard_normal(400)
    columns = {f"y{i}": (f if i < 4 else g) + 0.8 * rng.standard_normal(400) + 0.3 * i for i in range(1, 7)}
    return sem.fit(CROSSED, pd.DataFrame(columns | {"x": x}), meanstructure=True)


def test_batches_have_the_moments_and_slopes_of_single_fits(crossed: sem.Fit) -> None:
    model, layout = crossed.model, crossed.model.layouts[0]
    assert layout.has_cross and layout.has_paths and layout.has_mean and model.table.exo.any()
    group = model.sample.groups[0]
    rng = np.random.default_rng(1)
    theta = crossed.theta + 0.05 * rng.standard_normal((4, len(crossed.theta)))
    cov = np.array([group.cov * scale for scale in (1.0, 1.1, 0.9, 1.3)])
    assert group.mean is not None
    mean = group.mean + 0.1 * rng.standard_normal((4, group.p))
    samples = BatchMoments(np.full(4, 400.0), mean, cov)
    batch = BatchImplied(layout, theta, exogenous_cells(model, 0), samples)
    value, slope = GradientPlan(layout).value_and_gradient(batch, samples)
    for b in range(4):
        own = GroupSample("", group.names, 400, cov[b], mean[b])
        table = model.table
        fixed = {
            int(row): float(
                mean[b][group.names.index(table.lhs[row])]
                if table.op[row] == "~1"
                else cov[b][group.names.index(table.lhs[row]), group.names.index(table.rhs[row])]
            )
            for row in np.flatnonzero(table.exo)
        }
        implied = model.family.layouts(table, fixed)[0].at(theta[b])
        assert_allclose(batch.sigma[b], implied.sigma, atol=1e-12)
        assert batch.mu is not None and implied.mu is not None
        assert_allclose(batch.mu[b], implied.mu, atol=1e-12)
        assert_allclose(batch.FV[b], implied.FV, atol=1e-12)
        single = MLDiscrepancy(own)
        evaluation = single.evaluate(implied)
        assert_allclose(value[b] - single.saturated, evaluation.value, rtol=1e-9, atol=1e-10)
        assert_allclose(slope[b], evaluation.gradient(), rtol=1e-8, atol=1e-10)


def test_inverses_of_large_and_of_indefinite_matrices() -> None:
    rng = np.random.default_rng(2)
    roots = rng.standard_normal((3, 40, 60))
    matrices = roots @ roots.transpose(0, 2, 1)
    matrices[1] -= 80.0 * np.eye(40)  # indefinite
    inverse, logdet = invert_all(matrices)
    for b in (0, 2):
        assert_allclose(inverse[b] @ matrices[b], np.eye(40), atol=1e-9)
        assert_allclose(logdet[b], np.linalg.slogdet(matrices[b])[1], rtol=1e-12)
    assert np.isinf(logdet[1]) and not inverse[1].any()


def test_simulated_moments_of_cut_offs_with_paths_and_crossed_residuals(crossed: sem.Fit) -> None:
    layout = crossed.model.layouts[0]
    theta = crossed.theta + 0.05 * np.random.default_rng(3).standard_normal((3, len(crossed.theta)))
    sigma, TE, FV = batched_moments(layout, theta)
    for r in range(3):
        implied = layout.at(theta[r])
        for found, expected in ((sigma, implied.sigma), (TE, implied.TE), (FV, implied.FV)):
            assert_allclose(found[r], expected, atol=1e-12)


class TestInfluence:
    def test_of_a_mean_and_a_variance(self) -> None:
        """To first order a case moves the mean by y − m and the variance by (y − m)² − v, in n-ths."""
        y = np.random.default_rng(4).gamma(2.0, size=200)
        fit = sem.fit("y ~ 1\ny ~~ y", pd.DataFrame({"y": y}))
        own = influence(fit.model, fit.optimum)
        d = y - y.mean()
        expected = {"y~1": d, "y~~y": d**2 - np.mean(d**2)}
        for place, name in enumerate(fit.vcov.index):
            assert_allclose(own[:, place] / own[0, place], expected[name] / expected[name][0], rtol=1e-7)
        skew = np.sum(d**3) / (6.0 * np.sum(d**2) ** 1.5)
        places = list(fit.vcov.index)
        assert_allclose(acceleration(own)[places.index("y~1")], skew, rtol=1e-7)

    def test_of_clusters_that_several_groups_share(self) -> None:
        rng = np.random.default_rng(6)
        frame = pd.DataFrame({"y": rng.standard_normal(60), "unit": np.repeat(np.arange(15), 4)})
        frame["role"] = np.tile(["a", "b"], 30)
        fit = sem.fit("y ~ 1\ny ~~ y", frame, group="role", cluster="unit")
        own = influence(fit.model, fit.optimum)
        assert own.shape == (15, 4)
        for number, role in enumerate(("a", "b")):
            mine = frame[frame["role"] == role]
            sums = (mine["y"] - mine["y"].mean()).groupby(mine["unit"]).sum().to_numpy()
            place = list(fit.vcov.index).index("y~1" + (".g2" if number else ""))
            assert_allclose(own[:, place] / own[0, place], sums / sums[0], rtol=1e-7)

    def test_nothing_that_varies_has_no_acceleration(self) -> None:
        assert np.isnan(acceleration(np.ones((5, 1)))).all()


class TestGammaOfOrderedVariables:
    """Γ as its root, as a matrix, singular or not: products with the weights are the same."""

    D, T, Q, PAIRS = 12, 7, 5, 3

    @pytest.fixture
    def jacobian(self) -> MomentJacobian:
        rng = np.random.default_rng(7)
        second = rng.standard_normal((self.D - self.T, 3))
        return MomentJacobian(
            size=self.D,
            q=self.Q,
            rows=np.array([0, 2]),
            parameters=np.array([0, 1]),
            scale=np.array([1.0, 0.7]),
            first_columns=np.array([2, 3]),
            first=rng.standard_normal((self.T, 2)),
            second_columns=np.array([2, 3, 4]),
            second=second,
        )

    @pytest.mark.parametrize("cases", [6, 40])
    @pytest.mark.parametrize("full", [False, True])
    @pytest.mark.parametrize("kept", ["root", "matrix"])
    def test_products(self, jacobian: MomentJacobian, cases: int, full: bool, kept: str) -> None:
        rng = np.random.default_rng(8)
        Z = rng.standard_normal((cases, self.D))
        gamma = Z.T @ Z
        spread = rng.standard_normal((self.D, self.D))
        W = spread @ spread.T if full else np.diag(rng.uniform(0.5, 2.0, self.D))
        stored = AsymptoticCovariance(root=Z) if kept == "root" else AsymptoticCovariance(matrix=gamma)
        known = WeightedGamma(W if full else W.diagonal().copy(), stored, self.PAIRS)
        J = jacobian.left(np.eye(self.D))
        last = slice(self.D - self.PAIRS, self.D)
        pairs = W[last, last] @ gamma[last, last]
        assert_allclose(known.trace, np.trace(W @ gamma), rtol=1e-12)
        assert_allclose(known.trace_squared, np.trace(W @ gamma @ W @ gamma), rtol=1e-11)
        if not full:  # the model of uncorrelated variables has closed forms under a diagonal W
            assert_allclose(known.pair_trace, np.trace(pairs), rtol=1e-12)
            assert_allclose(known.pair_trace_squared, np.trace(pairs @ pairs), rtol=1e-11)
        side = known.side(jacobian)
        assert_allclose(known.meat(jacobian, side), J.T @ W @ gamma @ W @ J, rtol=1e-10, atol=1e-9)
        twice = J.T @ W @ gamma @ W @ gamma @ W @ J
        assert_allclose(known.double_meat(side), twice, rtol=1e-10, atol=1e-7)

    @pytest.mark.parametrize("rank", [4, 12])
    def test_a_root_of_a_singular_matrix(self, rank: int) -> None:
        Z = np.random.default_rng(9).standard_normal((rank, self.D))
        gamma = Z.T @ Z
        known = AsymptoticCovariance(matrix=gamma)
        root = known.any_root()
        assert_allclose(root.T @ root, gamma, atol=1e-10)
        B = np.arange(2.0 * self.D).reshape(self.D, 2)
        assert_allclose(known.quadratic(B), AsymptoticCovariance(root=Z).quadratic(B), rtol=1e-10)
        some = np.array([1, 5, 6])
        for stored in (known, AsymptoticCovariance(root=Z)):
            assert_allclose(stored.take(some).dense(), gamma[np.ix_(some, some)], atol=1e-12)
        assert known.size == self.D

    def test_variances_alone(self) -> None:
        known = AsymptoticCovariance(variances=np.array([1.0, 2.0]))
        assert known.size == 2 and known.diagonal().tolist() == [1.0, 2.0]
        with pytest.raises(ModelError, match="only the variances"):
            known.dense()

    def test_a_fit_to_fewer_cases_than_statistics(self) -> None:
        """WLSMV keeps Γ as its root there; the same fit with Γ as a matrix has the same errors and test."""
        rng = np.random.default_rng(10)
        f = rng.standard_normal((45, 1))
        cut = np.digitize(f + rng.standard_normal((45, 10)), [-0.8, 0.0, 0.8])
        frame = pd.DataFrame(cut, columns=[f"u{i}" for i in range(10)])
        fit = sem.fit("f =~ " + " + ".join(frame), frame, ordered=True)
        group = fit.model.sample.groups[0]
        gamma = group.gamma  # type: ignore[attr-defined]
        assert gamma.root is not None and len(gamma.root) < gamma.size == 75
        known = WeightedGamma(1.0 / gamma.diagonal(), AsymptoticCovariance(matrix=gamma.dense()), 45)
        evaluation = fit.optimum.point.evaluations[0]
        pieces = evaluation.robust_pieces(True)  # type: ignore[attr-defined]
        jacobian = evaluation.implied.jacobian  # type: ignore[attr-defined]
        side = known.side(jacobian)
        assert_allclose(pieces.trace2, known.trace_squared, rtol=1e-10)
        assert_allclose(pieces.meat, known.meat(jacobian, side), rtol=1e-9, atol=1e-9)
        assert_allclose(pieces.meat2, known.double_meat(side), rtol=1e-9, atol=1e-7)
