"""Topic ``congruence``: outcomes of the unit on two roles' views, observed and latent, and on level and contrasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Annotated

import pandas as pd
from pydantic import AfterValidator, Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.estimation import firm_words
from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.outcomes import Outcome, OutcomeName, find_outcomes, measurement
from comply_measure.evidence.rules.congruence import BROAD
from comply_measure.evidence.surfaces import (
    CongruenceCase,
    LatentCase,
    LevelModel,
    Regression,
    corrected,
    corrected_constraints,
)
from comply_measure.evidence.texts import one_line
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.responses import Responses, one_per_role
from comply_measure.statistics.multiplicity import rejects
from comply_measure.triads.congruence import (
    PolynomialRegression,
    ResponseSurface,
    congruence_checklist,
    congruence_models,
    polynomial_regression,
    response_surface,
)


def _two(pair: tuple[str, str]) -> tuple[str, str]:
    if pair[0] == pair[1]:
        raise ValueError("a pair has two different roles")
    return pair


Pair = Annotated[tuple[str, str], AfterValidator(_two)]


class CongruenceOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    outcomes : tuple of str
        Numeric unit-level variables, or constructs of the other scales (as rated by all roles of those, their
        unit score); none by default, since only you know which are outcomes.
    predictor : str, optional
        A dimension or construct; by default the mean of all dimensions.
    pairs : tuple of (str, str)
        Pairs of roles; all by default.
    bootstrap : int
        Replications of the intervals.
    cluster : bool, optional
        Allow for firms; by default wherever firms are known.
    latent : bool
        Also fit the surfaces between latent views, and the latent congruence model with the outcomes.
    """

    scale: Annotated[str | None, Names("scale")] = None
    outcomes: Annotated[tuple[str, ...], Names("numeric unit variable or construct")] = ()
    predictor: Annotated[str | None, Names("dimension")] = None
    pairs: Annotated[tuple[Pair, ...], Names("role")] = ()
    bootstrap: Annotated[int, Field(ge=200, le=100_000)] = 2000
    cluster: Annotated[bool | None, Firms()] = None
    latent: bool = True


@dataclass(frozen=True, eq=False)
class Remark:
    """What is wrong with one pair and outcome: its names, whether between latent views, a sentence without a stop."""

    names: tuple[str, str, str]
    latent: bool
    text: str


@dataclass(frozen=True, eq=False)
class CongruenceEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title, predictor : str
        The scale; key of what both roles rated.
    limits : tuple of float
        Ends of the answer scale.
    outcomes : tuple of OutcomeName
    cases : tuple of CongruenceCase
        Surfaces between observed views.
    remarks : tuple of Remark
        Pairs and outcomes that could not be analysed, or not without findings.
    clustered : bool
        Whether firms are allowed for.
    latent_estimator : str
        How the surfaces between latent views are estimated, with a warning of few firms.
    latent : tuple of LatentCase
        Surfaces between latent views.
    level : LevelModel or None
        Latent congruence model of all roles with the outcomes.
    level_problems : tuple of str
        Why there is none, or its serious findings.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    predictor: str
    limits: tuple[float, float]
    outcomes: tuple[OutcomeName, ...]
    cases: tuple[CongruenceCase, ...]
    remarks: tuple[Remark, ...]
    clustered: bool
    latent_estimator: str
    latent: tuple[LatentCase, ...]
    level: LevelModel | None
    level_problems: tuple[str, ...]
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Surface parameters of every pair and outcome; ``views`` says whether observed or latent."""
        named = [("observed", c.names, c.surface) for c in self.cases]
        named += [("latent", c.names, c.result.surface) for c in self.latent]
        parts = [
            surface.parameters.assign(views=views, first=first, second=second, outcome=outcome)
            for views, (first, second, outcome), surface in named
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Congruence effects on observed views, corrected over the surfaces."""
        return tuple(_verdict(case, len(self.cases), conventions["test_level"]) for case in self.cases)

    def problems(self) -> tuple[str, ...]:
        """What could not be analysed, or not without findings."""
        return (
            *(
                f"{r.names[0]} – {r.names[1]}, {r.names[2]}{', latent' * r.latent}: {r.text}."
                for r in self.remarks
            ),
            *self.level_problems,
        )


