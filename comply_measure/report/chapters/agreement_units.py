"""Tables of the agreement chapter beyond rwg(j): all indices, exact critical values, every unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.agreement import AgreementEvidence
from comply_measure.report.chapters.columns import SINGLE_UNITS, labelled
from comply_measure.report.format import bounded, percent
from comply_measure.report.labels import Labels
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

INDEX_LABELS = {
    "rwg_j": "rwg(j)",
    "rwg_j_untruncated": "rwg(j), not truncated",
    "rwg_star_j": "r*wg(j)",
    "rwg_prime_j": "r′wg(j)",
    "rwg_prime_j_exact": "r′wg(j), bound for n",
    "ad_mean": "AD_M",
    "ad_median": "AD_Md",
    "awg_j": "a_wg(j)",
    "sd_wg": "SD_wg",
    "sd_score": "SD of scores",
    "cv_score": "CV of scores",
    "range_score": "Range of scores",
}
_SHOWN = 12
_INDICES: Columns = (
    of("index", "index_label"), of("null", "null_label"), of("n_units", "n_defined"), "n_undefined", "mean", "sd",
    "quartiles", of("share_at_cutoff", "share_agreeing"),
)  # fmt: skip
_CRITICAL: Columns = (
    "n_informants", "n_items", of("rwg_j_from", "rwg_j"), of("rwg_star_j_from", "rwg_star_j"),
    of("ad_mean_to", "ad_mean"), of("ad_median_to", "ad_median"), of("level_of_test", "level"), "noise_at_cutoff",
)  # fmt: skip
_UNITS: Columns = (
    "unit", "dimension", "n_informants", of("n_items", "n_items_used"), "rwg_j", "critical", "p", "p_fdr", "ad_mean",
)  # fmt: skip


def indices_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    """Every index and null, summarised over units, with the units in which it is undefined."""
    summary = facts.indices
    data = labelled(summary, label=(labels.construct, "scale"))
    data["index_label"] = [INDEX_LABELS[name] for name in data["index"]]
    data["null_label"] = [str(name).replace("_", " ") if name else "" for name in data["null"]]
    data["n_undefined"] = data["n_units"] - data["n_defined"]
    undefined = (
        f"Undefined where: {'; '.join(_reasons(summary['note']))}." if data["n_undefined"].any() else ""
    )
    return table_of(
        facts,
        "agreement_indices",
        f"{facts.title}: all indices of agreement",
        data,
        _INDICES,
        "AD, SD and range in scale points. a_wg exists only where the mean of the answers allows it (Brown & "
        "Hauenstein, 2005): three informants leave many units undefined. Bound for n: against the largest variance "
        "that n informants can have.",
        undefined,
        estimator="Per unit, summarised over units",
        group="label",
    )


def _reasons(notes: pd.Series[str]) -> list[str]:
    """The kinds of reasons; how many units each has is in the export."""
    parts = (part.rpartition(": ")[0] for text in notes for part in str(text).split("; ") if part)
    return list(dict.fromkeys(parts))


def critical_table(facts: AgreementEvidence) -> TableSpec:
    """What agreement must reach to be more than chance, for the sizes and numbers of items of the study."""
    critical = facts.critical
    alpha, cutoff = bounded(critical["alpha"].iloc[0]), bounded(critical["cutoff"].iloc[0])
    return table_of(
        facts,
        "agreement_critical",
        f"{facts.title}: values that random answers reach in at most {alpha} of units",
        critical,
        _CRITICAL,
        "Items taken as independent: where they correlate, the units' own critical values (table of units) are higher. "
        "Empty: no value is that rare. Level: how often random answers reach the value of rwg(j). "
        f"Noise at cut-off: share of units with random answers at rwg(j) of {cutoff} or more.",
        estimator="Enumeration of all answers, convolution over items",
    )


def units_table(facts: AgreementEvidence, labels: Labels) -> TableSpec:
    """One row per unit and dimension; the export holds all of them."""
    data = facts.units.sort_values("unit", kind="stable", ignore_index=True)
    return table_of(
        facts,
        "agreement_units",
        f"{facts.title}: agreement of every unit",
        labelled(data, 1, label=(labels.construct, "scale")),
        _UNITS,
        "Critical: rwg(j) that random answers reach too rarely, for the unit's own informants and items. "
        "Why a value is undefined is in the export.",
        SINGLE_UNITS,
        estimator=f"Tests per unit and dimension, {facts.tests['method'].iloc[0]}",
        rows_shown=_SHOWN,
    )


def share_text(tests: pd.DataFrame) -> str:
    """How many units noise alone would bring there."""
    known = tests.dropna(subset=["p_share"])
    if not len(known):
        return ""
    return (
        f" Random answers alone would bring {percent(known['expected_by_noise'].mean())} of the units there."
    )
