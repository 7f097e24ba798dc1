"""Step ``reliability``: α, ω_total and AVE of constructs and dimensions, by role and pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from comply_measure.measurement import alpha_table
from comply_measure.models.congeneric import congeneric_reliability
from comply_measure.pipeline.focal import Focal, by_group, focal
from comply_measure.pipeline.step import Context, Step, StepOptions, StepOutput
from comply_measure.report.chapters.reliability import (
    ScaleReliability,
    reliability_headline,
    reliability_section,
)
from comply_measure.report.labels import Labels

_RENAMED = {"scale": "construct", "lower": "alpha_lower", "upper": "alpha_upper"}
_OMEGA = {
    "scale": "construct",
    "lower": "omega_lower",
    "upper": "omega_upper",
    "average_variance_extracted": "ave",
}


def run(context: Context, options: StepOptions) -> StepOutput:
    """Reliability of every scale."""
    responses = context.responses
    labels = Labels.of(responses.scales, context.language)
    scales = tuple(scale_reliability(focal(responses, scale)) for scale in responses.scales)
    return StepOutput(
        reliability_section(scales, labels, context.cutoffs), headline=reliability_headline(scales)
    )


def scale_reliability(chosen: Focal) -> ScaleReliability:
    """Reliability of one scale, over the informants whose role answers it."""
    items = chosen.answers()
    constructs = merged(chosen, items, chosen.items, items, chosen.items)
    dimensions = constructs.iloc[:0]
    if chosen.by_scores:
        dimensions = merged(chosen, items, chosen.wholes, chosen.indicators(), chosen.factors)
    return ScaleReliability(
        key=chosen.scale.key,
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        dimensions=dimensions,
        constructs=constructs,
    )


def merged(
    chosen: Focal,
    items: pd.DataFrame,
    measured: Mapping[str, Sequence[str]],
    indicators: pd.DataFrame,
    factors: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """α over items beside ω and AVE over indicators, a row per construct and group."""
    alpha = by_group(chosen, items, measured, _alpha).rename(columns=_RENAMED)
    omega = by_group(chosen, indicators, factors, _omega).rename(columns=_OMEGA)
    keys = ["construct", "group"]
    left = alpha[[*keys, "n_informants", "n_items", "alpha", "alpha_lower", "alpha_upper"]]
    right = omega.drop(columns=["n_indicators", "n_informants"])
    table: pd.DataFrame = left.merge(right, on=keys, validate="one_to_one")
    return table


def _alpha(mine: pd.DataFrame, asked: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    table: pd.DataFrame = alpha_table(mine, asked, by=None).tidy()
    return table


def _omega(mine: pd.DataFrame, asked: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    return congeneric_reliability(mine, asked, by=None).tidy()


STEP = Step("reliability", "Reliability", run)
