"""Questions asked of a finished fit; the methods of :class:`comply_measure.sem.Fit` beyond its own tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from comply_measure.results import Result
from comply_measure.sem.arguments import check_arguments

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.arrays import Array
    from comply_measure.sem.bootstrap.fit import BootstrapFit
    from comply_measure.sem.diagram.diagram import Diagram
    from comply_measure.sem.inference.tests import TestStatistic
    from comply_measure.sem.model import Model
    from comply_measure.sem.modification.score_test import ScoreTest
    from comply_measure.sem.optimise import Optimum
    from comply_measure.sem.result import Fit
    from comply_measure.sem.table.parameter_table import ParameterTable


class FollowUps(Result):
    """Methods that compute something new from a model and its optimum; each imports what it needs."""

    if TYPE_CHECKING:
        model: Model
        optimum: Optimum

        @property
        def theta(self) -> Array: ...  # noqa: D102

        @property
        def vcov_array(self) -> Array | None: ...  # noqa: D102

    def modification_indices(
        self, sort: bool = False, minimum: float = 0.0, op: str | tuple[str, ...] | None = None
    ) -> pd.DataFrame:
        """Modification indices: lhs, op, rhs, group, mi, epc, sepc.lv, sepc.all, sepc.nox.

        Parameters
        ----------
        sort : bool
            Largest first; lavaan's order otherwise.
        minimum : float
            Smallest index shown.
        op : str or tuple of str, optional
            Only parameters of these kinds, such as ``"=~"``.
        """
        from comply_measure.sem.modification.indices import modification_indices

        check_arguments(
            "Not valid for modification indices.",
            sort=(sort, "flag"),
            minimum=(minimum, "number"),
            op=(op, "texts"),
        )
        self.require_one_level("modification indices")
        return modification_indices(self.model, self.optimum, sort, minimum, op)

    def score_test(self, add: str | None = None, release: Sequence[int] | None = None) -> ScoreTest:
        """Score test of parameters to add, or of equality constraints to release (all by default).

        Parameters
        ----------
        add : str, optional
            Parameters in the model language, such as ``"x1 ~~ x2; f =~ x5"``.
        release : sequence of int, optional
            Numbers of constraints, from 1.
        """
        from comply_measure.sem.modification.score_test import score_test

        check_arguments(
            "Not valid for a score test.", add=(add, "text or none"), release=(release, "numbers")
        )
        self.require_one_level("score tests")
        return score_test(self.model, self.optimum, add, release)

    def wald(self, constraints: str) -> TestStatistic:
        """Wald test of equality constraints, such as ``"a == b; c == 0"``, with the fit's own vcov."""
        from comply_measure.sem.inference.wald import wald_test

        return wald_test(self.model, self.theta, self.vcov_array, constraints)

    def small_sample_tests(self) -> pd.DataFrame:
        """χ² corrected for small samples by Bartlett, Swain and Yuan: correction, statistic, df, pvalue, factor, note.

        Formulas and sources: :mod:`comply_measure.sem.inference.small_sample`. NaN carries its reason.
        """
        from comply_measure.sem.inference.small_sample import small_sample_tests

        return small_sample_tests(cast("Fit", self))

    def r2(self) -> pd.DataFrame:
        """Explained variance of every indicator and outcome: lhs, group, [level,] r2, se, note.

        In a model with two levels each level explains its own variance.
        """
        from comply_measure.sem.inference.r_squared import r_squared

        return r_squared(cast("Fit", self).standardized("all"))

    def diagram(
        self,
        standardized: bool = True,
        labels: Mapping[str, str] | None = None,
        loadings: bool = True,
        covariances: bool = True,
        group: str | None = None,
        digits: int = 2,
    ) -> Diagram:
        """Path diagram, laid out by itself: columns by depth of the paths, indicators outward, values beside no other.

        Factors are ellipses, observed variables boxes, composites hexagons, products diamonds. A panel per group and
        level. ``save("model.svg")`` (``.png``, ``.pdf``, ``.dot``, ``.tex``), ``svg()``, ``dot()``, ``tikz()``.

        Parameters
        ----------
        standardized : bool
            Values of the completely standardised solution, or estimates.
        labels : mapping of str to str, optional
            Names in print.
        loadings : bool
            Whether indicators are drawn.
        covariances : bool
            Whether covariances are drawn (of 28 at most); those given by the data have no value and are not.
        group : str, optional
            Only this group, or level.
        digits : int
            Decimals of the values, 0 to 6.

        Raises
        ------
        ModelError
            When the fit has no finite optimum.
        InputError
            When an argument is not valid.
        """
        from comply_measure.sem.diagram.diagram import diagram_of

        return diagram_of(
            cast("Fit", self),
            standardized=standardized,
            labels=labels,
            loadings=loadings,
            covariances=covariances,
            group=group,
            digits=digits,
        )

    def predict(
        self,
        data: pd.DataFrame | None = None,
        method: str = "regression",
        se: bool = False,
        group: str | None = None,
    ) -> pd.DataFrame:
        """Factor scores: a row per row of the data under its label, a column per latent variable.

        NaN where a row has no score; ``attrs["no score"]`` maps each reason to the positions of its rows.

        Parameters
        ----------
        data : DataFrame, optional
            New cases; those the model was fitted to otherwise.
        method : str
            ``regression`` (or ``EBM``), ``Bartlett`` (or ``ML``).
        se : bool
            Add standard errors as columns ``<factor>_se``.
        group : str, optional
            Column of new data that tells the groups apart.
        """
        from comply_measure.sem.scores.predict import predict

        check_arguments("Not valid for factor scores.", se=(se, "flag"), group=(group, "column"))
        group = None if group is None else str(group)
        self.require_one_level("factor scores")
        return predict(self.model, self.optimum.point, data, method, se, group)

    def tidy(self) -> pd.DataFrame:
        """Parameters in broom's terms: term, op, label, estimate, std.error, statistic, p.value, conf.low, conf.high.

        ``std.all`` is the completely standardised estimate; ``group``, ``level`` and ``step`` stand where there are
        several. ``attrs["undefined"]`` says why numbers are missing.
        """
        from comply_measure.sem.tidy import tidy_estimates

        fit = cast("Fit", self)
        return tidy_estimates(fit.estimates, fit.standardized("all") if fit.converged else None)

    def glance(self) -> pd.DataFrame:
        """The fit in one row: estimator, converged, nobs, ngroups, missing_method, then every fit measure.

        Broom's names where it has some (``AIC``, ``p.value``, ``rmsea.conf.high``), lavaan's otherwise;
        ``attrs["undefined"]`` says why measures are missing.
        """
        from comply_measure.sem.tidy import glance_at

        return glance_at(cast("Fit", self))

    def augment(
        self,
        data: pd.DataFrame | None = None,
        method: str = "regression",
        se: bool = False,
        group: str | None = None,
    ) -> pd.DataFrame:
        """Rows with their factor scores: the data, then a column ``.<factor>`` per latent variable.

        Scores are computed from the rows that are given. Where the model has no scores of new cases (two levels,
        products of factors) the rows must be those it was fitted to, by their labels, and the scores are the fit's.
        NaN where a row has no score; ``attrs["no score"]`` maps each reason to the positions of its rows.

        Parameters
        ----------
        data : DataFrame, optional
            The rows. Without it: the scores alone, under the labels of the rows the model was fitted to.
        method, se, group
            As in :meth:`predict`.
        """
        from comply_measure.sem.data import as_frame
        from comply_measure.sem.tidy import augmented

        if data is None:
            scores = self.predict(method=method, se=se)
            return augmented(scores[[]], scores)
        frame = as_frame(data)
        own = frame if self.scores_new_cases else None
        return augmented(frame, self.predict(own, method, se, group if self.scores_new_cases else None))

    def influence(self) -> Array:
        """Influence of every case, or cluster, on the estimates, up to a factor (n, q).

        Raises
        ------
        ModelError
            When the estimator has no casewise scores.
        """
        from comply_measure.sem.bootstrap.influence import influence

        fit = cast("Fit", self)
        return influence(fit.model, fit.optimum)

    def restricted(self, table: ParameterTable) -> Fit:
        """The fit of the same model and data with more constraints; ``table`` has the same rows."""
        family = self.model.family
        model = family.again(self.model, table)
        return family.result(model, family.search(model))

    def difference_of_products(self, without: Fit, rows: Sequence[int]) -> TestStatistic | None:
        """Test of products in these rows of the table; None where the difference of the χ² tests is one."""
        return self.model.family.product_difference(cast("Fit", self), without, rows)

    @property
    def scores_new_cases(self) -> bool:
        """Whether :meth:`predict` takes other rows than those the model was fitted to."""
        return not self.model.table.options.product_indicators

    def bootstrap(
        self,
        replications: int = 1000,
        kind: str = "ordinary",
        seed: int | None = None,
        n_jobs: int = 1,
    ) -> BootstrapFit:
        """The same fit with bootstrap standard errors and intervals, or with the Bollen-Stine test.

        Parameters
        ----------
        replications : int
            How many resampled data sets.
        kind : str
            ``ordinary`` (cases, or clusters where the fit has them), ``bollen.stine`` or ``both``.
        seed : int, optional
            The same seed gives the same result, whatever ``n_jobs``.
        n_jobs : int
            Cores; −1 for all.
        """
        from comply_measure.sem.bootstrap.replicate import KINDS
        from comply_measure.sem.options import choose

        chosen = choose("kind", kind, (*KINDS, "both"))
        kinds = KINDS if chosen == "both" else (chosen,)
        return self.model.family.bootstrap(cast("Fit", self), replications, kinds, seed, n_jobs)

    def require_one_level(self, what: str) -> None:
        """Refuse what is not there for two-level models."""
        self.model.family.refuse(what)
