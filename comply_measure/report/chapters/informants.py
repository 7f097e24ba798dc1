"""Chapter: what the informants of a unit share, and what is each role's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.informant_tables import contrast_keys
from comply_measure.evidence.nested_views import WITHIN
from comply_measure.evidence.topics.informants import InformantEvidence
from comply_measure.models.informants import contrast_names
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.chapters.congruence_latent import contrast_words, level_labels, outcome_label
from comply_measure.report.chapters.informants_nested import nested_blocks
from comply_measure.report.charts import heat_map
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.fits import fit_table, range_sentence
from comply_measure.report.format import bounded, count, interval, number, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Notice, Prose, Section
from comply_measure.report.remarks import told_together
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import holm, rejects

if TYPE_CHECKING:
    import pandas as pd

_CONTRASTS: Columns = (
    of("latent_variable", "name"), "mean", of("se", "mean_se"), of("p", "mean_p"), "variance", of("ci3", "variance"),
    "remark",
)  # fmt: skip
_GAPS: Columns = (
    of("roles", "pair_label"), of("latent_gap_points", "gap"), of("ci", "ci"), "se", "z", "p_holm",
    of("cohen_d", "d"), "remark",
)  # fmt: skip
_EFFECTS: Columns = (
    of("predictor", "predictor_label"), of("b", "estimate"), "se", "p", of("ci3", "ci"), of("beta", "standardized"),
    "n_units", "remark",
)  # fmt: skip
# Keys of dimensions that are read as they are, such as the letters of COMPLY.
_SHORT_KEY = 3
_SHARES: Columns = ("attribute", "role", "common", "view", "only", "residual")
_SUMMARY: Columns = (
    of("correlations_of", "kind"), "n_correlations", of("mean_bounded", "mean"), "range_bounded",
)  # fmt: skip


def informants_section(facts: InformantEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(_opening(facts)), _mtmm_figure(facts, labels), _mtmm_summary(facts)]
    if facts.fits:
        blocks.append(_table(facts, "informants_fit", "models of dependent informants", facts.fits))
    else:
        blocks.append(
            Notice(
                "No model over all dimensions could be fitted; the problems of this step say why.", "warning"
            )
        )
    if len(facts.common_share):
        blocks.append(Prose(_common_text(facts)))
        blocks.append(_common_table(facts, labels))
    if len(facts.gaps):
        blocks += [Prose(_gap_text(facts, labels)), _gap_table(facts, labels)]
    if len(facts.contrasts):
        blocks += [Prose(_contrast_text(facts)), _contrast_table(facts, labels)]
        blocks.append(
            Details(
                "Fit of the latent congruence models",
                (_table(facts, "informants_congruence_fit", "latent congruence models", facts.congruence),),
            )
        )
    if len(facts.shares):
        blocks.append(Prose(_share_text(facts)))
        fit = _table(facts, "informants_trifactor_fit", "trifactor models", facts.trifactor)
        blocks.append(Details("Variance shares of the trifactor models", (fit, _share_table(facts, labels))))
    blocks += nested_blocks(facts, labels)
    if len(facts.effects):
        fit = _table(facts, "informants_predicted_fit", "models with predictors", facts.explained)
        blocks += [
            Prose(_effect_text(facts)),
            Details("Predictors of what the roles share and of their contrasts", (_effect_table(facts), fit)),
        ]
    return Section("informants", "Shared and role-specific views", tuple(blocks))


def informants_headline(facts: InformantEvidence) -> tuple[str, ...]:
    """One sentence: validity coefficients."""
    summary = facts.mtmm.summary.set_index("kind")
    kind = "monotrait-heteroinformant"
    if kind not in summary.index:
        return ()
    mean = bounded(summary.loc[kind, "mean"])
    return (f"Two roles' scores of the same dimension correlate {mean} on average (same unit).",)


def _opening(facts: InformantEvidence) -> str:
    return (
        f"{facts.title}: the roles of a unit rate the same thing, so they are modelled side by side, as dependent "
        "informants (one row per unit, incomplete triads included by full information). The correlations of all "
        "dimensions as all roles see them come first (Campbell & Fiske, 1959): two roles should agree on one "
        "dimension more than on different ones."
    )


def _mtmm_figure(facts: InformantEvidence, labels: Labels) -> Block:
    import numpy as np

    matrix = facts.mtmm.matrix.to_numpy(dtype=float, copy=True)
    matrix[np.triu_indices_from(matrix, 1)] = np.nan
    short = max(map(len, facts.dimensions), default=0) <= _SHORT_KEY
    shown = [d if short else labels.construct(d) for d in facts.dimensions]
    names = [f"{labels.role(r)}{' ' if short else ': '}{d}" for r in facts.roles for d in shown]
    return heat_map(
        "informants_mtmm",
        f"{facts.title}: multitrait-multi-informant correlations",
        matrix,
        names,
        [d for _ in facts.roles for d in shown],
        bar_label="Correlation",
        language=labels.language,
        alt="Heat map of the correlations of all dimensions as rated by all roles; values are in the data export.",
        groups=[labels.role(r) for r in facts.roles for _ in facts.dimensions],
        shape=bounded,
        notes=(
            f"{plural(facts.mtmm.n_units, 'unit')}, pairwise. Diagonal: ω of the score. Rows and columns run through "
            "the dimensions within each role.",
        ),
    )


def _mtmm_summary(facts: InformantEvidence) -> TableSpec:
    return table_of(
        facts,
        "informants_mtmm_summary",
        f"{facts.title}: correlations within and between dimensions and roles",
        facts.mtmm.summary,
        _SUMMARY,
        estimator="Pairwise correlations of dimension scores",
    )


def _table(facts: InformantEvidence, key: str, what: str, fits: tuple[NamedFit, ...]) -> TableSpec:
    return fit_table(facts, key, f"{facts.title}: fit of {what}", fits)


def _warnings(fits: tuple[NamedFit, ...]) -> tuple[str, ...]:
    return told_together(text for named in fits for text in named.warnings)


def _common_text(facts: InformantEvidence) -> str:
    return (
        "In the common-fate model (Kenny & La Voie, 1985) the unit's factor explains "
        f"{range_sentence(facts.common_share['share'])} of the variance of a role's dimension score."
    )


def _common_table(facts: InformantEvidence, labels: Labels) -> TableSpec:
    wide = facts.common_share.pivot_table(index="dimension", columns="role", values="share", sort=False)
    data = labelled(
        wide.reindex(columns=list(facts.roles)).reset_index(), label=(labels.construct, "dimension")
    )
    title = f"{facts.title}: share of a role's score that the unit's factor explains"
    columns: Columns = (
        "dimension",
        *(of("estimate_bounded", r, heading=labels.role(r)) for r in facts.roles),
    )
    return table_of(facts, "informants_common_fate", title, data, columns)


def _gap_text(facts: InformantEvidence, labels: Labels) -> str:
    known = facts.gaps.dropna(subset=["gap"])
    if known.empty:
        return "No latent mean difference between roles could be estimated (see the table)."
    found = known[rejects(known["p_holm"], 0.05)]
    text = (
        f"{count(len(found))} of {count(len(known))} latent mean differences between roles differ from zero "
        "(Holm's correction over the table)"
    )
    row = known.iloc[int(known["gap"].abs().to_numpy().argmax())]
    text += (
        f"; the largest is {labels.construct(str(row['factor']))}, {labels.pair(str(row['pair']))}: "
        f"{number(row['gap'])} points, 95% CI {interval(row['ci_lower'], row['ci_upper'])}, d = {number(row['d'])}"
    )
    if not facts.partial:
        return (
            f"{text}. They are free of measurement error and rest on equal loadings and intercepts over roles (scalar "
            "invariance), which was not tested: step invariance did not run."
        )
    return (
        f"{text}. They are free of measurement error, and of the items and attributes that the chapter on invariance "
        "found to be answered differently at equal views; one that it missed stays in them. The models below leave "
        "what it found free, too."
    )


def _gap_table(facts: InformantEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "informants_gaps",
        f"{facts.title}: latent mean differences between roles",
        labelled(facts.gaps, label=(labels.construct, "factor"), pair_label=(labels.pair, "pair")),
        _GAPS,
        "First role minus second, in points of the answer scale. d: over the root mean latent variance.",
        group="label",
        twin="invariance_latent_gaps",
    )


def _effect_text(facts: InformantEvidence) -> str:
    found = facts.effects[rejects(facts.effects["p"], 0.05)]
    return (
        f"{count(len(found))} of {count(len(facts.effects))} effects of the predictors have p ≤ .05 (not corrected): "
        "on what the roles share (common fate), on their level and on their contrasts (latent congruence)."
    )


def _effect_table(facts: InformantEvidence) -> TableSpec:
    return table_of(
        facts,
        "informants_effects",
        f"{facts.title}: predictors of shared views, level and contrasts",
        facts.effects,
        _EFFECTS,
        "Units without a predictor's value are left out.",
        group="outcome_label",
        warnings=_warnings(facts.explained),
    )


def _contrast_text(facts: InformantEvidence) -> str:
    known = facts.contrasts.dropna(subset=["mean"])
    gaps = known[~known["level"]]
    found = gaps[holm(gaps["mean_p"].to_numpy(dtype=float)) <= 0.05]
    held = " but for what was found to be answered differently" if facts.partial else ""
    text = (
        "The latent congruence model (Cheung, 2009, here for "
        f"{count(len(facts.roles))} roles) splits each dimension into the roles' common level and contrasts between "
        f"them, free of measurement error and with loadings and intercepts held equal over roles{held}. "
        f"{count(len(found))} of {count(len(gaps))} mean contrasts differ from zero at .05 after Holm's correction"
    )
    if len(found):
        largest = found.assign(size=found["mean"].abs()).nlargest(1, "size").to_dict("records")[0]
        text += f"; the largest is {largest['name']} with {number(largest['mean'])} points"
    return text + ". A variance of zero lies on the boundary: its interval is only approximate."


def _contrast_table(facts: InformantEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "informants_contrasts",
        f"{facts.title}: latent level and role contrasts by dimension",
        labelled(facts.contrasts, label=(labels.construct, "dimension")),
        _CONTRASTS,
        "Points of the answer scale (effect-coded). Contrasts: first role minus second; third minus the mean "
        "of the first two.",
        group="label",
        warnings=_warnings(facts.congruence),
    )


def _share_text(facts: InformantEvidence) -> str:
    known = facts.shares.dropna(subset=["common"])
    if not len(known):
        return "No trifactor model gave an admissible solution."
    common, view = known["common"].mean(), known["view"].mean()
    return (
        "Trifactor models (Bauer et al., 2013) split each attribute score into what all roles of the unit share, the "
        "role's own view and what is particular to the attribute. On average "
        f"{bounded(common)} of the variance is shared and {bounded(view)} is the role's view."
    )


def _share_table(facts: InformantEvidence, labels: Labels) -> TableSpec:
    data = labelled(
        facts.shares, heading=(labels.construct, "dimension"), label=(labels.construct, "attribute")
    )
    data["role"] = [labels.role(role) for role in data["role"]]
    return table_of(
        facts,
        "informants_shares",
        f"{facts.title}: variance shares of attribute scores",
        data,
        _SHARES,
        group="heading",
        warnings=_warnings(facts.trifactor),
    )


def chapter(evidence: InformantEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Shared and role-specific views, in print; models, contrasts and effects under the study's labels."""
    names = _model_names(evidence, labels)
    contrasts, effects = _labelled(evidence, names, labels)
    shown = replace(
        evidence,
        fits=_renamed(evidence.fits, names),
        trifactor=_renamed(evidence.trifactor, names),
        congruence=_renamed(evidence.congruence, names),
        explained=_renamed(evidence.explained, names),
        nested=_renamed(evidence.nested, names),
        failures=tuple((names.get(model, model), why) for model, why in evidence.failures),
        contrasts=contrasts,
        effects=effects,
    )
    return Chapter(
        with_reversals(informants_section(shown, labels), shown.turned, labels),
        informants_headline(shown),
        shown.problems(),
    )


