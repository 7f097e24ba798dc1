from comply_measure.models.informants.common_fate import common_fate_model as common_fate_model
from comply_measure.models.informants.congruence import (
    contrast_names as contrast_names,
    latent_congruence_model as latent_congruence_model,
    role_contrasts as role_contrasts,
)
from comply_measure.models.informants.effects import (
    effects_table as effects_table,
    joint_tests as joint_tests,
)
from comply_measure.models.informants.invariance import (
    RoleInvariance as RoleInvariance,
    role_invariance_model as role_invariance_model,
)
from comply_measure.models.informants.mtmm import mtmm_table as mtmm_table
from comply_measure.models.informants.nested_informants import (
    informants_wide as informants_wide,
    interchangeable_ct_cm1_model as interchangeable_ct_cm1_model,
    interchangeable_shares as interchangeable_shares,
)
from comply_measure.models.informants.pair_states import pair_states_model as pair_states_model
from comply_measure.models.informants.polynomial_fit import (
    LatentPolynomial as LatentPolynomial,
    latent_polynomial as latent_polynomial,
)
from comply_measure.models.informants.polynomial_model import (
    latent_polynomial_model as latent_polynomial_model,
    product_indicators as product_indicators,
)
from comply_measure.models.informants.role_means import latent_gaps as latent_gaps
from comply_measure.models.informants.shares import variance_shares as variance_shares
from comply_measure.models.informants.trait_method import (
    ct_cm1_model as ct_cm1_model,
    ct_cm_model as ct_cm_model,
    ct_cu_model as ct_cu_model,
)
from comply_measure.models.informants.trifactor import trifactor_model as trifactor_model
from comply_measure.tables.wide import (
    long_frame as long_frame,
    wide_column as wide_column,
    wide_frame as wide_frame,
)
