from comply_measure.models.cutoffs.dynamic import (
    DynamicCutoffs as DynamicCutoffs,
)
from comply_measure.models.cutoffs.dynamic import (
    LevelCutoff as LevelCutoff,
)
from comply_measure.models.cutoffs.dynamic import (
    dynamic_cutoffs as dynamic_cutoffs,
)
from comply_measure.models.cutoffs.misspecification import (
    Misspecification as Misspecification,
)
from comply_measure.models.cutoffs.misspecification import (
    factor_structure as factor_structure,
)
from comply_measure.models.cutoffs.misspecification import (
    misspecifications as misspecifications,
)
