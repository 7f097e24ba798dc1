"""Room ``triads``: agreement, reliability, aggregation and role gaps of informants in units.

Names are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# public name -> module of this room that defines it
_PUBLIC = {
    "AgreementResult": "agreement_result",
    "GapTests": "gaps",
    "NullDistribution": "nulls",
    "OnewayReliability": "reliability_oneway",
    "RoleGaps": "gaps",
    "TriadData": "data",
    "UnitScores": "aggregation",
    "aggregate": "aggregation",
    "agreement_indices": "agreement",
    "gap_tests": "gaps",
    "icc_oneway": "reliability_oneway",
    "null_distribution": "nulls",
    "role_gaps": "gaps",
    "rwg": "agreement",
    "rwg_j": "agreement",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
