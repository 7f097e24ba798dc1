"""Topic ``journey``: level, role gaps and agreement over the stages of the customer journey."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from comply_measure import framework
from comply_measure.errors import NotApplicableError
from comply_measure.evidence.asked import form_asks, scale_asks
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.journey_invariance import Columns, stage_invariance
from comply_measure.evidence.journey_verdicts import journey_verdicts
from comply_measure.evidence.options import FewReplications, TopicOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.responses import Responses, one_per_role
from comply_measure.statistics.multiplicity import rejects
from comply_measure.triads import (
    StageData,
    TriadData,
    agreement_indices,
    dispersion_differences,
    g_study,
    icc_twoway,
    stage_differences,
    stage_dimensions,
    stage_gaps,
    stage_profile,
    stage_shape,
    stage_tests,
)

if TYPE_CHECKING:
    from comply_measure.evidence.verdicts import Verdict

CALLS = ("neither", "weak", "disputed", "weak and disputed")


class JourneyOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    cluster : bool, optional
        Standard errors that allow for firms; by default wherever firms are known.
    invariance : bool
        Whether equal measurement over stages, and of roles at each stage, is tested.
    margin : float
        Scale points from which a dimension is called weak at a stage (below its own mean over the stages) or disputed
        there (largest gap between the means of two roles), where that differs from zero, too.
    alpha : float
        Level of these tests after Holm's correction.
    bootstrap : int
        Replications behind the intervals of ICC and variance components; 0: none.
    """

    scale: Annotated[str | None, Names("scale")] = None
    cluster: Annotated[bool | None, Firms()] = None
    invariance: bool = True
    margin: Annotated[float, Field(gt=0)] = 0.3
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    bootstrap: FewReplications = 200


