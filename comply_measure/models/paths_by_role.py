"""Paths as each role reports them: whether role moderates a path, what one rater adds, self- and other-rated outcomes.

The predictors as role r sees them and the outcome as role s sees it make one equation for every pair (r, s),

    y_s = i_rs + Σ_k b_rs,k x_r,k + ε_rs,

least squares over the units that have its values. All equations are stacked, each divided by its residual SD, so that
the slopes of different equations have one covariance matrix, CR2 by cluster (or unit): equations of the same units
depend on each other. Differences are tested by t with Satterthwaite's degrees of freedom, several by HTZ
(:mod:`comply_measure.statistics.cluster_robust`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.models.role_views import HEADLINE, Cell, RoleViews, role_views
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.cluster_robust import ClusterRobust, cluster_robust, few_clusters_note

_EXACT = 1e-12  # share of an outcome's variance below which nothing is left to estimate errors from
TOO_FEW = "too few clusters"
_TESTED = ["predictor", "statistic", "df1", "df2", "pvalue", "note"]
_DIFFERENT = [
    "predictor", "kind", "first", "second", "difference", "se", "df", "pvalue", "lower", "upper", "note",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class RolePaths(Result):
    """Paths by who rates their ends.

    Attributes
    ----------
    paths : DataFrame
        ``predictor, predictor_role, outcome_role, same, rating, n_units, est, se, df, pvalue, lower, upper, est_std,
        note``: a row per predictor and pair of raters; ``same``: one role rates both ends; ``rating``: ``self`` for the
        owner's rating of the outcome, else ``other``, empty without an owner; ``est_std`` is ``b sd(x)/sd(y)``. A role
        is empty where that end is a variable of the unit.
    tests : DataFrame
        ``predictor, statistic, df1, df2, pvalue, note``: F that the path is the same whichever role rates both ends (or
        the only end that is rated).
    differences : DataFrame
        ``predictor, kind, first, second, difference, se, df, pvalue, lower, upper, note``. ``role``: such a path of the
        first role less that of the second; ``source``: the mean path with one rater of both ends less that with two;
        ``owner``: the path to the outcome as its owner (`first`) rates it less that as others do. p of tests and
        differences is uncorrected.
    roles : tuple of str
        Roles in the comparison.
    n_units, n_clusters : int
    notes : tuple of str
    """

    paths: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame
    roles: tuple[str, ...]
    n_units: int
    n_clusters: int
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """The paths."""
        return self.paths.copy()


def role_paths(
    data: pd.DataFrame,
    predictors: str | Sequence[str],
    outcome: str,
    roles: Sequence[str] | None = None,
    *,
    owner: str | None = None,
    unit_variables: Sequence[str] = (),
    cluster: str | None = None,
    level: float = 0.95,
) -> RolePaths:
    """Whether role moderates a path: the same equation in every role's ratings, and in those of different roles.

    For every role r that rates predictors and role s that rates the outcome, ``y_s = i + Σ b_k x_r,k + ε`` by least
    squares over the units with these values; nothing is assumed about what roles have in common. The slopes b of all
    equations have one CR2 covariance matrix by cluster (Bell & McCaffrey, 2002; equations stacked as in Zellner, 1962,
    each divided by its residual SD). Equality over roles is tested by HTZ (Pustejovsky & Tipton, 2018), single
    differences by t with Satterthwaite's degrees of freedom; p is uncorrected.

    * ``role``: is ``b_rr`` the same for all roles r? Unstandardised slopes are compared; a role that reports less
      reliably has a weaker one.
    * ``source``: mean of ``b_rr`` less mean of ``b_rs``, r ≠ s, over the roles that rate both ends, so that every role
      has the same weight on both sides.
    * ``owner``: mean over r of ``b_ro``, o the owner of the outcome, less that of the other roles' ratings. The roles r
      are those that rate the predictors, the other roles those of which as many rate them, too (all or none, as the
      owner), so that both sides have as many paths with one rater of both ends.

    Parameters
    ----------
    data : DataFrame
        A row per informant with ``unit``, ``role`` and the columns. Several informants of a role count as their mean.
    predictors : str or sequence of str
        Columns, in one equation.
    outcome : str
    roles : sequence of str, optional
        Those to compare; all by default, of whom each end is compared over those that rate it.
    owner : str, optional
        The role whom the outcome is about.
    unit_variables : sequence of str
        Which of the columns have one value per unit, so that no role rates them.
    cluster : str, optional
        Column of what makes units alike; by default every unit is a cluster.
    level : float
        Confidence level.

    Returns
    -------
    RolePaths
        A pair of raters without enough units has no path, and tests with it say why.

    Raises
    ------
    InputError
        For wrong columns or roles, fewer than two roles that rate the same, an owner who does not rate the outcome.

    References
    ----------
    Zellner, A. (1962). An efficient method of estimating seemingly unrelated regressions and tests for aggregation
    bias. *JASA, 57*, 348-368.
    Pustejovsky, J. E., & Tipton, E. (2018). Small-sample methods for cluster-robust variance estimation and hypothesis
    testing in fixed effects models. *Journal of Business & Economic Statistics, 36*, 672-683.
    """
    check_confidence(level, HEADLINE)
    names = (predictors,) if isinstance(predictors, str) else tuple(predictors)
    views = role_views(data, names, outcome, roles, unit_variables, cluster)
    if owner is not None and owner not in views.outcome_roles:
        problem = Problem(
            "does not rate the outcome", column="owner", value=owner, allowed=", ".join(views.outcome_roles)
        )
        raise InputError(HEADLINE, [problem])
    system = _System.of(views)
    places = range(len(names))
    tests = [{"predictor": names[k]} | _equal(system, k) for k in places]
    differences = [
        {"predictor": names[k]} | about | _single(system, weights, k, level)
        for k in places
        for about, weights in _differences(views, owner)
    ]
    few = few_clusters_note(system.n_clusters)
    return RolePaths(
        paths=pd.DataFrame(list(_estimates(system, owner, level))),
        tests=pd.DataFrame(tests, columns=_TESTED),
        differences=pd.DataFrame(differences, columns=_DIFFERENT),
        roles=views.roles,
        n_units=system.n_units,
        n_clusters=system.n_clusters,
        notes=(*views.notes, *([few] if few else [])),
    )


@dataclass(frozen=True, eq=False)
class _Equation:
    """One pair of raters: slopes, the place of the first among all coefficients, or why it is not in the system."""

    slopes: Floats
    standard: Floats
    n: int
    place: int
    why: str


@dataclass(frozen=True, eq=False)
class _System:
    """All equations with the covariance of their coefficients."""

    views: RoleViews
    equations: Mapping[Cell, _Equation]
    robust: ClusterRobust | None
    n_units: int
    n_clusters: int

    @classmethod
    def of(cls, views: RoleViews) -> _System:
        """Solve every equation and stack them."""
        p = len(views.predictors)
        equations: dict[Cell, _Equation] = {}
        blocks: list[Floats] = []
        residuals: list[Floats] = []
        units: list[Any] = []
        for cell in views.cells:
            table = views.table(cell).dropna()
            found, X, e = _solved(table, p, len(blocks) * (p + 1))
            equations[cell] = found
            if X is not None and e is not None:
                blocks.append(X)
                residuals.append(e)
                units += table.index.tolist()
        if not blocks:
            return cls(views, equations, None, 0, 0)
        clusters = views.clusters.loc[units] if views.clusters is not None else pd.Series(units)
        codes = pd.factorize(clusters)[0]
        n_clusters = int(codes.max()) + 1
        robust = None
        if n_clusters > 1:
            robust = cluster_robust(_block_diagonal(blocks), np.concatenate(residuals), codes)
        return cls(views, equations, robust, len(set(units)), n_clusters)

    def why(self, weights: Mapping[Cell, float]) -> str:
        """Why a sum of paths cannot be told; empty if it can."""
        if not weights:
            return "who else rates the outcome rates the predictors too, and its owner does not"
        lost = [self.equations[cell].why for cell in weights if self.equations[cell].why]
        if lost:
            return lost[0]
        return "one cluster: no standard errors" if self.robust is None else ""

    def contrast(self, weights: Mapping[Cell, float], k: int) -> tuple[float, Floats]:
        """A weighted sum of the paths of predictor k, and its row of weights of all coefficients."""
        assert self.robust is not None
        row = np.zeros(len(self.robust.covariance))
        value = 0.0
        for cell, weight in weights.items():
            row[self.equations[cell].place + 1 + k] += weight
            value += weight * float(self.equations[cell].slopes[k])
        return value, row


def _solved(table: pd.DataFrame, p: int, place: int) -> tuple[_Equation, Floats | None, Floats | None]:
    """Least squares of the last column on the others; design and residuals divided by the residual SD."""
    values = table.to_numpy(dtype=float)
    n, nothing = len(values), np.full(p, math.nan)

    def none(why: str) -> tuple[_Equation, None, None]:
        return _Equation(nothing, nothing, n, -1, why), None, None

    if n < p + 3:
        return none(f"{n} units have all values; the equation has {p + 1} coefficients")
    centred = values - values.mean(axis=0)
    sds = centred.std(axis=0)
    if not (sds > 0).all():
        return none("a predictor or the outcome has no variance")
    X, y = centred[:, :p], centred[:, p]
    if np.linalg.matrix_rank(X / sds[:p], tol=1e-8 * math.sqrt(n)) < p:
        return none("predictors determine each other")
    slopes = np.linalg.lstsq(X, y, rcond=None)[0]
    e = y - X @ slopes
    rest = float(e @ e)
    standard = slopes * sds[:p] / sds[p]
    if rest <= _EXACT * float(y @ y):
        return _Equation(slopes, standard, n, -1, "predictors determine the outcome"), None, None
    scale = math.sqrt(rest / (n - p - 1))
    design = np.column_stack([np.ones(n), X]) / scale
    return _Equation(slopes, standard, n, place, ""), design, e / scale


def _block_diagonal(blocks: Sequence[Floats]) -> Floats:
    """Designs of separate equations as one."""
    k = blocks[0].shape[1]
    found = np.zeros((sum(map(len, blocks)), k * len(blocks)))
    row = 0
    for place, block in enumerate(blocks):
        found[row : row + len(block), place * k : (place + 1) * k] = block
        row += len(block)
    return found


def _estimates(system: _System, owner: str | None, level: float) -> Iterator[dict[str, Any]]:
    """Every path."""
    for k, name in enumerate(system.views.predictors):
        for (r, s), equation in system.equations.items():
            told = _single(system, {(r, s): 1.0}, k, level)
            rating = "" if owner is None else ("self" if s == owner else "other")
            yield {
                "predictor": name, "predictor_role": r, "outcome_role": s, "same": bool(r and r == s),
                "rating": rating, "n_units": equation.n, "est": float(equation.slopes[k]), "se": told["se"],
                "df": told["df"], "pvalue": told["pvalue"], "lower": told["lower"], "upper": told["upper"],
                "est_std": float(equation.standard[k]),
                "note": equation.why or ("" if told["pvalue"] == told["pvalue"] else told["note"]),
            }  # fmt: skip


def _single(system: _System, weights: Mapping[Cell, float], k: int, level: float) -> dict[str, Any]:
    """One sum of paths with its t test."""
    from scipy.stats import t

    row: dict[str, Any] = dict.fromkeys(("difference", "se", "df", "pvalue", "lower", "upper"), math.nan)
    row["note"] = system.why(weights)
    if row["note"] or system.robust is None:
        return row
    value, contrast = system.contrast(weights, k)
    variance = float(contrast @ system.robust.covariance @ contrast)
    df = float(system.robust.degrees_of_freedom(contrast[None, :])[0])
    row["difference"] = value
    if not (variance > 0 and df > 0):
        return row | {"note": TOO_FEW}
    se = math.sqrt(variance)
    half = float(t.ppf((1 + level) / 2, df)) * se
    p = 2 * float(t.sf(abs(value) / se, df))
    return row | {"se": se, "df": df, "pvalue": p, "lower": value - half, "upper": value + half}


def _differences(views: RoleViews, owner: str | None) -> Iterator[tuple[dict[str, str], dict[Cell, float]]]:
    """What is compared with what: the paths of two roles, one rater with two, the owner's rating with others'."""
    for a, b in combinations(views.own, 2):
        yield (
            {"kind": "role", "first": views.rater(a), "second": views.rater(b)},
            {a: 1.0, b: -1.0},
        )
    if views.predictor_roles != ("",) and views.outcome_roles != ("",):
        yield {"kind": "source", "first": "", "second": ""}, views.source_weights
    if owner is not None:
        yield {"kind": "owner", "first": owner, "second": ""}, views.owner_weights(owner)


def _equal(system: _System, k: int) -> dict[str, Any]:
    """HTZ test that one path is the same for all roles."""
    cells = system.views.own
    row: dict[str, Any] = dict.fromkeys(("statistic", "df2", "pvalue"), math.nan)
    row |= {"df1": len(cells) - 1, "note": system.why(dict.fromkeys(cells, 1.0))}
    if row["note"] or system.robust is None:
        return row
    found = [system.contrast({cells[0]: 1.0, cell: -1.0}, k) for cell in cells[1:]]
    values, rows = np.array([value for value, _ in found]), np.stack([each for _, each in found])
    F, df, p = system.robust.wald(rows, values)
    return row | {"statistic": F, "df2": df, "pvalue": p, "note": "" if p == p else TOO_FEW}
