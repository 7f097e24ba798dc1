"""A two-step fit with bootstrap standard errors and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from comply_measure.sem.after_measurement.resampling import TwoStepWorker
from comply_measure.sem.after_measurement.result import SamFit
from comply_measure.sem.bootstrap.fit import BootstrapFit, resampled

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class BootstrapSamFit(BootstrapFit, SamFit):
    """A model estimated in two steps, both of them repeated in resampled data."""

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All parameters with bootstrap standard errors and percentile intervals, and ``step``."""
        return self.with_steps(self.bootstrap_intervals("perc"))


def bootstrapped(fit: SamFit, replications: int, seed: int | None, n_jobs: int) -> BootstrapFit:
    """The fit with replications; see :func:`comply_measure.sem.bootstrap.fit.resampled`."""
    worker = TwoStepWorker(fit)
    return resampled(fit, replications, ("ordinary",), seed, n_jobs, worker, BootstrapSamFit)
