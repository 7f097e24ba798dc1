"""Topic ``dimensionality``: number of factors, exploratory solution, split-sample confirmation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import required
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Names
from comply_measure.evidence.fits import NamedFit, fit_row
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.models import CONFIRMED
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.measurement.dimensionality.adequacy import SamplingAdequacy, sampling_adequacy
from comply_measure.measurement.dimensionality.components import (
    KaiserCriteria,
    PartialCorrelations,
    empirical_kaiser,
    minimum_average_partial,
)
from comply_measure.measurement.dimensionality.correlations import correlate
from comply_measure.measurement.dimensionality.efa import factor_solution
from comply_measure.measurement.dimensionality.efa_result import FactorSolution
from comply_measure.measurement.dimensionality.parallel import ParallelAnalysis, parallel_analysis
from comply_measure.measurement.dimensionality.split_sample import SplitSample, explore_and_confirm
from comply_measure.measurement.items.normality import mardia
from comply_measure.responses import Responses
from comply_measure.sem.power import rmsea_power, rmsea_sample_size
from comply_measure.statistics.multiplicity import rejects
from comply_measure.tables.roles import role_centred

#: Firms from which halves are made of firms: fewer leave one half with hardly any.
MIN_SPLIT = 8
#: Informants per indicator in a half from which its disagreement with the other counts against the structure.
PER_INDICATOR = 10


class DimensionalityOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    method : {"ml", "minres", "paf"}
        Extraction.
    rotation : str
        Oblique by default.
    replications : int
        Of parallel analysis.
    role_centred : bool
        Take each role's means off first.
    """

    scale: Annotated[str | None, Names("scale")] = None
    method: Literal["ml", "minres", "paf"] = "ml"
    rotation: Literal["oblimin", "promax", "varimax", "geomin"] = "oblimin"
    replications: Annotated[int, Field(ge=20, le=10_000)] = 200
    role_centred: bool = True


