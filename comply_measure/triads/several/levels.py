"""How the variance of informants' scores divides over nested levels: firm, unit, role, informant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.cluster_robust import FEW_CLUSTERS
from comply_measure.tables.long_table import HEADLINE, long_table
from comply_measure.triads.reml.nested import NestedFit, fit_nested, no_fit, share_interval

INFORMANT = "informant"


@dataclass(frozen=True, slots=True)
class VarianceLevels(Result):
    """Variance components of nested levels.

    Attributes
    ----------
    levels : tuple of str
        From the highest down; the informant below them is the residual.
    fits : mapping of str to NestedFit or None
        By variable; None where undefined.
    table : DataFrame
        As :meth:`tidy` returns it.
    """

    levels: tuple[str, ...]
    fits: dict[str, NestedFit | None]
    table: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """One row per variable and level.

        Columns: column, level, n_groups, variance, se, share, share_se, icc, icc_se, icc_lower, icc_upper,
        n_informants, note. ``share`` is the level's own part of the variance; ``icc`` that of the level and those above
        it: the correlation of two informants who have this level in common and none below it (none for informants).
        """
        return self.table


def variance_levels(
    data: pd.DataFrame,
    columns: Sequence[str],
    levels: Sequence[str] = ("unit", "role"),
    *,
    fixed: str | None = None,
    confidence: float = 0.95,
    intervals: bool = True,
) -> VarianceLevels:
    r"""Variance of informants' scores by nested levels, any number of informants in each group, by REML.

    ``y_i = x_i'β + Σ_k u_k(i) + e_i`` with levels k from the highest down, each within those above it: ``("firm",
    "unit")`` for informants of units of firms, ``("unit", "role")`` for several informants of a role. ``icc_k = Σ_{l≤k}
    v_l / (Σ_l v_l + v_e)`` is the correlation of two informants who share level k (Raudenbush & Bryk 2002). Standard
    errors of variances are those of the observed restricted information, of shares by the delta method; intervals are
    profile likelihood, so that they stay within 0 and 1 and hold at the boundary.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    columns : sequence of str
        Scores; each uses the informants who have it.
    levels : sequence of str
        Key columns from the highest level to the lowest. A row without a group of a higher level is alone in it.
    fixed : str, optional
        Column whose groups have means of their own, such as the role where it is no level; a level named here as well
        is both.
    confidence : float
        Level of the intervals.
    intervals : bool
        Whether to search for the intervals, which takes most of the time.

    Returns
    -------
    VarianceLevels
        NaN with a note where a level has fewer than two groups, no group of the lowest level has two informants, or
        nothing varies. Fewer than 40 groups of the highest level are noted.

    Raises
    ------
    InputError
        Unusable table, no level, or one named twice.

    References
    ----------
    Patterson, H. D., & Thompson, R. (1971). Biometrika, 58. Raudenbush, S. W., & Bryk, A. S. (2002). Hierarchical
    linear models (2nd ed.). Sage.
    """
    check_confidence(confidence)
    levels = tuple(levels)
    if not levels or len(set(levels)) < len(levels):
        fault = Problem("levels", value=", ".join(levels), allowed="at least one key column, each once")
        raise InputError(HEADLINE, [fault])
    absent = [name for name in (*levels, fixed) if name is not None and name not in data.columns]
    if absent:
        raise InputError(HEADLINE, [Problem("column is absent", column=name) for name in absent])
    table = long_table(data, columns, unit=levels[-1])
    codes = [group_codes(data[name]) for name in levels]
    groups = None if fixed is None else group_codes(data[fixed])
    fits: dict[str, NestedFit | None] = {}
    rows: list[dict[str, object]] = []
    for j, column in enumerate(table.columns):
        known = ~np.isnan(table.values[:, j])
        fit, note, counts = _fit(table.values[known, j], [c[known] for c in codes], _design(groups, known))
        fits[column] = fit
        rows += _rows(column, levels, fit, note, counts, int(known.sum()), confidence if intervals else None)
    return VarianceLevels(levels, fits, pd.DataFrame(rows))


def group_codes(values: pd.Series[Any]) -> Ints:
    """A code per group; a row without one is a group of its own."""
    codes = pd.factorize(values)[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def _design(groups: Ints | None, known: np.ndarray) -> Floats:
    if groups is None:
        return np.ones((int(known.sum()), 1))
    return np.asarray(np.equal.outer(groups[known], np.unique(groups[known])), dtype=np.float64)


def _fit(y: Floats, codes: list[Ints], X: Floats) -> tuple[NestedFit | None, str, list[int]]:
    nested, counts = np.zeros(len(y), dtype=np.int64), []
    for level in codes:
        nested = np.unique(np.stack([nested, level]), axis=1, return_inverse=True)[1].ravel()
        counts.append(int(nested.max(initial=-1)) + 1)
    if len(y) == 0 or counts[0] < 2:
        return None, "fewer than 2 groups of the highest level", counts
    steps = np.diff([*counts, len(y)])
    if (steps <= 0).any():
        return (
            None,
            "a level has one group, or one informant, in every group above it: it has no variance of its own",
            counts,
        )
    if obstacle := no_fit(y, X, codes):
        return None, obstacle, counts
    fit = fit_nested(y, X, codes)
    notes = [] if fit.converged else ["REML did not converge"]
    if counts[0] < FEW_CLUSTERS:
        notes.append(f"{counts[0]} groups of the highest level are few: errors and intervals are rough")
    return fit, "; ".join(notes), counts


def _rows(
    column: str,
    levels: tuple[str, ...],
    fit: NestedFit | None,
    note: str,
    counts: list[int],
    n: int,
    confidence: float | None,
) -> list[dict[str, object]]:
    K, nothing = len(levels), float("nan")
    variances = np.full(K + 1, np.nan) if fit is None else fit.variances
    covariance = np.full((K + 1, K + 1), np.nan) if fit is None else fit.covariance()
    total = float(variances.sum())
    rows = []
    for k, level in enumerate((*levels, INFORMANT)):
        own, above = [k], list(range(k + 1))
        lower = upper = nothing
        if fit is not None and k < K and confidence is not None:
            lower, upper = share_interval(fit, above, confidence)
        zero = fit is not None and variances[k] == 0
        rows.append(
            {
                "column": column,
                "level": level,
                "n_groups": (*counts, n)[k],
                "variance": float(variances[k]),
                "se": float(np.sqrt(covariance[k, k])),
                "share": float(variances[k]) / total,
                "share_se": _share_error(variances, covariance, own),
                "icc": float(variances[above].sum()) / total if k < K else nothing,
                "icc_se": _share_error(variances, covariance, above) if k < K else nothing,
                "icc_lower": lower,
                "icc_upper": upper,
                "n_informants": n,
                "note": "; ".join(filter(None, ("zero (boundary): no error" if zero else "", note))),
            }
        )
    return rows


def _share_error(variances: Floats, covariance: Floats, levels: list[int]) -> float:
    """Delta-method error of ``Σ_S v / Σ v``; a component at zero is held."""
    total = variances.sum()
    gradient = -np.full(len(variances), variances[levels].sum() / total**2)
    gradient[levels] += 1.0 / total
    free = variances > 0
    if not free[levels].any():
        return float("nan")
    g, V = gradient[free], covariance[np.ix_(free, free)]
    return float(np.sqrt(g @ V @ g))
