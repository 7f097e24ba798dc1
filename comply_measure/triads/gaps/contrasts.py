"""Mean role gaps over all units, also those that lack a role: mixed-model weights, cluster-robust errors."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.cluster_robust import ClusterRobust, cluster_robust, few_clusters_note
from comply_measure.statistics.multiplicity import holm
from comply_measure.statistics.wild_cluster import wild_cluster
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.role_gaps import cluster_codes
from comply_measure.triads.reliability.twoway import reml_obstacle, role_design
from comply_measure.triads.reml.fit import fit_reml

Family = Literal["all", "column", "pair"]
Inference = Literal["cr2", "wild"]
#: Replications of the bootstrap and where its weights come from.
Wild = tuple[int, np.random.Generator]
#: Beyond it the degrees of freedom are approximated: their exact form costs roles⁴.
MANY_ROLES = 40


def role_contrasts(
    data: TriadData,
    *,
    family: Family = "all",
    confidence: float = 0.95,
    inference: Inference = "cr2",
    replications: int = 999,
    seed: int | np.random.Generator | np.random.SeedSequence | None = None,
) -> pd.DataFrame:
    """Differences between role means with units random and roles fixed, REML variances.

    ``x_gr = μ_r + u_g + e_gr`` with one error variance is the working model that weights incomplete units
    (generalised least squares). Standard errors do not rest on it: they are CR2 by firm where firms are known, by
    unit otherwise, with Satterthwaite's degrees of freedom
    (:mod:`comply_measure.statistics.cluster_robust`), so that roles may err differently and differ by firm. With
    complete units and no firms they are the paired t tests. Missing informants are taken to be missing at
    random. With more than 40 roles the degrees of freedom are ``(Σ_c b_c)²/Σ_c b_c² − 1``, b_c the share of a cluster
    in the expected variance.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    family : {"all", "column", "pair"}
        Tests that Holm (1979) corrects together.
    confidence : float
        Level of the intervals.
    inference : {"cr2", "wild"}
        Satterthwaite's t, or tests and intervals of the restricted wild cluster bootstrap with CR2 errors
        (:mod:`comply_measure.statistics.wild_cluster`), an alternative where firms are few; it has no df.
    replications : int
        Of the bootstrap.
    seed : int, Generator or SeedSequence
        Required with the bootstrap.

    Returns
    -------
    DataFrame
        One row per variable and pair: column, pair, estimate, se, t, df, p, p_holm, lower, upper, n_units,
        n_informants, n_clusters, note.

    Raises
    ------
    InputError
        Unknown family, level or inference; a bootstrap without a seed or with too few replications.
    """
    check_confidence(confidence)
    _check_inference(inference, replications, seed)
    if family not in get_args(Family):
        raise InputError(
            "Role contrasts", [Problem("family", value=family, allowed=", ".join(get_args(Family)))]
        )
    codes = np.arange(data.n_units) if data.firms is None else cluster_codes(data)
    wild = None if inference == "cr2" else (replications, np.random.default_rng(seed))
    tables = [_column(data, j, codes, confidence, wild) for j in range(len(data.columns))]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["p", "column", "pair"])
    groups = np.zeros(len(table), dtype=int) if family == "all" else pd.factorize(table[family])[0]
    table.insert(list(table.columns).index("p") + 1, "p_holm", holm(table["p"].to_numpy(dtype=float), groups))
    return table


def _check_inference(inference: str, replications: int, seed: object) -> None:
    problems = []
    if inference not in get_args(Inference):
        problems.append(Problem("inference", value=inference, allowed=", ".join(get_args(Inference))))
    if inference == "wild" and replications < 99:
        problems.append(Problem("replications", value=replications, allowed="at least 99"))
    if inference == "wild" and seed is None:
        problems.append(Problem("the bootstrap needs a seed", column="seed", allowed="a whole number"))
    if problems:
        raise InputError("Role contrasts", problems)


def _column(
    data: TriadData, j: int, codes: NDArray[np.int64], confidence: float, wild: Wild | None
) -> pd.DataFrame:
    """All pairs of one variable."""
    x = data.values[:, :, j]
    answered = ~np.isnan(x).all(axis=1)
    x, codes = x[answered], np.unique(codes[answered], return_inverse=True)[1]
    clusters = int(codes.max()) + 1 if len(codes) else 0
    seen = np.flatnonzero(~np.isnan(x).all(axis=0))
    first, second = np.array(data.pairs, dtype=np.int64).reshape(-1, 2).T
    estimate, se, df = np.full((3, len(first)), np.nan)
    drawn = np.full((3, len(first)), np.nan)
    obstacle = reml_obstacle(x) or ("" if clusters > 1 else "fewer than 2 firms")
    if not obstacle:
        place = np.full(len(data.roles), -1)
        place[seen] = np.arange(len(seen))
        both = np.flatnonzero((place[first] >= 0) & (place[second] >= 0))
        pairs = place[first[both]], place[second[both]]
        estimate[both], se[both], df[both], drawn[:, both] = _contrasts(
            x[:, seen], codes, pairs, wild, confidence
        )
    # answers are exact decimals: an error this far below their size is rounding
    se = np.where(se > 1e-12 * np.nanmax(np.abs(x), initial=1.0), se, np.nan)
    t, half = estimate / se, scipy.stats.t.ppf((1 + confidence) / 2, df) * se
    p, lower, upper = 2 * scipy.stats.t.sf(np.abs(t), df), estimate - half, estimate + half
    few = few_clusters_note(clusters)
    if wild is not None:
        p, lower, upper = np.where(np.isnan(t), np.nan, drawn)
        df = np.full(len(first), np.nan)
        few = f"wild cluster bootstrap, {wild[0]} replications, {clusters} clusters"
    notes = np.where(np.isnan(estimate), "nobody has one of the roles", few)
    notes = np.where(
        ~np.isnan(estimate) & np.isnan(t), "too few units with both roles, or no variance", notes
    )
    return pd.DataFrame(
        {
            "column": data.columns[j],
            "pair": list(data.pair_names),
            "estimate": estimate,
            "se": se,
            "t": t,
            "df": np.where(np.isnan(t), np.nan, df),
            "p": p,
            "lower": lower,
            "upper": upper,
            "n_units": len(x),
            "n_informants": int((~np.isnan(x)).sum()),
            "n_clusters": clusters,
            "note": obstacle or notes,
        }
    )


def _contrasts(
    x: Floats,
    codes: NDArray[np.int64],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    wild: Wild | None,
    confidence: float,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Estimates, errors, degrees of freedom, and bootstrap p and interval of differences between roles (columns)."""
    fit = fit_reml(x, role_design(x.shape[1], random_roles=False))
    X, y, unit = whitened(x, fit.components()["unit"], fit.components()["residual"])
    means = np.linalg.lstsq(X, y, rcond=None)[0]
    robust = cluster_robust(X, y - X @ means, codes[unit])
    a, b = pairs
    V = robust.covariance
    variance = V[a, a] + V[b, b] - 2.0 * V[a, b]
    if x.shape[1] <= MANY_ROLES:
        contrasts = np.zeros((len(a), x.shape[1]))
        contrasts[np.arange(len(a)), a], contrasts[np.arange(len(a)), b] = 1.0, -1.0
        df = robust.degrees_of_freedom(contrasts)
    else:
        df = _share_degrees(robust, a, b)
    drawn = np.full((3, len(a)), np.nan)
    if wild is not None:
        units = np.eye(x.shape[1])
        found = wild_cluster(
            X,
            y,
            codes[unit],
            units[a] - units[b],
            replications=wild[0],
            rng=wild[1],
            confidence=confidence,
        )
        drawn = np.array([(each.p, each.lower, each.upper) for each in found]).reshape(-1, 3).T
    return means[a] - means[b], np.sqrt(np.maximum(variance, 0.0)), df, drawn


