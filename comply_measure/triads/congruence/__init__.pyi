from comply_measure.triads.congruence.checklist import (
    CongruenceChecklist as CongruenceChecklist,
)
from comply_measure.triads.congruence.checklist import (
    congruence_checklist as congruence_checklist,
)
from comply_measure.triads.congruence.model_set import (
    ModelSet as ModelSet,
)
from comply_measure.triads.congruence.model_set import (
    congruence_models as congruence_models,
)
from comply_measure.triads.congruence.polynomial import (
    PolynomialRegression as PolynomialRegression,
)
from comply_measure.triads.congruence.polynomial import (
    polynomial_regression as polynomial_regression,
)
from comply_measure.triads.congruence.surface import (
    ResponseSurface as ResponseSurface,
)
from comply_measure.triads.congruence.surface import (
    response_surface as response_surface,
)
