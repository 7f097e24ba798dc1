"""Chapter: reliability of constructs and dimensions, by role and pooled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comply_measure.evidence.topics.reliability import ReliabilityEvidence, ScaleReliability
from comply_measure.measurement.reliability.table import TRIAD
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, listing, plural
from comply_measure.report.labels import Labels
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Chapter, Details, Heading, Prose, Section
from comply_measure.report.quantities.dictionary import quantity
from comply_measure.report.quantities.names import Name
from comply_measure.report.reversals import reversal_sentence
from comply_measure.report.tables import Column, Columns, TableSpec, of, table_of
from comply_measure.tables.roles import POOLED

if TYPE_CHECKING:
    import pandas as pd

_COEFFICIENTS: Columns = (
    "alpha", of("ci_bounded", "alpha"), "omega", of("ci_bounded", "omega"), "maximal_reliability", "ave", "sem",
    "loadings", "remark",
)  # fmt: skip
_GENERAL: Columns = (of("group", "role"), "n", "omega_implied", "omega_observed", "omega_factors", "remark")
_ALPHA = (
    "α: Cronbach's alpha from pairwise covariances; Feldt's interval, with the smallest number of informants that two "
    "of the items share as its N, and where several informants of a unit are pooled percentiles of resampled units."
)
_UNIT_MEAN = (
    "Unit mean: the mean over at least two informants, role means set equal; it says how well the items agree "
    "about the unit, not how well the informants do."
)
_TITLES = {
    "dimensions": "dimensions",
    "constructs": "constructs",
    "scores": "dimensions over attribute scores",
}
_BASIS: dict[str, tuple[str, ...]] = {
    "dimensions": (
        "A row rests on the items of the dimension throughout, so that what is particular to an attribute counts as "
        "true; ω of the score in use, and AVE of the attribute scores, one dimension at a time, are in the table of "
        "attribute scores; AVE from the model of correlated dimensions is in the chapters on the "
        "measurement model and on validity.",
    ),
    "constructs": (),
    "scores": (
        "Attribute scores are the indicators, as in the models of dimensions. AVE here is that of one dimension at a "
        "time in the group; the chapters on the measurement model and on validity give it from the model of "
        "correlated dimensions over all informants.",
    ),
}
_FAMILIES: tuple[tuple[str, str, tuple[Name, ...], str], ...] = (
    (
        "bounds",
        "bounds and split halves",
        (
            "mean_correlation", "lambda2", "lambda6", "glb", "split_half_mean", "split_half_spearman_brown",
            "lambda4_max",
        ),
        "λ₂, λ₆: Guttman (1945). GLB: greatest lower bound. Split half: mean over splits; SB: the same by "
        "Spearman-Brown; Best half: Guttman's λ₄.",
    ),
    (
        "ordered",
        "coefficients of ordered answers",
        ("alpha_ordinal", "omega_latent", "omega_categorical", "omega_categorical_observed"),
        "Ordinal α and ω of latent responses describe responses nobody sees (Chalmers, 2018); categorical ω (Green "
        "& Yang, 2009) is the reliability of the sum of answers.",
    ),
    (
        "levels",
        "coefficients on two levels",
        (
            "alpha_within", "omega_within", "alpha_between", "omega_between", "alpha_single", "omega_single",
            "alpha_mean", "omega_mean",
        ),
        "Within and between units: Geldhof et al. (2014); one informant's score and the observed "
        "unit mean: Lai (2021). Complete informants.",
    ),
)  # fmt: skip


def reliability_section(scales: tuple[ScaleReliability, ...], labels: Labels, cutoffs: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = []
    for scale in scales:
        kind = "dimension" if len(scale.dimensions) else "construct"
        main = scale.dimensions if len(scale.dimensions) else scale.constructs
        scores = scale.scores if len(scale.scores) else None
        shown = main if len(scale.dimensions) else main[~main["construct"].isin(scale.formed)]
        blocks.append(Heading(scale.title))
        if len(shown) or not len(main):
            blocks.append(Prose(_summary(scale.title, kind, shown, scores, cutoffs)))
        if scale.formed:
            blocks.append(Prose(_formed(scale, labels)))
        if scale.turned:
            blocks.append(Prose(reversal_sentence(scale.turned, labels)))
        if len(scale.dimensions):
            blocks.append(_table(scale, "dimensions", labels))
        if len(scale.general):
            blocks.append(Prose(_general_text(scale)))
        folded: list[Block] = [_general_table(scale, labels)] if len(scale.general) else []
        if len(scale.scores):
            folded.append(_table(scale, "scores", labels))
        folded.append(_table(scale, "constructs", labels))
        for name, detail in (("dimensions", scale.dimension_detail), ("constructs", scale.construct_detail)):
            folded += _families(scale, name, detail, labels)
        blocks.append(Details(f"{scale.title}: all constructs and further coefficients", tuple(folded)))
    return Section("reliability", "Reliability", tuple(blocks))


def reliability_headline(scales: tuple[ScaleReliability, ...]) -> tuple[str, ...]:
    """One sentence per scale with dimensions."""
    found = []
    for scale in scales:
        by_role = scale.scores[~scale.scores["group"].isin((POOLED, TRIAD))] if len(scale.scores) else None
        if by_role is not None and len(by_role):
            found.append(
                f"{scale.title}: over dimensions and roles, ω of the dimension scores ranges "
                f"{_range(by_role['omega'])}."
            )
    return tuple(found)


def _range(values: pd.Series[float]) -> str:
    present = values.dropna()
    return f"from {bounded(present.min())} to {bounded(present.max())}" if len(present) else "is undefined"


def _formed(scale: ScaleReliability, labels: Labels) -> str:
    """What coefficients of consistency say of constructs that their items form."""
    names = listing([labels.construct(key) for key in scale.formed])
    n = len(set(scale.constructs["construct"]))
    one = len(scale.formed) == 1
    return (
        f"{len(scale.formed)} of {n} constructs {'is' if one else 'are'} formed by {'its' if one else 'their'} items "
        f"(C-OAR-SE; {names}): the items add up to an index and need not go together, so that α, ω, AVE, and "
        f"loadings say nothing for or against it. For {'it' if one else 'them'} the coefficients are a reflective "
        "reading beside the index; whether an index is complete is a question of its content."
        + ("" if len(scale.dimensions) or one else " The ranges above are those of the other constructs.")
    )


def _summary(
    title: str, kind: str, table: pd.DataFrame, scores: pd.DataFrame | None, cutoffs: Cutoffs
) -> str:
    by_role = table[~table["group"].isin((POOLED, TRIAD))]
    text = (
        f"{title}, by {kind} and role: over items α ranges {_range(by_role['alpha'])}, ω {_range(by_role['omega'])}, "
        f"AVE {_range(by_role['ave'])} (convention: {cutoffs['ave'].describe()})."
    )
    if scores is not None:
        in_use = scores[~scores["group"].isin((POOLED, TRIAD))]
        text += (
            " A dimension's score is the mean of its attribute scores, and what is particular to an attribute is no "
            "part of the dimension, though over items α and ω count it as true: "
            f"ω of the score in use ranges {_range(in_use['omega'])}. Gaps, odd roles and errors of scores rest on it."
        )
    undefined = int(by_role["omega"].isna().sum())
    if undefined:
        text += f" ω is undefined in {plural(undefined, 'case')}; the table gives the reason."
    return text


def _table(scale: ScaleReliability, kind: str, labels: Labels) -> TableSpec:
    rows = {"dimensions": scale.dimensions, "constructs": scale.constructs, "scores": scale.scores}[kind]
    data = _labelled(rows, labels)
    data["remark"] = data["note"]
    basis = "attribute scores" if kind == "scores" else "items"
    count_of: Name | Column = of("n_scores", "n_items") if kind == "scores" else "n_items"
    return table_of(
        scale,
        key_of("reliability", scale.key, after=kind),
        f"{scale.title}: reliability of {_TITLES[kind]} by role",
        data,
        (of("group", "role"), "n_informants", count_of, *_COEFFICIENTS),
        _ALPHA,
        f"{count(scale.replications)} resamples." if scale.replications else "",
        f"ω, H and AVE: one-factor model of the {basis} (full information ML), delta-method interval; Loadings: "
        f"smallest and largest standardised loading. SEM: standard error of measurement of "
        f"the mean of the {basis}.",
        *_BASIS[kind],
        _UNIT_MEAN,
        estimator="α and one-factor models",
        group="label",
    )


def _labelled(data: pd.DataFrame, labels: Labels, construct: str = "construct") -> pd.DataFrame:
    def group(key: str) -> str:
        return "Unit mean" if key == TRIAD else labels.role(key)

    return labelled(data, label=(labels.construct, construct), role=(group, "group"))


def _families(scale: ScaleReliability, kind: str, detail: pd.DataFrame, labels: Labels) -> list[Block]:
    """A table per family of further coefficients; families nobody has a value of are left out."""
    tables: list[Block] = []
    for name, title, members, note in _FAMILIES:
        part = detail[detail["coefficient"].isin(members)] if len(detail) else detail
        if not len(part) or part["estimate"].isna().all():
            continue
        if name == "levels":
            part = part[part["group"] == POOLED]
        tables.append(
            table_of(
                scale,
                key_of("reliability", scale.key, after=f"{kind}_{name}"),
                f"{scale.title}: {title}, {kind}",
                _labelled(_wide(part), labels),
                (of("group", "role"), "n_informants", "n_items", *members, "remark"),
                note,
                estimator="Items",
                group="label",
            )
        )
    return tables


def _wide(part: pd.DataFrame) -> pd.DataFrame:
    """One row per construct and group, a column per coefficient; what is said of them in ``note``.

    What is said of every coefficient of a row names none.
    """
    import pandas as pd

    rows = []
    for (construct, group), mine in part.groupby(["construct", "group"], sort=False):
        first = mine.iloc[0]
        reasons: dict[str, list[str]] = {}
        for key, note in zip(mine["coefficient"], mine["note"], strict=True):
            if note:
                reasons.setdefault(note, []).append(quantity(key).heading)
        rows.append(
            {"construct": construct, "group": group}
            | {name: int(first[name]) for name in ("n_items", "n_units", "n_informants", "n_complete")}
            | dict(zip(mine["coefficient"], mine["estimate"], strict=True))
            | {"note": "; ".join(_of(who, why, len(mine)) for why, who in reasons.items())}
        )
    return pd.DataFrame(rows)


def _of(who: list[str], why: str, n_all: int) -> str:
    return why if len(who) == n_all > 1 else f"{', '.join(who)}: {why}"


def _general_text(scale: ScaleReliability) -> str:
    top = scale.general[scale.general["level"] == "factors"]
    pooled = top[top["group"] == POOLED].iloc[0]
    if "omega_implied" not in top or pooled["omega_implied"] != pooled["omega_implied"]:
        return f"ω_higher-order is undefined for all informants: {pooled['note']}."
    roles = top[top["group"] != POOLED]["omega_implied"]
    return (
        f"Of the variance of the score over everything, a second-order factor carries "
        f"{bounded(pooled['omega_implied'])} (ω_higher-order, all informants; by role {_range(roles)}); of what the "
        f"dimensions together give that score, {bounded(pooled['omega_factors'])}."
    )


def _general_table(scale: ScaleReliability, labels: Labels) -> TableSpec:
    data = scale.general.copy()
    for name in ("omega_implied", "omega_observed", "omega_factors"):
        data[name] = data.get(name, math.nan)
    data["note"] = data["note"].fillna("")
    data = _labelled(data, labels, "factor")
    order = {name: place for place, name in enumerate(dict.fromkeys(data["label"]))}
    data = data.sort_values("label", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    return table_of(
        scale,
        key_of("reliability", scale.key, after="general"),
        f"{scale.title}: reliability by a second-order model",
        data.astype({"group": str}),
        _GENERAL,
        "Raykov and Zinbarg (2011). Dimensions: the sum of their indicators; the last rows: the sum of all "
        "indicators, of which the second-order factor's part counts as true (ω_higher-order).",
        estimator="ML, full information, role means taken off",
        group="label",
    )


def chapter(evidence: ReliabilityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Reliability, in print."""
    return Chapter(
        reliability_section(evidence.scales, labels, cutoffs), reliability_headline(evidence.scales)
    )
