"""Fit cut-offs simulated for the fitted model and sample (dynamic fit index cut-offs)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.models.cutoffs.batch import BatchFits, BatchModel
from comply_measure.models.cutoffs.misspecification import (
    Misspecification,
    factor_structure,
    misspecifications,
)
from comply_measure.models.cutoffs.wishart import covariances, wishart_roots
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.sem.language.records import Product

Floats = NDArray[np.float64]
INDICES = ("srmr", "rmsea", "cfi")
# indices that fall when fit gets worse
_FALLING = frozenset({"cfi"})
_RULES = ((0.05, "95/5"), (0.10, "90/10"))
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class LevelCutoff:
    """Cut-off of one index at one level of misspecification.

    Attributes
    ----------
    level : int
    description : str
        What a model at this level leaves out.
    magnitude : float
        Size of the omitted parameter that the level adds.
    index : str
        ``srmr``, ``rmsea`` or ``cfi``.
    cutoff : float
        Value that the fit must reach to be better than this misspecification; NaN when the index cannot tell
        it from a correct model in this sample.
    rule : str
        ``95/5``: 95 % of the misspecified samples are worse than the cut-off, at least 95 % of the correct ones
        better; ``90/10`` likewise; ``none``.
    value : float
        Index of the fit.
    better : bool or None
        Whether the fit is better than the cut-off; None without one.
    correct_median, misspecified_median : float
    """

    level: int
    description: str
    magnitude: float
    index: str
    cutoff: float
    rule: str
    value: float
    better: bool | None
    correct_median: float
    misspecified_median: float


@dataclass(frozen=True, slots=True)
class DynamicCutoffs(Result):
    """Cut-offs for a fitted model.

    Attributes
    ----------
    cutoffs : tuple of LevelCutoff
    n_replications : int
        Samples per level.
    n_failed : tuple of int
        Samples whose fit was not reached: correct model first, then each level.
    n_informants : int
        Size of the simulated samples.
    distributions : mapping of (int, str) to ndarray
        Simulated indices by level (0 = correct model) and name.
    note : str
    """

    cutoffs: tuple[LevelCutoff, ...]
    n_replications: int
    n_failed: tuple[int, ...]
    n_informants: int
    distributions: dict[tuple[int, str], Floats]
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per level and index; columns are the attributes of :class:`LevelCutoff`, then counts."""
        names = list(LevelCutoff.__dataclass_fields__)
        table = pd.DataFrame([[getattr(c, n) for n in names] for c in self.cutoffs], columns=names)
        failed = [self.n_failed[c.level] for c in self.cutoffs]
        return table.assign(
            n_informants=self.n_informants,
            n_replications=self.n_replications,
            n_failed=failed,
            note=self.note,
        )


def dynamic_cutoffs(fit: Fit, *, n_replications: int = 500, seed: int, max_levels: int = 5) -> DynamicCutoffs:
    """Cut-offs for SRMR, RMSEA and CFI that fit this model and this sample size.

    Samples are drawn from the fitted model itself and from versions in which it would be wrong by a known
    amount (:mod:`comply_measure.models.cutoffs.misspecification`); the model is fitted to all of them. The cut-off
    of a level is the 5 % quantile of the misspecified distribution (95 % for CFI), if at least 95 % of the correct
    samples fit better; else the same with 10 % and 90 %; else there is none (McNeish & Wolf 2021, 2023). For
    higher-order models the same omissions are made in the first-order part, with the factor correlations
    that the model implies (McNeish & Manapat 2023 treat this case). Samples are multivariate normal, complete and
    independent; with ordinal, clustered or incomplete data the cut-offs are approximations.

    Parameters
    ----------
    fit : Fit
        Maximum-likelihood fit of a factor model with one group.
    n_replications : int
        Samples per level, at least 100.
    seed : int
    max_levels : int
        Most levels; with F factors there are F − 1.

    Returns
    -------
    DynamicCutoffs

    Raises
    ------
    InputError
        For unusable options.
    ComplyError
        For models the rules do not cover, or when n is not above the number of variables.
    """
    _check(n_replications, max_levels)
    if fit.steps or not fit.model.family.has_loglik:
        raise ComplyError("dynamic cut-offs are simulated for maximum likelihood")
    if products := [n for names in fit.model.table.variables for n in names.latent if isinstance(n, Product)]:
        raise ComplyError(
            f"dynamic cut-offs are simulated for normal variables, which products are not: {', '.join(products)}"
        )
    if fit.model.df <= 0:
        raise ComplyError("a model without degrees of freedom cannot misfit: no cut-offs")
    structure = factor_structure(fit)
    every = misspecifications(structure)
    levels = every[:max_levels]
    sigma = fit.optimum.point.implied[0].sigma
    scale = np.sqrt(np.diag(sigma))
    populations = [sigma, *(level.correlation * np.outer(scale, scale) for level in levels)]
    batch = BatchModel(fit.model, fit.theta)
    draws = _simulate(batch, populations, n_replications, np.random.default_rng(seed))
    distributions = {
        (number, name): indices[name] for number, indices in enumerate(draws) for name in INDICES
    }
    failed = tuple(int(np.isnan(indices["rmsea"]).sum()) for indices in draws)
    values = {name: float(fit.measures[name]) for name in INDICES}
    return DynamicCutoffs(
        tuple(_cutoff(level, name, distributions, values[name]) for level in levels for name in INDICES),
        n_replications,
        failed,
        fit.n,
        distributions,
        _note(fit, len(every), len(levels)),
    )


