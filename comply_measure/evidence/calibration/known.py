"""What holds in a population: closed forms, and one very large study of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from comply_measure.evidence.calibration.implied_gaps import ImpliedLatent, implied_latent
from comply_measure.evidence.calibration.result import SEPARATOR
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics.agreement import AgreementOptions, agreement
from comply_measure.evidence.topics.cfa import CfaOptions, cfa
from comply_measure.evidence.topics.items import formed_items, pooled_items
from comply_measure.evidence.topics.validity import ValidityEvidence, ValidityOptions, validity
from comply_measure.evidence.verdicts import by_interval
from comply_measure.responses import responses_from_frame
from comply_measure.simulation import simulate
from comply_measure.simulation.files import default_set
from comply_measure.simulation.nulls import null_population
from comply_measure.triads import icc_oneway

if TYPE_CHECKING:
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses
    from comply_measure.simulation import Population, SimulatedStudy

#: Units of the study that stands in where there is no closed form, and its seed.
LARGE_UNITS = 10_000
LARGE_SEED = 20_260_101
#: Models of which nothing but the fit over all informants is asked.
FITS = CfaOptions(by_role=False, two_level=False, folds=0)
CHEAP_VALIDITY = ValidityOptions(replications=0, merge=False, by_role=False)


class Truths:
    """Right answers of a population, each computed once."""

    def right(
        self, truth: Callable[[Any, tuple[str, ...]], tuple[Answer, ...]], subject: str
    ) -> tuple[Answer, ...]:
        """Right answers on a subject (its parts joined)."""
        key = (truth, subject)
        if key not in self._answers:
            self._answers[key] = truth(self, tuple(subject.split(SEPARATOR)) if subject else ())
        return self._answers[key]

    @cached_property
    def _answers(self) -> dict[tuple[object, str], tuple[Answer, ...]]:
        return {}


@dataclass(frozen=True)
class Known(Truths):
    """A population and what is computed of it once.

    Parameters
    ----------
    population : Population
        As it is asked.
    conventions : mapping of str to float
        Cut-offs in force, by key.
    """

    population: Population
    conventions: Mapping[str, float]

    def drawing(self, n_units: int) -> Callable[[int], Responses]:
        """Answers of a study of so many units in expectation, by seed."""
        return partial(_drawn, self.population.with_units(n_units))

    @cached_property
    def analysed(self) -> Population:
        """With the attribute set that analyses use."""
        return self.population.with_attribute_set(default_set(self.population))

    @cached_property
    def attentive(self) -> Known:
        """The same population without careless informants."""
        return Known(null_population(self.population, "attentive"), self.conventions)

    @cached_property
    def large(self) -> SimulatedStudy:
        """A very large study of it, careless and absent informants among them."""
        return simulate(self.population.with_units(LARGE_UNITS), LARGE_SEED)

    @cached_property
    def large_responses(self) -> Responses:
        """Its answers."""
        return responses_of(self.large)

    @cached_property
    def large_scores(self) -> pd.DataFrame:
        """Its scores of dimensions and constructs, with ``informant`` and ``role``."""
        data, parts = self.large_responses.data[["informant", "role"]], []
        for scale in self.large_responses.scales:
            found = self.large_responses.scores("dimension", scale.key)
            parts.append(found.drop(columns=["unit", "firm", "role"]))
        return pd.concat([data, *parts], axis=1)

    @cached_property
    def rematched(self) -> pd.DataFrame:
        """Agreement beyond re-matched units in a large study, with intervals; a fifth of the units, each ten times."""
        study = simulate(self.population.with_units(LARGE_UNITS // 5), LARGE_SEED)
        options = AgreementOptions(bootstrap=0, nulls=("uniform",), rematchings=10)
        return agreement(responses_of(study), options, seed=LARGE_SEED).rematched

    @cached_property
    def unit_means(self) -> pd.DataFrame:
        """ICC(2) of the dimensions in the very large study, with intervals."""
        chosen = chosen_focal(self.large_responses, None)
        return icc_oneway(chosen.scores("dimension"), list(chosen.wholes)).tidy()

    @cached_property
    def large_fits(self) -> pd.DataFrame:
        """Fit of the structures in the very large study."""
        return cfa(self.large_responses, FITS).tidy()

    @cached_property
    def large_items(self) -> pd.DataFrame:
        """Items of the focal scale in the very large study, over all informants."""
        return pooled_items(chosen_focal(self.large_responses, None))

    @cached_property
    def large_redundancy(self) -> pd.DataFrame:
        """Items of the focal scale that form their attribute, in the very large study."""
        return formed_items(chosen_focal(self.large_responses, None))

    @cached_property
    def large_validity(self) -> ValidityEvidence:
        """AVE and factor correlations in the very large study."""
        return validity(self.large_responses, CHEAP_VALIDITY)

    @cached_property
    def few(self) -> Responses:
        """A small study, for the structure of the scales as analyses have it."""
        return responses_of(simulate(self.population.with_units(20), LARGE_SEED))

    @cached_property
    def latent(self) -> ImpliedLatent:
        """Latent gaps and distances that it implies."""
        return implied_latent(self.analysed, chosen_focal(self.few, None))

    @cached_property
    def _levels(self) -> pd.DataFrame:
        chosen = chosen_focal(self.large_responses, None)
        scores = chosen.scores(chosen.level)
        names = [name for name in scores.columns if name not in ("unit", "firm", "role")]
        return scores.groupby(["firm", "role"])[names].mean().groupby("firm").mean()

    def level(self, attribute: str) -> tuple[float, float]:
        """Mean of the role means of an attribute in the very large study, and its error over firms."""
        means = self._levels[attribute]
        return float(means.mean()), float(means.std() / len(means) ** 0.5)

    @property
    def nothing_shared(self) -> bool:
        """Whether informants of a unit have nothing in common: no consensus on anything, no shared part of items."""
        spec = self.population.spec
        shares = [spec.alignment.consensus_share]
        shares += [part.consensus_share for part in spec.dimensions.values()]
        shares += [part.consensus_share for part in spec.attributes.values()]
        shared = (share for by_role in shares for share in by_role.values())
        return not spec.items.specific_share and spec.sample.second_informants is None and not any(shared)


def beside(lower: float, upper: float, threshold: float) -> tuple[Answer, ...]:
    """Right answers to whether a quantity is at least the threshold: both where its interval covers that."""
    answer = by_interval(lower, upper, threshold)
    return ("supported", "not supported") if answer == "cannot say" else (answer,)


def _drawn(population: Population, seed: int) -> Responses:
    return responses_of(simulate(population, seed))


def responses_of(study: SimulatedStudy) -> Responses:
    """The answers of a simulated study, checked as those of a file are."""
    population = study.population
    return responses_from_frame(
        study.responses,
        population.scales,
        attribute_set=default_set(population),
        form=population.spec.instrument.form,
        units=study.units,
        name=f"study of {population.source}",
        informants="first",
    )
