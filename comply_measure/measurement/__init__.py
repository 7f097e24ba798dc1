"""Room ``measurement``: item analysis, reliability, dimensionality, validity.

Names are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# public name -> module of this room that defines it
_PUBLIC = {
    "Alpha": "alpha",
    "AlphaTable": "reliability",
    "ItemAnalysis": "items",
    "alpha_table": "reliability",
    "average_variance_extracted": "composite",
    "composite_reliability": "composite",
    "cronbach_alpha": "alpha",
    "feldt_interval": "alpha",
    "item_analysis": "items",
    "omega_total": "composite",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
