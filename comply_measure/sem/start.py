"""Starting values without iteration.

Loadings come from a one-factor solution of each latent variable's indicators, covariances of latent
variables from the indicators' covariances weighted by reliability, structural coefficients by least
squares in the resulting covariance matrix, and residuals as what the model leaves over. The user's
starting values take precedence.
"""

from __future__ import annotations

import math

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError, is_positive_definite
from comply_measure.sem.implied import Layout
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.composites import start_of_composite
from comply_measure.sem.table.parameter_table import ParameterTable

FLOOR = 0.1  # share of a variance that stays residual at the start
SWEEPS = 8
NO_VARIANCE = 1e-200  # variances have any scale: only what is zero counts as none
SPREAD = 0.7  # standard deviation of the logarithm of random sizes
SIGN_CHANGES = 1 / 6
CEILING = 0.9  # largest correlation between latent variables at the start


def starting_values(
    table: ParameterTable, layouts: tuple[Layout, ...], samples: tuple[GroupSample, ...]
) -> Array:
    """Starting θ (q,).

    Parameters
    ----------
    table : ParameterTable
        The model.
    layouts : tuple of Layout
        One per group.
    samples : tuple of GroupSample
        One per group.
    """
    theta = np.zeros(table.n_free)
    for g, (layout, sample) in enumerate(zip(layouts, samples, strict=True)):
        rows = np.flatnonzero(table.group == g + 1)
        mine = _GroupStart(table, rows, layout, sample).values()
        theta[layout.first : layout.first + layout.q] = mine
    _put_sample_values(theta, layouts, samples)
    put_given(table, theta)
    return theta


def _put_sample_values(theta: Array, layouts: tuple[Layout, ...], samples: tuple[GroupSample, ...]) -> None:
    """Put what the sample says directly into θ, in place."""
    for layout, sample in zip(layouts, samples, strict=True):
        layout.put_starts(theta[layout.first : layout.first + layout.q], sample)


def put_given(table: ParameterTable, theta: Array) -> None:
    """Put the user's starting values into θ, in place; equal parameters share what is given for one of them."""
    given = np.flatnonzero((table.free > 0) & np.isfinite(table.start))
    if not len(given):
        return
    places = table.free[given] - 1
    theta[places] = table.start[given]
    for equal in table.equal:
        own = np.intersect1d(equal, places)
        if len(own):
            theta[list(equal)] = theta[own].mean()


def plain_values(
    table: ParameterTable, layouts: tuple[Layout, ...], samples: tuple[GroupSample, ...]
) -> Array:
    """Cautious starting θ (q,): loadings 1, small factor variances, no covariances.

    A second chance when the optimiser fails from :func:`starting_values`.
    """
    theta = np.zeros(table.n_free)
    for row in np.flatnonzero(table.free):
        sample = samples[table.group[row] - 1]
        op, lhs = table.op[row], table.lhs[row]
        observed = sample.names.index(lhs) if lhs in sample.names else -1
        value = 0.0
        if op == "=~":
            value = 1.0
        elif op == "~~" and lhs == table.rhs[row]:
            value = 0.5 * sample.cov[observed, observed] if observed >= 0 else 0.05
        elif op == "~1" and observed >= 0 and sample.mean is not None:
            value = sample.mean[observed]
        theta[table.free[row] - 1] = value
    _put_sample_values(theta, layouts, samples)
    put_given(table, theta)
    return theta


def modest_values(
    table: ParameterTable, layouts: tuple[Layout, ...], samples: tuple[GroupSample, ...]
) -> Array:
    """Starting θ (q,) with the loadings of :func:`starting_values` and small, uncorrelated factors.

    Means and thresholds are those of the sample, all else is as in :func:`plain_values`: close to where lavaan begins.
    """
    theta = plain_values(table, layouts, samples)
    sample_based = starting_values(table, layouts, samples)
    for row in np.flatnonzero(table.free).tolist():
        if table.op[row] in ("=~", "~1", "|"):
            place = table.free[row] - 1
            theta[place] = sample_based[place]
    return theta


