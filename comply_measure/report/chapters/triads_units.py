"""Tables of the chapters on triads and gaps that go unit by unit, and WABA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.gaps import GapEvidence
from comply_measure.evidence.topics.triads import TriadEvidence
from comply_measure.report.chapters.columns import SINGLE_UNITS, labelled
from comply_measure.report.format import count
from comply_measure.report.labels import Labels
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 12
_SCORES: Columns = (
    "unit", "dimension", "n_informants", "score", "blup", of("se", "blup_se"), "common_fate",
    of("se", "common_fate_se"), of("unit_reliability", "reliability"), of("sd_roles", "sd"),
    of("odd_role", "odd_label"), "remark",
)  # fmt: skip
_WABA: Columns = (
    of("dimensions", "label"), "n_informants", "r", "r_between", "r_within", "component_between", "component_within",
)  # fmt: skip
_GAPS: Columns = ("unit", "dimension", of("roles", "pair_label"), "gap", "se", "z", "reliable")


def score_table(facts: TriadEvidence, labels: Labels) -> TableSpec:
    """Scores of every unit with their errors, what they are worth and who stands apart."""
    data = labelled(facts.units, 1, label=(labels.construct, "column"))
    data["odd_label"] = [role if role in ("", "tie") else labels.role(role) for role in data["odd_role"]]
    return table_of(
        facts,
        "triads_units",
        f"{facts.title}: scores of every unit",
        data,
        _SCORES,
        "Mean: after role means were taken off. BLUP and common fate: latent scores, drawn to the mean of all "
        "units as far as the unit's own informants leave doubt. Odd role: only with all roles.",
        SINGLE_UNITS,
        estimator="Any number of informants counts",
        rows_shown=_SHOWN,
    )


def waba_table(facts: TriadEvidence, labels: Labels) -> TableSpec:
    """Relations of dimensions within and between units."""
    data = facts.waba.copy()
    pairs = zip(data["x"], data["y"], strict=True)
    data.insert(0, "label", [f"{labels.construct(a)}, {labels.construct(b)}" for a, b in pairs])
    return table_of(
        facts,
        "triads_waba",
        f"{facts.title}: within and between analysis",
        data,
        _WABA,
        "r is the sum of both parts, η(x)·η(y)·r of each level (Dansereau et al., 1984). Between: "
        "unit means; within: deviations from them. Where units belong to firms, what units of one firm share is in the "
        "part between; its size is in the variance by level, chapter on agreement.",
        estimator="All informants who answered both",
    )


def gap_units_table(facts: GapEvidence, flags: pd.DataFrame, labels: Labels) -> TableSpec:
    """Gaps of every unit and which of them exceed measurement error; of very many, only those that do."""
    partly = len(flags) < facts.unit_gaps
    left_out = (
        f"Only reliable gaps are kept, {count(len(flags))} of {count(facts.unit_gaps)}: those left out are not "
        "reliable, or a role is absent."
    )
    return table_of(
        facts,
        "gaps_units",
        f"{facts.title}: {'reliable gaps of units' if partly else 'gaps of every unit'}",
        labelled(flags, 1, label=(labels.construct, "column"), pair_label=(labels.pair, "pair")),
        _GAPS,
        "Reliable: larger than measurement error allows at 95%, all gaps of a unit on a dimension taken together "
        "(Tukey). Empty: a role is absent.",
        *([left_out] if partly else []),
        SINGLE_UNITS,
        estimator="Classical test theory",
        rows_shown=_SHOWN,
    )
