from comply_measure.measurement.content.decisions import (
    Decision as Decision,
    DropLog as DropLog,
)
from comply_measure.measurement.content.definitional import (
    DefinitionalRatings as DefinitionalRatings,
    definitional_ratings as definitional_ratings,
)
from comply_measure.measurement.content.evidence import (
    ContentEvidence as ContentEvidence,
    ContentOptions as ContentOptions,
    content_evidence as content_evidence,
)
from comply_measure.measurement.content.files import (
    read_definitional_ratings as read_definitional_ratings,
    read_expert_ratings as read_expert_ratings,
    read_item_sorts as read_item_sorts,
)
from comply_measure.measurement.content.ratings import (
    ContentValidity as ContentValidity,
    content_validity as content_validity,
    cvr_critical as cvr_critical,
)
from comply_measure.measurement.content.sorting import (
    ItemSort as ItemSort,
    item_sort as item_sort,
    sort_critical as sort_critical,
)
