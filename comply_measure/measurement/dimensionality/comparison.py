"""Comparison data: samples from populations with a known number of factors and the margins of the answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.correlations import ItemCorrelation
from comply_measure.measurement.dimensionality.extraction import extract, most_factors
from comply_measure.measurement.frames import joined
from comply_measure.measurement.linear_algebra import eigenvalues_descending
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.threads import single_threaded
from comply_measure.results import Result
from comply_measure.statistics.checks import share_faults
from comply_measure.statistics.multiplicity import rejects
from comply_measure.statistics.reasons import with_reasons

POPULATION = 10_000
MAX_TRIALS = 5
# Doubles held at once.
CHUNK = 4_000_000


@dataclass(frozen=True, slots=True)
class ComparisonData(Result):
    """Number of factors by comparison data.

    Attributes
    ----------
    n_factors : int
        Retained; -1 when undefined.
    rmsr : ndarray, shape (k_tried, n_samples)
        Root mean squared difference between the eigenvalues of the answers and of each comparison sample.
    pvalues : ndarray, shape (k_tried,)
        One-sided Mann–Whitney test that k factors come closer than k − 1; NaN for the first.
    reproduction : ndarray, shape (k_tried,)
        Root mean squared difference between the correlations and those of the comparison population.
    alpha : float
    n_samples, seed, n : int
    at_limit : bool
        The last number tried still improved: the limit was too low.
    note : str
    """

    n_factors: int
    rmsr: Floats
    pvalues: Floats
    reproduction: Floats
    alpha: float
    n_samples: int
    seed: int
    n: int
    at_limit: bool
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per number of factors tried.

        Columns: n_factors, median_rmsr, pvalue, reproduction, retained, alpha, n_samples, n, seed, note, reason.
        """
        tried = np.arange(1, len(self.rmsr) + 1)
        table = pd.DataFrame(
            {
                "n_factors": tried,
                "median_rmsr": np.median(self.rmsr, axis=1) if len(self.rmsr) else [],
                "pvalue": self.pvalues,
                "reproduction": self.reproduction,
                "retained": tried == self.n_factors,
                "alpha": self.alpha,
                "n_samples": self.n_samples,
                "n": self.n,
                "seed": self.seed,
                "note": self.note,
            }
        )
        return with_reasons(table, {"pvalue": "one factor is not compared with fewer"})


@single_threaded
def comparison_data(
    correlation: ItemCorrelation,
    *,
    seed: int,
    max_factors: int | None = None,
    n_samples: int = 200,
    population: int = POPULATION,
    alpha: float = 0.30,
) -> ComparisonData:
    """Number of factors by comparison data (Ruscio & Roche 2012).

    For k = 1, 2, … a population is generated with k factors, the margins of the answers (resampled) and nearly
    their correlations (Ruscio & Kaczetow 2008: factor scores are replaced rank by rank by answers, and the
    correlations aimed at are corrected until the population's stop improving). Samples of the study's size are
    drawn from it; k factors are kept as long as their samples come closer to the study's eigenvalues than
    those of k − 1, by a one-sided Mann–Whitney test at ``alpha``.

    Parameters
    ----------
    correlation : ItemCorrelation
        Pearson correlations.
    seed : int
    max_factors : int, optional
        At most to try; by default as many as leave non-negative degrees of freedom, but 15.
    n_samples, population : int
    alpha : float
        The authors recommend .30.

    Returns
    -------
    ComparisonData
        Undefined, with a note, when the correlation matrix is.

    Raises
    ------
    InputError
        Polychoric correlations or unusable options.
    """
    _check(correlation, n_samples, population, alpha, max_factors)
    p = len(correlation.items)
    limit = min(most_factors(p), 15) if max_factors is None else min(max_factors, most_factors(p))
    if not correlation.defined or limit < 1:
        note = joined("" if correlation.note else "fewer than 3 items vary", correlation.remarks)
        nothing = np.empty(0)
        return ComparisonData(
            -1,
            np.empty((0, n_samples)),
            nothing,
            nothing,
            alpha,
            n_samples,
            seed,
            correlation.n,
            False,
            note,
        )
    rng = np.random.default_rng(seed)
    observed = eigenvalues_descending(correlation.matrix)
    n_sample = len(correlation.values)
    rmsr, pvalues, reproduction = [], [], []
    improved = True
    for k in range(1, limit + 1):
        people, gap = comparison_population(correlation.values, correlation.matrix, k, population, rng)
        drawn = sample_eigenvalues(people, n_sample, n_samples, rng)
        rmsr.append(np.sqrt(((drawn - observed) ** 2).mean(axis=1)))
        reproduction.append(gap)
        if k == 1:
            pvalues.append(np.nan)
            continue
        test = scipy.stats.mannwhitneyu(rmsr[-1], rmsr[-2], alternative="less")
        pvalues.append(float(test.pvalue))
        improved = rejects(pvalues[-1], alpha)
        if not improved:
            break
    tried = len(rmsr)
    return ComparisonData(
        tried if improved else tried - 1,
        np.array(rmsr),
        np.array(pvalues),
        np.array(reproduction),
        alpha,
        n_samples,
        seed,
        n_sample,
        improved,
        correlation.remarks,
    )


