"""Room ``triads``: agreement, reliability, aggregation and role gaps of informants in units.

Names are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# public name -> module of this room that defines it
_PUBLIC = {
    "ActionPlan": "action",
    "AgreementResult": "agreement_result",
    "AgreementTests": "exact_tests_result",
    "GStudy": "gstudy_result",
    "GapReliability": "reliable_gaps",
    "GapTests": "gaps",
    "GroupResampling": "resampling",
    "NullDistribution": "nulls",
    "OddRole": "odd_role",
    "OnewayReliability": "reliability_oneway",
    "ProfileSimilarity": "profiles",
    "RemlReliability": "reliability_oneway",
    "RoleGaps": "gaps",
    "TriadData": "data",
    "TwowayReliability": "twoway_result",
    "UnitScores": "aggregation",
    "Waba": "waba_analysis",
    "aggregate": "aggregation",
    "aggregation_sensitivity": "sensitivity",
    "agreement_indices": "agreement",
    "agreement_tests": "exact_tests",
    "attribute_actions": "action",
    "blup_scores": "latent_scores",
    "common_fate_scores": "latent_scores",
    "completeness_patterns": "completeness",
    "critical_values": "critical",
    "exact_distribution": "exact",
    "g_study": "gstudy",
    "gap_reliability": "reliable_gaps",
    "gap_tests": "gaps",
    "icc_oneway": "reliability_oneway",
    "icc_oneway_reml": "reliability_oneway",
    "icc_twoway": "reliability_twoway",
    "missing_role_test": "completeness",
    "null_distribution": "nulls",
    "odd_role_out": "odd_role",
    "profile_similarity": "profiles",
    "pseudo_baseline": "pseudo",
    "pseudo_triads": "pseudo",
    "random_group_resampling": "resampling",
    "role_contrasts": "mixed_gaps",
    "role_dispersion": "odd_role",
    "role_gaps": "gaps",
    "rwg": "agreement",
    "rwg_j": "agreement",
    "unit_reliability": "latent_scores",
    "waba": "waba_analysis",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
