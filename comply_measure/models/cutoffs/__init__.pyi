from comply_measure.models.cutoffs.dynamic import (
    DynamicCutoffs as DynamicCutoffs,
    LevelCutoff as LevelCutoff,
    dynamic_cutoffs as dynamic_cutoffs,
)
from comply_measure.models.cutoffs.misspecification import (
    Misspecification as Misspecification,
    factor_structure as factor_structure,
    misspecifications as misspecifications,
)
