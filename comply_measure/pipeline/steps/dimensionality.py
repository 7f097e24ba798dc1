"""Step ``dimensionality``: number of factors, exploratory solution, split-sample confirmation."""

from __future__ import annotations

from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.choices import Names
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.options import TopicOptions
from comply_measure.measurement.dimensionality.adequacy import sampling_adequacy
from comply_measure.measurement.dimensionality.components import (
    KaiserCriteria,
    PartialCorrelations,
    empirical_kaiser,
    minimum_average_partial,
)
from comply_measure.measurement.dimensionality.correlations import correlate
from comply_measure.measurement.dimensionality.efa import factor_solution
from comply_measure.measurement.dimensionality.parallel import ParallelAnalysis, parallel_analysis
from comply_measure.measurement.dimensionality.split_sample import explore_and_confirm
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.report.chapters.dimensionality import (
    DimensionalityFacts,
    dimensionality_headline,
    dimensionality_section,
)
from comply_measure.report.labels import Labels


class DimensionalityOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    method : {"ml", "minres", "paf"}
        Extraction.
    rotation : str
        Oblique by default.
    replications : int
        Of parallel analysis.
    role_centred : bool
        Take each role's means off first.
    """

    scale: Annotated[str | None, Names("scale")] = None
    method: Literal["ml", "minres", "paf"] = "ml"
    rotation: Literal["oblimin", "promax", "varimax", "geomin"] = "oblimin"
    replications: Annotated[int, Field(ge=20, le=10_000)] = 200
    role_centred: bool = True


def run(context: Context, options: DimensionalityOptions) -> StepOutput:
    """Explore the indicators of the scale."""
    chosen = chosen_focal(context.responses, options.scale)
    names = list(chosen.indicator_names)
    if len(names) < 3:
        raise ComplyError(f"the scale has {len(names)} indicators; an exploratory analysis needs at least 3")
    data = chosen.indicators()
    if options.role_centred:
        data = data.copy()
        data[names] = data[names] - data.groupby("role")[names].transform("mean")
    seed, split_seed = (int(s) for s in context.seeds().generate_state(2))
    correlation = correlate(data, names)
    parallel = parallel_analysis(correlation, seed=seed, n_replications=options.replications)
    facts = DimensionalityFacts(
        title=chosen.title,
        indicator_kind=chosen.indicator_kind,
        factors=chosen.factors,
        adequacy=sampling_adequacy(correlation),
        parallel=parallel,
        criteria=_criteria(parallel, minimum_average_partial(correlation), empirical_kaiser(correlation)),
        solution=factor_solution(
            correlation, len(chosen.factors), method=options.method, rotation=options.rotation
        ),
        split=explore_and_confirm(
            data, names, seed=split_seed, method=options.method, rotation=options.rotation
        ),
        n_units=chosen.n_units,
        n_informants=correlation.n,
        treatment=(
            "Each role's means were taken off first; informants are pooled although those of one unit are alike."
            if options.role_centred
            else "Informants are pooled although those of one unit are alike."
        ),
    )
    labels = Labels.of(context.responses.scales, context.language)
    adequacy = facts.adequacy
    values = {"kmo": adequacy.kmo, "bartlett_chisq": adequacy.chisq, "bartlett_df": adequacy.df}
    reasons = {name: adequacy.note or "undefined" for name, value in values.items() if value != value}
    return StepOutput(
        dimensionality_section(facts, labels),
        values=values,
        reasons=reasons,
        headline=dimensionality_headline(facts),
    )


def _criteria(
    parallel: ParallelAnalysis, partial: PartialCorrelations, kaiser: KaiserCriteria
) -> pd.DataFrame:
    """One row per criterion; undefined numbers are NaN with the reason."""
    words = {
        "components": "Parallel analysis, components",
        "factors_minres": "Parallel analysis, common factors",
        "factors_smc": "Parallel analysis, common factors (SMC)",
    }
    rows = [(words[v], parallel.n_by_percentile[i], parallel.note) for i, v in enumerate(parallel.variants)]
    rows += [
        ("Minimum average partial (Velicer, 1976)", partial.n_squared, partial.note),
        (
            "Minimum average partial, fourth powers (Velicer, Eaton, & Fava, 2000)",
            partial.n_fourth,
            "; ".join(filter(None, ("shown, not counted: right in 6 to 42 % on rating items", partial.note))),
        ),
        ("Empirical Kaiser criterion (Braeken & van Assen, 2017)", kaiser.n_empirical, kaiser.note),
    ]
    table = pd.DataFrame(rows, columns=["criterion", "n_factors", "note"])
    table["n_factors"] = table["n_factors"].astype(float).where(table["n_factors"] >= 0)
    return table


STEP = Step("dimensionality", "Dimensionality", run, DimensionalityOptions)
