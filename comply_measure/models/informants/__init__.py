"""Latent models of several dependent informants on one unit, in the wide format (one row per unit).

A wide column is ``variable.role``; :func:`wide_frame` makes such columns. Every builder returns model text for
``sem.fit``; roles are never treated as independent groups.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
