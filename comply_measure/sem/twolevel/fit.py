"""The result of a two-level fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.sem.baseline import Baseline
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.collect import Evidence
from comply_measure.sem.inference.covariance import ParameterCovariance
from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.loglikelihood import LogLikelihoods
from comply_measure.sem.options import SCALED_TESTS
from comply_measure.sem.result import Fit
from comply_measure.sem.twolevel import inference
from comply_measure.sem.twolevel.baseline import baseline_of
from comply_measure.sem.twolevel.measures import collect_two_level
from comply_measure.sem.twolevel.model import TwoLevelModel, exogenous_loglik
from comply_measure.sem.twolevel.objective import TwoLevelPoint

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TwoLevelFit(Fit):
    """A fitted two-level model; tables have a ``level`` column (1 within, 2 between)."""

    model: TwoLevelModel

    @property
    def point(self) -> TwoLevelPoint:
        """The optimum's point."""
        point = self.optimum.point
        if not isinstance(point, TwoLevelPoint):
            raise ModelError("this is not the optimum of a two-level model")
        return point

    @cached_property
    def covariance(self) -> ParameterCovariance:
        """Covariance matrix of θ̂ with the information it came from."""
        return inference.covariance_of(self.model, self.point, self.optimum.jacobian)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All parameters, with ``group`` and ``level`` (0 for defined parameters)."""
        return _with_levels(super().estimates)

    def standardized(self, kind: str = "all") -> pd.DataFrame:
        """Standardised solution, each level by its own standard deviations; see :meth:`Fit.standardized`."""
        table = super().standardized(
            kind
        )  # its group column is that of the estimates, counted without levels
        table.insert(list(table.columns).index("group") + 1, "level", self.estimates["level"])
        return table

    @cached_property
    def scaled_test(self) -> TestStatistic | None:
        """The χ² test corrected for non-normal data; None when the estimator has none."""
        if not self.converged or self.model.options.test not in SCALED_TESTS:
            return None
        return inference.scaled_test(self.model, self.point, self.test, self.optimum.jacobian)

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline model's test."""
        return baseline_of(self.model)

    @cached_property
    def log_likelihoods(self) -> LogLikelihoods:
        """Log-likelihoods of the fitted and the saturated model, given fixed exogenous variables."""
        data = self.model.data
        saturated = sum(found.loglik for found in data.saturated)
        saturated -= sum(
            exogenous_loglik(part, *self.model.exogenous_places(g)) for g, part in enumerate(data.parts)
        )
        return LogLikelihoods(saturated - 0.5 * data.n * self.point.value, saturated)

    @cached_property
    def measures(self) -> dict[str, float]:
        """Fit measures by lavaan's names; only counts when the optimiser did not converge."""
        counts = {"npar": float(self.npar), "df": float(self.model.df), "ntotal": float(self.n)}
        if not self.converged or self.model.options.test == "none":
            return counts
        return collect_two_level(
            self.model,
            Evidence(
                self.model, self.point, self.test, self.baseline, self.log_likelihoods, self.scaled_test
            ),
        )

    def residuals(self, kind: str = "raw") -> dict[str, Any]:
        """Saturated less implied moments, or differences of their correlations (``cor``), by level."""
        if kind not in ("raw", "cor", "cor.bentler"):
            raise ModelError(f"residuals of kind '{kind}' are not available for two-level models")
        return super().residuals(kind)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters, named as in lavaan (``f=~y2.g2.l2``)."""
        frame = super().vcov
        table = self.model.table
        rows = np.flatnonzero(table.free).tolist()
        names = [table.label[row] or self.model.row_name(row) for row in rows]
        return frame.set_axis(names, axis=0).set_axis(names, axis=1)

    def predict(
        self,
        data: pd.DataFrame | None = None,
        method: str = "regression",
        se: bool = False,
        group: str | None = None,
        level: int = 1,
    ) -> pd.DataFrame:
        """Factor scores of one level: a row per row of the data (level 1) or per cluster (level 2).

        Parameters
        ----------
        data, group
            Scores are those of the cases the model was fitted to: these are refused.
        method : str
            ``regression`` (``EBM``) or ``Bartlett`` (``ML``).
        se : bool
            Add columns ``<factor>_se``; for regression scores.
        level : int
            1 within, 2 between.
        """
        from comply_measure.sem.twolevel.scores import two_level_scores

        if data is not None or group is not None:
            raise ModelError("factor scores of new cases are not available for two-level models")
        return two_level_scores(self.model, self.point, level, method, se)

    @cached_property
    def intraclass_correlations(self) -> pd.Series[float]:
        """Share of the between level in each variable's saturated variance: σ_B / (σ_B + σ_W).

        One value per variable of both levels; of several groups, the first entry is group 1.
        """
        import pandas as pd

        values: dict[str, float] = {}
        for group, part, found in zip(
            self.model.groups, self.model.data.parts, self.model.data.saturated, strict=True
        ):
            within = dict(zip(part.within.tolist(), np.diag(found.moments.within).tolist(), strict=True))
            between = dict(zip(part.between.tolist(), np.diag(found.moments.between).tolist(), strict=True))
            for place in sorted(set(within) & set(between)):
                name = part.names[place] + (f" ({group})" if len(self.model.groups) > 1 else "")
                total = within[place] + between[place]
                values[name] = between[place] / total if total > 0.0 else float("nan")
        return pd.Series(values, name="icc", dtype=float)

    @cached_property
    def problems(self) -> tuple[Finding, ...]:
        """Everything a reader must know before trusting the numbers; empty when all is well."""
        found = list(super().problems)
        for name, saturated in zip(self.model.groups, self.model.data.saturated, strict=True):
            place = f" in group '{name}'" if name else ""
            if not saturated.converged:
                found.append(
                    Finding(
                        "saturated_moments",
                        f"the saturated moments{place} did not converge in {saturated.n_steps} steps",
                        "χ² and the indices that rest on it are too small",
                    )
                )
            elif np.linalg.eigvalsh(_correlations(saturated.moments.between))[0] < 1e-4:
                found.append(
                    Finding(
                        "between_boundary",
                        f"the saturated between covariance matrix{place} is on the boundary (a variance of "
                        "zero, or correlations of one)",
                        "the reference distribution of χ² is not exact; look at the intraclass correlations",
                        serious=False,
                    )
                )
        return tuple(found)


def _correlations(matrix: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return np.asarray(matrix / np.outer(scale, scale))


def _with_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Blocks as group and level."""
    block = table["group"].to_numpy()
    table = table.assign(group=np.where(block > 0, (block + 1) // 2, 0))
    table.insert(list(table.columns).index("group") + 1, "level", np.where(block > 0, (block + 1) % 2 + 1, 0))
    return table