def whitened(x: Floats, unit: float, residual: float) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Rows of observed scores multiplied by the root of the working precision, and the unit of every row.

    ``(τ²J + σ²I)^(−1/2) = (I − cJ/n)/σ`` with ``c = 1 − σ/√(σ² + nτ²)`` for a unit with n roles.
    """
    present = ~np.isnan(x)
    n = present.sum(axis=1)
    shrink = (1.0 - np.sqrt(residual / (residual + n * unit))) / n
    rows, roles = np.nonzero(present)
    X = -shrink[rows, None] * present[rows]
    X[np.arange(len(rows)), roles] += 1.0
    y = x[rows, roles] - shrink[rows] * np.where(present, x, 0.0).sum(axis=1)[rows]
    return X / np.sqrt(residual), y / np.sqrt(residual), rows


def _share_degrees(robust: ClusterRobust, a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
    """``(Σ b_c)²/Σ b_c² − 1`` with ``b_c = v_c'S_c v_c``: exact for balanced clusters."""
    first, second = np.zeros(len(a)), np.zeros(len(a))
    for leverage, adjusted in zip(robust.leverage, robust.adjusted, strict=True):
        v = adjusted @ robust.root.T
        B = v.T @ leverage @ v
        own = B[a, a] + B[b, b] - 2.0 * B[a, b]
        first, second = first + own, second + own**2
    return np.where(second > 0, first**2 / np.where(second > 0, second, 1.0) - 1.0, np.nan)
