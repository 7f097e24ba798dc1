"""Careless responding: indices per informant and flags by several of them (sensitivity analysis, never deletion)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "CarelessIndices": "battery",
    "careless_indices": "battery",
    "longstring": "indices",
    "individual_variability": "indices",
    "mahalanobis": "indices",
    "even_odd": "indices",
    "psychometric_pairs": "indices",
    "person_total": "indices",
    "guttman_errors": "indices",
    "CarelessFlags": "flags",
    "Cutoff": "flags",
    "careless_flags": "flags",
    "default_cutoffs": "flags",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
