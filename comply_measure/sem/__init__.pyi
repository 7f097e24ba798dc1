from comply_measure.sem.after_measurement.api import sam as sam
from comply_measure.sem.after_measurement.result import SamFit as SamFit
from comply_measure.sem.api import (
    fit as fit,
    from_moments as from_moments,
)
from comply_measure.sem.bootstrap.fit import BootstrapFit as BootstrapFit
from comply_measure.sem.comparison.compare import compare as compare
from comply_measure.sem.errors import (
    ModelError as ModelError,
    ModelSyntaxError as ModelSyntaxError,
    SemWarning as SemWarning,
)
from comply_measure.sem.families.registry import register_estimator as register_estimator
from comply_measure.sem.interactions.johnson_neyman import johnson_neyman as johnson_neyman
from comply_measure.sem.interactions.product_test import product_test as product_test
from comply_measure.sem.interactions.slopes import simple_slopes as simple_slopes
from comply_measure.sem.language.parser import parse_model as parse_model
from comply_measure.sem.language.quoting import quoted as quoted
from comply_measure.sem.mediation.api import indirect_effects as indirect_effects
from comply_measure.sem.mediation.result import IndirectEffects as IndirectEffects
from comply_measure.sem.moment_tables import FitMoments as FitMoments, MomentTables as MomentTables
from comply_measure.sem.options import Estimator as Estimator
from comply_measure.sem.power import (
    model_power as model_power,
    rmsea_power as rmsea_power,
    rmsea_sample_size as rmsea_sample_size,
)
from comply_measure.sem.record import FitRecord as FitRecord
from comply_measure.sem.result import Fit as Fit
