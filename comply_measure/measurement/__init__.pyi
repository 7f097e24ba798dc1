from comply_measure.measurement import (
    careless as careless,
    content as content,
    missingness as missingness,
    validity as validity,
)
from comply_measure.measurement.careless.battery import (
    CarelessIndices as CarelessIndices,
    careless_indices as careless_indices,
)
from comply_measure.measurement.careless.flags import (
    CarelessFlags as CarelessFlags,
    Cutoff as Cutoff,
    careless_flags as careless_flags,
    default_cutoffs as default_cutoffs,
)
from comply_measure.measurement.careless.indices import (
    even_odd as even_odd,
    guttman_errors as guttman_errors,
    individual_variability as individual_variability,
    longstring as longstring,
    mahalanobis as mahalanobis,
    person_total as person_total,
    psychometric_pairs as psychometric_pairs,
)
from comply_measure.measurement.content.decisions import (
    Decision as Decision,
    DropLog as DropLog,
)
from comply_measure.measurement.content.definitional import (
    DefinitionalRatings as DefinitionalRatings,
    definitional_ratings as definitional_ratings,
)
from comply_measure.measurement.content.evidence import (
    ContentEvidence as ContentEvidence,
    ContentOptions as ContentOptions,
    content_evidence as content_evidence,
)
from comply_measure.measurement.content.files import (
    read_definitional_ratings as read_definitional_ratings,
    read_expert_ratings as read_expert_ratings,
    read_item_sorts as read_item_sorts,
)
from comply_measure.measurement.content.ratings import (
    ContentValidity as ContentValidity,
    content_validity as content_validity,
    cvr_critical as cvr_critical,
)
from comply_measure.measurement.content.sorting import (
    ItemSort as ItemSort,
    item_sort as item_sort,
    sort_critical as sort_critical,
)
from comply_measure.measurement.dimensionality.adequacy import (
    Kmo as Kmo,
    SamplingAdequacy as SamplingAdequacy,
    Sphericity as Sphericity,
    bartlett_sphericity as bartlett_sphericity,
    kmo as kmo,
    sampling_adequacy as sampling_adequacy,
)
from comply_measure.measurement.dimensionality.comparison import (
    ComparisonData as ComparisonData,
    comparison_data as comparison_data,
)
from comply_measure.measurement.dimensionality.components import (
    KaiserCriteria as KaiserCriteria,
    PartialCorrelations as PartialCorrelations,
    empirical_kaiser as empirical_kaiser,
    minimum_average_partial as minimum_average_partial,
)
from comply_measure.measurement.dimensionality.correlations import (
    ItemCorrelation as ItemCorrelation,
    correlate as correlate,
)
from comply_measure.measurement.dimensionality.efa import (
    explore as explore,
    factor_solution as factor_solution,
)
from comply_measure.measurement.dimensionality.efa_result import FactorSolution as FactorSolution
from comply_measure.measurement.dimensionality.esem import (
    ExploratorySem as ExploratorySem,
    exploratory_sem as exploratory_sem,
)
from comply_measure.measurement.dimensionality.extraction import (
    Extraction as Extraction,
    extract as extract,
)
from comply_measure.measurement.dimensionality.parallel import (
    ParallelAnalysis as ParallelAnalysis,
    parallel_analysis as parallel_analysis,
)
from comply_measure.measurement.dimensionality.rotation import (
    Rotation as Rotation,
    RotationOptions as RotationOptions,
    rotate as rotate,
)
from comply_measure.measurement.dimensionality.split_sample import (
    Split as Split,
    SplitSample as SplitSample,
    explore_and_confirm as explore_and_confirm,
    split_units as split_units,
)
from comply_measure.measurement.items.analysis import (
    ItemAnalysis as ItemAnalysis,
    item_analysis as item_analysis,
)
from comply_measure.measurement.items.homogeneity import (
    PatternHomogeneity as PatternHomogeneity,
    pattern_homogeneity as pattern_homogeneity,
)
from comply_measure.measurement.items.inter_item import (
    InterItemTable as InterItemTable,
    ItemTotals as ItemTotals,
    inter_item_table as inter_item_table,
    item_totals as item_totals,
)
from comply_measure.measurement.items.missingness import (
    MissingCompletelyAtRandom as MissingCompletelyAtRandom,
    MissingTable as MissingTable,
    little_mcar as little_mcar,
    missing_table as missing_table,
)
from comply_measure.measurement.items.normality import (
    Normality as Normality,
    mardia as mardia,
)
from comply_measure.measurement.missingness.comparison import (
    MissingComparison as MissingComparison,
    compare_missing as compare_missing,
)
from comply_measure.measurement.missingness.fits import (
    PooledEstimates as PooledEstimates,
    pool_likelihood_ratio as pool_likelihood_ratio,
    pooled_estimates as pooled_estimates,
)
from comply_measure.measurement.missingness.imputation import (
    MultipleImputation as MultipleImputation,
    multiple_imputation as multiple_imputation,
)
from comply_measure.measurement.missingness.pooling import (
    PooledTest as PooledTest,
    RubinPool as RubinPool,
    pool_chisquare as pool_chisquare,
    pool_scalars as pool_scalars,
    pool_wald as pool_wald,
)
from comply_measure.measurement.missingness.predictors import (
    MissingCounts as MissingCounts,
    missingness_predictors as missingness_predictors,
)
from comply_measure.measurement.reliability.alpha import (
    Alpha as Alpha,
    cronbach_alpha as cronbach_alpha,
    feldt_interval as feldt_interval,
)
from comply_measure.measurement.reliability.alpha_table import (
    AlphaTable as AlphaTable,
    alpha_table as alpha_table,
)
from comply_measure.measurement.reliability.categorical import categorical_omega as categorical_omega
from comply_measure.measurement.reliability.composite import (
    average_variance_extracted as average_variance_extracted,
    composite_reliability as composite_reliability,
    omega_total as omega_total,
)
from comply_measure.measurement.reliability.from_fit import (
    FactorReliability as FactorReliability,
    FitReliability as FitReliability,
    fit_reliability as fit_reliability,
)
from comply_measure.measurement.reliability.hierarchical import (
    HierarchicalOmega as HierarchicalOmega,
    hierarchical_omega as hierarchical_omega,
)
from comply_measure.measurement.reliability.lower_bound import (
    GreatestLowerBound as GreatestLowerBound,
    greatest_lower_bound as greatest_lower_bound,
)
from comply_measure.measurement.reliability.multilevel import (
    LevelCovariances as LevelCovariances,
    MultilevelReliability as MultilevelReliability,
    level_covariances as level_covariances,
    multilevel_reliability as multilevel_reliability,
)
from comply_measure.measurement.reliability.one_factor import (
    OneFactor as OneFactor,
    maximal_reliability as maximal_reliability,
    one_factor as one_factor,
)
from comply_measure.measurement.reliability.ordinal import (
    OrdinalReliability as OrdinalReliability,
    ordinal_reliability as ordinal_reliability,
)
from comply_measure.measurement.reliability.retest import (
    Retest as Retest,
    RetestTable as RetestTable,
    retest as retest,
    retest_table as retest_table,
)
from comply_measure.measurement.reliability.split_half import (
    SplitHalves as SplitHalves,
    guttman_lambda2 as guttman_lambda2,
    guttman_lambda6 as guttman_lambda6,
    split_half as split_half,
)
from comply_measure.measurement.reliability.table import (
    reliability_coefficients as reliability_coefficients,
    reliability_table as reliability_table,
)
from comply_measure.measurement.reliability.table_result import (
    ReliabilityRow as ReliabilityRow,
    ReliabilityTable as ReliabilityTable,
)
from comply_measure.measurement.reliability.triad_score import (
    UnitAnswers as UnitAnswers,
    unit_answers as unit_answers,
)
from comply_measure.measurement.resampling import (
    Interval as Interval,
    bootstrap as bootstrap,
)
from comply_measure.measurement.validity.convergent import (
    ConvergentValidity as ConvergentValidity,
    convergent_validity as convergent_validity,
    fit_measurement as fit_measurement,
)
from comply_measure.measurement.validity.discriminant import (
    DiscriminantValidity as DiscriminantValidity,
    discriminant_validity as discriminant_validity,
)
from comply_measure.measurement.validity.global_items import (
    GlobalItems as GlobalItems,
    global_item_correlations as global_item_correlations,
)
from comply_measure.measurement.validity.htmt import (
    Htmt as Htmt,
    heterotrait_monotrait as heterotrait_monotrait,
)
from comply_measure.measurement.validity.matrix import (
    ValidityMatrices as ValidityMatrices,
    ValidityMatrix as ValidityMatrix,
    validity_matrices as validity_matrices,
    validity_matrix as validity_matrix,
)
