"""Chapter: how many factors, and which."""

from __future__ import annotations

from typing import Any

from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.topics.dimensionality import DimensionalityEvidence
from comply_measure.report.canvas import COLOURS, draw
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.charts import heat_map
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.fits import fit_table
from comply_measure.report.format import bounded, count, listing, number, p_phrase, plural
from comply_measure.report.labels import Labels
from comply_measure.report.modes import left_out
from comply_measure.report.parts import Block, Chapter, Details, Figure, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of
from comply_measure.statistics.cluster_robust import uncorrected_note

_VARIANTS = {
    "components": "components",
    "factors_minres": "common factors",
    "factors_smc": "common factors (SMC)",
}

_NORMALITY: Columns = (
    of("group", "label"), "n_informants", "mardia_b1", of("chisq", "chisq"), of("df", "df"), "p_skew", "mardia_b2",
    "b2_normal", of("z", "z"), "p_kurtosis", "remark",
)  # fmt: skip
_POWER: Columns = ("n_kind", of("n", "n"), of("df", "df"), "power_close", "power_not_close", "n_needed")


def dimensionality_section(facts: DimensionalityEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts)),
        _scree(facts, labels),
        table_of(
            facts,
            "dimensionality_criteria",
            f"{facts.title}: number of factors by several criteria",
            facts.criteria,
            ("criterion", "n_factors", "remark"),
            *left_out(facts.indices, labels, "an index is no factor behind its items"),
            estimator="Pearson correlations, full information",
        ),
        Prose(_solution_text(facts)),
        _loading_map(facts, labels),
        Prose(_split_text(facts, labels)),
    ]
    if facts.split.confirmation is not None:
        blocks.append(_split_table(facts, facts.split.confirmation))
    blocks.append(Details("Loadings of the exploratory solution", (_loadings(facts, labels),)))
    blocks.append(Details("Normality, and power of tests of fit", tuple(_assumptions(facts, labels))))
    return Section("dimensionality", "Dimensionality", tuple(blocks))


def dimensionality_headline(facts: DimensionalityEvidence) -> tuple[str, ...]:
    """One sentence: what the criteria say."""
    counted = facts.criteria[~facts.criteria["note"].str.startswith("shown, not counted")]
    known = [int(n) for n in counted["n_factors"] if n == n]
    if not known:
        return ()
    low, high = min(known), max(known)
    text = count(low) if low == high else f"{count(low)} to {count(high)}"
    return (
        f"Criteria suggest {text} factors for {facts.indicator_kind} written for "
        f"{count(len(facts.factors))}.",
    )


def _assumptions(facts: DimensionalityEvidence, labels: Labels) -> list[Block]:
    """Multivariate normality of the indicators, and what their number and the sample can show of fit."""
    blocks: list[Block] = [
        table_of(
            Counts(facts.n_units, facts.n_informants),
            "dimensionality_normality",
            f"{facts.title}: multivariate normality of {facts.indicator_kind}",
            labelled(facts.normality, label=(labels.role, "group")),
            _NORMALITY,
            "Mardia (1970); expected kurtosis under normality p(p + 2). Scores of answers are never "
            "normal, hence robust "
            "tests and errors.",
            estimator="Complete informants",
        )
    ]
    if len(facts.power):
        blocks.append(
            table_of(
                Counts(facts.n_units, facts.n_informants),
                "dimensionality_power",
                f"{facts.title}: power of tests of fit, model of correlated dimensions",
                facts.power,
                _POWER,
                "MacCallum et al. (1996), α = .05: RMSEA .08 told from .05 (close fit "
                "rejected), and .01 told "
                "from .05 (not-close fit rejected). Informants of one unit are alike, so the power lies "
                "between that of "
                "as many independent cases as informants and of as many as units.",
                estimator="Noncentral χ²",
            )
        )
    return blocks


def _opening(facts: DimensionalityEvidence) -> str:
    a = facts.adequacy
    return (
        f"{facts.title}: exploratory analysis of {plural(len(a.items), 'indicator')} "
        f"({facts.indicator_kind}). "
        f"{facts.treatment} KMO = {bounded(a.kmo)}; Bartlett's test: χ²({count(a.df)}) = {number(a.chisq)}, "
        f"{p_phrase(a.pvalue)}."
    )


