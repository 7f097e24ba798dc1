"""Ladders of invariance, the search behind them and latent gaps: what evidence keeps of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.models.informants.invariance import LEVELS
from comply_measure.models.invariance import (
    InvarianceLadder,
    PartialInvariance,
    invariance_effects,
    invariance_ladder,
)
from comply_measure.models.invariance.designs import NONE, Design, Released
from comply_measure.models.invariance.gaps import partial_gaps, role_distances
from comply_measure.models.invariance.role_designs import RoleDesign
from comply_measure.models.invariance.search import partial_invariance_family
from comply_measure.models.invariance.search_result import Departure
from comply_measure.statistics.multiplicity import holm

if TYPE_CHECKING:
    from comply_measure.sem import Fit

SEARCHED = ("configural", "metric", "scalar")


@dataclass(frozen=True, eq=False)
class Ladder:
    """Levels of invariance as tables.

    Parameters
    ----------
    levels : DataFrame
        ``InvarianceLadder.tidy``.
    rules : DataFrame
        ``InvarianceLadder.rule_table``.
    counts : mapping of str to int
        Cases of each group or role.
    note : str
        What holds for the whole ladder: small groups.
    """

    levels: pd.DataFrame
    rules: pd.DataFrame
    counts: Mapping[str, int]
    note: str

    def p(self, level: str) -> float:
        """P value of a level's difference test; NaN where there is none."""
        found = self.levels.loc[self.levels["level"] == level, "pvalue_difference"]
        return float(found.iloc[0]) if len(found) else float("nan")


@dataclass(frozen=True, eq=False)
class Search:
    """What the search for unequal parameters found.

    Parameters
    ----------
    items : tuple of str
        Items with a freed parameter other than an intercept that follows its loading, sorted.
    departures : tuple of Departure
        The freed parameters.
    steps : DataFrame
        ``PartialInvariance.steps``: every score test.
    gates : DataFrame
        Tests of the levels before anything is freed on them: ``level, chisq, df, p, p_holm, searched``; p_holm over
        the dimensions.
    """

    items: tuple[str, ...]
    departures: tuple[Departure, ...]
    steps: pd.DataFrame
    gates: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Comparison:
    """One ladder.

    Parameters
    ----------
    key : str
        Dimension whose roles are compared, or variable whose groups are.
    ladder : Ladder or None
        None with a reason in `obstacle`.
    obstacle : str
    search : Search or None
        None with a reason in `search_obstacle`.
    search_obstacle : str
    effects, gaps : DataFrame or None
        dMACS by indicator and pair; bias of score gaps; None with a reason in `effects_obstacle`.
    effects_obstacle : str
    latent_gaps, distances : DataFrame or None
        ``partial_gaps`` and ``role_distances`` of the scalar level with what was freed; None for groups, or where it
        was not reached.
    estimator : str
        In words, where it is not that of all comparisons.
    """

    key: str
    ladder: Ladder | None = None
    obstacle: str = ""
    search: Search | None = None
    search_obstacle: str = ""
    effects: pd.DataFrame | None = None
    gaps: pd.DataFrame | None = None
    effects_obstacle: str = ""
    latent_gaps: pd.DataFrame | None = None
    distances: pd.DataFrame | None = None
    estimator: str = ""

    @property
    def released(self) -> Released:
        """Parameters that the search freed."""
        departures = () if self.search is None else self.search.departures
        return frozenset((d.kind, d.item) for d in departures)


def comparisons(
    designs: Mapping[str, Callable[[], Design]],
    *,
    alpha: float,
    search: bool,
    levels: tuple[str, ...] | None = None,
    estimator: str = "",
) -> tuple[Comparison, ...]:
    """Ladder, search and gaps of several dimensions (or groupings); the searches are one family.

    Parameters
    ----------
    designs : mapping of str to callable
        Key → what makes the design; what it cannot is the reason in ``obstacle``.
    alpha : float
        Of the search.
    search : bool
        Whether to search.
    levels : tuple of str, optional
        Of the ladder; all by default.
    estimator : str
        In words.
    """
    ladders = {key: _ladder(compute, levels) for key, compute in designs.items()}
    found = {key: ladder for key, ladder in ladders.items() if not isinstance(ladder, str)}
    searches: Mapping[str, PartialInvariance | ComplyError] = {}
    if search and found:
        searches = partial_invariance_family(
            {key: ladder.design for key, ladder in found.items()},
            alpha=alpha,
            ladder_levels=SEARCHED,
            ladders=found,
        )
    return tuple(
        Comparison(key, obstacle=ladder, estimator=estimator)
        if isinstance(ladder, str)
        else _comparison(key, ladder, searches.get(key), estimator)
        for key, ladder in ladders.items()
    )


