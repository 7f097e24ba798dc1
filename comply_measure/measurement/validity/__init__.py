"""Convergent and discriminant validity.

* ``convergent``: standardised loadings, AVE, Fornell and Larcker; ``discriminant``: intervals and tests of factor
  correlations; ``htmt``: heterotrait-monotrait ratios; ``global_items``: scores against global items;
* ``matrix``: all of it in one matrix.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "ConvergentValidity": "convergent",
    "DiscriminantValidity": "discriminant",
    "GlobalItems": "global_items",
    "Htmt": "htmt",
    "ValidityMatrices": "matrix",
    "ValidityMatrix": "matrix",
    "convergent_validity": "convergent",
    "discriminant_validity": "discriminant",
    "fit_measurement": "convergent",
    "global_item_correlations": "global_items",
    "heterotrait_monotrait": "htmt",
    "validity_matrices": "matrix",
    "validity_matrix": "matrix",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
