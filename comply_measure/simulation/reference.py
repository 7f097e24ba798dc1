"""What holds for unit-level scores on the answer scale, by a large simulation with its Monte Carlo error.

Moderated effects make some unit-level variables non-normal, so their scores have no closed form. A large
study of attentive informants and complete triads stands in; its error is estimated from batches of whole
firms, which keeps clustering and non-normality in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.simulation.answers import attentive_answers
from comply_measure.simulation.implied import score_items
from comply_measure.simulation.informant_level import draw_informants
from comply_measure.simulation.plan import Floats, Integers, ItemPlan, TargetPlan, plan_items, plan_targets
from comply_measure.simulation.population import Population
from comply_measure.simulation.schema import ConstructSpec, OutcomeVariable
from comply_measure.simulation.streams import FIRMS_PER_BLOCK, block_stream
from comply_measure.simulation.study import firm_sizes
from comply_measure.simulation.unit_level import draw_units
from comply_measure.simulation.unit_model import ALIGNMENT

BATCHES = 50


@dataclass(frozen=True, slots=True)
class UnitReference:
    """Moments and paths of unit-level scores in a large simulated population.

    A score is the mean over the roles that answer of the informants' scores; ``alignment`` is the mean of the
    dimension scores.

    Parameters
    ----------
    n_units : int
        Units simulated.
    n_batches : int
        Batches behind the Monte Carlo errors.
    seed : int
    moments : pandas.DataFrame
        One row per pair of variables (upper triangle): ``a``, ``b``, ``covariance``, ``correlation``,
        ``mcse`` of the correlation. Variables: dimensions, constructs, items of constructs and of overall
        alignment (means over roles), outcomes.
    means : pandas.DataFrame
        ``variable``, ``mean``, ``mcse``.
    paths : pandas.DataFrame
        One row per path: ``lhs``, ``rhs`` (products as ``a:b``), ``latent``: the standardised path of the
        population file; ``observed``: the same path in the regression of standardised unit scores on each
        other; ``mcse``.
    """

    n_units: int
    n_batches: int
    seed: int
    moments: pd.DataFrame
    means: pd.DataFrame
    paths: pd.DataFrame


def unit_reference(population: Population, n_units: int, seed: int, *, n_jobs: int = 1) -> UnitReference:
    """Simulate a large population of attentive informants and summarise its unit-level scores.

    Parameters
    ----------
    population : Population
    n_units : int
        Expected number of units, at least 50 batches of two blocks of firms.
    seed : int
    n_jobs : int
        Worker processes; the result does not depend on them.

    Returns
    -------
    UnitReference

    Raises
    ------
    ComplyError
        If there are too few units for 50 batches.
    """
    large = _with_units(population, n_units)
    batches = _batches(large, seed, n_jobs)
    names = score_names(large)
    everything = np.concatenate(batches)
    return UnitReference(
        n_units=len(everything),
        n_batches=BATCHES,
        seed=seed,
        moments=_moments(names, everything, batches),
        means=_means(names, everything, batches),
        paths=_paths(large, names, everything, batches),
    )


def _with_units(population: Population, n_units: int) -> Population:
    """The same population with as many firms as give the number of units on average."""
    large = population.with_units(n_units)
    sample, least = large.spec.sample, 2 * BATCHES * FIRMS_PER_BLOCK
    if sample.firms < least:
        mean = sum(size * share for size, share in sample.units_per_firm.items())
        raise ComplyError(f"the reference needs {int(least * mean)} units or more, not {n_units}")
    # Unit-level scores are those of one informant per role.
    alone = sample.model_copy(update={"second_informants": None})
    return replace(large, spec=large.spec.model_copy(update={"sample": alone}))


def _batches(population: Population, seed: int, n_jobs: int) -> list[Floats]:
    """Unit-level scores (units, variables) in batches of consecutive blocks of firms."""
    from joblib import Parallel, delayed

    targets, items = plan_targets(population), plan_items(population)
    weights = score_weights(population, items)
    sizes = firm_sizes(population, seed)
    starts = range(0, len(sizes), FIRMS_PER_BLOCK)
    run = delayed(_block_scores)
    blocks: list[Floats] = list(
        Parallel(n_jobs=n_jobs)(
            run(
                population,
                targets,
                items,
                weights,
                sizes[start : start + FIRMS_PER_BLOCK],
                start // FIRMS_PER_BLOCK,
                seed,
            )
            for start in starts
        )
    )
    edges = np.linspace(0, len(blocks), BATCHES + 1).astype(int)
    return [np.concatenate(blocks[low:high]) for low, high in pairwise(edges)]


def _block_scores(
    population: Population,
    targets: TargetPlan,
    items: ItemPlan,
    weights: Floats,
    sizes: Integers,
    block: int,
    seed: int,
) -> Floats:
    firm = np.repeat(np.arange(len(sizes)), sizes)
    units = draw_units(
        population, firm, block_stream(seed, block, "groups"), block_stream(seed, block, "unit")
    )
    informants = draw_informants(targets, units, block_stream(seed, block, "informant"))
    answers = attentive_answers(items, informants, block_stream(seed, block, "items"))
    keyed = np.where(items.keying > 0, answers, items.minimum + items.maximum - answers)
    scores = keyed.reshape(len(keyed), -1) @ weights.T
    outcomes = [units.observed[name].astype(float) for name in outcome_names(population)]
    return np.column_stack([scores, *outcomes])


def outcome_names(population: Population) -> tuple[str, ...]:
    """Observed outcomes of units."""
    variables = population.spec.unit_variables.items()
    return tuple(name for name, variable in variables if isinstance(variable, OutcomeVariable))


def score_names(population: Population) -> tuple[str, ...]:
    """Unit-level variables of the reference, in order."""
    return (*_score_parts(population), *outcome_names(population))


def _score_parts(population: Population) -> dict[str, dict[str, float]]:
    """Scores by their item weights within one informant."""
    parts = dict(score_items(population, "dimension"))
    items = population.items
    for construct in population.spec.constructs:
        own = [item.id for item in items if item.construct == construct and item.kind == "content"]
        parts[construct] = {item: 1.0 / len(own) for item in own}
        parts |= {item: {item: 1.0} for item in own}
    parts |= {item.id: {item.id: 1.0} for item in items if item.kind == "overall"}
    return parts


def score_weights(population: Population, items: ItemPlan) -> Floats:
    """Weights (scores, R·I) that turn a unit's keyed answers into means over the roles that answer."""
    parts = _score_parts(population)
    weights = np.zeros((len(parts), *items.asked.shape))
    for row, score in enumerate(parts.values()):
        where = [items.ids.index(item) for item in score]
        asked = items.asked[:, where]
        weights[row][:, where] = asked * np.array(list(score.values())) / asked.sum(axis=0)
    return weights.reshape(len(parts), -1)


