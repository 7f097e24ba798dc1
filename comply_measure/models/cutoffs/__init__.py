"""Cut-offs of fit indices, simulated for the fitted model and its sample size."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "DynamicCutoffs": "dynamic",
    "LevelCutoff": "dynamic",
    "Misspecification": "misspecification",
    "dynamic_cutoffs": "dynamic",
    "factor_structure": "misspecification",
    "misspecifications": "misspecification",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
