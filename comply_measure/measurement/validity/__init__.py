"""Convergent and discriminant validity.

* ``convergent``: standardised loadings, AVE, Fornell and Larcker; ``discriminant``: intervals and tests of factor
  correlations; ``htmt``: heterotrait-monotrait ratios; ``global_items``: scores against global items;
* ``matrix``: all of it in one matrix.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
