"""Truth of items, dimensions and pairs of roles: what goes with what."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from comply_measure.evidence.base import topic_seeds
from comply_measure.evidence.calibration.decided import Decided
from comply_measure.evidence.calibration.known import CHEAP_VALIDITY, beside
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics.items import (
    formed_items,
    item_verdicts,
    pooled_items,
    redundancy_verdicts,
)
from comply_measure.evidence.topics.triads import TriadOptions, closer_verdicts
from comply_measure.evidence.topics.validity import validity
from comply_measure.triads import TriadData, pseudo_baseline

if TYPE_CHECKING:
    from comply_measure.evidence.calibration.known import Known
    from comply_measure.evidence.topics.validity import ValidityEvidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

_Z = 1.96

ITEM_SAYS = (
    "The correlation of the item with the rest of its construct in one study of 10,000 units, careless informants "
    "among "
    "them. Right is the side of the convention on which its 95 % interval lies, both where the interval covers the "
    "convention. Items of the first scale with dimensions, without those that form their attribute."
)
ADDS_SAYS = (
    "VIF in one study of 10,000 units, careless informants among them. Right is the side of the convention on which "
    "its 95 % interval lies, both where the interval covers the convention. Items of the first scale that form their "
    "attribute."
)
CONVERGENT_SAYS = (
    "AVE in one study of 10,000 units, careless informants among them. Right is the side of the convention on "
    "which its "
    "95 % interval lies, both where the interval covers the convention. Calibrated without the bootstrap of ratios, "
    "merged models and models by role."
)
DISTINCT_SAYS = (
    "The factor correlation in one study of 10,000 units, careless informants among them; right as for AVE."
)
CLOSER_SAYS = (
    "Right is “not supported” where informants of a unit share nothing, “supported” elsewhere: every dimension has a "
    "consensus share in every role. Calibrated without the rest of the topic and without profiles."
)


def compute_items(responses: Responses, seed: int) -> Decided:
    """Items of the focal scale over all informants."""
    chosen = chosen_focal(responses, None)
    return Decided(partial(item_verdicts, pooled_items(chosen), chosen.n_units))


def item_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one item."""
    table = known.large_items
    row = table[table["item"] == subject[0]]
    if row.empty:
        return ()
    z, n = math.atanh(float(row["item_rest_r"].iloc[0])), int(row["n_informants"].iloc[0])
    half = _Z / math.sqrt(n - 3)
    return beside(math.tanh(z - half), math.tanh(z + half), known.conventions["item_rest_r"])


def compute_redundancy(responses: Responses, seed: int) -> Decided:
    """Items of the focal scale that form their attribute, over all informants."""
    return Decided(partial(redundancy_verdicts, formed_items(chosen_focal(responses, None))))


def adds_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one item of an index."""
    for row in known.large_redundancy.to_dict("records"):
        if row["item"] == subject[0]:
            ends = (-float(row["vif_upper"]), -float(row["vif_lower"]))
            return beside(*ends, -known.conventions["vif"])
    return ()


def compute_validity(responses: Responses, seed: int) -> ValidityEvidence:
    """AVE and factor correlations over all informants."""
    return validity(responses, CHEAP_VALIDITY, seed=seed)


def convergent_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one dimension's AVE."""
    found = known.large_validity.matrix.convergent
    table = None if found is None else found.tidy()
    if table is None or subject[0] not in set(table["construct"]):
        return ()
    row = table[table["construct"] == subject[0]].iloc[0]
    half = _Z * float(row["ave_se"])
    return beside(float(row["ave"]) - half, float(row["ave"]) + half, known.conventions["ave"])


def distinct_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one pair of dimensions."""
    table = known.large_validity.pairs
    if table is None:
        return ()
    rows = table[(table["construct"] == subject[0]) & (table["other"] == subject[1])]
    if rows.empty:
        return ()
    low, high = sorted(abs(float(rows[name].iloc[0])) for name in ("lower", "upper"))
    return beside(-high, -low, -known.conventions["distinct"])


def compute_closer(responses: Responses, seed: int) -> Decided:
    """Real against re-matched pairs."""
    chosen = chosen_focal(responses, None)
    scores = chosen.scores("dimension" if chosen.by_scores else chosen.level)
    firm = "firm" if responses.n_firms > 1 else None
    data = TriadData.from_long(scores, list(chosen.factors), firm=firm, roles=chosen.roles)
    drawn = int(topic_seeds("triads", seed).generate_state(2)[1])
    table = pseudo_baseline(data, replications=TriadOptions().replications, seed=drawn, profiles=False)
    return Decided(partial(closer_verdicts, table))


def closer_truth(known: Known, subject: tuple[str, ...]) -> tuple[Answer, ...]:
    """Right answers on one dimension and pair of roles."""
    return ("not supported",) if known.nothing_shared else ("supported",)
