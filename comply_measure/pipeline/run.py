"""Run a study: steps in order, results from the cache where nothing changed, failures contained."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from comply_measure.pipeline.execute import execute
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.plan import Listener, Plan, skipped
from comply_measure.pipeline.step import Step, StepOutput
from comply_measure.pipeline.store import Store
from comply_measure.pipeline.study import Study
from comply_measure.pipeline.usage import Usage
from comply_measure.report.html import render_lines
from comply_measure.report.repeats import printed_once
from comply_measure.report.verdicts import verdict_frame
from comply_measure.sem.remembered import remembering

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.report.parts import Figure


@dataclass(frozen=True, eq=False, repr=False)
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
    folder : Path, optional
        Results folder, if the results were written.
    """

    study: Study
    steps: Mapping[str, Step]
    outcomes: Mapping[str, Outcome]
    seconds: float
    workers: tuple[Usage, ...] = ()
    folder: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether no step failed; what the data do not carry is left out, which is no failure."""
        return not any(outcome.status == "failed" for outcome in self.outcomes.values())

    @property
    def outputs(self) -> Mapping[str, StepOutput]:
        """Results by step, failed ones left out."""
        return {name: o.output for name, o in self.outcomes.items() if o.output is not None}

    @property
    def report(self) -> Path | None:
        """The report, if the results were written."""
        return None if self.folder is None else self.folder / "report.html"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables by key, at full precision, in the order of the report."""
        found = self.outputs.values()
        return {key: table.data for output in found for key, table in output.tables.items()}

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Figures by key; a notebook shows them."""
        return {key: figure for output in self.outputs.values() for key, figure in output.figures.items()}

    @property
    def verdicts(self) -> pd.DataFrame:
        """What the study concludes, a row each: step, key, question, subject, answer, sentence, rule, numbers."""
        return verdict_frame({name: output.verdicts for name, output in self.outputs.items()})

    @property
    def lines(self) -> tuple[str, ...]:
        """The run in a few sentences: how it went, where the report is, what it concludes first."""
        went = Counter(outcome.status for outcome in self.outcomes.values())
        head = f"{self.study.file.title}: {', '.join(f'{n} steps {status}' for status, n in went.items())}"
        failed = [f"step '{name}' has no result: {o.reason}" for name, o in self.outcomes.items() if not o.ok]
        where = [f"report: {self.report}"] if self.report is not None else []
        return (head, *failed, *where, *(text for o in self.outputs.values() for text in o.headline))

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return render_lines(self.lines)


def run_steps(
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
            with remembering():
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
