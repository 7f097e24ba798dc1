"""One factor with three indicators: what its covariances say before any search.

The model has as many parameters as there are moments. Spearman's solution reproduces these
(``ψ = s₁₂ s₁₃ / s₂₃``, ``λ₂ = s₂₃ / s₁₃``, ``λ₃ = s₂₃ / s₁₂`` where λ₁ = 1; Bollen, 1989, *Structural Equations with
Latent Variables*, p. 247). Where the product of the three covariances is negative, ψ is so, too: with a marker the
optimum has a negative variance of the factor, with that variance fixed above zero no loadings reproduce the
covariances, and the discrepancy falls without end as one loading grows and the two others vanish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.model import Model
from comply_measure.sem.start import starting_values

NO_COVARIANCE = 1e-6  # correlation below which the solution is not trusted
NEGATIVE_PRODUCT = (
    "the three covariances of the indicators have a negative product, which no loadings reproduce while the variance "
    "of the factor is fixed above 0"
)
OUT = 10.0  # standardised loading of the indicator whose loading grows, at the start of a search


@dataclass(frozen=True)
class ThreeIndicators:
    """A model of one factor with three indicators whose covariances have a negative product.

    Attributes
    ----------
    loadings, residuals : array (3,)
        Places in θ of loadings (−1 where fixed) and residual variances, in the order of the indicators.
    scale : int
        Place in θ of the factor's variance; −1 where it is fixed.
    fixed : float
        The marker's loading, or the factor's variance where that is fixed.
    S : array (3, 3)
        Covariance matrix of the indicators.
    theta : array (q,)
        Starting values of everything else.
    """

    loadings: tuple[int, ...]
    residuals: tuple[int, ...]
    scale: int
    fixed: float
    S: Array
    theta: Array

    @property
    def has_marker(self) -> bool:
        """Whether the factor's variance is free: then there is an optimum, with a negative one."""
        return self.scale >= 0

    def optimum(self) -> Array:
        """θ (q,) that reproduces the covariances; for models with a marker."""
        first = self.loadings.index(-1)
        second, third = (i for i in range(3) if i != first)
        S, theta, loading = self.S, self.theta.copy(), np.empty(3)
        loading[first] = self.fixed
        loading[second] = self.fixed * S[second, third] / S[first, third]
        loading[third] = self.fixed * S[second, third] / S[first, second]
        variance = S[first, second] * S[first, third] / S[second, third] / self.fixed**2
        theta[self.scale] = variance
        return self._put(theta, loading, variance)

    def far_out(self, indicator: int) -> Array:
        """θ (q,) from which the loading of an indicator grows, while the others vanish; for models without a marker."""
        S, loading = self.S, np.empty(3)
        size = OUT * np.sqrt(S[indicator, indicator] / self.fixed)
        loading[:] = S[indicator] / (size * self.fixed)
        loading[indicator] = size
        return self._put(self.theta.copy(), loading, self.fixed)

    def _put(self, theta: Array, loading: Array, variance: float) -> Array:
        for place, value in zip(self.loadings, loading.tolist(), strict=True):
            if place >= 0:
                theta[place] = value
        theta[list(self.residuals)] = self.S.diagonal() - loading**2 * variance
        return theta


def three_indicators(model: Model) -> ThreeIndicators | None:
    """The model as one factor with three indicators of a negative product; None where it is no such model.

    Parameters
    ----------
    model : Model
        Any model.
    """
    table, groups = model.table, model.sample.groups
    if len(model.layouts) != 1 or not model.is_determined or model.options.search.start.given:
        return None
    if model.space.K is not None or not model.space.is_linear or model.space.bounded:
        return None
    rows = _one_factor(model)
    if rows is None:
        return None
    measured, variances, of_factor = rows
    loadings = tuple(int(table.free[row]) - 1 for row in measured)
    residuals = tuple(int(table.free[row]) - 1 for row in variances)
    scale = int(table.free[of_factor]) - 1
    fixed = [float(table.value[row]) for row in (*measured, of_factor) if not table.free[row]]
    if len(fixed) != 1 or fixed[0] == 0.0 or (scale < 0 and fixed[0] < 0.0):
        return None
    names = [table.rhs[row] for row in measured]
    at = [groups[0].names.index(name) for name in names]
    S = groups[0].cov[np.ix_(at, at)]
    sd = np.sqrt(S.diagonal())
    r = (S / sd / sd[:, None])[[0, 0, 1], [1, 2, 2]]
    if not np.isfinite(r).all() or np.abs(r).min() < NO_COVARIANCE or r.prod() > 0.0:
        return None
    theta = starting_values(table, model.layouts, groups)
    return ThreeIndicators(loadings, residuals, scale, fixed[0], S, theta)


def _one_factor(model: Model) -> tuple[list[int], list[int], int] | None:
    """Rows of loadings, residual variances and the factor's variance; None where the model has anything else."""
    table = model.table
    rows = range(len(table.op))
    measured = [row for row in rows if table.op[row] == "=~"]
    names = [table.rhs[row] for row in measured]
    if len(measured) != 3 or len({table.lhs[row] for row in measured}) != 1:
        return None
    if set(model.sample.groups[0].names) != set(names) or not set(table.op) <= {"=~", "~~", "~1"}:
        return None
    own = {(table.lhs[row], table.rhs[row]): row for row in rows if table.op[row] == "~~"}
    if any(table.free[row] or table.value[row] for (left, right), row in own.items() if left != right):
        return None
    for row in rows:  # means are free for the indicators and zero for the factor
        if table.op[row] == "~1" and bool(table.free[row]) != (table.lhs[row] in names):
            return None
        if table.op[row] == "~1" and not table.free[row] and table.value[row]:
            return None
    variances = [own[name, name] for name in names if (name, name) in own and table.free[own[name, name]]]
    factor = table.lhs[measured[0]]
    if len(variances) != 3 or (factor, factor) not in own:
        return None
    return measured, variances, own[factor, factor]
