"""Chapter: what follows from alignment, as a structural model of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.fits import standardized, value_of
from comply_measure.evidence.sources import SourceComparison
from comply_measure.evidence.topics.structure import StructureEvidence
from comply_measure.report.chapters.structure_dyads import dyad_blocks
from comply_measure.report.chapters.structure_indirect import indirect_blocks, moderated_mediation_blocks
from comply_measure.report.chapters.structure_roles import role_blocks
from comply_measure.report.chapters.structure_tables import (
    comparison_blocks,
    detail_blocks,
    hypothesis_table,
    moderation_blocks,
    remedy_blocks,
)
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.diagram import diagram_figure
from comply_measure.report.fits import convention_sentence, fit_sentence, fit_table
from comply_measure.report.format import bounded, count
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Chapter, Details, Figure, Prose, Section
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of
from comply_measure.statistics.cluster_robust import uncorrected_note

if TYPE_CHECKING:
    import pandas as pd

_PATHS: Columns = (
    of("predictor", "predictor"), of("b", "est"), "se", of("p", "pvalue"), of("beta", "est_std"), of("ci_beta", "ci"),
)  # fmt: skip
_CAUTION = (
    "The paths are associations in cross-sectional data of the same informants; they do not show causes, and shared "
    "method can inflate them."
)


_CASES = {
    "own": "The cases are units; variables are those the model names. {measured}",
    "hypotheses": "The cases are units; the model is made of the stated hypotheses. {measured}",
    "constructs": (
        "The cases are units. Alignment is latent, measured by the dimension scores of the unit. {measured}"
        "Facilitators, which should moderate, enter equations of their own."
    ),
    "blocks": (
        "The cases are units. Alignment is latent, measured by the dimension scores of the unit; preparation, "
        "benefits and drawbacks are latent, measured by the unit scores of their constructs, follow-up by the unit "
        "means of its items. Role-specific outcomes are not told apart. Facilitators, which should moderate, are "
        "not part of this form."
    ),
}
_MEASURED = {
    "means": (
        "Constructs are unit scores from all informants of a unit, whose unreliability can bias coefficients "
        "either way. "
    ),
    "corrected": (
        "Constructs are latent, measured by their unit score with its error fixed: what the views of the roles do not "
        "have in common. "
    ),
    "roles": "Constructs are latent, measured by the view of each role (two views with equal loadings). ",
    "two_level": (
        "On two levels constructs are what the informants of a unit share, whose parts of units the model is about; "
        "what else an informant says of several constructs may covary (Muthén, 1994; Lüdtke et al., 2008). "
    ),
    "items": (
        "Constructs are latent, measured by the unit means of their items, and indices where their items form them; "
        "what one informant sees in all items of a construct stays in it. "
    ),
    "reflective": (
        "Constructs are latent, measured by the unit means of their items, those that their items form among them; "
        "what one informant sees in all items of a construct stays in it. "
    ),
    "sam": (
        "Constructs are latent, measured by the view of each role before the paths are estimated (Rosseel & Loh, "
        "2024). "
    ),
}


def _treatment(results: StructureEvidence) -> str:
    """Cases, measurement and clusters in sentences."""
    text = _CASES[results.kind].format(measured=_MEASURED[results.measurement]).strip()
    if results.n_informants:
        text += (
            f" It rests on {count(results.n_informants)} informants; role means are taken off. Standard errors allow "
            "for units"
        )
        text += ", not for units of one firm being alike." if results.n_firms else "."
    elif results.n_firms > 0:
        text += (
            f" Standard errors and tests allow for units of one firm being alike ({results.n_firms} firms)."
        )
    elif results.n_firms < 0:
        text += " Units of one firm are not independent; standard errors do not allow for that."
    return text


def _equations(results: StructureEvidence) -> str:
    """Estimator of the moderations in words."""
    assert results.moderation is not None
    how = "least squares without measurement error" if results.moderation.corrected else "least squares"
    if results.n_firms <= 0:
        return f"{how}, robust"
    few = uncorrected_note(results.n_firms, "firms")
    return f"{how}, standard errors robust to clustering in firms" + (f" ({few})" if few else "")


def _sample(results: StructureEvidence) -> Counts:
    """Units of the model; informants, where these are its cases."""
    return Counts(results.n_units, results.n_informants or None)


def _label(results: StructureEvidence, key: str, labels: Labels) -> str:
    """Name of a model variable in print; of a view, with its role."""
    if key in results.names:
        return results.names[key]
    base, _, role = key.partition("@")
    if not role:
        return " × ".join(labels.construct(part) for part in key.split(":"))
    return labels.construct(base) if role == "mean" else f"{labels.construct(base)} ({labels.role(role)})"


def structure_section(results: StructureEvidence, labels: Labels, cutoffs: Cutoffs) -> Section:
    """The chapter."""
    named = results.named
    sample, title = _sample(results), "Fit of the structural model"
    table = fit_table(sample, "structure_fit", title, (named,), estimator=results.estimator)

    def label(key: str) -> str:
        return _label(results, key, labels)

    blocks: list[Block] = [Prose(_treatment(results))]
    hypotheses = hypothesis_table(results, cutoffs, label)
    if hypotheses is not None:
        blocks += [Prose(_CAUTION), hypotheses]
    blocks += [Prose(fit_sentence(named)), table, *remedy_blocks(results, label)]
    if not named.obstacle:
        blocks += [*_results(results, labels, cutoffs), *indirect_blocks(results, label)]
    if results.moderation is not None:
        level = cutoffs["test_level"].value
        blocks += moderation_blocks(results.moderation, _equations(results), label, level, labels.language)
    conventions = {key: cutoffs[key].value for key in ("test_level", "small_effect")}
    blocks += moderated_mediation_blocks(results, label, conventions)
    blocks += dyad_blocks(results, label, labels)
    blocks += role_blocks(results, label, labels)
    blocks += comparison_blocks(results, label)
    blocks += detail_blocks(results, label)
    blocks.append(Details("Model text", (Prose(results.model.replace("\n", "; ")),)))
    return Section("structure", "Structural model", tuple(blocks))


def structure_headline(results: StructureEvidence) -> tuple[str, ...]:
    """Fit of the model where no path is concluded about."""
    if results.named.obstacle or not results.hypotheses:
        return (fit_sentence(results.named),)
    return ()


def _results(results: StructureEvidence, labels: Labels, cutoffs: Cutoffs) -> list[Block]:
    table = standardized(results.named.fit)
    blocks: list[Block] = [Prose(convention_sentence(results.named, cutoffs))]
    if (table["op"] == "~").any():
        blocks.append(_diagram(results, labels))
    blocks.append(_paths(results, table, labels))
    if results.sources is not None:
        blocks += [Prose(_source_text(results.sources, labels)), _sources(results, results.sources, labels)]
    blocks.append(_explained(results, table, labels))
    # the sums of the model built in are among the indirect effects, with intervals that fit products
    defined = table[(table["op"] == ":=") & (results.kind == "own")]
    if len(defined):
        blocks.append(_defined(results, defined, labels))
    measured = table[table["op"] == "=~"]
    if len(measured):
        blocks.append(Details("Measurement part", (_loadings(results, measured, labels),)))
    return blocks


def _paths(results: StructureEvidence, table: pd.DataFrame, labels: Labels) -> TableSpec:
    estimates = results.named.fit.estimates
    plain = estimates[estimates["op"] == "~"][["lhs", "op", "rhs", "est", "se", "pvalue"]]
    ends = table[["lhs", "op", "rhs", "est_std", "ci_lower", "ci_upper"]]
    data = plain.merge(ends, on=["lhs", "op", "rhs"], how="left")
    data.insert(0, "outcome", [_label(results, key, labels) for key in data["lhs"]])
    data.insert(1, "predictor", [_label(results, key, labels) for key in data["rhs"]])
    return _table(
        results,
        "structure_paths",
        "Paths of the structural model",
        data,
        _PATHS,
        "β: completely standardised, interval by the delta method; p is of b, uncorrected.",
        group="outcome",
    )


def _source_text(sources: SourceComparison, labels: Labels) -> str:
    known = sources.paths.dropna(subset=["same", "different"])
    if not len(known):
        return "Paths with different raters could not be estimated (see the table)."
    signed = known["sign"] * known["different"]
    clear = int(
        ((known["lower"] > 0) & (known["sign"] > 0) | (known["upper"] < 0) & (known["sign"] < 0)).sum()
    )
    who = "; ".join(
        f"{labels_of(upper, labels)} for alignment, {labels.role(first)} for preparation and follow-up, "
        f"{labels.role(second)} for outcomes"
        for upper, first, second in sources.different_raters
    )
    return (
        "A path between two ratings of one informant holds what this informant sees in both. With different "
        "raters for its "
        f"ends ({who}; mean of these fits) the expected paths have the mean size {bounded(signed.mean())} in the "
        "expected "
        f"direction, with one rater for everything {bounded((known['sign'] * known['same']).mean())}; "
        f"{count(clear)} of {count(len(known))} keep an interval on the expected side of zero. Scores of one "
        "rater are less "
        "reliable than unit scores, which weakens both."
    )


def labels_of(roles: str, labels: Labels) -> str:
    """Roles joined by ``+``, in print."""
    return " and ".join(labels.role(role) for role in roles.split("+"))


def _sources(results: StructureEvidence, sources: SourceComparison, labels: Labels) -> TableSpec:
    import pandas as pd

    table = standardized(results.named.fit)
    data = sources.paths.copy()
    data["est_std"] = [
        value_of(table, outcome, "~", predictor)
        for outcome, predictor in zip(data["outcome"], data["predictor"], strict=True)
    ]
    data["outcome_label"] = [_label(results, key, labels) for key in data["outcome"]]
    data["predictor_label"] = [_label(results, key, labels) for key in data["predictor"]]
    data["note"] = data["note"].where(pd.isna(data["different"]), "")
    return table_of(
        Counts(sources.n_units),
        "structure_sources",
        "Expected paths by who rates their ends",
        data,
        (
            of("predictor", "predictor_label"), of("beta", "est_std", heading="β, unit scores"),
            of("beta", "same", heading="β, one rater"), of("beta", "different", heading="β, different raters"),
            "ci_beta", "remark",
        ),
        "Completely standardised. One rater: mean of the fits in which one role rates everything; different "
        "raters: mean of "
        "the fits in which no role rates both ends of a path, with β ± 1.96 mean SE. Units: the fewest of these fits.",
        *(f"Not fitted: {text}." for text in sources.failures),
        estimator=results.estimator,
        group="outcome_label",
    )  # fmt: skip


def _table(
    results: StructureEvidence,
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: Columns,
    *notes: str,
    group: str | None = None,
) -> TableSpec:
    """A table of the model's estimates: units are its cases."""
    estimator, warnings = results.estimator, results.named.warnings
    sample = _sample(results)
    return table_of(
        sample, key, title, data, columns, *notes, estimator=estimator, group=group, warnings=warnings
    )


