from comply_measure.triads import congruence as congruence
from comply_measure.triads.aggregation.criteria import incremental_validity as incremental_validity
from comply_measure.triads.aggregation.known_groups import known_groups as known_groups
from comply_measure.triads.aggregation.latent_scores import (
    blup_scores as blup_scores,
    common_fate_scores as common_fate_scores,
    unit_reliability as unit_reliability,
)
from comply_measure.triads.aggregation.scores import (
    UnitScores as UnitScores,
    aggregate as aggregate,
)
from comply_measure.triads.aggregation.sensitivity import aggregation_sensitivity as aggregation_sensitivity
from comply_measure.triads.agreement.critical import critical_values as critical_values
from comply_measure.triads.agreement.exact import exact_distribution as exact_distribution
from comply_measure.triads.agreement.exact_tests import agreement_tests as agreement_tests
from comply_measure.triads.agreement.exact_tests_result import AgreementTests as AgreementTests
from comply_measure.triads.agreement.indices import (
    agreement_indices as agreement_indices,
    rwg as rwg,
    rwg_j as rwg_j,
)
from comply_measure.triads.agreement.indices_result import AgreementResult as AgreementResult
from comply_measure.triads.agreement.nulls import (
    NullDistribution as NullDistribution,
    null_distribution as null_distribution,
)
from comply_measure.triads.agreement.rematched import (
    null_correlations as null_correlations,
    rematched_agreement as rematched_agreement,
)
from comply_measure.triads.agreement.resampling import (
    GroupResampling as GroupResampling,
    random_group_resampling as random_group_resampling,
)
from comply_measure.triads.data.completeness import (
    completeness_patterns as completeness_patterns,
    missing_role_test as missing_role_test,
)
from comply_measure.triads.data.triad_data import TriadData as TriadData
from comply_measure.triads.gaps.actions import (
    ActionPlan as ActionPlan,
    attribute_actions as attribute_actions,
)
from comply_measure.triads.gaps.contrasts import role_contrasts as role_contrasts
from comply_measure.triads.gaps.odd_role import (
    OddRole as OddRole,
    odd_role_out as odd_role_out,
    role_dispersion as role_dispersion,
)
from comply_measure.triads.gaps.profiles import (
    ProfileSimilarity as ProfileSimilarity,
    profile_similarity as profile_similarity,
)
from comply_measure.triads.gaps.pseudo import (
    pseudo_baseline as pseudo_baseline,
    pseudo_triads as pseudo_triads,
)
from comply_measure.triads.gaps.reliable import (
    GapReliability as GapReliability,
    gap_reliability as gap_reliability,
)
from comply_measure.triads.gaps.role_gaps import (
    GapTests as GapTests,
    RoleGaps as RoleGaps,
    gap_tests as gap_tests,
    role_gaps as role_gaps,
)
from comply_measure.triads.journey.stages import (
    StageData as StageData,
    dispersion_differences as dispersion_differences,
    stage_differences as stage_differences,
    stage_dimensions as stage_dimensions,
    stage_gaps as stage_gaps,
    stage_profile as stage_profile,
    stage_shape as stage_shape,
    stage_tests as stage_tests,
)
from comply_measure.triads.reliability.gstudy import g_study as g_study
from comply_measure.triads.reliability.gstudy_result import GStudy as GStudy
from comply_measure.triads.reliability.oneway import (
    OnewayReliability as OnewayReliability,
    RemlReliability as RemlReliability,
    icc_oneway as icc_oneway,
    icc_oneway_reml as icc_oneway_reml,
)
from comply_measure.triads.reliability.twoway import icc_twoway as icc_twoway
from comply_measure.triads.reliability.twoway_result import TwowayReliability as TwowayReliability
from comply_measure.triads.reliability.waba_analysis import (
    Waba as Waba,
    waba as waba,
)
from comply_measure.triads.several.agreement import role_agreement as role_agreement
from comply_measure.triads.several.gstudy import nested_g_study as nested_g_study
from comply_measure.triads.several.levels import (
    VarianceLevels as VarianceLevels,
    variance_levels as variance_levels,
)
from comply_measure.triads.several.views import (
    Views as Views,
    role_reliability as role_reliability,
    role_views as role_views,
    view_gaps as view_gaps,
)
from comply_measure.triads.several.weights import (
    WeighedScores as WeighedScores,
    weigh_informants as weigh_informants,
)
