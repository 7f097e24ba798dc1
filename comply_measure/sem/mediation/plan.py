"""Which effects a model has, found from its paths: specific, total, contrasted, conditional ones, and indices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.interactions.equation import Equation, equation_of
from comply_measure.sem.language.records import columns_of
from comply_measure.sem.mediation.effects import Effect, Pieces
from comply_measure.sem.mediation.routes import MOST, Graph

if TYPE_CHECKING:
    from comply_measure.sem.result import Fit

CONTRASTED = 8  # routes between two variables that are still compared pair by pair
Chosen = Mapping[str, Mapping[str, float]]
Point = Mapping[str, float]


@dataclass
class GroupPlan:
    """Effects of one group.

    Attributes
    ----------
    fit : Fit
    graph : Graph
    chosen : mapping of str to mapping of str to float
        Values of moderators by their names; those left open have their usual ones.
    pieces : Pieces
        Shared by the groups.
    group : str
        Name of the group in print.
    notes : dict of str to None
        What a reader should know, in order.
    """

    fit: Fit
    graph: Graph
    chosen: Chosen
    pieces: Pieces
    group: str
    notes: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Equations are read when they are needed."""
        self._equations: dict[str, Equation] = {}

    def effects(
        self, predictors: Sequence[str], outcomes: Sequence[str], through: str | None
    ) -> list[Effect]:
        """All effects between some variables that have a route of two steps or more."""
        found: list[Effect] = []
        for predictor in predictors:
            for outcome in outcomes:
                routes = list(self.graph.routes(predictor, outcome))
                if through is not None:
                    routes = [route for route in routes if through in route[1:-1]]
                if routes:
                    found += self._pair(predictor, outcome, routes, whole=through is None)
        return found

    def _pair(
        self, predictor: str, outcome: str, routes: Sequence[tuple[str, ...]], whole: bool
    ) -> Iterator[Effect]:
        direct = (predictor, outcome) if outcome in self.graph.leads[predictor] else None
        for route in routes:
            for at, point in self._points([route]):
                yield self._effect("specific", route, [(1.0, route)], at, point)
        sums = routes if len(routes) > 1 else ()
        for at, point in self._points(routes):
            if sums:
                yield self._effect(
                    "total_indirect", (predictor, outcome), [(1.0, r) for r in sums], at, point
                )
        if whole:
            if direct is not None:
                for at, point in self._points([direct]):
                    yield self._effect("direct", direct, [(1.0, direct)], at, point)
            everything = [*routes, *([direct] if direct else [])]
            for at, point in self._points(everything):
                yield self._effect(
                    "total", (predictor, outcome), [(1.0, route) for route in everything], at, point
                )
        yield from self._contrasts(routes)
        for moderator in self._moderators(routes):
            for one in routes:
                if moderator in self._moderators([one]):
                    yield from self._moderated("specific", [one], moderator)
            if len(routes) > 1:
                yield from self._moderated("total_indirect", routes, moderator)

    def _contrasts(self, routes: Sequence[tuple[str, ...]]) -> Iterator[Effect]:
        if len(routes) > CONTRASTED:
            self.notes[
                f"{routes[0][0]} → {routes[0][-1]}: {len(routes)} routes are not compared pair by pair "
                f"(at most {CONTRASTED} are); name what they lead through"
            ] = None
            return
        for one, other in combinations(routes, 2):
            pieces = [(1.0, one), (-1.0, other)]
            moderators = self._moderators([one, other])
            at = ", ".join(f"{name} = mean" for name in moderators)
            effect = self._effect("contrast", one, pieces, at, self._means(moderators))
            yield replace(effect, through=f"{_through(one)} − {_through(other)}")

    def _effect(
        self,
        kind: str,
        route: tuple[str, ...],
        pieces: Iterable[tuple[float, tuple[str, ...]]],
        at: str,
        point: Point,
    ) -> Effect:
        numbers = tuple((weight, self._piece(each, point)) for weight, each in pieces)
        return Effect(kind, route[0], route[-1], _through(route), "", at, self.group, numbers)

    def _piece(self, route: tuple[str, ...], point: Point, moderator: str = "", turned: int = -1) -> int:
        """The product of slopes along a route; with the slope ``turned`` replaced by its change with a moderator."""
        weights = [self._weights(one, other, point) for one, other in pairwise(route)]
        number = self.graph.number
        scale = (((number, route[0]), 1), ((number, route[-1]), -1))
        if turned >= 0:
            weights[turned] = self._change(route[turned], route[turned + 1], moderator)
            scale = (*scale, ((number, moderator), 1))  # type: ignore[assignment]
        return self.pieces.piece(weights, scale)

    def _weights(self, source: str, target: str, point: Point) -> Array:
        """Weights of the rows in the slope of one variable on another."""
        table = self.fit.model.table
        rows = self.graph.rows[target]
        weights = np.zeros(len(table))
        products = [row for row in rows if len(columns_of(table.rhs[row])) > 1]
        if not any(source in columns_of(table.rhs[row]) for row in products):
            weights[[row for row in rows if table.rhs[row] == source]] = 1.0
            return weights
        equation = self._equation(target)
        slope = equation.slope_weights(source, {**equation.means(), **point})
        for value, term in zip(slope, equation.terms, strict=True):
            weights[self._row(target, term)] = value
        return weights

    def _change(self, source: str, target: str, moderator: str) -> Array:
        """Weights of the rows in the change of a slope with a moderator."""
        table = self.fit.model.table
        weights = np.zeros(len(table))
        for row in self.graph.rows[target]:
            parts = columns_of(table.rhs[row])
            if len(parts) == 2 and set(parts) == {source, moderator}:
                weights[row] = 2.0 if source == moderator else 1.0
        return weights

    def _row(self, target: str, term: tuple[str, ...]) -> int:
        table = self.fit.model.table
        every = np.flatnonzero(table.group == self.graph.number).tolist()
        return next(
            row
            for row in every
            if table.op[row] == "~" and table.lhs[row] == target and columns_of(table.rhs[row]) == term
        )

    def _equation(self, target: str) -> Equation:
        if target not in self._equations:
            self._equations[target] = equation_of(self.fit, target, self.graph.number)
            self.notes.update(dict.fromkeys(self._equations[target].notes))
        return self._equations[target]

    def _moderators(self, routes: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        """What moderates a step of the routes, in order."""
        found: dict[str, None] = {}
        for route in routes:
            for source, target in pairwise(route):
                found.update(dict.fromkeys(self._moderators_of(source, target)))
        return tuple(found)

    def _moderators_of(self, source: str, target: str) -> Iterator[str]:
        table = self.fit.model.table
        for row in self.graph.rows[target]:
            parts = columns_of(table.rhs[row])
            if len(parts) == 2 and source in parts:
                yield parts[1] if parts[0] == source else parts[0]

    def _values(self, moderator: str) -> Mapping[str, float]:
        """Values of a moderator: those chosen, or the usual ones."""
        if moderator in self.chosen:
            return self.chosen[moderator]
        for target in self.graph.rows:
            variables = self._equation(target).variables if self._has_product(target, moderator) else {}
            if moderator in variables:
                return variables[moderator].usual()
        raise ModelError(f"no equation has a product with '{moderator}': it has no usual values")

    def _has_product(self, target: str, moderator: str) -> bool:
        table = self.fit.model.table
        names = (columns_of(table.rhs[row]) for row in self.graph.rows[target])
        return any(len(parts) == 2 and moderator in parts for parts in names)

    def _means(self, moderators: Sequence[str]) -> dict[str, float]:
        """The point at which the moderators have their means."""
        found = {}
        for name in moderators:
            target = next(each for each in self.graph.rows if self._has_product(each, name))
            found[name] = self._equation(target).variables[name].mean
        return found

    def _points(self, routes: Sequence[tuple[str, ...]]) -> list[tuple[str, Point]]:
        """Values of the moderators of some routes: all combinations of two, more than two one by one."""
        moderators = self._moderators(routes)
        values = {name: self._values(name) for name in moderators}
        if len(moderators) > 2:
            self.notes["more than two moderators are told one by one, the others at their means"] = None
            return [
                (f"{name} = {word}", self._means(moderators) | {name: value})
                for name in moderators
                for word, value in values[name].items()
            ]
        found: list[tuple[str, Point]] = []
        for words in product(*(list(values[name].items()) for name in moderators)):
            pairs = list(zip(moderators, words, strict=True))
            at = ", ".join(f"{name} = {word}" for name, (word, _) in pairs)
            found.append((at, {name: value for name, (_, value) in pairs}))
        return found

    def _moderated(self, kind: str, routes: Sequence[tuple[str, ...]], moderator: str) -> Iterator[Effect]:
        """The index of moderated mediation, or the difference where a moderator acts on two steps of a route."""
        others = [name for name in self._moderators(routes) if name != moderator]
        point, at = self._means(others), ", ".join(f"{name} = mean" for name in others)
        steps = [
            [i for i, step in enumerate(pairwise(r)) if moderator in self._moderators_of(*step)]
            for r in routes
        ]
        route = routes[0]
        through = _through(route) if kind == "specific" else ""
        if max(map(len, steps)) == 1:
            turned = [(r, places[0]) for r, places in zip(routes, steps, strict=True) if places]
            pieces = tuple((1.0, self._piece(r, point, moderator, place)) for r, place in turned)
            yield Effect("index", route[0], route[-1], through, moderator, at, self.group, pieces)
            return
        values = self._values(moderator)
        if len(values) < 2:
            return
        high, low = (pick(values, key=lambda word: values[word]) for pick in (max, min))
        ends = [(1.0, {**point, moderator: values[high]}), (-1.0, {**point, moderator: values[low]})]
        pieces = tuple((sign, self._piece(r, end)) for sign, end in ends for r in routes)
        at = ", ".join(filter(None, [f"{moderator} = {high} − {low}", at]))
        yield Effect("difference", route[0], route[-1], through, moderator, at, self.group, pieces)
        self.notes[
            f"'{moderator}' moderates more than one step of {' → '.join(route)}: the effect is no straight line in it "
            "and has no index; the difference between its highest and lowest value is told"
        ] = None


def _through(route: tuple[str, ...]) -> str:
    return " → ".join(route[1:-1])


def differences(effects: Sequence[Effect], groups: Sequence[str]) -> list[Effect]:
    """Differences of the effects of every pair of groups; values that are the groups' own keep their names."""
    known: dict[str, dict[tuple[str, ...], Effect]] = {name: {} for name in groups}
    for effect in effects:
        if effect.kind != "contrast" and effect.group in known:
            known[effect.group][_key(effect)] = effect
    found = []
    for one, other in combinations(groups, 2):
        for key, effect in known[one].items():
            twin = known[other].get(key)
            if twin is not None:
                less = tuple((-weight, piece) for weight, piece in twin.pieces)
                found.append(replace(effect, group=f"{one} − {other}", pieces=effect.pieces + less))
    return found


def _key(effect: Effect) -> tuple[str, ...]:
    return effect.kind, effect.predictor, effect.outcome, effect.through, effect.moderator, effect.at


def require_few(graph: Graph, predictors: Sequence[str], outcomes: Sequence[str]) -> None:
    """Refuse more routes than anyone reads.

    Raises
    ------
    ModelError
        Naming how many there are.
    """
    total = sum(_count(graph, one, other) for one in predictors for other in outcomes)
    if total > MOST:
        raise ModelError(
            f"the model has {total} routes between these variables, more than {MOST}: name 'predictor' and 'outcome'"
        )


def _count(graph: Graph, first: str, last: str) -> int:
    """Number of routes, the direct path among them, without walking along each."""
    known: dict[str, int] = {}

    def count(name: str) -> int:
        if name == last:
            return 1
        if name not in known:
            known[name] = sum(count(following) for following in graph.leads.get(name, ()))
        return known[name]

    return 0 if first == last else math.floor(count(first))