def level_tests(compared: Sequence[Comparison], level: str) -> dict[str, float]:
    """P values of a level's test by key, after Holm's correction over the comparisons that have one.

    Where there was a search, its own tests: they allow for what was freed on the level below.
    """
    found: dict[str, float] = {}
    for c in compared:
        if c.ladder is None:
            continue
        gate = None if c.search is None else c.search.gates.set_index("level")["p"].get(level)
        p = c.ladder.p(level) if gate is None else float(gate)
        if p == p:
            found[c.key] = p
    corrected = holm(np.array(list(found.values()), dtype=float))
    return dict(zip(found, corrected.tolist(), strict=True))


def with_holm(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables of gaps as one, with Holm's correction over all of it."""
    if not tables:
        return pd.DataFrame(columns=["factor", "pair", "gap", "p", "p_holm"])
    table = pd.concat(tables, ignore_index=True)
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    return table


def _ladder(compute: Callable[[], Design], levels: tuple[str, ...] | None) -> InvarianceLadder | str:
    """The ladder, or why there is none."""
    design, why = attempt(compute)
    if design is None:
        return why
    ladder, why = attempt(partial(invariance_ladder, design, levels=levels))
    if ladder is None:
        return why
    if all(step.fit is None for step in ladder.steps):
        return ladder.steps[0].note
    if _is_unidentified(ladder.steps[0].fit):
        return "too few indicators: the model is not identified"
    return ladder


def _is_unidentified(fit: Fit | None) -> bool:
    return fit is not None and (bool(fit.unidentified) or (fit.converged and fit.model.df < 0))


def scalar_gaps(compute: Callable[[], RoleDesign]) -> pd.DataFrame | None:
    """``partial_gaps`` of the scalar level without exceptions, as a comparison without a search has them.

    Parameters
    ----------
    compute : callable
        Makes the design.

    Returns
    -------
    DataFrame or None
        None where the model is not identified or has no optimum.

    Raises
    ------
    ComplyError
        If the scalar level cannot be fitted.
    """
    design = compute()
    first, _ = attempt(lambda: design.fit(LEVELS[0]))
    if _is_unidentified(first):
        return None
    fit = design.fit("scalar")
    return partial_gaps(design, fit) if fit.has_optimum else None


def _comparison(
    key: str, ladder: InvarianceLadder, found: PartialInvariance | ComplyError | None, estimator: str
) -> Comparison:
    partially = found if isinstance(found, PartialInvariance) else None
    why_not = " ".join(str(found).split()) if isinstance(found, ComplyError) else ""
    source = ladder if partially is None else partially.ladder
    effects, why_no_effects = _effects(source)
    items, gaps = (None, None) if effects is None else effects
    latent, distances = _latent(source)
    return Comparison(
        key=key,
        ladder=Ladder(ladder.tidy(), ladder.rule_table(), ladder.counts, ladder.note),
        search=None if partially is None else _kept(partially),
        search_obstacle=why_not or ("not asked for" if partially is None else ""),
        effects=items,
        gaps=gaps,
        effects_obstacle=why_no_effects,
        latent_gaps=latent,
        distances=distances,
        estimator=estimator,
    )


def _kept(found: PartialInvariance) -> Search:
    searched = {row.level for row in found.rows}
    gates = pd.DataFrame(
        [
            (level, test.chisq, test.df, test.pvalue, found.gates_holm.get(level, np.nan), level in searched)
            for level, test in found.gates.items()
        ],
        columns=["level", "chisq", "df", "p", "p_holm", "searched"],
    )
    return Search(tuple(sorted(found.items)), found.departures, found.steps(), gates)


def _scalar(ladder: InvarianceLadder) -> Fit | None:
    """The scalar level, if it was reached."""
    step = next((step for step in ladder.steps if step.level == "scalar"), None)
    return None if step is None or step.fit is None or not step.fit.has_optimum else step.fit


def _effects(ladder: InvarianceLadder) -> tuple[tuple[pd.DataFrame, pd.DataFrame] | None, str]:
    """Effect sizes and bias of gaps at the (partially) scalar level."""
    fit = _scalar(ladder)
    if fit is None:
        return None, "the scalar model was not reached"
    effects, why = attempt(lambda: invariance_effects(ladder.design, fit))
    return (None, why) if effects is None else ((effects.tidy(), effects.gap_table()), "")


def _latent(ladder: InvarianceLadder) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Latent gaps and distances at the (partially) scalar level; None for groups."""
    fit, design = _scalar(ladder), ladder.design
    if fit is None or not isinstance(design, RoleDesign):
        return None, None
    released = ladder.released or NONE
    return partial_gaps(design, fit, released), role_distances(design, fit, released)
