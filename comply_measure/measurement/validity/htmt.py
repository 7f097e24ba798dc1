"""Heterotrait-monotrait ratios of correlations, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.measurement.frames import (
    check_scales,
    cluster_codes,
    item_values,
    joined,
    listed,
    varying_items,
)
from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats, Missing, item_covariance, pairwise_correlations
from comply_measure.measurement.resampling import IntervalKind, bootstrap, why_no_interval
from comply_measure.results import Result
from comply_measure.statistics.reasons import with_reasons

# An absolute correlation below this is zero up to rounding.
ZERO = 1e-12


@dataclass(frozen=True, slots=True)
class Htmt(Result):
    """HTMT and HTMT2 of all pairs of constructs.

    Attributes
    ----------
    constructs : tuple of str
    htmt, htmt2 : ndarray, shape (k, k)
        Symmetric; 1 on the diagonal.
    htmt_lower, htmt_upper, htmt2_lower, htmt2_upper : ndarray, shape (k, k)
        Bootstrap intervals; NaN without a bootstrap.
    n_informants, n_clusters, n_replications : int
        Informants with an answer; clusters resampled (−1 without clusters); 0 without a bootstrap.
    missing : str
    notes : tuple of str
        Why values are undefined or doubtful: absolute correlations hide items that run against their construct,
        so these are named.
    """

    constructs: tuple[str, ...]
    htmt: Floats
    htmt2: Floats
    htmt_lower: Floats
    htmt_upper: Floats
    htmt2_lower: Floats
    htmt2_upper: Floats
    n_informants: int
    n_clusters: int
    n_replications: int
    missing: str
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row per pair.

        Columns: construct, other, htmt, htmt_lower, htmt_upper, htmt2, htmt2_lower, htmt2_upper, n_informants,
        n_clusters, n_replications, missing, note, reason (why bounds are empty where nothing is wrong).
        """
        names = ("htmt", "htmt_lower", "htmt_upper", "htmt2", "htmt2_lower", "htmt2_upper")
        rows = [
            {"construct": a, "other": b}
            | {name: float(getattr(self, name)[i, j]) for name in names}
            | {
                "n_informants": self.n_informants,
                "n_clusters": self.n_clusters,
                "n_replications": self.n_replications,
                "missing": self.missing,
                "note": joined(
                    *(n for n in self.notes if n.startswith((f"{a}:", f"{b}:"))), self._zero(i, j)
                ),
            }
            for i, a in enumerate(self.constructs)
            for j, b in enumerate(self.constructs)
            if i < j
        ]
        bounds = ("htmt_lower", "htmt_upper", "htmt2_lower", "htmt2_upper")
        why = why_no_interval(self.n_clusters) if self.n_replications else "no bootstrap was asked for"
        return with_reasons(pd.DataFrame(rows), dict.fromkeys(bounds, why))

    def _zero(self, i: int, j: int) -> str:
        zero = np.isfinite(self.htmt[i, j]) and not np.isfinite(self.htmt2[i, j])
        return "an item correlation is exactly 0: no HTMT2" if zero else ""


def heterotrait_monotrait(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    cluster: str | None = None,
    n_replications: int = 2000,
    seed: int | np.random.Generator | None = None,
    kind: IntervalKind = "percentile",
    confidence: float = 0.95,
    missing: Missing = "pairwise",
) -> Htmt:
    """HTMT (Henseler, Ringle & Sarstedt 2015) and HTMT2 (Roemer, Schuberth & Henseler 2021).

    ``HTMT_ij = mean |r| between the items of i and j / √(mean |r| within i · mean |r| within j)``; HTMT2 takes
    geometric means, so that loadings need not be equal. Absolute correlations, as in semTools. Intervals come from a
    bootstrap of informants, or of whole clusters. Without ``seed`` no bootstrap is made.

    Parameters
    ----------
    data : DataFrame
        One row per informant; items recoded to one direction.
    scales : mapping
        Construct → items.
    cluster : str, optional
        Column of firms or units.
    n_replications, seed, kind, confidence
        As in :func:`comply_measure.measurement.resampling.bootstrap`.
    missing : {"pairwise", "listwise"}

    Returns
    -------
    Htmt
        NaN with a note for constructs with one item, items without variance, and, for HTMT2, where a correlation
        is exactly 0 (one such pair of items would make the geometric mean 0 whatever the others are).

    Raises
    ------
    InputError
        For unusable scales or options.
    """
    check_scales(data, scales, [cluster])
    names = [item for items in scales.values() for item in items]
    values = item_values(data, names)
    member = np.repeat(np.eye(len(scales)), [len(items) for items in scales.values()], axis=0)
    here = item_covariance(values, missing)
    correlations = pairwise_correlations(values, missing)
    one, two = within_between(correlations, member)
    k = len(scales)
    lower, upper = np.full((2, k, k), np.nan), np.full((2, k, k), np.nan)
    replications, n_clusters = 0, -1
    if seed is not None:
        draws = bootstrap(
            values,
            lambda stack: np.concatenate([m.reshape(len(m), -1) for m in _ratios(stack, member)], axis=1),
            n_replications=n_replications,
            seed=seed,
            cluster=None if cluster is None else cluster_codes(data, cluster),
            missing=missing,
            kind=kind,
            confidence=confidence,
            moments="correlation",
        )
        lower, upper = draws.lower.reshape(2, k, k), draws.upper.reshape(2, k, k)
        replications = n_replications
        n_clusters = -1 if cluster is None else draws.n_clusters
    return Htmt(
        tuple(scales),
        one,
        two,
        lower[0],
        upper[0],
        lower[1],
        upper[1],
        here.n_complete if missing == "listwise" else here.n_any,
        n_clusters,
        replications,
        missing,
        (
            *_notes(scales, values, names, correlations),
            *_no_interval(scales, two, lower[1], seed, n_clusters),
        ),
    )


