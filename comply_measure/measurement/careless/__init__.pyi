from comply_measure.measurement.careless.battery import (
    CarelessIndices as CarelessIndices,
)
from comply_measure.measurement.careless.battery import (
    careless_indices as careless_indices,
)
from comply_measure.measurement.careless.flags import (
    CarelessFlags as CarelessFlags,
)
from comply_measure.measurement.careless.flags import (
    Cutoff as Cutoff,
)
from comply_measure.measurement.careless.flags import (
    careless_flags as careless_flags,
)
from comply_measure.measurement.careless.flags import (
    default_cutoffs as default_cutoffs,
)
from comply_measure.measurement.careless.indices import (
    even_odd as even_odd,
)
from comply_measure.measurement.careless.indices import (
    guttman_errors as guttman_errors,
)
from comply_measure.measurement.careless.indices import (
    individual_variability as individual_variability,
)
from comply_measure.measurement.careless.indices import (
    longstring as longstring,
)
from comply_measure.measurement.careless.indices import (
    mahalanobis as mahalanobis,
)
from comply_measure.measurement.careless.indices import (
    person_total as person_total,
)
from comply_measure.measurement.careless.indices import (
    psychometric_pairs as psychometric_pairs,
)