def _check(n_replications: int, max_levels: int) -> None:
    problems = []
    if n_replications < 100:
        problems.append(Problem("too few replications", value=n_replications, allowed="at least 100"))
    if max_levels < 1:
        problems.append(Problem("max_levels", value=max_levels, allowed="at least 1"))
    if problems:
        raise InputError("Cut-offs cannot be simulated.", problems)


def _note(fit: Fit, n_levels: int, n_used: int) -> str:
    notes = []
    if n_used < n_levels:
        notes.append(f"{n_used} of {n_levels} levels")
    if any(group.cluster is not None for group in fit.model.sample.groups):
        notes.append("simulated for independent cases")
    if not fit.model.options.complete_cases:
        notes.append("simulated without missing values")
    return "; ".join(notes)


def _simulate(
    batch: BatchModel, populations: Sequence[Floats], replications: int, rng: np.random.Generator
) -> list[dict[str, Floats]]:
    """Indices of all samples, correct model first; every level sees the same random numbers."""
    n, p = batch.model.sample.n_cases, batch.layout.p
    step = max(1, _CELLS // (p * (p + 2 * batch.layout.k)))
    parts: list[list[dict[str, Floats]]] = [[] for _ in populations]
    for first in range(0, replications, step):
        roots = wishart_roots(n, p, min(step, replications - first), rng)
        for number, population in enumerate(populations):
            samples = covariances(roots, population, n)
            parts[number].append(_indices(batch, batch.fit(population, samples), samples))
    return [{name: np.concatenate([part[name] for part in chunk]) for name in INDICES} for chunk in parts]


def _indices(batch: BatchModel, fits: BatchFits, samples: Floats) -> dict[str, Floats]:
    """SRMR, RMSEA and CFI as in :mod:`comply_measure.sem.fit_measures`, for all samples at once."""
    model, p = batch.model, batch.layout.p
    n, df = model.sample.n, model.df
    chisq = n * np.maximum(fits.minimum, 0.0)
    excess = np.maximum(chisq - df, 0.0)
    variance = np.einsum("rii->ri", samples)
    base = n * (np.log(variance).sum(axis=1) - np.linalg.slogdet(samples)[1]) - p * (p - 1) / 2
    worst = np.maximum(np.maximum(base, excess), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        cfi = np.where(worst > 0, 1.0 - excess / worst, 1.0)
    scale = np.sqrt(variance)
    residual = (samples - fits.implied) / (scale[:, :, None] * scale[:, None, :])
    row, column = np.tril_indices(p)
    count = len(row) + (p if batch.layout.has_mean else 0)
    srmr = np.sqrt((residual[:, row, column] ** 2).sum(axis=1) / count)
    reached = np.isfinite(fits.minimum)
    return {
        "srmr": np.where(reached, srmr, np.nan),
        "rmsea": np.where(reached, np.sqrt(excess / (df * n)), np.nan),
        "cfi": np.where(reached, cfi, np.nan),
    }


def _cutoff(
    level: Misspecification, index: str, distributions: dict[tuple[int, str], Floats], value: float
) -> LevelCutoff:
    right, wrong = (distributions[key, index] for key in (0, level.level))
    right, wrong = right[np.isfinite(right)], wrong[np.isfinite(wrong)]
    cutoff, rule = math.nan, "none"
    if len(right) and len(wrong):
        for error, name in _RULES:
            tail = 1.0 - error if index in _FALLING else error
            limit, other = float(np.quantile(wrong, tail)), float(np.quantile(right, 1.0 - tail))
            if (other > limit) if index in _FALLING else (other < limit):
                cutoff, rule = limit, name
                break
    better: bool | None = None
    if rule != "none":
        better = value > cutoff if index in _FALLING else value < cutoff
    medians = [float(np.median(part)) if len(part) else math.nan for part in (right, wrong)]
    return LevelCutoff(
        level.level, level.description, level.magnitude, index, cutoff, rule, value, better, *medians
    )
