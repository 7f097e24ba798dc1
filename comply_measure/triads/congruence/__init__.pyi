from comply_measure.triads.congruence.checklist import (
    CongruenceChecklist as CongruenceChecklist,
    congruence_checklist as congruence_checklist,
)
from comply_measure.triads.congruence.model_set import (
    ModelSet as ModelSet,
    congruence_models as congruence_models,
)
from comply_measure.triads.congruence.polynomial import (
    PolynomialRegression as PolynomialRegression,
    polynomial_regression as polynomial_regression,
)
from comply_measure.triads.congruence.surface import (
    ResponseSurface as ResponseSurface,
    response_surface as response_surface,
)