@dataclass(frozen=True, eq=False)
class Exploration:
    """A rotated solution.

    Parameters
    ----------
    items, factors : tuple of str
    loadings : ndarray, shape (p, m)
        Pattern loadings.
    table : DataFrame
        ``FactorSolution.tidy``.
    method, rotation : str
    converged : bool
    heywood : tuple of str
        Items without unique variance.
    note : str
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: npt.NDArray[np.float64]
    table: pd.DataFrame
    method: str
    rotation: str
    converged: bool
    heywood: tuple[str, ...]
    note: str

    @classmethod
    def of(cls, found: FactorSolution) -> Exploration:
        """What is kept of a solution: not the answers it rests on."""
        return cls(
            items=found.items,
            factors=found.factors,
            loadings=found.loadings,
            table=found.tidy(),
            method=found.method,
            rotation=found.rotation,
            converged=found.converged,
            heywood=found.heywood,
            note=found.note,
        )


@dataclass(frozen=True, eq=False)
class Halves:
    """Exploration of a random half of the firms or units, confirmation in the other.

    Parameters
    ----------
    table : DataFrame
        ``SplitSample.tidy``.
    n_factors : int
        Explored in the first half.
    unassigned : tuple of (str, str)
        Items left out of the confirmed model, with the reason.
    congruence : ndarray
        Tucker's φ of the factors of both halves.
    model : str
        Text of the confirmed model.
    confirmation : NamedFit or None
        None with a reason in `note`.
    n_explored, n_confirmed, n_units_confirmed : int
        Informants of both halves, units of the second.
    by : str
        What was dealt out, and what the test allows for: ``firm`` or ``unit``.
    n_clusters : int
        How many of these the second half has.
    seed : int
        Of the split.
    note : str
    """

    table: pd.DataFrame
    n_factors: int
    unassigned: tuple[tuple[str, str], ...]
    congruence: npt.NDArray[np.float64]
    model: str
    confirmation: NamedFit | None
    n_explored: int
    n_confirmed: int
    n_units_confirmed: int
    by: str
    n_clusters: int
    seed: int
    note: str

    @classmethod
    def of(cls, found: SplitSample, data: pd.DataFrame) -> Halves:
        """What is kept of a split sample of these data."""
        fit, by = found.confirmation, found.split.column
        return cls(
            table=found.tidy(),
            n_factors=len(found.exploration.factors),
            unassigned=found.unassigned,
            congruence=found.congruence,
            model=found.model,
            confirmation=None
            if fit is None
            else NamedFit("confirmation", "Structure found in the other half", fit),
            n_explored=found.n_explored,
            n_confirmed=found.n_confirmed,
            n_units_confirmed=int(data.loc[data[by].isin(found.split.confirmed), "unit"].nunique()),
            by=by,
            n_clusters=int(data.loc[data[by].isin(found.split.confirmed), by].nunique()),
            seed=found.split.seed,
            note=found.note,
        )


@dataclass(frozen=True, eq=False)
class DimensionalityEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title, indicator_kind : str
    factors : mapping
        Dimension -> indicators, the structure of the instrument.
    indices : tuple of str
        Constructs that are left out: an index of its items is no factor behind them.
    adequacy : SamplingAdequacy
    parallel : ParallelAnalysis
    criteria : DataFrame
        ``criterion, n_factors, note``.
    solution : Exploration
        With as many factors as the instrument has dimensions.
    order : tuple of int
        Columns of the solution in the order of the dimensions they carry (largest sums of squared loadings first).
    n_matched, n_placed : int
        Indicators that load highest on the factor of their dimension, of those in the solution.
    split : Halves
    normality : DataFrame
        Mardia's coefficients of the indicators, over all informants and by role (``measurement.mardia``).
    power : DataFrame
        ``n_kind, n, df, power_close, power_not_close, n_needed``: power of tests of RMSEA of the model of correlated
        dimensions, were informants independent and were there as many as units.
    n_units, n_informants : int
    treatment : str
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    indicator_kind: str
    factors: Mapping[str, Sequence[str]]
    indices: tuple[str, ...]
    adequacy: SamplingAdequacy
    parallel: ParallelAnalysis
    criteria: pd.DataFrame
    solution: Exploration
    order: tuple[int, ...]
    n_matched: int
    n_placed: int
    split: Halves
    normality: pd.DataFrame
    power: pd.DataFrame
    n_units: int
    n_informants: int
    treatment: str
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Number of factors by every criterion."""
        return self.criteria

    def values(self) -> Mapping[str, Value]:
        """KMO and Bartlett's test."""
        found = self.adequacy
        return {"kmo": found.kmo, "bartlett_chisq": found.chisq, "bartlett_df": found.df}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether the structure of one half is that of the other."""
        return confirmed_verdicts(self.split, conventions)

    def reasons(self) -> Mapping[str, str]:
        """Why one of them is undefined."""
        values = self.values()
        return {name: self.adequacy.note or "undefined" for name, value in values.items() if value != value}


def confirmed_verdicts(split: Halves, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether the structure of one half is that of the other."""
    named = split.confirmation
    known = [float(value) for value in split.congruence if value == value]
    p = fit_row(named)["pvalue"] if named is not None else math.nan
    low, high = (min(known), max(known)) if known else (math.nan, math.nan)
    answer: Answer = "cannot say"
    case = ""
    numbers: dict[str, Number] = {"p": p, "congruence": (low, high)}
    if not math.isnan(p) and not rejects(p, conventions["test_level"]) and low >= conventions["tucker"]:
        answer = "supported"
    elif rejects(p, conventions["test_level"]) and low < conventions["tucker_alike"]:
        # The structure that half a sample suggests is often not quite the one behind both halves.
        far = named is not None and fit_row(named)["rmsea_lower"] > conventions["rmsea"]
        n, indicators = min(split.n_explored, split.n_confirmed), len(split.table)
        if far and n < PER_INDICATOR * indicators:
            case = "few"
            numbers |= {"n": n, "indicators": indicators}
        elif far:
            answer = "not supported"
    return (CONFIRMED.verdict(answer, numbers=numbers, case=case),)


def split_halves(data: pd.DataFrame, chosen: Focal, options: DimensionalityOptions, seed: int) -> Halves:
    """Structure explored in one half, confirmed in the other: halves of firms where firms are known, else of units."""
    firms = data["firm"]
    by = "firm" if firms.notna().all() and firms.nunique() >= MIN_SPLIT else "unit"
    names = list(chosen.reflective_names)
    return Halves.of(
        explore_and_confirm(
            data,
            names,
            seed=seed,
            by=by,
            method=options.method,
            rotation=options.rotation,
            estimator="MLR",
            cluster=by,
        ),
        data,
    )


def dimensionality(
    responses: Responses, options: DimensionalityOptions | None = None, *, seed: int = 0
) -> DimensionalityEvidence:
    """Number of factors, exploratory solution, split-sample confirmation.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : DimensionalityOptions, optional
        Defaults where not given.
    seed : int
        Seed of parallel analysis and split.

    Returns
    -------
    DimensionalityEvidence

    Raises
    ------
    NotApplicableError
        If the scale has fewer than three indicators of reflective constructs.
    """
    options = options or DimensionalityOptions()
    chosen = chosen_focal(responses, options.scale)
    factors, names = chosen.reflective, list(chosen.reflective_names)
    if len(names) < 3:
        formed = f" ({len(chosen.indices)} of {len(chosen.factors)} constructs are formed by their items)"
        raise NotApplicableError(
            f"the scale has {len(names)} indicators{formed if chosen.indices else ''}; an exploratory analysis "
            "needs at least 3"
        )
    data = chosen.indicators()
    if options.role_centred:
        data = role_centred(data, names)
    parallel_seed, split_seed = (int(s) for s in topic_seeds("dimensionality", seed).generate_state(2))
    correlation = required(lambda: correlate(data, names))
    parallel = parallel_analysis(correlation, seed=parallel_seed, n_replications=options.replications)
    solution = Exploration.of(
        factor_solution(correlation, len(factors), method=options.method, rotation=options.rotation)
    )
    split = required(lambda: split_halves(data, chosen, options, split_seed))
    order = _order(solution, factors)
    matched, placed = _matched(solution, factors, order)
    return DimensionalityEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        indicator_kind=chosen.indicator_kind,
        factors=factors,
        indices=chosen.indices,
        adequacy=sampling_adequacy(correlation),
        parallel=parallel,
        criteria=_criteria(parallel, minimum_average_partial(correlation), empirical_kaiser(correlation)),
        solution=solution,
        order=order,
        n_matched=matched,
        n_placed=placed,
        split=split,
        normality=mardia(data, {"indicators": names}).tidy(),
        power=_fit_power(chosen, correlation.n),
        n_units=chosen.n_units,
        n_informants=correlation.n,
        treatment=(
            "Each role's means were taken off first; informants are pooled although those of one unit are alike."
            if options.role_centred
            else "Informants are pooled although those of one unit are alike."
        ),
    )


