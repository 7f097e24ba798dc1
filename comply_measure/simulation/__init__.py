"""Populations stated in YAML, studies simulated from them, and what they imply."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
