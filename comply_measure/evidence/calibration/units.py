"""Truth of what unit scores tell of criteria: incremental validity, known groups, congruence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics.aggregation import AggregationOptions, aggregation, known_group_verdicts
from comply_measure.evidence.topics.congruence import CongruenceOptions, congruence
from comply_measure.evidence.topics.generalisability import GeneralisabilityOptions, generalisability
from comply_measure.simulation.schema import OutcomeVariable
from comply_measure.simulation.unit_model import ALIGNMENT

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.topics.aggregation import AggregationEvidence
    from comply_measure.evidence.topics.congruence import CongruenceEvidence
    from comply_measure.evidence.topics.generalisability import GeneralisabilityEvidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

_EITHER: tuple[Answer, ...] = ("supported", "not supported")
INCREMENTAL_SAYS = (
    "Right is “supported” where the criterion's equation in the population file depends on the unit's alignment, “not "
    "supported” where it depends on nothing. Criteria are all variables of that kind, controls all other numbers."
)
GROUPS_SAYS = (
    "Two groupings: by the median of the first criterion, in whose equation alignment stands in the population file "
    "(“supported” is right) or not (“not supported”), and by the first variable of words that nothing in the file "
    "depends on (“not supported”)."
)
BROAD_SAYS = (
    "No criterion of the populations depends on how far roles' views differ: “not supported” is right. There is no "
    "population with such an effect, so that only wrong calls can be counted. Criteria as for incremental validity; "
    "calibrated without the latent models."
)
HOLDS_SAYS = (
    "Levels, role gaps and one path of the population by size (its logarithm), region and industry. The level by size "
    "is “not supported” where alignment depends on it in the population file (standardised, at least the small "
    "effect), everything else “supported”: nothing depends on region or industry, no gap and no path on size."
)
#: A path whose strength depends on nothing in the population.
_PATH = ("alignment", "joint_preparation")


def compute_incremental(responses: Responses, seed: int) -> AggregationEvidence:
    """Unit scores beside the controls."""
    criteria = _criteria(responses)
    numeric = responses.units.select_dtypes("number").columns
    controls = tuple(str(name) for name in numeric if name not in criteria)
    return aggregation(responses, AggregationOptions(criteria=criteria, controls=controls))


def incremental_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one criterion."""
    part = known.population.spec.unit_variables.get(subject[0])
    if not isinstance(part, OutcomeVariable):
        return ()
    if part.coefficients.get(ALIGNMENT):
        return ("supported",)
    return () if part.coefficients else ("not supported",)


def compute_groups(responses: Responses, seed: int) -> Decided:
    """The focal score by two groupings."""
    from comply_measure.triads import known_groups

    criterion, units = _criteria(responses)[0], responses.units
    flat = next(str(name) for name in units.columns if not pd.api.types.is_numeric_dtype(units[name]))
    high = units[criterion] > units[criterion].median()
    scores = aggregation(responses).scores
    data = scores[["unit", "firm"]].assign(
        score=scores[list(chosen_focal(responses, None).factors)].mean(axis=1, skipna=False),
        **{criterion: high.reindex(scores["unit"]).map({False: "low", True: "high"}).to_numpy()},
        **{flat: units[flat].reindex(scores["unit"]).to_numpy()},
    )
    values = tuple(sorted(data[flat].dropna().unique()))
    groupings = {criterion: ("low", "high"), flat: (values[0], values[-1])}
    found = known_groups(data, groupings, "score", cluster="firm" if responses.n_firms > 1 else None)
    return Decided(lambda conventions: tuple(known_group_verdicts(found, conventions)))


def groups_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one grouping."""
    part = known.population.spec.unit_variables.get(subject[0])
    depends = isinstance(part, OutcomeVariable) and bool(part.coefficients.get(ALIGNMENT))
    return ("supported",) if depends else ("not supported",)


def compute_holds(responses: Responses, seed: int) -> GeneralisabilityEvidence:
    """Levels, gaps and a path by a number and two groupings."""
    options = GeneralisabilityOptions(
        variables=("size", "region", "industry"),
        logs=("size",),
        paths=({"from": _PATH[0], "to": _PATH[1]},),
    )
    return generalisability(responses, options)


def holds_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one comparison."""
    what, variable = subject
    effect = abs(known.population.spec.alignment.predictors.get(variable, 0.0))
    if what or effect == 0:
        return ("supported",)
    return ("not supported",) if effect >= known.conventions["small_effect"] else _EITHER


def compute_congruence(responses: Responses, seed: int) -> CongruenceEvidence:
    """Surfaces of observed views."""
    options = CongruenceOptions(outcomes=_criteria(responses), latent=False, bootstrap=200)
    return congruence(responses, options, seed=seed)


def broad_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """No congruence effect is in any equation."""
    return ("not supported",)


def _criteria(responses: Responses) -> tuple[str, ...]:
    """Variables of units that are named as results of a unit."""
    return tuple(str(name) for name in responses.units.columns if str(name).startswith("customer_") and
                 name != "customer_type")  # fmt: skip
