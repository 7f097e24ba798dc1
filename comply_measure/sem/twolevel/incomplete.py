"""Clustered data with values missing at random: the likelihood of what was observed, cluster by cluster.

A case is ``y_i = μ + b_j + w_i`` with b the between parts of its cluster, ``w ~ N(0, Σ_W)``. With ``V_i`` the inverse
of what was seen of Σ_W (zero elsewhere), z the variables of the cluster alone that were seen, ``b | z ~ N(K r_z, C)``
(r_z their deviations, ``C = Σ_bb − K Σ_zb``), ``e_i = y_i − μ − K r_z``, ``A = Σ_i V_i``, ``u = Σ_i V_i e_i`` and
``H = C (I + A C)⁻¹``, the covariance matrix of b given all of the cluster's data (so that Σ_B may be singular)::

    −2 l_j = Σ_i [log|Σ_W,i| + e_iᵀ V_i e_i] + log|I + A C| − uᵀ H u + log|Σ_zz| + r_zᵀ Σ_zz⁻¹ r_z + constant

The score of what was observed, Ω⁻¹ (y − μ), has ``q_i = V_i (e_i − H u)`` for a case; its sum over the cluster, s, has
``Σ_zz⁻¹ r_z − Kᵀ s_b`` for z. With ``N_i = V_i − V_i H V_i`` and M the sum of all blocks of Ω⁻¹::

    ∂l/∂Σ_W = ½ Σ_i (q_i q_iᵀ − N_i)      ∂l/∂Σ_B = ½ Σ_j (s_j s_jᵀ − M_j)      ∂l/∂μ = Σ_j s_j

Nothing has the size of a cluster; sums run over patterns of missing values, matrices of all clusters are handled at
once. Second derivatives: :mod:`comply_measure.sem.twolevel.incomplete_information`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.twolevel.likelihood import LOG_2PI, LevelSlopes, TwoLevelMoments, slopes
from comply_measure.sem.twolevel.sample import TwoLevelSample, total_of_cases


@dataclass(frozen=True)
class Pattern:
    """Cases, or clusters, that lack the same variables.

    Attributes
    ----------
    seen : int array
        Places of what was seen.
    rows : int array
        The cases (of :attr:`IncompleteClusters.values`), sorted by cluster, or the clusters.
    """

    seen: Index
    rows: Index


@dataclass(frozen=True)
class IncompleteClusters:
    """Clustered data with missing values.

    Attributes
    ----------
    names : tuple of str
        All p variables.
    within, between : int arrays
        Variables with a within part, and with a between part; those in both have both.
    values : array (n, p_w)
        Variables of the within level, NaN where missing; every case has at least one value.
    cluster : int array (n,)
        Cluster of each case, from 0.
    alone : int array (p_z,)
        Variables of the cluster alone.
    cluster_values : array (J, p_z)
        Their values, NaN where missing.
    order : int array (n,)
        Place of each case in the data.
    codes : int array (J,)
        Number of each cluster in the data.
    """

    names: tuple[str, ...]
    within: Index
    between: Index
    values: Array = field(repr=False)
    cluster: Index = field(repr=False)
    alone: Index
    cluster_values: Array = field(repr=False)
    order: Index = field(repr=False)
    codes: Index = field(repr=False)

    @property
    def p(self) -> int:
        """Number of variables."""
        return len(self.names)

    @property
    def n(self) -> int:
        """Number of cases."""
        return len(self.values)

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(self.codes)

    @property
    def n_values(self) -> int:
        """Number of values: of cases, and of clusters."""
        return int(
            np.count_nonzero(~np.isnan(self.values)) + np.count_nonzero(~np.isnan(self.cluster_values))
        )

    @cached_property
    def both(self) -> Index:
        """Places, among the within variables, of those that have a between part."""
        return np.flatnonzero(np.isin(self.within, self.between))

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """Patterns of the cases."""
        return _patterns(self.values, self.cluster)

    @cached_property
    def cluster_patterns(self) -> tuple[Pattern, ...]:
        """Patterns of the variables of the cluster alone, the empty one included."""
        return _patterns(self.cluster_values, np.arange(self.n_clusters))

    @cached_property
    def counts(self) -> Array:
        """Cases of every pattern in every cluster (patterns, J)."""
        table = [np.bincount(self.cluster[found.rows], minlength=self.n_clusters) for found in self.patterns]
        return np.array(table, dtype=float)

    @cached_property
    def kinds(self) -> tuple[Index, Array]:
        """One cluster of every kind, and how many there are: alike in their cases' patterns and in what they lack."""
        alone = np.isnan(self.cluster_values)
        _, chosen, times = np.unique(
            np.column_stack([self.counts.T, alone]), axis=0, return_index=True, return_counts=True
        )
        return chosen, times.astype(float)

    def total_moments(self, places: Index) -> tuple[Array, Array]:
        """Covariance matrix (divisor n) and means over cases of complete variables of the within level."""
        return total_of_cases(self.values[:, np.searchsorted(self.within, places)])

    def cluster_moments(self, places: Index) -> tuple[Array, Array]:
        """Covariance matrix (divisor J) and means over clusters of complete variables of the cluster."""
        return total_of_cases(self.cluster_values[:, np.searchsorted(self.alone, places)])

    def scaled(self, scale: Array) -> IncompleteClusters:
        """The same data with every variable divided by a number."""
        return replace(
            self,
            values=self.values / scale[self.within],
            cluster_values=self.cluster_values / scale[self.alone],
        )


