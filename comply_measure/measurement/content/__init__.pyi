from comply_measure.measurement.content.decisions import (
    Decision as Decision,
)
from comply_measure.measurement.content.decisions import (
    DropLog as DropLog,
)
from comply_measure.measurement.content.definitional import (
    DefinitionalRatings as DefinitionalRatings,
)
from comply_measure.measurement.content.definitional import (
    definitional_ratings as definitional_ratings,
)
from comply_measure.measurement.content.evidence import (
    ContentEvidence as ContentEvidence,
)
from comply_measure.measurement.content.evidence import (
    ContentOptions as ContentOptions,
)
from comply_measure.measurement.content.evidence import (
    content_evidence as content_evidence,
)
from comply_measure.measurement.content.files import (
    read_definitional_ratings as read_definitional_ratings,
)
from comply_measure.measurement.content.files import (
    read_expert_ratings as read_expert_ratings,
)
from comply_measure.measurement.content.files import (
    read_item_sorts as read_item_sorts,
)
from comply_measure.measurement.content.ratings import (
    ContentValidity as ContentValidity,
)
from comply_measure.measurement.content.ratings import (
    content_validity as content_validity,
)
from comply_measure.measurement.content.ratings import (
    cvr_critical as cvr_critical,
)
from comply_measure.measurement.content.sorting import (
    ItemSort as ItemSort,
)
from comply_measure.measurement.content.sorting import (
    item_sort as item_sort,
)
from comply_measure.measurement.content.sorting import (
    sort_critical as sort_critical,
)
