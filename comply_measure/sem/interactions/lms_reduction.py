"""From θ to what the likelihood of a model with products needs: a normal part, and few features per case.

Let ``T_n`` be the loadings of the variables that products lead to, s rows of the observed variables on which it is
invertible, and ``W = T_s⁻¹``. Then ``u = K v`` with ``K T_n = 0`` is normally distributed, and ``H v = W v_s`` carries
all that is known beyond it; ``log f(v) = log N(u) + log f(H v | u) − log|det T_s|``. The nonlinear equations hold as
``Σ_f m_f ρ_f = 0`` (``m_0 = 1``, ``m_f`` the moderating variables) with residual parts

    ρ_0 = (I − A_nn) (H v − H v⁰) − A_nl x_l − ζ_n − m_n,     ρ_f = −A_f,nn (H v − H v⁰) − A_f,nl x̃_l,

where ``v⁰ = v − T_n x_n`` is normal. Moderating variables and ρ are jointly normal given u: with means linear in the
case's values, ``z_i = c + P (v_i − ν)``, and one covariance matrix S for all cases of a pattern of missing values. The
sample enters through ``z_i``, ``k + q (k + 1)`` numbers for k moderating and q nonlinear variables (three for one
product), whatever the number of indicators.

``pull`` carries derivatives back to θ (reverse accumulation); leading axes of the adjoints are cases, or nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.implied import Fill
from comply_measure.sem.interactions.lms_equations import Equations
from comply_measure.sem.interactions.lms_matrices import along, inverse, inverses, times, transposed


@dataclass(frozen=True)
class Adjoints:
    """Derivatives of a log-likelihood in the features and in what is common to all cases.

    Attributes
    ----------
    P, c, nu : array (…, z, p), (…, z), (…, p)
        Coefficients, constants and means of the features.
    S : array (…, z, z)
        Conditional covariance matrix, symmetric.
    K, Suu : array (…, p − q, p), (…, p − q, p − q)
        The normal part.
    count : array (…)
        How many cases are in it.
    """

    P: Array
    c: Array
    nu: Array
    S: Array
    K: Array
    Suu: Array
    count: Array

    @property
    def parts(self) -> tuple[Array, ...]:
        """All of them, one after the other."""
        return self.P, self.c, self.nu, self.S, self.K, self.Suu, self.count

    @property
    def width(self) -> int:
        """How many numbers they are."""
        lead = len(self.c.shape) - 1
        return sum(math.prod(part.shape[lead:]) for part in self.parts)

    def flat(self) -> Array:
        """Of each case as a row (n, width)."""
        return np.concatenate([part.reshape(len(self.c), -1) for part in self.parts], axis=1)

    def units(self) -> Adjoints:
        """One for each of their numbers, which is 1 there and 0 elsewhere."""
        unit, parts, first = np.eye(self.width), [], 0
        for part in self.parts:
            last = first + math.prod(part.shape[1:])
            parts.append(unit[:, first:last].reshape(len(unit), *part.shape[1:]))
            first = last
        return Adjoints(*parts)


class Matrices:
    """The model's matrices at one θ or at several (…, q) at once, split into linear and nonlinear sources."""

    def __init__(self, equations: Equations, theta: Array) -> None:
        layout, l, n = equations.layout, equations.linear, equations.nonlinear
        paths = layout.paths.at(theta)
        self.equations = equations
        self.T = layout.loadings.at(theta)
        self.A_nl, self.A_nn = paths[..., n[:, None], l], paths[..., n[:, None], n]
        self.E = inverse(np.eye(len(l)) - paths[..., l[:, None], l])
        source_mean = layout.source_mean.at(theta)
        self.m_l, self.m_n = source_mean[..., l], source_mean[..., n]
        self.m_R = layout.observed_mean.at(theta)
        self.mean_l = times(self.E, self.m_l)
        effects = [fill.at(theta) for fill in equations.effects]
        self.A_f = [-effect[..., n[:, None], l] for effect in effects]  # of the residual parts: with a minus
        self.B_f = [-effect[..., n[:, None], n] for effect in effects]
        p, sources = layout.p, layout.k
        self.order = order = np.concatenate([np.arange(p), p + l, p + n])
        self.lead = theta.shape[:-1]
        joint = np.zeros((*self.lead, p + sources, p + sources))
        joint[..., :p, :p] = layout.residuals.at(theta)
        joint[..., p:, p:] = layout.source_cov.at(theta)
        joint[..., :p, p:] = layout.cross.at(theta)
        joint[..., p:, :p] = transposed(joint[..., :p, p:])
        self.joint = joint[..., order[:, None], order]  # of (ε, ζ_l, ζ_n)
        self.latent_l = 1.0 - equations.centred[l]  # linear sources that enter products with their mean