#: Close fit, fit that is not close, and exact enough to be told from it (MacCallum, Browne & Sugawara 1996).
_CLOSE, _NOT_CLOSE, _GOOD = 0.05, 0.08, 0.01


def _fit_power(chosen: Focal, n_informants: int) -> pd.DataFrame:
    """Power of tests of close and of not-close fit (MacCallum, Browne & Sugawara 1996)."""
    p, m = len(chosen.reflective_names), len(chosen.reflective)
    df = p * (p + 1) // 2 - 2 * p - m * (m - 1) // 2
    if df < 1:
        return pd.DataFrame()
    needed = rmsea_sample_size(df, 0.80, _NOT_CLOSE, _CLOSE)
    rows = [
        {
            "n_kind": kind,
            "n": n,
            "df": df,
            "power_close": rmsea_power(n, df, _NOT_CLOSE, _CLOSE),
            "power_not_close": rmsea_power(n, df, _GOOD, _CLOSE),
            "n_needed": needed,
        }
        for kind, n in (("informants", n_informants), ("units", chosen.n_units))
        if n >= 2
    ]
    return pd.DataFrame(rows)


def _compute(request: Request, options: DimensionalityOptions) -> DimensionalityEvidence:
    return dimensionality(request.responses, options, seed=request.seed)


TOPIC = Topic("dimensionality", "Dimensionality", _compute, DimensionalityOptions)


def _order(solution: Exploration, factors: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
    from scipy.optimize import linear_sum_assignment

    rows = {item: i for i, item in enumerate(solution.items)}
    squares = np.nan_to_num(solution.loadings) ** 2
    weight = np.array(
        [squares[[rows[i] for i in items if i in rows]].sum(axis=0) for items in factors.values()]
    )
    return tuple(int(c) for c in linear_sum_assignment(-weight)[1])


def _matched(
    solution: Exploration, factors: Mapping[str, Sequence[str]], order: tuple[int, ...]
) -> tuple[int, int]:
    rows = {item: i for i, item in enumerate(solution.items)}
    loadings = np.abs(np.nan_to_num(solution.loadings[:, list(order)]))
    place = [(rows[item], d) for d, items in enumerate(factors.values()) for item in items if item in rows]
    return sum(int(loadings[i].argmax() == d) for i, d in place), len(place)


#: Shares of ``python tests/levels/run.py number_of_factors``, skewed and symmetric answers.
_UNCOUNTED = "shown, not counted: right in {} % of simulated five-point scales with 3 to 6 items per factor"


def _criteria(
    parallel: ParallelAnalysis, partial: PartialCorrelations, kaiser: KaiserCriteria
) -> pd.DataFrame:
    """One row per criterion; undefined numbers are NaN with the reason."""
    words = {
        "components": "Parallel analysis, components",
        "factors_minres": "Parallel analysis, common factors",
        "factors_smc": "Parallel analysis, common factors (SMC)",
    }
    rows = [(words[v], parallel.n_by_percentile[i], parallel.note) for i, v in enumerate(parallel.variants)]
    rows += [
        (
            "Minimum average partial (Velicer, 1976)",
            partial.n_squared,
            "; ".join(filter(None, (_UNCOUNTED.format("20 to 30"), partial.note))),
        ),
        (
            "Minimum average partial, fourth powers (Velicer et al., 2000)",
            partial.n_fourth,
            "; ".join(filter(None, (_UNCOUNTED.format("15 to 20"), partial.note))),
        ),
        ("Empirical Kaiser criterion (Braeken & van Assen, 2017)", kaiser.n_empirical, kaiser.note),
    ]
    table = pd.DataFrame(rows, columns=["criterion", "n_factors", "note"])
    table["n_factors"] = table["n_factors"].astype(float).where(table["n_factors"] >= 0)
    return table