def random_values(
    rng: np.random.Generator,
    table: ParameterTable,
    layouts: tuple[Layout, ...],
    samples: tuple[GroupSample, ...],
) -> Array:
    """Starting θ (q,) at random around :func:`starting_values`.

    Loadings and regressions change their size by a log-normal factor (σ = .7), one in six its sign; variances
    their size (σ = .7), those of latent variables one in six the sign (indicators that correlate negatively have
    their optimum there); covariances are correlations between −.5 and .5; residual variances are what the rest
    leaves of the sample variances. Everything else stays, as do the user's values.

    Parameters
    ----------
    rng : Generator
        Source of the draws.
    table, layouts, samples
        As for :func:`starting_values`.
    """
    theta = starting_values(table, layouts, samples)
    free = np.flatnonzero(table.free).tolist()
    variance = {}
    for row in free:
        place, group = table.free[row] - 1, table.group[row]
        if table.op[row] == "~~" and table.lhs[row] == table.rhs[row]:
            latent = table.lhs[row] in table.variables[group - 1].latent
            theta[place] *= math.exp(SPREAD * rng.standard_normal()) * _sign(rng, latent)
            variance[group, table.lhs[row]] = abs(theta[place])
    for row in free:
        place, group = table.free[row] - 1, table.group[row]
        if table.op[row] in ("=~", "~"):
            theta[place] *= math.exp(SPREAD * rng.standard_normal()) * _sign(rng, True)
        elif table.op[row] == "~~" and table.lhs[row] != table.rhs[row]:
            pair = [variance.get((group, name), 1.0) for name in (table.lhs[row], table.rhs[row])]
            theta[place] = rng.uniform(-0.5, 0.5) * math.sqrt(pair[0] * pair[1])
    for layout, sample in zip(layouts, samples, strict=True):
        _leave_residuals(theta[layout.first : layout.first + layout.q], layout, sample)
    put_given(table, theta)
    return theta


def _sign(rng: np.random.Generator, may_change: bool) -> float:
    return -1.0 if may_change and rng.random() < SIGN_CHANGES else 1.0


def _leave_residuals(theta: Array, layout: Layout, sample: GroupSample) -> None:
    """Residual variances as what the other parameters leave of the sample variances, in place.

    As they are where these make no possible moments (scales of ordered variables from a negative variance).
    """
    fill, p = layout.residuals, layout.p
    own = fill.cells // p == fill.cells % p
    places = fill.cells[own] // p
    without = theta.copy()
    without[fill.parameters[own]] = 0.0
    try:
        rest = sample.cov.diagonal() - layout.at(without).sigma.diagonal()
    except NotPositiveDefiniteError:
        return
    theta[fill.parameters[own]] = np.maximum(rest, FLOOR * sample.cov.diagonal())[places]


