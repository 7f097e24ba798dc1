"""What a user says about the search, as options of a fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from comply_measure.errors import InputError, Problem
from comply_measure.sem.options import Options
from comply_measure.sem.result import Fit
from comply_measure.sem.search import Search, Start, choose_search


def searched(
    options: Options,
    start: str | Mapping[str, float] | Fit,
    bounds: str,
    optimizer_options: Mapping[str, Any] | None,
    engine: str,
) -> Options:
    """Options with what the user says about the search.

    Parameters
    ----------
    options : Options
        As resolved from the other words.
    start, bounds, optimizer_options
        As for :func:`comply_measure.sem.fit`.
    engine : str
        Only this package's own takes them.

    Raises
    ------
    InputError
        With everything that cannot be used.
    """
    begin: str | Mapping[str, float] | Start = _of_earlier(start) if isinstance(start, Fit) else start
    search = choose_search(begin, bounds, optimizer_options)
    if search != Search() and engine.lower() != "comply":
        asked = [name for name, used in _asked(search).items() if used]
        problems = [Problem(f"not with engine='{engine}'", column=name) for name in asked]
        raise InputError("Another engine has a search of its own.", problems)
    return replace(options, search=search)


def _of_earlier(fit: Fit) -> Start:
    """Every parameter of an earlier fit by its name."""
    values = fit.model.values(fit.theta).tolist()
    named = ((fit.model.row_name(row), value) for row, value in enumerate(values))
    return Start(values=tuple((name, value) for name, value in named if math.isfinite(value)), strict=False)


def _asked(search: Search) -> dict[str, bool]:
    plain = replace(search, start=Start(), bounds="none")
    return {
        "start": search.start.given,
        "bounds": search.bounds != "none",
        "optimizer_options": plain != Search(),
    }
