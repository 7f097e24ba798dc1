"""Optima that have been found before: the chapters of a study fit one model to the same cases, each for its own tables.

A search is repeated only where something is new that it depends on: the parameter table, the cases, what is minimised
and how it is looked for. Standard errors and tests are no part of it, so that fits by ``ML`` and by ``MLR`` share
theirs. The latest optima are known within :func:`remembering` and forgotten after it; elsewhere every fit searches.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from hashlib import blake2b
from typing import Any

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum

MOST = 1_000


class _Memory:
    """The latest optima by what their search depends on: φ, and what is said of it."""

    def __init__(self) -> None:
        self.found: OrderedDict[bytes, tuple[Array, dict[str, Any]]] = OrderedDict()

    def optimum(self, model: Model, search: Callable[[Model], Optimum]) -> Optimum:
        """The optimum of a model, searched for where it is not known."""
        key = _key(model)
        if key in self.found:
            self.found.move_to_end(key)
            phi, facts = self.found[key]
            return Optimum(model.objective.at(phi.copy()), **facts)
        optimum = search(model)
        facts = {f.name: getattr(optimum, f.name) for f in fields(optimum) if f.name != "point"}
        self.found[key] = optimum.point.phi.copy(), facts
        if len(self.found) > MOST:
            self.found.popitem(last=False)
        return optimum


_memory: _Memory | None = None


@contextmanager
def remembering() -> Iterator[None]:
    """Remember optima until the end; within another one, as long as that."""
    global _memory
    outer = _memory
    _memory = outer or _Memory()
    try:
        yield
    finally:
        _memory = outer


def remembered(model: Model, search: Callable[[Model], Optimum]) -> Optimum:
    """The optimum that a search finds; the one found before where the same model of the same cases is remembered.

    Parameters
    ----------
    model : Model
        As its family makes it of a user's words and cases. Whatever more its search depends on, such as the sizes of
        clusters, keeps it from being remembered.
    search : callable
        Finds the optimum, whatever standard errors and test the model asks for.
    """
    if _memory is None or not model.is_rememberable:
        return search(model)
    return _memory.optimum(model, search)


def _key(model: Model) -> bytes:
    """A digest of everything that a search depends on."""
    options, digest = model.options, blake2b(digest_size=32)

    def add(value: object) -> None:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype}{value.shape}".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(f"{value!r};".encode())

    steps = (
        None if options.complete_cases else options.information
    )  # of full information: its steps take the one asked
    for fact in (type(options.family), options.family, options.missing, steps, options.search):
        add(fact)
    for part in fields(model.table):
        add(getattr(model.table, part.name))
    for group in model.sample.groups:
        for known in (group.name, group.names, group.n, group.cov, group.mean, group.data, group.weights):
            add(known)
    return digest.digest()
