"""Cut-offs of fit indices, simulated for the fitted model and its sample size."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
