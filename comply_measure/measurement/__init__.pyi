from comply_measure.measurement import careless as careless
from comply_measure.measurement import content as content
from comply_measure.measurement import missingness as missingness
from comply_measure.measurement import validity as validity
from comply_measure.measurement.careless.battery import (
    CarelessIndices as CarelessIndices,
)
from comply_measure.measurement.careless.battery import (
    careless_indices as careless_indices,
)
from comply_measure.measurement.careless.flags import (
    CarelessFlags as CarelessFlags,
)
from comply_measure.measurement.careless.flags import (
    Cutoff as Cutoff,
)
from comply_measure.measurement.careless.flags import (
    careless_flags as careless_flags,
)
from comply_measure.measurement.careless.flags import (
    default_cutoffs as default_cutoffs,
)
from comply_measure.measurement.careless.indices import (
    even_odd as even_odd,
)
from comply_measure.measurement.careless.indices import (
    guttman_errors as guttman_errors,
)
from comply_measure.measurement.careless.indices import (
    individual_variability as individual_variability,
)
from comply_measure.measurement.careless.indices import (
    longstring as longstring,
)
from comply_measure.measurement.careless.indices import (
    mahalanobis as mahalanobis,
)
from comply_measure.measurement.careless.indices import (
    person_total as person_total,
)
from comply_measure.measurement.careless.indices import (
    psychometric_pairs as psychometric_pairs,
)
from comply_measure.measurement.content.decisions import (
    Decision as Decision,
)
from comply_measure.measurement.content.decisions import (
    DropLog as DropLog,
)
from comply_measure.measurement.content.definitional import (
    DefinitionalRatings as DefinitionalRatings,
)
from comply_measure.measurement.content.definitional import (
    definitional_ratings as definitional_ratings,
)
from comply_measure.measurement.content.evidence import (
    ContentEvidence as ContentEvidence,
)
from comply_measure.measurement.content.evidence import (
    ContentOptions as ContentOptions,
)
from comply_measure.measurement.content.evidence import (
    content_evidence as content_evidence,
)
from comply_measure.measurement.content.files import (
    read_definitional_ratings as read_definitional_ratings,
)
from comply_measure.measurement.content.files import (
    read_expert_ratings as read_expert_ratings,
)
from comply_measure.measurement.content.files import (
    read_item_sorts as read_item_sorts,
)
from comply_measure.measurement.content.ratings import (
    ContentValidity as ContentValidity,
)
from comply_measure.measurement.content.ratings import (
    content_validity as content_validity,
)
from comply_measure.measurement.content.ratings import (
    cvr_critical as cvr_critical,
)
from comply_measure.measurement.content.sorting import (
    ItemSort as ItemSort,
)
from comply_measure.measurement.content.sorting import (
    item_sort as item_sort,
)
from comply_measure.measurement.content.sorting import (
    sort_critical as sort_critical,
)
from comply_measure.measurement.dimensionality.adequacy import (
    SamplingAdequacy as SamplingAdequacy,
)
from comply_measure.measurement.dimensionality.adequacy import (
    bartlett_sphericity as bartlett_sphericity,
)
from comply_measure.measurement.dimensionality.adequacy import (
    kmo as kmo,
)
from comply_measure.measurement.dimensionality.adequacy import (
    sampling_adequacy as sampling_adequacy,
)
from comply_measure.measurement.dimensionality.comparison import (
    ComparisonData as ComparisonData,
)
from comply_measure.measurement.dimensionality.comparison import (
    comparison_data as comparison_data,
)
from comply_measure.measurement.dimensionality.components import (
    KaiserCriteria as KaiserCriteria,
)
from comply_measure.measurement.dimensionality.components import (
    PartialCorrelations as PartialCorrelations,
)
from comply_measure.measurement.dimensionality.components import (
    empirical_kaiser as empirical_kaiser,
)
from comply_measure.measurement.dimensionality.components import (
    minimum_average_partial as minimum_average_partial,
)
from comply_measure.measurement.dimensionality.correlations import (
    ItemCorrelation as ItemCorrelation,
)
from comply_measure.measurement.dimensionality.correlations import (
    correlate as correlate,
)
from comply_measure.measurement.dimensionality.efa import (
    explore as explore,
)
from comply_measure.measurement.dimensionality.efa import (
    factor_solution as factor_solution,
)
from comply_measure.measurement.dimensionality.efa_result import FactorSolution as FactorSolution
from comply_measure.measurement.dimensionality.esem import (
    ExploratorySem as ExploratorySem,
)
from comply_measure.measurement.dimensionality.esem import (
    exploratory_sem as exploratory_sem,
)
from comply_measure.measurement.dimensionality.extraction import (
    Extraction as Extraction,
)
from comply_measure.measurement.dimensionality.extraction import (
    extract as extract,
)
from comply_measure.measurement.dimensionality.parallel import (
    ParallelAnalysis as ParallelAnalysis,
)
from comply_measure.measurement.dimensionality.parallel import (
    parallel_analysis as parallel_analysis,
)
from comply_measure.measurement.dimensionality.rotation import (
    Rotation as Rotation,
)
from comply_measure.measurement.dimensionality.rotation import (
    RotationOptions as RotationOptions,
)
from comply_measure.measurement.dimensionality.rotation import (
    rotate as rotate,
)
from comply_measure.measurement.dimensionality.split_sample import (
    Split as Split,
)
from comply_measure.measurement.dimensionality.split_sample import (
    SplitSample as SplitSample,
)
from comply_measure.measurement.dimensionality.split_sample import (
    explore_and_confirm as explore_and_confirm,
)
from comply_measure.measurement.dimensionality.split_sample import (
    split_units as split_units,
)
from comply_measure.measurement.items.analysis import (
    ItemAnalysis as ItemAnalysis,
)
from comply_measure.measurement.items.analysis import (
    item_analysis as item_analysis,
)
from comply_measure.measurement.items.inter_item import (
    InterItemTable as InterItemTable,
)
from comply_measure.measurement.items.inter_item import (
    ItemTotals as ItemTotals,
)
from comply_measure.measurement.items.inter_item import (
    inter_item_table as inter_item_table,
)
from comply_measure.measurement.items.inter_item import (
    item_totals as item_totals,
)
from comply_measure.measurement.items.missingness import (
    MissingCompletelyAtRandom as MissingCompletelyAtRandom,
)
from comply_measure.measurement.items.missingness import (
    MissingTable as MissingTable,
)
from comply_measure.measurement.items.missingness import (
    little_mcar as little_mcar,
)
from comply_measure.measurement.items.missingness import (
    missing_table as missing_table,
)
from comply_measure.measurement.items.normality import (
    Normality as Normality,
)
from comply_measure.measurement.items.normality import (
    mardia as mardia,
)
from comply_measure.measurement.missingness.comparison import (
    MissingComparison as MissingComparison,
)
from comply_measure.measurement.missingness.comparison import (
    compare_missing as compare_missing,
)
from comply_measure.measurement.missingness.fits import (
    PooledEstimates as PooledEstimates,
)
from comply_measure.measurement.missingness.fits import (
    pool_likelihood_ratio as pool_likelihood_ratio,
)
from comply_measure.measurement.missingness.fits import (
    pooled_estimates as pooled_estimates,
)
from comply_measure.measurement.missingness.imputation import (
    MultipleImputation as MultipleImputation,
)
from comply_measure.measurement.missingness.imputation import (
    multiple_imputation as multiple_imputation,
)
from comply_measure.measurement.missingness.pooling import (
    PooledTest as PooledTest,
)
from comply_measure.measurement.missingness.pooling import (
    RubinPool as RubinPool,
)
from comply_measure.measurement.missingness.pooling import (
    pool_chisquare as pool_chisquare,
)
from comply_measure.measurement.missingness.pooling import (
    pool_scalars as pool_scalars,
)
from comply_measure.measurement.missingness.pooling import (
    pool_wald as pool_wald,
)
from comply_measure.measurement.reliability.alpha import (
    Alpha as Alpha,
)
from comply_measure.measurement.reliability.alpha import (
    cronbach_alpha as cronbach_alpha,
)
from comply_measure.measurement.reliability.alpha import (
    feldt_interval as feldt_interval,
)
from comply_measure.measurement.reliability.alpha_table import (
    AlphaTable as AlphaTable,
)
from comply_measure.measurement.reliability.alpha_table import (
    alpha_table as alpha_table,
)
from comply_measure.measurement.reliability.categorical import categorical_omega as categorical_omega
from comply_measure.measurement.reliability.composite import (
    average_variance_extracted as average_variance_extracted,
)
from comply_measure.measurement.reliability.composite import (
    composite_reliability as composite_reliability,
)
from comply_measure.measurement.reliability.composite import (
    omega_total as omega_total,
)
from comply_measure.measurement.reliability.from_fit import (
    FactorReliability as FactorReliability,
)
from comply_measure.measurement.reliability.from_fit import (
    FitReliability as FitReliability,
)
from comply_measure.measurement.reliability.from_fit import (
    fit_reliability as fit_reliability,
)
from comply_measure.measurement.reliability.hierarchical import (
    HierarchicalOmega as HierarchicalOmega,
)
from comply_measure.measurement.reliability.hierarchical import (
    hierarchical_omega as hierarchical_omega,
)
from comply_measure.measurement.reliability.lower_bound import (
    GreatestLowerBound as GreatestLowerBound,
)
from comply_measure.measurement.reliability.lower_bound import (
    greatest_lower_bound as greatest_lower_bound,
)
from comply_measure.measurement.reliability.multilevel import (
    LevelCovariances as LevelCovariances,
)
from comply_measure.measurement.reliability.multilevel import (
    MultilevelReliability as MultilevelReliability,
)
from comply_measure.measurement.reliability.multilevel import (
    level_covariances as level_covariances,
)
from comply_measure.measurement.reliability.multilevel import (
    multilevel_reliability as multilevel_reliability,
)
from comply_measure.measurement.reliability.one_factor import (
    OneFactor as OneFactor,
)
from comply_measure.measurement.reliability.one_factor import (
    maximal_reliability as maximal_reliability,
)
from comply_measure.measurement.reliability.one_factor import (
    one_factor as one_factor,
)
from comply_measure.measurement.reliability.ordinal import (
    OrdinalReliability as OrdinalReliability,
)
from comply_measure.measurement.reliability.ordinal import (
    ordinal_reliability as ordinal_reliability,
)
from comply_measure.measurement.reliability.retest import (
    Retest as Retest,
)
from comply_measure.measurement.reliability.retest import (
    RetestTable as RetestTable,
)
from comply_measure.measurement.reliability.retest import (
    retest as retest,
)
from comply_measure.measurement.reliability.retest import (
    retest_table as retest_table,
)
from comply_measure.measurement.reliability.split_half import (
    SplitHalves as SplitHalves,
)
from comply_measure.measurement.reliability.split_half import (
    guttman_lambda2 as guttman_lambda2,
)
from comply_measure.measurement.reliability.split_half import (
    guttman_lambda6 as guttman_lambda6,
)
from comply_measure.measurement.reliability.split_half import (
    split_half as split_half,
)
from comply_measure.measurement.reliability.table import (
    reliability_coefficients as reliability_coefficients,
)
from comply_measure.measurement.reliability.table import (
    reliability_table as reliability_table,
)
from comply_measure.measurement.reliability.table_result import (
    ReliabilityRow as ReliabilityRow,
)
from comply_measure.measurement.reliability.table_result import (
    ReliabilityTable as ReliabilityTable,
)
from comply_measure.measurement.reliability.triad_score import (
    UnitAnswers as UnitAnswers,
)
from comply_measure.measurement.reliability.triad_score import (
    unit_answers as unit_answers,
)
from comply_measure.measurement.resampling import (
    Interval as Interval,
)
from comply_measure.measurement.resampling import (
    bootstrap as bootstrap,
)
from comply_measure.measurement.validity.convergent import (
    ConvergentValidity as ConvergentValidity,
)
from comply_measure.measurement.validity.convergent import (
    convergent_validity as convergent_validity,
)
from comply_measure.measurement.validity.convergent import (
    fit_measurement as fit_measurement,
)
from comply_measure.measurement.validity.discriminant import (
    DiscriminantValidity as DiscriminantValidity,
)
from comply_measure.measurement.validity.discriminant import (
    discriminant_validity as discriminant_validity,
)
from comply_measure.measurement.validity.global_items import (
    GlobalItems as GlobalItems,
)
from comply_measure.measurement.validity.global_items import (
    global_item_correlations as global_item_correlations,
)
from comply_measure.measurement.validity.htmt import (
    Htmt as Htmt,
)
from comply_measure.measurement.validity.htmt import (
    heterotrait_monotrait as heterotrait_monotrait,
)
from comply_measure.measurement.validity.matrix import (
    ValidityMatrices as ValidityMatrices,
)
from comply_measure.measurement.validity.matrix import (
    ValidityMatrix as ValidityMatrix,
)
from comply_measure.measurement.validity.matrix import (
    validity_matrices as validity_matrices,
)
from comply_measure.measurement.validity.matrix import (
    validity_matrix as validity_matrix,
)
