"""Implied moments in reticular form, and their derivatives as pairs of columns.

All variables, observed and latent, obey ``x = m + A x + ζ`` with ``Cov(ζ) = S``. Variables with an
outgoing path form the set L (latent variables, observed predictors), all others the set R. Only L needs
a matrix inverse: with ``E = (I − A_LL)⁻¹`` and T the p × k matrix that carries x_L to the observed
variables (paths into R, a unit row for an observed member of L)::

    V = E S_LL Eᵀ                        covariances of x_L
    Σ = T V Tᵀ + S_RR + M + Mᵀ            M = S_RL (T E)ᵀ
    μ = m_R + T η,   η = E m_L

Every first derivative of Σ is a symmetric matrix of rank two, ``κ (u vᵀ + v uᵀ)``, whose u and v are
columns of ``H = [I | T E | F V]`` (F V = T V + S_RL Eᵀ, covariances of observed variables with x_L):

* path j → i:       u = g_i, v = (F V)_j, κ = 1,  and ∂μ = g_i η_j
* covariance i, j:  u = g_i, v = g_j,     κ = 1 (½ for a variance)
* mean of i:        ∂μ = g_i

with g_i = column i of I for i in R, of T E for i in L. A derivative of any discrepancy is then a
look-up in ``Hᵀ M H`` for a p × p matrix M: no p(p+1)/2 × q Jacobian is formed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index, inverse_and_logdet
from comply_measure.sem.errors import ModelError
from comply_measure.sem.table.composites import excrescent_name
from comply_measure.sem.table.parameter_table import ParameterTable


@dataclass(frozen=True)
class Fill:
    """Cells of one matrix: a constant matrix, and which parameter stands in which cell.

    Attributes
    ----------
    constant : array
        The matrix with fixed values, zero elsewhere.
    cells : int array
        Flat indices of free cells.
    parameters : int array
        Parameter of the group that stands in each cell.
    """

    constant: Array
    cells: Index
    parameters: Index

    def at(self, theta: Array) -> Array:
        """The matrix at θ."""
        if not len(self.cells):
            return self.constant
        matrix = self.constant.copy()
        matrix.reshape(-1)[self.cells] = theta[self.parameters]
        return matrix


@dataclass(frozen=True)
class Layout:
    """Where each parameter of one group stands.

    Attributes
    ----------
    observed, sources : tuple of str
        Observed variables (p), variables with outgoing paths (k).
    q : int
        Number of free parameters of the group; parameter a is element ``first + a`` of θ.
    first : int
        Place of the group's first parameter in θ.
    paths : Fill
        A_LL (k, k).
    loadings : Fill
        T (p, k).
    residuals, cross, source_cov : Fill
        S_RR (p, p), S_RL (p, k), S_LL (k, k).
    observed_mean, source_mean : Fill
        m_R (p,), m_L (k,).
    u, v : int array (q,)
        Columns of H whose product is the derivative of Σ.
    kappa : array (q,)
        1, ½ for variances, 0 for parameters that do not touch Σ.
    mean_column : int array (q,)
        Column of H along which μ moves.
    mean_source : int array (q,)
        For a path its source j (then ∂μ is scaled by η_j); −1 for an intercept (scale 1); −2 for none.
    is_path, is_mean : bool array (q,)
        Kind of each parameter.
    has_mean : bool
        Whether means are modelled.
    """

    observed: tuple[str, ...]
    sources: tuple[str, ...]
    q: int
    first: int
    paths: Fill
    loadings: Fill
    residuals: Fill
    cross: Fill
    source_cov: Fill
    observed_mean: Fill
    source_mean: Fill
    u: Index
    v: Index
    kappa: Array
    mean_column: Index
    mean_source: Index
    is_path: NDArray[np.bool_]
    is_mean: NDArray[np.bool_]
    has_mean: bool

    @property
    def p(self) -> int:
        """Number of observed variables."""
        return len(self.observed)

    @property
    def k(self) -> int:
        """Number of variables with outgoing paths."""
        return len(self.sources)

    @property
    def n_statistics(self) -> int:
        """Number of sample moments: covariances and, if modelled, means."""
        return self.p * (self.p + 1) // 2 + (self.p if self.has_mean else 0)

    @property
    def has_paths(self) -> bool:
        """Whether sources influence each other."""
        return len(self.paths.cells) > 0 or bool(np.any(self.paths.constant))

    @property
    def has_cross(self) -> bool:
        """Whether residuals of R covary with sources."""
        return len(self.cross.cells) > 0 or bool(np.any(self.cross.constant))

    def at(self, theta: Array) -> Implied:
        """Implied moments at the group's parameters θ (q,)."""
        return Implied(self, theta)


