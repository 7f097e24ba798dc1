"""Topic ``triads``: reliability of the unit's score, aggregation, similarity of roles, absence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.choices import Names
from comply_measure.evidence.focal import (
    Focal,
    chosen_focal,
    require_roles,
)
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import FewReplications, TopicOptions
from comply_measure.evidence.rules.triads import CLOSER
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.evidence.several import gap_table, nested_table, number_table
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_test
from comply_measure.measurement.frames import joined
from comply_measure.responses import Responses, each_informant, one_per_role
from comply_measure.triads import (
    GStudy,
    OddRole,
    TriadData,
    aggregate,
    blup_scores,
    common_fate_scores,
    g_study,
    icc_oneway_reml,
    missing_role_test,
    odd_role_out,
    profile_similarity,
    pseudo_baseline,
    random_group_resampling,
    role_dispersion,
    unit_reliability,
    waba,
)
from comply_measure.triads.aggregation.scores import UnitScores
from comply_measure.triads.aggregation.sensitivity import compared_schemes

_CURVE = tuple(range(1, 11))


class TriadOptions(TopicOptions):
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
    competence : str, optional
        Construct of the informant that weights informants in the sensitivity analysis; by default the scale's first
        construct of that kind, if it was asked.
    criterion : str, optional
        Numeric unit-level variable, to see how its correlation with the scores depends on the scheme.
    """

    scale: Annotated[str | None, Names("scale")] = None
    replications: Annotated[int, Field(ge=200, le=100_000)] = 500
    generalizability: bool = True
    bootstrap: FewReplications = 200
    competence: Annotated[str | None, Names("construct of the informant")] = None
    criterion: Annotated[str | None, Names("numeric unit variable")] = None


@dataclass(frozen=True, eq=False)
class TriadEvidence(Evidence):
    """What the topic found; data frames as the functions of ``triads`` return them.

    Parameters
    ----------
    title : str
    unit_reliability : DataFrame
        ``column, n_informants, n_units, reliability, variance_unit, variance_error, note``.
    icc, resampling, components, coefficients, curve, sensitivity, pseudo, profiles, missing, odd, waba : DataFrame
    by_number, nested, view_gaps : DataFrame
        What several informants of a role say of views (:mod:`comply_measure.evidence.several`); empty where none has.
    units : DataFrame
        Scores of every unit: ``unit, column, score, n_informants, blup, blup_se, common_fate, common_fate_se, note,
        reliability, sd, range, odd_role``.
    criterion : str
        Unit-level variable the schemes are related to; empty without one.
    n_units, n_informants : int
    replications : int
        Of resampling and re-matching.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    unit_reliability: pd.DataFrame
    icc: pd.DataFrame
    resampling: pd.DataFrame
    components: pd.DataFrame
    coefficients: pd.DataFrame
    curve: pd.DataFrame
    sensitivity: pd.DataFrame
    pseudo: pd.DataFrame
    profiles: pd.DataFrame
    missing: pd.DataFrame
    odd: pd.DataFrame
    waba: pd.DataFrame
    by_number: pd.DataFrame
    nested: pd.DataFrame
    view_gaps: pd.DataFrame
    units: pd.DataFrame
    criterion: str
    n_units: int
    n_informants: int
    replications: int
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Scores of every unit and dimension with their errors and reliability."""
        return self.units

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether the roles of a unit are closer than re-matched ones, by dimension and pair."""
        return closer_verdicts(self.pseudo, conventions)


def closer_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether real pairs are closer than re-matched ones (:func:`comply_measure.triads.pseudo_baseline`)."""
    found, n = [], int(table["p_adjusted"].notna().sum())
    for row in table[table["statistic"] == "absolute_gap"].to_dict("records"):
        p, real = float(row["p_adjusted"]), float(row["real"])
        answer = by_test(p, conventions["test_level"], excluded=real > row["pseudo_upper"])
        ends = (float(row["pseudo_lower"]), float(row["pseudo_upper"]))
        numbers: dict[str, Number] = {"real": real, "pseudo": float(row["pseudo"]), "ci": ends, "p": p}
        subject = (str(row["column"]), str(row["pair"]))
        found.append(CLOSER.verdict(answer, *subject, numbers=numbers, n_family=max(n, 1)))
    return tuple(found)