def _patterns(values: Array, cluster: Index) -> tuple[Pattern, ...]:
    seen = ~np.isnan(values)
    kinds, of_row = np.unique(seen, axis=0, return_inverse=True)
    of_row = of_row.reshape(-1)
    found = []
    for number, kind in enumerate(kinds):
        rows = np.flatnonzero(of_row == number)
        found.append(Pattern(np.flatnonzero(kind), rows[np.argsort(cluster[rows], kind="stable")]))
    return tuple(found)


Clusters = TwoLevelSample | IncompleteClusters


@dataclass(frozen=True)
class ClusterLevel:
    """What the variables of the cluster alone say, for every cluster.

    Attributes
    ----------
    deviance : float
        Their −2 log-likelihood.
    prior : array (J, k)
        K r_z, the expected between parts of the variables of both levels.
    C : array (J, k, k)
    K : array (J, k, p_z)
        Zero where z is missing.
    inverse : array (J, p_z, p_z)
        Σ_zz⁻¹ of what was seen, zero elsewhere.
    pulled : array (J, p_z)
        Σ_zz⁻¹ r_z.
    """

    deviance: float
    prior: Array
    C: Array
    K: Array
    inverse: Array
    pulled: Array


@dataclass(frozen=True)
class IncompleteSlopes(LevelSlopes):
    """Log-likelihood, its slopes and what second derivatives are made of; names as in the module's formulas.

    Attributes
    ----------
    V : array (patterns, p_w, p_w)
    roots : tuple of arrays (p_w, seen)
        R with ``V = R Rᵀ``.
    H : array (J, k, k)
    q : array (n, p_w)
    s : array (J, p)
    M : array (J, p, p)
    N : array (J, p_w, p_w)
        Σ_i N_i.
    level : ClusterLevel
    """

    V: Array
    roots: tuple[Array, ...]
    H: Array
    q: Array
    s: Array
    M: Array
    N: Array
    level: ClusterLevel


def _cluster_level(sample: IncompleteClusters, sigma: Array, mean: Array) -> ClusterLevel:
    """Conditional on the variables of the cluster alone; Σ_B over the variables of both levels and these."""
    J, z = sample.n_clusters, sample.alone
    b = sample.within[sample.both]
    k, p_z = len(b), len(z)
    at = ClusterLevel(
        0.0,
        np.zeros((J, k)),
        np.broadcast_to(sigma[np.ix_(b, b)], (J, k, k)).copy(),
        np.zeros((J, k, p_z)),
        np.zeros((J, p_z, p_z)),
        np.zeros((J, p_z)),
    )
    deviance = 0.0
    for pattern in sample.cluster_patterns if p_z else ():
        own, seen = pattern.rows, z[pattern.seen]
        if not len(seen):
            continue
        root = np.linalg.inv(np.linalg.cholesky(sigma[np.ix_(seen, seen)]))
        inverse = root.T @ root
        r = sample.cluster_values[np.ix_(own, pattern.seen)] - mean[seen]
        K = sigma[np.ix_(b, seen)] @ inverse
        pulled = r @ inverse
        deviance += float(np.vdot(pulled, r)) + len(own) * (
            len(seen) * LOG_2PI - 2.0 * float(np.log(root.diagonal()).sum())
        )
        at.prior[own] = r @ K.T
        at.C[own] -= K @ sigma[np.ix_(seen, b)]
        at.K[own[:, None, None], np.arange(k)[:, None], pattern.seen] = K
        at.inverse[own[:, None, None], pattern.seen[:, None], pattern.seen] = inverse
        at.pulled[own[:, None], pattern.seen] = pulled
    return replace(at, deviance=deviance)


