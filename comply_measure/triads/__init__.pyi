from comply_measure.triads import congruence as congruence
from comply_measure.triads.action import (
    ActionPlan as ActionPlan,
)
from comply_measure.triads.action import (
    attribute_actions as attribute_actions,
)
from comply_measure.triads.aggregation import (
    UnitScores as UnitScores,
)
from comply_measure.triads.aggregation import (
    aggregate as aggregate,
)
from comply_measure.triads.agreement import (
    agreement_indices as agreement_indices,
)
from comply_measure.triads.agreement import (
    rwg as rwg,
)
from comply_measure.triads.agreement import (
    rwg_j as rwg_j,
)
from comply_measure.triads.agreement_result import AgreementResult as AgreementResult
from comply_measure.triads.completeness import (
    completeness_patterns as completeness_patterns,
)
from comply_measure.triads.completeness import (
    missing_role_test as missing_role_test,
)
from comply_measure.triads.critical import critical_values as critical_values
from comply_measure.triads.data import TriadData as TriadData
from comply_measure.triads.exact import exact_distribution as exact_distribution
from comply_measure.triads.exact_tests import agreement_tests as agreement_tests
from comply_measure.triads.exact_tests_result import AgreementTests as AgreementTests
from comply_measure.triads.gaps import (
    GapTests as GapTests,
)
from comply_measure.triads.gaps import (
    RoleGaps as RoleGaps,
)
from comply_measure.triads.gaps import (
    gap_tests as gap_tests,
)
from comply_measure.triads.gaps import (
    role_gaps as role_gaps,
)
from comply_measure.triads.gstudy import g_study as g_study
from comply_measure.triads.gstudy_result import GStudy as GStudy
from comply_measure.triads.latent_scores import (
    blup_scores as blup_scores,
)
from comply_measure.triads.latent_scores import (
    common_fate_scores as common_fate_scores,
)
from comply_measure.triads.latent_scores import (
    unit_reliability as unit_reliability,
)
from comply_measure.triads.mixed_gaps import role_contrasts as role_contrasts
from comply_measure.triads.nulls import (
    NullDistribution as NullDistribution,
)
from comply_measure.triads.nulls import (
    null_distribution as null_distribution,
)
from comply_measure.triads.odd_role import (
    OddRole as OddRole,
)
from comply_measure.triads.odd_role import (
    odd_role_out as odd_role_out,
)
from comply_measure.triads.odd_role import (
    role_dispersion as role_dispersion,
)
from comply_measure.triads.profiles import (
    ProfileSimilarity as ProfileSimilarity,
)
from comply_measure.triads.profiles import (
    profile_similarity as profile_similarity,
)
from comply_measure.triads.pseudo import (
    pseudo_baseline as pseudo_baseline,
)
from comply_measure.triads.pseudo import (
    pseudo_triads as pseudo_triads,
)
from comply_measure.triads.reliability_oneway import (
    OnewayReliability as OnewayReliability,
)
from comply_measure.triads.reliability_oneway import (
    RemlReliability as RemlReliability,
)
from comply_measure.triads.reliability_oneway import (
    icc_oneway as icc_oneway,
)
from comply_measure.triads.reliability_oneway import (
    icc_oneway_reml as icc_oneway_reml,
)
from comply_measure.triads.reliability_twoway import icc_twoway as icc_twoway
from comply_measure.triads.reliable_gaps import (
    GapReliability as GapReliability,
)
from comply_measure.triads.reliable_gaps import (
    gap_reliability as gap_reliability,
)
from comply_measure.triads.resampling import (
    GroupResampling as GroupResampling,
)
from comply_measure.triads.resampling import (
    random_group_resampling as random_group_resampling,
)
from comply_measure.triads.sensitivity import aggregation_sensitivity as aggregation_sensitivity
from comply_measure.triads.twoway_result import TwowayReliability as TwowayReliability
from comply_measure.triads.waba_analysis import (
    Waba as Waba,
)
from comply_measure.triads.waba_analysis import (
    waba as waba,
)
