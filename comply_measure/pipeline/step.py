"""What a step of the pipeline is: a name, what it needs, its options, a function, its output."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.functional_validators import AfterValidator

from comply_measure.errors import ComplyError
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.parts import Figure, Section, Table

if TYPE_CHECKING:
    import numpy as np

    from comply_measure.instrument import Scale
    from comply_measure.pipeline.choices import Fault, Vocabulary
    from comply_measure.responses import Responses

Value = float | int | str | bool


def _none_or(least: int) -> AfterValidator:
    def check(value: int) -> int:
        if 0 < value < least:
            raise ValueError(f"must be 0, for none, or at least {least}")
        return value

    return AfterValidator(check)


#: Resamples or simulated samples; fewer would give no interval or cut-off worth the name. 0: none are drawn.
Replications = Annotated[int, Field(ge=0, le=20_000), _none_or(100)]
#: The same where the functions below do with fewer.
FewReplications = Annotated[int, Field(ge=0, le=100_000), _none_or(50)]


class StepOptions(BaseModel):
    """Base of all option models: frozen, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _each_once(cls, value: Any) -> Any:
        """A list names each thing once."""
        if isinstance(value, tuple) and (twice := [v for v, n in Counter(value).items() if n > 1]):
            shown = twice[0] if isinstance(twice[0], str) else ", ".join(map(str, twice[0]))
            raise ValueError(f"named twice: {shown}")
        return value

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """What no mark of an option can say is wrong with the given options in a study."""
        return iter(())

    def files(self) -> Mapping[str, str]:
        """Option -> file it names, relative to the study file; such files are inputs of the study."""
        return {}


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
        silent = [
            name
            for name, value in self.values.items()
            if isinstance(value, float) and not math.isfinite(value) and not self.reasons.get(name)
        ]
        keys = [table.key for table in self.section.tables()] + [f.key for f in self.section.figures()]
        if twice := [key for key, n in Counter(keys).items() if n > 1]:
            raise ComplyError(f"several tables or figures have one key: {', '.join(twice)}")
        if silent:
            raise ComplyError(f"undefined values without a reason: {', '.join(silent)}")

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
    upstream : mapping of str to StepOutput
        Outputs of the steps this one needs.
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
    upstream: Mapping[str, StepOutput]
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
        import numpy as np

        purpose = int.from_bytes(sha256(self.step.encode()).digest()[:4], "big")
        return np.random.SeedSequence(self.seed, spawn_key=(purpose,))


def always(scales: tuple[Scale, ...]) -> str:
    """Of a step that applies to every study."""
    return ""


def wanted(options: Any) -> str:
    """Of a step that needs no option to be set."""
    return ""


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the registry.

    Parameters
    ----------
    name, title : str
        Key in study files; words for progress and report.
    run : callable
        ``run(context, options) -> StepOutput``.
    options : type of StepOptions
        Schema of the options.
    needs : tuple of str
        Steps whose output this one reads.
    applies : callable
        Given the scales of a study, why the step does not apply; empty if it does.
    asked : callable
        Given its options, why the step has nothing to do; empty if it has.
    """

    name: str
    title: str
    run: Callable[[Context, Any], StepOutput]
    options: type[StepOptions] = StepOptions
    needs: tuple[str, ...] = ()
    applies: Callable[[tuple[Scale, ...]], str] = always
    asked: Callable[[Any], str] = wanted
