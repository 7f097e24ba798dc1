"""Step ``congruence``: outcomes of the unit on two roles' views, observed and latent, and on level and contrasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated

import pandas as pd
from pydantic import AfterValidator, Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.texts import one_line
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.pipeline.unit_outcomes import Outcome, find_outcomes, measurement
from comply_measure.report.chapters.congruence import (
    CongruenceCase,
    CongruenceFacts,
    congruence_headline,
    congruence_section,
)
from comply_measure.report.chapters.congruence_latent import LatentCase, LevelFacts, level_labels
from comply_measure.report.labels import Labels
from comply_measure.triads.congruence import (
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
class _Job:
    """What all analyses of the step share."""

    chosen: Focal
    labels: Labels
    outcomes: tuple[Outcome, ...]
    pairs: tuple[tuple[str, str], ...]
    cluster: bool
    centre: float
    predictor: str | None
    replications: int
    problems: list[str]

    @property
    def firm(self) -> str | None:
        return "firm" if self.cluster else None

    def cases(self) -> Iterator[tuple[Outcome, str, str]]:
        for outcome in self.outcomes:
            for first, second in self.pairs:
                yield outcome, first, second

    def skip(self, first: str, second: str, outcome: Outcome, what: str, problem: ComplyError) -> None:
        roles = f"{self.labels.role(first)} – {self.labels.role(second)}"
        self.problems.append(f"{roles}, {outcome.label}{what}: {one_line(problem)}.")


def run(context: Context, options: CongruenceOptions) -> StepOutput:
    """Fit a response surface for every pair of roles and outcome, and the latent models."""
    chosen = chosen_focal(context.responses, options.scale)
    require_roles(chosen)
    names = list(chosen.factors)
    if options.predictor is not None and options.predictor not in names:
        raise ComplyError(f"predictor {options.predictor!r} is not one of: {', '.join(names)}")
    response = chosen.scale.response
    labels = Labels.of(context.responses.scales, context.language)
    job = _Job(
        chosen=chosen,
        labels=labels,
        outcomes=find_outcomes(context.responses, options.outcomes, labels),
        pairs=options.pairs or tuple(combinations(chosen.roles, 2)),
        cluster=context.responses.n_firms > 1 if options.cluster is None else options.cluster,
        centre=(response.minimum + response.maximum) / 2,
        predictor=options.predictor,
        replications=options.bootstrap,
        problems=[],
    )
    seeds = context.seeds().generate_state(max(1, 2 * len(job.pairs) * len(job.outcomes)))
    numbers = iter(int(seed) for seed in seeds)
    cases = _observed(job, numbers)
    latent = _latent(job, numbers) if options.latent else ()
    facts = CongruenceFacts(
        title=chosen.title,
        predictor=labels.construct(options.predictor or chosen.top),
        limits=(response.minimum, response.maximum),
        cases=cases,
        skipped=tuple(job.problems),
        clustered=job.cluster,
        latent=latent,
        rated=tuple(outcome.label for outcome in job.outcomes if outcome.latent),
        level=_level(job) if options.latent and job.outcomes else None,
    )
    return StepOutput(
        congruence_section(facts, labels), headline=congruence_headline(facts), problems=tuple(job.problems)
    )


def _observed(job: _Job, seeds: Iterator[int]) -> tuple[CongruenceCase, ...]:
    table = _views(job)
    cases = []
    for outcome, first, second in job.cases():
        seed = next(seeds)
        try:
            fit = polynomial_regression(
                table, first, second, outcome.column, centre=job.centre, cluster=job.firm
            )
        except ComplyError as problem:
            job.skip(first, second, outcome, "", problem)
            continue
        if not fit.defined:
            job.skip(first, second, outcome, "", ComplyError(fit.note))
            continue
        surface = response_surface(fit, job.replications, seed)
        cases.append(
            CongruenceCase(
                names=(first, second, outcome.key),
                first=job.labels.role(first),
                second=job.labels.role(second),
                outcome=outcome.label,
                fit=fit,
                surface=surface,
                models=congruence_models(fit),
                checklist=congruence_checklist(fit, surface),
            )
        )
    return tuple(cases)


def _latent(job: _Job, seeds: Iterator[int]) -> tuple[LatentCase, ...]:
    from comply_measure.models.informants import latent_polynomial

    factor, items = _factor(job)
    if len(items) < 2:
        return ()
    wide = _wide(job, items)
    cases = []
    for outcome, first, second in job.cases():
        seed = next(seeds)
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
            job.skip(first, second, outcome, ", latent", problem)
            continue
        job.problems.extend(
            f"{job.labels.role(first)} – {job.labels.role(second)}, {outcome.label}, latent: {text}."
            for text in result.problems
        )
        cases.append(
            LatentCase(
                (first, second, outcome.key),
                job.labels.role(first),
                job.labels.role(second),
                outcome.label,
                result,
            )
        )
    return tuple(cases)


def _level(job: _Job) -> LevelFacts | None:
    """The latent congruence model of all roles with all outcomes at once."""
    from comply_measure import sem
    from comply_measure.models.informants import (
        contrast_names,
        effects_table,
        joint_tests,
        latent_congruence_model,
    )

    factor, items = _factor(job)
    if len(items) < 2:
        return None
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
        job.problems.append(f"Latent congruence model: {one_line(problem)}.")
        return None
    named = NamedFit("latent_congruence", "Latent congruence with outcomes", fit)
    job.problems.extend(named.warnings)
    latent = contrast_names(factor, job.chosen.roles)
    effects, tests = effects_table(fit), joint_tests(fit, latent[1:], names)
    shown = {name: outcome.label for name, outcome in zip(names, job.outcomes, strict=True)}
    words = dict(zip(latent, level_labels(latent, factor, job.chosen.roles, job.labels), strict=True))
    effects["outcome_label"] = [shown[name] for name in effects["outcome"]]
    effects["predictor_label"] = [words[name] for name in effects["predictor"]]
    tests["outcome_label"] = [shown[name] for name in tests["outcome"]]
    estimator = "MLR, full information" + (", clustered by firm" if job.cluster else "")
    return LevelFacts(named, effects, tests, job.chosen.n_units, job.chosen.n_informants, estimator)


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


STEP = Step("congruence", "Congruence", run, CongruenceOptions)
