"""A fit as plain numbers and tables: what a report or an archive keeps when model and data are gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure.results import Result
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.diagnosis import Finding

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.diagram.diagram import Diagram


def unreached(converged: bool, has_optimum: bool) -> str:
    """What stands in the place of an optimum, after "the model"; empty where there is one.

    A fact of the search: that it reached no finite optimum does not prove that there is none.
    """
    if has_optimum:
        return ""
    return "reached no finite optimum" if converged else "did not converge"


@dataclass(frozen=True, eq=False)
class FitRecord(Result):
    """Results of a fit under the names they have in :class:`comply_measure.sem.Fit`.

    Attributes
    ----------
    n, npar : int
        Cases used; free parameters less equality constraints.
    converged, has_optimum, admissible : bool
        Whether the optimiser met its rule; whether it ended at a finite optimum; whether all variances and
        covariance matrices are possible ones.
    problems : tuple of Finding
        Everything a reader must know before trusting the numbers.
    measures : dict
        Fit measures by lavaan's names.
    estimates : DataFrame
        All parameters.
    solution : DataFrame or None
        The completely standardised solution; None where the fit did not converge.
    """

    n: int
    npar: int
    converged: bool
    has_optimum: bool
    admissible: bool
    problems: tuple[Finding, ...]
    measures: dict[str, float]
    estimates: pd.DataFrame
    solution: pd.DataFrame | None

    @property
    def unreached(self) -> str:
        """What stands in the place of an optimum, after "the model"; empty where there is one."""
        return unreached(self.converged, self.has_optimum)

    def tidy(self) -> pd.DataFrame:
        """Parameters in broom's terms, as those of the fit."""
        from comply_measure.sem.tidy import tidy_estimates

        return tidy_estimates(self.estimates, self.solution)

    def standardized(self, kind: str = "all") -> pd.DataFrame:
        """The standardised solution; only ``all`` is kept.

        Raises
        ------
        ModelError
            For another kind, and where the fit did not converge.
        """
        if kind != "all" or self.solution is None:
            raise ModelError(f"the record of this fit holds no standardised solution of kind '{kind}'")
        return self.solution

    def diagram(
        self,
        labels: Mapping[str, str] | None = None,
        loadings: bool = True,
        covariances: bool = True,
        digits: int = 2,
    ) -> Diagram:
        """Path diagram of the standardised solution, as :meth:`comply_measure.sem.Fit.diagram`."""
        from comply_measure.sem.diagram.diagram import diagram_of

        return diagram_of(self, labels=labels, loadings=loadings, covariances=covariances, digits=digits)
