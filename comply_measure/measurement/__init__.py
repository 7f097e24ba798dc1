"""Room ``measurement``: item analysis, reliability, dimensionality, validity.

Names are loaded on first use. Where things live:

* ``items``: one item at a time and its place in its scale, missing answers, Little's test, normality;
* ``reliability``: α, ω and their relatives, bounds, split halves, two levels, retest, intervals;
* ``dimensionality``: correlation matrices, number of factors, extraction, rotation, exploratory SEM;
* ``validity``: loadings, AVE, HTMT, factor correlations, global items; ``missingness``: imputation;
* ``content``: expert ratings and item sorts; ``careless``: careless responding;
* ``frames``, ``moments``: groups of informants and their covariances, shared by all;
* ``fits``: indices and difference tests of fitted models.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_SOURCES = {
    "items.analysis": ("ItemAnalysis", "item_analysis"),
    "items.inter_item": ("InterItemTable", "ItemTotals", "inter_item_table", "item_totals"),
    "items.missingness": ("MissingCompletelyAtRandom", "MissingTable", "little_mcar", "missing_table"),
    "items.normality": ("Normality", "mardia"),
    "reliability.alpha": ("Alpha", "cronbach_alpha", "feldt_interval"),
    "reliability.alpha_table": ("AlphaTable", "alpha_table"),
    "reliability.categorical": ("categorical_omega",),
    "reliability.composite": ("average_variance_extracted", "composite_reliability", "omega_total"),
    "reliability.from_fit": ("FactorReliability", "FitReliability", "fit_reliability"),
    "reliability.hierarchical": ("HierarchicalOmega", "hierarchical_omega"),
    "reliability.lower_bound": ("GreatestLowerBound", "greatest_lower_bound"),
    "reliability.multilevel": (
        "LevelCovariances",
        "MultilevelReliability",
        "level_covariances",
        "multilevel_reliability",
    ),
    "reliability.one_factor": ("OneFactor", "maximal_reliability", "one_factor"),
    "reliability.ordinal": ("OrdinalReliability", "ordinal_reliability"),
    "reliability.retest": ("Retest", "RetestTable", "retest", "retest_table"),
    "reliability.split_half": ("SplitHalves", "guttman_lambda2", "guttman_lambda6", "split_half"),
    "reliability.table": ("reliability_coefficients", "reliability_table"),
    "reliability.table_result": ("ReliabilityRow", "ReliabilityTable"),
    "reliability.triad_score": ("UnitAnswers", "unit_answers"),
    "dimensionality.adequacy": ("SamplingAdequacy", "bartlett_sphericity", "kmo", "sampling_adequacy"),
    "dimensionality.comparison": ("ComparisonData", "comparison_data"),
    "dimensionality.components": (
        "KaiserCriteria",
        "PartialCorrelations",
        "empirical_kaiser",
        "minimum_average_partial",
    ),
    "dimensionality.correlations": ("ItemCorrelation", "correlate"),
    "dimensionality.efa": ("explore", "factor_solution"),
    "dimensionality.efa_result": ("FactorSolution",),
    "dimensionality.esem": ("ExploratorySem", "exploratory_sem"),
    "dimensionality.extraction": ("Extraction", "extract"),
    "dimensionality.parallel": ("ParallelAnalysis", "parallel_analysis"),
    "dimensionality.rotation": ("Rotation", "RotationOptions", "rotate"),
    "dimensionality.split_sample": ("Split", "SplitSample", "explore_and_confirm", "split_units"),
    "validity.convergent": ("ConvergentValidity", "convergent_validity", "fit_measurement"),
    "validity.discriminant": ("DiscriminantValidity", "discriminant_validity"),
    "validity.global_items": ("GlobalItems", "global_item_correlations"),
    "validity.htmt": ("Htmt", "heterotrait_monotrait"),
    "validity.matrix": ("ValidityMatrices", "ValidityMatrix", "validity_matrices", "validity_matrix"),
    "careless.flags": ("CarelessFlags", "Cutoff", "careless_flags", "default_cutoffs"),
    "careless.battery": ("CarelessIndices", "careless_indices"),
    "careless.indices": (
        "even_odd",
        "guttman_errors",
        "individual_variability",
        "longstring",
        "mahalanobis",
        "person_total",
        "psychometric_pairs",
    ),
    "content.decisions": ("Decision", "DropLog"),
    "content.definitional": ("DefinitionalRatings", "definitional_ratings"),
    "content.evidence": ("ContentEvidence", "ContentOptions", "content_evidence"),
    "content.files": ("read_definitional_ratings", "read_expert_ratings", "read_item_sorts"),
    "content.ratings": ("ContentValidity", "content_validity", "cvr_critical"),
    "content.sorting": ("ItemSort", "item_sort", "sort_critical"),
    "missingness.comparison": ("MissingComparison", "compare_missing"),
    "missingness.fits": ("PooledEstimates", "pool_likelihood_ratio", "pooled_estimates"),
    "missingness.imputation": ("MultipleImputation", "multiple_imputation"),
    "missingness.pooling": ("PooledTest", "RubinPool", "pool_chisquare", "pool_scalars", "pool_wald"),
    "resampling": ("Interval", "bootstrap"),
}
# public name -> module of this room that defines it
_PUBLIC = {name: module for module, names in _SOURCES.items() for name in names}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
