"""The result of a two-level fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from comply_measure.sem.arguments import check_arguments
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.diagnosis import Finding, few_clusters
from comply_measure.sem.options import SCALED_TESTS
from comply_measure.sem.result import Fit
from comply_measure.sem.twolevel.model import TwoLevelModel
from comply_measure.sem.twolevel.objective import TwoLevelPoint

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.arrays import Array

ROBUST_ERRORS = ("robust.huber.white", "first.order")  # rest on outer products of the clusters' scores


@dataclass(frozen=True, repr=False)
class TwoLevelFit(Fit):
    """A fitted two-level model; tables have a ``level`` column (1 within, 2 between)."""

    model: TwoLevelModel

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

    def modification_indices(
        self, sort: bool = False, minimum: float = 0.0, op: str | tuple[str, ...] | None = None
    ) -> pd.DataFrame:
        """Modification indices of both levels, with ``group`` and ``level``; see :meth:`Fit.modification_indices`."""
        from comply_measure.sem.modification.indices import modification_indices

        check_arguments(
            "Not valid for modification indices.",
            sort=(sort, "flag"),
            minimum=(minimum, "number"),
            op=(op, "texts"),
        )
        return _with_levels(modification_indices(self.model, self.optimum, sort, minimum, op))

    @property
    def scores_new_cases(self) -> bool:
        """Scores are those of the cases the model was fitted to."""
        return False

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
        return two_level_scores(self.model, cast(TwoLevelPoint, self.optimum.point), level, method, se)

    def influence(self) -> Array:
        """Influence of every cluster on the estimates, up to a factor (clusters, q), by group.

        Raises
        ------
        ModelError
            When the information is singular.
        """
        from comply_measure.sem.twolevel.inference import cluster_influence

        return cluster_influence(cast(TwoLevelPoint, self.optimum.point), self.optimum.jacobian)

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

    def _doubts(self) -> Iterator[Finding]:
        """Besides, fewer clusters than parameters that rest on them."""
        yield from super()._doubts()
        yield from cluster_findings(self.model)

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
                        "no test of fit is given: it would be too small",
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


def cluster_findings(model: TwoLevelModel) -> Iterator[Finding]:
    """Fewer clusters than parameters: of a group's between level, whose moments they are the cases of, and of all.

    All count where standard errors or the test rest on outer products of the clusters' scores.
    """
    for g, (name, part) in enumerate(zip(model.groups, model.data.parts, strict=True)):
        layout = model.layouts[2 * g + 1]
        own = len(model.space.coordinates(slice(layout.first, layout.first + layout.q)))
        found = few_clusters(part.n_clusters, own, f" of the between level{_of_group(name)}")
        if found is not None:
            yield replace(
                found,
                advice="estimates, standard errors and tests of the between level cannot be trusted: simplify it",
            )
    total = few_clusters(sum(part.n_clusters for part in model.data.parts), model.n_parameters)
    robust = model.options.se in ROBUST_ERRORS or model.options.test in SCALED_TESTS
    if total is not None and robust:
        yield total


def _of_group(name: str) -> str:
    return f" in group '{name}'" if name else ""


def _correlations(matrix: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return np.asarray(matrix / np.outer(scale, scale))


def _with_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Blocks as group and level."""
    block = table["group"].to_numpy()
    table = table.assign(group=np.where(block > 0, (block + 1) // 2, 0))
    table.insert(list(table.columns).index("group") + 1, "level", np.where(block > 0, (block + 1) % 2 + 1, 0))
    return table
