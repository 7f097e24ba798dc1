"""How each rule is calibrated: the computation that decides, the populations that differ in it, and what is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from comply_measure.errors import ComplyError
from comply_measure.evidence.calibration import (
    agreement as agreeing,
    gaps,
    informants,
    journeys,
    measures,
    models,
    pairs,
    quality as missing,
    reliability as reliable,
    structure as structural,
    units,
)
from comply_measure.simulation.nulls import STATED
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    from comply_measure.evidence.base import Evidence
    from comply_measure.evidence.verdicts import Answer
    from comply_measure.responses import Responses

Kind = Literal["informants", "journeys", "pairs"]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A rule and its truth.

    Parameters
    ----------
    rule : str
        Key of the rule.
    compute : callable
        ``compute(responses, seed)``: the evidence with its verdicts; the same function for rules of one topic, so that
        it runs once.
    truth : callable
        ``truth(known, subject)``: the answers that are right, beside "cannot say", which never is wrong; none where the
        population does not decide.
    populations : tuple of str
        The population itself and those nulls of it that the rule must tell apart.
    says : str
        What counts as right, in words.
    kind : {"informants", "journeys", "pairs"}
        Of its populations: `known` is a ``Known``, a ``KnownJourney`` or a ``KnownPairs``.
    """

    rule: str
    compute: Callable[[Responses, int], Evidence]
    truth: Callable[[Any, tuple[str, ...]], tuple[Answer, ...]]
    populations: tuple[str, ...]
    says: str
    kind: Kind = "informants"