def _verdict(case: CongruenceCase, n: int, level: float) -> Verdict:
    """Supported, not, or cannot say: a curvature that cannot be told from none fails nothing."""
    rows = case.surface.parameters.to_dict("records")
    a4 = next(row for row in rows if row["name"] == "a4")
    p = float(a4["p_holm"])
    others = case.checklist.conditions[case.checklist.conditions["needed_for"] == "broad"].iloc[1:]
    answer: Answer = "cannot say"
    if case.checklist.broad:
        answer = "supported"
    elif (a4["estimate"] > 0 and rejects(p, level)) or any(value is False for value in others["holds"]):
        answer = "not supported"
    numbers: dict[str, Number] = {
        "a4": float(a4["estimate"]),
        "ci": (float(a4["ci_lower"]), float(a4["ci_upper"])),
        "p": p,
    }
    first, second, outcome = case.names
    return BROAD.verdict(answer, first, second, outcome, numbers=numbers, n_family=max(n, 1))


@dataclass(frozen=True, eq=False)
class _Job:
    """What all analyses of the step share."""

    chosen: Focal
    outcomes: tuple[Outcome, ...]
    pairs: tuple[tuple[str, str], ...]
    cluster: bool
    centre: float
    predictor: str | None
    replications: int
    remarks: list[Remark]

    @property
    def firm(self) -> str | None:
        return "firm" if self.cluster else None

    def cases(self) -> Iterator[tuple[Outcome, str, str]]:
        for outcome in self.outcomes:
            for first, second in self.pairs:
                yield outcome, first, second

    def note(self, names: tuple[str, str, str], text: str, *, latent: bool) -> None:
        self.remarks.append(Remark(names, latent, text))


def congruence(
    responses: Responses, options: CongruenceOptions | None = None, *, seed: int = 0
) -> CongruenceEvidence:
    """Fit a response surface for every pair of roles and outcome, and the latent models.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : CongruenceOptions, optional
        Defaults where not given; outcomes have to be named.
    seed : int
        Seed of the replications.

    Returns
    -------
    CongruenceEvidence
        Pairs and outcomes that could not be analysed have their reason in ``remarks``.

    Raises
    ------
    ComplyError
        If one role answered the scale, or an option names what is not there.
    """
    options = options or CongruenceOptions()
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    names = list(chosen.factors)
    if options.predictor is not None and options.predictor not in names:
        raise ComplyError(f"predictor {options.predictor!r} is not one of: {', '.join(names)}")
    response = chosen.scale.response
    job = _Job(
        chosen=chosen,
        outcomes=find_outcomes(responses, options.outcomes),
        pairs=options.pairs or tuple(combinations(chosen.roles, 2)),
        cluster=responses.n_firms > 1 if options.cluster is None else options.cluster,
        centre=(response.minimum + response.maximum) / 2,
        predictor=options.predictor,
        replications=options.bootstrap,
        remarks=[],
    )
    n = max(1, 2 * len(job.pairs) * len(job.outcomes))
    numbers = iter(int(number) for number in topic_seeds("congruence", seed).generate_state(n))
    cases = _observed(job, numbers)
    latent = _latent(job, numbers) if options.latent else ()
    level, problems = _level(job) if options.latent and job.outcomes else (None, ())
    return CongruenceEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        predictor=options.predictor or chosen.top,
        limits=(response.minimum, response.maximum),
        outcomes=tuple(outcome.named for outcome in job.outcomes),
        cases=cases,
        remarks=tuple(job.remarks),
        clustered=job.cluster,
        latent_estimator=f"MLR, full information{firm_words(responses, clustered=job.cluster)}",
        latent=latent,
        level=level,
        level_problems=problems,
    )


def _compute(request: Request, options: CongruenceOptions) -> CongruenceEvidence:
    return congruence(request.responses, options, seed=request.seed)


TOPIC = Topic("congruence", "Congruence", _compute, CongruenceOptions, informants="role")


def _observed(job: _Job, seeds: Iterator[int]) -> tuple[CongruenceCase, ...]:
    table = _views(job)
    found: list[tuple[tuple[str, str, str], PolynomialRegression, ResponseSurface]] = []
    for outcome, first, second in job.cases():
        seed, names = next(seeds), (first, second, outcome.key)
        try:
            fit = polynomial_regression(
                table, first, second, outcome.column, centre=job.centre, cluster=job.firm
            )
        except ComplyError as problem:
            job.note(names, one_line(problem), latent=False)
            continue
        if not fit.defined:
            job.note(names, one_line(ComplyError(fit.note)), latent=False)
            continue
        found.append((names, fit, response_surface(fit, job.replications, seed)))
    surfaces = corrected([surface for _, _, surface in found])
    models = corrected_constraints([congruence_models(fit) for _, fit, _ in found])
    return tuple(
        CongruenceCase(names, Regression.of(fit), surface, own, congruence_checklist(fit, surface))
        for (names, fit, _), surface, own in zip(found, surfaces, models, strict=True)
    )


