"""Chapter: items and scale scores, pooled and by role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.items import ItemsEvidence, ScaleItems
from comply_measure.report.cutoffs import Cutoff, Cutoffs
from comply_measure.report.format import bounded, listing, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Chapter, Column, Details, Prose, Section, Table
from comply_measure.report.reversals import reversal_sentence
from comply_measure.tables.roles import POOLED

if TYPE_CHECKING:
    pass

_ITEM_COLUMNS = (
    Column("Item", "item"),
    Column("Text", "text"),
    Column("n", "n_informants", "count"),
    Column("Missing", "n_missing", "count"),
    Column("M", "mean", "number"),
    Column("SD", "sd", "number"),
    Column("Skew", "skewness", "number"),
    Column("Kurtosis", "kurtosis", "number"),
    Column("Floor", "floor", "percent"),
    Column("Ceiling", "ceiling", "percent"),
    Column("Item-rest r", "item_rest_r", "bounded"),
    Column("α without", "alpha_if_deleted", "bounded"),
)
_RECODED = "Reverse-keyed items are recoded, so that high always means more of the construct."


def items_section(scales: tuple[ScaleItems, ...], labels: Labels, cutoff: Cutoff) -> Section:
    """The chapter; `cutoff` is the convention for item-rest correlations."""
    blocks: list[Block] = []
    for scale in scales:
        blocks += _scale_blocks(scale, labels, cutoff)
    return Section("items", "Items and scores", tuple(blocks))


def _scale_blocks(scale: ScaleItems, labels: Labels, cutoff: Cutoff) -> list[Block]:
    doubt = [Prose(reversal_sentence(scale.turned, labels))] if scale.turned else []
    return [
        Prose(_opening(scale, labels, cutoff)),
        *doubt,
        _scores(scale, labels),
        Details(f"{scale.title}: items, all informants", (_items(scale, labels, pooled=True),)),
        Details(f"{scale.title}: items by role", (_items(scale, labels, pooled=False),)),
    ]


def _opening(scale: ScaleItems, labels: Labels, cutoff: Cutoff) -> str:
    pooled = scale.items[scale.items["group"] == POOLED]
    r = pooled["item_rest_r"].dropna()
    text = (
        f"{scale.title}: {plural(len(pooled), 'item')} ({scale.reverse_keyed} reverse-keyed) in "
        f"{plural(pooled['scale'].nunique(), 'construct')}. Item means range from "
        f"{number(pooled['mean'].min())} to {number(pooled['mean'].max())}"
    )
    if len(r):
        text += f", item-rest correlations from {bounded(r.min())} to {bounded(r.max())}"
        low = pooled.loc[pooled["item_rest_r"] < cutoff.value, "item"].tolist()
        below = listing(low) if low else "no item"
        text += f"; {below} {'lie' if len(low) > 1 else 'lies'} below the convention {cutoff.describe()}"
    return f"{text}."


def _scores(scale: ScaleItems, labels: Labels) -> Table:
    """Constructs in rows, roles in columns."""
    import pandas as pd

    roles = list(dict.fromkeys(scale.scores["role"]))
    wide = scale.scores.pivot_table(
        index="construct", columns="role", values=["n_informants", "mean", "sd"], sort=False
    )
    # A pivot table leaves out columns without a value: one informant has no SD, nobody's answers no mean.
    wide = wide.reindex(columns=pd.MultiIndex.from_product([("n_informants", "mean", "sd"), roles]))
    data = wide.index.to_frame(index=False)
    data.insert(0, "dimension", [labels.parent(key) for key in data["construct"]])
    data.insert(1, "label", [labels.construct(key) for key in data["construct"]])
    columns = [Column("Construct", "label")]
    for role in roles:
        for value, head, shape in (("mean", "M", "number"), ("sd", "SD", "number")):
            data[f"{value}_{role}"] = wide[value][role].to_numpy()
            columns.append(Column(f"{labels.role(role)} {head}", f"{value}_{role}", shape))
        data[f"n_{role}"] = wide["n_informants"][role].to_numpy().astype(int)
    undefined = data[[f"sd_{role}" for role in roles]].isna().to_numpy()
    if undefined.any():
        silent = [[labels.role(r) for r, gap in zip(roles, row, strict=True) if gap] for row in undefined]
        data["note"] = [
            f"{listing(who)}: one informant with an answer, or none" if who else "" for who in silent
        ]
        columns.append(Column("Remark", "note"))
    grouped = bool((data["dimension"] != "").any())
    return Table(
        key_of("items_scores", scale.key),
        f"{scale.title}: scores by role",
        data,
        tuple(columns),
        notes=("Means of the valid items of each construct.", _RECODED),
        n_units=scale.n_units,
        n_informants=scale.n_informants,
        estimator="Descriptive",
        group="dimension" if grouped else None,
    )


def _items(scale: ScaleItems, labels: Labels, *, pooled: bool) -> Table:
    data = scale.items[(scale.items["group"] == POOLED) == pooled].reset_index(drop=True)
    data.insert(1, "construct", [labels.construct(key) for key in data["scale"]])
    data.insert(2, "text", [labels.items.get(key, "") for key in data["item"]])
    data.insert(3, "role", [labels.role(key) for key in data["group"]])
    columns: tuple[Column, ...] = (
        _ITEM_COLUMNS if pooled else (_ITEM_COLUMNS[0], Column("Role", "role"), *_ITEM_COLUMNS[2:])
    )
    if (data["note"] != "").any():
        columns = (*columns, Column("Remark", "note"))
    kind = "pooled" if pooled else "by_role"
    return Table(
        key_of("items", scale.key, after=kind, digest=scale.key.startswith("scores")),
        f"{scale.title}: items, {'all informants' if pooled else 'by role'}",
        data,
        columns,
        notes=(
            _RECODED,
            "Skew and excess kurtosis are bias-corrected (Joanes & Gill, 1998).",
            "Item-rest r and α without the item refer to the construct, from pairwise covariances.",
        ),
        n_units=scale.n_units,
        n_informants=scale.n_informants,
        estimator="Descriptive",
        group="construct",
    )


def chapter(evidence: ItemsEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Items and scores, in print."""
    return Chapter(items_section(evidence.scales, labels, cutoffs["item_rest_r"]))
