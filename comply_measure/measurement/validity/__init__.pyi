from comply_measure.measurement.validity.convergent import (
    ConvergentValidity as ConvergentValidity,
)
from comply_measure.measurement.validity.convergent import (
    convergent_validity as convergent_validity,
)
from comply_measure.measurement.validity.convergent import (
    fit_measurement as fit_measurement,
)
from comply_measure.measurement.validity.discriminant import (
    DiscriminantValidity as DiscriminantValidity,
)
from comply_measure.measurement.validity.discriminant import (
    discriminant_validity as discriminant_validity,
)
from comply_measure.measurement.validity.global_items import (
    GlobalItems as GlobalItems,
)
from comply_measure.measurement.validity.global_items import (
    global_item_correlations as global_item_correlations,
)
from comply_measure.measurement.validity.htmt import (
    Htmt as Htmt,
)
from comply_measure.measurement.validity.htmt import (
    heterotrait_monotrait as heterotrait_monotrait,
)
from comply_measure.measurement.validity.matrix import (
    ValidityMatrices as ValidityMatrices,
)
from comply_measure.measurement.validity.matrix import (
    ValidityMatrix as ValidityMatrix,
)
from comply_measure.measurement.validity.matrix import (
    validity_matrices as validity_matrices,
)
from comply_measure.measurement.validity.matrix import (
    validity_matrix as validity_matrix,
)