@dataclass(frozen=True)
class Frame:
    """Where a pattern of missing values stands in the model's matrices.

    Attributes
    ----------
    observed : int array (p,)
        Variables with values.
    kept : int array (q,)
        Nonlinear sources, counted among these, of which the values say anything.
    places : int array
        Rows of ``(ε, ζ_l, ζ_n)`` that matter.
    l : slice
        Where ζ_l is among these.
    n : int array (q,)
        Where ζ_n is.
    moderating : int array (k,)
        Moderating variables, counted among the linear sources.
    """

    observed: Index
    kept: Index
    places: Index
    l: slice
    n: Index
    moderating: Index

    @classmethod
    def of(cls, equations: Equations, observed: Index, kept: Index) -> Frame:
        """The frame of a pattern."""
        p, n_linear = len(observed), len(equations.linear)
        latent = equations.layout.p + np.arange(equations.layout.k)
        return cls(
            observed,
            kept,
            np.concatenate([observed, latent]),
            slice(p, p + n_linear),
            p + n_linear + kept,
            np.searchsorted(equations.linear, equations.moderating),
        )


class Reduction:
    """Normal part and features of one pattern of missing values at one θ, or at several.

    Attributes
    ----------
    nu : array (p,)
        Means of ``v⁰`` for the observed variables of the pattern.
    K, Suu, Suu_inverse, logdet
        Map to the normal part u (p − q, p), its covariance matrix, inverse and log-determinant.
    P, c, S : array (z, p), (z,), (z, z)
        Features ``z_i = c + P (v_i − ν)`` and their conditional covariance matrix.
    prior : array (k,)
        Variances of the moderating variables before u is known.
    """

    def __init__(self, at: Matrices, frame: Frame, scaled: Index | None = None) -> None:
        self.at, self.frame = at, frame
        observed, kept = frame.observed, frame.kept
        p, q = len(observed), len(kept)
        self.p, self.k, self.q = p, len(frame.moderating), q
        T, lead = at.T[..., observed, :], at.lead
        self.T_l, T_n = T[..., at.equations.linear], T[..., at.equations.nonlinear[kept]]
        self.scaled = _pivots(T_n[(0,) * (T_n.ndim - 2)]) if scaled is None else scaled
        is_rest = np.ones(p, dtype=bool)
        is_rest[self.scaled] = False
        self.rest = np.flatnonzero(is_rest)
        self.T_o = T_n[..., self.rest, :]
        self.W = inverse(T_n[..., self.scaled, :])
        self.logdet_scale = -np.asarray(np.linalg.slogdet(self.W)[1])
        self.K = np.zeros((*lead, p - q, p))
        self.K[..., np.arange(p - q), self.rest] = 1.0
        self.K[..., self.scaled] = -self.T_o @ self.W
        self.H = np.zeros((*lead, q, p))
        self.H[..., self.scaled] = self.W
        self.joint = at.joint[..., frame.places[:, None], frame.places]
        self.v0 = np.zeros((*lead, p, len(frame.places)))  # v⁰ by (ε, ζ_l, ζ_n)
        self.v0[..., :p] = np.eye(p)
        self.v0[..., frame.l] = self.T_l @ at.E
        self.nu = at.m_R[..., observed] + times(self.T_l, at.mean_l)
        square = (..., kept[:, None], kept)
        self.A_hat = [np.eye(q) - at.A_nn[square], *(B[square] for B in at.B_f)]
        self._features()

    def _features(self) -> None:
        at, k, q, p, frame = self.at, self.k, self.q, self.p, self.frame
        size = k + q * (k + 1)
        F = np.zeros((*at.lead, size, self.joint.shape[-1]))
        G = np.zeros((*at.lead, size, p))
        self.c = np.zeros((*at.lead, size))
        F[..., :k, frame.l] = at.E[..., frame.moderating, :]
        own_mean = at.mean_l * at.latent_l
        self.c[..., :k] = own_mean[..., frame.moderating]
        for f in range(k + 1):
            rows = self.rows(f)
            AH = self.A_hat[f] @ self.H
            G[..., rows, :] = AH
            F[..., rows, :] = -AH @ self.v0
            A = self.slopes(f)
            F[..., rows, frame.l] += A @ at.E
            if f == 0:
                F[..., k + np.arange(q), frame.n] -= 1.0
                self.c[..., rows] = times(A, at.mean_l) - at.m_n[..., frame.kept]
            else:
                self.c[..., rows] = times(A, own_mean)
        self.J = np.concatenate([self.K @ self.v0, F], axis=-2)
        JO = self.J @ self.joint
        omega = JO @ transposed(self.J)
        r = p - q
        self.Suu = omega[..., :r, :r]
        self.Suu_inverse, self.logdet = inverses(self.Suu)
        self.R = omega[..., r:, :r] @ self.Suu_inverse
        self.S = omega[..., r:, r:] - self.R @ omega[..., :r, r:]
        self.S = 0.5 * (self.S + transposed(self.S))
        self.prior = omega[..., r:, r:].diagonal(axis1=-2, axis2=-1)[..., :k]
        self.G = G
        self.P = G + self.R @ self.K

    def rows(self, f: int) -> slice:
        """Rows of the residual parts ρ_f among the features."""
        return slice(self.k + f * self.q, self.k + (f + 1) * self.q)

    def slopes(self, f: int) -> Array:
        """Slopes of ρ_f on the linear sources."""
        at, kept = self.at, self.frame.kept
        return -at.A_nl[..., kept, :] if f == 0 else at.A_f[f - 1][..., kept, :]

    def pull(self, of: Adjoints) -> Array:
        """Derivatives in the group's θ (…, θ)."""
        at, frame, r = self.at, self.frame, self.p - self.q
        lead = of.c.shape[:-1]
        # features and their covariance matrix
        R_t, E_t, W_t = transposed(self.R), transposed(at.E), transposed(self.W)
        K_bar = of.K + R_t @ of.P
        R_bar = of.P @ transposed(self.K)
        zu = -2.0 * of.S @ self.R + R_bar @ self.Suu_inverse
        uu = of.Suu + R_t @ of.S @ self.R - R_t @ R_bar @ self.Suu_inverse
        omega = np.zeros((*lead, *(self.J.shape[-2],) * 2))
        omega[..., :r, :r] = 0.5 * (uu + transposed(uu))
        omega[..., r:, :r] = 0.5 * zu
        omega[..., :r, r:] = 0.5 * transposed(zu)
        omega[..., r:, r:] = of.S
        omega_J = omega @ self.J
        J_bar = 2.0 * omega_J @ self.joint
        joint_bar = transposed(self.J) @ omega_J
        U_bar, F_bar = J_bar[..., :r, :], J_bar[..., r:, :]
        K_bar = K_bar + U_bar @ transposed(self.v0)
        v0_bar = transposed(self.K) @ U_bar
        out = _Collector(at, lead)
        E_bar = np.zeros((*lead, *at.E.shape[-2:]))
        E_bar[..., frame.moderating, :] += F_bar[..., : self.k, frame.l]
        mean_bar = np.zeros((*lead, at.mean_l.shape[-1]))
        mean_bar[..., frame.moderating] += of.c[..., : self.k] * at.latent_l[frame.moderating]
        H_bar = np.zeros((*lead, self.q, self.p))
        for f in range(self.k + 1):
            rows = self.rows(f)
            own, own_P, own_c = F_bar[..., rows, :], of.P[..., rows, :], of.c[..., rows]
            AH_bar = own_P - own @ transposed(self.v0)
            v0_bar = v0_bar - transposed(self.A_hat[f] @ self.H) @ own
            H_bar += transposed(self.A_hat[f]) @ AH_bar
            hat_bar = AH_bar @ transposed(self.H)
            latent = 1.0 if f == 0 else at.latent_l
            A = self.slopes(f)
            E_bar += transposed(A) @ own[..., frame.l]
            A_bar = own[..., frame.l] @ E_t + own_c[..., :, None] * (at.mean_l * latent)[..., None, :]
            mean_bar += along(own_c, A) * latent
            out.equation(f, frame.kept, A_bar, hat_bar)
            if f == 0:
                out.nonlinear_mean[..., frame.kept] -= own_c
        # ν and v⁰
        l_bar = v0_bar[..., frame.l]
        T_l = l_bar @ E_t + of.nu[..., :, None] * at.mean_l[..., None, :]
        E_bar += transposed(self.T_l) @ l_bar
        mean_bar += along(of.nu, self.T_l)
        # K and H by the loadings of nonlinear sources
        scaled_bar = K_bar[..., self.scaled]
        W_bar = H_bar[..., self.scaled] - transposed(self.T_o) @ scaled_bar
        T_o = -scaled_bar @ W_t
        T_s = -W_t @ W_bar @ W_t - of.count[..., None, None] * W_t
        out.loadings(frame, self.rest, self.scaled, T_l, T_o, T_s)
        E_bar += mean_bar[..., :, None] * at.m_l[..., None, :]
        out.linear(E_bar, mean_bar)
        out.observed_mean[..., frame.observed] += of.nu
        out.joint[..., frame.places[:, None], frame.places] += joint_bar
        return out.theta()