def _model_names(evidence: InformantEvidence, labels: Labels) -> dict[str, str]:
    """Name of a model -> name in print."""
    found = {d: labels.construct(d) for d in evidence.dimensions}
    for more in ("level and contrasts", WITHIN):
        found |= {f"{d}, {more}": f"{labels.construct(d)}, {more}" for d in evidence.dimensions}
    word = "CT-C(M−1), reference"
    return found | {f"{word} {evidence.reference}": f"{word} {labels.role(evidence.reference)}"}


def _renamed(fits: tuple[NamedFit, ...], names: Mapping[str, str]) -> tuple[NamedFit, ...]:
    return tuple(replace(fit, label=names.get(fit.label, fit.label)) for fit in fits)


def _labelled(
    evidence: InformantEvidence, names: Mapping[str, str], labels: Labels
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Contrasts and effects with the names of their latent variables and predictors in print."""
    keys, roles = contrast_keys(evidence.roles), evidence.roles
    words = dict(zip(keys, contrast_words(roles, labels), strict=True))
    contrasts = evidence.contrasts.rename(columns={"contrast": "name"})
    contrasts["name"] = [words[key] for key in contrasts["name"]]
    effects = evidence.effects.copy()
    if not len(effects):
        return contrasts, effects
    shown = {p.name: outcome_label(p, labels) for p in evidence.predictors}
    latent = {f"{d}.unit": f"{labels.construct(d)}: shared by the roles" for d in evidence.dimensions}
    for d in evidence.dimensions:
        own = contrast_names(d, roles)
        parts = zip(own, level_labels(own, d, roles, labels), strict=True)
        latent |= {name: f"{labels.construct(d)}: {word}" for name, word in parts}
    effects["model"] = [names.get(model, model) for model in effects["model"]]
    effects["outcome_label"] = [latent[name] for name in effects["outcome"]]
    effects["predictor_label"] = [shown[name] for name in effects["predictor"]]
    return contrasts, effects
