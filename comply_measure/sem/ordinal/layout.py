"""Implied thresholds and correlations of ordered variables: the latent-response layer over the implied moments.

An ordered variable is its latent response cut at thresholds. With latent-response moments ``Σ*`` and ``μ*``
from :mod:`comply_measure.sem.implied` and scaling factors δ (one for continuous variables), the moments that
the sample has statistics for are::

    r_ij = δ_i δ_j σ*_ij          correlations and covariances
    t_ia = δ_i (τ_ia − μ*_i)       thresholds;  −μ*_i for continuous variables
    b_ic = δ_i (T E)_ic            slopes on fixed covariates, if any
    σ*_ii                          variances of continuous variables

* *delta*: δ is a parameter (one unless freed); the residual variance of an ordered variable is what the
  rest of the model leaves of ``1/δ²`` and is no parameter. For ordered variables O that predict others it acts
  on other moments: their residual variances s solve ``σ*_ii(θ, s) = 1/δ_i²``, which is linear in s,
  ``B s = 1/δ² − σ*_OO(θ, 0)`` with ``B_ij = (T E)²_ij``; derivatives follow as ``B ∂s = ∂(1/δ²) − ∂σ*_OO``.
* *theta*: the residual variance is a parameter (one unless freed) and ``δ_i = 1/√σ*_ii``.

With covariates the other moments are conditional on them: ``Σ*`` with covariates held fixed, ``μ*`` at
covariates of zero. Statistics stand in lavaan's order: thresholds and minus the means, interleaved; slopes,
covariate by covariate; variances; elements below the diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.implied import Fill, Implied, Layout
from comply_measure.sem.ordinal.jacobian import MomentJacobian

if TYPE_CHECKING:
    from comply_measure.sem.ordinal.sample import OrdinalGroup
    from comply_measure.sem.sample import GroupSample


@dataclass(frozen=True)
class OrdinalLayout(Layout):
    """Where each parameter of one group with ordered variables stands.

    Attributes
    ----------
    joint : Layout
        The same model with the covariates' own moments in it (this layout itself holds them at zero).
    ordered : bool array (p,)
        Which observed variables are ordered.
    kept : int array (p_y,)
        Observed variables that are no covariates; statistics are theirs.
    covariates : int array (c,)
        Sources that are fixed covariates.
    item : int array (T,)
        Variable of each threshold or mean.
    is_threshold : bool array (T,)
        False for means.
    thresholds : Fill
        τ (T,), zero for means.
    scale : Fill
        δ (p,), used under the delta parameterisation only.
    theta : bool
        Whether residual variances instead of scaling factors are parameters.
    predictors, predictor_sources : int array (o,)
        Under delta, ordered variables that predict others: places among observed variables and sources.
    """

    joint: Layout
    ordered: NDArray[np.bool_]
    kept: Index
    covariates: Index
    item: Index
    is_threshold: NDArray[np.bool_]
    thresholds: Fill
    scale: Fill
    theta: bool
    predictors: Index
    predictor_sources: Index

    def at(self, theta: Array) -> OrdinalImplied:
        """Implied moments at the group's parameters θ (q,)."""
        return OrdinalImplied(self, theta)

    def neutral(self) -> Array:
        """θ before starting values are put in: scaling factors of one (q,)."""
        theta = np.zeros(self.q)
        theta[self.scale.parameters] = 1.0
        return theta

    def put_starts(self, theta: Array, sample: GroupSample) -> None:
        """Put sample thresholds and scaling factors of one into θ (q,), in place."""
        given = cast("OrdinalGroup", sample).moments.thresholds
        theta[self.thresholds.parameters] = given[self.thresholds.cells]
        theta[self.scale.parameters] = 1.0

    @property
    def n_statistics(self) -> int:
        """Number of sample statistics, the covariates' own moments included."""
        p, c = len(self.kept), len(self.covariates)
        own = c * (c + 1) // 2 + c
        return len(self.item) + c * p + len(self.continuous) + p * (p - 1) // 2 + own

    @cached_property
    def continuous(self) -> Index:
        """Continuous variables that are no covariates."""
        return np.asarray(self.kept[~self.ordered[self.kept]])

    @cached_property
    def pairs(self) -> tuple[Index, Index]:
        """Row and column of each element below the diagonal, column by column."""
        first, second = np.triu_indices(len(self.kept), 1)
        return self.kept[second], self.kept[first]

    @cached_property
    def on_moments(self) -> Index:
        """Parameters that move latent-response covariances."""
        touches = self.kappa != 0
        touches[self.scale.parameters[np.isin(self.scale.cells, self.predictors)]] = True
        return np.flatnonzero(touches)

    @cached_property
    def on_thresholds(self) -> Index:
        """Parameters besides the thresholds that move implied thresholds or means."""
        touches = self.mean_source != -2
        touches[self.scale.parameters] = True
        if self.theta:
            touches |= self.kappa != 0
        return np.flatnonzero(touches)

    @cached_property
    def on_correlations(self) -> Index:
        """Parameters that move implied correlations and variances."""
        touches = self.kappa != 0
        touches[self.scale.parameters] = True
        return np.flatnonzero(touches)


