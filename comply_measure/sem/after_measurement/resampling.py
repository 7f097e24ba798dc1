"""Bootstrap of two-step estimates: both steps anew in every sample of cases or clusters.

With complete cases and linear constraints the blocks of a chunk are refitted together, and so is the structural part;
where a block leaves its bounds or does not converge, and with missing values or ``method="global"``, one replication
after the other is fitted from the estimates.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.after_measurement.moments import factor_moments
from comply_measure.sem.after_measurement.products import product_moments
from comply_measure.sem.after_measurement.steps import (
    Block,
    Structure,
    fit_block,
    fit_globally,
    fit_locally,
    is_outside,
    measured,
    put_together,
)
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.bootstrap.draws import plan_draws
from comply_measure.sem.bootstrap.moments import BatchMoments, MomentMaker
from comply_measure.sem.bootstrap.newton import ChunkRefitter
from comply_measure.sem.bootstrap.refit import FAILURES, first_line
from comply_measure.sem.bootstrap.replicate import Chunk
from comply_measure.sem.missing.sample import resampled_sample
from comply_measure.sem.model import Model, specify
from comply_measure.sem.sample import GroupSample, Sample

if TYPE_CHECKING:
    from comply_measure.sem.after_measurement.result import SamFit


class TwoStepWorker:
    """Refits the replications of a chunk in two steps.

    Parameters
    ----------
    fit : SamFit
        The fit whose cases are resampled.
    """

    def __init__(self, fit: SamFit) -> None:
        assert fit.parts is not None
        assert fit.second is not None
        self.model, self.theta, self.parts = fit.model, fit.theta, fit.parts
        self.blocks, self.second, self.mapping = fit.first, fit.second, fit.mapping
        self.draws = plan_draws(fit.model.sample)
        models = [*(block.fit.model for block in self.blocks), self.second.fit.model]
        linear = all(model.space.is_linear for model in models)
        self.together = bool(self.second.moments) and fit.model.options.complete_cases and linear

    def run(self, seed: np.random.SeedSequence, size: int) -> Chunk:
        """One chunk."""
        counts = self.draws.counts(np.random.default_rng(seed), size)
        rows = [
            [np.repeat(np.arange(own.shape[1]), own[b].astype(np.int64)) for own in counts]
            for b in range(size)
        ]
        theta, statistic = np.full((size, len(self.theta)), np.nan), np.full(size, np.nan)
        if self.together:
            theta, statistic = self._chunk(counts, rows)
        reasons = []
        for b in np.flatnonzero(np.isnan(theta).any(axis=1)).tolist():
            theta[b], statistic[b], reason = self._alone(rows[b])
            reasons += [reason] if reason else []
        return Chunk(theta, np.zeros((size, 0)), statistic, reasons)

    def _chunk(self, counts: tuple[Array, ...], rows: list[list[Index]]) -> tuple[Array, Array]:
        """θ and χ² of all replications; NaN where one needs to be fitted by itself."""
        groups = self.model.sample.groups
        size = len(rows)
        whole = [
            MomentMaker(group.data).moments(own)
            for group, own in zip(groups, counts, strict=True)
            if group.data is not None
        ]
        theta = np.full((size, len(self.theta)), np.nan)
        found = [self._block(block, whole) for block in self.blocks]
        good = np.all([np.isfinite(own).all(axis=1) for own in found], axis=0)
        moments: list[list[tuple[Array, Array]] | None] = [None] * size
        for b in np.flatnonzero(good).tolist():
            moments[b] = self._moments([own[b] for own in found], whole, rows[b], b)
        kept = np.array([b for b in range(size) if moments[b] is not None], dtype=np.int64)
        if not len(kept):
            return theta, np.full(size, np.nan)
        samples = []
        for g, own in enumerate(whole):
            parts = [each[g] for each in (moments[b] for b in kept) if each is not None]
            means, covs = np.array([mean for mean, _ in parts]), np.array([cov for _, cov in parts])
            samples.append(BatchMoments(own.n[kept], means, covs))
        refits = ChunkRefitter(self.second.fit.model, self.second.fit.optimum.point).refit(samples)
        statistic = np.full(size, np.nan)
        statistic[kept] = refits.statistic
        for block, estimates in zip(self.blocks, found, strict=True):
            mine = block.places >= 0
            theta[np.ix_(kept, block.places[mine])] = estimates[kept][:, mine]
        mine = self.second.places >= 0
        theta[np.ix_(kept, self.second.places[mine])] = refits.theta[:, mine]
        return theta, statistic

    def _block(self, block: Block, whole: list[BatchMoments]) -> Array:
        """Estimates of a block in all replications (B, q_b); NaN where it leaves its bounds or does not converge."""
        model = block.fit.model
        samples = []
        for group, part, moments in zip(self.model.sample.groups, model.sample.groups, whole, strict=True):
            at = [group.names.index(name) for name in part.names]
            samples.append(BatchMoments(moments.n, moments.mean[:, at], moments.cov[:, at][:, :, at]))
        theta = ChunkRefitter(model, block.fit.optimum.point).refit(samples).theta
        for b in np.flatnonzero(np.isfinite(theta).all(axis=1)).tolist():
            groups = tuple(
                GroupSample(part.name, part.names, round(own.n[b]), own.cov[b], own.mean[b])
                for part, own in zip(model.sample.groups, samples, strict=True)
            )
            if is_outside(model.table, groups, self.model.options, theta[b]):
                theta[b] = np.nan
        return theta

    def _moments(
        self, thetas: list[Array], whole: list[BatchMoments], rows: list[Index], b: int
    ) -> list[tuple[Array, Array]] | None:
        """Means and covariances that the second step is fitted to, by group; None where there are none."""
        blocks = tuple(_at(block, theta) for block, theta in zip(self.blocks, thetas, strict=True))
        names, found = self.parts.single, []
        try:
            for g, (group, moments) in enumerate(zip(self.model.sample.groups, whole, strict=True)):
                assert group.data is not None
                sample = GroupSample(
                    group.name, group.names, round(moments.n[b]), moments.cov[b], moments.mean[b]
                )
                own = measured(self.model, blocks, names, g)
                base = factor_moments(own, sample, names, self.mapping)
                if not self.parts.products:
                    found.append((base.mean, base.cov))
                    continue
                sample = replace(sample, data=group.data[rows[g]])
                product = product_moments(base, own, sample, self.parts.products)
                found.append((product.mean, product.cov))
        except FAILURES:
            return None
        usable = all(np.isfinite(cov).all() and (cov.diagonal() > 0.0).all() for _, cov in found)
        return found if usable else None

    def _alone(self, rows: list[Index]) -> tuple[Array, float, str]:
        """θ and χ² of one replication, and why there are none."""
        nothing = np.full(len(self.theta), np.nan)
        try:
            joint = specify(self.model.table, self._sample(rows), self.model.options)
            blocks = tuple(
                fit_block(joint, self.parts, number, block.fit.theta)
                for number, block in enumerate(self.blocks)
            )
            second = self._second(joint, blocks)
            optimum = put_together(joint, blocks, second)
        except FAILURES as failure:
            return nothing, math.nan, first_line(failure)
        if not optimum.converged:
            return nothing, math.nan, "no convergence"
        return optimum.point.theta, second.fit.model.statistic(second.fit.optimum.point), ""

    def _sample(self, rows: list[Index]) -> Sample:
        """Some of the cases, with the saturated moments that those of the factors are formed of."""
        model = self.model
        if model.options.complete_cases:
            return model.family.resample(model, rows)
        return resampled_sample(model.sample, rows, tuple(() for _ in rows), False)

    def _second(self, joint: Model, blocks: tuple[Block, ...]) -> Structure:
        start = self.second.fit.theta
        if self.second.moments:
            return fit_locally(joint, self.parts, blocks, self.mapping, start)
        return fit_globally(joint, self.parts, blocks, start)


def _at(block: Block, theta: Array) -> Block:
    """The block at other estimates."""
    model = block.fit.model
    point = model.objective.at(model.space.contract(theta))
    optimum = replace(block.fit.optimum, point=point)
    return replace(block, fit=replace(block.fit, optimum=optimum))
