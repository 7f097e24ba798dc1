"""The structural equations of a model with products, and what they are made of at one θ.

Sources (variables with outgoing paths, and all outcomes of products) obey ``x = m + A x + Σ_f (x_f − c_f) A_f x̃ + ζ``;
observed variables ``v = m_R + T x + ε``. ``f`` runs over the *moderating* variables: a set that has a member of every
product and is normally distributed, because no product leads to it, with as few latent variables as possible. Given
their values every equation is linear in the rest, so that all that follows is exact for products with any other
variable.

Latent variables enter products as they are, observed ones as deviations from their model mean ``c``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Fill, Layout


@dataclass(frozen=True)
class ProductPath:
    """One product term: its outcome, its components (places among the sources) and its coefficient."""

    target: int
    moderator: int
    other: int
    parameter: int
    value: float


@dataclass(frozen=True)
class Equations:
    """Where everything stands in the structural equations of one group.

    Attributes
    ----------
    layout : Layout
        Linear part.
    moderating : int array (k,)
        Places of the moderating variables among the sources.
    effects : tuple of Fill
        ``A_f`` (sources, sources), one per moderating variable.
    linear, nonlinear : int array
        Sources that are normally distributed; sources that products lead to.
    centred : array (sources,)
        1 where a source is observed and enters products as deviation from its mean.
    """

    layout: Layout
    moderating: Index
    effects: tuple[Fill, ...]
    linear: Index
    nonlinear: Index
    centred: Array

    @property
    def compound(self) -> bool:
        """Whether a variable that products lead to is itself part of a product."""
        n = self.nonlinear
        size = self.layout.k
        for effect in self.effects:
            pattern = effect.constant.copy()
            pattern.reshape(-1)[effect.cells] = 1.0
            if len(n) and np.any(pattern.reshape(size, size)[:, n]):
                return True
        return False


def equations_of(layout: Layout, paths: Sequence[ProductPath]) -> Equations:
    """The equations of a group.

    Parameters
    ----------
    layout : Layout
        Its linear part; every outcome of a product is among its sources.
    paths : sequence of ProductPath
        Products in any order of their components.

    Raises
    ------
    ModelError
        When a product has no normally distributed component, or a product stands in a loop.
    """
    reaches = _reach(layout, paths)
    targets = {path.target for path in paths}
    nonlinear = np.flatnonzero([any(reaches[i, t] for t in targets) for i in range(layout.k)])
    _check(layout, paths, set(nonlinear.tolist()), reaches)
    linear = np.setdiff1d(np.arange(layout.k), nonlinear)
    centred = np.array([float(name in layout.observed) for name in layout.sources])
    moderating = _moderating(paths, set(nonlinear.tolist()), centred)
    return Equations(
        layout,
        np.array(moderating, dtype=np.int64),
        tuple(_effect(layout.k, paths, moderating, f) for f in range(len(moderating))),
        linear,
        nonlinear,
        centred,
    )


def _reach(layout: Layout, paths: Sequence[ProductPath]) -> NDArray[np.bool_]:
    """Whether source j leads to source i, itself included, by paths and products (k, k)."""
    step = np.eye(layout.k, dtype=bool) | (layout.paths.constant != 0.0)
    step.reshape(-1)[layout.paths.cells] = True
    for path in paths:
        step[path.target, [path.moderator, path.other]] = True
    reached: NDArray[np.bool_] = step
    for _ in range(max(layout.k.bit_length(), 1)):
        reached = np.asarray(reached @ reached)
    return reached


def _check(
    layout: Layout, paths: Sequence[ProductPath], nonlinear: set[int], reaches: NDArray[np.bool_]
) -> None:
    names = layout.sources
    for path in paths:
        parts = f"{names[path.moderator]}:{names[path.other]}"
        if reaches[path.moderator, path.target] or reaches[path.other, path.target]:
            raise ModelError(f"'{names[path.target]} ~ {parts}' stands in a loop: no likelihood is defined")
        if {path.moderator, path.other} <= nonlinear:
            raise ModelError(
                f"'{names[path.target]} ~ {parts}': products lead to both components, neither is normally "
                "distributed; the likelihood of such a model is not available"
            )
    for first in nonlinear:
        for second in nonlinear:
            if first < second and reaches[first, second] and reaches[second, first]:
                raise ModelError(
                    f"'{names[first]}' and '{names[second]}' influence each other beyond a product: "
                    "no likelihood is available"
                )


def _moderating(paths: Sequence[ProductPath], nonlinear: set[int], observed: Array) -> tuple[int, ...]:
    """A set of linear sources with a member of every product: with the fewest latent ones, then the fewest."""
    pairs = {frozenset((path.moderator, path.other)) - nonlinear for path in paths}
    forced = {next(iter(pair)) for pair in pairs if len(pair) == 1}
    open_pairs = [pair for pair in pairs if not pair & forced]
    candidates = sorted(set().union(*open_pairs)) if open_pairs else []
    sets = [
        chosen
        for size in range(len(candidates) + 1)
        for chosen in combinations(candidates, size)
        if all(pair & set(chosen) for pair in open_pairs)
    ]
    fewest = min(sets, key=lambda chosen: (sum(not observed[i] for i in chosen), len(chosen)))
    return tuple(sorted(forced | set(fewest)))


def _effect(size: int, paths: Sequence[ProductPath], moderating: tuple[int, ...], f: int) -> Fill:
    constant = np.zeros((size, size))
    cells, parameters = [], []
    for path in paths:
        first, second = path.moderator, path.other
        if first not in moderating or (second in moderating and second < first):
            first, second = second, first
        if first != moderating[f]:
            continue
        if path.parameter < 0:
            constant[path.target, second] = path.value
        else:
            cells.append(path.target * size + second)
            parameters.append(path.parameter)
    return Fill(constant, np.array(cells, dtype=np.int64), np.array(parameters, dtype=np.int64))
