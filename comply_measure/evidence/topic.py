"""A topic of the battery: its name, its options, what it needs, the function that computes its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence
from comply_measure.evidence.options import TopicOptions
from comply_measure.responses.vocabulary import InformantUse

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses

Kind = TypeVar("Kind", bound=Evidence)


@dataclass(frozen=True, eq=False)
class Request:
    """What a topic may read beside its options.

    Attributes
    ----------
    responses : Responses
        The validated answers.
    seed : int
        Seed of the study.
    given : mapping of str to Evidence
        Evidence of the topics this one needs, and of those it uses that have run.
    conventions : mapping of str to float
        Cut-offs the topic computes with, by key.
    folder : Path
        Folder of the files that options name.
    jobs : int
        Workers it may use; results do not depend on them.
    """

    responses: Responses
    seed: int = 0
    given: Mapping[str, Evidence] = field(default_factory=dict)
    conventions: Mapping[str, float] = field(default_factory=dict)
    folder: Path = Path()
    jobs: int = 1

    def evidence(self, topic: str, kind: type[Kind]) -> Kind:
        """Evidence of a needed topic.

        Raises
        ------
        ComplyError
            If it is not there or of another kind.
        """
        found = self.given.get(topic)
        if not isinstance(found, kind):
            raise ComplyError(f"the evidence of '{topic}' is not of kind {kind.__name__}")
        return found

    def optional(self, topic: str, kind: type[Kind]) -> Kind | None:
        """Evidence of a used topic; None where it did not run or has no result."""
        return self.evidence(topic, kind) if topic in self.given else None


def always(scales: tuple[Scale, ...]) -> str:
    """Of a topic that applies to every study."""
    return ""


def wanted(options: Any, scales: tuple[Scale, ...]) -> str:
    """Of a topic that needs no option to be set."""
    return ""


def any_form(scales: tuple[Scale, ...], forms: tuple[str, ...]) -> str:
    """Of a topic that every form of a scale serves."""
    return ""


@dataclass(frozen=True, slots=True)
class Topic:
    """An entry of the battery.

    Parameters
    ----------
    name, title : str
        Key in study files; words for progress and report.
    compute : callable
        ``compute(request, options) -> Evidence``.
    options : type of TopicOptions
        Schema of the options.
    needs : tuple of str
        Topics whose evidence this one reads, and cannot do without.
    uses : tuple of str
        Topics whose evidence this one reads where they run, too; it says what is missing where they do not.
    applies : callable
        Given the scales of a study, why the topic does not apply; empty if it does.
    asked : callable
        Given its options and the scales of a study, why the topic has nothing to do; empty if it has.
    form : callable
        Given the scales of a study and the forms that were asked, why the topic does not apply; empty if it does.
    conventions : tuple of str
        Cut-offs that enter the computation (and not only the words about it).
    informants : {"each", "role", "both"}, optional
        What it takes where a role has several informants: persons, their mean as the role's view, or both. None where
        it reads no answers.
    """

    name: str
    title: str
    compute: Callable[[Request, Any], Evidence]
    options: type[TopicOptions] = TopicOptions
    needs: tuple[str, ...] = ()
    applies: Callable[[tuple[Scale, ...]], str] = always
    asked: Callable[[Any, tuple[Scale, ...]], str] = wanted
    conventions: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    informants: InformantUse | None = "each"
    form: Callable[[tuple[Scale, ...], tuple[str, ...]], str] = any_form