def one_factor(R: Array) -> Array:
    """Standardised loadings of one factor by least squares off the diagonal, with a few sweeps.

    Each sweep moves to ``λ_i = Σ_{j≠i} r_ij λ_j / Σ_{j≠i} λ_j²`` (MINRES; Harman & Jones, 1966); three
    indicators have the solution ``λ_1² = r_12 r_13 / r_23``.

    Parameters
    ----------
    R : array (p, p)
        Correlation matrix of the indicators.

    Returns
    -------
    array (p,)
        Loadings, at most √0.9 in size; the first is not negative.
    """
    p = len(R)
    if p == 1:
        return np.ones(1)
    if p == 2:
        r = float(np.clip(R[0, 1], -CEILING, CEILING))
        size = np.sqrt(max(abs(r), 0.05))
        return np.array([size, np.copysign(size, r)])
    limit = np.sqrt(1.0 - FLOOR)
    if (
        p == 3
        and min(products := (R[0, 1] * R[0, 2] * R[1, 2], abs(R[0, 1]), abs(R[0, 2]), abs(R[1, 2]))) > 0.0
    ):
        size = np.sqrt(products[0]) / np.array([abs(R[1, 2]), abs(R[0, 2]), abs(R[0, 1])])
        signs = np.array([1.0, np.copysign(1.0, R[0, 1]), np.copysign(1.0, R[0, 2])])
        return np.asarray(np.minimum(size, limit) * signs)
    off = R.copy()
    np.fill_diagonal(off, 0.0)
    loading = np.copysign(np.sqrt(np.abs(off).max(axis=0)), np.where(off[0] < 0.0, -1.0, 1.0))
    loading[0] = abs(loading[0])
    for _ in range(SWEEPS):
        squares = loading**2
        loading = (loading + off @ loading / np.maximum(squares.sum() - squares, 1e-3)) / 2.0
        np.minimum(np.maximum(loading, -limit, out=loading), limit, out=loading)
    return np.asarray(loading if loading[0] >= 0.0 else -loading)


