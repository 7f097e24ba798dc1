"""Rival structures of a scale with dimensions: written down, fitted, compared.

* ``structures``: what can be claimed, as model text (``trees``, ``orthogonal``, ``composites`` build the parts);
* ``comparison``: all of them fitted to one data set, two by two in ``pairs`` with nesting (``nesting``),
  casewise likelihoods (``casewise``) and Vuong's tests (``vuong``, ``weighted_chisquare``);
* ``general_factor``: how much a general factor carries; ``edwards``: superordinate against aggregate with criteria.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "BifactorIndices": "general_factor",
    "EdwardsTests": "edwards",
    "PairComparison": "pairs",
    "RivalComparison": "comparison",
    "Structure": "structures",
    "VuongTest": "vuong",
    "bifactor_indices": "general_factor",
    "bifactor": "orthogonal",
    "bifactor_s1": "orthogonal",
    "compare_rivals": "comparison",
    "composite_model": "composites",
    "composite_weights": "composites",
    "edwards_tests": "edwards",
    "general_factor_indices": "general_factor",
    "relation": "nesting",
    "rival_structures": "structures",
    "schmid_leiman": "general_factor",
    "tree_of": "trees",
    "vuong_test": "vuong",
    "weighted_chisquare_tail": "weighted_chisquare",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
