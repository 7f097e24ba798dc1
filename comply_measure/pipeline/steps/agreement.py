"""Step ``agreement``: rwg(j), average deviation, exact tests, ICCs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import pandas as pd
from pydantic import Field

from comply_measure.pipeline.focal import Focal, chosen_focal, require_roles
from comply_measure.pipeline.step import Context, Step, StepOptions, StepOutput
from comply_measure.report.chapters.agreement import AgreementFacts, agreement_headline, agreement_section
from comply_measure.report.labels import Labels
from comply_measure.triads import TriadData, agreement_indices, agreement_tests, icc_oneway, icc_twoway


class AgreementOptions(StepOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    nulls : tuple of str
        Null distributions of rwg(j), the first also for the exact tests. At least two defensible ones should
        be reported (LeBreton & Senter, 2008).
    alpha : float
        Level of the exact tests.
    """

    scale: str | None = None
    nulls: Annotated[tuple[str, ...], Field(min_length=1)] = ("uniform", "slight_skew")
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05


def run(context: Context, options: AgreementOptions) -> StepOutput:
    """Agreement and reliability of the unit mean."""
    chosen = chosen_focal(context.responses, options.scale)
    require_roles(chosen)
    cutoff = context.cutoffs["rwg_j"].value
    dimensions = chosen.wholes
    rwg, deviation = _indices(chosen, dimensions, options, cutoff)
    below = _indices(chosen, chosen.items, options, cutoff)[0] if chosen.by_scores else rwg.iloc[:0]
    scores = chosen.scores("dimension")
    names = list(dimensions)
    triads = TriadData.from_long(scores, names, roles=chosen.roles)
    response = chosen.scale.response
    tests = agreement_tests(
        chosen.answers(),
        dimensions,
        minimum=response.minimum,
        maximum=response.maximum,
        null=options.nulls[0],
        alpha=options.alpha,
        cutoff=cutoff,
    )
    facts = AgreementFacts(
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        n_informants_possible=len(chosen.roles),
        rwg=rwg,
        rwg_constructs=below,
        deviation=deviation,
        tests=tests.summary(),
        icc=icc_oneway(scores, names).tidy(),
        icc_twoway=icc_twoway(triads, method="anova").tidy(),
    )
    labels = Labels.of(context.responses.scales, context.language)
    return StepOutput(agreement_section(facts, labels, context.cutoffs), headline=agreement_headline(facts))


def _indices(
    chosen: Focal, scales: Mapping[str, Sequence[str]], options: AgreementOptions, cutoff: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summaries of rwg(j) under every null, and of AD_M."""
    response = chosen.scale.response
    summary = agreement_indices(
        chosen.answers(),
        scales,
        minimum=response.minimum,
        maximum=response.maximum,
        nulls=options.nulls,
        indices=("rwg_j", "ad_mean"),
    ).summary({"rwg_j": cutoff})
    is_rwg = summary["index"] == "rwg_j"
    return summary[is_rwg].reset_index(drop=True), summary[~is_rwg].reset_index(drop=True)


STEP = Step("agreement", "Agreement within units", run, AgreementOptions)
