"""Congruence of two informants: polynomial regression, response surface, nested models, checklist."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "PolynomialRegression": "polynomial",
    "polynomial_regression": "polynomial",
    "ResponseSurface": "surface",
    "response_surface": "surface",
    "ModelSet": "model_set",
    "congruence_models": "model_set",
    "CongruenceChecklist": "checklist",
    "congruence_checklist": "checklist",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
