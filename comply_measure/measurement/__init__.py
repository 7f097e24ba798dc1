"""Room ``measurement``: item analysis, reliability, dimensionality, validity.

Names are loaded on first use. Where things live:

* ``items``: one item at a time and its place in its scale, missing answers, Little's test;
* ``reliability``: α, ω and their relatives, bounds, split halves, two levels, retest, intervals;
* ``dimensionality``: correlation matrices, number of factors, extraction, rotation, exploratory SEM;
* ``validity``: loadings, AVE, HTMT, factor correlations, global items; ``missingness``: imputation;
* ``content``: expert ratings and item sorts; ``careless``: careless responding;
* ``frames``, ``moments``: groups of informants and their covariances, shared by all.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# public name -> module of this room that defines it
_PUBLIC = {
    "Alpha": "reliability.alpha",
    "AlphaTable": "reliability.alpha_table",
    "ItemAnalysis": "items.analysis",
    "alpha_table": "reliability.alpha_table",
    "average_variance_extracted": "reliability.composite",
    "composite_reliability": "reliability.composite",
    "cronbach_alpha": "reliability.alpha",
    "feldt_interval": "reliability.alpha",
    "item_analysis": "items.analysis",
    "mardia": "items.normality",
    "omega_total": "reliability.composite",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
