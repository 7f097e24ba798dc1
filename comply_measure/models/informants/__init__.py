"""Latent models of several dependent informants on one unit, in the wide format (one row per unit).

A wide column is ``variable.role``; :func:`wide_frame` makes such columns. Every builder returns model text for
``sem.fit``; roles are never treated as independent groups.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "wide_frame": "wide",
    "wide_column": "wide",
    "RoleInvariance": "invariance",
    "role_invariance_model": "invariance",
    "latent_congruence_model": "congruence",
    "role_contrasts": "congruence",
    "common_fate_model": "common_fate",
    "ct_cm1_model": "trait_method",
    "ct_cm_model": "trait_method",
    "ct_cu_model": "trait_method",
    "trifactor_model": "trifactor",
    "variance_shares": "shares",
    "mtmm_table": "mtmm",
    "effects_table": "effects",
    "latent_gaps": "role_means",
    "joint_tests": "effects",
    "contrast_names": "congruence",
    "LatentPolynomial": "polynomial_fit",
    "latent_polynomial": "polynomial_fit",
    "latent_polynomial_model": "polynomial_model",
    "product_indicators": "polynomial_model",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