#: By key of the rule.
CALIBRATED: Mapping[str, Calibrated] = MappingProxyType(
    {
        entry.rule: entry
        for entry in (
            Calibrated(
                "structure.path",
                structural.compute,
                structural.path_truth,
                (STATED, "no_paths"),
                structural.PATH_SAYS,
            ),
            Calibrated(
                "agreement.more_than_rematched",
                agreeing.compute,
                agreeing.rematched_truth,
                (STATED, "no_agreement"),
                agreeing.REMATCHED_SAYS,
            ),
            Calibrated(
                "agreement.unit_mean_reliable",
                agreeing.compute_means,
                agreeing.unit_mean_truth,
                (STATED, "no_agreement", "no_dispute"),
                agreeing.UNIT_MEAN_SAYS,
            ),
            Calibrated(
                "reliability.score",
                reliable.compute,
                reliable.score_truth,
                (STATED, "weak_items"),
                reliable.SCORE_SAYS,
            ),
            Calibrated(
                "quality.missing_depends",
                missing.compute,
                missing.depends_truth,
                (STATED, "missing_at_random"),
                missing.DEPENDS_SAYS,
            ),
            Calibrated(
                "structure.moderation",
                structural.compute_moderations,
                structural.moderation_truth,
                (STATED, "no_paths"),
                structural.MODERATION_SAYS,
            ),
            Calibrated(
                "structure.indirect",
                structural.compute_indirect,
                structural.indirect_truth,
                (STATED, "no_paths"),
                structural.INDIRECT_SAYS,
            ),
            Calibrated(
                "structure.moderated_mediation",
                structural.compute_moderated_mediations,
                structural.moderated_mediation_truth,
                (STATED, "no_paths"),
                structural.MODERATED_MEDIATION_SAYS,
            ),
            Calibrated(
                "models.fit",
                models.compute_fits,
                models.fit_truth,
                (STATED, "one_dimension"),
                models.FIT_SAYS,
            ),
            Calibrated(
                "models.predicts",
                models.compute_predicted,
                models.predicts_truth,
                (STATED, "one_dimension"),
                models.PREDICTS_SAYS,
            ),
            Calibrated(
                "dimensionality.confirmed",
                models.compute_halves,
                models.confirmed_truth,
                (STATED, "one_dimension"),
                models.CONFIRMED_SAYS,
            ),
            Calibrated(
                "rivals.superordinate",
                models.compute_claims,
                models.superordinate_truth,
                (STATED, "weak_items"),
                models.SUPERORDINATE_SAYS,
            ),
            Calibrated(
                "sample.roles_differ",
                informants.compute_roles,
                informants.roles_truth,
                (STATED, "alike_informants"),
                informants.ROLES_SAYS,
            ),
            Calibrated(
                "method_variance.marker",
                informants.compute_marker,
                informants.marker_truth,
                (STATED, "no_method"),
                informants.MARKER_SAYS,
            ),
            Calibrated(
                "method_variance.wording",
                informants.compute_wording,
                informants.wording_truth,
                (STATED, "no_method"),
                informants.WORDING_SAYS,
            ),
            Calibrated(
                "aggregation.incremental",
                units.compute_incremental,
                units.incremental_truth,
                (STATED, "no_outcomes"),
                units.INCREMENTAL_SAYS,
            ),
            Calibrated(
                "congruence.broad",
                units.compute_congruence,
                units.broad_truth,
                (STATED, "no_outcomes"),
                units.BROAD_SAYS,
            ),
            Calibrated(
                "aggregation.known_groups",
                units.compute_groups,
                units.groups_truth,
                (STATED, "no_outcomes"),
                units.GROUPS_SAYS,
            ),
            Calibrated(
                "generalisability.holds",
                units.compute_holds,
                units.holds_truth,
                (STATED, "alike_units"),
                units.HOLDS_SAYS,
            ),
            Calibrated(
                "items.goes_with",
                measures.compute_items,
                measures.item_truth,
                (STATED, "weak_items"),
                measures.ITEM_SAYS,
            ),
            Calibrated(
                "items.adds",
                measures.compute_redundancy,
                measures.adds_truth,
                (STATED, "repeated_items"),
                measures.ADDS_SAYS,
            ),
            Calibrated(
                "validity.convergent",
                measures.compute_validity,
                measures.convergent_truth,
                (STATED, "weak_items"),
                measures.CONVERGENT_SAYS,
            ),
            Calibrated(
                "validity.distinct",
                measures.compute_validity,
                measures.distinct_truth,
                (STATED, "one_dimension"),
                measures.DISTINCT_SAYS,
            ),
            Calibrated(
                "triads.closer",
                measures.compute_closer,
                measures.closer_truth,
                (STATED, "no_agreement"),
                measures.CLOSER_SAYS,
            ),
            Calibrated("invariance.gap", gaps.compute, gaps.gap_truth, (STATED, "no_gaps"), gaps.GAP_SAYS),
            Calibrated(
                "actions.disputed",
                gaps.compute,
                gaps.disputed_truth,
                (STATED, "no_gaps"),
                gaps.DISPUTED_SAYS,
            ),
            Calibrated(
                "actions.low",
                gaps.compute_levels,
                gaps.low_truth,
                (STATED, "no_gaps"),
                gaps.LOW_SAYS,
            ),
            *(
                Calibrated(key, journeys.compute, truth, (STATED, "flat_journey"), says, "journeys")
                for key, truth, says in (
                    ("journey.differs", journeys.differs_truth, journeys.DIFFERS_SAYS),
                    ("journey.loop", journeys.loop_truth, journeys.LOOP_SAYS),
                    ("journey.weak", journeys.weak_truth, journeys.WEAK_SAYS),
                    ("journey.disputed", journeys.disputed_truth, journeys.DISPUTED_SAYS),
                )
            ),
            Calibrated(
                "pairs.differ",
                pairs.compute,
                pairs.differ_truth,
                (STATED, "alike_pairs"),
                pairs.DIFFER_SAYS,
                "pairs",
            ),
            Calibrated(
                "pairs.minimum_adds",
                pairs.compute,
                pairs.minimum_truth,
                (STATED, "no_minimum"),
                pairs.MINIMUM_SAYS,
                "pairs",
            ),
        )
    }
)


def calibrated(keys: tuple[str, ...], kind: Kind = "informants") -> tuple[Calibrated, ...]:
    """Entries of rules; without keys all of a kind of populations.

    Raises
    ------
    ComplyError
        For a rule that has none, or one of another kind of population.
    """
    if len(set(keys)) < len(keys):
        raise ComplyError(f"a rule is named twice: {', '.join(keys)}")
    known = {key: entry for key, entry in CALIBRATED.items() if entry.kind == kind}
    for key in keys:
        require_known("rule with a truth", key, known)
    return tuple(known[key] for key in keys or known)
