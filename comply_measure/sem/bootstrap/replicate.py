"""Replications of a fit: chunks of fixed size with seeds of their own, so that results do not depend on n_jobs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.bootstrap.draws import Draws, plan_draws
from comply_measure.sem.bootstrap.moments import BatchMoments, MomentMaker
from comply_measure.sem.bootstrap.newton import ChunkRefitter
from comply_measure.sem.bootstrap.refit import FAILURES, moment_sample, refit_rows, refit_sample
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

CHUNK = 50
KINDS = ("ordinary", "bollen.stine")


@dataclass(frozen=True)
class Replications:
    """Estimates in resampled data.

    Attributes
    ----------
    theta : array (R, q)
        Estimates; rows of NaN where a refit failed.
    exogenous : array (R, e)
        Values that the data gave to fixed rows of the parameter table.
    statistic : array (R,)
        χ² statistics.
    reasons : dict of str to int
        Why refits failed, with counts.
    kind : str
        ``ordinary`` or ``bollen.stine``.
    seed : int
        What the random numbers came from; the same seed gives the same replications.
    """

    theta: Array
    exogenous: Array
    statistic: Array
    reasons: dict[str, int]
    kind: str
    seed: int

    @property
    def asked(self) -> int:
        """Number of replications."""
        return len(self.theta)

    @property
    def good(self) -> Index:
        """Replications that were fitted."""
        return np.flatnonzero(np.isfinite(self.theta).all(axis=1))

    @property
    def failed(self) -> int:
        """Number of replications that were not fitted."""
        return self.asked - len(self.good)


def replicate(
    worker: Worker,
    replications: int,
    kind: str = "ordinary",
    seed: int | None = None,
    n_jobs: int = 1,
) -> Replications:
    """Refit a model to resampled data.

    Parameters
    ----------
    worker : Worker
        Who refits.
    replications : int
        How many samples.
    kind : str
        ``ordinary`` or ``bollen.stine``.
    seed : int, optional
        Seed; drawn from the system when not given, and kept in the result.
    n_jobs : int
        Processes (or threads, where refits are done in batches); −1 for all cores.

    """
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    root = np.random.SeedSequence(seed)
    sizes = [min(CHUNK, replications - start) for start in range(0, replications, CHUNK)]
    tasks = [
        delayed(worker.run)(child, size) for child, size in zip(root.spawn(len(sizes)), sizes, strict=True)
    ]
    backend = "threading" if worker.together else "loky"
    # one BLAS thread whatever n_jobs is: results stay the same to the last digit, and cores are not contended
    with threadpool_limits(1):
        parts = Parallel(n_jobs=n_jobs, backend=backend)(tasks)
    reasons: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.reasons)
    return Replications(
        theta=np.concatenate([part.theta for part in parts]),
        exogenous=np.concatenate([part.exogenous for part in parts]),
        statistic=np.concatenate([part.statistic for part in parts]),
        reasons=dict(reasons),
        kind=kind,
        seed=int(root.entropy),  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Chunk:
    """Results of one chunk."""

    theta: Array
    exogenous: Array
    statistic: Array
    reasons: list[str]


class Worker(Protocol):
    """Who refits the replications of a chunk.

    Attributes
    ----------
    together : bool
        Whether they are refitted together, by large matrix operations that threads can share.
    """

    @property
    def together(self) -> bool:
        """See the attributes."""

    def run(self, seed: np.random.SeedSequence, size: int) -> Chunk:
        """One chunk."""


class BatchWorker:
    """Complete data and maximum likelihood: a chunk at a time."""

    together = True

    def __init__(self, model: Model, point: Point) -> None:
        self.model, self.theta = model, point.theta
        self.draws = plan_draws(model.sample)
        self.makers = [MomentMaker(group.data) for group in model.sample.groups if group.data is not None]
        self.refitter = ChunkRefitter(model, point)

    def run(self, seed: np.random.SeedSequence, size: int) -> Chunk:
        """One chunk."""
        counts = self.draws.counts(np.random.default_rng(seed), size)
        samples = [maker.moments(own) for maker, own in zip(self.makers, counts, strict=True)]
        refits = self.refitter.refit(samples)
        theta, statistic, reasons = refits.theta.copy(), refits.statistic.copy(), []
        for b in np.flatnonzero(np.isnan(theta).any(axis=1)):
            theta[b], statistic[b], reason = self._alone(samples, int(b))
            reasons += [reason] if reason else []
        return Chunk(theta, exogenous_values(self.model, samples), statistic, reasons)

    def _alone(self, samples: list[BatchMoments], b: int) -> tuple[Array, float, str]:
        """A second attempt for one replication, with all the care of a first fit."""
        n = np.array([sample.n[b] for sample in samples])
        try:
            sample = moment_sample(
                self.model, n, [part.mean[b] for part in samples], [part.cov[b] for part in samples]
            )
            return refit_sample(self.model, self.theta, sample)
        except FAILURES:
            return np.full(len(self.theta), np.nan), np.nan, "the sample covariance matrix is singular"


class CaseWorker:
    """Everything else: one replication after the other."""

    together = False

    def __init__(self, model: Model, point: Point) -> None:
        self.model, self.theta = model, point.theta
        self.draws: Draws = plan_draws(model.sample)

    def run(self, seed: np.random.SeedSequence, size: int) -> Chunk:
        """One chunk."""
        from threadpoolctl import threadpool_limits

        counts = self.draws.counts(np.random.default_rng(seed), size)
        theta, statistic = np.empty((size, len(self.theta))), np.empty(size)
        fixed, reasons = [], []
        with threadpool_limits(1):
            for b in range(size):
                rows = [np.repeat(np.arange(own.shape[1]), own[b].astype(np.int64)) for own in counts]
                theta[b], statistic[b], reason = refit_rows(self.model, self.theta, rows)
                fixed.append(self._exogenous(rows))
                reasons += [reason] if reason else []
        return Chunk(theta, np.array(fixed).reshape(size, -1), statistic, reasons)

    def _exogenous(self, rows: list[Index]) -> Array:
        table = self.model.table
        if not table.exo.any():
            return np.zeros(0)
        groups = zip(self.model.sample.groups, rows, strict=True)
        values = [_moments_of(self.model.family.exogenous_cases(group, own)) for group, own in groups]
        return np.asarray(exogenous_values(self.model, values)[0])


def _moments_of(data: Array) -> BatchMoments:
    """Moments of the exogenous variables of some cases (these have no missing values)."""
    mean = data.mean(axis=0)
    centred = data - mean
    return BatchMoments(np.array([float(len(data))]), mean[None], (centred.T @ centred / len(data))[None])


def exogenous_values(model: Model, samples: list[BatchMoments]) -> Array:
    """Values of the parameter table's exogenous rows in every replication (B, e)."""
    table = model.table
    columns = []
    for row in np.flatnonzero(table.exo).tolist():
        number = int(table.group[row]) - 1
        names, sample = model.sample.groups[number].names, samples[number]
        i = names.index(table.lhs[row])
        if table.op[row] == "~1":
            columns.append(sample.mean[:, i])
        else:
            columns.append(sample.cov[:, i, names.index(table.rhs[row])])
    return np.column_stack(columns) if columns else np.zeros((len(samples[0].n), 0))