class Implied:
    """Moments of one group at one θ; everything beyond Σ and μ is computed on demand and kept."""

    def __init__(self, layout: Layout, theta: Array) -> None:
        self.layout = layout
        self.theta = theta
        self.T = layout.loadings.at(theta)
        self.E: Array
        self.TE: Array
        source_cov = layout.source_cov.at(theta)
        if layout.has_paths:
            paths = layout.paths.at(theta)
            self.E = np.asarray(np.linalg.inv(np.eye(layout.k) - paths), dtype=np.float64)
            self.TE = self.T @ self.E
            self.V = self.E @ source_cov @ self.E.T
        else:
            self.E = np.eye(layout.k)
            self.TE = self.T
            self.V = source_cov
        self.FV = self.T @ self.V
        self.sigma = self.FV @ self.T.T
        self.sigma += layout.residuals.at(theta)
        if layout.has_cross:
            cross = layout.cross.at(theta)
            M = cross @ self.TE.T
            self.sigma += M + M.T
            self.FV = self.FV + cross @ self.E.T
        self.eta: Array = np.zeros(0)
        self.mu: Array | None = None
        if layout.has_mean:
            self.eta = self.E @ layout.source_mean.at(theta)
            self.mu = layout.observed_mean.at(theta) + self.T @ self.eta

    @cached_property
    def _inverse_logdet(self) -> tuple[Array, float]:
        return inverse_and_logdet(self.sigma)

    @property
    def inverse(self) -> Array:
        """Σ⁻¹ (raises NotPositiveDefiniteError)."""
        return self._inverse_logdet[0]

    @property
    def logdet(self) -> float:
        """log|Σ| (raises NotPositiveDefiniteError)."""
        return self._inverse_logdet[1]

    @cached_property
    def X(self) -> Array:
        """Columns of H beyond the identity: ``[T E | F V]`` (p, 2k)."""
        return np.hstack([self.TE, self.FV])

    @cached_property
    def mean_scale(self) -> Array:
        """Factor of ∂μ for every parameter: 1, η_j or 0 (q,)."""
        source = self.layout.mean_source
        scale = np.where(source == -1, 1.0, 0.0)
        if self.layout.has_mean:
            paths = source >= 0
            scale[paths] = self.eta[source[paths]]
        return scale

    def sandwich(self, M: Array) -> Array:
        """Hᵀ M H (p + 2k, p + 2k) of a symmetric matrix M (p, p)."""
        p, X = self.layout.p, self.X
        size = p + X.shape[1]
        out = np.empty((size, size))
        MX = M @ X
        out[:p, :p] = M
        out[:p, p:] = MX
        out[p:, :p] = MX.T
        out[p:, p:] = X.T @ MX
        return out

    def project(self, y: Array) -> Array:
        """Hᵀ y for a vector (p,), or row-wise for an array (n, p)."""
        return np.concatenate([y, y @ self.X], axis=-1)

    def gradient(self, slope_sigma: Array, slope_mu: Array | None = None) -> Array:
        """Gradient in θ from slopes in the moments.

        Parameters
        ----------
        slope_sigma : array (p, p)
            Symmetric; entry (i, j) is half of ∂F/∂σ_ij for i ≠ j and ∂F/∂σ_ii on the diagonal, that is
            dF = tr(slope dΣ).
        slope_mu : array (p,), optional
            dF = slopeᵀ dμ.

        Returns
        -------
        array (q,)
        """
        layout, p, X = self.layout, self.layout.p, self.X
        MX = slope_sigma @ X
        looked_up = np.vstack([np.hstack([slope_sigma, MX]), np.hstack([MX.T, X.T @ MX])])
        gradient = 2.0 * layout.kappa * looked_up[layout.u, layout.v]
        if slope_mu is not None and layout.has_mean:
            along = np.concatenate([slope_mu, slope_mu @ X[:, : X.shape[1] // 2]])
            gradient += self.mean_scale * along[np.minimum(layout.mean_column, p + layout.k - 1)]
        return np.asarray(gradient)


def build_layouts(table: ParameterTable, exogenous: Mapping[int, float] | None = None) -> tuple[Layout, ...]:
    """Layouts of all groups.

    Parameters
    ----------
    table : ParameterTable
        The model.
    exogenous : mapping of int to float, optional
        Values of rows whose fixed value comes from the data (``exo``).
    """
    rows_of = [np.flatnonzero(table.group == g + 1) for g in range(table.n_groups)]
    layouts = tuple(_layout(table, rows, g, exogenous or {}) for g, rows in enumerate(rows_of))
    if not table.options.thresholds:
        return layouts
    from comply_measure.sem.ordinal.build import ordinal_layout

    at_zero = dict.fromkeys(exogenous or {}, 0.0)
    given_covariates = (_layout(table, rows, g, at_zero) for g, rows in enumerate(rows_of))
    return tuple(
        ordinal_layout(base, joint, table, g)
        for g, (base, joint) in enumerate(zip(given_covariates, layouts, strict=True))
    )


class _Cells:
    """Collects the cells of one matrix."""

    def __init__(self, *shape: int) -> None:
        self.constant = np.zeros(shape)
        self.cells: list[int] = []
        self.parameters: list[int] = []

    def put(self, cell: int, parameter: int, value: float) -> None:
        if parameter < 0:
            self.constant.reshape(-1)[cell] = value
        else:
            self.cells.append(cell)
            self.parameters.append(parameter)

    def done(self) -> Fill:
        return Fill(
            self.constant, np.array(self.cells, dtype=np.int64), np.array(self.parameters, dtype=np.int64)
        )


class _LayoutBuilder:
    """Places the rows of one group into the matrices and records each parameter's columns of H."""

    def __init__(self, table: ParameterTable, rows: Index, group: int) -> None:
        names = table.variables[group]
        self.observed = names.observed
        self.references = {composite.name: composite.reference for composite in names.composites}
        sources = dict.fromkeys((*names.latent, *names.excrescent))
        for row in rows:
            if table.op[row] == "~":
                sources[table.rhs[row]] = None
        self.sources = tuple(sources)
        p, k = len(self.observed), len(self.sources)
        self.p, self.k = p, k
        self.observed_at = {name: i for i, name in enumerate(self.observed)}
        self.source_at = {name: i for i, name in enumerate(self.sources)}
        free = table.free[rows]
        used = free[free > 0]
        self.first = int(used.min()) - 1 if len(used) else 0
        self.q = len(used)
        self.paths, self.loadings = _Cells(k, k), _Cells(p, k)
        self.residuals, self.cross, self.source_cov = _Cells(p, p), _Cells(p, k), _Cells(k, k)
        self.observed_mean, self.source_mean = _Cells(p), _Cells(k)
        self.u = np.zeros(self.q, dtype=np.int64)
        self.v = np.zeros(self.q, dtype=np.int64)
        self.kappa = np.zeros(self.q)
        self.mean_column = np.zeros(self.q, dtype=np.int64)
        self.mean_source = np.full(self.q, -2, dtype=np.int64)
        for name, place in self.source_at.items():
            if name in self.observed_at:
                self.loadings.constant[self.observed_at[name], place] = 1.0

    def column(self, name: str) -> int:
        """Column of H along which the residual of a variable acts."""
        place = self.source_at.get(name)
        return self.observed_at[name] if place is None else self.p + place

    def path(self, source: str, target: str, parameter: int, value: float) -> None:
        j, i = self.source_at[source], self.source_at.get(target)
        if i is None:
            self.loadings.put(self.observed_at[target] * self.k + j, parameter, value)
        else:
            self.paths.put(i * self.k + j, parameter, value)
        if parameter >= 0:
            self.u[parameter] = self.mean_column[parameter] = self.column(target)
            self.v[parameter] = self.p + self.k + j
            self.kappa[parameter] = 1.0
            self.mean_source[parameter] = j

    def weight(self, composite: str, component: str, parameter: int, value: float) -> None:
        """A weight is the path from the component's excrescent variable to the composite's reference."""
        reference = self.references[composite]
        if component == reference:
            return
        excrescent = excrescent_name(composite, component)
        self.path(excrescent, reference, parameter, value)
        self.path(excrescent, component, -1, -1.0)

    def covariance(self, first: str, second: str, parameter: int, value: float) -> None:
        a, b = self.source_at.get(first), self.source_at.get(second)
        if a is not None and b is not None:
            cells, where = self.source_cov, [a * self.k + b, b * self.k + a]
        elif a is None and b is None:
            i, j = self.observed_at[first], self.observed_at[second]
            cells, where = self.residuals, [i * self.p + j, j * self.p + i]
        elif a is None and b is not None:
            cells, where = self.cross, [self.observed_at[first] * self.k + b]
        else:
            cells, where = self.cross, [self.observed_at[second] * self.k + int(a or 0)]
        for cell in dict.fromkeys(where):
            cells.put(cell, parameter, value)
        if parameter >= 0:
            self.u[parameter], self.v[parameter] = self.column(first), self.column(second)
            self.kappa[parameter] = 0.5 if first == second else 1.0

    def mean(self, name: str, parameter: int, value: float) -> None:
        place = self.source_at.get(name)
        if place is None:
            self.observed_mean.put(self.observed_at[name], parameter, value)
        else:
            self.source_mean.put(place, parameter, value)
        if parameter >= 0:
            self.mean_column[parameter] = self.column(name)
            self.mean_source[parameter] = -1


def _layout(table: ParameterTable, rows: Index, group: int, exogenous: Mapping[int, float]) -> Layout:
    builder = _LayoutBuilder(table, rows, group)
    free, values = table.free.tolist(), table.value.tolist()
    for row in rows.tolist():
        op, lhs, rhs = table.op[row], table.lhs[row], table.rhs[row]
        parameter = free[row] - 1 - builder.first if free[row] else -1
        value = exogenous.get(row, values[row])
        if op == "~~":
            builder.covariance(lhs, rhs, parameter, value)
        elif op == "=~":
            builder.path(lhs, rhs, parameter, value)
        elif op == "~":
            builder.path(rhs, lhs, parameter, value)
        elif op == "~1":
            builder.mean(lhs, parameter, value)
        elif op == "<~":
            builder.weight(lhs, rhs, parameter, value)
        elif not table.options.thresholds:
            raise ModelError(f"'{lhs} {op} {rhs}' is for ordered variables; name them in ordered=")
    is_mean = builder.mean_source == -1
    return Layout(
        observed=builder.observed,
        sources=builder.sources,
        q=builder.q,
        first=builder.first,
        paths=builder.paths.done(),
        loadings=builder.loadings.done(),
        residuals=builder.residuals.done(),
        cross=builder.cross.done(),
        source_cov=builder.source_cov.done(),
        observed_mean=builder.observed_mean.done(),
        source_mean=builder.source_mean.done(),
        u=builder.u,
        v=builder.v,
        kappa=builder.kappa,
        mean_column=builder.mean_column,
        mean_source=builder.mean_source,
        is_path=builder.mean_source >= 0,
        is_mean=is_mean,
        has_mean=table.meanstructure,
    )
