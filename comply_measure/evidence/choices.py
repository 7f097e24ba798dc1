"""Options that name something of the study: a scale, a role, a dimension, a variable of the units.

An option says by a mark in its annotation what it names, ``Annotated[str | None, Names("role")]``, and a step adds
what no mark can say (:meth:`~comply_measure.evidence.options.TopicOptions.faults`). Both are checked when the study is
read. The data are read for that only if a given option needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from comply_measure.statistics.words import unknown_message

if TYPE_CHECKING:
    from comply_measure.evidence.focal import Focal
    from comply_measure.evidence.options import TopicOptions
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses

Kind = Literal[
    "scale",
    "marker scale",
    "dimension",
    "role",
    "unit variable",
    "numeric unit variable",
    "numeric unit variable or construct",
    "construct of the informant",
]
#: Place inside the options, value, what is wrong, what is allowed.
Fault = tuple[tuple[str | int, ...], Any, str, str | None]


@dataclass(frozen=True, slots=True)
class Names:
    """Mark of an option: each text in it is the name of one of these."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Firms:
    """Mark of an option: ``firm`` or ``true`` needs data that name at least two firms."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What the options of one step can name in a study.

    Parameters
    ----------
    scales : tuple of Scale
        The instruments.
    load : callable
        Reads the answers, or gives those already read.
    scale : str, optional
        Key of the scale the step is about; by default the first that has dimensions.
    """

    scales: tuple[Scale, ...]
    load: Callable[[], Responses]
    scale: str | None = None

    @cached_property
    def responses(self) -> Responses:
        """The answers."""
        return self.load()

    @cached_property
    def focal(self) -> Focal:
        """The scale the step is about, as the data have it."""
        from comply_measure.evidence.focal import chosen_focal

        return chosen_focal(self.responses, self.scale)

    def known(self, kind: Kind) -> tuple[str, ...]:
        """Names of a kind."""
        return tuple(dict.fromkeys(_KNOWN[kind](self)))


def _marker_scales(words: Vocabulary) -> Iterator[str]:
    return (scale.key for scale in words.scales if scale.key != words.focal.scale.key)


def _numeric(words: Vocabulary) -> list[str]:
    return list(words.responses.units.select_dtypes("number").columns)


def _outcomes(words: Vocabulary) -> list[str]:
    keys = [key for scale in words.scales for key in words.responses.measurement(scale.key, "dimension")]
    return [*_numeric(words), *keys]


def _of_informants(words: Vocabulary) -> Iterator[str]:
    return (entry.key for entry in words.focal.scale.constructs if entry.level == "informant")


_KNOWN: Mapping[Kind, Callable[[Vocabulary], Any]] = MappingProxyType(
    {
        "scale": lambda words: (scale.key for scale in words.scales),
        "marker scale": _marker_scales,
        "dimension": lambda words: words.focal.factors,
        "role": lambda words: words.focal.roles,
        "unit variable": lambda words: map(str, words.responses.units.columns),
        "numeric unit variable": _numeric,
        "numeric unit variable or construct": _outcomes,
        "construct of the informant": _of_informants,
    }
)


def option_faults(
    options: TopicOptions, scales: tuple[Scale, ...], load: Callable[[], Responses]
) -> Iterator[Fault]:
    """What is wrong with the given options of a step in this study.

    Parameters
    ----------
    options : TopicOptions
        Options whose form is right; those left at their default are not looked at.
    scales : tuple of Scale
        The instruments.
    load : callable
        Reads the answers.

    Yields
    ------
    Fault
        One for every name that is unknown or stands twice, and for what the step itself finds.

    Raises
    ------
    InputError
        If the data have problems.
    """
    scale = getattr(options, "scale", None)
    words = Vocabulary(scales, load, scale)
    # What the other names belong to is unknown with the scale.
    lost = scale is not None and scale not in words.known("scale")
    for name, field in type(options).model_fields.items():
        if name not in options.model_fields_set:
            continue
        for mark in field.metadata:
            if isinstance(mark, Names) and (mark.kind == "scale" or not lost):
                yield from _unknown(name, getattr(options, name), mark.kind, words)
            elif isinstance(mark, Firms) and getattr(options, name) in ("firm", True):
                yield from _too_few_firms(name, getattr(options, name), words.responses.n_firms)
    if not lost:
        yield from options.faults(words)


def _unknown(name: str, value: Any, kind: Kind, words: Vocabulary) -> Iterator[Fault]:
    for place, text in _texts((name,), value):
        if text not in words.known(kind):
            yield place, None, unknown_message(kind, text, words.known(kind)), None


def _texts(place: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from _texts((*place, number), part)


def _too_few_firms(name: str, value: Any, n: int) -> Iterator[Fault]:
    if n < 2:
        yield (
            (name,),
            value,
            f"the data name {n or 'no'} firm{'s' if n == 0 else ''}; clusters need two",
            None,
        )
