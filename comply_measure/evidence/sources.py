"""Paths between what one informant rates and what another rates: how much of a path is one rater's own view."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import pandas as pd

from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.fits import NamedFit, standardized, value_of
from comply_measure.evidence.focal import Focal

if TYPE_CHECKING:
    from comply_measure.models import Hypothesis
    from comply_measure.sem import Fit

_Z95 = 1.959963984540054
Assignment = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, eq=False)
class SourceComparison:
    """Every expected path with one rater for both of its ends, and with different raters.

    Parameters
    ----------
    paths : DataFrame
        ``outcome, predictor, sign``; ``same``, standardised path where one role rates everything, and ``different``,
        where
        no role rates both ends, each the mean over `same_raters` or `different_raters`; ``lower, upper`` of
        ``different``,
        ``different ± 1.96·mean SE``, which holds however the fits depend on each other; ``note``.
    same_raters, different_raters : tuple of tuple of str
        Who rates the focal scale, the predictors and the outcomes in each fit; several roles joined by ``+``.
    n_units : int
        Units of the smallest of the fits with different raters.
    failures : tuple of str
        Fits that could not be made.
    """

    paths: pd.DataFrame
    same_raters: tuple[tuple[str, str, str], ...]
    different_raters: tuple[tuple[str, str, str], ...]
    n_units: int
    failures: tuple[str, ...]


def assignments(focal_roles: Sequence[str], raters: Sequence[str]) -> list[Assignment]:
    """Who rates the focal scale, the intermediate variables and the outcomes, so that no path has one rater twice.

    Outcomes and intermediate variables come from two different raters, the focal scale from the roles that are neither,
    or, where there are none, from the rater of the outcomes.
    """
    found = []
    for first, second in permutations(raters, 2):
        others = tuple(role for role in focal_roles if role not in (first, second))
        others = others or ((second,) if second in focal_roles else ())
        if others:
            found.append((others, first, second))
    return found


def source_comparison(
    focal: Focal,
    other: Focal,
    means: Sequence[str],
    ends: Sequence[str],
    hypotheses: Sequence[Hypothesis],
    fit: Callable[[pd.DataFrame], Fit],
) -> SourceComparison | None:
    """Fit the structural model with one rater for everything, and with different raters for the ends of every path.

    Parameters
    ----------
    focal, other : Focal
        The scale whose dimensions measure the focal variable, and that of the other variables.
    means, ends : sequence of str
        Constructs of `other` between the focal variable and the outcomes; outcomes.
    hypotheses : sequence of Hypothesis
    fit : callable
        A row per unit (``firm`` and the variables) -> the fitted model.

    Returns
    -------
    SourceComparison or None
        None with fewer than two raters. Scores of one rater are less reliable than unit means, so both kinds of path
        are
        weaker than those of unit scores: their difference is what one rater's view adds.
    """
    different = assignments(focal.roles, other.roles)
    same: list[Assignment] = [((role,), role, role) for role in other.roles if role in focal.roles]
    if not different or not same:
        return None
    failures: list[str] = []
    fits = {
        kind: [_fit(assignment, focal, other, means, ends, fit, failures) for assignment in chosen]
        for kind, chosen in (("same", same), ("different", different))
    }
    same_tables, different_tables = _tables(fits["same"]), _tables(fits["different"])
    rows = [_row(path, same_tables, different_tables) for path in hypotheses]
    counts = [named.fit.n for named in fits["different"] if named is not None]
    return SourceComparison(
        pd.DataFrame(rows),
        tuple(_words(assignment) for assignment in same),
        tuple(_words(assignment) for assignment in different),
        min(counts, default=0),
        tuple(failures),
    )


def _words(assignment: Assignment) -> tuple[str, str, str]:
    return "+".join(assignment[0]), assignment[1], assignment[2]


def _fit(
    assignment: Assignment,
    focal: Focal,
    other: Focal,
    means: Sequence[str],
    ends: Sequence[str],
    fit: Callable[[pd.DataFrame], Fit],
    failures: list[str],
) -> NamedFit | None:
    """One fit; None, with the reason kept, where it cannot be made."""
    upper, first, second = assignment
    scores, rated = focal.scores("dimension"), other.scores("dimension")
    parts = [
        scores[scores["role"].isin(upper)].groupby("unit", sort=False)[list(focal.factors)].mean(),
        rated[rated["role"] == first].set_index("unit")[list(means)],
        rated[rated["role"] == second].set_index("unit")[list(ends)],
    ]
    table = pd.concat(parts, axis=1, join="outer")
    firms = focal.responses.data.drop_duplicates("unit").set_index("unit")["firm"]
    table = table[table.notna().any(axis=1)].assign(firm=firms)
    found, why = attempt(lambda: fit(table))
    if found is None or not found.has_optimum:
        failures.append(
            f"{' / '.join(_words(assignment))}: {why or (found.unreached if found is not None else '')}"
        )
        return None
    return NamedFit("sources", " / ".join(_words(assignment)), found)


def _tables(fits: Sequence[NamedFit | None]) -> list[pd.DataFrame]:
    """Standardised solution of every fit; none where one of them could not be made."""
    made = [named for named in fits if named is not None]
    return [standardized(named.fit) for named in made] if len(made) == len(fits) else []


def _row(
    path: Hypothesis, same: Sequence[pd.DataFrame], different: Sequence[pd.DataFrame]
) -> dict[str, object]:
    one, _ = _mean(path, same)
    two, half = _mean(path, different)
    note = "" if two == two and one == one else "a fit could not be made"
    return {
        "outcome": path.outcome,
        "predictor": path.predictor,
        "sign": path.sign,
        "same": one,
        "different": two,
        "lower": two - half,
        "upper": two + half,
        "note": note,
    }


def _mean(path: Hypothesis, tables: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """Mean standardised path and half the width of its interval; NaN without tables."""
    if not tables:
        return math.nan, math.nan
    name = (path.outcome, "~", path.predictor)
    values = [value_of(table, *name) for table in tables]
    errors = [value_of(table, *name, "se") for table in tables]
    return sum(values) / len(values), _Z95 * sum(errors) / len(errors)
