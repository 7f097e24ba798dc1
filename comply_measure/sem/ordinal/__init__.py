"""Ordered variables: thresholds, polychoric and polyserial correlations and their joint covariance.

Free functions of arrays; the estimators for them (DWLS and its robust forms) are wired in
:mod:`comply_measure.sem`.
"""

from comply_measure.sem.ordinal.bivariate import normal_cdf2, normal_pdf2
from comply_measure.sem.ordinal.coding import MixedData, code_groups
from comply_measure.sem.ordinal.covariance import AsymptoticCovariance
from comply_measure.sem.ordinal.moments import OrdinalMoments, ordinal_moments, polychoric_matrix

__all__ = [
    "AsymptoticCovariance",
    "MixedData",
    "OrdinalMoments",
    "code_groups",
    "normal_cdf2",
    "normal_pdf2",
    "ordinal_moments",
    "polychoric_matrix",
]
