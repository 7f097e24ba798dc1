from comply_measure.measurement.careless.battery import (
    CarelessIndices as CarelessIndices,
    careless_indices as careless_indices,
)
from comply_measure.measurement.careless.flags import (
    CarelessFlags as CarelessFlags,
    Cutoff as Cutoff,
    careless_flags as careless_flags,
    default_cutoffs as default_cutoffs,
)
from comply_measure.measurement.careless.indices import (
    even_odd as even_odd,
    guttman_errors as guttman_errors,
    individual_variability as individual_variability,
    longstring as longstring,
    mahalanobis as mahalanobis,
    person_total as person_total,
    psychometric_pairs as psychometric_pairs,
)
