"""The pipeline: a study file becomes ordered, cached steps and a results folder with a manifest."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
