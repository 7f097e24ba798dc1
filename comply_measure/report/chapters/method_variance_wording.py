"""Reverse wording within the chapter on common method variance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.reverse_wording import ATTENTIVE, EVERYONE
from comply_measure.report.chapters.columns import labelled, sentences
from comply_measure.report.format import bounded, percent
from comply_measure.report.modes import read_reflectively
from comply_measure.report.parts import Block, Details, Heading, Notice, Prose
from comply_measure.report.tables import Columns, of, table_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.evidence.reverse_wording import ReverseWording
    from comply_measure.evidence.topics.method_variance import MethodVarianceEvidence
    from comply_measure.report.labels import Labels

_TOLD_APART = "the two factors are told from the constructs by what items of a construct share"
_SAMPLES = {EVERYONE: "All informants", ATTENTIVE: "Without those flagged as careless"}
_EFFECTS: Columns = (
    of("sample", "label"), "n_informants", "wording_share", of("wording_share_ci", "share"), "p",
    of("loading", "loading"), "agreeing_share", "remark",
)  # fmt: skip
_SCORES: Columns = (
    of("construct", "label"), "n_items", "n_reverse", of("substantive_share", "without", heading="Without the two"),
    of("substantive_share", "substantive", heading="With them"), of("wording_share", "wording"),
    of("agreeing_share", "agreeing"),
)  # fmt: skip
_ITEMS: Columns = (
    "item", of("attribute", "label"), "reverse_keyed", of("loading", "without", heading="Without the two"),
    of("loading", "substantive", heading="With them"), of("loading", "wording", heading="Wording"),
    of("loading", "agreeing", heading="Agreeing"),
)  # fmt: skip


def wording_blocks(facts: MethodVarianceEvidence, labels: Labels) -> list[Block]:
    """What reverse-keyed items share, and what that does to loadings and scores."""
    found, head = facts.wording, Heading("Reverse wording")
    if found is None:
        return [head, Notice(f"No factor of reverse wording: {facts.obstacles['wording']}.", "info")]
    blocks: list[Block] = [head, Prose(_prose(found))]
    data = labelled(found.effects, label=(_SAMPLES.__getitem__, "sample"))
    blocks.append(
        table_of(
            facts,
            "method_variance_wording",
            f"{facts.title}: factor of reverse wording",
            data,
            _EFFECTS,
            "Wording: mean share of a reverse-keyed item's variance, with 95% CI; p one-sided (the share is a "
            "variance). Loading: its root. Agreeing: share of every item's variance by the factor that moves "
            "reverse-keyed items against the others.",
            *read_reflectively(facts.formed, labels, _TOLD_APART),
            *sentences(found.notes),
        )
    )
    return [*blocks, *_details(facts, found, labels)]


def _details(facts: MethodVarianceEvidence, found: ReverseWording, labels: Labels) -> list[Block]:
    if found.items.empty:
        return []
    scores = labelled(found.scores, label=(labels.construct, "construct"))
    items = labelled(found.items, label=(labels.construct, "attribute"))
    items["reverse_keyed"] = items["reverse_keyed"].map({True: "yes", False: "no"})
    return [
        Details(
            "Loadings and scores with and without the two factors",
            (
                table_of(
                    facts,
                    "method_variance_wording_scores",
                    f"{facts.title}: scores with and without factors of wording and agreeing",
                    scores,
                    _SCORES,
                    "Share of the score's variance that attributes carry, in the model without and with the two "
                    "factors, and shares of these; what is particular to an attribute counts as content here. The rest "
                    "is error.",
                ),
                table_of(
                    facts,
                    "method_variance_wording_items",
                    f"{facts.title}: standardised loadings with and without factors of wording and agreeing",
                    items,
                    _ITEMS,
                ),
            ),
        )
    ]


def _prose(found: ReverseWording) -> str:
    text = (
        f"A factor behind the {found.n_reverse} reverse-keyed of {found.n_items} items, and one of agreeing with "
        "everything, stand beside the attributes in one model of all items."
    )
    if found.items.empty:
        return text
    reverse = found.items["reverse_keyed"].astype(bool)
    columns = ["without", "substantive"]
    plain, turned = found.items.loc[~reverse, columns].mean(), found.items.loc[reverse, columns].mean()
    change = _largest(found.scores)
    return (
        f"{text} Loadings on the attributes are {bounded(turned['without'])} on average for reverse-keyed items "
        f"without the two factors and {bounded(turned['substantive'])} with them, {bounded(plain['without'])} and "
        f"{bounded(plain['substantive'])} for the others; the share of a score's variance that attributes carry "
        f"changes by at most {percent(change)}."
    )


def _largest(scores: pd.DataFrame) -> float:
    return float((scores["substantive"] - scores["without"]).abs().max())
