"""Step ``congruence``: polynomial regression of unit outcomes on two roles' views."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.pipeline.focal import Focal, chosen_focal, require_roles
from comply_measure.pipeline.step import Context, Step, StepOptions, StepOutput
from comply_measure.report.chapters.congruence import (
    CongruenceCase,
    CongruenceFacts,
    congruence_headline,
    congruence_section,
)
from comply_measure.report.labels import Labels
from comply_measure.triads.congruence import (
    congruence_checklist,
    congruence_models,
    polynomial_regression,
    response_surface,
)


class CongruenceOptions(StepOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    outcomes : tuple of str
        Numeric unit-level variables; none by default, since only you know which are outcomes.
    predictor : str, optional
        A dimension or construct; by default the mean of all dimensions.
    pairs : tuple of (str, str)
        Pairs of roles; all by default.
    bootstrap : int
        Replications of the intervals.
    cluster : bool, optional
        Allow for firms; by default wherever firms are known.
    """

    scale: str | None = None
    outcomes: tuple[str, ...] = ()
    predictor: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    bootstrap: Annotated[int, Field(ge=200, le=100_000)] = 2000
    cluster: bool | None = None


def run(context: Context, options: CongruenceOptions) -> StepOutput:
    """Fit a response surface for every pair of roles and outcome."""
    chosen = chosen_focal(context.responses, options.scale)
    require_roles(chosen)
    labels = Labels.of(context.responses.scales, context.language)
    cluster = context.responses.n_firms > 1 if options.cluster is None else options.cluster
    pairs = options.pairs or tuple(combinations(chosen.roles, 2))
    table = _table(context, chosen, options)
    response = chosen.scale.response
    seeds = iter(context.seeds().generate_state(max(1, len(pairs) * len(options.outcomes))))
    cases, skipped = [], []
    for outcome in options.outcomes:
        for first, second in pairs:
            seed = int(next(seeds))
            try:
                fit = polynomial_regression(
                    table,
                    first,
                    second,
                    outcome,
                    centre=(response.minimum + response.maximum) / 2,
                    cluster="firm" if cluster else None,
                )
            except ComplyError as problem:
                skipped.append(f"{labels.role(first)} – {labels.role(second)}, {outcome}: {problem}.")
                continue
            surface = response_surface(fit, options.bootstrap, seed)
            cases.append(
                CongruenceCase(
                    key=f"{first}_{second}_{outcome}",
                    first=labels.role(first),
                    second=labels.role(second),
                    outcome=outcome.replace("_", " ").capitalize(),
                    fit=fit,
                    surface=surface,
                    models=congruence_models(fit),
                    checklist=congruence_checklist(fit, surface),
                )
            )
    facts = CongruenceFacts(
        title=chosen.title,
        predictor=labels.construct(options.predictor or chosen.top),
        limits=(response.minimum, response.maximum),
        cases=tuple(cases),
        skipped=tuple(skipped),
        clustered=cluster,
    )
    return StepOutput(
        congruence_section(facts, labels), headline=congruence_headline(facts), problems=tuple(skipped)
    )


def _table(context: Context, chosen: Focal, options: CongruenceOptions) -> pd.DataFrame:
    """One row per unit: the roles' scores under the roles' names, firm and the outcomes."""
    units = context.responses.units
    unknown = [name for name in options.outcomes if name not in units.columns]
    text = [
        name for name in options.outcomes if name in units and not pd.api.types.is_numeric_dtype(units[name])
    ]
    if unknown or text:
        numeric = ", ".join(units.select_dtypes("number").columns)
        raise ComplyError(
            f"not a numeric unit-level variable: {', '.join(unknown + text)}; there are: {numeric}"
        )
    scores = chosen.scores("dimension" if chosen.by_scores else chosen.level)
    names = list(chosen.factors)
    if options.predictor is not None and options.predictor not in names:
        raise ComplyError(f"predictor {options.predictor!r} is not one of: {', '.join(names)}")
    columns = [options.predictor] if options.predictor else names
    present = scores[columns].notna().sum(axis=1) >= (len(columns) + 1) // 2
    value = scores[columns].mean(axis=1).where(present)
    wide = scores.assign(view=value).pivot_table(index="unit", columns="role", values="view", sort=False)
    wide = wide.reindex(columns=list(chosen.roles))
    wide["firm"] = scores.groupby("unit", sort=False)["firm"].first().reindex(wide.index)
    return wide.join(units[list(options.outcomes)]).reset_index(drop=True)


STEP = Step("congruence", "Congruence", run, CongruenceOptions)
