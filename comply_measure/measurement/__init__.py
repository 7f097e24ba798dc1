"""Room ``measurement``: item analysis, reliability, dimensionality, validity.

Names are loaded on first use. Where things live:

* ``items``: one item at a time and its place in its scale, missing answers, Little's test, normality;
* ``reliability``: α, ω and their relatives, bounds, split halves, two levels, retest, intervals;
* ``dimensionality``: correlation matrices, number of factors, extraction, rotation, exploratory SEM;
* ``validity``: loadings, AVE, HTMT, factor correlations, global items; ``missingness``: imputation;
* ``content``: expert ratings and item sorts; ``careless``: careless responding;
* ``frames``, ``moments``: groups of informants and their covariances, shared by all;
* ``fits``: indices and difference tests of fitted models.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