def _error(estimates: Floats) -> Floats:
    """Standard error of the mean over batches."""
    result: Floats = estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
    return result


def _moments(names: tuple[str, ...], everything: Floats, batches: list[Floats]) -> pd.DataFrame:
    covariance = np.atleast_2d(np.cov(everything.T))
    correlation: Floats = np.atleast_2d(np.corrcoef(everything.T))
    error = _error(np.array([np.corrcoef(batch.T) for batch in batches]))
    rows, columns = np.triu_indices(len(names))
    return pd.DataFrame(
        {
            "a": [names[i] for i in rows],
            "b": [names[i] for i in columns],
            "covariance": covariance[rows, columns],
            "correlation": correlation[rows, columns],
            "mcse": error[rows, columns],
        }
    )


def _means(names: tuple[str, ...], everything: Floats, batches: list[Floats]) -> pd.DataFrame:
    error = _error(np.array([batch.mean(axis=0) for batch in batches]))
    return pd.DataFrame({"variable": names, "mean": everything.mean(axis=0), "mcse": error})


def _paths(
    population: Population, names: tuple[str, ...], everything: Floats, batches: list[Floats]
) -> pd.DataFrame:
    rows = []
    for construct, spec in population.spec.constructs.items():
        stated = _stated_paths(spec)
        if not stated or not set(_variables(spec)) <= {*names, ALIGNMENT}:
            continue
        observed = _regression(population, construct, spec, names, everything)
        error = _error(
            np.array([_regression(population, construct, spec, names, batch) for batch in batches])
        )
        rows += [
            (construct, cause, latent, float(observed[i]), float(error[i]))
            for i, (cause, latent) in enumerate(stated.items())
        ]
    return pd.DataFrame(rows, columns=["lhs", "rhs", "latent", "observed", "mcse"])


def _stated_paths(spec: ConstructSpec) -> dict[str, float]:
    products = {f"{m.predictor}:{m.moderator}": m.coefficient for m in spec.moderations}
    return {**spec.paths, **products}


def _variables(spec: ConstructSpec) -> list[str]:
    return [*spec.paths, *(name for m in spec.moderations for name in (m.predictor, m.moderator))]


def _regression(
    population: Population, construct: str, spec: ConstructSpec, names: tuple[str, ...], scores: Floats
) -> Floats:
    """Least squares of one standardised score on its causes; products are of standardised scores."""

    def standard(name: str) -> Floats:
        if name == ALIGNMENT:
            values = scores[:, [names.index(key) for key in population.dimension_keys]].mean(axis=1)
        else:
            values = scores[:, names.index(name)]
        result: Floats = (values - values.mean()) / values.std()
        return result

    columns = [standard(name) for name in spec.paths]
    columns += [standard(m.predictor) * standard(m.moderator) for m in spec.moderations]
    design = np.column_stack([np.ones(len(scores)), *columns])
    solution = np.linalg.lstsq(design, standard(construct), rcond=None)[0]
    return np.asarray(solution[1:], dtype=np.float64)
