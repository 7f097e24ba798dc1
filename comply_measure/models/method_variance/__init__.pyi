from comply_measure.models.method_variance.latent_method import (
    LatentMethodFactor as LatentMethodFactor,
    latent_method_factor as latent_method_factor,
)
from comply_measure.models.method_variance.marker import marker_analysis as marker_analysis
from comply_measure.models.method_variance.marker_result import (
    MarkerAnalysis as MarkerAnalysis,
    ReliabilityParts as ReliabilityParts,
)
from comply_measure.models.method_variance.single_factor import (
    SingleFactorShare as SingleFactorShare,
    single_factor_share as single_factor_share,
)
from comply_measure.models.method_variance.texts import MethodTexts as MethodTexts
from comply_measure.models.method_variance.wording import (
    WordingFactor as WordingFactor,
    wording_factor as wording_factor,
)
