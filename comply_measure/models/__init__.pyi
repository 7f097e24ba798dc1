from comply_measure.models import (
    cutoffs as cutoffs,
    informants as informants,
    invariance as invariance,
    method_variance as method_variance,
    rivals as rivals,
)
from comply_measure.models.congeneric import congeneric_reliability as congeneric_reliability
from comply_measure.models.cross_validation import (
    CrossValidation as CrossValidation,
    cross_validate as cross_validate,
)
from comply_measure.models.hierarchy import (
    correlated_factors as correlated_factors,
    factors_of as factors_of,
    one_factor as one_factor,
    second_order as second_order,
)
from comply_measure.models.hypothesised import Hypothesis as Hypothesis
from comply_measure.models.interdependence import ActorPartner as ActorPartner, actor_partner as actor_partner
from comply_measure.models.paths_by_role import RolePaths as RolePaths, role_paths as role_paths
from comply_measure.models.selling_center import (
    FOCAL as FOCAL,
    selling_center_hypotheses as selling_center_hypotheses,
    selling_center_model as selling_center_model,
    selling_center_moderations as selling_center_moderations,
)