@slopes.register
def incomplete_slopes(sample: IncompleteClusters, moments: TwoLevelMoments) -> IncompleteSlopes:
    """Log-likelihood and its slopes at given moments.

    Raises
    ------
    NotPositiveDefiniteError
        If what was seen has no positive definite covariance matrix.
    """
    p_w, k, both, J = len(sample.within), len(sample.both), sample.both, sample.n_clusters
    sigma = np.zeros((sample.p, sample.p))
    sigma[np.ix_(sample.between, sample.between)] = moments.between
    level = _cluster_level(sample, sigma, moments.mean)
    V, roots, deviance = _pattern_inverses(sample, moments.within)
    A = np.tensordot(sample.counts.T, V, axes=1)
    A_b = A[:, both[:, None], both]
    inner = np.eye(k) + A_b @ level.C
    sign, logdet = np.linalg.slogdet(inner)
    if not (sign > 0.0).all():
        raise NotPositiveDefiniteError
    H = level.C @ np.linalg.inv(inner)
    H = (H + H.transpose(0, 2, 1)) / 2.0
    e = np.where(np.isnan(sample.values), 0.0, sample.values - moments.mean[sample.within])
    moved = np.zeros((J, p_w))
    moved[:, both] = level.prior
    e -= moved[sample.cluster]
    pulled = _by_pattern(sample, V, e)
    deviance += float(np.vdot(pulled, e)) + float(logdet.sum()) + level.deviance
    u = np.zeros((J, p_w))
    np.add.at(u, sample.cluster, pulled)
    shift = np.zeros((J, p_w))
    shift[:, both] = np.einsum("jab,jb->ja", H, u[:, both])
    deviance -= float(np.vdot(u, shift))
    q = pulled - _by_pattern(sample, V, shift[sample.cluster])
    total = np.zeros((J, p_w))
    np.add.at(total, sample.cluster, q)
    s, M = _cluster_totals(sample, level, A, H, total)
    spread = np.zeros((J, p_w, p_w))
    spread[:, both[:, None], both] = H
    lost = V[:, None] @ spread @ V[:, None] if J * len(V) < 20_000 else None
    N = A - (
        np.einsum("pj,pjab->jab", sample.counts, lost)
        if lost is not None
        else sum(
            (sample.counts[g][:, None, None] * (V[g] @ spread @ V[g]) for g in range(len(V))),
            np.zeros_like(A),
        )
    )
    within = 0.5 * (q.T @ q - N.sum(axis=0))
    places = sample.between
    outer = 0.5 * (s.T @ s - M.sum(axis=0))
    return IncompleteSlopes(
        -0.5 * deviance,
        within,
        outer[np.ix_(places, places)],
        s.sum(axis=0),
        V,
        roots,
        H,
        q,
        s,
        M,
        N,
        level,
    )


def _pattern_inverses(sample: IncompleteClusters, sigma: Array) -> tuple[Array, tuple[Array, ...], float]:
    """V of every pattern, its roots, and the part of the deviance that no residual enters."""
    p_w = len(sigma)
    V, roots, deviance = np.zeros((len(sample.patterns), p_w, p_w)), [], 0.0
    for number, pattern in enumerate(sample.patterns):
        seen = pattern.seen
        root = np.linalg.inv(np.linalg.cholesky(sigma[np.ix_(seen, seen)]))
        V[number][np.ix_(seen, seen)] = root.T @ root
        wide = np.zeros((p_w, len(seen)))
        wide[seen] = root.T
        roots.append(wide)
        deviance += len(pattern.rows) * (len(seen) * LOG_2PI - 2.0 * float(np.log(root.diagonal()).sum()))
    return V, tuple(roots), deviance


def _by_pattern(sample: IncompleteClusters, V: Array, rows: Array) -> Array:
    """``V_i x_i`` for every case (n, p_w)."""
    out = np.empty_like(rows)
    for pattern, inverse in zip(sample.patterns, V, strict=True):
        out[pattern.rows] = rows[pattern.rows] @ inverse
    return out


def _cluster_totals(
    sample: IncompleteClusters, level: ClusterLevel, A: Array, H: Array, total: Array
) -> tuple[Array, Array]:
    """S (J, p) and M (J, p, p)."""
    J, p, w, z, both = sample.n_clusters, sample.p, sample.within, sample.alone, sample.both
    s, M = np.zeros((J, p)), np.zeros((J, p, p))
    s[:, w] = total
    side = A[:, :, both]
    own = A - side @ H @ side.transpose(0, 2, 1)
    M[:, w[:, None], w] = own
    if len(z):
        K = level.K
        s[:, z] = level.pulled - np.einsum("jbz,jb->jz", K, total[:, both])
        cross = -own[:, :, both] @ K
        M[:, w[:, None], z] = cross
        M[:, z[:, None], w] = cross.transpose(0, 2, 1)
        M[:, z[:, None], z] = level.inverse + K.transpose(0, 2, 1) @ own[:, both[:, None], both] @ K
    return s, M
