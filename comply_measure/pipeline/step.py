"""What a step of the pipeline is: a name, what it needs, its options, a function, its output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence, Value, require_reasons, topic_seeds
from comply_measure.evidence.codec import decode, encode
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.topic import Request, Topic, always, wanted
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Chapter, Figure, Section, Table

if TYPE_CHECKING:
    import numpy as np

    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses


@dataclass(frozen=True, eq=False)
class StepOutput:
    """What a step hands on: a section of the report, and numbers for later steps and for results.json.

    Parameters
    ----------
    section : Section
        Prose, tables and figures.
    values : mapping of str to number, text or truth value
        Single results at full precision; NaN only with a reason.
    reasons : mapping of str to str
        Why a value is undefined.
    headline : tuple of str
        Sentences for the overview.
    problems : tuple of str
        What a reader must know before trusting the results.

    Raises
    ------
    ComplyError
        If an undefined value has no reason, or tables or figures share a key.
    """

    section: Section
    values: Mapping[str, Value] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    headline: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        keys = [table.key for table in self.section.tables()] + [f.key for f in self.section.figures()]
        if twice := [key for key, n in Counter(keys).items() if n > 1]:
            raise ComplyError(f"several tables or figures have one key: {', '.join(twice)}")
        require_reasons(self.values, self.reasons)

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Tables by key."""
        return {table.key: table for table in self.section.tables()}

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """Figures by key."""
        return {figure.key: figure for figure in self.section.figures()}


@dataclass(frozen=True, eq=False)
class Context:
    """What a step may read.

    Parameters
    ----------
    load : callable
        Reads the responses; called once, when first needed.
    given : mapping of str to Evidence
        Evidence of the steps this one needs.
    cutoffs : Cutoffs
        Conventions in force.
    language : str
        Language of labels.
    seed : int
        Seed of the study.
    step : str
        Name of the running step.
    jobs : int
        Workers a step may use.
    folder : Path
        Folder of the study file, for files that options name.
    """

    load: Callable[[], Responses]
    given: Mapping[str, Evidence]
    cutoffs: Cutoffs
    language: str
    seed: int
    step: str
    jobs: int = 1
    folder: Path = Path()

    @cached_property
    def responses(self) -> Responses:
        """The validated answers."""
        return self.load()

    def seeds(self) -> np.random.SeedSequence:
        """Seeds of this step: they depend on the study's seed and the step's name, on nothing else."""
        return topic_seeds(self.step, self.seed)


@dataclass(frozen=True, eq=False)
class Found:
    """Evidence of a step as the cache keeps it.

    Parameters
    ----------
    evidence : Evidence
        The topic's result.
    warnings : tuple of str
        Warnings of this package while it was computed.
    """

    evidence: Evidence
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the registry.

    Parameters
    ----------
    name, title : str
        Key in study files; words for progress and report.
    run : callable or None
        ``run(context, options) -> StepOutput``; None for a step made of a topic and a chapter.
    options : type of TopicOptions
        Schema of the options.
    needs : tuple of str
        Steps whose evidence this one reads.
    applies : callable
        Given the scales of a study, why the step does not apply; empty if it does.
    asked : callable
        Given its options, why the step has nothing to do; empty if it has.
    topic : Topic or None
        What is computed.
    chapter : callable or None
        ``chapter(evidence, labels, cutoffs) -> Chapter``: how the topic's evidence is printed.
    """

    name: str
    title: str
    run: Callable[[Context, Any], StepOutput] | None
    options: type[TopicOptions] = TopicOptions
    needs: tuple[str, ...] = ()
    applies: Callable[[tuple[Scale, ...]], str] = always
    asked: Callable[[Any], str] = wanted
    topic: Topic | None = None
    chapter: Callable[[Any, Labels, Cutoffs], Chapter] | None = None

    def compute(self, context: Context, options: TopicOptions) -> Evidence:
        """Evidence of the step's topic."""
        if self.topic is None:
            raise ComplyError(f"step '{self.name}' has no topic")
        conventions = {name: context.cutoffs[name].value for name in self.topic.conventions}
        request = Request(
            context.responses, context.seed, context.given, conventions, context.folder, context.jobs
        )
        return self.topic.compute(request, options)

    def output(self, context: Context, options: TopicOptions) -> StepOutput:
        """The step's output without a cache: its evidence, as a cache would give it back, printed."""
        if self.run is not None:
            return self.run(context, options)
        found = Found(decode(encode(self.compute(context, options))))
        return self.print(found, Labels.of(context.responses.scales, context.language), context.cutoffs)

    def print(self, found: Found, labels: Labels, cutoffs: Cutoffs) -> StepOutput:
        """The step's output: its evidence as a chapter, with its single values."""
        if self.chapter is None:
            raise ComplyError(f"step '{self.name}' has no chapter")
        chapter, evidence = self.chapter(found.evidence, labels, cutoffs), found.evidence
        problems = evidence.problems() if chapter.problems is None else chapter.problems
        return StepOutput(
            chapter.section,
            evidence.values(),
            evidence.reasons(),
            chapter.headline,
            (*problems, *found.warnings),
        )


def step_of(topic: Topic, chapter: Callable[[Any, Labels, Cutoffs], Chapter]) -> Step:
    """The step that computes a topic and prints its chapter."""
    return Step(
        topic.name, topic.title, None, topic.options, topic.needs, topic.applies, topic.asked, topic, chapter
    )
