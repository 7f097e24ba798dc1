r"""Pairs of roles rated by everyone: scores, agreement inside and from outside, and the triad's relation to its pairs.

A rating :math:`P_{qr}` is that of pair q by rater r, :math:`T_r` the rater's score of the triad. What one rater gives
all answers is in both of a kind, so correlations without error of measurement take covariances of different raters
alone:

.. math::
   \rho(T, P_q) = \frac{\overline{c}(T_r, P_{qr'})}
       {\sqrt{\overline{c}(T_r, T_{r'})\; c(P_{qa}, P_{qb})}}, \qquad r \ne r',\; r', a, b \in q,

the numerator's mean over all raters of the triad and members of the pair (the multitrait-multimethod reading of
Campbell & Fiske, 1959; corrected as by Spearman, 1904). Standard errors leave out one cluster at a time (Efron & Stein,
1981); intervals are Student's with one degree of freedom less than clusters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from comply_measure.statistics.arrays import Bools, Floats, Ints, group_sums, known_mean
from comply_measure.statistics.cluster_robust import cluster_robust

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class PairData:
    """Scores of pairs by rater and of the triad.

    Attributes
    ----------
    pairs, roles : tuple of str
    inside : ndarray of bool, shape (Q, R)
        Whether a role is a member of a pair; every pair has two.
    ratings : ndarray, shape (G, Q, R)
        Scores of pairs; NaN where missing.
    triad : ndarray, shape (G, R), or None
        Scores of the triad by the same raters.
    codes : ndarray of int, shape (G,)
        Cluster of every unit.
    """

    pairs: tuple[str, ...]
    roles: tuple[str, ...]
    inside: Bools
    ratings: Floats
    triad: Floats | None
    codes: Ints

    @property
    def levelled(self) -> Floats:
        """Ratings of members without the difference of their means, NaN of others: (G, Q, R)."""
        return level_members(self.ratings, self.inside)

    @property
    def scores(self) -> Floats:
        """Score of every pair, the mean of its members' levelled ratings: (G, Q)."""
        return known_mean(self.levelled, 2)

    @property
    def outside(self) -> Floats:
        """Mean rating by those who are no members, their means set equal: (G, Q)."""
        return known_mean(level_members(self.ratings, ~self.inside), 2)


def level_members(ratings: Floats, inside: Bools) -> Floats:
    """Ratings of the raters marked, each rater's mean of a pair replaced by the mean of these means; NaN of others."""
    kept = np.where(inside[None], ratings, np.nan)
    means = known_mean(kept, 0)
    return np.asarray(kept - means + known_mean(means, 1)[:, None])


def pair_agreement(data: PairData, confidence: float = 0.95) -> pd.DataFrame:
    """Do members of a pair agree about it, and more than either does with those who look at it from outside?

    Returns
    -------
    DataFrame
        ``pair, n_units`` (with both members), ``r_inside``, ``r_outside`` (mean over members and outsiders),
        ``difference``, each with ``_lower`` and ``_upper``, ``note``.
    """
    rows = []
    for q, pair in enumerate(data.pairs):
        members, others = np.flatnonzero(data.inside[q]), np.flatnonzero(~data.inside[q])
        columns = data.ratings[:, q]

        def statistics(C: Floats, members: Ints = members, others: Ints = others) -> Floats:
            within = _r(C, members[0], members[1])
            across = [_r(C, a, b) for a in members for b in others]
            mean = np.mean(across, axis=0) if across else np.full(np.shape(within), np.nan)
            return np.stack([within, mean, within - mean], axis=-1)

        estimate, lower, upper = _jackknifed(columns, data.codes, statistics, confidence)
        row: dict[str, object] = {
            "pair": pair,
            "n_units": int((~np.isnan(columns[:, members])).all(axis=1).sum()),
        }
        for k, name in enumerate(("r_inside", "r_outside", "difference")):
            row |= {name: estimate[k], f"{name}_lower": lower[k], f"{name}_upper": upper[k]}
        rows.append(row | {"note": "" if len(others) else "no role looks at it from outside"})
    table = pd.DataFrame(rows)
    undefined = table["r_inside"].isna()
    table.loc[undefined, "note"] = "fewer than 3 units with both members, or ratings without variance"
    return table


