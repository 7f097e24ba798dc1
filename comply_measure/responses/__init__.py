"""Responses: a file of survey answers becomes a validated table; scoring, export and the shipped data sets.

The public names are loaded on first use, so that importing the room stays light.
"""

from comply_measure.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
