"""Which steps run, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from comply_measure.errors import ComplyError
from comply_measure.pipeline.step import Step
from comply_measure.statistics.words import require_known


def ordered(wanted: Iterable[str], registry: Mapping[str, Step]) -> tuple[str, ...]:
    """The wanted steps and all they need, each after what it needs or uses, otherwise in the registry's order.

    Parameters
    ----------
    wanted : iterable of str
        Names of steps.
    registry : mapping of str to Step
        All steps.

    Returns
    -------
    tuple of str

    Raises
    ------
    ComplyError
        If a name is unknown (with the nearest one) or steps need each other in a circle.
    """
    chosen: dict[str, None] = {}
    for name in wanted:
        require_known("step", name, registry)
        _collect(name, registry, chosen, ())
    placed: dict[str, None] = {}
    waiting = [name for name in registry if name in chosen]
    while waiting:
        ready = [name for name in waiting if not set(waiting) & set(before(registry[name]))]
        if not ready:
            raise ComplyError(f"steps need each other in a circle: {', '.join(waiting)}")
        placed[ready[0]] = None
        waiting.remove(ready[0])
    return tuple(placed)


def before(step: Step) -> tuple[str, ...]:
    """Steps that run before this one, if they run."""
    return (*step.needs, *step.uses)


def _collect(
    name: str, registry: Mapping[str, Step], chosen: dict[str, None], above: tuple[str, ...]
) -> None:
    if name in above:
        raise ComplyError(f"steps need each other in a circle: {' → '.join((*above, name))}")
    if name in chosen:
        return
    for need in registry[name].needs:
        require_known(f"step needed by '{name}'", need, registry)
        _collect(need, registry, chosen, (*above, name))
    chosen[name] = None
