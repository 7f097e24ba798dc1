"""What is due in a run: steps in order, the keys of their results, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence
from comply_measure.evidence.options import TopicOptions
from comply_measure.pipeline.execute import Keys
from comply_measure.pipeline.fingerprint import evidence_key, output_key, source_of
from comply_measure.pipeline.order import before, ordered
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.step import Context, Step
from comply_measure.pipeline.store import Store
from comply_measure.pipeline.study import Study

if TYPE_CHECKING:
    from comply_measure.responses import Responses

#: Called when a step starts (outcome None) and when it ends.
Listener = Callable[[str, Outcome | None], None]


@dataclass(eq=False)
class Plan:
    """What is due, and the key each result will have.

    Parameters
    ----------
    study : Study
        The study.
    registry : mapping of str to Step
        All steps.
    wanted : iterable of str, optional
        Steps to run, with what they need; those of the study file by default.
    jobs : int
        Workers.
    anew : bool
        Compute even what the cache holds.
    """

    study: Study
    registry: Mapping[str, Step]
    wanted: Iterable[str] | None = None
    jobs: int = 1
    anew: bool = False
    steps: dict[str, Step] = field(init=False)
    keys: dict[str, Keys] = field(init=False)

    def __post_init__(self) -> None:
        names = tuple(self.study.steps if self.wanted is None else self.wanted)
        if not names:
            raise ComplyError(f"no step is named; there are: {', '.join(self.registry)}")
        self.steps = {name: self.registry[name] for name in ordered(names, self.registry)}
        self.keys = {}
        for name, step in self.steps.items():
            self.keys[name] = self._keys(name, step)

    def _keys(self, name: str, step: Step) -> Keys:
        cutoffs = {key: cutoff.value for key, cutoff in self.study.cutoffs.items()}
        evidence = evidence_key(
            name,
            self.options(name).model_dump(mode="json"),
            self.study.settings,
            {key: cutoffs[key] for key in step.topic.conventions},
            self.study.inputs,
            {name: self.keys[name].evidence for name in self.reads(name)},
            source_of(step.topic.compute, step.options),
        )
        file = self.study.file
        printed = output_key(evidence, file.language, cutoffs, source_of(step.chapter), file.variables)
        return Keys(evidence, printed)

    def reads(self, name: str) -> tuple[str, ...]:
        """Steps of the plan whose evidence a step reads: those it needs, and those it uses that are due."""
        return tuple(other for other in before(self.steps[name]) if other in self.steps)

    @cached_property
    def responses(self) -> Responses:
        """The validated answers; read once."""
        return self.study.responses

    def options(self, name: str) -> TopicOptions:
        """Options of a step: the study file's, else the defaults."""
        study = self.study
        return study.steps[name] if name in study.steps else study.others[name]

    def context(self, name: str, store: Store) -> Context:
        """What a step may read; the evidence it needs or uses comes from the cache.

        Raises
        ------
        ComplyError
            If evidence it needs is not there; of what it uses a step without result is left out.
        """
        given = {need: self._given(need, store) for need in self.steps[name].needs}
        for other in self.reads(name):
            if other not in given and (found := store.load_evidence(other, self.keys[other].evidence)):
                given[other] = found.evidence
        return Context(
            load=lambda: self.responses,
            given=given,
            cutoffs=self.study.cutoffs,
            language=self.study.file.language,
            seed=self.study.file.seed,
            jobs=self.jobs,
            folder=self.study.path.parent,
            variables=self.study.file.variables,
        )

    def _given(self, need: str, store: Store) -> Evidence:
        found = store.load_evidence(need, self.keys[need].evidence)
        if found is None:
            raise ComplyError(f"the evidence of step '{need}' could not be read back from {store.folder}")
        return found.evidence


def skipped(plan: Plan, name: str, outcomes: Mapping[str, Outcome]) -> Outcome | None:
    """The outcome of a step that cannot run because a needed one has no result; None if it can."""
    missing = [need for need in plan.steps[name].needs if need in outcomes and not outcomes[need].ok]
    if not missing:
        return None
    return Outcome(name, "skipped", reason=f"needs {' and '.join(missing)}, which has no result")
