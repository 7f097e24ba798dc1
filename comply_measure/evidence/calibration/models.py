"""Truth of fitted models: fit, confirmation in another half, superordinate constructs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from comply_measure.evidence.base import topic_seeds
from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.calibration.known import FITS, beside
from comply_measure.evidence.factor_data import measured_data, rows_used
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.superordinate import claims, rival_data, superordinate_verdicts
from comply_measure.evidence.topics.cfa import (
    CfaOptions,
    cfa,
    cross_validated,
    model_texts,
    predicts_verdicts,
)
from comply_measure.evidence.topics.dimensionality import (
    DimensionalityOptions,
    confirmed_verdicts,
    split_halves,
)
from comply_measure.evidence.topics.rivals import RivalOptions
from comply_measure.tables.roles import role_centred

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.topics.cfa import CfaEvidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

#: How far CFI and SRMR of the large study may be from those of the population.
_CLOSE = 0.003
#: Loading on alignment from which dimensions count as one.
_SAME = 0.99
_EITHER: tuple[Answer, ...] = ("supported", "not supported")

FIT_SAYS = (
    "RMSEA, CFI and SRMR in one study of 10,000 units, careless and absent informants among them. Right is the side of "
    "the conventions on which they lie (“supported” where all three meet theirs, else “not supported”), both where "
    "the interval of RMSEA covers its convention or another index lies within .003 of its own."
)
PREDICTS_SAYS = (
    "“Supported” is right where the population has several dimensions, “not supported” where they are one. Calibrated "
    "without the rest of the topic."
)
CONFIRMED_SAYS = (
    "Both halves come from one population whose indicators have a simple structure: “supported” is right, and “not "
    "supported” wrong, also where the half explored was too small to find it. Calibrated without the other parts of "
    "the topic."
)
SUPERORDINATE_SAYS = (
    "Overall items and dimensions depend on alignment and on nothing else in common: “supported” is right. No "
    "population has an aggregate, so that only wrong refusals can be counted. Calibrated without the rival structures."
)


def compute_fits(responses: Responses, seed: int) -> CfaEvidence:
    """The structures over all informants."""
    return cfa(responses, FITS)


def fit_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on the fit of one structure."""
    for row in known.large_fits.to_dict("records"):
        if row["model"] != subject[0]:
            continue
        need = {name: known.conventions[name] for name in ("rmsea", "cfi", "srmr")}
        by_rmsea = beside(-row["rmsea_upper"], -row["rmsea_lower"], -need["rmsea"])
        if abs(row["cfi"] - need["cfi"]) < _CLOSE or abs(row["srmr"] - need["srmr"]) < _CLOSE:
            return _EITHER
        if row["cfi"] < need["cfi"] or row["srmr"] > need["srmr"]:
            return ("not supported",)
        return by_rmsea
    return ()


def compute_predicted(responses: Responses, seed: int) -> Decided:
    """The cross-validation of the structures."""
    options, chosen = CfaOptions(), chosen_focal(responses, None)
    everyone = measured_data(chosen, centred=options.role_centred)
    data = everyone[rows_used(everyone, "ml")]
    table, _ = cross_validated(chosen, model_texts(chosen, options), data, options, seed)
    return Decided(partial(predicts_verdicts, table))


def predicts_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one structure against one factor: it is right to prefer it unless the dimensions are one."""
    loadings = [part.loading for part in known.population.spec.dimensions.values()]
    return ("not supported",) if min(loadings) > _SAME else ("supported",)


def compute_halves(responses: Responses, seed: int) -> Decided:
    """The split sample."""
    options, chosen = DimensionalityOptions(), chosen_focal(responses, None)
    data = role_centred(chosen.indicators(), list(chosen.indicator_names))
    drawn = int(topic_seeds("dimensionality", seed).generate_state(2)[1])
    return Decided(partial(confirmed_verdicts, split_halves(data, chosen, options, drawn)))


def confirmed_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Every indicator of the populations depends on one dimension."""
    return ("supported",)


def compute_claims(responses: Responses, seed: int) -> Decided:
    """The tests with criteria."""
    options, chosen = RivalOptions().at_highest(responses), chosen_focal(responses, None)
    data = rival_data(chosen, centred=options.role_centred)
    found = claims(chosen, data[rows_used(data, "ml")], options).tidy()
    return Decided(partial(superordinate_verdicts, found, chosen.top))


def superordinate_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """What is above the dimensions is all that overall items share with them."""
    return ("supported",)
