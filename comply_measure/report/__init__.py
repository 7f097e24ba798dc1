"""Reports as values: tables, figures, sections, and the renderers that read them."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