@dataclass(frozen=True, eq=False)
class JourneyEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
        Units and informants with a rating of any stage; several informants of a role count as one.
    roles, stages, dimensions : tuple of str
    clustered : bool
        Whether standard errors allow for firms.
    limits : tuple of float
        Ends of the answer scale.
    involvement : DataFrame
        :meth:`StageData.involvement`: who rated which stage.
    profile, gaps, differences, shape, tests : DataFrame
        :func:`stage_profile`, :func:`stage_gaps`, :func:`stage_differences`, :func:`stage_shape`,
        :func:`stage_tests`.
    levels, dimension_gaps : DataFrame
        :func:`stage_dimensions`.
    agreement : DataFrame
        A row per stage: ``stage, n_units, rwg, share_agree`` (rwg(j) over the dimensions; share of units at the
        convention or above), ``icc, icc_lower, icc_upper`` (ICC(A,1) of the stage score), ``ad, ad_lower, ad_upper``
        (mean deviation of the roles' stage scores), ``note``.
    agreement_differences : DataFrame
        :func:`dispersion_differences`, second part.
    components : DataFrame
        ``GStudy.tidy`` of stage scores, the stage in the place of the attribute.
    invariance : DataFrame
        Ladders: ``comparison`` (``stages``; ``stages in ROLE``; ``roles at STAGE``) and the columns of
        ``InvarianceLadder.tidy``, or a note why there is none; empty where not asked for.
    calls : DataFrame
        ``stage, dimension, level, deviation, deviation_p, gap, pair, gap_p, call``: weak where the deviation from the
        dimension's mean over stages is −margin or less and differs from zero, disputed where the largest gap of two
        roles' means is the margin or more and differs from zero (Holm within each family).
    interventions : DataFrame
        ``stage, intervention, text, dimensions, called_dimensions, source`` for every stage with a called dimension.
    margin, alpha : float
        What a call needs.
    cutoff : float
        Convention for rwg(j).
    """

    title: str
    n_units: int
    n_informants: int
    roles: tuple[str, ...]
    stages: tuple[str, ...]
    dimensions: tuple[str, ...]
    clustered: bool
    limits: tuple[float, float]
    involvement: pd.DataFrame
    profile: pd.DataFrame
    gaps: pd.DataFrame
    differences: pd.DataFrame
    shape: pd.DataFrame
    tests: pd.DataFrame
    levels: pd.DataFrame
    dimension_gaps: pd.DataFrame
    agreement: pd.DataFrame
    agreement_differences: pd.DataFrame
    components: pd.DataFrame
    invariance: pd.DataFrame
    calls: pd.DataFrame
    interventions: pd.DataFrame
    margin: float
    alpha: float
    cutoff: float

    def tidy(self) -> pd.DataFrame:
        """Level of every stage by role, with intervals."""
        return self.profile

    def values(self) -> Mapping[str, Value]:
        """P values of the joint tests and the number of differing stages."""
        found: dict[str, Value] = {
            f"p_{row['test']}": float(row["p"]) for row in self.tests.to_dict("records")
        }
        return found | {"n_called": int((self.calls["call"] != "neither").sum())}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """What differs over stages and roles, whether the loop closes, what is weak or disputed."""
        return journey_verdicts(self, conventions)

    def reasons(self) -> Mapping[str, str]:
        """Why a joint test has no result."""
        return {f"p_{row['test']}": str(row["note"]) for row in self.tests.to_dict("records") if row["note"]}


def journey(
    responses: Responses, options: JourneyOptions | None = None, *, seed: int = 0, cutoff: float = 0.70
) -> JourneyEvidence:
    """Alignment over the stages of the journey that items ask about.

    A role's view of a stage is the mean of its dimensions there, half of them at least; a stage that an informant
    left out (a function can be not involved in it) is missing, and the other stages count. Several informants of a
    role are averaged first.

    Parameters
    ----------
    responses : Responses
        The validated answers, with items of stages (``form: [full, journey]`` or ``journey``).
    options : JourneyOptions, optional
        Defaults where not given.
    seed : int
        Seed of the bootstrap.
    cutoff : float
        Convention for rwg(j).

    Returns
    -------
    JourneyEvidence

    Raises
    ------
    NotApplicableError
        If no item asks about a stage, or fewer than two roles answered.
    """
    options = options or JourneyOptions()
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    answers, columns = stage_answers(chosen)
    clustered = responses.n_firms > 1 if options.cluster is None else options.cluster
    data = StageData.from_long(answers, columns, roles=chosen.roles, firm="firm" if clustered else None)
    rated = (data.triads.values == data.triads.values).any(axis=2)
    levels, dimension_gaps = stage_dimensions(data)
    response = chosen.scale.response
    limits = (float(response.minimum), float(response.maximum))
    seeds = topic_seeds("journey", seed).spawn(2)
    agreed, pairs = _agreement(data, answers, columns, limits, cutoff, (options.bootstrap, seeds[0]))
    components = g_study(
        _stage_triads(data), bootstrap=options.bootstrap, seed=np.random.default_rng(seeds[1])
    ).tidy()
    calls = _calls(levels, dimension_gaps, options)
    return JourneyEvidence(
        title=chosen.title,
        n_units=int(rated.any(axis=1).sum()),
        n_informants=int(rated.sum()),
        roles=data.roles,
        stages=data.stages,
        dimensions=data.dimensions,
        clustered=clustered,
        limits=limits,
        involvement=data.involvement(),
        profile=stage_profile(data),
        gaps=stage_gaps(data),
        differences=stage_differences(data),
        shape=stage_shape(data, _loop(data.stages)),
        tests=stage_tests(data),
        levels=levels,
        dimension_gaps=dimension_gaps,
        agreement=agreed,
        agreement_differences=pairs,
        components=components.assign(component=components["component"].str.replace("attribute", "stage")),
        invariance=stage_invariance(data, answers, columns, clustered)
        if options.invariance
        else pd.DataFrame(),
        calls=calls,
        interventions=_interventions(calls),
        margin=options.margin,
        alpha=options.alpha,
        cutoff=cutoff,
    )


def stage_answers(chosen: Focal) -> tuple[pd.DataFrame, Columns]:
    """Recoded answers about stages, a column per stage and dimension, and their names.

    Raises
    ------
    NotApplicableError
        If fewer than two stages were asked, or stages were asked about different dimensions.
    """
    found = chosen.responses.stage_items(chosen.scale.key)
    if len(found) < 2:
        raise NotApplicableError(
            f"scale '{chosen.scale.key}' has no items in the data that ask about stages (form: journey)"
        )
    dimensions = [name for name in next(iter(found.values())) if all(name in own for own in found.values())]
    if not dimensions:
        raise NotApplicableError("no dimension was asked at every stage")
    rows = chosen.answers()
    table = rows[["unit", "firm", "role"]].copy()
    columns = {stage: {name: f"{name}@{stage}" for name in dimensions} for stage in found}
    means = {
        columns[stage][name]: rows[list(found[stage][name])].mean(axis=1)
        for stage in found
        for name in dimensions
    }
    return pd.concat([table, pd.DataFrame(means, index=table.index)], axis=1), columns


def _loop(stages: tuple[str, ...]) -> tuple[str, str] | None:
    """Where the framework's loop begins and ends, if the stages are in the data."""
    inner = [stage.key for stage in framework.journey_stages() if stage.in_loop]
    return (inner[0], inner[-1]) if set(inner) <= set(stages) else None


def _stage_triads(data: StageData) -> TriadData:
    """The stage scores as triads, a column per stage."""
    triads = data.triads
    return TriadData(triads.units, triads.firms, triads.roles, data.stages, data.scores, triads.present)


def _agreement(
    data: StageData,
    answers: pd.DataFrame,
    columns: Columns,
    limits: tuple[float, float],
    cutoff: float,
    bootstrap: tuple[int, np.random.SeedSequence],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    scales = {stage: tuple(own.values()) for stage, own in columns.items()}
    found = agreement_indices(
        answers, scales, minimum=limits[0], maximum=limits[1], indices=("rwg_j",)
    ).summary({"rwg_j": cutoff})
    rwg = found.set_index("scale")
    rng = np.random.default_rng(bootstrap[1])
    twoway = icc_twoway(_stage_triads(data), bootstrap=bootstrap[0], seed=rng).tidy()
    icc = twoway[twoway["form"] == "ICC(A,1)"].set_index("column")
    spread, pairs = dispersion_differences(data)
    table = pd.DataFrame(
        {
            "stage": list(data.stages),
            "n_units": spread["n_units"],
            "rwg": rwg["mean"].reindex(data.stages).to_numpy(),
            "share_agree": rwg["share_agreeing"].reindex(data.stages).to_numpy(),
            "icc": icc["icc"].reindex(data.stages).to_numpy(),
            "icc_lower": icc["lower"].reindex(data.stages).to_numpy(),
            "icc_upper": icc["upper"].reindex(data.stages).to_numpy(),
            "ad": spread["mean"],
            "ad_lower": spread["lower"],
            "ad_upper": spread["upper"],
            "note": icc["note"].reindex(data.stages).to_numpy(),
        }
    )
    return table, pairs


def _calls(levels: pd.DataFrame, gaps: pd.DataFrame, options: JourneyOptions) -> pd.DataFrame:
    """Weak and disputed dimensions by stage."""
    rows = []
    for row in levels.sort_values(["stage", "dimension"], key=_in_order(levels), kind="stable").to_dict(
        "records"
    ):
        own = gaps[(gaps["stage"] == row["stage"]) & (gaps["dimension"] == row["dimension"])].dropna(
            subset=["estimate"]
        )
        clear = own[rejects(own["p_holm"], options.alpha)]
        shown = clear if len(clear) else own
        top = shown.iloc[int(shown["estimate"].abs().to_numpy().argmax())] if len(shown) else None
        gap = math.nan if top is None else float(top["estimate"])
        weak = bool(row["estimate"] <= -options.margin and row["p_holm"] <= options.alpha)
        disputed = bool(len(clear) and abs(gap) >= options.margin)
        rows.append(
            {
                "stage": row["stage"], "dimension": row["dimension"], "level": row["mean"],
                "deviation": row["estimate"], "deviation_p": row["p_holm"], "gap": gap,
                "pair": "" if top is None else str(top["pair"]),
                "gap_p": math.nan if top is None else float(top["p_holm"]),
                "call": CALLS[weak + 2 * disputed],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _in_order(levels: pd.DataFrame) -> Callable[[pd.Series[Any]], pd.Series[Any]]:
    """Places of stages and dimensions in their own order."""
    places = {
        name: k for column in ("stage", "dimension") for k, name in enumerate(dict.fromkeys(levels[column]))
    }
    return lambda names: names.map(places)


def _interventions(calls: pd.DataFrame) -> pd.DataFrame:
    """The framework's interventions for the called dimensions of each stage."""
    rows = []
    called = calls[calls["call"] != "neither"]
    for stage in dict.fromkeys(called["stage"]):
        own = set(called.loc[called["stage"] == stage, "dimension"])
        for entry in framework.interventions():
            hit = [key for key in entry.dimensions if key in own]
            if hit:
                rows.append(
                    {
                        "stage": stage, "intervention": entry.key, "text": entry.text,
                        "dimensions": ", ".join(entry.dimensions), "called_dimensions": ", ".join(hit),
                        "source": str(entry.provenance),
                    }
                )  # fmt: skip
    names = ["stage", "intervention", "text", "dimensions", "called_dimensions", "source"]
    return pd.DataFrame(rows, columns=names)


def _compute(request: Request, options: JourneyOptions) -> JourneyEvidence:
    return journey(request.responses, options, seed=request.seed, cutoff=request.conventions["rwg_j"])


TOPIC = Topic(
    "journey",
    "Customer journey",
    _compute,
    JourneyOptions,
    applies=scale_asks("stage"),
    form=form_asks("stage"),
    conventions=("rwg_j",),
    informants="role",
)
