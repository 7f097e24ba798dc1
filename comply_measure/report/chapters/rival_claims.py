"""Parts of the chapter on rival structures: cut-offs, general factor, superordinate against aggregate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from comply_measure.evidence.topics.rivals import RivalEvidence
from comply_measure.report.chapters.rival_tables import rival_table, with_remark
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, p_phrase
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Column, Prose, Table

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.models.cutoffs import DynamicCutoffs

_CLAIMS = {
    "multidimensional": "Every dimension has its own effects",
    "superordinate": "Superordinate: the construct alone has effects",
    "equal_loadings": "Superordinate, equal loadings",
    "aggregate_fixed": "Aggregate, equal weights",
    "aggregate_free": "Aggregate, free weights",
}
_SIMULATED = {"srmr": "SRMR", "rmsea": "RMSEA", "cfi": "CFI"}


def cutoff_text(cutoffs: DynamicCutoffs, conventions: Cutoffs) -> str:
    """What the simulated cut-offs say."""
    first = [c for c in cutoffs.cutoffs if c.level == 1]
    better = [_SIMULATED[c.index] for c in first if c.better]
    worse = [_SIMULATED[c.index] for c in first if c.better is False]
    text = (
        "Conventional cut-offs were studied under other models and samples. Here samples were drawn from the fitted "
        "model and from versions that leave something out (McNeish & Wolf, 2021); a cut-off is what tells them apart. "
    )
    if better:
        text += f"By {listing(better)} the model fits better than one that leaves out the smallest omission. "
    if worse:
        text += f"By {listing(worse)} it does not. "
    return f"{text.strip()} Indices are the unscaled ones that were simulated."


def cutoff_table(
    facts: RivalEvidence, cutoffs: DynamicCutoffs, labels: Labels, conventions: Cutoffs
) -> Table:
    """The model's fit beside conventional and simulated cut-offs."""
    import pandas as pd

    table = cutoffs.tidy()
    values = table.drop_duplicates("index").set_index("index")["value"]
    rows: list[dict[str, Any]] = [
        {"level": "This model", **{str(name): value for name, value in values.items()}, "note": ""}
    ]
    rows.append(
        {
            "level": "Convention",
            **{name: conventions[name].value for name in _SIMULATED},
            "note": "Hu & Bentler",
        }
    )
    for level, part in table.groupby("level", sort=False):
        found = part.set_index("index")
        missing = [_SIMULATED[name] for name in _SIMULATED if found["rule"][name] == "none"]
        rows.append(
            {
                "level": f"Omission {level}: {_described(found['description'].iloc[0], labels)}",
                **{name: float(found["cutoff"][name]) for name in _SIMULATED},
                "note": f"{listing(missing)} cannot tell it from the model in this sample" if missing else "",
            }
        )
    columns = (
        Column("", "level"),
        *(Column(label, name, "bounded3") for name, label in _SIMULATED.items()),
        Column("Remark", "note"),
    )
    return rival_table(
        "rivals_cutoffs",
        f"{facts.title}: fit of the model beside its cut-offs",
        pd.DataFrame(rows),
        columns,
        facts,
        notes=(
            f"{count(cutoffs.n_replications)} samples of {count(cutoffs.n_informants)} per level; omissions add up "
            "from level to level.",
            *((f"{cutoffs.note[0].upper()}{cutoffs.note[1:]}.",) if cutoffs.note else ()),
        ),
        estimator="Simulated normal samples, maximum likelihood",
    )


def _described(text: str, labels: Labels) -> str:
    """Keys of constructs in a description, replaced by their labels."""
    return " ".join(labels.construct(word) for word in text.split())


def general_text(facts: RivalEvidence, general: pd.DataFrame, labels: Labels) -> str:
    """What the general factor carries, in a sentence."""
    top = general[general["factor"] == facts.top].iloc[0]
    return (
        f"By the {_source(top['source'])}, {labels.construct(facts.top)} carries "
        f"{bounded(top['omega_hierarchical'])} of the variance of the total score (ω_h) and {bounded(top['ecv'])} "
        f"of the common variance (ECV); {bounded(top['puc'])} of the correlations lie between dimensions (PUC)."
    )


def _source(name: str) -> str:
    return "bifactor model" if name == "bifactor" else "second-order model (Schmid-Leiman)"


def general_table(facts: RivalEvidence, general: pd.DataFrame, labels: Labels) -> Table:
    """Indices of the general and the specific factors."""
    data = general.copy()
    data.insert(0, "label", [labels.construct(key) for key in data["factor"]])
    data.insert(1, "by", [_source(name)[0].upper() + _source(name)[1:] for name in data["source"]])
    columns = (
        Column("Factor", "label"),
        Column("ω", "omega", "bounded"),
        Column("ω_h", "omega_hierarchical", "bounded"),
        Column("ω_h/ω", "relative_omega", "bounded"),
        Column("ECV", "ecv", "bounded"),
        Column("H", "h", "bounded"),
        Column("Determinacy", "determinacy", "bounded"),
        Column("PUC", "puc", "bounded"),
        Column("Bias of one factor", "relative_bias", "bounded"),
    )
    return rival_table(
        "rivals_general",
        f"{facts.title}: what the general factor carries",
        data,
        columns,
        facts,
        notes=("Reise (2012); Rodriguez, Reise, and Haviland (2016).",),
        group="by",
    )


def edwards_blocks(facts: RivalEvidence, edwards: pd.DataFrame) -> list[Block]:
    """Edwards' tests in words and in a table."""
    data = edwards.copy()
    for name in ("chisq_difference", "df_difference", "pvalue_difference", "r_squared_mean", "chisq", "df"):
        if name not in data:
            data[name] = math.nan
    data["note"] = data["note"].fillna("")
    data.insert(0, "label", [_CLAIMS[key] for key in data["model"]])
    tested = data[data["pvalue_difference"].notna()].set_index("model")["pvalue_difference"]
    parts = [
        f"{_CLAIMS[key].split(':')[0].casefold()} {p_phrase(tested[key])}"
        for key in ("superordinate", "aggregate_fixed", "aggregate_free")
        if key in tested
    ]
    text = (
        "A superordinate construct leaves its dimensions no effects of their own; an aggregate is a sum of them. Both "
        f"are tested by criteria ({facts.criteria}): {'; '.join(parts) or 'no test could be made'}."
    )
    columns = [
        Column("Claim", "label"),
        Column("χ²", "chisq", "number"),
        Column("df", "df", "count"),
        Column("Δχ²", "chisq_difference", "number"),
        Column("Δdf", "df_difference", "count"),
        Column("p", "pvalue_difference", "p"),
        Column("Mean R²", "r_squared_mean", "bounded"),
    ]
    table = rival_table(
        "rivals_edwards",
        f"{facts.title}: superordinate against aggregate",
        data,
        with_remark(tuple(columns), data),
        facts,
        notes=("Edwards (2001). Δχ² against the first row; equal loadings against the superordinate model.",),
    )
    return [Prose(text), table]