def triads(responses: Responses, options: TriadOptions | None = None, *, seed: int = 0) -> TriadEvidence:
    """Analyse the informants of a unit as one measure.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : TriadOptions, optional
        Defaults where not given.
    seed : int
        Seed of resampling, re-matching and bootstrap.

    Returns
    -------
    TriadEvidence

    Raises
    ------
    ComplyError
        If fewer than two roles answered the scale, or an option names what is not there.
    """
    options = options or TriadOptions()
    people = chosen_focal(each_informant(responses), options.scale)
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    names = list(chosen.factors)
    scores = chosen.scores("dimension" if chosen.by_scores else chosen.level)
    triads = TriadData.from_long(scores, names, roles=chosen.roles)
    firm = "firm" if responses.n_firms > 1 else None
    seeds = [int(s) for s in topic_seeds("triads", seed).generate_state(3)]
    study = _study(chosen, options, seeds[2])
    by_role = role_reliabilities(chosen, {name: chosen.wholes[name] for name in names})
    latent = blup_scores(triads), common_fate_scores(triads)
    worth = unit_reliability(triads)
    odd: OddRole | None = odd_role_out(triads, by_role) if len(chosen.roles) > 2 else None
    return TriadEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        icc=icc_oneway_reml(scores, names).tidy(),
        resampling=random_group_resampling(
            scores, names, replications=options.replications, seed=seeds[0], firm=firm
        ).tidy(),
        components=study.tidy() if study else pd.DataFrame(),
        coefficients=study.coefficients() if study else pd.DataFrame(),
        curve=_curve(study),
        unit_reliability=_by_informants(worth),
        sensitivity=compared_schemes(
            triads,
            latent,
            competence=_competence(chosen, triads, options.competence),
            criterion=_criterion(responses, triads, options.criterion),
            min_roles=2,
        ),
        criterion=options.criterion or "",
        pseudo=pseudo_baseline(
            TriadData.from_long(scores, names, firm=firm, roles=chosen.roles),
            replications=options.replications,
            seed=seeds[1],
        ),
        profiles=_profiles(triads),
        missing=missing_role_test(triads),
        odd=odd.summary() if odd is not None else pd.DataFrame(columns=_ODD_COLUMNS),
        waba=waba(scores, list(combinations(names, 2))).tidy() if len(names) > 1 else pd.DataFrame(),
        by_number=number_table(people, names),
        nested=nested_table(people, names),
        view_gaps=gap_table(people, names),
        units=_units(triads, odd, latent, worth),
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        replications=options.replications,
    )


def _compute(request: Request, options: TriadOptions) -> TriadEvidence:
    return triads(request.responses, options, seed=request.seed)


TOPIC = Topic("triads", "The triad as a measure", _compute, TriadOptions, informants="both")


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
    curve: pd.DataFrame = study.d_study(_CURVE, [int(study.sizes["attribute"])], fixed=[(), ("attribute",)])
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
        rows.append(
            {
                "pair": pair,
                "n_units": len(known),
                **{str(name): mean for name, mean in means.items()},
                **shares,
                "note": _why_no_profiles(known, {**means, **shares}, block["note"]),
            }
        )
    return pd.DataFrame(rows)


def _why_no_profiles(known: pd.DataFrame, values: Mapping[str, float], notes: pd.Series) -> str:
    """Why means over units are undefined: the units' own reasons."""
    if not any(value != value for value in values.values()):
        return ""
    own = joined(*dict.fromkeys(notes[notes != ""]))
    same = "the profiles of all units are equal" if len(known) and not known["d_squared"].any() else ""
    return joined(same, own) or "defined in no unit"


def _competence(chosen: Focal, triads: TriadData, name: str | None) -> npt.NDArray[np.float64] | None:
    """Mean of the informant's items on its competence, units × roles; None where they were not asked."""
    keys = [construct.key for construct in chosen.scale.constructs if construct.level == "informant"]
    if name is not None and name not in keys:
        raise ComplyError(
            f"competence {name!r} is not one of: {', '.join(keys) or 'no construct of informants'}"
        )
    answers = chosen.answers()
    for key in [name] if name else keys[:1]:
        items = [
            item.id for item in chosen.scale.items if item.construct == key and item.id in answers.columns
        ]
        if items and answers[items].notna().any(axis=None):
            rated = answers[["unit", "role"]].assign(competence=answers[items].mean(axis=1))
            data = TriadData.from_long(rated, ["competence"], roles=chosen.roles)
            places = pd.Index(data.units).get_indexer(pd.Index(triads.units))
            return np.asarray(data.values[places, :, 0])
    return None


def _criterion(responses: Responses, triads: TriadData, name: str | None) -> npt.NDArray[np.float64] | None:
    units = responses.units
    if name is None:
        return None
    if name not in units.columns or not pd.api.types.is_numeric_dtype(units[name]):
        numeric = ", ".join(units.select_dtypes("number").columns) or "none"
        raise ComplyError(f"criterion {name!r} is not a numeric unit-level variable; there are: {numeric}")
    return units[name].reindex(pd.Index(triads.units)).to_numpy(dtype=float)


def _units(
    triads: TriadData, odd: OddRole | None, latent: tuple[UnitScores, UnitScores], worth: pd.DataFrame
) -> pd.DataFrame:
    """Every unit and variable: mean, BLUP and common fate with errors, reliability, spread, odd role."""
    keys = ["unit", "column"]
    mean = aggregate(triads, centring="role", min_roles=1).tidy()[[*keys, "score", "n_informants"]]
    blup, common = (scores.tidy() for scores in latent)
    blup = blup[[*keys, "score", "se"]].rename(columns={"score": "blup", "se": "blup_se"})
    common = common[[*keys, "score", "se", "note"]].rename(
        columns={"score": "common_fate", "se": "common_fate_se"}
    )
    table: pd.DataFrame = mean.merge(blup, on=keys).merge(common, on=keys)
    table = table.merge(worth[[*keys, "reliability"]], on=keys)
    spread = role_dispersion(triads)[[*keys, "sd", "range", "note"]].rename(columns={"note": "lone"})
    table = table.merge(spread, on=keys)
    table["note"] = [joined(*notes) for notes in zip(table["note"], table.pop("lone"), strict=True)]
    named = table[keys].assign(odd_role="") if odd is None else odd.tidy()[[*keys, "odd_role"]]
    return table.merge(named, on=keys)


_ODD_COLUMNS = [
    "column",
    "role",
    "n_odd",
    "n_decided",
    "share",
    "chance",
    "n_reliable",
    "chi2",
    "df",
    "p_holm",
    "note",
]
