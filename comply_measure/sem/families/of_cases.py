"""What families say that estimate from the cases themselves, without plans for moments or resampling."""

from __future__ import annotations

from typing import NoReturn

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.bootstrap.fit import BootstrapFit
from comply_measure.sem.bootstrap.replicate import Worker
from comply_measure.sem.errors import ModelError
from comply_measure.sem.families.base import Family
from comply_measure.sem.inference.residuals import residual_tables
from comply_measure.sem.model import Model
from comply_measure.sem.moment_tables import MomentTables
from comply_measure.sem.objective import Point
from comply_measure.sem.result import Fit
from comply_measure.sem.sample import Sample


class OfCases(Family):
    """Raw residuals and those of correlations; no resampling."""

    def residual_tables(
        self, model: Model, point: Point, kind: str, jacobian: Array | None
    ) -> list[MomentTables]:
        """Sample (or saturated) less implied moments, or differences of their correlations."""
        if kind not in ("raw", "cor", "cor.bentler"):
            raise ModelError(f"residuals of kind '{kind}' are not available for {self.name}")
        return residual_tables(model, point, kind, jacobian)

    def resample(self, model: Model, rows: list[Index]) -> Sample:
        """Not available."""
        self._none("bootstrap standard errors and tests")

    def bootstrap(
        self, fit: Fit, replications: int, kinds: tuple[str, ...], seed: int | None, n_jobs: int
    ) -> BootstrapFit:
        """Not available."""
        self._none("bootstrap standard errors and tests")

    def worker(self, model: Model, point: Point, kind: str) -> Worker:
        """Not available."""
        self._none("bootstrap standard errors and tests")

    def _none(self, what: str) -> NoReturn:
        raise ModelError(f"{what} are not available for {self.name}")
