"""From a plan of a survey to the files of survey tools, and from what these return to one table of answers."""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
