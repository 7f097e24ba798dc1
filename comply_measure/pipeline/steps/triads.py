"""Step ``triads``: reliability of the unit's score, aggregation, similarity of roles, absence."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from comply_measure.pipeline.focal import Focal, chosen_focal, require_roles
from comply_measure.pipeline.step import Context, Step, StepOptions, StepOutput
from comply_measure.report.chapters.triads import TriadFacts, triads_headline, triads_section
from comply_measure.report.labels import Labels
from comply_measure.triads import (
    GStudy,
    TriadData,
    aggregation_sensitivity,
    g_study,
    icc_oneway_reml,
    missing_role_test,
    odd_role_out,
    profile_similarity,
    pseudo_baseline,
    random_group_resampling,
    unit_reliability,
)

_CURVE = tuple(range(1, 11))


class TriadOptions(StepOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    replications : int
        Of resampling and re-matching.
    generalizability : bool
        Whether to run the generalizability study (needs attributes).
    bootstrap : int
        Parametric bootstrap replications of the intervals of G and Φ; 0 for none.
    """

    scale: str | None = None
    replications: Annotated[int, Field(ge=200, le=100_000)] = 500
    generalizability: bool = True
    bootstrap: Annotated[int, Field(ge=0, le=100_000)] = 200


def run(context: Context, options: TriadOptions) -> StepOutput:
    """Analyse the informants of a unit as one measure."""
    chosen = chosen_focal(context.responses, options.scale)
    require_roles(chosen)
    names = list(chosen.factors)
    scores = chosen.scores("dimension" if chosen.by_scores else chosen.level)
    triads = TriadData.from_long(scores, names, roles=chosen.roles)
    seeds = [int(s) for s in context.seeds().generate_state(3)]
    study = _study(chosen, options, seeds[2])
    facts = TriadFacts(
        title=chosen.title,
        icc=icc_oneway_reml(scores, names).tidy(),
        resampling=random_group_resampling(
            scores, names, replications=options.replications, seed=seeds[0]
        ).tidy(),
        components=study.tidy() if study else pd.DataFrame(),
        coefficients=study.coefficients() if study else pd.DataFrame(),
        curve=_curve(study),
        unit_reliability=_by_informants(unit_reliability(triads)),
        sensitivity=aggregation_sensitivity(triads, min_roles=2),
        pseudo=pseudo_baseline(triads, replications=options.replications, seed=seeds[1]),
        profiles=_profiles(triads),
        missing=missing_role_test(triads),
        odd=_odd(triads),
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        replications=options.replications,
    )
    labels = Labels.of(context.responses.scales, context.language)
    return StepOutput(triads_section(facts, labels), headline=triads_headline(facts))


def _by_informants(table: pd.DataFrame) -> pd.DataFrame:
    """λ_g depends on the number of informants only: one row per variable and number."""
    counts = table.groupby(["column", "n_informants"], sort=False, as_index=False).agg(
        n_units=("unit", "size"),
        reliability=("reliability", "first"),
        variance_unit=("variance_unit", "first"),
        variance_error=("variance_error", "first"),
        note=("note", "first"),
    )
    order = {name: place for place, name in enumerate(dict.fromkeys(table["column"]))}
    counts["place"] = counts["column"].map(order)
    ordered = counts.sort_values(["place", "n_informants"], ascending=[True, False], ignore_index=True)
    return ordered.drop(columns="place")


def _study(chosen: Focal, options: TriadOptions, seed: int) -> GStudy | None:
    if not (options.generalizability and chosen.by_scores):
        return None
    data = TriadData.from_long(chosen.scores("attribute"), list(chosen.indicator_names), roles=chosen.roles)
    study = g_study(data, bootstrap=options.bootstrap, seed=seed)
    return study if np.isfinite(study.variances).all() else None


def _curve(study: GStudy | None) -> pd.DataFrame:
    if study is None:
        return pd.DataFrame(columns=["fixed", "n_roles", "g"])
    curve: pd.DataFrame = study.d_study(_CURVE, [study.sizes["attribute"]], fixed=[(), ("attribute",)])
    return curve


def _profiles(triads: TriadData) -> pd.DataFrame:
    """Means over units by pair; the shares of D² are ratios of means."""
    table = profile_similarity(triads).tidy()
    rows = []
    for pair, block in table.groupby("pair", sort=False):
        known = block.dropna(subset=["d_squared"])
        total = known["d_squared"].sum()
        means = known[["d_mean", "correlation", "correlation_distinctive", "icc_double_entry", "ccc"]].mean()
        shares = {
            f"{part}_share": known[part].sum() / total if total > 0 else np.nan
            for part in ("level", "scatter", "shape")
        }
        rows.append({"pair": pair, "n_units": len(known), **means.to_dict(), **shares})
    return pd.DataFrame(rows)


def _odd(triads: TriadData) -> pd.DataFrame:
    """How often each role stands apart, by dimension."""
    if len(triads.roles) < 3:
        return pd.DataFrame(columns=["column", "role", "n_odd", "share"])
    table = odd_role_out(triads).tidy()
    rows = []
    for column, block in table.groupby("column", sort=False):
        known = block[block["odd_role"].isin(list(triads.roles))]
        for role in triads.roles:
            n = int((known["odd_role"] == role).sum())
            rows.append((column, role, n, n / len(known) if len(known) else np.nan))
    return pd.DataFrame(rows, columns=["column", "role", "n_odd", "share"])


STEP = Step("triads", "The triad as a measure", run, TriadOptions)
