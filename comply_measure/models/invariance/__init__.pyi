from comply_measure.models.invariance.designs import (
    group_design as group_design,
)
from comply_measure.models.invariance.designs import (
    item_parameters as item_parameters,
)
from comply_measure.models.invariance.designs import (
    role_design as role_design,
)
from comply_measure.models.invariance.designs import (
    stage_design as stage_design,
)
from comply_measure.models.invariance.effects import (
    GapBias as GapBias,
)
from comply_measure.models.invariance.effects import (
    InvarianceEffects as InvarianceEffects,
)
from comply_measure.models.invariance.effects import (
    ItemEffect as ItemEffect,
)
from comply_measure.models.invariance.effects import (
    d_macs as d_macs,
)
from comply_measure.models.invariance.effects import (
    invariance_effects as invariance_effects,
)
from comply_measure.models.invariance.ladder import (
    InvarianceLadder as InvarianceLadder,
)
from comply_measure.models.invariance.ladder import (
    invariance_ladder as invariance_ladder,
)
from comply_measure.models.invariance.ordinal import (
    collapse_categories as collapse_categories,
)
from comply_measure.models.invariance.ordinal import (
    ordinal_group_design as ordinal_group_design,
)
from comply_measure.models.invariance.ordinal import (
    ordinal_invariance_model as ordinal_invariance_model,
)
from comply_measure.models.invariance.rules import (
    RULES as RULES,
)
from comply_measure.models.invariance.rules import (
    Conditions as Conditions,
)
from comply_measure.models.invariance.rules import (
    Rule as Rule,
)
from comply_measure.models.invariance.search import (
    PartialInvariance as PartialInvariance,
)
from comply_measure.models.invariance.search import (
    adjust_pvalues as adjust_pvalues,
)
from comply_measure.models.invariance.search import (
    partial_invariance as partial_invariance,
)
from comply_measure.models.invariance.search import (
    score_statistics as score_statistics,
)
