from comply_measure.measurement.missingness.comparison import (
    MissingComparison as MissingComparison,
)
from comply_measure.measurement.missingness.comparison import (
    compare_missing as compare_missing,
)
from comply_measure.measurement.missingness.fits import (
    PooledEstimates as PooledEstimates,
)
from comply_measure.measurement.missingness.fits import (
    pool_likelihood_ratio as pool_likelihood_ratio,
)
from comply_measure.measurement.missingness.fits import (
    pooled_estimates as pooled_estimates,
)
from comply_measure.measurement.missingness.imputation import (
    MultipleImputation as MultipleImputation,
)
from comply_measure.measurement.missingness.imputation import (
    multiple_imputation as multiple_imputation,
)
from comply_measure.measurement.missingness.pooling import (
    PooledTest as PooledTest,
)
from comply_measure.measurement.missingness.pooling import (
    RubinPool as RubinPool,
)
from comply_measure.measurement.missingness.pooling import (
    pool_chisquare as pool_chisquare,
)
from comply_measure.measurement.missingness.pooling import (
    pool_scalars as pool_scalars,
)
from comply_measure.measurement.missingness.pooling import (
    pool_wald as pool_wald,
)