def triad_relation(data: PairData, confidence: float = 0.95) -> pd.DataFrame:
    """Correlation of the triad's score with the score of each pair, with their mean and their minimum.

    Returns
    -------
    DataFrame
        ``of`` (a pair, ``mean``, ``minimum``), ``n_units``, ``r`` of unit scores, ``corrected`` (without error of
        measurement; none for the minimum, which is no linear function of scores with error), each with ``_lower`` and
        ``_upper``, ``r_squared`` of unit scores, ``note``.
    """
    assert data.triad is not None
    Q, R = len(data.pairs), len(data.roles)
    levelled, scores = data.levelled, data.scores
    whole = _complete(scores)
    triad = data.triad - known_mean(data.triad, 0)
    unit = np.column_stack([known_mean(triad, 1), scores, whole.mean(axis=1), whole.min(axis=1)])
    views = np.column_stack([triad, levelled.reshape(len(levelled), Q * R)])
    place = {(q, r): R + q * R + r for q in range(Q) for r in range(R)}
    mine = [[r for r in range(R) if data.inside[q, r]] for q in range(Q)]
    first = views.shape[1]

    def statistics(C: Floats) -> Floats:
        observed = [_r(C, first, first + 1 + k) for k in range(Q + 2)]
        own = np.mean([C[..., a, b] for a, b in combinations(range(R), 2)], axis=0)
        with_triad = [
            np.mean([C[..., r, place[q, s]] for r in range(R) for s in mine[q] if r != s], axis=0)
            for q in range(Q)
        ]
        between = [
            [
                np.mean(
                    [C[..., place[p, a], place[q, b]] for a in mine[p] for b in mine[q] if a != b], axis=0
                )
                for q in range(Q)
            ]
            for p in range(Q)
        ]
        corrected = [_ratio(with_triad[q], own * between[q][q]) for q in range(Q)]
        mean = _ratio(np.mean(with_triad, axis=0), own * np.mean(between, axis=(0, 1)))
        return np.stack([*observed, *corrected, mean, np.full_like(mean, np.nan)], axis=-1)

    estimate, lower, upper = _jackknifed(np.column_stack([views, unit]), data.codes, statistics, confidence)
    half = Q + 2
    known = ~np.isnan(unit[:, 0])
    table = pd.DataFrame(
        {
            "of": [*data.pairs, "mean", "minimum"],
            "n_units": [int((known & ~np.isnan(unit[:, 1 + k])).sum()) for k in range(half)],
            "r": estimate[:half], "r_lower": lower[:half], "r_upper": upper[:half],
            "corrected": estimate[half:], "corrected_lower": lower[half:], "corrected_upper": upper[half:],
            "r_squared": estimate[:half] ** 2,
        }
    )  # fmt: skip
    table["note"] = ["", *[""] * Q, "corrected: the minimum of scores with error is no score of the minimum"]
    bad = table["corrected"].isna() & table["of"].ne("minimum")
    table.loc[bad, "note"] = "corrected: views of different raters do not go together, or too few units"
    return table


def minimum_beside_mean(data: PairData, confidence: float = 0.95) -> pd.DataFrame:
    """Does the weakest pair tell the triad's score beside the mean of the pairs?

    Least squares, CR2 with Satterthwaite's degrees of freedom. ``same``: unit scores from all raters. ``others``: the
    score of the triad by one rater on the pairs as the other raters see them, a row per rater, roles with means of
    their own; nothing that one rater gives all answers is in both.

    Returns
    -------
    DataFrame
        ``raters, term`` (``mean``, ``minimum``), ``n_units, n_rows, estimate, se, df, lower, upper, p, beta`` (estimate
        in standard deviations), ``r_squared`` (both terms), ``r_squared_mean`` (the mean alone), ``note``.
    """
    assert data.triad is not None
    levelled, G, R = data.levelled, len(data.codes), len(data.roles)
    scores = data.scores
    centred = data.triad - known_mean(data.triad, 0)
    parts = [
        _minimum_rows("same", known_mean(centred, 1), _complete(scores), data.codes, np.arange(G), confidence)
    ]
    seen = []
    for r in range(R):
        others = levelled.copy()
        others[:, :, r] = np.nan
        seen.append(_complete(known_mean(others, 2)))
    units = np.tile(np.arange(G), R)
    parts.append(
        _minimum_rows(
            "others", centred.T.ravel(), np.concatenate(seen), np.tile(data.codes, R), units, confidence
        )
    )
    return pd.concat(parts, ignore_index=True)


