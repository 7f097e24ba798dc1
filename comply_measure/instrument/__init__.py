"""Survey instruments as data: scales, items, forms, languages and codebooks."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