class _GroupStart:
    """Starting values of one group."""

    def __init__(self, table: ParameterTable, rows: Index, layout: Layout, sample: GroupSample) -> None:
        self.table, self.layout, self.sample = table, layout, sample
        names = (*layout.observed, *(n for n in layout.sources if n not in layout.observed))
        self.at = {name: i for i, name in enumerate(names)}
        self.cov = np.full((len(names), len(names)), np.nan)
        p = layout.p
        self.cov[:p, :p] = sample.cov
        self.explained = np.zeros_like(self.cov)  # by factors already placed, for items of several factors
        self.known = set(layout.observed)
        self.theta = layout.neutral()
        self.rows = rows.tolist()
        self.value = table.value.tolist()
        places = table.free.tolist()
        self.free = {row: places[row] - 1 - layout.first for row in self.rows if places[row]}
        group = int(table.group[rows[0]]) - 1 if len(rows) else 0
        self.formed = {composite.name: composite for composite in table.variables[group].composites}
        self.row = {(table.lhs[row], table.op[row], table.rhs[row]): row for row in self.rows}
        self.variances = {  # fixed ones
            table.lhs[row]: self.value[row]
            for row in self.rows
            if table.op[row] == "~~" and table.lhs[row] == table.rhs[row] and row not in self.free
        }

    def values(self) -> Array:
        self._measure()
        self._regress()
        self._residuals()
        if self.layout.has_mean and self.sample.mean is not None:
            self._means(self.sample.mean)
        return np.asarray(self.theta)

    def _measure(self) -> None:
        """Loadings and covariances of latent variables, lower orders first."""
        table = self.table
        loadings: dict[str, list[int]] = {}
        for row in self.rows:
            if table.op[row] == "=~" and table.lhs[row] not in self.formed:
                loadings.setdefault(table.lhs[row], []).append(row)
        self._form_composites()
        waiting = dict(loadings)
        while waiting:
            ready = [f for f, rows in waiting.items() if all(table.rhs[r] in self.known for r in rows)]
            for latent in sorted(ready, key=lambda f: -len(waiting[f])):
                self._one_latent(latent, waiting.pop(latent))
            if not ready:
                break
        for latent in self.at:  # latent variables in a circle of measurement, or without indicators
            if latent not in self.known:
                place = self.at[latent]
                self.cov[place, :] = self.cov[:, place] = 0.0
                self.cov[place, place] = 1.0
                self.known.add(latent)
        np.nan_to_num(self.cov, copy=False)

    def _form_composites(self) -> None:
        """Composites as sums of standardised components, and what is left of their components."""
        for composite in self.formed.values():
            places = np.array([self.at[name] for name in composite.components])
            block = self.cov[places[:, None], places]
            scale = np.sqrt(np.maximum(block.diagonal(), NO_VARIANCE))
            weights = scale[0] / scale
            for k, component in enumerate(composite.components):
                row = self.row[composite.name, "<~", component]
                if row not in self.free:
                    weights[k] = self.value[row]
                elif math.isfinite(self.table.start[row]):
                    weights[k] = self.table.start[row]
                if row in self.free:
                    self.theta[self.free[row]] = weights[k]
            loadings, variance, rest = start_of_composite(block, weights)
            for component, value in zip(composite.components, loadings, strict=True):
                row = self.row[composite.name, "=~", component]
                if row in self.free:
                    self.theta[self.free[row]] = value
            place = self.at[composite.name]
            self.cov[place] = weights @ self.cov[places]
            self.cov[place, place] = variance
            self.cov[:, place] = self.cov[place]
            others = [self.at[name] for name in composite.excrescent]
            self.cov[others] = self.cov[:, others] = 0.0
            self.cov[np.ix_(others, others)] = rest
            self.known.update((composite.name, *composite.excrescent))

    def _one_latent(self, latent: str, rows: list[int]) -> None:
        table, cov = self.table, self.cov
        places = np.array([self.at[table.rhs[row]] for row in rows])
        square = (places[:, None], places)
        block = cov[square]
        variances = block.diagonal().copy()
        scale = np.sqrt(np.maximum(variances, NO_VARIANCE))
        block -= self.explained[square]
        block.flat[:: len(rows) + 1] = variances
        block /= scale * scale[:, None]
        np.minimum(np.maximum(block, -1.0, out=block), 1.0, out=block)
        standard = one_factor(block)
        fixed = np.array([math.nan if row in self.free else self.value[row] for row in rows])
        is_free = np.isnan(fixed)
        loading, variance = self._scaled(latent, standard, scale, fixed)
        self.theta[[self.free[row] for row in rows if row in self.free]] = loading[is_free]
        used = np.where(is_free, loading, fixed)
        weights = used / scale**2
        total = float(weights @ used)
        weights *= 1.0 / total if total > NO_VARIANCE else 0.0
        self.explained[square] += variance * used * used[:, None]
        place = self.at[latent]
        row_cov = weights @ cov[places]
        row_cov[places] = used * variance
        bound = CEILING * np.sqrt(variance * np.maximum(cov.diagonal(), 0.0))
        np.minimum(np.maximum(row_cov, -bound, out=row_cov), bound, out=row_cov)
        row_cov[place] = variance
        cov[place] = cov[:, place] = row_cov
        self.known.add(latent)

    def _scaled(self, latent: str, standard: Array, scale: Array, fixed: Array) -> tuple[Array, float]:
        """Loadings and variance in the model's own scale, from standardised loadings."""
        largest = float(np.abs(standard).max())
        loadings = standard * scale
        marker = next((i for i, value in enumerate(fixed.tolist()) if value == value and value != 0.0), -1)
        if marker >= 0:
            # all zero when the indicators are uncorrelated: the factor then starts on the marker's scale
            least = 0.3 * largest or 1.0
            own = np.copysign(max(abs(standard[marker]), least), standard[marker])
            ratio = own * scale[marker] / fixed[marker]
            return loadings / ratio, float(ratio**2)
        value = self.variances.get(latent, math.nan)
        if value > 0.0:
            return loadings / np.sqrt(value), value
        mean = float(loadings.mean())
        mean = np.copysign(max(abs(mean), 0.3 * float(np.abs(loadings).max())), mean)
        if mean == 0.0:  # constant indicators: nothing to start from
            return loadings, 0.0
        return loadings / mean, float(mean**2)

    def _regress(self) -> None:
        """Structural coefficients by least squares."""
        table = self.table
        equations: dict[str, list[int]] = {}
        for row in self.rows:
            if table.op[row] == "~":
                equations.setdefault(table.lhs[row], []).append(row)
        for outcome, rows in equations.items():
            y = self.at[outcome]
            open_rows = [row for row in rows if row in self.free]
            target = self.cov[:, y].copy()
            for row in rows:
                if row not in self.free:
                    target -= self.value[row] * self.cov[:, self.at[table.rhs[row]]]
            x = [self.at[table.rhs[row]] for row in open_rows]
            if not x:
                continue
            block = self.cov[np.ix_(x, x)]
            ridge = 1e-3 * np.diag(block.diagonal())
            coefficients = np.linalg.lstsq(block + ridge, target[x], rcond=None)[0]
            for row, value in zip(open_rows, coefficients, strict=True):
                self.theta[self.free[row]] = value

    def _residuals(self) -> None:
        """(Co)variances as what paths and loadings leave over."""
        layout = self.layout
        places = [self.at[name] for name in layout.sources]
        target = self.cov[np.ix_(places, places)]
        B = np.eye(layout.k) - layout.paths.at(self.theta)
        left = B @ target @ B.T
        total = np.where(target.diagonal() > NO_VARIANCE, target.diagonal(), 1e-8)
        diagonal = np.clip(left.diagonal(), FLOOR * total, total)
        np.fill_diagonal(left, diagonal)
        fill = layout.source_cov
        if len(fill.cells):
            self.theta[fill.parameters] = left.reshape(-1)[fill.cells]
            shrink = 1.0
            while shrink > 0.05 and not is_positive_definite(fill.at(self.theta) + 1e-9 * np.diag(total)):
                shrink *= 0.7
                k = layout.k
                off = fill.cells // k != fill.cells % k
                self.theta[fill.parameters[off]] *= 0.7
        implied = layout.at(self.theta)
        rest = self.sample.cov - implied.sigma
        variance = self.sample.cov.diagonal()
        np.fill_diagonal(rest, np.clip(rest.diagonal(), FLOOR * variance, variance))
        fill = layout.residuals
        if len(fill.cells):
            self.theta[fill.parameters] = rest.reshape(-1)[fill.cells]
            p = layout.p
            off = fill.cells // p != fill.cells % p
            if off.any() and not is_positive_definite(layout.at(self.theta).sigma):
                self.theta[fill.parameters[off]] = 0.0

    def _means(self, mean: Array) -> None:
        layout = self.layout
        at = {name: i for i, name in enumerate(layout.observed)}
        fill = layout.source_mean
        observed = np.array([at.get(name, -1) for name in layout.sources], dtype=np.int64)
        level = np.where(observed >= 0, mean[observed] if len(mean) else 0.0, 0.0)
        own = (np.eye(layout.k) - layout.paths.at(self.theta)) @ level
        if len(fill.cells):
            latent = observed[fill.cells] < 0
            self.theta[fill.parameters] = own[fill.cells]
            if latent.any():
                self._latent_means(fill.parameters[latent])
        implied = layout.at(self.theta)
        fill = layout.observed_mean
        if len(fill.cells) and implied.mu is not None:
            rest = mean - implied.mu + layout.observed_mean.at(self.theta)
            self.theta[fill.parameters] = rest[fill.cells]

    def _latent_means(self, parameters: Index) -> None:
        """Means of latent variables where the indicators' intercepts are fixed (growth models)."""
        layout = self.layout
        fixed = np.setdiff1d(np.arange(layout.p), layout.observed_mean.cells)
        implied = layout.at(self.theta)
        self.theta[parameters] = 0.0
        if len(fixed) == 0 or implied.mu is None or self.sample.mean is None:
            return
        from comply_measure.sem.discrepancy.ml import mean_derivatives

        D = mean_derivatives(implied)[np.ix_(fixed, parameters)]
        at_zero = layout.at(self.theta).mu
        gap = (self.sample.mean - (0.0 if at_zero is None else at_zero))[fixed]
        self.theta[parameters] = np.linalg.lstsq(D, gap, rcond=None)[0]
