"""Content validity from experts: relevance ratings, item sorts, definitional ratings, log of decisions."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
