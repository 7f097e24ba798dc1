from comply_measure.models import cutoffs as cutoffs
from comply_measure.models import informants as informants
from comply_measure.models import invariance as invariance
from comply_measure.models import method_variance as method_variance
from comply_measure.models import rivals as rivals
from comply_measure.models.congeneric import congeneric_reliability as congeneric_reliability
from comply_measure.models.hierarchy import (
    correlated_factors as correlated_factors,
)
from comply_measure.models.hierarchy import (
    factors_of as factors_of,
)
from comply_measure.models.hierarchy import (
    one_factor as one_factor,
)
from comply_measure.models.hierarchy import (
    second_order as second_order,
)
from comply_measure.models.selling_center import (
    FOCAL as FOCAL,
)
from comply_measure.models.selling_center import (
    Hypothesis as Hypothesis,
)
from comply_measure.models.selling_center import (
    selling_center_hypotheses as selling_center_hypotheses,
)
from comply_measure.models.selling_center import (
    selling_center_model as selling_center_model,
)
