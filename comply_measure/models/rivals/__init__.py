"""Rival structures of a scale with dimensions: written down, fitted, compared.

* ``structures``: what can be claimed, as model text (``trees``, ``orthogonal``, ``composites`` build the parts);
* ``comparison``: all of them fitted to one data set, two by two in ``pairs`` with nesting (``nesting``),
  casewise likelihoods (``casewise``) and Vuong's tests (``vuong``, ``weighted_chisquare``);
* ``general_factor``: how much a general factor carries; ``edwards``: superordinate against aggregate with criteria.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
