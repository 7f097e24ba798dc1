"""Steps of other packages: entry points of the group ``comply_measure.steps``.

An installed package declares its step as ``name = "module:STEP"``, a :class:`~comply_measure.pipeline.step.Step` of a
topic and a chapter. Entry points are found by every worker process, which a registration at run time would not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from comply_measure.errors import ComplyError
from comply_measure.pipeline.fingerprint import source_digest

if TYPE_CHECKING:
    from comply_measure.pipeline.step import Step

GROUP = "comply_measure.steps"


def extension_points() -> tuple[EntryPoint, ...]:
    """Declared steps, by name."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)))


def extension_digests() -> dict[str, str]:
    """Declared step -> digest of its package's source, found without loading it."""
    return {point.name: source_digest(point.module) for point in extension_points()}


def extension_versions() -> dict[str, str]:
    """Packages that declare steps -> their versions."""
    found = {point.dist.name: point.dist.version for point in extension_points() if point.dist is not None}
    return dict(sorted(found.items()))


def with_extensions(own: Iterable[Step]) -> Mapping[str, Step]:
    """The steps of this package, then those that other installed packages declare.

    Parameters
    ----------
    own : iterable of Step
        In the order of the report.

    Raises
    ------
    ComplyError
        If a declared step cannot be loaded, is none, or has a name that is taken.
    """
    found = {step.name: step for step in own}
    for point in extension_points():
        step = _loaded(point)
        if step.name != point.name:
            raise ComplyError(f"{_place(point)} is called '{step.name}': the entry point must have its name")
        if step.name in found:
            raise ComplyError(f"{_place(point)}: there is a step of this name")
        found[step.name] = step
    return found


def _loaded(point: EntryPoint) -> Step:
    from comply_measure.pipeline.step import Step  # a run with nothing to do asks for digests only

    try:
        step = point.load()
    except Exception as error:  # whatever a foreign module raises on import: named, chained, never swallowed
        raise ComplyError(f"{_place(point)} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(step, Step):
        raise ComplyError(f"{_place(point)} is a {type(step).__name__}, not a Step of topic and chapter")
    return step


def _place(point: EntryPoint) -> str:
    owner = f" of package {point.dist.name}" if point.dist is not None else ""
    return f"step '{point.name}'{owner} ({point.value})"
