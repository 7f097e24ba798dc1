"""Which column each variable stands in, and in which order: layers of the structural graph, indicators outward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from comply_measure.sem.diagram.graph import PathGraph

_SWEEPS = 8


@dataclass(frozen=True)
class Layers:
    """The skeleton of a layout.

    Attributes
    ----------
    columns : tuple of tuple of str
        Structural variables from left to right, each column from top to bottom; long arrows have places of their own
        in the columns they cross (:func:`waypoint`).
    children : mapping
        Variable -> what stands beside it alone: indicators, and factors that are nothing but indicators.
    beyond : tuple of str
        Factors that share all their indicators with others (method factors), on the far side of these.
    ways : mapping
        Number of an arrow between columns -> names it passes, ends included, from left to right.
    """

    columns: tuple[tuple[str, ...], ...]
    children: Mapping[str, tuple[str, ...]]
    beyond: tuple[str, ...]
    ways: Mapping[int, tuple[str, ...]]


def waypoint(arrow: int, column: int) -> str:
    """Name of the place that an arrow has in a column it crosses; no variable has a line break in its name."""
    return f"\n{arrow}\n{column}"


def is_waypoint(name: str) -> bool:
    """Whether a name is one of :func:`waypoint`."""
    return name.startswith("\n")


def layers_of(graph: PathGraph) -> Layers:
    """Columns by depth: what nothing leads to stands left, what leads to nothing right.

    The depth of a variable is the longest way to it; arrows that close a circle are turned for this. Columns are
    ordered by the mean place of neighbours (Sugiyama, Tagawa & Toda 1981), the order with the fewest crossings is kept.
    """
    structural = any(arrow.way in ("path", "part") for arrow in graph.arrows)
    moving = {
        n for arrow in graph.arrows if arrow.way in ("path", "part") for n in (arrow.source, arrow.target)
    }
    children, beyond = _measurement(graph, moving, structural)
    hanging = {child for group in children.values() for child in group}
    inner = [v.name for v in graph.variables if v.name not in hanging and v.name not in beyond]
    edges = {
        number: (arrow.source, arrow.target)
        for number, arrow in enumerate(graph.arrows)
        if arrow.way != "covariance" and arrow.source in inner and arrow.target in inner
    }
    depth = _depths(inner, edges.values())
    ways = {
        number: _way(number, ends, depth)
        for number, ends in edges.items()
        if depth[ends[0]] != depth[ends[1]]
    }
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in inner:
        columns[depth[name]].append(name)
    for way in ways.values():
        for place, name in enumerate(way[1:-1], start=depth[way[0]] + 1):
            columns[place].append(name)
    links = [pair for way in ways.values() for pair in pairwise(way)]
    return Layers(tuple(map(tuple, _ordered(columns, links))), children, beyond, ways)


def _measurement(
    graph: PathGraph, moving: set[str], structural: bool
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """What hangs on which factor, and the factors that stand beyond the indicators of others."""
    kinds = {variable.name: variable.kind for variable in graph.variables}
    home: dict[str, str] = {}
    targets: dict[str, list[str]] = {}
    for arrow in graph.arrows:
        if arrow.way not in ("loading", "weight"):
            continue
        factor, part = (
            (arrow.source, arrow.target) if arrow.way == "loading" else (arrow.target, arrow.source)
        )
        targets.setdefault(factor, []).append(part)
        if part not in moving and (kinds[part] == "observed" or structural):
            home.setdefault(part, factor)
    factors = set(targets)
    beyond = tuple(
        factor
        for factor, parts in targets.items()
        if not structural and factor not in home
        and all(part not in factors and home.get(part, factor) != factor for part in parts)
    )  # fmt: skip
    children: dict[str, list[str]] = {}
    for part, factor in home.items():
        if not _above(factor, part, home):
            children.setdefault(factor, []).append(part)
    return {factor: tuple(parts) for factor, parts in children.items()}, beyond


def _above(name: str, part: str, home: Mapping[str, str]) -> bool:
    """Whether `part` stands above `name`: factors that measure each other in a circle hang nowhere."""
    seen: set[str] = set()
    while name in home and name not in seen:
        seen.add(name)
        name = home[name]
        if name == part:
            return True
    return False


def _depths(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Longest way to each name; what leads nowhere goes to the last column."""
    forward = _without_circles(names, edges)
    depth = dict.fromkeys(names, 0)
    for name in _topological(names, forward):
        for target in forward[name]:
            depth[target] = max(depth[target], depth[name] + 1)
    last = max(depth.values(), default=0)
    return {name: last if depth[name] and not forward[name] else place for name, place in depth.items()}


def _without_circles(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Targets of every name; an edge back to a name on the way to it is turned."""
    following: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        following[source].append(target)
    forward: dict[str, list[str]] = {name: [] for name in names}
    on_way, seen = set[str](), set[str]()
    for start in names:
        if start in seen:
            continue
        seen.add(start)
        on_way.add(start)
        stack = [(start, iter(following[start]))]
        while stack:
            name, rest = stack[-1]
            for target in rest:
                if target in on_way:
                    if target != name:
                        forward[target].append(name)
                    continue
                forward[name].append(target)
                if target not in seen:
                    seen.add(target)
                    on_way.add(target)
                    stack.append((target, iter(following[target])))
                    break
            else:
                on_way.discard(name)
                stack.pop()
    return forward


def _topological(names: Sequence[str], forward: Mapping[str, Sequence[str]]) -> list[str]:
    waiting = dict.fromkeys(names, 0)
    for targets in forward.values():
        for target in targets:
            waiting[target] += 1
    ready = [name for name in names if not waiting[name]]
    for name in ready:  # grows while it is read
        for target in forward[name]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return ready


def _way(number: int, ends: tuple[str, str], depth: Mapping[str, int]) -> tuple[str, ...]:
    first, last = sorted(ends, key=depth.__getitem__)
    return (first, *(waypoint(number, column) for column in range(depth[first] + 1, depth[last])), last)


def _ordered(columns: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Columns with few crossings of the links between them."""
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for a, b in links:
        right.setdefault(a, []).append(b)
        left.setdefault(b, []).append(a)
    best, fewest = [list(column) for column in columns], _crossings(columns, links)
    current = [list(column) for column in columns]
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = left if forward else right
        for place in range(len(current)) if forward else reversed(range(len(current))):
            beside = current[place - 1] if forward else current[(place + 1) % len(current)]
            where = {name: k for k, name in enumerate(beside)}

            def mean(
                name: str, k: int, near: dict[str, list[str]] = near, where: dict[str, int] = where
            ) -> float:
                known = [where[other] for other in near.get(name, ()) if other in where]
                return sum(known) / len(known) if known else float(k)

            keys = {name: (mean(name, k), k) for k, name in enumerate(current[place])}
            current[place].sort(key=keys.__getitem__)
        crossings = _crossings(current, links)
        if crossings < fewest:
            best, fewest = [list(column) for column in current], crossings
    return best


def _crossings(columns: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]) -> int:
    place = {name: (c, k) for c, column in enumerate(columns) for k, name in enumerate(column)}
    by_column: dict[int, list[tuple[int, int]]] = {}
    for a, b in links:
        by_column.setdefault(place[a][0], []).append((place[a][1], place[b][1]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in by_column.values()
        for k, (a, b) in enumerate(pairs)
        for c, d in pairs[:k]
    )
