"""Tables of the agreement chapter beyond rwg(j): all indices, exact critical values, every unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.report.format import bounded, percent
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Column, Table

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


def indices_table(
    title: str, summary: pd.DataFrame, labels: Labels, n_units: int, n_informants: int
) -> Table:
    """Every index and null, summarised over units, with the units in which it is undefined."""
    data = summary.copy()
    data.insert(0, "label", [labels.construct(name) for name in data["scale"]])
    data["index_label"] = [INDEX_LABELS[name] for name in data["index"]]
    data["null_label"] = [str(name).replace("_", " ") if name else "" for name in data["null"]]
    data["n_undefined"] = data["n_units"] - data["n_defined"]
    undefined = (
        [f"Undefined where: {'; '.join(_reasons(summary['note']))}."] if data["n_undefined"].any() else []
    )
    columns = (
        Column("Index", "index_label"),
        Column("Null", "null_label"),
        Column("Units", "n_defined", "count"),
        Column("Undefined", "n_undefined", "count"),
        Column("M", "mean", "number"),
        Column("SD", "sd", "number"),
        Column("Quartiles", ("q25", "q75"), "span"),
        Column("At cut-off", "share_agreeing", "percent"),
    )
    return Table(
        "agreement_indices",
        f"{title}: all indices of agreement",
        data,
        columns,
        notes=(
            "AD, SD and range in scale points. a_wg exists only where the mean of the answers allows it (Brown & "
            "Hauenstein, 2005): three informants leave many units undefined. Bound for n: against the largest variance "
            "that n informants can have.",
            *undefined,
        ),
        n_units=n_units,
        n_informants=n_informants,
        estimator="Per unit, summarised over units",
        group="label",
    )  # fmt: skip


def _reasons(notes: pd.Series[str]) -> list[str]:
    """The kinds of reasons; how many units each has is in the export."""
    parts = (part.rpartition(": ")[0] for text in notes for part in str(text).split("; ") if part)
    return list(dict.fromkeys(parts))


def critical_table(title: str, critical: pd.DataFrame, n_units: int, n_informants: int) -> Table:
    """What agreement must reach to be more than chance, for the sizes and numbers of items of the study."""
    alpha = bounded(critical["alpha"].iloc[0]) if len(critical) else ""
    cutoff = bounded(critical["cutoff"].iloc[0]) if len(critical) else ""
    columns = (
        Column("Informants", "n_informants", "count"),
        Column("Items", "n_items", "count"),
        Column("rwg(j) from", "rwg_j", "bounded3"),
        Column("r*wg(j) from", "rwg_star_j", "bounded3"),
        Column("AD_M up to", "ad_mean", "number3"),
        Column("AD_Md up to", "ad_median", "number3"),
        Column("Level", "level", "percent"),
        Column(f"Noise at {cutoff}", "noise_at_cutoff", "percent"),
    )
    return Table(
        "agreement_critical",
        f"{title}: values that random answers reach in at most {alpha} of units",
        critical,
        columns,
        notes=("Empty: no value is that rare. Level: how often random answers reach the value of rwg(j). "
               f"Noise: share of units with random answers at rwg(j) of {cutoff} or more.",),
        n_units=n_units,
        n_informants=n_informants,
        estimator="Enumeration of all answers, convolution over items",
    )  # fmt: skip


def units_table(title: str, units: pd.DataFrame, labels: Labels, n_units: int, n_informants: int) -> Table:
    """One row per unit and dimension; the export holds all of them."""
    data = units.sort_values("unit", kind="stable", ignore_index=True)
    data.insert(1, "label", [labels.construct(name) for name in data["scale"]])
    columns = (
        Column("Unit", "unit"),
        Column("Dimension", "label"),
        Column("Informants", "n_informants", "count"),
        Column("Items", "n_items_used", "count"),
        Column("rwg(j)", "rwg_j", "bounded"),
        Column("Critical", "critical", "bounded"),
        Column("p", "p", "p"),
        Column("p (FDR)", "p_fdr", "p"),
        Column("AD_M", "ad_mean", "number"),
    )
    return Table(
        "agreement_units",
        f"{title}: agreement of every unit",
        data,
        columns,
        notes=("Critical: rwg(j) that random answers reach too rarely, for the unit's own informants and items. "
               "Why a value is undefined is in the export.",),
        n_units=n_units,
        n_informants=n_informants,
        estimator="Exact tests per unit and dimension",
        rows_shown=_SHOWN,
    )  # fmt: skip


def share_text(tests: pd.DataFrame) -> str:
    """Whether more units agree than noise alone would bring, by the exact binomial probability."""
    known = tests.dropna(subset=["p_share"])
    if not len(known):
        return ""
    more = int((known["p_share"] < 0.05).sum())
    return (
        f" Random answers alone would bring {percent(known['expected_by_noise'].mean())} of the units there; on "
        f"{more} of {len(known)} dimensions more units agree than that (p < .05 for the number of units)."
    )
