"""Starting values without iteration.

Loadings come from a one-factor solution of each latent variable's indicators, covariances of latent
variables from the indicators' covariances weighted by reliability, structural coefficients by least
squares in the resulting covariance matrix, and residuals as what the model leaves over. The user's
starting values take precedence.
"""

from __future__ import annotations

import numpy as np

from comply_measure.sem.arrays import Array, Index, is_positive_definite
from comply_measure.sem.implied import Layout
from comply_measure.sem.ordinal.start import fill_threshold_starts
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.parameter_table import ParameterTable

FLOOR = 0.1  # share of a variance that stays residual at the start
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
    if table.options.thresholds:
        fill_threshold_starts(theta, layouts, samples)
    given = np.flatnonzero((table.free > 0) & np.isfinite(table.start))
    theta[table.free[given] - 1] = table.start[given]
    return theta


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
    if table.options.thresholds:
        fill_threshold_starts(theta, layouts, samples)
    given = np.flatnonzero((table.free > 0) & np.isfinite(table.start))
    theta[table.free[given] - 1] = table.start[given]
    return theta


def one_factor(R: Array) -> Array:
    """Standardised loadings of one factor by principal axes with a few sweeps.

    Parameters
    ----------
    R : array (p, p)
        Correlation matrix of the indicators.

    Returns
    -------
    array (p,)
        Loadings; the first is not negative.
    """
    p = len(R)
    if p == 1:
        return np.ones(1)
    off = np.abs(R - np.eye(p))
    if p == 2:
        r = float(np.clip(R[0, 1], -CEILING, CEILING))
        size = np.sqrt(max(abs(r), 0.05))
        return np.array([size, np.copysign(size, r)])
    communality = off.max(axis=0)
    loading = np.sqrt(communality)
    work = R.copy()
    diagonal = np.einsum("ii->i", work)
    for _ in range(4):
        diagonal[:] = communality
        values, vectors = np.linalg.eigh(work)
        loading = vectors[:, -1] * np.sqrt(max(values[-1], 0.05))
        communality = np.minimum(loading**2, 1.0 - FLOOR)
    loading = np.clip(loading, -np.sqrt(1.0 - FLOOR), np.sqrt(1.0 - FLOOR))
    return np.asarray(loading if loading[0] >= 0.0 else -loading)


class _GroupStart:
    """Starting values of one group."""

    def __init__(self, table: ParameterTable, rows: Index, layout: Layout, sample: GroupSample) -> None:
        self.table, self.rows, self.layout, self.sample = table, rows, layout, sample
        names = (*layout.observed, *(n for n in layout.sources if n not in layout.observed))
        self.at = {name: i for i, name in enumerate(names)}
        self.cov = np.full((len(names), len(names)), np.nan)
        p = layout.p
        self.cov[:p, :p] = sample.cov
        self.explained = np.zeros_like(self.cov)  # by factors already placed, for items of several factors
        self.known = set(layout.observed)
        self.theta = np.zeros(layout.q)
        self.free = {int(row): int(table.free[row]) - 1 - layout.first for row in rows if table.free[row]}

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
            if table.op[row] == "=~":
                loadings.setdefault(table.lhs[row], []).append(int(row))
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

    def _one_latent(self, latent: str, rows: list[int]) -> None:
        table = self.table
        places = [self.at[table.rhs[row]] for row in rows]
        square = np.ix_(places, places)
        block = self.cov[square]
        scale = np.sqrt(np.maximum(block.diagonal(), 1e-12))
        left = block - self.explained[square]
        np.fill_diagonal(left, block.diagonal())
        standard = one_factor(np.clip(left / np.outer(scale, scale), -1.0, 1.0)) * scale
        fixed = np.array([np.nan if table.free[row] else table.value[row] for row in rows])
        loading, variance = self._scaled(latent, standard, fixed)
        for row, value, given in zip(rows, loading, fixed, strict=True):
            if np.isnan(given):
                self.theta[self.free[row]] = value
        used = np.where(np.isnan(fixed), loading, fixed)
        weights = used / scale**2
        total = float(weights @ used)
        weights = weights / total if total > 1e-12 else np.zeros(len(used))
        self.explained[square] += variance * np.outer(used, used)
        place = self.at[latent]
        row_cov = weights @ self.cov[places]
        row_cov[places] = used * variance
        bound = CEILING * np.sqrt(variance * np.maximum(self.cov.diagonal(), 0.0))
        self.cov[place] = np.clip(row_cov, -bound, bound)
        self.cov[:, place] = self.cov[place]
        self.cov[place, place] = variance
        self.known.add(latent)

    def _scaled(self, latent: str, standard: Array, fixed: Array) -> tuple[Array, float]:
        """Loadings and variance in the model's own scale."""
        marker = np.flatnonzero(np.nan_to_num(fixed) != 0.0)
        if len(marker):
            first = marker[0]
            least = 0.3 * float(np.abs(standard).max())
            own = standard[first]
            own = np.copysign(max(abs(own), least), own)
            ratio = own / fixed[first]
            return standard / ratio, float(ratio**2)
        row = self._variance_row(latent)
        if row >= 0 and not self.table.free[row] and self.table.value[row] > 0.0:
            value = float(self.table.value[row])
            return standard / np.sqrt(value), value
        mean = float(standard.mean())
        mean = np.copysign(max(abs(mean), 0.3 * float(np.abs(standard).max())), mean)
        return standard / mean, mean**2

    def _variance_row(self, name: str) -> int:
        table = self.table
        for row in self.rows:
            if table.op[row] == "~~" and table.lhs[row] == name and table.rhs[row] == name:
                return int(row)
        return -1

    def _regress(self) -> None:
        """Structural coefficients by least squares."""
        table = self.table
        equations: dict[str, list[int]] = {}
        for row in self.rows:
            if table.op[row] == "~":
                equations.setdefault(table.lhs[row], []).append(int(row))
        for outcome, rows in equations.items():
            y = self.at[outcome]
            open_rows = [row for row in rows if table.free[row]]
            target = self.cov[:, y].copy()
            for row in rows:
                if not table.free[row]:
                    target -= table.value[row] * self.cov[:, self.at[table.rhs[row]]]
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
        total = np.maximum(target.diagonal(), 1e-8)
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