def comparison_population(
    values: Floats, target: Floats, n_factors: int, size: int, rng: np.random.Generator
) -> tuple[Floats, float]:
    """People with k factors, the margins of the answers and nearly their correlations.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Answers; NaN = missing.
    target : ndarray, shape (p, p)
        Correlations to reproduce.
    n_factors, size : int
    rng : Generator

    Returns
    -------
    people : ndarray, shape (size, p)
    rmsr : float
        Root mean squared difference of correlations off the diagonal.
    """
    p = len(target)
    answers = [column[~np.isnan(column)] for column in values.T]
    margins = np.sort(np.stack([rng.choice(a, size) for a in answers], axis=1), axis=0)
    shared, unique = rng.standard_normal((size, n_factors)), rng.standard_normal((size, p))
    off = np.tril_indices(p, -1)
    aim = target
    best: tuple[float, Floats, Floats, Floats] = (np.inf, margins, aim, np.zeros_like(aim))
    trials = 0
    while trials < MAX_TRIALS:
        people = _by_rank(aim, n_factors, shared, unique, margins)
        residual = target - np.corrcoef(people, rowvar=False)
        gap = float(np.sqrt((residual[off] ** 2).mean()))
        if gap < best[0]:
            best, trials = (gap, people, aim, residual), 0
            step = 1.0
        else:
            trials += 1
            step = 0.5**trials
        aim = best[2] + step * best[3]
        np.fill_diagonal(aim, 1.0)
    return best[1], best[0]


def _by_rank(aim: Floats, n_factors: int, shared: Floats, unique: Floats, margins: Floats) -> Floats:
    """Factor-model scores, replaced rank by rank by the answers of each item."""
    found = extract(aim, n_factors, "minres", tolerance=1e-6)
    loadings = found.loadings
    rest = np.sqrt(np.maximum(1.0 - (loadings**2).sum(axis=1), 0.0))
    order = np.argsort(shared @ loadings.T + unique * rest, axis=0)
    people = np.empty_like(margins)
    np.put_along_axis(people, order, margins, axis=0)
    return people


def sample_eigenvalues(people: Floats, n: int, n_samples: int, rng: np.random.Generator) -> Floats:
    """Eigenvalues, largest first, of the correlations of samples drawn with replacement; (n_samples, p)."""
    p = people.shape[1]
    out = np.empty((n_samples, p))
    step = max(1, CHUNK // (n * p))
    for first in range(0, n_samples, step):
        size = min(step, n_samples - first)
        x = people[rng.integers(0, len(people), (size, n))]
        x = x - x.mean(axis=1, keepdims=True)
        products = x.transpose(0, 2, 1) @ x
        scale = np.sqrt(np.maximum(np.diagonal(products, axis1=1, axis2=2), 1e-300))
        matrices = products / (scale[:, :, None] * scale[:, None, :])
        out[first : first + size] = eigenvalues_descending(matrices)
    return out


def _check(
    correlation: ItemCorrelation, n_samples: int, population: int, alpha: float, max_factors: int | None
) -> None:
    problems = []
    if correlation.kind != "pearson":
        problems.append(Problem("kind", value=correlation.kind, allowed="pearson"))
    if n_samples < 20:
        problems.append(Problem("n_samples", value=n_samples, allowed="at least 20"))
    if population < 500:
        problems.append(Problem("population", value=population, allowed="at least 500"))
    problems += share_faults("alpha", alpha)
    if max_factors is not None and max_factors < 1:
        problems.append(Problem("max_factors", value=max_factors, allowed="at least 1"))
    if problems:
        raise InputError("Comparison data cannot be generated.", problems)
