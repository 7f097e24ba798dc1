"""Measurement invariance across dependent roles and independent groups.

* ``designs``: what is compared (``role_design``, ``stage_design``, ``group_design``);
* ``ladder``: configural to latent means, with difference tests and rules (``rules``) that are withheld outside the
  conditions they were studied in;
* ``search``: partial invariance by score tests; ``effects``: dMACS and the bias in gaps of scores;
* ``ordinal``: the ladder for ordered items.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Conditions": "rules",
    "GapBias": "effects",
    "InvarianceEffects": "effects",
    "InvarianceLadder": "ladder",
    "ItemEffect": "effects",
    "PartialInvariance": "search",
    "RULES": "rules",
    "Rule": "rules",
    "adjust_pvalues": "search",
    "collapse_categories": "ordinal",
    "d_macs": "effects",
    "group_design": "designs",
    "invariance_effects": "effects",
    "invariance_ladder": "ladder",
    "item_parameters": "designs",
    "ordinal_group_design": "ordinal",
    "ordinal_invariance_model": "ordinal",
    "partial_invariance": "search",
    "role_design": "designs",
    "score_statistics": "search",
    "stage_design": "designs",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
