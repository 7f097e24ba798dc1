"""Draw answers: latent answers cut into categories, then carelessness, gaps and absent informants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from comply_measure.simulation.informant_level import InformantDraw
from comply_measure.simulation.logistic import logistic, logistic_intercept
from comply_measure.simulation.plan import Bools, Floats, Integers, ItemPlan
from comply_measure.simulation.population import Population
from comply_measure.simulation.schema import CarelessSpec, by_role
from comply_measure.simulation.unit_level import DECIMALS, UnitDraw, cumulative, cut

ATTENTIVE = "attentive"
CARELESS_KINDS = (ATTENTIVE, "straightliner", "random")
ANSWERED, NOT_ANSWERED, CANNOT_JUDGE, NOT_ASKED, DOES_NOT_APPLY = range(5)


@dataclass(frozen=True, slots=True)
class AnswerDraw:
    """Raw answers and why some are missing, (n_units, R, I); careless kind, who is asked, absence, (n_units, R)."""

    answers: Integers
    reason: Integers
    careless: Integers
    invited: Bools
    absent: Bools


class AnswerStreams(NamedTuple):
    """Random streams by purpose."""

    items: np.random.Generator
    careless: np.random.Generator
    gaps: np.random.Generator
    absence: np.random.Generator


def draw_answers(
    population: Population, plan: ItemPlan, units: UnitDraw, informants: InformantDraw, streams: AnswerStreams
) -> AnswerDraw:
    """Simulate the raw answers of a block.

    Parameters
    ----------
    population : Population
    plan : ItemPlan
        Its item parameters.
    units, informants : UnitDraw, InformantDraw
        The block's units and perceptions.
    streams : AnswerStreams

    Returns
    -------
    AnswerDraw
    """
    attentive = attentive_answers(plan, informants, streams.items)
    kind, answers = _with_careless(population.spec.careless, plan, attentive, streams.careless)
    reason = _reasons(population, plan, informants.competence, streams.gaps)
    absent = _absent(population, units, kind.shape, streams.absence)
    invited = _invited(population, len(kind), streams.absence)
    return AnswerDraw(answers, reason, kind, invited, absent)


def attentive_answers(plan: ItemPlan, informants: InformantDraw, normal: np.random.Generator) -> Integers:
    """Raw answers (n_units, R, I) of informants who read every item."""
    n_units, n_roles, _ = informants.targets.shape
    size = len(plan.ids)
    specific = normal.standard_normal((n_units, 1, size))
    noise = normal.standard_normal((n_units, n_roles, size))
    slope = plan.noise_slope
    factor = np.exp(-slope * informants.competence - slope**2)[..., None]
    unique = np.sqrt(plan.specific_share) * specific + np.sqrt(1.0 - plan.specific_share) * factor * noise
    latent = (
        plan.loading * informants.targets[:, :, plan.target]
        + plan.method * informants.method[..., None]
        + plan.wording * informants.wording[..., None]
        + plan.unique_sd * unique
    )
    step = cut(latent, plan.thresholds)
    answers = np.where(plan.keying > 0, plan.minimum + step, plan.maximum - step)
    return np.where(plan.instructed > 0, plan.instructed, answers)


def _with_careless(
    spec: CarelessSpec, plan: ItemPlan, attentive: Integers, stream: np.random.Generator
) -> tuple[Integers, Integers]:
    """Kind of every informant and the answers with careless ones replaced.

    All variates are drawn for every informant, so that the share does not shift the stream.
    """
    n_units, n_roles, size = attentive.shape
    flagged = stream.random((n_units, n_roles)) < spec.share
    shares = (spec.kinds.get("straightliner", 0.0), spec.kinds.get("random", 0.0))
    kind = np.where(flagged, 1 + cut(stream.random((n_units, n_roles)), cumulative(shares)), 0)
    straight = _straight_answers(spec, (n_units, n_roles, size), stream)
    random = stream.integers(plan.minimum, plan.maximum + 1, size=attentive.shape)
    straight = np.clip(straight, plan.minimum, plan.maximum)
    chosen = kind[..., None]
    return kind, np.where(chosen == 1, straight, np.where(chosen == 2, random, attentive))


def _straight_answers(
    spec: CarelessSpec, shape: tuple[int, int, int], stream: np.random.Generator
) -> Integers:
    """One answer throughout, now and then one category beside it."""
    values = np.array(list(spec.straightline_answers), dtype=np.int64)
    limits = cumulative(tuple(spec.straightline_answers.values()))
    answer = values[cut(stream.random(shape[:2]), limits)][..., None]
    slip = stream.random(shape) < spec.straightline_deviation
    side = np.where(stream.random(shape) < 0.5, -1, 1)
    return answer + slip * side


def _reasons(
    population: Population, plan: ItemPlan, competence: Floats, stream: np.random.Generator
) -> Integers:
    """Why an answer is missing; "not answered" goes before "does not apply", and that before "cannot judge"."""
    shape = (*competence.shape, len(plan.ids))
    skipped = stream.random(shape) < population.spec.missing.items
    doubt = (stream.random(shape) < _doubt(population, competence)[..., None]) & plan.judged
    reason = np.where(doubt, CANNOT_JUDGE, ANSWERED)
    if share := population.spec.missing.does_not_apply:
        void = (stream.random((shape[0], 1, shape[2])) < share) & ~plan.applies
        reason = np.where(void, DOES_NOT_APPLY, reason)
    reason = np.where(skipped, NOT_ANSWERED, reason)
    return np.where(plan.asked, reason, NOT_ASKED)


def _doubt(population: Population, competence: Floats) -> Floats:
    """Probability of "cannot judge" of each informant."""
    spec = population.spec.missing.cannot_judge
    slope = spec.competence_slope
    shares = [by_role(spec.share, seat.role) for seat in population.seats]
    intercepts = np.array([logistic_intercept(share, slope) for share in shares])
    return np.round(logistic(intercepts + slope * competence), DECIMALS)


def _absent(
    population: Population, units: UnitDraw, shape: tuple[int, ...], stream: np.random.Generator
) -> Bools:
    """Informants who do not take part: missing at random given an observed unit variable."""
    spec = population.spec.missing.informants
    shares = [by_role(spec.share, seat.role) for seat in population.seats]
    slope = spec.slope if spec.predictor is not None else 0.0
    standing = units.latent[spec.predictor] if spec.predictor is not None else np.zeros(shape[0])
    intercepts = np.array([logistic_intercept(share, slope) for share in shares])
    probability = np.round(logistic(intercepts + slope * standing[:, None]), DECIMALS)
    return stream.random(shape) < probability


def _invited(population: Population, n_units: int, stream: np.random.Generator) -> Bools:
    """Which informants a unit has: one per role, and second ones in the stated share of units."""
    seats = population.seats
    chosen = np.ones((n_units, len(seats)), dtype=bool)
    for place in range(len(population.roles), len(seats)):
        chosen[:, place] = stream.random(n_units) < seats[place].share
    return chosen
