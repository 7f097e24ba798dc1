"""Congruence of two informants: polynomial regression, response surface, nested models, checklist."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