def _scree(facts: DimensionalityEvidence, labels: Labels) -> Figure:
    parallel = facts.parallel

    def paint(drawing: Any) -> None:
        for panel, variant in enumerate(parallel.variants):
            axes = drawing.add_subplot(1, len(parallel.variants), panel + 1)
            positions = range(1, parallel.observed.shape[1] + 1)
            axes.plot(
                positions, parallel.observed[panel], "o-", color=COLOURS["accent"], ms=4, lw=1.1, label="Data"
            )
            axes.plot(
                positions,
                parallel.upper[panel],
                "--",
                color=COLOURS["marketing"],
                lw=1.1,
                label="No structure",
            )
            axes.set_title(_VARIANTS[variant].capitalize())
            axes.set_xlabel("Position")
            axes.set_ylabel("Eigenvalue" if panel == 0 else "")
            axes.grid(axis="y", linewidth=0.6)
            if panel == 0:
                drawing.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)

    return draw(
        "dimensionality_scree",
        f"{facts.title}: eigenvalues and parallel analysis",
        paint,
        size=(7.2, 3.2),
        language=labels.language,
        alt="Scree plots of the data's eigenvalues beside those of data without structure.",
        notes=(
            f"Dashed: {count(parallel.percentile)}th percentile of {count(parallel.n_replications)} data "
            f"sets without "
            "structure (Horn, 1965; Glorfeld, 1995).",
        ),
        min_width=520,
    )


def _solution_text(facts: DimensionalityEvidence) -> str:
    s = facts.solution
    n = len(s.factors)
    if s.note and not s.converged:
        return f"No solution with {plural(n, 'factor')}: {s.note}."
    hits, total = facts.n_matched, facts.n_placed
    text = (
        f"With {plural(n, 'factor')}, as the instrument has dimensions ({s.method.upper()}, {s.rotation}), "
        f"{count(hits)} of {plural(total, 'indicator')} load highest on the factor of their dimension."
    )
    return text + (f" Heywood cases: {listing(list(s.heywood))}." if s.heywood else "")


def _loading_map(facts: DimensionalityEvidence, labels: Labels) -> Figure:
    rows = {item: i for i, item in enumerate(facts.solution.items)}
    chosen = [(d, item) for d, items in facts.factors.items() for item in items if item in rows]
    order = list(facts.order)
    values = facts.solution.loadings[[rows[item] for _, item in chosen]][:, order]
    return heat_map(
        "dimensionality_loadings",
        f"{facts.title}: exploratory loadings",
        values,
        [labels.construct(item) for _, item in chosen],
        [f"F{k + 1}" for k in range(len(order))],
        bar_label="Pattern loading",
        language=labels.language,
        alt="Heat map of exploratory loadings, indicators grouped by dimension; values are in the table.",
        groups=[d for d, _ in chosen],
        shape=bounded,
        notes=(
            f"{facts.solution.method.upper()}, {facts.solution.rotation}. Factors are ordered by the "
            f"dimension whose "
            "indicators load on them. Lines separate dimensions.",
        ),
    )


def _split_text(facts: DimensionalityEvidence, labels: Labels) -> str:
    split = facts.split
    n = split.n_factors
    text = (
        f"Split sample: in a random half of the {split.by}s ({plural(split.n_explored, 'informant')}, seed "
        f"{split.seed}) {plural(n, 'factor')} {'was' if n == 1 else 'were'} explored; "
    )
    text += (
        f"the other half ({plural(split.n_confirmed, 'informant')}) was fitted with the simple structure "
        f"found there"
        if split.confirmation is not None
        else f"nothing could be confirmed in the other half: {split.note or 'no simple structure'}"
    )
    known = [float(v) for v in split.congruence if v == v]
    if known:
        text += f"; Tucker's congruence of the factors of both halves: {listing([bounded(v) for v in known])}"
    left = (
        f" Left out: {listing([labels.construct(name) for name, _ in split.unassigned])}."
        if split.unassigned
        else ""
    )
    return text + "." + left


def _split_table(facts: DimensionalityEvidence, named: NamedFit) -> TableSpec:
    few = uncorrected_note(facts.split.n_clusters, f"{facts.split.by}s")
    return fit_table(
        Counts(facts.split.n_units_confirmed, facts.split.n_confirmed),
        "dimensionality_confirmation",
        f"{facts.title}: confirmation in the second half",
        [named],
        estimator=f"MLR, full information, clustered by {facts.split.by}" + (f" ({few})" if few else ""),
    )


def _loadings(facts: DimensionalityEvidence, labels: Labels) -> TableSpec:
    data = facts.solution.table
    wide = data.pivot_table(index="item", columns="factor", values="loading", sort=False).reset_index()
    first = data.drop_duplicates("item").set_index("item")
    for name in ("communality", "complexity"):
        wide[name] = first.loc[wide["item"], name].to_numpy()
    loadings = [of("loading", name, heading=name) for name in facts.solution.factors]
    return table_of(
        facts,
        "dimensionality_solution",
        f"{facts.title}: pattern loadings",
        labelled(wide, label=(labels.construct, "item")),
        ("indicator", *loadings, "communality", "complexity"),
        facts.solution.note,
        estimator=f"{facts.solution.method.upper()}, {facts.solution.rotation}",
    )


def chapter(evidence: DimensionalityEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Dimensionality, in print."""
    return Chapter(
        with_reversals(dimensionality_section(evidence, labels), evidence.turned, labels),
        dimensionality_headline(evidence),
    )
