"""Run a study: steps in order, results from the cache where nothing changed, failures contained."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from comply_measure.pipeline.execute import execute
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.plan import Listener, Plan, skipped
from comply_measure.pipeline.step import Step, StepOutput
from comply_measure.pipeline.store import Store
from comply_measure.pipeline.study import Study
from comply_measure.pipeline.usage import Usage
from comply_measure.report.repeats import printed_once


@dataclass(frozen=True, eq=False)
class Run:
    """A study that has been run.

    Parameters
    ----------
    study : Study
        What was run.
    steps : mapping of str to Step
        The steps that were due, in order.
    outcomes : mapping of str to Outcome
        How each went.
    seconds : float
        Time of the whole run.
    workers : tuple of Usage
        What each worker process used.
    """

    study: Study
    steps: Mapping[str, Step]
    outcomes: Mapping[str, Outcome]
    seconds: float
    workers: tuple[Usage, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no step failed; what the data do not carry is left out, which is no failure."""
        return not any(outcome.status == "failed" for outcome in self.outcomes.values())

    @property
    def outputs(self) -> Mapping[str, StepOutput]:
        """Results by step, failed ones left out."""
        return {name: o.output for name, o in self.outcomes.items() if o.output is not None}


def run_study(
    study: Study,
    registry: Mapping[str, Step],
    store: Store,
    *,
    wanted: Iterable[str] | None = None,
    force: bool = False,
    jobs: int = 1,
    listen: Listener = lambda name, outcome: None,
) -> Run:
    """Run the steps of a study.

    Parameters
    ----------
    study : Study
        From :func:`comply_measure.pipeline.load_study`.
    registry : mapping of str to Step
        All steps.
    store : Store
        The cache; each result is saved as soon as it is there, so an interrupted run resumes.
    wanted : iterable of str, optional
        Steps to run (with what they need) instead of the study file's.
    force : bool
        Compute everything anew.
    jobs : int
        Worker processes; results do not depend on them.
    listen : callable
        Told when a step starts and ends.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If the data have problems (found before any step runs).
    ComplyError
        If `wanted` names an unknown step.
    """
    start = time.perf_counter()
    plan = Plan(study, registry, wanted, jobs, force)
    workers: tuple[Usage, ...] = ()
    outcomes = {} if force else _cached(plan, store, listen)
    if len(outcomes) < len(plan.steps):
        _ = plan.responses
        if jobs > 1:
            from comply_measure.pipeline.workers import run_parallel

            workers = run_parallel(plan, store, outcomes, listen)
        else:
            _run_in_order(plan, store, outcomes, listen)
    in_order = _printed_once({name: outcomes[name] for name in plan.steps})
    return Run(study, plan.steps, in_order, time.perf_counter() - start, workers)


def _printed_once(outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Outcomes in which a table that two chapters have stands once."""
    outputs = {name: outcome.output for name, outcome in outcomes.items() if outcome.output is not None}
    sections = printed_once(output.section for output in outputs.values())
    found = dict(outcomes)
    for (name, output), section in zip(outputs.items(), sections, strict=True):
        found[name] = replace(outcomes[name], output=replace(output, section=section))
    return found


def _cached(plan: Plan, store: Store, listen: Listener) -> dict[str, Outcome]:
    """Outputs that are there; one whose evidence a step without output needs must be there with its evidence."""
    found: dict[str, Outcome] = {}
    for name in plan.steps:
        start = time.perf_counter()
        output = store.load(name, plan.keys[name].output)
        if output is not None:
            seconds = time.perf_counter() - start
            found[name] = Outcome(name, "cached", plan.keys[name].evidence, seconds, output)
    for name in reversed(plan.steps):
        if name not in found:
            for need in plan.reads(name):
                if need in found and store.load_evidence(need, plan.keys[need].evidence) is None:
                    del found[need]
    for name in plan.steps:
        if name in found:
            listen(name, found[name])
    return found


def _run_in_order(plan: Plan, store: Store, outcomes: dict[str, Outcome], listen: Listener) -> None:
    for name, step in plan.steps.items():
        if name in outcomes:
            continue
        outcome = skipped(plan, name, outcomes)
        if outcome is None:
            listen(name, None)
            outcome = execute(
                step, plan.context(name, store), plan.options(name), plan.keys[name], store, anew=plan.anew
            )
        outcomes[name] = outcome
        listen(name, outcome)
