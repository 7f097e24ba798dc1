"""Multiple imputation of Likert answers, and what it changes.

* ``imputation``: answers imputed by predictive mean matching (``matching`` is the algorithm), by role;
* ``pooling``: Rubin's rules for estimates (``fits`` for fitted models) and for tests;
* ``comparison``: full information, multiple imputation and listwise deletion in one table.

Missing answers themselves (shares by item and role, Little's test) are in ``measurement.items``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "MissingComparison": "comparison",
    "MultipleImputation": "imputation",
    "PooledEstimates": "fits",
    "PooledTest": "pooling",
    "RubinPool": "pooling",
    "compare_missing": "comparison",
    "multiple_imputation": "imputation",
    "pool_chisquare": "pooling",
    "pool_likelihood_ratio": "fits",
    "pool_scalars": "pooling",
    "pool_wald": "pooling",
    "pooled_estimates": "fits",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
