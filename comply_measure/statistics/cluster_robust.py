r"""Least squares with a covariance that holds for few clusters: CR2 with Satterthwaite degrees of freedom.

``V = M (Σ_c X_c' A_c r_c r_c' A_c X_c) M`` with ``M = (X'X)⁻¹`` and ``A_c = (I − X_c M X_c')^(−1/2)`` is
unbiased when errors are independent with one variance (Bell & McCaffrey 2002). A contrast's t has
``ν = (Σ_c p_c'p_c)² / Σ_cd (p_c'p_d)²`` degrees of freedom, ``p_c = (I − H)'_c A_c X_c M ℓ``; several contrasts
are tested by Hotelling's T² with degrees of freedom matched to the variance of V (Pustejovsky & Tipton 2018,
"HTZ"). With weights, give X and the residuals multiplied by the root of the working precision.

Everything is computed from cross-products of k columns, never from n × n matrices: with ``M = LL'`` and
``Z = XL`` the pieces are ``S_c = Z_c'Z_c``, ``F_c = (I − S_c)^(−1/2)`` and ``q_c = Z_c'r_c``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from comply_measure.statistics.arrays import Floats

Codes = NDArray[np.int64] | NDArray[np.intp]

#: Below this many clusters tests and intervals are given with a warning.
FEW_CLUSTERS = 40
#: Share of a cluster's leverage that is taken to be all of it: the cluster alone decides a coefficient.
_ALONE = 1e-9


def few_clusters_note(n_clusters: int) -> str:
    """Warning for a number of clusters that a cluster-robust covariance hardly bears; empty otherwise."""
    if not 0 < n_clusters < FEW_CLUSTERS:
        return ""
    return f"{n_clusters} clusters are few: degrees of freedom are Satterthwaite's, power is low"


def uncorrected_note(n_clusters: int, what: str = "clusters") -> str:
    """Warning for sandwich errors of few clusters that have no correction for their number; empty from 40 on.

    Such errors are biased downwards and refer to a normal distribution: with few clusters tests reject too often and
    intervals cover too seldom (Cameron & Miller 2015, *Journal of Human Resources* 50, 317-372).
    """
    if not 1 < n_clusters < FEW_CLUSTERS:
        return ""  # one cluster has no such errors
    return f"{n_clusters} {what} are few: their standard errors are too small, tests reject too often"


@dataclass(frozen=True, slots=True)
class ClusterRobust:
    """Cluster-robust covariance of k coefficients.

    Attributes
    ----------
    covariance : ndarray, shape (k, k)
    root : ndarray, shape (k, k)
        L of ``(X'X)⁻¹ = LL'``.
    leverage, adjusted : ndarray, shape (C, k, k)
        ``S_c`` and ``F_c`` of every cluster.
    """

    covariance: Floats
    root: Floats
    leverage: Floats
    adjusted: Floats

    @property
    def n_clusters(self) -> int:
        """Number of clusters C."""
        return len(self.leverage)

    def degrees_of_freedom(self, contrasts: Floats) -> Floats:
        """Satterthwaite degrees of freedom of the t of every contrast.

        Parameters
        ----------
        contrasts : ndarray, shape (m, k)

        Returns
        -------
        ndarray, shape (m,)
            NaN where the covariance gives a contrast no variance.
        """
        own, w = self._pieces(contrasts)
        norms = np.einsum("cmk,cmk->cm", w, w)
        overlap = np.einsum("cmk,cml->mkl", w, w, optimize=True)
        first = (own - norms).sum(axis=0)
        second = (own**2 - 2.0 * own * norms).sum(axis=0) + (overlap**2).sum(axis=(1, 2))
        usable = second > 0
        return np.where(usable, first**2 / np.where(usable, second, 1.0), np.nan)

    def wald(self, contrasts: Floats, value: Floats) -> tuple[float, float, float]:
        """F, its denominator degrees of freedom and p of ``contrasts @ coefficients = 0``.

        ``F = (η − q + 1)/(η q) · Q`` on q and ``η − q + 1`` degrees of freedom, Q the Wald statistic of q
        contrasts. NaN where their covariance is singular or the clusters are too few (η ≤ q − 1).
        """
        q = len(contrasts)
        V = contrasts @ self.covariance @ contrasts.T
        if np.linalg.matrix_rank(V) < q:
            return float("nan"), float("nan"), float("nan")
        eta = self._hotelling(contrasts)
        df = eta - q + 1
        if not df > 0:
            return float("nan"), float("nan"), float("nan")
        F = df / (eta * q) * float(value @ np.linalg.solve(V, value))
        return F, df, float(scipy.stats.f.sf(F, q, df))

    def _hotelling(self, contrasts: Floats) -> float:
        """``η = q(q + 1)/Σ_st Var(d_st)`` of the covariance brought to its expectation under independence."""
        h = contrasts @ self.root
        w = self._pieces(contrasts)[1]
        expected = h @ h.T
        values, vectors = np.linalg.eigh(expected)
        if values[0] <= 1e-12 * values[-1]:
            return float("nan")
        whiten = (vectors / np.sqrt(values)) @ vectors.T
        u = np.einsum("st,ctk->csk", whiten, w)
        v = np.einsum("st,ctk->csk", whiten, self._vectors(contrasts))
        a = np.einsum("csk,ckl,ctl->cst", v, self.leverage, v)
        n = np.einsum("csk,ctk->cst", u, u)
        K = np.einsum("csk,ctl->stkl", u, u)
        q, total = len(h), 0.0
        for s in range(q):
            for t in range(q):
                total += float(
                    (a[:, s, s] * a[:, t, t] - a[:, s, s] * n[:, t, t] - a[:, t, t] * n[:, s, s]).sum()
                )
                total += float((K[s, t] ** 2).sum())
                total += float((a[:, s, t] ** 2 - 2.0 * a[:, s, t] * n[:, s, t]).sum())
                total += float((K[t, s] * K[t, s].T).sum())
        return q * (q + 1) / total if total > 0 else float("nan")

    def _vectors(self, contrasts: Floats) -> Floats:
        """``v_c = F_c L'ℓ``, shape (C, m, k)."""
        return np.asarray(np.einsum("ckl,ml->cmk", self.adjusted, contrasts @ self.root))

    def _pieces(self, contrasts: Floats) -> tuple[Floats, Floats]:
        """``v_c'S_c v_c``, shape (C, m), and ``S_c v_c``, shape (C, m, k)."""
        v = self._vectors(contrasts)
        w = np.einsum("ckl,cml->cmk", self.leverage, v)
        return np.einsum("cmk,cmk->cm", v, w), np.asarray(w)


def cluster_robust(X: Floats, residuals: Floats, codes: Codes) -> ClusterRobust:
    """CR2 covariance of least-squares coefficients.

    Parameters
    ----------
    X : ndarray, shape (n, k)
        Design of full column rank (multiplied by the root of the weights, if there are any).
    residuals : ndarray, shape (n,)
        Of the least-squares fit (multiplied alike).
    codes : ndarray of int, shape (n,)
        Cluster of every row, 0 to C − 1, each used.

    Returns
    -------
    ClusterRobust
        A cluster that alone decides a coefficient contributes nothing to its variance (Moore–Penrose root).
    """
    n_clusters = int(codes.max()) + 1
    root = np.linalg.inv(np.linalg.qr(X)[1])  # (X'X)⁻¹ = R⁻¹R⁻ᵀ
    Z = X @ root
    leverage, scores = _by_cluster(Z, residuals, codes, n_clusters)
    values, vectors = np.linalg.eigh(leverage)
    rest = 1.0 - values
    factor = np.where(rest > _ALONE, 1.0 / np.sqrt(np.maximum(rest, _ALONE)), 0.0)
    adjusted = (vectors * factor[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    s = np.einsum("ckl,cl->ck", adjusted, scores)
    return ClusterRobust(root @ (s.T @ s) @ root.T, root, leverage, adjusted)


def _by_cluster(Z: Floats, residuals: Floats, codes: Codes, n_clusters: int) -> tuple[Floats, Floats]:
    """``Z_c'Z_c`` and ``Z_c'r_c``; clusters of one size are multiplied at once."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=n_clusters)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    leverage = np.empty((n_clusters, Z.shape[1], Z.shape[1]))
    scores = np.empty((n_clusters, Z.shape[1]))
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        rows = order[starts[members, None] + np.arange(size)]
        block = Z[rows]
        leverage[members] = np.swapaxes(block, 1, 2) @ block
        scores[members] = np.einsum("cnk,cn->ck", block, residuals[rows])
    return leverage, scores


def clustered_means(d: Floats, codes: Codes) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Standard errors, degrees of freedom and numbers of clusters of the means of many columns.

    CR2 of an intercept, ``se² = Σ_c S_c²/(1 − n_c/n) / n²`` with S_c the sum of the cluster's deviations. The
    degrees of freedom are Satterthwaite's under an exchangeable working model whose intraclass correlation,
    at least 0, is the analysis-of-variance estimate (Imbens & Kolesár 2016): with clusters of very unequal size
    they are fewer than under independence.

    Parameters
    ----------
    d : ndarray, shape (n, m)
        NaN where missing; every column is taken over its own rows.
    codes : ndarray of int, shape (n,)
        Cluster of every row.

    Returns
    -------
    tuple of ndarray, shape (m,)
        NaN below two clusters.
    """
    known = ~np.isnan(d)
    n = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(known, d - np.where(known, d, 0.0).sum(axis=0) / n, 0.0)
        order = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        size = np.add.reduceat(known[order].astype(np.float64), starts, axis=0)
        sums = np.add.reduceat(centred[order], starts, axis=0)
        clusters = (size > 0).sum(axis=0)
        share = size / n
        inflation = np.where(share < 1, 1.0 / (1.0 - share), 0.0)
        se = np.sqrt((inflation * sums**2).sum(axis=0)) / n
        working = size * (1.0 + (size - 1.0) * _intraclass(centred, sums, size, n, clusters))
        df = _mean_degrees(inflation, share, working)
    enough = clusters > 1
    return np.where(enough, se, np.nan), np.where(enough, df, np.nan), clusters


def _intraclass(centred: Floats, sums: Floats, size: Floats, n: Floats, clusters: Floats) -> Floats:
    """Analysis-of-variance intraclass correlation, at least 0; 0 where every cluster has one row."""
    between = np.where(size > 0, sums**2 / np.maximum(size, 1.0), 0.0).sum(axis=0)
    rows = n - clusters
    error = np.where(rows > 0, ((centred**2).sum(axis=0) - between) / np.maximum(rows, 1), 0.0)
    usual_size = (n - (size**2).sum(axis=0) / n) / (clusters - 1)
    effect = np.maximum((between / (clusters - 1) - error) / usual_size, 0.0)
    total = effect + np.maximum(error, 0.0)
    return np.where((rows > 0) & (total > 0), effect / np.where(total > 0, total, 1.0), 0.0)


def _mean_degrees(inflation: Floats, share: Floats, working: Floats) -> Floats:
    """``(Σ_c G_cc)² / Σ_cd G_cd²`` of the mean's CR2 when a cluster's sum has the working variance given.

    ``G_cd = a_c a_d (δ_cd w_c − s_d w_c − s_c w_d + s_c s_d W)`` up to a constant, with ``a_c² = 1/(1 − s_c)``, s the
    cluster's share of the rows, w the variances and W their sum; the double sum is expanded.
    """
    total = working.sum(axis=0)
    shared = 2.0 * share * working - share**2 * total
    own = inflation * (working - shared)
    x, y, z = (
        (inflation * share**2).sum(axis=0),
        (inflation * working**2).sum(axis=0),
        (inflation * share * working).sum(axis=0),
    )
    squares = 2.0 * x * y + x**2 * total**2 + 2.0 * z**2 - 4.0 * x * z * total
    squares += (own**2 - (inflation * shared) ** 2).sum(axis=0)
    return np.where(squares > 0, own.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1.0), np.nan)