def _explained(results: StructureEvidence, table: pd.DataFrame, labels: Labels) -> TableSpec:
    import pandas as pd

    outcomes = list(dict.fromkeys(table.loc[table["op"] == "~", "lhs"]))
    data = pd.DataFrame(
        {
            "key": outcomes,
            "outcome": [_label(results, key, labels) for key in outcomes],
            "r_squared": [1 - value_of(table, key, "~~", key) for key in outcomes],
        }
    )
    columns: Columns = (of("variable", "outcome"), "r_squared")
    return _table(results, "structure_explained", "Variance explained", data, columns)


def _defined(results: StructureEvidence, defined: pd.DataFrame, labels: Labels) -> TableSpec:
    data = defined.reset_index(drop=True)
    data.insert(0, "label", [_label(results, key, labels) for key in data["lhs"]])
    columns: Columns = (
        of("parameter", "label"),
        of("beta", "est_std"),
        "se",
        of("ci_bounded", "ci"),
        of("p", "pvalue"),
    )
    note = "Of the standardised solution; delta-method interval."
    return _table(results, "structure_defined", "Defined parameters", data, columns, note)


def _loadings(results: StructureEvidence, measured: pd.DataFrame, labels: Labels) -> TableSpec:
    data = measured.reset_index(drop=True)
    data.insert(0, "factor", [_label(results, key, labels) for key in data["lhs"]])
    data.insert(1, "indicator", [_label(results, key, labels) for key in data["rhs"]])
    columns: Columns = (of("indicator", "indicator"), of("loading", "est_std"), of("ci_bounded", "ci"))
    title = "Standardised loadings of the structural model"
    return _table(results, "structure_loadings", title, data, columns, group="factor")


def _diagram(results: StructureEvidence, labels: Labels) -> Figure:
    fit = results.named.fit
    names = {str(name) for side in ("lhs", "rhs") for name in fit.estimates[side]}
    found = fit.diagram(
        labels={name: _label(results, name, labels) for name in names}, loadings=False, covariances=False
    )
    return diagram_figure(
        "structure_paths_figure",
        "Structural model of units, standardised paths",
        found,
        language=labels.language,
        alt="Path diagram of the structural model, from predictors on the left to outcomes on the right; "
        "values are in the table of paths.",
        notes=("Indicators of latent variables and correlated disturbances are not drawn.",),
    )


def chapter(evidence: StructureEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Structural model, in print."""
    return Chapter(structure_section(evidence, labels, cutoffs), structure_headline(evidence))
