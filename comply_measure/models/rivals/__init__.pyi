from comply_measure.models.rivals.comparison import (
    RivalComparison as RivalComparison,
    compare_rivals as compare_rivals,
)
from comply_measure.models.rivals.composites import (
    composite_model as composite_model,
    composite_weights as composite_weights,
)
from comply_measure.models.rivals.edwards import (
    EdwardsTests as EdwardsTests,
    edwards_tests as edwards_tests,
)
from comply_measure.models.rivals.general_factor import (
    BifactorIndices as BifactorIndices,
    bifactor_indices as bifactor_indices,
    general_factor_indices as general_factor_indices,
    schmid_leiman as schmid_leiman,
)
from comply_measure.models.rivals.nesting import relation as relation
from comply_measure.models.rivals.orthogonal import (
    bifactor as bifactor,
    bifactor_s1 as bifactor_s1,
)
from comply_measure.models.rivals.pairs import PairComparison as PairComparison
from comply_measure.models.rivals.structures import (
    Structure as Structure,
    rival_structures as rival_structures,
)
from comply_measure.models.rivals.trees import tree_of as tree_of
from comply_measure.models.rivals.vuong import (
    VuongTest as VuongTest,
    vuong_test as vuong_test,
)
from comply_measure.models.rivals.weighted_chisquare import weighted_chisquare_tail as weighted_chisquare_tail