def _latent(job: _Job, seeds: Iterator[int]) -> tuple[LatentCase, ...]:
    from comply_measure.models.informants import latent_polynomial

    factor, items = _factor(job)
    if len(items) < 2:
        return ()
    wide = _wide(job, items)
    cases = []
    for outcome, first, second in job.cases():
        seed, names = next(seeds), (first, second, outcome.key)
        try:
            result = latent_polynomial(
                wide,
                factor,
                items,
                (first, second),
                outcome.name,
                job.centre,
                outcome_items=outcome.ratings,
                cluster=job.firm,
                replications=job.replications,
                seed=seed,
            )
        except ComplyError as problem:
            job.note(names, one_line(problem), latent=True)
            continue
        for text in result.problems:
            job.note(names, text, latent=True)
        cases.append(LatentCase(names, result))
    surfaces = corrected([case.result.surface for case in cases])
    return tuple(
        LatentCase(
            case.names, replace(case.result, surface=surface, checklist=congruence_checklist(None, surface))
        )
        for case, surface in zip(cases, surfaces, strict=True)
    )


def _level(job: _Job) -> tuple[LevelModel | None, tuple[str, ...]]:
    """The latent congruence model of all roles with all outcomes at once; what is wrong with it."""
    from comply_measure import sem
    from comply_measure.models.informants import (
        contrast_names,
        effects_table,
        joint_tests,
        latent_congruence_model,
    )

    factor, items = _factor(job)
    if len(items) < 2:
        return None, ()
    names = [outcome.name for outcome in job.outcomes]
    lines = [latent_congruence_model(factor, items, job.chosen.roles, names)]
    lines += measurement(job.outcomes)
    try:
        fit = sem.fit(
            "\n".join(lines),
            _wide(job, items),
            estimator="MLR",
            missing="ml",
            meanstructure=True,
            cluster=job.firm,
        )
    except ComplyError as problem:
        return None, (f"Latent congruence model: {one_line(problem)}.",)
    named = NamedFit("latent_congruence", "Latent congruence with outcomes", fit)
    latent = contrast_names(factor, job.chosen.roles)
    estimator = f"MLR, full information{firm_words(job.chosen.responses, clustered=job.cluster)}"
    model = LevelModel(
        fit=named,
        factor=factor,
        roles=job.chosen.roles,
        effects=effects_table(fit),
        tests=joint_tests(fit, latent[1:], names),
        n_units=job.chosen.n_units,
        n_informants=job.chosen.n_informants,
        estimator=estimator,
    )
    return model, named.warnings


def _factor(job: _Job) -> tuple[str, tuple[str, ...]]:
    """Name and indicators of the view: a dimension's attributes, or the dimensions themselves."""
    if job.predictor is not None:
        return job.predictor, job.chosen.factors[job.predictor]
    return job.chosen.top, tuple(job.chosen.factors)


def _wide(job: _Job, items: tuple[str, ...]) -> pd.DataFrame:
    """One row per unit: the indicators by role, the firm, the outcomes and their ratings."""
    from comply_measure.models.informants import wide_frame

    scores = job.chosen.indicators() if job.predictor is not None else _dimension_scores(job)
    wide: pd.DataFrame = wide_frame(scores, items, job.chosen.roles, keep=["firm"] if job.cluster else [])
    for outcome in job.outcomes:
        wide = wide.join(outcome.values)
    return wide.reset_index(drop=True)


def _dimension_scores(job: _Job) -> pd.DataFrame:
    chosen = job.chosen
    if chosen.by_scores:
        return chosen.scores("dimension")
    table = chosen.indicators()
    return table.assign(**{d: table[list(items)].mean(axis=1) for d, items in chosen.factors.items()})


def _views(job: _Job) -> pd.DataFrame:
    """One row per unit: the roles' scores under the roles' names, firm and the outcomes."""
    chosen, names = job.chosen, list(job.chosen.factors)
    scores = chosen.scores("dimension" if chosen.by_scores else chosen.level)
    columns = [job.predictor] if job.predictor else names
    present = scores[columns].notna().sum(axis=1) >= (len(columns) + 1) // 2
    value = scores[columns].mean(axis=1).where(present)
    wide = scores.assign(view=value).pivot_table(index="unit", columns="role", values="view", sort=False)
    wide = wide.reindex(columns=list(chosen.roles))
    wide["firm"] = scores.groupby("unit", sort=False)["firm"].first().reindex(wide.index)
    for outcome in job.outcomes:
        wide = wide.join(outcome.values[[outcome.column]])
    return wide.reset_index(drop=True)
