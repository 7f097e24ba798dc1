from comply_measure.measurement.missingness.comparison import (
    MissingComparison as MissingComparison,
    compare_missing as compare_missing,
)
from comply_measure.measurement.missingness.fits import (
    PooledEstimates as PooledEstimates,
    pool_likelihood_ratio as pool_likelihood_ratio,
    pooled_estimates as pooled_estimates,
)
from comply_measure.measurement.missingness.imputation import (
    MultipleImputation as MultipleImputation,
    multiple_imputation as multiple_imputation,
)
from comply_measure.measurement.missingness.pooling import (
    PooledTest as PooledTest,
    RubinPool as RubinPool,
    pool_chisquare as pool_chisquare,
    pool_scalars as pool_scalars,
    pool_wald as pool_wald,
)
