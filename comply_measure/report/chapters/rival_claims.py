"""Parts of the chapter on rival structures: cut-offs, general factor, superordinate against aggregate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from comply_measure.evidence.topics.rivals import RivalEvidence
from comply_measure.report.chapters.columns import labelled, sentence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Prose
from comply_measure.report.tables import Columns, TableSpec, of, table_of

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
_GENERAL: Columns = (
    "factor", "omega", "omega_hierarchical", "relative_omega", "ecv", of("maximal_reliability", "h"), "determinacy",
    "puc", "relative_bias",
)  # fmt: skip
_EDWARDS: Columns = (
    "claim", "chisq", "df", of("delta_chisq", "chisq_difference"), of("delta_df", "df_difference"),
    of("p", "pvalue_difference"), of("mean_r_squared", "r_squared_mean"), "remark",
)  # fmt: skip
_SIMULATED = {"srmr": "SRMR", "rmsea": "RMSEA", "cfi": "CFI"}


def cutoff_text(cutoffs: DynamicCutoffs) -> str:
    """What the simulated cut-offs say."""
    first = [c for c in cutoffs.cutoffs if c.level == 1]
    better = [_SIMULATED[c.index] for c in first if c.better]
    worse = [_SIMULATED[c.index] for c in first if c.better is False]
    text = (
        "Conventional cut-offs were studied under other models and samples. Here samples were drawn from the fitted "
        "model and from versions that leave something out (McNeish & Wolf, 2023); a cut-off is what tells them apart. "
    )
    if better:
        text += f"By {listing(better)} the model fits better than one that leaves out the smallest omission. "
    if worse:
        text += f"By {listing(worse)} it does not. "
    return f"{text.strip()} Indices are the unscaled ones that were simulated."


def cutoff_table(
    facts: RivalEvidence, cutoffs: DynamicCutoffs, labels: Labels, conventions: Cutoffs
) -> TableSpec:
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
    return table_of(
        facts,
        "rivals_cutoffs",
        f"{facts.title}: fit of the model beside its cut-offs",
        pd.DataFrame(rows),
        (of("fit_of", "level"), "srmr", "rmsea", "cfi", "remark"),
        f"{count(cutoffs.n_replications)} samples of {count(cutoffs.n_informants)} per level; omissions add up "
        "from level to level.",
        sentence(cutoffs.note),
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


def general_table(facts: RivalEvidence, general: pd.DataFrame, labels: Labels) -> TableSpec:
    """Indices of the general and the specific factors."""
    data = labelled(
        general,
        label=(labels.construct, "factor"),
        by=(lambda name: _source(name)[0].upper() + _source(name)[1:], "source"),
    )
    return table_of(
        facts,
        "rivals_general",
        f"{facts.title}: what the general factor carries",
        data,
        _GENERAL,
        "Reise (2012); Rodriguez et al. (2016).",
        group="by",
    )


def edwards_blocks(facts: RivalEvidence, edwards: pd.DataFrame) -> list[Block]:
    """Edwards' tests in words and in a table."""
    data = edwards.copy()
    for name in ("chisq_difference", "df_difference", "pvalue_difference", "r_squared_mean", "chisq", "df"):
        if name not in data:
            data[name] = math.nan
    data["note"] = data["note"].fillna("")
    data = labelled(data, label=(_CLAIMS.__getitem__, "model"))
    tested = data["pvalue_difference"].notna().any()
    text = (
        "A superordinate construct leaves its dimensions no effects of their own; an aggregate is a sum of them. Both "
        f"are tested by criteria ({facts.criteria}){'' if tested else ': no test could be made'}. A claim that is not "
        "rejected is not thereby shown: only where the other one is rejected do the criteria tell them apart."
    )
    table = table_of(
        facts,
        "rivals_edwards",
        f"{facts.title}: superordinate against aggregate",
        data,
        _EDWARDS,
        "Edwards (2001). Δχ² against the first row; equal loadings against the superordinate model.",
    )
    return [Prose(text), table]
