"""Resampling of cases within groups, or of whole clusters.

A replication is a count per case: how often it is in the sample. Clusters that lie within one group are drawn
within it; clusters that several groups share are drawn for all of them together (sizes of groups then vary).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.sample import Sample


@dataclass(frozen=True)
class Draws:
    """What is resampled.

    Attributes
    ----------
    sizes : tuple of int
        Cases per group.
    strata : tuple of tuple of int arrays
        Per stratum and group, the unit (from 0) of each case, −1 for cases of other strata.
    units : tuple of int
        Units per stratum.
    """

    sizes: tuple[int, ...]
    strata: tuple[tuple[Index, ...], ...]
    units: tuple[int, ...]

    def counts(self, rng: np.random.Generator, size: int) -> tuple[Array, ...]:
        """How often each case is drawn, in ``size`` replications: one array (size, n_g) per group."""
        out = [np.zeros((size, n)) for n in self.sizes]
        for codes, units in zip(self.strata, self.units, strict=True):
            drawn = rng.integers(0, units, size=(size, units))
            drawn += units * np.arange(size)[:, None]
            times = np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)
            for group, code in enumerate(codes):
                mine = np.flatnonzero(code >= 0)
                out[group][:, mine] = times[:, code[mine]]
        return tuple(out)


def plan_draws(sample: Sample) -> Draws:
    """What to resample: cases within groups, or clusters where the sample has them.

    Raises
    ------
    ModelError
        With sampling weights, which say that cases were not drawn as a bootstrap draws them.
    """
    if sample.is_weighted:
        raise ModelError("the bootstrap is not available with sampling weights")
    groups = sample.groups
    sizes = tuple(group.n_cases for group in groups)
    clusters = [group.cluster for group in groups]
    if any(codes is None for codes in clusters):
        strata = [
            tuple(np.arange(n) if h == g else np.full(n, -1) for h, n in enumerate(sizes))
            for g in range(len(sizes))
        ]
        return Draws(sizes, tuple(strata), sizes)
    known = [codes for codes in clusters if codes is not None]
    found = [np.unique(codes) for codes in known]
    shared = len(np.unique(np.concatenate(found))) < sum(len(names) for names in found)
    if shared:
        everything = np.unique(np.concatenate(found))
        codes = tuple(np.searchsorted(everything, own) for own in known)
        return Draws(sizes, (codes,), (len(everything),))
    separate = [
        tuple(np.searchsorted(found[g], known[g]) if h == g else np.full(n, -1) for h, n in enumerate(sizes))
        for g in range(len(sizes))
    ]
    return Draws(sizes, tuple(separate), tuple(len(names) for names in found))
