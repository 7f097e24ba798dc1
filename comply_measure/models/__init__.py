"""Hypotheses as model text for ``sem.fit``: structures of a scale, and what follows from alignment."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.models.congeneric import congeneric_reliability
    from comply_measure.models.hierarchy import (
        correlated_factors,
        factors_of,
        one_factor,
        second_order,
    )
    from comply_measure.models.selling_center import (
        FOCAL,
        Hypothesis,
        selling_center_hypotheses,
        selling_center_model,
    )

# public name -> module that defines it; loaded on first use
_PUBLIC = {
    "FOCAL": "selling_center",
    "Hypothesis": "selling_center",
    "congeneric_reliability": "congeneric",
    "correlated_factors": "hierarchy",
    "factors_of": "hierarchy",
    "one_factor": "hierarchy",
    "second_order": "hierarchy",
    "selling_center_hypotheses": "selling_center",
    "selling_center_model": "selling_center",
}

__all__ = [
    "FOCAL",
    "Hypothesis",
    "congeneric_reliability",
    "correlated_factors",
    "factors_of",
    "one_factor",
    "second_order",
    "selling_center_hypotheses",
    "selling_center_model",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