def _minimum_rows(
    raters: str, y: Floats, pairs: Floats, codes: Ints, units: Ints, confidence: float
) -> pd.DataFrame:
    kept = ~np.isnan(y) & ~np.isnan(pairs).any(axis=1)
    y, pairs, codes, units = y[kept], pairs[kept], codes[kept], units[kept]
    about: dict[str, object] = {"raters": raters, "n_units": len(np.unique(units)), "n_rows": len(y)}
    X = np.column_stack([np.ones(len(y)), pairs.mean(axis=1), pairs.min(axis=1)])
    codes = np.unique(codes, return_inverse=True)[1].ravel()
    names = ("estimate", "se", "df", "lower", "upper", "p", "beta", "r_squared", "r_squared_mean")
    if len(y) < 5 or np.linalg.matrix_rank(X) < 3 or codes.max() < 3 or np.ptp(y) == 0:
        why = "too few units or clusters, or scores that do not vary"
        nothing = {**dict.fromkeys(names, np.nan), "note": why}
        return pd.DataFrame([{**about, "term": term, **nothing} for term in ("mean", "minimum")])
    slopes = np.linalg.lstsq(X, y, rcond=None)[0]
    residuals = y - X @ slopes
    covariance = cluster_robust(X, residuals, codes)
    total = float(((y - y.mean()) ** 2).sum())
    alone = y - X[:, :2] @ np.linalg.lstsq(X[:, :2], y, rcond=None)[0]
    rows = list[dict[str, object]]()
    for k, term in ((1, "mean"), (2, "minimum")):
        se = float(np.sqrt(covariance.covariance[k, k]))
        df = float(covariance.degrees_of_freedom(np.eye(3)[[k]])[0])
        half = float(stdtrit(df, 0.5 + confidence / 2)) * se
        p = 2 * float(stdtr(df, -abs(slopes[k] / se)))
        values = (
            slopes[k], se, df, slopes[k] - half, slopes[k] + half, p, slopes[k] * X[:, k].std() / y.std(),
            1 - float(residuals @ residuals) / total, 1 - float(alone @ alone) / total,
        )  # fmt: skip
        found = dict(zip(names, map(float, values), strict=True))
        rows.append({**about, "term": term, **found, "note": ""})
    return pd.DataFrame(rows)


def _complete(scores: Floats) -> Floats:
    """Rows with every score; NaN the others."""
    return np.asarray(np.where(np.isnan(scores.sum(axis=1, keepdims=True)), np.nan, scores))


def _r(C: Floats, a: int, b: int) -> Floats:
    return _ratio(C[..., a, b], C[..., a, a] * C[..., b, b])


def _ratio(top: Floats, square: Floats) -> Floats:
    """``top/√square``; NaN where the square is not positive."""
    positive = square > _TINY
    return np.asarray(np.where(positive, top / np.sqrt(np.where(positive, square, 1.0)), np.nan))


def _jackknifed(
    columns: Floats, codes: Ints, statistics: Callable[[Floats], Floats], confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Statistics of the covariances of columns (pairwise), and intervals from leaving out a cluster at a time."""
    known = ~np.isnan(columns)
    z = np.where(known, columns - known_mean(columns, 0), 0.0)
    flags = known.astype(float)
    C = int(codes.max()) + 1
    sums = group_sums(z[:, :, None] * z[:, None, :], codes, C)
    counts = group_sums(flags[:, :, None] * flags[:, None, :], codes, C)
    total, n = sums.sum(axis=0), counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = statistics(np.where(n > 2, total / n, np.nan))
        left = statistics(np.where(n - counts > 2, (total - sums) / (n - counts), np.nan))
    spread = np.sqrt((C - 1) / C * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    half = stdtrit(C - 1, 0.5 + confidence / 2) * spread if C > 2 else np.full_like(spread, np.nan)
    return np.asarray(estimate), np.asarray(estimate - half), np.asarray(estimate + half)