class _Collector:
    """Adjoints of the model's matrices, gathered and looked up for θ."""

    def __init__(self, at: Matrices, lead: tuple[int, ...]) -> None:
        layout = at.equations.layout
        self.at, self.lead = at, lead
        p, s, k = layout.p, layout.k, len(at.equations.moderating)
        self.paths = np.zeros((*lead, s, s))
        self.T = np.zeros((*lead, p, s))
        self.effects = [np.zeros((*lead, s, s)) for _ in range(k)]
        self.observed_mean = np.zeros((*lead, p))
        self.source_mean = np.zeros((*lead, s))
        self.nonlinear_mean = np.zeros((*lead, len(at.equations.nonlinear)))
        self.joint = np.zeros((*lead, p + s, p + s))

    def equation(self, f: int, kept: Index, A_bar: Array, hat_bar: Array) -> None:
        l, n = self.at.equations.linear, self.at.equations.nonlinear[kept]
        matrix = self.paths if f == 0 else self.effects[f - 1]
        matrix[..., n[:, None], l] -= A_bar
        matrix[..., n[:, None], n] -= hat_bar

    def linear(self, E_bar: Array, mean_bar: Array) -> None:
        l, E = self.at.equations.linear, self.at.E
        self.paths[..., l[:, None], l] += transposed(E) @ E_bar @ transposed(E)
        self.source_mean[..., l] += along(mean_bar, E)

    def loadings(self, frame: Frame, rest: Index, scaled: Index, T_l: Array, T_o: Array, T_s: Array) -> None:
        l, n, observed = self.at.equations.linear, self.at.equations.nonlinear[frame.kept], frame.observed
        self.T[..., observed[:, None], l] += T_l
        self.T[..., observed[rest][:, None], n] += T_o
        self.T[..., observed[scaled][:, None], n] += T_s

    def theta(self) -> Array:
        equations = self.at.equations
        layout, p = equations.layout, equations.layout.p
        self.source_mean[..., equations.nonlinear] += self.nonlinear_mean
        place = np.argsort(self.at.order)
        joint = self.joint[..., place[:, None], place]
        cross = joint[..., :p, p:] + transposed(joint[..., p:, :p])
        theta = np.zeros((*self.lead, layout.q))
        for fill, matrix in (
            (layout.paths, self.paths),
            (layout.loadings, self.T),
            (layout.residuals, joint[..., :p, :p]),
            (layout.source_cov, joint[..., p:, p:]),
            (layout.cross, cross),
            (layout.observed_mean, self.observed_mean),
            (layout.source_mean, self.source_mean),
            *zip(equations.effects, self.effects, strict=True),
        ):
            _put(theta, fill, matrix)
        return theta


def _put(theta: Array, fill: Fill, matrix: Array) -> None:
    """Add the adjoints of free cells to their parameters, in place."""
    if not len(fill.cells):
        return
    flat = matrix.reshape(*theta.shape[:-1], -1)[..., fill.cells]
    if theta.ndim == 1:
        theta += np.bincount(fill.parameters, flat, len(theta))
        return
    columns = np.moveaxis(theta, -1, 0)
    np.add.at(columns, fill.parameters, np.moveaxis(flat, -1, 0))


def _pivots(T: Array) -> Index:
    """Rows of the loadings (p, q) on which they are best invertible."""
    from scipy.linalg import qr

    if not T.shape[1]:
        return np.zeros(0, dtype=np.int64)
    if T.shape[1] == 1:
        return np.array([np.abs(T[:, 0]).argmax()])
    order = qr(T.T, mode="r", pivoting=True, check_finite=False)[1]
    return np.sort(np.asarray(order[: T.shape[1]], dtype=np.int64))
