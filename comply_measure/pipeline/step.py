"""What a step of the pipeline is: a topic and its chapter; what it may read, what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence, Value, require_reasons
from comply_measure.evidence.codec import decode, encode
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Chapter, Figure, Notice, Section
from comply_measure.report.remarks import told_together
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.parts import chapter_in, said
from comply_measure.report.translation.translator import translator
from comply_measure.report.verdicts import StatedVerdict, conclusions, headlines, state

if TYPE_CHECKING:
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
    verdicts : tuple of StatedVerdict
        What the step concludes.

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
    verdicts: tuple[StatedVerdict, ...] = ()

    def __post_init__(self) -> None:
        keys = [table.key for table in self.section.tables()] + [f.key for f in self.section.figures()]
        if twice := [key for key, n in Counter(keys).items() if n > 1]:
            raise ComplyError(f"several tables or figures have one key: {', '.join(twice)}")
        if twice := [key for key, n in Counter(v.key for v in self.verdicts).items() if n > 1]:
            raise ComplyError(f"several verdicts have one key: {', '.join(twice)}")
        require_reasons(self.values, self.reasons)

    @cached_property
    def tables(self) -> Mapping[str, TableSpec]:
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
        Evidence of the steps this one needs or uses.
    cutoffs : Cutoffs
        Conventions in force.
    language : str
        Language of labels.
    seed : int
        Seed of the study.
    jobs : int
        Workers a step may use.
    folder : Path
        Folder of the study file, for files that options name.
    variables : mapping of str to str
        Labels of variables of the units that the study gives.
    """

    load: Callable[[], Responses]
    given: Mapping[str, Evidence]
    cutoffs: Cutoffs
    language: str
    seed: int
    jobs: int = 1
    folder: Path = Path()
    variables: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def responses(self) -> Responses:
        """The validated answers."""
        return self.load()

    @property
    def labels(self) -> Labels:
        """Names in print."""
        found = self.responses
        return Labels.of(found.scales, self.language, self.variables, found.units.columns)


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
    """An entry of the registry: what is computed, and how it is printed.

    Parameters
    ----------
    topic : Topic
        What is computed: its name, title, options, needs, and the function.
    chapter : callable
        ``chapter(evidence, labels, cutoffs) -> Chapter``: how the topic's evidence is printed.
    """

    topic: Topic
    chapter: Callable[[Any, Labels, Cutoffs], Chapter]

    @property
    def name(self) -> str:
        """Key in study files."""
        return self.topic.name

    @property
    def title(self) -> str:
        """Words for progress and report."""
        return self.topic.title

    @property
    def options(self) -> type[TopicOptions]:
        """Schema of the options."""
        return self.topic.options

    @property
    def needs(self) -> tuple[str, ...]:
        """Steps whose evidence this one reads."""
        return self.topic.needs

    @property
    def uses(self) -> tuple[str, ...]:
        """Steps whose evidence this one reads where they run, too."""
        return self.topic.uses

    def applies(self, scales: tuple[Scale, ...]) -> str:
        """Why the step does not apply to a study with these scales; empty if it does."""
        return self.topic.applies(scales)

    def asked(self, options: Any, scales: tuple[Scale, ...]) -> str:
        """Why the step has nothing to do with these options and scales; empty if it has."""
        return self.topic.asked(options, scales)

    def compute(self, context: Context, options: TopicOptions) -> Evidence:
        """Evidence of the step's topic."""
        conventions = {name: context.cutoffs[name].value for name in self.topic.conventions}
        request = Request(
            context.responses, context.seed, context.given, conventions, context.folder, context.jobs
        )
        return self.topic.compute(request, options)

    def output(self, context: Context, options: TopicOptions) -> StepOutput:
        """The step's output without a cache: its evidence, as a cache would give it back, printed."""
        found = Found(decode(encode(self.compute(context, options))))
        return self.print(found, context.labels, context.cutoffs, self.informants(context))

    def informants(self, context: Context) -> str:
        """What the step did with several informants of one role, in one sentence; empty where there are none."""
        from comply_measure.responses.several import what_was_done

        return (
            "" if self.topic.informants is None else what_was_done(context.responses, self.topic.informants)
        )

    def print(self, found: Found, labels: Labels, cutoffs: Cutoffs, informants: str = "") -> StepOutput:
        """The step's output: its evidence as a chapter, with its single values, and what was done with informants."""
        evidence, language = found.evidence, labels.language
        chapter = chapter_in(language, self.chapter(evidence, labels, cutoffs))
        own = (
            said(language, told_together(evidence.problems()))
            if chapter.problems is None
            else chapter.problems
        )
        conventions = {key: cutoff.value for key, cutoff in cutoffs.items()}
        stated = tuple(state(verdict, labels, cutoffs) for verdict in evidence.verdicts(conventions))
        concluded = conclusions(stated)
        section = chapter.section
        if informants:
            done = Notice(translator(language)(informants), "info")
            section = replace(section, blocks=(done, *section.blocks))
        if concluded is not None:
            section = replace(section, blocks=(concluded, *section.blocks))
        return StepOutput(
            section,
            evidence.values(),
            evidence.reasons(),
            (*headlines(stated), *chapter.headline),
            (*own, *said(language, found.warnings)),
            stated,
        )