class OrdinalImplied(Implied):
    """Moments of one group with ordered variables at one θ.

    ``sigma`` and ``mu`` are those of the *scaled* responses, comparable with sample correlations;
    ``response_sigma`` those of the latent responses.
    """

    layout: OrdinalLayout

    def __init__(self, layout: OrdinalLayout, theta: Array) -> None:
        super().__init__(layout, theta)
        if not layout.theta:
            self.delta = layout.scale.at(theta)
        self.left_over = self._left_over()
        add_variances(self, layout.predictor_sources, self.left_over)
        self.response_sigma = self.sigma
        self.response_mu = self.mu if self.mu is not None else np.zeros(layout.p)
        if layout.theta:
            variances = self.sigma.diagonal()
            if not (variances[layout.ordered] > 0.0).all():
                raise NotPositiveDefiniteError
            self.delta = np.ones(layout.p)
            self.delta[layout.ordered] = 1.0 / np.sqrt(variances[layout.ordered])
        self.tau = layout.thresholds.at(theta)
        self.sigma = self.response_sigma * np.outer(self.delta, self.delta)
        diagonal = np.einsum("ii->i", self.sigma)
        diagonal[layout.ordered] = 1.0
        self.mu = np.where(layout.ordered, 0.0, self.response_mu)

    def _left_over(self) -> Array:
        """Residual variances s of ordered predictors under delta (o,)."""
        own = self.layout.predictors
        if not len(own):
            return np.zeros(0)
        gap = 1.0 / self.delta[own] ** 2 - self.sigma[own, own]
        return np.asarray(np.linalg.solve(self._reach[own] ** 2, gap))

    @cached_property
    def _reach(self) -> Array:
        """Columns of T E of ordered predictors (p, o)."""
        return np.asarray(self.TE[:, self.layout.predictor_sources])

    @cached_property
    def left_over_slopes(self) -> Array:
        """∂s (o, q)."""
        layout, own = self.layout, self.layout.predictors
        if not len(own):
            return np.zeros((0, layout.q))
        H = np.hstack([np.eye(layout.p), self.X])[own]
        gap = -2.0 * layout.kappa * H[:, layout.u] * H[:, layout.v]
        at = {int(i): k for k, i in enumerate(own)}
        for cell, parameter in zip(
            layout.scale.cells.tolist(), layout.scale.parameters.tolist(), strict=True
        ):
            if cell in at:
                gap[at[cell], parameter] -= 2.0 / self.delta[cell] ** 3
        return np.asarray(np.linalg.solve(self._reach[own] ** 2, gap))

    @cached_property
    def threshold_vector(self) -> Array:
        """Implied thresholds and minus means (T,)."""
        layout = self.layout
        return np.asarray(self.delta[layout.item] * (self.tau - self.response_mu[layout.item]))

    @cached_property
    def joint(self) -> Implied:
        """Latent-response moments with the covariates' own moments in them."""
        joint = self.layout.joint.at(self.theta)
        add_variances(joint, self.layout.predictor_sources, self.left_over)
        return joint

    @property
    def kept_sigma(self) -> Array:
        """Scaled covariance matrix of the variables that are no covariates (p_y, p_y)."""
        return np.asarray(self.sigma[np.ix_(self.layout.kept, self.layout.kept)])

    @cached_property
    def slopes(self) -> Array:
        """Implied slopes on the covariates (p_y, c)."""
        kept = self.layout.kept
        return np.asarray(self.delta[kept, None] * self.TE[np.ix_(kept, self.layout.covariates)])

    @cached_property
    def moments(self) -> Array:
        """All implied statistics in lavaan's order (D,)."""
        layout = self.layout
        variances = self.sigma.diagonal()[layout.continuous]
        slopes = self.slopes.ravel(order="F")
        return np.concatenate((self.threshold_vector, slopes, variances, self.sigma[layout.pairs]))

    @cached_property
    def _covariance_slopes(self) -> tuple[Array, Array]:
        """∂σ*_ii (p, q_m) and ∂σ*_ij below the diagonal (P, q_m) for the parameters ``on_moments``."""
        layout = self.layout
        H = np.hstack([np.eye(layout.p), self.X])
        active = layout.on_moments
        U, V = H[:, layout.u[active]], H[:, layout.v[active]] * layout.kappa[active]
        row, column = layout.pairs
        on_diagonal, below = 2.0 * U * V, U[row] * V[column] + U[column] * V[row]
        if len(layout.predictors):
            reach, left = self._reach, self.left_over_slopes[:, active]
            on_diagonal += reach**2 @ left
            below += (reach[row] * reach[column]) @ left
        return on_diagonal, below

    @cached_property
    def _scale_slopes(self) -> Array:
        """∂δ_i (p, q)."""
        layout = self.layout
        slopes = np.zeros((layout.p, layout.q))
        if layout.theta:
            factor = -0.5 * np.where(layout.ordered, self.delta, 0.0) ** 3
            slopes[:, layout.on_moments] = factor[:, None] * self._covariance_slopes[0]
        else:
            slopes[layout.scale.cells, layout.scale.parameters] = 1.0
        return slopes

    @cached_property
    def jacobian(self) -> MomentJacobian:
        """∂(all statistics)/∂θ."""
        layout = self.layout
        return MomentJacobian(
            size=len(self.moments),
            q=layout.q,
            rows=layout.thresholds.cells,
            parameters=layout.thresholds.parameters,
            scale=self.delta[layout.item[layout.thresholds.cells]],
            first_columns=layout.on_thresholds,
            first=self._first_order_slopes(),
            second_columns=layout.on_correlations,
            second=self._correlation_slopes(),
        )

    def pulled_gradient(self, pull: Array) -> Array:
        """``Jᵀ pull`` for a vector over the statistics (D,), without forming J.

        With M the slope in Σ* and d that in δ, chains of derivatives end in the gradient of the latent-response
        moments: ``M_ij = ½ pull_ij δ_i δ_j``, ``d_i = Σ_j pull_ij δ_j σ*_ij + Σ_a pull_a (τ_a − μ*_i)``.
        """
        layout, delta = self.layout, self.delta
        T, c = len(layout.item), len(layout.covariates)
        row, column = layout.pairs
        full = np.zeros((layout.p, layout.p))
        full[row, column] = pull[len(pull) - len(row) :]
        full += full.T
        in_sigma = 0.5 * full * np.outer(delta, delta)
        start = T + c * len(layout.kept)
        in_sigma[layout.continuous, layout.continuous] = pull[start : start + len(layout.continuous)]
        first = pull[:T]
        in_delta = ((full * self.response_sigma) @ delta) + np.bincount(
            layout.item, first * (self.tau - self.response_mu[layout.item]), layout.p
        )
        in_mu = np.asarray(-np.bincount(layout.item, first * delta[layout.item], layout.p), dtype=float)
        by_covariate = pull[T:start].reshape(c, len(layout.kept)).T
        in_delta[layout.kept] += (by_covariate * self.TE[np.ix_(layout.kept, layout.covariates)]).sum(axis=1)
        if layout.theta:
            own = layout.ordered
            in_sigma[own, own] -= 0.5 * in_delta[own] * delta[own] ** 3
        elif len(layout.predictors):
            self._pull_left_over(in_sigma, in_delta)
        gradient = Implied.gradient(self, in_sigma, in_mu)
        cells = layout.thresholds.cells
        gradient[layout.thresholds.parameters] += first[cells] * delta[layout.item[cells]]
        if not layout.theta:
            gradient[layout.scale.parameters] += in_delta[layout.scale.cells]
        if c:
            gradient += self._through_covariates(by_covariate)
        return np.asarray(gradient)

    def _pull_left_over(self, in_sigma: Array, in_delta: Array) -> None:
        """Carry slopes in s, ``λ = B⁻ᵀ (gᵀ M g)``, to those in Σ* and δ, in place."""
        own, reach = self.layout.predictors, self._reach
        weight = np.einsum("io,ij,jo->o", reach, in_sigma, reach)
        multiplier = np.linalg.solve((reach[own] ** 2).T, weight)
        in_sigma[own, own] -= multiplier
        in_delta[own] -= 2.0 * multiplier / self.delta[own] ** 3

    def _through_covariates(self, by_covariate: Array) -> Array:
        """Gradient through the slopes on covariates, ``∂(T E)_ic/∂A_kl = g_ik E_lc``, for paths."""
        layout = self.layout
        paths = np.flatnonzero(layout.is_path)
        effect = self.E[np.ix_(layout.mean_source[paths], layout.covariates)]
        scaled = by_covariate * self.delta[layout.kept, None]
        H = np.hstack([np.eye(layout.p), self.TE])[layout.kept]
        out = np.zeros(layout.q)
        out[paths] = ((H.T @ scaled)[layout.mean_column[paths]] * effect).sum(axis=1)
        return out

    def _first_order_slopes(self) -> Array:
        """∂ thresholds, ∂ means and ∂ slopes for the parameters ``on_thresholds``."""
        layout, columns = self.layout, self.layout.on_thresholds
        item, kept = layout.item, layout.kept
        out = np.zeros((len(item) + self.slopes.size, len(columns)))
        if not len(columns):
            return out
        H = np.hstack([np.eye(layout.p), self.TE])
        along = H[:, np.minimum(layout.mean_column[columns], H.shape[1] - 1)]
        means = along * self.mean_scale[columns]
        scale = self._scale_slopes[:, columns]
        distance = self.tau - self.response_mu[item]
        out[: len(item)] = distance[:, None] * scale[item] - self.delta[item][:, None] * means[item]
        source = layout.mean_source[columns]
        for number, covariate in enumerate(layout.covariates):
            start = len(item) + number * len(kept)
            effect = np.where(source >= 0, self.E[np.maximum(source, 0), covariate], 0.0)
            moved = self.delta[kept][:, None] * along[kept] * effect
            moved += self.TE[kept, covariate][:, None] * scale[kept]
            out[start : start + len(kept)] = moved
        return out

    def _correlation_slopes(self) -> Array:
        """∂ variances and ∂ correlations for the parameters ``on_correlations``."""
        layout = self.layout
        on_diagonal, below = self._covariance_slopes
        row, column = layout.pairs
        columns = layout.on_correlations
        at = np.searchsorted(columns, layout.on_moments)
        top = len(layout.continuous)
        out = np.zeros((top + len(row), len(columns)))
        out[:top, at] = on_diagonal[layout.continuous]
        out[top:, at] = (self.delta[row] * self.delta[column])[:, None] * below
        slopes = self._scale_slopes[:, columns]
        if slopes.any():
            covariance = self.response_sigma[row, column]
            out[top:] += (covariance * self.delta[column])[:, None] * slopes[row]
            out[top:] += (covariance * self.delta[row])[:, None] * slopes[column]
        return out


def add_variances(implied: Implied, sources: Index, amounts: Array) -> None:
    """Add to the residual variances of sources and carry that through Σ, V and F V."""
    if not len(sources):
        return
    effect, reach = implied.E[:, sources], implied.TE[:, sources]
    implied.V = implied.V + (effect * amounts) @ effect.T
    implied.FV = implied.FV + (reach * amounts) @ effect.T
    implied.sigma = implied.sigma + (reach * amounts) @ reach.T
