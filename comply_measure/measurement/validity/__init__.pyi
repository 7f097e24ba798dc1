from comply_measure.measurement.validity.convergent import (
    ConvergentValidity as ConvergentValidity,
    convergent_validity as convergent_validity,
    fit_measurement as fit_measurement,
)
from comply_measure.measurement.validity.discriminant import (
    DiscriminantValidity as DiscriminantValidity,
    discriminant_validity as discriminant_validity,
)
from comply_measure.measurement.validity.global_items import (
    GlobalItems as GlobalItems,
    global_item_correlations as global_item_correlations,
)
from comply_measure.measurement.validity.htmt import (
    Htmt as Htmt,
    heterotrait_monotrait as heterotrait_monotrait,
)
from comply_measure.measurement.validity.matrix import (
    ValidityMatrices as ValidityMatrices,
    ValidityMatrix as ValidityMatrix,
    validity_matrices as validity_matrices,
    validity_matrix as validity_matrix,
)
