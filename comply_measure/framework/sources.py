"""The two papers, and where they contradict themselves."""

from __future__ import annotations

from comply_measure.framework.frozen import FrozenMap
from comply_measure.framework.types import Inconsistency, Provenance

PAPERS: FrozenMap[str] = FrozenMap(
    {
        "G24": (
            "Graesch, J. P., Hensel-Börner, S., & Henseler, J. Customer success management through "
            "alignment of marketing, sales and IT. Industrial Marketing Management."
        ),
        "J17": (
            "Johnson, J. S., Matthes, J. M., & Friend, S. B. (2017). Interfacing and customer-facing: "
            "Sales and marketing selling centers. Industrial Marketing Management. "
            "https://doi.org/10.1016/j.indmarman.2017.08.011"
        ),
    }
)

INCONSISTENCIES: tuple[Inconsistency, ...] = (
    Inconsistency(
        "attribute_count",
        "Table 3 prints 3 + 3 + 4 + 3 + 4 + 4 = 21 attribute labels; abstract and text say twenty, and "
        "table 4 carries 20 row labels, the same ones without innovativeness.",
        "Two named sets: '20' (rows of table 4, default) and '21' (labels of table 3). Items exist for "
        "all 21; every count comes from the chosen set.",
        Provenance("G24", "abstract, tables 3 and 4"),
    ),
    Inconsistency(
        "mean_experience",
        "The text gives 9.8 years of average experience; table 2 gives 4.0 in sales plus 5.7 in "
        "marketing, 9.7 in total.",
        "The shipped table of informants is the printed table 2; nothing is adjusted.",
        Provenance("J17", "method and table 2"),
    ),
    Inconsistency(
        "lost_row_borders",
        "Table 4 has lost row borders, so the attribute of some levers cannot be read from it.",
        "These levers are assigned by our reading and marked assignment = 'reconstructed'.",
        Provenance("G24", "table 4"),
    ),
    Inconsistency(
        "dimension_labels",
        "Table 3 writes 'Communication & Information', the conclusion 'Communication & information "
        "sharing'; dimension 3 is 'Mindset & Orientations'.",
        "The labels of table 3 are used, in sentence case.",
        Provenance("G24", "table 3 and conclusion"),
    ),
)
