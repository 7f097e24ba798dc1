"""Parallel analysis: eigenvalues of data without structure as the reference for the number of factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.correlations import ItemCorrelation
from comply_measure.measurement.dimensionality.extraction import extract, squared_multiple_correlations
from comply_measure.measurement.dimensionality.null_correlations import (
    normal_correlations,
    permuted_correlations,
    permuted_polychoric,
)
from comply_measure.measurement.frames import joined
from comply_measure.measurement.linear_algebra import eigenvalues_descending
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.threads import single_threaded
from comply_measure.results import Result
from comply_measure.statistics.words import counted

Variant = Literal["components", "factors_minres", "factors_smc"]
Null = Literal["normal", "permutation"]
MIN_REPLICATIONS = 20


@dataclass(frozen=True, slots=True)
class ParallelAnalysis(Result):
    """Observed eigenvalues against those of data without structure.

    Attributes
    ----------
    variants : tuple of str
        ``components``: of R; ``factors_minres``: of R with communalities of one minres factor on its diagonal
        (as psych::fa.parallel); ``factors_smc``: with squared multiple correlations (Humphreys & Ilgen 1969).
    observed, mean, upper : ndarray, shape (n_variants, p)
        Eigenvalues of the data; mean and percentile over replications.
    n_by_mean, n_by_percentile : ndarray of int, shape (n_variants,)
        Leading eigenvalues above the mean, and above the percentile; -1 when undefined.
    percentile : float
    n_replications, seed, n : int
        Replications used, seed, informants.
    null, kind, missing, note : str
    """

    variants: tuple[str, ...]
    observed: Floats
    mean: Floats
    upper: Floats
    n_by_mean: tuple[int, ...]
    n_by_percentile: tuple[int, ...]
    percentile: float
    n_replications: int
    seed: int
    n: int
    null: str
    kind: str
    missing: str
    note: str

    def n_factors(self, variant: str) -> int:
        """Number retained by a variant, against the percentile."""
        return self.n_by_percentile[self.variants.index(variant)]

    def tidy(self) -> pd.DataFrame:
        """One row per variant and position.

        Columns: variant, position, eigenvalue, null_mean, null_percentile, n_by_mean, n_by_percentile, n, kind,
        null, n_replications, seed, note.
        """
        p = self.observed.shape[1]
        blocks = [
            pd.DataFrame(
                {
                    "variant": variant,
                    "position": np.arange(1, p + 1),
                    "eigenvalue": self.observed[v],
                    "null_mean": self.mean[v],
                    "null_percentile": self.upper[v],
                    "n_by_mean": self.n_by_mean[v],
                    "n_by_percentile": self.n_by_percentile[v],
                }
            )
            for v, variant in enumerate(self.variants)
        ]
        return pd.concat(blocks, ignore_index=True).assign(
            n=self.n,
            kind=self.kind,
            null=self.null,
            n_replications=self.n_replications,
            seed=self.seed,
            note=self.note,
        )


@single_threaded
def parallel_analysis(
    correlation: ItemCorrelation,
    *,
    seed: int,
    variants: Sequence[Variant] = ("components", "factors_minres"),
    null: Null = "normal",
    n_replications: int = 200,
    percentile: float = 95.0,
) -> ParallelAnalysis:
    """Horn's (1965) parallel analysis, of components and of common factors.

    Parameters
    ----------
    correlation : ItemCorrelation
        Pearson or polychoric.
    seed : int
    variants : sequence of {"components", "factors_minres", "factors_smc"}
    null : {"normal", "permutation"}
        Independent normal variables on the same n and p; or the answers themselves, each item shuffled on its
        own (keeps margins and the number missing; correlations are then pairwise). Polychoric matrices always
        use ``permutation``.
    n_replications : int
    percentile : float
        Of the null distribution (Glorfeld 1995).

    Returns
    -------
    ParallelAnalysis
        Undefined, with a note, when the correlation matrix is.

    Raises
    ------
    InputError
        Unknown options.
    """
    _check(variants, null, n_replications, percentile)
    p = len(correlation.items)
    chosen = tuple(variants)
    null = "permutation" if correlation.kind == "polychoric" else null
    found = partial(
        ParallelAnalysis,
        variants=chosen,
        percentile=percentile,
        seed=seed,
        n=correlation.n,
        null=null,
        kind=correlation.kind,
        missing=correlation.missing,
    )
    if p < 3 or not correlation.defined:
        nothing, none = np.full((len(chosen), p), np.nan), (-1,) * len(chosen)
        return found(
            observed=nothing,
            mean=nothing,
            upper=nothing,
            n_by_mean=none,
            n_by_percentile=none,
            n_replications=0,
            note=joined("" if correlation.note else "fewer than 3 items vary", correlation.remarks),
        )
    random = _null(correlation, null, n_replications, np.random.default_rng(seed))
    observed = np.stack([eigenvalues(correlation.matrix[None], v)[0] for v in chosen])
    drawn = np.stack([eigenvalues(random, v) for v in chosen])
    mean, upper = _reference(drawn, percentile)
    return found(
        observed=observed,
        mean=mean,
        upper=upper,
        n_by_mean=_leading(observed, mean),
        n_by_percentile=_leading(observed, upper),
        n_replications=len(random),
        note=joined(correlation.remarks, *_lost(n_replications - len(random)), *_unsolved(chosen, mean)),
    )


def _lost(n: int) -> tuple[str, ...]:
    """Note on replications of the null without a correlation matrix."""
    one = "replication without a correlation matrix"
    return (counted(n, one, one.replace("replication", "replications")),) if n else ()


def _unsolved(variants: Sequence[str], mean: Floats) -> tuple[str, ...]:
    """Notes on variants that no replication could be solved for."""
    return tuple(
        f"{variant}: no solution in any replication"
        for variant, row in zip(variants, mean, strict=True)
        if np.isnan(row).all()
    )


def _reference(drawn: Floats, percentile: float) -> tuple[Floats, Floats]:
    """Mean and percentile per variant over the replications with a solution; NaN when there are none."""
    mean, upper = np.full((2, len(drawn), drawn.shape[2]), np.nan)
    for v, values in enumerate(drawn):
        solved = values[np.isfinite(values).all(axis=1)]
        if len(solved):
            mean[v], upper[v] = solved.mean(axis=0), np.percentile(solved, percentile, axis=0)
    return mean, upper


def eigenvalues(matrices: Floats, variant: str) -> Floats:
    """Eigenvalues, largest first, of correlation matrices with ones or communalities on their diagonals.

    Shapes (B, p, p) to (B, p); NaN where communalities are undefined.
    """
    if variant == "components":
        return eigenvalues_descending(matrices)
    if variant == "factors_smc":
        communality = squared_multiple_correlations(matrices)
    else:
        communality = 1.0 - extract(matrices, 1, "minres", tolerance=1e-6).uniquenesses
    known = np.isfinite(communality).all(axis=1)
    out = np.full(communality.shape, np.nan)
    p = matrices.shape[1]
    reduced = matrices[known] + (communality[known] - 1.0)[:, :, None] * np.eye(p)
    out[known] = eigenvalues_descending(reduced)
    return out


def _null(correlation: ItemCorrelation, null: str, n: int, rng: np.random.Generator) -> Floats:
    if correlation.kind == "polychoric":
        return permuted_polychoric(correlation.values, n, rng)
    if null == "permutation":
        return permuted_correlations(correlation.values, n, rng)
    return normal_correlations(correlation.n, len(correlation.items), n, rng)


def _leading(observed: Floats, reference: Floats) -> tuple[int, ...]:
    """Number of leading eigenvalues above the reference, per variant."""
    if np.isnan(observed).any() or np.isnan(reference).any():
        return tuple(
            -1 if np.isnan(o).any() or np.isnan(r).any() else _leading(o[None], r[None])[0]
            for o, r in zip(observed, reference, strict=True)
        )
    above = observed > reference
    return tuple(len(row) if row.all() else int(np.argmin(row)) for row in above)


def _check(variants: Sequence[str], null: str, n_replications: int, percentile: float) -> None:
    allowed = ", ".join(get_args(Variant))
    problems = [Problem("variant", value=v, allowed=allowed) for v in variants if v not in get_args(Variant)]
    if not variants:
        problems.append(Problem("no variant was named", allowed=allowed))
    if null not in get_args(Null):
        problems.append(Problem("null", value=null, allowed=", ".join(get_args(Null))))
    if n_replications < MIN_REPLICATIONS:
        problems.append(
            Problem("n_replications", value=n_replications, allowed=f"at least {MIN_REPLICATIONS}")
        )
    if not 50 <= percentile < 100:
        problems.append(Problem("percentile", value=percentile, allowed="from 50 to below 100"))
    if problems:
        raise InputError("Parallel analysis cannot be run.", problems)
