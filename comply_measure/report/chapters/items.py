"""Chapter: items and scale scores, pooled and by role."""

from __future__ import annotations

from typing import Literal

from comply_measure.evidence.topics.items import ItemsEvidence, ScaleItems
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, listing, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Chapter, Details, Prose, Section
from comply_measure.report.quantities.names import Name
from comply_measure.report.reversals import reversal_sentence
from comply_measure.report.tables import Column, Columns, TableSpec, of, table_of
from comply_measure.tables.roles import POOLED

_ITEM: Columns = (
    "n_informants", "n_missing", "mean", "sd", "skewness", "kurtosis", "floor", "ceiling", "item_rest_r",
    "alpha_if_deleted", "remark",
)  # fmt: skip
_SCORES: tuple[tuple[Literal["mean", "sd"], str], ...] = (("mean", "M"), ("sd", "SD"))
_RECODED = "Reverse-keyed items are recoded, so that high always means more of the construct."


def items_section(scales: tuple[ScaleItems, ...], labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = []
    for scale in scales:
        blocks += _scale_blocks(scale, labels)
    return Section("items", "Items and scores", tuple(blocks))


def _scale_blocks(scale: ScaleItems, labels: Labels) -> list[Block]:
    doubt = [Prose(reversal_sentence(scale.turned, labels))] if scale.turned else []
    return [
        Prose(_opening(scale)),
        *doubt,
        _scores(scale, labels),
        *_formed(scale, labels),
        Details(f"{scale.title}: items, all informants", (_items(scale, labels, pooled=True),)),
        Details(f"{scale.title}: items by role", (_items(scale, labels, pooled=False),)),
    ]


def _opening(scale: ScaleItems) -> str:
    pooled = scale.items[scale.items["group"] == POOLED]
    r = pooled.loc[~pooled["scale"].isin(scale.formed), "item_rest_r"].dropna()
    text = (
        f"{scale.title}: {plural(len(pooled), 'item')} ({scale.reverse_keyed} reverse-keyed) in "
        f"{plural(pooled['scale'].nunique(), 'construct')}. Item means range from "
        f"{number(pooled['mean'].min())} to {number(pooled['mean'].max())}"
    )
    if len(r):
        text += f", item-rest correlations from {bounded(r.min())} to {bounded(r.max())}"
        text += " (without constructs that their items form)" if scale.formed else ""
    return f"{text}."


def _formed(scale: ScaleItems, labels: Labels) -> list[Block]:
    """Redundancy in the place of item-rest correlations, for constructs that their items form."""
    if not scale.formed:
        return []
    vif = scale.redundancy["vif"].dropna()
    one = len(scale.formed) == 1
    text = (
        f"{scale.title}: {plural(len(scale.formed), 'construct')} {'is' if one else 'are'} formed by "
        f"{'its' if one else 'their'} items ({listing([labels.construct(key) for key in scale.formed])}). The score is "
        "an index, the mean of the items with equal weights; they need not go together, and item-rest "
        "correlations do not judge them. An item that the others repeat adds nothing to an index"
    )
    text += f": VIF ranges from {number(vif.min())} to {number(vif.max())}." if len(vif) else "."
    data = labelled(
        scale.redundancy,
        1,
        construct=(labels.construct, "scale"),
        text=(lambda key: labels.items.get(key, ""), "item"),
    )
    table = table_of(
        scale,
        key_of("items", scale.key, after="redundancy"),
        f"{scale.title}: redundancy of items that form their construct, all informants",
        data,
        (
            "item", "text", "n_informants", "vif", of("ci", "vif"),
            of("r", "maximum_r", heading="Largest r"), "remark",
        ),
        "VIF: 1/(1 − R²) of the item on the others of its construct (Diamantopoulos & Siguaw, 2006), from pairwise "
        "covariances; interval with firms (else units) as clusters (Binder, 1983). Largest r: with another item.",
        _RECODED,
        estimator="Least squares",
        group="construct",
    )  # fmt: skip
    return [Prose(text), Details(f"{scale.title}: items that form their construct", (table,))]


def _scores(scale: ScaleItems, labels: Labels) -> TableSpec:
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
    columns: list[Name | Column] = ["construct"]
    for role in roles:
        for name, head in _SCORES:
            data[f"{name}_{role}"] = wide[name][role].to_numpy()
            columns.append(of(name, f"{name}_{role}", heading=f"{labels.role(role)} {head}"))
        data[f"n_{role}"] = wide["n_informants"][role].to_numpy().astype(int)
    undefined = data[[f"sd_{role}" for role in roles]].isna().to_numpy()
    if undefined.any():
        silent = [[labels.role(r) for r, gap in zip(roles, row, strict=True) if gap] for row in undefined]
        data["note"] = [
            f"{listing(who)}: one informant with an answer, or none" if who else "" for who in silent
        ]
    grouped = bool((data["dimension"] != "").any())
    return table_of(
        scale,
        key_of("items_scores", scale.key),
        f"{scale.title}: scores by role",
        data,
        (*columns, "remark"),
        "Means of the valid items of each construct.",
        _RECODED,
        estimator="Descriptive",
        group="dimension" if grouped else None,
    )


def _items(scale: ScaleItems, labels: Labels, *, pooled: bool) -> TableSpec:
    data = scale.items[(scale.items["group"] == POOLED) == pooled].reset_index(drop=True)
    shown = labelled(
        data,
        1,
        construct=(labels.construct, "scale"),
        text=(lambda key: labels.items.get(key, ""), "item"),
        role=(labels.role, "group"),
    )
    return table_of(
        scale,
        key_of(
            "items",
            scale.key,
            after="pooled" if pooled else "by_role",
            digest=scale.key.startswith("scores"),
        ),
        f"{scale.title}: items, {'all informants' if pooled else 'by role'}",
        shown,
        ("item", "text" if pooled else "role", *_ITEM),
        _RECODED,
        "Skew and excess kurtosis are bias-corrected (Joanes & Gill, 1998).",
        "Item-rest r and α without the item refer to the construct, from pairwise covariances"
        + ("; where items form it, they are no evidence." if scale.formed else "."),
        estimator="Descriptive",
        group="construct",
    )


def chapter(evidence: ItemsEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Items and scores, in print."""
    return Chapter(items_section(evidence.scales, labels))
