"""Least squares between sample and implied moments of complete continuous data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from comply_measure.sem.discrepancy.base import Discrepancy
from comply_measure.sem.discrepancy.ls import least_squares
from comply_measure.sem.families.complete import OF_MOMENTS, CompleteData
from comply_measure.sem.families.likelihood import moment_options
from comply_measure.sem.families.words import SECOND_ORDER, Words
from comply_measure.sem.inference.residual_errors import ResidualErrors
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.options import RESIDUAL_TESTS, Options
from comply_measure.sem.sample import GroupSample

WORDS = Words(
    "least squares",
    ("listwise",),
    ("standard", "robust.sem", "robust.sem.nt", "bootstrap", "none"),
    ("standard", "satorra.bentler", *SECOND_ORDER, *RESIDUAL_TESTS, "bollen.stine", "none"),
    ("expected", "observed"),
    weights=True,
)


@dataclass(frozen=True)
class LeastSquares(CompleteData):
    """Weighted least squares with divisor n − 1.

    Attributes
    ----------
    needs_cases : bool
        Whether the weights come from the cases, so that moments alone will not do.
    remedy : str
        Estimator with the same estimates and errors that allow for weights which are not those of a χ².
    """

    needs_cases: bool = False
    remedy: str = ""

    name = "least squares"
    cases_lost = 1
    fixes_exogenous = False

    def serves(self, situation: str) -> bool:
        """Moments alone only where the weights need no more."""
        return super().serves(situation) and not (situation == "moments" and self.needs_cases)

    def words(self, situation: str, missing: str) -> Words:
        """The words it can honour."""
        by_gamma = self.needs_cases and self.is_chisquare
        return OF_MOMENTS if situation == "moments" else replace(WORDS, weighs_by_gamma=by_gamma)

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        """The weighted squares of the residuals."""
        return least_squares(self.minimises, sample, exogenous, with_means)

    def moment_options(self, options: Options) -> Options | None:
        """Maximum likelihood on the same moments."""
        return moment_options(options)

    def why_no_test(self, model: Model) -> str:
        """No more cases than variables: the model would be compared with a singular covariance matrix."""
        small = [group for group in model.sample.groups if group.n_cases <= group.p]
        if not small:
            return ""
        place = f" in group '{small[0].name}'" if small[0].name else ""
        return f"{small[0].n_cases} cases for {small[0].p} variables{place}: the sample covariance matrix is singular"

    def residual_errors(self, model: Model, point: Point, group: int) -> ResidualErrors:
        """Without assumptions about the distribution where the weights make none."""
        return ResidualErrors(model, point, group, distribution_free=self.needs_cases)

    def notes(self, estimator: str, se: str, situation: str) -> list[str]:
        """Weights from continuous data, and errors that take wrong weights for the true ones."""
        found: list[str] = []
        if situation == "moments":
            return found
        if self.needs_cases and not self.is_chisquare:
            found.append(
                f"estimator='{estimator}' without ordered variables: weights from the fourth moments of continuous data"
            )
        if self.remedy and se == "standard":
            found.append(
                f"estimator='{estimator}': standard errors take the weights for the true ones and are usually too "
                f"small; se='robust.sem' or estimator='{self.remedy}' corrects them"
            )
        return found


LEAST_SQUARES = (
    LeastSquares("gls"),
    LeastSquares("uls", is_chisquare=False, remedy="ULSMV"),
    LeastSquares("wls", needs_cases=True),
    LeastSquares("dwls", is_chisquare=False, needs_cases=True, remedy="WLSMV"),
)
