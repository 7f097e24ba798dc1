from comply_measure.models.invariance.designs import item_parameters as item_parameters
from comply_measure.models.invariance.effects import (
    GapBias as GapBias,
    InvarianceEffects as InvarianceEffects,
    ItemEffect as ItemEffect,
    d_macs as d_macs,
    invariance_effects as invariance_effects,
)
from comply_measure.models.invariance.group_designs import group_design as group_design
from comply_measure.models.invariance.ladder import (
    InvarianceLadder as InvarianceLadder,
    invariance_ladder as invariance_ladder,
)
from comply_measure.models.invariance.ordinal import (
    collapse_categories as collapse_categories,
    ordinal_group_design as ordinal_group_design,
    ordinal_invariance_model as ordinal_invariance_model,
)
from comply_measure.models.invariance.role_designs import (
    role_design as role_design,
    stage_design as stage_design,
)
from comply_measure.models.invariance.rules import (
    RULES as RULES,
    Conditions as Conditions,
    Rule as Rule,
)
from comply_measure.models.invariance.score_tests import (
    adjust_pvalues as adjust_pvalues,
    score_statistics as score_statistics,
)
from comply_measure.models.invariance.search import partial_invariance as partial_invariance
from comply_measure.models.invariance.search_result import PartialInvariance as PartialInvariance