def _ratios(correlations: Floats, member: Floats) -> tuple[Floats, Floats]:
    """HTMT and HTMT2 (B, k, k) of correlations (B, p, p); member (p, k) says which item is whose."""
    size = np.abs(correlations)
    size = np.where(size < ZERO, 0.0, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = [_ratio(size, member), np.exp(_ratio_of_logs(size, member))]
    diagonal = np.eye(member.shape[1], dtype=bool)
    return tuple(np.where(diagonal, 1.0, matrix) for matrix in found)  # type: ignore[return-value]


def _block_means(matrices: Floats, member: Floats) -> Floats:
    """Means of the blocks between constructs, and off the diagonal within them (B, k, k).

    A block with an undefined or infinite value (the logarithm of a zero correlation) is NaN; the others go on.
    """
    size = member.sum(axis=0)
    off = np.where(np.eye(matrices.shape[1], dtype=bool), 0.0, matrices)
    unusable = ~np.isfinite(off)
    sums = member.T @ np.where(unusable, 0.0, off) @ member
    sums[member.T @ unusable.astype(np.float64) @ member > 0] = np.nan
    count = np.outer(size, size) - np.diag(size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / count)


def _ratio(size: Floats, member: Floats) -> Floats:
    means = _block_means(size, member)
    within = np.einsum("bkk->bk", means)
    return np.asarray(means / np.sqrt(within[:, :, None] * within[:, None, :]))


def _ratio_of_logs(size: Floats, member: Floats) -> Floats:
    p = size.shape[1]
    means = _block_means(np.log(np.where(np.eye(p, dtype=bool), 1.0, size)), member)
    within = np.einsum("bkk->bk", means)
    return np.asarray(means - 0.5 * (within[:, :, None] + within[:, None, :]))


def _no_interval(
    scales: Mapping[str, Sequence[str]],
    estimate: Floats,
    lower: Floats,
    seed: int | np.random.Generator | None,
    n_clusters: int,
) -> tuple[str, ...]:
    if seed is None:
        return ()
    gap = np.isfinite(estimate) & ~np.isfinite(lower) & ~np.eye(len(scales), dtype=bool)
    return tuple(
        f"{construct}: no interval, {why_no_interval(n_clusters)}"
        for construct, row in zip(scales, gap, strict=True)
        if row.any()
    )


def _notes(
    scales: Mapping[str, Sequence[str]], values: Floats, names: Sequence[str], correlations: Floats
) -> tuple[str, ...]:
    """Of each construct: items without variance, a single item, items that run against it."""
    faults = dict(varying_items(values, names)[1])
    notes = []
    for construct, items in scales.items():
        unusable = [(item, faults[item]) for item in items if item in faults]
        if unusable:
            notes.append(f"{construct}: {listed(unusable)}")
        if len(items) < 2:
            notes.append(f"{construct}: one item has no monotrait correlation")
        if turned := reversal_note(
            correlations[np.ix_(place := [names.index(i) for i in items], place)], items
        ):
            notes.append(f"{construct}: {turned}")
    return tuple(notes)


def within_between(correlations: Floats, member: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """HTMT and HTMT2 of one correlation matrix (p, p): closed form for checks and printed matrices."""
    one, two = _ratios(correlations[None], member)
    return one[0], two[0]
