"""Common method variance in answers of one informant.

* ``marker``: the marker-variable models of Williams, Hartman & Cavazotte (``texts`` writes them, ``marker_result``
  holds what they show);
* ``latent_method``: an unmeasured latent method factor, with what it cannot tell;
* ``single_factor``: Harman's share, reported with its warning only.

Method variance that informants of different roles do not share is separated by ``models.informants``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "LatentMethodFactor": "latent_method",
    "MarkerAnalysis": "marker_result",
    "MethodTexts": "texts",
    "ReliabilityParts": "marker_result",
    "SingleFactorShare": "single_factor",
    "latent_method_factor": "latent_method",
    "marker_analysis": "marker",
    "single_factor_share": "single_factor",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
