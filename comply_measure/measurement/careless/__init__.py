"""Careless responding: indices per informant and flags by several of them (sensitivity analysis, never deletion)."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
