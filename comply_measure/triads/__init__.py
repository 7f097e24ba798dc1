"""Room ``triads``: agreement, reliability, aggregation and role gaps of informants in units.

Names are loaded on first use.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
