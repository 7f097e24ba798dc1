"""Chapter: where the roles see things differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.gaps import GapEvidence
from comply_measure.report.chapters.columns import labelled, sentence
from comply_measure.report.chapters.triads_units import gap_units_table
from comply_measure.report.charts import heat_map, profile_plot
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, interval, listing, number, p_phrase, plural
from comply_measure.report.labels import Labels, wrapped
from comply_measure.report.parts import Block, Chapter, Details, Figure, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Column, Columns, TableSpec, of, table_of
from comply_measure.statistics.cluster_robust import few_clusters_note
from comply_measure.statistics.multiplicity import rejects

if TYPE_CHECKING:
    import pandas as pd

_PAIRED: Columns = (
    of("roles", "pair_label"), "n_units", of("mean_gap", "mean"), "ci", "sd", "t", "df", "p_holm",
    of("d_z", "d_z_hedges"), of("mean_absolute_gap", "mean_absolute"), "remark",
)  # fmt: skip
_MIXED: Columns = (
    of("roles", "pair_label"), "n_units", "n_informants", of("gap", "estimate"), "ci", "se", "t", "df", "p_holm",
    "remark",
)  # fmt: skip
_RELIABILITY: Columns = (
    of("roles", "pair_label"), "n_units", "r", "reliability_difference", "se", "points", "share_reliable",
    of("chance", "share_by_chance"), of("mean_squared_gap", "mean_squared"), "mean_squared_corrected",
)  # fmt: skip
_SHOWN = 3
# Of dozens of roles: rows that are printed, pairs and roles that are drawn.
_MOST_ROWS, _MOST_PAIRS, _MOST_ROLES = 400, 20, 12


def gaps_section(facts: GapEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts, labels)),
        _profile(facts, labels),
        _table(facts, labels, "gaps_dimensions", facts.dimensions, "dimension"),
    ]
    blocks += [
        Prose(_contrast_text(facts)),
        Details("Gaps with all units: mixed model", (_contrast_table(facts, labels),)),
    ]
    if facts.reliability is not None:
        table = _reliability(facts, labels, facts.reliability)
        inside = [table]
        if facts.units is not None:
            inside.append(gap_units_table(facts, facts.units, labels))
        blocks.append(Details("How reliable the gaps of single units are", tuple(inside)))
    if len(facts.attributes):
        blocks += [
            Prose(_attribute_text(facts, labels)),
            _heat_map(facts, labels),
            Details(
                "Gaps by attribute",
                (_table(facts, labels, "gaps_attributes", facts.attributes, "attribute"),),
            ),
        ]
    return Section("gaps", "Role gaps", tuple(blocks))


def gaps_headline(facts: GapEvidence, labels: Labels) -> tuple[str, ...]:
    """One sentence: the largest latent gap of a dimension, and that of the scores."""
    latent, scores = facts.latent.dropna(subset=["gap"]), facts.dimensions.dropna(subset=["mean"])
    if not len(latent):
        if not len(scores):
            return ()
        largest = scores.iloc[int(scores["mean"].abs().to_numpy().argmax())]
        return (
            f"Largest mean role gap of a dimension's scores: {_gap(largest, labels)}; there is no latent gap "
            "beside it, so that shifted items may be part of it.",
        )
    top = latent.iloc[int(latent["gap"].abs().to_numpy().argmax())]
    own = scores[(scores["column"] == top["factor"]) & (scores["pair"] == top["pair"])]
    beside = f" (scores of all items: {number(own['mean'].iloc[0])})" if len(own) else ""
    return (
        f"Largest latent role gap of a dimension: {labels.construct(str(top['factor']))}, "
        f"{labels.pair(str(top['pair']))}: {number(top['gap'])} points, 95% CI "
        f"{interval(top['ci_lower'], top['ci_upper'])}, {p_phrase(top['p_holm'])}{beside}.",
    )


def _gap(row: pd.Series[float], labels: Labels) -> str:
    return (
        f"{labels.construct(str(row['column']))}, {labels.pair(str(row['pair']))}: {number(row['mean'])} points, "
        f"95% CI {interval(row['lower'], row['upper'])}, {p_phrase(row['p_holm'])}"
    )


def _opening(facts: GapEvidence, labels: Labels) -> str:
    found = facts.dimensions[rejects(facts.dimensions["p_holm"], facts.alpha)]
    text = (
        f"A gap is the first role's score minus the second's in the same unit, in points of the answer scale. "
        f"{count(len(found))} of {plural(len(facts.dimensions), 'mean gap')} between roles on the dimensions "
        f"{'differs' if len(found) == 1 else 'differ'} from zero at α = {bounded(facts.alpha)} after Holm's correction."
    )
    largest = facts.dimensions.reindex(facts.dimensions["mean"].abs().sort_values(ascending=False).index)
    shown = [_gap(row, labels) for _, row in largest.head(_SHOWN).iterrows()]
    latent = "; the latent gaps beside them leave out those that were found" if len(facts.latent) else ""
    return (
        f"{text} The largest: {'; '.join(shown)}. These are gaps of scores: items and attributes that "
        f"the roles answer differently at equal views are in them{latent}."
    )


def _contrast_text(facts: GapEvidence) -> str:
    mine = facts.contrasts[facts.contrasts["kind"] == "dimension"].set_index(["column", "pair"])
    paired = facts.dimensions.set_index(["column", "pair"])
    both = rejects(mine["p_holm"], facts.alpha).to_frame("mixed").join(rejects(paired["p_holm"], facts.alpha))
    differing = int((both["mixed"] != both["p_holm"]).sum())
    same = "The same gaps differ from zero" if not differing else f"{count(differing)} of the calls change"
    return (
        f"{same} when units that lack a role count too (mixed model: units random, roles fixed; "
        f"{plural(int(mine['n_units'].max()), 'unit')} instead of {count(paired['n_units'].min())} to "
        f"{count(paired['n_units'].max())}); its standard errors allow for roles that err differently"
        f"{' and for firms' if facts.clustered else ''}."
    )


def _named(data: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    return labelled(data, label=(labels.construct, "column"), pair_label=(labels.pair, "pair"))


def _contrast_table(facts: GapEvidence, labels: Labels) -> TableSpec:
    data = _named(facts.contrasts, labels)
    wild = facts.replications > 0
    few = few_clusters_note(int(data["n_clusters"].min())) if len(data) and not wild else ""
    data["note"] = data["note"].where(data["t"].isna(), "")  # what holds for the whole table stands below it
    by = "firm" if facts.clustered else "unit"
    drawn = (
        f"Tests and intervals by the restricted wild cluster bootstrap ({plural(facts.replications, 'replication')}), "
        f"{plural(int(data['n_clusters'].min()), 'cluster')}."
        if wild and len(data)
        else ""
    )
    return _pairs_table(
        facts,
        "gaps_mixed",
        f"{facts.title}: role gaps from mixed models",
        data,
        tuple(column for column in _MIXED if column != "df") if wild else _MIXED,
        drawn,
        "Holm's correction over all dimensions, and over all attributes.",
        sentence(few),
        estimator=f"REML weights, CR2 errors by {by}",
        size="estimate",
    )


def _pairs_table(
    facts: GapEvidence,
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: Columns,
    *notes: str,
    estimator: str,
    size: str,
) -> TableSpec:
    """A table with a row for each pair of roles; of very many, those with the largest `size` are printed."""
    if len(data) <= _MOST_ROWS:
        return table_of(facts, key, title, data, columns, *notes, estimator=estimator, group="label")
    data = data.sort_values(size, key=abs, ascending=False, kind="stable", ignore_index=True)
    columns = (Column("Construct", "label"), *columns)
    notes = (*notes, "Largest gaps first.")
    return table_of(facts, key, title, data, columns, *notes, estimator=estimator, rows_shown=_MOST_ROWS)


def _attribute_text(facts: GapEvidence, labels: Labels) -> str:
    found = facts.attributes[rejects(facts.attributes["p_holm"], facts.alpha)]
    names = list(dict.fromkeys(labels.construct(name) for name in found["column"]))
    return (
        f"By attribute, {count(len(found))} of {plural(len(facts.attributes), 'mean gap')} "
        f"{'differs' if len(found) == 1 else 'differ'} from zero after Holm's correction"
        + (f": {listing(names)}." if names else ".")
    )


def _profile(facts: GapEvidence, labels: Labels) -> Figure:
    names = list(dict.fromkeys(facts.means["column"]))
    series = {}
    drawn = _roles_drawn(facts)
    few = f"The {len(drawn)} roles of {len(facts.roles)} with the highest and lowest means."
    for role in drawn:
        mine = facts.means[facts.means["role"] == role].set_index("column").loc[names]
        parts = [mine[column].to_numpy(dtype=float) for column in ("mean", "lower", "upper")]
        series[role] = (labels.role(role), parts[0], parts[1], parts[2])
    return profile_plot(
        "gaps_profile",
        f"{facts.title}: mean of each role by dimension, with 95% intervals",
        [wrapped(labels.construct(name), 13) for name in names],
        series,
        axis_label=f"Mean score ({number(facts.limits[0], 0)} to {number(facts.limits[1], 0)})",
        limits=None,
        language=labels.language,
        alt="Profile plot of the mean dimension scores of the roles; the gaps are in the table below.",
        notes=(
            "Lines join the means of a role; the dimensions have no order. The vertical axis is cut. Intervals are "
            "for each role's mean; the tests of gaps compare informants of the same unit.",
            *([few] if len(drawn) < len(facts.roles) else []),
        ),
    )


def _roles_drawn(facts: GapEvidence) -> tuple[str, ...]:
    """All roles, or of very many those with the highest and with the lowest means."""
    if len(facts.roles) <= _MOST_ROLES:
        return facts.roles
    order = facts.means.groupby("role")["mean"].mean().sort_values(kind="stable").index
    kept = {*order[: _MOST_ROLES // 2], *order[-_MOST_ROLES // 2 :]}
    return tuple(role for role in facts.roles if role in kept)


def _heat_map(facts: GapEvidence, labels: Labels) -> Figure:
    import numpy as np

    names = list(dict.fromkeys(facts.attributes["column"]))
    pairs = list(dict.fromkeys(facts.attributes["pair"]))
    drawn, few = facts.attributes, tuple[str, ...]()
    if len(pairs) > _MOST_PAIRS:
        sizes = drawn["mean"].abs().groupby(drawn["pair"]).max()
        largest = set(sizes.nlargest(_MOST_PAIRS).index)
        few = (f"The {_MOST_PAIRS} pairs of {len(pairs)} with the largest gaps.",)
        pairs = [pair for pair in pairs if pair in largest]
        drawn = drawn[drawn["pair"].isin(largest)]
    values, p = np.full((2, len(names), len(pairs)), np.nan)
    for name, pair, mean, p_value in drawn[["column", "pair", "mean", "p_holm"]].to_numpy():
        place = names.index(name), pairs.index(pair)
        values[place], p[place] = mean, p_value
    return heat_map(
        "gaps_heat_map",
        f"{facts.title}: mean role gap by attribute",
        values,
        [labels.construct(name) for name in names],
        [labels.pair(pair).replace(" – ", " –\n") for pair in pairs],
        bar_label="Mean gap (scale points)",
        language=labels.language,
        alt="Heat map of mean role gaps, attributes in rows and pairs of roles in columns; values are printed "
        "in the cells and in the table of gaps by attribute.",
        groups=[labels.parent(name) for name in names],
        marks=rejects(p, facts.alpha),
        notes=(
            f"First role minus second. Bold with asterisk: p ≤ {bounded(facts.alpha)} after Holm's correction over "
            "the whole table. Lines separate dimensions.",
            *few,
        ),
    )


def _table(facts: GapEvidence, labels: Labels, key: str, rows: pd.DataFrame, kind: str) -> TableSpec:
    data = _named(rows, labels)
    few = few_clusters_note(int(data["n_clusters"].min())) if facts.clustered and len(data) else ""
    data["note"] = data["note"].where(data["t"].isna(), "")  # what holds for the whole table stands below it
    return _pairs_table(
        facts,
        key,
        f"{facts.title}: role gaps by {kind}",
        data,
        _PAIRED,
        "Standard errors allow for units of one firm being alike (CR2)." if facts.clustered else "",
        sentence(few),
        "p after Holm's correction over the table; d_z with Hedges' correction.",
        estimator="Paired tests over units with both roles",
        size="mean",
    )


def _reliability(facts: GapEvidence, labels: Labels, rows: pd.DataFrame) -> TableSpec:
    return _pairs_table(
        facts,
        "gaps_reliability",
        f"{facts.title}: reliability of role gaps by dimension",
        _named(rows, labels),
        _RELIABILITY,
        "r: of the two roles. Reliability and SE of a gap from ω of each role's score. Reliable from: the gap in scale "
        "points that exceeds measurement error at 95% (Jacobson & Truax, 1991), all gaps of a unit taken together "
        "(Tukey). By chance: share expected if every true gap were zero. "
        "Error makes squared gaps too large: the last column is without it.",
        estimator="Classical test theory",
        size="mean_squared",
    )


def chapter(evidence: GapEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Role gaps, in print."""
    return Chapter(
        with_reversals(gaps_section(evidence, labels), evidence.turned, labels),
        gaps_headline(evidence, labels),
    )
